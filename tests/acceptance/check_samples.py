#!/usr/bin/env python3
# Public samples of movement: what their makers say, found
# SPDX-License-Identifier: Apache-2.0
"""Runs `vedette relations` and `vedette scan` with the shipped rules on public recordings of attacks, and
compares with the table below, which says what those who made the recordings wrote beside them: which
host went to which, as whom, how. HOSTS: the names and addresses that must be one host. EDGES: relations
that must be there, settled. FINDINGS: stage, least level and host of one finding. MISSING: what the
metadata says and Vedette does not find, with the reason; it is counted, and told when it has been found
after all. docs/samples.md has the table in words."""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
LEVELS = ("informational", "low", "medium", "high", "critical")

Edge = collections.namedtuple("Edge", "kind source target account artefact")
Find = collections.namedtuple("Find", "stage level host")
Sample = collections.namedtuple("Sample", "technique hosts edges findings missing")

WS5 = ("WORKSTATION5", "172.18.39.5")
WS6 = ("WORKSTATION6", "172.18.39.6")
DC = ("MORDORDC", "172.18.38.5")
FROM, TO, WHO = "WORKSTATION5", "WORKSTATION6", "theshire\\pgustavo"
SPREAD = Find("spread", "medium", TO)


def edge(kind, artefact, source=FROM, target=TO, account=WHO):
    return Edge(kind, source, target, account, artefact)


def shire(technique, edges, findings=(SPREAD,), missing=(), hosts=(WS5, WS6, DC)):
    return Sample(technique, hosts, edges, findings, missing)


LOGON = edge("logon", "3")
TICKET = edge("credential use", "ticket")
SVCCTL = edge("share", "\\\\*\\ipc$\\svcctl")
NOT_RUN = ("a finding: nothing ran on the target; a service was asked about or its state changed once, "
           "as administrators do",)

SAMPLES = {
    "json/covenant_com_wsman_automation.zip": shire(
        "T1021.006", [TICKET, edge("contact", "connect")]),
    "json/covenant_copy_smb_CreateRequest.zip": shire(
        "T1021.002", [LOGON, TICKET,
                      edge("share", "\\\\*\\c$\\programdata\\grunthttp.exe")]),
    "json/covenant_dcom_executeexcel4macro_allowed.zip": shire(
        "T1021.003", [LOGON, edge("contact", "connect")]),
    "json/covenant_dcom_executeexcel4macro_blocked.zip": shire(
        "T1021.003", [edge("contact", "connect", account="")], (),
        ("the account: the firewall of the target stopped the attempt before a logon",)),
    "json/covenant_dcom_registerxll.zip": shire(
        "T1021.003", [LOGON, edge("contact", "connect")]),
    "json/covenant_psremoting_command.zip": shire(
        "T1021.006", [TICKET, edge("credential use", "explicit"), edge("contact", "connect")]),
    "json/covenant_sc_query_dcerpc_smb_svcctl.zip": shire(
        "T1021.002", [edge("logon", "3", target="MORDORDC"),
                      edge("share", "\\\\*\\ipc$\\svcctl", target="MORDORDC")], (),
        ("WORKSTATION6 as target: the metadata names it, but every record, the command line among "
         "them, names MORDORDC",) + NOT_RUN),
    "json/covenant_sharpsc_create_dcerpc_smb_svcctl.zip": shire(
        "T1021.002", [LOGON, SVCCTL, edge("remote execution", "service", source="")], (),
        ("a finding: the service was made, not started, and its path looks like the system's",)),
    "json/covenant_sharpsc_query_dcerpc_smb_svcctl.zip": shire(
        "T1021.002", [LOGON, SVCCTL], (), NOT_RUN),
    "json/covenant_sharpsc_start_dcerpc_smb_svcctl.zip": shire(
        "T1021.002", [LOGON, SVCCTL], (), NOT_RUN),
    "json/covenant_sharpsc_stop_dcerpc_smb_svcctl.zip": shire(
        "T1021.002", [LOGON, SVCCTL], (), NOT_RUN),
    "json/covenant_sharpwmi_create_dcerpc_wmi.zip": shire(
        "T1047", [LOGON, edge("contact", "connect")]),
    "json/covenant_wmi_remote_event_subscription_ActiveScriptEventConsumers.zip": shire(
        "T1047", [LOGON, edge("contact", "connect"), edge("persistence", "wmi", source="")],
        (Find("foothold", "medium", TO),)),
    "json/empire_shell_dcerpc_smb_service_dll_hijack.zip": shire(
        "T1574.001", [LOGON, TICKET,
                      edge("share", "\\\\*\\c$\\windows\\system32\\wlbsctrl.dll")]),
    "json/mimikatz_CVE-2020-1472_Unauthenticated_NetrServerAuthenticate2.zip": shire(
        "T1210", [edge("contact", "connect", target="MORDORDC"),
                  edge("logon", "3", target="MORDORDC", account="theshire\\workstation5$")],
        (Find("spread", "high", "MORDORDC"),),
        ("who did it, in the finding: the change was made without a logon, by nobody",)),
    "json/schtask_create.zip": shire(
        "T1053.005", [LOGON, edge("remote execution", "task", source="")],
        (Find("spread", "medium", "WORKSTATION5"),), (), (WS5, WS6)),
    "json/schtask_modification.zip": shire(
        "T1053.005", [LOGON, edge("persistence", "task", source="")], (),
        ("a finding: a task that was there got another command; the recording does not hold when it "
         "ran",), (WS5, WS6)),
    "json/lsass_campaign_01.zip": Sample(
        "T1003.001", [("MKT01", "mkt01.pandalab.com", "192.168.1.41")],
        [Edge("contact", "MKT01", "10.0.5.13", "pandalab\\stevie.marie", "connect"),
         Edge("process access", "", "MKT01", "pandalab\\pedro.gustavo", "c:\\windows\\system32\\lsass.exe")],
        (Find("foothold", "high", "MKT01"), Find("credentials", "medium", "MKT01")),
        ("that MKT01 is 10.0.5.5: its records show another network's address",)),
    "json/lsass_campaign_02.zip": Sample(
        "T1003.001", [("ACCT01", "acct01.pandalab.com", "192.168.1.43")],
        [Edge("contact", "ACCT01", "10.0.5.13", "pandalab\\nora.quemona", "connect"),
         Edge("process access", "", "ACCT01", "pandalab\\nora.quemona", "c:\\windows\\system32\\lsass.exe")],
        (Find("credentials", "high", "ACCT01"),),
        ("that ACCT01 is 10.0.5.5: its records show another network's address",
         "the dump's way out (T1041): no record counts bytes")),
    "json/securityauditing_log4shell_cve2021_44228_java_serialized_object.zip": Sample(
        "T1190", [("WORKSTATION5",)],
        [Edge("spawn", "", "WORKSTATION5", "nt authority\\local service",
              "c:\\windows\\system32\\windowspowershell\\v1.0\\powershell.exe")],
        (Find("entry", "medium", "WORKSTATION5"),),
        ("192.168.3.5 as where it came from: the table keeps the firewall's fields as XML inside a "
         "text, which is not read",)),
    "json/sysmon_log4shell_cve2021_44228_java_serialized_object.zip": Sample(
        "T1190", [("WORKSTATION5",)], [], (),
        ("anything but whose records they are: the table keeps Sysmon's fields as JSON inside a text, "
         "which is not read",)),
    "json/syslog_auoms_auditd_log4shell_cve2021_44228_jndi_reference.zip": Sample(
        "T1190", [], [], (), ("anything: auditd through a cloud agent is a format for later",)),
    "json/syslog_sysmon_log4shell_cve2021_44228_jndi_reference.zip": Sample(
        "T1190", [], [], (), ("anything: Sysmon for Linux is a format for later",)),
    "zeek/apt29_day1": Sample(
        "T1021.002, T1021.006",
        [("NASHUA", "10.0.1.6", "nashua.dmevals.local"),
         ("NEWYORK", "10.0.0.4", "newyork.dmevals.local")],
        [Edge("credential use", "10.0.1.4", "NASHUA", "pbeesly@dmevals.local", "ticket"),
         Edge("flow", "10.0.1.4", "NASHUA", "", "tcp/5985"),
         Edge("flow", "10.0.1.4", "NASHUA", "", "tcp/445"),
         Edge("flow", "NASHUA", "192.168.0.4", "", "tcp/8443"),
         Edge("web request", "10.0.1.4", "192.168.0.4", "", "/webdav/officesupplies.7z")], (),
        ("that 10.0.1.4 is SCRANTON: nothing in the logs says so but the name of a file",
         "a finding: SMB and WinRM were encrypted, so that the sensor saw no operation; minutes of "
         "two hosts have nothing to be rare against")),
}


def lines(words):
    run = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    if run.returncode not in (0, 3):
        sys.exit(f"{' '.join(map(str, words))}: {run.stderr.decode(errors='replace')[-400:]}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def has_host(hosts, names):
    found = hosts.get(names[0].upper())
    return found is not None and set(names[1:]) <= found


def has_edge(relations, wanted):
    return any((relation["kind"], relation["from"], relation["to"], relation["account"]) == wanted[:4]
               and relation["artefact"] == wanted.artefact and relation["evidence"]
               for relation in relations)


def has_finding(findings, wanted):
    return any(finding["stage"] == wanted.stage and
               LEVELS.index(finding["rule"]["level"]) >= LEVELS.index(wanted.level) and
               finding["host"]["name"].split(".")[0].upper() == wanted.host and
               finding["evidence"].get("sha256")
               for finding in findings)


def check(vedette, path, sample):
    """(expected, what is not there)"""
    relations = lines([vedette, "relations", path])
    hosts = {host["host"].upper(): {alias["name"] for alias in host["aliases"]}
             for host in lines([vedette, "relations", "--hosts", path])}
    findings = lines([vedette, "scan", path, "-q", "-r", TOP / "rules", "--no-cache", "-f", "jsonl",
                      "-o", "-"])
    absent = [f"host {' = '.join(names)}" for names in sample.hosts if not has_host(hosts, names)]
    absent += [f"edge {' | '.join(wanted)}" for wanted in sample.edges
               if not has_edge(relations, wanted)]
    absent += [f"finding {' | '.join(wanted)}" for wanted in sample.findings
               if not has_finding(findings, wanted)]
    expected = len(sample.hosts) + len(sample.edges) + len(sample.findings)
    spread = any(finding["stage"] == "spread" and finding["rule"]["level"] in LEVELS[2:]
                 for finding in findings)
    if spread and any(reason.startswith("a finding") for reason in sample.missing):
        print(f"{path.name}: a finding of spread is there now: amend the table")
    return expected, absent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("VEDETTE_SHARED",
                                                            TOP.parent / "shared")))
    arguments = parser.parse_args()
    samples = arguments.shared / "samples"
    if not samples.is_dir():
        print("no real samples here (VEDETTE_SHARED, else ../shared)")
        return 77
    total = found = missing = 0
    for name, sample in SAMPLES.items():
        path = samples / name
        if not path.exists():
            print(f"{name}: not there")
            continue
        expected, absent = check(arguments.vedette.resolve(), path, sample)
        total += expected
        found += expected - len(absent)
        missing += len(sample.missing)
        print(f"{name} ({sample.technique}): {expected - len(absent)} of {expected}")
        for text in absent:
            print(f"  not found: {text}")
        for text in sample.missing:
            print(f"  known not to be found: {text}")
    print(f"{found} of {total} hosts, edges and findings of {len(SAMPLES)} samples; {missing} more are "
          "known not to be found, with their reasons")
    return 0 if total and found == total else 1


if __name__ == "__main__":
    sys.exit(main())
