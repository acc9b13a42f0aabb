"""Several targets: which of them gets a message (--targets), and what verify and truth make of that."""
import csv
import io

import pytest

from tests.support.processes import free_port
from tests.support.reports import Report


def play_weighted(run, listener, tmp_path, *words):
    """A fleet over two listeners, three to one; the record, and what each of them stored."""
    receivers = [listener() for _ in range(2)]
    record = tmp_path / "run.json"
    run(
        "load", "--rate", "max", "--count", "4000", "--endpoints", "200", "--targets", "weighted",
        "--to", f"{receivers[0].target('tcp')},weight=3", "--to", receivers[1].target("tcp"),
        "--report", record, *words,
    ).expect(0)
    for receiver in receivers:
        receiver.finish().expect(0)
    return record, receivers


@pytest.mark.parametrize("words", [[], ["--threads", "2", "--connections", "3"]], ids=["one", "many"])
def test_weighted_targets_share_the_endpoints_and_each_is_verified_by_its_part(run, listener, tmp_path, words):
    record, receivers = play_weighted(run, listener, tmp_path, *words)
    stored = [receiver.received() for receiver in receivers]
    assert abs(len(stored[0]) - 3000) <= 60 and len(stored[0]) + len(stored[1]) == 4000
    report = Report(record)
    assert report.record["distribution"] == "weighted"
    assert [target["weight"] for target in report.targets] == [3, 1]
    assert [report.books(t)["drained"] for t in range(2)] == [len(lines) for lines in stored]

    for t, receiver in enumerate(receivers):
        ended = run("verify", "--run", record, "--received", receiver.received_file, "--target", t).expect(0)
        assert f"{len(stored[t]):,}" in ended.out
    # A part is not another's, and not the whole.
    other = run("verify", "--run", record, "--received", receivers[1].received_file, "--target", "0").expect(6)
    assert "by the run record it never left: it was for target 1" in other.out
    together = tmp_path / "together.log"
    together.write_bytes(b"".join(receiver.received_file.read_bytes() for receiver in receivers))
    run("verify", "--run", record, "--received", together, "--target", "all").expect(0)
    run("verify", "--run", record, "--received", receivers[0].received_file, "--target", "all").expect(6)
    which = run("verify", "--run", record, "--received", together).expect(2)
    assert which.err == (
        "error: each of the record's 2 targets was sent a part: which one's receiver is this?\n"
        "hint: --target N, from 0; or --target all, for what all of them have together\n"
    )


def table(run, *words):
    rows = csv.DictReader(io.StringIO(run("truth", *words, "--format", "csv").expect(0).out))
    return {(row["ip"], row["user"]) for row in rows}


def test_the_truth_of_one_of_weighted_targets_is_its_part(run, listener, tmp_path):
    record, _ = play_weighted(run, listener, tmp_path)
    whole = table(run, "--run", record)
    parts = [table(run, "--run", record, "--target", t) for t in range(2)]
    assert len(whole) == 200
    assert parts[0] | parts[1] == whole and not parts[0] & parts[1]
    assert abs(len(parts[0]) - 150) <= 3
    refused = run("truth", "--run", record, "--target", "0", "--coverage").expect(2)
    assert "what a person wants is of no target" in refused.err
    assert "the record has 2 targets" in run("truth", "--run", record, "--target", "2").expect(2).err


def test_what_one_of_weighted_targets_learnt_is_compared_with_its_part(run, listener, tmp_path):
    receivers = [listener() for _ in range(2)]
    record = tmp_path / "run.json"
    run(
        "run", "morning-logon", "--speed", "max", "--targets", "weighted", "--report", record,
        *(word for receiver in receivers for word in ("--to", receiver.target("tcp"))),
    ).expect(0)
    for t, receiver in enumerate(receivers):
        receiver.finish().expect(0)
        run("verify", "--run", record, "--mappings", receiver.mappings_file, "--target", t).expect(0)
    run("verify", "--run", record, "--mappings", receivers[0].mappings_file, "--target", "1").expect(6)


def test_fail_over_begins_without_the_first_and_gives_the_second_everything(run, listener, tmp_path):
    second = listener()
    record = tmp_path / "run.json"
    ended = run(
        "load", "--rate", "max", "--count", "1000", "--targets", "fail-over", "--connect-timeout", "1s",
        "--to", f"tcp://127.0.0.1:{free_port()}", "--to", second.target("tcp"), "--report", record,
    ).expect(0)
    second.finish().expect(0)
    assert "not every target is ready within 1s: it begins with those that are" in ended.err
    assert Report(record).books(0)["due"] == 0
    assert Report(record).books(1)["drained"] == 1000
    run("verify", "--run", record, "--target", "1", "--received", second.received_file).expect(0)
    run("verify", "--run", record, "--target", "all", "--received", second.received_file).expect(0)
    assert len(table(run, "--run", record, "--target", "1")) == 1000
    assert table(run, "--run", record, "--target", "0") == set()


@pytest.mark.parametrize(
    "words,problem,hint",
    [
        (["--targets", "weighted"], "--targets weighted: there is only one target",
         "repeat --to, or leave the option out"),
        (["--to", "tcp://127.0.0.1:1,weight=2"],
         "--to: tcp://127.0.0.1:1 has a weight, but messages are not distributed by it",
         "add --targets weighted, or leave the weight out"),
        (["--targets", "fail-over", "--to", "tcp://127.0.0.1:1"],
         "--targets fail-over: null: is always up, as far as can be seen: what stands behind it would never get "
         "anything", "let it be the last --to, or use tcp:// or tls://"),
        (["--to", "file:there", "--targets", "fail-over", "--connections", "2", "--to", "udp://127.0.0.1:1"],
         "--targets fail-over: a file has no --connections to take over from others",
         "leave --connections out, or use --threads"),
    ],
    ids=["one target", "a weight for nothing", "nothing behind null:", "a file of many connections"],
)
def test_what_cannot_be_meant_is_refused(run, words, problem, hint):
    first = [] if "file:there" in words else ["--to", "null:"]
    ended = run("load", "--count", "1", *first, *words).expect(2)
    assert ended.err == f"error: {problem}\nhint: {hint}\n"
