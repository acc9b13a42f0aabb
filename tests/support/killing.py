"""A receiver dies again and again in the middle of a run and comes back on the same ports, and at the end
the sender is stopped gently. What was stored is held to the run record, message by message."""
import collections
import dataclasses
import random
import signal
import time

from tests.support import processes
from tests.support.reports import Report

RATE = 2_000


@dataclasses.dataclass
class Outcome:
    """What is left of it, in figures; `wrong` is empty when the books held."""

    books: dict
    stored: int
    wrong: list


def die_and_return(there, how, dice):
    """The receiver takes some messages, dies, and takes messages in its next life."""
    life = there.lives - 1
    there.running.wait_until(lambda: len(there.stored(life)) > 100, "100 messages in this life", seconds=90)
    time.sleep(dice.random() * 0.3)  # any moment of its life
    there.running.signal(how)
    there.running.process.wait(60)
    there.start()


def play(there, target, options, folder, how, times, seed):
    """A run to `target` while `there`, which listens on it, dies `times` times by the signal `how`."""
    dice = random.Random(seed)
    report = folder / "run.json"
    sending = processes.Running(
        [processes.binary(), "load", "--to", target, "--rate", RATE, "--duration", "3600s", "--catch-up", "60s",
         "--report", report, *options], folder, "sender",
    )
    try:
        for _ in range(times):
            die_and_return(there, how, dice)
        life = there.lives - 1
        there.running.wait_until(lambda: len(there.stored(life)) > 100, "100 messages in the last life", seconds=90)
        sending.signal(signal.SIGTERM)
        ended = sending.wait(60).expect(3)  # the transport failed in mid-run: that status comes first
    finally:
        sending.stop()
    record = Report(report)
    assert "the transport failed" in ended.err
    return judged(there, record, report)


def judged(there, record, report):
    wrong = []
    books = record.books()
    lane, = record.record["lanes"]
    rendered = processes.run("render", "--run", report, "--limit", lane["due"]).expect(0)
    lines = rendered.out.encode().split(b"\n")[:-1]
    if len(lines) != lane["due"]:
        wrong.append(f"the plan has {len(lines)} messages, {lane['due']} were due")
    # One lane: a message's number is its place in the plan.
    fate = ["drained"] * lane["due"]
    for interval in lane["exceptions"]:
        listed = "uncertain" if interval["fate"] == "written" else interval["fate"]
        for number in range(interval["first"], interval["last"] + 1):
            fate[number] = listed
    # A stretch of the others: the exceptions within it stay what they are.
    for interval in lane.get("acknowledged", []):
        for number in range(interval["first"], interval["last"] + 1):
            if fate[number] == "drained":
                fate[number] = "acknowledged"
    # The receiver said goodbye when it had read everything; its files may come a little later.
    drained = {line for line, said in zip(lines, fate) if said == "drained"}
    deadline = time.monotonic() + 30
    while not drained <= set(there.stored()) and time.monotonic() < deadline:
        time.sleep(0.05)
    there.stop()
    stored = there.stored()
    said_of = dict(zip(lines, fate))
    doubled = [line for line, count in collections.Counter(stored).items() if count > 1]
    if doubled:
        wrong.append(f"{len(doubled)} messages are stored twice")
    if missing := drained - set(stored):
        wrong.append(f"{len(missing)} messages drained and are not stored")
    for line in stored:
        said = said_of.get(line, "never due")
        if said not in ("drained", "acknowledged", "uncertain"):
            wrong.append(f"stored, though {said}: {line.decode(errors='backslashreplace')}")
    if not books["drained"] <= len(stored) <= books["written"]:
        wrong.append(f"{len(stored)} are stored, {books['drained']} drained, {books['written']} written")
    if books["reconnects"] < there.lives - 1:
        wrong.append(f"{books['reconnects']} reconnects for {there.lives - 1} deaths")
    # Of what came over a connection the receiver stored the beginning, without a hole.
    number = {line: place for place, line in enumerate(lines)}
    for life in range(there.lives):
        numbers = {number[line] for line in there.stored(life) if line in number}
        holes = [between for between in range(min(numbers, default=0), max(numbers, default=0))
                 if between not in numbers and fate[between] in ("drained", "acknowledged", "uncertain")]
        if holes:
            wrong.append(f"of life {life} {len(holes)} messages are missing in the midst")
    return Outcome(books, len(stored), wrong)
