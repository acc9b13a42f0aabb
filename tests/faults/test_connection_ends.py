"""A connection that is made and then goes wrong: noticed, booked to the message, begun anew with a whole
frame. (The same of the transport alone: tests/transport/tcp_transport_test.cc.)"""
import re
import threading

import pytest

from tests.support.fault_proxy import Fault, FaultProxy
from tests.support.network import RECEIVER
from tests.support.peer import Peer
from tests.support.reports import Report

PATIENT = ["--catch-up", "60s"]


def in_background(peer, behave):
    """behave(number, connection) for every connection, each in a thread, until the `with` ends."""
    class Served:
        def __enter__(self):
            self.stop = threading.Event()
            self.threads = []
            self.failed = []
            self.thread = threading.Thread(target=self.serve)
            self.thread.start()
            return self

        def serve(self):
            while not self.stop.is_set():
                try:
                    connection = peer.accept(seconds=0.2)
                except OSError:
                    continue
                thread = threading.Thread(target=self.one, args=[len(self.threads), connection])
                self.threads.append(thread)
                thread.start()

        def one(self, number, connection):
            try:
                behave(number, connection)
            except (AssertionError, OSError) as failed:
                self.failed.append(failed)

        def __exit__(self, *_):
            self.stop.set()
            self.thread.join()
            for thread in self.threads:
                thread.join()
            assert not self.failed, self.failed

    return Served()


def until_the_end(connection):
    connection.read_to_end()
    connection.end()


def whole_lines_were_sent(run, report, tmp_path, connections):
    """Every connection begins with a whole line, nothing comes twice, and `verify` misses at most what the
    receiver's kernel, or that of a proxy, acknowledged and its program never read."""
    expected = set(run("render", "--run", report).expect(0).out.encode().split(b"\n"))
    got = [line for connection in connections for line in connection.lines]
    assert set(got) <= expected, "a line that is not one of the run's: a cut message was continued"
    assert len(got) == len(set(got)), "at most once: a line came twice"
    received = tmp_path / "received.log"
    received.write_bytes(b"".join(line + b"\n" for line in got))
    verdict = run("verify", "--run", report, "--received", received)
    books = Report(report).books()
    assert books["drained"] <= len(got) <= books["written"]
    if verdict.status != 0:
        verdict.expect(6)
        missing = int(re.search(r"([\d,]+) missing", verdict.out).group(1).replace(",", ""))
        assert missing <= books["acknowledged"], verdict.out
        assert "extra" not in verdict.out and "doubled" not in verdict.out, verdict.out
    return books


@pytest.mark.parametrize("how", ["end", "reset"])
def test_an_end_while_idle_is_noticed_before_the_next_write(start, tmp_path, how):
    """Three seconds between messages: the receiver goes in a silence, and no message is written into it."""
    scenario = tmp_path / "slow.yaml"
    scenario.write_text(
        "about: A message now, one in a second, one in two.\nlength: 3s\n"
        "esm:\n  - { name: esm01, address: 10.0.1.20, version: 4.1.3.33176 }\n"
        "users:\n  u: { count: 3, name: \"user{:02}\" }\nendpoints:\n"
        "  pc: { count: 3, host: \"PC-{:02}\", pool: 10.0.1.0/24 }\n"
        "steps:\n  - { at: 0s, logon: user01, on: PC-01 }\n  - { at: 1s, logon: user02, on: PC-02 }\n"
        "  - { at: 2s, logon: user03, on: PC-03 }\n")
    report = tmp_path / "run.json"
    with Peer() as peer:
        sending = start("run", scenario, "--to", peer.target, *PATIENT, "--report", report)
        first = peer.accept().read_lines(1)
        getattr(first, how)()
        second = peer.accept()
        until_the_end(second)
        ended = sending.wait().expect(3)
    assert "connection lost: " in ended.err
    assert len(first.lines) == 1
    assert len(second.lines) == 2
    books = Report(report).books()
    assert (books["due"], books["written"], books["dropped"], books["drained"]) == (3, 3, 0, 2)


def test_a_connection_cut_at_every_byte_of_a_frame_begins_anew_with_a_whole_one(run, tmp_path):
    """One connection for every byte of a frame: the proxy cuts it there, once."""
    report = tmp_path / "run.json"
    with Peer() as probing, in_background(probing, lambda _, connection: until_the_end(connection)):
        run("load", "--rate", "max", "--count", "3", "--to", probing.target).expect(0)
    frame = max(len(line) + 1 for line in probing.connections[0].lines)
    faults = [Fault(cut_after=frame + offset, how=("reset", "fin")[offset % 2]) for offset in range(frame + 1)]
    with Peer(backlog=512) as peer, in_background(peer, lambda _, connection: until_the_end(connection)):
        with FaultProxy(peer.port, faults) as proxy:
            ended = run("load", "--rate", "1500", "--count", 20 * len(faults), *PATIENT, "--connections", len(faults),
                        "--endpoints", 4 * len(faults), "--to", f"tcp://127.0.0.1:{proxy.port}", "--report", report)
    ended.expect(3)
    books = whole_lines_were_sent(run, report, tmp_path, peer.connections)
    assert books["due"] == 20 * len(faults)
    assert books["reconnects"] >= len(faults) // 2
    assert len(peer.connections) > len(faults)


def test_unread_data_makes_the_receivers_end_a_reset_and_the_books_hold(start, run, tmp_path):
    report = tmp_path / "run.json"
    with Peer() as peer:
        sending = start("load", "--rate", "500", "--count", "1000", *PATIENT, "--to", peer.target, "--report", report)
        first = peer.accept().read_exactly(1_000)
        first.end()  # what is unread makes it an RST
        second = peer.accept()
        until_the_end(second)
        ended = sending.wait().expect(3)
    assert f"127.0.0.1:{peer.port} reset the connection" in ended.err
    books = whole_lines_were_sent(run, report, tmp_path, [first, second])
    assert books["due"] == 1000
    assert books["drained"] == len(second.lines)


def test_a_slow_reader_makes_messages_late_and_none_is_lost(start, tmp_path):
    """Slower than the load, which is more than all buffers hold: it is waited for, and lateness is told."""
    report = tmp_path / "run.json"
    with Peer(receive_buffer=65536) as peer, in_background(
            peer, lambda _, connection: until_the_end(connection)) as served:
        with FaultProxy(peer.port, [Fault(bytes_per_second=4e6)], receive_buffer=65536) as proxy:
            sending = start("load", "--rate", "4k", "--count", "6000", "--size", "2000", *PATIENT, "--drain-timeout", "60s",
                            "--to", f"tcp://127.0.0.1:{proxy.port}", "--report", report)
            sending.wait()
            served.threads[0].join(60)  # what is still in the kernels' buffers goes on its way
    record = Report(report)
    books = record.books()
    assert (books["due"], books["written"], books["dropped"]) == (6000, 6000, 0)
    # All or nothing: on a busy machine the reader may need longer for the last buffers than a goodbye lasts.
    assert books["drained"] in (0, 6000)
    # Its own buffer took what the kernel allows one (net.ipv4.tcp_wmem); the rest had to wait.
    assert record.record["lateness"]["max_ns"] > 100_000_000
    assert len(peer.connections[0].lines) == 6000


def test_a_reader_that_stops_does_not_hold_the_run(start, tmp_path):
    """What is due goes on being due; the drain time ends it, and what was not written is in the books."""
    report = tmp_path / "run.json"
    with Peer(receive_buffer=4096) as peer:
        sending = start("load", "--rate", "20k", "--duration", "3s", "--to", peer.target, "--drain-timeout", "500ms",
                        "--report", report)
        peer.accept().read_lines(1)
        ended = sending.wait().expect(3)
    assert "not all that was due could be written within the drain time of 500ms" in ended.err
    books = Report(report).books()
    assert books["due"] == 60_000
    assert books["by_reason"]["too-late"] + books["by_reason"]["interrupted"] == books["dropped"] > 30_000
    assert books["drained"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("sees", ["nothing", "the link go down"])
def test_a_peer_that_vanishes_is_given_up_after_the_stall_time(network, start_in, tmp_path, sees):
    """Half-open: no FIN, no RST, no ACK. TCP_USER_TIMEOUT finds out."""
    report = tmp_path / "run.json"
    with Peer(RECEIVER, socket_maker=network.receiver_socket) as peer:
        sending = start_in("load", "--rate", "100", "--duration", "50s", *PATIENT, "--to", peer.target,
                           "--report", report)
        first = peer.accept().read_lines(50)
        if sees == "nothing":
            network.drop(f"tcp dport {peer.port}")
        else:
            network.at_sender("ip", "link", "set", "wire", "down")
        sending.wait_until(lambda: "connection lost: " in sending.err, "word of the loss", seconds=90)
        if sees == "nothing":
            network.heal()
        else:
            network.at_sender("ip", "link", "set", "wire", "up")
        second = peer.accept()
        until_the_end(second)
        ended = sending.wait().expect(3)
    words = [f"{RECEIVER}:{peer.port} no longer answers, or reads no more", f"{RECEIVER}:{peer.port} took nothing for"]
    if sees != "nothing":  # the kernel gives up with the error of its last tries, if it kept it, or with ETIMEDOUT
        words.append(f"there is no way to {RECEIVER}:{peer.port} any more: Network is unreachable")
    assert any(f"connection lost: {each}" in ended.err for each in words), ended.err
    books = Report(report).books()
    assert books["due"] == 5000
    assert books["drained"] == len(second.lines)
    assert books["uncertain"] + books["acknowledged"] >= 50
