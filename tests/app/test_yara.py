# YARA rules over files and logs
# SPDX-License-Identifier: Apache-2.0
import hashlib
import shutil
import subprocess
import unittest

from evidence import EvidenceCase, event, lines
from programs import make_program

RULES = """import "pe"
rule text { meta: description = "A text" author = "Example" severity = "high"
            strings: $a = "needle" $b = { 00 01 02 } condition: any of them }
rule program : tag { condition: pe.imports("kernel32.dll", "Sleep") }
rule large { condition: filesize > 1000 }
rule in_log : LOG { strings: $w = "whoami" $u = /user=[a-z]+/ condition: any of them }
"""


class Yara(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.yara = self.top / "yara"
        self.yara.mkdir()
        (self.yara / "a.yar").write_text(RULES)

    def hits(self, *words, **options):
        return {(one["rule"]["id"], one["evidence"]["file"].split("/")[-1]): one for one in
                self.findings("--yara", self.yara, *words, self.evidence, **options)
                if one["rule"]["id"] in ("text", "program", "large", "in_log")}

    def put_files(self):
        self.put("t.bin", b"..needle..needle\0\1\2")
        self.put("p.bin", make_program([("KERNEL32.dll", ["Sleep"])]))
        self.put("n.bin", b"\0nothing")

    def test_files(self):
        self.put_files()
        self.assertEqual(self.hits(status=3), {})
        found = self.hits("--files")
        self.assertEqual(set(found), {("text", "t.bin"), ("text", "p.bin"), ("program", "p.bin"),
                                      ("large", "p.bin")})
        one = found["text", "t.bin"]
        self.assertEqual(one["rule"]["name"], "A text")
        self.assertEqual(one["rule"]["level"], "high")
        values = {row["field"]: row["value"] for row in one["matched"]}
        data = (self.evidence / "t.bin").read_bytes()
        self.assertEqual(values["Matches"], "$a at 0x2, 0xa; $b at 0x10")
        self.assertEqual(values["sha256"], hashlib.sha256(data).hexdigest())
        self.assertEqual(values["author"], "Example")
        self.assertEqual(one["evidence"]["sha256"], values["sha256"])

    @unittest.skipUnless(shutil.which("yara"), "the yara command is not installed")
    def test_as_the_yara_command(self):
        self.put_files()
        words = [word for name in ("filename", "extension") for word in ("-d", f"{name}=")]
        out = subprocess.run(["yara", "-r", *words, self.yara / "a.yar", self.evidence],
                             check=True, capture_output=True, text=True).stdout
        peer = {(rule, path.split("/")[-1]) for rule, path in
                (line.split(" ", 1) for line in out.splitlines())}
        self.assertEqual(set(self.hits("--files")), {one for one in peer if one[0] != "in_log"})

    def test_logs(self):
        rows = [event(i, CommandLine="cmd /c whoami user=bob" if i % 1000 == 5 else "x" * 100)
                for i in range(6000)]
        data = lines(*rows)
        self.put("log.jsonl", data)
        for threads in (1, 4):
            found = self.hits("--threads", threads)
            self.assertEqual(set(found), {("in_log", "log.jsonl")})
            one = found["in_log", "log.jsonl"]
            self.assertEqual(one["count"], 6)
            self.assertEqual(one["evidence"]["line"], 6)
            self.assertEqual(one["evidence"]["sha256"],
                             hashlib.sha256(data.split(b"\n")[5]).hexdigest())
            self.assertEqual([more["line"] for more in one["more_evidence"]],
                             [1006, 2006, 3006, 4006, 5006])

    def test_a_rule_that_does_not_compile(self):
        self.put_files()
        (self.yara / "b.yar").write_text("rule bad {\n condition:\n  $x\n}\n")
        run = self.scan("--files", "--yara", self.yara, self.evidence)
        self.assertIn(b"b.yar:", run.stderr)
        self.assertIn(b"undefined string", run.stderr)
        (self.yara / "a.yar").unlink()
        run = self.scan("--files", "--yara", self.yara, self.evidence, status=2)
        self.assertIn(b"no YARA rule", run.stderr)


if __name__ == "__main__":
    unittest.main()
