#!/usr/bin/env python3
# Engine = naive over all samples and all rules
# SPDX-License-Identifier: Apache-2.0
"""Runs compare_naive over SigmaHQ's rules and every event log and JSON recording of the samples,
and over the shipped rules. The last line sums up."""
import argparse
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    samples = arguments.shared / "samples"
    program = arguments.build / "tests" / "naive" / "compare_naive"
    failed, lines = False, []
    for rules in (arguments.shared / "sigma", TOP / "rules" / "sigma"):
        run = subprocess.run([program, rules, samples / "evtx", samples / "sigma-regression",
                              samples / "json"], stdout=subprocess.PIPE, text=True, check=False)
        print(run.stdout)
        failed |= run.returncode != 0
        lines.append(run.stdout.strip().splitlines()[-1] if run.stdout.strip() else "no output")
    print("; ".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
