"""Runs tcpverdict on a capture and reads what it writes."""
import csv
import os
import subprocess
import tempfile
from dataclasses import dataclass

FILES = ("connections", "transitions", "findings", "segments")


@dataclass
class Result:
    """The rows of one run, as dicts of text; |segment| finds them by frame."""
    connections: list
    transitions: list
    findings: list
    segments: list

    def __post_init__(self):
        self.segment = {int(row["frame"].rpartition(":")[2]): row for row in self.segments}
        self.connection = {row["conn"]: row for row in self.connections}


class ProgramFailed(Exception):
    """tcpverdict ended with an exit status that says it could not do its work."""


def run(program, capture):
    """Analyses the file |capture|."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--quiet", "--segments", "--output", folder, capture]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise ProgramFailed(f"{capture}: exit status {done.returncode}: {said[:2000]}")
        return Result(*(_read(os.path.join(folder, name + ".csv")) for name in FILES))


def _read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def nanoseconds(text):
    """Of a time as the program writes it; None for an empty field."""
    if not text:
        return None
    negative = text.startswith("-")
    seconds, _, fraction = text.lstrip("-").partition(".")
    value = int(seconds) * 10**9 + int((fraction + "000000000")[:9])
    return -value if negative else value
