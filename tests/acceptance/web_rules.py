#!/usr/bin/env python3
# Web rules on web logs: a hit and a near miss each
# SPDX-License-Identifier: Apache-2.0
"""For every published rule of category webserver or proxy: build log lines out of the rule's own
detection values, and lines that miss by one letter, as IIS, as combined access log and as a W3C
proxy log. An evaluator of its own, written from the Sigma specification and sharing nothing with
the program, says for each pair of rule and line whether it fits; `vedette scan` must say the same
for every pair. The last lines sum up; exit 1 on any difference, or when a rule has no hit."""
import argparse
import collections
import ipaddress
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

try:
    from re import _parser as sre_parse  # Python 3.11
except ImportError:
    import sre_parse

NULL = None
TRIES = 400  # combinations of alternatives looked at for one rule
TARGET = ("cs-uri-query", "cs-uri", "c-uri")


# Reading rules

def load_rules(top, category):
    rules = []
    for path in sorted(pathlib.Path(top).rglob("*.yml")):
        text = path.read_text()
        if f"category: {category}" not in text:
            continue
        for document in yaml.safe_load_all(text):
            if isinstance(document, dict) and \
                    document.get("logsource", {}).get("category") == category:
                rules.append((path, document))
    return rules


def tokens_of(condition):
    return re.findall(r"\(|\)|[^\s()]+", condition)


class Condition:
    """and, or, not, (), 1 of, all of: a tree of tuples over names of selections."""

    def __init__(self, text, names):
        self.tokens, self.at = tokens_of(text), 0
        self.names = names

    def peek(self):
        return self.tokens[self.at].lower() if self.at < len(self.tokens) else ""

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def parse(self):
        parts = [self.parse_and()]
        while self.peek() == "or":
            self.take()
            parts.append(self.parse_and())
        return ("or", parts) if len(parts) > 1 else parts[0]

    def parse_and(self):
        parts = [self.parse_not()]
        while self.peek() == "and":
            self.take()
            parts.append(self.parse_not())
        return ("and", parts) if len(parts) > 1 else parts[0]

    def parse_not(self):
        if self.peek() == "not":
            self.take()
            return ("not", [self.parse_not()])
        if self.peek() == "(":
            self.take()
            inner = self.parse()
            self.take()
            return inner
        if self.peek() in ("1", "any", "all") and self.tokens[self.at + 1].lower() == "of":
            kind = "and" if self.take().lower() == "all" else "or"
            self.take()
            pattern = self.take()
            wanted = re.compile(("" if pattern == "them" else re.escape(pattern)
                                 .replace(r"\*", ".*")) or "(?!_).*")
            return (kind, [("name", n) for n in self.names if wanted.fullmatch(n)])
        return ("name", self.take())


# A rule as alternatives of demands

def demands_of(detection, node):
    """Alternatives, each a list of (field, modifiers, value) that must hold at once. What is
    negated demands nothing: the evaluator sees to it afterwards."""
    kind, parts = node
    if kind == "name":
        return selection_demands(detection[parts])
    if kind == "not":
        return [[]]
    inner = [demands_of(detection, part) for part in parts]
    if kind == "or":
        return [choice for choices in inner for choice in choices]
    return [sum(choice, []) for choice in itertools.islice(itertools.product(*inner), TRIES)]


def selection_demands(selection):
    if isinstance(selection, list):
        return [choice for item in selection for choice in
                (selection_demands(item) if isinstance(item, dict) else [[("", (), item)]])]
    choices = []
    for key, values in selection.items():
        field, *modifiers = key.split("|")
        values = values if isinstance(values, list) else [values]
        if "all" in modifiers:
            modifiers.remove("all")
            choices.append([[(field, tuple(modifiers), value) for value in values]])
        else:
            choices.append([[(field, tuple(modifiers), value)] for value in values])
    return [sum(choice, []) for choice in itertools.islice(itertools.product(*choices), TRIES)]


# Evaluating, from the Sigma specification

def wild(text):
    """Sigma's wildcards as a regular expression."""
    out, i = "", 0
    while i < len(text):
        char = text[i]
        if char == "\\" and i + 1 < len(text) and text[i + 1] in "*?\\":
            i += 1
            out += re.escape(text[i])
        else:
            out += {"*": ".*", "?": "."}.get(char) or re.escape(char)
        i += 1
    return out


def value_fits(text, modifiers, value):
    if value is None:
        return text is None
    if text is None:
        return False
    if "re" in modifiers:
        return re.search(value, text, re.S) is not None
    if "cidr" in modifiers:
        try:
            return ipaddress.ip_address(text) in ipaddress.ip_network(value)
        except ValueError:
            return False
    value = str(value)
    if not re.search(r"[*?\\\\]", value):
        text, value = text.lower(), value.lower()
        return (value in text if "contains" in modifiers or "keyword" in modifiers else
                text.startswith(value) if "startswith" in modifiers else
                text.endswith(value) if "endswith" in modifiers else text == value)
    pattern = wild(value)
    if "contains" in modifiers or "keyword" in modifiers:
        pattern = ".*" + pattern + ".*"
    if "endswith" in modifiers:
        pattern = ".*" + pattern
    if "startswith" in modifiers:
        pattern += ".*"
    return re.fullmatch(pattern, text, re.S | re.I) is not None


def sources(line, field):
    """The texts a rule's field stands for."""
    stem, query = line["fields"]["cs-uri-stem"], line["fields"].get("cs-uri-query")
    whole = line["fields"].get("cs-uri") or (
        NULL if stem is None else stem if query is None else stem + "?" + query)
    agent = line["fields"].get("cs(User-Agent)")
    extension = re.search(r"\.([^./]+)$", stem or "")
    return {
        "cs-uri-query": [query, whole], "c-uri-query": [query], "cs-uri": [whole], "c-uri": [whole],
        "cs-uri-stem": [stem], "c-uri-extension": [extension[1] if extension else NULL],
        "cs-user-agent": [agent, agent and agent.replace("+", " ")],
        "c-useragent": [agent, agent and agent.replace("+", " ")],
        "cs-referer": [line["fields"].get("cs(Referer)")],
        "cs-cookie": [line["fields"].get("cs(Cookie)")],
        "cs-content-type": [line["fields"].get("cs(Content-Type)")],
        "cs-host": [line["fields"].get("cs-host")],
        "dst_ip": [line["fields"].get("s-ip")],
    }.get(field, [line["fields"].get(field)])


def demand_fits(line, field, modifiers, value):
    if field == "":
        return any(value_fits(text, ("keyword",), value) for text in line["fields"].values()
                   if text is not None)
    return any(value_fits(text, modifiers, value) for text in sources(line, field))


def selection_fits(line, selection):
    if isinstance(selection, list):
        return any(selection_fits(line, item) if isinstance(item, dict) else
                   demand_fits(line, "", (), item) for item in selection)
    for key, values in selection.items():
        field, *modifiers = key.split("|")
        values = values if isinstance(values, list) else [values]
        fold = all if "all" in modifiers else any
        if not fold(demand_fits(line, field, modifiers, value) for value in values):
            return False
    return True


def node_fits(line, detection, node):
    kind, parts = node
    if kind == "name":
        return selection_fits(line, detection[parts])
    if kind == "not":
        return not node_fits(line, detection, parts[0])
    return (any if kind == "or" else all)(node_fits(line, detection, part) for part in parts)


# Building lines

def sample(tree):
    """The shortest text of a regular expression, as far as rules use them."""
    out = ""
    for kind, value in tree:
        kind = str(kind)
        if kind == "LITERAL":
            out += chr(value)
        elif kind == "ANY":
            out += "a"
        elif kind == "IN":
            first = value[0]
            out += chr(first[1][0]) if str(first[0]) == "RANGE" else chr(first[1]) \
                if str(first[0]) == "LITERAL" else "a"
        elif kind in ("MAX_REPEAT", "MIN_REPEAT"):
            out += sample(value[2]) * max(value[0], 1)
        elif kind == "SUBPATTERN":
            out += sample(value[3])
        elif kind == "BRANCH":
            out += sample(value[1][0])
    return out


def unwild(value):
    out, i, text = "", 0, str(value)
    while i < len(text):
        if text[i] == "\\" and i + 1 < len(text) and text[i + 1] in "*?\\":
            i += 1
            out += text[i]
        else:
            out += {"*": "", "?": "x"}.get(text[i], text[i])
        i += 1
    return out


def compose(demands):
    """One text that starts, contains and ends as demanded; None for null."""
    start = end = exact = None
    middle = []
    for modifiers, value in demands:
        if value is None:
            return NULL
        text = sample(sre_parse.parse(value)) if "re" in modifiers else \
            str(ipaddress.ip_network(value)[1]) if "cidr" in modifiers else unwild(value)
        if "startswith" in modifiers:
            start = text
        elif "endswith" in modifiers:
            end = text
        elif "contains" in modifiers or "re" in modifiers:
            middle.append(text)
        else:
            exact = text
    if exact is not None:
        return exact
    middle = [m for m in middle if m not in (start or "") and m not in (end or "")]
    middle = [m for i, m in enumerate(middle)
              if not any(m in other and m != other for other in middle) and m not in middle[:i]]
    return (start or "") + "".join(middle) + (end or "")


def base_line(category):
    return {"cs-method": "GET", "cs-uri-stem": "/index.html", "cs-uri-query": NULL,
            "cs-username": NULL, "cs(User-Agent)": "Agent/1.0", "cs(Referer)": "http://ref/",
            "cs-host": "host.example" if category == "proxy" else "www.example",
            "cs(Cookie)": NULL, "cs(Content-Type)": NULL, "sc-status": "200",
            "s-ip": "10.1.1.1", "c-ip": "10.2.2.2"}


NAMES = {"cs-user-agent": "cs(User-Agent)", "c-useragent": "cs(User-Agent)",
         "cs-referer": "cs(Referer)", "cs-cookie": "cs(Cookie)",
         "cs-content-type": "cs(Content-Type)", "dst_ip": "s-ip"}


def build(category, demands):
    """The fields of a line that meets the demands, or None when they cannot be met so."""
    by_field = collections.defaultdict(list)
    for field, modifiers, value in demands:
        by_field[field].append((modifiers, value))
    fields = base_line(category)
    stem_wanted = "cs-uri-stem" in by_field
    keywords = [unwild(value) for _, value in by_field.pop("", [])]
    target = query_wanted = None
    for field, wants in sorted(by_field.items()):
        text = compose(wants)
        if field == "c-uri-query":
            query_wanted = text
        elif field in TARGET:
            target = ((target or "") + text) if text is not None else target
        elif field == "c-uri-extension":
            fields["cs-uri-stem"] = "/file." + text
        else:
            fields[NAMES.get(field, field)] = text
    for keyword in keywords:
        if keyword.upper() in ("GET", "POST") or keyword.isdigit():
            fields["cs-method" if not keyword.isdigit() else "sc-status"] = keyword
        else:
            target = (target or "") + keyword
    if target is not None:
        if stem_wanted:
            fields["cs-uri-query"] = target.lstrip("?")
        else:
            text = target if target.startswith("/") or "://" in target[:8] else \
                target if category == "proxy" and target and target[0] not in "?.-" else \
                "/p" + target if target[:1] in "?.-" or "?" in target else "/p?" + target
            stem, mark, query = text.partition("?")
            fields["cs-uri-stem"], fields["cs-uri-query"] = stem, query if mark else NULL
    if query_wanted is not None:
        fields["cs-uri-query"] = query_wanted
    return fields


# What a rule's filters may ask to be otherwise.
CHANGES = [{}, {"s-ip": "203.0.113.9"}, {"cs-uri-query": "a=1"}]


def miss_of(demands, number):
    """The same demands with one letter too many in one of them, or another value for null."""
    field, modifiers, value = demands[number]
    if value is None:
        changed = (field, (), "present")
    elif "cidr" in modifiers:
        changed = (field, (), "203.0.113.200")
    elif "re" in modifiers:
        changed = (field, (), "short")
    else:
        text = str(value)
        half = len(text) // 2
        changed = (field, modifiers, text[:half] + "0" + text[half:] if half else text + "0")
    return demands[:number] + [changed] + demands[number + 1:]


# Writing logs

COLUMNS = ["s-computername", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "cs-username",
           "c-ip", "cs-host", "cs(User-Agent)", "cs(Referer)", "cs(Cookie)", "cs(Content-Type)",
           "sc-status"]


def w3c_line(line, quotes):
    """None when such a server could not have written it."""
    texts = []
    for column in COLUMNS:
        text = line["fields"].get(column)
        if column == "cs(User-Agent)" and text is not None:
            text = text.replace(" ", "+")
            line["fields"][column] = text
        if text == "" and quotes:
            text = '""'
        if text is not None and (re.search(r"[\s\0]", text) or text in ("-", "")):
            return None
        texts.append("-" if text is None else text)
    return "2026-03-02 00:00:00 " + " ".join(texts)


def iis_log(lines, software):
    return [f"#Software: {software}", "#Fields: date time " + " ".join(COLUMNS)] + lines


def access_line(line):
    fields = line["fields"]
    for column in ("cs(Cookie)", "cs(Content-Type)", "cs-host", "s-ip"):
        fields[column] = NULL
    whole = sources(line, "cs-uri")[0] or ""
    quoted = [fields["cs-method"], whole, fields["cs(Referer)"], fields["cs(User-Agent)"]]
    if any(text is not None and (re.search(r'"(\s|$)|[\0\n]|\\$', text) or text in ("-", ""))
           for text in quoted) or fields["cs-username"] is not None \
            or re.search(r"\s", fields["cs-method"]) \
            or not re.fullmatch(r"[1-9]\d\d", fields["sc-status"]):
        return None
    texts = ["-" if text is None else text for text in quoted]
    return (f'{fields["c-ip"]} - - [02/Mar/2026:00:00:00 +0000] "{texts[0]} {texts[1]} HTTP/1.1" '
            f'{fields["sc-status"]} 1 "{texts[2]}" "{texts[3]}"')


def make_lines(category, rules):
    """Lines with fields, each wanted by one rule as a hit or as a miss."""
    lines = []
    for path, rule in rules:
        detection = rule["detection"]
        node = Condition(detection["condition"],
                         [n for n in detection if n != "condition"]).parse()
        choices = demands_of(detection, node)[:TRIES]
        found = {"hit": 0, "miss": 0}
        for demands in choices:
            for kind, wanted in [("hit", demands)] + \
                    [("miss", miss_of(demands, i)) for i in range(len(demands))]:
                if found[kind] >= 3:
                    continue
                line = {"fields": build(category, wanted), "rule": rule["id"], "kind": kind}
                if set(line["fields"]) - set(COLUMNS) - {"cs-uri"}:
                    continue
                for change in CHANGES:
                    line["fields"].update(change)
                    if node_fits(line, detection, node) == (kind == "hit"):
                        lines.append(line)
                        found[kind] += 1
                        break
    return lines


def expectations(rules, lines):
    wanted = set()
    for _, rule in rules:
        detection = rule["detection"]
        node = Condition(detection["condition"],
                         [n for n in detection if n != "condition"]).parse()
        for line in lines:
            if node_fits(line, detection, node):
                wanted.add((rule["id"], line["host"]))
    return wanted


def scan(vedette, rule_words, evidence):
    words = [vedette, "scan", str(evidence), "-f", "jsonl", "-o", "-", "-q", *rule_words]
    run = subprocess.run(words, capture_output=True, check=False)
    if run.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(words)} ended with {run.returncode}: {run.stderr.decode()}")
    found = set()
    for text in run.stdout.splitlines():
        finding = json.loads(text)
        if "rule" in finding:
            found.add((finding["rule"]["id"], finding["host"]["name"]))
    return found, run.stderr.decode()


def write_iis(directory, lines, software):
    texts, kept = [], []
    for number, line in enumerate(lines):
        line = {**line, "fields": dict(line["fields"])}
        line["host"] = line["fields"]["s-computername"] = f"H{number}"
        text = w3c_line(line, "Microsoft" not in software)
        if text:
            texts.append(text)
            kept.append(line)
    (directory / "u_ex260302.log").write_text("\r\n".join(iis_log(texts, software)) + "\r\n")
    return kept


def write_access(directory, lines):
    kept = []
    for number, line in enumerate(lines):
        line = {**line, "fields": dict(line["fields"]), "host": f"H{number}"}
        text = access_line(line)
        if text:
            place = directory / "hosts" / line["host"]
            place.mkdir(parents=True)
            (place / "access.log").write_text(text + "\n")
            kept.append(line)
    return kept


def run_format(arguments, name, rules, lines, rule_words):
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        if name == "access log":
            kept = write_access(directory, lines)
        else:
            kept = write_iis(directory, lines, arguments.software[name])
        found, errors = scan(arguments.vedette, rule_words, directory)
    known = {rule["id"] for _, rule in rules}
    wanted = expectations(rules, kept)
    found = {pair for pair in found if pair[0] in known}
    by_host = {line["host"]: line for line in kept}
    for rule, host in sorted(wanted - found):
        print(f"{name}: {rule} does not fit {by_host[host]['fields']}")
    for rule, host in sorted(found - wanted):
        print(f"{name}: {rule} fits {by_host[host]['fields']}")
    hits = {line["rule"] for line in kept if (line["rule"], line["host"]) in wanted & found}
    misses = {line["rule"] for line in kept if line["kind"] == "miss"
              and (line["rule"], line["host"]) not in wanted | found}
    print(f"{name}: {len(kept)} lines, {len(wanted)} pairs of rule and line, "
          f"{len(wanted ^ found)} differ; {len(hits)} of {len(rules)} rules hit, "
          f"{len(misses)} have a near miss")
    return hits, misses, len(wanted ^ found)


def path_in_query(rules):
    """Rules that look for a path where W3C logs have none."""
    found = set()
    for _, rule in rules:
        for selection in rule["detection"].values():
            for item in selection if isinstance(selection, list) else [selection]:
                for key, values in item.items() if isinstance(item, dict) else []:
                    if key.startswith("cs-uri-query") and \
                            any(str(v).startswith("/") for v in
                                (values if isinstance(values, list) else [values])):
                        found.add(rule["id"])
    return found


def run_category(arguments, category, names):
    rules = load_rules(arguments.shared / "sigma", category)
    rule_words = [word for name in ("rules", "rules-emerging-threats", "rules-threat-hunting")
                  for word in ("-r", str(arguments.shared / "sigma" / name))]
    if arguments.few:
        rules = rules[::arguments.few]
        rule_words = [word for path, _ in rules for word in ("-r", str(path))]
    lines = make_lines(category, rules)
    hits, misses, differ = set(), set(), 0
    for name in names:
        some = run_format(arguments, name, rules, lines, rule_words)
        hits, misses, differ = hits | some[0], misses | some[1], differ + some[2]
        if name == "IIS":
            paths = path_in_query(rules)
            print(f"IIS: {len(paths & some[0])} of {len(paths)} rules hit that put a path "
                  "into cs-uri-query")
            differ += len(paths - some[0])
    for path, rule in rules:
        if rule["id"] not in hits or rule["id"] not in misses:
            print(f"{category}: {path.name} has no {'hit' if rule['id'] not in hits else 'miss'}")
    print(f"{category}: {len(rules)} rules, {len(hits)} with a hit, {len(misses)} with a near miss")
    return differ + len(rules) - len(hits) + len(rules) - len(misses)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", default="build/test/src/vedette")
    parser.add_argument("--shared", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("VEDETTE_SHARED", "../shared")))
    parser.add_argument("--few", type=int, default=0, help="only every N-th rule")
    arguments = parser.parse_args()
    if not (arguments.shared / "sigma").is_dir():
        print("no rules to test with: set VEDETTE_SHARED")
        return 77
    arguments.software = {"IIS": "Microsoft Internet Information Services 10.0",
                          "W3C proxy": "SGOS 6.7.5.3"}
    wrong = run_category(arguments, "webserver", ["IIS", "access log"])
    wrong += run_category(arguments, "proxy", ["W3C proxy"])
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
