"""What a person reads before doing anything: help, version, names of things."""
import json
import re

import pytest

from tests.support.processes import ROOT

VERBS = [
    "run", "load", "send", "render", "check", "truth", "listen", "verify", "scenarios", "templates",
    "profiles",
]


def test_help_lists_every_verb_on_standard_output(run):
    ended = run("--help").expect(0)
    assert ended.err == ""
    for verb in VERBS:
        assert f"\n  {verb} " in ended.out, verb


def test_no_words_show_the_help_as_a_usage_error(run):
    ended = run().expect(2)
    assert ended.out == ""
    assert "Usage: esm-sender VERB" in ended.err


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_examples(run, verb):
    ended = run(verb, "--help").expect(0)
    assert ended.err == ""
    assert ended.out.startswith(f"Usage: esm-sender {verb}")
    assert f"esm-sender {verb}" in ended.out.split("Examples", 1)[1]


def test_version_is_one_line(run):
    ended = run("--version").expect(0)
    assert ended.out.startswith("esm-sender ")
    assert ended.out.count("\n") == 1


@pytest.mark.parametrize(
    "words,meant",
    [
        (["rnu", "first-contact"], "run"),
        (["lisen"], "listen"),
        (["--verison"], "--version"),
        (["run", "first-contact", "--spead", "60", "--to", "null:"], "--speed"),
        (["render", "first-contac"], "first-contact"),
        (["scenarios", "first-contac"], "first-contact"),
        (["run", "first-contact", "--to", "null:", "--for", "rsylog"], "rsyslog"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_slip_is_answered_with_what_was_meant(run, words, meant):
    ended = run(*words).expect(2)
    assert ended.out == ""
    assert "did you mean" in ended.err.lower()
    assert meant in ended.err


@pytest.mark.parametrize("verb", ["scenarios", "templates", "profiles"])
def test_what_is_shipped_is_listed_and_can_be_copied(run, verb, tmp_path):
    listed = run(verb).expect(0).out
    names = run("--complete", verb).expect(0).out.split()
    assert names
    for name in names:
        assert len(re.findall(rf"^ *{name} ", listed, re.M)) == 1, name
        text = run(verb, name).expect(0).out
        assert text.strip(), name
    if verb == "scenarios":
        # And what they name; a copy that lacks it is told how to get it.
        (tmp_path / "alone").mkdir()
        alone = tmp_path / "alone/mine.yaml"
        alone.write_text(run(verb, "messy-directory").out)
        hint = "hint: 'esm-sender scenarios messy-directory.csv > messy-directory.csv' writes the shipped one"
        assert hint in run("check", alone).expect(2).err
        for name in run("--complete", "scenario-files").expect(0).out.split():
            (tmp_path / name).write_text(run(verb, name).expect(0).out)
        for name in names:
            copy = tmp_path / f"{name}.yaml"
            copy.write_text(run(verb, name).out)
            run("check", copy).expect(0)


@pytest.mark.parametrize("verb", VERBS)
def test_help_verb_is_verb_help(run, verb):
    assert run("help", verb).expect(0).out == run(verb, "--help").expect(0).out


def test_the_receivers_of_the_command_are_those_of_the_schema(run):
    """An editor must offer what --for takes, framing by framing."""
    schema = json.loads((ROOT / "scenarios/schema.json").read_text())
    enums = []

    def walk(node):
        if isinstance(node, dict):
            if "panos-9" in node.get("enum", []):
                enums.append(node["enum"])
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(schema)
    said = run("check", "first-contact", "--for", "nobody").expect(2).err
    known = re.search(r"known: (.*)", said).group(1).split(", ")
    assert enums == [known]
    for name in known:
        run("check", "first-contact", "--for", name).expect(0)
