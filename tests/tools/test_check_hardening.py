# check_hardening tells a bare binary from a hardened one
# SPDX-License-Identifier: Apache-2.0
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ("#include <stdio.h>\n#include <string.h>\nint main(int n, char **a) {\n"
           "    char b[64];\n    memcpy(b, a[0], (size_t)n);\n    b[n & 63] = 0;\n"
           "    printf(\"%s\\n\", b);\n    return 0;\n}\n")
HARD = ("-O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fcf-protection=full -fPIE -pie "
        "-Wl,-z,relro,-z,now,-z,noexecstack").split()
BARE = "-O0 -fno-stack-protector -fcf-protection=none -no-pie -Wl,-z,norelro,-z,lazy".split()


class CheckHardening(unittest.TestCase):
    def run_tool(self, flags):
        with tempfile.TemporaryDirectory() as top:
            source, binary = pathlib.Path(top, "a.c"), pathlib.Path(top, "a")
            source.write_text(PROGRAM)
            subprocess.run(["gcc", "-w", *flags, "-o", binary, source], check=True)
            run = subprocess.run([TOP / "tools/check_hardening", binary],
                                 capture_output=True, text=True, check=False)
        return run.returncode, run.stdout

    def test_hardened(self):
        self.assertEqual(self.run_tool(HARD), (0, "check_hardening: 9 of 9 hold\n"))

    def test_bare(self):
        status, output = self.run_tool(BARE)
        self.assertEqual(status, 1)
        for words in ("PIE", "RELRO", "BIND_NOW", "stack protector", "fortified", "IBT"):
            self.assertIn(words, output)


if __name__ == "__main__":
    unittest.main()
