# check_layers finds each kind of breach
# SPDX-License-Identifier: Apache-2.0
import pathlib
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
LAYERS = "base 1\nmodel 2\nmatch 3\ndetect 3 detector.h\nreport 3\npipeline 4\napp 5\n"
GOOD = {
    "src/LAYERS": LAYERS,
    "src/base/text.h": "#include <stdint.h>\n",
    "src/base/text.c": '#include "base/text.h"\n',
    "src/match/match.h": '#include "base/text.h"\n',
    "src/match/plan.h": "",
    "src/match/plan.c": '#include "match/plan.h"\n#include "match/match.h"\n',
    "src/detect/detector.h": "",
    "src/pipeline/pipeline.c": '#include "match/match.h"\n#include "detect/detector.h"\n',
}


class CheckLayers(unittest.TestCase):
    def run_tool(self, changes):
        with tempfile.TemporaryDirectory() as top:
            for name, text in {**GOOD, **changes}.items():
                path = pathlib.Path(top, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            run = subprocess.run([TOP / "tools/check_layers", "--top", top],
                                 capture_output=True, text=True, check=False)
        return run.returncode, run.stdout

    def assert_breach(self, changes, words):
        status, output = self.run_tool(changes)
        self.assertEqual(status, 1, output)
        self.assertIn(words, output)

    def test_good_tree_passes(self):
        status, output = self.run_tool({})
        self.assertEqual((status, output), (0, "check_layers: 0 breaches\n"))

    def test_upward(self):
        self.assert_breach({"src/base/text.c": '#include "match/match.h"\n'}, "is above base")

    def test_sideways(self):
        self.assert_breach({"src/detect/a.c": '#include "match/match.h"\n'}, "is beside detect")

    def test_past_the_door(self):
        self.assert_breach({"src/pipeline/a.c": '#include "match/plan.h"\n'}, "is inside match")

    def test_contract_of_another_room(self):
        self.assert_breach({"src/report/output.h": "",
                            "src/pipeline/a.c": '#include "report/output.h"\n'}, "is inside report")

    def test_unknown_room(self):
        self.assert_breach({"src/attic/a.c": '#include "base/text.h"\n'}, "room attic")

    def test_no_such_file(self):
        self.assert_breach({"src/base/a.c": '#include "base/gone.h"\n'}, "does not exist")

    def test_circle_of_files(self):
        self.assert_breach({"src/match/plan.h": '#include "match/match.h"\n',
                            "src/match/match.h": '#include "match/plan.h"\n'},
                           "circle of files: match/match.h, match/plan")

    def test_circle_through_sources(self):
        self.assert_breach({"src/base/a.h": "", "src/base/b.h": "",
                            "src/base/a.c": '#include "base/b.h"\n',
                            "src/base/b.c": '#include "base/a.h"\n'}, "circle of files")

    def test_door_stands_alone(self):
        changes = {"src/match/match.c": '#include "match/match.h"\n#include "match/part.h"\n',
                   "src/match/part.h": '#include "match/match.h"\n'}
        self.assertEqual(self.run_tool(changes)[0], 0)

    def test_generated_header(self):
        changes = {"src/app/main.c": '#include "app/build.h"\n',
                   "src/app/meson.build": "configure_file(output: 'build.h')\n"}
        self.assertEqual(self.run_tool(changes)[0], 0)

    def test_circle_of_rooms(self):
        self.assert_breach({"src/LAYERS": LAYERS.replace("match 3", "match 4"),
                            "src/pipeline/pipeline.h": '#include "match/match.h"\n',
                            "src/match/a.c": '#include "pipeline/pipeline.h"\n'},
                           "circle of rooms: match, pipeline")

    def test_library_in_a_second_file(self):
        self.assert_breach({"src/match/a.c": "#include <yaml.h>\n"}, "belongs to base/yaml.c")
        self.assert_breach({"src/match/a.c": "#include <openssl/evp.h>\n"},
                           "belongs to base/digest.c")

    def test_library_in_its_file(self):
        self.assertEqual(self.run_tool({"src/base/yaml.c": "#include <yaml.h>\n"})[0], 0)

    def test_library_in_no_table(self):
        self.assert_breach({"src/base/a.c": "#include <ncurses.h>\n"}, "in no table")

    def test_decoder_without_its_parts(self):
        changes = {"src/decode/decoders.def": "DECODER(tea)\n",
                   "src/LAYERS": LAYERS + "decode 3\n", "src/decode/tea.c": ""}
        for part in ("tests/decode/test_tea.c", "tests/fuzz/fuzz_tea.c"):
            self.assert_breach(changes, f"{part} is missing")
            changes[part] = ""
        self.assert_breach(changes, "no case")
        changes["tests/cases/tea_leaf/case"] = ""
        for part in ("tests/mutate/mutate.c", "tests/acceptance/mutants.py"):
            changes[part] = '{"milk"}'
            self.assert_breach(changes, f"no format of that name in {part}")
            changes[part] = '{"tea"}'
        self.assertEqual(self.run_tool(changes)[0], 0)


if __name__ == "__main__":
    unittest.main()
