#!/usr/bin/env python3
"""Scores tcpverdict against captures of which the truth is known.

The captures are scenarios of the laboratory (testdata/lab/README.md), as folders or as archives NAME.tar.xz.  Every capture
point of every scenario is analysed, and states, segments, losses and metrics are compared with what the kernel and the path
recorded.  tshark and tcptrace are scored by the same rules where they are installed: the program must not be behind them.
A measure below its line in FLOOR fails the test.  Exit status: 0, 1 below a floor or behind a peer, 2 wrong usage,
77 nothing to score here.
"""
import argparse
import concurrent.futures
import os
import subprocess
import sys
import tempfile

import artefacts
import floors
import peers
import program
import score_loss
import score_metrics
import score_segments
import score_states
import table
import truth
from tally import Tally

SKIPPED = 77
TOOL = "tcpverdict"


def main():
    args = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        places = args.place
        if args.fresh:
            places = [_run_laboratory(args, folder)]
        scenarios = []
        for index, place in enumerate(places):
            unpacked = os.path.join(folder, f"set{index}")
            scenarios += truth.load(unpacked if truth.unpack(place, unpacked) else place)
        scenarios = [scenario for scenario in scenarios if not args.only or scenario.name in args.only]
        for scenario in scenarios:
            if scenario.problems:
                print(f"left out: {scenario.name}: its own cross-checks failed: {'; '.join(scenario.problems)}")
        scenarios = [scenario for scenario in scenarios if not scenario.problems]
        if not scenarios:
            print(f"no scenarios in {' '.join(places)}")
            # A set that has a floor cannot just vanish.
            return 1 if any(name == args.set for name, _, _ in floors.read()) else SKIPPED
        tools = [TOOL] + ([] if args.no_peers else peers.installed())
        tallies = _score_all(args.program, scenarios, tools)
    return _report(args, scenarios, tallies)


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", nargs="*", help="folder with scenarios or their archives")
    parser.add_argument("--program", required=True, help="the tcpverdict to score")
    parser.add_argument("--set", help="name of the set in FLOOR; without it there is no floor")
    parser.add_argument("--fresh", metavar="LAB", help="run this laboratory and score what it records")
    parser.add_argument("--run", nargs="+", default=[], metavar="NAME", help="with --fresh: the scenarios to run")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="score these scenarios only")
    parser.add_argument("--details", action="store_true", help="list every miss")
    parser.add_argument("--raise", action="store_true", dest="raise_floor", help="write what was reached to FLOOR")
    parser.add_argument("--no-peers", action="store_true", help="leave out tshark and tcptrace")
    args = parser.parse_args()
    if bool(args.fresh) == bool(args.place) or bool(args.fresh) != bool(args.run):
        parser.error("either folders, or --fresh LAB --run NAME...")
    if args.raise_floor and (args.only or not args.set):
        parser.error("--raise needs --set, and the whole of it")
    return args


def _run_laboratory(args, folder):
    """Records the scenarios anew.  Ends the program where this machine cannot."""
    if not os.access(args.fresh, os.X_OK):
        print(f"{args.fresh}: there is no such laboratory")
        sys.exit(SKIPPED)
    into = os.path.join(folder, "fresh")
    os.mkdir(into)
    done = subprocess.run([args.fresh, "run", "-n", "3", "-o", into] + args.run, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    if done.returncode == SKIPPED:
        print((done.stdout + done.stderr).strip())
        sys.exit(SKIPPED)
    if done.returncode != 0:
        print(f"the laboratory failed:\n{done.stdout}{done.stderr}")
        sys.exit(1)
    return into


def _score_all(binary, scenarios, tools):
    """tool -> scenario -> Tally"""
    tallies = {tool: {scenario.name: Tally(scenario.name) for scenario in scenarios} for tool in tools}
    tshark = None
    if "tshark" in tools:
        views = (scenario.view(point) for scenario in scenarios for point in scenario.points())
        tshark = peers.Tshark([view for view in views if view.frames])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(tool, scenario.name, pool.submit(_score_point, binary, tool, scenario, point, tshark))
                for scenario in scenarios for point in scenario.points() for tool in tools]
        for tool, name, job in jobs:
            tallies[tool][name].merge(job.result())
    return tallies


def _score_point(binary, tool, scenario, point, tshark):
    tally = Tally(scenario.name)
    view = scenario.view(point)
    if not view.frames:
        return tally
    if tool != TOOL:
        peers.score(tool, view, tally, tshark)
        return tally
    result = program.run(binary, view.path)
    score_states.score(view, result, tally)
    score_segments.score(view, result.segment, tally)
    score_loss.score(view, result, tally)
    score_metrics.score(view, result, tally)
    artefacts.score(binary, view, tally)
    return tally


# ---- report ----

def _report(args, scenarios, tallies):
    totals = {}
    for tool, each in tallies.items():
        totals[tool] = Tally()
        for tally in each.values():
            totals[tool].merge(tally)
    values = {tool: total.values() for tool, total in totals.items()}
    floor = floors.read()
    _print_scenarios(scenarios, tallies)
    _print_totals(args, values, floor)
    _print_states(totals[TOOL])
    misses = totals[TOOL].misses
    if args.details:
        print()
        for miss in misses:
            print(miss)
        for tool in tallies:
            if tool != TOOL:
                print(f"\n{tool} misses {len(totals[tool].misses)}:")
                for miss in totals[tool].misses:
                    print(f"{tool}: {miss}")
    failed = _print_behind(values, misses)
    if args.set:
        failed = _print_floor(args, values[TOOL], floor, misses) or failed
    return 1 if failed else 0


_COLUMNS = (  # of the table per scenario: heading, tool, measures that begin so
    ("near", TOOL, ("state.near",)), ("far", TOOL, ("state.far",)), ("middle", TOOL, ("state.middle",)),
    ("inside", TOOL, ("interval.near.inside", "interval.far.inside", "interval.middle.inside")),
    ("class", TOOL, ("class.",)), ("tshark", "tshark", ("class.",)),
    ("needed", TOOL, ("needed.right",)), ("tshark", "tshark", ("needed.right",)),
    ("reason", TOOL, ("reason.right",)), ("tshark", "tshark", ("reason.right",)),
    ("lost", TOOL, ("lost.right",)), ("loss", TOOL, ("loss",)),
    ("rtt", TOOL, ("rtt_min", "rtt_max")), ("tshark", "tshark", ("rtt_min", "rtt_max")),
    ("tcptrace", "tcptrace", ("rtt_min", "rtt_max")),
    ("counts", TOOL, ("count.",)), ("tcptrace", "tcptrace", ("count.",)))


def _print_scenarios(scenarios, tallies):
    """Right of all, per scenario, over its capture points."""
    columns = [column for column in _COLUMNS if column[1] in tallies]
    rows = []
    for scenario in scenarios:
        cells = [_right_of_all(tallies[tool][scenario.name], starts) for _, tool, starts in columns]
        points = " ".join(point[0] for point in scenario.points())
        rows.append([scenario.name, points] + cells)
    print("\n".join(table.render(["scenario", "points"] + [column[0] for column in columns], rows)))


def _right_of_all(tally, starts):
    right = of = 0
    for (_, measure), pair in tally.ratios.items():
        if measure in starts or any(start.endswith(".") and measure.startswith(start) for start in starts):
            right, of = right + pair[0], of + pair[1]
    for (_, measure), (true, _, missed) in tally.classes.items():
        if measure.startswith("class.") and "class." in starts:
            right, of = right + true, of + true + missed
    for (_, measure), states in tally.shares.items():
        if measure in starts:
            right += sum(pair[0] for pair in states.values())
            of += sum(pair[1] for pair in states.values())
    return right / of if of else None


def _print_totals(args, values, floor):
    others = [tool for tool in values if tool != TOOL]
    rows = []
    for key, value in sorted(values[TOOL].items(), key=lambda item: (truth.POINTS.index(item[0][0]), item[0][1])):
        target = floors.target(key[1])
        rows.append([key[0], key[1], float(value.value)] +
                    [float(values[tool][key].value) if key in values[tool] and floors.is_shared(key[1]) else None
                     for tool in others] +
                    [floor.get((args.set, *key)), target, value.of,
                     "below target" if target is not None and value.is_worse_than(target, floors.TOLERANCE) else ""])
    print()
    print("\n".join(table.render(["point", "measure", TOOL] + others + ["floor", "target", "of", ""], rows)))


def _print_states(tally):
    """The share of time per state: what the state measures average."""
    rows = {}
    for (point, measure), states in tally.shares.items():
        if not measure.endswith(".strict"):
            for state, (total, n) in states.items():
                rows.setdefault(state, {})[f"{point} {measure.partition('.')[2]}"] = f"{total / n:.4f} ({n})"
    names = sorted({name for cells in rows.values() for name in cells})
    print()
    print("\n".join(table.render(["state", ""] + names,
                                 [[state, ""] + [cells.get(name) for name in names] for state, cells in sorted(rows.items())])))


def _print_behind(values, misses):
    """Lines on which another tool is better."""
    failed = False
    for tool in values:
        if tool == TOOL:
            continue
        for key, theirs in sorted(values[tool].items()):
            mine = values[TOOL].get(key)
            if floors.is_shared(key[1]) and mine is not None and mine.is_worse_than(theirs.value, 1e-9):
                failed = True
                print(f"\nbehind {tool}: {key[0]} {key[1]}: {mine.value:.4f}, {tool} {theirs.value:.4f}")
                _print_causes(key, misses)
    return failed


def _print_floor(args, values, floor, misses):
    worse, absent = floors.below(floor, args.set, values)
    for key in worse:
        print(f"\nbelow the floor: {key[0]} {key[1]}: {values[key].value:.4f}, floor {floor[(args.set, *key)]:.4f}")
        _print_causes(key, misses)
    for point, measure in absent:
        print(f"\nnot measured any more, though it has a floor: {point} {measure}")
    rising = floors.can_rise(floor, args.set, values)
    if args.raise_floor:
        floors.write(floors.raised(floor, args.set, values))
        print(f"\nwrote {floors.PATH}")
    elif rising:
        print("\nFLOOR can be raised (--raise): " + ", ".join(f"{point} {measure}" for point, measure in sorted(rising)[:12]) +
              (f" and {len(rising) - 12} more" if len(rising) > 12 else ""))
    return bool(worse or absent)


def _print_causes(key, misses):
    causes = [miss for miss in misses if (miss.point, miss.measure) == key or
              (miss.point == key[0] and key[1].startswith("class.") and key[1].removeprefix("class.") == miss.got)]
    for miss in causes[:20]:
        print(f"    {miss}")
    if len(causes) > 20:
        print(f"    and {len(causes) - 20} more (--details)")


if __name__ == "__main__":
    sys.exit(main())
