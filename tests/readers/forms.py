"""The forms as their standards define them, split once more: what a line means, to be held against what
readers make of it. Nothing here comes from the program or its templates."""
import csv
import dataclasses
import re

# Heads: ESM's own with a year, RFC 3164, RFC 5424 and ESM's crooked form of it, none.
HEADS = [
    ("esm", re.compile(r"<(?P<pri>\d+)>(?P<time>[A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d) (?P<host>\S+) ")),
    ("rfc3164", re.compile(r"<(?P<pri>\d+)>(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?P<host>\S+) ")),
    ("esm-5424", re.compile(r"<(?P<pri>\d+)>1 (?P<time>\S+Z[+-]\d\d:\d\d) (?P<host>\S+) - - - ")),
    ("rfc5424", re.compile(
        r"<(?P<pri>\d+)>1 (?P<time>\S+) (?P<host>\S+) (?P<app>\S+) (?P<proc>\S+) (?P<id>\S+) - ")),
    ("none", re.compile(r"(?P<pri>)(?P<time>)(?P<host>)")),
]


@dataclasses.dataclass
class Message:
    line: str
    head: str  # one of HEADS
    pri: int
    time: str
    host: str
    body: str
    form: str = "text"  # leef1, leef2, cef, csv, text
    header: list = dataclasses.field(default_factory=list)
    delimiter: str = ""
    fields: dict = dataclasses.field(default_factory=dict)
    columns: list = dataclasses.field(default_factory=list)


def split(line):
    """What the line means. Raises AssertionError where it breaks a rule of its own form."""
    for head, pattern in HEADS:
        found = pattern.match(line)
        if found:
            break
    message = Message(
        line, head, int(found["pri"] or -1), found["time"], found["host"], line[found.end():]
    )
    if message.body.startswith("LEEF:"):
        split_leef(message)
    elif message.body.startswith("CEF:0|"):
        split_cef(message)
    elif head == "esm-5424":
        message.form = "csv"
        (message.columns,) = csv.reader([message.body], strict=True)
    return message


def add(message, key, value):
    assert re.fullmatch(r"[A-Za-z0-9_.]+", key), f"no key: {key!r} in {message.line!r}"
    assert key not in message.fields, f"twice: {key!r} in {message.line!r}"
    message.fields[key] = value


def split_leef(message):
    parts = message.body.split("|")
    first = parts[0]
    assert first in ("LEEF:1.0", "LEEF:2.0"), first
    message.form = "leef1" if first == "LEEF:1.0" else "leef2"
    count = 5 if message.form == "leef1" else 6
    message.header = parts[:count]
    message.delimiter = "\t"
    if count == 6 and parts[5]:
        code = re.fullmatch(r"(?:0?x)([0-9A-Fa-f]{1,4})", parts[5])
        message.delimiter = chr(int(code[1], 16)) if code else parts[5]
        assert len(message.delimiter) == 1
    for pair in "|".join(parts[count:]).split(message.delimiter):
        key, equals, value = pair.partition("=")
        assert equals, f"no value: {pair!r} in {message.line!r}"
        add(message, key, value)


def split_cef(message):
    message.form = "cef"
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", message.body, maxsplit=7)
    header = [parts[i] + parts[i + 1] for i in range(0, 14, 2)]
    message.header = [re.sub(r"\\([\\|])", r"\1", part) for part in header]
    # A key is the word before an "=" that has no backslash before it.
    pieces = re.split(r"(?:^| )([A-Za-z0-9_]+)=", parts[14])
    assert pieces[0] == "", message.line
    for key, value in zip(pieces[1::2], pieces[2::2]):
        assert not re.search(r"(?<!\\)(?:\\\\)*=", value), f"a bare '=' in {message.line!r}"
        plain = re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m[1], m[1]), value)
        add(message, key, plain)
