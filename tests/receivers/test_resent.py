"""A receiver that is killed in mid-run and comes back gets again what it had not acknowledged: --resend-unacked."""
import json
import signal

import pytest

from tests.support.reports import Report


@pytest.mark.parametrize("kind,port,scheme", [("rsyslog", "TCP", "tcp"), ("syslog-ng", "TLS", "tls")])
def test_only_what_died_with_the_receiver_is_missing(run, start, receiver, pki, tmp_path, kind, port, scheme):
    there = receiver(kind)
    record = tmp_path / "run.json"
    sending = start(
        "load", "--to", f"{scheme}://127.0.0.1:{there.ports[port]}", *(["--tls-ca", pki.ca] if scheme == "tls" else []),
        "--rate", "max", "--count", "100k", "--resend-unacked",
        "--send-buffer", "16KiB", "--drain-timeout", "60s", "--connect-timeout", "60s", "--report", record,
    )
    there.wait_for_messages(2_000)
    there.running.signal(signal.SIGKILL)
    there.running.process.wait(60)
    there.start()
    sending.wait(90).expect(3)  # a connection was lost, and that is told
    books = Report(record).books()
    assert (books["written"], books["uncertain"], books["cut"]) == (100_000, 0, 0)

    there.running.wait_until(lambda: len(there.stored(1)) >= books["drained"], "all that was drained is stored")
    there.stop()
    stored = tmp_path / "stored.log"
    stored.write_bytes(b"".join(line + b"\n" for line in there.stored()))
    verdict = json.loads(run("verify", "--run", record, "--received", stored, "--format", "json").out)["received"]
    assert verdict["missing"] <= books["acknowledged"], verdict
    assert verdict["altered"] + verdict["duplicated"] + verdict["invented"] == 0, verdict
    assert verdict["resent_received"] <= books["resent"], verdict
