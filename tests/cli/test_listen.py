"""`listen` as a receiver in CI: whom it hears, how it reads, what it writes, what it does wrong."""
import json
import os
import signal
import socket

import pytest

from tests.support.processes import binary

LINE = "LEEF:1.0|duser={user}\tdst={ip}\tmsg=Service is alive"


def message(user, ip, size=0):
    return LINE.format(user=user, ip=ip).ljust(size, ".").encode()


def datagram(port, data, source="127.0.0.1"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        sender.sendto(data, ("127.0.0.1", port))


def stream(port, data, source="127.0.0.1"):
    """Sends and says FIN; returns what ended the connection on the other side: b"" (FIN) or an exception."""
    with socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0)) as sender:
        sender.sendall(data)
        sender.shutdown(socket.SHUT_WR)
        try:
            return sender.recv(1)
        except ConnectionResetError as reset:
            return reset


@pytest.mark.parametrize(
    "words,said",
    [
        (["--framing", "lf"], ["--framing is of streams", "over UDP a datagram is a frame"]),
        (["--framing", "octets"], ["--framing", "did you mean"]),
        (["--for", "rsyslog"], ["--for", "panos-9|panos-10"]),
        (["--max-message", "2MiB"], ["--max-message: '2MiB' is out of range", "from 1 to 1MiB"]),
        (["--sessions", "0"], ["--sessions"]),
        (["--allow-sender", "esm01"], ["--allow-sender: 'esm01' names no sender", "10.0.1.0/24"]),
        (["--allow-sender", "10.0.1.20/24"], ["--allow-sender: '10.0.1.20/24' names no sender"]),
        (["--sender-profile", "10.0.1.20"], ["'10.0.1.20' names no profile", "10.0.1.20=traps-kb"]),
        (["--sender-profile", "esm01=traps-kb"], ["'esm01=traps-kb' names no sender"]),
        (["--sender-profile", "10.0.1.20=traps-k"], ["traps-k", "did you mean 'traps-kb'"]),
        (["--fault", "crash"], ["--fault", "close|reset|stall|slow|refuse"]),
        (["--fault-after", "3"], ["--fault is not", "--fault close --fault-after 1000"]),
        (["--fault", "close"], ["--fault close is of connections", "stall and slow"]),
        (["--fault", "slow"], ["--fault slow needs --fault-rate", "64KiB"]),
        (["--fault", "stall", "--fault-rate", "1KiB"], ["--fault-rate does not go with --fault stall"]),
        (["--tcp", "127.0.0.1:0", "--fault", "reset", "--fault-for", "1s"], ["--fault-for does not go with --fault reset"]),
        (["--tcp", "127.0.0.1:0", "--fault", "refuse", "--fault-after", "1"], ["--fault-after does not go with"]),
        (["--tls-client-cert", "ask"], ["--tls is not"]),
        (["--tls", "127.0.0.1:0", "--tls-cert", "c", "--tls-key", "k", "--tls-client-cert", "ask"],
         ["--tls-client-cert needs --tls-client-ca"]),
        (["--ready-fd", "0"], ["--ready-fd"]),
        (["--ready-fd", "77"], ["descriptor 77 is not open for writing", "--ready-fd 77 77>ready.json"]),
        (["--mappings-format", "csv"], ["--mappings-out is not"]),
        (["--received-out", "x", "--mappings-out", "x"], ["--received-out and --mappings-out are the same: x"]),
        (["--profile", "-", "--sender-profile", "10.0.1.20=-"], ["standard input", "only once"]),
    ],
    ids=lambda value: " ".join(value[:6]) if isinstance(value, list) else None,
)
def test_options_that_are_wrong(run, tmp_path, words, said):
    ended = run("listen", "--udp", "127.0.0.1:0", "--stop-after", "10s", *words, cwd=tmp_path).expect(2)
    for text in said:
        assert text in ended.err, ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["table.txt", "table.xml", "table.json", "table.csv"])
def test_the_table_is_written_in_the_form_its_name_says_and_verify_reads_it(run, start, tmp_path, name):
    ready, table, report = tmp_path / "ready.json", tmp_path / name, tmp_path / "run.json"
    there = start("listen", "--udp", "127.0.0.1:0", "--ready-file", ready, "--mappings-out", table, "--quiet")
    there.wait_until(ready.exists, "ready file")
    port = json.loads(ready.read_text())["udp"][0]
    run("run", "first-contact", "--speed", "max", "--to", f"udp://127.0.0.1:{port}", "--report", report).expect(0)
    there.signal(signal.SIGTERM)
    there.wait().expect(0)
    beginning = {"txt": "IP  ", "xml": "<response status=", "json": '{"schema_version"', "csv": "at,ip,user"}
    assert table.read_text().startswith(beginning[name.split(".")[1]]), table.read_text()
    run("verify", "--run", report, "--mappings", table).expect(0)


def test_the_form_may_be_said_and_the_counters_are_written(run, start, tmp_path):
    ready, table, counters = tmp_path / "ready.json", tmp_path / "table", tmp_path / "counters.json"
    there = start("listen", "--udp", "127.0.0.1:0", "--ready-file", ready, "--mappings-out", table,
                  "--mappings-format", "json", "--counters-out", counters, "--stop-after-count", "2")
    there.wait_until(ready.exists, "ready file")
    port = json.loads(ready.read_text())["udp"][0]
    datagram(port, message("anna", "10.1.0.1"))
    datagram(port, b"something else", source="127.0.0.2")
    ended = there.wait().expect(0)
    assert [m["user"] for m in json.loads(table.read_text())["tables"][0]["mappings"]] == ["anna"]
    told = json.loads(counters.read_text())
    assert told["schema_version"] == 1
    assert (told["messages"], told["mapped"], told["no_match"], told["kernel_drops"]) == (2, 1, 1, 0)
    assert [(s["address"], s["messages"], s["mapped"]) for s in told["senders"]] == [
        ("127.0.0.1", 1, 1), ("127.0.0.2", 1, 0),
    ]
    assert "number of log messages : 1" in ended.out


def test_counters_as_the_console_shows_them(run, tmp_path):
    counters = tmp_path / "counters.txt"
    run("listen", "--udp", "127.0.0.1:0", "--stop-after", "10ms", "--counters-out", counters, "--quiet").expect(0)
    assert counters.read_text() == "UDP Syslog Listener Service is enabled\nSSL Syslog Listener Service is disabled\n"


def test_a_descriptor_is_told_the_ports(tmp_path):
    import subprocess

    reading, writing = os.pipe()
    process = subprocess.Popen(
        [binary(), "listen", "--udp", "127.0.0.1:0", "--ready-fd", str(writing), "--stop-after-count", "1", "--quiet"],
        pass_fds=[writing], stdin=subprocess.DEVNULL,
    )
    try:
        os.close(writing)
        with os.fdopen(reading) as told:
            port = json.loads(told.read())["udp"][0]  # to its end: it was closed
        datagram(port, b"last")
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_whom_it_hears_and_how_it_reads_them(start, tmp_path):
    ready = tmp_path / "ready.json"
    (tmp_path / "lab.yaml").write_text(
        "about: A login of the lab.\ntype: field\nevent: logged on\n"
        "username-prefix: 'user:'\nusername-delimiter: '\\s'\naddress-prefix: 'from:'\naddress-delimiter: '\\s'\n"
    )
    there = start("listen", "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0", "--ready-file", ready,
                  "--allow-sender", "127.0.0.2", "--sender-profile", f"127.0.0.3={tmp_path}/lab.yaml",
                  "--stop-after-count", "3")
    there.wait_until(ready.exists, "ready file")
    ports = json.loads(ready.read_text())
    datagram(ports["udp"][0], message("eve", "10.1.0.9"), source="127.0.0.4")
    assert stream(ports["tcp"][0], b"", source="127.0.0.4") in (b"",)
    datagram(ports["udp"][0], message("anna", "10.1.0.1"), source="127.0.0.2")
    datagram(ports["udp"][0], message("bob", "10.1.0.2"), source="127.0.0.3")
    assert stream(ports["tcp"][0], b"logged on user:carl from:10.1.0.3 .\n", source="127.0.0.3") == b""
    ended = there.wait().expect(0)
    assert "anna" in ended.out and "carl" in ended.out
    assert "eve" not in ended.out and "bob" not in ended.out
    assert "1 datagrams came from senders that are not allowed\n" in ended.err
    assert "1 connections came from senders that are not allowed\n" in ended.err
    assert "the first of these: 127.0.0.4\n" in ended.err


@pytest.mark.parametrize("version,heard", [("panos-9", 2), ("panos-10", 3)])
def test_a_firewall_version_sets_the_longest_message(start, tmp_path, version, heard):
    ready, counters = tmp_path / "ready.json", tmp_path / "counters.json"
    there = start("listen", "--udp", "127.0.0.1:0", "--ready-file", ready, "--for", version, "--stop-after-count", "4",
                  "--counters-out", counters)
    there.wait_until(ready.exists, "ready file")
    port = json.loads(ready.read_text())["udp"][0]
    for number, size in enumerate((100, 2048, 8000, 8001)):
        datagram(port, message("anna", f"10.1.0.{number + 1}", size))
    there.wait().expect(0)
    told = json.loads(counters.read_text())
    assert (told["mapped"], told["too_long"]) == (heard, 4 - heard)


def test_a_firewall_takes_an_octet_count_for_text(start, tmp_path):
    ready, received = tmp_path / "ready.json", tmp_path / "received"
    there = start("listen", "--tcp", "127.0.0.1:0", "--ready-file", ready, "--for", "panos-10", "--stop-after-count", "1",
                  "--received-out", received)
    there.wait_until(ready.exists, "ready file")
    assert stream(json.loads(ready.read_text())["tcp"][0], b"5 abcd\n") == b""
    there.wait().expect(0)
    assert received.read_text() == "5 abcd\n"


def test_several_listeners_at_a_time_keep_to_themselves(start, tmp_path):
    there = []
    for number in range(3):
        ready = tmp_path / f"ready-{number}.json"
        there.append((ready, start("listen", "--udp", "127.0.0.1:0", "--udp", "127.0.0.2:0", "--tcp", "127.0.0.1:0",
                                   "--ready-file", ready, "--stop-after-count", "3", name=f"listen-{number}")))
    for number, (ready, running) in enumerate(there):
        running.wait_until(ready.exists, "ready file")
        ports = json.loads(ready.read_text())
        datagram(ports["udp"][0], message(f"first{number}", "10.1.0.1"))
        assert stream(ports["tcp"][0], message(f"second{number}", "10.1.0.2") + b"\n") == b""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(message(f"third{number}", "10.1.0.3"), ("127.0.0.2", ports["udp"][1]))
    for number, (_, running) in enumerate(there):
        out = running.wait().expect(0).out
        assert [f"{word}{number} " in out for word in ("first", "second", "third")] == [True] * 3
        assert "Total: 3 users" in out


def test_a_port_that_refuses_for_a_while_is_connected_to_then(run, start, tmp_path):
    ready, counters = tmp_path / "ready.json", tmp_path / "counters.json"
    there = start("listen", "--tcp", "127.0.0.1:0", "--ready-file", ready, "--fault", "refuse", "--fault-for", "300ms",
                  "--stop-after-count", "100", "--counters-out", counters)
    there.wait_until(ready.exists, "ready file")
    port = json.loads(ready.read_text())["tcp"][0]
    run("load", "--to", f"tcp://127.0.0.1:{port}", "--rate", "max", "--count", "100").expect(0)
    there.wait().expect(0)
    assert json.loads(counters.read_text())["messages"] == 100


def test_a_reset_in_the_midst_is_in_the_senders_books_and_only_the_first_connection_has_it(run, start, tmp_path):
    ready, counters, report = tmp_path / "ready.json", tmp_path / "counters.json", tmp_path / "run.json"
    there = start("listen", "--tcp", "127.0.0.1:0", "--ready-file", ready, "--fault", "reset", "--fault-after", "50",
                  "--fault-connections", "1", "--counters-out", counters)
    there.wait_until(ready.exists, "ready file")
    port = json.loads(ready.read_text())["tcp"][0]
    run("load", "--to", f"tcp://127.0.0.1:{port}", "--rate", "200", "--count", "800", "--report", report).expect(3)
    there.signal(signal.SIGTERM)
    there.wait().expect(0)
    told = json.loads(counters.read_text())
    assert told["faults"] == 1
    assert 50 < told["messages"] < 800
    assert told["senders"][0]["connections_total"] == 2
