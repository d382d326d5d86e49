// Numbers, networks and parts of time in Sigma values
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

enum {
    NUMBER_TEXT_SIZE = 64
};

static bool digits_read(struct slice text, unsigned base, uint64_t *ret_number) {
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        unsigned digit = byte >= '0' && byte <= '9'   ? byte - '0' + 0u
                         : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10u
                         : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10u
                                                      : 99u;
        if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *ret_number = number;
    return text.size > 0;
}

// YAML 1.2.2 10.3.2: [-+]?[0-9]+, 0o[0-7]+, 0x[0-9a-fA-F]+; only what fits 63 bits.
bool sigma_integer_read(struct slice text, int64_t *ret_number) {
    uint64_t number;
    bool negative = slice_starts(text, SLICE("-"));
    bool sign = negative || slice_starts(text, SLICE("+"));
    unsigned base = slice_starts(text, SLICE("0x")) ? 16 : slice_starts(text, SLICE("0o")) ? 8 : 10;
    size_t skip = sign ? 1 : base == 10 ? 0 : 2;
    if (!digits_read(slice_part(text, skip, text.size), base, &number) || number > INT64_MAX)
        return false;
    *ret_number = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

bool sigma_number_read(struct slice text, double *ret_number) {
    int64_t integer;
    if (sigma_integer_read(text, &integer)) {
        *ret_number = (double)integer;
        return true;
    }
    char copy[NUMBER_TEXT_SIZE];
    if (!text.size || text.size >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!memchr("0123456789+-.eE", text.data[i], 15))
            return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    char *end;
    double number = strtod(copy, &end);
    if (*end || number > 1e300 || number < -1e300)
        return false;
    *ret_number = number;
    return true;
}

enum status sigma_cidr_read(struct sigma_reader *reader, const struct yaml_node *value,
                            struct slice text, struct atom *atom) {
    char address[NUMBER_TEXT_SIZE];
    const uint8_t *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
    size_t size = slash ? (size_t)(slash - text.data) : text.size;
    uint8_t bytes[16] = {0};
    uint64_t bits = 128, lead = 0;
    bool good = size < sizeof address;
    if (good) {
        if (size)
            memcpy(address, text.data, size);
        address[size] = 0;
        if (inet_pton(AF_INET, address, bytes + 12) == 1) {
            bytes[10] = bytes[11] = 0xff;
            lead = 96;
        } else {
            good = inet_pton(AF_INET6, address, bytes) == 1;
        }
    }
    if (good && slash)
        good = digits_read(slice_part(text, size + 1, 4), 10, &bits) && bits <= 128 - lead &&
               (bits += lead) <= 128 && text.size - size <= 4;
    if (!good)
        return sigma_refuse(reader, value->line, "'%.*s' is no network (address/bits)",
                            SIGMA_TEXT(text));
    for (unsigned i = 0; i < 128; i++)
        if (i >= bits)
            bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
    memcpy(atom->cidr_address, bytes, sizeof bytes);
    atom->cidr_bits = (uint8_t)bits;
    return STATUS_OK;
}

static const struct time_row {
    enum sigma_modifier modifier;
    enum time_part part;
    const char *name;
    int low;
    int high;
} time_rows[] = {
    {MODIFIER_MINUTE, TIME_MINUTE, "minute", 0, 59}, {MODIFIER_HOUR, TIME_HOUR, "hour", 0, 23},
    {MODIFIER_DAY, TIME_DAY, "day", 1, 31},          {MODIFIER_WEEK, TIME_WEEK, "week", 1, 53},
    {MODIFIER_MONTH, TIME_MONTH, "month", 1, 12},    {MODIFIER_YEAR, TIME_YEAR, "year", 1601, 2400},
};

static bool compare_holds(enum sigma_modifier compare, double value, double bound) {
    switch (compare) {
    case MODIFIER_LT:
        return value < bound;
    case MODIFIER_LTE:
        return value <= bound;
    case MODIFIER_GT:
        return value > bound;
    default:
        return value >= bound;
    }
}

// "Time|hour|gte: 20" is 20 or 21 or 22 or 23.
static enum status time_compared(struct sigma_reader *reader, struct slice field,
                                 const struct time_row *row, enum sigma_modifier compare,
                                 double bound, const struct node **ret_node) {
    struct node_row nodes = {0};
    for (int value = row->low; value <= row->high; value++) {
        if (!compare_holds(compare, value, bound))
            continue;
        struct node *node = node_atom(reader, ATOM_TIME_PART, field);
        if (!node || !node_row_add(reader, &nodes, node))
            return STATUS_LIMIT;
        node->atom.time_part = row->part;
        node->atom.number = value;
    }
    *ret_node = node_join(reader, NODE_OR, &nodes);
    return *ret_node ? STATUS_OK : STATUS_LIMIT;
}

static enum status time_equal(struct sigma_reader *reader, const struct yaml_node *value,
                              struct slice field, const struct time_row *row,
                              const struct node **ret_node) {
    int64_t number;
    if (!sigma_integer_read(value->text, &number) || number < row->low || number > row->high)
        return sigma_refuse(reader, value->line, "'%.*s' is no %s (%d to %d)",
                            SIGMA_TEXT(value->text), row->name, row->low, row->high);
    struct node *node = node_atom(reader, ATOM_TIME_PART, field);
    if (!node)
        return STATUS_LIMIT;
    node->atom.time_part = row->part;
    node->atom.number = (double)number;
    *ret_node = node;
    return STATUS_OK;
}

enum status sigma_numeric_read(struct sigma_reader *reader, const struct yaml_node *value,
                               struct slice field, const struct sigma_modifiers *modifiers,
                               const struct node **ret_node) {
    static const struct {
        enum sigma_modifier modifier;
        enum compare_kind compare;
    } compares[] = {{MODIFIER_LT, COMPARE_LT},
                    {MODIFIER_LTE, COMPARE_LTE},
                    {MODIFIER_GT, COMPARE_GT},
                    {MODIFIER_GTE, COMPARE_GTE}};
    const struct time_row *time = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(time_rows); i++)
        if (modifiers_have(modifiers, time_rows[i].modifier))
            time = &time_rows[i];
    size_t compare = 0;
    while (compare < ARRAY_SIZE(compares) && !modifiers_have(modifiers, compares[compare].modifier))
        compare++;
    if (compare == ARRAY_SIZE(compares))
        return time_equal(reader, value, field, time, ret_node);
    double number;
    if (!sigma_number_read(value->text, &number))
        return sigma_refuse(reader, value->line, "'%.*s' is no number", SIGMA_TEXT(value->text));
    if (time)
        return time_compared(reader, field, time, compares[compare].modifier, number, ret_node);
    struct node *node = node_atom(reader, ATOM_COMPARE, field);
    if (!node)
        return STATUS_LIMIT;
    node->atom.compare = compares[compare].compare;
    node->atom.number = number;
    *ret_node = node;
    return STATUS_OK;
}
