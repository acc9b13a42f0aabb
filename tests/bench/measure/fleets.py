"""Fleets of 10,000 to 10,000,000 endpoints: plan, schedule, memory, and the first message."""
import json
import os
import statistics
import subprocess
import sys
import time

from tests.bench.measure.processes import RELEASE
from tests.bench.measure.tables import thousands

FLEETS = (10_000, 100_000, 1_000_000, 10_000_000)
EVENTS = {1_000_000: 15e6, 10_000_000: 8e6}  # a second
PLAN = {10_000_000: 10.0}  # seconds
START = {100_000: 0.2}  # seconds from the command to the first message
BYTES = 48  # an endpoint, from 1,000,000 on: in small fleets the calendar's days weigh more
# Linear or better: from the smallest to the largest fleet, which has a thousand times the endpoints, plan and memory grow by no
# more. Each tenfold step is judged too, 5 % of which is left to chance; it is out of reach where a program grows by more that
# only writes the same memory, in order and on days by chance, because caches no longer hold it and the kernel has to clear it.
# An event may take longer by as much as the two targets above allow.
GROWTH = 10.5
EVENT_GROWTH = EVENTS[1_000_000] / EVENTS[10_000_000]

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


def turn(scenario, endpoints):
    """What the fleet takes, and what the machine takes to write as much memory, doing nothing else."""

    def grown(*words):
        done = subprocess.run(
            [RELEASE / "tests/bench/schedule_growth", *map(str, words)], capture_output=True, check=True, timeout=300
        )
        return json.loads(done.stdout)

    raw, got = grown("--raw", endpoints), grown(scenario)
    found = {
        "plan_seconds": got["plan_seconds"],
        "raw_touch_seconds": raw["touch_seconds"], "raw_filing_seconds": raw["filing_seconds"],
        "events_per_second": got["events"] / got["seconds"],
        "first_events_per_second": got["first_events"] / got["first_seconds"],
        "bytes": got["resident_bytes"] / endpoints,
    }
    for name, words in (("start", ["render", "--limit", "1"]), ("explain", ["check", "--explain"])):
        begin = time.monotonic()
        process = subprocess.Popen(
            [RELEASE / "esm-sender", words[0], scenario, *words[1:]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"bench: {words[0]} ended with {process.returncode} at {endpoints} endpoints")
        found[f"{name}_seconds"] = time.monotonic() - begin
        if name == "explain":
            found["explain_bytes"] = usage.ru_maxrss * 1024
    return found


def measure(turns, folder, targets):
    """A row for each fleet: medians of what its plan, its events (all, and the first 5 million), its first message and
    `--explain` take; of what its memory alone takes the least."""
    print(f"{'Endpoints':>12}{'plan':>10}{'grows x':>9}{'raw: touch':>12}{'raw: file':>11}{'events/s':>13}"
          f"{'first 5 M':>13}{'bytes each':>12}{'first message':>15}{'--explain':>11}{'memory of it':>14}")
    rows = []
    for endpoints in FLEETS:
        scenario = folder / f"fleet-{endpoints}.yaml"
        scenario.write_text(FLEET.format(endpoints))
        found = [turn(scenario, endpoints) for _ in range(turns)]
        row = {"endpoints": endpoints, **{key: one_of_turns(key)(one[key] for one in found) for key in found[0]}}
        factor = f"{row['plan_seconds'] / rows[-1]['plan_seconds']:.1f}" if rows else ""
        print(f"{endpoints:>12,}{row['plan_seconds']:>8.3f} s{factor:>9}"
              f"{row['raw_touch_seconds']:>10.3f} s{row['raw_filing_seconds']:>9.3f} s"
              f"{thousands(row['events_per_second']):>13}{thousands(row['first_events_per_second']):>13}"
              f"{row['bytes']:>12.1f}{row['start_seconds']:>13.3f} s"
              f"{row['explain_seconds']:>9.2f} s{row['explain_bytes'] / 2**20:>10.0f} MiB", flush=True)
        rows.append(row)
    print("  Seconds of the processor, but for the first message and --explain. raw: the same bytes written by a program that\n"
          "  does nothing else, in order to memory that is new, then each on a day by chance.\n")
    judge(rows, targets)
    return rows


def one_of_turns(key):
    """How the turns' values become one. The kernel that has no large page left makes one on the time of whoever asks first:
    that is the program with the memory alone, before ours, and not what the machine takes for such memory."""
    return min if key.startswith("raw_") else statistics.median


def raw(row):
    """Seconds that this machine takes for the memory alone."""
    return row["raw_touch_seconds"] + row["raw_filing_seconds"]


def judge(rows, targets):
    for row in rows:
        endpoints, fleet = row["endpoints"], f"{row['endpoints']:,} endpoints"
        if endpoints in EVENTS:
            targets.at_least(f"{fleet}: events/s", row["events_per_second"], EVENTS[endpoints])
            targets.at_least(f"{fleet}: first 5 M events/s", row["first_events_per_second"], EVENTS[endpoints])
        if endpoints in PLAN:
            targets.at_most(f"{fleet}: plan, s", row["plan_seconds"], PLAN[endpoints])
        if endpoints in START:
            targets.at_most(f"{fleet}: first message rendered, s", row["start_seconds"], START[endpoints])
        if endpoints >= 1_000_000:
            targets.at_most(f"{fleet}: bytes each", row["bytes"], BYTES)
    first, last = rows[0], rows[-1]
    times = last["endpoints"] / first["endpoints"]
    span = f"{first['endpoints']:,} to {last['endpoints']:,} endpoints"
    targets.at_most(f"{span}: plan grows x", last["plan_seconds"] / first["plan_seconds"], times)
    targets.at_most(f"{span}: memory grows x", times * last["bytes"] / first["bytes"], times)
    for small, row in zip(rows, rows[1:]):
        fleet = f"{row['endpoints']:,} endpoints"
        memory_alone = raw(row) / raw(small)
        beyond = f"its memory alone grows x {memory_alone:.1f}" if memory_alone > GROWTH else ""
        targets.at_most(f"{fleet}: plan grows x", row["plan_seconds"] / small["plan_seconds"], GROWTH, beyond)
        targets.at_most(f"{fleet}: time of an event grows x", small["events_per_second"] / row["events_per_second"], EVENT_GROWTH)
        targets.at_most(f"{fleet}: memory grows x", 10 * row["bytes"] / small["bytes"], GROWTH)
