"""`verify` on what receivers store, learn and count: forms, tolerance, reports."""
import json
import subprocess
import xml.etree.ElementTree as xml

import pytest

from tests.support.processes import ROOT

EPOCH = "2026-03-02T07:55:00Z"
SCENARIO = ["--scenario", "morning-logon", "--epoch", EPOCH]


@pytest.fixture
def lines(run):
    return run("render", "morning-logon", "--epoch", EPOCH).expect(0).out.encode().split(b"\n")[:-1]


@pytest.fixture
def stored(tmp_path):
    def write(lines):
        path = tmp_path / "stored.log"
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    return write


def valid_junit(path):
    subprocess.run(
        ["xmllint", "--noout", "--schema", ROOT / "tests/schema/junit.xsd", path], check=True, capture_output=True
    )
    return xml.parse(path).getroot()


def test_a_report_for_ci_is_valid_and_red_where_something_is_wrong(run, lines, stored, tmp_path):
    right, wrong = tmp_path / "right.xml", tmp_path / "wrong.xml"
    run("verify", *SCENARIO, "--received", stored(lines), "--report", f"junit:{right}").expect(0)
    lines[10] = lines[10].replace(b"Service is alive", b"<&\"'\x01\xff>")
    del lines[20]
    verdict = tmp_path / "verdict.json"
    run(
        "verify", *SCENARIO, "--received", stored(lines), "--report", f"junit:{wrong}", "--report", verdict
    ).expect(6)
    suite = valid_junit(right).find("testsuite")
    assert suite.attrib["failures"] == suite.attrib["errors"] == "0"
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase")) > 3
    suite = valid_junit(wrong).find("testsuite")
    failed = {case.attrib["name"]: case.find("failure") for case in suite.findall("testcase") if len(case)}
    assert set(failed) == {"no message is missing", "no message is altered"}
    assert failed["no message is missing"].attrib["message"] == "1 missing"
    assert "because  " in failed["no message is altered"].text
    assert json.loads(verdict.read_text())["received"]["altered"] == 1


def test_a_scenarios_expectations_are_test_cases(run, tmp_path):
    table, report = tmp_path / "table.txt", tmp_path / "junit.xml"
    table.write_text(run("truth", "demo-morning", "--epoch", EPOCH).expect(0).out)
    run(
        "verify", "--scenario", "demo-morning", "--epoch", EPOCH, "--mappings", table, "--report", f"junit:{report}"
    ).expect(0)
    names = [case.attrib["name"] for case in valid_junit(report).iter("testcase")]
    assert any(" at " in name and " is " in name for name in names), names


def test_a_small_loss_can_be_tolerated(run, lines, stored):
    del lines[30]
    path = stored(lines)
    run("verify", *SCENARIO, "--received", path, "--tolerate-loss", "0.01%").expect(6)
    ended = run("verify", *SCENARIO, "--received", path, "--tolerate-loss", "0.1%").expect(0)
    assert "few enough to be tolerated" in ended.out
    lines.append(b"stranger")
    run("verify", *SCENARIO, "--received", stored(lines), "--tolerate-loss", "0.1%").expect(6)


@pytest.mark.parametrize(
    "form,store",
    [
        ("rsyslog", lambda line: b"Mar  2 07:55:00 " + line[line.index(b"10.0.1.") :].replace(b"\t", b"#011")),
        ("syslog-ng", lambda line: b"Nov 28 04:12:36 localhost " + line[line.index(b"LEEF") :]),
        ("tshark", lambda line: b"127.0.0.1\t" + line.hex().encode()),
        (r"regex:^\[\d+\] (.*)$", lambda line: b"[17] " + line),
    ],
)
def test_lines_are_found_behind_what_a_receiver_puts_before_them(run, lines, stored, form, store):
    written = [store(line) for line in lines]
    path = stored(written)
    run("verify", *SCENARIO, "--received", path, "--received-format", form).expect(0)
    run("verify", *SCENARIO, "--received", path, "--findings", 0).expect(6)
    del written[7]
    ended = run("verify", *SCENARIO, "--received", stored(written), "--received-format", form).expect(6)
    assert ", 1 missing\n" in ended.out


def test_the_order_and_the_window_change_no_verdict(run, lines, stored):
    halves = lines[::2] + lines[1::2]
    del halves[100]
    for window in ["1", "100k"]:
        ended = run(
            "verify", *SCENARIO, "--received", stored(halves), "--window", window.replace("k", "000"), "--format", "json"
        ).expect(6)
        verdict = json.loads(ended.out)["received"]
        assert (verdict["missing"], verdict["altered"], verdict["duplicated"], verdict["invented"]) == (1, 0, 0, 0)


def test_lines_may_come_from_standard_input(run, lines):
    text = b"".join(line + b"\n" for line in lines).decode()
    run("verify", *SCENARIO, "--received", "-", input=text).expect(0)


def test_a_file_that_is_still_being_written_is_waited_for(start, lines, tmp_path):
    path = tmp_path / "late.log"
    verify = start("verify", *SCENARIO, "--received", path, "--settle", "60s")
    half = len(lines) // 2
    with pytest.raises(subprocess.TimeoutExpired):
        verify.process.wait(0.5)
    with open(path, "wb") as file:
        file.write(b"\n".join(lines[:half]) + b"\n" + lines[half][:20])
        file.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            verify.process.wait(0.5)
        file.write(b"\n".join([lines[half][20:], *lines[half + 1 :]]) + b"\n")
    ended = verify.wait().expect(0)
    assert ended.seconds < 60, "it ends as soon as all is there"


def test_what_does_not_come_in_time_is_missing(run, lines, stored, tmp_path):
    verify = ["verify", *SCENARIO, "--settle", "200ms", "--received"]
    assert ", 1 missing\n" in run(*verify, stored(lines[1:])).expect(6).out
    ended = run(*verify, tmp_path / "never.log").expect(2)
    assert ended.out == "" and "never.log: error: cannot open the received lines: No such file or directory" in ended.err
    assert "is a directory" in run(*verify, tmp_path).expect(2).err


def counters(messages, successes):
    return (
        "admin@fw> show user server-monitor state all\n\n"
        "UDP Syslog Listener Service is enabled\nProxy: ESM(vsys: vsys1) Host: ESM(10.9.9.9)\n"
        f"number of log messages : {messages}\nnumber of auth. success messages : {successes}\n"
    )


def test_what_a_firewall_counted_is_compared(run, lines, tmp_path):
    after, before = tmp_path / "after.txt", tmp_path / "before.txt"
    after.write_text(counters(len(lines) + 5, len(lines) + 3))
    before.write_text(counters(5, 3))
    run("verify", *SCENARIO, "--counters", after, "--counters-before", before).expect(0)
    ended = run("verify", *SCENARIO, "--counters", after).expect(6)
    assert "wrong-counter: log messages of ESM (10.9.9.9)" in ended.out
    after.write_text(counters(len(lines), 0))
    assert "no parse profile matches them" in run("verify", *SCENARIO, "--counters", after).expect(6).out
    after.write_text("Server error\n")
    ended = run("verify", *SCENARIO, "--counters", after).expect(2)
    assert ended.out == "" and "there is no syslog sender in it" in ended.err


@pytest.mark.parametrize(
    "words,problem",
    [
        (["--received", "x.log", "--received-format", "splunk"], "--received-format: 'splunk' is no form of received lines"),
        (["--received", "x.log", "--received-format", "regex:(a"], "--received-format: '(a': missing closing parenthesis"),
        (["--mappings", "x.txt", "--received-format", "rsyslog"], "--received-format, --window and --settle are about received lines"),
        (["--received", "-", "--settle", "1s"], "--settle: standard input cannot be read again"),
        (["--mappings", "x.txt", "--counters-before", "x.txt"], "--counters-before is nothing without --counters"),
        (["--mappings", "x.txt", "--at", "1h", "--taken-at", "1h"], "--at and --taken-at say the same"),
        ([], "verify: --received, --mappings or --counters is needed"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, words, problem):
    ended = run("verify", "--scenario", "first-contact", *words).expect(2)
    assert ended.out == "" and problem in ended.err


def test_a_missing_mapping_says_whether_its_message_was_received(run, lines, stored, tmp_path):
    """Two mappings are gone: the receiver did not map one, the messages of the other were lost on the way."""
    table = run("truth", "morning-logon", "--epoch", EPOCH, "--format", "json", "--at", "1h").expect(0).out
    mappings = json.loads(table)["tables"][0]["mappings"]
    unmapped, lost = mappings[3], mappings[7]
    saved, report, verdict = (tmp_path / name for name in ["table.json", "junit.xml", "verdict.json"])
    saved.write_text(json.dumps([one for one in mappings if one not in (unmapped, lost)]))
    came = [line for line in lines if f"dst={lost['ip']}\t".encode() not in line]
    assert len(came) < len(lines)
    compare = ["verify", *SCENARIO, "--mappings", saved, "--at", "1h", "--report", verdict]
    shown = run(*compare, "--received", stored(came), "--report", f"junit:{report}").expect(6).out
    assert "1 of the missing had a message that was received: the receiver did not map it\n" in shown
    assert "1 of the missing had none that was received: lost on the way, or there\n" in shown
    told = {finding["subject"]: finding["reason"] for finding in json.loads(verdict.read_text())["mappings"]["findings"]}
    assert set(told) == {unmapped["ip"], lost["ip"]}
    assert "; it was received (line " in told[unmapped["ip"]] and "should have mapped it" in told[unmapped["ip"]]
    assert "; it was not received, or not as it was sent" in told[lost["ip"]]
    assert {json.loads(verdict.read_text())["mappings"][name] for name in ["not_mapped", "not_received"]} == {1}
    [suite] = [one for one in valid_junit(report) if one.attrib["name"] == "verify.mappings"]
    [failure] = [case.find("failure") for case in suite.findall("testcase") if len(case)]
    assert failure.attrib["message"] == "2 missing: 1 received and not mapped, 1 not received"
    # Without the lines nothing is said of it.
    assert "received" not in run(*compare).expect(6).out
    assert "not_mapped" not in json.loads(verdict.read_text())["mappings"]
