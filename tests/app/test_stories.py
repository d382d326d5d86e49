# What one server's logs tell, and recordings of others
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
import unittest

from evidence import SECONDS_MAX, TOP, program


class Stories(unittest.TestCase):
    """`make acceptance` does the same for more seeds."""

    def test_one_server_tells_entry_foothold_and_theft(self):
        shared = os.environ.get("VEDETTE_SHARED", str(TOP.parent / "shared"))
        words = [sys.executable, str(TOP / "tests" / "acceptance" / "check_stories.py"), "--vedette",
                 program(), "--shared", shared, "--seeds", "2"]
        result = subprocess.run(words, capture_output=True, text=True, timeout=4 * SECONDS_MAX,
                                check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    unittest.main()
