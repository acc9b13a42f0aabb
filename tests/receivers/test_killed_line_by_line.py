"""A receiver dies in mid-run and comes back on the same ports: the run ends in time, says so, and
its books hold for what the receiver stored in both lives; and `verify` says that the receiver lost
exactly what a comparison line by line shows, and nothing else."""
import json
import os

import pytest

from tests.receivers.line_by_line import Comparison
from tests.support.reports import Report

COUNT = 8_000
SEEDS = range(1, 1 + int(os.environ.get("ESM_KILL_SEEDS", "2")))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "kind,port,scheme,options",
    [
        ("rsyslog", "UDP", "udp", []),
        ("rsyslog", "TCP", "tcp", []),
        ("rsyslog", "TCP", "tcp", ["--framing", "octet"]),
        ("rsyslog", "TLS", "tls", []),
        ("rsyslog", "TLS", "tls", ["--framing", "octet"]),
        ("syslog-ng", "UDP", "udp", []),
        ("syslog-ng", "TCP", "tcp", []),
        ("syslog-ng", "TLS", "tls", []),
        ("syslog-ng", "OCTET_TCP", "tcp", ["--framing", "octet"]),
        ("syslog-ng", "OCTET_TLS", "tls", ["--framing", "octet"]),
    ],
)
def test_the_books_hold_and_the_loss_is_told_when_the_receiver_is_killed_and_comes_back(
    run, start, receiver, pki, tmp_path, kind, port, scheme, options, seed
):
    there = receiver(kind)
    report = tmp_path / "run.json"
    tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
    sending = start(
        "load", "--to", f"{scheme}://127.0.0.1:{there.ports[port]}", "--count", COUNT, "--rate", "3k", "--seed", seed,
        *options, *tls, "--report", report, "--catch-up", "60s",
    )
    # At another moment with every seed.
    there.wait_for_messages(COUNT // 8 + seed * 7919 % (COUNT // 4))
    there.kill()
    there.start()
    ended = sending.wait(60)
    if scheme == "udp":
        # What was sent last is on its way into the file.
        count = there.stored_count()
        there.wait_for_messages(count)
    there.stop()

    books = Report(report).books()
    assert books["due"] == COUNT
    stored = there.stored()
    expected = run("render", "--run", report).expect(0).out.encode().split(b"\n")[:-1]
    by_line = Comparison(expected, report, stored)
    assert not by_line.doubled, "at most once: a message was stored twice"
    assert not by_line.invented
    assert len(stored) <= books["written"]

    whole = tmp_path / "stored.log"
    whole.write_bytes(b"".join(line + b"\n" for line in stored))
    told = run("verify", "--run", report, "--received", whole, "--format", "json", "--findings", 100_000)
    verdict = json.loads(told.out)["received"]
    assert verdict["missing"] == by_line.missing, f"seed {seed}"
    assert [(lost["first"], lost["last"], lost["messages"]) for lost in verdict["lost"]] == by_line.intervals
    assert (verdict["altered"], verdict["duplicated"], verdict["invented"]) == (0, 0, 0)
    assert told.status == (6 if by_line.missing else 0)

    if scheme == "udp":
        # Nothing tells a sender what a dead UDP receiver missed, apart from ICMP on this machine.
        assert ended.status in (0, 3), ended.err
        return
    assert ended.status == 3, ended.err
    assert "transport" in ended.err
    assert books["reconnects"] >= 1
    assert len(stored) >= books["drained"], "what was drained was stored"
    # Beside what the record calls uncertain, a killed receiver loses what its kernel had acknowledged.
    assert set(by_line.missing_numbers) <= by_line.acknowledged, (by_line.intervals, books)
