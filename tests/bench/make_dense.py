#!/usr/bin/env python3
# Put the full chunks of event logs behind one fresh header
# SPDX-License-Identifier: Apache-2.0
"""Takes every chunk that is at least 90 % full and whose checksums hold out of the .evtx files
below PATH, in order of their paths, and repeats them until OUT has the wanted size. A dense
log is what a busy server's Security log looks like; samples are mostly unused tail.
"""
import argparse
import os
import pathlib
import struct
import sys
import zlib

HEADER = 4096
CHUNK = 65536


def chunk_is_whole(chunk):
    if len(chunk) < CHUNK or chunk[:8] != b"ElfChnk\0":
        return False
    free, = struct.unpack_from("<I", chunk, 48)
    if not 0.9 * CHUNK <= free <= CHUNK:
        return False
    data, = struct.unpack_from("<I", chunk, 52)
    header, = struct.unpack_from("<I", chunk, 124)
    return (zlib.crc32(chunk[512:free]) == data
            and zlib.crc32(chunk[:120] + chunk[128:512]) == header)


def header(chunks):
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, chunks - 1, 1, 128, 1, 3, HEADER,
                       min(chunks, 0xFFFF))
    head = head.ljust(120, b"\0")
    return (head + struct.pack("<II", 0, zlib.crc32(head))).ljust(HEADER, b"\0")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, required=True, help="wanted size")
    parser.add_argument("--output", required=True)
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    wanted = max(1, arguments.bytes // CHUNK)
    chunks = []
    for root in arguments.paths:
        for path in sorted(root.rglob("*.evtx")) if root.is_dir() else [root]:
            whole = path.read_bytes()
            for at in range(HEADER, len(whole), CHUNK):
                if chunk_is_whole(whole[at:at + CHUNK]):
                    chunks.append(whole[at:at + CHUNK])
    if not chunks:
        sys.exit("no full chunk there")
    with open(arguments.output + ".new", "wb") as out:
        out.write(header(wanted))
        for i in range(wanted):
            out.write(chunks[i % len(chunks)])
    os.replace(arguments.output + ".new", arguments.output)
    print(f"{len(chunks)} full chunks, repeated to {wanted}")


if __name__ == "__main__":
    main()
