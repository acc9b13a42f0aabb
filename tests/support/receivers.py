"""rsyslog and syslog-ng as receivers: started unprivileged on free ports, killed, started again."""
import os
import pathlib
import signal

from tests.support.processes import ROOT, Running, environment, free_port, is_listening

PORTS = {
    "rsyslog": {"UDP": "udp", "TCP": "tcp", "TLS": "tcp"},
    "rsyslog-mtls": {"TLS": "tcp"},
    "syslog-ng": {"UDP": "udp", "TCP": "tcp", "TLS": "tcp", "OCTET_TCP": "tcp", "OCTET_TLS": "tcp"},
    # As they come, with their own formats.
    "rsyslog-defaults": {"UDP": "udp", "TCP": "tcp"},
    "syslog-ng-defaults": {"UDP": "udp", "TCP": "tcp"},
}


class Receiver:
    """One receiver with a folder of its own. Every life (start to end) stores into a file of its
    own, so that a line that a kill cut short cannot be glued to the next one."""

    def __init__(self, kind, folder, pki):
        self.kind = kind
        self.folder = pathlib.Path(folder)
        self.pki = pki
        self.ports = {name: free_port() for name in PORTS[kind]}
        self.lives = 0
        self.running = None

    def messages_file(self, life):
        return self.folder / f"messages-{life}.log"

    def start(self):
        life = self.lives
        self.lives += 1
        words = {
            "FOLDER": self.folder, "PKI": self.pki.folder, "MESSAGES": self.messages_file(life),
            **self.ports,
        }
        text = (ROOT / "tests" / "receivers" / f"{self.kind}.conf").read_text()
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        config = self.folder / f"{self.kind}-{life}.conf"
        config.write_text(text)
        wrapper = ROOT / "scripts" / "receiver"
        own = self.folder / f"life-{life}"
        own.mkdir()
        if self.kind.startswith("rsyslog"):
            command = [wrapper, "rsyslogd", "-n", "-f", config, "-i", own / "pid"]
        else:
            command = [
                wrapper, "syslog-ng", "-F", "-f", config, "-R", own / "persist", "-p", own / "pid",
                "-c", own / "control", "--no-caps",
            ]
        self.running = Running(command, self.folder, f"{self.kind}-{life}", env=environment(), cwd=own)
        self.running.wait_until(
            lambda: all(is_listening(PORTS[self.kind][name], port) for name, port in self.ports.items()),
            "listening on all of its ports",
        )
        return self

    def kill(self):
        """SIGKILL, and its sockets are gone when this returns."""
        self.running.signal(signal.SIGKILL)
        self.running.process.wait()

    def stop(self):
        if self.running:
            self.running.stop()

    def own_words(self):
        path = self.folder / "self.log"
        return path.read_text(errors="backslashreplace") if path.exists() else ""

    def stored(self, life=None):
        """The whole lines that are stored, in order; what is cut short at the end is no line."""
        lines = []
        for number in range(self.lives) if life is None else [life]:
            path = self.messages_file(number)
            if path.exists():
                lines += path.read_bytes().split(b"\n")[:-1]
        return lines

    def stored_count(self):
        count = 0
        for number in range(self.lives):
            path = self.messages_file(number)
            if path.exists():
                count += path.read_bytes().count(b"\n")
        return count

    def wait_for_messages(self, count, seconds=60):
        self.running.wait_until(
            lambda: self.stored_count() >= count, f"{count} stored messages ({self.kind})", seconds
        )
