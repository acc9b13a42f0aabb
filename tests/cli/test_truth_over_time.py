"""`truth` over time: every change of the table, what a person would want, the difference, coverage."""
import collections
import csv
import io
import json

import pytest


def rows(run, *words):
    """The rows as CSV; JSON says the same."""
    table = list(csv.DictReader(io.StringIO(run("truth", *words, "--format", "csv").expect(0).out)))
    document = json.loads(run("truth", *words, "--format", "json").expect(0).out)
    assert document.pop("schema_version") == 1
    (listed,) = document.values()
    assert len(listed) == len(table)
    for one, other in zip(listed, table):
        assert {key: "" if value is None else str(value) for key, value in one.items() if key != "share"} == {
            key: value for key, value in other.items() if key != "share"
        }
        assert (one.get("share") or 0) == float(other.get("share") or 0)
    return table


def test_the_timeline_says_when_a_mapping_is_made_and_ends(run):
    out = run("truth", "first-contact", "--timeline").expect(0).out.splitlines()
    assert out[0].split() == ["at", "ip", "change", "user", "before"]
    changes = rows(run, "first-contact", "--timeline")
    assert len(changes) == len(out) - 1
    assert [row["change"] for row in changes[:3]] == ["mapped", "ended", "mapped"]
    assert len({row["ip"] for row in changes}) == 1


def test_the_timeline_leads_to_the_table(run):
    held = {}
    for row in rows(run, "morning-logon", "--timeline"):
        if row["change"] in ("mapped", "changed"):
            assert held.get(row["ip"], "") == row["before"]
            held[row["ip"]] = row["user"]
        else:
            assert held.pop(row["ip"]) == row["user"]
    table = csv.DictReader(io.StringIO(run("truth", "morning-logon", "--format", "csv").expect(0).out))
    assert held == {row["ip"]: row["user"] for row in table}


def test_a_window_of_the_timeline_is_a_part_of_it(run):
    whole = rows(run, "morning-logon", "--timeline", "--epoch", "2026-03-02T07:55:00Z")
    part = rows(
        run, "morning-logon", "--timeline", "--epoch", "2026-03-02T07:55:00Z", "--since", "10m", "--until", "20m"
    )
    assert part and part == [row for row in whole if "2026-03-02T08:05" <= row["time"] < "2026-03-02T08:15"]


def test_the_difference_is_between_the_ideal_and_the_table(run):
    moments = ["--at", "1h"]
    ideal = {row["ip"]: row["user"] for row in rows(run, "awkward-names", "--ideal", *moments)}
    table = {
        row["ip"]: row["user"]
        for row in csv.DictReader(
            io.StringIO(
                run("truth", "awkward-names", "--profile", "traps-kb", "--format", "csv", *moments).expect(0).out
            )
        )
    }
    differences = rows(run, "awkward-names", "--difference", "--profile", "traps-kb", *moments)
    whys = collections.Counter(row["why"] for row in differences)
    assert whys["misread"] > 3 and whys["unread"] == 1
    for row in differences:
        assert ideal.get(row["ip"], "") == row["wanted"]
        assert table.get(row["ip"], "") == row["held"]


def test_coverage_of_an_hourly_heartbeat_is_three_quarters(run):
    text = run("truth", "timeout-gap", "--coverage").expect(0).out
    assert "% are mapped where they sit, on average over these moments" in text
    sums = collections.Counter()
    for row in rows(run, "timeout-gap", "--coverage", "--every", "1m"):
        assert int(row["users"]) == sum(int(row[key]) for key in ("mapped", "misread", "unread", "stranger", "ended", "unheard"))
        sums.update({key: int(row[key]) for key in ("users", "mapped")})
    assert 0.70 < sums["mapped"] / sums["users"] < 0.80


@pytest.mark.parametrize(
    "words,problem",
    [
        (["--timeline", "--ideal"], "truth: --timeline, --ideal, --difference and --coverage exclude each other"),
        (["--coverage", "--format", "panos-xml"], "--format panos-xml is a form of the table alone"),
        (["--timeline", "--at", "1h"], "--at chooses moments of the table, of --ideal and --difference"),
        (["--since", "1h"], "--since and --until choose a part of --timeline and --coverage"),
        (["--every", "1m"], "--every is the step of --coverage, which is missing"),
        (["--coverage", "--every", "0s"], "--every: "),
    ],
)
def test_what_does_not_go_together_is_refused(run, words, problem):
    ended = run("truth", "first-contact", *words).expect(2)
    assert ended.out == "" and f"error: {problem}" in ended.err
