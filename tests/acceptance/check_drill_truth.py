#!/usr/bin/env python3
# Checks that every record a drill's truth cites says so
# SPDX-License-Identifier: Apache-2.0
"""usage: check_drill_truth.py DIR

Reads DIR/truth.json and, without any of the drill's own code (drill_records.py), each record that
it cites. The record must be there, show the time that the truth gives for it as exactly as its log
can, and say what the cited deed says: the hosts, accounts, addresses, paths, programs, requests
and digests that such a log would show. Every host, file, account, outside address and parent that
the truth names must be known. Prints `N passed, N failed`; exits 1 on failure and 77 when
evtx_dump (of the Rust crate evtx; $EVTX_DUMP or on PATH) is missing.
"""
import collections
import json
import pathlib
import re
import sys

import drill_records
from drill_records import SECOND, nanoseconds, show_time

ZONES = [quarter * 900 for quarter in range(-48, 57)]
EVTX_SLACK = 100 * SECOND // 1000  # a record is stamped a little after what it tells of
SKEW_MAX = 300 * SECOND


# ---- what a record has to say: pairs (what the record has, what it must be)

def name_of(account):
    return account.rpartition("\\")[2]


def same(shown, stated):
    return shown.lower() == stated.lower()


def has(shown, stated):
    return stated.lower() in shown.lower()


def address_of(deed, end):
    return deed.get(end, {}).get("address", "")


def is_far(deed):
    return deed.get("from", {}).get("host") != deed["to"].get("host")


def expect_logon(record, deed):
    number, account = record["EventID"], name_of(deed.get("account", deed.get("user", "")))
    origin = address_of(deed, "from") if is_far(deed) else ""
    if number == "4672":
        return [(same, record["SubjectUserName"], account)]
    if number == "4776":
        return [(same, record["TargetUserName"], account)]
    if number == "4648":
        return [(same, record["TargetUserName"], account),
                (has, record["TargetServerName"], deed["to"]["host"])]
    pairs = [(has, record["TargetUserName"], account), (has, record["IpAddress"], origin)]
    if number in ("4624", "4625"):
        pairs.append((same, record["LogonType"], str(deed["type"])))
    return pairs


def expect_process(record, deed):
    if record["EventID"] == "4688":
        return [(same, record["NewProcessName"], deed["program"]),
                (same, record["ParentProcessName"], deed.get("parent", "")),
                (same, record["CommandLine"] or deed["command"], deed["command"])]
    return [(same, record["Image"], deed["program"]),
            (same, record["CommandLine"], deed["command"]),
            (same, record["ParentImage"], deed.get("parent", "")),
            (has, record["Hashes"], "SHA256=" + deed["sha256"] if "sha256" in deed else "")]


def expect_connection(record, deed):
    pairs = [(same, record["Image"], deed["program"]),
             (same, record["SourceIp"], address_of(deed, "from"))]
    if not deed.get("proxied"):
        pairs.append((same, record["DestinationIp"], address_of(deed, "to")))
        if "port" in deed["to"]:
            pairs.append((same, record["DestinationPort"], str(deed["to"]["port"])))
    return pairs


def expect_account(record, deed):
    return [(has, " ".join(record.fields.values()), name_of(deed["target"]))]


# Event logs: (kind of deed, event ids that may show it, what they say).
EVENTS = {
    "LOGON": ("4624 4625 4672 4648 4776 4769 4768 4771", expect_logon),
    "LOGOFF": ("4634 4647", lambda r, d: [(same, r["TargetUserName"], name_of(d["account"]))]),
    "PROCESS_START": ("4688 1", expect_process),
    "PROCESS_END": ("4689 5", lambda r, d: [(same, r["ProcessName"] or r["Image"], d["program"])]),
    "FLOW": ("3", expect_connection),
    "WEB_REQUEST": ("3", expect_connection),
    "MAILBOX_ACCESS": ("3", expect_connection),
    "NAME_QUERY": ("22", lambda r, d: [(same, r["QueryName"], d["name"])]),
    "LOG_CLEAR": ("1102 104", lambda r, d: [
        (same, r["SubjectUserName"], name_of(d["account"]))]),
    "SERVICE_INSTALL": ("7045 4697", lambda r, d: [
        (same, r["ServiceName"], d["name"]),
        (same, r["ImagePath"] or r["ServiceFileName"], d["command"])]),
    "SHARE_ACCESS": ("5145 5140", lambda r, d: [
        (has, r["ShareName"], d["share"]), (same, r["RelativeTargetName"], d["path"]),
        (same, r["IpAddress"], address_of(d, "from")),
        (same, r["SubjectUserName"], name_of(d["account"]))]),
    "FILE_WRITE": ("11 15", lambda r, d: [
        (same, r["TargetFilename"], d["path"]), (same, r["Image"], d["program"])]),
    "FILE_DELETE": ("23 26", lambda r, d: [
        (same, r["TargetFilename"], d["path"]), (same, r["Image"], d["program"])]),
    "PIPE": ("17 18", lambda r, d: [
        (same, r["PipeName"], d["name"]), (same, r["Image"], d["program"])]),
    "PROCESS_ACCESS": ("10", lambda r, d: [
        (same, r["SourceImage"], d["program"]), (same, r["TargetImage"], d["target"])]),
    "SCRIPT": ("4104 4103 800", lambda r, d: [
        (has, r["ScriptBlockText"] or r["Payload"] or r["Data"], d["script"])]),
    "CMDLET": ("1 6 8", lambda r, d: [
        (has, r["Data"], d["name"]), (has, r["Data"], d.get("parameters", ""))]),
    "REGISTRY_SET": ("12 13 4657", lambda r, d: [
        (has, r["TargetObject"] or r["ObjectName"], d["path"])]),
    "TASK_CREATE": ("4698 106", lambda r, d: [(has, r["TaskName"], d["name"])]),
    "SOFTWARE_INSTALL": ("1033 11707", lambda r, d: [(has, r["Data"], d["name"])]),
    "ACCOUNT_CHANGE": ("4720 4722 4723 4724 4725 4726 4728 4732 4738 4756", expect_account),
}


def expect_event(record, deed):
    numbers, expect = EVENTS[deed["kind"]]
    return [(lambda number, row: number in row.split(), record["EventID"], numbers),
            *expect(record, deed)]


def expect_iis(record, deed):
    if deed["kind"] == "MAILBOX_ACCESS":
        client = record["s-ip"] if record["s-port"] == "444" else address_of(deed, "from")
        return [(has, record["cs-uri-stem"], "/ews/"), (same, record["c-ip"], client),
                (has, record["cs-username"], name_of(deed["account"]))]
    query = deed.get("query", "")
    pairs = [(same, record["cs-method"], deed["method"]),
             (same, record["cs-uri-stem"], deed["stem"]),
             (has, record["cs-uri-query"], query.replace(" ", "+")),
             (same, record["c-ip"], address_of(deed, "from")),
             (same, record["s-ip"], address_of(deed, "to"))]
    if "status" in deed:
        pairs.append((same, record["sc-status"], str(deed["status"])))
    if "port" in deed["to"]:
        pairs.append((same, record["s-port"], str(deed["to"]["port"])))
    return pairs


def expect_mailbox(record, deed):
    return [(same, record["ClientIpAddress"], address_of(deed, "from")),
            (same, record["SoapAction"] or record["ProtocolAction"], deed["action"]),
            (has, record["AuthenticatedUser"], name_of(deed["account"])),
            (has, record["ImpersonatedUser"] or record["AnchorMailbox"], deed["mailbox"])]


def expect_exchange(record, deed):
    if deed["kind"] == "MAILBOX_ACCESS":
        return expect_mailbox(record, deed)
    if deed["kind"] == "MAIL":
        return [(same, record["message-id"], deed["message"]),
                (same, record["sender-address"], deed["sender"])]
    if deed["kind"] == "CMDLET":
        if "EventData" in record.fields:
            return [(has, record["EventData"], deed["name"])]
        return [(same, record["Cmdlet"], deed["name"]),
                (has, record["Parameters"], deed.get("parameters", "")),
                (has, record["AuthenticatedUser"], name_of(deed["account"]))]
    if deed["kind"] == "WEB_REQUEST" and "SoapAction" in record.fields:
        return [(same, record["ClientIpAddress"], address_of(deed, "from")),
                (same, record["HttpStatus"], str(deed["status"])),
                (has, record["SoapAction"], deed.get("action", ""))]
    if deed["kind"] == "FILE_WRITE":
        return [(has, " ".join(record.fields.values()), deed["path"])]
    if "EventData" in record.fields:
        return [(has, record["EventData"], deed["stem"])]
    pairs = [(same, record["UrlStem"], deed["stem"]),
             (same, record["HttpStatus"], str(deed["status"])),
             (same, record["ClientIpAddress"], address_of(deed, "from"))]
    if "AnchorMailbox" in record.fields:
        pairs.append((has, record["AnchorMailbox"], deed.get("anchor", "")))
        pairs.append((same, record["Method"], deed["method"]))
    return pairs


def encoded(text):
    return "".join(letter if " " < letter < "\x7f" and letter != '"' else
                   "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in text)


def expect_access(record, deed):
    pairs = [(same, record["client"], address_of(deed, "from")),
             (same, record["method"], deed["method"]),
             (same, record["stem"], encoded(deed["stem"])),
             (has, record["query"], encoded(deed.get("query", ""))),
             (same, record["status"], str(deed["status"]))]
    if record["agent"]:
        pairs.append((same, record["agent"], deed.get("agent", "-")))
    if "user" in deed:
        pairs.append((same, record["user"], deed["user"]))
    return pairs


def expect_proxy(record, deed):
    url = record["url"] if deed.get("scheme") != "https" or "://" in record["url"] else ""
    return [(same, record["client"] or record["client_ip"], address_of(deed, "from")),
            (has, record["url"], deed["name"]), (has, url, deed["stem"] if url else "")]


def between(ends, deed):
    """The two addresses of a wire record against the deed's; a proxy may stand in for one."""
    stated = {address_of(deed, "from"), address_of(deed, "to")}
    return bool(stated & ends) if deed.get("proxied") else stated == ends


def expect_zeek(record, deed):
    ends = {record["id.orig_h"], record["id.resp_h"]}
    pairs = [] if record.kind == "zeek files" else [(between, ends, deed)]
    if not deed.get("proxied") and record["id.resp_p"] and "port" in deed["to"]:
        pairs.append((same, record["id.resp_p"], str(deed["to"]["port"])))
    if record.kind == "zeek dns":
        pairs.append((same, record["query"], deed["name"]))
    if record.kind == "zeek http" and record["method"] == "CONNECT":
        pairs.append((has, record["uri"], deed["name"]))
    elif record.kind == "zeek http":
        pairs.append((same, record["method"], deed["method"]))
        pairs.append((has, record["uri"], deed["stem"]))
    if record.kind == "zeek ssl" and "name" in deed:
        pairs.append((same, record["server_name"], deed["name"]))
    if record.kind == "zeek files" and "sha256" in deed and record["sha256"]:
        pairs.append((same, record["sha256"], deed["sha256"]))
    return pairs


def expect_nfdump(record, deed):
    pairs = [(between, {record["sa"], record["da"]}, deed)]
    if not deed.get("proxied") and "port" in deed["to"]:
        ports = f"{record['sp']} {record['dp']}"
        pairs.append((lambda row, port: port in row.split(), ports, str(deed["to"]["port"])))
    return pairs


def expect_syslog(record, deed):
    if record["text"].startswith("pam_unix"):
        return [(has, record["text"], f"user {deed.get('user') or name_of(deed['account'])}")]
    return [(has, record["text"], f"from {address_of(deed, 'from')} "),
            (has, record["text"], f"for {deed.get('user') or name_of(deed['account'])} "),
            (has, record["text"], deed.get("method", ""))]


def expect_path(record, deed, shown):
    return [(same, shown, deed["path"] if deed["kind"].startswith("FILE") else deed["program"])]


def is_last_write(record, deed):
    """The row's bytes are the deed's, unless somebody wrote others later."""
    return deed["kind"] == "FILE_WRITE" and len(set(record.times)) == 1


def expect_mft(record, deed):
    shown = "C:" + record["ParentPath"][1:] + "\\" + record["FileName"]
    pairs = expect_path(record, deed, shown)
    if deed["kind"] == "FILE_DELETE":
        pairs.append((same, record["InUse"], "False"))
    if "size" in deed and is_last_write(record, deed):
        pairs.append((same, record["FileSize"], str(deed["size"])))
    return pairs


def expect_files(record, deed):
    pairs = expect_path(record, deed, record["Path"])
    if "sha256" in deed and is_last_write(record, deed):
        pairs.append((same, record["SHA256"], deed["sha256"]))
        pairs.append((same, record["Size"], str(deed["size"])))
    return pairs


def expect_prefetch(record, deed):
    image = deed["program"].upper()
    return [(same, record["ExecutableName"], image.rpartition("\\")[2][:29]),
            (has, record["FilesLoaded"], image[2:])]


def expect_offered(record, deed):
    path = deed.get("stem") or deed["path"]
    pairs = [(lambda shown, stated: shown.endswith(stated), record["FullName"] or record["path"],
              path)]
    if "sha256" in deed and "sha256" in record.fields:
        pairs.append((same, record["sha256"], deed["sha256"]))
    if "size" in deed:
        pairs.append((same, record["Length"] or record["size"], str(deed["size"])))
    return pairs


EXPECT = {
    "evtx": expect_event, "iis": expect_iis, "exchange": expect_exchange,
    "access": expect_access, "squid": expect_proxy, "gateway": expect_proxy,
    "nfdump": expect_nfdump, "syslog": expect_syslog, "mft": expect_mft, "files": expect_files,
    "prefetch": expect_prefetch, "webroot": expect_offered, "catalogue": expect_offered,
    "amcache": lambda r, d: [(same, r["FullPath"], d["program"])],
    "software": lambda r, d: [(has, " ".join(r.fields.values()), d["name"])],
}

# Logs of what others do: their host is no side of the deed.
WATCHERS = ("zeek", "nfdump", "squid", "gateway")


# ---- one citation

RECORDS_A_STEP = 64


def host_of(path):
    found = re.match(r"(?:hosts|servers)/([^/!]+?)(?:/|\.zip!|!)", path)
    return found[1] if found else ""


def hosts_shown(path, record, deed):
    """Of the deed's hosts, those whose own log the record is in, or that it names; none when it
    says no more than that a program of Windows ran."""
    program = deed.get("program", "").lower()
    if record.kind in ("prefetch", "amcache") and program.startswith("c:\\windows\\system32\\"):
        return set()
    text = "\n".join(str(value) for value in record.fields.values())
    shown = set()
    for side in (deed.get("from", {}), deed.get("to", {})):
        name, address = side.get("host"), side.get("address")
        if not name:
            continue
        if (name == host_of(path)
                or re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE)
                or address and re.search(rf"(?<![\d.]){re.escape(address)}(?!\d|\.\d)", text)):
            shown.add(name)
    return shown


def ends_of(step):
    ends = [end for deed in step["deeds"] for end in (deed.get("from", {}), deed["to"])]
    return {step["host"], step["from"], *(end.get("host") for end in ends)}


class Checker:
    def __init__(self, directory, truth):
        self.directory, self.truth = directory, truth
        self.failures, self.passed = [], 0
        self.zones = collections.defaultdict(lambda: set(ZONES))  # of unstated local times
        self.clocks = collections.defaultdict(list)  # of a host: shown minus true time
        self.shown = {}  # hosts whose own log has a cited record, or that one names: the last deed

    def fail(self, text):
        self.failures.append(text)

    def check_time(self, path, record, deed, stated):
        if deed["kind"] == "FILE_DELETE" and record.kind == "mft":
            return True  # the table keeps no time of it
        slack = EVTX_SLACK if record.kind == "evtx" else 0
        if not record.local:
            return any(-record.unit < shown - stated <= slack + record.unit
                       for shown in record.times)
        fits = {zone for zone in ZONES for shown in record.times
                if -SECOND < shown - stated - zone * SECOND <= 0}
        self.zones[host_of(path)] &= fits
        return bool(self.zones[host_of(path)])

    def check_host(self, path, record, deed):
        host = host_of(path)
        if record.kind.split()[0] in WATCHERS or record["EventID"] in ("4776", "4769", "4768"):
            return True
        return host in (deed.get("from", {}).get("host"), deed["to"].get("host"))

    def check_record(self, path, number, record, cited):
        step, deed, stated = cited
        where = f"{path} {number} ({step}, {deed['kind']})"
        if record is None:
            self.fail(f"{where}: not there")
            return
        if not self.check_time(path, record, deed, stated):
            shown = ", ".join(show_time(time) for time in record.times)
            self.fail(f"{where}: {show_time(stated)} expected, {shown or 'no time'} found")
            return
        if not self.check_host(path, record, deed):
            self.fail(f"{where}: a log of a host that takes no part")
            return
        expect = EXPECT.get(record.kind, expect_zeek if record.kind.startswith("zeek") else None)
        if expect is None:
            self.fail(f"{where}: nobody knows what {record.kind} should say")
            return
        for fits, shown, told in expect(record, deed):
            if not fits(shown, told):
                self.fail(f"{where}: {told!r} expected, {shown!r} found")
                return
        self.clocks[host_of(path)].append(stated - nanoseconds(deed["time"]))
        time = nanoseconds(deed["time"])
        for host in hosts_shown(path, record, deed):
            self.shown[host] = max(time, self.shown.get(host, time))
        self.passed += 1

    def check_file(self, path, cited):
        try:
            records = drill_records.read_records(self.directory, path,
                                                 {number for number, _ in cited})
        except (OSError, KeyError, ValueError) as error:
            self.fail(f"{path}: {error}")
            return
        for (number, _), what in sorted(cited.items()):
            self.check_record(path, number, records.get(number), what)

    def check_provable(self):
        """What happened to a host before it fell (its ports were tried) proves nothing of it.
        truth.json holds the first records of a step: of a long step others may prove more."""
        for campaign in self.truth["campaigns"]:
            long = [step for step in campaign["steps"] if len(step["records"]) >= RECORDS_A_STEP]
            for host in campaign["hosts"]:
                last = self.shown.get(host["name"])
                fell = nanoseconds(host["first"]) if host["first"] else None
                shown = last is not None and (fell is None or last >= fell)
                more = any(fell is None or nanoseconds(step["last"]) >= fell for step in long
                           if host["state"] == "touched" or host["name"] in ends_of(step))
                if host["provable"] and not shown and not more:
                    self.fail(f"{campaign['id']}: no record shows {host['name']}: provable")
                if shown and not host["provable"] and len(host["addresses"]) == 1:  # not leased
                    self.fail(f"{campaign['id']}: a record shows {host['name']}: not provable")

    def check_clocks(self):
        for host, errors in self.clocks.items():
            whole = round(errors[0] / 3600 / SECOND) * 3600 * SECOND
            if len(set(errors)) != 1 or abs(errors[0] - whole) > SKEW_MAX:
                self.fail(f"{host}: its clock goes wrong in {len(set(errors))} ways")


# ---- names

def check_campaign(campaign, fail):
    hosts = {host["name"]: host for host in campaign["hosts"]}
    for host in hosts.values():
        if host["parent"] is not None and host["parent"] not in hosts:
            fail(f"{campaign['id']}: {host['name']} has an unknown parent")
    for step in campaign["steps"]:
        where = f"{campaign['id']}/{step['id']}"
        if step["provable"] != bool(step["records"]):
            fail(f"{where}: provable without a record, or the reverse")
        if step["host"] not in hosts:
            fail(f"{where}: {step['host']} is not among the hosts")
        for deed in step["deeds"]:
            stolen = deed.get("account", "$")
            if not stolen.endswith("$") and stolen not in campaign["accounts"]:
                fail(f"{where}: account {deed['account']} is not among the campaign's")
            for end in ("from", "to"):
                side = deed.get(end, {})
                if "host" not in side and side.get("address") not in campaign["addresses"]:
                    fail(f"{where}: {side.get('address')} is not among the campaign's addresses")
            time = nanoseconds(deed["time"])
            if not nanoseconds(step["first"]) <= time <= nanoseconds(step["last"]):
                fail(f"{where}: a deed of {deed['time']} outside of the step's time")


def check_names(truth, directory, fail):
    paths = {file["path"] for file in truth["files"]}
    for path in paths:
        if not drill_records.has_file(directory, path):
            fail(f"{path}: listed, but not there")
    for campaign in truth["campaigns"]:
        check_campaign(campaign, fail)
        for step in campaign["steps"]:
            for record in step["records"]:
                if record["file"] not in paths:
                    fail(f"{record['file']}: cited, but not listed")


def gather(truth):
    """What is cited of each file, by record and deed: one record may show several."""
    cited = collections.defaultdict(dict)
    for campaign in truth["campaigns"]:
        for step in campaign["steps"]:
            for record in step["records"]:
                deed = step["deeds"][record["deed"]]
                key = (record["record"], json.dumps(deed, sort_keys=True))
                cited[record["file"]][key] = (step["id"], deed, nanoseconds(record["time"]))
    return cited


def main():
    if not drill_records.evtx_dump():
        print("no evtx_dump")
        return 77
    directory = pathlib.Path(sys.argv[1])
    truth = json.loads((directory / "truth.json").read_text())
    checker = Checker(directory, truth)
    check_names(truth, directory, checker.fail)
    for path, cited in sorted(gather(truth).items()):
        checker.check_file(path, cited)
    checker.check_provable()
    checker.check_clocks()
    for failure in checker.failures[:50]:
        print(failure)
    print(f"{checker.passed} passed, {len(checker.failures)} failed")
    return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
