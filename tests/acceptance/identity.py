#!/usr/bin/env python3
# Settled names and clocks against what the drill knows
# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario, lets `vedette relations --hosts` settle it, and compares. Wrong at most 5 in 100:
clocks (a skew beyond 2 s that was said must be right within 2 s or 5 %; one that was not said although the
host was seen by others counts too) and addresses (who had an address at its middle). No host may be two,
none may be made up."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from datetime import datetime, timezone

TOP = pathlib.Path(__file__).resolve().parents[2]
SECOND = 1_000_000_000
LEAST = 2 * SECOND
QUARTER = 900 * SECOND
TOLERANCE = 0.05


def nanoseconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return int(seconds) * SECOND + int((fraction + "000000000")[:9])


def lines(words):
    run = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if run.returncode not in (0, 3):
        sys.exit(f"{words[0]}: {run.stderr.decode(errors='replace')[-400:]}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def address_holder(truth, address, time):
    for host in truth.values():
        had = None
        for entry in host["addresses"]:
            if entry["from_ns"] <= time:
                had = entry["address"]
        if had == address:
            return host["host"]
    return None


def check_clocks(truth, found):
    seen = wrong = 0
    for name, host in found.items():
        if name not in truth or not host["skew_pairs"]:
            continue
        true = truth[name]["skew_ns"]
        if name.startswith("RTR-"):  # nfdump writes local time and names no zone: its zone is its skew
            true += round((host["skew_ns"] - true) / QUARTER) * QUARTER
        expected = true if abs(true) > LEAST else 0
        seen += 1
        if abs(host["skew_ns"] - expected) > max(LEAST, TOLERANCE * abs(expected)):
            wrong += 1
            print(f"clock of {name}: {true / SECOND:.1f} s, said {host['skew_ns'] / SECOND:.1f} s "
                  f"by {host['skew_pairs']} pairs")
    return seen, wrong


def check_addresses(truth, found):
    seen = wrong = 0
    for name, host in found.items():
        for alias in host["aliases"]:
            if "first" not in alias:
                continue
            skew = truth[name]["skew_ns"] if name in truth else 0
            middle = (nanoseconds(alias["first"]) + nanoseconds(alias["last"])) // 2 - skew
            holder = address_holder(truth, alias["name"], middle)
            seen += 1
            if holder != name:
                wrong += 1
                print(f"{alias['name']} in the middle of {alias['first']}..{alias['last']}: "
                      f"{holder}, said {name}")
    return seen, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build" / "release")
    parser.add_argument("--scenario", default="both")
    parser.add_argument("--hosts", default="60")
    parser.add_argument("--days", default="70")
    parser.add_argument("--seed", default="3")
    parser.add_argument("--evidence", type=pathlib.Path, help="a play that is already there")
    arguments = parser.parse_args()
    vedette = arguments.build / "src" / "vedette"
    scenario = TOP / "scenarios" / f"{arguments.scenario}.yml"
    with tempfile.TemporaryDirectory() as directory:
        evidence = arguments.evidence or pathlib.Path(directory) / "play"
        if not arguments.evidence:
            subprocess.run([vedette, "drill", "play", scenario, "--hosts", arguments.hosts, "--seed",
                            arguments.seed, "-o", evidence], check=True, stdout=subprocess.DEVNULL)
        found = {host["host"]: host for host in lines([vedette, "relations", "--hosts", evidence])}
    truth = {host["host"]: host
             for host in lines([arguments.build / "tests" / "identity" / "drill_hosts", scenario,
                                arguments.hosts, arguments.seed, arguments.days])}
    made_up = sorted(set(found) - set(truth))
    for name in made_up:
        print(f"no such host: {name}")
    clocks, wrong_clocks = check_clocks(truth, found)
    addresses, wrong_addresses = check_addresses(truth, found)
    skewed = sum(abs(host["skew_ns"]) > LEAST for host in truth.values())
    print(f"{len(found)} of {len(truth)} hosts, {len(made_up)} made up; clocks: {clocks} compared, "
          f"{wrong_clocks} wrong, {skewed} are skewed; addresses: {addresses} spans, "
          f"{wrong_addresses} wrong")
    good = (not made_up and clocks and addresses and wrong_clocks <= TOLERANCE * clocks
            and wrong_addresses <= TOLERANCE * addresses)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
