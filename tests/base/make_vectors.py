#!/usr/bin/env python3
# Test vectors for base/: Python's answers, seeded
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/base/vectors/*.tsv. Run again only when a kind of vector is added: the files are
part of the tree, so that the tests need no Python."""
import codecs
import datetime
import hashlib
import pathlib
import random
import zlib

HERE = pathlib.Path(__file__).resolve().parent / "vectors"
EPOCH = datetime.datetime(1970, 1, 1)
FILETIME_EPOCH = 116444736000000000
INT64_MIN, INT64_MAX = -2**63, 2**63 - 1
dice = random.Random(20261122)


def civil(time_ns):
    seconds, rest = divmod(time_ns, 10**9)
    return EPOCH + datetime.timedelta(seconds=seconds), rest


def clock_text(time_ns):
    date, rest = civil(time_ns)
    fraction = f"{rest // 1000:06d}" if rest % 1000 == 0 else f"{rest:09d}"
    return date.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + fraction + "Z"


def clock_times():
    edges = [0, 1, -1, 999, 1000, -1000, 10**9, -10**9, INT64_MAX, INT64_MIN + 1, INT64_MIN + 2,
             951782400 * 10**9, 951868800 * 10**9 - 1, -2203891200 * 10**9, 4107542400 * 10**9]
    for year in (1678, 1700, 1800, 1900, 1904, 1970, 1999, 2000, 2024, 2026, 2100, 2200, 2261):
        for month, day in ((1, 1), (2, 28), (3, 1), (12, 31)):
            edges.append(int((datetime.datetime(year, month, day) - EPOCH).total_seconds())
                         * 10**9 + dice.choice((0, 1, 999999999, 123456000)))
    return edges + [dice.randrange(INT64_MIN + 1, INT64_MAX + 1) for _ in range(300)]


def clock_vectors():
    for time_ns in clock_times():
        date, rest = civil(time_ns)
        yield ("date", time_ns, date.year, date.month, date.day, date.hour, date.minute,
               date.second, rest, (date.weekday() + 1) % 7)
        yield "format", time_ns, clock_text(time_ns)
    for _ in range(200):
        filetime = dice.randrange(0, 2**63) if dice.random() < .2 else \
            FILETIME_EPOCH + dice.randrange(-10**16, 5 * 10**16)
        time_ns = (filetime - FILETIME_EPOCH) * 100
        yield "filetime", filetime, max(INT64_MIN + 1, min(INT64_MAX, time_ns))
    for filetime in (0, 1, FILETIME_EPOCH, 2**63 - 1, 2**63, 2**64 - 1):
        time_ns = (filetime - FILETIME_EPOCH) * 100
        yield "filetime", filetime, max(INT64_MIN + 1, min(INT64_MAX, time_ns))
    for _ in range(300):
        yield from clock_parse_vector()
    for text in ("", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "1900-02-29", "2026-1-1",
                 "2026-01-01T", "2026-01-01T24:00:00", "2026-01-01T12:60:00",
                 "2026-01-01T12:00:61", "2026-01-01T12", "2026-01-01T12:00:00.",
                 "2026-01-01T12:00:00Zx", "2026-01-01T12:00:00+1", "2026-01-01T12:00:00+19:00",
                 "2026-01-01T12:00:00+01:60", "2026-01-01T12:00:", "2026-01-01x12:00:00",
                 "2026-01-0a", "-2026-01-01", "2026-01-01T12:00:00+01:", " 2026-01-01",
                 "2026-04-31", "2026-01-32", "2026-01-00", "20260101", "2026-01-01T1:00:00"):
        yield "reject", text


def clock_parse_vector():
    date = EPOCH + datetime.timedelta(seconds=dice.randrange(-9 * 10**9, 9 * 10**9))
    digits = dice.randrange(0, 10)
    fraction = f"{dice.randrange(10**digits):0{digits}d}" if digits else ""
    rest = int(fraction.ljust(9, "0")) if digits else 0
    minutes = dice.choice((0, 0, 60, -300, 330, 345, -210, 840, -720, 1))
    zone = dice.choice(("Z", "z", "", "+00:00", "-0000")) if minutes == 0 else \
        f"{'+' if minutes > 0 else '-'}{abs(minutes) // 60:02d}" \
        f"{dice.choice((':', ''))}{abs(minutes) % 60:02d}"
    text = date.strftime("%Y-%m-%d") + dice.choice(("T", "t", " ")) + date.strftime("%H:%M:%S")
    if digits:
        text += dice.choice((".", ",")) + fraction
    time_ns = int((date - EPOCH).total_seconds()) * 10**9 + rest - minutes * 60 * 10**9
    yield "parse", text + zone, time_ns


def one_byte_replace(error):
    return "\ufffd", error.start + 1


codecs.register_error("one_byte", one_byte_replace)


def random_text(size):
    ranges = ((0x20, 0x7f), (0x20, 0x7f), (0x20, 0x7f), (0, 0x20), (0x7f, 0x100), (0x100, 0xd800),
              (0xe000, 0x10000), (0x10000, 0x110000), (0x200b, 0x2070))
    return "".join(chr(dice.randrange(*dice.choice(ranges))) for _ in range(size))


def random_utf16():
    units = [dice.choice((dice.randrange(0x80), dice.randrange(0x80), dice.randrange(0x10000),
                          dice.randrange(0xd800, 0xdc00), dice.randrange(0xdc00, 0xe000)))
             for _ in range(dice.randrange(40))]
    run = [dice.randrange(0x20, 0x7f) for _ in range(dice.randrange(30))]
    units = run + units if dice.random() < .5 else units + run
    return b"".join(unit.to_bytes(2, "little") for unit in units)


def damaged_utf8():
    data = bytearray(random_text(dice.randrange(30)).encode())
    for _ in range(dice.randrange(4)):
        if data:
            at = dice.randrange(len(data))
            if dice.random() < .5:
                data[at] = dice.randrange(256)
            else:
                del data[at]
    return bytes(data)


def is_unsafe(code):
    """Controls and what turns or hides text, as src/base/text.c lists them."""
    return (code < 0x20 or 0x7f <= code < 0xa0 or code in (0x61c, 0xfeff) or
            0x200b <= code <= 0x200f or 0x2028 <= code <= 0x202e or 0x2060 <= code <= 0x206f or
            0xe0000 <= code <= 0xe007f)


def csv_character(character):
    code = ord(character)
    if 0xdc80 <= code <= 0xdcff:  # a byte that is not UTF-8
        return f"\\x{code - 0xdc00:02x}"
    if character in "\t\r\n" or not is_unsafe(code):
        return '""' if character == '"' else character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def csv_field(data):
    text = data.decode("utf-8", "surrogateescape")
    formula = text[:1] in tuple("=+-@\t\r\n＝＋－＠")
    inside = "".join(map(csv_character, text)).encode()
    if not formula and not any(byte in data for byte in b',"\r\n'):
        return inside
    return b'"' + (b"'" if formula else b"") + inside + b'"'


def cp1252_text(data):
    return "".join(bytes([byte]).decode("cp1252" if byte not in (0x81, 0x8d, 0x8f, 0x90, 0x9d)
                                        else "latin-1") for byte in data)


def text_vectors():
    for _ in range(400):
        data = random_utf16()
        yield "utf16", data.hex(), data.decode("utf-16-le", "replace").encode().hex()
    for size in (0, 1, 7, 8, 9, 15, 16, 17, 64):
        data = bytes(dice.randrange(0x20, 0x7f) for _ in range(size))
        yield "utf16", data.decode().encode("utf-16-le").hex(), data.hex()
    yield "cp1252", bytes(range(256)).hex(), cp1252_text(bytes(range(256))).encode().hex()
    edges = [b"\xc0\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf",
             b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xc2",
             b"\xe1\x80", b"\xf1\x80\x80", b"\x80", b"a\xffb", b"\xee\x80\x80", b"\xdf\xbf"]
    for data in edges + [damaged_utf8() for _ in range(300)]:
        try:
            good = bool(data.decode()) or True
        except UnicodeDecodeError:
            good = False
        yield "valid", data.hex(), int(good)
        yield "json", data.hex(), json_text(data.decode("utf-8", "one_byte")).encode().hex()
        yield "csv", data.hex(), csv_field(data).hex()
        yield "fold", data.hex(), data.lower().hex()
    for data in (b"=1+1", b"+1", b"-1", b"@SUM(A1)", b"\tx", b"\rx", b"a,b", b'say "hi"', b"", b"a b",
                 b"a=b", b'"', b"x\ny", b"\n=1", "＝1".encode(), "a\u202eb".encode(), b"a\x1b[2J\xff",
                 "a\U000e0041b".encode(), "a\u2028b".encode(), b"\x7f"):
        yield "csv", data.hex(), csv_field(data).hex()
        yield "json", data.hex(), json_text(data.decode("utf-8", "one_byte")).encode().hex()


def json_character(character):
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in short:
        return short[character]
    if not is_unsafe(ord(character)):
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))


def json_text(text):
    return '"' + "".join(map(json_character, text)) + '"'


def digest_vectors():
    for size in (0, 1, 55, 56, 63, 64, 65, 119, 128, 1000, 4096):
        data = dice.randbytes(size)
        yield "sha256", data.hex(), hashlib.sha256(data).hexdigest()
        yield "crc32", data.hex(), zlib.crc32(data)


def main():
    for name, vectors in (("clock", clock_vectors()), ("text", text_vectors()),
                          ("digest", digest_vectors())):
        lines = ("\t".join(str(part) for part in vector) for vector in vectors)
        (HERE / f"{name}.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
