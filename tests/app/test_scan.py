# vedette scan: what is looked at, what comes out, how it ends
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import time
import unittest
import zipfile

from evidence import CRITICAL, LOW, WHOAMI, EvidenceCase, event, lines, program, tar_gz

UPDATER = "C:\\Program Files\\Update\\updater.exe"
PING = "C:\\Windows\\System32\\ping.exe"


def ids(findings):
    return [finding["rule"]["id"] for finding in findings]


class ScanFilters(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.log = self.put("log.jsonl", lines(
            event(1, 0), event(2, 10, "HOST2", ParentImage=UPDATER, CommandLine="cmd /c dir"),
            event(3, 20, "dc01.example.org", Image=PING, CommandLine="ping -n 1 a")))

    def test_sorted_by_time(self):
        self.assertEqual(ids(self.findings(self.log)), [WHOAMI, CRITICAL, LOW])

    def test_min_level(self):
        self.assertEqual(ids(self.findings(self.log, "--min-level", "high")), [WHOAMI, CRITICAL])
        self.assertEqual(ids(self.findings(self.log, "--min-level=critical")), [CRITICAL])

    def test_tag(self):
        self.assertEqual(ids(self.findings(self.log, "--tag", "attack.t1033")), [WHOAMI])

    def test_status(self):
        self.assertEqual(ids(self.findings(self.log, "--status", "stable", "--status", "test")),
                         [WHOAMI, LOW])

    def test_exclude_rule_by_id_and_title(self):
        self.assertEqual(ids(self.findings(self.log, "--exclude-rule", WHOAMI,
                                           "--exclude-rule", "Network tool")), [CRITICAL])

    def test_no_rule_left_is_a_usage_error(self):
        run = self.scan(self.log, "--tag", "attack.t9999", status=2)
        self.assertIn(b"no rule", run.stderr)

    def test_since_until(self):
        self.assertEqual(ids(self.findings(self.log, "--since", "2026-03-01T03:10:00Z")),
                         [CRITICAL, LOW])
        self.assertEqual(ids(self.findings(self.log, "--until", "2026-03-01T03:10:00Z")), [WHOAMI])
        self.assertEqual(ids(self.findings(self.log, "--since", "2026-03-02")), [])

    def test_since_after_until_is_a_usage_error(self):
        self.scan(self.log, "--since", "2026-03-02", "--until", "2026-03-01", status=2)

    def test_host(self):
        self.assertEqual(ids(self.findings(self.log, "--host", "host2")), [CRITICAL])
        self.assertEqual(ids(self.findings(self.log, "--host", "DC01")), [LOW])
        self.assertEqual(ids(self.findings(self.log, "--host", "other")), [])

    def test_host_fills_in(self):
        log = self.put("nameless.jsonl", lines(event(1, host=None)))
        self.assertEqual(self.findings(log)[0]["host"]["name"], "")
        self.assertEqual(self.findings(log, "--host", "WEB7")[0]["host"]["name"], "WEB7")

    def test_host_from_path(self):
        self.put("hosts/FS09/log.jsonl", lines(event(1, host=None)))
        names = [finding["host"]["name"] for finding in self.findings(self.evidence / "hosts")]
        self.assertEqual(names, ["FS09"])

    def test_fail_on(self):
        self.scan(self.log, "--fail-on", "critical", status=1)
        self.scan(self.log, "--fail-on", "low", status=1)
        self.scan(self.log, "--fail-on", "critical", "--host", "HOST1", status=0)


class ScanSameResult(EvidenceCase):
    def setUp(self):
        super().setUp()
        for number in range(6):
            events = [event(i, i % 50, f"H{number}", CommandLine=f"whoami {i % 9}",
                            ParentImage=UPDATER) for i in range(1, 200)]
            self.put(f"h{number}/log.jsonl", lines(*events))
        self.files = sorted(self.evidence.glob("*/log.jsonl"))

    def bytes_of(self, *words):
        return self.scan("-f", "jsonl", "-o", "-", *words).stdout

    def test_threads(self):
        one = self.bytes_of(self.evidence, "--threads", 1)
        self.assertGreater(len(one), 1000)
        self.assertEqual(one, self.bytes_of(self.evidence, "--threads", 2))
        self.assertEqual(one, self.bytes_of(self.evidence, "--threads", 8))

    def test_order_of_arguments(self):
        one = self.bytes_of(*self.files)
        self.assertEqual(one, self.bytes_of(*reversed(self.files)))
        self.assertEqual(one, self.bytes_of(*self.files[3:], *self.files[:3], "--threads", 8))

    def test_directory_as_its_files(self):
        self.assertEqual(self.bytes_of(self.evidence), self.bytes_of(*self.files))

    def test_same_file_twice_is_one(self):
        self.assertEqual(self.bytes_of(self.files[0]),
                         self.bytes_of(self.files[0], self.files[0], self.evidence / "h0"))

    def test_glob(self):
        self.assertEqual(self.bytes_of(*self.files), self.bytes_of(f"{self.evidence}/h*/log.jsonl"))

    def test_rule_image_changes_nothing(self):
        time.sleep(1.1)  # no image is made of rules that may still be changing
        fresh = self.bytes_of(self.evidence, "--no-cache")
        self.assertEqual(fresh, self.bytes_of(self.evidence))
        self.assertTrue(list((self.top / "cache" / "vedette").iterdir()))
        self.assertEqual(fresh, self.bytes_of(self.evidence))

    def test_changed_rule_is_seen_behind_the_image(self):
        time.sleep(1.1)
        self.bytes_of(self.evidence)
        path = self.rules / "whoami.yml"
        path.write_text(path.read_text().replace("contains: whoami", "contains: nothing"))
        self.assertNotIn(WHOAMI.encode(), self.bytes_of(self.evidence))

    def test_damaged_image_is_made_anew(self):
        time.sleep(1.1)
        fresh = self.bytes_of(self.evidence)
        images = list((self.top / "cache" / "vedette").iterdir())
        self.assertTrue(images)
        for path in images:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 0xFF
            path.write_bytes(data)
        self.assertEqual(fresh, self.bytes_of(self.evidence))

    def test_evidence_is_left_as_it_was(self):
        def state():
            return [(path, path.stat().st_mtime_ns, path.stat().st_mode,
                     path.read_bytes() if path.is_file() else None)
                    for path in sorted(self.evidence.rglob("*"))]
        for path in self.evidence.rglob("*"):
            path.chmod(stat.S_IREAD | (stat.S_IEXEC if path.is_dir() else 0))
        before = state()
        self.scan(self.evidence)
        self.assertEqual(before, state())


class ScanEnds(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.log = self.put("log.jsonl", lines(event(1)))

    def test_usage_errors(self):
        for words in ([], ["--nonsense", "x"], ["--threads", "many", "x"], ["-f", "xml", "x"],
                      ["--since", "yesterday", "x"], ["-o"], ["--fail-on", "awful", "x"]):
            with self.subTest(words=words):
                run = self.scan(*words, status=2)
                self.assertEqual(run.stdout, b"")
                self.assertIn(b"vedette scan: ", run.stderr)

    def test_missing_evidence_is_named(self):
        run = self.scan(self.log, self.top / "nowhere", status=2)
        self.assertIn(b"nowhere", run.stderr)

    def test_missing_rules_are_named(self):
        run = self.scan("-r", self.top / "norules", self.log, status=2)
        self.assertIn(b"norules", run.stderr)

    def test_missing_evidence_keeps_the_old_output(self):
        old = self.top / "old.jsonl"
        old.write_text("kept\n")
        self.scan("-o", old, self.top / "nowhere", status=2)
        self.assertEqual(old.read_text(), "kept\n")

    def test_no_rules_at_all_is_a_usage_error(self):
        empty = self.top / "empty"
        empty.mkdir()
        run = self.scan("-r", empty, self.log, status=2)
        self.assertIn(b"no rule", run.stderr)

    def test_empty_folder_says_so(self):
        empty = self.top / "empty"
        empty.mkdir()
        run = self.scan(empty, status=3)
        self.assertIn(b"no evidence", run.stdout.lower())

    def test_output_inside_the_evidence_is_refused(self):
        (self.top / "link").symlink_to(self.evidence)
        (self.top / "findings.jsonl").symlink_to(self.evidence / "findings.jsonl")
        for output in (self.evidence / "out.jsonl", self.top / "link" / "out.jsonl", self.log,
                       self.top / "findings.jsonl"):
            for evidence in (self.evidence, f"{self.evidence}/*.jsonl"):
                with self.subTest(output=output.name, evidence=str(evidence)):
                    self.scan("-o", output, evidence, status=2)
        self.assertEqual(os.listdir(self.evidence), ["log.jsonl"])

    def test_spill_and_cache_inside_the_evidence_are_refused(self):
        self.scan("--spill", self.evidence, self.evidence, status=2)
        self.scan("--cache", self.evidence, self.evidence, status=2)
        self.assertEqual(os.listdir(self.evidence), ["log.jsonl"])

    def test_full_disk(self):
        run = self.scan("-o", "/dev/full", self.log, status=4)
        self.assertIn(b"No space left", run.stderr)
        self.assertEqual(run.stderr.count(b"No space left"), 1, run.stderr)

    def test_full_standard_output(self):
        with open("/dev/full", "wb") as full:
            run = self.scan("-f", "jsonl", "-o", "-", self.log, status=4, stdout=full)
            self.assertEqual(run.stderr.count(b"No space left"), 1, run.stderr)
            run = self.scan(self.log, status=4, stdout=full)
            self.assertIn(b"No space left", run.stderr)

    def test_closed_pipe(self):
        self.put("more.jsonl", lines(*[event(i, i % 600, CommandLine=f"whoami {i}")
                                       for i in range(3000)]))
        reader, writer = os.pipe()
        os.close(reader)
        run = self.scan("-f", "jsonl", "-o", "-", self.evidence, status=4, stdout=writer)
        os.close(writer)
        self.assertEqual(run.stderr.count(b"Broken pipe"), 1, run.stderr)

    def test_closed_pipe_of_events(self):
        self.put("more.jsonl", lines(*[event(i, i % 600) for i in range(3000)]))
        self.put("other.jsonl", lines(event(1)))
        reader, writer = os.pipe()
        os.close(reader)
        run = self.call("events", self.evidence, status=4, stdout=writer)
        os.close(writer)
        self.assertEqual(run.stderr.count(b"\n"), 1, run.stderr)
        self.assertIn(b"Broken pipe", run.stderr)

    def test_empty_files_are_counted(self):
        self.put("gone.evtx", b"")
        run = self.scan(self.evidence)
        self.assertIn(b"Empty: 1 file without a byte: ", run.stdout)
        self.assertIn(b"gone.evtx", run.stdout)

    def test_socket_is_no_evidence(self):
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(self.top / "socket"))
            run = self.scan(self.top / "socket", status=4)
        self.assertIn(b"neither a file nor a directory", run.stderr)

    def test_output_directory_is_missing(self):
        self.scan("-o", self.top / "no" / "out.jsonl", self.log, status=2)

    def test_spill_directory_is_missing(self):
        run = self.scan("--spill", self.top / "nospill", self.log, status=2)
        self.assertIn(b"nospill", run.stderr)


class ScanArchives(EvidenceCase):
    def setUp(self):
        super().setUp()
        self.data = lines(event(7), event(8, 1, Image=PING, CommandLine="ping a"))

    def check(self, path, inner):
        findings = self.findings(path)
        self.assertEqual(ids(findings), [WHOAMI, LOW])
        for number, finding in enumerate(findings, 1):
            self.assertEqual(finding["evidence"]["file"], f"{path}!{inner}")
            self.assertEqual(finding["evidence"]["line"], number)

    def test_tar_gz(self):
        self.check(self.put("case.tar.gz", tar_gz({"C/log.jsonl": self.data})), "C/log.jsonl")

    def test_zip(self):
        path = self.evidence / "case.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("C/log.jsonl", self.data)
        self.check(path, "C/log.jsonl")

    @unittest.skipUnless(shutil.which("bsdtar") or shutil.which("7z"), "neither bsdtar nor 7z here")
    def test_7z(self):
        (self.top / "log.jsonl").write_bytes(self.data)
        path = self.evidence / "case.7z"
        command = (["bsdtar", "--format", "7zip", "-cf", str(path), "log.jsonl"]
                   if shutil.which("bsdtar") else ["7z", "a", str(path), "log.jsonl"])
        subprocess.run(command, cwd=self.top, check=True, stdout=subprocess.DEVNULL)
        self.check(path, "log.jsonl")

    def test_standard_input(self):
        self.assertEqual(ids(self.findings("-", input=self.data)), [WHOAMI, LOW])
        self.assertEqual(ids(self.findings("-", input=tar_gz({"log.jsonl": self.data}))),
                         [WHOAMI, LOW])

    def test_rules_from_archives_and_several_directories(self):
        log = self.put("log.jsonl", self.data)
        packed = self.top / "rules.tar.gz"
        packed.write_bytes(tar_gz({"low.yml": (self.rules / "low.yml").read_bytes()}))
        other = self.top / "other"
        other.mkdir()
        shutil.move(self.rules / "whoami.yml", other)
        self.assertEqual(ids(self.findings("-r", packed, "-r", other, log)), [WHOAMI, LOW])


class ScanManyRecords(EvidenceCase):
    """Repeats, filters and correlations."""

    def test_repeats_are_counted(self):
        log = self.put("log.jsonl", lines(*[event(i, i) for i in range(1, 31)]))
        (finding,) = self.findings(log)
        self.assertEqual(finding["count"], 30)
        self.assertEqual(len(finding["more_evidence"]), 15)
        self.assertEqual(finding["event"]["start"][:16], "2026-03-01T03:01")
        self.assertEqual(finding["event"]["end"][:16], "2026-03-01T03:30")
        self.assertEqual([one["line"] for one in finding["more_evidence"]], list(range(2, 17)))

    def test_filter_document(self):
        (self.rules / "filter.yml").write_text(f"""title: The admin may
logsource: {{product: windows, category: process_creation}}
filter:
    rules: [{WHOAMI}]
    selection:
        CommandLine|contains: allowed
    condition: not selection
""")
        log = self.put("log.jsonl", lines(event(1), event(2, 1, CommandLine="whoami allowed")))
        (finding,) = self.findings(log)
        self.assertEqual((finding["count"], finding["evidence"]["line"]), (1, 1))

    def correlation(self, text):
        (self.rules / "correlation.yml").write_text(
            "title: Many hosts\nid: 44444444-4444-4444-8444-444444444444\nlevel: critical\n"
            f"correlation:\n{text}")

    def test_value_count_over_hosts(self):
        self.correlation(f"    type: value_count\n    rules: [{WHOAMI}]\n    timespan: 1h\n"
                         "    condition: {gte: 3, field: Computer}\n")
        few = self.put("few.jsonl", lines(*[event(i, i, f"H{i}") for i in range(2)]))
        many = self.put("many.jsonl", lines(*[event(i, i, f"H{i}") for i in range(5)]))
        title = "Many hosts"
        self.assertNotIn(title, [one["rule"]["name"] for one in self.findings(few)])
        (finding,) = [one for one in self.findings(many) if one["rule"]["name"] == title]
        self.assertEqual(finding["count"], 5)
        for threads in (2, 8):
            self.assertEqual(self.findings(many), self.findings(many, "--threads", threads))

    def test_event_count_by_host_with_generate(self):
        self.correlation("    type: event_count\n    generate: true\n"
                         f"    rules: [{WHOAMI}]\n    group-by: [Computer]\n    timespan: 10m\n"
                         "    condition: {gte: 3}\n")
        log = self.put("log.jsonl", lines(*[event(i, i * 2, "A") for i in range(4)],
                                          *[event(i, i * 30, "B") for i in range(4)]))
        found = [(one["rule"]["name"], one["host"]["name"]) for one in self.findings(log)]
        self.assertEqual(sorted(found), [("Many hosts", "A"), ("Whoami was run", "A"),
                                         ("Whoami was run", "B")])

    def test_same_for_a_spilled_run(self):
        log = self.put("log.jsonl", lines(*[event(i, i % 600, CommandLine=f"whoami {i} {'x' * 900}")
                                            for i in range(1, 9000)]))
        findings = self.findings(log, "--threads", 2)
        self.assertEqual(sum(one["count"] for one in findings), 8999)
        times = [one["@timestamp"] for one in findings]
        self.assertEqual(times, sorted(times))


class ScanShutIn(EvidenceCase):
    """The sandbox holds while evidence is read."""

    def test_link_out_of_the_evidence_is_not_followed(self):
        outside = self.top / "outside.jsonl"
        outside.write_bytes(lines(event(1)))
        (self.evidence / "link.jsonl").symlink_to(outside)
        self.put("log.jsonl", lines(event(2, 1)))
        run = self.scan(self.evidence, "-f", "jsonl", "-o", "-", status=3)
        self.assertEqual(run.stdout.count(b"\n"), 1)
        self.assertIn(b"not followed", run.stderr)

    def test_rule_link_that_leads_outside(self):
        secret = self.top / "secret.yml"
        secret.write_text((self.rules / "whoami.yml").read_text())
        (self.rules / "whoami.yml").unlink()
        (self.rules / "whoami.yml").symlink_to(secret)
        log = self.put("log.jsonl", lines(event(1)))
        self.assertEqual(self.findings(log), [])

    def test_threads_run_under_no_new_privileges(self):
        reader, writer = os.pipe()
        run = subprocess.Popen([program(), "scan", "-r", str(self.rules), "-"],
                               stdin=reader, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=self.environment)
        os.close(reader)
        try:
            os.write(writer, lines(event(1)))
            status = ""
            for _ in range(200):
                status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
                if "Seccomp:\t2" in status:
                    break
                subprocess.run(["sleep", "0.05"], check=True)
            self.assertIn("NoNewPrivs:\t1", status)
            self.assertIn("Seccomp:\t2", status)
        finally:
            os.close(writer)
            run.wait(30)


if __name__ == "__main__":
    unittest.main()
