"""Receivers and senders as processes: each ready before it is used, ended in time, and its CPU seconds counted."""
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
RELEASE = ROOT / "build/release"
SIZE = 300  # bytes of a message, its framing apart


class Bench:
    def __init__(self, seconds, folder):
        self.seconds = seconds
        self.folder = pathlib.Path(folder)
        self.sender = RELEASE / "esm-sender"
        self.wire_limit = RELEASE / "tests/bench/wire_limit"
        self.pki = self.folder / "pki"
        made = subprocess.run(
            ["sh", ROOT / "tests/receivers/make-test-pki.sh", self.pki], capture_output=True, check=False
        )
        if made.returncode != 0:
            sys.exit(f"bench: make-test-pki.sh failed: {made.stderr.decode()}")
        self.number = 0

    def file(self, name):
        self.number += 1
        return self.folder / f"{self.number}-{name}"

    def start(self, command, ready):
        """A receiver, once its ready file is there."""
        process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                sys.exit(f"bench: a receiver did not start: {command}\n{process.stderr.read().decode()}")
            time.sleep(0.01)
        return process

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            out, _ = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            sys.exit(f"bench: a receiver did not end: {process.args}")
        return out.decode()

    def timed(self, command, may_end_with=(0,)):
        """Runs a sender to its end; returns its output and what it used."""
        out, err = self.file("out"), self.file("err")
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            process = subprocess.Popen(
                list(map(str, command)), stdout=out_file, stderr=err_file, stdin=subprocess.DEVNULL
            )
            # Asleep until then: both cores are the sender's and the receiver's.
            pidfd = os.pidfd_open(process.pid)
            ended, _, _ = select.select([pidfd], [], [], self.seconds * 5 + 60)
            os.close(pidfd)
            if not ended:
                process.kill()
            _, status, usage = os.wait4(process.pid, 0)
            if not ended:
                sys.exit(f"bench: did not end in time: {command}")
            process.returncode = os.waitstatus_to_exitcode(status)
        text = out.read_text() + err.read_text()
        if process.returncode not in may_end_with:
            sys.exit(f"bench: exit status {process.returncode}: {' '.join(map(str, command))}\n{text[-3000:]}")
        return text, usage

    def counting_receiver(self, way):
        ready = self.file("ready")
        command = [self.wire_limit, "receive", way, ready, self.pki / "server.pem", self.pki / "server.key"]
        process = self.start(command, ready)
        return process, int(ready.read_text())

    def deaf_receiver(self):
        """A UDP socket that nobody reads."""
        ready = self.file("ready")
        process = self.start([self.wire_limit, "ignore", "udp", ready], ready)
        return process, int(ready.read_text())

    def standstill(self):
        """The longest that a processor did not run a program that was ready, in seconds."""
        text, _ = self.timed([self.wire_limit, "standstill", 5_000])
        return json.loads(text)["seconds"]

    # Each sender returns (messages sent, CPU seconds, seconds by its own clock).

    def limit(self, way, port, threads=1):
        text, usage = self.timed([self.wire_limit, "send", way, port, SIZE, int(self.seconds * 1000), threads])
        result = json.loads(text)
        return result["messages"], usage.ru_utime + usage.ru_stime, result["seconds"]

    def load(self, way, port, *options, may_end_with=(0,)):
        """Plays a load; returns its run record and what it used."""
        report = self.file("run.json")
        tls = ["--tls-ca", self.pki / "ca.pem", "--tls-ciphers", "TLS_AES_128_GCM_SHA256"] if way == "tls" else []
        _, usage = self.timed(
            [self.sender, "load", "--to", f"{way}://127.0.0.1:{port}", "--size", SIZE, "--report", report,
             "--progress", "none", "--quiet", *tls, *options],
            may_end_with,
        )
        record = json.loads(report.read_text())
        report.unlink()
        return record, usage

    def product(self, way, port, *options):
        # A datagram to a socket that has just been closed comes back as an ICMP error: 3.
        record, usage = self.load(
            way, port, "--rate", "max", "--duration", f"{int(self.seconds * 1000)}ms", *options,
            may_end_with=(0, 3) if way == "udp" else (0,),
        )
        written = record["targets"][0]["books"]["written"]
        return written, usage.ru_utime + usage.ru_stime, record["elapsed_ns"] / 1e9

    def loggen(self, way, port, rate=1_000_000_000, seconds=None):
        """A rate beyond reach is its way of saying: as fast as possible."""
        options = {"udp": ["-i", "-D"], "tcp": ["-i", "-S"], "tls": ["-U"]}[way]
        size = SIZE if way == "udp" else SIZE + 1  # its size counts the LF
        # -I takes whole seconds.
        text, usage = self.timed(
            [ROOT / "scripts/receiver", "loggen", *options, "-s", size, "-r", rate, "-I",
             seconds or max(1, round(self.seconds)), "127.0.0.1", port]
        )
        line = [line for line in text.splitlines() if line.startswith("average rate")][-1]
        values = dict(part.strip().split("=", 1) for part in line.split(",") if "=" in part)
        return int(values["count"]), usage.ru_utime + usage.ru_stime, float(values["time"])
