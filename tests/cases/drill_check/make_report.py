#!/usr/bin/env python3
# A report that says what the truth says
# SPDX-License-Identifier: Apache-2.0
"""usage: make_report.py DIR > report.json

A perfect vedette.report/1 about the play in DIR, from its truth.json and its evidence."""
import functools
import hashlib
import json
import pathlib
import struct
import sys
import zipfile

STAGES = ["entry", "foothold", "escalation", "delivery", "control", "collection", "theft", "cover"]
NAMES = {"escalation": "credentials", "delivery": "spread"}


@functools.lru_cache(64)
def read_file(directory, name):
    outer, _, inner = name.partition("!")
    path = pathlib.Path(directory) / outer
    return zipfile.ZipFile(path).read(inner) if inner else path.read_bytes()


@functools.lru_cache(64)
def records(directory, name):
    """{record number or line: (offset, bytes)}"""
    data, found, at = read_file(directory, name), {}, 0
    if name.lower().endswith(".evtx"):
        while (at := data.find(b"**\0\0", at)) >= 0:
            size, number = struct.unpack_from("<IQ", data, at + 4)
            if 28 <= size <= len(data) - at and data[at + size - 4:at + size] == data[at + 4:at + 8]:
                found[number] = at, data[at:at + size]
            at += 8
        return found
    for number, line in enumerate(data.split(b"\n"), 1):
        found[number] = at, line.removesuffix(b"\r")
        at += len(line) + 1
    return found


def main():
    directory = sys.argv[1]
    truth = json.loads((pathlib.Path(directory) / "truth.json").read_text())
    evidence, tags = {}, {}

    def cite(record):
        key = record["file"], record["record"]
        if key not in tags:
            offset, data = records(directory, key[0])[key[1]]
            evtx = key[0].lower().endswith(".evtx")
            tags[key] = f"E{len(tags):05d}"
            evidence[tags[key]] = {
                "file": key[0], "sha256": hashlib.sha256(data).hexdigest(),
                "record": key[1] if evtx else None, "line": None if evtx else key[1],
                "offset": offset, "time": record["time"]}
        return tags[key]

    campaigns = []
    for number, campaign in enumerate(truth["campaigns"], 1):
        steps = [step for step in campaign["steps"] if step["provable"]]
        shown = {}
        for step in steps:
            shown.setdefault(step["host"], []).extend(cite(r) for r in step["records"][:2])
        stages = []
        for stage in STAGES:
            those = [step for step in steps if step["stage"] == stage]
            if those:
                stages.append({
                    "stage": NAMES.get(stage, stage), "first": min(s["first"] for s in those),
                    "last": max(s["last"] for s in those),
                    "hosts": sorted({s["host"] for s in those}),
                    "evidence": [cite(s["records"][0]) for s in those[:4]]})
        hosts = [{"name": host["fqdn"].lower(), "aliases": [host["name"]], "state": "confirmed",
                  "first": host["first"], "parent": host["parent"], "reason": "", "runners_up": [],
                  "artefacts": [], "accounts": [], "evidence": shown.get(host["name"], [])}
                 for host in campaign["hosts"] if host["state"] == "compromised" and host["provable"]]
        campaigns.append({
            "id": f"C{number}", "title": campaign["title"], "confidence": "high",
            "entry": {"host": campaign["entry"], "evidence": shown.get(campaign["entry"], [])},
            "servers": [{"host": campaign["server"], "role": "", "evidence": []}],
            "stages": stages, "hosts": hosts})
    json.dump({"schema": "vedette.report/1", "campaigns": campaigns, "incidents": [],
               "evidence": evidence}, sys.stdout, indent=1)


main()
