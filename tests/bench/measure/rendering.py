"""Rendering and scheduling on one core: the Google Benchmark programs."""
import json
import subprocess
import sys

from tests.bench.measure.processes import RELEASE
from tests.bench.measure.tables import thousands

HEARTBEATS = 20e6  # a second


def measure(turns, targets):
    """{name: items a second}, medians."""
    rates = {}  # a single repetition has no median
    for program in sorted((RELEASE / "tests/bench").glob("*_bench")):
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
    print(f"{'Rendering and scheduling, one core':<44}{'messages/s':>14}")
    for name, rate in rates.items():
        print(f"  {name:<42}{thousands(rate):>14}")
        if name.startswith("BM_RenderHeartbeat"):
            targets.at_least(f"{name}, a second", rate, HEARTBEATS)
    if not rates:
        print("  (no benchmark programs were built)")
    print()
    return rates
