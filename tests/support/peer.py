"""Receivers that misbehave, driven step by step by a test: plain TCP, TLS, UDP."""
import os
import socket
import ssl
import struct

DEADLINE_SECONDS = 60  # nothing in here waits for longer; a busy machine and sanitizers are slow


class Connection:
    """One accepted connection. Every read has a deadline; what was read so far is in `got`."""

    def __init__(self, plain, tls=None):
        self.plain = plain
        self.tls = tls
        self.got = b""
        self._through().settimeout(DEADLINE_SECONDS)

    def _through(self):
        return self.tls or self.plain

    def read(self, size):
        """Until `size` bytes in all have come, or more."""
        while len(self.got) < size:
            piece = self._through().recv(65536)
            assert piece, f"the sender ended after {len(self.got)} bytes, {size} were expected"
            self.got += piece
        return self

    def read_exactly(self, size):
        """`size` bytes in all and not one more: the rest stays unread in the kernel."""
        while len(self.got) < size:
            piece = self._through().recv(size - len(self.got))
            assert piece, f"the sender ended after {len(self.got)} bytes, {size} were expected"
            self.got += piece
        return self

    def read_lines(self, count):
        """Until `count` whole lines have come, or more."""
        while self.got.count(b"\n") < count:
            self.read(len(self.got) + 1)
        return self

    def read_to_end(self):
        """Until the sender's end; True when it was a clean one."""
        try:
            while piece := self._through().recv(65536):
                self.got += piece
        except (ConnectionError, ssl.SSLError):
            return False
        return True

    @property
    def lines(self):
        """The whole lines that were read."""
        return self.got.split(b"\n")[:-1]

    def say(self, data):
        self._through().sendall(data)

    def say_below_tls(self, data):
        """Bytes on the connection that the TLS session knows nothing of."""
        with socket.socket(fileno=os.dup(self._through().fileno())) as below:
            below.settimeout(DEADLINE_SECONDS)
            below.sendall(data)

    def end(self):
        """FIN, on TLS without close_notify."""
        self._through().close()

    def end_with_close_notify(self):
        self.tls.settimeout(5)
        try:
            self.tls.unwrap()
        except (OSError, ssl.SSLError):
            pass  # the sender need not answer
        self.end()

    def reset(self):
        """RST, whatever is still unread."""
        self._through().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._through().close()


class Peer:
    """A TCP or TLS server; accept() gives the next connection.

    `socket_maker` makes the socket elsewhere, in another network namespace for example.
    """

    def __init__(self, address="127.0.0.1", tls_context=None, backlog=64, receive_buffer=None,
                 socket_maker=socket.socket):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listening = socket_maker(family, socket.SOCK_STREAM)
        self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listening.bind((address, 0))
        self.listening.listen(backlog)
        self.listening.settimeout(DEADLINE_SECONDS)
        self.address = address
        self.port = self.listening.getsockname()[1]
        self.tls_context = tls_context
        self.connections = []

    @property
    def target(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'tls' if self.tls_context else 'tcp'}://{host}:{self.port}"

    def accept(self, seconds=DEADLINE_SECONDS):
        self.listening.settimeout(seconds)
        plain, _ = self.listening.accept()
        plain.settimeout(DEADLINE_SECONDS)
        tls = None
        if self.tls_context:
            tls = self.tls_context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
        connection = Connection(plain, tls)
        self.connections.append(connection)
        return connection

    def close(self):
        """Refuses from now on; connections that were made go on."""
        self.listening.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        for connection in self.connections:
            for part in (connection.tls, connection.plain):
                if part:
                    part.close()


def server_context(pki, certificate="server", version=None, client_ca=None):
    """TLS as a receiver has it. `version`: this one only; `client_ca`: asks for a certificate of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.cert(certificate), pki.key(certificate))
    if version:
        context.minimum_version = context.maximum_version = version
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
