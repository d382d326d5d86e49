#!/usr/bin/env python3
# Proofs of the ledger for every size up to 10,000
# SPDX-License-Identifier: Apache-2.0
"""Runs the ordinary test of Merkle trees with its brute force up to 10,000 leaves: for every size
the root, and proofs for four places, against RFC 6962 written down naively."""
import argparse
import os
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--leaves", type=int, default=10000)
    arguments = parser.parse_args()
    run = subprocess.run([f"{arguments.build}/tests/guard/test_merkle"], capture_output=True,
                         text=True, check=False,
                         env=dict(os.environ, VEDETTE_MERKLE_LEAVES=str(arguments.leaves)))
    print(run.stdout + run.stderr, end="")
    print(next((line for line in run.stdout.splitlines() if "proofs over" in line), "no figure"))
    return run.returncode


if __name__ == "__main__":
    sys.exit(main())
