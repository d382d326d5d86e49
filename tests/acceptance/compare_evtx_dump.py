#!/usr/bin/env python3
# Compare our raw JSON of event logs with evtx_dump's
# SPDX-License-Identifier: Apache-2.0
"""Each file is printed by both; records are paired in order of their EventRecordID (and their
place among records of the same id), and compared as multisets of (path, value). Duplicate
keys of an object count as often as they stand there. Exit 1 when a difference is not in
JUSTIFIED below, or when we have fewer records.
"""
import argparse
import collections
import json
import pathlib
import shlex
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PEER = (shutil.which("evtx_dump") or str(TOP / "build" / "peers" / "bin" / "evtx_dump")) \
    + " -t 1 -o jsonl"

# (file name, path of the field or None, why). Fields that may differ, and files with more
# records than the peer's.
JUSTIFIED = [
    ("Microsoft-Windows-LanguagePackSetup%4Operational.evtx", ".Event.Event",
     "record 17 is torn: its nested BinXML is all zeros, which the peer takes for an element "
     "named after offset 0; we leave it out and report a gap"),
]


def leaves(pairs, path, into):
    for key, value in pairs:
        put(value, f"{path}.{key}", into)


class Pairs(list):
    """An object, duplicates and all."""


def put(value, path, into):
    if isinstance(value, Pairs):
        if not value:
            into[(path, "{}")] += 1
        leaves(value, path, into)
    elif isinstance(value, list):
        if not value:
            into[(path, "[]")] += 1
        for one in value:
            put(one, path + "[]", into)
    else:
        into[(path, json.dumps(value))] += 1


def records(command, path):
    done = subprocess.run(shlex.split(command) + [str(path)], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    found = collections.defaultdict(list)
    for line in done.stdout.split(b"\n"):
        if not line.strip():
            continue
        try:
            event = json.loads(line.decode("utf-8", "surrogatepass"), object_pairs_hook=Pairs)
        except ValueError as error:
            print(f"{path}: {command.split()[0]} wrote no JSON: {error}: {line[:200]!r}")
            continue
        fields = collections.Counter()
        put(event, "", fields)
        number = next((value for key, value in fields if key == ".Event.System.EventRecordID"),
                      "none")
        found[number].append(fields)
    return found


def justified(path, field):
    return any(path.name == name and (where is None or where == field)
               for name, where, _ in JUSTIFIED)


def show(sign, differences, limit):
    for field, value in list(differences)[:limit]:
        print(f"    {sign} {field} = {value[:200]}")


def compare(path, arguments, total):
    ours = records(arguments.ours, path)
    theirs = records(arguments.peer, path)
    total["ours"] += sum(map(len, ours.values()))
    total["theirs"] += sum(map(len, theirs.values()))
    fewer = 0
    for number in sorted(set(ours) | set(theirs)):
        a, b = ours.get(number, []), theirs.get(number, [])
        fewer += max(0, len(b) - len(a))
        if len(a) > len(b):
            total["more"] += len(a) - len(b)
        for mine, other in zip(a, b):
            total["fields"] += sum(other.values())
            if mine == other:
                continue
            missing, extra = (other - mine), (mine - other)
            unjustified = [f for f, _ in list(missing) + list(extra) if not justified(path, f)]
            total["justified" if not unjustified else "different"] += 1
            if unjustified or arguments.verbose:
                print(f"{path}: record {number}:")
                show("-", missing, 5)
                show("+", extra, 5)
    count = (sum(map(len, ours.values())), sum(map(len, theirs.values())))
    if count[0] != count[1]:
        print(f"{path}: {count[0]} records, the peer has {count[1]}")
    if fewer:
        print(f"{path}: {fewer} of the peer's records are missing")
    total["missing"] += fewer


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", help="the program: its `events --raw` is compared")
    parser.add_argument("--ours", help="another command that prints raw JSON")
    parser.add_argument("--peer", default=PEER)
    parser.add_argument("--verbose", action="store_true", help="show justified differences too")
    parser.add_argument("--samples", type=pathlib.Path, action="append", default=[])
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.ours = arguments.ours or shlex.quote(arguments.vedette) + " events --raw"
    if not shutil.which(shlex.split(arguments.peer)[0]):
        print(f"no {arguments.peer.split()[0]} (tools/install_peer)")
        sys.exit(77)
    total = collections.Counter()
    for root in arguments.samples + arguments.paths:
        for path in sorted(root.rglob("*.evtx")) if root.is_dir() else [root]:
            total["files"] += 1
            compare(path, arguments, total)
    for name, where, why in JUSTIFIED:
        print(f"justified: {name} {where or '(records)'}: {why}")
    print(", ".join(f"{total[name]} {name}" for name in
                    ("files", "ours", "theirs", "fields", "more", "missing", "justified",
                     "different")))
    return 1 if total["different"] or total["missing"] else 0


if __name__ == "__main__":
    sys.exit(main())
