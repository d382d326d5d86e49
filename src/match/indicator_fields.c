// Which fields can hold which kind of indicator
// SPDX-License-Identifier: Apache-2.0
#include "match/indicator_fields.h"

#include "base/text.h"

enum {
    NAME_MAX_BYTES = 64
};

#define BIT(kind) (1u << INDICATOR_##kind)
#define WHERE (BIT(ADDRESS) | BIT(NETWORK))

// How a field's name shows what it holds, first row that fits. Names are in lower case, without
// '-', '_' and blanks.
static const struct {
    enum {
        NAME_IS,
        NAME_HAS,
        NAME_ENDS,
        NAME_STARTS
    } how;
    const char *part;
    unsigned kinds;
} NAMES[] = {
    {NAME_HAS, "uriquery", 0},
    {NAME_HAS, "uristem", BIT(PATH)},
    {NAME_HAS, "hash", BIT(HASH)},
    {NAME_STARTS, "md5", BIT(HASH)},
    {NAME_STARTS, "sha1", BIT(HASH)},
    {NAME_STARTS, "sha256", BIT(HASH)},
    {NAME_IS, "sha512", BIT(HASH)},
    {NAME_HAS, "pipename", BIT(PIPE)},
    {NAME_HAS, "relativetargetname", BIT(PIPE) | BIT(PATH)},
    {NAME_HAS, "mutex", BIT(MUTEX)},
    {NAME_HAS, "mutant", BIT(MUTEX)},
    {NAME_IS, "objectname", BIT(MUTEX) | BIT(PATH)},
    {NAME_HAS, "sender", BIT(MAIL)},
    {NAME_HAS, "recipient", BIT(MAIL)},
    {NAME_HAS, "returnpath", BIT(MAIL)},
    {NAME_HAS, "mail", BIT(MAIL)},
    {NAME_IS, "rcptto", BIT(MAIL)},
    {NAME_IS, "from", BIT(MAIL)},
    {NAME_IS, "to", BIT(MAIL)},
    {NAME_HAS, "queryresult", WHERE | BIT(DOMAIN)},
    {NAME_HAS, "answers", WHERE | BIT(DOMAIN)},
    {NAME_IS, "queryname", WHERE | BIT(DOMAIN)},
    {NAME_IS, "query", WHERE | BIT(DOMAIN)},
    {NAME_IS, "qname", WHERE | BIT(DOMAIN)},
    {NAME_HAS, "servername", BIT(DOMAIN) | WHERE},
    {NAME_IS, "sni", BIT(DOMAIN)},
    {NAME_HAS, "url", BIT(URL)},
    {NAME_IS, "uri", BIT(URL) | BIT(PATH)},
    {NAME_HAS, "refer", BIT(URL)},
    {NAME_HAS, "domainname", 0},
    {NAME_HAS, "ipaddress", WHERE},
    {NAME_HAS, "address", WHERE | BIT(DOMAIN)},
    {NAME_ENDS, "addr", WHERE},
    {NAME_ENDS, "ip", WHERE},
    {NAME_STARTS, "xforwardedfor", WHERE},
    {NAME_IS, "id.origh", WHERE},
    {NAME_IS, "id.resph", WHERE},
    {NAME_IS, "rhost", WHERE | BIT(DOMAIN)},
    {NAME_IS, "sa", WHERE},
    {NAME_IS, "da", WHERE},
    {NAME_IS, "srcip", WHERE},
    {NAME_HAS, "host", WHERE | BIT(DOMAIN)},
    {NAME_HAS, "domain", BIT(DOMAIN)},
    {NAME_IS, "destination", WHERE | BIT(DOMAIN)},
    {NAME_IS, "source", WHERE | BIT(DOMAIN)},
    {NAME_HAS, "image", BIT(PATH)},
    {NAME_HAS, "path", BIT(PATH)},
    {NAME_HAS, "file", BIT(PATH)},
    {NAME_HAS, "processname", BIT(PATH)},
    {NAME_IS, "name", BIT(PATH)},
};

static bool name_fits(struct slice name, size_t row) {
    struct slice part = slice_of_string(NAMES[row].part);
    switch (NAMES[row].how) {
    case NAME_IS:
        return slice_equal(name, part);
    case NAME_HAS:
        return name.size && memmem(name.data, name.size, part.data, part.size);
    case NAME_ENDS:
        return slice_ends(name, part);
    case NAME_STARTS:
        return slice_starts(name, part);
    }
    return false;
}

unsigned indicator_field_kinds(struct slice name) {
    uint8_t folded[NAME_MAX_BYTES];
    size_t size = 0;
    for (size_t i = 0; i < name.size && size < sizeof folded; i++)
        if (name.data[i] != '-' && name.data[i] != '_' && name.data[i] != ' ')
            folded[size++] = name.data[i];
    text_fold_ascii(folded, size, folded);
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (name_fits(slice_of(folded, size), i))
            return NAMES[i].kinds;
    return 0;
}
