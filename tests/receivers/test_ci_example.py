"""scripts/ci-example, which people copy, is green with a receiver that stores everything and red, with the
right numbers in its JUnit, with one that loses."""
import os
import re
import subprocess
import xml.etree.ElementTree as xml

import pytest

from tests.support.processes import ROOT, binary, environment, run_command

EPOCH = "2026-03-02T07:55:00Z"


@pytest.fixture
def example(tmp_path):
    """example("RULE") → how it ended, and the cases of its JUnit by name, as (failure or None)."""

    def go(*rule, expect):
        left = tmp_path / "temporary"
        left.mkdir()
        junit = tmp_path / "junit.xml"
        ended = run_command(
            [ROOT / "scripts" / "ci-example", junit, *rule],
            env=environment() | {"ESM_SENDER": str(binary()), "TMPDIR": str(left)}, cwd=tmp_path,
        ).expect(expect)
        assert not os.listdir(left), "it tidies up"
        assert "rsyslogd" not in subprocess.run(
            ["pgrep", "-af", str(left)], capture_output=True, text=True, check=False
        ).stdout, "its receiver has ended"
        if not junit.exists():
            return ended, None
        subprocess.run(
            ["xmllint", "--noout", "--schema", ROOT / "tests/schema/junit.xsd", junit], check=True, capture_output=True
        )
        suite = xml.parse(junit).getroot().find("testsuite")
        cases = {case.attrib["name"]: case.find("failure") for case in suite.findall("testcase")}
        assert int(suite.attrib["failures"]) == sum(failure is not None for failure in cases.values())
        return ended, cases

    return go


def test_the_readme_shows_it_as_it_is():
    script = (ROOT / "scripts" / "ci-example").read_text()
    assert f"```bash\n{script[script.index('set -euo') :]}```\n" in (ROOT / "tests" / "README.md").read_text()


def test_a_receiver_that_stores_everything_is_green(example):
    ended, cases = example(expect=0)
    assert ended.out.rstrip().endswith("OK"), ended.out
    assert len(cases) > 3 and not any(failure is not None for failure in cases.values())


def test_a_receiver_that_loses_is_red_with_the_number_it_lost(run, example):
    # What is lost is counted by another method: the plan's own list of messages.
    sent = run("check", "morning-logon", "--print-plan", "--epoch", EPOCH).expect(0).out.splitlines()
    lost = sum(",PC-00007," in row for row in sent)
    assert lost > 1
    ended, cases = example('if $msg contains "PC-00007" then stop', expect=6)
    failed = {name: failure for name, failure in cases.items() if failure is not None}
    assert list(failed) == ["no message is missing"]
    assert failed["no message is missing"].attrib["message"] == f"{lost} missing"
    assert re.search(rf"\b{lost} missing\b", ended.out) and ended.out.rstrip().endswith("MISMATCH")


def test_a_run_that_fails_ends_it_with_the_runs_own_status(example, tmp_path, monkeypatch):
    program = tmp_path / "esm-sender"
    program.write_text(f'#!/bin/sh\n[ "$1" != run ] || exit 4\nexec "{binary()}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("ESM_SENDER", str(program))
    _, cases = example(expect=4)
    assert cases is None, "nothing is verified then"
