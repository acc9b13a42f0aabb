"""`check` beyond its warnings: what a plan contains, for people and as rows for programs."""
import csv
import io
import json

import pytest

HEAD = "offset_ns,due,host,address,user,kind,esm,ordinal,template,fault"
QUOTES = """\
start: 2026-03-02T08:00:00Z
length: 2h
users: { office: { count: 2, name: 'o"ne, {}', domain: CORP }, bare: { name: bare } }
endpoints:
  vdi: { count: 2, host: "VD-{}", pool: 10.0.0.0/24, kind: persistent-vdi, heartbeat: 30m }
  pc: { host: PC, pool: 10.1.0.0/24, sites: { vpn: 10.2.0.0/24 } }
activity: [ { logon: office, on: vdi, at: 1h } ]
steps: [ { at: 10s, logon: bare, on: PC }, { at: 20s250ms, roam: PC, to: vpn } ]
"""


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_explanation_says_what_the_plan_contains(run):
    said = run("check", "morning-logon", "--explain").expect(0).out
    for line in (
        "length     4h, from 2026-03-02T07:55:00Z", "users      301 in 2 groups",
        "endpoints  300 in 1 group, through 1 ESM", "addresses  300 are used",
        "contested  none: no two users on one address less than 1s apart", "messages in 10m each:",
    ):
        assert f"\n{line}\n" in said, line
    assert max(map(len, said.splitlines())) <= 80


def test_the_plan_has_a_row_for_every_message(run):
    ended = run("check", "a-whole-day", "--print-plan").expect(0)
    assert ended.err == ""
    assert ended.out.startswith(HEAD + "\n")
    found = rows(ended.out)
    rendered = run("render", "a-whole-day").expect(0).out.splitlines()
    assert len(found) == len(rendered) > 1000
    for row, line in zip(found, rendered):
        assert f"dhost={row['host']}\t" in line
        assert f"dst={row['address']}\t" in line
        assert f"duser={row['user'].removeprefix('CORP' + chr(92))}\t" in line
    keys = [(int(row["offset_ns"]), row["host"], int(row["ordinal"])) for row in found]
    assert len(set(keys)) == len(keys)
    assert [key[0] for key in keys] == sorted(key[0] for key in keys)
    assert {row["esm"] for row in found} == {"esm01", "esm02"}


def test_values_with_commas_and_quotes_and_nobody_are_told_in_both_forms(run, tmp_path):
    path = tmp_path / "quotes.yaml"
    path.write_text(QUOTES)
    found = rows(run("check", path, "--print-plan").expect(0).out)
    lines = [json.loads(line) for line in run("check", path, "--print-plan=json").expect(0).out.splitlines()]
    assert [{key: str(value) for key, value in line.items()} for line in lines] == found
    assert {row["user"] for row in found} == {"", "bare", 'CORP\\o"ne, 1', 'CORP\\o"ne, 2'}
    assert [row for row in found if row["host"] == "PC"][:2] == [
        {
            "offset_ns": "10000000000", "due": "2026-03-02T08:00:10Z", "host": "PC", "address": "10.1.0.1",
            "user": "bare", "kind": "logon", "esm": "esm01", "ordinal": "0",
            "template": "traps-leef-heartbeat", "fault": "",
        },
        {
            "offset_ns": "20250000000", "due": "2026-03-02T08:00:20.250Z", "host": "PC", "address": "10.2.0.1",
            "user": "bare", "kind": "roam", "esm": "esm01", "ordinal": "1",
            "template": "traps-leef-heartbeat", "fault": "",
        },
    ]


def test_a_part_of_the_plan_is_that_part_of_the_whole(run):
    whole = run("check", "shift-change", "--print-plan=csv").expect(0).out.splitlines()[1:]
    part = run("check", "shift-change", "--print-plan", "--since", "50m", "--until", "1h").expect(0).out
    minute = 60 * 10**9
    assert part.splitlines()[1:] == [row for row in whole if 50 * minute <= int(row.split(",")[0]) < 60 * minute]
    assert run("check", "shift-change", "--print-plan", "--limit", "7").expect(0).out.splitlines()[1:] == whole[:7]
    shards = [
        row for index in range(3)
        for row in run("check", "shift-change", "--print-plan", "--shard", f"{index}/3").expect(0).out.splitlines()[1:]
    ]
    assert sorted(shards) == sorted(whole)


@pytest.mark.parametrize(
    "words,said",
    [
        (
            ["first-contact", "--limit", "3"],
            "error: check: --since, --until and --limit choose a part of --print-plan\n"
            "hint: add --print-plan, or leave them out\n",
        ),
        (
            ["first-contact", "--print-plan=cvs"],
            "error: --print-plan: 'cvs' is not known here\nhint: did you mean 'csv'?\n",
        ),
        (
            ["first-contact", "--print-plan", "--explain"],
            "error: check: either --print-plan or --explain\nhint: leave one of them out\n",
        ),
        (
            ["--print-plan", "first-contact", "desk-move"],
            "error: check: --print-plan takes one SCENARIO\nhint: one after the other\n",
        ),
        (
            ["first-contact", "--print-plan", "--since", "2h", "--until", "1h"],
            "error: --until 1h lies before --since 2h\nhint: swap them\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_go_together_is_said(run, words, said):
    ended = run("check", *words).expect(2)
    assert (ended.out, ended.err) == ("", said)
