#!/usr/bin/env python3
# Logs that are tables against Python's own readers
# SPDX-License-Identifier: Apache-2.0
"""compare_tables.py [OPTION]... PATH...: reads every table below the paths a
second time (csv, W3C, Zeek's tabs; columns by the header in force) and compares all columns of
all rows with `vedette events`. Prints what differs and a line of totals; exit status 1 when
something does.

A kind of table is a function that gives rows as {column: text or None}; KINDS says which files
are of which kind. What stands inside a column (ECP's EventData, the audit copy's Data) is read
again too."""
import argparse
import csv
import json
import pathlib
import re
import shutil
import subprocess
import sys

csv.field_size_limit(1 << 30)
TIMES = {"datetime", "timestamp", "date-time"}


def read_text(path):
    return path.read_bytes().decode("utf-8-sig", "surrogateescape")


def lines_of(text):
    return re.split(r"\r?\n", text)


def exchange_pairs(text):
    """'S:CMD=a''b;c';S:X=1 -> {"CMD": "a'b;c", "X": "1"}, without keys that are in brackets."""
    found = {}
    for quoted, plain in re.findall(r"(?:'((?:[^']|'')*)'(?=;|$)|([^;]*))(?:;|$)", text):
        pair = quoted.replace("''", "'") if quoted else plain
        key, equals, value = pair.partition("=")
        key = key.split(":", 1)[-1]
        if equals and re.fullmatch(r"[\w.-]{1,64}", key, re.A):
            found.setdefault(key, []).append(value)
    return {key: values if len(values) > 1 else values[0] for key, values in found.items()}


def audit_members(text):
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    found = {key: value for key, value in data.items() if value is not None}
    for key, value in data.items():
        for one in value if isinstance(value, list) else []:
            inner = one.get("Value", one.get("NewValue")) if isinstance(one, dict) else None
            if inner is not None and re.fullmatch(r"[\w.-]{1,64}", one.get("Name", ""), re.A):
                found[f"{key}.{one['Name']}"] = inner
    return found


def exchange_rows(path):
    columns, log_type = None, ""
    for row in csv.reader(iter(read_text(path).splitlines(keepends=True))):
        if not row:
            continue
        if row[0].startswith("#"):
            word, _, rest = row[0].partition(":")
            if word.lower() == "#fields":
                columns = [rest.strip()] + row[1:]
            elif word.lower() == "#log-type":
                log_type = rest.strip()
        elif row[0].lower() in TIMES:
            columns = row
        else:
            cells = dict(zip(columns, row))
            if log_type.startswith("ECP") and "EventData" in cells:
                cells.update((f"EventData.{key}", value)
                             for key, value in exchange_pairs(cells["EventData"]).items())
            if log_type == "audit" and "Data" in cells:
                cells.update((f"Data.{key}", value)
                             for key, value in audit_members(cells["Data"]).items())
            yield cells


def w3c_rows(path):
    columns = []
    for line in lines_of(read_text(path)):
        if line.startswith("#Fields:"):
            columns = line[8:].split()
        elif line and not line.startswith("#"):
            yield {name: None if text == "-" else text
                   for name, text in zip(columns, line.split(" "))}


def zeek_rows(path):
    columns = []
    for line in lines_of(read_text(path)):
        if line.startswith("#fields\t"):
            columns = line.split("\t")[1:]
        elif line and not line.startswith("#"):
            yield {name: None if text == "-" else text
                   for name, text in zip(columns, line.split("\t"))}


INVENTORY = {"Path": "TargetFilename", "FullName": "TargetFilename", "Length": "Size",
             "SHA256": "sha256", "Signer": "SignedBy", "CreatedUtc": "Created",
             "ModifiedUtc": "Modified", "LastWriteTimeUtc": "Modified"}
RUNS = ["LastRun", *(f"PreviousRun{i}" for i in range(7))]


def program_path(loaded, name):
    """Of the files that a program loaded the one that it is, without its volume."""
    for path in loaded.split(", "):
        if path.rsplit("\\", 1)[-1].upper().startswith(name.upper()):
            return re.sub(r"^\\VOLUME\{[^\\]*", "", path)
    return name


def tool_rows(path):
    for row in csv.DictReader(iter(read_text(path).splitlines(keepends=True))):
        if "ParentPath" in row:
            folder = row["ParentPath"].removeprefix(".")
            row["TargetFilename"] = folder.rstrip("\\") + "\\" + row["FileName"]
        elif "FilesLoaded" in row:
            row["TargetFilename"] = program_path(row["FilesLoaded"], row["ExecutableName"])
        else:
            row["TargetFilename"] = row["FullPath"]
        # Prefetch remembers runs: an event each.
        yield from [row] * max(1, sum(bool(row.get(name)) for name in RUNS))


def inventory_rows(path):
    for row in csv.DictReader(iter(read_text(path).splitlines(keepends=True))):
        yield {INVENTORY.get(name, name): text for name, text in row.items()}


# (first bytes, reader)
KINDS = [
    (rb"EntryNumber,SequenceNumber,InUse,", tool_rows),
    (rb"ApplicationName,ProgramId,", tool_rows),
    (rb"Note,SourceFilename,", tool_rows),
    (rb"(Path,Size,CreatedUtc|FullName,Length|\"DisplayName\",)", inventory_rows),
    (rb"(\xef\xbb\xbf)?([^\r\n]*\r?\n)?#Software: Microsoft Exchange", exchange_rows),
    (rb"(\xef\xbb\xbf)?#Software: Microsoft Internet Information Services", w3c_rows),
    (rb"#separator \\x09", zeek_rows),
]


def reader_of(path):
    with path.open("rb") as file:
        first = file.read(65536)
    return next((read for pattern, read in KINDS if re.match(pattern, first)), None)


def events_of(program, path):
    run = subprocess.run([program, "events", path], capture_output=True, check=False)
    gaps = run.stderr.decode(errors="replace").strip()
    for line in run.stdout.splitlines():
        yield json.loads(line.decode("utf-8", "replace")).get("unmapped", {})
    if run.returncode:
        yield {"exit status": run.returncode, "stderr": gaps}


def plain(text):
    """As JSON output has it: bytes that are not UTF-8 are replaced."""
    if not isinstance(text, str):
        return text
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub("\ufffd+", "\ufffd", text)  # how many for broken bytes is a matter of taste


def differences(path, program, read):
    """(rows, cells, [what differs])"""
    wanted = list(read(path))
    given = list(events_of(program, path))
    found, cells = [], 0
    if len(wanted) != len(given):
        found.append(f"{len(wanted)} rows, {len(given)} events; last {given[-1:]}")
    for number, (row, event) in enumerate(zip(wanted, given), 1):
        row = {name: plain(text) for name, text in row.items() if text is not None}
        cells += len(row)
        event = {name: plain(text) for name, text in event.items()}
        for name in row.keys() | event.keys():
            if row.get(name) != event.get(name):
                found.append(f"row {number} {name}: {row.get(name)!r} is {event.get(name)!r}")
    return len(wanted), cells, found


def play(arguments):
    if not arguments.out:
        sys.exit("compare_tables: --play needs --out")
    target = arguments.out / f"tables-{arguments.play}"
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run([arguments.vedette, "drill", "play", arguments.play, "--hosts",
                    str(arguments.hosts), "-o", target], stdout=subprocess.DEVNULL, check=True)
    return target


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    top = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--vedette", default=top / "build/release/src/vedette")
    parser.add_argument("--show", type=int, default=5, help="differences shown of a file")
    parser.add_argument("--play", metavar="SCENARIO", help="play this drill first, and read it")
    parser.add_argument("--hosts", type=int, default=60, help="of the drill")
    parser.add_argument("--out", type=pathlib.Path, help="where the drill goes, and is removed")
    parser.add_argument("path", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.play:
        arguments.path.append(play(arguments))
    files = rows = cells = wrong = 0
    for place in arguments.path:
        for path in sorted(place.rglob("*") if place.is_dir() else [place]):
            read = reader_of(path) if path.is_file() else None
            if not read:
                continue
            here, values, found = differences(path, arguments.vedette, read)
            files, rows, cells, wrong = files + 1, rows + here, cells + values, wrong + len(found)
            for one in found[:arguments.show]:
                print(f"{path}: {one}")
    if arguments.play:
        shutil.rmtree(arguments.path[-1])
    print(f"{files} files, {rows} rows, {cells} values, {wrong} differences")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
