"""UDP, TCP and TLS at full speed: the limit of the machine, esm-sender, loggen."""
import json
import statistics
import time

from tests.bench.measure.processes import SIZE
from tests.bench.measure.tables import short, thousands

TITLES = {"udp": "UDP to a receiver that reads", "udp-alone": "UDP, sender alone", "tcp": "TCP", "tls": "TLS 1.3"}

# (what, against what, at least so many times as fast)
RATIOS = {
    "udp": [("esm-sender", "limit", 0.85), ("esm-sender", "loggen", 4.0)],
    "udp-alone": [
        ("esm-sender", "limit", 0.85),
        ("esm-sender, 2 threads", "limit, 2 threads", 0.85),
        ("esm-sender --udp-gso", "limit, GSO", 0.7),
    ],
    "tcp": [("esm-sender", "limit", 0.6), ("esm-sender", "loggen", 25.0)],
    "tls": [("esm-sender", "limit", 0.85), ("esm-sender", "loggen", 15.0)],
}


def through(bench, way, send):
    """One sender to a receiver that counts: rate as received."""
    process, port = bench.counting_receiver(way)
    sent, cpu, _ = send(way, port)
    if way == "udp":
        time.sleep(0.2)  # what lies in the socket's buffer; the receiver stops its clock by itself
    got = json.loads(bench.stop(process))
    received = got["messages"] if way == "udp" else got["bytes"] // (SIZE + 1)
    return {
        "per_second": received / got["seconds"] if got["seconds"] else 0.0, "sent": sent, "received": received,
        "cpu_ns": cpu * 1e9 / sent if sent else 0.0,
    }


def alone(bench, send, way="udp"):
    """UDP to a socket that nobody reads: the sender alone."""
    process, port = bench.deaf_receiver()
    sent, cpu, seconds = send(way, port)
    bench.stop(process)
    return {"per_second": sent / seconds, "sent": sent, "received": None, "cpu_ns": cpu * 1e9 / sent}


def to_our_listener(bench, way):
    ready = bench.file("ready")
    tls = ["--tls-cert", bench.pki / "server.pem", "--tls-key", bench.pki / "server.key"] if way == "tls" else []
    process = bench.start([bench.sender, "listen", f"--{way}", "127.0.0.1:0", *tls, "--ready-file", ready], ready)
    port = json.loads(ready.read_text())[way][0]
    sent, cpu, seconds = bench.product(way, port)
    bench.stop(process)
    return {"per_second": sent / seconds, "sent": sent, "received": None, "cpu_ns": cpu * 1e9 / sent}


def two(send, *words):
    """A sender with two threads."""
    return lambda way, port: send(way, port, *words)


def turn(bench, way):
    """{name: row}, one of each, one after the other."""
    if way == "udp-alone":
        return {
            "limit": alone(bench, bench.limit),
            "esm-sender": alone(bench, bench.product),
            "limit, 2 threads": alone(bench, two(bench.limit, 2)),
            "esm-sender, 2 threads": alone(bench, two(bench.product, "--threads", 2)),
            "limit, GSO": alone(bench, bench.limit, "udp-gso"),
            "esm-sender --udp-gso": alone(bench, two(bench.product, "--udp-gso")),
            "limit, GSO, 2 threads": alone(bench, two(bench.limit, 2), "udp-gso"),
            "esm-sender --udp-gso, 2 threads": alone(bench, two(bench.product, "--udp-gso", "--threads", 2)),
            "loggen": alone(bench, bench.loggen),
        }
    rows = {
        "limit": through(bench, way, bench.limit),
        "esm-sender": through(bench, way, bench.product),
        "loggen": through(bench, way, bench.loggen),
        "limit, 2 threads": through(bench, way, two(bench.limit, 2)),
        "esm-sender, 2 threads": through(bench, way, two(bench.product, "--threads", 2)),
    }
    if way == "udp":
        rows["esm-sender --udp-gso"] = through(bench, way, two(bench.product, "--udp-gso"))
    rows["esm-sender to its own listener"] = to_our_listener(bench, way)
    return rows


def ratio(rows, name, against):
    """Of the turns' own ratios the middle one: the machine drifts from turn to turn, and what ran in one turn has met the
    same machine."""
    pairs = zip(rows[name], rows[against], strict=True)
    return statistics.median(
        one["per_second"] / other["per_second"] if other["per_second"] else 0.0 for one, other in pairs
    )


def measure(bench, way, turns, targets):
    """Prints the table of one way; returns {name: medians, ratio to the limit and turns}."""
    rows = {}
    for _ in range(turns):
        for name, row in turn(bench, way).items():
            rows.setdefault(name, []).append(row)
    medians = {name: statistics.median(row["per_second"] for row in turns_) for name, turns_ in rows.items()}
    cpu = {name: statistics.median(row["cpu_ns"] for row in turns_) for name, turns_ in rows.items()}
    print(f"{TITLES[way]:<36}{'messages/s':>14}{'x limit':>10}{'CPU ns/msg':>12}{'arrived':>10}")
    for name, rate in medians.items():
        sent = sum(row["sent"] for row in rows[name])
        counted = [row["received"] for row in rows[name] if row["received"] is not None]
        arrived = f"{100 * sum(counted) / sent:.2f}%" if counted and sent else ""
        print(f"  {name:<34}{thousands(rate):>14}{ratio(rows, name, 'limit'):>10.2f}{cpu[name]:>12.0f}{arrived:>10}")
    print()
    for name, against, least in RATIOS[way]:
        limit = ratio(rows, "limit", against)
        beyond = f"the limit itself is at {short(limit)}" if limit < least else ""
        targets.at_least(f"{TITLES[way]}: {name} : {against}", ratio(rows, name, against), least, beyond)
    if way == "udp":
        lost = sum(row["sent"] - row["received"] for row in rows["esm-sender"])
        targets.at_most("UDP to a receiver that reads: messages lost", lost, 0)
    return {
        name: {
            "per_second": medians[name], "cpu_ns": cpu[name], "x_limit": ratio(rows, name, "limit"), "turns": rows[name],
        }
        for name in rows
    }
