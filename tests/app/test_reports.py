# Every form of a report over evidence whose names are hostile
# SPDX-License-Identifier: Apache-2.0
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from evidence import SECONDS_MAX, TOP, program

sys.path.insert(0, str(TOP / "tests" / "acceptance"))
import check_exports  # pylint: disable=wrong-import-position
import hostile_play  # pylint: disable=wrong-import-position


class HostileNames(unittest.TestCase):
    """One play, scanned once: hosts, programs and packages are named as markup and controls."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="vedette-reports-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, True)
        words = [program(), "drill", "play", "small-wave", "-o", str(cls.top / "play"), "--hosts",
                 "26", "--seed", "3", "--noise", "low", "--windows", "winlogbeat"]
        subprocess.run(words, check=True, capture_output=True, timeout=SECONDS_MAX)
        hostile_play.poison(cls.top / "play")
        words = [program(), "scan", "hosts", "servers"]
        for name in check_exports.FORMS:
            words += ["--report", str(cls.top / name)]
        run = subprocess.run(words, cwd=cls.top / "play", capture_output=True, check=False,
                             timeout=2 * SECONDS_MAX)
        assert run.returncode in (0, 3), run.stderr
        cls.summary = run.stdout + run.stderr

    def test_hostile_names_reach_the_report(self):
        self.assertTrue(hostile_play.reached(check_exports.evidence_text(self.top)))

    def test_every_form_is_inert_and_cites_records(self):
        self.assertEqual(check_exports.check_forms(self.top), [])

    def test_terminal_gets_no_control(self):
        self.assertEqual(check_exports.check_controls(self.summary), [])

    def test_cited_records_hash_to_what_is_written(self):
        evidence = json.loads((self.top / "report.json").read_text())["evidence"]
        self.assertGreater(len(evidence), 20)
        self.assertEqual(check_exports.check_hashes(self.top / "play", evidence), [])


class Checks(unittest.TestCase):
    """The checks themselves notice what they are for."""
    EVIDENCE = {"EAAAAA": {"sha256": "0" * 64}}

    def test_pages(self):
        good = ("<!DOCTYPE html><meta content=\"default-src 'none'\"><ul class=story><li>x <a "
                "class=t href='#EAAAAA'>E</a></li></ul><p id=EAAAAA>" + "0" * 64 +
                "</p><script></script>")
        self.assertEqual(check_exports.check_page(good, self.EVIDENCE), [])
        for bad in (good.replace("<li>x", "<li>y</li><li>x"), good + "<script></script>",
                    good + "<img src=x>", good + "<a href='#nowhere'></a>", good + "<p onclick=x>",
                    good.replace("0" * 64, ""), good.replace("default", "")):
            self.assertNotEqual(check_exports.check_page(bad, self.EVIDENCE), [], bad)

    def test_timelines(self):
        row = {"message": "x", "datetime": "2026-03-01T00:00:00.000001Z",
               "timestamp": 1772323200000001, "timestamp_desc": "x", "evidence_tag": "EAAAAA",
               "record_sha256": "0" * 64}

        def check(*rows):
            return check_exports.check_timeline("\n".join(map(json.dumps, rows)), self.EVIDENCE)
        self.assertEqual(check(row, row, row), [])
        self.assertNotEqual(check(row, row), [])
        self.assertNotEqual(check([row, row, row]), [])
        for name, value in (("timestamp", 1), ("timestamp", "1772323200000001"), ("message", ""),
                            ("message", 7), ("evidence_tag", "EBBBBB"), ("more", "x")):
            self.assertNotEqual(check(row, row, dict(row, **{name: value})), [], name)

    def test_tables(self):
        self.assertEqual(check_exports.check_csv("a,evidence\r\n'=1,EAAAAA\r\n", self.EVIDENCE), [])
        self.assertNotEqual(check_exports.check_csv("a,evidence\r\n=1,EAAAAA\r\n", self.EVIDENCE), [])
        self.assertNotEqual(check_exports.check_csv("a,evidence\r\n1,EBBBBB\r\n", self.EVIDENCE), [])

    def test_markdown(self):
        good = "### Activity\n- said [EAAAAA](#EAAAAA)\n"
        self.assertEqual(check_exports.check_markdown(good, self.EVIDENCE), [])
        self.assertNotEqual(check_exports.check_markdown(good + "- said\n", self.EVIDENCE), [])
        self.assertNotEqual(check_exports.check_markdown(good + "<b>", self.EVIDENCE), [])


if __name__ == "__main__":
    unittest.main()
