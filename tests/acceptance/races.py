#!/usr/bin/env python3
# No data race while many threads scan
# SPDX-License-Identifier: Apache-2.0
"""Builds with ThreadSanitizer and scans real samples with several threads. Exit status 77 when
there are no samples."""
import argparse
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
THREADS = 4


def build(directory):
    if not (directory / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(directory), "--buildtype=debugoptimized",
                        "-Dhardening=false", "-Dtests=false", "-Db_sanitize=thread"],
                       cwd=TOP, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", str(directory), "--quiet"], check=True)
    return directory / "src" / "vedette"


def main():
    parser = argparse.ArgumentParser(description="No data race while many threads scan")
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build" / "tsan")
    arguments = parser.parse_args()
    samples, rules = arguments.shared / "samples", arguments.shared / "sigma" / "rules"
    if not samples.is_dir():
        print("no real samples here")
        return 77
    vedette = build(arguments.build)
    environment = dict(os.environ, TSAN_OPTIONS="halt_on_error=0 exitcode=66")
    run = subprocess.run([vedette, "scan", samples / "evtx", "-r", rules,
                          "--threads", str(THREADS), "-f", "jsonl", "-o", "-"],
                         env=environment, capture_output=True, check=False)
    errors = run.stderr.decode(errors="replace")
    races = errors.count("WARNING: ThreadSanitizer")
    lines = run.stdout.count(b"\n")
    if races or run.returncode not in (0, 3) or lines < 100:
        print(errors[-4000:])
        print(f"{races} races, {lines} findings, exit status {run.returncode}")
        return 1
    print(f"ThreadSanitizer is silent over {lines} findings with {THREADS} threads")
    return 0


if __name__ == "__main__":
    sys.exit(main())
