"""rsyslog's own parsers: heads, fields between one character (mmfields), CEF (liblognorm). Where it follows no
standard, the difference is named and what it then reads is computed, so that nothing else may differ."""
import json

import pytest

from tests.readers import reading

CEF_RULE = 'version=2\nrule=cef:%head:string-to{"extradata":"CEF:"}%%f:cef%\n'


@pytest.fixture(scope="module")
def read(lines, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rsyslog")
    (folder / "cef.rulebase").write_text(CEF_RULE)
    rows = reading.read(
        "rsyslog", lambda config: ["rsyslogd", "-n", "-f", config, "-i", folder / "pid"],
        [line.meant.line for line in lines], folder,
    )
    for row in rows:
        if isinstance(row["fields"], str):
            row["fields"] = json.loads(row["fields"] or "{}")
    return list(zip(lines, rows))


def test_the_priority_is_read(read):
    for line, row in read:
        assert int(row["pri"]) == line.meant.pri, line.meant.line


def test_host_and_time_of_every_head_are_read(read):
    """Of RFC 3164, which has no year, too; and ESM's own, whose year it knows from Cisco's."""
    for line, row in read:
        if line.meant.head == "esm-5424":
            continue
        if ":" in line.meant.host:
            # RFC 3164 allows IPv6 addresses there; rsyslog takes the colon for a tag's end and the sender for the host.
            assert row["host"] == "localhost", line.meant.line
        else:
            assert row["host"] == line.meant.host, line.meant.line
        due = line.due["due"]
        if line.meant.head == "rfc3164":
            assert row["time"][4:19] == due[4:19], line.meant.line
        else:
            assert row["time"][:19] == due[:19], line.meant.line


def test_application_and_message_id_of_rfc_5424_are_read(read):
    some = [row for line, row in read if line.meant.head == "rfc5424"]
    assert some
    assert {(row["app"], row["procid"], row["msgid"]) for row in some} == {("traps", "-", "beat")}


def test_the_crooked_head_is_no_rfc_5424_to_it(read):
    """'Z' ends a time of RFC 3339, and what ESM writes behind it makes the head wrong: rsyslog is right. It takes the
    priority and leaves the rest alone."""
    some = [(line.meant, row) for line, row in read if line.meant.head == "esm-5424"]
    assert some
    for meant, row in some:
        assert row["host"] != meant.host, meant.line


def test_leef_fields_are_those_that_were_meant(read):
    some = [(line.meant, row) for line, row in read if line.meant.form.startswith("leef")]
    assert some
    for meant, row in some:
        fields = [row["fields"][f"f{number}"] for number in range(1, len(row["fields"]) + 1)]
        if meant.form == "leef2" and len(meant.header[5]) == 1:
            fields = [fields[0] + meant.delimiter + fields[1], *fields[2:]]  # the header's own delimiter
        # Behind a head of RFC 3164 stands a tag, for which it takes "LEEF:".
        head = "|".join(meant.header).removeprefix("LEEF:") + "|"
        assert head in fields[0], meant.line
        fields[0] = fields[0].partition(head)[2]
        assert dict(field.split("=", 1) for field in fields) == meant.fields, meant.line


def test_cef_header_and_fields_are_those_that_were_meant(read):
    """liblognorm 2.0.6 passes over the character behind the header's last pipe, as if a space stood there; the
    standard has none. All but the first character of the first key is as meant."""
    some = [(line.meant, row["fields"]) for line, row in read if line.meant.form == "cef"]
    assert some
    names = ["DeviceVendor", "DeviceProduct", "DeviceVersion", "SignatureID", "Name", "Severity"]
    for meant, fields in some:
        assert "f" in fields, (meant.line, fields)
        assert [fields["f"][name] for name in names] == meant.header[1:], meant.line
        first = next(iter(meant.fields))
        expected = {(key[1:] if key == first else key): value for key, value in meant.fields.items()}
        assert fields["f"]["Extensions"] == expected, meant.line


def test_csv_columns_are_those_that_were_meant_where_none_is_quoted(read):
    """mmfields knows no quotes: a quoted comma parts two fields."""
    some = [(line.meant, row["fields"]) for line, row in read if line.meant.form == "csv"]
    unquoted = 0
    for meant, fields in some:
        found = [fields[f"f{number}"] for number in range(1, len(fields) + 1)]
        assert found[0].endswith(meant.columns[0]), meant.line
        if '"' in meant.body:
            assert ",".join(found[1:]) == meant.body.partition(",")[2], meant.line
        else:
            unquoted += 1
            assert found[1:] == meant.columns[1:], meant.line
    assert unquoted > len(some) // 2
