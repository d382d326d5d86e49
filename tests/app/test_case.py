# A case: two steps are one, verdicts stay, strangers are refused
# SPDX-License-Identifier: Apache-2.0
import base64
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

from evidence import TOP, EvidenceCase, program

COLLECTED = ("--collected", "2027-01-01T00:00:00Z")
FORMS = {"html": "report.html", "json": "report.json", "markdown": "report.md",
         "stix": "report.stix.json", "threat": "report.threat.json",
         "timesketch": "timeline.jsonl", "indicators": "indicators.csv", "hosts": "hosts.csv",
         "text": "report.txt"}


class CaseMaker(EvidenceCase):
    """A drill of six hosts, and ways to make a case of it."""

    @classmethod
    def setUpClass(cls):
        """The compiled rules and the drill are made once."""
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="vedette-case-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, True)
        subprocess.run([program(), "drill", "logs", "-o", cls.shared / "drill", "--hosts", "6",
                        "--records", "150"], check=True, capture_output=True)

    def setUp(self):
        super().setUp()
        shutil.copytree(self.shared / "drill", self.top / "drill")
        self.environment["XDG_CACHE_HOME"] = str(self.shared / "cache")
        self.case = self.top / "case"

    def add(self, *paths, case="case/", **options):
        return self.scan("-r", TOP / "rules", "-q", *COLLECTED, *paths, "-o", case, **options)

    def plain(self):
        self.scan("-r", TOP / "rules", "-q", *COLLECTED, "drill", "--report", "plain.json")
        return (self.top / "plain.json").read_bytes()

    def report(self, case="case"):
        return (self.top / case / "report.json").read_bytes()

    def ask(self, sql):
        connection = sqlite3.connect(self.case / "case.db")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def hosts(self):
        return sorted(path.name for path in (self.top / "drill").iterdir())


class Case(CaseMaker):
    def test_steps_are_one(self):
        wanted = self.plain()
        self.assertGreater(len(json.loads(wanted)["evidence"]), 5)
        self.add("drill", case="whole/")
        self.assertTrue(self.report("whole") == wanted)
        names = self.hosts()
        self.add(*(f"drill/{name}" for name in names[4:]))
        self.assertTrue(self.report() != wanted)
        self.add(*(self.top / "drill" / name for name in names[:4]))
        self.assertTrue(self.report() == wanted)
        self.add("drill")  # nothing new
        self.assertTrue(self.report() == wanted)
        self.assertEqual(self.ask("PRAGMA integrity_check"), [("ok",)])
        log = (self.case / "run.log").read_text().splitlines()
        self.assertEqual([line.split()[2] for line in log], ["begin", "end"] * 3)

    def test_archive_in_steps(self):
        names = self.hosts()
        archive = self.top / "some.tar.gz"
        subprocess.run(["tar", "-czf", archive, "-C", self.top / "drill", *names[:3]], check=True)
        for name in names[:3]:
            shutil.rmtree(self.top / "drill" / name)
        shutil.move(archive, self.top / "drill" / "some.tar.gz")
        wanted = self.plain()
        self.add("drill/some.tar.gz")
        self.add("drill")
        self.assertTrue(self.report() == wanted)

    def test_changed_file_takes_its_place(self):
        wanted = self.plain()
        path = next((self.top / "drill" / "EX-01").rglob("Security.evtx"))
        text = path.read_bytes()
        path.write_bytes(text[:20000])  # of about 100,000
        self.add("drill", status=None)
        self.assertTrue(self.report() != wanted)
        path.write_bytes(text)
        run = self.scan("-r", TOP / "rules", *COLLECTED, "drill", "-o", "case/")
        self.assertIn(b"1 file changed", run.stderr)
        self.assertTrue(self.report() == wanted)
        os.utime(path)  # another time, the same bytes
        run = self.scan("-r", TOP / "rules", *COLLECTED, "drill", "-o", "case/")
        self.assertNotIn(b"changed", run.stderr)

    def test_custody(self):
        self.add("drill")
        self.assertEqual(self.ask("SELECT count(*) FROM source WHERE sequence = 0 "
                                  "AND length(sha256) IS NOT 32"), [(0,)])
        path, stored = self.ask("SELECT identity, hex(sha256) FROM source ORDER BY 1 LIMIT 1")[0]
        made = subprocess.run(["sha256sum", path], capture_output=True, check=True).stdout
        self.assertEqual(made.split()[0].decode(), stored.lower())
        self.add("drill", "--no-custody", case="bare/")
        connection = sqlite3.connect(self.top / "bare" / "case.db")
        self.assertEqual(connection.execute("SELECT count(sha256) FROM source").fetchone(), (0,))
        connection.close()

    def test_other_rules_read_again(self):
        self.add("drill")
        run = self.scan("-q", *COLLECTED, "drill", "-o", "case/", "--min-level", "high")
        self.scan("-q", *COLLECTED, "drill", "--min-level", "high", "--report", "few.json")
        self.assertEqual(self.report(), (self.top / "few.json").read_bytes())
        run = self.add(f"drill/{self.hosts()[0]}", status=2)
        self.assertIn(b"other rules", run.stderr)

    def test_forms(self):
        self.add("drill")
        for form, name in FORMS.items():
            said = self.call("report", "case", "-f", form).stdout
            self.assertEqual(said, (self.case / name).read_bytes(), form)
        said = self.call("report", "case", "-f", "findings").stdout
        self.assertEqual(said, self.scan("-r", TOP / "rules", "-q", *COLLECTED, "drill", "-f",
                                         "jsonl", "-o", "-").stdout)
        rows = self.call("timeline", "case", "-f", "json", "--min-level", "high").stdout
        times = [json.loads(line)["time"] for line in rows.splitlines()]
        self.assertEqual(times, sorted(times))
        self.assertTrue(times)

    def test_verdict_survives(self):
        self.add(f"drill/{self.hosts()[0]}", f"drill/{self.hosts()[1]}")
        evidence = json.loads(self.report())["evidence"]
        tag = sorted(evidence)[0]
        record = self.call("evidence", "case", tag, "--bytes").stdout
        made = subprocess.run(["sha256sum"], input=record, capture_output=True, check=True).stdout
        self.assertEqual(made.split()[0].decode(), evidence[tag]["sha256"])
        self.call("verdict", "case", tag, "benign", status=2)
        self.call("verdict", "case", "EAAAAA", "benign", "--why", "none", status=2)
        self.call("verdict", "case", tag, "benign", "--why", "a drill", "--by", "ann")
        told = self.report()
        self.assertEqual(self.call("report", "case", "-f", "json").stdout, told)
        self.add("drill")
        said = self.call("verdict", "case").stdout.decode()
        self.assertIn(f"{tag}  benign     ann: a drill", said)
        with_verdict = self.report()
        self.call("verdict", "case", tag, "malicious", "--why", "looked again")
        self.call("verdict", "case", tag, "benign", "--why", "a <drill> after all", "--by", "bob")
        self.assertIn('"verdicts":[]', self.plain().decode())
        before, after = json.loads(with_verdict), json.loads(self.report())
        first, last = before.pop("verdicts"), after.pop("verdicts")
        self.assertEqual(after, before)
        self.assertEqual([(one["tag"], one["verdict"], one["who"], one["why"], one["holds"])
                          for one in last],
                         [(tag, "benign", "ann", "a drill", False),
                          (tag, "malicious", last[1]["who"], "looked again", False),
                          (tag, "benign", "bob", "a <drill> after all", True)])
        self.assertTrue(first[0]["holds"])
        for form, told in (("text", "bob: a <drill> after all"), ("html", "a &lt;drill&gt; after"),
                           ("markdown", "after all"), ("html", "(a later one holds)")):
            self.assertIn(told.encode(), self.call("report", "case", "-f", form).stdout)
        self.assertEqual(self.call("verdict", "case").stdout.count(b"\n"), 3)

    def test_each_row_of_the_timeline_leads_to_its_record(self):
        self.add("drill")
        cited = json.loads(self.report())["evidence"]
        rows = self.call("timeline", "case", "-f", "json", "--min-level", "informational").stdout
        rows = [json.loads(line) for line in rows.splitlines()]
        self.assertTrue(set(cited) & {row["tag"] for row in rows})
        self.assertTrue({row["tag"] for row in rows} - set(cited))  # no report cites these
        some = {len(row["tag"]): row for row in rows}.values()
        self.assertEqual(len(some), 2)
        for row in some:
            by_tag = self.call("evidence", "case", row["tag"]).stdout
            self.assertIn(b"\nhost    " + row["host"].split(".")[0].encode() + b"\n", by_tag)
            self.assertIn(b"\ntime    " + row["time"][:19].encode(), by_tag)
            self.assertEqual(self.call("evidence", "case", row["record"]).stdout, by_tag)
            said = self.call("evidence", row["record"], status=2).stderr
            self.assertIn(b"vedette evidence CASE FILE:RECORD", said)
        self.assertIn(next(iter(some))["tag"].encode() + b"]",
                      self.call("timeline", "case", "--min-level", "informational").stdout)
        host = next(iter(some))["host"].split(".")[0]
        named = self.call("timeline", "case", "--host", host).stdout
        self.assertEqual(self.call("timeline", "case", "--host", host.lower() + ".corp.example.com")
                         .stdout, named)
        said = self.call("timeline", "case", "--host", "NOSUCH", status=2).stderr
        self.assertIn(b"no host NOSUCH in the case", said)

    def test_a_tag_of_any_length(self):
        self.add("drill")
        tag, record = sorted(json.loads(self.report())["evidence"].items())[0]
        whole = "E" + base64.b32encode(bytes.fromhex(record["sha256"])).decode()
        for said in (whole[:6], whole[:7], whole[:11], f"[{tag}]", f"{tag.lower()},"):
            self.assertIn(record["sha256"].encode(), self.call("evidence", "case", said).stdout)
        other = tag + ("A" if whole[len(tag)] != "A" else "B")
        self.call("evidence", "case", other, status=2)
        self.call("verdict", "case", f"[{whole[:9]}]", "benign", "--why", "a drill")
        self.assertIn(tag.encode(), self.call("verdict", "case").stdout)

    def test_evidence_that_was_moved(self):
        self.add("drill")
        tag, record = sorted(json.loads(self.report())["evidence"].items())[0]
        before = self.call("evidence", "case", tag, "--bytes").stdout
        (self.top / "drill").rename(self.top / "moved")
        said = self.call("evidence", "case", tag, status=2).stderr
        self.assertIn(b"--evidence-root DIR", said)
        moved = ("--evidence-root", "moved")
        self.assertEqual(self.call("evidence", "case", tag, "--bytes", *moved).stdout, before)
        path = self.top / "moved" / record["file"]
        data = bytearray(path.read_bytes())
        data[record["offset"] + len(before) // 2] ^= 1
        path.write_bytes(data)
        self.call("evidence", "case", tag, *moved, status=3)
        self.call("evidence", f"{path}:1", *moved, status=2)

    def test_report_by_an_ending_of_none(self):
        self.add("drill")
        run = self.call("report", "case", "-o", "x.docx", status=2)
        self.assertIn(b"the endings of reports are", run.stderr)
        self.assertFalse((self.top / "x.docx").exists())
        self.call("report", "case", "-f", "text", "-o", "x.docx")

    def test_changed_evidence_is_told(self):
        self.add("drill")
        tag, record = sorted(json.loads(self.report())["evidence"].items())[0]
        path = self.top / "drill" / record["file"]
        data = bytearray(path.read_bytes())
        for i in range(record["offset"] + 40, min(len(data), record["offset"] + 60)):
            data[i] ^= 1
        path.write_bytes(data)
        run = self.call("evidence", "case", tag, status=3)
        self.assertIn(b"not in", run.stderr)

    def test_strangers_are_refused(self):
        def refused(text, words=("report", "case")):
            run = self.call(*words, status=2)
            self.assertIn(text, run.stderr)
        self.case.mkdir()
        refused(b"has no case.db")
        (self.case / "case.db").write_text("hello, I am no database at all\n" * 100)
        refused(b"not a database")
        (self.case / "case.db").unlink()
        connection = sqlite3.connect(self.case / "case.db")
        connection.execute("CREATE TABLE other (name)")
        connection.commit()
        connection.close()
        refused(b"another program's database")
        self.assertIn(b"another program's", self.add("drill", status=None).stderr)
        (self.case / "case.db").unlink()
        os.symlink("/etc/passwd", self.case / "case.db")
        self.assertNotEqual(self.call("report", "case", status=None).returncode, 0)

    def test_case_is_no_evidence(self):
        self.add("drill")
        for words in (("scan", "case"), ("events", "case/"), ("relations", "drill", "case")):
            run = self.call(*words, status=2)
            self.assertIn(b"is a case, not evidence", run.stderr)

    def test_damage_is_seen(self):
        self.add("drill")
        connection = sqlite3.connect(self.case / "case.db")
        connection.execute("UPDATE piece SET relations = zeroblob(length(relations))")
        connection.commit()
        connection.close()
        self.assertIn(b"damaged", self.call("report", "case", status=2).stderr)

    def test_places(self):
        run = self.add("drill", case="drill/case/", status=2)
        self.assertIn(b"inside the evidence", run.stderr)
        self.add("drill", case="no/such/place/", status=2)
        self.scan("-f", "csv", "drill", "-o", "case/", status=2)
        self.scan("--no-detectors", "drill", "-o", "case/", status=2)
        self.scan("-", "-o", "case/", status=2, input=b"")

    def test_one_at_a_time(self):
        self.add("drill")
        connection = sqlite3.connect(self.case / "case.db")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        run = self.call("report", "case", status=None)
        connection.close()
        self.assertNotEqual(run.returncode, 0)
        self.assertIn(b"in use by another process", run.stderr)


class ReadOnly(CaseMaker):
    """A case on a CD or a share that cannot be written. Permissions do not hold root back: a mount
    does, or another user; where neither may be made the tests are skipped."""

    def setUp(self):
        super().setUp()
        self.case = self.top / "ca#se?%41"  # what an address would take for something else
        self.add("drill", case=f"{self.case}/")
        self.tag = sorted(json.loads(self.report(self.case))["evidence"])[0]

    def still_words(self):
        """What to put before a command so that the case cannot be written by it."""
        if os.geteuid() != 0:
            for path in (*self.case.iterdir(), self.case):
                path.chmod(path.stat().st_mode & ~0o222)
            self.addCleanup(self.case.chmod, 0o700)
            return []
        mount = ("mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"")
        for words in (["unshare", "--mount", "sh", "-c", mount, str(self.case)],
                      ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]):
            probe = "test ! -w \"$1\" && test ! -w \"$1/case.db\" && \"$2\" help >/dev/null"
            if words[0] == "setpriv":
                subprocess.run(["chmod", "-R", "a+rX", self.top, self.shared], check=True)
                subprocess.run(["chmod", "0777", self.top / "tmp"], check=True)
            run = subprocess.run([*words, "sh", "-c", probe, "sh", self.case, program()],
                                 capture_output=True, check=False)
            if run.returncode == 0:
                return words
        return self.skipTest("root may neither mount nor be somebody else here")

    def still(self, before, *words, status=0):
        run = subprocess.run([*before, program(), *map(str, words)], env=self.environment,
                             cwd=self.top, stdin=subprocess.DEVNULL, capture_output=True,
                             check=False, timeout=120)
        self.assertNotIn(b"ERROR: AddressSanitizer", run.stderr)
        self.assertEqual(run.returncode, status, run.stderr.decode(errors="replace"))
        return run

    def test_is_read_as_it_lies(self):
        asked = (("report", self.case, "-f", "json"), ("timeline", self.case),
                 ("hosts", self.case), ("evidence", self.case, self.tag), ("verdict", self.case))
        wanted = [self.call(*words).stdout for words in asked]
        held = sorted(path.name for path in self.case.iterdir())
        before = self.still_words()
        for words, said in zip(asked, wanted):
            self.assertTrue(self.still(before, *words).stdout == said, words)
        self.assertTrue(wanted[0] == self.report(self.case))
        self.assertEqual(sorted(path.name for path in self.case.iterdir()), held)
        run = self.still(before, "verdict", self.case, self.tag, "benign", "--why", "x", status=4)
        self.assertIn(b"run.log", run.stderr)

    def test_an_unfinished_log_is_told(self):
        """What was committed last lies in the log: nothing is told without it."""
        other = self.top / "other"
        connection = sqlite3.connect(self.case / "case.db")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("INSERT INTO verdict SELECT sha256, tag, 'benign', 'late', 'ann', "
                           "'2027-01-01T00:00:00Z' FROM record LIMIT 1")
        connection.commit()
        shutil.copytree(self.case, other)
        connection.close()
        (other / "case.db-shm").unlink()
        self.assertGreater((other / "case.db-wal").stat().st_size, 0)
        self.case = other
        before = self.still_words()
        run = self.still(before, "report", other, status=4)
        self.assertIn(b"copy the whole case to a disk that can be written", run.stderr)
        copy = self.top / "copy"
        shutil.copytree(other, copy)
        for path in (copy, *copy.iterdir()):
            path.chmod(0o700)
        self.assertIn(b"ann: late", self.call("verdict", copy).stdout)


class Killed(unittest.TestCase):
    def test_a_few_rounds(self):
        run = subprocess.run([sys.executable, str(TOP / "tests" / "acceptance" / "kill_case.py"),
                              "--vedette", program(), "--rounds", "8", "--verify-every", "4",
                              "--seed", "20261122"], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
