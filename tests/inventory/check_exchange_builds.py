#!/usr/bin/env python3
# All Exchange builds against a second computation
# SPDX-License-Identifier: Apache-2.0
"""check_exchange_builds.py EXCHANGE_LACKS SOURCE_ROOT: asks the program what each build of the
table, and builds around it, lacks, and works the same out from the rows alone. When the facts lie
in $VEDETTE_SHARED or ../shared (knowledge/exchange_builds.tsv), the table must be made of them."""
import os
import pathlib
import re
import subprocess
import sys

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
BY_HAND = {"Apr21SU": {"CVE-2021-34473", "CVE-2021-34523"}, "Jul21SU": {"CVE-2021-33766"}}


def number(text):
    return tuple(int(part) for part in text.split("."))


def read_table(path):
    """[(product, cu, update, build)], {(product, update): CVEs}, the exploited ones."""
    text = re.sub(r"\n    ", " ", path.read_text())
    rows, fixes, exploited = [], {}, set()
    for line in text.splitlines():
        words = re.findall(r'"([^"]*)"', line)
        if line.startswith("RELEASE("):
            numbers = re.findall(r", (\d+)(?=,)", line)
            rows.append((words[0], words[1], words[2], tuple(map(int, numbers))))
        elif line.startswith("UPDATE("):
            fixes[words[0], words[1]] = set(re.findall(r'CVE\("([^"]+)"', line))
        exploited |= set(re.findall(r'CVE\("([^"]+)", "', line))
    return rows, fixes, exploited


def compare_facts(root, rows, fixes):
    shared = pathlib.Path(os.environ.get("VEDETTE_SHARED", root.parent / "shared"))
    facts = shared / "knowledge/exchange_builds.tsv"
    if not facts.is_file():
        print("no facts to compare the table with: skipped")
        return
    given, cves = set(), {}
    for line in facts.read_text().splitlines():
        if line and not line.startswith("#"):
            product, cu, update, build, _, names = line.split("\t")
            given.add((product, cu, update, number(build)))
            if update != "CU":
                cves.setdefault((product, update), set()).update(filter(None, names.split(",")))
                cves[product, update] |= BY_HAND.get(update, set())
    assert given == set(rows) and len(rows) == len(given), "rows differ from the facts"
    assert cves == fixes, "vulnerabilities differ from the facts"
    print(f"{len(rows)} rows as in the facts")


def lacks(build, product, rows, fixes):
    """Test-ExchangeBuildGreaterOrEqualThanSecurityPatch for every update of the product:
    {update: whether a log is enough to say so}."""
    mine = [row for row in rows if row[0] == product]
    found = {}
    for update in {row[2] for row in mine} - {"CU"}:
        having = {row[3][:3]: row[3] for row in mine if row[2] == update}
        newest = having[max(having)]
        own = having.get(build[:3])
        if build >= newest or (own and build >= own):
            continue
        found[update] = own is None
    return found


def age(update):
    return (update[3:5], MONTHS.index(update[:3]), update)


def expected(build, rows, fixes, exploited):
    line = [row for row in rows if row[3][:2] == build[:2] and row[3] <= build]
    if not line:
        return ["unknown", "", ""]
    product, cu, update, base = max(line, key=lambda row: (row[3], row[2] != "CU"))
    found = lacks(build, product, rows, fixes)
    both = []
    for log in (False, True):
        text = ""
        for name in sorted(found, key=age):
            cves = sorted(fixes[product, name])
            text += f"\t{name}" + ("?" if log and not found[name] else "")
            text += (":" if cves else "") + ",".join(
                one + ("!" if one in exploited else "") for one in cves)
        both.append(text)
    return [f"{product} {cu} {update} {'exact' if base == build else 'near'}"] + both


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    rows, fixes, exploited = read_table(root / "src/inventory/exchange_builds.def")
    compare_facts(root, rows, fixes)
    assert len(rows) == 280 and len(exploited) == 17, (len(rows), len(exploited))
    builds = set()
    for _, _, _, build in rows:
        for step in (-1, 0, 1):
            builds.add(build[:3] + (max(0, build[3] + step),))
            builds.add((build[0], build[1], build[2] + step, build[3]))
    builds |= {(15, 1, 1, 1), (14, 3, 123, 4), (15, 3, 1, 1), (15, 2, 99999, 9)}
    asked = sorted(builds)
    answers = subprocess.run([program], input="".join(".".join(map(str, one)) + "\n"
                                                      for one in asked),
                             capture_output=True, text=True, check=True).stdout.split("\n")
    wrong = 0
    for i, build in enumerate(asked):
        told, wanted = answers[3 * i:3 * i + 3], expected(build, rows, fixes, exploited)
        if told != wanted:
            wrong += 1
            print(f"{build}: told {told}, wanted {wanted}")
    print(f"{len(asked)} builds, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
