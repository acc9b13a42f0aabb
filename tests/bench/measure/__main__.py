"""The options of scripts/bench, and what is measured in which order."""
import argparse
import json
import os
import pathlib
import sys
import tempfile

from tests.bench import measure
from tests.bench.measure import fleets, growth, pacing, rendering, wire
from tests.bench.measure.processes import ROOT, SIZE, Bench
from tests.bench.measure.targets import Targets

PARTS = ["render", "growth", "udp", "udp-alone", "tcp", "tls", "pacing", "connections", "memory"]


def main():
    options = argparse.ArgumentParser(prog="scripts/bench", description=measure.__doc__.split("\n", 1)[0])
    options.add_argument("--turns", type=int, default=5, help="medians over so many (default 5)")
    options.add_argument("--seconds", type=float, default=2, help="of each measurement at full speed (default 2)")
    options.add_argument("--only", choices=PARTS, action="append")
    options.add_argument("--json", default="build/bench.json", help="result file (default build/bench.json)")
    options.add_argument("--check", action="store_true", help="exit status 5 when a target is missed")
    chosen = options.parse_args()
    if not 1 <= chosen.turns <= 20 or not 0.2 <= chosen.seconds <= 10:
        options.error("--turns is 1 to 20, --seconds 0.2 to 10")

    only = chosen.only or PARTS
    targets = Targets()
    result = {"schema_version": 2, "size_bytes": SIZE, "turns": chosen.turns, "seconds": chosen.seconds,
              "cores": os.cpu_count(), "kernel": os.uname().release, "rates": {}}
    with tempfile.TemporaryDirectory(prefix="esm-sender-bench.") as folder:
        folder = pathlib.Path(folder)
        bench = Bench(chosen.seconds, folder)
        if "render" in only:
            result["render"] = rendering.measure(chosen.turns, targets)
        if "growth" in only:
            # Fleets of ten million take long, and their figures vary little.
            result["growth"] = fleets.measure(min(chosen.turns, 3), folder, targets)
            result["start_seconds"] = growth.start(bench, chosen.turns, targets)
        for way in wire.TITLES:
            if way in only:
                result["rates"][way] = wire.measure(bench, way, chosen.turns, targets)
        if "pacing" in only:
            result["pacing"] = pacing.measure(bench, chosen.turns, targets)
        if "connections" in only:
            result["connections"] = growth.connections(bench, min(chosen.turns, 3))
        if "memory" in only:
            result["memory"] = growth.memory(bench, targets)
    targets.show()
    result["targets"] = targets.tree()
    out = ROOT / chosen.json
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nWritten: {chosen.json}")
    return 5 if chosen.check and targets.missed else 0


if __name__ == "__main__":
    sys.exit(main())
