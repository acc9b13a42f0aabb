"""A scenario becomes heartbeats, heartbeats become mappings, and the program knows."""
import json

import pytest

from tests.support.reports import Report


@pytest.mark.smoke
@pytest.mark.parametrize("scheme", ["udp", "tcp", "tls"])
def test_what_the_listener_learnt_is_the_truth(run, listener, pki, tmp_path, scheme):
    there = listener("--profile", "traps-kb")
    report = tmp_path / "run.json"
    # The scenario is for a firewall, which takes no plain TCP.
    options = {"udp": [], "tcp": ["--for", "rsyslog"], "tls": ["--tls-ca", pki.ca]}[scheme]
    run("run", "demo-morning", "--to", there.target(scheme), "--speed", 600, "--catch-up", "30s", *options, "--report", report).expect(0)
    there.finish().expect(0)
    assert len(there.received()) == Report(report).books()["written"] > 100
    run("verify", "--run", report, "--received", there.received_file).expect(0)
    run("verify", "--run", report, "--mappings", there.mappings_file, "--at", "end").expect(0)


def test_send_needs_no_file_and_says_how_it_is_read(run, listener):
    there = listener()
    ended = run("send", "--to", there.target("udp"), "--user", "jdoe", "--ip", "10.0.1.51").expect(0)
    assert ended.out == ""
    assert "10.0.1.51 -> jdoe" in ended.err
    assert "show user ip-user-mapping" in ended.err
    there.running.wait_until(lambda: len(there.received()) == 1, "the heartbeat")
    there.finish().expect(0)
    assert b"duser=jdoe" in there.received()[0]
    assert "jdoe" in there.mappings_file.read_text()


def test_send_shows_whom_the_profile_misreads(run, listener):
    there = listener()
    ended = run("send", "--to", there.target("udp"), "--user", "CORP\\jdoe", "--ip", "10.0.1.51").expect(0)
    assert "10.0.1.51 -> CORP" in ended.err


@pytest.mark.parametrize("change,kind", [("missing", "missing"), ("doubled", "duplicated"), ("altered", "altered")])
def test_verify_finds_what_a_receiver_did_to_the_lines(run, listener, tmp_path, change, kind):
    there = listener()
    report = tmp_path / "run.json"
    run("load", "--to", there.target("tcp"), "--count", 200, "--rate", "2k", "--catch-up", "30s", "--report", report).expect(0)
    there.finish().expect(0)
    lines = there.received()
    if change == "missing":
        del lines[100]
    elif change == "doubled":
        lines.insert(100, lines[20])
    else:
        lines[100] = lines[100].replace(b"Service is alive", b"Service is a1ive")
    path = tmp_path / "changed.log"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    ended = run("verify", "--run", report, "--received", path).expect(6)
    assert kind in ended.out
    assert "MISMATCH" in ended.out


def test_verify_finds_a_wrong_user_in_the_table(run, listener, pki, tmp_path):
    there = listener()
    report = tmp_path / "run.json"
    run("run", "demo-morning", "--to", there.target("tls"), "--tls-ca", pki.ca, "--speed", "max",
        "--report", report).expect(0)
    there.finish().expect(0)
    lines = there.mappings_file.read_text().splitlines(keepends=True)
    row = next(number for number, line in enumerate(lines) if line[:1].isdigit())
    user = lines[row].split()[3]
    lines[row] = lines[row].replace(user, "x" * len(user), 1)
    path = tmp_path / "changed.txt"
    path.write_text("".join(lines))
    ended = run("verify", "--run", report, "--mappings", path).expect(6)
    assert "x" * len(user) in ended.out


def test_verify_tells_programs_what_it_tells_people(run, listener, tmp_path):
    there = listener()
    report = tmp_path / "run.json"
    run("run", "demo-morning", "--to", there.target("tcp"), "--speed", "max", "--report", report).expect(0)
    there.finish().expect(0)
    both = ["verify", "--run", report, "--mappings", there.mappings_file, "--format", "json", "--received"]
    right = json.loads(run(*both, there.received_file).expect(0).out)
    assert list(right) == ["schema_version", "ok", "received", "mappings"]
    assert (right["schema_version"], right["ok"]) == (1, True)
    lines = right["received"]
    assert lines["expected"] == lines["matched"] == lines["received"] > 0
    assert (lines["order_within"], lines["out_of_order"], lines["out_of_order_first_line"]) == ("connection", 0, 0)
    assert right["mappings"]["ok"] and "out_of_order" not in right["mappings"]

    # The first line comes last: told, and no difference. A line that is missing is one.
    received = there.received_file.read_text().splitlines(keepends=True)
    path = tmp_path / "changed.log"
    path.write_text("".join(received[1:] + received[:1]))
    ended = run("verify", "--run", report, "--received", path).expect(0)
    assert ended.out == (
        f"messages: {len(received):,} expected, {len(received):,} matched, 0 missing\n"
        f"1 line came behind one that had left later on the same connection, the first is line {len(received):,}: "
        "no difference, the order may change on the way\nOK\n"
    )
    path.write_text("".join(received[1:]))
    wrong = json.loads(run(*both, path).expect(6).out)
    assert (wrong["ok"], wrong["received"]["ok"], wrong["mappings"]["ok"]) == (False, False, True)
    assert wrong["received"]["out_of_order"] == 0
    (finding,) = wrong["received"]["findings"]
    assert (finding["kind"], finding["subject"], finding["count"]) == ("missing", received[0].rstrip("\n"), 1)


def test_results_go_to_standard_output_and_words_for_people_to_standard_error(run, tmp_path):
    ended = run("run", "first-contact", "--to", "-", "--speed", "max").expect(0)
    rendered = ended.out
    assert all(line.startswith("<") for line in rendered.splitlines())
    assert "written" in ended.err
    quiet = run("run", "first-contact", "--to", "-", "--speed", "max", "--quiet").expect(0)
    assert quiet.err == ""
    csv = run("truth", "first-contact", "--at", "end", "--format", "csv").expect(0)
    assert csv.out.splitlines()[0].startswith("at,ip,user")
    table = run("truth", "first-contact", "--at", "end", "--format", "json").expect(0)
    assert json.loads(table.out)["schema_version"] == 2


CONTESTED = """\
about: Three people on one address within a second, one alone.
start: 2026-03-02T08:00:00Z
length: 1m
users:
  alice: { name: alice }
  bob: { name: 'b,ob' }
  carol: { name: carol }
  dave: { name: dave }
endpoints:
  pcs: { count: 2, host: "PC-{}", pool: 10.0.1.0/29, heartbeat: 30m }
receiver: { profile: traps-safe, mapping-timeout: 45m }
steps:
  - { at: 1s, logon: alice, on: PC-1 }
  - { at: 1200ms, logon: "b,ob", on: PC-1 }
  - { at: 1400ms, logon: carol, on: PC-1 }
  - { at: 1400ms, logon: dave, on: PC-2 }
"""


def test_every_rival_of_a_contested_mapping_is_told(run):
    ended = run("truth", "-", "--format", "json", "--at", "2s", input=CONTESTED).expect(0)
    tables = json.loads(ended.out)["tables"]
    assert [
        (m["ip"], m["user"], m["contested_with"]) for table in tables for m in table["mappings"]
    ] == [("10.0.1.1", "carol", ["b,ob", "alice"]), ("10.0.1.2", "dave", [])]
    ended = run("truth", "-", "--format", "csv", "--at", "1s,2s", input=CONTESTED).expect(0)
    assert ended.out == (
        "at,ip,user,since,expires,contested_with,may_be_absent\n"
        "1s,10.0.1.1,alice,2026-03-02T08:00:01Z,2026-03-02T08:45:01Z,,\n"
        '2s,10.0.1.1,carol,2026-03-02T08:00:01.400Z,2026-03-02T08:45:01.400Z,"b,ob;alice",\n'
        "2s,10.0.1.2,dave,2026-03-02T08:00:01.400Z,2026-03-02T08:45:01.400Z,,\n"
    )


CLOSE_LOGOFF = """\
about: One logs off and on again within a second, another on and off.
start: 2026-03-02T08:00:00Z
length: 1m
message: fsso-logon
users:
  stays: { name: stays }
  leaves: { name: leaves }
endpoints:
  pcs: { count: 2, host: "PC-{}", pool: 10.0.1.0/29, heartbeat: 30m, logoff-message: fsso-logoff }
receiver: { profile: [fsso-logon, fsso-logoff] }
steps:
  - { at: 1s, logon: stays, on: PC-1 }
  - { at: 5s, logoff: stays, on: PC-1 }
  - { at: 5500ms, logon: stays, on: PC-1 }
  - { at: 5s, logon: leaves, on: PC-2 }
  - { at: 5500ms, logoff: leaves, on: PC-2 }
"""


def test_who_may_be_absent_and_who_may_remain_is_told(run, tmp_path):
    """A logout and a login closer than a second may have been seen in either order."""
    shown = run("truth", "-", "--format", "json", "--at", "4s,6s", input=CLOSE_LOGOFF).expect(0).out
    first, then = json.loads(shown)["tables"]
    assert [(m["user"], m["may_be_absent"]) for m in first["mappings"]] == [("stays", False)]
    assert first["may_remain"] == []
    assert [(m["ip"], m["user"], m["may_be_absent"]) for m in then["mappings"]] == [("10.0.1.1", "stays", True)]
    assert [(m["ip"], m["user"]) for m in then["may_remain"]] == [("10.0.1.2", "leaves")]
    rows = run("truth", "-", "--format", "csv", "--at", "4s,6s", input=CLOSE_LOGOFF).expect(0).out.splitlines()
    assert [row.rsplit(",", 1)[1] for row in rows] == ["may_be_absent", "", "yes"]
    # Read as a table they are what stands in `mappings` alone.
    saved, scenario = tmp_path / "table.json", tmp_path / "close.yaml"
    saved.write_text(json.dumps({"schema_version": 2, "tables": [then]}))
    scenario.write_text(CLOSE_LOGOFF)
    verdict = run("verify", "--scenario", scenario, "--mappings", saved, "--format", "json").expect(0).out
    assert json.loads(verdict)["mappings"]["received"] == 1


@pytest.mark.smoke
def test_a_file_target_holds_what_render_says(run, tmp_path):
    path, report = tmp_path / "out.log", tmp_path / "run.json"
    run("run", "demo-morning", "--to", f"file:{path}", "--speed", "max", "--report", report).expect(0)
    # The scenario has two ESMs, each with a connection of its own: order is kept within each.
    assert sorted(path.read_text().splitlines()) == sorted(run("render", "--run", report).expect(0).out.splitlines())
    books = Report(report).books()
    assert books["written"] == books["due"] == path.read_bytes().count(b"\n")


def test_a_load_can_be_shown_as_a_scenario_and_that_scenario_is_the_same_load(run, tmp_path):
    words = ["load", "--to", "null:", "--rate", "50", "--count", "100"]
    scenario = tmp_path / "load.yaml"
    scenario.write_text(run(*words, "--print-scenario").expect(0).out)
    report = tmp_path / "run.json"
    epoch = "2026-03-02T07:55:00Z"
    run("load", "--to", "null:", "--rate", "50", "--count", "100", "--epoch", epoch, "--report", report).expect(0)
    assert (
        run("render", "--run", report).expect(0).out
        == run("render", scenario, "--epoch", epoch).expect(0).out
    )


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_shards_of_a_scenario_are_the_whole(run, count):
    whole = run("render", "demo-morning").expect(0).out.splitlines()
    parts = []
    for index in range(count):
        parts += run("render", "demo-morning", "--shard", f"{index}/{count}").expect(0).out.splitlines()
    assert sorted(parts) == sorted(whole)


def test_a_parameter_that_is_set_decides_and_stands_in_the_record(run, tmp_path):
    report, sent, table = tmp_path / "run.json", tmp_path / "sent.log", tmp_path / "table.txt"
    smaller = ["monday-storm", "--set", "people=1000"]
    to_file = ["--to", f"file:{sent}", "--speed", "max", "--report", report]
    run("run", *smaller, "--epoch", "2026-03-02T07:55:00Z", *to_file).expect(0)
    lines = sent.read_bytes().splitlines()
    assert sorted(run("render", *smaller).expect(0).out.encode().splitlines()) == sorted(lines)
    assert len(run("render", "monday-storm").expect(0).out.splitlines()) > len(lines)
    assert json.loads(report.read_text())["settings"] == ["people=1000"]
    run("verify", "--run", report, "--received", sent).expect(0)
    table.write_text(run("truth", *smaller, "--at", "end").expect(0).out)
    run("verify", *smaller[1:], "--scenario", smaller[0], "--mappings", table, "--at", "end").expect(0)
    ended = run("render", "--run", report, "--set", "people=2000").expect(2)
    assert "--run holds scenario, settings, template, seed, epoch and size already" in ended.err


def test_the_seed_decides_and_is_one_by_default(run):
    assert run("render", "demo-morning").out == run("render", "demo-morning", "--seed", "1").out
    assert run("render", "demo-morning").out != run("render", "demo-morning", "--seed", "2").out


def test_a_threshold_that_fails_ends_with_5(run, listener):
    there = listener()
    run("load", "--to", there.target("tcp"), "--count", 100, "--rate", "1k", "--catch-up", "30s", "--fail-if", "p99>1ns").expect(5)


@pytest.mark.parametrize(
    "scenario,status",
    [
        ("a-whole-day", 0),
        ("awkward-names", 0),
        ("demo-morning", 0),
        ("desk-move", 2),
        ("dhcp-churn", 0),
        ("first-contact", 2),
        ("ipv6", 0),
        ("many-esms", 0),
        ("messy-directory", 0),
        ("mixed-noise", 0),
        ("monday-storm", 0),
        ("morning-logon", 0),
        ("patch-night", 0),
        ("power-cut", 2),
        ("shift-change", 0),
        ("terminal-server", 2),
        ("timeout-gap", 2),
        ("vdi-pool", 0),
        ("vpn-flap", 0),
    ],
)
def test_shipped_scenarios_are_clean_by_check_strict_or_made_to_show_a_warning(run, scenario, status):
    ended = run("check", scenario, "--strict").expect(status)
    assert ("no errors, no warnings\n" in ended.out) == (status == 0)
    assert ended.err == ""


def test_verify_warns_of_a_table_that_was_cut(run):
    ended = run("verify", "--scenario", "first-contact", "--mappings", "-", input="Total: 5 users\n").expect(0)
    assert "the total says 5, but 0 rows were read above" in ended.err
