"""Counts of what was right and wrong, and the measures that follow from them."""
from collections import defaultdict
from dataclasses import dataclass

CLASSES = ("new", "retransmission", "out-of-order", "network-duplicate", "capture-duplicate", "keepalive", "window-probe")


@dataclass
class Miss:
    """One thing that a tool got wrong, or did not tell although it could be known."""
    scenario: str
    point: str
    place: str    # frame, connection or endpoint
    measure: str
    expected: str
    got: str

    def __str__(self):
        return f"{self.scenario}/{self.point} {self.place}: {self.measure}: expected {self.expected}, got {self.got}"


@dataclass
class Value:
    """A measure: its value, from how many things it was made, and whether less is better."""
    value: float
    of: int
    less_is_better: bool = False

    def is_worse_than(self, limit, margin=0.0):
        return self.value > limit + margin if self.less_is_better else self.value < limit - margin


class Tally:
    """All counts of one tool; the keys are (point, measure)."""

    def __init__(self, scenario=""):
        self.scenario = scenario
        self.ratios = defaultdict(lambda: [0, 0])                        # right, all
        self.classes = defaultdict(lambda: [0, 0, 0])                    # true positives, false ones, false negatives
        self.shares = defaultdict(lambda: defaultdict(lambda: [0.0, 0]))  # per state: sum of shares, how many
        self.medians = defaultdict(list)
        self.counts = defaultdict(int)                                   # of errors
        self.misses = []

    def miss(self, point, place, measure, expected, got):
        self.misses.append(Miss(self.scenario, point, str(place), measure, str(expected), str(got)))

    def judge(self, point, place, measure, expected, got, right=None):
        """Counts one thing that is right or wrong."""
        right = expected == got if right is None else right
        ratio = self.ratios[(point, measure)]
        ratio[0] += bool(right)
        ratio[1] += 1
        if not right:
            self.miss(point, place, measure, expected, got)
        return right

    def judge_class(self, point, frame, expected, got):
        """Counts for precision and recall of the classes."""
        if expected == got:
            self.classes[(point, "class." + expected)][0] += 1
            return
        self.classes[(point, "class." + expected)][2] += 1
        self.classes[(point, "class." + got)][1] += 1
        self.miss(point, f"frame {frame}", "class." + expected, expected, got)

    def judge_stated(self, point, frame, measure, expected, got, knowable=True):
        """Something that may honestly be unknown: right of what is stated, and how much is stated of what could be."""
        allowed = expected if isinstance(expected, (set, frozenset)) else {expected}
        wanted = "|".join(sorted(allowed))
        known = got not in ("", "unknown")
        if knowable:
            decided = self.ratios[(point, measure + ".stated")]
            decided[0] += known
            decided[1] += 1
        if known:
            self.judge(point, f"frame {frame}", measure + ".right", wanted, got, got in allowed)
        elif knowable:
            self.miss(point, f"frame {frame}", measure + ".stated", wanted, "unknown")

    def share(self, point, measure, state, share):
        cell = self.shares[(point, measure)][state]
        cell[0] += share
        cell[1] += 1

    def merge(self, other):
        for key, pair in other.ratios.items():
            self.ratios[key] = [a + b for a, b in zip(self.ratios[key], pair)]
        for key, triple in other.classes.items():
            self.classes[key] = [a + b for a, b in zip(self.classes[key], triple)]
        for key, states in other.shares.items():
            for state, pair in states.items():
                self.shares[key][state] = [a + b for a, b in zip(self.shares[key][state], pair)]
        for key, values in other.medians.items():
            self.medians[key] += values
        for key, count in other.counts.items():
            self.counts[key] += count
        self.misses += other.misses

    def values(self):
        """(point, measure) -> Value."""
        result = {}
        for key, (right, of) in self.ratios.items():
            if of:
                result[key] = Value(right / of, of)
        for key, (true, false, missed) in self.classes.items():
            # A class that occurs nowhere has no recall; what was wrongly put into it counts where it belongs.
            if true + missed and key[1].removeprefix("class.") in CLASSES:
                result[key] = Value(2 * true / (2 * true + false + missed), true + missed)
        for key, states in self.shares.items():
            means = [total / n for total, n in states.values() if n]
            if means:
                result[key] = Value(sum(means) / len(means), sum(n for _, n in states.values()))
        for key, values in self.medians.items():
            if values:
                result[key] = Value(sorted(values)[len(values) // 2], len(values), less_is_better=True)
        for key, count in self.counts.items():
            result[key] = Value(count, count, less_is_better=True)
        return result
