"""A DNS server that answers as a test wants it to: addresses, NXDOMAIN, SERVFAIL, or nothing at all."""
import socket
import struct
import threading

NXDOMAIN, SERVFAIL = 3, 2


class NameServer:
    """`answer(name)` is asked for every question of type A: a list of addresses, a response code, or None
    for silence. Questions of other types get an empty answer. `bound` is a UDP socket, port 53."""

    def __init__(self, bound, answer):
        self.socket = bound
        self.answer = answer
        self.asked = []
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, though it says "not connected"
        except OSError:
            pass
        self.thread.join(10)
        self.socket.close()

    def _serve(self):
        while True:
            try:
                question, address = self.socket.recvfrom(4096)
            except OSError:
                return
            if not question:
                return
            reply = self._reply(question)
            if reply:
                self.socket.sendto(reply, address)

    def _reply(self, packet):
        identity, _, _ = struct.unpack("!HHH", packet[:6])
        end, labels = 12, []
        while packet[end]:
            labels.append(packet[end + 1:end + 1 + packet[end]].decode("ascii"))
            end += 1 + packet[end]
        kind = struct.unpack("!H", packet[end + 1:end + 3])[0]
        question = packet[12:end + 5]
        name = ".".join(labels)
        found = self.answer(name)
        if kind == 1:
            self.asked.append(name)
        if found is None:
            return None
        code = found if isinstance(found, int) else 0
        addresses = found if isinstance(found, list) and kind == 1 else []
        reply = struct.pack("!HHHHHH", identity, 0x8580 | code, 1, len(addresses), 0, 0) + question
        for address in addresses:
            reply += struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton(address)
        return reply
