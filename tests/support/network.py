"""A network of our own to break: two namespaces joined by a veth pair. Needs root, iproute2, nftables.

    sender namespace 10.213.0.1/30 == veth == 10.213.0.2/30 receiver namespace

Everything lives in the two namespaces: nothing of the machine's own network is touched, and the
addresses cannot collide. What a killed test left is taken away by the next one.
"""
import ctypes
import itertools
import os
import re
import shutil
import socket
import subprocess
import threading

SENDER, RECEIVER = "10.213.0.1", "10.213.0.2"
_CLONE_NEWNET = 0x40000000
_number = itertools.count()


def why_not():
    """Why there can be no network of our own here; empty when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("ip", "nft", "tc"):
        if not shutil.which(tool):
            return f"{tool} is not there: scripts/setup test"
    name = f"esm-faults-{os.getpid()}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"this machine allows no network namespaces: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "delete", name], check=False)
    return ""


def _remove_leftovers():
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    for name in re.findall(r"^(esm-faults-(\d+)-\S+)", listed, re.M):
        if not os.path.exists(f"/proc/{name[1]}"):
            subprocess.run(["ip", "netns", "delete", name[0]], check=False)


class Network:
    def __init__(self):
        _remove_leftovers()
        base = f"esm-faults-{os.getpid()}-{next(_number)}"
        self.sender, self.receiver = f"{base}s", f"{base}r"
        for name in (self.sender, self.receiver):
            self._host("ip", "netns", "add", name)
        self._host("ip", "-n", self.sender, "link", "add", "wire", "type", "veth", "peer", "name", "wire",
                   "netns", self.receiver)
        for name, address in ((self.sender, SENDER), (self.receiver, RECEIVER)):
            self._host("ip", "-n", name, "address", "add", f"{address}/30", "dev", "wire")
            self._host("ip", "-n", name, "link", "set", "lo", "up")
            self._host("ip", "-n", name, "link", "set", "wire", "up")

    @staticmethod
    def _host(*words):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"$ {' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def close(self):
        for name in (self.sender, self.receiver):
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
            shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)

    def at_sender(self, *words):
        """Runs `ip netns exec` there and returns what it says."""
        return self._host("ip", "netns", "exec", self.sender, *map(str, words))

    def at_receiver(self, *words):
        return self._host("ip", "netns", "exec", self.receiver, *map(str, words))

    def command(self, *words):
        """`words` as a command line that runs in the sender's namespace, in the foreground."""
        return ["ip", "netns", "exec", self.sender, *map(str, words)]

    def etc(self, name, text):
        """/etc/NAME as programs in the sender's namespace see it."""
        folder = f"/etc/netns/{self.sender}"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/{name}", "w", encoding="ascii") as file:
            file.write(text)

    def drop(self, what):
        """The receiver's side drops what comes in and matches `what` of nftables, without a word."""
        self.at_receiver("nft", f"add table inet faults; add chain inet faults in {{ type filter hook input "
                                f"priority 0; }}; add rule inet faults in {what} drop")

    def heal(self):
        self.at_receiver("nft", "delete table inet faults")

    def receiver_socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM, *, at_sender=False):
        """A socket of the receiver's namespace; it stays one wherever it is used."""
        made = []

        def make():
            libc = ctypes.CDLL(None, use_errno=True)
            name = self.sender if at_sender else self.receiver
            with open(f"/run/netns/{name}", encoding="ascii") as namespace:
                # Of this thread alone, which ends at once.
                if libc.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
                    made.append(OSError(ctypes.get_errno(), f"setns {name}"))
                    return
            made.append(socket.socket(family, kind))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]
