#!/usr/bin/env python3
# Plays attacks, scans them, holds findings against the truth
# SPDX-License-Identifier: Apache-2.0
"""For each scenario and seed: play, scan, and hold every finding against truth.json.

  steps    each step with surviving records is found by a finding of at least medium, of its stage,
           that cites one of its records
  waves    the detector's list of hosts is the truth's: all provable ones, no other; source named
  clean    the detectors' own findings on normal life: at most 1 high and 10 medium per 1,000
           hosts and day

Exit 0 when all of it holds, 1 when not. --details names each step that was missed, with a record."""
import argparse
import collections
import datetime
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

LEVELS = ["informational", "low", "medium", "high", "critical"]
# The drill's words for stages, and those of findings. Reaching further hosts is told as spread;
# what the drill calls escalation may be either.
STAGES = {"escalation": {"credentials", "spread"}, "delivery": {"spread"}}
WAVE_HOST_RULE = "vedette-wave-host"
WAVE_RULES = ("vedette-wave-",)


def play(vedette, directory, options, scenario, seed):
    words = [vedette, "drill", "play", scenario, "-o", str(directory), "--hosts", str(options.hosts),
             "--seed", str(seed), "--noise", options.noise]
    if options.loss:
        words += ["--loss", str(options.loss)]
    subprocess.run(words, check=True, capture_output=True)
    return json.loads((directory / "truth.json").read_text())


def scan(vedette, directory, output):
    paths = [str(directory / name) for name in ("hosts", "servers") if (directory / name).exists()]
    words = [vedette, "scan", "-q", "-f", "jsonl", "-o", str(output), *paths]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 3):
        sys.exit(f"{' '.join(words)}: exit {result.returncode}\n{result.stderr}")
    prefix = str(directory) + "/"
    with open(output, encoding="utf-8") as lines:
        for line in lines:
            finding = json.loads(line)
            finding["cited"] = [
                (one["file"].removeprefix(prefix), one["record"] or one["line"])
                for one in [finding["evidence"], *finding["more_evidence"]]]
            yield finding


def fits_stage(stage, wanted):
    return stage == wanted or stage in STAGES.get(wanted, ())


class Score:
    def __init__(self):
        self.steps = collections.defaultdict(lambda: [0, 0])  # (campaign, id): found, provable
        self.missed = []
        self.wrong = []
        self.lines = []

    def fail(self, text):
        self.wrong.append(text)


def check_steps(truth, findings, score, name):
    by_record = collections.defaultdict(list)
    for finding in findings:
        for cited in finding["cited"]:
            by_record[cited].append(finding)
    for campaign in truth["campaigns"]:
        for step in campaign["steps"]:
            if not step["provable"]:
                continue
            key = (campaign["id"], step["id"])
            score.steps[key][1] += 1
            hits = [(finding, record) for record in step["records"]
                    for finding in by_record[(record["file"], record["record"])]]
            good = [finding for finding, _ in hits
                    if LEVELS.index(finding["rule"]["level"]) >= LEVELS.index("medium")
                    and fits_stage(finding.get("stage"), step["stage"])]
            if good:
                score.steps[key][0] += 1
                continue
            near = sorted({f"{finding['rule']['id']} ({finding['rule']['level']}, "
                           f"{finding.get('stage')})" for finding, _ in hits})
            score.missed.append(f"{name} {campaign['id']}/{step['id']} [{step['stage']}] on "
                                f"{step['host']}: {step['records'][0]['file']} "
                                f"{step['records'][0]['record']}; near: {', '.join(near) or 'nothing'}")


def wave_truth(truth):
    """Hosts that packages were delivered to, by the steps that deliver; and the servers."""
    hosts, provable, servers = set(), set(), set()
    for campaign in truth["campaigns"]:
        for step in campaign["steps"]:
            if step["stage"] in ("delivery", "spread") and "T1072" in step["attack"] and step["from"]:
                hosts.add(step["host"])
                servers.add(step["from"])
                if step["provable"]:
                    provable.add(step["host"])
    return hosts, provable, servers


def names_by_address(truth):
    """A host of which no log names the address can only be told by its address."""
    return {address: host["name"] for campaign in truth["campaigns"] for host in campaign["hosts"]
            for address in host["addresses"]}


def check_waves(truth, findings, score, name):
    hosts, provable, servers = wave_truth(truth)
    found, sources = set(), set()
    names = names_by_address(truth)
    for finding in findings:
        if finding["rule"]["id"] == WAVE_HOST_RULE:
            found.add(names.get(finding["host"]["name"], finding["host"]["name"]))
            for field in finding["matched"]:
                if field["field"] == "source":
                    sources.add(field["value"])
    missing, wrong = sorted(provable - found), sorted(found - hosts)
    score.lines.append(f"{name}: wave hosts {len(found & provable)} of {len(provable)} provable, "
                       f"{len(wrong)} wrong, sources {sorted(sources)} of {sorted(servers)}")
    if missing:
        score.fail(f"{name}: wave hosts not found: {', '.join(missing[:10])}")
    if wrong:
        score.fail(f"{name}: hosts wrongly in a wave: {', '.join(wrong[:10])}")
    if sources != servers:
        score.fail(f"{name}: wave sources {sorted(sources)}, true {sorted(servers)}")


def days_of(truth):
    start, end = (datetime.datetime.fromisoformat(truth[key][:19]) for key in ("start", "end"))
    return max((end - start).days, 1)


def check_clean(truth, findings, score, name):
    own = collections.Counter(finding["rule"]["level"] for finding in findings
                              if finding["rule"]["id"].startswith("vedette-"))
    scale = truth["organisation"]["hosts"] * days_of(truth) / 1000
    high = (own["high"] + own["critical"]) / scale
    medium = own["medium"] / scale
    score.lines.append(f"{name}: own findings per 1,000 hosts and day: high {high:.2f} of 1, "
                       f"medium {medium:.2f} of 10 ({dict(own)})")
    if high > 1 or medium > 10:
        score.fail(f"{name}: too many false findings")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", default="build/vedette")
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--scenarios", default="upgrade-server,mail-server,both,clean")
    parser.add_argument("--noise", default="low")
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--least", type=float, default=100,
                        help="percent of the steps that must be found")
    parser.add_argument("--details", action="store_true")
    parser.add_argument("--keep", help="play into this directory and keep it")
    options = parser.parse_args()
    vedette = str(pathlib.Path(options.vedette).resolve())
    score = Score()
    for scenario in options.scenarios.split(","):
        for seed in options.seeds.split(","):
            name = f"{pathlib.Path(scenario).stem} seed {seed}"
            top = pathlib.Path(tempfile.mkdtemp(prefix="vedette-detect-", dir=options.keep))
            try:
                truth = play(vedette, top / "play", options, scenario, seed)
                findings = list(scan(vedette, top / "play", top / "findings.jsonl"))
                check_steps(truth, findings, score, name)
                if truth["campaigns"]:
                    check_waves(truth, findings, score, name)
                else:
                    check_clean(truth, findings, score, name)
            finally:
                if not options.keep:
                    shutil.rmtree(top, ignore_errors=True)
    for (campaign, step), (found, provable) in sorted(score.steps.items()):
        mark = "  " if found == provable else "! "
        print(f"{mark}{campaign + '/' + step:<40} {found:5} of {provable:5}")
    print("\n".join(score.lines))
    if options.details:
        print("\n".join(score.missed))
    print("\n".join(score.wrong))
    found = sum(one[0] for one in score.steps.values())
    provable = sum(one[1] for one in score.steps.values())
    bad = found * 100 < provable * options.least or bool(score.wrong)
    print(f"check_detection: {found} of {provable} steps found, {len(score.wrong)} other failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
