"""rsyslog and syslog-ng write lines by their own default formats: `verify` finds the messages in them,
and what is lost."""
import pytest


@pytest.mark.parametrize("port,scheme", [("UDP", "udp"), ("TCP", "tcp")])
@pytest.mark.parametrize(
    "kind,form,more", [("rsyslog-defaults", "rsyslog", "traditional.log"), ("syslog-ng-defaults", "syslog-ng", "iso.log")]
)
def test_what_a_receiver_writes_by_default_is_what_was_sent(run, receiver, tmp_path, kind, form, more, port, scheme):
    there = receiver(kind)
    report = tmp_path / "run.json"
    count = 1000
    run(
        "load", "--to", f"{scheme}://127.0.0.1:{there.ports[port]}", "--count", count, "--rate", "2k",
        "--catch-up", "60s", "--report", report,
    ).expect(0)
    there.wait_for_messages(count)
    there.stop()
    for path in (there.messages_file(0), there.folder / more):
        verify = ["verify", "--run", report, "--received-format", form, "--received"]
        run(*verify, path).expect(0)
        lines = path.read_bytes().split(b"\n")[:-1]
        assert len(lines) == count
        lines[500] = lines[500].replace(b"seq=", b"seq=9")
        del lines[700]
        changed = tmp_path / "changed.log"
        changed.write_bytes(b"".join(line + b"\n" for line in lines))
        ended = run(*verify, changed).expect(6)
        assert ", 1 missing, 1 altered\n" in ended.out
