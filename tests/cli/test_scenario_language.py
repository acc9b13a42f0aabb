"""The language of scenarios is the same for the reader, in scenarios/README.md and in scenarios/schema.json.

The reader is asked by its own help: an unknown key is answered with all the keys that stand there, an unknown
word with all the words. Nothing is listed here a second time but the kinds of mappings. What the schema accepts
and refuses is tried by tests/schema.
"""
import json
import re

import pytest

from tests.support.processes import ROOT

README = (ROOT / "scenarios/README.md").read_text()
SCHEMA = json.loads((ROOT / "scenarios/schema.json").read_text())
UNKNOWN = "zzzzzzzzzzzz"
VERBS = {"logon", "logoff", "lock", "unlock", "sleep", "wake", "boot", "shutdown", "crash", "roam", "expect"}

# A scenario in which every example of the README finds whom it speaks of.
SCENARIO = {
    "start": "2026-03-02T08:00:00Z",
    "length": "9h",
    "users": '{ alice: { name: alice }, office: { count: 10, name: "user{:02}", domain: CORP } }',
    "endpoints": '{ office: { count: 10, host: "PC-{:05}", pool: 10.20.0.0/24, sites: { vpn: 10.30.0.0/24 } } }',
}
LOGON = "{ logon: office, on: office, at: 0m, silent: yes }"
EARLIER = "{ id: earlier, at: 1m, logon: alice, on: PC-00001 }"

# Every kind of mapping: the title of its part of the README, its keys where nothing else is asked for, and
# what the scenario has in which it stands.
MAPPINGS = {
    "scenario": ("The scenario", SCENARIO, lambda text: None),
    "parameter": ("`parameters`: a name each", {}, lambda text: {"parameters": f"{{ people: {text} }}"}),
    "esm": ("`esm`", {"name": "esm01", "address": "10.0.1.20"}, lambda text: {"esm": f"[ {text} ]"}),
    "clock-change": (
        "`clock-changes`: a list", {"at": "5m", "utc-offset": "+02:00"},
        lambda text: {"clock-changes": f"[ {text} ]"},
    ),
    "outage": (
        "`outages`: a list", {"at": "5m", "for": "10m"},
        lambda text: {"esm": f"[ {{ name: esm01, address: 10.0.1.20, outages: [ {text} ] }} ]"},
    ),
    "receiver": ("`receiver`", {}, lambda text: {"receiver": text}),
    "users": ("`users`: a group each", {"name": '"user{:02}"'}, lambda text: {"users": f"{{ office: {text} }}"}),
    "awkward": (
        "`awkward`: by kind", {}, lambda text: {"users": f'{{ office: {{ name: "user{{}}", awkward: {text} }} }}'},
    ),
    "endpoints": (
        "`endpoints`: a group each", {"host": '"PC-{:05}"', "pool": "10.20.0.0/22"},
        lambda text: {"endpoints": f"{{ office: {text} }}"},
    ),
    "site": (
        "`sites`: a place each", {"pool": "10.99.0.0/16"},
        lambda text: {"endpoints": f'{{ pc: {{ host: PC, pool: 10.20.0.0/24, sites: {{ vpn: {text} }} }} }}'},
    ),
    "activity": (
        "`activity`: a list", {"logon": "office", "on": "office", "at": "5m"},
        lambda text: {"activity": f"[ {text} ]" if "logon:" in text else f"[ {LOGON}, {text} ]"},
    ),
    "curve": (
        "`curve`", {"table": "{ 5m: 100% }"},
        lambda text: {"activity": f"[ {{ logon: office, on: office, at: 0m, curve: {text} }} ]"},
    ),
    "length": (
        "`for`: how long", None,
        lambda text: {"activity": f"[ {{ logon: office, on: office, at: 0m, for: {text} }} ]"},
    ),
    "step": (
        "`steps`: a list", {"at": "5m", "sleep": "PC-00002"},
        lambda text: {"activity": f"[ {LOGON} ]", "steps": f"[ {EARLIER}, {text} ]"},
    ),
    "fault": (
        "`faults`: a list", {"kind": "bom", "on": "office", "share": "2%"}, lambda text: {"faults": f"[ {text} ]"},
    ),
    "noise": (
        "`noise`: a list", {"message": "traps-leef-load", "on": "office"}, lambda text: {"noise": f"[ {text} ]"},
    ),
}


def flow(mapping):
    return "{ " + ", ".join(f"{key}: {value}" for key, value in mapping.items()) + " }"


def in_parts(text):
    """'a: 1, b: { c: 2, d: 3 }' → {'a': '1', 'b': '{ c: 2, d: 3 }'}"""
    parts, depth, quoted, start = {}, 0, False, 0
    for at, char in enumerate(text + ","):
        quoted ^= char == '"'
        depth += 0 if quoted else (char in "{[") - (char in "}]")
        if char == "," and depth == 0 and not quoted:
            key, _, value = text[start:at].strip().partition(": ")
            parts[key] = value
            start = at + 1
    return parts


def forms_of_lengths():
    return [in_parts(form[1:-1]) for form in re.findall(r"^\| `(\{.*?\})` \|", section("length"), re.M)]


def with_mapping(kind, mapping):
    """The scenario in which one mapping of the kind is this one."""
    parts = MAPPINGS[kind][2](flow(mapping))
    scenario = mapping if parts is None else SCENARIO | parts
    return "\n".join(f"{key}: {value}" for key, value in scenario.items()) + "\n"


def check(run, tmp_path, *texts):
    paths = [tmp_path / f"{number}.yaml" for number in range(len(texts))]
    (tmp_path / "people.csv").write_text("name\nalice\n")
    for path, text in zip(paths, texts):
        path.write_text(text)
    return run("check", *paths)


CARET = r"(?:\n +\d* \|.*)*\n"  # shown where the line is not too long


def known_keys(run, tmp_path, kind):
    """What the reader takes there, by its own words."""
    bases = forms_of_lengths() if kind == "length" else [MAPPINGS[kind][1]]
    texts = [with_mapping(kind, base | {UNKNOWN: "1"}) for base in bases]
    said = check(run, tmp_path, *texts).expect(2).err
    hints = re.findall(rf"unknown key '{UNKNOWN}'{CARET}hint: keys here: (.*)", said)
    assert len(hints) == len(bases), said
    return {key for hint in hints for key in hint.split(", ")}


def known_words(run, tmp_path, kind):
    """Of every key that takes one of a few words, those words."""
    if kind in ("curve", "length"):
        return {}
    keys = known_keys(run, tmp_path, kind) - set(MAPPINGS[kind][1]) - VERBS
    text = with_mapping(kind, MAPPINGS[kind][1] | dict.fromkeys(keys, UNKNOWN))
    said = check(run, tmp_path, text).err
    found = re.findall(rf"error: (\S+): '{UNKNOWN}' is not known here{CARET}hint: possible: (.*)", said)
    return {key: re.split(r", | or ", words) for key, words in found}


def section(kind):
    """The part of the README, without the parts below it that speak of other mappings."""
    title = re.escape(MAPPINGS[kind][0])
    return re.search(rf"^##+ {title}\n(.*?)(?=^##|\Z)", README, re.M | re.S).group(1)


def rows(kind):
    """The README's table of keys: [(keys, is, meaning, default, example)]"""
    found = []
    for line in section(kind).splitlines():
        cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split(" | ")]
        if line.startswith("| `") and len(cells) >= 4:
            found.append((re.findall(r"`([^`]*)`", cells[0]), *cells[1:]))
    return found


def documented_keys(kind):
    if kind in ("curve", "length"):
        forms = re.findall(r"^\| `\{(.*?)\}` \|", section(kind), re.M)
        return {key for form in forms for key in in_parts(form)}
    return {key for row in rows(kind) for key in row[0]}


@pytest.mark.parametrize("kind", MAPPINGS)
def test_the_readme_documents_what_the_reader_takes_and_nothing_else(run, tmp_path, kind):
    assert documented_keys(kind) == known_keys(run, tmp_path, kind)


@pytest.mark.parametrize("kind", MAPPINGS)
def test_the_readme_explains_every_word_of_a_choice(run, tmp_path, kind):
    for key, words in known_words(run, tmp_path, kind).items():
        where = section(key if key == "curve" else "fault" if key in ("fault", "verdict") else kind)
        if words == ["yes", "no", "true", "false"]:
            assert re.search(rf"^\| `{key}` \| yes/no \|", where, re.M)
            continue
        for word in words:
            assert f"`{word}`" in where, (key, word)


def test_choices_are_found_where_there_are_some(run, tmp_path):
    found = {(kind, key) for kind in MAPPINGS for key in known_words(run, tmp_path, kind)}
    assert found >= {
        ("users", "form"), ("endpoints", "kind"), ("endpoints", "idle"), ("endpoints", "heartbeat-clock"),
        ("activity", "curve"), ("activity", "then"), ("activity", "seats"), ("activity", "silent"), ("step", "silent"),
        ("step", "fault"), ("fault", "verdict"),
    }


def test_every_row_of_the_readme_is_whole():
    for kind in MAPPINGS:
        if kind in ("curve", "length"):
            continue
        for keys, *cells in rows(kind):
            assert len(cells) == 4, (kind, keys, cells)
            what, meaning, default, example = cells
            assert what and meaning and example, (kind, keys)
            # Of verbs only the first says how many are needed.
            assert default or set(keys) <= VERBS, (kind, keys)


@pytest.mark.parametrize("kind", [kind for kind in MAPPINGS if kind not in ("curve", "length")])
def test_every_example_of_the_readme_is_taken(run, tmp_path, kind):
    texts = []
    for keys, *_, examples in rows(kind):
        for example in re.findall(r"`([^`]+)`", examples):
            parts = in_parts(example)
            assert set(keys) & set(parts), f"{example} does not show {keys}"
            base = dict(MAPPINGS[kind][1])
            if VERBS & set(parts):
                base = {key: value for key, value in base.items() if key not in VERBS | {"on"}}
            if "after" in parts:
                del base["at"]
            if "file" in parts:
                del base["name"]
            texts.append(with_mapping(kind, base | parts))
    assert texts
    check(run, tmp_path, *texts).expect(0)


@pytest.mark.parametrize("kind,key", [("length", "for"), ("curve", "curve")])
def test_every_form_of_the_readme_is_taken(run, tmp_path, kind, key):
    cells = re.findall(r"^\| (`.*?`) \|", section(kind), re.M)[1:]
    forms = [form for cell in cells for form in re.findall(r"`(.*?)`", cell)]
    assert len(forms) > 5
    base = MAPPINGS["activity"][1]
    (tmp_path / "arrivals.csv").write_text("time,count\n15m,120\n")
    check(run, tmp_path, *(with_mapping("activity", base | {key: form}) for form in forms)).expect(0)


def schema_of(kind):
    return SCHEMA if kind == "scenario" else SCHEMA["definitions"][kind]


def required_of(schema):
    """The keys that must be there, or may be missing only where another key stands in for them."""
    return schema.get("required", []) + schema.get("anyOf", [{}])[0].get("required", [])


def words_of(prop):
    """Those of a choice: its own, those of what it refers to, or of one of its forms."""
    if "$ref" in prop:
        prop = SCHEMA["definitions"][prop["$ref"].rpartition("/")[2]]
    for form in prop.get("anyOf", [prop]):
        if "enum" in form:
            return {{True: "true", False: "false"}.get(word, word) for word in form["enum"]}
    return None


@pytest.mark.parametrize("kind", MAPPINGS)
def test_the_schema_knows_what_the_reader_takes_and_nothing_else(run, tmp_path, kind):
    assert set(schema_of(kind)["properties"]) == known_keys(run, tmp_path, kind)
    for key, words in known_words(run, tmp_path, kind).items():
        assert words_of(schema_of(kind)["properties"][key]) == set(words), key


def test_the_schema_has_no_mapping_that_the_reader_was_not_asked_about():
    def with_keys(part, path):
        if isinstance(part, dict):
            if "object" in part.get("type", "") and "properties" in part:
                yield path
            for key, inner in part.items():
                if key not in ("examples", "default", "if", "then"):
                    yield from with_keys(inner, f"{path}/{key}")
        elif isinstance(part, list):
            for inner in part:
                yield from with_keys(inner, path)

    expected = {"" if kind == "scenario" else f"/definitions/{kind}" for kind in MAPPINGS}
    assert set(with_keys(SCHEMA, "")) == expected
    # And any other mapping has keys of the writer's own, whose values are said.
    for kind in MAPPINGS:
        for key, prop in schema_of(kind)["properties"].items():
            assert prop.get("type") != "object" or "additionalProperties" in prop, (kind, key)


@pytest.mark.parametrize("kind", MAPPINGS)
def test_the_schema_explains_every_key_with_the_readmes_default(kind):
    defaults = {key: row[-2] for row in rows(kind) for key in row[0] if len(row) == 5}
    for key, prop in schema_of(kind)["properties"].items():
        assert prop["description"].endswith("."), (kind, key)
        if key in defaults:
            alone = re.fullmatch(r"`([^`]*)`", defaults[key])
            assert alone is None or str(prop["default"]) == alone.group(1), (kind, key)
            assert "default" not in prop or alone, (kind, key)
            required = defaults[key] == "required" and (kind in ("noise", "fault") or key not in ("at", "on", "to"))
            assert (key in required_of(schema_of(kind))) == required or key == "at", (kind, key)


def test_the_schema_names_what_is_shipped(run):
    shipped = {what: run("--complete", what).expect(0).out.split() for what in ("templates", "profiles", "receivers")}
    assert SCHEMA["properties"]["message"]["examples"] == shipped["templates"]
    assert schema_of("receiver")["properties"]["profile"]["examples"] == shipped["profiles"]
    assert words_of(schema_of("receiver")["properties"]["for"]) == set(shipped["receivers"])


def test_the_program_has_the_schema_in_it(run):
    assert json.loads(run("scenarios", "--schema").expect(0).out) == SCHEMA
