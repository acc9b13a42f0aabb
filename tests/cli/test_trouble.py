"""The world goes wrong: each case ends in time, with the right exit status, a message that says what
to do, and books that add up."""
import re
import signal
import socket
import time

import pytest

from tests.support.processes import free_port
from tests.support.reports import Report


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_closed_port_ends_with_3_and_says_what_to_do(run, pki, tmp_path, scheme):
    port = free_port()
    report = tmp_path / "run.json"
    tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
    ended = run(
        "run", "first-contact", "--to", f"{scheme}://127.0.0.1:{port}", "--connect-timeout", "1s", *tls,
        "--report", report, seconds=30,
    ).expect(3)
    assert ended.out == ""
    assert "connection refused" in ended.err.lower()
    assert f"127.0.0.1:{port}" in ended.err
    assert "hint: " in ended.err
    if report.exists():
        assert Report(report).books()["written"] == 0


def test_a_closed_udp_port_ends_with_3_because_icmp_errors_come_back(run, tmp_path):
    port = free_port()
    report = tmp_path / "run.json"
    ended = run("load", "--to", f"udp://127.0.0.1:{port}", "--count", 20, "--rate", "100", "--catch-up", "30s",
                "--report", report).expect(3)
    assert "nothing listens there" in ended.err
    assert "20 ICMP errors" in ended.err
    books = Report(report).books()
    assert (books["due"], books["written"], books["icmp_errors"]) == (20, 20, 20)


def test_what_was_asked_for_is_told_though_the_receiver_went_away(start):
    """The rate is that of the whole run, not of the part before the receiver was lost."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        sending = start("load", "--to", f"tcp://127.0.0.1:{listening.getsockname()[1]}", "--rate", "100",
                        "--count", 200)
        connection, _ = listening.accept()
        connection.recv(100)
        connection.close()
    ended = sending.wait(30).expect(3)
    told = re.search(r"^([0-9.]+) s: ([0-9.]+)/s asked for", ended.err, re.M)
    seconds, asked = float(told.group(1)), float(told.group(2))
    assert seconds >= 1.99, ended.err  # the last message is due then, however fast or slow this machine is
    assert seconds * asked == pytest.approx(199, rel=0.01), ended.err


def test_a_receiver_that_appears_in_time_gets_everything(run, start, listener, tmp_path):
    port = free_port()
    report = tmp_path / "run.json"
    sending = start(
        "load", "--to", f"tcp://127.0.0.1:{port}", "--count", 500, "--rate", "1k", "--report", report,
        "--connect-timeout", "30s", "--catch-up", "30s",
    )
    sending.wait_until(lambda: "refused" in sending.err.lower(), "word of the refused connection")
    there = listener("--tcp", f"127.0.0.1:{port}")
    sending.wait().expect(0)
    books = Report(report).books()
    assert (books["due"], books["written"], books["dropped"]) == (500, 500, 0)
    there.finish().expect(0)
    assert len(there.received()) == 500


def test_the_fingerprint_that_a_failed_check_prints_makes_the_next_run_succeed(run, listener, tmp_path, pki):
    there = listener()
    refused = run("run", "first-contact", "--to", there.target("tls"), "--tls-ca", pki.other_ca,
                  "--speed", "max", "--connect-timeout", "5s").expect(3)
    fingerprint = re.search(r"sha-256:[0-9A-F:]+", refused.err).group(0)
    run("run", "first-contact", "--to", there.target("tls"), "--tls-fingerprint", fingerprint,
        "--speed", "max").expect(0)


@pytest.mark.parametrize("number,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("scheme", ["udp", "tcp", "tls"])
def test_an_interrupt_in_mid_run_writes_the_report(start, listener, pki, tmp_path, run, scheme, number, status):
    there = listener()
    report = tmp_path / "run.json"
    tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
    sending = start(
        "load", "--to", there.target(scheme), "--rate", "500", "--duration", "60s", "--catch-up", "30s", *tls, "--report", report,
    )
    sending.wait_until(lambda: there.received_file.exists() and len(there.received()) >= 50, "50 received lines")
    interrupted_at = time.monotonic()
    sending.signal(number)
    ended = sending.wait(30).expect(status)
    assert time.monotonic() - interrupted_at < 15
    assert ended.out == ""
    record = Report(report)
    books = record.books()
    assert record.record["interrupted"] is True
    assert books["written"] >= 50
    assert books["written"] < 500 * 60
    there.finish().expect(0)
    assert len(there.received()) == books["written"]
    run("verify", "--run", report, "--received", there.received_file).expect(0)


def test_a_second_interrupt_stops_at_once(start, tmp_path):
    """A peer that never reads and never says goodbye cannot hold the program."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(8)
        report = tmp_path / "run.json"
        sending = start(
            "load", "--to", f"tcp://127.0.0.1:{deaf.getsockname()[1]}", "--rate", "max", "--duration", "60s",
            "--drain-timeout", "60s", "--report", report,
        )
        connection, _ = deaf.accept()
        with connection:
            connection.recv(100)
            sending.signal(signal.SIGINT)
            time.sleep(0.3)  # two signals that the program can tell apart, not a wait for an event
            sending.signal(signal.SIGINT)
            sending.wait(10).expect(130)
    Report(report).books()


@pytest.mark.parametrize("target", ["/dev/full"])
def test_a_full_disk_is_not_silent(run, target):
    ended = run("run", "first-contact", "--to", "null:", "--speed", "max", "--report", target)
    assert ended.status not in (0, 130), ended.err
    assert target in ended.err
    ended = run("render", "first-contact")
    assert ended.status == 0


def test_standard_output_that_is_full_is_not_silent(tmp_path):
    import subprocess

    from tests.support.processes import binary, environment

    with open("/dev/full", "wb") as full:
        done = subprocess.run([binary(), "render", "first-contact"], stdout=full, stderr=subprocess.PIPE,
                              env=environment(), timeout=60, check=False)
    assert done.returncode == 1
    assert b"standard output" in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["--complete", "verbs"]],
                         ids=" ".join)
def test_help_that_cannot_be_written_is_not_silent(words):
    import subprocess

    from tests.support.processes import binary, environment

    with open("/dev/full", "wb") as full:
        done = subprocess.run([binary(), *words], stdout=full, stderr=subprocess.PIPE, env=environment(),
                              timeout=60, check=False)
    assert done.returncode == 1
    assert b"standard output" in done.stderr


@pytest.mark.parametrize("verb", ["report", "ready-file"])
def test_a_link_is_written_through_and_not_replaced(run, tmp_path, verb):
    """Replacing what a name stands for once turned a device into a file."""
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("")
    link.symlink_to(real)
    if verb == "report":
        run("run", "first-contact", "--to", "null:", "--speed", "max", "--report", link).expect(0)
    else:
        run("listen", "--udp", "127.0.0.1:0", "--stop-after", "10ms", "--ready-file", link).expect(0)
    assert link.is_symlink()
    assert real.read_text().startswith("{")


def test_a_run_that_ends_as_the_progress_line_is_due_ends(start):
    """The last message is due one second after the first, when progress is too: that once hung."""
    runs = [
        start("load", "--to", "null:", "--rate", "2500", "--count", count, "--catch-up", "30s")
        for count in range(2499, 2507)
    ]
    for one in runs:
        one.wait(30).expect(0)


def test_words_for_a_closed_standard_descriptor_go_nowhere_else(start, tmp_path):
    """The number of a closed descriptor is the next socket's or file's: its words would go there."""
    import subprocess

    from tests.support.processes import binary, environment

    def played(redirection, *words):
        return subprocess.run(
            ["sh", "-c", f'exec "$@" {redirection}', "sh", binary(), "run", "first-contact", "--speed", "max",
             *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment(), timeout=60,
            check=False,
        )

    no_output = played(">&-", "--to", "-")
    assert no_output.returncode == 3
    assert "standard output: the write failed: Bad file descriptor" in no_output.stderr
    lines = tmp_path / "lines"
    no_errors = played("2>&-", "--to", f"file:{lines}")
    assert no_errors.returncode == 0
    assert len(lines.read_text().splitlines()) == 5
    assert all(line.startswith("<134>") for line in lines.read_text().splitlines())
    assert played("<&- >&- 2>&-", "--to", f"file:{tmp_path / 'more'}").returncode == 0
