"""The language of templates is the same for the reader and in templates/README.md.

The reader is asked by its own words: an unknown key is answered with all the keys, an unknown placeholder with all
the placeholders, an unknown word with all the words.
"""
import re

import pytest

from tests.support.processes import ROOT

README = (ROOT / "templates/README.md").read_text()
UNKNOWN = "zzzzzzzzzzzz"


def section(title):
    return re.search(rf"^##* {title}\n(.*?)(?=^## |\Z)", README, re.M | re.S).group(1)


def first_cells(text):
    """The words in code of the first column of the tables, by the heading of the table."""
    found = {}
    for head, rows in re.findall(r"^\| ([^|]*?) \|.*\n\|---.*\n((?:\|.*\n)+)", text, re.M):
        cells = [re.split(r"(?<!\\) \| ", row)[0] for row in rows.splitlines()]
        found[head.strip("`")] = [word for cell in cells for word in re.findall(r"`([^`]*)`", cell)]
    return found


def said(run, tmp_path, text):
    path = tmp_path / "t.yaml"
    path.write_text(text)
    return run("render", "first-contact", "--template", path, "--limit", 1).expect(2).err


def possible(run, tmp_path, text):
    words = re.search(r"[pP]ossible: (.*)", said(run, tmp_path, text)).group(1)
    return re.split(r", | or ", words)


TABLES = first_cells(README)


def test_the_readme_documents_the_keys_that_the_reader_takes(run, tmp_path):
    err = said(run, tmp_path, f"format: leef2\nhead: rfc5424\n{UNKNOWN}: 1\n")
    keys = re.search(rf"unknown key '{UNKNOWN}'\n.*\n.*\nhint: keys here: (.*)", err).group(1).split(", ")
    assert sorted(TABLES["Key"]) == sorted(keys)


def test_the_readme_documents_the_placeholders_that_the_reader_knows(run, tmp_path):
    err = said(run, tmp_path, f'format: text\ntext: "{{{UNKNOWN}}}"\n')
    known = re.search(r"placeholders: (.*);", err).group(1).split(", ")
    assert [re.sub(r"[{}]|:.*", "", word) for word in TABLES["Placeholder"]] == known


def test_the_readme_documents_the_heads_the_forms_and_the_escapes(run, tmp_path):
    text = "format: text\ntext: m\n"
    assert TABLES["Head"] == possible(run, tmp_path, text + f"head: {UNKNOWN}\n")
    assert TABLES["escape"] == possible(run, tmp_path, text + f"escape: {UNKNOWN}\n")
    user = possible(run, tmp_path, f'format: text\ntext: "{{session.user:{UNKNOWN}}}"\n')
    assert TABLES["Form"] == user
    formats = possible(run, tmp_path, f"format: {UNKNOWN}\n")
    row = re.search(r"^\| `format` \| (.*?): ", README, re.M).group(1)
    assert re.findall(r"`(.*?)`", row) == formats


@pytest.mark.parametrize("number", range(3))
def test_the_examples_of_the_readme_render_as_it_says(run, tmp_path, number):
    examples = re.findall(r"\n\n((?:    .*\n)+)(?:\n`(<134>.*?)`)?", section("Examples"))
    assert len(examples) == 3
    text, line = examples[number]
    path = tmp_path / "t.yaml"
    path.write_text(re.sub(r"^    ", "", text, flags=re.M))
    out = run("render", "first-contact", "--template", path, "--limit", 1).expect(0).out.rstrip("\n")
    if line:
        assert out == line.replace("→", "\t")
    else:
        assert re.fullmatch(r'<134>1 \S+Z esm01 traps - - \[user@32473 name="jdoe"\] Service is alive', out)
