// Sigma's value modifiers and which go together
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#define BIT(name) (1u << MODIFIER_##name)
#define ENCODINGS (BIT(UTF16LE) | BIT(UTF16BE) | BIT(UTF16))
#define PLACES (BIT(CONTAINS) | BIT(STARTSWITH) | BIT(ENDSWITH))
#define TIMES (BIT(MINUTE) | BIT(HOUR) | BIT(DAY) | BIT(WEEK) | BIT(MONTH) | BIT(YEAR))
#define COMPARES (BIT(LT) | BIT(LTE) | BIT(GT) | BIT(GTE))
#define LISTS (BIT(ALL) | BIT(NEQ))
#define TEXTS                                                                                      \
    (LISTS | BIT(CASED) | BIT(WINDASH) | BIT(EXPAND) | ENCODINGS | BIT(BASE64) | BIT(BASE64OFFSET))

// Sigma modifiers appendix 2.1.0. `with`: the modifiers it has a meaning with; the relation is
// symmetrical (a test holds it).
static const struct modifier_row {
    const char *name;
    uint8_t modifier;
    uint32_t with;
} modifier_rows[] = {
    {"contains", MODIFIER_CONTAINS, TEXTS | BIT(FIELDREF)},
    {"startswith", MODIFIER_STARTSWITH, TEXTS | BIT(FIELDREF)},
    {"endswith", MODIFIER_ENDSWITH, TEXTS | BIT(FIELDREF)},
    {"all", MODIFIER_ALL,
     (TEXTS & ~BIT(ALL)) | PLACES | BIT(RE) | BIT(I) | BIT(M) | BIT(S) | BIT(CIDR) | BIT(FIELDREF) |
         COMPARES | TIMES},
    {"cased", MODIFIER_CASED, (TEXTS & ~BIT(CASED)) | PLACES | BIT(FIELDREF)},
    {"neq", MODIFIER_NEQ,
     (TEXTS & ~BIT(NEQ)) | PLACES | BIT(RE) | BIT(I) | BIT(M) | BIT(S) | BIT(CIDR) | BIT(FIELDREF) |
         TIMES},
    {"exists", MODIFIER_EXISTS, 0},
    {"re", MODIFIER_RE, LISTS | BIT(I) | BIT(M) | BIT(S)},
    {"i", MODIFIER_I, LISTS | BIT(RE) | BIT(M) | BIT(S)},
    {"m", MODIFIER_M, LISTS | BIT(RE) | BIT(I) | BIT(S)},
    {"s", MODIFIER_S, LISTS | BIT(RE) | BIT(I) | BIT(M)},
    {"cidr", MODIFIER_CIDR, LISTS | BIT(EXPAND)},
    {"base64", MODIFIER_BASE64, (TEXTS & ~(BIT(BASE64) | BIT(BASE64OFFSET))) | PLACES},
    {"base64offset", MODIFIER_BASE64OFFSET, (TEXTS & ~(BIT(BASE64) | BIT(BASE64OFFSET))) | PLACES},
    {"wide", MODIFIER_UTF16LE, (TEXTS & ~ENCODINGS) | PLACES},
    {"utf16le", MODIFIER_UTF16LE, (TEXTS & ~ENCODINGS) | PLACES},
    {"utf16be", MODIFIER_UTF16BE, (TEXTS & ~ENCODINGS) | PLACES},
    {"utf16", MODIFIER_UTF16, (TEXTS & ~ENCODINGS) | PLACES},
    {"windash", MODIFIER_WINDASH, (TEXTS & ~BIT(WINDASH)) | PLACES},
    {"expand", MODIFIER_EXPAND, (TEXTS & ~BIT(EXPAND)) | PLACES | BIT(CIDR)},
    {"fieldref", MODIFIER_FIELDREF, LISTS | BIT(CASED) | PLACES},
    {"lt", MODIFIER_LT, BIT(ALL) | TIMES},
    {"lte", MODIFIER_LTE, BIT(ALL) | TIMES},
    {"gt", MODIFIER_GT, BIT(ALL) | TIMES},
    {"gte", MODIFIER_GTE, BIT(ALL) | TIMES},
    {"minute", MODIFIER_MINUTE, LISTS | COMPARES},
    {"hour", MODIFIER_HOUR, LISTS | COMPARES},
    {"day", MODIFIER_DAY, LISTS | COMPARES},
    {"week", MODIFIER_WEEK, LISTS | COMPARES},
    {"month", MODIFIER_MONTH, LISTS | COMPARES},
    {"year", MODIFIER_YEAR, LISTS | COMPARES},
};

static const struct modifier_row *row_find(struct slice name) {
    for (size_t i = 0; i < ARRAY_SIZE(modifier_rows); i++)
        if (slice_equal_string(name, modifier_rows[i].name))
            return &modifier_rows[i];
    return NULL;
}

static const struct modifier_row *row_of(enum sigma_modifier modifier) {
    size_t i = 0;
    while (modifier_rows[i].modifier != modifier)
        i++;
    return &modifier_rows[i];
}

static enum status modifier_add(struct sigma_reader *reader, uint32_t line, struct slice name,
                                struct sigma_modifiers *modifiers) {
    const struct modifier_row *row = row_find(name);
    if (!row)
        return sigma_refuse(reader, line, "unknown modifier '%.*s'", SIGMA_TEXT(name));
    if (modifiers->mask >> row->modifier & 1)
        return sigma_refuse(reader, line, "the modifier '%s' is there twice", row->name);
    if (modifiers->count == SIGMA_MODIFIERS_MAX)
        return sigma_refuse(reader, line, "more than %d modifiers", SIGMA_MODIFIERS_MAX);
    uint32_t others = modifiers->mask & ~row->with;
    if (others) {
        enum sigma_modifier other = (enum sigma_modifier)__builtin_ctz(others);
        return sigma_refuse(reader, line, "the modifier '%s' cannot be used with '%s'", row->name,
                            row_of(other)->name);
    }
    uint32_t flags = BIT(I) | BIT(M) | BIT(S);
    if ((1u << row->modifier & flags) && !modifiers_have(modifiers, MODIFIER_RE))
        return sigma_refuse(reader, line, "the modifier '%s' only follows 're'", row->name);
    modifiers->mask |= 1u << row->modifier;
    modifiers->order[modifiers->count++] = row->modifier;
    return STATUS_OK;
}

enum status sigma_modifiers_read(struct sigma_reader *reader, const struct yaml_node *item,
                                 struct slice *ret_field, struct sigma_modifiers *ret_modifiers) {
    struct sigma_modifiers modifiers = {.count = 0};
    struct slice field = {NULL, 0};
    size_t from = 0;
    for (size_t i = 0; i <= item->key.size; i++) {
        if (i < item->key.size && item->key.data[i] != '|')
            continue;
        struct slice part = slice_part(item->key, from, i - from);
        enum status status = STATUS_OK;
        if (from == 0)
            field = part;
        else
            status = modifier_add(reader, item->key_line, part, &modifiers);
        if (status)
            return status;
        from = i + 1;
    }
    *ret_field = field;
    *ret_modifiers = modifiers;
    return STATUS_OK;
}
