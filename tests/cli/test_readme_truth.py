"""What the READMEs say of files, options and links is so."""
import os
import re
import subprocess

import pytest

from tests.cli.test_readme_commands import readmes
from tests.support.processes import ROOT, binary, environment

ROOMS = sorted(path.name for path in (ROOT / "sender").iterdir() if path.is_dir())


def test_every_relative_link_leads_somewhere():
    broken = []
    for path in readmes():
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", (ROOT / path).read_text()):
            if not (ROOT / os.path.dirname(path) / target).exists():
                broken.append(f"{path}: {target}")
    assert not broken


def test_every_link_within_a_readme_has_its_heading():
    broken = []
    for path in readmes():
        text = (ROOT / path).read_text()
        headings = {
            re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.M)
        }
        broken += [f"{path}: #{name}" for name in re.findall(r"\]\(#([^)]*)\)", text) if name not in headings]
    assert not broken


@pytest.mark.parametrize("room", ROOMS)
def test_the_readme_of_a_room_names_all_its_files_and_no_others(room):
    folder = ROOT / "sender" / room
    text = (folder / "README.md").read_text()
    stems = {path.stem for path in folder.iterdir() if path.suffix in (".cc", ".h")}
    named = set(re.findall(r"`(?:[\w./]*/)?(\w+\*?)(?:\.(?:cc|h))?`|\b(\w+)\.(?:cc|h)\b", text))
    named = {one or other for one, other in named}
    families = tuple(name[:-1] for name in named if name.endswith("*"))
    unnamed = sorted(stem for stem in stems - named if not stem.startswith(families))
    assert not unnamed, "in the room and not in its README"
    # The first column of a table "| File | …" names files of the room.
    table = re.search(r"^\| File \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.M)
    gone = []
    for row in table.group(1).splitlines() if table else []:
        for name in re.findall(r"`(\w+)`", row.split("|")[1]):
            if name not in stems:
                gone.append(name)
    assert not gone, "in the README and not in the room"


def test_every_option_that_a_readme_names_exists():
    verbs = re.findall(r"^  ([a-z]+)  ", subprocess.run(
        [binary(), "--help"], env=environment(), capture_output=True, text=True, check=True
    ).stdout, re.M)
    assert "run" in verbs and "verify" in verbs
    known = {"--gtest_filter"}
    for verb in verbs:
        shown = subprocess.run([binary(), verb, "--help"], env=environment(), capture_output=True, text=True)
        known |= set(re.findall(r"--[a-z][a-z-]*", shown.stdout + shown.stderr))
    for script in (ROOT / "scripts").iterdir():
        if script.is_file():
            known |= set(re.findall(r"--[a-z][a-z-]*", script.read_text()))
    unknown = []
    for path in readmes():
        for option in re.findall(r"(?<![\w-])--[a-z][a-z_-]*", (ROOT / path).read_text()):
            if option not in known:
                unknown.append(f"{path}: {option}")
    assert not unknown
