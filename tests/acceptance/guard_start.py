#!/usr/bin/env python3
# From nothing to a guarded directory, timed
# SPDX-License-Identifier: Apache-2.0
"""The five commands of the README over a directory of 1,000 files (50 MB) and its backup, with keys
locked by passphrases; seconds of each, and of all."""
import argparse
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]


def readme_commands():
    text = (TOP / "README.md").read_text()
    block = re.search(r"five commands.*?```sh\n(.*?)```", text, re.S | re.I)
    return [line.split("#")[0].split() for line in block[1].splitlines() if line.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vedette", required=True)
    parser.add_argument("--files", type=int, default=1000)
    arguments = parser.parse_args()
    vedette = str(pathlib.Path(arguments.vedette).resolve())
    dice, seconds = random.Random(1), []
    with tempfile.TemporaryDirectory(prefix="vedette-start-") as name:
        top = pathlib.Path(name)
        for n in range(arguments.files):
            path = top / "upgrade" / f"p{n % 20}" / f"package-{n}.msi"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(dice.randbytes(50000))
        shutil.copytree(top / "upgrade", top / "backup")
        (top / "passphrase").write_text("correct horse battery\n")
        for words in readme_commands():
            words = [vedette, *(str(top / "upgrade") if word == "/srv/upgrade" else
                                str(top / "backup") if word == "/mnt/backup" else word
                                for word in words[1:])]
            if words[2] in ("key", "sign"):
                words += ["--passphrase-file", "passphrase"]
            if words[2] == "sign":
                words += ["--yes"]
            start = time.monotonic()
            run = subprocess.run(words, cwd=top, capture_output=True, text=True, check=False)
            seconds.append((words[2], time.monotonic() - start))
            if run.returncode:
                sys.exit(f"{' '.join(words)}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        print(run.stdout, end="")
    parts = ", ".join(f"{word} {value:.1f} s" for word, value in seconds)
    print(f"{arguments.files} files guarded in {sum(value for _, value in seconds):.1f} s: {parts}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
