"""What a receiver lost, found by comparing lines in the plainest way: sets of lines, the record's
exceptions read from its JSON. Nothing of it is taken from `verify`."""
import collections
import json


class Comparison:
    """`expected`: every line that was due, in the order of the one lane that sent them. `record`: the
    run record. `stored`: what the receiver has."""

    def __init__(self, expected, record, stored):
        record = json.loads(record.read_text())
        (lane,) = record["lanes"]
        certain = [number < lane["due"] for number in range(len(expected))]
        for exception in lane["exceptions"]:
            for number in range(exception["first"], exception["last"] + 1):
                certain[number] = False
        # What the receiver's kernel had when the connection ended badly.
        self.acknowledged = {
            number
            for interval in lane["acknowledged"]
            for number in range(interval["first"], interval["last"] + 1)
        }
        have = collections.Counter(stored)
        known = set(expected)
        self.invented = [line for line in have if line not in known]
        self.doubled = [line for line, count in have.items() if count > 1]
        # Runs of certain lines that are not there; what is excused neither makes nor ends one.
        self.intervals = []
        run = []
        for number, line in enumerate(expected):
            if not certain[number]:
                continue
            if line not in have:
                run.append(number)
            elif run:
                self.intervals.append((run[0], run[-1], len(run)))
                run = []
        if run:
            self.intervals.append((run[0], run[-1], len(run)))
        self.missing = sum(length for _, _, length in self.intervals)
        self.missing_numbers = [
            number for number, line in enumerate(expected) if certain[number] and line not in have
        ]
