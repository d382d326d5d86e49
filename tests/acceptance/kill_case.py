#!/usr/bin/env python3
# A scan into a case, killed at any moment, loses and doubles nothing
# SPDX-License-Identifier: Apache-2.0
"""Plays a drill, scans it into a case undisturbed, and takes that report as the truth. Then, round
after round, a scan into another case is killed with SIGKILL at a random moment. After each kill the
database is whole (integrity_check), no range of a source lies there twice, and what was committed
before is still there. Now and then a scan is let through: its report is the truth, byte for byte;
then a new case begins. With --verify-every 1 each round is let through after its kill."""
import argparse
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
UNIT = struct.Struct("<IIQQ")  # number of the source, entry, offset, size
REPORTS = ("report.json", "report.html", "hosts.csv", "timeline.jsonl")


def words(vedette, evidence, case, threads):
    return [str(vedette), "scan", "-q", "-r", str(TOP / "rules"), "--threads",
            str(threads), "--collected", "2027-01-01T00:00:00Z", str(evidence), "-o", f"{case}/"]


def scan(command):
    run = subprocess.run(command, capture_output=True, check=False)
    if run.returncode not in (0, 3):
        sys.exit(f"scan ended with {run.returncode}: {run.stderr.decode(errors='replace')[-2000:]}")


def look(case):
    """Committed ranges as (identity, entry, offset) -> size; exits when something is wrong."""
    database = case / "case.db"
    if not database.exists() or database.stat().st_size == 0:
        return {}
    connection = sqlite3.connect(database)
    try:
        whole = connection.execute("PRAGMA integrity_check").fetchall()
        if whole != [("ok",)]:
            sys.exit(f"integrity_check: {whole[:3]}")
        if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return {}
        seen = {}
        for identity, units in connection.execute(
                "SELECT s.identity, p.units FROM piece p JOIN source s ON s.source = p.top"):
            for _, entry, offset, size in UNIT.iter_unpack(units):
                if (identity, entry, offset) in seen:
                    sys.exit(f"{identity}, entry {entry}, offset {offset} lies there twice")
                seen[identity, entry, offset] = size
        return seen
    finally:
        connection.close()


def check_round(command, case, before, seconds):
    """Kill a scan after `seconds`; what is committed then."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    after = look(case)
    lost = [unit for unit in before if unit not in after]
    if lost:
        sys.exit(f"{len(lost)} committed ranges are gone, {lost[0]} the first")
    return after


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vedette", default=TOP / "build" / "release" / "src" / "vedette")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--verify-every", type=int, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--records", type=int, default=400, help="of each of six hosts")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="vedette-kill-"))
    os.environ["XDG_CACHE_HOME"] = str(scratch)
    evidence, truth, case = scratch / "evidence", scratch / "truth", scratch / "case"
    drill = ["drill", "logs", "--hosts", "6", "--records", str(given.records)]
    subprocess.run([str(given.vedette), *drill, "-o", str(evidence)], check=True,
                   capture_output=True)
    started = time.monotonic()
    scan(words(given.vedette, evidence, truth, 2))
    whole = time.monotonic() - started
    wanted, units = {name: (truth / name).read_bytes() for name in REPORTS}, look(truth)
    before, verified, resumed = {}, 0, 0
    for number in range(1, given.rounds + 1):
        command = words(given.vedette, evidence, case, dice.choice((1, 2, 4)))
        resumed += bool(before)
        before = check_round(command, case, before, dice.uniform(0, 1.1 * whole))
        if number % given.verify_every and number != given.rounds:
            continue
        scan(command)
        if look(case) != units:
            sys.exit(f"round {number}: {len(look(case))} ranges, not {len(units)}")
        for name, text in wanted.items():
            if (case / name).read_bytes() != text:
                sys.exit(f"round {number}: {name} differs, see {case} (--seed {given.seed})")
        verified += 1
        shutil.rmtree(case)
        before = {}
    shutil.rmtree(scratch)
    print(f"{given.rounds} scans killed, {resumed} of them going on with an earlier one; "
          f"{verified} finished: nothing lost, nothing twice, reports the same")


if __name__ == "__main__":
    main()
