# A zip as Chinese Windows makes it: names in GBK, not marked as UTF-8
# SPDX-License-Identifier: Apache-2.0
import zipfile


class Entry(zipfile.ZipInfo):
    def _encodeFilenameFlags(self):
        return self.bytes, 0


LOG = ("#Fields: date time s-ip cs-method cs-uri-stem sc-status\n"
       "2026-03-02 00:00:01 10.0.0.1 GET /shell 200\n")
with zipfile.ZipFile("logs.zip", "w") as archive:
    for number, name in enumerate(["合同评审.log".encode("gbk"), "café.log".encode("latin-1"),
                                   b"plain.log"]):
        entry = Entry(str(number))
        entry.bytes = name
        archive.writestr(entry, LOG)
