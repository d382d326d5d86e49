# Reads the records of a played drill, whatever log they are in
# SPDX-License-Identifier: Apache-2.0
"""Independent of the drill's writers: event logs through evtx_dump (Rust crate evtx), everything
else by its documented form. A path may be `archive.zip!path inside`.

read_records(directory, path) gives {number: Record}; `number` is EVTX's record number in the file
(their order, from 1) or the line's. A record has named fields and the times that it shows.
"""
import calendar
import csv
import datetime
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import zipfile

SECOND = 1000000000
MONTHS = {name: number for number, name in enumerate(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}


class Record:
    """times: nanoseconds UTC that it shows; local: they are of an unstated zone; unit: how exact
    they are; fields: by name, texts."""
    def __init__(self, kind, fields, times=(), unit=SECOND, local=False):
        self.kind, self.fields, self.times = kind, fields, list(times)
        self.unit, self.local = unit, local

    def __getitem__(self, name):
        return self.fields.get(name, "")


def nanoseconds(text):
    """Of 2026-03-02[T ]08:15:30[.1234567][Z]; ValueError when it is none."""
    found = re.fullmatch(r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z?",
                         text.strip())
    if not found:
        raise ValueError(text)
    seconds = calendar.timegm(tuple(int(part) for part in found.groups()[:6]))
    return seconds * SECOND + int((found[7] or "0").ljust(9, "0")[:9])


def epoch(text):
    whole, _, rest = text.partition(".")
    return int(whole) * SECOND + int(rest.ljust(9, "0")[:9] or 0)


@functools.cache
def evtx_dump():
    return os.environ.get("EVTX_DUMP") or shutil.which("evtx_dump")


@functools.lru_cache(maxsize=8)
def open_archive(path):
    return zipfile.ZipFile(path)


def split_path(path):
    archive, mark, inner = path.partition("!")
    return (archive, inner) if mark else (None, path)


def read_bytes(directory, path):
    """KeyError or OSError when it is not there."""
    archive, inner = split_path(path)
    if archive is None:
        return (pathlib.Path(directory) / inner).read_bytes()
    return open_archive(str(pathlib.Path(directory) / archive)).read(inner)


def has_file(directory, path):
    archive, inner = split_path(path)
    if archive is None:
        return (pathlib.Path(directory) / inner).is_file()
    whole = pathlib.Path(directory) / archive
    return whole.is_file() and inner in open_archive(str(whole)).NameToInfo


def on_disk(directory, path, scratch):
    """A file that other programs can open."""
    archive, inner = split_path(path)
    if archive is None:
        return pathlib.Path(directory) / inner
    place = pathlib.Path(scratch) / "unpacked.evtx"
    place.write_bytes(read_bytes(directory, path))
    return place


# ---- event logs

def flatten(value, prefix, fields):
    """Names of EventData or UserData; unnamed values lie in Data."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "#text":
                flatten(inner, prefix or "Data", fields)
            elif name != "#attributes":
                flatten(inner, name, fields)
    elif isinstance(value, list):
        for inner in value:
            flatten(inner, prefix, fields)
    elif value is not None:
        text = str(value)
        fields[prefix] = f"{fields[prefix]}\n{text}" if prefix in fields else text


def event_record(event):
    system, fields = event["System"], {}
    number = system["EventID"]
    flatten(event.get("EventData") or event.get("UserData") or {}, "", fields)
    fields["EventID"] = str(number["#text"] if isinstance(number, dict) else number)
    fields["Channel"], fields["Computer"] = system["Channel"], system["Computer"]
    fields["EventRecordID"] = str(system["EventRecordID"])
    time = nanoseconds(system["TimeCreated"]["#attributes"]["SystemTime"])
    return Record("evtx", fields, [time], SECOND // 1000)


def read_event_log(directory, path):
    with tempfile.TemporaryDirectory() as scratch:
        out = subprocess.run([evtx_dump(), "-t", "1", "-o", "jsonl",
                              str(on_disk(directory, path, scratch))], capture_output=True)
    records = {}
    for line in out.stdout.decode().splitlines():
        record = event_record(json.loads(line)["Event"])
        records[int(record["EventRecordID"])] = record
    return records


def shipped_record(line):
    event = json.loads(line)
    winlog, fields = event["winlog"], {}
    data = dict(winlog.get("event_data") or winlog.get("user_data") or {})
    for name, value in data.items():
        fields[name] = str(value)
    unnamed = [data[name] for name in sorted(data, key=lambda name: (len(name), name))
               if re.fullmatch(r"param\d+", name)]
    if unnamed:
        fields["Data"] = "\n".join(unnamed)
    fields["EventID"], fields["Channel"] = event["event"]["code"], winlog["channel"]
    fields["Computer"] = winlog["computer_name"]
    fields["EventRecordID"] = str(winlog["record_id"])
    return Record("evtx", fields, [nanoseconds(event["@timestamp"])], 100)


# ---- lines of text

def w3c_record(columns, line):
    fields = dict(zip(columns, line.split(" ")))
    return Record("iis", fields, [nanoseconds(f"{fields['date']} {fields['time']}")])


def exchange_record(columns, line):
    cells = next(csv.reader([line]))
    fields = dict(zip(columns, cells))
    time = fields.get("DateTime") or fields.get("TimeStamp") or fields.get("date-time")
    return Record("exchange", fields, [nanoseconds(time or "")], SECOND // 1000)


ACCESS = re.compile(r'(?P<client>\S+) \S+ (?P<user>\S+) \[(?P<time>[^]]+)\] "(?P<method>\S+) '
                    r'(?P<stem>[^ ?]+)(?:\?(?P<query>\S*))? HTTP/[\d.]+" (?P<status>\d{3}) '
                    r'(?P<bytes>\S+)(?: "(?P<referrer>.*?)" "(?P<agent>.*?)")?(?: (?P<taken>\d+))?')


def access_record(line):
    found = ACCESS.fullmatch(line.strip())
    if not found:
        raise ValueError(line)
    fields = {name: value or "" for name, value in found.groupdict().items()}
    day, month, rest = fields["time"].split("/")
    year, clock = rest[:4], rest[5:13]
    time = nanoseconds(f"{year}-{MONTHS[month]:02}-{day} {clock}")
    zone = rest[14:]
    seconds = (int(zone[1:3]) * 60 + int(zone[3:5])) * 60 * (-1 if zone[0] == "-" else 1)
    return Record("access", fields, [time - seconds * SECOND])


def squid_record(line):
    cells = line.split()
    fields = dict(zip("time taken client code bytes method url user way type".split(), cells))
    return Record("squid", fields, [epoch(cells[0])], SECOND // 1000)


def zeek_record(stream, columns, line):
    if line.startswith("{"):
        fields = {name: str(value) for name, value in json.loads(line).items()}
    else:
        fields = dict(zip(columns, line.split("\t")))
    return Record(f"zeek {stream}", fields, [epoch(fields["ts"])], SECOND // 1000000)


def syslog_record(line, year):
    found = re.match(r"(\w{3}) +(\d+) (\d\d:\d\d:\d\d) (\S+) (\S+?)(?:\[\d+\])?: (.*)", line)
    if not found:
        raise ValueError(line)
    time = nanoseconds(f"{year}-{MONTHS[found[1]]:02}-{int(found[2]):02} {found[3]}")
    fields = {"host": found[4], "program": found[5], "text": found[6]}
    return Record("syslog", fields, [time], local=True)


# Which columns of a CSV hold the times that it shows, and whether they are local.
CSV_TIMES = {
    "nfdump": (["ts"], True),
    "mft": (["Created0x10", "LastModified0x10"], False),
    "amcache": (["FileKeyLastWriteTimestamp"], False),
    "prefetch": (["LastRun"] + [f"PreviousRun{n}" for n in range(7)], False),
    "files": (["CreatedUtc", "ModifiedUtc"], False),
    "webroot": (["LastWriteTimeUtc", "CreationTimeUtc"], False),
    "catalogue": (["time"], False),
    "software": (["InstallDate", "InstalledUtc"], False),
    "gateway": (["timestamp"], False),
}


def csv_record(kind, columns, line):
    fields = dict(zip(columns, next(csv.reader([line]))))
    names, local = CSV_TIMES[kind]
    times = []
    for name in names:
        try:
            times.append(nanoseconds(fields.get(name, "")))
        except ValueError:
            pass
    return Record(kind, fields, times, local=local)


LINES = [  # what the end of a path looks like, and what it is
    (r"u_ex\d+\.log", "iis"),
    (r"\.LOG", "exchange"),
    (r"localhost_access_log\.[\d-]+\.txt|/nginx/access\.log\S*", "access"),
    (r"/squid/access\.log\S*", "squid"),
    (r"/(?:conn|dns|http|ssl|files)\.log", "zeek"),
    (r"nfcapd\.\d+\.csv", "nfdump"),
    (r"/auth\.log\S*|/secure\S*|/dhcpd\.log\S*", "syslog"),
    (r"dhcpd\.leases", "leases"),
    (r"_MFTECmd_\$MFT_Output\.csv", "mft"),
    (r"_Amcache_UnassociatedFileEntries\.csv", "amcache"),
    (r"_PECmd_Output\.csv", "prefetch"),
    (r"/files\.csv", "files"),
    (r"/webroot\.csv", "webroot"),
    (r"/catalogue\.csv", "catalogue"),
    (r"/software\.csv", "software"),
    (r"/webgateway-\d+\.csv", "gateway"),
    (r"\.ndjson", "shipped"),
    (r"\.evtx", "evtx"),
]


def kind_of(path):
    for pattern, kind in LINES:
        if re.search(f"(?:{pattern})$", "/" + path):
            return kind
    return None


def parse_line(kind, path, columns, line, year):
    if kind == "iis":
        return w3c_record(columns, line)
    if kind == "exchange":
        return exchange_record(columns, line)
    if kind == "access":
        return access_record(line)
    if kind == "squid":
        return squid_record(line)
    if kind == "zeek":
        return zeek_record(pathlib.PurePosixPath(path).stem, columns, line)
    if kind == "syslog":
        return syslog_record(line, year)
    if kind == "shipped":
        return shipped_record(line)
    if kind == "leases":
        return Record("leases", {"text": line})
    return csv_record(kind, columns, line)


def columns_of(kind, line):
    """The names that a header line gives, or None."""
    if kind in ("iis", "exchange") and line.startswith("#Fields: "):
        return line[9:].split(" " if kind == "iis" else ",")
    if kind == "zeek" and line.startswith("#fields\t"):
        return line.split("\t")[1:]
    return None


def read_lines(directory, path, wanted=None, year=2026):
    """Records of a text file: all, or those with the numbers of `wanted`. Lines that are no
    record are left out; ValueError for a line that is none of its log."""
    kind, records, columns = kind_of(path), {}, []
    lines = read_bytes(directory, path).decode("utf-8", "surrogateescape").split("\n")
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r").removeprefix("\ufeff")
        named = columns_of(kind, line)
        if named is not None:
            columns = named
        elif number == 1 and kind in CSV_TIMES:
            columns = next(csv.reader([line]))
        elif line and (wanted is None or number in wanted):
            if line.startswith("#") and kind in ("iis", "exchange", "zeek"):
                continue
            if columns and kind == "exchange" and line.split(",")[0] == columns[0]:
                continue
            records[number] = parse_line(kind, path, columns, line, year)
    return records


def read_records(directory, path, wanted=None, year=2026):
    if kind_of(path) == "evtx":
        return read_event_log(directory, path)
    return read_lines(directory, path, wanted, year)


def show_time(time):
    moment = datetime.datetime.fromtimestamp(time // SECOND, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{time % SECOND:09}Z"
