"""The lines that all readers are given: every shipped template plays the awkward names, and those of
heartbeats the other scenarios; with what the plan says of each line."""
import dataclasses
import fcntl
import json
import pathlib
import re

import pytest

from tests.readers import forms
from tests.support import processes

HERE = pathlib.Path(__file__).parent
EPOCH = ("--epoch", "2026-03-02T07:55:00Z")
SCENARIOS = ["messy-directory", "ipv6", HERE / "marks.yaml"]
OWN_TEMPLATES = [HERE / "rfc3164.yaml", HERE / "rfc5424.yaml"]
LINES_EACH = 45


@dataclasses.dataclass
class Line:
    template: str
    meant: forms.Message
    due: dict  # the plan's row


def pairs():
    # What other receivers than the firewall want is free text, of which no reader knows anything.
    others = ("fsso-", "check-point-", "panos-docs-")
    offered = processes.run("--complete", "templates").expect(0).out.split()
    templates = [name for name in offered if not name.startswith(others)]
    heartbeats = [name for name in templates if re.fullmatch(r".*-heartbeat(-.*)?", name)]
    assert len(heartbeats) >= 4, templates
    for template in [*templates, *OWN_TEMPLATES]:
        yield template, "awkward-names"
    for scenario in SCENARIOS:
        for template in [*heartbeats, *OWN_TEMPLATES]:
            yield template, scenario


def rendered():
    limit = ("--limit", LINES_EACH)
    plans = {
        scenario: [
            json.loads(row)
            for row in processes.run("check", scenario, "--print-plan=json", *EPOCH, *limit)
            .expect(0).out.splitlines()
        ]
        for scenario in ["awkward-names", *SCENARIOS]
    }
    for template, scenario in pairs():
        out = processes.run("render", scenario, "--template", template, *EPOCH, *limit).expect(0).out
        lines = out.split("\n")[:-1]
        assert len(lines) == len(plans[scenario]), (template, scenario)
        for line, row in zip(lines, plans[scenario]):
            yield [str(template), line, row]


@pytest.fixture(scope="session")
def lines(tmp_path_factory):
    """Rendered once for all test processes."""
    shared = tmp_path_factory.getbasetemp().parent / "readers-lines.json"
    with open(f"{shared}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            shared.write_text(json.dumps(list(rendered())))
    return [Line(name, forms.split(line), row) for name, line, row in json.loads(shared.read_text())]
