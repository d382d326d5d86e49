#!/usr/bin/env python3
# Mutants through every parser, in its own process, under the sanitizers
# SPDX-License-Identifier: Apache-2.0
"""Builds the fuzz targets (tests/fuzz/targets) with AddressSanitizer and UBSan and runs seeded
mutants of their corpora through each: no crash, no undefined behaviour, no leak, no promise of the
target broken, at most 5 s of CPU and 256 MiB an input. The seed is drawn from the commit unless it
is given. Inputs that fail are kept in out/mutants_all, and named with the words that make them
again. tests/acceptance/mutants.py does the same to the whole program."""
import argparse
import collections
import hashlib
import multiprocessing
import os
import pathlib
import re
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
OUT = TOP / "out" / "mutants_all"
PART = 1000  # mutants of one run, so that slow targets are shared out
RESULT = re.compile(r"(\d+) files \((\d+) understood\), (\d+) mutants \((\d+) understood\), "
                    r"slowest ([\d.]+) ms, peak ([\d.]+) MiB")

Part = collections.namedtuple("Part", "target program corpus seed first count")
Done = collections.namedtuple("Done", "target mutants understood slowest peak seconds failure")


def build(directory):
    if not (directory / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(directory), "--buildtype=debugoptimized",
                        "-Dhardening=false", "-Db_sanitize=address,undefined", "-Dwerror=true"],
                       cwd=TOP, check=True, stdout=subprocess.DEVNULL)
    programs = [f"tests/fuzz/fuzz_{target}" for target in targets_read()]
    subprocess.run(["ninja", "-C", str(directory), "--quiet", *programs], check=True)


def targets_read():
    """Name -> what its corpus is, as tests/fuzz/meson.build has it."""
    lines = (TOP / "tests" / "fuzz" / "targets").read_text().splitlines()
    return {words[0]: [TOP / "tests" / "fuzz" / "corpus" / words[0],
                       *(TOP / word for word in words[1:])]
            for words in (line.split() for line in lines) if words}


def seed_of_commit():
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=TOP, capture_output=True,
                            check=False).stdout
    return int(hashlib.sha256(commit.strip() + b" mutants").hexdigest()[:12], 16)


def run_part(part):
    started = time.monotonic()
    command = [str(part.program), "--mutants", str(part.count), "--seed", str(part.seed), "--first",
               str(part.first), "--keep", str(OUT), *map(str, part.corpus)]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         stdin=subprocess.DEVNULL, check=False)
    output = run.stdout.decode(errors="replace")
    found = RESULT.search(output)
    seconds = time.monotonic() - started
    if run.returncode or not found:
        return Done(part.target, 0, 0, 0.0, 0.0, seconds,
                    f"{' '.join(command)}\nexit status {run.returncode}\n{output[-6000:]}")
    _, _, mutants, understood = (int(found[i]) for i in range(1, 5))
    return Done(part.target, mutants, understood, float(found[5]), float(found[6]), seconds, "")


def print_table(results):
    print(f"{'target':20}{'mutants':>9}{'understood':>12}{'slowest':>12}{'peak':>11}{'time':>9}")
    for target, done in results.items():
        print(f"{target:20}{sum(part.mutants for part in done):9,}"
              f"{sum(part.understood for part in done):12,}"
              f"{max(part.slowest for part in done):9.1f} ms"
              f"{max(part.peak for part in done):7.1f} MiB"
              f"{sum(part.seconds for part in done):7.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build" / "test",
                        help="made with the sanitizers when it is not there")
    parser.add_argument("--count", type=int, default=10000, help="mutants a target")
    parser.add_argument("--seed", type=int, help="instead of the commit's")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("targets", nargs="*")
    arguments = parser.parse_args()
    known = targets_read()
    unknown = set(arguments.targets) - set(known)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}")
    wanted = arguments.targets or list(known)
    seed = seed_of_commit() if arguments.seed is None else arguments.seed
    build(arguments.build)
    OUT.mkdir(parents=True, exist_ok=True)
    parts = [Part(target, arguments.build / "tests" / "fuzz" / f"fuzz_{target}", known[target],
                  seed, first, min(PART, arguments.count - first))
             for target in wanted for first in range(0, arguments.count, PART)]
    results = {target: [] for target in wanted}
    with multiprocessing.Pool(arguments.jobs) as pool:
        for done in pool.imap_unordered(run_part, parts):
            results[done.target].append(done)
    failures = [part for done in results.values() for part in done if part.failure]
    print_table(results)
    for part in failures:
        print(f"FAILED {part.target}\n{part.failure}\n")
    total = sum(part.mutants for done in results.values() for part in done)
    print(f"{total:,} mutants of seed {seed} through {len(wanted)} parsers: "
          f"{len(failures)} runs failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
