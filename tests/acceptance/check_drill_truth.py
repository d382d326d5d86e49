#!/usr/bin/env python3
# Checks that every record a drill's truth cites exists and fits
# SPDX-License-Identifier: Apache-2.0
"""usage: check_drill_truth.py DIR

Reads DIR/truth.json and, without any of the drill's own code, each record that it cites: event
logs through evtx_dump (of the Rust crate evtx; $EVTX_DUMP or on PATH), text logs by their lines.
The record must be there and show the time that the truth gives for it (to the second); every
host, file and parent that the truth names must be known. Prints `N passed, N failed`; exits 1 on
failure and 77 when evtx_dump is missing.
"""
import collections
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys


def parse(text):
    text = text.replace("T", " ").rstrip("Z")
    return datetime.datetime.fromisoformat(text[:26]).replace(tzinfo=datetime.timezone.utc)


def read_event_log(program, path):
    out = subprocess.run([program, "-t", "1", "-o", "jsonl", str(path)], capture_output=True)
    times = {}
    for line in out.stdout.decode().splitlines():
        system = json.loads(line)["Event"]["System"]
        times[int(system["EventRecordID"])] = system["TimeCreated"]["#attributes"]["SystemTime"]
    return times


# Text logs whose lines begin with the date and time in UTC; others are only looked for.
def read_text_log(path):
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    return {number: line for number, line in enumerate(lines, 1) if line}


def fits(shown, stated):
    try:
        return abs((parse(shown) - parse(stated)).total_seconds()) <= 1.5
    except ValueError:
        return True


def check_names(truth, directory, fail):
    paths = {file["path"] for file in truth["files"]}
    for path in paths:
        if "!" not in path and not (directory / path).is_file():
            fail(f"{path}: listed, but not there")
    for campaign in truth["campaigns"]:
        hosts = {host["name"]: host for host in campaign["hosts"]}
        for host in hosts.values():
            if host["parent"] is not None and host["parent"] not in hosts:
                fail(f"{campaign['id']}: {host['name']} has an unknown parent")
        for step in campaign["steps"]:
            if step["provable"] != bool(step["records"]):
                fail(f"{campaign['id']}/{step['id']}: provable without a record, or the reverse")
            if step["host"] not in hosts:
                fail(f"{campaign['id']}/{step['id']}: {step['host']} is not among the hosts")


def main():
    program = os.environ.get("EVTX_DUMP") or shutil.which("evtx_dump")
    if not program:
        print("no evtx_dump")
        return 77
    directory = pathlib.Path(sys.argv[1])
    truth = json.loads((directory / "truth.json").read_text())
    failures, passed = [], 0
    check_names(truth, directory, failures.append)
    cited = collections.defaultdict(dict)
    for campaign in truth["campaigns"]:
        for step in campaign["steps"]:
            for record in step["records"]:
                cited[record["file"]][record["record"]] = (step["id"], record["time"])
    for path, records in sorted(cited.items()):
        log = directory / path
        there = read_event_log(program, log) if path.endswith(".evtx") else read_text_log(log)
        for number, (step, time) in sorted(records.items()):
            shown = there.get(number)
            if shown is None or not fits(shown[:26], time):
                failures.append(f"{path} {number} ({step}): {time} expected, {shown} found")
            else:
                passed += 1
    for failure in failures[:50]:
        print(failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
