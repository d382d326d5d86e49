# Writes the archives that the intake's tests read
# SPDX-License-Identifier: Apache-2.0
"""usage: archives.py DIRECTORY: plain, nested, damaged and hostile archives, always the same."""
import bz2, gzip, io, lzma, os, struct, sys, tarfile, zipfile

os.chdir(sys.argv[1])
BLOCKS = b"BLCK1234" + bytes((i * 2654435761 >> 24) & 255 for i in range(20 * 65536 + 77))
LINES = b"".join(b"# line %d\n" % i for i in range(200000))
STAMP = (2024, 1, 2, 3, 4, 6)


def zip_bytes(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name, STAMP), data, method)
    return out.getvalue()


def tar_bytes(entries, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in entries:
            information = tarfile.TarInfo(name)
            information.size = len(data)
            archive.addfile(information, io.BytesIO(data))
    return out.getvalue()


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def rename_in_zip(data, old, new):
    assert len(old) == len(new)
    return data.replace(old, new)


def encrypt_flag(data):
    """Mark every entry as encrypted (the bytes are nonsense to any password)."""
    data = bytearray(data)
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


good = [("WKS7/C/Windows/a.blk", BLOCKS), ("b.log", LINES), ("odd.bin", b"??"), ("empty", b"")]
write("good.zip", zip_bytes(good))
write("stored.zip", zip_bytes(good, zipfile.ZIP_STORED))
write("good.tar", tar_bytes(good))
write("good.tar.gz", gzip.compress(tar_bytes(good), mtime=0))
write("good.tar.xz", lzma.compress(tar_bytes(good), preset=0))
write("b.log.gz", gzip.compress(LINES, mtime=0))
write("b.log.bz2", bz2.compress(LINES, 1))
write("a.blk.xz", lzma.compress(BLOCKS, preset=0))
write("none.gz", gzip.compress(b"", mtime=0))
write("none.zip", zip_bytes([]))
write("traversal.zip", zip_bytes([("../../tmp/vedette-was-here.log", b"# up\n"),
                                  ("/vedette-was-here.log", b"# root\n"),
                                  ("C:\\x\\..\\vedette-was-here.log", b"# drive\n")]))
write("names.zip", rename_in_zip(zip_bytes([("XXXX.log", b"# gbk\n"), ("YY\n\x1b.log", b"# odd\n")]),
                                 b"XXXX", b"\xc8\xd5\xd6\xbe"))

write("utf8.zip", zip_bytes([("\u4e3b\u673a/\u65e5\u5fd7.log", b"# x\n")]))

nested = zip_bytes([("b.log", LINES)])
for depth in range(2, 6):
    nested = zip_bytes([("in%d.log" % depth, b"# here\n"), ("deep%d.zip" % depth, nested),
                        ("z%d.log" % depth, b"# after\n")])
    write("nested%d.zip" % depth, nested)
write("mixed.tar.gz", gzip.compress(tar_bytes([("x.zip", zip_bytes([("b.log.gz", gzip.compress(LINES, mtime=0))])),
                                               ("y.log", b"# y\n")]), mtime=0))

write("truncated.log.gz", gzip.compress(LINES, mtime=0)[:200000])
write("truncated.zip", zip_bytes(good)[:300000])
damaged = bytearray(zip_bytes([("a.log", LINES), ("c.log", b"# c\n")]))
damaged[100000:100100] = bytes(100)
write("damaged.zip", bytes(damaged))
write("encrypted.zip", encrypt_flag(zip_bytes([("a.log", LINES), ("c.log", b"# c\n")])))
write("bomb.log.gz", gzip.compress(b"#" + bytes(64 << 20), mtime=0))
write("bomb.zip", zip_bytes([("zero.log", b"#" + bytes(64 << 20)), ("later.log", b"# later\n")]))
write("many.zip", zip_bytes([("m%05d" % i, b"") for i in range(3000)]))
write("small.zip", zip_bytes([("b.log", LINES[:3000]), ("c/d.log", b"# d\n"), ("x.gz", gzip.compress(LINES[:2000], mtime=0))]))
