"""`load`: the rate that is asked, its bounds, and what is refused before anything is sent."""
import socket

import pytest

from tests.support.reports import Report


@pytest.mark.parametrize(
    ("words", "problem", "hint"),
    [
        (["--rate", "0"], "--rate: the rate '0' is out of range", "more than 0, at most 1000M messages a second"),
        (["--rate", "1000M"], "--rate: 1000000000/s is too fast",
         "at most 10M a second, or --rate max: as fast as the target takes it"),
        (["--rate", "10000001"], "--rate: 10000001/s is too fast",
         "at most 10M a second, or --rate max: as fast as the target takes it"),
        (["--rate", "99999999999999999999"], "--rate: the rate '99999999999999999999' is out of range",
         "more than 0, at most 1000M messages a second"),
        (["--duration", "0"], "--duration: 0 sends nothing", "write how long: 10s, 5m"),
        (["--duration", "3651d"], "--duration: this is too long", "a load lasts at most 3650d"),
        (["--count", "0"], "--count: '0' sends nothing", "a whole number from 1, as 500 or 10k"),
        (["--rate", "1/h", "--count", "1G"], "--count: 1,000,000,000 messages take too long at this rate",
         "a load lasts at most 3650d"),
        (["--rate", "max", "--ramp", "5s"], "--ramp: there is no rate that could rise",
         "--rate max is as fast as the target takes it: give a number"),
        (["--rate", "5", "--ramp", "11s"], "--ramp: within 10s the rate would not be reached",
         "a shorter --ramp or a longer --duration"),
        (["--rate", "5", "--ramp", "3651d"], "--ramp: this is too long", "a load lasts at most 3650d"),
        (["--rate", "5", "--udp-gso"], "--udp-gso is for sending as fast as it goes",
         "add --rate max, or leave the option out"),
        (["--pacing", "exact"], "--pacing: 'exact' is not possible", "one of: economical, precise"),
        (["--ttl", "256"], "--ttl: 256 is out of range", "from 1 to 255"),
        (["--dscp", "af44"], "--dscp: 'af44' is not a class of service",
         "a number from 0 to 63, ef, af11 to af43, or cs0 to cs7"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_played_is_refused(run, words, problem, hint):
    ended = run("load", "--to", "udp://127.0.0.1:9", *words).expect(2)
    assert ended.err == f"error: {problem}\nhint: {hint}\n"


def test_udp_gso_without_udp_is_refused(run):
    ended = run("load", "--to", "null:", "--rate", "max", "--udp-gso").expect(2)
    assert ended.err == (
        "error: --udp-gso is given, but no target is udp://\nhint: write --to udp://host:514, or leave the option out\n"
    )
    ended = run("run", "first-contact", "--to", "udp://127.0.0.1:9", "--udp-gso").expect(2)
    assert ended.err == (
        "error: --udp-gso is for sending as fast as it goes\nhint: add --speed max, or leave the option out\n"
    )


def test_a_ramp_is_part_of_the_scenario_that_every_verb_understands(run, tmp_path):
    scenario = tmp_path / "load.yaml"
    printed = run("load", "--rate", "100", "--ramp", "4s", "--duration", "6s", "--endpoints", 7, "--print-scenario").expect(0).out
    assert "rate: 100/s, ramp: 4s" in printed
    scenario.write_text(printed)
    rows = run("check", scenario, "--print-plan").expect(0).out.splitlines()[1:]
    offsets = [int(row.split(",", 1)[0]) for row in rows]
    # Half of the messages of an even rate within the ramp, behind it 100 a second.
    assert len(offsets) == 400
    assert sum(offset < 1_000_000_000 for offset in offsets) == 13  # 100/s * 1s * 1s / (2 * 4s), from 0
    assert sum(offset < 4_000_000_000 for offset in offsets) == 200
    assert [b - a for a, b in zip(offsets[200:], offsets[201:])] == [10_000_000] * 199


def test_a_ramp_with_a_count_sends_exactly_so_many(run, tmp_path):
    report = tmp_path / "run.json"
    run("load", "--to", "null:", "--rate", "1k", "--ramp", "200ms", "--count", 321, "--catch-up", "30s", "--report",
        report).expect(0)
    assert Report(report).books()["written"] == 321
    received = tmp_path / "received"
    received.write_text(run("render", "--run", report).expect(0).out)
    run("verify", "--run", report, "--received", received).expect(0)


@pytest.mark.parametrize("words", [["--rate", "0.2", "--count", 1], ["--rate", "10M", "--count", 50, "--catch-up", "30s"]],
                         ids=lambda words: words[1])
def test_the_slowest_and_the_fastest_rate_send_what_was_asked(run, tmp_path, words):
    report = tmp_path / "run.json"
    run("load", "--to", "null:", *words, "--report", report).expect(0)
    assert Report(report).books()["written"] == words[3]


def test_a_rate_that_is_not_reached_ends_with_4_and_says_so(run):
    # Nothing renders ten million messages a second at this size on one thread.
    ended = run("load", "--to", "null:", "--rate", "10M", "--count", "100k", "--size", 60_000, "--catch-up", "0").expect(4)
    assert "error: the rate was not reached: " in ended.err


@pytest.mark.parametrize("pacing", ["economical", "precise"])
def test_either_pacing_sends_every_message_once_at_its_time(run, listener, tmp_path, pacing):
    there = listener()
    report = tmp_path / "run.json"
    run("load", "--to", there.target("udp"), "--rate", "2k", "--count", 1000, "--pacing", pacing, "--catch-up", "30s",
        "--threads", 2, "--report", report).expect(0)
    there.running.wait_until(lambda: len(there.received()) == 1000, "all messages")
    there.finish().expect(0)
    # None is early: the last is due after 999 gaps.
    assert Report(report).record["elapsed_ns"] >= 999 * 500_000
    run("verify", "--run", report, "--received", there.received_file).expect(0)


def test_udp_gso_is_verified_without_regard_to_order(run, tmp_path):
    report, received = tmp_path / "run.json", tmp_path / "received"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        there.bind(("127.0.0.1", 0))
        there.settimeout(20)
        # Few enough for a default receive buffer: `seq` and addresses make several lengths.
        run("load", "--to", f"udp://127.0.0.1:{there.getsockname()[1]}", "--rate", "max", "--count", 150, "--endpoints",
            13, "--udp-gso", "--report", report).expect(0)
        received.write_bytes(b"".join(there.recv(65536) + b"\n" for _ in range(150)))
    assert Report(report).record["targets"][0]["order"] == "relaxed"
    ended = run("verify", "--run", report, "--received", received).expect(0)
    assert "the order is not looked at: by its record the sender did not keep it\n" in ended.out
    told = run("verify", "--run", report, "--received", received, "--format", "json").expect(0).json
    assert (told["received"]["order_within"], told["received"]["out_of_order"]) == ("none", 0)


def test_a_source_that_is_not_ours_is_a_clear_error(run):
    ended = run("load", "--to", "udp://127.0.0.1:9", "--source", "192.0.2.55", "--count", 1).expect(3)
    assert "the source address 192.0.2.55 is not one of this machine" in ended.err
