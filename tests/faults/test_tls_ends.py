"""TLS that breaks: in the handshake, within a record, at the end. Aborted and clean are told apart."""
import pytest

from tests.support.fault_proxy import Fault, FaultProxy
from tests.support.peer import Peer, server_context
from tests.support.reports import Report

LOAD = ["load", "--rate", "200", "--count", "100", "--catch-up", "60s"]


def not_sent(report):
    books = Report(report).books()
    assert (books["due"], books["written"]) == (0, 0)


def test_a_handshake_that_is_never_answered_ends_with_a_hint(run, pki, tmp_path):
    report = tmp_path / "run.json"
    with Peer() as deaf:
        ended = run(*LOAD, "--to", f"tls://127.0.0.1:{deaf.port}", "--tls-ca", pki.ca, "--connect-timeout", "1s",
                    "--report", report).expect(3)
    assert "error: not ready within 1s" in ended.err
    assert "hint: does this port speak TLS? Plain syslog is tcp://" in ended.err
    not_sent(report)


def test_plain_text_on_a_tls_port_is_recognised(start, pki, tmp_path):
    report = tmp_path / "run.json"
    with Peer() as plain:
        sending = start(*LOAD, "--to", f"tls://127.0.0.1:{plain.port}", "--tls-ca", pki.ca, "--connect-timeout", "10s",
                        "--report", report)
        plain.accept().read(1).say(b"220 mail.example ESMTP\r\n")
        ended = sending.wait().expect(3)
    assert f"127.0.0.1:{plain.port}" in ended.err
    assert "tcp://" in ended.err, ended.err
    not_sent(report)


def test_tls_on_a_plain_port_is_recognised(start, pki, tmp_path):
    """The server's alert comes back to what it took for a broken ClientHello."""
    report = tmp_path / "run.json"
    with Peer() as server:
        sending = start("load", "--rate", "200", "--count", "400", "--catch-up", "60s",
                        "--to", f"tcp://127.0.0.1:{server.port}", "--report", report)
        connection = server.accept().read_lines(1)
        connection.say(b"\x15\x03\x01\x00\x02\x02\x46")
        connection.end()
        server.close()
        ended = sending.wait().expect(3)
    assert "after a TLS alert" in ended.err
    assert "hint: this port speaks TLS: write tls://" in ended.err
    books = Report(report).books()
    assert books["due"] == 400
    assert books["drained"] == 0


GARBAGE = {
    "no record at all": b"this is no TLS record, whatever it is",
    "a record that cannot be deciphered": b"\x17\x03\x03\x00\x20" + bytes(32),
    "a record that is too long": b"\x17\x03\x03\xff\xff" + bytes(64),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_from_the_receiver_ends_the_connection_and_is_told(start, pki, tmp_path, what):
    report = tmp_path / "run.json"
    with Peer(tls_context=server_context(pki)) as peer:
        sending = start(*LOAD, "--to", peer.target, "--tls-ca", pki.ca, "--report", report)
        broken = peer.accept().read_lines(10)
        broken.say_below_tls(GARBAGE[what])
        clean = peer.accept()
        assert clean.read_to_end()
        clean.end_with_close_notify()
        ended = sending.wait().expect(3)
        broken.read_to_end()
    assert "connection lost: " in ended.err
    assert_books_hold(report, broken, clean)


def test_a_record_that_is_cut_off_is_no_clean_end(start, pki, tmp_path):
    report = tmp_path / "run.json"
    with Peer(tls_context=server_context(pki)) as peer:
        sending = start(*LOAD, "--to", peer.target, "--tls-ca", pki.ca, "--report", report)
        broken = peer.accept().read_lines(10)
        broken.say_below_tls(b"\x17\x03\x03\x40\x00the beginning of a long record")
        broken.end()
        clean = peer.accept()
        assert clean.read_to_end()
        clean.end_with_close_notify()
        ended = sending.wait().expect(3)
    assert "connection lost: " in ended.err
    assert_books_hold(report, broken, clean)


def assert_books_hold(report, broken, clean):
    """What came over the broken connection is in no case called drained; the other one drained."""
    books = Report(report).books()
    assert books["due"] == 100
    assert books["connections"] == 2
    assert books["drained"] == len(clean.lines)
    assert books["written"] - books["drained"] >= len(broken.lines) >= 10


def test_an_end_without_close_notify_is_an_abort_and_one_with_it_is_clean(start, pki, tmp_path):
    for clean in (False, True):
        report = tmp_path / f"run-{clean}.json"
        with Peer(tls_context=server_context(pki)) as peer:
            sending = start("load", "--rate", "max", "--count", "50", "--to", peer.target, "--tls-ca", pki.ca,
                            "--report", report)
            connection = peer.accept()
            assert connection.read_to_end()
            assert len(connection.lines) == 50
            if clean:
                connection.end_with_close_notify()
            else:
                connection.end()
            ended = sending.wait()
        books = Report(report).books()
        assert books["written"] == 50
        assert books["drained"] == (50 if clean else 0)
        if clean:
            assert ended.expect(0).err.count("warning") == 0
        else:
            assert "close_notify" in ended.err or "uncertain" in ended.err


def test_a_byte_damaged_on_the_way_ends_the_connection_at_the_receiver_and_is_told(start, pki, tmp_path):
    """The proxy inverts a byte of a record of data: the receiver's alert comes back."""
    report = tmp_path / "run.json"
    with Peer(tls_context=server_context(pki)) as peer, FaultProxy(peer.port, [Fault(corrupt_at=5_000)]) as proxy:
        sending = start(*LOAD, "--to", f"tls://127.0.0.1:{proxy.port}", "--tls-ca", pki.ca, "--report", report)
        broken = peer.accept()
        assert not broken.read_to_end()
        broken.end()
        clean = peer.accept()
        assert clean.read_to_end()
        clean.end_with_close_notify()
        ended = sending.wait().expect(3)
    assert "connection lost: " in ended.err
    books = Report(report).books()
    assert books["drained"] == len(clean.lines)
    assert books["written"] - books["drained"] >= len(broken.lines)


def test_a_handshake_cut_at_any_byte_is_tried_again_until_it_succeeds(start, pki, tmp_path):
    report = tmp_path / "run.json"
    # Of our own flight and of the receiver's: within the header, the hello, the certificate.
    faults = [Fault(way=way, cut_after=after, how=how)
              for way, after in (("up", 0), ("up", 3), ("up", 100), ("down", 1), ("down", 700))
              for how in ("reset", "fin")]
    with Peer(tls_context=server_context(pki)) as peer, FaultProxy(peer.port, faults) as proxy:
        sending = start(*LOAD, "--to", f"tls://127.0.0.1:{proxy.port}", "--tls-ca", pki.ca, "--connect-timeout", "60s",
                        "--report", report)
        connection = None
        while connection is None:
            try:
                connection = peer.accept()
            except (OSError, ValueError) as failed:
                assert not isinstance(failed, TimeoutError), sending.err
        assert connection.read_to_end()
        connection.end_with_close_notify()
        ended = sending.wait().expect(0)
    assert "; trying again" in ended.err
    assert len(connection.lines) == Report(report).books()["drained"] == 100
