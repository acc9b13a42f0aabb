"""The commands of the READMEs work as pasted.

A block fenced as ```sh is run, in a folder of its own that has build/release/esm-sender in it, and must
end with 0; what cannot be run here (a firewall) is fenced as ```text. Programs that a block leaves in the
background are ended with it.
"""
import os
import re
import signal
import subprocess

import pytest

from tests.support.processes import ROOT, binary, environment

FENCE = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def readmes():
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [path for path in listed if (ROOT / path).exists()]


def blocks():
    for path in readmes():
        text = (ROOT / path).read_text()
        for match in FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield pytest.param(match.group(1), id=f"{path}:{line}")


@pytest.mark.parametrize("block", blocks())
def test_a_block_of_commands_works_as_pasted(block, tmp_path):
    assert "…" not in block, "a block that is run must be whole"
    program = tmp_path / "build" / "release" / "esm-sender"
    program.parent.mkdir(parents=True)
    program.symlink_to(binary())
    output = tmp_path / "output"
    with open(output, "wb") as out:
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", block], cwd=tmp_path, env=environment(),
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


def test_there_are_blocks_to_run():
    assert len(list(blocks())) >= 5


def test_every_relative_link_leads_somewhere():
    broken = []
    for path in readmes():
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", (ROOT / path).read_text()):
            if not (ROOT / os.path.dirname(path) / target).exists():
                broken.append(f"{path}: {target}")
    assert not broken
