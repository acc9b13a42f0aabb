"""Starting the program and other programs, and never waiting for ever for them."""
import dataclasses
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A run that takes longer has hung. Sanitizers and a busy machine are slow, hence the size.
DEADLINE_SECONDS = 90


def binary():
    """The program under test: ESM_SENDER, or what the presets build, dev first."""
    chosen = os.environ.get("ESM_SENDER")
    if chosen:
        path = pathlib.Path(chosen)
        if not path.is_file():
            raise FileNotFoundError(f"ESM_SENDER names {chosen}, which is not there")
        return path
    for preset in ("dev", "release", "clang"):
        path = ROOT / "build" / preset / "esm-sender"
        if path.is_file():
            return path
    raise FileNotFoundError("no esm-sender below build/: cmake --preset dev && cmake --build --preset dev")


@dataclasses.dataclass
class Ended:
    """How a program ended: its status (negative: the signal that killed it) and its words."""

    command: list
    status: int
    out: str
    err: str
    seconds: float

    def expect(self, status=0):
        """The same, having checked the exit status; a failure shows everything that was said."""
        assert self.status == status, (
            f"exit status {self.status}, expected {status}\n$ {' '.join(map(str, self.command))}\n"
            f"--- standard output\n{self.out[-3000:]}\n--- standard error\n{self.err[-3000:]}"
        )
        return self

    @property
    def json(self):
        return json.loads(self.out)


def environment():
    """No colours, no locale, no options from outside."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "ESM_"))}
    env.update(LANG="C.UTF-8", NO_COLOR="1")
    return env


class Running:
    """A program that was started and goes on; output is kept in files, so that it never blocks."""

    def __init__(self, command, folder, name, env=None, cwd=None):
        self.command = [str(word) for word in command]
        self.name = name
        self.out_path = pathlib.Path(folder) / f"{name}.out"
        self.err_path = pathlib.Path(folder) / f"{name}.err"
        self.started = time.monotonic()
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env=env or environment(), cwd=cwd, start_new_session=True,
            )

    @property
    def out(self):
        return self.out_path.read_text(errors="backslashreplace")

    @property
    def err(self):
        return self.err_path.read_text(errors="backslashreplace")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=DEADLINE_SECONDS):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                f"{self.name} did not end within {seconds} s\n$ {' '.join(self.command)}\n"
                f"--- standard output\n{self.out[-2000:]}\n--- standard error\n{self.err[-2000:]}"
            ) from None
        return Ended(self.command, status, self.out, self.err, time.monotonic() - self.started)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def stop(self, seconds=20):
        """Asks politely, then insists: for tidying up."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def wait_until(self, happened, what, seconds=30):
        """Until happened() is true; fails at once when the program ends first."""
        deadline = time.monotonic() + seconds
        while True:
            result = happened()
            if result:
                return result
            assert self.process.poll() is None, (
                f"{self.name} ended (status {self.process.returncode}) before {what}\n"
                f"--- standard output\n{self.out[-2000:]}\n--- standard error\n{self.err[-2000:]}"
            )
            assert time.monotonic() < deadline, (
                f"{self.name}: no {what} within {seconds} s\n--- standard error\n{self.err[-2000:]}"
            )
            time.sleep(0.02)


def run(*words, input=None, seconds=DEADLINE_SECONDS, cwd=None, env=None):
    """esm-sender WORDS…, to its end. Standard input is empty unless `input` is given."""
    command = [str(binary()), *map(str, words)]
    return run_command(command, input=input, seconds=seconds, cwd=cwd, env=env)


def run_command(command, input=None, seconds=DEADLINE_SECONDS, cwd=None, env=None):
    started = time.monotonic()
    if isinstance(input, str):
        input = input.encode()
    try:
        done = subprocess.run(
            command, input=input if input is not None else b"", capture_output=True,
            timeout=seconds, cwd=cwd, env=env or environment(), check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise AssertionError(
            f"did not end within {seconds} s: $ {' '.join(map(str, command))}\n"
            f"--- standard output\n{(late.stdout or b'')[-2000:].decode(errors='backslashreplace')}\n"
            f"--- standard error\n{(late.stderr or b'')[-2000:].decode(errors='backslashreplace')}"
        ) from None
    return Ended(
        command, done.returncode, done.stdout.decode(errors="backslashreplace"),
        done.stderr.decode(errors="backslashreplace"), time.monotonic() - started,
    )


_held_ports = []  # locks that live as long as this process


def free_port():
    """A port of 127.0.0.1 free for UDP and TCP, below the range the kernel hands out by itself, and
    kept from every other test process on this machine.

    The lock is an abstract socket's name: it leaves no file and goes with the process.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    span = 12_000
    for step in range(span):
        port = 20_000 + (worker * 1_000 + os.getpid() * 7 + step) % span
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0esm-sender-test-port-{port}")
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _held_ports.append(lock)
        return port
    raise AssertionError("no free port between 20000 and 32000")


def is_listening(kind, port):
    """Whether a socket of this machine listens on 127.0.0.1 (or any address), without touching it."""
    with open(f"/proc/net/{kind}", encoding="ascii") as table:
        for line in list(table)[1:]:
            fields = line.split()
            address, _, hex_port = fields[1].partition(":")
            if int(hex_port, 16) == port and address in ("0100007F", "00000000"):
                if kind == "udp" or fields[3] == "0A":
                    return True
    return False
