"""What reading and checking a scenario costs grows with its length, not with its square.

The processor's instructions are counted, by valgrind, so that no clock has a say. Ten times as many groups may cost
twelve times as much: sorting them is a little more than linear.
"""
import os
import re
import subprocess

import pytest

from tests.support.processes import ROOT

PROGRAM = os.environ.get("ESM_SENDER", str(ROOT / "build/release/esm-sender"))
FEW, MANY, GROWTH_MAX = 3_000, 30_000, 12


def groups_of_users(count):
    users = "".join(f"  u{i}: {{name: n{i}}}\n" for i in range(count))
    return (
        f"length: 1h\nstart: 2026-03-02T08:00:00Z\nusers:\n{users}endpoints:\n"
        "  pc: {host: w10, pool: 10.0.0.1/32}\nactivity:\n  - {logon: u0, on: pc, at: 1m}\n"
    )


def groups_of_endpoints(count):
    # Within the 1 MiB that a scenario may have.
    hosts = "".join(f"  {i}: {{host: h{i},pool: 10.{i >> 8}.{i & 255}.0/30}}\n" for i in range(count // 2))
    return (
        f"length: 1h\nstart: 2026-03-02T08:00:00Z\nusers:\n  u: {{name: anna}}\nendpoints:\n{hosts}"
        "activity:\n  - {logon: u, on: \"0\", at: 1m}\n"
    )


def instructions(scenario, path):
    path.write_text(scenario)
    counts = path.with_suffix(".cachegrind")
    ended = subprocess.run(
        ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={counts}", PROGRAM, "check", path],
        capture_output=True, text=True, timeout=550, check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return int(re.search(r"I\s+refs:\s+([\d,]+)", ended.stderr)[1].replace(",", ""))


@pytest.mark.parametrize("groups", [groups_of_users, groups_of_endpoints])
def test_ten_times_the_groups_are_ten_times_the_work(groups, tmp_path):
    start = instructions(groups(2), tmp_path / "start.yaml")
    few = instructions(groups(FEW), tmp_path / "few.yaml") - start
    many = instructions(groups(MANY), tmp_path / "many.yaml") - start
    print(f"{groups.__name__}: {few:,} instructions, {many:,}: {many / few:.1f} times")
    assert many < GROWTH_MAX * few
