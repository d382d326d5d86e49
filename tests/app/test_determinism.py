# A small drill, judged the same for any threads and any order
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import unittest

from evidence import TOP, program


class Determinism(unittest.TestCase):
    def test_played_drill(self):
        run = subprocess.run([sys.executable, str(TOP / "tests" / "acceptance" / "determinism.py"),
                              "--vedette", program(), "--scenario", "small-wave", "--hosts", "30",
                              "--days", "5"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
