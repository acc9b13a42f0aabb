"""Files that cannot be written record nothing silently, and files that are no files are refused with the
reason. (Scenarios: tests/cli/test_bad_input.py. Standard output: tests/cli/test_trouble.py.)"""
import json
import os
import subprocess

import pytest

from tests.support.peer import Peer
from tests.support.processes import binary, environment
from tests.support.reports import Report


@pytest.fixture
def small_disk(tmp_path):
    """A tmpfs of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True,
                             text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"this machine mounts no tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=False)


def fill(folder, left=0):
    """Until only so many bytes are left of the disk."""
    free = os.statvfs(folder)
    (folder / "filler").write_bytes(bytes(free.f_bavail * free.f_frsize - left))


def test_a_report_that_does_not_fit_its_disk_is_told_and_the_run_has_failed(run, small_disk):
    fill(small_disk)
    ended = run("load", "--to", "null:", "--rate", "max", "--count", "100", "--report", small_disk / "run.json")
    assert ended.status not in (0, 130), ended.err
    assert f"{small_disk}/run.json" in ended.err
    assert "No space left on device" in ended.err
    # Nothing that could be taken for a whole record.
    record = small_disk / "run.json"
    assert not record.exists() or record.read_text() == ""


def test_a_target_file_on_a_full_disk_ends_the_run_with_exact_books(run, small_disk, tmp_path):
    report = tmp_path / "run.json"
    target = small_disk / "lines.log"
    ended = run("load", "--to", f"file:{target}", "--rate", "max", "--count", "10000", "--report", report).expect(3)
    assert "No space left on device" in ended.err
    books = Report(report).books()
    whole = target.read_bytes().count(b"\n")
    assert books["written"] - books["cut"] == whole > 0
    assert books["cut"] <= 1
    assert books["bytes_written"] <= target.stat().st_size


@pytest.mark.parametrize("option", ["--received-out", "--mappings-out"])
def test_a_listener_whose_disk_is_full_says_so_and_fails(start, run, small_disk, option):
    fill(small_disk, left=4096)
    ready = small_disk.parent / "ready.json"
    listening = start("listen", "--tcp", "127.0.0.1:0", "--ready-file", ready, option, small_disk / "out",
                      "--stop-after", "60s", "--stop-after-idle", "2s")
    listening.wait_until(ready.exists, "ready file")
    run("load", "--to", f"tcp://127.0.0.1:{json.loads(ready.read_text())['tcp'][0]}", "--rate", "max",
        "--count", "2000")
    ended = listening.wait()
    assert ended.status != 0, ended.err
    assert f"{small_disk}/out" in ended.err
    assert "No space left on device" in ended.err


KEY_FILES = ["--tls-ca", "--tls-cert", "--tls-key", "--tls-crl", "--tls-key-pass-file"]


@pytest.mark.parametrize("option", KEY_FILES)
def test_what_is_no_file_of_keys_or_certificates_is_refused_with_the_reason(run, pki, tmp_path, option):
    """A pipe nobody writes to, a folder, a gigabyte, nonsense, nothing: before anything is connected."""
    pipe, folder, big, nonsense = (tmp_path / name for name in ("pipe", "folder", "big", "nonsense"))
    os.mkfifo(pipe)
    folder.mkdir()
    with open(big, "wb") as file:
        file.truncate(1 << 30)
    nonsense.write_bytes(b"\xff\xfe no PEM\n")
    for private in (big, nonsense):
        private.chmod(0o600)
    others = {"--tls-cert": ["--tls-key", pki.key("client")], "--tls-key": ["--tls-cert", pki.cert("client")],
              "--tls-key-pass-file": ["--tls-cert", pki.cert("client"), "--tls-key", pki.key("client")]}
    with Peer() as peer:
        reasons = {pipe: "it is not a regular file", folder: "it is not a regular file", big: "it is longer than 4 MiB",
                   tmp_path / "missing": "No such file or directory"}
        if option != "--tls-key-pass-file":  # of which any text may be the phrase
            reasons[nonsense] = ""
        for path, reason in reasons.items():
            ended = run("load", "--to", f"tls://127.0.0.1:{peer.port}", "--count", "1", option, path,
                        *others.get(option, [])).expect(2)
            assert f"{path}: error: {option}: {reason}" in ended.err
            assert "hint: " in ended.err
        with pytest.raises(TimeoutError):
            peer.accept(seconds=0.1)


@pytest.mark.parametrize("words", [["check", "@"], ["check", "first-contact", "--template", "@"],
                                   ["check", "first-contact", "--profile", "@"]], ids=["scenario", "template", "profile"])
def test_what_is_no_scenario_template_or_profile_is_refused_with_the_reason(run, tmp_path, words):
    what = {"check": "scenario", "--template": "template", "--profile": "profile"}[words[-2]]
    pipe, folder, big, binary = (tmp_path / name for name in ("pipe", "folder", "big", "binary"))
    os.mkfifo(pipe)
    folder.mkdir()
    with open(big, "wb") as file:
        file.truncate(1 << 30)
    binary.write_bytes(b"about: \xff\xfe\n")
    limit = "1MiB" if what == "scenario" else "64KiB"
    for path, reason in {
        pipe: f"{pipe}: error: the {what} is a named pipe, whose writer may never come",
        folder: f"{folder}: error: the {what} is a directory",
        big: f"{big}: error: the {what} is longer than the {limit} allowed",
        binary: f"{binary}:1: error: this line is not valid UTF-8",
    }.items():
        ended = run(*[path if word == "@" else word for word in words]).expect(2)
        assert reason in ended.err
        assert ended.out == ""


def test_a_file_that_may_not_be_read_is_refused_with_the_reason(tmp_path):
    """Root may read everything: so the program runs as nobody."""
    if os.geteuid() != 0:
        pytest.skip("running as another user needs root")
    secret = tmp_path / "secret.yaml"
    secret.write_text("about: x\n")
    secret.chmod(0o000)
    # The way there must be open, and pytest's folders are not.
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_mode & 0o005 != 0o005 and str(folder) not in ("/", "/tmp"):
            folder.chmod(folder.stat().st_mode | 0o005)
    done = subprocess.run([str(binary()), "check", str(secret)], capture_output=True, text=True, timeout=60,
                          env=environment(), user=65534, group=65534, check=False)
    assert done.returncode == 2, done.stderr
    assert f"{secret}: error: cannot open the scenario: Permission denied" in done.stderr


BOUNDARIES = {
    "rate 0": (["--rate", "0", "--count", "1"], 2, "--rate"),
    "the slowest rate": (["--rate", "0.2", "--count", "1"], 0, ""),
    "the greatest rate": (["--rate", "10M", "--count", "1000", "--catch-up", "60s"], 0, ""),
    "a greater rate": (["--rate", "10000001", "--count", "1"], 2, "at most 10M a second"),
    "a rate that is none": (["--rate", "1000000001/s", "--count", "1"], 2, "at most 1000M messages a second"),
    "a rate beyond 64 bits": (["--rate", "18446744073709551616", "--count", "1"], 2, "--rate"),
    "duration 0": (["--rate", "1", "--duration", "0s"], 2, "--duration"),
    "a product beyond 64 bits": (["--rate", "1", "--count", "18446744073709551615"], 2, "take too long at this rate"),
    "a million endpoints": (["--rate", "max", "--count", "1000", "--endpoints", "1000000"], 0, ""),
    "too many endpoints": (["--rate", "1", "--count", "1", "--endpoints", "4000001"], 2, "--endpoints: 4000001 is out of range"),
    "too many connections": (["--rate", "1", "--count", "1", "--connections", "10001"], 2, "--connections: 10001 is out of range"),
    "too many threads": (["--rate", "1", "--count", "1", "--threads", "257"], 2, "--threads: 257 is out of range"),
}


@pytest.mark.parametrize("what", BOUNDARIES)
def test_figures_at_and_beyond_their_bounds(run, what):
    words, status, said = BOUNDARIES[what]
    ended = run("load", "--to", "null:", *words).expect(status)
    assert said in ended.err
    for mishap in ("terminate called", "Assertion", "AddressSanitizer", "runtime error"):
        assert mishap not in ended.err
