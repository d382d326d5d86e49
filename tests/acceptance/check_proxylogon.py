#!/usr/bin/env python3
# A recorded attack on a mail server, found as one chain
# SPDX-License-Identifier: Apache-2.0
"""Scans the public recording of CVE-2021-26855 and CVE-2021-27065 (Security-Datasets
SDWIN-210314014019, host MXS01) and asks that the chain from the forged request to the page that
answers is told as one finding, and that it and the finding of the page cite a record of each kind
that the recording has. Exit 0 when all of it holds, 1 when not, 77 without the recording."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

SAMPLE = "samples/json/proxylogon_ssrf_rce_poc.zip"
PAGE = "\\frontend\\httpproxy\\owa\\auth\\ohyeah.aspx"


def text_of(event):
    return json.dumps(event).replace("\\\\", "\\").lower()


# What a record of each kind is, told from its fields alone.
KINDS = {
    "error of the control panel at the forged request":
        lambda e: e["EventID"] == 4 and "]:444/ecp/" in text_of(e),
    "change through the control panel":
        lambda e: e["EventID"] in (47, 48) and "setobject" in text_of(e),
    "cmdlet that puts script text into an address":
        lambda e: e["Channel"] == "MSExchange Management" and "cmdlet set-oab" in text_of(e),
    "virtual directory removed":
        lambda e: e["Channel"] == "MSExchange Management" and "cmdlet remove-oab" in text_of(e),
    "virtual directory made anew":
        lambda e: e["Channel"] == "MSExchange Management" and "cmdlet new-oab" in text_of(e),
    "page written":
        lambda e: e["EventID"] == 11 and PAGE in text_of(e),
    "page written through the server's own share":
        lambda e: e["EventID"] == 5145 and "ohyeah.aspx" in text_of(e),
    "page compiled":
        lambda e: e["EventID"] == 11 and "ohyeah.aspx." in text_of(e) and "compiled" in text_of(e),
    "program started by the web worker":
        lambda e: e["EventID"] in (1, 4688) and "whoami" in text_of(e),
}


def findings_of(vedette, sample, top):
    output = top / "findings.jsonl"
    words = [vedette, "scan", "-q", "-f", "jsonl", "-o", str(output), str(sample)]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 3):
        sys.exit(f"{' '.join(words)}: exit {result.returncode}\n{result.stderr}")
    return [json.loads(line) for line in output.read_text().splitlines()]


def cited_lines(finding):
    return {one["line"] for one in [finding["evidence"], *finding["more_evidence"]]}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", default="build/release/src/vedette")
    parser.add_argument("--shared", default=os.environ.get("VEDETTE_SHARED", "../shared"))
    options = parser.parse_args()
    sample = pathlib.Path(options.shared) / SAMPLE
    if not sample.exists():
        print(f"check_proxylogon: skipped: no {sample}")
        return 77
    with zipfile.ZipFile(sample) as archive:
        lines = archive.read(archive.namelist()[0]).decode().splitlines()
    with tempfile.TemporaryDirectory(prefix="vedette-proxylogon-") as top:
        findings = findings_of(options.vedette, sample, pathlib.Path(top))
    bad = []
    cited = set()
    for rule, stage in (("vedette-exchange-takeover", "entry"),
                        ("vedette-exchange-page", "foothold")):
        found = [one for one in findings if one["rule"]["id"] == rule]
        if len(found) != 1 or found[0]["stage"] != stage:
            bad.append(f"{len(found)} findings of {rule}, expected 1 of stage {stage}")
            continue
        if found[0]["host"]["name"].split(".")[0] != "MXS01":
            bad.append(f"{rule}: host {found[0]['host']['name']}")
        values = [row["value"].lower() for row in found[0]["matched"] if row["field"] == "artefact"]
        if not any(value.endswith(PAGE) for value in values):
            bad.append(f"{rule}: does not name the page but {values}")
        cited |= cited_lines(found[0])
    events = [json.loads(lines[number - 1]) for number in sorted(cited)]
    for kind, holds in KINDS.items():
        if not any(holds(event) for event in events):
            bad.append(f"no record cited: {kind}")
    print("\n".join(bad))
    print(f"check_proxylogon: {len(KINDS)} kinds of record, {len(events)} records cited, "
          f"{len(bad)} failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
