// One "Field|modifiers: values" of a Sigma detection
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include <inttypes.h>
#include <stdio.h>

#define BIT(name) (1u << MODIFIER_##name)

// What an item is read with.
struct item {
    struct slice field; // kept; empty for keywords
    const struct sigma_modifiers *modifiers;
    bool keyword;
};

static enum status field_keep(struct sigma_reader *reader, struct slice name, uint32_t line,
                              struct slice *ret_field) {
    for (uint32_t i = 0; i < reader->field_count; i++)
        if (slice_equal(reader->fields[i], name)) {
            *ret_field = reader->fields[i];
            return STATUS_OK;
        }
    if (reader->field_count == SIGMA_FIELDS_MAX)
        return sigma_refuse(reader, line, "more than %d fields", SIGMA_FIELDS_MAX);
    if (reader->field_count == reader->field_capacity) {
        uint32_t capacity = reader->field_capacity ? reader->field_capacity * 2 : 8;
        struct slice *fields = sigma_new(reader, capacity, sizeof *fields);
        if (!fields)
            return STATUS_LIMIT;
        if (reader->field_count)
            memcpy(fields, reader->fields, reader->field_count * sizeof *fields);
        reader->fields = fields;
        reader->field_capacity = capacity;
    }
    struct slice kept = sigma_keep(reader, name);
    if (!kept.data)
        return STATUS_LIMIT;
    reader->fields[reader->field_count++] = kept;
    *ret_field = kept;
    return STATUS_OK;
}

// The text that a scalar is matched as: numbers in canonical decimal, true and false small,
// everything else as written.
static struct slice value_text(struct sigma_reader *reader, const struct item *item,
                               const struct yaml_node *value) {
    const uint32_t texts = BIT(CONTAINS) | BIT(STARTSWITH) | BIT(ENDSWITH) | BIT(RE) | BIT(CIDR) |
                           BIT(BASE64) | BIT(BASE64OFFSET) | BIT(WINDASH);
    bool truth;
    int64_t number;
    if (!value->plain || item->keyword || (item->modifiers->mask & texts))
        return value->text;
    if (yaml_is_boolean(value, &truth))
        return truth ? SLICE("true") : SLICE("false");
    if (!sigma_integer_read(value->text, &number))
        return value->text;
    char decimal[32];
    int size = snprintf(decimal, sizeof decimal, "%" PRId64, number);
    if (slice_equal(value->text, slice_of(decimal, (size_t)size)))
        return value->text;
    return sigma_keep(reader, slice_of(decimal, (size_t)size));
}

static enum status apply_modifier(struct sigma_reader *reader, uint32_t line,
                                  enum sigma_modifier modifier, struct sigma_patterns *patterns) {
    bool before = modifier == MODIFIER_CONTAINS || modifier == MODIFIER_ENDSWITH;
    bool after = modifier == MODIFIER_CONTAINS || modifier == MODIFIER_STARTSWITH;
    switch (modifier) {
    case MODIFIER_CONTAINS:
    case MODIFIER_STARTSWITH:
    case MODIFIER_ENDSWITH:
        for (uint32_t i = 0; i < patterns->count; i++)
            if (sigma_pattern_open(reader, before, after, &patterns->items[i]))
                return STATUS_LIMIT;
        return STATUS_OK;
    case MODIFIER_BASE64:
    case MODIFIER_BASE64OFFSET:
    case MODIFIER_UTF16LE:
    case MODIFIER_UTF16BE:
    case MODIFIER_UTF16:
        return sigma_encode(reader, line, modifier, patterns);
    case MODIFIER_WINDASH:
        return sigma_windash(reader, line, patterns);
    case MODIFIER_EXPAND:
        return sigma_expand(reader, line, patterns);
    default:
        return STATUS_OK; // all, cased, neq: not about the text
    }
}

static bool pattern_is_text(const struct pattern *pattern) {
    for (uint32_t i = 0; i < pattern->part_count; i++) {
        struct slice literal = pattern->parts[i].literal;
        for (size_t j = 0; j + 1 < literal.size; j++)
            if ((literal.data[j] == 0xff && literal.data[j + 1] == 0xfe) ||
                (literal.data[j] == 0xfe && literal.data[j + 1] == 0xff))
                return false;
    }
    return true;
}

static enum status patterns_read(struct sigma_reader *reader, const struct item *item,
                                 const struct yaml_node *value, struct sigma_patterns *patterns) {
    struct slice text = value_text(reader, item, value);
    patterns->items = sigma_new(reader, 1, sizeof *patterns->items);
    patterns->count = 1;
    if (!patterns->items)
        return STATUS_LIMIT;
    enum status status = sigma_pattern_read(reader, text, &patterns->items[0]);
    for (uint32_t i = 0; i < item->modifiers->count && !status; i++)
        status = apply_modifier(reader, value->line, item->modifiers->order[i], patterns);
    if (status)
        return status;
    if (item->keyword)
        return apply_modifier(reader, value->line, MODIFIER_CONTAINS, patterns);
    if (!pattern_is_text(&patterns->items[0]))
        return sigma_refuse(reader, value->line,
                            "'utf16' needs base64 or base64offset after it: no field has a byte "
                            "order mark in it");
    return STATUS_OK;
}

static enum status pattern_value(struct sigma_reader *reader, const struct item *item,
                                 const struct yaml_node *value, struct node_row *row) {
    struct sigma_patterns patterns;
    enum status status = patterns_read(reader, item, value, &patterns);
    if (status)
        return status;
    bool anything = patterns.items[0].part_count == 1 && patterns.count == 1 &&
                    patterns.items[0].parts[0].kind == PATTERN_ANY;
    if (anything && !slice_equal_string(value->text, "*"))
        sigma_remark(reader, value->line, "this value fits any text");
    for (uint32_t i = 0; i < patterns.count; i++) {
        struct node *node = node_atom(reader, ATOM_PATTERN, item->field);
        if (!node || !node_row_add(reader, row, node))
            return STATUS_LIMIT;
        node->atom.pattern = patterns.items[i];
        node->atom.pattern.cased = modifiers_have(item->modifiers, MODIFIER_CASED);
    }
    return STATUS_OK;
}

static enum status cidr_value(struct sigma_reader *reader, const struct item *item,
                              const struct yaml_node *value, struct node_row *row) {
    struct sigma_patterns patterns;
    enum status status = patterns_read(reader, item, value, &patterns);
    for (uint32_t i = 0; i < patterns.count && !status; i++) {
        const struct pattern *pattern = &patterns.items[i];
        struct slice text = value->text;
        if (pattern->part_count == 1 && pattern->parts[0].kind == PATTERN_LITERAL)
            text = pattern->parts[0].literal;
        struct node *node = node_atom(reader, ATOM_CIDR, item->field);
        if (!node || !node_row_add(reader, row, node))
            return STATUS_LIMIT;
        status = sigma_cidr_read(reader, value, text, &node->atom);
    }
    return status;
}

static enum status regex_value(struct sigma_reader *reader, const struct item *item,
                               const struct yaml_node *value, struct node_row *row) {
    struct node *node = node_atom(reader, ATOM_REGEX, item->field);
    struct slice regex = sigma_keep(reader, value->text);
    if (!node || !regex.data || !node_row_add(reader, row, node))
        return STATUS_LIMIT;
    node->atom.regex = regex;
    node->atom.regex_caseless = modifiers_have(item->modifiers, MODIFIER_I);
    node->atom.regex_multiline = modifiers_have(item->modifiers, MODIFIER_M);
    node->atom.regex_dotall = modifiers_have(item->modifiers, MODIFIER_S);
    return STATUS_OK;
}

static enum status field_value(struct sigma_reader *reader, const struct item *item,
                               const struct yaml_node *value, struct node_row *row) {
    struct slice field2;
    if (!value->text.size)
        return sigma_refuse(reader, value->line, "'fieldref' needs the name of a field");
    enum status status = field_keep(reader, value->text, value->line, &field2);
    if (status)
        return status;
    struct node *node = node_atom(reader, ATOM_FIELD, item->field);
    if (!node || !node_row_add(reader, row, node))
        return STATUS_LIMIT;
    node->atom.field2 = field2;
    node->atom.cased = modifiers_have(item->modifiers, MODIFIER_CASED);
    node->atom.relation = modifiers_have(item->modifiers, MODIFIER_CONTAINS)     ? FIELD_CONTAINS
                          : modifiers_have(item->modifiers, MODIFIER_STARTSWITH) ? FIELD_STARTS
                          : modifiers_have(item->modifiers, MODIFIER_ENDSWITH)   ? FIELD_ENDS
                                                                                 : FIELD_EQUALS;
    return STATUS_OK;
}

static enum status null_value(struct sigma_reader *reader, const struct item *item,
                              const struct yaml_node *value, struct node_row *row) {
    if (item->keyword)
        return sigma_refuse(reader, value->line, "null cannot be searched for without a field");
    if (item->modifiers->mask & ~BIT(NEQ))
        return sigma_refuse(reader, value->line, "null takes no modifier but 'neq'");
    struct node *node = node_atom(reader, ATOM_NULL, item->field);
    return node && node_row_add(reader, row, node) ? STATUS_OK : STATUS_LIMIT;
}

static enum status exists_value(struct sigma_reader *reader, const struct item *item,
                                const struct yaml_node *value, struct node_row *row) {
    bool wanted;
    if (!yaml_is_boolean(value, &wanted))
        return sigma_refuse(reader, value->line, "'exists' takes true or false");
    const struct node *node = node_atom(reader, ATOM_EXISTS, item->field);
    if (node && !wanted)
        node = node_not(reader, node);
    return node && node_row_add(reader, row, node) ? STATUS_OK : STATUS_LIMIT;
}

// The alternatives that one scalar stands for, into `row`.
static enum status scalar_read(struct sigma_reader *reader, const struct item *item,
                               const struct yaml_node *value, struct node_row *row) {
    const uint32_t numeric = BIT(LT) | BIT(LTE) | BIT(GT) | BIT(GTE) | BIT(MINUTE) | BIT(HOUR) |
                             BIT(DAY) | BIT(WEEK) | BIT(MONTH) | BIT(YEAR);
    if (value->kind != YAML_SCALAR)
        return sigma_refuse(reader, value->line, "a value must be a scalar or a list of scalars");
    if (yaml_is_null(value))
        return null_value(reader, item, value, row);
    if (modifiers_have(item->modifiers, MODIFIER_EXISTS))
        return exists_value(reader, item, value, row);
    if (modifiers_have(item->modifiers, MODIFIER_RE))
        return regex_value(reader, item, value, row);
    if (modifiers_have(item->modifiers, MODIFIER_CIDR))
        return cidr_value(reader, item, value, row);
    if (modifiers_have(item->modifiers, MODIFIER_FIELDREF))
        return field_value(reader, item, value, row);
    if (item->modifiers->mask & numeric) {
        const struct node *node = NULL;
        enum status status = sigma_numeric_read(reader, value, item->field, item->modifiers, &node);
        if (!status && !node_row_add(reader, row, node))
            status = STATUS_LIMIT;
        return status;
    }
    return pattern_value(reader, item, value, row);
}

// One value, or a list of them: OR, with |all AND of what each stands for.
static enum status values_read(struct sigma_reader *reader, const struct item *item,
                               const struct yaml_node *values, const struct node **ret_node) {
    bool all = modifiers_have(item->modifiers, MODIFIER_ALL);
    struct node_row row = {0};
    bool list = values->kind == YAML_SEQUENCE;
    if (list && !values->count)
        return sigma_refuse(reader, values->line, "an empty list of values");
    if (modifiers_have(item->modifiers, MODIFIER_EXISTS) && list)
        return sigma_refuse(reader, values->line, "'exists' takes true or false, no list");
    const struct yaml_node *value = list ? values->first : values;
    for (; value; value = list ? value->next : NULL) {
        if (list && values->count > 1 && yaml_is_null(value))
            return sigma_refuse(reader, value->line,
                                "null cannot be one of several values: make it a selection of "
                                "its own");
        struct node_row one = {0};
        enum status status = scalar_read(reader, item, value, all ? &one : &row);
        if (status)
            return status;
        if (!all)
            continue;
        const struct node *node = node_join(reader, NODE_OR, &one);
        if (!node || !node_row_add(reader, &row, node))
            return STATUS_LIMIT;
    }
    *ret_node = node_join(reader, all ? NODE_AND : NODE_OR, &row);
    if (*ret_node && modifiers_have(item->modifiers, MODIFIER_NEQ))
        *ret_node = node_not(reader, *ret_node);
    return *ret_node ? STATUS_OK : STATUS_LIMIT;
}

enum status sigma_item_read(struct sigma_reader *reader, const struct yaml_node *node,
                            const struct node **ret_node) {
    struct sigma_modifiers modifiers;
    struct slice name;
    enum status status = sigma_modifiers_read(reader, node, &name, &modifiers);
    if (status)
        return status;
    struct item item = {.modifiers = &modifiers, .keyword = name.size == 0};
    const uint32_t fieldless = BIT(ALL) | BIT(NEQ) | BIT(CASED) | BIT(CONTAINS) | BIT(RE) | BIT(I) |
                               BIT(M) | BIT(S) | BIT(WINDASH) | BIT(EXPAND) | BIT(BASE64) |
                               BIT(BASE64OFFSET) | BIT(UTF16LE) | BIT(UTF16BE) | BIT(UTF16);
    if (item.keyword && (modifiers.mask & ~fieldless))
        return sigma_refuse(reader, node->key_line, "'%.*s' needs the name of a field before it",
                            SIGMA_TEXT(node->key));
    if (modifiers_have(&modifiers, MODIFIER_ALL) &&
        (node->kind != YAML_SEQUENCE || node->count < 2))
        sigma_remark(reader, node->key_line, "'all' of a single value says nothing");
    if (!item.keyword)
        status = field_keep(reader, name, node->key_line, &item.field);
    return status ? status : values_read(reader, &item, node, ret_node);
}

enum status sigma_keywords_read(struct sigma_reader *reader, const struct yaml_node *values,
                                const struct node **ret_node) {
    static const struct sigma_modifiers none;
    struct item item = {.modifiers = &none, .keyword = true};
    return values_read(reader, &item, values, ret_node);
}
