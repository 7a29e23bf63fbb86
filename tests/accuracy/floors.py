"""The file FLOOR: per set, point and measure what has been reached, below which the test fails.

One line each: SET POINT MEASURE VALUE.  Of measures of which less is better (errors counted, widths), the value is the most
that is allowed.
"""
import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "FLOOR")
TOLERANCE = 0.0005   # of rounding
WIDTH_TOLERANCE = 0.05  # ms
MARGIN = 0.002       # above the floor by this much: it can be raised
HEADER = """# What the program reaches, by tests/accuracy/accuracy.py: below (of widths and errors: above) it the test fails.
# Raised by accuracy.py --raise; see its --help.
# set point measure value
"""


def read(path=PATH):
    floor = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    name, point, measure, value = line.split()
                    floor[(name, point, measure)] = float(value)
    return floor


def write(floor, path=PATH):
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER)
        for (name, point, measure), value in sorted(floor.items()):
            file.write(f"{name} {point} {measure} {value:.4f}\n")


def tolerance(measure):
    return WIDTH_TOLERANCE if measure.endswith("_ms") else TOLERANCE


def below(floor, name, values):
    """The measures that are worse than their floor, and those of the floor that were not measured at all."""
    worse = [key for key, value in values.items()
             if (name, *key) in floor and value.is_worse_than(floor[(name, *key)], tolerance(key[1]))]
    absent = [(point, measure) for set_name, point, measure in floor
              if set_name == name and (point, measure) not in values]
    return worse, absent


def can_rise(floor, name, values):
    """Measures without a floor, or better than it by a margin."""
    result = []
    for key, value in values.items():
        if name == "fresh" and ((name, *key) in floor or target(key[1]) is None):
            continue
        old = floor.get((name, *key))
        margin = max(MARGIN, tolerance(key[1]))
        if old is None or (old - value.value if value.less_is_better else value.value - old) > margin:
            result.append(key)
    return result


def raised(floor, name, values):
    """A floor as high as |values|, never lower than before.  What is recorded anew each time differs each time: there the
    floor is no higher than the target, and a measure without one has none."""
    result = dict(floor)
    for key, value in values.items():
        limit = _FRESH.get(key[1].partition(".")[0], target(key[1])) if name == "fresh" else None
        if name == "fresh" and target(key[1]) is None:
            continue
        new = round(value.value, 4)
        old = result.get((name, *key))
        if old is not None:
            new = min(new, old) if value.less_is_better else max(new, old)
        if limit is not None:
            new = max(new, limit) if value.less_is_better else min(new, limit)
        result[(name, *key)] = new
    return result


# What the program is meant to reach.
_TARGETS = {
    "state.near": 0.99, "state.far": 0.97, "state.middle": 0.97,
    "interval.near.inside": 0.99, "interval.far.inside": 0.99, "interval.middle.inside": 0.99,
    "interval.near.width_ms": 2, "interval.far.width_ms": 2, "interval.middle.width_ms": 2,
    "class.retransmission": 0.99, "class.new": 0.95, "class.out-of-order": 0.95, "class.network-duplicate": 0.95,
    "class.capture-duplicate": 0.95, "needed.right": 0.95, "reason.right": 0.95, "lost.right": 0.95, "loss": 1.0,
    "class.false-retransmission": 0, "span.false-retransmission": 0, "skew.false-retransmission": 0, "loss.false": 0,
    "class.repetition-found": 1.0, "span.repetition-found": 1.0, "skew.repetition-found": 1.0,
    "rtt_min": 0.95, "rtt_p50": 1.0, "rtt_p95": 1.0, "rtt_max": 1.0,
    "count.retransmissions": 1.0, "count.retransmitted_bytes": 1.0, "count.unique_bytes": 1.0, "count.missing_bytes": 1.0,
}


# Of these, what a busy machine leaves of a few short scenarios recorded on it.
_FRESH = {"state": 0.95, "rtt_min": 0.9}


def target(measure):
    return _TARGETS.get(measure)


def is_shared(measure):
    """Do the peers have something to say on it?  How much they state is no merit: they cannot say that they do not know."""
    return measure.startswith(("class.", "count.", "rtt_min", "rtt_max")) or measure in ("needed.right", "reason.right")
