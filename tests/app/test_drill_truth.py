# A small drill, read back by programs of other hands
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from evidence import TOP, program

ACCEPTANCE = TOP / "tests" / "acceptance"


def find_reader():
    peers = f"{os.environ['PATH']}:{TOP / 'build' / 'peers' / 'bin'}"
    return os.environ.get("EVTX_DUMP") or shutil.which("evtx_dump", path=peers)


class ReadBack(unittest.TestCase):
    def play(self, scenario, *options):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        directory = pathlib.Path(place.name) / "drill"
        subprocess.run([program(), "drill", "play", scenario, "-o", str(directory), "--noise",
                        "low", *options], check=True, capture_output=True)
        return directory

    def check(self, script, directory):
        run = subprocess.run([sys.executable, str(ACCEPTANCE / script), str(directory)],
                             capture_output=True, text=True,
                             env=dict(os.environ, EVTX_DUMP=find_reader()))
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    @unittest.skipUnless(find_reader(), "no evtx_dump (tools/install_peer gets it)")
    def test_fake_upgrade(self):
        directory = self.play("small-wave", "--windows", "both")
        for script in ("check_drill_truth.py", "check_drill_formats.py",
                       "check_drill_agreement.py"):
            with self.subTest(script):
                self.check(script, directory)

    # PC-00204's ports were tried before it fell, and nothing else is left of it; of a host of the
    # second play a row of Prefetch is left that cmd.exe ran.
    @unittest.skipUnless(find_reader(), "no evtx_dump (tools/install_peer gets it)")
    def test_half_lost(self):
        for options in (("--seed", "8"), ("--seed", "38", "--hosts", "120")):
            with self.subTest(options):
                self.check("check_drill_truth.py",
                           self.play("mail-server", *options, "--loss", "0.5"))

    @unittest.skipUnless(find_reader(), "no evtx_dump (tools/install_peer gets it)")
    def test_mail_server(self):
        self.check("check_drill_truth.py", self.play("mail-server", "--seed", "2"))
