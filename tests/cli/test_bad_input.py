"""Bad input of any kind: exit status 2, a clear word on standard error, nothing on standard output,
and nothing sent."""
import json

import pytest

MINIMAL = """\
about: One user.
length: 1m
esm:
  - { name: esm01, address: 10.0.1.20, version: 4.1.3.33176 }
users:
  alice: { name: alice }
endpoints:
  pc: { host: PC-1, pool: 10.0.1.51/32 }
activity:
  - { logon: alice, on: pc, at: 0s, curve: at-once }
"""


def refused(ended, *words):
    ended.expect(2)
    assert ended.out == ""
    for word in words:
        assert word in ended.err, f"{word!r} is not in:\n{ended.err}"
    assert "error" in ended.err
    for mishap in ("terminate called", "Assertion", "AddressSanitizer", "runtime error"):
        assert mishap not in ended.err


@pytest.mark.parametrize(
    "words,said",
    [
        (["run"], ["SCENARIO"]),
        (["run", "first-contact"], ["--to is missing"]),
        (["run", "first-contact", "--to", "ftp://127.0.0.1"], ["ftp"]),
        (["run", "first-contact", "--to", "udp://127.0.0.1:99999"], ["99999"]),
        (["run", "first-contact", "--to", "null:", "--speed", "fast"], ["--speed", "fast"]),
        (["run", "first-contact", "--to", "null:", "--shard", "3/3"], ["--shard", "3/3"]),
        (["run", "first-contact", "--to", "null:", "--epoch", "yesterday"], ["--epoch", "yesterday"]),
        (["load", "--to", "null:", "--rate", "0"], ["--rate", "0"]),
        (["load", "--to", "null:", "--rate", "many"], ["--rate", "many"]),
        (["load", "--to", "null:", "--duration", "60"], ["--duration", "60", "60s"]),
        (["load", "--to", "null:", "--duration", "0s"], ["--duration"]),
        (["load", "--to", "null:", "--count", "0"], ["--count"]),
        (["load", "--to", "null:", "--count", "99999999999999999999999"], ["--count"]),
        (["load", "--to", "null:", "--size", "0"], ["--size"]),
        (["send", "--to", "null:", "--ip", "10.0.1.51"], ["--user is missing"]),
        (["send", "--to", "null:", "--user", "jdoe", "--ip", "10.0.1"], ["--ip", "10.0.1"]),
        (["send", "--to", "null:", "--user", "", "--ip", "10.0.1.51"], ["--user"]),
        (["listen"], ["--udp"]),
        (["listen", "--udp", "nowhere:5514"], ["--udp", "nowhere:5514"]),
        (["listen", "--tls", "127.0.0.1:0"], ["--tls-cert", "--tls-key"]),
        (["listen", "--udp", "127.0.0.1:0", "--timeout", "0"], ["--timeout", "'0' is no timeout"]),
        (["truth", "first-contact", "--at", "soon"], ["--at", "soon"]),
        (["truth", "first-contact", "--at", "1h", "--timeout", "0s"], ["--timeout", "'0s' is no timeout"]),
        (["verify", "--received", "x"], ["--run", "--scenario"]),
        (["verify", "--run", "/nonexistent/run.json", "--received", "-"], ["/nonexistent/run.json"]),
        (["render", "/nonexistent/scenario.yaml"], ["/nonexistent/scenario.yaml"]),
        (["render", "first-contact", "--template", "/nonexistent/t.yaml"], ["/nonexistent/t.yaml"]),
        (["check", "first-contact", "--profile", "/nonexistent/p.yaml"], ["/nonexistent/p.yaml"]),
        (["run", "first-contact", "--to", "tls://127.0.0.1:1", "--tls-ca", "/nonexistent/ca.pem"],
         ["/nonexistent/ca.pem"]),
        (["run", "first-contact", "--to", "null:", "--fail-if", "p99"], ["--fail-if", "p99"]),
        (["run", "first-contact", "--to", "null:", "--connect-timeout", "0s"],
         ["--connect-timeout: '0s' is too short", "at least 1ms"]),
        (["load", "--to", "null:", "--outage", "queue:0"], ["--outage: 'queue:0' is not understood", "queue:100k"]),
        (["load", "--to", "null:", "--outage", "wait"], ["--outage: 'wait' is not understood", "write drop, or queue:N"]),
        (["load", "--to", "null:", "--connect-rate", "0"], ["--connect-rate: "]),
        (["load", "--to", "null:", "--keepalive", "1500ms"], ["--keepalive: '1500ms' is out of range", "whole seconds"]),
        (["load", "--to", "null:", "--send-buffer", "1KiB"], ["--send-buffer: '1KiB' is out of range", "4KiB to 1GiB"]),
        (["load", "--to", "null:", "--tls-keylog", "keys"], ["no target is tls://"]),
        (["load", "--to", "tls://127.0.0.1:1", "--tls-keylog", "/nonexistent/keys"],
         ["/nonexistent/keys: error: --tls-keylog: cannot be written: No such file or directory"]),
        (["run", "first-contact", "--to", "tcp://127.0.0.1:1", "--tls-ca", "ca.pem"],
         ["no target is tls://", "--to tls://host:6514"]),
        (["run", "first-contact", "--to", "null:", "--report", "/nonexistent/run.json"],
         ["/nonexistent/run.json", "the report cannot be written", "does the folder exist?"]),
        (["run", "first-contact", "--to", "null:", "--report", "/"], ["/: error", "Is a directory"]),
        (["run", "first-contact", "--to", "-", "--report", "-"], ["--report -", "--to -", "run.json"]),
        (["run", "first-contact", "--to", "null:", "--report", "a.json", "--report", "a.json"], ["a.json is given twice"]),
        (["load", "--to", "null:", "--seed", "18446744073709551616"], ["--seed", "too large"]),
        (["load", "--to", "null:", "--duration", "99999999h"], ["'99999999h' is too long", "at most 10000d"]),
        (["load", "--to", "null:", "--duration", "4000d"], ["--duration: this is too long", "3650d"]),
        (["load", "--rate", "1k", "--count", "1000000000000", "--print-scenario"],
         ["--count: 1,000,000,000,000 messages take too long at this rate", "3650d"]),
        (["send", "--to", "null:", "--ip", "10.0.1.51", "--user", "j\ndoe"], ["--user: 'j\\x0adoe' holds a control character"]),
        (["send", "--to", "null:", "--ip", "10.0.1.51", "--user", "j{:05}"], ["--user: 'j{:05}' holds a brace"]),
        (["send", "--to", "null:", "--ip", "10.0.1.51", "--user", "CORP\\"], ["--user: 'CORP\\' lacks the user or the domain"]),
        (["listen", "--tcp", "127.0.0.1:0", "--tls-cert", "c.pem", "--tls-key", "k.pem"], ["--tls is not"]),
        (["listen", "--udp", "127.0.0.1:0", "--stop-after-idle", "0s"], ["--stop-after-idle", "too short"]),
        (["render", "first-contact", "--since", "10s", "--until", "5s"], ["--until 5s lies before --since 10s"]),
        (["verify", "--scenario", "first-contact", "--received", "/tmp"], ["/tmp: error", "is a directory"]),
        (["verify", "--scenario", "-", "--received", "-"], ["standard input", "only once"]),
        (["verify", "--scenario", "first-contact", "--received", "-", "--target", "1"], ["--target", "--run is missing"]),
        (["verify", "--scenario", "first-contact", "--mappings", "/dev/null"], ["/dev/null: error: this is no mapping table"]),
        (["check", "-", "-"], ["standard input", "only once"]),
        (["check", "first-contact", "--for", "nobody"], ["--for: 'nobody'", "known: panos-9, panos-10"]),
    ],
    ids=lambda value: " ".join(value[:6]) if isinstance(value, list) else None,
)
def test_options_that_are_wrong(run, words, said):
    refused(run(*words), *said)


@pytest.mark.parametrize(
    "old,new,said",
    [
        ("length: 1m", "length: 60", ["length", "60"]),
        ("length: 1m", "lenght: 1m", ["lenght", "length"]),
        ("pool: 10.0.1.51/32", "pool: 10.0.1.51/33", ["10.0.1.51/33"]),
        ("logon: alice", "logon: alcie", ["alcie", "alice"]),
        ("at: 0s", "at: 2h", ["2h"]),
        ("name: alice", "name: &a alice", []),
    ],
)
def test_a_scenario_that_is_wrong_names_its_line_and_shows_it(run, tmp_path, old, new, said):
    assert old in MINIMAL
    text = MINIMAL.replace(old, new)
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    line = 1 + next(i for i, (a, b) in enumerate(zip(MINIMAL.splitlines(), text.splitlines())) if a != b)
    for verb in (["render"], ["check"], ["truth"], ["run", "--to", "null:"]):
        ended = run(verb[0], path, *verb[1:])
        refused(ended, f"{path}:{line}:", "^", *said)


@pytest.mark.parametrize(
    "old,new,said",
    [
        ("length: 1m", "length: 1m\nreceiver: { for: panso-9 }", ["for: 'panso-9' is not a known receiver", "did you mean 'panos-9'?"]),
        ("length: 1m", "length: 1m\nreceiver: { profile: traps-bk }", ["'traps-bk'", "did you mean 'traps-kb'?"]),
        ("length: 1m", "length: 1m\nmessage: missing.yaml", ["missing.yaml: cannot open the template"]),
    ],
)
def test_a_name_that_leads_nowhere_is_shown_where_it_is_written(run, tmp_path, old, new, said):
    assert old in MINIMAL
    path = tmp_path / "wrong.yaml"
    path.write_text(MINIMAL.replace(old, new))
    refused(run("check", path), f"{path}:3:", "^", *said)


def test_a_quote_that_is_never_closed_is_shown_where_it_begins(run, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(MINIMAL.replace("about: One user.", 'about: "One user.'))
    ended = run("check", path)
    refused(ended, f"{path}:1:8: error: the quote that begins here is never closed")
    assert ended.err.count(": error: ") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["check", "FIFO"],
        ["render", "first-contact", "--template", "FIFO"],
        ["verify", "--scenario", "first-contact", "--received", "FIFO"],
        ["verify", "--run", "FIFO", "--received", "/dev/null"],
        ["run", "first-contact", "--to", "null:", "--report", "FIFO"],
    ],
    ids=lambda words: words[0] + words[-2],
)
def test_a_named_pipe_is_refused_and_does_not_hang(run, tmp_path, words):
    import os

    path = tmp_path / "pipe"
    os.mkfifo(path)
    refused(run(*(path if word == "FIFO" else word for word in words), seconds=30), str(path), "named pipe")


def test_the_pipe_of_a_shell_is_read(run):
    from tests.support.processes import binary, run_command

    ended = run_command(["bash", "-c", f"{binary()} check <({binary()} scenarios first-contact)"])
    ended.expect(0)


def test_an_unknown_option_is_told_once_and_its_value_is_left_alone(run):
    ended = run("load", "--to", "null:", "--sped", "5")
    refused(ended, "unknown option '--sped'")
    assert ended.err.count("error: ") == 1


def test_all_mistakes_of_a_scenario_are_told_at_once(run, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(MINIMAL.replace("length: 1m", "length: 60").replace("on: pc,", "on: cp,"))
    ended = run("check", path)
    refused(ended, "length", "cp")
    assert ended.err.count(": error: ") == 2


def test_a_scenario_is_read_from_standard_input(run):
    ended = run("render", "-", input=MINIMAL).expect(0)
    assert "duser=alice" in ended.out
    assert ended.out.endswith("\n")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"- just\n- a list\n", b"about: x\n\tlength: 1m\n", b"{" * 5000, b"a: " * 100_000],
    ids=["empty", "not-utf8", "a-list", "a-tab", "deep", "long"],
)
def test_a_file_that_is_no_scenario(run, tmp_path, content):
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    refused(run("check", path), str(path))


def test_a_folder_is_no_scenario(run, tmp_path):
    refused(run("check", tmp_path), str(tmp_path))


def test_a_huge_file_is_refused_before_it_is_read(run, tmp_path):
    path = tmp_path / "huge.yaml"
    with open(path, "wb") as file:
        file.truncate(1 << 30)  # sparse
    ended = run("check", path)
    refused(ended, str(path), "1 MiB" if "1 MiB" in ended.err else "1MiB")


def test_a_key_that_others_can_read_is_refused(run, pki, tmp_path):
    key = tmp_path / "open.key"
    key.write_bytes(pki.key("client").read_bytes())
    key.chmod(0o644)
    ended = run(
        "run", "first-contact", "--to", "tls://127.0.0.1:1", "--tls-ca", pki.ca,
        "--tls-cert", pki.cert("client"), "--tls-key", key,
    )
    refused(ended, str(key))


# 192.0.2.0/24 is documentation's: public by class, nobody's in fact.
@pytest.mark.parametrize(
    ("address", "kind"),
    [("192.0.2.1", "public"), ("224.0.0.251", "multicast"), ("255.255.255.255", "broadcast"), ("[2001:db8::1]", "public")],
)
@pytest.mark.parametrize(
    "words",
    [["run", "first-contact"], ["load", "--rate", "1"], ["send", "--user", "jdoe", "--ip", "10.0.1.51", "--quiet"]],
    ids=lambda words: words[0],
)
def test_public_addresses_are_refused_before_anything_is_sent(run, words, address, kind):
    ended = run(*words, "--to", f"udp://{address}:514")
    bare = address.strip("[]")
    assert ended.status == 2, ended.err
    assert ended.err.splitlines()[-2:] == [
        f"error: udp://{address}:514: {bare} is a {kind} address: nothing is sent there unless it is named",
        f"hint: if the receiver is yours to load, add --allow-public {bare}",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["load", "--rate", "1001", "--duration", "2s"],
        ["load", "--rate", "max", "--count", "1001"],
        ["run", "power-cut", "--speed", "max"],
        ["run", "power-cut", "--speed", "36000"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("target", ["udp://10.255.255.1", "tcp://192.168.255.1:5514", "tls://[fd00::1]"])
def test_load_on_a_private_network_is_refused_before_anything_is_opened(run, tmp_path, words, target):
    report = tmp_path / "run.json"
    ended = run(*words, "--to", target, "--to", f"file:{tmp_path / 'lines'}", "--report", report)
    ended.expect(2)
    assert ended.out == ""
    assert ended.err == (
        f"error: {target}: more than 1,000 messages a second are planned for a private address\n"
        "hint: if its network is yours to load: --allow-rate\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", [["render", "-"], ["check", "-"], ["run", "-", "--to", "-"]])
def test_an_esm_whose_name_cannot_be_a_hostname_is_refused_where_the_head_is_rfc_5424(run, tmp_path, verb):
    message = tmp_path / "m.yaml"
    message.write_text('format: text\nhead: rfc5424\ntext: "{session.user}"\n')
    scenario = MINIMAL.replace("name: esm01,", 'name: "esm 01",')
    ended = run(*verb, "--template", message, input=scenario)
    refused(ended)
    assert ended.err == (
        "<stdin>:4:5: error: esm: the name 'esm 01' cannot stand in an RFC 5424 head\n"
        '    4 |   - { name: "esm 01", address: 10.0.1.20, version: 4.1.3.33176 }\n'
        "      |     ^\n"
        f"hint: {message} puts it there as HOSTNAME: 1 to 255 visible ASCII characters, without spaces; "
        "give it such a name, or the template another head\n"
    )
    run("render", "-", input=scenario).expect(0)


@pytest.mark.parametrize(
    "change,said",
    [
        (lambda r: r.update(pad_to_bytes=5), "pad_to_bytes: 5 is too small for these messages"),
        (lambda r: r.update(pad_to_bytes=10**9), "pad_to_bytes: 1000000000 is out of range, 0 to 65507 are possible"),
        (lambda r: r["lanes"][0].update(esm=9), "lanes[0].esm names none of the scenario's ESMs"),
    ],
    ids=["small", "large", "esm"],
)
def test_a_record_whose_numbers_do_not_fit_its_scenario_is_refused(run, tmp_path, change, said):
    """Such a record once ended in an assertion, in messages of a gigabyte, in receivers that were blamed."""
    report = tmp_path / "run.json"
    lines = tmp_path / "lines"
    run("load", "--to", f"file:{lines}", "--count", 20, "--rate", "max", "--report", report).expect(0)
    record = json.loads(report.read_text())
    change(record)
    report.write_text(json.dumps(record))
    for words in (["verify", "--received", lines], ["render"], ["truth"]):
        ended = run(words[0], "--run", report, *words[1:])
        ended.expect(2)
        assert ended.out == ""
        assert ended.err == (
            f"{report}: error: {said}\n"
            "hint: this is no run record as --report writes it, or it was changed or cut\n"
        )
