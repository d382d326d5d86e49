# Tiny Windows programs made by hand
# SPDX-License-Identifier: Apache-2.0
"""What the tests of files look into: PE images with imports, version texts and signatures. None
of them can do anything: their code is one return."""
import pathlib
import shutil
import struct
import subprocess

SECTOR, PAGE = 0x200, 0x1000


def pad(data, size):
    return data + b"\0" * (-len(data) % size)


def node(name, value, children=b"", text=False):
    """A node of a version resource; everything at offsets that four divides."""
    value_size = len(value) // 2 if text else len(value)
    head = struct.pack("<HHH", 0, value_size, int(text)) + name.encode("utf-16-le") + b"\0\0"
    body = pad(pad(head, 4) + value, 4) + children
    return struct.pack("<H", len(body)) + body[2:]


def version(texts):
    rows = b"".join(pad(node(name, text.encode("utf-16-le") + b"\0\0", text=True), 4)
                    for name, text in texts.items())
    table = node("040904B0", b"", rows, True)
    return node("VS_VERSION_INFO", struct.pack("<13I", 0xFEEF04BD, 0x10000, *[0] * 11),
                node("StringFileInfo", b"", table, True))


def resources(data, start):
    """Three levels of one entry each, then the data's place, then the data."""
    def level(number, offset):
        return struct.pack("<IIHHHHII", 0, 0, 0, 0, 0, 1, number, offset)
    return (level(16, 0x80000018) + level(1, 0x80000030) + level(1033, 0x48) +
            struct.pack("<IIII", start + 0x58, len(data), 0, 0) + data)


def imports(libraries, start, wide):
    """Descriptors, thunks and names; a number is an ordinal."""
    size, flag = (8, 1 << 63) if wide else (4, 1 << 31)
    tables = b""
    at = start + 20 * (len(libraries) + 1)
    descriptors = []
    for library, functions in libraries:
        thunks, names = [], b""
        names_at = at + size * (len(functions) + 1)
        for function in functions:
            if isinstance(function, int):
                thunks.append(flag | function)
                continue
            thunks.append(names_at + len(names))
            names += pad(b"\0\0" + function.encode() + b"\0", 2)
        library_at = names_at + len(names)
        names = pad(names + library.encode() + b"\0", 8)
        table = b"".join(thunk.to_bytes(size, "little") for thunk in thunks + [0])
        descriptors.append(struct.pack("<5I", at, 0, 0, library_at, at))
        tables += table + names
        at += len(table) + len(names)
    return b"".join(descriptors) + bytes(20) + tables


def make_program(libraries=(), texts=None, wide=True, library=False):
    """The bytes of an image with sections .text, .rdata (imports) and .rsrc (version)."""
    parts = [(".text", b"\x31\xc0\xc3" + bytes(range(256)))]
    parts.append((".rdata", imports(libraries, 0x2000, wide) if libraries else b"none"))
    parts.append((".rsrc", resources(version(texts), 0x3000) if texts else b"none"))
    rows, body, raw = b"", b"", SECTOR * 2
    for i, (name, data) in enumerate(parts):
        padded = pad(data, SECTOR)
        rows += struct.pack("<8sIIIIIIHHI", name.encode(), len(data), PAGE * (i + 1), len(padded),
                            raw, 0, 0, 0, 0, 0x60000020)
        body += padded
        raw += len(padded)
    directories = [(0, 0)] * 16
    if libraries:
        directories[1] = (0x2000, 20 * (len(libraries) + 1))
    if texts:
        directories[2] = (0x3000, len(parts[2][1]))
    optional = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, SECTOR, SECTOR, 0, PAGE,
                           PAGE)
    optional += struct.pack("<Q", 0x140000000) if wide else struct.pack("<II", 0x2000, 0x400000)
    optional += struct.pack("<IIHHHHHHIIIIHH", PAGE, SECTOR, 6, 0, 0, 0, 6, 0, 0, PAGE * 4,
                            SECTOR * 2, 0, 3, 0)
    optional += (struct.pack("<4Q", 1 << 20, PAGE, 1 << 20, PAGE) if wide else
                 struct.pack("<4I", 1 << 20, PAGE, 1 << 20, PAGE)) + struct.pack("<II", 0, 16)
    optional += b"".join(struct.pack("<II", *one) for one in directories)
    machine = 0x8664 if wide else 0x14C
    head = b"MZ" + bytes(58) + struct.pack("<I", 0x40) + b"PE\0\0" + struct.pack(
        "<HHIIIHH", machine, len(parts), 1700000000, 0, 0, len(optional),
        0x2022 if library else 0x22)
    return pad(head + optional + rows, SECTOR * 2) + body


def signed(directory, path):
    """`path` signed with a key of our own by osslsigncode; None when there is none."""
    if not shutil.which("osslsigncode") or not shutil.which("openssl"):
        return None
    directory = pathlib.Path(directory)
    key, certificate, out = directory / "key.pem", directory / "cert.pem", directory / "signed.exe"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                    "-subj", "/C=ZZ/O=Example Works/CN=Example Works Code Signing",
                    "-addext", "extendedKeyUsage=codeSigning", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    subprocess.run(["osslsigncode", "sign", "-certs", certificate, "-key", key, "-h", "sha256",
                    "-in", path, "-out", out], check=True, capture_output=True)
    return out
