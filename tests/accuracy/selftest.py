#!/usr/bin/env python3
"""Tests of the scorer: what it makes of a scenario of which every answer is written down here, that it finds perfect answers
perfect, and that every measure falls when the answers are made worse.  A scorer that cannot fail would be worthless."""
import copy
import json
import os
import struct
import tempfile
import unittest

import floors
import score_loss
import score_metrics
import score_segments
import score_states
import truth
from program import Result
from ranges import RangeSet, unwrap
from tally import Tally

CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 80)
MS = truth.MILLISECOND
T0 = 1_700_000_000 * 10**9
OWD = 10 * MS   # one way; the middle is half of it away
ISN = {"client": 2**32 - 50, "server": 7000}  # the client's numbers wrap

# (sent at, by, flags, offset, ack offset, length, fate, truth, more): numbers relative to the ISN of the sender or the peer.
PACKETS = (
    (0, "client", "S", 0, None, 0, "delivered", "orig", {}),
    (10.05, "server", "SA", 0, 1, 0, "delivered", "orig", {}),
    (20.1, "client", "A", 1, 1, 0, "delivered", "ack", {}),
    (21, "client", "PA", 1, 1, 100, "delivered", "orig", {}),
    (22, "client", "PA", 101, 1, 100, "post", "orig", {}),          # lost behind the middle
    (23, "client", "PA", 201, 1, 100, "delivered", "orig", {}),
    (24, "client", "PA", 301, 1, 100, "late", "orig", {}),          # 5 ms late: overtaken by the next
    (25, "client", "PA", 401, 1, 100, "twice", "orig", {}),         # doubled behind the middle
    (31.05, "server", "A", 1, 101, 0, "delivered", "ack", {}),
    (33.05, "server", "A", 1, 101, 0, "delivered", "ack", {}),
    (43.1, "client", "PA", 101, 1, 100, "delivered", "rtx_needed", {"ca": "Recovery", "k": "rtx"}),
    (53.15, "server", "A", 1, 501, 0, "delivered", "ack", {}),
    (70, "client", "FA", 501, 1, 0, "pre", "orig", {}),              # the first FIN: lost before the middle
    (300, "client", "FA", 501, 1, 0, "delivered", "rtx_needed", {"ca": "Loss", "k": "rtx"}),
    (310.1, "server", "FA", 1, 502, 0, "post", "orig", {}),          # the second FIN: lost behind the middle
    (540, "server", "FA", 1, 502, 0, "delivered", "rtx_needed", {"ca": "Loss", "k": "rtx"}),
    (550.1, "client", "A", 502, 2, 0, "delivered", "ack", {}),
)
STATES = {
    "client": ((None, "CLOSED", "implied"), (-0.02, "SYN_SENT", "trace"), (20.07, "ESTABLISHED", "trace"),
               (69.98, "FIN_WAIT_1", "trace"), (550.02, "FIN_WAIT_2", "trace"), (550.04, "TIME_WAIT", "trace+diag")),
    "server": ((None, "LISTEN", "implied"), (10.05, "SYN_RCVD", "synack_xmit"), (30.12, "ESTABLISHED", "trace"),
               (310.03, "CLOSE_WAIT", "trace"), (310.08, "LAST_ACK", "trace"), (560.13, "CLOSED", "trace")),
}


def _number(side, offset):
    return (ISN[side] + offset) % 2**32


def _packet_bytes(line):
    flags = sum(bit for letter, bit in zip("FSRPA", (1, 2, 4, 8, 16)) if letter in line["flags"])
    addresses = b"".join(bytes(int(part) for part in line[key].split(".")) for key in ("src", "dst"))
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 40 + line["len"], line["id"], 0, 64, 6, 0) + addresses
    tcp = struct.pack("!HHIIBBHHH", line["sport"], line["dport"], line["seq"], line["ack"], 0x50, flags, 500, 0, 0)
    return ip + tcp + bytes(line["len"])


def make_scenario(folder):
    """Writes the scenario above into a folder of the laboratory's format."""
    lines, frames = [], {point: [] for point in truth.POINTS}
    for number, (at, side, flags, offset, ack, length, fate, verdict, more) in enumerate(PACKETS, 1):
        peer = "server" if side == "client" else "client"
        mine, other = (CLIENT, SERVER) if side == "client" else (SERVER, CLIENT)
        sent = T0 + int(at * MS)
        line = {"id": number, "dir": "c2s" if side == "client" else "s2c", "origin": side, "src": mine[0], "dst": other[0],
                "sport": mine[1], "dport": other[1], "proto": 6, "seq": _number(side, offset),
                "ack": 0 if ack is None else _number(peer, ack), "flags": flags, "win": 500, "len": length, "ip_len": 40 + length,
                "fate": "dropped" if fate in ("pre", "post") else "delivered", "t_tx_ns": sent, "t_m_ns": sent + OWD // 2,
                "truth": verdict, "frames": {point: [] for point in truth.POINTS}, **more}
        if fate in ("pre", "post"):
            line["where"] = fate
        arrivals = {"pre": [], "post": [], "late": [sent + OWD + 5 * MS], "twice": [sent + OWD, sent + OWD + MS // 2]}.get(
            fate, [sent + OWD])
        line["rx"] = [{"t_ns": time, "copy": copy} for copy, time in enumerate(arrivals)]
        lines.append(line)
        frames[side].append((sent, line))
        if fate != "pre":
            frames["middle"].append((sent + OWD // 2, line))
        frames[peer] += [(time, line) for time in arrivals]
    for point, entries in frames.items():
        entries.sort(key=lambda entry: entry[0])
        with open(os.path.join(folder, point + ".pcap"), "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101))
            for number, (time, line) in enumerate(entries, 1):
                line["frames"][point].append(number)
                data = _packet_bytes(line)
                file.write(struct.pack("<IIII", *divmod(time, 10**9), len(data), len(data)) + data)
    kernel = []
    for side, path in STATES.items():
        mine, other = (CLIENT, SERVER) if side == "client" else (SERVER, CLIENT)
        steps = [{"t_ns": None if at is None else T0 + int(at * MS), "state": state, "src": source} for at, state, source in path]
        if side == "server":
            steps[-1]["why"] = "last_ack_received"
        kernel.append({"t_ns": T0, "ev": "rfc", "side": side, "sk": side, "local": f"{mine[0]}:{mine[1]}",
                       "remote": f"{other[0]}:{other[1]}", "path": steps, "final": steps[-1]["state"]})
    for name, content in (("fate", lines), ("kernel", kernel)):
        with open(os.path.join(folder, name + ".ndjson"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in content)
    with open(os.path.join(folder, "scenario.json"), "w", encoding="utf-8") as file:
        json.dump({"name": "by_hand"}, file)
    return truth.Scenario(folder)


def _seconds(ns):
    return f"{ns // 10**9}.{ns % 10**9:09d}"


def perfect(view):
    """The answers of a program that knows the truth."""
    segments = []
    for expected in score_segments.expectations(view):
        frame, sent = expected.frame, expected.frame.transmission
        row = {"frame": str(frame.number), "conn": "0", "data_class": expected.kind, "reason": "", "needed": "", "lost": ""}
        if expected.kind == "retransmission":
            row.update(reason=view.scenario.reasons[sent.id], needed="yes" if sent.truth == "rtx_needed" else "no",
                       lost="downstream" if any(other.seq == sent.seq and other.id < sent.id and other.space and
                                                view.frame_of(other) for other in view.scenario.sent) else "upstream")
        segments.append(row)
    incarnation = view.scenario.incarnations[0]
    connection = {"conn": "0", "a_addr": CLIENT[0], "a_port": str(CLIENT[1]), "b_addr": SERVER[0], "b_port": str(SERVER[1])}
    for name, end in (("a", CLIENT), ("b", SERVER)):
        for key in score_metrics.COUNTS + ("missing_bytes", "rtt_min", "rtt_p50", "rtt_p95", "rtt_max", "rtt_samples"):
            connection[f"{name}_{key}"] = ""
        for key, value in score_metrics.expected(view, view.in_order(), end).items():
            is_time = key.startswith("rtt") and key != "rtt_samples"
            connection[f"{name}_{key}"] = _seconds(value) if is_time else str(value)
    transitions = []
    for end in incarnation.ends:
        name = "a" if end.local == CLIENT else "b"
        for step in score_states.wire_path(view, incarnation, end):
            time = _seconds(step.begin) if step.begin else ""
            transitions.append({"conn": "0", "endpoint": name, "to": step.state, "earliest": time, "latest": time,
                                "estimate": time, "certainty": "observed"})
    findings = []
    for loss in score_loss.losses_of(view, incarnation):
        if loss.knowable:
            findings.append({"conn": "0", "code": loss.code, "confidence": "certain", "count": "1",
                             "what": f"it was lost once {loss.place}"})
    return Result([connection], transitions, findings, segments)


def measure(view, result):
    tally = Tally("by_hand")
    score_states.score(view, result, tally)
    score_segments.score(view, result.segment, tally)
    score_loss.score(view, result, tally)
    score_metrics.score(view, result, tally)
    return {measure: value for (_, measure), value in tally.values().items()}


class ByHand(unittest.TestCase):
    """The scenario, and what each point sees of it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.scenario = make_scenario(cls.folder.name)
        cls.view = {point: cls.scenario.view(point) for point in truth.POINTS}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()


class Truth(ByHand):
    """What is expected of each capture, written down by hand."""

    def kinds(self, point):
        return [expected.kind if expected.decidable else "?" for expected in score_segments.expectations(self.view[point])]

    def test_classes_at_the_sender(self):
        # The server's FIN that comes is a second one, which nothing here tells.
        self.assertEqual(self.kinds("client"),
                         ["new", "new", "none", "new", "new", "new", "new", "new", "none", "none", "retransmission", "none",
                          "new", "retransmission", "?", "none"])

    def test_classes_at_the_receiver(self):
        # 301 comes behind 401 and its copy; 101 is first seen when it fills the hole; the FIN seen is the only one.
        self.assertEqual(self.kinds("server"),
                         ["new", "new", "none", "new", "none", "new", "none", "new", "network-duplicate", "out-of-order",
                          "retransmission", "none", "?", "new", "retransmission", "none"])

    def test_repetitions_are_only_of_what_was_captured(self):
        found = {point: [e.frame.number for e in score_segments.expectations(view) if e.repeats]
                 for point, view in self.view.items()}
        # By the bytes: 101 and the client's FIN at the client; 101 and the server's FIN in the middle; the server's at its own.
        self.assertEqual({point: len(numbers) for point, numbers in found.items()}, {"client": 2, "server": 1, "middle": 2})

    def test_losses(self):
        def known(point):
            losses = score_loss.losses_of(self.view[point], self.scenario.incarnations[0])
            return sorted((loss.code, loss.place) for loss in losses if loss.knowable)
        self.assertEqual(known("client"), [("teardown.fin1-lost", score_loss.BEHIND)])
        self.assertEqual(known("server"), [("teardown.fin2-lost", score_loss.BEHIND)])
        self.assertEqual(known("middle"), [("teardown.fin2-lost", score_loss.BEHIND)])

    def test_metrics(self):
        wanted = score_metrics.expected(self.view["client"], self.view["client"].in_order(), CLIENT)
        # From SYN to SYN-ACK 20.05 ms, from 1 to its acknowledgment 20.05 ms; the hole and the FIN were sent again.
        self.assertEqual(wanted["rtt_samples"], 2)
        self.assertEqual(wanted["rtt_min"], 20 * MS)
        self.assertEqual(wanted["rtt_max"], int(20.05 * MS))
        self.assertEqual((wanted["retransmissions"], wanted["retransmitted_bytes"], wanted["unique_bytes"]), (2, 100, 500))
        self.assertEqual(wanted["missing_bytes"], 0)

    def test_wire_states(self):
        end = next(end for end in self.scenario.incarnations[0].ends if end.side == "client")
        path = score_states.wire_path(self.view["server"], self.scenario.incarnations[0], end)
        fin = next(step for step in path if step.state == "FIN_WAIT_1")
        self.assertEqual(fin.begin, T0 + 70 * MS)    # its transmission, not the application's close
        self.assertEqual(fin.shown, T0 + 300 * MS)   # the first copy that reached the server
        listen = score_states.wire_path(self.view["client"], self.scenario.incarnations[0],
                                        next(end for end in self.scenario.incarnations[0].ends if end.side == "server"))[0]
        self.assertEqual(listen.state, "LISTEN")

    def test_reasons(self):
        self.assertEqual(self.scenario.reasons, {11: "fast", 14: "fin", 16: "fin"})


class Measures(ByHand):
    """Perfect answers are perfect; altered ones are not."""

    def test_perfect_answers(self):
        for point, view in self.view.items():
            for name, value in measure(view, perfect(view)).items():
                best = 0 if value.less_is_better else 1
                self.assertAlmostEqual(value.value, best, msg=f"{point} {name}")

    def check_falls(self, point, name, alter):
        view = self.view[point]
        result = perfect(view)
        before = measure(view, result)[name]
        changed = copy.deepcopy(result)
        alter(changed)
        changed.__post_init__()
        after = measure(view, changed)[name]
        self.assertTrue(after.is_worse_than(before.value, 1e-9), f"{point} {name}: {before.value} and {after.value} after")

    def test_every_measure_falls(self):
        def every(table, column, value, where=lambda row: True):
            def alter(result):
                changed = [row for row in getattr(result, table) if where(row)]
                self.assertTrue(changed)
                for row in changed:
                    row[column] = value
            return alter

        def later(column, ms):
            def alter(result):
                for row in result.transitions:
                    if row[column]:
                        row[column] = _seconds(score_states.nanoseconds(row[column]) + int(ms * MS))
            return alter

        def is_class(kind):
            return lambda row: row["data_class"] == kind

        cases = [
            ("client", "class.retransmission", every("segments", "data_class", "new", is_class("retransmission"))),
            ("client", "class.repetition-found", every("segments", "data_class", "out-of-order", is_class("retransmission"))),
            ("client", "class.new", every("segments", "data_class", "none", lambda row: row["frame"] == "4")),
            ("client", "class.false-retransmission",
             every("segments", "data_class", "retransmission", lambda row: row["frame"] == "5")),
            ("server", "class.out-of-order", every("segments", "data_class", "hole-fill", is_class("out-of-order"))),
            ("server", "class.network-duplicate", every("segments", "data_class", "retransmission", is_class("network-duplicate"))),
            ("server", "class.false-retransmission", every("segments", "data_class", "retransmission", is_class("network-duplicate"))),
            ("client", "needed.right", every("segments", "needed", "no", is_class("retransmission"))),
            ("client", "needed.stated", every("segments", "needed", "unknown", is_class("retransmission"))),
            ("server", "needed.at-receiver", every("segments", "needed", "unknown", is_class("retransmission"))),
            ("client", "reason.right", every("segments", "reason", "rto", is_class("retransmission"))),
            ("client", "reason.stated", every("segments", "reason", "unknown", is_class("retransmission"))),
            ("client", "lost.right", every("segments", "lost", "upstream", is_class("retransmission"))),
            ("client", "lost.stated", every("segments", "lost", "", is_class("retransmission"))),
            ("client", "loss", every("findings", "what", "it was lost once before the capture point")),
            ("client", "loss", every("findings", "count", "2")),
            ("client", "loss", lambda result: result.findings.clear()),
            ("client", "loss.false", every("findings", "code", "handshake.syn-lost")),
            ("client", "state.near", later("estimate", 5)),
            ("client", "state.far", later("estimate", 5)),
            ("middle", "state.middle", later("estimate", 5)),
            ("client", "state.near", lambda result: result.transitions.clear()),
            ("client", "state.near.strict", later("estimate", 0.5)),
            ("client", "interval.near.inside", later("earliest", 1.5)),
            ("client", "interval.far.inside", later("latest", -1.5)),
            ("server", "interval.near.bounded", every("transitions", "latest", "")),
            ("client", "interval.near.width_ms", later("latest", 3)),
            ("client", "interval.far.width_ms", later("latest", 23)),
        ]
        for key in score_metrics.COUNTS + ("missing_bytes",):
            cases.append(("client", "count." + key, every("connections", "a_" + key, "3")))
        for key in ("rtt_min", "rtt_p50", "rtt_p95", "rtt_max", "rtt_samples"):
            cases.append(("client", key, every("connections", "a_" + key, "0.022000000")))
            cases.append(("client", key, every("connections", "a_" + key, "")))
        for point, name, alter in cases:
            with self.subTest(point=point, measure=name):
                self.check_falls(point, name, alter)
        # What occurs here and no case makes worse would go unnoticed.
        occurring = {name for view in self.view.values() for name in measure(view, perfect(view))}
        untested = occurring - {name for _, name, _ in cases} - {"interval.far.bounded", "interval.middle.bounded",
                                                                "interval.middle.inside", "interval.middle.width_ms",
                                                                "state.far.strict", "state.middle.strict"}
        self.assertEqual(untested, set())


class Parts(unittest.TestCase):
    def test_ranges(self):
        ranges = RangeSet()
        for begin, end in ((10, 20), (30, 40), (20, 25), (5, 6), (24, 31)):
            ranges.add(begin, end)
        self.assertEqual(ranges.ranges, [(5, 6), (10, 40)])
        self.assertEqual((ranges.overlap(0, 12), ranges.overlap(39, 50), ranges.size()), (3, 1, 31))
        self.assertEqual((unwrap(2**32 - 5, 3), unwrap(2**32 + 3, 2**32 - 5)), (2**32 + 3, 2**32 - 5))

    def test_floor(self):
        from tally import Value
        floor = {("s", "client", "a"): 0.9, ("s", "client", "w_ms"): 2.0, ("s", "client", "gone"): 1.0}
        values = {("client", "a"): Value(0.89, 9), ("client", "w_ms"): Value(2.2, 9, True)}
        self.assertEqual(floors.below(floor, "s", values), ([("client", "a"), ("client", "w_ms")], [("client", "gone")]))
        better = {("client", "a"): Value(0.95, 9), ("client", "w_ms"): Value(1.0, 9, True), ("client", "new"): Value(0.5, 2)}
        self.assertEqual(floors.below(floor, "s", better)[0], [])
        self.assertEqual(sorted(floors.can_rise(floor, "s", better)), sorted(better))
        raised = floors.raised(floor, "s", {**better, **{("client", "a"): Value(0.5, 9)}})
        self.assertEqual((raised[("s", "client", "a")], raised[("s", "client", "w_ms")]), (0.9, 1.0))


if __name__ == "__main__":
    unittest.main()
