"""The rate that was asked and the rate that was reached, and how late messages leave; loggen beside it."""
import json
import statistics

from tests.bench.measure.processes import SIZE
from tests.bench.measure.tables import micros, thousands

SECONDS = 10
RATES = (1, 10, 1_000, 10_000, 100_000, 500_000)
# More than a reading receiver on two cores must take: to nobody, and over TCP. The kernel takes so many datagrams from two
# threads only.
ALONE_FROM, ALONE = 500_000, ("--threads", 2)
RATE_ERROR = 0.0005
LARGEST_TO_READER = 100_000  # also to a receiver that asks for a buffer of 4 MiB
BUFFER = 166  # such messages that a receiver's buffer holds which asks for none
P50_PRECISE_NS = 5_000
P99_DEFAULT_NS = 1_000_000


def one(bench, way, receiver, rate, seconds, *options):
    """One run to a receiver: what its record says of it, and how many arrived (None: nobody counted)."""
    process, port = receiver
    record, usage = bench.load(
        way, port, "--rate", rate, "--duration", f"{seconds}s", "--catch-up", "1s", *options, may_end_with=(0, 3, 4)
    )
    out = bench.stop(process)
    got = json.loads(out) if out else {}
    received = None if not out else got["messages"] if way == "udp" else got["bytes"] // (SIZE + 1)
    written = record["targets"][0]["books"]["written"]
    elapsed = record["elapsed_ns"] / 1e9
    return {
        "asked": rate, "written": written, "received": received,
        # The first message is due when the clock starts: the others are that many gaps later.
        "reached": (written - 1) / elapsed if written > 1 and elapsed else float(rate),
        "p50_ns": record["lateness"]["p50_ns"], "p99_ns": record["lateness"]["p99_ns"],
        "max_ns": record["lateness"]["max_ns"],
        "core": (usage.ru_utime + usage.ru_stime) / elapsed if elapsed else 0.0,
    }


def show(name, row, seconds):
    arrived = "" if row["received"] is None else f"{row['written'] - row['received']} lost"
    late = f"{micros(row['p50_ns']):>10}{micros(row['p99_ns']):>10}{micros(row['max_ns']):>10}" if "p50_ns" in row else " " * 30
    core = f"{100 * row['core']:>7.0f}%" if "core" in row else ""
    print(f"  {name:<32}{thousands(row['asked']):>9}{thousands(row['written']):>11}{row['reached']:>13,.2f}"
          f"{100 * (row['reached'] / row['asked'] - 1):>+10.3f}%{late}{core}  {arrived}", flush=True)


def receivers(bench, rate):
    """(name, way, what starts it, how many messages its buffer holds)"""
    if rate >= ALONE_FROM:
        return [("udp, alone, 2 threads", "udp", bench.deaf_receiver, 0),
                ("tcp", "tcp", lambda: bench.counting_receiver("tcp"), float("inf"))]
    default = ("udp", "udp", lambda: bench.counting_receiver("udp-default"), BUFFER)
    large = ("udp, large buffer", "udp", lambda: bench.counting_receiver("udp"), float("inf"))
    return [default, large] if rate == LARGEST_TO_READER else [default]


def measure(bench, turns, targets):
    rows = []
    stands_still = bench.standstill()
    print(f"This machine's processors stand still for up to {1e3 * stands_still:.1f} ms: so long a receiver does not run\n")
    print(f"{'Pacing':<34}{'asked':>9}{'written':>11}{'reached/s':>13}{'off by':>11}{'p50':>10}{'p99':>10}{'latest':>10}{'core':>8}")
    for rate in RATES:
        for name, way, receiver, holds in receivers(bench, rate):
            alone = receiver == bench.deaf_receiver
            row = one(bench, way, receiver(), rate, SECONDS, *(ALONE if alone else ()))
            show(f"esm-sender, {name}", row, SECONDS)
            rows.append({"name": f"esm-sender, {name}", **row})
            what = f"{thousands(rate)}/s, {name}"
            targets.holds(f"{what}: exact count", row["written"] == rate * SECONDS)
            if not alone:
                # A processor that stands still for longer than the receiver's buffer can wait loses what comes meanwhile.
                waits = holds / rate
                beyond = f"stands still {1e3 * stands_still:.1f} ms, the buffer waits {1e3 * waits:.1f} ms" if stands_still > waits else ""
                targets.holds(f"{what}: none lost", row["received"] == row["written"], beyond)
            targets.at_most(f"{what}: rate off by", abs(row["reached"] / rate - 1), RATE_ERROR)
        process, port = bench.deaf_receiver() if rate >= ALONE_FROM else bench.counting_receiver("udp-default")
        sent, _, seconds = bench.loggen("udp", port, rate, SECONDS if rate <= 10 else 2)
        bench.stop(process)
        row = {"asked": rate, "written": sent, "received": None, "reached": sent / seconds if seconds else 0.0}
        show("loggen, udp", row, SECONDS)
        rows.append({"name": "loggen, udp", **row})
    print()
    rows += lateness(bench, turns, targets)
    return rows


def lateness(bench, turns, targets):
    """At 100,000 a second, both ways of pacing in turn."""
    rows = {"economical": [], "precise": []}
    for _ in range(turns):
        for pacing, found in rows.items():
            found.append(one(bench, "udp", bench.deaf_receiver(), 100_000, 2, "--pacing", pacing))
    medians = {
        pacing: {key: statistics.median(row[key] for row in found)
                 for key in ("asked", "written", "reached", "p50_ns", "p99_ns", "max_ns", "core")}
        for pacing, found in rows.items()
    }
    print(f"{'Lateness at 100,000/s':<34}{'asked':>9}{'written':>11}{'reached/s':>13}{'off by':>11}{'p50':>10}{'p99':>10}{'latest':>10}{'core':>8}")
    for pacing, median in medians.items():
        show(f"--pacing {pacing}", {**median, "received": None}, 2)
    print()
    targets.at_most("lateness at 100,000/s, --pacing precise: p50, us", medians["precise"]["p50_ns"] / 1e3, P50_PRECISE_NS / 1e3)
    targets.at_most("lateness at 100,000/s, default: p99, us", medians["economical"]["p99_ns"] / 1e3, P99_DEFAULT_NS / 1e3)
    return [{"name": f"--pacing {pacing}", "turns": found} for pacing, found in rows.items()]
