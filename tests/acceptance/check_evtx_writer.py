#!/usr/bin/env python3
# Compares written event logs with two readers by other hands
# SPDX-License-Identifier: Apache-2.0
"""usage: check_evtx_writer.py DIR | --vedette PROGRAM

DIR/truth.jsonl says what was written into the logs below DIR, a line a record; with --vedette a
fleet's logs, and a log of every value type, are written first. Every log is
read by evtx_dump (of the Rust crate evtx; $EVTX_DUMP or on PATH) and by evtxexport (Debian's
libevtx-utils), and each record and value must come out as it went in, without a word on the
readers' standard error. Prints `N passed, N failed`, a test a log and reader; exits 1 on failure
and 77 when no reader is installed.
"""
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import uuid
import xml.etree.ElementTree as ElementTree

NULL, TEXT, REAL64, BOOL, BINARY, GUID, SIZE, FILETIME = 0, 1, 12, 13, 14, 15, 16, 17
SYSTEMTIME, SID, HEX32, HEX64, TEXT_LIST = 18, 19, 20, 21, 0x81
EPOCH = datetime.datetime(1601, 1, 1)


def sid(raw):
    authority = int.from_bytes(raw[2:8], "big")
    parts = struct.unpack(f"<{raw[1]}I", raw[8:])
    return "-".join(["S", str(raw[0]), str(authority)] + [str(part) for part in parts])


def guid(raw):
    return str(uuid.UUID(bytes_le=raw)).upper()


def moment(filetime):
    time = EPOCH + datetime.timedelta(microseconds=filetime // 10)
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def system_time(raw):
    year, month, _, day, hour, minute, second, millisecond = struct.unpack("<8H", raw)
    return datetime.datetime(year, month, day, hour, minute, second,
                             1000 * millisecond).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def expected(kind, value):
    """The value as a canonical text; a list of texts becomes several values."""
    if kind == NULL:
        return [""]
    if kind == TEXT_LIST:
        return value
    if kind == TEXT:
        return [value]
    if kind == BOOL:
        return ["true" if value else "false"]
    if kind == GUID:
        return [guid(bytes.fromhex(value))]
    if kind == SID:
        return [sid(bytes.fromhex(value))]
    if kind == FILETIME:
        return [moment(value)]
    if kind == SYSTEMTIME:
        return [system_time(bytes.fromhex(value))]
    if kind in (SIZE, HEX32, HEX64):
        return [hex(value)]
    if kind == REAL64:
        return [repr(struct.unpack("<d", struct.pack("<Q", value))[0])]
    if kind == BINARY:
        return [value.upper()]
    return [str(value)]


def expected_record(line):
    data = []
    for name, kind, value in line["data"]:
        if not name and kind in (NULL, BINARY):
            name = "Binary"  # as classic events call it
        data += [(name, text) for text in expected(kind, value)]
    return {
        "Provider": line["provider"], "EventID": str(line["id"]), "Level": str(line["level"]),
        "SystemTime": moment(line["time"]), "EventRecordID": str(line["event_id"]),
        "ProcessID": str(line["process"]) if "process" in line else None,
        "ThreadID": str(line["thread"]) if "thread" in line else None,
        "Channel": line["channel"], "Computer": line["computer"],
        "UserID": sid(bytes.fromhex(line["user"])) if line["user"] else None, "data": data,
    }


class Node:
    """A JSON object that keeps repeated keys, as evtx_dump prints them."""

    def __init__(self, pairs):
        self.pairs = pairs

    def get(self, name):
        return next((value for key, value in self.pairs if key == name), None)

    def attribute(self, name):
        attributes = self.get("#attributes")
        return attributes.get(name) if attributes else None


def plain(value):
    if isinstance(value, Node):
        value = value.get("#text")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def data_pairs(data):
    if data is None:
        return []
    pairs = []
    for name, value in data.pairs:
        if name == "#attributes":
            continue
        texts = value.get("#text") if isinstance(value, Node) else value
        for text in texts if isinstance(texts, list) else [texts]:
            pairs.append(("" if name == "Data" else name, plain(text)))
    return pairs


def record_of_json(line):
    event = json.loads(line, object_pairs_hook=Node, parse_int=str, parse_float=str).get("Event")
    system = event.get("System")
    user = event.get("UserData")
    data = user.pairs[0][1] if user else event.get("EventData")
    execution, security = system.get("Execution"), system.get("Security")
    return {
        "Provider": system.get("Provider").attribute("Name"),
        "EventID": plain(system.get("EventID")), "Level": plain(system.get("Level")),
        "SystemTime": system.get("TimeCreated").attribute("SystemTime"),
        "EventRecordID": plain(system.get("EventRecordID")),
        "ProcessID": execution.attribute("ProcessID") if execution else None,
        "ThreadID": execution.attribute("ThreadID") if execution else None,
        "Channel": system.get("Channel"), "Computer": system.get("Computer"),
        "UserID": security.attribute("UserID") if security else None, "data": data_pairs(data),
    }


def record_of_xml(text):
    text = re.sub(r'(<[^<>]*) xmlns="[^"]*"', r"\1", text)
    event = ElementTree.fromstring(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text))
    system = event.find("System")

    def text_of(name):
        return system.findtext(name) or ""

    def attribute(element, name):
        found = system.find(element)
        return found.get(name) if found is not None else None

    user = event.find("UserData")
    fields = list(user[0]) if user is not None else list(event.find("EventData"))
    data = [(field.get("Name", "") if field.tag == "Data" else field.tag, field.text or "")
            for field in fields]
    return {
        "Provider": attribute("Provider", "Name"), "EventID": text_of("EventID"),
        "Level": text_of("Level"), "SystemTime": attribute("TimeCreated", "SystemTime"),
        "EventRecordID": text_of("EventRecordID"),
        "ProcessID": attribute("Execution", "ProcessID"),
        "ThreadID": attribute("Execution", "ThreadID"), "Channel": text_of("Channel"),
        "Computer": text_of("Computer"), "UserID": attribute("Security", "UserID"), "data": data,
    }


# evtxexport prints some values in its own way, and two wrongly (libfwevt 20181227): a negative
# Int32 without its two's complement, characters outside the basic plane. Both sides are brought
# to one form; what is left must be equal.
def loosen(text):
    if text is None:
        return None
    if re.fullmatch(r"0x[0-9a-f]+", text):
        return hex(int(text, 16))
    if re.fullmatch(r"\{[0-9A-Fa-f-]{36}\}", text):
        return text[1:-1].upper()
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+\.\d+Z", text):
        return text[:26].rstrip("Z0") + "Z"  # microseconds, as evtx_dump prints them
    if re.fullmatch(r"-\d{1,10}", text):
        return str(-min(-int(text), 0x80000000 + int(text)))
    if re.fullmatch(r"-?\d\.\d+e[+-]\d+", text):
        return repr(float(text))
    return re.sub("[\U00010000-\U0010ffff]", "?", text).replace("\r\n", "\n").strip()


def loosen_record(record):
    loose = {key: loosen(value) for key, value in record.items() if key != "data"}
    # An absent optional field is an empty value here, no element there.
    loose["data"] = [(name, loosen(text)) for name, text in record["data"] if text != ""]
    return loose


def run(command):
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def read_by_evtx_dump(tool, path):
    code, out, err = run([tool, "-t", "1", "-o", "jsonl", "--validate-checksums", path])
    return code, err.strip(), [record_of_json(line) for line in out.splitlines() if line], None


def read_by_evtxexport(tool, path):
    code, out, err = run([tool, "-f", "xml", path])
    events = re.findall(r"<Event .*?</Event>", out, re.DOTALL)
    if "ecovered" in out:
        err += "records were recovered"
    return code, err.strip(), [record_of_xml(event) for event in events], loosen_record


def compare(wanted, found, loose):
    if len(wanted) != len(found):
        return f"{len(found)} records instead of {len(wanted)}"
    for number, (want, have) in enumerate(zip(wanted, found), 1):
        if loose:
            want, have = loose(want), loose(have)
        if want == have:
            continue
        for key in want:
            if want[key] != have[key]:
                return f"record {number}, {key}: {have[key]!r} instead of {want[key]!r}"
    return None


def write_logs(vedette, directory):
    """A fleet's logs and, where the tests are built, one log of every value type."""
    logs = [os.path.join(directory, name) for name in ("fleet", "types")]
    for log in logs:
        os.mkdir(log)
    subprocess.run([vedette, "drill", "logs", "-o", logs[0], "--hosts", "10", "--records", "2000",
                    "--truth", os.path.join(logs[0], "truth.jsonl")], check=True)
    samples = pathlib.Path(vedette).resolve().parent.parent / "tests/drill/write_evtx_samples"
    if not samples.exists():
        return logs[:1]
    subprocess.run([samples, logs[1], "3000"], check=True)
    return logs


def check(directory):
    readers = [(os.environ.get("EVTX_DUMP") or shutil.which("evtx_dump"), read_by_evtx_dump),
               (shutil.which("evtxexport"), read_by_evtxexport)]
    readers = [(tool, read) for tool, read in readers if tool]
    if not readers:
        print("skipped: neither evtx_dump nor evtxexport is installed")
        return 77
    logs = collections.defaultdict(list)
    with open(os.path.join(directory, "truth.jsonl"), encoding="utf-8") as truth:
        for line in truth:
            line = json.loads(line)
            logs[line["file"]].append(line)
    passed = failed = records = 0
    for name, lines in sorted(logs.items()):
        wanted = [expected_record(line) for line in lines]
        records += len(wanted)
        for tool, read in readers:
            code, complaint, found, loose = read(tool, os.path.join(directory, name))
            wrong = compare(wanted, found, loose)
            if code or complaint or wrong:
                failed += 1
                print(f"FAILED {os.path.basename(tool)} {name}: {wrong or complaint or code}")
            else:
                passed += 1
    print(f"{len(logs)} logs, {records} records, {len(readers)} readers")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    if len(sys.argv) == 2:
        return check(sys.argv[1])
    if len(sys.argv) != 3 or sys.argv[1] != "--vedette":
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="vedette-logs-") as directory:
        return max([check(logs) for logs in write_logs(sys.argv[2], directory)])


if __name__ == "__main__":
    sys.exit(main())
