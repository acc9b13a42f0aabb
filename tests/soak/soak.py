"""The long tests of scripts/soak, which says what they show."""
import argparse
import json
import pathlib
import shutil
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support import killing, processes, receivers  # noqa: E402
from tests.support.pki import test_pki  # noqa: E402
from tests.support.reports import Report  # noqa: E402

WAYS = [
    ("rsyslog", "TCP", "tcp", []),
    ("rsyslog", "TLS", "tls", []),
    ("syslog-ng", "TCP", "tcp", []),
    ("syslog-ng", "OCTET_TLS", "tls", ["--framing", "octet"]),
]


def figure(number):
    return f"{number:,}"


def row(name, held, words):
    print(f"{name:<24} {'held' if held else 'FAILED':<7} {words}", flush=True)
    return held


def fresh(name):
    """An empty folder of this part, whatever another start is doing in another's."""
    folder = ROOT / "build" / "soak" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def killed(only_kind, deaths, seed):
    """Every receiver, transport and signal."""
    pki = test_pki()
    held = True
    for kind, port, scheme, options in WAYS:
        if only_kind not in (None, kind):
            continue
        for how in (signal.SIGTERM, signal.SIGKILL):
            name = f"{kind} {scheme} {how.name}"
            own = fresh(name.replace(" ", "-"))
            there = receivers.Receiver(kind, own, pki)
            try:
                there.start()
                tls = ["--tls-ca", pki.ca] if scheme == "tls" else []
                outcome = killing.play(there, f"{scheme}://127.0.0.1:{there.ports[port]}", [*options, *tls], own, how,
                                       deaths, seed)
            finally:
                there.stop()
            books = outcome.books
            held &= row(name, not outcome.wrong,
                        f"{deaths} deaths: {figure(outcome.stored)} stored of {figure(books['written'])} written: "
                        f"{figure(books['drained'])} drained, {figure(books['acknowledged'])} acknowledged, "
                        f"{figure(books['uncertain'])} uncertain, {figure(books['dropped'])} dropped meanwhile")
            for wrong in outcome.wrong:
                print(f"  {wrong}")
    return held


def resident_kib(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("VmRSS")), 0)


def steady(minutes, rate, seed):
    """`load` at that rate to `listen`: count, drift, memory of both."""
    folder = fresh("steady")
    seconds = max(1, round(minutes * 60))
    ready, report = folder / "ready.json", folder / "run.json"
    listening = processes.Running(
        [processes.binary(), "listen", "--tcp", "127.0.0.1:0", "--ready-file", ready, "--quiet"], folder, "listen")
    sending = None
    memory = {"sender": [], "listener": []}
    try:
        listening.wait_until(ready.exists, "ready file")
        port = json.loads(ready.read_text())["tcp"][0]
        # A machine that stops for a moment makes messages late, and late they are still to be sent.
        sending = processes.Running(
            [processes.binary(), "load", "--to", f"tcp://127.0.0.1:{port}", "--rate", rate, "--duration", f"{seconds}s",
             "--catch-up", "10s", "--seed", seed, "--report", report], folder, "load")
        shown = time.monotonic()
        while sending.process.poll() is None:
            for name, running in (("sender", sending), ("listener", listening)):
                if kib := resident_kib(running.process):
                    memory[name].append(kib)
            if time.monotonic() - shown > 30:
                shown = time.monotonic()
                print(f"  … {len(memory['sender'])} s of {seconds} s, {figure(memory['sender'][-1])} KiB", flush=True)
            time.sleep(1)  # a sample a second
        ended = sending.wait(30)
        listening.signal(signal.SIGTERM)
        heard = listening.wait(60)
    finally:
        for running in (sending, listening):
            if running:
                running.stop()
    if ended.status != 0:
        print(ended.err)
    record = Report(report)
    books = record.books()
    due = rate * seconds
    held = row("steady: count", ended.status == 0 and books["due"] == books["drained"] == due,
               f"{figure(due)} asked for, {figure(books['due'])} due, {figure(books['drained'])} drained")
    # The last message is due one interval before the end; what comes after that is its lateness.
    drift_ms = (record.record["elapsed_ns"] - (seconds - 1 / rate) * 1e9) / 1e6
    late = record.record["lateness"]
    held &= row("steady: drift", 0 <= drift_ms <= 100,
                f"the last message {drift_ms:.2f} ms after its time in {seconds} s; lateness p50 "
                f"{late['p50_ns'] / 1e3:.0f} us, p99 {late['p99_ns'] / 1e3:.0f} us, max {late['max_ns'] / 1e6:.1f} ms")
    for name, kib in memory.items():
        # The first tenth is for buffers that grow to their need.
        begin, quarter = len(kib) // 10, max(1, len(kib) // 4)
        early, end = max(kib[begin:begin + quarter], default=0), max(kib[-quarter:], default=0)
        held &= row(f"steady: {name}'s memory", end <= early + 1024,
                    f"{figure(early)} KiB at most in an early quarter, {figure(end)} KiB in the last")
    if heard.status not in (0, 143):
        held = row("steady: listener", False, f"ended with {heard.status}: {heard.err[-500:]}")
    return held


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", allow_abbrev=False)
    parser.add_argument("--only", choices=["killed", "steady"])
    parser.add_argument("--receiver", choices=["rsyslog", "syslog-ng"])
    parser.add_argument("--deaths", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=int, default=50_000, help="messages a second")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    # Whoever ends this ends with it what it started.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    held = True
    if words.only != "steady":
        held &= killed(words.receiver, words.deaths, words.seed)
    if words.only != "killed":
        held &= steady(words.minutes, words.rate, words.seed)
    print("everything held" if held else "NOT everything held; what was said and stored is below build/soak")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
