"""Noise from outside: several templates in one run, its record, and receivers that fall for it."""
import json
from collections import Counter

import pytest

from tests.support.reports import Report

SCENARIO = """\
start: 2026-03-02T08:00:00Z
length: 1h
users: { office: { count: 20, name: "user{}" } }
endpoints: { office: { count: 20, host: "PC-{}", pool: 10.0.0.0/24, heartbeat: 10m } }
activity: [ { logon: office, on: office, at: 0s } ]
noise:
  - { message: traps-cef-new-hash, on: office, every: 20m }
  - { message: mine.yaml, on: office, rate: 2/m }
"""
MINE = 'format: text\nhead: none\ntext: "mine {endpoint.host} {event.ordinal} {event.time:HH:mm:ss}"\n'


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "noisy.yaml"
    path.write_text(SCENARIO)
    (tmp_path / "mine.yaml").write_text(MINE)
    return path


def kind_of(line):
    return next((word for word in ("|Heartbeat|", "|New Hash Added|", "mine PC-") if word in line), line)


def test_a_careless_receiver_is_found_out_and_a_careful_one_is_right(run, listener, tmp_path):
    for profile, status in (("traps-safe", 0), ("traps-kb", 6)):
        there = listener("--profile", profile)
        report = tmp_path / f"{profile}.json"
        run("run", "mixed-noise", "--speed", "max", "--threads", 2, "--to", there.target("tcp"),
            "--for", "rsyslog", "--report", report).expect(0)
        there.finish().expect(0)
        assert len(there.received()) == Report(report).books()["written"] > 900
        run("verify", "--run", report, "--received", there.received_file).expect(0)
        ended = run("verify", "--run", report, "--mappings", there.mappings_file, "--at", "end").expect(status)
        assert ("its words stand in the noise traps-leef-decoy of " in ended.out) == (status == 6), ended.out
        # That the careless one learnt just this is what its own profile foretells.
        foretold = run("verify", "--run", report, "--mappings", there.mappings_file, "--at", "end", "--profile", profile)
        foretold.expect(0)


def test_the_template_of_the_command_line_is_that_of_the_heartbeats(run, scenario):
    before = Counter(map(kind_of, run("render", scenario).expect(0).out.splitlines()))
    assert set(before) == {"|Heartbeat|", "|New Hash Added|", "mine PC-"}
    lines = run("render", scenario, "--template", "traps-cef-heartbeat").expect(0).out.splitlines()
    assert Counter(map(kind_of, lines)) == before
    assert all("CEF:0|" in line for line in lines if "|Heartbeat|" in line)


def test_a_size_is_that_of_every_message(run, scenario):
    assert {len(line) for line in run("render", scenario, "--size", 400).expect(0).out.splitlines()} == {400}
    said = run("render", scenario, "--size", 100).expect(2).err
    fits = int(said.split("at least ")[1])
    assert "a size of 100 bytes is too small for these messages" in said
    assert {len(line) for line in run("render", scenario, "--size", fits).expect(0).out.splitlines()} == {fits}


def test_a_record_has_all_templates_and_their_sizes(run, scenario, tmp_path):
    report, sent = tmp_path / "run.json", tmp_path / "sent.log"
    (tmp_path / "mine.yaml").write_text(MINE + "pad-to: 77\n")
    run("run", scenario, "--epoch", "2026-03-02T08:00:00Z", "--speed", "max", "--to", f"file:{sent}",
        "--report", report).expect(0)
    record = json.loads(report.read_text())
    assert [one["pad_to_bytes"] for one in record["noise_templates"]] == [0, 77]
    assert record["noise_templates"][0]["name"] == "traps-cef-new-hash"
    rendered = run("render", scenario).expect(0).out
    (tmp_path / "mine.yaml").unlink()
    assert run("render", "--run", report).expect(0).out == rendered
    assert sorted(rendered.encode().splitlines()) == sorted(sent.read_bytes().splitlines())
    run("verify", "--run", report, "--received", sent).expect(0)
    cases = (
        (record["noise_templates"][:1], "noise_templates holds 1, and the scenario names 2 beside its message"),
        ([record["noise_templates"][0] | {"pad_to_bytes": 10**6}] * 2,
         "noise_templates[0].pad_to_bytes: 1000000 is out of range, 0 to 65507 are possible"),
        ([record["noise_templates"][0] | {"pad_to_bytes": 10}] * 2, "pad_to_bytes: 10 is too small for these messages"),
        ([record["noise_templates"][0] | {"text": "format: leef3\n"}] * 2, "format"),
    )
    for templates, problem in cases:
        report.write_text(json.dumps(record | {"noise_templates": templates}))
        assert problem in run("render", "--run", report).expect(2).err


def test_a_template_that_is_not_there_is_shown_where_the_noise_names_it(run, scenario):
    scenario.write_text(SCENARIO.replace("traps-cef-new-hash", "traps-cef-new-hsh").replace("mine.yaml", "gone.yaml"))
    said = run("check", scenario).expect(2).err
    assert f"{scenario}:7:16: error: there is no template 'traps-cef-new-hsh', neither shipped nor as a file" in said
    assert "hint: did you mean 'traps-cef-new-hash'?" in said
    assert f"{scenario}:8:16: error: " in said and "gone.yaml" in said


def test_the_plan_says_by_which_template_a_message_is_written(run, scenario):
    rows = [row.split(",") for row in run("check", scenario, "--print-plan").expect(0).out.splitlines()[1:]]
    lines = run("render", scenario).expect(0).out.splitlines()
    kinds = {"traps-leef-heartbeat": "|Heartbeat|", "traps-cef-new-hash": "|New Hash Added|", "mine.yaml": "mine PC-"}
    assert [kinds[row[8].rpartition("/")[2]] for row in rows] == list(map(kind_of, lines))
    assert {row[5] for row in rows} == {"logon", "heartbeat", "noise"}
