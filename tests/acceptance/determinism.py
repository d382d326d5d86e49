#!/usr/bin/env python3
# The same bytes for any threads and any order
# SPDX-License-Identifier: Apache-2.0
import argparse
import hashlib
import pathlib
import random
import subprocess
import sys


def scan(vedette, rules, paths, threads, form):
    """SHA-256 of the findings; the run must end with 0 or 3 (damaged samples)."""
    run = subprocess.run([vedette, "scan", *paths, "-r", rules, "-f", form, "-o", "-",
                          "--threads", str(threads)], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False)
    if run.returncode not in (0, 3):
        sys.exit(f"scan ended with {run.returncode}: {run.stderr.decode(errors='replace')}")
    return hashlib.sha256(run.stdout).hexdigest(), run.stdout.count(b"\n")


def main():
    parser = argparse.ArgumentParser(description="The same bytes for any threads and any order")
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--shared", required=True, type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    samples = arguments.shared / "samples"
    paths = [str(path) for path in sorted((samples / "evtx").glob("*/*"))]
    paths += [str(path) for path in sorted((samples / "json").glob("*.zip"))]
    rules = str(arguments.shared / "sigma" / "rules")
    shuffler = random.Random(arguments.seed)
    runs = 0
    for form in ("jsonl", "csv", "table"):
        wanted, lines = scan(arguments.vedette, rules, paths, 1, form)
        for threads in (1, 2, 8):
            shuffled = paths[:]
            shuffler.shuffle(shuffled)
            got, _ = scan(arguments.vedette, rules, shuffled, threads, form)
            runs += 1
            if got != wanted:
                sys.exit(f"-f {form} --threads {threads}, another order: {got}, not {wanted}")
        if lines < 100:
            sys.exit(f"-f {form}: only {lines} lines: the comparison shows nothing")
    print(f"{runs} runs with 1, 2 and 8 threads over {len(paths)} shuffled paths: identical")


if __name__ == "__main__":
    main()
