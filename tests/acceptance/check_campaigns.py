#!/usr/bin/env python3
# Plays intrusions on seeds nobody chose, scores the reports
# SPDX-License-Identifier: Apache-2.0
"""Plays each scenario, scans it, and lets `vedette drill check` score the report against the truth.
Seeds are drawn from the commit (SHA-256 of its id and a number), so that nobody can have tuned on
them; --seeds names some instead. One play is on disk at a time.

Prints a table with the worst seed of each scenario. Exit 0 when every campaign was told, none is
false, and entries, servers and hosts are as --recall and --precision ask; else 1."""
import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ["upgrade-server", "mail-server", "both", "clean", "small-wave"]


def drawn_seeds(count):
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=TOP, capture_output=True, text=True,
                            check=False).stdout.strip() or "no commit"
    return [int.from_bytes(hashlib.sha256(f"{commit} {i}".encode()).digest()[:4], "big")
            for i in range(count)]


def score_one(vedette, scenario, seed, options):
    place = pathlib.Path(tempfile.mkdtemp(prefix="vedette-campaign-", dir=options.scratch))
    try:
        words = [vedette, "drill", "play", scenario, "-o", str(place / "play"), "--hosts",
                 str(options.hosts), "--seed", str(seed), "--noise", options.noise]
        if options.loss:
            words += ["--loss", str(options.loss)]
        subprocess.run(words, check=True, capture_output=True)
        paths = [name for name in ("hosts", "servers") if (place / "play" / name).exists()]
        started = time.monotonic()
        scan = subprocess.run([vedette, "scan", "-q", "--report", "../report.json", *paths],
                              cwd=place / "play", capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        if scan.returncode not in (0, 3):
            sys.exit(f"scan of {scenario} seed {seed}: exit {scan.returncode}\n{scan.stderr}")
        check = subprocess.run([vedette, "drill", "check", "-f", "json", ".", "../report.json"],
                               cwd=place / "play", capture_output=True, text=True, check=False)
        if check.returncode not in (0, 1):
            sys.exit(f"check of {scenario} seed {seed}: exit {check.returncode}\n{check.stderr}")
        return json.loads(check.stdout), json.loads((place / "report.json").read_text()), seconds
    finally:
        shutil.rmtree(place, ignore_errors=True)


def line_of(scenario, seed, score, report, seconds, options):
    provable = sum(one["hosts"]["provable"] for one in score["campaigns"])
    right = sum(one["hosts"]["right"] for one in score["campaigns"])
    wrong = sum(len(one["hosts"]["wrong"]) for one in score["campaigns"])
    told = sum(one["told_as"] == "campaign" or one["may_be_incident"] and one["told_as"] is not None
               for one in score["campaigns"])
    named = sum(one["entry"] + one["server"] for one in score["campaigns"])
    false = max(len(report["campaigns"]) - told, 0)
    recall = right / provable if provable else 1
    precision = right / (right + wrong) if right + wrong else 1
    good = (told == len(score["campaigns"]) and not false and recall >= options.recall
            and precision >= options.precision and named == 2 * len(score["campaigns"]))
    text = (f"{'  ' if good else '! '}{scenario:<15} seed {seed:<11} told {told} of "
            f"{len(score['campaigns'])}, {false} false; hosts {right} of {provable}, {wrong} wrong; "
            f"entry and server {named} of {2 * len(score['campaigns'])}; scan {seconds:.1f} s")
    return good, recall, text


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", default="build/vedette")
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--count", type=int, default=5, help="seeds a scenario")
    parser.add_argument("--seeds", help="instead of drawn ones: 1,2,3")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--noise", default="low")
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--precision", type=float, default=0.98)
    parser.add_argument("--scratch", help="where plays are written and removed")
    options = parser.parse_args()
    vedette = str(pathlib.Path(options.vedette).resolve())
    seeds = ([int(one) for one in options.seeds.split(",")] if options.seeds
             else drawn_seeds(options.count))
    bad = total = 0
    for scenario in options.scenarios.split(","):
        worst = None
        for seed in seeds:
            good, recall, text = line_of(scenario, seed,
                                         *score_one(vedette, scenario, seed, options), options)
            print(text, flush=True)
            total += 1
            bad += not good
            if worst is None or (good, recall) < worst[:2]:
                worst = (good, recall, text)
        print(f"   worst of {scenario}: {worst[2].strip()}")
    print(f"check_campaigns: {total - bad} of {total} plays told as they were")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
