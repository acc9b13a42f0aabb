"""syslog-ng's own parsers: heads, kv-parser and csv-parser. Where it follows no standard, the difference is named
and what it then reads is computed, so that nothing else may differ."""
import re

import pytest

from tests.readers import reading


@pytest.fixture(scope="module")
def everything_read(lines, tmp_path_factory):
    folder = tmp_path_factory.mktemp("syslog-ng")
    rows = reading.read(
        "syslog-ng",
        lambda config: ["syslog-ng", "-F", "-f", config, "-R", folder / "persist", "-p", folder / "pid",
                        "-c", folder / "control", "--no-caps"],
        [line.meant.line for line in lines], folder,
    )
    return list(zip(lines, rows)), (folder / "crooked.log").read_text().splitlines()


@pytest.fixture(scope="module")
def read(everything_read):
    return everything_read[0]


def test_the_priority_is_read(read):
    for line, row in read:
        if line.meant.head == "esm-5424":
            continue
        assert int(row["pri"]) == line.meant.pri, line.meant.line


def test_host_and_time_of_every_head_are_read(read):
    for line, row in read:
        if line.meant.head == "esm-5424":
            continue
        assert row["host"] == line.meant.host, line.meant.line
        due = line.due["due"]
        if line.meant.head == "rfc3164":
            assert row["time"][4:19] == due[4:19], line.meant.line
        else:
            assert row["time"][:19] == due[:19], line.meant.line


def header_of(row):
    header = row.get("header", {})
    return [header[key] for key in sorted(header)]


def test_the_crooked_head_is_an_error_to_it(everything_read):
    """'Z' ends a time of RFC 3339, and what ESM writes behind it makes the head wrong: syslog-ng is right. A source
    that expects RFC 5424 gives out an error in place of such a line."""
    read, crooked = everything_read
    assert len(crooked) == sum(line.meant.head == "esm-5424" for line, _ in read) > 0
    assert all(words.startswith("Error processing log message: <134>1 ") for words in crooked)


def pairs_as_it_reads(meant):
    """To it a word before '=' is a key in the midst of a value, too, whatever pair-separator says; the last of a
    name wins. So a decoy's msg is cut short, and what it imitates counts where no real one follows."""
    pairs = {}
    for key, value in meant.fields.items():
        pairs[key], *decoys = re.split(r" (?=[\w.-]+=)", value)
        pairs.update(decoy.split("=", 1) for decoy in decoys)
    return pairs


def test_leef_header_and_fields_are_those_that_were_meant(read):
    some = [(line, row) for line, row in read if line.meant.form.startswith("leef")]
    assert some
    for line, row in some:
        assert header_of(row) == line.meant.header, line.meant.line
        assert row["fields"] == pairs_as_it_reads(line.meant), line.meant.line
        # Only a decoy's msg has such words.
        assert row["fields"] == line.meant.fields or "decoy" in line.template, line.meant.line


def test_cef_header_is_the_one_that_was_meant(read):
    """It has no reader of CEF before version 4.4: its csv-parser reads the header."""
    some = [(line.meant, row) for line, row in read if line.meant.form == "cef"]
    assert some
    for meant, row in some:
        assert header_of(row) == meant.header, meant.line


def test_csv_columns_are_those_that_were_meant(read):
    """Of RFC 4180's "a""b" its parser keeps the closing quote."""
    some = [(line.meant, row) for line, row in read if line.meant.form == "csv"]
    assert some
    for meant, row in some:
        found = [row["fields"][key] for key in sorted(row["fields"])]
        assert found == [column + '"' if '"' in column else column for column in meant.columns], meant.line
