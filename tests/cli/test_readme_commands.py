"""The commands of the READMEs work as pasted.

A block fenced as ```sh is run, in a folder of its own that has build/release/esm-sender in it, and must
end with 0; what cannot be run here (a firewall) is fenced as ```text. So are the commands in the text,
`esm-sender …`: those of one README after each other. Programs that a block leaves in the background are ended
with it.
"""
import os
import re
import signal
import subprocess

import pytest

from tests.support.processes import ROOT, binary, environment

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
INLINE = re.compile(r"`(esm-sender\s[^`]*)`")


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
            ["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environment() | {"PATH": path},
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
    assert shell.returncode == 0, f"$ {block}\n{output.read_text(errors='backslashreplace')}"


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


def test_every_fence_says_whether_it_is_run():
    """A command in a fence without a kind would never be run, and nobody would notice."""
    command = re.compile(r"^\s*(?:\$ )?(?:build/\w+/)?(?:esm-sender|scripts/\w+)\s", re.M)
    hidden = [place for place, kind, block in fences() if kind not in ("sh", "text") and command.search(block)]
    assert not hidden


def test_there_are_blocks_to_run():
    assert len(blocks()) >= 5
    assert len(list(commands_in_texts())) >= 4
