#!/usr/bin/env python3
"""The checker of findings.py finds what is wrong: each test has one fault in it."""
import unittest

import captures
import findings
import table

CODES = ["x.lost", "x.late"]
LINE = "x.lost  kernel  lab:a/client  x.late  lab:b/client  it came"


def row(line=LINE):
    return table.parse(line, 1)


class TableTest(unittest.TestCase):
    def test_a_whole_table_is_fine(self):
        self.assertEqual(findings.check_table([row(), row("x.late  kernel  lab:b/client  x.lost  lab:a/client  -")], CODES), [])

    def test_each_code_needs_a_complete_row(self):
        self.assertEqual(len(findings.check_table([row()], CODES)), 1)
        half = row("x.late  -  -  x.lost  lab:a/client  -")
        self.assertEqual(len(findings.check_table([row(), half], CODES)), 1)

    def test_codes_must_exist(self):
        self.assertEqual(len(findings.check_table([row(LINE.replace("x.late", "x.gone"))], ["x.lost"])), 1)
        self.assertEqual(len(findings.check_table([row(LINE.replace("x.late", "x.lost"))], ["x.lost"])), 1)

    def test_lines(self):
        self.assertEqual((row().said_in, row().rival, row().beside, row().why), ("lab:a/client", "x.late", False, "it came"))
        self.assertTrue(row(LINE.replace("x.late", "+x.late")).beside)
        for wrong in ("x.lost  kernel  lab:a/client", LINE.replace("kernel", "real"), LINE.replace("kernel", "-")):
            self.assertRaises(ValueError, row, wrong)

    def test_the_list_is_read(self):
        codes = table.codes()
        self.assertGreater(len(codes), 90)
        self.assertIn("host.down", codes)


class SaidTest(unittest.TestCase):
    def wrong(self, first, second, line=LINE):
        return len(findings.check_said([row(line)], {"lab:a/client": first, "lab:b/client": second}))

    def test_as_it_should_be(self):
        self.assertEqual(self.wrong({"x.lost", "other"}, {"x.late"}), 0)
        self.assertEqual(self.wrong({"x.lost", "x.late"}, {"x.late"}, LINE.replace("x.late", "+x.late")), 0)

    def test_one_fault_each(self):
        self.assertEqual(self.wrong(set(), {"x.late"}), 1)                  # not said
        self.assertEqual(self.wrong({"x.lost", "x.late"}, {"x.late"}), 1)   # and its rival beside it
        self.assertEqual(self.wrong({"x.lost"}, {"x.late", "x.lost"}), 1)   # said where it must not
        self.assertEqual(self.wrong({"x.lost"}, set()), 1)                  # nobody wins

    def test_silent_beside_nothing(self):
        line = "x.lost  -  -  -  lab:b/client  all is well"
        self.assertEqual(self.wrong(set(), set(), line), 0)
        self.assertEqual(self.wrong(set(), {"x.lost"}, line), 1)


class LabelTest(unittest.TestCase):
    def wrong(self, first, second):
        return len(findings.check_labels([row()], {"lab:a/client": first, "lab:b/client": second}))

    def source(self, kind="kernel", require=(), forbid=()):
        return captures.Source("", kind, [], [{"require": require, "forbid": forbid}])

    def test_labels(self):
        self.assertEqual(self.wrong(self.source(), self.source("generated")), 0)
        self.assertEqual(self.wrong(self.source("forged"), self.source()), 1)

    def test_what_the_scenario_says(self):
        self.assertEqual(self.wrong(self.source(require=["x.lost"]), self.source(forbid=["x.lost"])), 0)
        self.assertEqual(self.wrong(self.source(forbid=["x.*"]), self.source()), 1)
        self.assertEqual(self.wrong(self.source(), self.source(require=["x.lost"])), 1)
        self.assertEqual(self.wrong(self.source(), self.source(forbid=["*-late", "x.late"])), 1)

    def test_kinds_are_read_off_the_recording(self):
        kernel, other, router = {"origin": "client"}, {"origin": "attacker"}, {"origin": "router", "proto": 1}
        self.assertEqual(captures.kind_of({}, [kernel, router]), "kernel")
        self.assertEqual(captures.kind_of({}, [kernel, other]), "forged")
        self.assertEqual(captures.kind_of({"artefact": {}}, [kernel]), "generated")


if __name__ == "__main__":
    unittest.main()
