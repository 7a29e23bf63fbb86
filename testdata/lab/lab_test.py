#!/usr/bin/env python3
"""Checks the laboratory's own reasoning on hand-made packets; needs no privileges.  Run by ctest, or by hand."""
import fnmatch
import json
import os
import struct
import sys
import tarfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import artefact   # noqa: E402
import capture    # noqa: E402
import packet     # noqa: E402
import ranges     # noqa: E402
import record     # noqa: E402
import rules      # noqa: E402
import scenario   # noqa: E402
import trace      # noqa: E402
import truth      # noqa: E402

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded")
C, S = ("10.0.0.1:1000", "10.0.0.2:80"), ("10.0.0.2:80", "10.0.0.1:1000")
MS = 1_000_000


class Wire:
    """Fates of one connection as the relay would make them; times in ms, None: lost."""

    def __init__(self):
        self.fates = []

    def add(self, ends, flags, seq, ack, length, sent, *arrivals, drop=None, win=500):
        raw = packet.tcp(bytes(4), bytes(4), 1, 2, seq, ack, sum(b for b, x in packet.LETTERS if x in flags), win, b"x" * length)
        fake = packet.Packet(raw)
        shell = type("P", (), {"fates": set(), "sack_blocks": fake.sack_blocks})()
        f = {"id": len(self.fates) + 1, "origin": "client" if ends == C else "server", "proto": 6, "ends": ends, "flags": flags,
             "seq": seq, "ack": ack, "len": length, "win": win, "t_tx_ns": sent * MS, "packet": shell,
             "space": length + ("S" in flags) + ("F" in flags),
             "rx": [{"t_ns": int(t * MS), "copy": n} for n, t in enumerate(arrivals)]}
        if drop:
            f["rx"][0]["drop"] = drop
        if not f["rx"]:
            del f["rx"]
        self.fates.append(f)
        return f

    def handshake(self):
        self.add(C, "S", 100, 0, 0, 0, 10)
        self.add(S, "SA", 900, 101, 0, 10, 20)
        self.add(C, "A", 101, 901, 0, 20, 30)

    def judge(self):
        return truth.judge(self.fates)


class TruthTest(unittest.TestCase):
    def setUp(self):
        self.wire = Wire()
        self.wire.handshake()

    def check(self, fate, **expected):
        self.assertEqual(self.wire.judge(), [])
        for key, value in expected.items():
            self.assertEqual(fate.get(key), value, key)

    def test_repetition_of_lost_octets_is_needed(self):
        self.wire.add(C, "A", 101, 901, 50, 30)
        self.check(self.wire.add(C, "A", 101, 901, 50, 300, 310), truth="rtx_needed", cause=None)

    def test_repetition_of_octets_that_arrive_later_is_spurious(self):
        self.wire.add(C, "A", 101, 901, 50, 30, 400)
        self.check(self.wire.add(C, "A", 101, 901, 50, 300, 410), truth="rtx_spurious", cause="not_acked_yet")

    def test_lost_acknowledgment_is_the_cause(self):
        self.wire.add(C, "A", 101, 901, 50, 30, 40)
        self.wire.add(S, "A", 901, 151, 0, 41)
        self.check(self.wire.add(C, "A", 101, 901, 50, 300, 310), truth="rtx_spurious", cause="ack_lost")

    def test_acknowledgment_under_way_is_the_cause(self):
        self.wire.add(C, "A", 101, 901, 50, 30, 40)
        self.wire.add(S, "A", 901, 151, 0, 41, 350)
        self.check(self.wire.add(C, "A", 101, 901, 50, 300, 310), truth="rtx_spurious", cause="ack_late")

    def test_a_repeated_acknowledgment_just_sent_is_not_the_cause(self):
        self.wire.add(C, "A", 101, 901, 50, 30, 40)
        self.wire.add(S, "A", 901, 151, 0, 41)
        self.wire.add(S, "A", 901, 151, 0, 295, 305)
        self.check(self.wire.add(C, "A", 101, 901, 50, 300, 310), truth="rtx_spurious", cause="ack_lost")

    def test_octets_refused_by_the_host_are_still_needed(self):
        first = self.wire.add(C, "A", 101, 901, 50, 30, 40, drop="TCP_LISTEN_OVERFLOW")
        self.check(self.wire.add(C, "A", 101, 901, 50, 300, 310), truth="rtx_needed")
        self.assertEqual(first["discarded"], "TCP_LISTEN_OVERFLOW")

    def test_discarding_octets_that_are_there_refuses_nothing(self):
        self.wire.add(C, "A", 101, 901, 50, 30, 400, drop="TCP_RFC7323_PAWS")
        again = self.wire.add(C, "A", 101, 901, 50, 300, 310)
        self.check(again, truth="rtx_spurious")

    def test_half_repeated_half_new(self):
        self.wire.add(C, "A", 101, 901, 50, 30, 40)
        self.check(self.wire.add(C, "A", 121, 901, 60, 50, 60), truth="rtx_spurious", partial_new=True)

    def test_fin_lost(self):
        self.wire.add(C, "FA", 101, 901, 0, 30)
        self.check(self.wire.add(C, "FA", 101, 901, 0, 300, 310), truth="rtx_needed")

    def test_probes_by_the_last_window_heard(self):
        self.wire.add(C, "A", 101, 901, 50, 30, 40)
        self.wire.add(S, "A", 901, 151, 0, 41, 50, win=0)
        probe = self.wire.add(C, "A", 150, 901, 0, 300, 310)
        self.wire.add(S, "A", 901, 151, 0, 311, 320, win=400)
        self.check(probe, truth="probe_zero_window")
        self.check(self.wire.add(C, "A", 150, 901, 0, 900, 910), truth="probe_keepalive")

    def test_syn_without_answer_was_ignored(self):
        wire = Wire()
        first = wire.add(C, "S", 100, 0, 0, 0, 10)
        again = wire.add(C, "S", 100, 0, 0, 1000, 1010)
        wire.add(S, "SA", 900, 101, 0, 1010, 1020)
        self.assertEqual(wire.judge(), [])
        self.assertEqual((first["discarded"], again["truth"]), ("syn_ignored", "rtx_needed"))

    def test_simultaneous_open(self):
        wire = Wire()
        wire.add(C, "S", 100, 0, 0, 0, 10)
        wire.add(S, "S", 900, 0, 0, 1, 11)
        wire.add(S, "SA", 900, 101, 0, 10, 20)
        wire.add(C, "SA", 100, 901, 0, 11, 21)
        self.assertEqual(wire.judge(), [])
        self.assertEqual([f["truth"] for f in wire.fates], ["orig", "orig", "simopen_synack", "simopen_synack"])

    def test_acknowledging_what_never_arrived_is_a_problem(self):
        self.wire.add(C, "A", 101, 901, 50, 30)
        self.wire.add(S, "A", 901, 151, 0, 41, 50)
        self.assertEqual(len(self.wire.judge()), 1)

    def test_late(self):
        slow = self.wire.add(C, "A", 101, 901, 50, 30, 60)
        self.wire.add(C, "A", 151, 901, 50, 31, 41)
        self.wire.add(C, "A", 201, 901, 50, 32, 42)
        self.wire.judge()
        self.assertEqual(slow["rx"][0]["late"], 2)


class PartsTest(unittest.TestCase):
    def test_ranges(self):
        held = ranges.add(ranges.add(ranges.add([], 0, 10), 20, 30), 10, 15)
        self.assertEqual(held, [(0, 15), (20, 30)])
        self.assertEqual(ranges.without(5, 40, held), [(15, 20), (30, 40)])
        self.assertEqual((ranges.prefix(held), ranges.covers(held, 21, 30), ranges.covers(held, 14, 21)), (15, True, False))

    def test_checksums_of_forged_packets_are_right(self):
        for size in (4, 16):
            raw = packet.tcp(b"\x0a" * size, b"\x0b" * size, 5, 6, 2**32 - 1, 7, packet.SYN | packet.ACK, 9, b"odd", b"\2\4\5\xb4")
            p = packet.Packet(raw)
            self.assertEqual(packet.ones_sum(packet.pseudo(p.src, p.dst, 6, len(raw) - p.l4) + raw[p.l4:]), 0xffff)
            self.assertEqual((p.seq, p.ack, p.len, p.space, packet.flag_letters(p.flags)), (2**32 - 1, 7, 3, 4, "SA"))
            self.assertEqual([(k, v) for k, _, v in p.walk_options()], [(2, b"\5\xb4")])

    def test_options_that_lie_about_their_length(self):
        p = packet.Packet(packet.tcp(bytes(4), bytes(4), 1, 2, 3, 4, 16, options=b"\x05\xff\0\0\x08\x01\0\0"))
        self.assertEqual(len(list(p.walk_options())), 1)
        self.assertIsNone(p.timestamps())

    def test_ring_buffer_page(self):
        def event(delta, data):
            return struct.pack("=I", delta << 5 | len(data) // 4) + data
        body = (event(10, b"aaaa") + struct.pack("=II", 3 << 5 | trace.TIME_EXTEND, 1) + event(1, b"bbbbcccc") +
                struct.pack("=II", 2 << 5, 8) + b"dddd" + struct.pack("=I", trace.PADDING))
        page = struct.pack("=QQ", 1000, len(body)) + body + bytes(50)
        self.assertEqual(list(trace.walk_page(page)), [(1010, b"aaaa"), (1014 + (1 << 27), b"bbbbcccc"), (1016 + (1 << 27), b"dddd")])

    def test_rules_select(self):
        p = type("P", (), {"dir": "c2s", "kind": "data", "n": 3, "dn": 12, "attempt": 1})()
        self.assertTrue(rules.drop("x", "c2s", dn=(11, 12), attempt=1).matches(p))
        for other in (rules.drop("x", "s2c"), rules.drop("x", kind="fin"), rules.drop("x", n=2), rules.drop("x", enabled=False),
                      rules.drop("x", when=lambda p: False), rules.drop("x", p=0.0)):
            self.assertFalse(other.matches(p))

    def test_artefacts_move_the_frames_of_the_fates(self):
        def made():
            files = {p: capture.PcapFile("raw") for p in ("client", "server", "middle")}
            fates = [{"id": n + 1, "dir": "c2s", "frames": {}, "rx": [{"t_ns": n, "copy": 0, "frame": n + 1}]} for n in range(3)]
            for file_name, file in files.items():
                for n, f in enumerate(fates):
                    file.add(n * 1000, b"\x45" + bytes(39), True)
                    f["frames"][file_name] = [n + 1]
            return files, fates
        files, fates = made()
        artefact.apply(("midstart", {"frames": 1}), files, fates)
        self.assertEqual([f["frames"]["server"] for f in fates], [[], [1], [2]])
        self.assertEqual([f["rx"][0].get("frame") for f in fates], [None, 1, 2])
        self.assertEqual(len(files["client"].records), 2)
        files, fates = made()
        artefact.apply(("span", {"lag_us": 0.0005}), files, fates)
        self.assertEqual([f["frames"]["client"] for f in fates], [[1, 2], [3, 4], [5, 6]])

    def test_scenarios_are_well_formed(self):
        table = scenario.load()
        self.assertGreater(len(table), 100)
        for name, one in table.items():
            self.assertTrue(one.expect, name + " expects nothing")
            for e in one.expect:
                self.assertLessEqual(set(e.points), set("csm"), name)
            for rule in one.rules() if one.rules else []:
                self.assertIn(rule.action, ("drop", "dup", "delay", "stall", "corrupt", "icmp", "modify", "inject"), name)


class RecordedTest(unittest.TestCase):
    """The committed set: whole, sound, and what its tables say."""

    @classmethod
    def setUpClass(cls):
        cls.described, cls.fates = {}, {}
        for name in sorted(os.listdir(RECORDED)):
            name = name.removesuffix(".tar.xz")
            with tarfile.open(os.path.join(RECORDED, name + ".tar.xz")) as tar:
                cls.described[name] = json.load(tar.extractfile(name + "/scenario.json"))
                cls.fates[name] = [json.loads(x) for x in tar.extractfile(name + "/fate.ndjson")]

    def test_each_scenario_is_recorded_as_it_stands(self):
        table = scenario.load()
        self.assertEqual(set(table), set(self.described))
        for name, d in self.described.items():
            self.assertEqual(d["problems"], [], name)
            self.assertEqual(d["verdict"], table[name].verdict, name)
            self.assertEqual(d["expect"], [e.described() for e in table[name].expect], name)

    def test_tables(self):
        for file, content in (("INDEX.md", record.index), ("EXPECTED.tsv", record.expected)):
            with open(os.path.join(os.path.dirname(RECORDED), file)) as tables:
                self.assertEqual(tables.read(), content(list(self.described.values())), file)

    def test_expectations_do_not_contradict_the_truth(self):
        for name, d in self.described.items():
            data = [f for f in self.fates[name] if f["proto"] == 6 and f["len"] and f["origin"] in ("client", "server")]
            spurious = any(f["truth"] == "rtx_spurious" for f in data)
            # What a host refused was not lost in the network.
            refused = any(f.get("discarded") for f in data) or name.startswith("tfo_")
            lost = any(f["truth"] == "rtx_needed" for f in data)
            for e in d["expect"]:
                forbidden = lambda code, e=e: any(fnmatch.fnmatchcase(code, p) for p in e["forbid"])
                self.assertFalse(spurious and forbidden("data.spurious-retransmission"), name)
                self.assertFalse(lost and not refused and forbidden("data.loss"), name)
                self.assertFalse("data.loss" in e["require"] and not lost, name)
                self.assertFalse("data.spurious-retransmission" in e["require"] and not spurious, name)


if __name__ == "__main__":
    unittest.main()
