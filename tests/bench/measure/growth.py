"""What grows with connections; and what must not grow: memory with the messages sent, the time to the first one."""
import socket
import statistics
import subprocess
import time

from tests.bench.measure.tables import thousands

START_ENDPOINTS, START = 100_000, 0.2  # seconds from the command to the first message
CONNECTIONS = (1, 10, 100, 1_000)
MEMORY_GROWTH = 1 << 20  # bytes from half a million messages to ten times as many


def start(bench, turns, targets):
    """From the command to the first datagram, with 100,000 endpoints."""
    seconds = []
    for _ in range(turns):
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(20)
        begin = time.monotonic()
        process = subprocess.Popen(
            [bench.sender, "load", "--to", f"udp://127.0.0.1:{receiver.getsockname()[1]}", "--rate", "1k", "--duration",
             "50ms", "--endpoints", str(START_ENDPOINTS), "--quiet"],
            stdin=subprocess.DEVNULL,
        )
        receiver.recv(65536)
        seconds.append(time.monotonic() - begin)
        process.wait(timeout=30)
        receiver.close()
    median = statistics.median(seconds)
    print(f"{START_ENDPOINTS:,} endpoints: the first datagram arrives {median:.3f} s after the command\n")
    targets.at_most(f"{START_ENDPOINTS:,} endpoints: first message received, s", median, START)
    return seconds


def connections(bench, turns):
    """TCP at full speed over more and more connections."""
    print(f"{'TCP connections':>16}{'messages/s':>14}{'CPU ns/msg':>12}{'memory':>12}")
    rows = []
    for count in CONNECTIONS:
        found = []
        for _ in range(turns):
            process, port = bench.counting_receiver("tcp")
            record, usage = bench.load(
                "tcp", port, "--rate", "max", "--duration", f"{int(bench.seconds * 500)}ms", "--connections", count,
                "--endpoints", max(1_000, count),
            )
            bench.stop(process)
            written = record["targets"][0]["books"]["written"]
            cpu = usage.ru_utime + usage.ru_stime
            found.append({"per_second": written * 1e9 / record["elapsed_ns"], "cpu_ns": cpu * 1e9 / written,
                          "bytes": usage.ru_maxrss * 1024})
        row = {"connections": count, **{key: statistics.median(one[key] for one in found) for key in found[0]}}
        print(f"{count:>16,}{thousands(row['per_second']):>14}{row['cpu_ns']:>12.0f}{row['bytes'] / 2**20:>8.1f} MiB", flush=True)
        rows.append(row)
    print()
    return rows


def memory(bench, targets):
    """The most memory that a run had, with few messages and with ten times as many."""
    peaks = {}
    for way in ("udp", "tcp", "tls"):
        for count in (500_000, 5_000_000 if way != "udp" else 2_500_000):
            process, port = bench.deaf_receiver() if way == "udp" else bench.counting_receiver(way)
            _, usage = bench.load(way, port, "--rate", "max", "--count", count, may_end_with=(0, 3))
            bench.stop(process)
            peaks.setdefault(way, []).append(usage.ru_maxrss * 1024)
    print(f"{'Memory':<14}{'500,000 messages':>20}{'5 or 10 times':>16}")
    for way, (few, many) in peaks.items():
        print(f"  {way:<12}{few / 2**20:>16.1f} MiB{many / 2**20:>12.1f} MiB")
        targets.at_most(f"memory, {way}: growth with messages sent, bytes", max(0, many - few), MEMORY_GROWTH)
    print()
    return peaks
