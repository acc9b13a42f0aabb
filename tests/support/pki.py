"""Throw-away certificates, made once and shared by all test processes."""
import fcntl
import os
import pathlib
import shutil
import subprocess
import time

from tests.support.processes import ROOT


class Pki:
    """Files of tests/receivers/make-test-pki.sh by name: pki.ca, pki.cert("server"), pki.key(…)."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @property
    def ca(self):
        return self.folder / "ca.pem"

    @property
    def other_ca(self):
        return self.folder / "otherca.pem"

    @property
    def crl(self):
        return self.folder / "ca.crl"

    def cert(self, name):
        return self.folder / f"{name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"


def test_pki():
    folder = ROOT / "build" / "test-pki"
    folder.parent.mkdir(exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "ca.crl"  # the last file that the script makes
        script = ROOT / "tests" / "receivers" / "make-test-pki.sh"
        fresh = (
            done.exists()
            and time.time() - done.stat().st_mtime < 30 * 86_400
            and done.stat().st_mtime > script.stat().st_mtime
        )
        if not fresh:
            shutil.rmtree(folder, ignore_errors=True)
            made = subprocess.run(["sh", script, folder], capture_output=True, check=False)
            assert made.returncode == 0, f"make-test-pki.sh failed: {made.stderr.decode()}"
    return Pki(folder)
