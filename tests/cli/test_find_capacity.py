"""`load --find-capacity`: the knee of receivers whose limit is known, and how a search ends."""
import json
import re
import signal
import socket
import threading

import pytest

from tests.support.peer import Peer
from tests.support.processes import free_port
from tests.support.throttled import Throttled

# A busy machine must not decide: generous limits, and a knee known within a factor of three.
CALM = ["--late", "300ms", "--loss", "5%", "--precision", "50%", "--endpoints", 50]
LIMIT = 200  # messages a second of the receivers here
SIZE = 300


def search(run, target, *words):
    return run("load", "--find-capacity", "--to", target, *words)


def rows(ended):
    """The table: (asked, verdict) of each step."""
    found = []
    for line in ended.out.splitlines()[1:-1]:
        asked, verdict = re.match(r" *([\d,]+) +[\d,]+ .* [\d.]+(?:ns|us|ms|s)  (.+)$", line).groups()
        found.append((int(asked.replace(",", "")), verdict))
    return found


def test_the_knee_of_a_stream_is_where_its_receiver_reads_no_faster(run, tmp_path):
    report = tmp_path / "capacity.json"
    with Throttled("tcp", LIMIT * (SIZE + 1)) as receiver:
        ended = search(run, receiver.target, *CALM, "--size", SIZE, "--start-rate", 100, "--rate", "20k",
                       "--duration", "600ms", "--report", report).expect(0)
    told = json.loads(report.read_text())
    assert told["schema_version"] == 1 and told["end"] == "found" and told["why"] == "back-pressure"
    assert LIMIT / 3 <= told["held"] < told["failed"] <= LIMIT * 3
    assert [(step["rate"], step["verdict"] == "held") for step in told["steps"]] == [
        (asked, verdict == "held") for asked, verdict in rows(ended)
    ]
    assert re.search(rf"^holds {told['held']:,} messages/s; at {told['failed']:,} it takes [\d,]+$", ended.out, re.M)
    failed = [step for step in told["steps"] if step["rate"] == told["failed"]]
    assert len(failed) == 2, "a failure is tried twice"
    assert all(LIMIT / 3 <= step["reached"] <= LIMIT * 3 for step in failed)
    assert f"{told['held']:,}/s: held\n" in ended.err


def test_the_knee_over_udp_is_where_the_receivers_file_lacks_messages(run, tmp_path):
    received = tmp_path / "received.log"
    with Throttled("udp", LIMIT, received) as receiver:
        ended = search(run, receiver.target, *CALM, "--start-rate", 50, "--rate", "20k", "--duration", "600ms",
                       "--received", received, "--settle", "300ms").expect(0)
    held, failed = (int(n.replace(",", "")) for n in
                    re.search(r"^holds ([\d,]+) messages/s; at ([\d,]+) it loses [\d.]+ %$", ended.out, re.M).groups())
    assert LIMIT / 3 <= held < failed <= LIMIT * 3
    assert (failed, "lost by the receiver") in rows(ended)


def test_a_receiver_that_holds_the_highest_rate_may_hold_more(run, listener):
    listening = listener()
    ended = search(run, listening.target("udp"), *CALM, "--start-rate", 200, "--rate", 300, "--duration", "300ms",
                   "--received", listening.received_file, "--settle", "200ms").expect(0)
    assert ended.out.splitlines()[-1] == (
        "holds 300 messages/s, the highest rate that was to be tried (--rate): it may hold more"
    )
    assert rows(ended)[-1] == (300, "held")


def test_a_sender_that_is_too_slow_itself_ends_with_4(run):
    # No sender is within a nanosecond.
    ended = search(run, "null:", "--late", "1ns", "--start-rate", 100, "--duration", "200ms", "--steps", 2).expect(4)
    assert rows(ended) == [(100, "the sender was too slow")] * 2
    assert re.fullmatch(
        r"no rate that was tried was held; at 100 this sender was too slow \(0 % too late, p99 [\d.]+\w+\): the receiver "
        r"may hold more; the steps \(--steps\) were used up before the knee was found", ended.out.splitlines()[-1])


# Within a step, between two, and as one begins, before its run takes signals.
@pytest.mark.parametrize("moment", [": held\n", "s for 300ms"])
@pytest.mark.parametrize("times", [2, 3])
def test_ctrl_c_ends_with_the_table_so_far(start, moment, times):
    running = start("load", "--find-capacity", "--to", "null:", "--start-rate", 1, "--duration", "300ms", "--late", "5s")
    running.wait_until(lambda: running.err.count(moment) >= times, f"{times} times '{moment}'")
    running.signal(signal.SIGINT)
    ended = running.wait().expect(130)
    held = times if moment == ": held\n" else times - 1
    assert rows(ended)[:held] == [(1, "held"), (2, "held"), (4, "held")][:held]
    assert re.fullmatch(r"holds [\d,]+ messages/s; interrupted before the knee was found", ended.out.splitlines()[-1])


def test_the_time_for_it_all_is_bounded(run):
    ended = search(run, "null:", "--start-rate", 1, "--duration", "300ms", "--within", "800ms", "--late", "5s").expect(0)
    assert ended.out.splitlines()[-1].endswith("; the time (--within) was over before the knee was found")


def test_a_file_that_holds_none_of_the_messages_ends_the_search(run, listener, tmp_path):
    wrong = tmp_path / "wrong.log"
    wrong.write_text("something else\n")
    ended = search(run, listener().target("udp"), "--start-rate", 50, "--rate", 100, "--duration", "200ms",
                   "--received", wrong, "--settle", "200ms").expect(6)
    assert ended.err.endswith(
        f"error: {wrong}: none of the first 10 messages is there\nhint: is this the file of this receiver, written "
        "within --settle, and its form (--received-format) right?\n"
    )


def test_a_connection_that_breaks_ends_with_3_and_what_held_before(run):
    with Peer() as peer:
        def receive():
            peer.accept().read_to_end()
            peer.connections[-1].end()
            breaks = peer.accept().read(1)
            peer.close()
            breaks.reset()

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        ended = search(run, peer.target, *CALM, "--start-rate", 50, "--rate", 100, "--duration", "400ms").expect(3)
        thread.join(30)
    assert ended.out.splitlines()[-1] == "holds 50 messages/s; at 100 the transport failed"


def test_a_receiver_that_never_says_goodbye_is_judged_by_what_it_makes_the_sender_wait(run):
    with Peer() as peer:
        def receive():
            while True:
                try:
                    peer.accept().read_to_end()  # and its own side stays open
                except OSError:
                    return

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        ended = search(run, peer.target, *CALM, "--start-rate", 50, "--rate", 100, "--duration", "200ms",
                       "--close-timeout", "300ms").expect(0)
        peer.listening.shutdown(socket.SHUT_RDWR)
        thread.join(30)
    assert rows(ended) == [(50, "held"), (100, "held")]
    assert ended.err.count("warning: the receiver does not close its side of a connection\n") == 1


def test_a_receiver_that_is_not_there_ends_with_3(run):
    ended = search(run, f"tcp://127.0.0.1:{free_port()}", "--connect-timeout", "300ms").expect(3)
    assert ended.out == ""
    assert "connection refused" in ended.err


@pytest.mark.parametrize(
    ("words", "problem", "hint"),
    [
        (["--to", "udp://127.0.0.1:9"], "--find-capacity: over UDP the sender knows nothing of loss",
         "--received FILE names the file that the receiver writes, such as `listen --received-out FILE`"),
        (["--to", "tcp://127.0.0.1:9", "--to", "null:"],
         "--find-capacity searches one receiver, and --to names several", "search one after the other"),
        (["--to", "null:", "--count", "5"], "--count: a search plays each rate for a time",
         "--duration says for how long"),
        (["--to", "null:", "--rate", "100", "--ramp", "1s"], "--ramp: a search plays even rates", "leave it out"),
        (["--to", "null:", "--fail-if", "dropped>0"], "--fail-if is about one run, not about a search",
         "--loss and --late are its limits, --report FILE.json says what was found"),
        (["--to", "null:", "--rate", "2k", "--start-rate", "3k"], "--start-rate: 3000/s is out of range",
         "from 1 a second to the highest rate to try, 2,000"),
        (["--to", "null:", "--rate", "0.5"], "--rate: a search tries whole messages a second", "from 1"),
        (["--to", "null:", "--precision", "0%"], "--precision: 0% is never reached", "5% suits most, 1% takes long"),
        (["--to", "null:", "--received", "-"], "--received: standard input cannot be read again and again",
         "let the receiver write a file"),
        (["--to", "null:", "--late", "0"], "--late: 0 is never reached", "100ms suits most receivers, 1ms is strict"),
        (["--to", "null:", "--steps", "0"], "--steps: 0 is out of range", "from 1 to 1000"),
        (["--to", "tcp://10.255.255.1:9"],
         "tcp://10.255.255.1:9: more than 1,000 messages a second are planned for a private address",
         "if its network is yours to load: --allow-rate"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_searched_is_refused(run, words, problem, hint):
    ended = run("load", "--find-capacity", *words).expect(2)
    assert ended.err == f"error: {problem}\nhint: {hint}\n"


def test_an_option_of_a_search_without_one_is_refused(run):
    ended = run("load", "--to", "null:", "--loss", "1%").expect(2)
    assert ended.err == "error: --loss is nothing without --find-capacity\n"
