"""Messages that are broken on purpose: what leaves, what a receiver of lines makes of it, what is known of it."""
import json
import re
import subprocess
from collections import Counter

import pytest

from tests.support.processes import binary
from tests.support.reports import Report

KINDS = {
    "truncated", "over-long 2047", "over-long 2048", "over-long 2049", "over-long 7999", "over-long 8000",
    "over-long 8001", "no-pri", "wrong-pri", "bom", "missing-key", "empty-user", "two-users", "wrong-delimiter",
    "embedded-lf", "embedded-nul", "invalid-utf8", "duplicate", "several 3", "time-skew +1h", "time-skew -5m",
}


def rendered(*words):
    """The bytes as they are: not all of them are text."""
    return subprocess.run([binary(), "render", *words], stdout=subprocess.PIPE, timeout=60, check=True).stdout


def planned(run, *options):
    return [json.loads(row) for row in run("check", "broken-lines", "--print-plan=json", *options).expect(0).out.splitlines()]


@pytest.mark.parametrize("scheme,options", [
    ("udp", []),
    ("tcp", ["--for", "rsyslog"]),  # octet counting
    ("tcp", ["--for", "rsyslog", "--framing", "lf"]),
    ("tls", []),  # LF, as a firewall takes it
])
def test_every_fault_is_sent_received_and_understood(run, listener, pki, tmp_path, scheme, options):
    there = listener("--profile", "traps-kb")
    report = tmp_path / "run.json"
    if scheme == "tls":
        options = ["--tls-ca", pki.ca]
    run("run", "broken-lines", "--speed", 1200, "--catch-up", "30s", "--to", there.target(scheme), *options,
        "--report", report).expect(0)
    shown = there.finish().expect(0).out
    verified = json.loads(
        run("verify", "--run", report, "--received", there.received_file, "--mappings", there.mappings_file,
            "--format", "json").expect(0).out
    )
    # Each line is there, but for those that the listener must refuse: they are longer than 8,000 bytes.
    received = verified["received"]
    faults = {one["fault"]: one["messages"] for one in json.loads(report.read_text())["faults"]}
    too_long = faults["over-long 8001"]
    assert received["uncertain_missing"] == too_long > 0
    assert received["matched"] == received["expected"] == received["received"]
    lines = Report(report).books()["written"] + faults["embedded-lf"] + faults["embedded-nul"] + 2 * faults["several 3"]
    assert received["received"] == lines - too_long
    assert received["altered"] == received["missing"] == 0
    # Its counters are those that were foretold.
    foretold = re.search(r"^counters +([\d,]+) log messages, ([\d,]+) auth. success",
                         run("check", "broken-lines", "--explain").expect(0).out, re.M)
    counted = re.search(r"log messages : (\d+)\n\s*number of auth. success messages : (\d+)", shown)
    assert [number.replace(",", "") for number in foretold.groups()] == list(counted.groups())
    # The scenario's own expectations, of alice's torn logon too, are met.
    assert verified["mappings"]["expectations"] == 2


def test_the_plan_the_explanation_and_the_record_count_alike(run, tmp_path):
    report = tmp_path / "run.json"
    ended = run("run", "broken-lines", "--speed", "max", "--threads", 3, "--to", "null:", "--report", report).expect(0)
    recorded = {one["fault"]: one["messages"] for one in json.loads(report.read_text())["faults"] if one["messages"]}
    rows = planned(run)
    in_plan = Counter(row["fault"] for row in rows if row["fault"])
    assert recorded == in_plan
    assert set(in_plan) == KINDS
    explained = Counter(row["fault"] for row in rows if row["fault"] and row["host"] == "DESK-1")
    explained.update({
        name: int(count.replace(",", "")) for name, count in
        re.findall(r"^  (\S+(?: \S+)?) +office +(\d[\d,]*) messages?, (?:map|ignore|fail)$",
                   run("check", "broken-lines", "--explain").expect(0).out, re.M)
    })
    assert explained == in_plan
    assert "broken on purpose: " in ended.err
    csv = run("check", "broken-lines", "--print-plan=csv").expect(0).out.splitlines()
    assert csv[0].endswith(",template,fault")
    assert Counter(row.rpartition(",")[2] for row in csv[1:]) == Counter(row["fault"] for row in rows)


def test_shards_together_are_the_whole_and_a_record_plays_it_again(run, tmp_path):
    def lines(*words):
        return Counter(rendered(*words).split(b"\n"))

    whole = lines("broken-lines")
    parts = lines("broken-lines", "--shard", "0/3") + lines("broken-lines", "--shard", "1/3") + lines("broken-lines", "--shard", "2/3")
    parts[b""] -= 2  # what stands behind the last line end
    assert parts == whole
    report = tmp_path / "run.json"
    run("run", "broken-lines", "--speed", "max", "--epoch", "2026-03-02T07:55:00Z", "--to", f"file:{tmp_path}/sent.log",
        "--report", report).expect(0)
    assert lines("--run", report) == whole
    assert Counter((tmp_path / "sent.log").read_bytes().split(b"\n")) == whole


def test_a_receiver_that_repairs_lines_is_found_out(run, tmp_path):
    lines = rendered("broken-lines").split(b"\n")
    mended = [line.removeprefix(b"\xef\xbb\xbf") for line in lines]
    count = sum(line.startswith(b"\xef\xbb\xbf") for line in lines)
    path = tmp_path / "mended.log"
    path.write_bytes(b"\n".join(mended).replace(b"\0", b"\n"))
    ended = run("verify", "--scenario", "broken-lines", "--received", path).expect(6)
    assert f"{count} altered" in ended.out
    assert "heartbeat (bom) of user" in ended.out


def test_the_truth_is_what_the_profile_reads(run):
    assert "alice" not in run("truth", "broken-lines", "--at", "11m").expect(0).out
    assert "alice" in run("truth", "broken-lines", "--at", "13m").expect(0).out
    assert "mallory" not in run("truth", "broken-lines", "--at", "end").expect(0).out


def test_a_profile_that_disagrees_with_the_verdicts_is_told_of(run):
    ended = run("check", "broken-lines", "--profile", "traps-safe").expect(0)
    assert re.search(r"message[s]? with the fault wrong-delimiter (is|are) read by the profile traps-safe otherwise", ended.out)
    run("check", "broken-lines", "--profile", "traps-safe", "--strict").expect(2)
    run("check", "broken-lines", "--strict").expect(0)


def test_a_template_that_cannot_be_broken_so_is_an_error_at_its_place(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "length: 1h\nmessage: check-point-logon\nusers: { u: { name: jdoe } }\n"
        "endpoints: { e: { host: w10, pool: 10.0.0.1/32 } }\n"
        "activity: [ { logon: u, on: e, at: 1m, curve: at-once } ]\n"
        "faults:\n  - { kind: no-pri, on: e, share: 2% }\n  - { kind: over-long, bytes: 70, on: e, share: 2% }\n"
    )
    said = run("check", path).expect(2).err
    assert said == (
        f"{path}:7:13: error: no-pri: the template 'check-point-logon' has no PRI\n"
        "    7 |   - { kind: no-pri, on: e, share: 2% }\n"
        "      |             ^~~~~~\n"
        "hint: another kind of fault, or another template\n"
    )
