# check_style finds each kind of breach
# SPDX-License-Identifier: Apache-2.0
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
HEAD = "// A file to be checked\n// SPDX-License-Identifier: Apache-2.0\n"


class CheckStyle(unittest.TestCase):
    def run_tool(self, files, *flags):
        with tempfile.TemporaryDirectory() as top:
            for name, text in files.items():
                path = pathlib.Path(top, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            pathlib.Path(top, ".clang-format").write_text((TOP / ".clang-format").read_text())
            run = subprocess.run([TOP / "tools/check_style", "--top", top, *flags],
                                 capture_output=True, text=True, check=False)
        return run.returncode, run.stdout

    def assert_breach(self, files, words):
        status, output = self.run_tool(files, "--no-format")
        self.assertEqual(status, 1, output)
        self.assertIn(words, output)

    def assert_good(self, files, *flags):
        status, output = self.run_tool(files, *flags)
        self.assertEqual(status, 0, output)
        return output

    def test_good_file(self):
        self.assert_good({"src/base/a.c": HEAD + '// strcpy(a, b)\nconst char *a = "sprintf(";\n'},
                         "--no-format")

    def test_banned_function(self):
        self.assert_breach({"src/base/a.c": HEAD + "int f(void) {\n    return atoi(x);\n}\n"},
                           "src/base/a.c:4: atoi is banned")

    def test_malloc_outside_memory(self):
        body = HEAD + "void f(void) {\n    free(x);\n}\n"
        self.assert_breach({"src/base/a.c": body}, "free outside base/memory.c")
        self.assert_good({"src/base/memory.c": body}, "--no-format")

    def test_member_named_like_a_banned_function(self):
        self.assert_good({"src/base/a.c": HEAD + "void f(void) {\n    x->free(y);\n}\n"},
                         "--no-format")

    def test_first_comment_and_licence(self):
        self.assert_breach({"src/base/a.c": "int a;\n"}, "no first comment")
        self.assert_breach({"src/base/a.c": "// Purpose\nint a;\n"}, "SPDX-License-Identifier")

    def test_header_guard(self):
        self.assert_breach({"src/base/a.h": HEAD + "#ifndef A_H\n#define A_H\n#endif\n"},
                           "header guard is not BASE_A_H")
        self.assert_good({"src/base/a.h": HEAD + "#ifndef BASE_A_H\n#define BASE_A_H\n#endif\n"},
                         "--no-format")

    def test_include_order(self):
        self.assert_breach({"src/base/a.c": HEAD + '#include <stdio.h>\n#include "base/b.h"\n'},
                           "come before those of the system")
        self.assert_breach({"src/base/a.c": HEAD + '#include "base/b.h"\n#include "base/a.h"\n'},
                           "is not the first include")

    def test_stems_are_unique(self):
        self.assert_breach({"src/base/a.c": HEAD, "src/match/a.c": HEAD}, "stem 'a'")

    def test_long_function(self):
        body = "static int f(int a) {\n" + "    a++;\n" * 69 + "}\n"
        self.assert_breach({"src/base/a.c": HEAD + body}, "f: 71 lines")
        shorter = "static int f(int a) {\n" + "    a++;\n" * 68 + "}\n"
        self.assertIn("f: 70 lines",
                      self.assert_good({"src/base/a.c": HEAD + shorter}, "--no-format",
                                       "--warnings"))

    def test_table_is_no_function(self):
        body = "static const int f[] = {\n" + "    G(1),\n" * 90 + "};\n"
        self.assert_good({"src/base/a.c": HEAD + body}, "--no-format")

    def test_long_file(self):
        self.assert_breach({"src/base/a.c": HEAD + "int a;\n" * 1000}, "1002 lines")

    def test_many_parameters_warn(self):
        output = self.assert_good({"src/base/a.c": HEAD + "int f(int a, int b, int c, int d, "
                                   "int (*e)(int, int), int g) {\n}\n"}, "--no-format",
                                  "--warnings")
        self.assertIn("f: 6 parameters", output)

    def test_format(self):
        status, output = self.run_tool({"src/base/a.c": HEAD + "int   a;\n"})
        self.assertEqual(status, 1)
        self.assertIn("is not formatted", output)


if __name__ == "__main__":
    unittest.main()
