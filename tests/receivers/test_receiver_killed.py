"""A receiver dies in mid-run and comes back on the same ports: the run goes on, says so, and its books
hold for what the receiver stored in all of its lives. Twice each; scripts/soak does it twenty times."""
import collections
import signal

import pytest

from tests.support import killing
from tests.support.reports import Report

WAYS = [
    ("rsyslog", "TCP", "tcp", []),
    ("rsyslog", "TLS", "tls", []),
    ("syslog-ng", "TCP", "tcp", []),
    ("syslog-ng", "OCTET_TLS", "tls", ["--framing", "octet"]),
]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
@pytest.mark.parametrize("kind,port,scheme,options", WAYS, ids=lambda value: value if isinstance(value, str) else "")
def test_the_books_hold_when_the_receiver_dies_and_comes_back(
    receiver, pki, tmp_path, kind, port, scheme, options, how
):
    there = receiver(kind)
    tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
    outcome = killing.play(there, f"{scheme}://127.0.0.1:{there.ports[port]}", [*options, *tls], tmp_path, how,
                           times=2, seed=4711)
    assert not outcome.wrong, outcome


def test_over_udp_nothing_is_doubled_or_invented_when_the_receiver_dies(run, start, receiver, tmp_path):
    """Nothing tells a sender what a dead UDP receiver missed, apart from ICMP on this machine."""
    count = 12_000
    there = receiver("rsyslog")
    report = tmp_path / "run.json"
    sending = start(
        "load", "--to", f"udp://127.0.0.1:{there.ports['UDP']}", "--count", count, "--rate", "3k",
        "--catch-up", "60s", "--report", report,
    )
    there.wait_for_messages(count // 6)
    there.kill()
    there.start()
    ended = sending.wait(60)
    there.stop()
    assert ended.status in (0, 3), ended.err
    books = Report(report).books()
    assert books["due"] == count
    stored = there.stored()
    expected = run("render", "--run", report).expect(0).out.encode().split(b"\n")[:-1]
    assert not [line for line, times in collections.Counter(stored).items() if times > 1]
    assert set(stored) <= set(expected)
    assert len(stored) <= books["written"]
