#!/usr/bin/env python3
# Canonical bytes against another implementation
# SPDX-License-Identifier: Apache-2.0
"""Generated documents through our scanner (fed to `canonical_lines`, one JSON text a line) and
through securesystemslib's encode_canonical when it is there, else a few lines of Python that say
the same (OLPC canonical JSON). The bytes must be equal for every document, however it is indented,
ordered and escaped. What Python's json takes and we refuse by design is left out."""
import argparse
import json
import random
import re
import subprocess
import sys

try:
    from securesystemslib.formats import encode_canonical
    ORACLE = "securesystemslib"
except ImportError:
    ORACLE = "Python's json"
    encode_canonical = None

CHARACTERS = ("abcxyzABC0189 _-./:\"\\\n\t\r\b\f\x01\x1f\x7f\u0080\u00e9\u00df\u0416\u4e2d\u6587"
              "\u2028\u200b\ufeff\ufffd\uff5e\ud7ff\ue000\U0001f600\U00010000\U0010ffff")


def canonical(value):
    if encode_canonical:
        return encode_canonical(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"%s"' % re.sub(r'(["\\])', r"\\\1", value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}"
                          for key in sorted(value)) + "}"


def text(dice):
    return "".join(dice.choice(CHARACTERS) for _ in range(dice.choice((0, 1, 2, 3, 5, 8, 17, 30))))


def document(dice, depth=0):
    kind = dice.randrange(8 if depth < 4 else 4)
    if kind < 2:
        return text(dice)
    if kind == 2:
        return dice.choice((0, 1, -1, 7, -42, 2**31, 2**53 + 1, -2**53 - 1, 2**63 - 1, -2**63,
                            dice.randrange(-10**12, 10**12)))
    if kind == 3:
        return dice.choice((True, False, None))
    size = dice.choice((0, 1, 2, 3, 4))
    if kind < 6:
        return [document(dice, depth + 1) for _ in range(size)]
    return {text(dice): document(dice, depth + 1) for _ in range(size)}


SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "/": "\\/", '"': '\\"',
         "\\": "\\\\"}


def write_text(dice, value):
    """A JSON string with escapes that it needs, and some that it does not."""
    written = []
    for character in value:
        code = ord(character)
        must = code < 0x20 or character in '"\\'
        if character in SHORT and (must or character == "/") and dice.random() < 0.7:
            written.append(SHORT[character])
        elif must or dice.random() < 0.2:
            units = character.encode("utf-16-be")
            written.append("".join(f"\\u{int.from_bytes(units[i:i + 2], 'big'):04{dice.choice('xX')}}"
                                   for i in range(0, len(units), 2)))
        else:
            written.append(character)
    return '"' + "".join(written) + '"'


def write(dice, value):
    """JSON with white space wherever it may stand."""
    def space():
        return dice.choice(("", "", "", " ", "\t", "\r ", "  "))
    if isinstance(value, str):
        return write_text(dice, value)
    if isinstance(value, list):
        return "[" + ",".join(space() + write(dice, inner) + space() for inner in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{space()}{write_text(dice, key)}{space()}:{space()}"
                              f"{write(dice, inner)}{space()}"
                              for key, inner in value.items()) + "}"
    return json.dumps(value)


def shuffle(dice, value):
    if isinstance(value, dict):
        items = [(key, shuffle(dice, inner)) for key, inner in value.items()]
        dice.shuffle(items)
        return dict(items)
    return [shuffle(dice, inner) for inner in value] if isinstance(value, list) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="tests/guard/canonical_lines, as built")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    texts, expected = [], []
    while len(texts) < arguments.count:
        value = shuffle(dice, {"signed": document(dice), text(dice): document(dice)})
        written = write(dice, value)
        assert json.loads(written) == value
        texts.append(written.encode())
        expected.append(canonical(value).encode())
    run = subprocess.run([arguments.program], input=b"\n".join(texts) + b"\n",
                         capture_output=True, check=False)
    if run.returncode:
        sys.exit(f"canonical_lines: {run.stderr.decode()}")
    given = run.stdout.splitlines()
    wrong = [number for number, (one, other) in enumerate(zip(given, expected))
             if bytes.fromhex(one.decode()) != other]
    if len(given) != len(expected) or wrong:
        print(texts[wrong[0]] if wrong else f"{len(given)} answers")
        sys.exit(f"{len(wrong)} of {len(expected)} differ")
    print(f"{len(expected)} documents: canonical bytes equal those of {ORACLE}")


if __name__ == "__main__":
    main()
