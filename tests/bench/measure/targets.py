"""What a release build must reach, and whether it did."""
import dataclasses

from tests.bench.measure.tables import short


@dataclasses.dataclass
class Target:
    what: str
    reached: float
    target: float
    at_most: bool = False
    beyond: str = ""  # why not even a program that does nothing but send would reach it here; empty: it would

    @property
    def met(self):
        return self.reached <= self.target if self.at_most else self.reached >= self.target

    @property
    def out_of_reach(self):
        return not self.met and self.beyond != ""

    @property
    def verdict(self):
        if self.met:
            return "met"
        return f"out of reach: {self.beyond}" if self.out_of_reach else "MISSED"


class Targets:
    """In the order in which they were measured."""

    def __init__(self):
        self.all = []

    def at_least(self, what, reached, target, beyond=""):
        self.all.append(Target(what, reached, target, beyond=beyond))

    def at_most(self, what, reached, target, beyond=""):
        self.all.append(Target(what, reached, target, at_most=True, beyond=beyond))

    def holds(self, what, met, beyond=""):
        """What is either so or not."""
        self.all.append(Target(what, float(met), 1.0, beyond=beyond))

    @property
    def missed(self):
        return sum(not target.met and not target.out_of_reach for target in self.all)

    def show(self):
        print(f"{'Targets':<58}{'reached':>13}{'target':>14}")
        for one in self.all:
            bound = ("<= " if one.at_most else ">= ") + short(one.target)
            print(f"  {one.what:<56}{short(one.reached):>13}{bound:>14}  {one.verdict}")
        met, beyond = (sum(getattr(one, which) for one in self.all) for which in ("met", "out_of_reach"))
        print(f"  {met} of {len(self.all)} met, {self.missed} missed, {beyond} out of reach of this machine")

    def tree(self):
        return [{**dataclasses.asdict(one), "met": one.met, "out_of_reach": one.out_of_reach} for one in self.all]
