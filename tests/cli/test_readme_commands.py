"""The commands of the READMEs work as pasted.

A fenced block is run when its opening line says so: ```bash test. It runs in a folder of its own with
esm-sender on the PATH; `…` in it would be a promise it cannot keep, so there must be none. Within the
block, programs in the background are ended at its end. ```bash test status=6 names another exit
status than 0 of the last command.
"""
import os
import re
import signal
import subprocess

import pytest

from tests.support.processes import ROOT, binary, environment

FENCE = re.compile(r"^```bash test(?: status=(\d+))?\n(.*?)^```$", re.M | re.S)


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
            yield pytest.param(match.group(2), int(match.group(1) or 0), id=f"{path}:{line}")


@pytest.mark.parametrize("block,status", blocks())
def test_a_block_of_commands_works_as_pasted(block, status, tmp_path):
    assert "…" not in block, "a block that is run must be whole"
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "esm-sender").symlink_to(binary())
    env = environment()
    env["PATH"] = f"{folder}:{env['PATH']}"
    work = tmp_path / "work"
    work.mkdir()
    # A background listener needs a moment that a person has between two pasted lines: every command
    # of ours retries to connect, so streams need nothing; UDP waits for the ready file in the text.
    shell = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", block], cwd=work, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )
    try:
        # The shell's own end is waited for, not that of what it left in the background.
        shell.wait(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        raise AssertionError(f"did not end within 120 s:\n{block}") from None
    finally:
        try:
            os.killpg(shell.pid, signal.SIGTERM)  # only what this block started
        except ProcessLookupError:
            pass
    output = shell.stdout.read().decode(errors="backslashreplace")
    assert shell.returncode == status, f"$ {block}\n{output}"


def test_every_relative_link_leads_somewhere():
    broken = []
    for path in readmes():
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", (ROOT / path).read_text()):
            if not (ROOT / os.path.dirname(path) / target).exists():
                broken.append(f"{path}: {target}")
    assert not broken
