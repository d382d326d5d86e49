# Some of the published web rules on made logs
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import subprocess
import sys
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
FEW = 8  # every eighth rule; make acceptance takes all


class WebRules(unittest.TestCase):
    def test_hits_and_near_misses(self):
        shared = pathlib.Path(os.environ.get("VEDETTE_SHARED", TOP.parent / "shared"))
        if not (shared / "sigma").is_dir():
            self.skipTest("no ../shared/sigma")
        run = subprocess.run(
            [sys.executable, TOP / "tests" / "acceptance" / "web_rules.py", "--vedette",
             os.environ.get("VEDETTE", TOP / "build" / "test" / "src" / "vedette"), "--shared",
             shared, "--few", str(FEW)], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
