# Evidence and rules made by hand, and a way to run the program on them
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share. The program under test is $VEDETTE."""
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
SECONDS_MAX = 60

WHOAMI = "11111111-1111-4111-8111-111111111111"
CRITICAL = "22222222-2222-4222-8222-222222222222"
LOW = "33333333-3333-4333-8333-333333333333"

RULES = {
    "whoami.yml": f"""title: Whoami was run
id: {WHOAMI}
status: stable
level: high
tags: [attack.discovery, attack.t1033]
logsource: {{product: windows, category: process_creation}}
detection:
    selection:
        CommandLine|contains: whoami
    condition: selection
""",
    "critical.yml": f"""title: Shell of the update service
id: {CRITICAL}
status: experimental
level: critical
tags: [attack.execution, attack.t1059.003]
logsource: {{product: windows, category: process_creation}}
detection:
    selection:
        ParentImage|endswith: \\updater.exe
        Image|endswith: \\cmd.exe
    condition: selection
""",
    "low.yml": f"""title: Network tool
id: {LOW}
status: test
level: low
logsource: {{product: windows, category: process_creation}}
detection:
    selection:
        Image|endswith: \\ping.exe
    condition: selection
""",
}


def program():
    return os.environ.get("VEDETTE", str(TOP / "build" / "release" / "src" / "vedette"))


def event(number, minute=0, host="HOST1", **data):
    """A Sysmon process creation as evtx_dump prints it."""
    data.setdefault("Image", "C:\\Windows\\System32\\cmd.exe")
    data.setdefault("CommandLine", "cmd /c whoami")
    system = {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 1,
              "TimeCreated": {"#attributes": {
                  "SystemTime": f"2026-03-01T{3 + minute // 60:02d}:{minute % 60:02d}:00.000000Z"}},
              "EventRecordID": number, "Channel": "Microsoft-Windows-Sysmon/Operational"}
    if host is not None:
        system["Computer"] = host
    return {"Event": {"System": system, "EventData": data}}


def lines(*events):
    return "".join(json.dumps(one) + "\n" for one in events).encode()


def tar_gz(members):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, data in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return held.getvalue()


class EvidenceCase(unittest.TestCase):
    """A scratch directory with `rules` and an empty `evidence`."""

    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="vedette-cli-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        self.evidence = self.top / "evidence"
        self.evidence.mkdir()
        self.rules = self.top / "rules"
        self.rules.mkdir()
        for name, text in RULES.items():
            (self.rules / name).write_text(text)
        (self.top / "tmp").mkdir()
        self.environment = dict(os.environ, TMPDIR=str(self.top / "tmp"), TZ="UTC",
                                XDG_CACHE_HOME=str(self.top / "cache"),
                                LC_ALL="C.UTF-8", TERM="xterm")
        self.environment.pop("NO_COLOR", None)

    def put(self, name, data):
        path = self.evidence / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def call(self, *words, status=0, **options):
        """Run the program; `status` None takes any. Standard output and error are bytes."""
        options.setdefault("env", self.environment)
        options.setdefault("cwd", self.top)
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        run = subprocess.run([program(), *map(str, words)], stderr=subprocess.PIPE,
                             timeout=SECONDS_MAX, check=False, **options)
        self.assertNotIn(b"ERROR: AddressSanitizer", run.stderr, run.stderr.decode("latin-1"))
        if status is not None:
            self.assertEqual(run.returncode, status, run.stderr.decode(errors="replace"))
        return run

    def scan(self, *words, **options):
        if "-r" not in words:
            words = ("-r", self.rules, *words)
        return self.call("scan", *words, **options)

    def findings(self, *words, **options):
        run = self.scan("-f", "jsonl", "-o", "-", *words, **options)
        return [json.loads(line) for line in run.stdout.splitlines()]
