"""Fixtures of all Python tests. The program under test is ESM_SENDER or the newest of build/*."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tests.support import pki as pki_module  # noqa: E402
from tests.support import processes, receivers  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI a test that does not run has not passed."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which counts as a failure in CI: {report.longrepr[2]}"


@pytest.fixture(scope="session")
def pki():
    return pki_module.test_pki()


@pytest.fixture
def run():
    """run("check", "x.yaml") → Ended: esm-sender to its end, within a deadline."""
    return processes.run


@pytest.fixture
def start(tmp_path):
    """start("run", …) → Running: esm-sender going on; whatever is left is stopped at the end."""
    started = []

    def starter(*words, name=None, env=None):
        running = processes.Running(
            [processes.binary(), *words], tmp_path, name or f"{words[0]}-{len(started)}", env=env
        )
        started.append(running)
        return running

    yield starter
    for running in started:
        running.stop()


class Listener:
    """esm-sender listen on free ports of 127.0.0.1, ready when this exists."""

    def __init__(self, start, folder, pki, words, number):
        self.ready_file = folder / f"ready-{number}.json"
        self.received_file = folder / f"received-{number}.log"
        self.mappings_file = folder / f"mappings-{number}.txt"
        self.running = start(
            "listen", "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0", "--tls", "127.0.0.1:0",
            "--tls-cert", pki.cert("server"), "--tls-key", pki.key("server"),
            "--ready-file", self.ready_file, "--received-out", self.received_file,
            "--mappings-out", self.mappings_file, *words, name=f"listen-{number}",
        )
        self.running.wait_until(self.ready_file.exists, "ready file")
        self.ready = json.loads(self.ready_file.read_text())

    def port(self, kind):
        """The first port of "udp", "tcp" or "tls"."""
        return self.ready[kind][0]

    def target(self, kind):
        return f"{kind}://127.0.0.1:{self.port(kind)}"

    def finish(self):
        """SIGTERM: everything is written; returns how it ended."""
        import signal

        self.running.signal(signal.SIGTERM)
        return self.running.wait()

    def received(self):
        return self.received_file.read_bytes().split(b"\n")[:-1]


@pytest.fixture
def listener(start, tmp_path, pki):
    """listener("--profile", "traps-kb", …) → Listener."""
    count = 0

    def make(*words):
        nonlocal count
        count += 1
        return Listener(start, tmp_path, pki, words, count)

    return make


@pytest.fixture
def receiver(tmp_path, pki):
    """receiver("rsyslog") → Receiver, started; killed at the end."""
    made = []

    def make(kind):
        folder = tmp_path / f"{kind}-{len(made)}"
        folder.mkdir()
        receiver = receivers.Receiver(kind, folder, pki)
        made.append(receiver)
        return receiver.start()

    yield make
    for receiver in made:
        receiver.stop()
