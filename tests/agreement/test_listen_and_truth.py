"""`listen` and `truth` come to the same table by different ways: one reads what arrives on its sockets
and lets a clock run, the other computes. On every shipped scenario, with the scenario's own profiles
and with a field identifier, at full speed and sixty times faster than real time."""
import json
import re
import signal
import time

import pytest

from tests.support.processes import run as run_program

SCENARIOS = run_program("--complete", "scenarios").expect(0).out.split()
FIELD = "traps-kb-field"
REAL_SECONDS = 50  # of a run at 60 times real time: fifty minutes of the scenario


def own_profiles(run, scenario):
    text = run("scenarios", scenario).expect(0).out
    found = re.search(r"^\s*receiver:.*?\bprofiles?: *(\[[^\]]*\]|[\w.-]+)", text, re.M)
    names = found.group(1).strip("[]").split(",") if found else ["traps-kb"]
    return [name.strip() for name in names]


def profile_words(names):
    return [word for name in names for word in ("--profile", name)]


def compared(run, report, there, *words):
    """How many mappings are as they must be; that any is not fails. The scenario's own expectations
    are another matter: at full speed nothing ends, and `verify` says so."""
    ended = run("verify", "--run", report, "--mappings", there.mappings_file, *words, "--format", "json")
    verdict = json.loads(ended.out)["mappings"]
    wrong = {name: verdict[name] for name in ("missing", "extra", "wrong_user", "wrong_remaining") if verdict[name]}
    assert not wrong, f"{ended.command}: {wrong}: {verdict['findings']}"
    return verdict["matched"]


def cases(run):
    for scenario in SCENARIOS:
        own = own_profiles(run, scenario)
        yield scenario, own
        # Where the messages are ESM's LEEF heartbeats, the field identifier reads them, too.
        if any(name.startswith("traps") for name in own):
            yield scenario, [FIELD]


def test_the_shipped_scenarios_have_both_families_and_both_kinds_of_profile(run):
    tables = [run("truth", scenario, "--at", "end").expect(0).out for scenario in SCENARIOS]
    assert any(re.search(r"^2001:", table, re.M) for table in tables)
    assert any(re.search(r"^10\.", table, re.M) for table in tables)
    assert {tuple(own) == (FIELD,) for _, own in cases(run)} == {True, False}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_at_full_speed_the_listener_learns_the_truth(run, listener, tmp_path, scenario):
    for number, (_, names) in enumerate(case for case in cases(run) if case[0] == scenario):
        there = listener(*profile_words(names))
        report = tmp_path / f"run-{number}.json"
        run(
            "run", scenario, "--to", there.target("tcp"), "--for", "rsyslog", "--speed", "max", *profile_words(names),
            "--report", report, "--quiet", seconds=120,
        ).expect(0)
        there.finish().expect(0)
        run("verify", "--run", report, "--received", there.received_file).expect(0)
        compared(run, report, there, "--at", "end")


@pytest.mark.parametrize("kind", ["own", "field"])
def test_at_sixty_times_real_time_mappings_end_when_the_truth_says(run, start, listener, tmp_path, kind):
    playing = []
    for scenario, names in cases(run):
        if (names == [FIELD]) != (kind == "field"):
            continue
        there = listener("--clock-speed", 60, *profile_words(names))
        report = tmp_path / f"{scenario}.json"
        sender = start(
            "run", scenario, "--to", there.target("tcp"), "--for", "rsyslog", "--speed", 60, "--catch-up", "60s",
            *profile_words(names), "--report", report, "--quiet", name=f"run-{scenario}",
        )
        playing.append((scenario, there, report, sender, time.time()))
    ended = 0
    for scenario, there, report, sender, began in playing:
        # Not before its time, and not by sleeping alone: a short scenario is over sooner.
        sender.wait_until(
            lambda sender=sender, began=began: sender.process.poll() is not None
            or time.time() - began > REAL_SECONDS,
            "fifty seconds of the run", 120,
        )
        if sender.process.poll() is None:
            sender.signal(signal.SIGINT)
        sender.wait(60)
        record = json.loads(report.read_text())
        taken = time.time()
        there.finish().expect(0)
        # As exactly as this machine was on time.
        late = record["lateness"].get("max_ns", 0) / 1e9 if isinstance(record.get("lateness"), dict) else 0
        tolerance = f"{int(2 + 2 * late + (time.time() - taken)) * 1000}ms"
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(taken)) + f".{int(taken % 1 * 1000):03d}Z"
        ended += compared(
            run, report, there, "--clock-speed", 60, "--taken-at", moment, "--tolerance", tolerance
        )
    assert ended > 500
