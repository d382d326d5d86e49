#!/usr/bin/env python3
# Damaged files: no crash, no hang, no bloat, nothing else lost
# SPDX-License-Identifier: Apache-2.0
"""Runs vedette on seeded mutants of what each decoder reads, Sigma rules and the compiled image of
rules. Each run has 2 GiB of addresses and 5 seconds of CPU, may use 256 MiB, and must end with 0 or
3 (rule files without a rule: 2). Parts of an event log (chunks) and of a text (lines) that the
mutation left alone must give the same records as ever; a damaged image must change no finding.
"held" counts the records of such parts, "told" the mutants that the program called damaged. Seeds
are files that the project writes itself, and small real samples where there are some.

Mutants of evidence and of rules are run many at a time, as a directory; records of one and the next
are told apart by a file of one known record between them. When such a run fails each of its mutants
is run by itself. Limits hold for the run as a whole, so that they are stricter for each.

A mutant is (format, seed, number): out/mutants/failed keeps those that failed, with the command
that makes them. What was done is remembered for this very program in out/mutants/state.json, so
that an interrupted run goes on; --again forgets it. Under AddressSanitizer the limits on addresses
and memory do not hold, and CPU time is five times as long."""
import argparse
import collections
import hashlib
import json
import multiprocessing
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
OUT = TOP / "out" / "mutants"
MIB = 1024 * 1024
ADDRESS_BYTES = 2048 * MIB
PEAK_BYTES = 256 * MIB
CPU_SECONDS = 5
WALL_SECONDS = 300  # asleep, it needs no CPU
ASAN_SLOWER = 5
BATCH = 200  # mutants of one run, ...
BATCH_BYTES = 16 * MIB  # ... and of their seed's bytes
SAMPLES_MAX = 4
SAMPLE_BYTES_MAX = 1200 * 1024
EVTX_HEADER, EVTX_CHUNK = 4096, 65536
# Formats are the decoders by their names, and two for rules. Of text formats: how many lines of header
# each part needs above it, and the file's ending; of others without parts the ending. A further
# format is a line here, one in tests/mutate/mutate.c and a seed tests/mutate/<format>.<ending>.
TEXTS = {"w3c": (4, "log"), "access_log": (0, "log"), "release_catalogue": (1, "csv"),
         "exchange_csv": (5, "log"), "zeek": (7, "log"), "squid": (0, "log"), "proxy_csv": (1, "csv"),
         "nfdump": (1, "csv"), "syslog": (0, "log"), "dhcp_server": (6, "log"),
         "forensic_csv": (1, "csv")}
WHOLES = {"dhcp_leases": "leases", "file": "exe"}
FORMATS = ("evtx", "json_lines", *TEXTS, *WHOLES, "sigma", "image")
ENDING = {"evtx": "evtx", "json_lines": "jsonl", "sigma": "yml", "image": "image", **WHOLES,
          **{name: ending for name, (_, ending) in TEXTS.items()}}

Run = collections.namedtuple("Run", "status signal hung seconds peak output errors")
Seed = collections.namedtuple("Seed", "format path parts")  # parts: Counter of lines each


class Program:
    def __init__(self, vedette, scratch):
        self.vedette = vedette
        self.scratch = scratch
        self.asan = b"__asan_init" in vedette.read_bytes()
        self.seconds = CPU_SECONDS * (ASAN_SLOWER if self.asan else 1)

    def limit(self):
        if not self.asan:
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (self.seconds, self.seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def run(self, words):
        """One run; output as bytes, time as CPU seconds."""
        environment = dict(os.environ, NO_COLOR="1", TZ="UTC", HOME=str(self.scratch),
                           XDG_CACHE_HOME=str(self.scratch / "cache"),
                           ASAN_OPTIONS="exitcode=99:quarantine_size_mb=16:detect_leaks=0",
                           UBSAN_OPTIONS="halt_on_error=1:exitcode=99:print_stacktrace=1")
        with tempfile.TemporaryFile(dir=self.scratch) as output, \
                tempfile.TemporaryFile(dir=self.scratch) as errors:
            process = subprocess.Popen([str(self.vedette), *map(str, words)], stdout=output,
                                       stderr=errors, stdin=subprocess.DEVNULL, env=environment,
                                       preexec_fn=self.limit)
            stuck = []

            def stop(_number, _frame):
                stuck.append(True)
                process.kill()

            signal.signal(signal.SIGALRM, stop)
            signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
            _, status, usage = os.wait4(process.pid, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = usage.ru_utime + usage.ru_stime
            hung = bool(stuck) or -process.returncode == signal.SIGXCPU or \
                (process.returncode == -signal.SIGKILL and seconds >= self.seconds)
            output.seek(0)
            errors.seek(0)
            return Run(process.returncode, max(0, -process.returncode), hung, seconds,
                       usage.ru_maxrss * 1024, output.read(), errors.read())


# Seeds

def parts_of(format_name, data):
    if format_name == "evtx":
        header = data[:EVTX_HEADER]
        return [header + data[at:at + EVTX_CHUNK]
                for at in range(EVTX_HEADER, len(data) - EVTX_CHUNK + 1, EVTX_CHUNK)]
    lines = data.split(b"\n")
    lines = lines if lines[-1] else lines[:-1]
    count, _ = TEXTS.get(format_name, (0, ""))
    header = b"".join(line + b"\n" for line in lines[:count])
    return [b""] * count + [header + line for line in lines[count:]]


def words_for(format_name, path, evidence):
    if format_name not in ("sigma", "image"):
        return ["events", "--raw", "--files", path]
    words = ["scan", evidence, "-q", "-f", "jsonl", "-o", "-"]
    if format_name == "sigma":
        return words + ["--no-cache", "-r", path]
    return words + ["--cache", path.parent, "-r", TOP / "rules" / "sigma"]


def seed_make(program, format_name, path):
    """The records of each part by itself; together they are those of the whole."""
    parts = []
    for part in parts_of(format_name, path.read_bytes()):
        alone = program.scratch / f"part.{ENDING[format_name]}"
        alone.write_bytes(part)
        parts.append(collections.Counter(
            program.run(words_for(format_name, alone, None)).output.splitlines()))
    whole = program.run(words_for(format_name, path, None))
    if whole.status not in (0, 3) or not sum(parts, collections.Counter()):
        raise SystemExit(f"{path}: the seed itself cannot be read ({whole.status}): "
                         f"{whole.errors.decode(errors='replace')}")
    missing = sum(parts, collections.Counter()) - collections.Counter(whole.output.splitlines())
    if missing:
        raise SystemExit(f"{path}: the whole lacks {sum(missing.values())} records of its parts")
    return Seed(format_name, path, parts)


def seed_whole(program, format_name, path):
    """A seed whose parts hang together."""
    run = program.run(words_for(format_name, path, None))
    if run.status not in (0, 3) or not run.output:
        raise SystemExit(f"{path}: the seed itself cannot be read ({run.status}): "
                         f"{run.errors.decode(errors='replace')}")
    return Seed(format_name, path, [])


def shared_samples():
    shared = pathlib.Path(os.environ.get("VEDETTE_SHARED", TOP.parent / "shared"))
    found = sorted(path for path in shared.glob("samples/evtx/**/*.evtx")
                   if EVTX_HEADER + EVTX_CHUNK <= path.stat().st_size <= SAMPLE_BYTES_MAX)
    step = max(1, len(found) // SAMPLES_MAX)
    return found[::step][:SAMPLES_MAX]


def first_lines(path, count):
    with path.open("rb") as lines:
        return b"".join(line for line, _ in zip(lines, range(count)))


def seeds_make(program, build, wanted):
    directory = OUT / "seeds"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    subprocess.run([build / "tests" / "drill" / "write_evtx_samples", directory, "700"],
                   check=True)
    own = directory / "samples.evtx"
    hits = sorted((TOP / "tests" / "cases" / "rules").glob("*.hit.jsonl"))
    evidence = directory / "hits.jsonl"
    evidence.write_bytes(b"".join(path.read_bytes() for path in hits))
    seeds = {name: [] for name in FORMATS}
    if "evtx" in wanted:
        seeds["evtx"] = [seed_make(program, "evtx", path) for path in [own, *shared_samples()]]
    if "json_lines" in wanted:
        shippers = directory / "shippers.jsonl"
        shippers.write_bytes(first_lines(TOP / "tests" / "mutate" / "shippers.jsonl", 100))
        short = directory / "short.jsonl"
        short.write_bytes(b"".join(
            program.run(["events", "--raw", own]).output.splitlines(True)[:24]) +
            first_lines(evidence, 16))
        seeds["json_lines"] = [seed_make(program, "json_lines", path) for path in (short, shippers)]
    for name, (_, ending) in TEXTS.items():
        if name in wanted:
            seeds[name] = [seed_make(program, name, TOP / "tests" / "mutate" / f"{name}.{ending}")]
    for name, ending in WHOLES.items():
        if name in wanted:
            seeds[name] = [seed_whole(program, name, TOP / "tests" / "mutate" / f"{name}.{ending}")]
    if "sigma" in wanted:
        seeds["sigma"] = [Seed("sigma", path, [])
                          for path in sorted((TOP / "rules" / "sigma").glob("*.yml"))]
    if "image" in wanted:
        cache = directory / "cache"
        cache.mkdir()
        program.run(["scan", evidence, "-q", "-o", "/dev/null", "--cache", cache, "-r",
                     TOP / "rules" / "sigma"])
        seeds["image"] = [Seed("image", path, [])
                          for path in sorted(cache.rglob("*")) if path.is_file()]
    return seeds, evidence


# One batch

def whole_parts(text):
    numbers = []
    for span in filter(None, text.split(",")):
        first, _, last = span.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def judge(program, seed, run):
    """What is wrong with how a run ended; None when nothing is."""
    if run.hung:
        return "hang"
    if run.signal or run.status == 99:
        return "crash"
    if run.status not in ((0, 2, 3) if seed.format == "sigma" else (0, 3)):
        return "status"
    if run.peak > PEAK_BYTES and not program.asan:
        return "memory"
    return None


def records_lost(seed, whole, records):
    """Whether records of parts that the mutation left alone are missing."""
    expected = collections.Counter()
    for part in whole:
        expected.update(seed.parts[part])
    return bool(expected and expected - collections.Counter(records))


def place_image(seed, mutant, directory):
    """The mutant where the image was, in a cache of its own."""
    place = directory / "image" / seed.path.relative_to(OUT / "seeds" / "cache")
    shutil.rmtree(directory / "image", ignore_errors=True)
    place.parent.mkdir(parents=True)
    os.chmod(directory / "image", 0o700)
    shutil.copyfile(mutant, place)
    os.chmod(place, 0o600)
    return place


Mutant = collections.namedtuple("Mutant", "number kind whole path")

# A file of one record that no mutant has, between each two.
MARK = {"Event": {"System": {
    "Provider": {"#attributes": {"Name": "vedette-mark"}}, "EventID": 1,
    "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T00:00:00.000000Z"}},
    "EventRecordID": 0, "Channel": "vedette-mark", "Computer": "mark"}}}
MARK_LINE = re.compile(rb'"Name": "vedette-mark".*"EventRecordID": (\d+)')


def mutants_make(mutate, seed, first, count, directory):
    """Files that sort by their numbers, and marks behind them."""
    made = subprocess.run([mutate, seed.format, seed.path, directory, str(first), str(count)],
                          capture_output=True, text=True, check=True).stdout
    mutants = []
    for line in made.splitlines():
        number, kind, whole = line.split(" ", 2)
        path = directory / f"{int(number):06}a.{ENDING[seed.format]}"
        (directory / f"{number}.{ENDING[seed.format]}").rename(path)
        mutants.append(Mutant(int(number), kind, whole_parts(whole), path))
        if seed.format not in ("sigma", "image"):
            MARK["Event"]["System"]["EventRecordID"] = int(number)
            (directory / f"{int(number):06}b.jsonl").write_text(json.dumps(MARK) + "\n")
    return mutants


def records_by_mutant(output):
    records, pending = {}, []
    for line in output.splitlines():
        mark = MARK_LINE.search(line) if b"vedette-mark" in line else None
        if mark:
            records[int(mark[1])], pending = pending, []
        else:
            pending.append(line)
    return records


class Batch:
    """Mutants of one seed, and what became of them."""

    def __init__(self, program, mutate, seed):
        self.program, self.mutate, self.seed = program, mutate, seed
        self.tally = collections.Counter()
        self.slowest, self.peak, self.failed = 0.0, 0, []

    def run(self, words):
        run = self.program.run(words)
        self.tally["runs"] += 1
        self.slowest, self.peak = max(self.slowest, run.seconds), max(self.peak, run.peak)
        return run

    def fail(self, wrong, name, files, text):
        """Keep what failed, and how to make it again."""
        self.tally[wrong] += 1
        keep = OUT / "failed" / f"{self.seed.format}-{self.seed.path.stem}-{name}-{wrong}"
        keep.parent.mkdir(parents=True, exist_ok=True)
        if files.is_dir():
            shutil.copytree(files, keep, dirs_exist_ok=True)
        else:
            shutil.copyfile(files, keep.with_suffix("." + ENDING[self.seed.format]))
        keep.with_suffix(".txt").write_bytes(text)
        self.failed.append(keep.name)

    def text(self, wrong, run, words, made):
        return (f"{wrong}, status {run.status}, {run.seconds:.1f} s, {run.peak // MIB} MiB\n"
                f"{self.mutate} {self.seed.format} {self.seed.path} DIR {made}\n"
                f"vedette {' '.join(map(str, words))}\n").encode() + run.errors[-4000:]

    def run_alone(self, mutant, words, wanted):
        run = self.run(words)
        wrong = judge(self.program, self.seed, run)
        if not wrong and wanted is not None and run.output != wanted:
            wrong = "changed"
        if not wrong and records_lost(self.seed, mutant.whole, run.output.splitlines()):
            wrong = "lost"
        self.tally["told"] += run.status != 0
        if wrong:
            self.fail(wrong, str(mutant.number), mutant.path,
                      self.text(f"{wrong}, {mutant.kind}", run, words, f"{mutant.number} 1"))

    def run_together(self, mutants, directory, evidence):
        """False when something is wrong with one of them."""
        words = words_for(self.seed.format, directory, evidence)
        run = self.run(words)
        wrong = judge(self.program, self.seed, run)
        if not wrong and self.seed.format != "sigma":
            records = records_by_mutant(run.output)
            if any(mutant.number not in records or
                   records_lost(self.seed, mutant.whole, records[mutant.number])
                   for mutant in mutants):
                wrong = "lost"
        if wrong:
            return wrong, self.text(wrong, run, words, f"{mutants[0].number} {len(mutants)}")
        self.tally["told"] += sum(mutant.path.name.encode() in run.errors for mutant in mutants)
        return None, b""


def batch_run(work):
    vedette, mutate, seed, first, count, evidence, wanted = work
    with tempfile.TemporaryDirectory(prefix="vedette-mutants-") as scratch:
        scratch = pathlib.Path(scratch)
        directory = scratch / "mutants"
        directory.mkdir()
        batch = Batch(Program(vedette, scratch), mutate, seed)
        mutants = mutants_make(mutate, seed, first, count, directory)
        batch.tally["mutants"] += len(mutants)
        batch.tally["held"] += sum(sum(seed.parts[part].values())
                                   for mutant in mutants for part in mutant.whole)
        if seed.format == "image":
            for mutant in mutants:
                place = place_image(seed, mutant.path, scratch)
                batch.run_alone(mutant, words_for("image", place, evidence), wanted)
            return batch.tally, batch.slowest, batch.peak, batch.failed
        wrong, text = batch.run_together(mutants, directory, evidence)
        if wrong:
            for mutant in mutants:
                batch.run_alone(mutant, words_for(seed.format, mutant.path, evidence), None)
        if wrong and not batch.failed:  # only together
            batch.fail(wrong, f"{first}+{count}", directory, text)
    return batch.tally, batch.slowest, batch.peak, batch.failed


# All of it

def state_read(key):
    try:
        state = json.loads((OUT / "state.json").read_text())
    except (OSError, ValueError):
        state = {}
    return state if state.get("key") == key else {"key": key, "batches": {}}


def state_write(state):
    fresh = OUT / "state.json.new"
    fresh.write_text(json.dumps(state))
    fresh.replace(OUT / "state.json")


def batches_of(seeds, count, vedette, mutate, program, evidence):
    for format_name, members in seeds.items():
        if not members:
            continue
        wanted = None
        if format_name == "image":
            wanted = program.run(words_for("image", members[0].path, evidence)).output
        each = -(-count // len(members))
        left = count
        for seed in members:
            batch = max(1, min(BATCH, BATCH_BYTES // seed.path.stat().st_size))
            for first in range(0, min(each, left), batch):
                size = min(batch, min(each, left) - first)
                yield (f"{format_name}/{seed.path.name}/{first}+{size}",
                       (vedette, mutate, seed, first, size, evidence, wanted))
            left -= min(each, left)


def print_table(results):
    columns = ["mutants", "runs", "told", "crash", "hang", "memory", "status", "lost", "changed",
               "held"]
    print(f"{'format':18}" + "".join(f"{name:>9}" for name in columns) +
          f"{'slowest':>10}{'peak':>10}")
    for name, (tally, slowest, peak) in results.items():
        print(f"{name:18}" + "".join(f"{tally[column]:9}" for column in columns) +
              f"{slowest:8.2f} s{peak // MIB:6} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=500, help="mutants a format")
    parser.add_argument("--formats", nargs="*", default=FORMATS, choices=FORMATS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--again", action="store_true", help="run what has been run already too")
    arguments = parser.parse_args()
    vedette = arguments.vedette.resolve()
    build = vedette.parents[1]
    mutate = build / "tests" / "mutate" / "mutate"
    if not mutate.exists():
        print(f"{mutate} is not there")
        return 77
    OUT.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(vedette.read_bytes() + mutate.read_bytes()).hexdigest()
    state = {"key": key, "batches": {}} if arguments.again else state_read(key)
    with tempfile.TemporaryDirectory(prefix="vedette-mutants-") as scratch:
        program = Program(vedette, pathlib.Path(scratch))
        seeds, evidence = seeds_make(program, build, arguments.formats)
        batches = dict(batches_of(seeds, arguments.count, vedette, mutate, program, evidence))
    todo = {name: work for name, work in batches.items() if name not in state["batches"]}
    with multiprocessing.Pool(arguments.jobs) as pool:
        for name, result in zip(todo, pool.imap(batch_run, todo.values())):
            state["batches"][name] = result
            state_write(state)
    results, failed = {}, []
    for name in batches:
        tally, slowest, peak, names = state["batches"][name]
        known = results.setdefault(name.split("/")[0], [collections.Counter(), 0.0, 0])
        known[0].update(tally)
        known[1], known[2] = max(known[1], slowest), max(known[2], peak)
        failed += names
    print_table(results)
    for name in failed[:20]:
        print(f"failed: out/mutants/failed/{name}.txt")
    missing = [name for name in arguments.formats if name not in results]
    total = sum(result[0]["mutants"] for result in results.values())
    text = f"{total:,} mutants of {', '.join(results)}: {len(failed)} failed"
    print(text + (f"; no seed for {', '.join(missing)}" if missing else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
