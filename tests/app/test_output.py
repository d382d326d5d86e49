# What a scan writes: the forms of findings, the summary, hostile values
# SPDX-License-Identifier: Apache-2.0
import csv
import io
import json
import os
import pty
import re
import unittest

from evidence import WHOAMI, EvidenceCase, event, lines, program

COLUMNS = ("first last count level rule_id rule tags host account provider channel event_code "
           "matched file record line offset sha256").split()
HOSTILE = "whoami \x1b[2J\u202egnp.exe\u2066 \x9b31m <script>alert(1)</script> \u200b"
UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e"
                    "\u2060-\u206f\ufeff]")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(\d{3})?Z$")


class Output(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.log = self.put("log.jsonl", lines(event(1), event(2, 1, User="CORP\\ann"),
                                               event(3, 2, CommandLine=HOSTILE)))

    def check_reference(self, reference):
        self.assertEqual(set(reference), {"file", "record", "line", "offset", "time", "sha256"})
        self.assertIsInstance(reference["file"], str)
        self.assertIsNone(reference["record"])
        self.assertIsInstance(reference["line"], int)
        self.assertIsInstance(reference["offset"], int)
        self.assertRegex(reference["time"], TIME)
        self.assertRegex(reference["sha256"], "^[0-9a-f]{64}$")

    def test_jsonl_is_as_the_schema_says(self):
        findings = self.findings(self.log)
        self.assertEqual(len(findings), 3)
        for finding in findings:
            self.assertEqual(finding["schema"], "vedette.finding/1")
            self.assertEqual(set(finding), {"schema", "@timestamp", "event", "winlog", "rule", "stage",
                                            "threat", "host", "user", "count", "matched",
                                            "evidence", "more_evidence"})
            for time in (finding["@timestamp"], finding["event"]["start"], finding["event"]["end"]):
                self.assertRegex(time, TIME)
            self.assertEqual(finding["event"]["kind"], "alert")
            self.assertEqual(finding["event"]["code"], "1")
            self.assertEqual(finding["event"]["severity"], 3)
            self.assertEqual(finding["event"]["provider"], "Microsoft-Windows-Sysmon")
            self.assertEqual(finding["winlog"]["channel"], "Microsoft-Windows-Sysmon/Operational")
            self.assertEqual(finding["rule"], {"id": WHOAMI, "name": "Whoami was run",
                                               "level": "high", "status": "stable",
                                               "tags": ["attack.discovery", "attack.t1033"]})
            self.assertEqual(finding["threat"]["tactic"]["name"], ["discovery"])
            self.assertEqual(finding["threat"]["technique"]["id"], ["T1033"])
            self.assertIsInstance(finding["count"], int)
            for matched in finding["matched"]:
                self.assertEqual(set(matched), {"field", "ecs", "value"})
            self.check_reference(finding["evidence"])
        self.assertEqual(findings[0]["matched"][0]["ecs"], "process.command_line")
        self.assertEqual(findings[1]["user"]["name"], "CORP\\ann")
        self.assertEqual(findings[2]["matched"][0]["value"], HOSTILE)

    def test_jsonl_is_what_a_file_gets(self):
        out = self.top / "out"
        self.scan(self.log, "-o", out)
        self.assertEqual(out.read_bytes(),
                         self.scan(self.log, "-f", "jsonl", "-o", "-").stdout)

    def test_json(self):
        held = json.loads(self.scan(self.log, "-f", "json", "-o", "-").stdout)
        self.assertEqual((held["schema"], held["complete"]), ("vedette.findings/1", True))
        self.assertEqual(held["findings"], self.findings(self.log))

    def test_json_of_nothing(self):
        held = json.loads(self.scan(self.log, "-f", "json", "-o", "-", "--host", "x").stdout)
        self.assertEqual(held, {"schema": "vedette.findings/1", "findings": [], "complete": True})

    def test_csv(self):
        text = self.scan(self.log, "-f", "csv", "-o", "-").stdout.decode()
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(rows[0], COLUMNS)
        self.assertTrue(all(len(row) == len(COLUMNS) for row in rows))
        row = dict(zip(COLUMNS, rows[2]))
        self.assertEqual(row["account"], "CORP\\ann")
        self.assertEqual((row["level"], row["count"], row["line"], row["record"]),
                         ("high", "1", "2", ""))
        self.assertEqual(row["tags"], "attack.discovery attack.t1033")

    def test_csv_defuses_formulas(self):
        for number, start in enumerate(("=", "+", "-", "@", "\t", "\r")):
            host = start + "HYPERLINK(\"http://x\",\"whoami\")"
            log = self.put(f"formula{number}.jsonl", lines(event(1, host=host)))
            text = self.scan(log, "-f", "csv", "-o", "-").stdout.decode()
            row = list(csv.reader(io.StringIO(text, newline="")))[1]
            self.assertEqual(row[COLUMNS.index("host")], "'" + host)

    def test_form_by_the_ending(self):
        for name, start in (("a.csv", b"first,last"), ("a.json", b'{"schema":"vedette.findings/1"'),
                            ("a.jsonl", b'{"schema":"vedette.finding/1"')):
            self.scan(self.log, "-o", self.top / name)
            self.assertTrue((self.top / name).read_bytes().startswith(start), name)
        self.scan(self.log, "-o", self.top / "b.csv", "-f", "jsonl")
        self.assertTrue((self.top / "b.csv").read_bytes().startswith(b"{"))

    def test_longer_old_output_leaves_nothing(self):
        out = self.top / "out.jsonl"
        out.write_bytes(b"x" * 1000000)
        self.scan(self.log, "-o", out)
        for line in out.read_text().splitlines():
            json.loads(line)

    def test_standard_output_carries_findings_alone(self):
        for form in ("jsonl", "json", "csv", "table"):
            run = self.scan(self.log, "-f", form, "-o", "-")
            self.assertNotIn(b"Worst hosts", run.stdout)
            self.assertIn(b"Worst hosts", run.stderr)
        run = self.scan(self.log, "-o", self.top / "out.jsonl")
        self.assertIn(b"Worst hosts", run.stdout)
        self.assertEqual(run.stderr, b"")

    def test_quiet(self):
        run = self.scan(self.log, "-q", "-o", self.top / "out.jsonl")
        self.assertEqual((run.stdout, run.stderr), (b"", b""))

    def test_summary(self):
        self.put("note.txt", b"nothing of a log\n")
        self.put("empty.evtx", b"")
        text = self.scan(self.evidence).stdout.decode()
        self.assertIn("3 events", text)
        self.assertRegex(text, r"high +3 findings on 3 records")
        self.assertRegex(text, r"high +3 +1  2026-03-01 03:00  2026-03-01 03:02  Whoami was run")
        self.assertRegex(text, r"HOST1 +0 +3 +0 +1  2026-03-01 03:00  2026-03-01 03:02")
        self.assertIn("Not understood: 1 file of no known format", text)
        self.assertIn("note.txt", text)
        self.assertIn("\nEmpty: 1 file without a byte: ", text)  # not: of no known format

    def test_terminal_forms_are_safe(self):
        log = self.put("safe.jsonl", lines(event(1, host=HOSTILE, CommandLine=HOSTILE),
                                           event(2, 1, User=HOSTILE)))
        for form in ("table", "jsonl", "csv", "json"):
            run = self.scan(log, "-f", form, "-o", "-", "--color", "never")
            for text in (run.stdout.decode(), run.stderr.decode()):
                self.assertIsNone(UNSAFE.search(text), (form, text))

    def test_hostile_file_names_are_escaped(self):
        self.put("a\x1b]0;x\x07\n.txt", b"nothing of a log\n")
        text = self.scan(self.evidence, status=None).stdout.decode()
        self.assertIsNone(UNSAFE.search(text))
        self.assertIn("\\x1b]0;x\\x07\\x0a.txt", text)

    def test_colour(self):
        self.assertNotIn(b"\x1b", self.scan(self.log).stdout)
        self.assertIn(b"\x1b[31m", self.scan(self.log, "--color", "always").stdout)
        self.assertIn(b"\x1b", self.on_terminal())
        self.assertNotIn(b"\x1b[3", self.on_terminal("--color", "never"))
        self.environment["NO_COLOR"] = "1"
        self.assertNotIn(b"\x1b[3", self.on_terminal())

    def on_terminal(self, *words):
        words = [program(), "scan", "-r", str(self.rules), str(self.log), *words]
        try:
            child, terminal = pty.fork()
        except OSError as error:
            self.skipTest(f"no pseudo terminal here: {error}")
        if child == 0:
            os.execve(words[0], words, self.environment)
        text = b""
        try:
            while piece := os.read(terminal, 65536):
                text += piece
        except OSError:
            pass
        os.close(terminal)
        os.waitpid(child, 0)
        return text


class LargeValues(EvidenceCase):
    def test_64_kib_and_more(self):
        values = ["whoami" + "é" * size for size in (100, 32765, 32766, 40000)]
        log = self.put("log.jsonl", lines(*[event(i, i, CommandLine=value)
                                            for i, value in enumerate(values)]))
        shown = [finding["matched"][0]["value"] for finding in self.findings(log)]
        self.assertEqual(shown[:2], values[:2])
        for text, value in zip(shown[2:], values[2:]):
            self.assertTrue(text.endswith("[cut]"))
            self.assertTrue(value.startswith(text[:-5]))

    def test_20_mib_of_each(self):
        (self.rules / "correlation.yml").write_text(
            "title: Two\nid: 44444444-4444-4444-8444-444444444444\nlevel: high\ncorrelation:\n"
            f"    type: value_count\n    generate: true\n    rules: [{WHOAMI}]\n"
            "    group-by: [User]\n    timespan: 1h\n"
            "    condition: {gte: 2, field: CommandLine}\n")
        large = "y" * (20 << 20)
        log = self.put("log.jsonl", lines(
            event(1, 0, CommandLine="whoami" + large), event(2, 1, host=large),
            event(3, 2, User=large), event(4, 3, User=large, CommandLine="whoami x"),
            {"Event": {**event(5, 4)["Event"], "System": {**event(5, 4)["Event"]["System"],
                                                          "Task": large}}}))
        findings = self.findings(log)
        self.assertEqual(len([one for one in findings if one["rule"]["id"] == WHOAMI]), 5)
        self.assertEqual(len(findings), 7)  # two accounts make a correlation each
        self.assertLess(max(len(json.dumps(one)) for one in findings), 300000)

    def test_many_large_fields(self):
        names = [f"Field{i}" for i in range(60)]
        (self.rules / "many.yml").write_text(
            "title: Many\nid: 55555555-5555-4555-8555-555555555555\nlevel: low\n"
            "logsource: {product: windows, category: process_creation}\ndetection:\n    s:\n"
            + "".join(f"        {name}|contains: z\n" for name in names)
            + "    condition: s\n")
        log = self.put("log.jsonl", lines(event(1, **{name: "z" * 90000 for name in names})))
        findings = self.findings(log)
        self.assertEqual(len(findings), 2)
        self.assertEqual(len(findings[1]["matched"]) + len(findings[0]["matched"]), 61)


if __name__ == "__main__":
    unittest.main()
