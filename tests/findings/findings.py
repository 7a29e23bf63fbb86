#!/usr/bin/env python3
"""Every finding that tcpverdict can make, in a capture that must make it say so, and beside its nearest rival, where it must
be silent: CASES.  README.md beside this file explains both.  Exit status: 0 fine, 1 a check failed, 2 usage.

    findings.py --program build/release/tcpverdict
    findings.py --program build/release/tcpverdict data.jitter 'host.*'        these codes alone, with all that was said
"""
import argparse
import fnmatch
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import captures
import table


def check_table(rows, codes):
    """Complaints about CASES itself: every code of |codes| needs a row with both sides."""
    wrong = []
    complete = {row.code for row in rows if row.said_in and row.silent_in}
    for code in codes:
        if code not in complete:
            wrong.append(f"{code}: no row with a case that says it and one in which a rival wins")
    for row in rows:
        for code in [row.code] + ([row.rival] if row.rival else []):
            if code not in codes:
                wrong.append(f"line {row.line}: there is no finding {code}")
        if row.code == row.rival:
            wrong.append(f"line {row.line}: {row.code} is no rival of itself")
    return wrong


def check_labels(rows, sources):
    """Complaints about cases that are not of the kind that their row names, or that the laboratory contradicts."""
    wrong = []
    for row in rows:
        said, silent = sources.get(row.said_in), sources.get(row.silent_in)
        if said and said.kind != row.kind:
            wrong.append(f"{row.code}: {row.said_in} is {said.kind}, not {row.kind}")
        if said and said.forbids(row.code):
            wrong.append(f"{row.code}: the scenario of {row.said_in} forbids it")
        if silent and silent.requires(row.code):
            wrong.append(f"{row.code}: the scenario of {row.silent_in} requires it")
        if silent and row.rival and silent.forbids(row.rival):
            wrong.append(f"{row.code}: the scenario of {row.silent_in} forbids {row.rival}")
    return wrong


def check_said(rows, said):
    """Complaints about the program: |said| has the set of codes of each case."""
    wrong = []
    for row in rows:
        if row.said_in:
            found = said[row.said_in]
            if row.code not in found:
                wrong.append(f"{row.code}: not said in {row.said_in}, but {listed(found)}")
            elif row.rival and not row.beside and row.rival in found:
                wrong.append(f"{row.code}: its rival {row.rival} is said in {row.said_in}, too")
        if row.silent_in:
            found = said[row.silent_in]
            if row.code in found:
                wrong.append(f"{row.code}: said in {row.silent_in}, where {row.rival or 'nothing'} should be")
            if row.rival and row.rival not in found:
                wrong.append(f"{row.code}: its rival {row.rival} is not said in {row.silent_in}, but {listed(found)}")
    return wrong


def listed(codes):
    return ", ".join(sorted(codes)) or "nothing"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the tcpverdict to test")
    parser.add_argument("codes", nargs="*", help="only rows of these codes (patterns)")
    a = parser.parse_args()
    codes, rows = table.codes(), table.rows()
    wrong = check_table(rows, codes)
    if a.codes:
        rows = [row for row in rows if any(fnmatch.fnmatchcase(row.code, p) for p in a.codes)]
    cases = sorted({case for row in rows for case in (row.said_in, row.silent_in) if case})
    with tempfile.TemporaryDirectory() as work:
        sources = captures.find(cases, work)
        wrong += check_labels(rows, sources)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            said = dict(zip(cases, pool.map(lambda case: captures.said(a.program, sources[case]), cases)))
    wrong += check_said(rows, said)
    print(table.summary(rows))
    if a.codes:
        for case in cases:
            print(f"{case}: {listed(said[case])}")
    for line in wrong:
        print("WRONG " + line)
    print(f"{len(codes)} findings, {len(rows)} rows, {len(cases)} cases, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
