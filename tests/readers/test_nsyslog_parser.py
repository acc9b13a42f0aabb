"""nsyslog-parser of npm: heads, LEEF and CEF. Where it follows no standard, the difference is named and what it
then reads is computed, so that nothing else may differ."""
import json

import pytest

from tests.support.processes import ROOT, run_command

PACKAGES = ROOT / "build" / "readers"


@pytest.fixture(scope="module")
def read(lines):
    """read(texts) → what it makes of each."""
    assert (PACKAGES / "node_modules" / "nsyslog-parser").is_dir(), "nsyslog-parser is not there: scripts/setup slow"

    def read(texts):
        text = "".join(text + "\n" for text in texts)
        ended = run_command(["node", ROOT / "tests" / "readers" / "nsyslog.cjs", PACKAGES], input=text)
        return [json.loads(row) for row in ended.expect(0).out.splitlines()]

    return read


def up_to_second_equals(value):
    """It splits a pair at every '=' and drops what is behind the second."""
    return value.split("=")[0]


def is_known(meant):
    """It knows no codes of delimiters: x5E stands for three characters to it."""
    return meant.form == "leef1" or meant.header[5] in ("", meant.delimiter)


def leef_as_it_reads(meant):
    """It splits the header of LEEF 1.0 at seven pipes as if it were CEF's, so that a pipe in a value ends the
    message; the standard ends the header at the fifth."""
    count = len(meant.header)
    rest = meant.body.split("|", count)[count]
    fields = {}
    kept = rest.split("|")[0]
    whole = kept == rest
    for pair in kept.split(meant.delimiter):
        key, _, value = pair.partition("=")
        fields[key] = up_to_second_equals(value)
    return fields, whole


def test_leef_header_and_fields_are_those_that_were_meant(lines, read):
    some = [line.meant for line in lines if line.meant.form in ("leef1", "leef2") and is_known(line.meant)]
    whole_ones = 0
    for meant, entry in zip(some, read([meant.body for meant in some])):
        assert entry["type"] == "LEEF", meant.line
        names = ["leefVersion", "vendor", "product", "version", "eventID", "delimiter"][: len(meant.header)]
        assert [entry["leef"][name] for name in names] == meant.header, meant.line
        fields, whole = leef_as_it_reads(meant)
        assert entry["fields"] == fields, meant.line
        # The computed difference touches only lines with a pipe or '=' in a value.
        if whole and not any("=" in value for value in meant.fields.values()):
            whole_ones += 1
            assert entry["fields"] == meant.fields, meant.line
    assert whole_ones > len(some) // 2


def test_cef_header_and_fields_are_those_that_were_meant(lines, read):
    """It does not take the backslashes away, and ends a value at an escaped '='; an extension that a word with '='
    follows is another key to it, as the standard has it too."""
    some = [line.meant for line in lines if line.meant.form == "cef"]
    exact = total = 0
    for meant, entry in zip(some, read([meant.body for meant in some])):
        assert entry["type"] == "CEF", meant.line
        names = ["version", "deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassID", "name", "severity"]
        assert [entry["cef"][name] for name in names] == meant.header, meant.line
        assert list(entry["fields"]) == list(meant.fields), meant.line
        for key, value in meant.fields.items():
            escaped = value.replace("\\", "\\\\").replace("=", "\\=")
            assert entry["fields"][key] == up_to_second_equals(escaped), (key, meant.line)
            exact += entry["fields"][key] == value
            total += 1
    assert exact > 0.9 * total


def test_priority_is_read_and_so_is_the_host_of_an_rfc_head(lines, read):
    for line, entry in zip(lines, read([line.meant.line for line in lines])):
        assert (entry["facilityval"], entry["levelval"]) == divmod(line.meant.pri, 8), line.meant.line
        if line.meant.head in ("rfc3164", "rfc5424"):
            assert entry["host"] == line.meant.host, line.meant.line
        if line.meant.head == "esm":
            # RFC 3164 has no year: it takes that for the time, and the time for no host.
            assert entry["host"] == "", line.meant.line
