#!/usr/bin/env python3
# Checks that the logs of a played drill agree with each other
# SPDX-License-Identifier: Apache-2.0
"""usage: check_drill_agreement.py DIR

What Winlogbeat shipped is what the event logs hold, record by record; what Sysmon says of a
connection is what Zeek saw of it, ends and ports; a host's address is the one that the DHCP server
leased to it then. Files that truth.json calls damaged are left out. Prints `N passed, N failed`;
exits 1 on failure and 77 without evtx_dump.
"""
import bisect
import collections
import json
import pathlib
import re
import sys

import drill_records
from drill_records import SECOND, kind_of, nanoseconds

NEAR = 5 * SECOND
SKEW_MAX = 14 * 3600 * SECOND  # clocks in a wrong zone


def plain(value):
    """Without what the two write in ways of their own: braces, case, fractions of a second."""
    value = value.strip("{}").lower()
    return re.sub(r"(\d\d:\d\d:\d\d)\.\d+", r"\1", value).replace("z", "").replace("t", " ")


class Checker:
    def __init__(self, directory, truth):
        self.directory = directory
        self.files = [file["path"] for file in truth["files"] if not file["damaged"]]
        self.failures, self.passed = [], 0
        self.connections = []  # (host, record) of Sysmon

    def expect(self, fits, text):
        self.passed += bool(fits)
        if not fits:
            self.failures.append(text)

    def hosts(self):
        of_host = collections.defaultdict(list)
        for path in self.files:
            if kind_of(path) in ("evtx", "shipped"):
                of_host[path.split("/")[1].split(".zip")[0]].append(path)
        return of_host

    def compare_shipped(self, host, kept, shipped):
        for key, record in kept.items():
            other = shipped.get(key)
            if other is None:
                self.failures.append(f"{host}: {key} was not shipped")
                continue
            names = set(record.fields) & set(other.fields)
            wrong = [name for name in names if plain(record[name]) != plain(other[name])]
            self.expect(not wrong, f"{host}: {key}: {wrong}: {[record[n] for n in wrong]} kept, "
                                   f"{[other[n] for n in wrong]} shipped")

    def check_host(self, host, paths):
        kept, shipped = {}, {}
        for path in paths:
            records = drill_records.read_records(self.directory, path)
            into = kept if kind_of(path) == "evtx" else shipped
            for record in records.values():
                into[record["Channel"], record["EventRecordID"], record.times[0] // 1000] = record
        if kept and shipped:
            self.compare_shipped(host, kept, shipped)
        for record in (kept or shipped).values():
            if record["EventID"] == "3" and "Sysmon" in record["Channel"]:
                self.connections.append((host, record))

    # ---- the network

    def read_leases(self):
        leases = collections.defaultdict(list)  # (time, host, end) by address
        for path in self.files:
            if not path.endswith("dhcpd.leases"):
                continue
            text = drill_records.read_bytes(self.directory, path).decode()
            for found in re.finditer(r"lease (\S+) \{(.*?)\n\}", text, re.S):
                starts = re.search(r"starts \d (\S+ \S+);", found[2])[1]
                ends = re.search(r"ends \d (\S+ \S+);", found[2])[1]
                name = re.search(r'client-hostname "(.*?)"', found[2])[1]
                leases[found[1]].append((nanoseconds(starts), name, nanoseconds(ends)))
        return {address: sorted(rows) for address, rows in leases.items()}

    def read_conversations(self):
        seen = collections.defaultdict(list)
        for path in self.files:
            if path.endswith("/conn.log"):
                for row in drill_records.read_lines(self.directory, path).values():
                    key = (row["id.orig_h"], row["id.orig_p"], row["id.resp_h"], row["id.resp_p"])
                    seen[key].append(row.times[0])
        return seen

    def check_lease(self, leases, host, record):
        rows = leases.get(record["SourceIp"])
        if not rows:
            return
        places = {bisect.bisect(rows, (record.times[0] + shift, "\x7f"))
                  for shift in (-300 * SECOND, 0, 300 * SECOND)}
        holders = {rows[place - 1][1] for place in places
                   if place and rows[place - 1][2] > record.times[0]}
        self.expect(not holders or host in holders,
                    f"{host} has {record['SourceIp']} at "
                    f"{drill_records.show_time(record.times[0])[:16]}, leased to {holders}")

    def check_network(self):
        leases, seen = self.read_leases(), self.read_conversations()
        if not seen:
            return
        for host, record in self.connections:
            if record["Protocol"] not in ("tcp", "udp"):
                continue
            key = (record["SourceIp"], record["SourcePort"], record["DestinationIp"],
                   record["DestinationPort"])
            if key in seen:
                self.expect(any(abs(time - record.times[0]) <= SKEW_MAX for time in seen[key]),
                            f"{host}: {key} at another time")
                self.check_lease(leases, host, record)


def main():
    if not drill_records.evtx_dump():
        print("no evtx_dump")
        return 77
    directory = pathlib.Path(sys.argv[1])
    checker = Checker(directory, json.loads((directory / "truth.json").read_text()))
    for host, paths in checker.hosts().items():
        checker.check_host(host, paths)
    checker.check_network()
    for failure in checker.failures[:50]:
        print(failure[:400])
    print(f"{checker.passed} passed, {len(checker.failures)} failed")
    return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
