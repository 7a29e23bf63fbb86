"""What captures do to packets, done on purpose to labelled ones.

A mirror port that records each packet twice, and two taps of which one is late, are put onto every capture of a set: neither
may make a retransmission of anything, nor hide one.
"""
import os
import tempfile

import program
import score_segments
from pcap import Packet
from truth import Frame, MILLISECOND

SPAN_LAG_NS = 5_000
SKEW_NS = 2 * MILLISECOND


class AlteredView:
    """A view whose capture was written anew; quacks like truth.View as far as classes are concerned."""

    def __init__(self, view, entries, path):
        """|entries|: (time, packet of the old capture, frame or None, made by the artefact) in any order."""
        self.scenario, self.point, self.path = view.scenario, view.point, path
        entries = sorted(enumerate(entries), key=lambda pair: (pair[1][0], pair[0]))
        view.capture.write(path, [Packet(time, old.header, old.data) for _, (time, old, _, _) in entries])
        self.capture = view.capture.__class__(path)
        self.frames = {}
        for number, (_, (time, _, frame, extra)) in enumerate(entries, 1):
            if frame is not None:
                copy, made_by = (frame.copy + 1, "capture") if extra else (frame.copy, frame.made_by)
                self.frames[number] = Frame(number, time, frame.transmission, copy, made_by)

    def in_order(self):
        return [self.frames[number] for number in sorted(self.frames)]


def score(binary, view, tally):
    """Scores both artefacts on one capture, unless that has its own."""
    if view.scenario.artefact is not None:
        return
    packets = view.capture.packets
    frames = [view.frames.get(number) for number in range(1, len(packets) + 1)]
    doubled = [(packet.time_ns + extra * SPAN_LAG_NS, packet, frame, bool(extra))
               for packet, frame in zip(packets, frames) for extra in (0, 1)]
    _run(binary, view, doubled, "span", tally)
    for late in ("c2s", "s2c"):
        skewed = [(packet.time_ns + (SKEW_NS if frame is not None and frame.transmission.direction == late else 0),
                   packet, frame, False) for packet, frame in zip(packets, frames)]
        _run(binary, view, skewed, "skew", tally)


def _run(binary, view, entries, name, tally):
    with tempfile.TemporaryDirectory() as folder:
        altered = AlteredView(view, entries, os.path.join(folder, name + ".pcap"))
        result = program.run(binary, altered.path)
    score_segments.score_repetitions(altered, result.segment, tally, name)
    if name == "span":
        for expected in score_segments.expectations(altered):
            if expected.kind == "capture-duplicate":
                got = score_segments.class_of(result.segment.get(expected.frame.number))
                tally.judge(view.point, f"frame {expected.frame.number}", "span.duplicates-found", expected.kind, got)
