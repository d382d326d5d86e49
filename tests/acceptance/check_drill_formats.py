#!/usr/bin/env python3
# Reads every log of a played drill as its users would
# SPDX-License-Identifier: Apache-2.0
"""usage: check_drill_formats.py DIR

Every event log by evtx_dump and by evtxexport, without an error and with all records; Zeek's logs
by their column names; Winlogbeat's lines by jq; IIS and Exchange logs by their header names, against
the field lists that these products write; every other text log line by line. Files that truth.json
calls damaged are left out. A reader that is not installed is said so and left out. Prints
`N passed, N failed`; exits 1 on failure, 77 when no reader of event logs is there.
"""
import csv
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import drill_records
from drill_records import kind_of, on_disk, read_bytes, split_path

# Source of all header names below: samples of the DFIR wiki's page "Microsoft Exchange", of
# CSS-Exchange and of CrowdStrike's Rps_Http script; IIS: its default.
IIS = ("date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
       "cs(Referer) sc-status sc-substatus sc-win32-status time-taken").split()
TRACKING = (
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,"
    "source,event-id,internal-message-id,message-id,network-message-id,recipient-address,"
    "recipient-status,total-bytes,recipient-count,related-recipient-address,reference,"
    "message-subject,sender-address,return-path,message-info,directionality,tenant-id,"
    "original-client-ip,original-server-ip,custom-data").split(",")
HTTP_PROXY = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,"
    "Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,"
    "Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,"
    "ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,RoutingType,RoutingHint,"
    "BackEndCookie").split(",")
HTTP_PROXY_LATER = ("RequestBytes ResponseBytes UrlQuery BackEndGenericInfo GenericInfo "
                    "GenericErrors EdgeTraceId DatabaseGuid UserADObjectGuid "
                    "PartitionEndpointLookupLatency RoutingStatus").split()
EWS = ("DateTime RequestId MajorVersion MinorVersion BuildVersion RevisionVersion").split()
EWS_LATER = (
    "ClientRequestId AuthenticationType IsAuthenticated AuthenticatedUser Organization UserAgent "
    "VersionInfo ClientIpAddress ServerHostName FrontEndServer SoapAction HttpStatus RequestSize "
    "ResponseSize ErrorCode ImpersonatedUser ProxyAsUser ActAsUser").split()
RPS_HTTP = "DateTime StartTime RequestId MajorVersion".split()
RPS_HTTP_LATER = (
    "UrlHost UrlStem AuthenticationType IsAuthenticated AuthenticatedUser Organization "
    "ManagedOrganization ClientIpAddress ServerHostName FrontEndServer HttpStatus SubStatus "
    "ErrorCode Action CommandId CommandName SessionId ShellId FailFast ContributeToFailFast "
    "RequestBytes ClientInfo CPU Memory UrlQuery GenericLatency GenericInfo GenericErrors").split()
RPS_CMDLET_LATER = ("AuthenticatedUser ExecutingUserSid ClientApplication Cmdlet Parameters "
                    "ExecutionResult").split()
ECP = "TimeStamp ServerName EventId EventData".split()

# Pattern of the path, the first columns, and others that follow in this order.
HEADERS = [
    (r"/u_ex\d{6}\.log", IIS, []),
    (r"/HttpProxy_\d+-\d+\.LOG", HTTP_PROXY, HTTP_PROXY_LATER),
    (r"/Ews_\d+-\d+\.LOG", EWS, EWS_LATER),
    (r"/Rps_Http_\d+-\d+\.LOG", RPS_HTTP, RPS_HTTP_LATER),
    (r"/Rps_Cmdlet_\d+-\d+\.LOG", ["DateTime"], RPS_CMDLET_LATER),
    (r"/MSGTRK(?:MA|MS|MD|)\d+-\d+\.LOG", TRACKING, []),
    (r"/ECP(?:Server|Activity_?)\S*?\d+-\d+\.LOG", ECP, []),
]
HTTP_PROXY_COLUMNS, RPS_HTTP_COLUMNS = 74, 38

# Columns of Zeek's default logs that a reader asks for by name.
ZEEK = {
    "conn": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto duration orig_bytes resp_bytes "
            "conn_state history orig_pkts resp_pkts",
    "dns": "ts uid id.orig_h id.resp_h proto query qtype_name rcode_name",
    "http": "ts uid id.orig_h id.resp_h method status_code",
    "ssl": "ts uid id.orig_h id.resp_h id.resp_p version established",
    "files": "ts fuid source mime_type",
}
ZEEK_OPTIONAL = {"duration", "orig_bytes", "resp_bytes", "qtype_name", "rcode_name", "version",
                 "mime_type", "status_code", "query", "history"}

JQ = """select((."@timestamp" | type) != "string" or (.event.code | type) != "string"
 or (.event.provider | type) != "string" or (.winlog.channel | type) != "string"
 or (.winlog.computer_name | type) != "string" or (.winlog.record_id | type) != "number"
 or .host.name != .winlog.computer_name or .event.code != .winlog.event_id
 or ((.winlog.event_data // .winlog.user_data) | type) != "object") | "bad\\(.winlog.record_id)" """


class Checker:
    def __init__(self, directory, truth):
        self.directory, self.truth = directory, truth
        self.failures, self.passed = [], 0

    def expect(self, fits, text):
        if fits:
            self.passed += 1
        else:
            self.failures.append(text)

    # ---- event logs

    def check_dump(self, file, path):
        out = subprocess.run([drill_records.evtx_dump(), "-t", "1", "-o", "jsonl", path],
                             capture_output=True)
        lines = out.stdout.count(b"\n")
        self.expect(out.returncode == 0 and not out.stderr and lines == file["records"],
                    f"{file['path']}: evtx_dump reads {lines} of {file['records']} records: "
                    f"{out.stderr[:200]}")

    def check_export(self, file, path):
        out = subprocess.run(["evtxexport", path], capture_output=True)
        lines = out.stdout.count(b"\nEvent number")
        bad = b"orrupt" in out.stdout or b"nable to" in out.stdout + out.stderr
        self.expect(out.returncode == 0 and not bad and lines == file["records"],
                    f"{file['path']}: evtxexport reads {lines} of {file['records']} records: "
                    f"{out.stderr[:200]}")

    def check_event_log(self, file, export):
        with tempfile.TemporaryDirectory() as scratch:
            path = str(on_disk(self.directory, file["path"], scratch))
            if drill_records.evtx_dump():
                self.check_dump(file, path)
            if export:
                self.check_export(file, path)

    # ---- text

    def check_header(self, path, columns):
        for pattern, first, later in HEADERS:
            if not re.search(pattern + "$", "/" + path):
                continue
            at = columns.index(first[-1]) + 1 if first[-1] in columns else 0
            rest = [name for name in columns[at:] if name in later]
            self.expect(columns[:len(first)] == first and rest == later,
                        f"{path}: other columns than the product writes: {columns}")
            return
        self.expect("/OABGenerator" in path, f"{path}: nobody knows its columns")

    def check_named(self, path, text):
        """A log with a #Fields line, which may stand in the middle again."""
        columns, rows = None, 0
        comma = kind_of(path) == "exchange"
        for line in text.splitlines():
            if line.startswith("#Fields: "):
                columns = line[9:].split("," if comma else " ")
                self.check_header(path, columns)
            elif columns and not line.startswith("#") and line.split(",")[0] != columns[0]:
                cells = next(csv.reader([line])) if comma else line.split(" ")
                rows += len(cells) == len(columns)
                if len(cells) != len(columns):
                    self.failures.append(f"{path}: {len(cells)} cells for {len(columns)}: {line}")
        if "/HttpProxy_" in path:
            self.expect(len(columns) >= HTTP_PROXY_COLUMNS, f"{path}: {len(columns)} columns")
        if "/Rps_Http_" in path:
            self.expect(len(columns) >= RPS_HTTP_COLUMNS, f"{path}: {len(columns)} columns")
        return rows

    def zeek_rows(self, path, text):
        names = None
        for line in text.splitlines():
            if line.startswith("{"):
                yield json.loads(line)
            elif line.startswith("#fields\t"):
                names = line.split("\t")[1:]
            elif line.startswith("#types\t"):
                self.expect(len(line.split("\t")) - 1 == len(names), f"{path}: types and fields")
            elif not line.startswith("#"):
                cells = line.split("\t")
                if len(cells) != len(names):
                    self.failures.append(f"{path}: {len(cells)} cells for {len(names)} fields")
                yield dict(zip(names, cells))

    def check_zeek(self, path, text):
        stream = pathlib.PurePosixPath(split_path(path)[1]).stem
        asked = ZEEK[stream].split()
        packed, count = text.startswith("#"), 0
        for row in self.zeek_rows(path, text):
            missing = [name for name in asked if name not in row
                       and (packed or name not in ZEEK_OPTIONAL)]
            if missing:
                self.failures.append(f"{path}: no {missing}: {row}")
            float(row["ts"])
            count += 1
        self.expect(count > 0, f"{path}: no rows")

    def check_lines(self, path):
        """Every line is one of its log."""
        records = drill_records.read_lines(self.directory, path)
        self.expect(all(record is not None for record in records.values()), path)
        return records

    def check_table(self, path, text):
        width = None
        for row in csv.reader(text.splitlines()):
            width = width or len(row)
            if len(row) != width:
                self.failures.append(f"{path}: {len(row)} cells for {width} columns: {row}")
        self.expect(True, path)

    def check_shipped(self, path, text, records):
        out = subprocess.run(["jq", "-r", JQ], input=text.encode(), capture_output=True)
        self.expect(out.returncode == 0 and not out.stdout, f"{path}: jq: {out.stdout[:200]}"
                    f"{out.stderr[:200]}")
        self.expect(text.count("\n") == records, f"{path}: {records} records")

    def check_text(self, file):
        path, kind = file["path"], kind_of(file["path"])
        data = read_bytes(self.directory, path)
        text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").removeprefix("\ufeff")
        if kind in ("iis", "exchange"):
            self.check_named(path, text)
        elif kind == "zeek":
            self.check_zeek(path, text)
        elif kind == "shipped":
            if shutil.which("jq"):
                self.check_shipped(path, text, file["records"])
        elif path.endswith(".csv"):
            self.check_table(path, text)
        if kind is not None and kind != "leases":
            self.check_lines(path)

    def check(self):
        export = shutil.which("evtxexport")
        for file in self.truth["files"]:
            if file["damaged"]:
                continue
            try:
                if kind_of(file["path"]) == "evtx":
                    self.check_event_log(file, export)
                else:
                    self.check_text(file)
            except (OSError, KeyError, ValueError, IndexError) as error:
                self.failures.append(f"{file['path']}: {type(error).__name__}: {error}")


def main():
    programs = {"evtx_dump": drill_records.evtx_dump(), "evtxexport": shutil.which("evtxexport"),
                "jq": shutil.which("jq")}
    for name, path in programs.items():
        if not path:
            print(f"left out: {name} is not installed")
    if not programs["evtx_dump"] and not programs["evtxexport"]:
        return 77
    directory = pathlib.Path(sys.argv[1])
    checker = Checker(directory, json.loads((directory / "truth.json").read_text()))
    checker.check()
    for failure in checker.failures[:50]:
        print(failure[:600])
    print(f"{checker.passed} passed, {len(checker.failures)} failed")
    return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
