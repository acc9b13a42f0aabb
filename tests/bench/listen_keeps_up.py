#!/usr/bin/env python3
"""Whether `listen` keeps up with a sender beside it on this machine: UDP at 300,000 messages/s, TLS at
500,000, ten seconds each; every message that was written and not heard must be in the kernel's counter.

  tests/bench/listen_keeps_up.py [--sender build/release/esm-sender] [--seconds 10] [--udp 300000] [--tls 500000]
                                 [--turns 1] [--check] [--json FILE]

Loopback only. Exit status: 0; with --check 5 when a target is missed. A sender that did not reach the rate
proves nothing of the receiver: that turn says so, and is no success.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOSS_MAX = {"udp": 0.001, "tls": 0.0}
RATE_MIN = 0.995  # of the rate asked, that the sender must have written


def cpu_seconds(pid):
    """User and system time of a process that has not been waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Receiver:
    """`listen` on a free port; ends by itself when nothing has come for a second."""

    def __init__(self, sender, kind, folder, pki, seconds):
        self.ready, self.counters = folder / f"ready-{kind}.json", folder / f"counters-{kind}.json"
        self.counters.unlink(missing_ok=True)
        words = ["--tls-cert", pki / "server.pem", "--tls-key", pki / "server.key"] if kind == "tls" else []
        command = [sender, "listen", f"--{kind}", "127.0.0.1:0", *words, "--ready-file", self.ready, "--quiet",
                   "--counters-out", self.counters, "--stop-after-idle", "1s", "--stop-after", f"{seconds + 60}s"]
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self.ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("listen did not start")
            time.sleep(0.02)
        self.port = json.loads(self.ready.read_text())[kind][0]

    def finish(self):
        """What it counted, and the CPU it took."""
        cpu = cpu_seconds(self.process.pid)
        if self.process.wait(120) != 0:
            raise SystemExit("listen failed")
        return json.loads(self.counters.read_text()), cpu

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def turn(sender, kind, rate, seconds, folder, pki):
    receiver = Receiver(sender, kind, folder, pki, seconds)
    try:
        report = folder / f"run-{kind}.json"
        words = ["--tls-ca", pki / "ca.pem"] if kind == "tls" else []
        command = [sender, "load", "--to", f"{kind}://127.0.0.1:{receiver.port}", *words, "--rate", rate,
                   "--duration", f"{seconds}s", "--report", report, "--quiet"]
        subprocess.run([str(word) for word in command], stderr=subprocess.DEVNULL, timeout=seconds + 60, check=False)
        counted, cpu = receiver.finish()
    finally:
        receiver.stop()
    written = int(re.search(r'"written"\s*:\s*(\d+)', report.read_text()).group(1))
    lost = written - counted["messages"]
    return {
        "kind": kind, "asked": rate * seconds, "written": written, "heard": counted["messages"], "lost": lost,
        "kernel_drops": counted["kernel_drops"], "buffer_bytes": counted["udp_buffer_bytes"],
        "listener_ns_per_message": cpu * 1e9 / max(counted["messages"], 1),
        "rate_reached": written >= RATE_MIN * rate * seconds,
        "kept_up": lost <= LOSS_MAX[kind] * written and lost == counted["kernel_drops"],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--sender", type=pathlib.Path, default=ROOT / "build/release/esm-sender")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--udp", type=int, default=300_000, help="messages a second; 0: not")
    parser.add_argument("--tls", type=int, default=500_000, help="messages a second; 0: not")
    parser.add_argument("--check", action="store_true", help="exit status 5 when a target is missed")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE")
    options = parser.parse_args()
    results = []
    print(f"{'':5}{'written':>12}{'heard':>12}{'lost':>9}{'kernel says':>12}{'ns/message':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run(["sh", ROOT / "tests/receivers/make-test-pki.sh", folder / "pki"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(options.turns):
            for kind, rate in (("udp", options.udp), ("tls", options.tls)):
                if rate == 0:
                    continue
                result = turn(options.sender, kind, rate, options.seconds, folder, folder / "pki")
                results.append(result)
                verdict = "kept up" if result["kept_up"] else "DID NOT KEEP UP"
                if not result["rate_reached"]:
                    verdict += f"; but the sender reached {result['written'] / result['asked']:.1%} of the rate only"
                print(f"{kind:5}{result['written']:>12,}{result['heard']:>12,}{result['lost']:>9,}"
                      f"{result['kernel_drops']:>12,}{result['listener_ns_per_message']:>12,.0f}  {verdict}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    met = all(result["kept_up"] and result["rate_reached"] for result in results)
    return 5 if options.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
