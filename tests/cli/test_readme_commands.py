"""The commands of the READMEs work as pasted.

A block fenced as ```sh is run, in a folder of its own that has build/release/esm-sender in it, and must
end with 0; what cannot be run here (a firewall) is fenced as ```text. So are the commands in the text,
`esm-sender …`: those of one README after each other. Programs that a block leaves in the background are ended
with it. A rate that this machine does not reach just now is no mistake of a README: exit status 4 is as good as 0
where the program's last words account for every message.
"""
import os
import re
import signal
import subprocess

import pytest

from tests.support.processes import ROOT, binary, environment

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
INLINE = re.compile(r"`(esm-sender\s[^`]*)`")
# Ends at the first status that is neither 0 nor 4, as `set -e` would, and tells of every 4.
UNTIL_IT_FAILS = "set -Euo pipefail; trap 's=$?; [ $s -eq 4 ] || exit $s; echo ended with 4 >&2' ERR\n"
TOO_SLOW = re.compile(
    r"^\S+ ([\d,]+) due, ([\d,]+) written, ([\d,]+) dropped \(\3 too-late\)\n(?:.*\n){1,9}?"
    r"error: the rate was not reached: .*\nhint: .*\nended with 4$", re.M)


def readmes():
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [path for path in listed if (ROOT / path).exists()]


def fences():
    for path in readmes():
        text = (ROOT / path).read_text()
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}", match.group(1), match.group(2)


def blocks():
    return [pytest.param(block, id=place) for place, kind, block in fences() if kind == "sh"]


def commands_in_texts():
    for path in readmes():
        commands = INLINE.findall(FENCE.sub("", (ROOT / path).read_text()))
        if commands:
            yield pytest.param("\n".join(" ".join(command.split()) for command in commands), id=path)


def run_as_pasted(block, folder, path):
    assert "…" not in block, "what is run must be whole"
    output = folder / "output"
    with open(output, "wb") as out:
        shell = subprocess.Popen(
            ["bash", "-c", UNTIL_IT_FAILS + block], cwd=folder, env=environment() | {"PATH": path},
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )
    try:
        shell.wait(timeout=120)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"did not end within 120 s:\n{block}") from None
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)  # only what this block started
        except ProcessLookupError:
            pass
        shell.wait()
    text = output.read_text(errors="backslashreplace")
    told = f"$ {block}\n{text}"
    # (The trap has told of a 4 at the very end, and has nothing to say about it.)
    assert shell.returncode in (0, 4), told
    assert text.count("ended with 4\n") == len(TOO_SLOW.findall(text)), told
    for due, written, late in TOO_SLOW.findall(text):
        assert number(due) == number(written) + number(late), told


def number(text):
    return int(text.replace(",", ""))


@pytest.mark.parametrize("block", blocks())
def test_a_block_of_commands_works_as_pasted(block, tmp_path):
    program = tmp_path / "build" / "release" / "esm-sender"
    program.parent.mkdir(parents=True)
    program.symlink_to(binary())
    run_as_pasted(block, tmp_path, os.environ["PATH"])
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["build", "output"], "a block leaves nothing behind"


@pytest.mark.parametrize("block", commands_in_texts())
def test_commands_in_the_text_work_as_pasted(block, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "esm-sender").symlink_to(binary())
    run_as_pasted(block, tmp_path, f"{tmp_path / 'bin'}:{os.environ['PATH']}")


def test_a_rate_that_is_not_reached_is_taken_and_no_other_failure(tmp_path):
    def ends(block):
        try:
            run_as_pasted(block, tmp_path, os.environ["PATH"])
        except AssertionError:
            return False
        return True

    late = ("echo 'null: 1,000 due, {} written, 300 dropped ({} too-late)'; echo '1.0 s: 1,000/s'; "
            "echo 'error: the rate was not reached: 300'; echo 'hint: wait'; (exit {})")
    assert ends(late.format(700, 300, 4))
    assert ends(late.format(700, 300, 4) + "\ntrue\n" + late.format(700, 300, 4))
    assert not ends(late.format(700, 300, 3))
    assert not ends(late.format(700, 200, 4)), "dropped for another reason"
    assert not ends(late.format(600, 300, 4)), "unaccounted for"
    assert not ends(late.format(700, 300, 4) + "\nfalse\ntrue")
    assert not ends("(exit 4)"), "a 4 without a word"
    assert not ends("false\ntrue")
    assert ends("false || true")


def test_every_fence_says_whether_it_is_run():
    """A command in a fence without a kind would never be run, and nobody would notice."""
    command = re.compile(r"^\s*(?:\$ )?(?:build/\w+/)?(?:esm-sender|scripts/\w+)\s", re.M)
    hidden = [place for place, kind, block in fences() if kind not in ("sh", "text") and command.search(block)]
    assert not hidden


def test_there_are_blocks_to_run():
    assert len(blocks()) >= 5
    assert len(list(commands_in_texts())) >= 4
