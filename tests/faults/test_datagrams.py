"""UDP: what the kernel refuses is in the books by its reason; what it cannot see, `verify` says."""
import socket
import time

import pytest

from tests.support.network import RECEIVER
from tests.support.processes import binary, run_command
from tests.support.reports import Report

PATIENT = ["--catch-up", "60s"]


def datagrams(receiving):
    """All that has come, without waiting."""
    receiving.setblocking(False)
    got = []
    while True:
        try:
            got.append(receiving.recv(65536))
        except BlockingIOError:
            return got


def settled(receiving, count, seconds=60):
    """Until `count` datagrams are there; at the latest then."""
    got, deadline = [], time.monotonic() + seconds
    while len(got) < count and time.monotonic() < deadline:
        got += datagrams(receiving)
        time.sleep(0.02)
    return got


@pytest.fixture
def udp_receiver(network):
    with network.receiver_socket(kind=socket.SOCK_DGRAM) as receiving:
        receiving.bind((RECEIVER, 514))
        yield receiving


def lines_for_verify(tmp_path, got):
    received = tmp_path / "received.log"
    received.write_bytes(b"".join(line + b"\n" for line in got))
    return received


def test_a_full_local_queue_refuses_and_every_refusal_is_counted(network, udp_receiver, tmp_path, run):
    """Without IP_RECVERR these drops look like success."""
    report = tmp_path / "run.json"
    network.at_sender("tc", "qdisc", "add", "dev", "wire", "root", "tbf", "rate", "50kbit", "burst", "2000",
                      "limit", "4000")
    ended = run_command(network.command(
        binary(), "load", "--rate", "500", "--count", "300", *PATIENT, "--to", f"udp://{RECEIVER}", "--report", report))
    ended.expect(3)
    assert "messages are refused: no-buffers (No buffer space available)" in ended.err
    assert "hint: the local network queue is full: lower the rate" in ended.err
    books = Report(report).books()
    assert books["due"] == 300
    assert books["refused"] == books["by_reason"]["no-buffers"] > 0
    got = settled(udp_receiver, books["written"])
    assert len(got) == books["written"], "what was written and not refused left this machine"
    run("verify", "--run", report, "--received", lines_for_verify(tmp_path, got)).expect(0)


def test_a_local_firewall_refuses_every_message_and_the_run_fails(network, tmp_path):
    report = tmp_path / "run.json"
    network.at_sender("nft", "add table inet faults; add chain inet faults out { type filter hook output priority 0; }; "
                             "add rule inet faults out udp dport 514 drop")
    ended = run_command(network.command(
        binary(), "load", "--rate", "100", "--count", "20", *PATIENT, "--to", f"udp://{RECEIVER}", "--report", report))
    ended.expect(3)
    assert "messages are refused: not-permitted (Operation not permitted)" in ended.err
    assert "a local firewall or policy forbids it" in ended.err
    books = Report(report).books()
    assert (books["due"], books["written"], books["by_reason"]["not-permitted"]) == (20, 0, 20)


def test_messages_longer_than_the_mtu_arrive_whole(network, udp_receiver, tmp_path, run):
    report = tmp_path / "run.json"
    for end in (network.at_sender, network.at_receiver):
        end("ip", "link", "set", "wire", "mtu", "1280")
    run_command(network.command(
        binary(), "load", "--rate", "100", "--count", "30", *PATIENT, "--size", "2000", "--to", f"udp://{RECEIVER}",
        "--report", report)).expect(0)
    got = settled(udp_receiver, 30)
    assert [len(one) for one in got] == [2000] * 30
    assert Report(report).books()["written"] == 30
    run("verify", "--run", report, "--received", lines_for_verify(tmp_path, got)).expect(0)


def test_a_message_longer_than_a_datagram_is_refused_by_name(run, tmp_path):
    report = tmp_path / "run.json"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
        receiving.bind(("127.0.0.1", 0))
        ended = run("load", "--rate", "100", "--count", "5", *PATIENT, "--size", "65508",
                    "--to", f"udp://127.0.0.1:{receiving.getsockname()[1]}", "--report", report)
        assert datagrams(receiving) == []
    assert ended.status in (2, 3), ended.err
    if ended.status == 3:
        assert "too-long (Message too long)" in ended.err
        books = Report(report).books()
        assert (books["due"], books["written"], books["by_reason"]["too-long"]) == (5, 0, 5)


def test_what_a_sleeping_receiver_loses_is_written_and_verify_counts_it(run, tmp_path):
    """The kernel drops at the receiver's socket: nothing tells the sender. The report says so."""
    report = tmp_path / "run.json"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
        receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        receiving.bind(("127.0.0.1", 0))
        ended = run("load", "--rate", "2k", "--count", "500", *PATIENT,
                    "--to", f"udp://127.0.0.1:{receiving.getsockname()[1]}", "--report", report).expect(0)
        got = datagrams(receiving)
    assert 0 < len(got) < 500
    assert "over UDP written is all that can be known" in ended.err
    books = Report(report).books()
    assert (books["written"], books["icmp_errors"]) == (500, 0)
    verdict = run("verify", "--run", report, "--received", lines_for_verify(tmp_path, got)).expect(6)
    assert f"{500 - len(got)}" in verdict.out + verdict.err


def test_random_loss_on_the_way_is_counted_to_the_message_by_verify(network, udp_receiver, tmp_path, run):
    report = tmp_path / "run.json"
    udp_receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    network.at_receiver("nft", "add table inet faults; add chain inet faults in { type filter hook input priority 0; }; "
                               "add rule inet faults in udp dport 514 numgen random mod 10 < 3 counter drop")
    run_command(network.command(
        binary(), "load", "--rate", "500", "--count", "400", *PATIENT, "--to", f"udp://{RECEIVER}", "--report", report,
    )).expect(0)
    # What the kernel of the receiver dropped, by its own counter.
    import re

    lost = int(re.search(r"counter packets (\d+)", network.at_receiver("nft", "list", "ruleset")).group(1))
    got = settled(udp_receiver, 400 - lost)
    assert 0 < lost < 400 and len(got) == 400 - lost
    assert Report(report).books()["written"] == 400
    verdict = run("verify", "--run", report, "--received", lines_for_verify(tmp_path, got)).expect(6)
    assert f"{lost}" in verdict.out + verdict.err


def test_a_link_that_goes_down_and_comes_back_costs_only_what_was_due_meanwhile(network, udp_receiver, start_in, tmp_path):
    report = tmp_path / "run.json"
    sending = start_in("load", "--rate", "200", "--count", "600", *PATIENT, "--to", f"udp://{RECEIVER}",
                       "--report", report)
    got = settled(udp_receiver, 50)
    network.at_sender("ip", "link", "set", "wire", "down")
    sending.wait_until(lambda: "messages are refused" in sending.err, "refused messages")
    network.at_sender("ip", "link", "set", "wire", "up")
    ended = sending.wait()
    assert "unreachable (Network is unreachable)" in ended.err
    books = Report(report).books()
    got += settled(udp_receiver, books["written"] - len(got), seconds=2)
    assert books["due"] == 600
    assert books["by_reason"]["unreachable"] >= 1
    assert 50 <= len(got) <= books["written"]
    assert ended.status == 3, ended.err
