"""Names that cannot be looked up, lead to dead addresses, or to another one than before: a name server of
our own in the sender's namespace. (Order and timing of the attempts: tests/transport/connector_test.cc.)"""
import socket

import pytest

from tests.support.name_server import NXDOMAIN, SERVFAIL, NameServer
from tests.support.network import RECEIVER
from tests.support.peer import Peer
from tests.support.reports import Report

LOAD = ["load", "--rate", "100", "--catch-up", "60s"]


@pytest.fixture
def names(network):
    """names(answer) → NameServer that programs in the sender's namespace ask."""
    servers = []
    network.etc("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    network.etc("nsswitch.conf", "hosts: dns\n")

    def start(answer):
        bound = network.receiver_socket(socket.AF_INET, socket.SOCK_DGRAM, at_sender=True)
        bound.bind(("127.0.0.1", 53))
        server = NameServer(bound, answer).__enter__()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.__exit__()


def not_sent(ended, report):
    ended.expect(3)
    books = Report(report).books()
    assert (books["due"], books["written"], books["connections"]) == (0, 0, 0)


@pytest.mark.parametrize("answer,said,hint", [
    (NXDOMAIN, "the host 'receiver.test' is not known: Name or service not known", "is the name spelled right?"),
    # "No address associated with hostname" or, without an answer for IPv6 either, "Name or service not known".
    ([], "the host 'receiver.test' is not known: N", "is the name spelled right?"),
    (SERVFAIL, "the host 'receiver.test' could not be looked up: Temporary failure in name resolution",
     "does the name server answer?"),
], ids=["NXDOMAIN", "no address", "SERVFAIL"])
def test_a_name_without_an_address_ends_in_time_and_says_which(names, start_in, tmp_path, answer, said, hint):
    report = tmp_path / "run.json"
    names(lambda _: answer)
    ended = start_in(*LOAD, "--count", "10", "--to", "tcp://receiver.test:514", "--connect-timeout", "2s",
                     "--report", report).wait()
    assert f"error: not ready within 2s: {said}" in ended.err
    assert f"hint: {hint}" in ended.err
    not_sent(ended, report)


def test_a_name_server_that_never_answers_is_waited_for_no_longer_than_the_connect_timeout(names, start_in, tmp_path):
    report = tmp_path / "run.json"
    server = names(lambda _: None)
    ended = start_in(*LOAD, "--count", "10", "--to", "tcp://receiver.test:514", "--connect-timeout", "500ms",
                     "--report", report).wait()
    assert server.asked
    assert "error: not ready within 500ms" in ended.err
    not_sent(ended, report)


@pytest.mark.parametrize("dead", ["refuses", "is silent"])
def test_of_many_addresses_the_first_that_answers_is_taken(names, network, start_in, tmp_path, dead):
    report = tmp_path / "run.json"
    network.at_receiver("ip", "address", "add", "10.213.0.9/32", "dev", "wire")
    network.at_receiver("ip", "address", "add", "10.213.0.10/32", "dev", "wire")
    network.at_sender("ip", "route", "add", "10.213.0.8/29", "via", RECEIVER)
    if dead == "is silent":
        network.drop("ip daddr 10.213.0.9")
    with Peer("10.213.0.10", socket_maker=network.receiver_socket) as peer:
        names(lambda _: ["10.213.0.9", "10.213.0.10"])
        sending = start_in(*LOAD, "--count", "10", "--to", f"tcp://receiver.test:{peer.port}", "--report", report)
        connection = peer.accept()
        assert connection.read_to_end()
        connection.end()
        sending.wait().expect(0)
    assert len(connection.lines) == Report(report).books()["drained"] == 10
    assert Report(report).targets[0]["peer"] == f"10.213.0.10:{peer.port}"


def test_a_name_that_changes_its_address_is_looked_up_anew_after_a_loss(names, network, start_in, tmp_path):
    """The receiver moves to another machine, and its name with it."""
    report = tmp_path / "run.json"
    network.at_receiver("ip", "address", "add", "10.213.0.9/32", "dev", "wire")
    network.at_sender("ip", "route", "add", "10.213.0.8/29", "via", RECEIVER)
    now = [RECEIVER]
    with Peer(RECEIVER, socket_maker=network.receiver_socket) as old:
        server = names(lambda _: list(now))
        sending = start_in(*LOAD, "--count", "300", "--to", f"tcp://receiver.test:{old.port}", "--report", report)
        first = old.accept().read_lines(20)
        with network.receiver_socket() as listening:
            listening.bind(("10.213.0.9", old.port))
            listening.listen(8)
            listening.settimeout(60)
            now[:] = ["10.213.0.9"]
            old.close()
            first.reset()
            second, _ = listening.accept()
            with second:
                second.settimeout(60)
                got = b""
                while piece := second.recv(65536):
                    got += piece
        ended = sending.wait().expect(3)
    assert "connected again" in ended.err or "connection lost" in ended.err
    assert server.asked.count("receiver.test") >= 2
    books = Report(report).books()
    assert (books["due"], books["connections"]) == (300, 2)
    assert books["drained"] == got.count(b"\n") > 0
