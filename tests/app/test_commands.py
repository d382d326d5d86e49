# events, evidence and rules
# SPDX-License-Identifier: Apache-2.0
import csv
import hashlib
import io
import json
import os
import pathlib
import subprocess
import unittest

from evidence import LOW, WHOAMI, EvidenceCase, event, lines, program, tar_gz

TIMES = [event(i, i * 10, f"H{i}") for i in range(4)]


def write_evtx(directory):
    """Event logs of a few records each, written by the build's own test program."""
    writer = pathlib.Path(program()).parents[1] / "tests" / "drill" / "write_evtx_samples"
    if not writer.exists():
        raise unittest.SkipTest("write_evtx_samples is not built")
    subprocess.run([str(writer), str(directory)], check=True, stdout=subprocess.DEVNULL)
    return sorted(pathlib.Path(directory).glob("*.evtx"))


class Events(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.log = self.put("log.jsonl", lines(*TIMES))

    def events(self, *words, **options):
        return [json.loads(line) for line in
                self.call("events", self.log, *words, **options).stdout.splitlines()]

    def hosts(self, *words):
        return [one["host"]["name"] for one in self.events(*words)]

    def test_canonical_form(self):
        first = self.events()[0]
        self.assertEqual(first["process"]["command_line"], "cmd /c whoami")
        self.assertEqual(first["event"]["code"], "1")
        self.assertTrue(first["@timestamp"].startswith("2026-03-01T03:00:00"))

    def test_raw(self):
        self.assertEqual(self.events("--raw"), TIMES)

    def test_filters(self):
        self.assertEqual(self.hosts("--record", "2", "--record", "4"), ["H1", "H3"])
        self.assertEqual(self.hosts("--host", "h2"), ["H2"])
        self.assertEqual(self.hosts("--since", "2026-03-01T03:20:00Z"), ["H2", "H3"])
        self.assertEqual(self.hosts("--until", "2026-03-01T03:10:00Z"), ["H0"])
        self.assertEqual(self.hosts("--id", "4"), [])
        self.assertEqual(len(self.hosts("--id", "1")), 4)
        self.assertEqual(len(self.hosts("--channel", "microsoft-windows-sysmon/operational")), 4)
        self.assertEqual(self.hosts("--channel", "Security"), [])

    def test_count(self):
        self.assertEqual(self.call("events", "--count", self.log).stdout, b"4\n")

    def test_csv(self):
        text = self.call("events", "-f", "csv", self.log).stdout.decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual([row["host"] for row in rows], ["H0", "H1", "H2", "H3"])
        self.assertEqual(rows[1]["record"], "2")
        self.assertEqual(json.loads(rows[0]["event"])["host"]["name"], "H0")

    def test_standard_input(self):
        self.assertEqual(self.call("events", "--count", "-", input=lines(*TIMES)).stdout, b"4\n")

    def test_evtx(self):
        for path in write_evtx(self.evidence):
            raw = self.call("events", "--raw", path).stdout.splitlines()
            count = int(self.call("events", "--count", path).stdout)
            self.assertEqual(len(raw), count)
            for line in raw:
                self.assertIn("System", json.loads(line)["Event"])

    def test_ends(self):
        self.call("events", self.top / "nowhere", status=2)
        self.call("events", status=2)
        self.call("events", "-f", "json", self.log, status=2)
        empty = self.top / "empty"
        empty.mkdir()
        self.assertIn(b"no evidence", self.call("events", empty, status=3).stderr)
        with open("/dev/full", "wb") as full:
            run = self.call("events", self.log, status=4, stdout=full)
            self.assertEqual(run.stderr.count(b"No space left"), 1, run.stderr)


class Evidence(EvidenceCase):
    def check(self, path):
        findings = self.findings(path)
        self.assertTrue(findings)
        for finding in findings:
            for reference in [finding["evidence"], *finding["more_evidence"]]:
                number = reference["line"] or reference["record"]
                name = f"{reference['file']}:{number}"
                raw = self.call("evidence", "--bytes", name).stdout
                self.assertEqual(hashlib.sha256(raw).hexdigest(), reference["sha256"])
                text = self.call("evidence", name).stdout.decode()
                self.assertIn(f"sha256  {reference['sha256']}\n", text)
                self.assertIn(f"offset  {reference['offset']}\n", text)

    def data(self):
        return lines(event(7), event(8, 1), event(9, 2, "H", CommandLine="whoami é"))

    def test_lines(self):
        self.check(self.put("log.jsonl", self.data()))
        self.check(self.put("crlf.jsonl", self.data().replace(b"\n", b"\r\n")))

    def test_archives(self):
        inner = tar_gz({"deep/log.jsonl": self.data()})
        self.check(self.put("case.tar.gz", tar_gz({"C/log.jsonl": self.data()})))
        self.check(self.put("outer.tar.gz", tar_gz({"x/inner.tar.gz": inner})))

    def test_file_name_like_an_archive_entry(self):
        self.check(self.put("odd!name.jsonl", self.data()))

    def test_file_name_with_colon_and_wildcards(self):
        self.check(self.put("a:1 [x]*.jsonl", self.data()))

    def test_directory(self):
        self.put("b/log.jsonl", self.data())
        self.check(self.evidence)

    def test_evtx(self):
        (self.rules / "all.yml").write_text(
            "title: Every event\nid: 66666666-6666-4666-8666-666666666666\nlevel: low\n"
            "logsource: {product: windows}\ndetection:\n    s:\n        EventID|gte: 0\n"
            "    condition: s\n")
        logs = write_evtx(self.evidence)
        self.check(min(logs, key=lambda path: path.stat().st_size))

    def test_ends(self):
        log = self.put("log.jsonl", self.data())
        self.assertIn(b"no record 99", self.call("evidence", f"{log}:99", status=2).stderr)
        self.call("evidence", log, status=2)
        self.call("evidence", f"{log}:", status=2)
        self.call("evidence", f"{log}:x", status=2)
        self.call("evidence", f"{log}:1", f"{log}:2", status=2)
        self.call("evidence", f"{self.top}/nowhere:1", status=2)


class Rules(EvidenceCase):
    def rules_call(self, *words, **options):
        return self.call("rules", *words, "-r", self.rules, **options)

    def test_list(self):
        text = self.rules_call("list").stdout.decode()
        self.assertEqual(len(text.splitlines()), 3)
        self.assertIn(f"{WHOAMI}  high           windows/process_creation/*  Whoami was run", text)
        held = [json.loads(line) for line in
                self.rules_call("list", "-f", "jsonl").stdout.splitlines()]
        self.assertEqual(sorted(one["level"] for one in held), ["critical", "high", "low"])
        self.assertEqual(len(self.rules_call("list", "--min-level", "high").stdout.splitlines()), 2)

    def test_lint_is_content(self):
        run = self.rules_call("lint")
        self.assertEqual(run.stdout, b"")
        self.assertIn(b"3 rules", run.stderr)

    def test_lint_names_the_refused(self):
        (self.rules / "bad.yml").write_text("title: Bad\nid: x\nlogsource: {product: windows}\n"
                                            "detection:\n    a:\n        b|nonsense: c\n"
                                            "    condition: a\n")
        (self.rules / "torn.yml").write_text("title: [\n")
        run = self.rules_call("lint", status=3)
        self.assertRegex(run.stdout.decode(), r"bad\.yml:\d+.*refused: .*nonsense")
        self.assertRegex(run.stdout.decode(), r"torn\.yml:\d+.*refused: ")
        held = [json.loads(line) for line in
                self.rules_call("lint", "-f", "jsonl", status=3).stdout.splitlines()]
        self.assertEqual([one["refused"] for one in held], [True, True])
        log = self.put("log.jsonl", lines(event(1)))
        self.assertIn(b"3 rules (2 refused", self.scan(log).stdout)

    def test_lint_finds_duplicates(self):
        copy = (self.rules / "low.yml").read_text()
        (self.rules / "low2.yml").write_text(copy)
        run = self.rules_call("lint", status=None)
        self.assertIn(LOW.encode(), run.stdout)

    def test_hostile_titles_are_escaped(self):
        path = self.rules / "low.yml"
        path.write_text(path.read_text().replace("Network tool", '"a\\e[2Jb\\u202Ec"'))
        self.assertIn(b"a\\x1b[2Jb\\u202ec", self.rules_call("list").stdout)

    def test_unreadable_rule_file_is_named(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        (self.rules / "low.yml").chmod(0)
        self.assertIn(b"low.yml", self.rules_call("lint", status=3).stdout)

    def test_ends(self):
        self.call("rules", status=2)
        self.call("rules", "burn", status=2)
        self.call("rules", "list", "-r", self.top / "nowhere", status=2)

    def test_archive(self):
        packed = self.top / "rules.tar.gz"
        packed.write_bytes(tar_gz({"a/low.yml": (self.rules / "low.yml").read_bytes()}))
        run = self.call("rules", "list", "-r", packed)
        self.assertIn(LOW.encode(), run.stdout)


class Help(EvidenceCase):
    def test_every_command_explains_itself(self):
        text = self.call("help").stdout.decode()
        for name in ("scan", "events", "evidence", "rules", "help"):
            self.assertIn(f"  {name} ", text)
            explained = self.call(name, "--help").stdout
            self.assertEqual(explained, self.call("help", name).stdout)
            self.assertIn(b"Exit status", explained)
        self.call("help", "nothing", status=2)
        self.call("nothing", status=2)

    def test_version(self):
        self.assertRegex(self.call("--version").stdout, rb"^vedette \d+\.\d+")
        self.assertEqual(self.call("-V").stdout, self.call("help", "--version").stdout)


if __name__ == "__main__":
    unittest.main()
