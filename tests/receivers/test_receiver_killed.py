"""A receiver dies in mid-run and comes back on the same ports: the run ends in time, says so, and
its books hold for what the receiver stored in both lives."""
import collections
import json

import pytest

from tests.support.reports import Report

COUNT = 12_000


@pytest.mark.parametrize(
    "kind,port,scheme,options",
    [
        ("rsyslog", "TCP", "tcp", []),
        ("rsyslog", "TLS", "tls", []),
        ("rsyslog", "UDP", "udp", []),
        ("syslog-ng", "TCP", "tcp", []),
        ("syslog-ng", "OCTET_TLS", "tls", ["--framing", "octet"]),
    ],
)
def test_the_books_hold_when_the_receiver_is_killed_and_comes_back(
    run, start, receiver, pki, tmp_path, kind, port, scheme, options
):
    there = receiver(kind)
    report = tmp_path / "run.json"
    tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
    sending = start(
        "load", "--to", f"{scheme}://127.0.0.1:{there.ports[port]}", "--count", COUNT, "--rate", "3k",
        *options, *tls, "--report", report, *(["--catch-up", "60s"] if scheme == "udp" else []),
    )
    there.wait_for_messages(COUNT // 6)
    there.kill()
    there.start()
    ended = sending.wait(60)
    there.stop()

    books = Report(report).books()
    assert books["due"] == COUNT
    stored = there.stored()
    expected = run("render", "--run", report).expect(0).out.encode().split(b"\n")[:-1]
    doubled = [line for line, count in collections.Counter(stored).items() if count > 1]
    assert not doubled, "at most once: a message was stored twice"
    assert set(stored) <= set(expected)
    assert len(stored) <= books["written"]
    if scheme == "udp":
        # Nothing tells a sender what a dead UDP receiver missed, apart from ICMP on this machine.
        assert ended.status in (0, 3), ended.err
        return
    assert ended.status == 3, ended.err
    assert "transport" in ended.err
    assert books["reconnects"] >= 1
    assert len(stored) >= books["drained"], "what was drained was stored"
    # What the record calls uncertain may be missing. Of what the receiver's kernel had acknowledged it may have lost the
    # last messages, which it had not read when it was killed: verify says that, and nothing else is missing.
    whole = tmp_path / "stored.log"
    whole.write_bytes(b"".join(line + b"\n" for line in stored))
    verified = run("verify", "--run", report, "--received", whole, "--format", "json")
    assert verified.status in (0, 6), verified.out + verified.err
    for finding in json.loads(verified.out)["findings"]:
        assert "its kernel acknowledged it" in finding["reason"], verified.out
