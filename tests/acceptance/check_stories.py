#!/usr/bin/env python3
# What one server's logs tell, and recordings of others
# SPDX-License-Identifier: Apache-2.0
"""Reports of evidence that is not a whole fleet's:

  one server    a played attack on a mail server, of which only that server's logs are there: an
                incident (never a campaign) that tells entry, foothold and theft, in this order
  proxylogon    the recording of CVE-2021-26855 (samples/json): one story on the server attacked, the
                forged request before the page
  benign        logs of hosts to which nothing happened (samples/evtx/odd, but for two of a host
                where the logon process was read and a log cleared): no campaign, no incident
  apt29         network logs of an emulated intrusion (samples/zeek): no story, since SMB and WinRM
                were encrypted; docs/samples.md says what is told all the same

Exit 0 when all of it holds, 1 when not. Recordings that are not there are left out."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile


NOT_BENIGN = {"system.evtx", "sysmon.evtx"}


def report_of(vedette, place, paths):
    words = [vedette, "scan", "-q", "--report", str(place / "report.json"), *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return json.loads((place / "report.json").read_text())


def uncited(unit):
    return sum(not sentence["evidence"] for stage in unit["stages"]
               for sentence in stage["story"])


def in_order(unit, wanted):
    first = {stage["stage"]: stage["first"] for stage in unit["stages"]}
    return all(one in first for one in wanted) and [first[one] for one in wanted] == sorted(
        first[one] for one in wanted)


def check_server(vedette, place, seed, hosts):
    subprocess.run([vedette, "drill", "play", "mail-server", "-o", str(place / "play"), "--hosts",
                    str(hosts), "--seed", str(seed), "--noise", "low"], check=True,
                   capture_output=True)
    truth = json.loads((place / "play" / "truth.json").read_text())
    entry = truth["campaigns"][0]["entry"]
    report = report_of(vedette, place, sorted((place / "play" / "servers").glob(entry + "*")))
    units = [one for one in report["incidents"] if one["entry"]["host"] == entry]
    if report["campaigns"] or len(units) != 1:
        return [f"seed {seed}: {len(report['campaigns'])} campaigns, {len(units)} incidents of {entry}"]
    if not in_order(units[0], ["entry", "foothold", "theft"]) or uncited(units[0]):
        return [f"seed {seed}: stages {[(one['stage'], one['first']) for one in units[0]['stages']]}"]
    return []


def check_proxylogon(vedette, place, sample):
    report = report_of(vedette, place, [sample])
    units = report["campaigns"] + report["incidents"]
    if len(units) != 1 or units[0]["entry"]["host"].split(".")[0] != "MXS01":
        return [f"proxylogon: {[one['title'] for one in units]}"]
    if not in_order(units[0], ["entry", "foothold"]) or uncited(units[0]):
        return [f"proxylogon: {[(one['stage'], one['first']) for one in units[0]['stages']]}"]
    return []


def check_none(vedette, place, sample):
    paths = [one for one in sorted(sample.iterdir()) if one.name not in NOT_BENIGN]
    report = report_of(vedette, place, paths)
    return [f"{sample.name}: {one['title']}" for one in report["campaigns"] + report["incidents"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", default="build/release/src/vedette")
    parser.add_argument("--shared", default=os.environ.get("VEDETTE_SHARED", "../shared"))
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--hosts", type=int, default=60)
    options = parser.parse_args()
    vedette = str(pathlib.Path(options.vedette).resolve())
    samples = pathlib.Path(options.shared) / "samples"
    bad, done = [], []
    for seed in options.seeds.split(","):
        with tempfile.TemporaryDirectory(prefix="vedette-story-") as place:
            bad += check_server(vedette, pathlib.Path(place), int(seed), options.hosts)
        done.append(f"seed {seed}")
    recorded = [(check_proxylogon, samples / "json" / "proxylogon_ssrf_rce_poc.zip"),
                (check_none, samples / "evtx" / "odd"),
                (check_none, samples / "zeek" / "apt29_day1" / "individual_zeek_logs")]
    for check, sample in recorded:
        if not sample.exists():
            continue
        with tempfile.TemporaryDirectory(prefix="vedette-story-") as place:
            bad += check(vedette, pathlib.Path(place), sample)
        done.append(sample.name)
    print("\n".join(bad))
    print(f"check_stories: {', '.join(done)}: {len(bad)} failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
