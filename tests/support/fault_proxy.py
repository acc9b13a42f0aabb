"""A TCP proxy between the sender and a receiver that does damage on command, with the verbs that
toxiproxy has: cut, delay, throttle, corrupt, stall."""
import dataclasses
import socket
import struct
import threading
import time
import typing

PIECE = 16 * 1024
DEADLINE_SECONDS = 60


@dataclasses.dataclass
class Fault:
    """What is done to one connection. Offsets count the bytes of the way named by `way`: "up" from
    the sender to the receiver, "down" back."""

    way: str = "up"
    cut_after: typing.Optional[int] = None  # these bytes are passed on, then both sides end …
    how: str = "reset"  # … like this: "reset" or "fin"
    stall_after: typing.Optional[int] = None  # these bytes are passed on, then nothing is read
    corrupt_at: typing.Optional[int] = None  # this byte is inverted
    delay: float = 0.0  # seconds that every piece is held back
    bytes_per_second: typing.Optional[float] = None


class FaultProxy:
    """Listens on 127.0.0.1. `faults` are for the first, second … connection; later ones are passed
    on untouched."""

    def __init__(self, receiver_port, faults=(), receive_buffer=None):
        self.receiver = ("127.0.0.1", receiver_port)
        self.faults = list(faults)
        self.passed_on = []  # bytes up, by connection
        self.closing = False
        self.sockets = []
        self.threads = []
        self.listening = socket.socket()
        if receive_buffer:
            self.listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.listening.bind(("127.0.0.1", 0))
        self.listening.listen(64)
        self.port = self.listening.getsockname()[1]
        self._start(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        for each in [self.listening, *self.sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join(DEADLINE_SECONDS)
        for each in [self.listening, *self.sockets]:
            each.close()

    def _start(self, work, *words):
        thread = threading.Thread(target=work, args=words, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while not self.closing:
            try:
                sender, _ = self.listening.accept()
            except OSError:
                return
            number = len(self.passed_on)
            self.passed_on.append(0)
            fault = self.faults[number] if number < len(self.faults) else Fault()
            try:
                receiver = socket.create_connection(self.receiver, timeout=DEADLINE_SECONDS)
            except OSError:
                sender.close()
                continue
            receiver.settimeout(None)
            self.sockets += [sender, receiver]
            untouched = Fault(way=fault.way)
            self._start(self._pump, sender, receiver, fault if fault.way == "up" else untouched, number)
            self._start(self._pump, receiver, sender, fault if fault.way == "down" else untouched, None)

    def _pump(self, source, sink, fault, number):
        passed = 0
        try:
            while not self.closing:
                size = PIECE
                for stop in (fault.cut_after, fault.stall_after):
                    if stop is not None:
                        size = min(size, stop - passed)
                if size == 0:
                    if fault.cut_after is not None and passed == fault.cut_after:
                        self._end(source, sink, fault.how)
                    return  # a stall: the sockets stay open, nobody reads
                piece = source.recv(size)
                if not piece:
                    sink.shutdown(socket.SHUT_WR)
                    return
                if fault.corrupt_at is not None and passed <= fault.corrupt_at < passed + len(piece):
                    broken = bytearray(piece)
                    broken[fault.corrupt_at - passed] ^= 0xFF
                    piece = bytes(broken)
                if fault.delay:
                    time.sleep(fault.delay)
                if fault.bytes_per_second:
                    time.sleep(len(piece) / fault.bytes_per_second)
                sink.sendall(piece)
                passed += len(piece)
                if number is not None:
                    self.passed_on[number] = passed
        except OSError:
            # One side went: so does the other, in the same way.
            self._end(source, sink, "reset")

    @staticmethod
    def _end(source, sink, how):
        for each in (source, sink):
            try:
                if how == "reset":
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    # close() alone waits for the other thread's recv().
                    each.shutdown(socket.SHUT_RD)
                    each.close()
                else:
                    each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
