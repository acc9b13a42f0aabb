"""Fixtures of the faults: a network to break, and the sender in it."""
import pytest

from tests.support import network as network_module
from tests.support import processes


@pytest.fixture(scope="session")
def why_no_network():
    return network_module.why_not()


@pytest.fixture
def network(why_no_network):
    """Two namespaces of our own, taken away at the end."""
    if why_no_network:
        pytest.skip(why_no_network)
    made = network_module.Network()
    yield made
    made.close()


@pytest.fixture
def start_in(network, tmp_path):
    """start_in("load", …) → Running: esm-sender in the sender's namespace."""
    started = []

    def starter(*words, name=None):
        running = processes.Running(
            network.command(processes.binary(), *words), tmp_path, name or f"{words[0]}-{len(started)}"
        )
        started.append(running)
        return running

    yield starter
    for running in started:
        running.stop()
