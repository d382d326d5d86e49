# Damaged, unreadable and endless evidence
# SPDX-License-Identifier: Apache-2.0
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from evidence import WHOAMI, EvidenceCase, event, lines, program, tar_gz
from test_commands import write_evtx

NOBODY = 65534


class Damage(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.log = self.put("log.jsonl", lines(event(1)))

    def test_truncated_event_log(self):
        path = max(write_evtx(self.evidence), key=lambda one: one.stat().st_size)
        whole = int(self.call("events", "--count", path).stdout)
        data = path.read_bytes()
        path.write_bytes(data[:4096 + 20000])
        run = self.call("events", "--count", path, status=3)
        self.assertIn(path.name.encode(), run.stderr)
        self.assertLess(int(run.stdout), whole)
        run = self.scan(self.evidence, status=3)
        self.assertIn(b"Gaps", run.stdout)
        self.assertIn(path.name.encode(), run.stdout)

    def test_truncated_gzip(self):
        data = tar_gz({"log.jsonl": lines(*[event(i, CommandLine=f"whoami {os.urandom(30).hex()}")
                                            for i in range(2000)])})
        self.put("case.tar.gz", data[:len(data) // 2])
        run = self.scan("-f", "jsonl", "-o", "-", self.evidence, status=3)
        self.assertGreater(run.stdout.count(b"\n"), 100)
        self.assertIn(b"case.tar.gz", run.stderr)

    def test_torn_line_costs_itself_alone(self):
        self.put("torn.jsonl", lines(event(1, 1)) + b'{"Event": {"System": \n' + lines(event(2, 2)))
        run = self.scan("-f", "jsonl", "-o", "-", self.evidence / "torn.jsonl", status=3)
        self.assertEqual(json.loads(run.stdout)["count"], 2)

    def test_fail_on_outranks_gaps(self):
        self.put("torn.jsonl", lines(event(1, 1)) + b'{"Event": \n')
        self.scan(self.evidence, status=3)
        self.scan(self.evidence, "--fail-on", "high", status=1)

    def test_lines_of_no_known_shape(self):
        path = self.put("strange.jsonl", b'{"a": 1}\n{"b": "whoami"}\n')
        run = self.scan(path, status=3)
        self.assertIn(b"Not understood", run.stdout)
        self.assertIn(b"2 records of no known shape", self.scan(self.evidence).stdout)

    def test_unknown_files_beside_known_ones(self):
        self.put("picture.bin", bytes(range(256)) * 16)
        run = self.scan(self.evidence)
        self.assertIn(b"picture.bin", run.stdout)
        self.scan(self.evidence / "picture.bin", status=3)

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_no_permission(self):
        other = self.put("secret.jsonl", lines(event(2, 1)))
        other.chmod(0o600)
        for path in (self.top, self.evidence, self.rules):
            path.chmod(0o755)
        for path in (self.top / "tmp",):
            path.chmod(0o777)
        copy = self.top / "vedette"
        shutil.copy(program(), copy)

        def call(*words):
            return subprocess.run([str(copy), "scan", "--no-cache", "-r", str(self.rules),
                                   *map(str, words)], user=NOBODY, group=NOBODY, cwd="/",
                                  capture_output=True, env=self.environment, check=False)
        run = call(self.evidence)
        self.assertEqual(run.returncode, 3, run.stderr)
        self.assertIn(b"secret.jsonl: file may not be read", run.stdout)
        run = call(other)
        self.assertEqual(run.returncode, 4)
        self.assertIn(b"secret.jsonl: Permission denied", run.stderr)
        (self.rules / "low.yml").chmod(0)
        run = call(self.log)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(b"(1 refused", run.stdout)

    @unittest.skipIf(os.geteuid() != 0, "only root can mount")
    def test_small_disk(self):
        disk = self.top / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)],
                          stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest("cannot mount here")
        try:
            self.put("many.jsonl", lines(*[event(i, i % 500, CommandLine=f"whoami {i}")
                                           for i in range(2000)]))
            run = self.scan("-o", disk / "out.jsonl", self.evidence, status=4)
            self.assertIn(b"No space left", run.stderr)
        finally:
            subprocess.run(["umount", str(disk)], check=False)


def heed_interrupts():
    """A test run in the background of a shell inherits that SIGINT is ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Interrupts(EvidenceCase):
    """Standard input that never ends stands for a scan that takes long."""

    def interrupted(self, number, *words, after=0.0):
        run = subprocess.Popen([program(), "scan", "-r", str(self.rules), *map(str, words), "-"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=self.environment, cwd=self.top,
                               preexec_fn=heed_interrupts)
        events = [event(i, i % 60, CommandLine=f"whoami {i} {'x' * 2000}") for i in range(1500)]
        run.stdin.write(lines(*events))  # two units and a part
        run.stdin.flush()
        time.sleep(1.0 + after)
        run.send_signal(number)
        try:
            output, errors = run.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            run.kill()
            run.communicate()
            self.fail("not interrupted")
        return run.returncode, output, errors

    def test_partial_result_is_whole_and_marked(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            status, output, errors = self.interrupted(number, "-f", "jsonl", "-o", "-")
            self.assertEqual(status, 130, errors)
            held = [json.loads(line) for line in output.splitlines()]
            self.assertEqual(held[-1], {"schema": "vedette.note/1", "complete": False})
            self.assertEqual(held[0]["rule"]["id"], WHOAMI)
            self.assertGreater(len(held), 500)
            self.assertIn(b"INTERRUPTED", errors)

    def test_json(self):
        status, output, _ = self.interrupted(signal.SIGINT, "-f", "json", "-o", "-",
                                             "--threads", 1, "--fail-on", "low")
        self.assertEqual(status, 130)
        self.assertIs(json.loads(output)["complete"], False)

    def test_reports_are_marked(self):
        status, output, _ = self.interrupted(signal.SIGTERM, "--report", "r.html", "--report",
                                             "r.json", "--report", "r.md", "--report", "r.txt",
                                             "--report", "r.threat.json")
        self.assertEqual((status, output.count(b"INTERRUPTED")), (130, 1))
        for name in ("r.json", "r.threat.json"):
            self.assertIs(json.loads((self.top / name).read_text())["complete"], False, name)
        for name in ("r.html", "r.md", "r.txt"):
            self.assertIn("interrupted: not all evidence was read",
                          (self.top / name).read_text().lower(), name)

    def test_play(self):
        run = subprocess.Popen([program(), "drill", "play", "clean", "-o", "play"], cwd=self.top,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=self.environment, preexec_fn=heed_interrupts)
        time.sleep(0.7)
        run.send_signal(signal.SIGTERM)
        _, errors = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 130, errors)
        self.assertIn(b"interrupted", errors)
        self.assertFalse((self.top / "play" / "truth.json").exists())

    def test_unread_files_are_not_called_unknown(self):
        for number in range(50):
            self.put(f"zz{number}.jsonl", lines(event(1)))
        _, output, _ = self.interrupted(signal.SIGINT, self.evidence)
        self.assertNotIn(b"no known format", output)

    def test_ignored_interrupt_stays_ignored(self):
        run = subprocess.Popen(["/bin/sh", "-c", "trap '' INT; exec \"$0\" \"$@\"", program(), "scan",
                                "-r", str(self.rules), "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=self.environment)
        time.sleep(0.7)
        run.send_signal(signal.SIGINT)
        run.communicate(lines(event(1)), timeout=30)
        self.assertEqual(run.returncode, 0)

    def test_events(self):
        run = subprocess.Popen([program(), "events", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=self.environment, preexec_fn=heed_interrupts)
        run.stdin.write(lines(event(1), event(2)))
        run.stdin.flush()
        time.sleep(0.7)
        run.send_signal(signal.SIGINT)
        output, errors = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 130, errors)
        self.assertEqual(len(output.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
