"""The receiver's certificate, and ours: openssl s_server shows what our own listener might refuse to
show. The handshake is aborted, the reason is told with OpenSSL's code and words, nothing is sent.
(The same of the transport alone, in every version: tests/transport/tls_transport_test.cc.)"""
import ssl

import pytest

from tests.support.peer import Peer, server_context
from tests.support.processes import Running, free_port, is_listening
from tests.support.reports import Report

OPENSSL_SERVER = ["-quiet", "-naccept", "8"]
ANY_KEY = ["-cipher", "DEFAULT:@SECLEVEL=0"]


@pytest.fixture
def s_server(pki, tmp_path):
    """s_server("expired", "-tls1_2") → (port, Running): openssl s_server with that certificate."""
    started = []

    def start(certificate, *options):
        port = free_port()
        server = Running(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.cert(certificate),
             "-key", pki.key(certificate), *OPENSSL_SERVER, *options], tmp_path, f"s_server-{len(started)}",
        )
        started.append(server)
        server.wait_until(lambda: is_listening("tcp", port), "listening socket")
        return port, server

    yield start
    for server in started:
        server.stop()


def nothing_sent(ended, report, server):
    ended.expect(3)
    assert ended.out == ""
    assert server.out == "", "something was sent"
    assert "trying again" not in ended.err, "trying again cannot help"
    books = Report(report).books()
    assert (books["due"], books["written"], books["connections"]) == (0, 0, 0)


# certificate, options of s_server, host, options of ours, reason, the hint's beginning
CERTIFICATES = [
    ("unknownca", [], "127.0.0.1", [], "unable to get local issuer certificate (X509 code 20)", "trust the CA"),
    ("selfsigned", [], "127.0.0.1", [], "self-signed certificate (X509 code 18)", "trust the CA"),
    ("expired", [], "127.0.0.1", [], "certificate has expired (X509 code 10)", "renew the certificate"),
    ("notyet", [], "127.0.0.1", [], "certificate is not yet valid (X509 code 9)", "check this machine's clock"),
    ("wrongname", [], "localhost", [],
     "hostname mismatch (X509 code 62), it is not made for 'localhost'", "it is made for DNS:elsewhere.example"),
    ("wrongname", [], "127.0.0.1", [],
     "IP address mismatch (X509 code 64), it is not made for '127.0.0.1'", "it is made for DNS:elsewhere.example"),
    ("server", [], "127.0.0.1", ["--tls-name", "elsewhere.example"],
     "hostname mismatch (X509 code 62), it is not made for 'elsewhere.example'", "it is made for DNS:localhost"),
    ("cnonly", [], "localhost", [], "hostname mismatch (X509 code 62)", "it names no host (its CN does not count)"),
    ("clienteku", [], "127.0.0.1", [], "unsuitable certificate purpose (X509 code 26)", "it is not made for servers"),
    ("revoked", [], "127.0.0.1", ["--tls-crl", "@crl"], "certificate revoked (X509 code 23)", "its CA has taken it back"),
    ("weak", ANY_KEY, "127.0.0.1", [], "EE certificate key too weak (X509 code 66)", "it is too weak to prove anything"),
]


@pytest.mark.parametrize("certificate,server_options,host,options,reason,hint", CERTIFICATES,
                         ids=lambda value: value if isinstance(value, str) and " " not in value else "")
def test_a_certificate_that_does_not_fit_stops_everything(
    run, s_server, pki, tmp_path, certificate, server_options, host, options, reason, hint
):
    report = tmp_path / "run.json"
    port, server = s_server(certificate, *server_options)
    options = [pki.crl if word == "@crl" else word for word in options]
    ended = run("run", "first-contact", "--to", f"tls://{host}:{port}", "--tls-ca", pki.ca, *options,
                "--connect-timeout", "20s", "--report", report)
    nothing_sent(ended, report, server)
    assert f"is not accepted: {reason}" in ended.err
    assert f"hint: {hint}" in ended.err
    # What the receiver showed, and what would accept exactly this: but not what its CA took back.
    assert "the receiver shows" in ended.err
    assert ("--tls-fingerprint sha-256:" in ended.err) == (certificate != "revoked")


NOTHING_IN_COMMON = {
    "an old version": (["-tls1_1", *ANY_KEY], [], "have no TLS version in common",
                       "the receiver must speak TLS 1.2 or 1.3: what is older can be broken"),
    "1.3 asked of 1.2": (["-tls1_2"], ["--tls-min", "1.3"], "have no TLS version in common",
                         "the receiver must speak TLS 1.3, or allow 1.2 with --tls-min 1.2"),
    "no cipher": (["-tls1_2", "-cipher", "AES256-GCM-SHA384"], ["--tls-ciphers", "ECDHE-RSA-AES128-GCM-SHA256"],
                  "have no TLS cipher in common", "allow the receiver a cipher with AES-GCM and ECDHE"),
    "no suite": (["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"], ["--tls-ciphers", "TLS_AES_128_GCM_SHA256"],
                 "have no TLS cipher in common", "allow the receiver a cipher with AES-GCM and ECDHE"),
}


@pytest.mark.parametrize("what", NOTHING_IN_COMMON)
def test_a_receiver_with_nothing_in_common_stops_everything(run, s_server, pki, tmp_path, what):
    report = tmp_path / "run.json"
    server_options, options, problem, hint = NOTHING_IN_COMMON[what]
    port, server = s_server("server", *server_options)
    ended = run("run", "first-contact", "--to", f"tls://127.0.0.1:{port}", "--tls-ca", pki.ca, *options,
                "--connect-timeout", "20s", "--report", report)
    nothing_sent(ended, report, server)
    assert f"127.0.0.1:{port} and this program {problem}" in ended.err
    assert f"hint: {hint}" in ended.err


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("ours,said", [
    (None, "wants a client certificate"), ("unknownca", "does not accept the client certificate"),
], ids=["missing", "of another CA"])
def test_a_client_certificate_that_is_missing_or_wrong_is_noticed_before_any_message(
    start, pki, tmp_path, version, ours, said
):
    """With TLS 1.3 the refusal comes after a handshake that succeeded on our side."""
    report = tmp_path / "run.json"
    options = ["--tls-cert", pki.cert(ours), "--tls-key", pki.key(ours)] if ours else []
    with Peer(tls_context=server_context(pki, version=version, client_ca=pki.ca)) as peer:
        sending = start("load", "--rate", "100", "--count", "20", "--catch-up", "60s", "--to", peer.target,
                        "--tls-ca", pki.ca, *options, "--connect-timeout", "3s", "--report", report)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            peer.accept()
        ended = sending.wait().expect(3)
    assert said in ended.err
    assert "hint: " in ended.err
    books = Report(report).books()
    assert (books["due"], books["written"]) == (0, 0)


def test_the_right_client_certificate_is_taken(start, pki, tmp_path):
    report = tmp_path / "run.json"
    with Peer(tls_context=server_context(pki, client_ca=pki.ca)) as peer:
        sending = start("load", "--rate", "100", "--count", "20", "--catch-up", "60s", "--to", peer.target,
                        "--tls-ca", pki.ca, "--tls-cert", pki.cert("client"), "--tls-key", pki.key("client"),
                        "--report", report)
        connection = peer.accept()
        assert connection.read_to_end()
        connection.end_with_close_notify()
        sending.wait().expect(0)
    assert len(connection.lines) == Report(report).books()["drained"] == 20
