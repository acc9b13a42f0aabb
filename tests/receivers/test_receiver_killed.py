"""A receiver dies in mid-run and comes back on the same ports: the run goes on, says so, and its books
hold for what the receiver stored in all of its lives. Twice each; scripts/soak does it twenty times. That it is killed
once, over every transport, is in test_killed_line_by_line.py; a kill that comes again is here where the two receivers
differ most."""
import signal

import pytest

from tests.support import killing

WAYS = [
    ("rsyslog", "TCP", "tcp", []),
    ("rsyslog", "TLS", "tls", []),
    ("syslog-ng", "TCP", "tcp", []),
    ("syslog-ng", "OCTET_TLS", "tls", ["--framing", "octet"]),
]


@pytest.mark.parametrize(
    "kind,port,scheme,options,how",
    [(*way, signal.SIGTERM) for way in WAYS] + [(*way, signal.SIGKILL) for way in (WAYS[0], WAYS[-1])],
    ids=lambda value: getattr(value, "name", value if isinstance(value, str) else ""),
)
def test_the_books_hold_when_the_receiver_dies_and_comes_back(
    receiver, pki, tmp_path, kind, port, scheme, options, how
):
    there = receiver(kind)
    tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
    outcome = killing.play(there, f"{scheme}://127.0.0.1:{there.ports[port]}", [*options, *tls], tmp_path, how,
                           times=2, seed=4711)
    assert not outcome.wrong, outcome
