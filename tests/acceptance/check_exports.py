#!/usr/bin/env python3
# Every form of a report: tags, hashes, schemas, import rules
# SPDX-License-Identifier: Apache-2.0
"""Plays drills (one of them with hostile names), scans them, writes every form of the report, and
checks what a reader of each form relies on: each tag leads to a record that hashes to what is
written, no sentence of a story stands without one, STIX passes stix2-validator 3.2.0 and Attack
Flow's JSON schema, the timeline keeps Timesketch's import rules, no cell of a CSV is a formula, and
no value became markup or a control. Validators come from build/peers (tools/install_peer); without
them their part is named as skipped."""
import argparse
import csv
import datetime
import hashlib
import html.parser
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

import hostile_play

TOP = pathlib.Path(__file__).resolve().parents[2]
PEERS = TOP / "build" / "peers"
FORMS = ["report.html", "report.json", "report.md", "report.txt", "report.stix.json",
         "report.threat.json", "timeline.jsonl", "hosts.csv", "indicators.csv"]
TAG = r"E[A-Z2-7]{5,10}"
TLP_RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
HTML_TAGS = set("html head meta title style body a header h1 h2 h3 h4 span p main section ol ul li b "
                "br small div nav svg defs pattern path rect circle text tspan details summary table "
                "thead tbody tr th td label input button select option output footer code "
                "script".split())
LINES_OF_ONE_RECORD = 200


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: elements, ids, links, text, stories."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.ids, self.links, self.handlers, self.text = {}, set(), [], [], []
        self.sentences, self.in_story = [], False  # tags of each sentence of a story
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements[tag] = self.elements.get(tag, 0) + 1
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            elif name in ("href", "src", "action", "formaction"):
                self.links.append(value)
            elif name.startswith("on") or name in ("style", "srcdoc"):
                self.handlers.append(name)
        if tag == "ul":
            self.in_story = ("class", "story") in attrs
        elif tag == "li" and self.in_story:
            self.sentences.append(0)
        elif tag == "a" and self.in_story and ("class", "t") in attrs:
            self.sentences[-1] += 1

    def handle_endtag(self, tag):
        self.in_story = self.in_story and tag != "ul"

    def handle_data(self, data):
        self.text.append(data)


def check_page(text, evidence):
    page = Page(text)
    page_text = "".join(page.text)
    tags = {link[1:] for link in page.links if re.fullmatch("#" + TAG, link)}
    bad = [f"element {name}" for name in page.elements if name not in HTML_TAGS]
    bad += [f"attribute {name}" for name in page.handlers]
    bad += [f"link {link}" for link in page.links if not link.startswith("#")]
    bad += [f"{link} leads nowhere" for link in page.links if link[1:] not in page.ids]
    bad += [f"tag {tag} is no record" for tag in sorted(tags - set(evidence))]
    bad += ["more than one script"] if page.elements.get("script", 0) != 1 else []
    bad += ["a sentence of the story without a tag" for count in page.sentences if count == 0]
    bad += ["no content policy"] if "default-src 'none'" not in text else []
    for tag in sorted(tags & set(evidence)):
        if evidence[tag]["sha256"] not in page_text:
            bad.append(f"the hash of {tag} is not in the appendix")
            break
    return bad


def check_markdown(text, evidence):
    bad = [f"tag {tag} is no record" for tag in sorted(set(re.findall(rf"\]\(#({TAG})\)", text)) -
                                                       set(evidence))]
    bad += ["markup: " + text[at.start():at.start() + 40] for at in re.finditer(
        r"(?<!\\)<(?!a id=\"E|/a>)", text)]
    story = False
    for line in text.splitlines():
        if line.startswith("#"):
            story = line == "### Activity"
        elif story and line.startswith("- ") and not re.search(rf"\]\(#{TAG}\)$", line):
            bad.append(f"a sentence without a tag: {line[:60]}")
    return bad


def objects_with(value, name):
    """Every object below `value` that has the member."""
    if isinstance(value, dict):
        if name in value:
            yield value
        for child in value.values():
            yield from objects_with(child, name)
    elif isinstance(value, list):
        for child in value:
            yield from objects_with(child, name)


def check_json(document, evidence):
    bad = []
    body = {name: value for name, value in document.items() if name != "evidence"}
    for one in objects_with(body, "evidence"):
        if isinstance(one["evidence"], list):
            bad += [f"tag {tag} is no record" for tag in one["evidence"] if tag not in evidence]
            if not one["evidence"]:
                bad.append(f"without evidence: {json.dumps(one)[:80]}")
    return bad


def check_csv(data, evidence):
    bad = []
    rows = list(csv.DictReader(io.StringIO(data, newline="")))
    for row in rows:
        for name, value in row.items():
            if value[:1] in "=+-@\t\r" and value:
                bad.append(f"a formula in {name}: {value[:40]}")
        bad += [f"tag {tag} is no record" for tag in row["evidence"].split() if tag not in evidence]
        if not row["evidence"]:
            bad.append(f"a row without evidence: {row}")
    return bad


def check_timeline(text, evidence):
    """Timesketch's import rules; campaign_timesketch.c says them."""
    bad, types = [], {}
    lines = text.splitlines()
    if 0 < len(lines) < 3:
        bad.append("fewer than three lines")
    for line in lines:
        row = json.loads(line)
        if not isinstance(row, dict):
            return ["a line is no object"]
        if types.setdefault("", row.keys()) != row.keys():
            bad.append("lines differ in their fields")
        for name, value in row.items():
            if types.setdefault(name, type(value)) is not type(value):
                bad.append(f"{name} has two types")
        bad += [f"no {name}" for name in ("message", "datetime", "timestamp_desc")
                if not row.get(name)]
        when = datetime.datetime.fromisoformat(row["datetime"].replace("Z", "+00:00"))
        since = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        if type(row["timestamp"]) is not int or \
                row["timestamp"] != since // datetime.timedelta(microseconds=1):
            bad.append(f"timestamp {row['timestamp']} is not {row['datetime']}")
        if row["evidence_tag"] and (row["evidence_tag"] not in evidence or row["record_sha256"] !=
                                    evidence[row["evidence_tag"]]["sha256"]):
            bad.append(f"tag {row['evidence_tag']} is no record")
    return bad


def check_stix(bundle, evidence):
    bad, known = [], {one["id"] for one in bundle["objects"]}
    for one in bundle["objects"]:
        for name, value in one.items():
            for target in value if name.endswith("_refs") else [value] if name.endswith("_ref") else []:
                if target not in known:
                    bad.append(f"{one['id']} {name}: {target} is not in the bundle")
        for reference in one.get("external_references", []):
            if reference["source_name"] != "vedette-evidence":
                continue
            entry = evidence.get(reference["external_id"])
            if not entry or entry["sha256"] not in reference["description"]:
                bad.append(f"tag {reference['external_id']} is no record")
        if one["type"] in ("marking-definition", "extension-definition") or "created_by_ref" not in one:
            continue
        if one.get("object_marking_refs") != [TLP_RED]:
            bad.append(f"{one['id']} is not marked TLP:RED")
    if len(known) != len(bundle["objects"]):
        bad.append("an id stands for two objects")
    return bad


def check_controls(data):
    """Bytes that no form may hold: C0 but line ends and TAB, DEL, bidirectional controls."""
    text = data.decode("utf-8")
    found = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]",
                      text)
    return [f"control U+{ord(found[0]):04X}"] if found else []


def check_forms(directory):
    """[complaint] for the forms that lie in `directory`."""
    held = {name: (directory / name).read_bytes() for name in FORMS}
    texts = {name: data.decode("utf-8") for name, data in held.items()}
    report = json.loads(texts["report.json"])
    threat = json.loads(texts["report.threat.json"])
    evidence = report["evidence"]
    found = {name: check_controls(data) for name, data in held.items()}
    found["report.html"] += check_page(texts["report.html"], evidence)
    found["report.md"] += check_markdown(texts["report.md"], evidence)
    found["report.json"] += check_json(report, evidence)
    found["report.threat.json"] += check_json(threat, evidence)
    found["report.threat.json"] += [] if threat["evidence"] == evidence else ["other evidence"]
    found["report.stix.json"] += check_stix(json.loads(texts["report.stix.json"]), evidence)
    found["timeline.jsonl"] += check_timeline(texts["timeline.jsonl"], evidence)
    for name in ("hosts.csv", "indicators.csv"):
        found[name] += check_csv(texts[name], evidence)
    found["report.txt"] += [f"tag {tag} is no record" for tag in
                            re.findall(rf"\[({TAG})\]", texts["report.txt"]) if tag not in evidence]
    return [f"{name}: {text}" for name, bad in found.items() for text in bad]


def evidence_bytes(root, name, cache):
    if name not in cache:
        path, _, member = name.partition("!")
        if member:
            with zipfile.ZipFile(root / path) as archive:
                cache[name] = archive.read(member)
        else:
            cache[name] = (root / path).read_bytes()
    return cache[name]


def record_hashes(data, entry):
    """SHA-256 of what may be the record at its offset: a line, lines in quotes, an event."""
    at = entry["offset"]
    if entry["record"] is not None and data[at:at + 4] == b"**\0\0":
        size = int.from_bytes(data[at + 4:at + 8], "little")
        yield hashlib.sha256(data[at:at + size]).hexdigest()
    end = at
    for _ in range(LINES_OF_ONE_RECORD):
        end = data.find(b"\n", end)
        end = len(data) if end < 0 else end
        yield hashlib.sha256(data[at:end]).hexdigest()
        yield hashlib.sha256(data[at:end].rstrip(b"\r")).hexdigest()
        if end == len(data):
            return
        end += 1


def check_hashes(root, evidence):
    cache, bad = {}, []
    for tag, entry in evidence.items():
        data = evidence_bytes(root, entry["file"], cache)
        if entry["sha256"] not in record_hashes(data, entry):
            bad.append(f"{tag} is not at offset {entry['offset']} of {entry['file']}")
    return bad


def validators():
    """(what checks a STIX bundle, what was skipped); each gives [complaint]."""
    checks, skipped = [], []
    sys.path.insert(0, str(PEERS / "python"))
    try:
        import stix2validator  # pylint: disable=import-outside-toplevel

        def by_validator(text):
            options = stix2validator.ValidationOptions(version="2.1")
            results = stix2validator.validate_string(text, options)
            if results.is_valid:
                return []
            return [f"stix2-validator: {error}" for one in results.object_results
                    for error in one.errors][:5] or ["stix2-validator refuses it"]
        checks.append(by_validator)
        flow = flow_validator(pathlib.Path(stix2validator.__file__).parent / "schemas-2.1" /
                              "schemas")
        (checks if flow else skipped).append(flow or "Attack Flow's schema is not in build/peers")
    except ImportError:
        skipped.append("stix2-validator and Attack Flow's schema (tools/install_peer)")
    return checks, skipped


def flow_validator(schemas):
    path = PEERS / "attack-flow-schema-2.0.0.json"
    if not path.exists():
        return None
    import jsonschema  # pylint: disable=import-outside-toplevel
    import referencing  # pylint: disable=import-outside-toplevel

    def fetch(uri):
        name = uri.split("?")[0].rsplit("/", 1)[-1]
        for folder in ("common", "sdos", "sros", "observables"):
            if (schemas / folder / name).exists():
                document = json.loads((schemas / folder / name).read_text())
                return referencing.Resource.from_contents(
                    document, default_specification=referencing.jsonschema.DRAFT202012)
        raise referencing.exceptions.NoSuchResource(uri)
    validator = jsonschema.Draft202012Validator(
        json.loads(path.read_text()), registry=referencing.Registry(retrieve=fetch))

    def by_schema(text):
        objects = [one for one in json.loads(text)["objects"] if one["type"].startswith("attack-") and
                   one["type"] != "attack-pattern"]
        return [f"Attack Flow: {one['id']}: {error.message[:200]}" for one in objects
                for error in validator.iter_errors(one)][:5]
    return by_schema


def write_forms(vedette, root, to, rules=None, parts=("hosts", "servers")):
    words = [vedette, "scan", "-q", *parts]
    words += ["-r", str(rules)] if rules else []
    for name in FORMS:
        words += ["--report", str(pathlib.Path(to).resolve() / name)]
    run = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 3):
        sys.exit(f"scan: exit {run.returncode}\n{run.stderr}")


def check_play(vedette, top, part=None):
    """(what the report cites, complaints); `part` of the play alone when it is given."""
    root = top / "play" / part if part else top / "play"
    write_forms(vedette, root, top, parts=(".",) if part else ("hosts", "servers"))
    evidence = json.loads((top / "report.json").read_text())["evidence"]
    return evidence, check_forms(top) + check_hashes(root, evidence)


def evidence_text(directory):
    """All values of the report for machines, as they were in the evidence."""
    def walk(value):
        if isinstance(value, str):
            yield value
        elif isinstance(value, (list, dict)):
            for child in value.values() if isinstance(value, dict) else value:
                yield from walk(child)
    return "\n".join(walk(json.loads((directory / "report.json").read_text())))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", default="build/release/src/vedette")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", help="where plays are written and removed")
    options = parser.parse_args()
    vedette = str(pathlib.Path(options.vedette).resolve())
    checks, skipped = validators()
    if options.out:
        pathlib.Path(options.out).mkdir(parents=True, exist_ok=True)
    records = complaints = 0
    plays = [("both", 60, "evtx", False), ("upgrade-server", 300, "evtx", False),
             ("mail-server", 60, "evtx", False),
             ("clean", 60, "evtx", False), ("small-wave", 26, "winlogbeat", False),
             ("small-wave", 26, "winlogbeat", True)]
    for scenario, hosts, windows, hostile, one in [(*play, False) for play in plays] + [
            ("mail-server", 60, "evtx", False, True)]:
        top = pathlib.Path(tempfile.mkdtemp(prefix="vedette-exports-", dir=options.out))
        try:
            subprocess.run([vedette, "drill", "play", scenario, "-o", str(top / "play"), "--hosts",
                            str(hosts), "--seed", str(options.seed), "--noise", "low", "--windows",
                            windows], check=True, capture_output=True)
            changed = hostile_play.poison(top / "play") if hostile else 0
            # One server's logs alone are what its owner has before anybody else is asked.
            evidence, bad = check_play(vedette, top, "servers/MAIL-01" if one else None)
            for check in checks:
                bad += check((top / "report.stix.json").read_text())
            if hostile and not hostile_play.reached(evidence_text(top)):
                bad.append("no hostile name reached the report: nothing was tested")
            told = f", {changed} hostile names" if hostile else ""
            told += ", one server's logs" if one else ""
            print(f"{'! ' if bad else '  '}{scenario}: {len(evidence)} records cited{told}, "
                  f"{len(bad)} complaints")
            for text in bad[:20]:
                print(f"    {text}")
            records += len(evidence)
            complaints += len(bad)
        finally:
            shutil.rmtree(top, ignore_errors=True)
    for text in skipped:
        print(f"  skipped: {text}")
    print(f"check_exports: {records} records re-hashed, {len(FORMS)} forms of {len(plays) + 1} plays, "
          f"{complaints} complaints{', validators skipped' if skipped else ''}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
