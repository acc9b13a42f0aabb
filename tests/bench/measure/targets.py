"""What a release build must reach, and whether it did."""
import dataclasses

from tests.bench.measure.tables import short


@dataclasses.dataclass
class Target:
    what: str
    reached: float
    target: float
    at_most: bool = False

    @property
    def met(self):
        return self.reached <= self.target if self.at_most else self.reached >= self.target


class Targets:
    """In the order in which they were measured."""

    def __init__(self):
        self.all = []

    def at_least(self, what, reached, target):
        self.all.append(Target(what, reached, target))

    def at_most(self, what, reached, target):
        self.all.append(Target(what, reached, target, at_most=True))

    def holds(self, what, met):
        """What is either so or not."""
        self.all.append(Target(what, float(met), 1.0))

    @property
    def missed(self):
        return sum(not target.met for target in self.all)

    def show(self):
        print(f"{'Targets':<58}{'reached':>13}{'target':>14}")
        for one in self.all:
            bound = ("<= " if one.at_most else ">= ") + short(one.target)
            print(f"  {one.what:<56}{short(one.reached):>13}{bound:>14}  {'met' if one.met else 'MISSED'}")
        print(f"  {len(self.all) - self.missed} of {len(self.all)} met")

    def tree(self):
        return [{**dataclasses.asdict(one), "met": one.met} for one in self.all]
