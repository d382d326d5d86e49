#!/usr/bin/env python3
# Plays intrusions on seeds nobody chose, scores the reports
# SPDX-License-Identifier: Apache-2.0
"""Plays each scenario, scans it, and lets `vedette drill check` score the report against the truth.
Seeds are drawn from the commit (SHA-256 of its id and a number), so that nobody can have tuned on
them; --seeds names some instead. One play is on disk at a time.

What is asked of a play:
  every one         no campaign that is none, none left untold, entry and servers named, all cited
                    records exist and say so, no sentence earlier than its stage
  upgrade-server    every provable host, no other
  mail-server       95 % of the stages, in their order; 95 % of the provable hosts, each with the
                    host it was reached from; no more than 2 % of those told wrong
  both              pairs of hosts that belong together: F1 98 %
  small-wave        the hosts of its wave, as an incident
  --loss above 0    95 % of the provable hosts, no more than 2 % of those told wrong

--state FILE remembers what was scored for this commit and goes on from there, --minutes ends the
run when they are over, --table FILE writes a table in Markdown. Exit 0 when all plays are told as
asked, else 1."""
import argparse
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ["small-wave", "clean", "upgrade-server", "mail-server", "both"]


def commit_name():
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=TOP, capture_output=True, text=True,
                          check=False).stdout.strip() or "no commit"


def drawn_seeds(commit, count):
    return [int.from_bytes(hashlib.sha256(f"{commit} {i}".encode()).digest()[:4], "big")
            for i in range(count)]


def run(words, place, good=(0,)):
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode not in good:
        sys.exit(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def wave_hosts(truth):
    """Those that a server gave a package to: names, and their address when they had but one."""
    victims = {step["host"] for campaign in truth["campaigns"] for step in campaign["steps"]
               if step["provable"] and "T1072" in step["attack"] and step["from"]}
    return [{host["name"], *(host["addresses"] if len(host["addresses"]) == 1 else [])}
            for campaign in truth["campaigns"] for host in campaign["hosts"]
            if host["name"] in victims]


def early_sentences(report):
    """Sentences, by the minute they begin with, that lie before their stage's beginning."""
    return sum(sentence["text"][:16] < stage["first"].replace("T", " ")[:16]
               for unit in report["campaigns"] + report["incidents"]
               for stage in unit["stages"] for sentence in stage["story"])


def play_one(vedette, scenario, seed, options):
    place = pathlib.Path(tempfile.mkdtemp(prefix="vedette-campaign-", dir=options.scratch))
    try:
        run([vedette, "drill", "play", scenario, "-o", "play", "--hosts", str(options.hosts),
             "--seed", str(seed), "--noise", options.noise, "--loss", str(options.loss)], place)
        paths = [name for name in ("hosts", "servers") if (place / "play" / name).exists()]
        started = time.monotonic()
        run([vedette, "scan", "-q", "--report", "../report.json", *paths], place / "play", (0, 3))
        seconds = time.monotonic() - started
        score = json.loads(run([vedette, "drill", "check", "-f", "json", ".", "../report.json"],
                               place / "play", (0, 1)))
        report = json.loads((place / "report.json").read_text())
        truth = json.loads((place / "play" / "truth.json").read_text())
    finally:
        shutil.rmtree(place, ignore_errors=True)
    told = {host["name"] for unit in report["campaigns"] + report["incidents"]
            for host in unit["hosts"] if host["state"] == "confirmed"}
    wave = wave_hosts(truth)
    return sum_up(score) | {"wave": len(wave), "wave_told": sum(bool(names & told) for names in wave),
                            "early": early_sentences(report),
                            "seconds": round(seconds, 1),
                            "records": sum(one["records"] for one in truth["files"])}


def sum_up(score):
    """The numbers of a play, as they are remembered and shown."""
    campaigns = score["campaigns"]
    stages = sum(len(one["stages"]["expected"]) for one in campaigns)
    cited = score["citations"]
    return {
        "campaigns": len(campaigns),
        "as_campaign": sum(one["told_as"] == "campaign" for one in campaigns),
        "as_incident": sum(one["told_as"] == "incident" for one in campaigns),
        "false": score["false_campaigns"],
        "provable": score["hosts"]["provable"],
        "right": score["hosts"]["right"],
        "wrong": score["hosts"]["wrong"],
        "parents": sum(one["parents"]["right"] for one in campaigns),
        "entries": sum(one["entry"] is not False for one in campaigns),
        "servers": sum(one["server"] is not False for one in campaigns),
        "stages": stages,
        "stages_found": sum(len(set(one["stages"]["found"]) & set(one["stages"]["expected"]))
                            for one in campaigns),
        "orders": sum(one["order"]["pairs"] for one in campaigns),
        "orders_right": sum(one["order"]["right"] for one in campaigns),
        "f1": score["pairs"]["f1"],
        "citations": cited["listed"],
        "citations_bad": cited["listed"] - cited["right"] + cited["unlisted"],
    }


def share(part, of):
    return part / of if of else 1.0


def faults(scenario, got, options):
    """What a play falls short of, in words."""
    recall, precision = share(got["right"], got["provable"]), share(
        got["right"], got["right"] + got["wrong"])
    asked = [(got["false"] == 0, f"{got['false']} campaigns that are none"),
             (got["citations_bad"] == 0, f"{got['citations_bad']} citations wrong"),
             (not got.get("early"), f"{got.get('early')} sentences before their stage")]
    if options.loss:
        asked += [(recall >= options.recall, f"recall {recall:.3f}"),
                  (precision >= options.precision, f"precision {precision:.3f}")]
    elif scenario == "small-wave":
        asked += [(got["as_campaign"] + got["as_incident"] == got["campaigns"], "not told"),
                  (got["wave_told"] == got["wave"], f"{got['wave_told']} of {got['wave']} victims"),
                  (got["wrong"] == 0, f"{got['wrong']} hosts wrong")]
    elif scenario != "clean":
        asked += [(got["as_campaign"] == got["campaigns"], "a campaign not told as one"),
                  (got["entries"] == got["campaigns"], "an entry not named"),
                  (got["servers"] == got["campaigns"], "a server not named"),
                  (recall >= options.recall, f"recall {recall:.3f}"),
                  (precision >= options.precision, f"precision {precision:.3f}")]
    if not options.loss and scenario == "upgrade-server":
        asked += [(got["right"] == got["provable"] and not got["wrong"],
                   f"{got['right']} of {got['provable']} hosts, {got['wrong']} wrong")]
    if not options.loss and scenario == "mail-server":
        asked += [(share(got["stages_found"], got["stages"]) >= 0.95, "stages missed"),
                  (got["orders_right"] == got["orders"], f"{got['orders'] - got['orders_right']} "
                   f"of {got['orders']} pairs of stages out of order"),
                  (share(got["parents"], got["provable"]) >= 0.95, "edges missed")]
    if not options.loss and scenario == "both":
        asked += [(got["f1"] is None or got["f1"] >= options.f1, f"F1 {got['f1']}")]
    return [text for good, text in asked if not good]


def line_of(scenario, seed, got, short):
    return (f"{'! ' if short else '  '}{scenario:<15} seed {seed:<11} "
            f"{got['as_campaign'] + got['as_incident']} of {got['campaigns']} told, "
            f"{got['false']} false; hosts {got['right']} of {got['provable']}, {got['wrong']} wrong; "
            f"from where {got['parents']}; stages {got['stages_found']} of {got['stages']}, order "
            f"{got['orders_right']} of {got['orders']}; F1 {got['f1']}; scan {got['seconds']} s"
            + "".join(f"; {one}" for one in short))


def worst_of(rows):
    """The play that falls shortest."""
    return min(rows, key=lambda row: (-len(row[2]), share(row[1]["right"], row[1]["provable"]),
                                      share(row[1]["orders_right"], row[1]["orders"]), row[0]))


HEADER = ["scenario", "hosts", "loss", "plays", "as asked", "worst seed", "records", "told", "false",
          "hosts found", "wrong", "reached from", "entry, servers", "stages", "order", "F1",
          "citations", "scan"]


def table_rows(results, options):
    for scenario, rows in results.items():
        seed, got, _ = worst_of(rows)
        yield [scenario, options.hosts, options.loss, len(rows),
               sum(not short for _, _, short in rows), seed, got["records"],
               f"{got['as_campaign'] + got['as_incident']}/{got['campaigns']}", got["false"],
               f"{got['right']}/{got['provable']}", got["wrong"],
               f"{got['parents']}/{got['provable']}", f"{got['entries']}, {got['servers']}",
               f"{got['stages_found']}/{got['stages']}", f"{got['orders_right']}/{got['orders']}",
               got["f1"], f"{got['citations'] - got['citations_bad']}/{got['citations']}",
               f"{got['seconds']} s"]


def write_table(path, commit, results, options):
    """Rows of other sizes and losses stay as they were."""
    mine = {f"| {row[0]} | {row[1]} | {row[2]} |": row for row in table_rows(results, options)}
    old = path.read_text().splitlines() if path.exists() else []
    kept = [line for line in old if line.startswith("| ") and not line.startswith("| scenario")
            and not any(line.startswith(key) for key in mine)]
    drawn = "chosen by hand" if options.seeds else f"drawn from commit {commit[:10]}"
    lines = kept + ["| " + " | ".join(map(str, row + [drawn])) + " |" for row in mine.values()]
    head = [line for line in old if not line.startswith("|")] or ["# Campaigns told: the worst seeds"]
    while head and not head[-1]:
        head.pop()
    width = len(HEADER) + 1
    path.write_text("\n".join([*head, "", "| " + " | ".join([*HEADER, "seeds"]) + " |",
                               "|" + "---|" * width, *sorted(lines)]) + "\n")


def read_state(path, key):
    try:
        state = json.loads(pathlib.Path(path).read_text()) if path else {}
    except (OSError, ValueError):
        state = {}
    return state if state.get("key") == key else {"key": key, "plays": {}}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", default="build/vedette")
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--count", type=int, default=5, help="seeds a scenario")
    parser.add_argument("--seeds", help="instead of drawn ones: 1,2,3")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS))
    parser.add_argument("--noise", default="low")
    parser.add_argument("--loss", type=float, default=0)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--precision", type=float, default=0.98)
    parser.add_argument("--f1", type=float, default=0.98)
    parser.add_argument("--scratch", help="where plays are written and removed")
    parser.add_argument("--state", help="remembers scores; another run goes on from them")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--table", type=pathlib.Path)
    options = parser.parse_args()
    vedette = str(pathlib.Path(options.vedette).resolve())
    commit = commit_name()
    seeds = ([int(one) for one in options.seeds.split(",")] if options.seeds
             else drawn_seeds(commit, options.count))
    state = read_state(options.state, commit)
    deadline = time.monotonic() + options.minutes * 60
    results, bad, total, left = {}, 0, 0, 0
    for number, scenario in ((i, one) for i in range(len(seeds))
                             for one in options.scenarios.split(",")):
        seed = seeds[number]
        name = f"{scenario} {options.hosts} {seed} {options.noise} {options.loss}"
        if name not in state["plays"]:
            if time.monotonic() > deadline:
                left += 1
                continue
            state["plays"][name] = play_one(vedette, scenario, seed, options)
            if options.state:
                pathlib.Path(options.state).write_text(json.dumps(state, indent=1))
        got = state["plays"][name]
        short = faults(scenario, got, options)
        print(line_of(scenario, seed, got, short), flush=True)
        results.setdefault(scenario, []).append((seed, got, short))
        total += 1
        bad += bool(short)
    if options.table and results:
        write_table(options.table, commit, results, options)
    print(f"check_campaigns: {total - bad} of {total} plays told as asked"
          + (f", {left} left: run again, it goes on from here" if left else ""))
    return 1 if bad or left else 0


if __name__ == "__main__":
    sys.exit(main())
