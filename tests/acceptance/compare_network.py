#!/usr/bin/env python3
# Network logs read a second time, by a reader of its own
# SPDX-License-Identifier: Apache-2.0
"""usage: compare_network.py --vedette PROGRAM [--shared DIR] [DIR]

Reads every log of sensors, proxies, routers, DHCP servers and Unix hosts below DIR, a drill that was
played (one of 60 hosts is played when none is given), and Zeek's logs below DIR/samples/zeek, with
Python's csv and json and with `vedette events`; record by record the times and all fields must be
the same. Prints `N passed, N failed` of files; exits 1 on failure.
"""
import argparse
import collections
import csv
import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile

UTC = datetime.timezone.utc
SHOWN_MAX = 10
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
SQUID = ("time time-taken c-ip s-action sc-status sc-bytes cs-method c-uri cs-username s-hierarchy "
         "r-ip rs-content-type rest").split()
PROXY = {"timestamp": "time", "client_ip": "c-ip", "username": "cs-username", "method": "cs-method",
         "url": "c-uri", "host": "cs-host", "destination_ip": "r-ip", "destination_port": "r-port",
         "status": "sc-status", "bytes_sent": "cs-bytes", "bytes_received": "sc-bytes",
         "duration_ms": "time-taken", "user_agent": "c-useragent", "referrer": "cs-referrer",
         "content_type": "rs-content-type", "action": "s-action", "category": "cs-categories"}
# Collections' own clock: the drill's logs are of spring 2026.
COLLECTED = "2026-11-01"


def micros(when):
    """Microseconds since 1970 of a datetime or text of seconds."""
    if isinstance(when, str):
        whole, _, part = when.partition(".")
        return int(whole) * 1000000 + int((part + "000000")[:6])
    return round((when - datetime.datetime(1970, 1, 1, tzinfo=UTC)) / datetime.timedelta(microseconds=1))


def read_text(path):
    return path.read_bytes().decode("utf-8", "surrogateescape")


def unescape(text):
    raw = re.sub(r"\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), text)
    return raw


def zeek_value(text, kind):
    if text == "-":
        return None
    if kind.startswith(("set[", "vector[")):
        return [] if text == "(empty)" else [unescape(part) for part in text.split(",")]
    if kind == "bool":
        return {"T": "true", "F": "false"}.get(text, text)
    return "" if text == "(empty)" else unescape(text)


def read_zeek(path):
    names, kinds, log = [], [], None
    for line in read_text(path).split("\n"):
        if line.startswith("{"):
            record = json.loads(line)
            stamp = record["ts"]
            when = (micros(datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")))
                    if isinstance(stamp, str) else round(stamp * 1e6))
            fields = {re.sub(r"^id_(orig|resp)_", r"id.\1_", name): value
                      for name, value in record.items()}
            fields["_path"] = fields.pop("@stream", path.name.split(".")[0])
            yield when, fields
            continue
        cells = line.split("\t")
        if line.startswith("#path"):
            log = cells[1]
        elif line.startswith("#fields"):
            names = cells[1:]
        elif line.startswith("#types"):
            kinds = cells[1:]
        elif line and line[0] != "#":
            fields = {name: zeek_value(cell, kind) for name, cell, kind in zip(names, cells, kinds)}
            yield micros(fields["ts"]), {**fields, "_path": log}


def read_squid(path):
    for line in read_text(path).splitlines():
        words = line.split(None, 10)
        action, status = words[3].split("/")
        hierarchy, peer = words[8].split("/", 1)
        values = words[:3] + [action, status] + words[4:8] + [hierarchy, peer] + words[9:]
        yield micros(words[0]), {name: None if value == "-" else value
                                 for name, value in zip(SQUID, values)}


def read_proxy(path):
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            when = datetime.datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00"))
            yield micros(when), {PROXY[name]: value for name, value in row.items()}


def read_nfdump(path):
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            when = datetime.datetime.strptime(row["ts"], "%Y-%m-%d %H:%M:%S")
            yield micros(when.replace(tzinfo=UTC)), {name: value.strip()
                                                     for name, value in row.items()}


def syslog_fields(program, message):
    """What this reader understands of messages; the rest is not compared."""
    patterns = {
        "sshd": [
            r"(?P<action>Accepted|Failed) (?P<method>\S+) for (?P<account>invalid user )?(?P<user>.+)"
            r" from (?P<src_ip>\S+) port (?P<src_port>\d+) ssh2"
            r"(: (?P<key_type>\S+) (?P<fingerprint>\S+))?$",
            r"(?P<action>Invalid user) (?P<user>.*) from (?P<src_ip>\S+) port (?P<src_port>\d+)$",
            r"(?P<action>Connection closed by) (invalid|authenticating) user (?P<user>.+) "
            r"(?P<src_ip>\S+) port (?P<src_port>\d+) \[preauth\]$"],
        "sudo": [r" *(?P<user>\S+) : TTY=(?P<TTY>\S+) ; PWD=(?P<PWD>.*?) ; USER=(?P<USER>\S+) ; "
                 r"COMMAND=(?P<COMMAND>.*)$"],
        "CRON": [r"\((?P<user>\S+)\) (?P<action>\S+) \((?P<command>.*)\)$"],
        "dhcpd": [r"(?P<action>DHCP[A-Z]+) (on|for) (?P<ip>\S+) (to|from) (?P<mac>\S+) "
                  r"\((?P<hostname>\S+)\) via (?P<interface>\S+)$"]}
    for pattern in patterns.get(program, []):
        found = re.match(pattern, message)
        if found:
            fields = {name: value for name, value in found.groupdict().items() if value}
            if "account" in fields:
                fields["account"] = "invalid user"
            return fields
    return {}


def read_syslog(path):
    for line in read_text(path).splitlines():
        found = re.match(r"((\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d)) (\S+) ([^:\[]+)(?:\[(\d+)\])?: ?(.*)$",
                         line)
        month, day, hour, minute, second = (MONTHS.index(found[2]) + 1, *map(int, found.group(3, 4, 5, 6)))
        when = datetime.datetime(2026, month, day, hour, minute, second, tzinfo=UTC)
        fields = {"timestamp": found[1], "host": found[7], "program": found[8], "message": found[10]}
        if found[9]:
            fields["pid"] = found[9]
        yield micros(when), {**fields, **syslog_fields(found[8], found[10])}


def read_leases(path):
    for block in re.findall(r"^lease (\S+) \{\n(.*?)^\}", read_text(path), re.M | re.S):
        fields = {"ip": block[0]}
        for line in block[1].splitlines():
            found = re.match(r"\s*(starts|ends|cltt|binding state|next binding state|hardware ethernet|"
                             r"client-hostname) (.*);$", line)
            if found:
                name = {"hardware ethernet": "mac", "client-hostname": "hostname"}.get(
                    found[1], found[1].replace(" ", "_"))
                fields[name] = found[2].strip('"')
        when = datetime.datetime.strptime(fields["starts"][2:], "%Y/%m/%d %H:%M:%S")
        yield micros(when.replace(tzinfo=UTC)), fields


READERS = [
    (r"/zeek/logs/.*\.log$|samples/zeek/.*\.log$", read_zeek),
    (r"/squid/access\.log-\d+$", read_squid),
    (r"/webgateway-\d+\.csv$", read_proxy),
    (r"/nfcapd\.\d+\.csv$", read_nfdump),
    (r"/auth\.log$|/dhcpd\.log-\d+$", read_syslog),
    (r"/dhcpd\.leases$", read_leases),
]


def same(mine, theirs):
    """Numbers by their worth, everything else as text."""
    if isinstance(mine, list) or isinstance(theirs, list):
        if not isinstance(mine, list) or not isinstance(theirs, list) or len(mine) != len(theirs):
            return False
        return all(same(a, b) for a, b in zip(mine, theirs))
    if isinstance(mine, dict):
        return mine == theirs
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in (mine, theirs)]
    if texts[0] == texts[1]:
        return True
    try:
        return float(texts[0]) == float(texts[1])
    except ValueError:
        return False


def compare(vedette, path, reader):
    """What differs first, or None."""
    run = subprocess.run([vedette, "events", "--collected", COLLECTED, path], capture_output=True,
                         check=False)
    if run.returncode != 0:
        return f"exit {run.returncode}: {run.stderr.decode(errors='replace').strip()[:200]}", 0
    records = [json.loads(line) for line in run.stdout.decode("utf-8", "replace").splitlines()]
    count = 0
    for count, (when, fields) in enumerate(reader(path), 1):
        if count > len(records):
            return f"record {count} is missing", count
        record = records[count - 1]
        stamp = datetime.datetime.fromisoformat(record["@timestamp"][:26] + "+00:00")
        if abs(micros(stamp) - when) > 1:
            return f"record {count}: {record['@timestamp']} for {when}", count
        seen = record["unmapped"]
        for name, value in fields.items():
            if value is None and name not in seen:
                continue
            if name not in seen or not same(value, seen[name]):
                return f"record {count}: {name} is {seen.get(name)!r}, not {value!r}", count
    return (None if count == len(records) else f"{len(records)} records, not {count}"), count


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--shared")
    parser.add_argument("directory", nargs="?")
    arguments = parser.parse_args()
    tally, records, failures = collections.Counter(), collections.Counter(), []
    with tempfile.TemporaryDirectory() as scratch:
        tops = [arguments.directory or scratch + "/play"]
        if not arguments.directory:
            subprocess.run([arguments.vedette, "drill", "play", "both", "--hosts", "60", "--noise",
                            "low", "-o", tops[0]], check=True, capture_output=True)
        if arguments.shared:
            tops.append(arguments.shared + "/samples/zeek")
        damaged = set()
        truth = pathlib.Path(tops[0], "truth.json")
        if truth.exists():
            damaged = {str(pathlib.Path(tops[0], entry["path"]))
                       for entry in json.loads(read_text(truth))["files"] if entry["damaged"]}
        for path in sorted(p for top in tops for p in pathlib.Path(top).rglob("*") if p.is_file()):
            for pattern, reader in READERS:
                if re.search(pattern, str(path)) and str(path) not in damaged:
                    difference, count = compare(arguments.vedette, path, reader)
                    tally["failed" if difference else "passed"] += 1
                    records[reader.__name__[5:]] += count
                    if difference:
                        failures.append(f"{path}: {difference}")
    for failure in failures[:SHOWN_MAX]:
        print(failure)
    print(", ".join(f"{name} {count}" for name, count in sorted(records.items())), "records")
    print(f"{tally['passed']} passed, {tally['failed']} failed")
    return 1 if tally["failed"] or not tally["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
