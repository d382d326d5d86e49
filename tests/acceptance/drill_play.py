#!/usr/bin/env python3
# Plays drills and reads all of them back
# SPDX-License-Identifier: Apache-2.0
"""usage: drill_play.py --vedette PROGRAM --out DIR [--hosts N] [SEED ...]

Plays `both` once for each seed (1 2 3), every second time with Winlogbeat's lines too, and has
check_drill_truth.py, check_drill_formats.py and check_drill_agreement.py read what came out.
Prints the sum of what they counted; exits 1 on failure and 77 when the readers are missing.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77


def run_check(name, directory):
    """(status, passed, failed)"""
    run = subprocess.run([sys.executable, str(HERE / name), str(directory)], capture_output=True,
                         text=True)
    sys.stdout.write(run.stdout)
    sys.stderr.write(run.stderr)
    counts = re.search(r"(\d+) passed, (\d+) failed\s*$", run.stdout)
    if counts is None:
        return run.returncode or 1, 0, 0 if run.returncode == SKIPPED else 1
    return run.returncode, int(counts[1]), int(counts[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--hosts", type=int, default=60)
    parser.add_argument("--scenario", default="both")
    parser.add_argument("seeds", nargs="*", type=int, default=[1, 2, 3])
    options = parser.parse_args()
    passed = failed = skipped = 0
    for seed in options.seeds:
        directory = options.out / f"drill_{seed}"
        shutil.rmtree(directory, ignore_errors=True)
        subprocess.run([options.vedette, "drill", "play", options.scenario, "-o", str(directory),
                        "--hosts", str(options.hosts), "--seed", str(seed), "--noise", "low",
                        "--windows", "evtx" if seed % 2 else "both"], check=True)
        for name in ("check_drill_truth.py", "check_drill_formats.py",
                     "check_drill_agreement.py"):
            status, more, less = run_check(name, directory)
            passed, failed, skipped = passed + more, failed + less, skipped + (status == SKIPPED)
        shutil.rmtree(directory, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else SKIPPED if skipped else 0


if __name__ == "__main__":
    sys.exit(main())
