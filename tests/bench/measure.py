"""Measures esm-sender beside the limits of the machine and syslog-ng's loggen; scripts/bench calls it.

Every turn measures limit, product and peer one after the other, so that a machine whose speed drifts
does so for all of them; medians over the turns are compared. Loopback only, every sender bounded in
time. Exit status: 0; with --check 5 when a ratio misses its target.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE = 300  # bytes of a message, its framing apart

# Ratios that a release build must reach; None: only shown.
TARGETS = {
    ("udp", "limit"): 0.85, ("udp", "loggen"): 4.0,
    ("udp-alone", "limit"): 0.85, ("udp-alone", "loggen"): None,
    ("tcp", "limit"): 0.6, ("tcp", "loggen"): 25.0,
    ("tls", "limit"): 0.85, ("tls", "loggen"): 15.0,
}
RENDER_TARGET = 20e6

# What a fleet's plan and schedule must reach, by its number of endpoints.
FLEETS = (10_000, 100_000, 1_000_000, 10_000_000)
EVENTS_TARGETS = {1_000_000: 15e6, 10_000_000: 8e6}  # a second
PLAN_TARGETS = {10_000_000: 10.0}  # seconds
START_TARGETS = {100_000: 0.2}  # seconds from the command to the first message
# A tenfold fleet: tenfold time for its plan and tenfold memory at most, 5 % of which is left to chance. An event may take
# longer by as much as the two targets above allow, for no cache holds ten million endpoints.
GROWTH_TARGET = 10.5
EVENT_GROWTH_TARGET = EVENTS_TARGETS[1_000_000] / EVENTS_TARGETS[10_000_000]
BYTES_TARGET = 48  # an endpoint, from 1,000,000 on: in small fleets the calendar's days weigh more

FLEET = """\
about: {0} endpoints for a day.
length: 24h
users:
  user: {{ count: {0}, name: "user{{:08}}" }}
endpoints:
  pc: {{ count: {0}, host: "PC-{{:08}}", pool: 10.0.0.0/8, heartbeat: 60m, jitter: 5% }}
activity:
  - {{ logon: user, on: pc, at: 0s, within: 15m, curve: uniform }}
"""


class Bench:
    def __init__(self, release, seconds, folder):
        self.seconds = seconds
        self.folder = pathlib.Path(folder)
        self.sender = release / "esm-sender"
        self.wire_limit = release / "tests/bench/wire_limit"
        self.receiver_script = ROOT / "scripts/receiver"
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
            out, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            sys.exit(f"bench: a receiver did not end: {process.args}")
        return out.decode(), err.decode()

    def timed(self, command, may_fail=False):
        """Runs a sender to its end; returns its output and its CPU seconds."""
        out, err = self.file("out"), self.file("err")
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            process = subprocess.Popen(
                list(map(str, command)), stdout=out_file, stderr=err_file, stdin=subprocess.DEVNULL
            )
            deadline = time.monotonic() + self.seconds * 5 + 60
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() > deadline:
                    process.kill()
                    os.wait4(process.pid, 0)
                    sys.exit(f"bench: did not end in time: {command}")
                time.sleep(0.005)
            process.returncode = os.waitstatus_to_exitcode(status)
        text = out.read_text() + err.read_text()
        if process.returncode != 0 and not may_fail:
            sys.exit(f"bench: exit status {process.returncode}: {' '.join(map(str, command))}\n{text[-3000:]}")
        return text, usage.ru_utime + usage.ru_stime

    def counting_receiver(self, way):
        ready = self.file("ready")
        command = [self.wire_limit, "receive", way, ready, self.pki / "server.pem", self.pki / "server.key"]
        process = self.start(command, ready)
        return process, int(ready.read_text())

    # Each returns (messages sent, CPU seconds of the sender, seconds by the sender's own clock).

    def limit(self, way, port):
        text, cpu = self.timed([self.wire_limit, "send", way, port, SIZE, int(self.seconds * 1000)])
        result = json.loads(text)
        return result["messages"], cpu, result["seconds"]

    def product(self, way, port, *options):
        report = self.file("run.json")
        tls = ["--tls-ca", self.pki / "ca.pem", "--tls-ciphers", "TLS_AES_128_GCM_SHA256"] if way == "tls" else []
        _, cpu = self.timed(
            [self.sender, "load", "--to", f"{way}://127.0.0.1:{port}", "--rate", "max", "--duration",
             f"{int(self.seconds * 1000)}ms", "--size", SIZE, "--report", report, "--progress", "none",
             "--quiet", *tls, *options],
            may_fail=way == "udp",
        )
        record = json.loads(report.read_text())
        return record["targets"][0]["books"]["written"], cpu, record["elapsed_ns"] / 1e9

    def loggen(self, way, port):
        options = {"udp": ["-i", "-D"], "tcp": ["-i", "-S"], "tls": ["-U"]}[way]
        size = SIZE if way == "udp" else SIZE + 1  # its size counts the LF
        # -I takes whole seconds; a rate beyond reach is its way of saying: as fast as possible.
        text, cpu = self.timed(
            [self.receiver_script, "loggen", *options, "-s", size, "-r", 1_000_000_000, "-I",
             max(1, round(self.seconds)), "127.0.0.1", port]
        )
        line = [line for line in text.splitlines() if line.startswith("average rate")][-1]
        values = dict(part.strip().split("=", 1) for part in line.split(",") if "=" in part)
        return int(values["count"]), cpu, float(values["time"])

    def through(self, way, send):
        """One sender to a receiver that counts: rate as received."""
        process, port = self.counting_receiver(way)
        sent, cpu, _ = send(way, port)
        if way == "udp":
            time.sleep(0.2)  # what lies in the socket's buffer; the receiver stops its clock by itself
        out, _ = self.stop(process)
        got = json.loads(out)
        received = got["messages"] if way == "udp" else got["bytes"] // (SIZE + 1)
        return {
            "per_second": received / got["seconds"] if got["seconds"] else 0.0, "sent": sent,
            "received": received, "cpu_ns": cpu * 1e9 / sent if sent else 0.0,
        }

    def alone(self, send):
        """UDP to a socket that nobody reads: the sender alone."""
        ready = self.file("ready")
        process = self.start([self.wire_limit, "ignore", "udp", ready], ready)
        sent, cpu, seconds = send("udp", int(ready.read_text()))
        self.stop(process)
        return {"per_second": sent / seconds, "sent": sent, "received": 0, "cpu_ns": cpu * 1e9 / sent}

    def to_our_listener(self, way):
        ready = self.file("ready")
        tls = ["--tls-cert", self.pki / "server.pem", "--tls-key", self.pki / "server.key"] if way == "tls" else []
        process = self.start([self.sender, "listen", f"--{way}", "127.0.0.1:0", *tls, "--ready-file", ready], ready)
        port = json.loads(ready.read_text())[way][0]
        sent, cpu, seconds = self.product(way, port)
        self.stop(process)
        return {"per_second": sent / seconds, "sent": sent, "received": None, "cpu_ns": cpu * 1e9 / sent}


def rendering(release, turns):
    """{name: items a second} of all Google Benchmark programs, medians."""
    rates = {}  # a single repetition has no median
    for program in sorted((release / "tests/bench").glob("*_bench")):
        done = subprocess.run(
            [program, "--benchmark_format=json", f"--benchmark_repetitions={max(turns, 2)}",
             "--benchmark_report_aggregates_only=true", "--benchmark_min_time=0.2"],
            capture_output=True, check=False, timeout=600,
        )
        if done.returncode != 0:
            sys.exit(f"bench: {program.name} failed:\n{done.stderr.decode()[-2000:]}")
        for row in json.loads(done.stdout)["benchmarks"]:
            if row.get("aggregate_name") == "median":
                rates[row["run_name"]] = row.get("items_per_second", 1e9 / row["real_time"])
    return rates


def growth(release, turns, folder):
    """A row for each fleet: medians of what its plan, its events (all, and the first 5 million), its first message and
    `--explain` take; and what the machine takes to write as much memory, doing nothing else."""
    rows = []
    for endpoints in FLEETS:
        scenario = pathlib.Path(folder) / f"fleet-{endpoints}.yaml"
        scenario.write_text(FLEET.format(endpoints))
        measured = {"plan_seconds": [], "plan_kernel_seconds": [], "raw_touch_seconds": [], "raw_filing_seconds": [],
                    "events_per_second": [], "first_events_per_second": [], "bytes": [],
                    "start_seconds": [], "explain_seconds": [], "explain_bytes": []}
        for _ in range(turns):
            done = subprocess.run(
                [release / "tests/bench/schedule_growth", "--raw", str(endpoints)], capture_output=True, check=True, timeout=300
            )
            for key in ("touch_seconds", "filing_seconds"):
                measured["raw_" + key].append(json.loads(done.stdout)[key])
            done = subprocess.run(
                [release / "tests/bench/schedule_growth", scenario], capture_output=True, check=True, timeout=300
            )
            got = json.loads(done.stdout)
            for key in ("plan_seconds", "plan_kernel_seconds"):
                measured[key].append(got[key])
            measured["events_per_second"].append(got["events"] / got["seconds"])
            measured["first_events_per_second"].append(got["first_events"] / got["first_seconds"])
            measured["bytes"].append(got["resident_bytes"] / endpoints)
            for name, words in (("start", ["render", "--limit", "1"]), ("explain", ["check", "--explain"])):
                begin = time.monotonic()
                process = subprocess.Popen(
                    [release / "esm-sender", words[0], scenario, *words[1:]],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                if process.returncode != 0:
                    sys.exit(f"bench: {words[0]} ended with {process.returncode} at {endpoints} endpoints")
                measured[f"{name}_seconds"].append(time.monotonic() - begin)
                if name == "explain":
                    measured["explain_bytes"].append(usage.ru_maxrss * 1024)
        rows.append({"endpoints": endpoints, **{key: statistics.median(values) for key, values in measured.items()}})
    return rows


def growth_targets(rows):
    """(what, reached, target, met) for each target of the table; growth counts as a factor for ten times the fleet."""
    found = []
    for row in rows:
        fleet = f"{row['endpoints']:,} endpoints"
        for name, targets, key, most in (
            ("events/s", EVENTS_TARGETS, "events_per_second", False),
            ("first 5 M events/s", EVENTS_TARGETS, "first_events_per_second", False),
            ("plan, s", PLAN_TARGETS, "plan_seconds", True), ("first message, s", START_TARGETS, "start_seconds", True),
        ):
            if row["endpoints"] in targets:
                target = targets[row["endpoints"]]
                found.append((f"{fleet}: {name}", row[key], target, row[key] <= target if most else row[key] >= target))
        if row["endpoints"] >= 1_000_000:
            found.append((f"{fleet}: bytes each", row["bytes"], BYTES_TARGET, row["bytes"] <= BYTES_TARGET))
    for small, row in zip(rows, rows[1:]):
        for name, factor, target in (
            ("plan grows x", row["plan_seconds"] / small["plan_seconds"], GROWTH_TARGET),
            ("… the kernel's part left out", own_plan(row) / own_plan(small), GROWTH_TARGET),
            ("time of an event grows x", small["events_per_second"] / row["events_per_second"], EVENT_GROWTH_TARGET),
            ("memory grows x", 10 * row["bytes"] / small["bytes"], GROWTH_TARGET),
        ):
            found.append((f"{row['endpoints']:,} endpoints: {name}", factor, target, factor <= target))
    return found


def own_plan(row):
    """Seconds of a plan, but for what the kernel takes to find and clear its memory."""
    return row["plan_seconds"] - row["plan_kernel_seconds"]


def thousands(number):
    return f"{number:,.0f}"


def main():
    options = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    options.add_argument("--turns", type=int, default=5, help="medians over so many (default 5)")
    options.add_argument("--seconds", type=float, default=2, help="of each measurement (default 2)")
    options.add_argument("--only", choices=["render", "growth", "udp", "udp-alone", "tcp", "tls"], action="append")
    options.add_argument("--json", default="build/bench.json", help="result file (default build/bench.json)")
    options.add_argument("--check", action="store_true", help="exit status 5 when a target is missed")
    chosen = options.parse_args()
    if not 1 <= chosen.turns <= 20 or not 0.2 <= chosen.seconds <= 10:
        options.error("--turns is 1 to 20, --seconds 0.2 to 10")

    release = ROOT / "build/release"
    only = chosen.only or ["render", "growth", "udp", "udp-alone", "tcp", "tls"]
    result = {"schema_version": 1, "size_bytes": SIZE, "turns": chosen.turns, "seconds": chosen.seconds,
              "cores": os.cpu_count(), "kernel": os.uname().release, "rates": {}, "ratios": [], "render": {}, "growth": []}
    missed = 0

    if "render" in only:
        result["render"] = rendering(release, chosen.turns)
        print(f"{'Rendering and scheduling, one core':<44}{'messages/s':>14}")
        for name, rate in result["render"].items():
            print(f"  {name:<42}{thousands(rate):>14}")
            if name.startswith("BM_RenderHeartbeat") and rate < RENDER_TARGET:
                missed += 1
        if not result["render"]:
            print("  (no benchmark programs were built)")
        print()

    if "growth" in only:
        with tempfile.TemporaryDirectory(prefix="esm-sender-bench.") as folder:
            result["growth"] = growth(release, chosen.turns, folder)
        print(f"{'Endpoints':>12}{'plan':>10}{'grows x':>9}{'of it kernel':>14}{'raw: touch':>12}{'raw: file':>11}{'events/s':>13}"
              f"{'first 5 M':>13}{'bytes each':>12}{'first message':>15}{'--explain':>11}{'memory of it':>14}")
        before = None
        for row in result["growth"]:
            factor = f"{row['plan_seconds'] / before['plan_seconds']:.1f}" if before else ""
            print(f"{row['endpoints']:>12,}{row['plan_seconds']:>8.3f} s{factor:>9}{row['plan_kernel_seconds']:>12.3f} s"
                  f"{row['raw_touch_seconds']:>10.3f} s{row['raw_filing_seconds']:>9.3f} s"
                  f"{thousands(row['events_per_second']):>13}{thousands(row['first_events_per_second']):>13}"
                  f"{row['bytes']:>12.1f}{row['start_seconds']:>13.3f} s"
                  f"{row['explain_seconds']:>9.2f} s{row['explain_bytes'] / 2**20:>10.0f} MiB")
            before = row
        print("  Seconds of the processor, but for the first message and --explain. raw: the same bytes written by a program that\n"
              "  does nothing else, in order to memory that is new, then each on a day by chance.")
        for what, reached, target, met in growth_targets(result["growth"]):
            shown = [thousands(v) if v >= 1000 else f"{v:.3g}" for v in (reached, target)]
            print(f"  {what:<54}{shown[0]:>14}{shown[1]:>14}  {'met' if met else 'MISSED'}")
            missed += not met
        print()

    with tempfile.TemporaryDirectory(prefix="esm-sender-bench.") as folder:
        bench = Bench(release, chosen.seconds, folder)
        for way in [w for w in only if w not in ("render", "growth")]:
            rows = {}
            for _ in range(chosen.turns):
                if way == "udp-alone":
                    turn = {
                        "limit": bench.alone(bench.limit), "esm-sender": bench.alone(bench.product),
                        "loggen": bench.alone(bench.loggen),
                        "esm-sender, 2 threads": bench.alone(lambda w, p: bench.product(w, p, "--threads", 2)),
                    }
                else:
                    turn = {
                        "limit": bench.through(way, bench.limit), "esm-sender": bench.through(way, bench.product),
                        "loggen": bench.through(way, bench.loggen),
                        "esm-sender to its own listener": bench.to_our_listener(way),
                    }
                for name, row in turn.items():
                    rows.setdefault(name, []).append(row)
            medians = {name: statistics.median(r["per_second"] for r in list_) for name, list_ in rows.items()}
            cpu = {name: statistics.median(r["cpu_ns"] for r in list_) for name, list_ in rows.items()}
            title = {"udp": "UDP to a receiver that reads", "udp-alone": "UDP, sender alone",
                     "tcp": "TCP", "tls": "TLS 1.3"}[way]
            print(f"{title:<34}{'messages/s':>14}{'x limit':>10}{'CPU ns/msg':>12}{'arrived':>10}")
            for name, rate in medians.items():
                sent = sum(r["sent"] for r in rows[name])
                counted = [r["received"] for r in rows[name] if r["received"]]
                arrived = f"{100 * sum(counted) / sent:.2f}%" if counted and sent else ""
                print(f"  {name:<32}{thousands(rate):>14}{rate / medians['limit']:>10.2f}{cpu[name]:>12.0f}{arrived:>10}")
            result["rates"][way] = {n: {"per_second": medians[n], "cpu_ns": cpu[n], "turns": rows[n]} for n in rows}
            for other in ("limit", "loggen"):
                ratio = medians["esm-sender"] / medians[other] if medians[other] else 0.0
                target = TARGETS[(way, other)]
                entry = {"way": way, "against": other, "ratio": ratio, "target": target}
                if target is not None:
                    entry["met"] = ratio >= target
                    missed += not entry["met"]
                result["ratios"].append(entry)
            print()

    if result["ratios"]:
        print(f"{'Ratios of esm-sender':<34}{'ratio':>14}{'target':>10}")
        for entry in result["ratios"]:
            target = "" if entry["target"] is None else f"{entry['target']:g}"
            verdict = "" if "met" not in entry else ("  met" if entry["met"] else "  MISSED")
            print(f"  {entry['way'] + ' : ' + entry['against']:<32}{entry['ratio']:>14.2f}{target:>10}{verdict}")
    out = ROOT / chosen.json
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nWritten: {chosen.json}")
    return 5 if chosen.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
