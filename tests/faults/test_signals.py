"""SIGINT, SIGTERM, SIGKILL and SIGSTOP in every state a run can be in: it ends in time, its status says
how, and its books hold for what the receiver got."""
import os
import pathlib
import signal
import socket
import time

import pytest

from tests.support.peer import Peer
from tests.support.processes import free_port
from tests.support.reports import Report

PATIENT = ["--catch-up", "60s"]
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}
BOTH = pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)

IDLE = """\
about: A message now and one in an hour.
length: 2h
esm:
  - { name: esm01, address: 10.0.1.20, version: 4.1.3.33176 }
users:
  u: { count: 2, name: "user{:02}" }
endpoints:
  pc: { count: 2, host: "PC-{:02}", pool: 10.0.1.0/24, heartbeat: 2h }
steps:
  - { at: 0s, logon: user01, on: PC-01 }
  - { at: 1h, logon: user02, on: PC-02 }
"""


def interrupted(sending, number, seconds=20):
    """Signals, and the end: with the signal's own status, within a time that is generous."""
    sending.signal(number)
    ended = sending.wait(seconds).expect(STATUS[number])
    assert ended.out == ""
    return ended


@BOTH
def test_idle_between_two_messages(start, tmp_path, number):
    scenario = tmp_path / "idle.yaml"
    scenario.write_text(IDLE)
    report = tmp_path / "run.json"
    with Peer() as peer:
        sending = start("run", scenario, "--to", peer.target, "--report", report)
        connection = peer.accept().read_lines(1)
        sending.signal(number)
        assert connection.read_to_end(), "it says goodbye"
        connection.end()
        sending.wait(20).expect(STATUS[number])
    record = Report(report)
    assert record.record["interrupted"] is True
    books = record.books()
    assert (books["due"], books["drained"]) == (1, 1)


@BOTH
def test_within_a_frame_that_the_receiver_does_not_take(start, tmp_path, number):
    """The receiver reads no more, so a frame is cut by the kernel's full buffer: the drain time bounds it."""
    report = tmp_path / "run.json"
    with Peer(receive_buffer=4096) as peer:
        sending = start("load", "--rate", "max", "--duration", "60s", "--to", peer.target, "--drain-timeout", "300ms",
                        "--report", report)
        connection = peer.accept().read_lines(1)
        interrupted(sending, number, 30)
        # What is in the kernels' buffers still comes, and then the end, within a frame.
        connection.read_to_end()
    record = Report(report)
    books = record.books()
    assert record.record["interrupted"] is True
    assert books["drained"] == 0
    assert len(connection.lines) <= books["written"]
    assert books["uncertain"] + books["acknowledged"] == books["written"]


@BOTH
def test_while_connecting(start, tmp_path, number):
    """The kernel takes the connection, nobody accepts it: a full backlog answers no SYN."""
    report = tmp_path / "run.json"
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            fillers.append(filler)
        sending = start("load", "--rate", "100", "--count", "10", "--to", f"tcp://127.0.0.1:{full.getsockname()[1]}",
                        "--connect-timeout", "60s", "--report", report)
        sending.wait_until(lambda: waits_for_syn_ack(sending.process.pid), "a SYN")
        interrupted(sending, number)
        for filler in fillers:
            filler.close()
    assert Report(report).books()["due"] == 0


def waits_for_syn_ack(pid):
    """Whether a socket of that process has sent its SYN and got no answer yet."""
    inodes = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(os.readlink(descriptor))
        except OSError:
            pass  # closed meanwhile
    with open("/proc/net/tcp", encoding="ascii") as table:
        fields = [line.split() for line in table]
    return any(line[3] == "02" and f"socket:[{line[9]}]" in inodes for line in fields[1:])


@BOTH
def test_in_the_handshake(start, pki, tmp_path, number):
    report = tmp_path / "run.json"
    with Peer() as deaf:
        sending = start("load", "--rate", "100", "--count", "10", "--to", f"tls://127.0.0.1:{deaf.port}",
                        "--tls-ca", pki.ca, "--connect-timeout", "60s", "--report", report)
        deaf.accept().read(100)  # most of a ClientHello
        interrupted(sending, number)
    assert Report(report).books()["due"] == 0


@BOTH
def test_in_back_off_before_the_first_connection(start, tmp_path, number):
    report = tmp_path / "run.json"
    sending = start("load", "--rate", "100", "--count", "10", "--to", f"tcp://127.0.0.1:{free_port()}",
                    "--connect-timeout", "60s", "--report", report)
    sending.wait_until(lambda: "; trying again" in sending.err, "the first refusal")
    interrupted(sending, number)
    record = Report(report)
    assert record.record["interrupted"] is True
    assert record.books()["due"] == 0


@BOTH
def test_in_back_off_after_a_loss(start, tmp_path, number):
    report = tmp_path / "run.json"
    with Peer() as peer:
        sending = start("load", "--rate", "100", "--duration", "60s", *PATIENT, "--to", peer.target,
                        "--drain-timeout", "500ms", "--report", report)
        connection = peer.accept().read_lines(20)
        peer.close()
        connection.reset()
        # Behind the first attempt to come back messages have become due in vain: the transport had failed before it
        # was interrupted, and that is the status which comes first.
        sending.wait_until(lambda: "; trying again" in sending.err, "an attempt to connect again")
        sending.signal(number)
        ended = sending.wait(20).expect(3)
    assert "interrupted: " in ended.err
    record = Report(report)
    assert record.record["interrupted"] is True
    books = record.books()
    assert 20 <= books["due"] < 6000
    assert books["drained"] == 0
    assert len(connection.lines) <= books["written"]


@BOTH
def test_twice_while_the_receiver_takes_nothing(start, tmp_path, number):
    """Tests that the second one ends it at once, with a drain time of an hour, and the books printed."""
    report = tmp_path / "run.json"
    with Peer(receive_buffer=4096) as peer:
        sending = start("load", "--rate", "max", "--duration", "60s", "--to", peer.target, "--drain-timeout", "1h",
                        "--report", report)
        peer.accept().read_lines(1)
        sending.signal(number)
        time.sleep(0.3)  # two signals that the program can tell apart, not a wait for an event
        ended = interrupted(sending, number, 30)
    assert " due, " in ended.err, "the books are printed"
    books = Report(report).books()
    assert books["written"] > 0


def test_a_schedule_that_runs_away_from_the_machine(start, tmp_path):
    """Ten million messages of 4 KB a second become overdue faster than any machine could book them."""
    report = tmp_path / "run.json"
    sending = start("load", "--to", "null:", "--rate", "10M", "--size", "4000", "--duration", "3650d",
                    "--drain-timeout", "500ms", "--report", report)
    sending.wait_until(lambda: "messages are dropped: too-late" in sending.err, "word of lateness")
    sending.signal(signal.SIGTERM)
    ended = sending.wait(60).expect(4)
    assert " behind the schedule: what became due in that time is not in the books" in ended.err
    assert "interrupted: " in ended.err
    record = Report(report)
    assert record.record["interrupted"] is True
    assert record.record["messages"] == record.books()["due"] > 0


def test_sigkill_leaves_no_half_written_report(start, tmp_path):
    report = tmp_path / "run.json"
    report.write_text("what was here before\n")
    with Peer() as peer:
        sending = start("load", "--rate", "1k", "--duration", "60s", *PATIENT, "--to", peer.target, "--report", report)
        connection = peer.accept().read_lines(100)
        sending.signal(signal.SIGKILL)
        ended = sending.wait()
        assert connection.read_to_end(), "the kernel says goodbye for it"
    assert ended.status == -signal.SIGKILL
    # No record, or the old one: nothing that could be taken for this run's.
    assert not report.exists() or report.read_text() in ("", "what was here before\n")
    assert all(line.startswith(b"<134>") for line in connection.lines)


def test_sigstop_is_caught_up_on_within_the_window_and_without_a_burst(start, run, tmp_path):
    """Stopped for two seconds with a window of 100 ms: what is older is dropped as too late, and what was
    sent after it goes on at most at twice the pace."""
    report = tmp_path / "run.json"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
        receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        receiving.bind(("127.0.0.1", 0))
        receiving.settimeout(60)
        sending = start("load", "--rate", "1k", "--count", "5000", "--to",
                        f"udp://127.0.0.1:{receiving.getsockname()[1]}", "--report", report)
        got = [receiving.recv(65536) for _ in range(200)]
        sending.signal(signal.SIGSTOP)
        time.sleep(2)  # the fault itself
        # What it sent until it stopped.
        receiving.setblocking(False)
        while True:
            try:
                got.append(receiving.recv(65536))
            except BlockingIOError:
                break
        sending.signal(signal.SIGCONT)
        ended = sending.wait()
        while True:
            try:
                got.append(receiving.recv(65536))
            except BlockingIOError:
                break
    assert ended.status in (0, 3, 4), ended.err
    books = Report(report).books()
    assert books["due"] == 5000
    assert books["by_reason"]["too-late"] >= 1000, "two seconds at 1,000/s, less the window"
    assert len(got) == books["written"]
    received = tmp_path / "received.log"
    received.write_bytes(b"".join(line + b"\n" for line in got))
    run("verify", "--run", report, "--received", received).expect(0)
