"""tshark's syslog dissector, on datagrams of a capture that is written here: facility, severity, the heads of
RFC 3164 and RFC 5424, and the message, byte for byte."""
import datetime
import json
import re
import shutil
import struct

import pytest

from tests.support import processes

FIELDS = ("facility", "level", "msg", "hostname", "timestamp", "timestamp_rfc3164", "appname", "procid")


def capture(datagrams):
    """A capture of raw IP packets: UDP to port 514 on loopback."""
    yield struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    home = bytes([127, 0, 0, 1])
    for number, payload in enumerate(datagrams):
        udp = struct.pack(">HHHH", 40_000, 514, 8 + len(payload), 0) + payload
        packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0, home, home) + udp
        yield struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet


@pytest.fixture(scope="module")
def read(lines, tmp_path_factory):
    """(line, field → value) of every line."""
    assert shutil.which("tshark"), "tshark is not there: scripts/setup slow"
    file = tmp_path_factory.mktemp("tshark") / "lines.pcap"
    file.write_bytes(b"".join(capture(line.meant.line.encode() for line in lines)))
    # syslog.msg is shown cut at some length; the datagram's bytes are not.
    command = ["tshark", "-n", "-r", file, "-T", "json", "-e", "udp.payload", "-e", "_ws.malformed"]
    for field in FIELDS:
        command += ["-e", f"syslog.{field}"]
    packets = json.loads(processes.run_command(command).expect(0).out)
    assert len(packets) == len(lines)
    return [(line, packet["_source"]["layers"]) for line, packet in zip(lines, packets)]


def value(layers, field):
    return layers.get(f"syslog.{field}", [None])[0]


def test_facility_and_severity_are_those_of_the_pri(read):
    for line, layers in read:
        assert "_ws.malformed" not in layers, line.meant.line
        said = (int(value(layers, "facility")), int(value(layers, "level")))
        assert said == divmod(line.meant.pri, 8), line.meant.line
    assert len({line.meant.pri for line, _ in read}) > 2


def test_the_message_is_the_line_behind_its_pri(read):
    for line, layers in read:
        expected = re.sub(r"^<\d+>", "", line.meant.line)
        assert value(layers, "msg") == expected


def test_heads_of_rfc_3164_are_read(read):
    some = [(line.meant, layers) for line, layers in read if line.meant.head == "rfc3164"]
    assert some
    for meant, layers in some:
        assert (value(layers, "hostname"), value(layers, "timestamp_rfc3164")) == (meant.host, meant.time)


def test_heads_of_rfc_5424_are_read(read):
    some = [(line, layers) for line, layers in read if line.meant.head == "rfc5424"]
    assert some
    for line, layers in some:
        said = tuple(value(layers, field) for field in ("hostname", "appname", "procid"))
        assert said == (line.meant.host, "traps", "-")
        moment = datetime.datetime.fromisoformat(line.due["due"][:19])
        assert value(layers, "timestamp").startswith(f"{moment:%b} {moment.day:2}, {moment:%Y %H:%M:%S}")


def test_a_year_in_the_head_is_not_known_to_it(read):
    """RFC 3164 has no year, so tshark takes all of ESM's own head for the message: no reader of RFC 3164 has to
    do better, and ours is what ESM writes."""
    some = [layers for line, layers in read if line.meant.head == "esm"]
    assert some
    assert all(value(layers, "hostname") is None and value(layers, "timestamp_rfc3164") is None for layers in some)


def test_of_the_crooked_head_it_reads_the_host_and_drops_the_offset(read):
    """'Z' ends a time of RFC 3339, so that what ESM writes behind it is not an offset to tshark."""
    some = [(line.meant, layers) for line, layers in read if line.meant.head == "esm-5424"]
    assert some
    for meant, layers in some:
        assert value(layers, "hostname") == meant.host
        assert value(layers, "timestamp") is not None
