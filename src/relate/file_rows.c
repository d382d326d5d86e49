// Rows: what inventories and disk tools say
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_row.h"

#include "base/slice.h"

// Columns go by the names that decode/forensic.def gives them. SHA-1 stands in no part: what is
// compared across sources is SHA-256.
#define FOUND FOUND_ON("!")
// A web root that was copied alone names no host.
#define FOUND_ON(must)                                                                             \
    "to=@host:host" must "; artefact=TargetFilename:volume!; "                                     \
    "detail0=sha256:sha256|Hashes:sha256; "

#define LOG(name, what, text, only)                                                                \
    { .format = name, .code = ROW_ANY_CODE, .kind = RELATION_##what, .parts = text, .when = only }

static const struct relation_row ROWS[] = {
    LOG("mft", FILE, FOUND "detail2='listed'", "IsDirectory!=True; InUse!=False"),
    LOG("mft", FILE, FOUND "detail2='deleted'", "IsDirectory!=True; InUse=False"),
    LOG("usn", FILE, FOUND "detail2='created'", "UpdateReasons~FileCreate"),
    LOG("usn", FILE, FOUND "detail2='deleted'", "UpdateReasons~FileDelete"),
    LOG("amcache", FILE, FOUND "detail2='executed'", NULL),
    LOG("shimcache", FILE, FOUND "detail2='executed'", NULL),
    LOG("prefetch", FILE, FOUND "detail2='executed'", NULL),
    LOG("file_inventory", FILE, FOUND "detail1=SignedBy; detail2='listed'", NULL),
    LOG("web_root", FILE, FOUND "detail2='listed'", NULL),
    LOG("file", FILE, FOUND "detail1=SignedBy; detail2='listed'", "Entropy="),
    LOG("file", FILE,
        FOUND_ON("") "detail2='listed'; in=Size; "
                     "detail3=Entropy&CoincidenceIndex&LongestToken&CompressedShare",
        "Entropy!="),
    LOG("software_inventory", SOFTWARE,
        "to=@host:host!; artefact=DisplayName:lower!; detail0=DisplayVersion; detail1=Publisher",
        NULL),
};

const struct relation_family relation_family_files = {ROWS, ARRAY_SIZE(ROWS)};
