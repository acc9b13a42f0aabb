"""A receiver that goes away in mid-run and comes back, and what --outage makes of the time between."""
import socket

from tests.support.processes import free_port
from tests.support.reports import Report


def test_an_outage_queue_loses_nothing_but_what_was_on_the_way(start, listener, tmp_path):
    port = free_port()
    report = tmp_path / "run.json"
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(("127.0.0.1", port))
        first.listen(1)
        sending = start(
            "load", "--to", f"tcp://127.0.0.1:{port}", "--rate", "1k", "--count", "3000", "--outage", "queue:10k",
            "--catch-up", "60s", "--drain-timeout", "60s", "--report", report,
        )
        connection, _ = first.accept()
        connection.recv(100)
        connection.close()
    sending.wait_until(lambda: "connection lost" in sending.err, "word of the lost connection")
    there = listener("--tcp", f"127.0.0.1:{port}")
    ended = sending.wait()
    there.finish().expect(0)
    assert ended.status == 3, ended.err  # the receiver was away, and that is told
    books = Report(report).books()
    assert (books["due"], books["dropped"]) == (3000, 0)
    assert books["reconnects"] >= 1
    assert len(there.received()) == books["drained"]
    assert books["drained"] + books["acknowledged"] + books["uncertain"] == 3000
