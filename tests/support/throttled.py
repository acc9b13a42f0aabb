"""Receivers with a known limit: so many messages a second, on all connections together."""
import socket
import threading
import time

from tests.support.peer import DEADLINE_SECONDS


class Budget:
    """How many units may be taken now: what has come together, at most a tenth of a second's worth."""

    def __init__(self, per_second):
        self.per_second = per_second
        self.units = 0.0
        self.last = time.monotonic()

    def take(self, most):
        """Waits until there is at least one; how many of `most`."""
        while True:
            now = time.monotonic()
            self.units = min(self.units + (now - self.last) * self.per_second, max(self.per_second / 10, 1))
            self.last = now
            got = int(min(self.units, most))
            if got >= 1:
                self.units -= got
                return got
            time.sleep(0.005)


class Throttled:
    """A receiver in a thread of its own, until close(). Its lines go to `file`, if there is one."""

    def __init__(self, kind, per_second, file=None):
        self.budget = Budget(per_second)
        self.file = file
        self.over = threading.Event()
        stream = kind == "tcp"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        # Small, so that it shows what the limit is and not what buffers hold.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        if stream:
            self.socket.listen()
        self.target = f"{kind}://127.0.0.1:{self.socket.getsockname()[1]}"
        if file:
            file.touch()
        self.thread = threading.Thread(target=self._accept if stream else self._datagrams, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(DEADLINE_SECONDS)
                while not self.over.is_set() and connection.recv(self.budget.take(65_536)):
                    pass

    def _datagrams(self):
        with open(self.file, "ab", buffering=0) as out:
            while not self.over.is_set():
                self.budget.take(1)
                try:
                    out.write(self.socket.recv(65_536) + b"\n")
                except TimeoutError:
                    continue

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(DEADLINE_SECONDS)
        self.socket.close()
