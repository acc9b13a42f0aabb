"""Two receivers, of which the first is killed in mid-run and comes back: --targets fail-over."""
import json
import signal

import pytest

from tests.support.reports import Report


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_the_second_receiver_gets_what_the_first_could_not_and_the_first_its_turn_again(
    run, start, receiver, tmp_path, how
):
    count = 14_000
    first, second = receiver("rsyslog"), receiver("syslog-ng")
    record = tmp_path / "run.json"
    sending = start(
        "load", "--targets", "fail-over", "--to", f"tcp://127.0.0.1:{first.ports['TCP']}",
        "--to", f"tcp://127.0.0.1:{second.ports['TCP']}", "--rate", "2k", "--count", count,
        "--catch-up", "60s", "--drain-timeout", "60s", "--report", record,
    )
    first.wait_for_messages(1_000)
    assert second.stored_count() == 0
    first.running.signal(how)
    first.running.process.wait(60)
    second.wait_for_messages(1_000)
    first.start()
    first.running.wait_until(lambda: len(first.stored(1)) > 100, "messages in the first receiver's second life")
    ended = sending.wait(90).expect(3)  # a connection was lost, and that is told
    assert f"; tcp://127.0.0.1:{second.ports['TCP']} gets what is due" in ended.err

    report = Report(record)
    books = [report.books(target) for target in range(2)]
    assert books[0]["due"] + books[1]["due"] == count
    assert books[0]["dropped"] + books[1]["dropped"] + books[1]["uncertain"] == 0
    assert books[1]["due"] == books[1]["drained"]

    # syslog-ng may still be writing; what a killed rsyslog had acknowledged and not stored is lost.
    run(
        "verify", "--run", record, "--target", "1", "--received", second.messages_file(0), "--settle", "30s"
    ).expect(0)
    stored = tmp_path / "first.log"
    first.stop()
    stored.write_bytes(b"".join(line + b"\n" for line in first.stored()))
    verdict = json.loads(
        run("verify", "--run", record, "--target", "0", "--received", stored, "--format", "json").out
    )["received"]
    assert verdict["missing"] <= books[0]["acknowledged"], verdict
    assert verdict["altered"] + verdict["duplicated"] + verdict["invented"] == 0, verdict
