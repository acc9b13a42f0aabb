"""The receivers as set up here store what they are sent, with no sender of ours in play. A failure
here says that the other tests of this folder prove nothing."""
import socket
import ssl

import pytest

LINE = b"<134>Sep 28 2016 17:38:48 10.0.1.20 LEEF:1.0|A|B|1|Heartbeat|cat=Agent\tdst=10.0.1.51\tmsg=%d \xc3\xbc"


def messages(count):
    return [LINE % number for number in range(count)]


@pytest.mark.parametrize(
    "kind,port,framing",
    [
        ("rsyslog", "UDP", "none"),
        ("rsyslog", "TCP", "lf"),
        ("rsyslog", "TLS", "lf"),
        ("rsyslog", "TLS", "octet"),
        ("syslog-ng", "UDP", "none"),
        ("syslog-ng", "TCP", "lf"),
        ("syslog-ng", "TLS", "lf"),
        ("syslog-ng", "OCTET_TCP", "octet"),
        ("syslog-ng", "OCTET_TLS", "octet"),
    ],
)
def test_a_receiver_stores_frames_byte_for_byte(receiver, pki, kind, port, framing):
    sent = messages(50)
    there = receiver(kind)
    address = ("127.0.0.1", there.ports[port])
    if framing == "none":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for message in sent:
                sender.sendto(message, address)
    else:
        with socket.create_connection(address, timeout=10) as plain:
            stream = plain
            if "TLS" in port:
                context = ssl.create_default_context(cafile=pki.ca)
                stream = context.wrap_socket(plain, server_hostname="localhost")
            for message in sent:
                stream.sendall(message + b"\n" if framing == "lf" else b"%d %s" % (len(message), message))
            if "TLS" in port:
                stream.unwrap()
            there.wait_for_messages(len(sent), seconds=20)
    there.wait_for_messages(len(sent), seconds=20)
    assert there.stored() == sent, there.own_words()
