# run_tests and run_cases count what they should
# SPDX-License-Identifier: Apache-2.0
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(TOP / "tools" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class ReadTap(unittest.TestCase):
    def outcomes(self, output, status):
        return [result.outcome for result in load("run_tests").read_tap("t", output, status)]

    def test_counts_functions(self):
        self.assertEqual(self.outcomes("1..2\nok 1 - a\nnot ok 2 - b\n# why\n", 1),
                         ["passed", "failed"])

    def test_skip_is_neither(self):
        output = "not ok 1 # SKIP a\n# ok - tests\nok 2 - b # SKIP no samples\n"
        results = load("run_tests").read_tap("t", output, 0)
        self.assertEqual([tuple(result) for result in results],
                         [("t: a", "skipped", ""), ("t: b", "skipped", "no samples")])

    def test_crash_after_good_lines_fails(self):
        self.assertEqual(self.outcomes("ok 1 - a\nAddressSanitizer: boom\n", -6),
                         ["passed", "failed"])

    def test_silent_program_counts_once(self):
        self.assertEqual(self.outcomes("", 0), ["passed"])
        self.assertEqual(self.outcomes("boom", 1), ["failed"])
        self.assertEqual(self.outcomes("", "timeout"), ["failed"])


class RunCases(unittest.TestCase):
    def run_case(self, text, *flags):
        with tempfile.TemporaryDirectory() as top:
            path = pathlib.Path(top, "one", "case")
            path.parent.mkdir()
            path.write_text(text)
            run = subprocess.run([TOP / "tools/run_cases", "--cases", top, "--vedette",
                                  f"{top}/vedette", *flags], capture_output=True, text=True,
                                 check=False)
            return run.returncode, run.stdout, path.read_text()

    def test_transcript_holds(self):
        self.assertEqual(self.run_case("# Why\n$ echo a; echo '#b'; exit 3\na\n\\#b\n? 3\n")[0], 0)

    def test_other_output_fails(self):
        status, output, _ = self.run_case("# Why\n$ echo a\nb\n")
        self.assertEqual(status, 1)
        self.assertIn("# - b\n# + a\n", output)

    def test_other_status_fails(self):
        self.assertEqual(self.run_case("# Why\n$ exit 3\n")[0], 1)

    def test_other_order_fails(self):
        self.assertEqual(self.run_case("# Why\n$ echo a; echo b\nb\na\n")[0], 1)

    def test_purpose_is_asked_for(self):
        self.assertEqual(self.run_case("$ true\n")[0], 1)

    def test_accept_writes_a_case_that_holds(self):
        text = self.run_case("# Why\n$ echo '?a'; echo '$ b'; exit 4\nold\n# end\n", "--accept")[2]
        self.assertEqual(text,
                         "# Why\n$ echo '?a'; echo '$ b'; exit 4\n\\?a\n\\$ b\n? 4\n# end\n")
        self.assertEqual(self.run_case(text)[0], 0)


if __name__ == "__main__":
    unittest.main()
