#!/usr/bin/env python3
# Put the full chunks of event logs behind one fresh header
# SPDX-License-Identifier: Apache-2.0
"""usage: make_dense.py OUT MEGABYTES PATH...

Takes every chunk that is at least 90 % full and whose checksums hold out of the .evtx files
below PATH, in order of their paths, and repeats them until OUT has the wanted size. A dense
log is what a busy server's Security log looks like; samples are mostly unused tail.
"""
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
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    wanted = int(float(sys.argv[2]) * 1024 * 1024) // CHUNK
    chunks = []
    for root in map(pathlib.Path, sys.argv[3:]):
        for path in sorted(root.rglob("*.evtx")) if root.is_dir() else [root]:
            whole = path.read_bytes()
            for at in range(HEADER, len(whole), CHUNK):
                if chunk_is_whole(whole[at:at + CHUNK]):
                    chunks.append(whole[at:at + CHUNK])
    if not chunks:
        sys.exit("no full chunk there")
    with open(sys.argv[1], "wb") as out:
        out.write(header(max(wanted, 1)))
        for i in range(max(wanted, 1)):
            out.write(chunks[i % len(chunks)])
    print(f"{len(chunks)} full chunks, repeated to {max(wanted, 1)}")


if __name__ == "__main__":
    main()
