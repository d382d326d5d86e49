# A recorded attack on a mail server, found as one chain
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
import unittest

from evidence import SECONDS_MAX, TOP, program

SKIPPED = 77


class ProxyLogon(unittest.TestCase):
    def test_recording(self):
        words = [sys.executable, TOP / "tests" / "acceptance" / "check_proxylogon.py", "--vedette",
                 program()]
        result = subprocess.run(words, capture_output=True, text=True, timeout=2 * SECONDS_MAX,
                                cwd=TOP, check=False)
        if result.returncode == SKIPPED:
            self.skipTest(result.stdout.strip())
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
