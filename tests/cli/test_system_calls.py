"""How many system calls a message costs at full speed, counted by strace."""
import shutil
import socket
import subprocess

import pytest

from tests.support.processes import binary, environment

SIZE = 300
FEW, MANY = 64_000, 256_000


def why_not():
    if shutil.which("strace") is None:
        return "strace is not installed: scripts/setup test"
    tried = subprocess.run(["strace", "-c", "true"], capture_output=True, text=True, timeout=60, check=False)
    return "" if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()}"


@pytest.fixture(autouse=True)
def strace_runs():
    reason = why_not()
    if reason:
        pytest.skip(reason)


def calls_of(folder, count, *words):
    """{system call: how many} of a load of so many messages, all threads together."""
    table = folder / f"calls-{count}"
    env = environment()
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # it cannot under strace
    done = subprocess.run(
        ["strace", "-f", "-c", "-U", "calls,name", "-o", table, binary(), "load", "--rate", "max", "--count",
         str(count), "--size", str(SIZE), "--quiet", *map(str, words)],
        capture_output=True, text=True, env=env, timeout=90, check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in table.read_text().splitlines()]
    return {row[1]: int(row[0]) for row in rows if len(row) == 2 and row[0].isdigit() and row[1] != "total"}


def grown(folder, *words):
    """What so many more messages cost: starting and ending is in both."""
    few, many = calls_of(folder, FEW, *words), calls_of(folder, MANY, *words)
    return {name: many.get(name, 0) - few.get(name, 0) for name in {*few, *many}}


def at_most(calls, names, sends):
    """Of the calls that send no more than `sends`, and of all no more than a tenth above that."""
    assert sum(calls.get(name, 0) for name in names) <= sends, calls
    assert sum(calls.values()) <= sends * 1.1, calls


def test_udp_sends_64_datagrams_a_call_and_calls_for_little_else(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        calls = grown(tmp_path, "--to", f"udp://127.0.0.1:{deaf.getsockname()[1]}")
    at_most(calls, ["sendmmsg", "sendmsg", "sendto"], (MANY - FEW) // 64 + 1)


def test_udp_gso_sends_four_times_as_many(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        calls = grown(tmp_path, "--udp-gso", "--to", f"udp://127.0.0.1:{deaf.getsockname()[1]}")
    at_most(calls, ["sendmmsg", "sendmsg", "sendto"], (MANY - FEW) // 256 + 1)


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_streams_write_16_kib_a_call_and_call_for_little_else(listener, pki, tmp_path, scheme):
    there = listener()
    words = ["--tls-ca", pki.ca] if scheme == "tls" else []
    calls = grown(tmp_path, "--to", there.target(scheme), *words)
    there.finish()
    sends, names = (MANY - FEW) * (SIZE + 1) / (16 * 1024) + 1, ["write", "sendto", "sendmsg", "writev"]
    at_most(calls, names, sends)
