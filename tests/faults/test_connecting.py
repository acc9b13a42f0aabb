"""No connection can be made: each reason has words of its own, ends in time with 3, and sends nothing.
(A closed port, and a receiver that appears late: tests/cli/test_trouble.py.)"""
import resource
import subprocess
import threading

import pytest

from tests.support.network import RECEIVER
from tests.support.peer import Peer
from tests.support.processes import binary, environment, run_command
from tests.support.reports import Report

# Twenty messages at a leisurely pace; no message is given up because this machine is slow.
LOAD = ["load", "--rate", "100", "--count", "20", "--catch-up", "60s"]


def not_ready(ended, report, *said):
    ended.expect(3)
    assert ended.out == ""
    for words in said:
        assert words in ended.err, f"{words!r} is not in:\n{ended.err}"
    assert "hint: " in ended.err.splitlines()[-1]
    books = Report(report).books()
    assert (books["due"], books["written"], books["connections"]) == (0, 0, 0)


def test_packets_that_vanish_end_at_the_connect_timeout(network, tmp_path):
    report = tmp_path / "run.json"
    network.drop("tcp dport 514")
    ended = run_command(network.command(binary(), *LOAD, "--to", f"tcp://{RECEIVER}", "--connect-timeout", "1s",
                                        "--report", report))
    # The attempt and the whole wait end at the same moment: which is told first is open.
    not_ready(ended, report, "error: not ready within 1s: no answer", "hint: is the address right")


# What stands in the way, and what is said of it.
def _route(kind):
    return lambda network: network.at_sender("ip", "route", "add", kind, f"{RECEIVER}/32", "table", "local")


WAYS = {
    "prohibit": (_route("prohibit"), "not permitted to connect to {}: Permission denied",
                 "a firewall or policy of this machine forbids it"),
    "unreachable": (_route("unreachable"), "no route to {}: No route to host", "`ip route get ADDRESS` shows the way"),
    "blackhole": (_route("blackhole"), "the way to {} leads nowhere: Invalid argument",
                  "`ip route get ADDRESS` shows the way"),
    "no route": (lambda network: network.at_sender("ip", "route", "flush", "table", "main"),
                 "no route to {}: Network is unreachable", "`ip route get ADDRESS` shows the way"),
    "link down": (lambda network: network.at_sender("ip", "link", "set", "wire", "down"),
                  "no route to {}: Network is unreachable", "is the network up?"),
}


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_that_leads_nowhere_has_its_own_words(network, tmp_path, way, scheme):
    report = tmp_path / "run.json"
    block, problem, hint = WAYS[way]
    block(network)
    ended = run_command(network.command(binary(), *LOAD, "--to", f"{scheme}://{RECEIVER}", "--connect-timeout", "1s",
                                        "--report", report))
    not_ready(ended, report, "error: not ready within 1s: " + problem.format(f"{RECEIVER}:514"), hint)


def test_a_receiver_behind_a_firewall_that_says_no_is_told_from_a_closed_port(network, tmp_path):
    report = tmp_path / "run.json"
    network.at_receiver("nft", "add table inet faults; add chain inet faults in { type filter hook input priority 0; }; "
                               "add rule inet faults in tcp dport 514 reject with icmpx admin-prohibited")
    ended = run_command(network.command(binary(), *LOAD, "--to", f"tcp://{RECEIVER}", "--connect-timeout", "1s",
                                        "--report", report))
    not_ready(ended, report, f"no route to {RECEIVER}:514: No route to host")


def limited(words, descriptors):
    """esm-sender WORDS with no more than so many descriptors."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    return subprocess.run([str(binary()), *map(str, words)], capture_output=True, text=True, timeout=90,
                          env=environment(), preexec_fn=limit, check=False)


@pytest.mark.few_descriptors
def test_more_connections_than_descriptors_are_refused_with_a_hint_and_one_warning(tmp_path):
    report = tmp_path / "run.json"
    with Peer(backlog=256) as peer:
        done = limited([*LOAD, "--to", peer.target, "--connections", "100", "--endpoints", "100", "--connect-timeout",
                        "1s", "--report", report], 40)
    assert done.returncode == 3, done.stderr
    assert "Too many open files" in done.stderr
    assert "hint: use fewer connections, or raise the limit with `ulimit -n`" in done.stderr
    assert "of 100 connections were ready)" in done.stderr
    # A hundred connections that try again and again: said once when it happens, once at the end.
    assert done.stderr.count("Too many open files; trying again") <= 2, done.stderr
    books = Report(report).books()
    assert (books["due"], books["written"]) == (0, 0)


@pytest.mark.few_descriptors
def test_too_few_descriptors_to_start_at_all_end_without_a_crash(tmp_path):
    for descriptors in range(4, 16):  # the loader itself needs one
        done = limited([*LOAD, "--to", "udp://127.0.0.1:9", "--connect-timeout", "300ms"], descriptors)
        assert done.returncode in (0, 1, 2, 3), f"{descriptors}: {done.returncode}\n{done.stderr}"
        if done.returncode != 0:
            assert done.stderr, descriptors
        for mishap in ("terminate called", "Assertion", "AddressSanitizer", "runtime error"):
            assert mishap not in done.stderr, done.stderr


def test_more_connections_than_local_ports_are_refused_with_a_hint(network, tmp_path):
    report = tmp_path / "run.json"
    network.at_sender("sysctl", "-qw", "net.ipv4.ip_local_port_range=40000 40009")
    with Peer(RECEIVER, socket_maker=network.receiver_socket, backlog=64) as peer:
        ended = run_command(network.command(
            binary(), *LOAD, "--to", peer.target, "--connections", "30", "--endpoints", "30", "--connect-timeout", "1s",
            "--report", report))
    not_ready_but_some(ended, report, f"no local port is free for {RECEIVER}:{peer.port}",
                       "net.ipv4.ip_local_port_range", "(10 of 30 connections were ready)")


def not_ready_but_some(ended, report, *said):
    ended.expect(3)
    for words in said:
        assert words in ended.err, f"{words!r} is not in:\n{ended.err}"
    books = Report(report).books()
    assert (books["due"], books["written"]) == (0, 0)


def test_a_receiver_that_limits_its_connections_gets_a_back_off_and_a_hint(tmp_path):
    """As syslog-ng does above max-connections(): accepted, and closed at once."""
    report = tmp_path / "run.json"
    accepted = []

    def read_and_part(connection):
        connection.read_to_end()
        connection.end()

    with Peer() as peer:
        stop = threading.Event()

        def serve():
            while not stop.is_set():
                try:
                    connection = peer.accept(seconds=0.2)
                except OSError:
                    continue
                accepted.append(connection)
                if len(accepted) > 2:
                    connection.end()
                else:
                    threading.Thread(target=read_and_part, args=[connection], daemon=True).start()

        server = threading.Thread(target=serve)
        server.start()
        ended = run_command([str(binary()), "load", "--rate", "100", "--count", "300", "--catch-up", "60s",
                             "--to", peer.target, "--connections", "3", "--endpoints", "30", "--report", str(report)])
        stop.set()
        server.join()
    ended.expect(3)
    assert f"127.0.0.1:{peer.port} closed the connection" in ended.err
    assert "does it limit its connections?" in ended.err
    books = Report(report).books()
    assert books["due"] == 300
    # The two connections that were let in took all of theirs, and the third did not hammer: three
    # seconds at a back-off that doubles from 200 ms.
    assert books["drained"] >= 200
    assert len(accepted) <= 30, f"{len(accepted)} connections in three seconds"
