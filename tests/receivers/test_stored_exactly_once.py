"""Receivers that nobody here wrote store 10,000 messages exactly once, byte for byte as `render`
says, and the books say the same."""
import pytest

from tests.support.reports import Report

COUNT = 10_000

# These tests are about what is stored, not about punctuality: on a busy machine a message that is late
# is still to be sent.
PATIENT = ["--catch-up", "60s"]

# (receiver, port, target, options). Over UDP at a moderate rate: nothing may be lost there either.
WAYS = [
    ("rsyslog", "UDP", "udp", ["--rate", "2500"]),
    ("rsyslog", "TCP", "tcp", ["--rate", "10k"]),
    ("rsyslog", "TCP", "tcp", ["--rate", "10k", "--framing", "octet"]),
    ("rsyslog", "TLS", "tls", ["--rate", "10k"]),
    ("rsyslog", "TLS", "tls", ["--rate", "10k", "--framing", "octet-lf"]),
    ("syslog-ng", "UDP", "udp", ["--rate", "2500"]),
    ("syslog-ng", "TCP", "tcp", ["--rate", "10k"]),
    ("syslog-ng", "TLS", "tls", ["--rate", "10k"]),
    ("syslog-ng", "OCTET_TCP", "tcp", ["--rate", "10k", "--framing", "octet"]),
    ("syslog-ng", "OCTET_TLS", "tls", ["--rate", "10k", "--framing", "octet"]),
]


def rendered_lines(run, report):
    """What the run should have sent, computed anew from its own record."""
    return run("render", "--run", report).expect(0).out.encode().split(b"\n")[:-1]


@pytest.mark.parametrize("kind,port,scheme,options", WAYS, ids=lambda value: str(value))
def test_ten_thousand_messages_are_stored_exactly_once(run, receiver, pki, tmp_path, kind, port, scheme, options):
    there = receiver(kind)
    report = tmp_path / "run.json"
    tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
    run(
        "load", "--to", f"{scheme}://127.0.0.1:{there.ports[port]}", "--count", COUNT, *options, *tls, *PATIENT,
        "--report", report,
    ).expect(0)
    there.wait_for_messages(COUNT)
    there.stop()

    stored = there.stored()
    expected = rendered_lines(run, report)
    assert len(expected) == COUNT
    assert sorted(stored) == sorted(expected), there.own_words()

    books = Report(report).books()
    assert (books["due"], books["written"], books["refused"], books["dropped"]) == (COUNT, COUNT, 0, 0)
    if scheme != "udp":
        assert books["drained"] == COUNT
    # The same by the program's own judgement.
    run("verify", "--run", report, "--received", there.messages_file(0)).expect(0)


def test_a_scenario_is_stored_as_rendered(run, receiver, pki, tmp_path):
    """`run` as well as `load`: a shipped scenario, tabs and all, through TLS."""
    there = receiver("syslog-ng")
    report = tmp_path / "run.json"
    run(
        "run", "demo-morning", "--to", f"tls://127.0.0.1:{there.ports['TLS']}", "--tls-ca", pki.ca,
        "--speed", "max", "--report", report,
    ).expect(0)
    count = Report(report).books()["written"]
    there.wait_for_messages(count)
    there.stop()
    expected = rendered_lines(run, report)
    assert len(expected) == count
    assert all(b"\t" in line for line in expected)
    assert sorted(there.stored()) == sorted(expected)
