#!/usr/bin/env python3
# The same bytes for any threads and any order
# SPDX-License-Identifier: Apache-2.0
"""Findings on real samples with SigmaHQ's rules, in three forms; and on a played drill with the shipped
rules all that is judged over many records: findings, report and relations. Each with 1, 2 and 8 threads
and the paths shuffled; a difference names the two runs and keeps their outputs."""
import argparse
import hashlib
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
THREADS = (1, 2, 8)
LINES_MIN = 100


def run(words):
    """Standard output; the run must end with 0 or 3 (damaged evidence)."""
    process = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if process.returncode not in (0, 3):
        sys.exit(f"{words[1]} ended with {process.returncode}: "
                 f"{process.stderr.decode(errors='replace')[-2000:]}")
    return process.stdout


def check_samples(vedette, shared, shuffler):
    """Runs that gave the same as one thread did."""
    samples = shared / "samples"
    paths = sorted((samples / "evtx").glob("*/*")) + sorted((samples / "json").glob("*.zip"))
    runs = 0
    for form in ("jsonl", "csv", "table"):
        words = [vedette, "scan", "-r", shared / "sigma" / "rules", "-f", form, "-o", "-"]
        wanted = run([*words, "--threads", 1, *paths])
        if wanted.count(b"\n") < LINES_MIN:
            sys.exit(f"-f {form}: only {wanted.count(10)} lines: the comparison shows nothing")
        for threads in THREADS:
            shuffled = shuffler.sample(paths, len(paths))
            got = run([*words, "--threads", threads, *shuffled])
            runs += 1
            if got != wanted:
                sys.exit(f"-f {form} --threads {threads}, another order: "
                         f"{hashlib.sha256(got).hexdigest()}, not "
                         f"{hashlib.sha256(wanted).hexdigest()}")
    return runs, len(paths)


def say_all(vedette, paths, threads, directory):
    """Name -> file of what is said of the evidence."""
    directory.mkdir()
    files = {name: directory / name for name in ("findings.jsonl", "report.json", "relations.jsonl")}
    common = ["--collected", "2027-01-01T00:00:00Z", "--threads", threads, *paths]
    run([vedette, "scan", "-q", "-r", TOP / "rules", "--no-cache", "-f", "jsonl", "-o",
         files["findings.jsonl"], "--report", files["report.json"], *common])
    files["relations.jsonl"].write_bytes(run([vedette, "relations", *common]))
    return files


def check_play(vedette, play, scratch, shuffler):
    paths = sorted([*play.glob("hosts/*"), *play.glob("servers/*")])
    wanted = say_all(vedette, paths, 1, scratch / "wanted")
    for name, path in wanted.items():
        if path.stat().st_size < 1000:
            sys.exit(f"{name}: only {path.stat().st_size} bytes: the comparison shows nothing")
    for threads in THREADS:
        got = say_all(vedette, shuffler.sample(paths, len(paths)), threads, scratch / "got")
        for name, path in got.items():
            if path.read_bytes() != wanted[name].read_bytes():
                keep = pathlib.Path(tempfile.mkdtemp(prefix="vedette-differs-"))
                shutil.copy(wanted[name], keep / f"wanted-{name}")
                shutil.copy(path, keep / f"got-{name}")
                sys.exit(f"{name} with --threads {threads} and another order differs: see {keep}")
        shutil.rmtree(scratch / "got")
    return len(paths)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True, type=pathlib.Path)
    parser.add_argument("--shared", type=pathlib.Path, help="where samples and SigmaHQ's rules are")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=60)
    parser.add_argument("--scenario", default="both")
    parser.add_argument("--noise", default="low")
    parser.add_argument("--days", help="as the scenario says")
    arguments = parser.parse_args()
    vedette, shuffler = arguments.vedette.resolve(), random.Random(arguments.seed)
    said = []
    if arguments.shared:
        runs, count = check_samples(vedette, arguments.shared, shuffler)
        said.append(f"{runs} runs over {count} samples")
    with tempfile.TemporaryDirectory(prefix="vedette-determinism-") as scratch:
        scratch = pathlib.Path(scratch)
        run([vedette, "drill", "play", arguments.scenario, "-o", scratch / "play", "--hosts",
             arguments.hosts, "--noise", arguments.noise, "--seed", arguments.seed,
             *(["--days", arguments.days] if arguments.days else [])])
        count = check_play(vedette, scratch / "play", scratch, shuffler)
        said.append(f"{len(THREADS)} runs over {count} hosts of a drill (findings, report, relations)")
    print(f"{', '.join(said)} with 1, 2 and 8 threads, paths shuffled: identical")


if __name__ == "__main__":
    main()
