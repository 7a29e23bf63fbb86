"""The captures that cases name: where they are, who made their segments, and what tcpverdict says about them.

    lab:NAME/POINT    testdata/lab/recorded/NAME.tar.xz, captured at client, server or middle
    recorded:NAME     testdata/recorded-NAME.pcap
    dialogue:NAME     testdata/NAME.pcap or .pcapng, made from testdata/dialogues/NAME.txt
    fuzz:NAME         testdata/fuzz-NAME.pcap, found by fuzzing
    CASE --option     the same with an option of tcpverdict
"""
import csv
import fnmatch
import json
import os
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field

from table import ROOT

TESTDATA = os.path.join(ROOT, "testdata")
RECORDED = os.path.join(TESTDATA, "lab/recorded")
HOSTS = ("client", "server")


@dataclass
class Source:
    path: str
    kind: str                                    # as in CASES
    options: list = field(default_factory=list)  # for tcpverdict
    expect: list = field(default_factory=list)   # what the scenario itself expects at this point

    def forbids(self, code):
        return any(matches(code, pattern) for e in self.expect for pattern in e["forbid"])

    def requires(self, code):
        return any(pattern == code for e in self.expect for pattern in e["require"])


def matches(code, pattern):
    return fnmatch.fnmatchcase(code, pattern if "." in pattern else "*." + pattern)


def find(cases, work):
    """{case: Source}; archives are unpacked below |work|, each once.  Raises ValueError for a case that is not there."""
    opened, found = {}, {}
    for case in cases:
        name, *options = case.split(" ")
        where, _, what = name.partition(":")
        if where == "lab":
            found[case] = _of_lab(*what.split("/"), options, work, opened)
        elif where in ("recorded", "fuzz"):
            kind = "kernel" if where == "recorded" else "generated"
            found[case] = Source(_existing(case, f"{where}-{what}"), kind, options)
        elif where == "dialogue" and os.path.exists(os.path.join(TESTDATA, "dialogues", what + ".txt")):
            found[case] = Source(_existing(case, what), "generated", options)
        else:
            raise ValueError(f"{case}: there is no such case")
    return found


def _existing(case, name):
    for ending in (".pcap", ".pcapng"):
        path = os.path.join(TESTDATA, name + ending)
        if os.path.exists(path):
            return path
    raise ValueError(f"{case}: there is no such capture")


def _of_lab(name, point, options, work, opened):
    if name not in opened:
        with tarfile.open(os.path.join(RECORDED, name + ".tar.xz")) as archive:
            for member in archive.getmembers():
                if member.name.endswith(".pcap"):
                    archive.extract(member, work, filter="data")
            about = json.load(archive.extractfile(name + "/scenario.json"))
            sent = [json.loads(line) for line in archive.extractfile(name + "/fate.ndjson")]
        opened[name] = (about, kind_of(about, sent))
    about, kind = opened[name]
    return Source(os.path.join(work, name, point + ".pcap"), kind, options,
                  [e for e in about["expect"] if point[0] in e["points"]])


def kind_of(about, sent):
    """generated: the fault was put into the capture afterwards; forged: somebody else than both kernels wrote TCP segments."""
    if "artefact" in about:
        return "generated"
    return "forged" if any(p.get("proto", 6) == 6 and p["origin"] not in HOSTS for p in sent) else "kernel"


def said(program, source):
    """The codes of all findings about a capture.  A damaged capture is analysed as far as it goes (exit status 4)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--quiet", "--output", folder, *source.options, source.path]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        if done.returncode not in (0, 4):
            raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.decode(errors='replace')[:2000]}")
        with open(os.path.join(folder, "findings.csv"), newline="", encoding="utf-8") as file:
            return {row["code"] for row in csv.DictReader(file)}
