# Files as evidence, held against other tools
# SPDX-License-Identifier: Apache-2.0
import collections
import hashlib
import json
import math
import random
import unittest
import zipfile
import zlib

from evidence import EvidenceCase
from programs import make_program, signed

try:
    import pefile
except ImportError:
    pefile = None

LIBRARIES = [("KERNEL32.dll", ["CreateFileW", "Sleep"]), ("WS2_32.dll", ["WSASend", 23, 3, 4000]),
             ("OLEAUT32.dll", [2, 9999]), ("driver.sys", ["??0Thing@@QAE@XZ"]),
             ("odd.cpl", [1, "a b", "Fine"])]
TEXTS = {"CompanyName": "Example Works", "ProductName": "Ex\u00e4mple", "FileVersion": "1.2.3.4",
         "OriginalFilename": "example.exe", "FileDescription": "\u6587\u4ef6 updater",
         "InternalName": "ex", "ProductVersion": "1.2"}
IMPORTS = ("kernel32.createfilew,kernel32.sleep,ws2_32.wsasend,ws2_32.socket,ws2_32.closesocket,"
           "ws2_32.ord4000,oleaut32.sysallocstring,oleaut32.ord9999,driver.??0thing@@qae@xz,"
           "odd.cpl.ord1,odd.cpl.fine")


def entropy(data):
    return abs(sum(n / len(data) * math.log2(n / len(data))
                for n in collections.Counter(data).values())) if data else 0.0


def coincidence(data):
    pairs = sum(n * (n - 1) for n in collections.Counter(data).values())
    return pairs / (len(data) * (len(data) - 1)) if len(data) > 1 else 0.0


class Files(EvidenceCase):
    def files(self, *words):
        out = self.call("events", "--raw", *words).stdout
        return [json.loads(line) for line in out.splitlines()]

    def one(self, path):
        found = self.files("--files", path)
        self.assertEqual(len(found), 1)
        return found[0]

    def assert_digests(self, found, data):
        for name in ("sha256", "sha1", "md5"):
            self.assertEqual(found[name], hashlib.new(name, data).hexdigest())
        self.assertEqual(found["Size"], str(len(data)))
        self.assertIn("SHA256=" + found["sha256"].upper(), found["Hashes"])

    def test_digests_of_any_size(self):
        for size in (1, 63, 64, 65, 65536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20):
            data = b"\x01" + random.Random(size).randbytes(size - 1)
            self.assert_digests(self.one(self.put("f.bin", data)), data)

    def test_in_archives(self):
        members = {"a.bin": b"\x02" * 10, "deep/b.bin": random.Random(1).randbytes(9 << 20)}
        path = self.evidence / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        found = self.files("--files", path)
        self.assertEqual([one["TargetFilename"] for one in found],
                         [f"{path}!{name}" for name in members])
        for one, data in zip(found, members.values()):
            self.assert_digests(one, data)

    def test_only_pages_unless_asked(self):
        self.put("d/page.aspx", b"<%@ Page %>")
        self.put("d/other.bin", b"\0\1\2")
        self.assertEqual(len(self.files(self.evidence / "d")), 1)
        self.assertEqual(len(self.files("--files", self.evidence / "d")), 2)

    def test_original_path(self):
        path = self.put("HOST1/C/Windows/Temp/a.bin", b"\0")
        self.assertEqual(self.one(path)["TargetFilename"], "C:\\Windows\\Temp\\a.bin")
        path = self.put("u/uploads/ntfs/C%3A/a.bin", b"\0")
        self.assertEqual(self.one(path)["TargetFilename"], "C:\\a.bin")

    def test_script_measures(self):
        texts = {
            "plain.php": b"<?php\nfunction add($a, $b) {\n    return $a + $b;\n}\n" * 40,
            "packed.php": b"<?php eval(gzinflate('" +
                          random.Random(2).randbytes(3000).hex().encode() + b"'));",
            "one.ps1": b"x",
            "long.js": b"var a=1;\n" * 300000,
        }
        for name, data in texts.items():
            found = self.one(self.put(name, data))
            self.assertEqual(found["Entropy"], f"{entropy(data):.4f}")
            self.assertEqual(found["CoincidenceIndex"], f"{coincidence(data):.4f}")
            self.assertEqual(found["LongestToken"], str(max(map(len, data.split()))))
            self.assertEqual(found["CompressedShare"],
                             f"{len(zlib.compress(data)) / len(data):.4f}")

    def test_program(self):
        for wide in (True, False):
            data = make_program(LIBRARIES, TEXTS, wide, library=wide)
            path = self.put("p.bin", data)
            found = self.one(path)
            self.assert_digests(found, data)
            self.assertEqual(found["FileType"],
                             "Windows library AMD64" if wide else "Windows program I386")
            self.assertEqual(found["Imphash"], hashlib.md5(IMPORTS.encode()).hexdigest())
            self.assertEqual(found["LinkTime"], "2023-11-14T22:13:20.000000Z")
            self.assertEqual(found["SignatureState"], "unsigned")
            for name, text in (("Company", "Example Works"), ("Product", "Ex\u00e4mple"),
                               ("Description", "\u6587\u4ef6 updater"), ("FileVersion", "1.2.3.4"),
                               ("OriginalFileName", "example.exe"), ("ProductVersion", "1.2")):
                self.assertEqual(found[name], text)
            self.assertTrue(found["Sections"].startswith(
                f".text {entropy(data[0x400:0x600]):.2f}, .rdata "), found["Sections"])

    @unittest.skipUnless(pefile, "python3-pefile is not installed")
    def test_program_as_pefile_reads_it(self):
        data = make_program(LIBRARIES, TEXTS, False)
        found = self.one(self.put("p.bin", data))
        image = pefile.PE(data=data)
        self.assertEqual(found["Imphash"], image.get_imphash())
        self.assertEqual(found["Sections"], ", ".join(
            f"{one.Name.rstrip(bytes(1)).decode()} {one.get_entropy():.2f}"
            for one in image.sections))

    def test_signature(self):
        path = self.put("p.exe", make_program(LIBRARIES, TEXTS))
        other = signed(self.evidence, path)
        if not other:
            self.skipTest("osslsigncode is not installed")
        found = self.one(other)
        self.assertEqual(found["SignatureState"], "file is what was signed")
        self.assertEqual(found["SignedBy"], "Example Works Code Signing")
        self.assertEqual(found["SignerIssuer"], "CN=Example Works Code Signing,O=Example Works,C=ZZ")
        data = bytearray(other.read_bytes())
        data[0x410] ^= 1
        found = self.one(self.put("changed.exe", data))
        self.assertEqual(found["SignatureState"], "file differs from what was signed")
        self.assertEqual(found["SignedBy"], "Example Works Code Signing")
        data[0x410] ^= 1
        at = data.rindex(b"\x04\x82\x01\x00") + 40  # in the signature's own octets
        data[at] ^= 1
        found = self.one(self.put("forged.exe", data))
        self.assertEqual(found["SignatureState"], "not made by the named certificate")
        found = self.one(self.put("cut.exe", other.read_bytes()[:-200]))
        self.assertEqual(found["SignatureState"], "signature cannot be read")

    def test_rules_see_files(self):
        path = self.put("HOST1/C/Users/Public/bad.bin", b"\0bad")
        digest = hashlib.sha256(b"\0bad").hexdigest()
        (self.rules / "hash.yml").write_text(f"""title: A known file
id: 44444444-4444-4444-8444-444444444444
status: stable
level: high
logsource: {{product: windows, category: file_event}}
detection:
    hash:
        Hashes|contains: SHA256={digest.upper()}
    place:
        TargetFilename|startswith: C:\\Users\\Public\\
    condition: hash and place
""")
        found = self.findings("--files", self.evidence)
        self.assertEqual([one["rule"]["name"] for one in found], ["A known file"])
        self.assertEqual(found[0]["host"]["name"], "HOST1")
        self.assertEqual(found[0]["evidence"]["sha256"], digest)
        self.assertEqual(found[0]["evidence"]["file"], str(path))

    def test_evidence_is_the_file(self):
        path = self.put("a.bin", b"\0\1\2")
        out = self.call("evidence", "--bytes", f"{path}:0").stdout
        self.assertEqual(out, b"\0\1\2")


if __name__ == "__main__":
    unittest.main()
