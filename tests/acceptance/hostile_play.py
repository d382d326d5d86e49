#!/usr/bin/env python3
# Evidence whose names are markup, formulas and controls
# SPDX-License-Identifier: Apache-2.0
"""Rewrites a played drill: names of hosts, programs, packages and destinations become what would
run, hide or turn text around wherever a report wrote them as they are. Nothing in it runs: it is
text in logs, and text must stay text."""
import argparse
import pathlib
import re
import sys

ESCAPE, BIDI = "\x1b", "\u202e"

# What is replaced in all logs alike, without regard to case; the replacement keeps `\1`.
NAMES = [
    (r"sync\.example\.net", "=cmd.example.net"),
    (r"(exampledocsafe)(setup\.exe)", r"\1<plaintext>\2"),
    (r"\b(ws)-(0000\d)", r"\1<script>-\2"),
]
# Only in JSON, where any character can be written.
JSON_NAMES = [
    (r"dscsvc\.exe", "@dscsvc" + ESCAPE + "[31m" + BIDI + "<img src=x onerror=alert(3)>.exe"),
]
MARKS = ["<script", "<plaintext", "<img", ESCAPE, BIDI]


def json_text(text):
    return "".join(f"\\u{ord(one):04x}" if ord(one) < 32 or ord(one) > 126 else one
                   for one in text).replace('"', '\\"')


def poison(directory):
    """Number of replacements made below `directory`/hosts and /servers."""
    count = 0
    for part in ("hosts", "servers"):
        for path in sorted((pathlib.Path(directory) / part).rglob("*")):
            if not path.is_file():
                continue
            text = path.read_bytes().decode("latin-1")
            is_json = text[:1] == "{"
            changed = 0
            for wanted, name in NAMES + (JSON_NAMES if is_json else []):
                name = json_text(name) if is_json else name
                # A replacement with groups is a template; one without is taken as it is.
                change = name if "\\1" in name else (lambda _, name=name: name)
                text, times = re.subn(wanted, change, text, flags=re.I)
                changed += times
            if changed:
                path.write_bytes(text.encode("latin-1"))
                count += changed
    return count


def reached(text):
    """Whether every kind of hostile name is in a report's values."""
    return all(mark in text for mark in MARKS)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", help="of a play: hosts/ and servers/ below it")
    print(poison(parser.parse_args().directory), "names replaced")
    return 0


if __name__ == "__main__":
    sys.exit(main())
