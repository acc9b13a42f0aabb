"""Gives lines to rsyslog or syslog-ng over TCP and takes back, as JSON, what it read of each."""
import json
import socket

from tests.support.processes import ROOT, Running, environment, free_port, is_listening


def read(program, command, lines, folder):
    """command(config) → its words. → what it read, in the order of `lines`."""
    port = free_port()
    text = (ROOT / "tests" / "readers" / f"{program}.conf").read_text()
    config = folder / f"{program}.conf"
    config.write_text(text.replace("@PORT@", str(port)).replace("@FOLDER@", str(folder)))
    out = folder / "read.json"
    wrapper = ROOT / "scripts" / "receiver"
    running = Running([wrapper, *command(config)], folder, program, env=environment(), cwd=folder)
    try:
        running.wait_until(lambda: is_listening("tcp", port), "listening")
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sender:
            sender.sendall(b"".join(line.encode() + b"\n" for line in lines))
            running.wait_until(
                lambda: out.exists() and out.read_bytes().count(b"\n") >= len(lines), "all lines read"
            )
    finally:
        running.stop()
    rows = [json.loads(row) for row in out.read_text().splitlines()]
    # Several workers may have written them; equal lines are read alike.
    by_line = {row["raw"]: row for row in rows}
    assert sorted(row["raw"] for row in rows) == sorted(lines)
    return [by_line[line] for line in lines]
