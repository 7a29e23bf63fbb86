"""The list of findings and the rows of CASES."""
import os
import re
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KINDS = ("kernel", "forged", "generated")


@dataclass
class Row:
    code: str
    kind: str
    said_in: str     # a case; "" in a row that only says where it is silent
    rival: str       # "": none, nothing of that sort is to be said
    beside: bool     # the rival may be said beside it
    silent_in: str   # a case, or ""
    why: str
    line: int


def codes():
    """Every code of finding_list.def, in its order."""
    with open(os.path.join(ROOT, "analyzer/diagnose/finding_list.def"), encoding="utf-8") as file:
        return re.findall(r'^TV_FINDING\("([^"]+)"', file.read(), re.M)


def rows(path=os.path.join(HERE, "CASES")):
    found = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip() and not line.startswith("#"):
                found.append(parse(line, number))
    return found


def parse(line, number):
    """One line of CASES; columns are two blanks apart or more.  Raises ValueError."""
    fields = [field for field in re.split(r"  +", line.strip())]
    if len(fields) != 6:
        raise ValueError(f"CASES, line {number}: {len(fields)} columns, not 6")
    code, kind, said_in, rival, silent_in, why = ("" if field == "-" else field for field in fields)
    if kind not in KINDS and (kind or said_in):
        raise ValueError(f"CASES, line {number}: {kind or '-'} is no kind")
    return Row(code, kind, said_in, rival.removeprefix("+"), rival.startswith("+"), silent_in, why, number)


def summary(chosen):
    """A table by kind: how many findings, and each with its case and its rival."""
    lines = []
    for kind in KINDS:
        of_kind = [row for row in chosen if row.kind == kind and row.said_in and row.silent_in]
        lines.append(f"{kind}: {len({row.code for row in of_kind})} findings")
        lines += [f"  {row.code:<35} {row.said_in:<40} silent beside {row.rival or 'nothing'}" for row in of_kind]
    return "\n".join(lines)
