"""rsyslog demands a client certificate: with ours everything is stored; without one, or with one of
another CA, it is noticed, nothing is stored, and nothing is said to have drained."""
import pytest

from tests.support.reports import Report

COUNT = 500


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize("ours", ["client", None, "unknownca"], ids=["ours", "none", "of another CA"])
def test_a_client_certificate_is_what_opens_rsyslog(run, receiver, pki, tmp_path, ours, version):
    there = receiver("rsyslog-mtls")
    report = tmp_path / "run.json"
    certificate = ["--tls-cert", pki.cert(ours), "--tls-key", pki.key(ours)] if ours else []
    # A cipher of the one version only is all that the other would have.
    ciphers = "ECDHE-RSA-AES128-GCM-SHA256" if version == "1.2" else "TLS_AES_128_GCM_SHA256"
    ended = run("load", "--rate", "500", "--count", COUNT, "--catch-up", "60s", "--to",
                f"tls://127.0.0.1:{there.ports['TLS']}", "--tls-ca", pki.ca, "--tls-ciphers", ciphers, *certificate,
                "--connect-timeout", "5s", "--report", report)
    books = Report(report).books()
    if ours == "client":
        ended.expect(0)
        there.wait_for_messages(COUNT)
        assert books["drained"] == COUNT
        assert f"TLSv{version}" in Report(report).targets[0]["peer"]
        return
    ended.expect(3)
    assert "certificate" in ended.err, ended.err
    assert "hint: " in ended.err
    there.stop()
    assert there.stored() == []
    assert books["drained"] == 0
    assert books["uncertain"] + books["acknowledged"] == books["written"]
