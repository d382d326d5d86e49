# Small plays, scanned and held against their truth
# SPDX-License-Identifier: Apache-2.0
import pathlib
import subprocess
import sys
import tempfile
import unittest

from evidence import TOP, program

ACCEPTANCE = TOP / "tests" / "acceptance"


class Detection(unittest.TestCase):
    """`make acceptance` does the same for 500 and 2,000 hosts."""

    def run_check(self, script, *options):
        run = subprocess.run([sys.executable, str(ACCEPTANCE / script), "--vedette", program(),
                              "--hosts", "60", *options], capture_output=True, text=True,
                             check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_both_attacks_are_found_step_by_step(self):
        self.run_check("check_detection.py", "--seeds", "1,2,3,4,5", "--scenarios", "both")

    def test_two_campaigns_are_told_and_none_is_false(self):
        with tempfile.TemporaryDirectory() as place:
            self.run_check("check_campaigns.py", "--seeds", "3", "--scenarios", "both",
                           "--recall", "0.6", "--scratch", str(pathlib.Path(place)))


if __name__ == "__main__":
    unittest.main()
