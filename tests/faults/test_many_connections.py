"""Five thousand connections at once, from a shell that gives 256 descriptors and allows more."""
import resource
import subprocess

import pytest

from tests.support.processes import binary, environment
from tests.support.reports import Report

CONNECTIONS = 5_000


def few_at_first():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[1] < CONNECTIONS + 500, reason="so many descriptors are not allowed here"
)
def test_five_thousand_connections_each_take_their_messages(run, listener, tmp_path):
    there = listener("--sessions", CONNECTIONS + 10)
    record = tmp_path / "run.json"
    done = subprocess.run(
        [binary(), "load", "--to", there.target("tcp"), "--rate", "max", "--count", str(3 * CONNECTIONS),
         "--endpoints", str(CONNECTIONS), "--connections", str(CONNECTIONS), "--connect-timeout", "60s",
         "--close-timeout", "60s", "--drain-timeout", "60s", "--report", record],
        capture_output=True, text=True, timeout=90, env=environment(), preexec_fn=few_at_first, check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    there.finish().expect(0)
    books = Report(record).books()
    assert (books["connections"], books["drained"]) == (CONNECTIONS, 3 * CONNECTIONS)
    run("verify", "--run", record, "--received", there.received_file).expect(0)
