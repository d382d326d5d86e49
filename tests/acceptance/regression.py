#!/usr/bin/env python3
# SigmaHQ's public cases: each expected rule found
# SPDX-License-Identifier: Apache-2.0
"""Scans the evidence of each case with all rules and looks for the rule that the case names, with
the number of matching records that it names. Then: which rule files are refused, and that naming
the placeholder loads them. The last line sums up; exit 1 when something is missing."""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

REFUSED_MAX = 2


def rule_paths(shared):
    return [shared / "sigma" / name
            for name in ("rules", "rules-emerging-threats", "rules-threat-hunting")]


def rule_words(shared):
    return [word for path in rule_paths(shared) for word in ("-r", str(path))]


def scan(vedette, shared, evidence, extra=()):
    words = [vedette, "scan", str(evidence), "-f", "jsonl", "-o", "-", "-q",
             *rule_words(shared), *extra]
    run = subprocess.run(words, capture_output=True, check=False)
    if run.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(words)} ended with {run.returncode}: {run.stderr.decode()}")
    counts = collections.Counter()
    for line in run.stdout.splitlines():
        finding = json.loads(line)
        counts[finding["rule"]["id"]] += finding["count"]
    return counts


def read_case(directory):
    """(rule id, expected matches): SigmaHQ counts alerts, so that a case may hold more records
    that fit than it names (AnyDesk's user.conf: three of them, named one)."""
    text = (directory / "info.yml").read_text()
    rule = re.search(r"rule_metadata:\s*\n\s*- id: ([0-9a-f-]+)", text)[1]
    matches = re.search(r"match_count: (\d+)", text)
    return rule, int(matches[1]) if matches else None


def run_cases(vedette, shared):
    failed, total = 0, 0
    for directory in sorted((shared / "samples" / "sigma-regression").iterdir()):
        evidence = sorted(directory.glob("*.evtx"))
        if not evidence:
            continue
        rule, expected = read_case(directory)
        found = scan(vedette, shared, evidence[0])[rule]
        total += 1
        if found != expected:
            print(f"{directory.name}: rule {rule} fits {found} records, the case names {expected}")
        failed += found < max(expected or 1, 1)
    return failed, total


def lint(vedette, shared, extra=()):
    run = subprocess.run([vedette, "rules", "lint", "-f", "jsonl", *rule_words(shared), *extra],
                         capture_output=True, text=True, check=False)
    complaints = [json.loads(line) for line in run.stdout.splitlines()]
    return [complaint for complaint in complaints if complaint["refused"]]


def run_lint(vedette, shared):
    refused = lint(vedette, shared)
    for complaint in refused:
        print(f"refused {complaint['file']}:{complaint['line']}: {complaint['text']}")
    names = {name for complaint in refused for name in re.findall(r"%(\w+)%", complaint["text"])}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as placeholders:
        placeholders.write("".join(f"{name}:\n  - value\n" for name in sorted(names)))
        placeholders.flush()
        still = lint(vedette, shared, ["--placeholders", placeholders.name])
    for complaint in still:
        print(f"still refused {complaint['file']}:{complaint['line']}: {complaint['text']}")
    return len(refused), len(still)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    failed, total = run_cases(arguments.vedette, arguments.shared)
    refused, still = run_lint(arguments.vedette, arguments.shared)
    print(f"{total - failed} of {total} cases; {refused} rules refused, {still} when their "
          f"placeholders are named")
    return 1 if failed or not total or refused > REFUSED_MAX or still else 0


if __name__ == "__main__":
    sys.exit(main())
