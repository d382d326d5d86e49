// A Sigma correlation document
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

// Sigma correlation rules 2.1.0, "Correlation section".

static const struct type_row {
    const char *name;
    enum correlation_type type;
    bool needs_condition;
    bool needs_field;
} type_rows[] = {
    {"event_count", CORRELATION_EVENT_COUNT, true, false},
    {"value_count", CORRELATION_VALUE_COUNT, true, true},
    {"temporal", CORRELATION_TEMPORAL, false, false},
    {"temporal_ordered", CORRELATION_TEMPORAL_ORDERED, false, false},
    {"value_sum", CORRELATION_VALUE_SUM, true, true},
    {"value_avg", CORRELATION_VALUE_AVG, true, true},
    {"value_percentile", CORRELATION_VALUE_PERCENTILE, true, true},
};

static enum status timespan_read(struct sigma_reader *reader, const struct yaml_node *section,
                                 int64_t *ret_timespan) {
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    const struct yaml_node *node = yaml_find(section, "timespan");
    struct slice text = yaml_text(section, "timespan");
    if (!node || !text.size)
        return sigma_refuse(reader, section->key_line, "correlation: there is no timespan");
    int64_t number = 0, seconds = 0;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (text.data[text.size - 1] == (uint8_t)units[i].letter)
            seconds = units[i].seconds;
    bool good = seconds && sigma_integer_read(slice_part(text, 0, text.size - 1), &number) &&
                number > 0 && !__builtin_mul_overflow(number, seconds, &number) &&
                !__builtin_mul_overflow(number, INT64_C(1000000000), &number);
    if (!good)
        return sigma_refuse(reader, node->line,
                            "correlation: '%.*s' is no timespan (a number and s, m, h or d)",
                            SIGMA_TEXT(text));
    *ret_timespan = number;
    return STATUS_OK;
}

static enum status field_read(struct sigma_reader *reader, const struct yaml_node *item,
                              struct correlation *correlation) {
    const struct yaml_node *name = item;
    if (item->kind == YAML_SEQUENCE && item->count == 1)
        name = item->first;
    if (name->kind != YAML_SCALAR || !name->text.size)
        return sigma_refuse(reader, item->line,
                            "correlation: 'field' must be the name of one field");
    correlation->field = sigma_keep(reader, name->text);
    return correlation->field.data ? STATUS_OK : STATUS_LIMIT;
}

static enum status bound_read(struct sigma_reader *reader, const struct yaml_node *item,
                              struct correlation *correlation) {
    static const struct {
        const char *name;
        enum correlation_compare compare;
    } rows[] = {{"gt", CORRELATION_GT},   {"gte", CORRELATION_GTE}, {"lt", CORRELATION_LT},
                {"lte", CORRELATION_LTE}, {"eq", CORRELATION_EQ},   {"neq", CORRELATION_NEQ}};
    if (slice_equal_string(item->key, "field"))
        return field_read(reader, item, correlation);
    double number;
    if (item->kind != YAML_SCALAR || !sigma_number_read(item->text, &number))
        return sigma_refuse(reader, item->key_line, "correlation: '%.*s' needs a number",
                            SIGMA_TEXT(item->key));
    if (slice_equal_string(item->key, "percentile")) {
        correlation->percentile = number;
        return number >= 0 && number <= 100
                   ? STATUS_OK
                   : sigma_refuse(reader, item->line, "correlation: a percentile is 0 to 100");
    }
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (!slice_equal_string(item->key, rows[i].name))
            continue;
        if (correlation->bound_count == CORRELATION_BOUNDS_MAX)
            return sigma_refuse(reader, item->line, "correlation: more than %d bounds",
                                CORRELATION_BOUNDS_MAX);
        correlation->bounds[correlation->bound_count++] =
            (struct correlation_bound){rows[i].compare, number};
        return STATUS_OK;
    }
    return sigma_refuse(reader, item->key_line, "correlation: unknown condition '%.*s'",
                        SIGMA_TEXT(item->key));
}

static enum status condition_read(struct sigma_reader *reader, const struct yaml_node *section,
                                  const struct type_row *type, struct correlation *correlation) {
    const struct yaml_node *condition = yaml_find(section, "condition");
    correlation->percentile = 50; // "median is a percentile 50"
    if (condition && condition->kind != YAML_MAPPING)
        return sigma_refuse(reader, condition->line, "correlation: the condition must be a map");
    const struct yaml_node *item = condition ? condition->first : NULL;
    for (; item; item = item->next) {
        enum status status = bound_read(reader, item, correlation);
        if (status)
            return status;
    }
    if (type->needs_condition && !correlation->bound_count)
        return sigma_refuse(reader, section->key_line,
                            "correlation: '%s' needs a condition such as gte: 10", type->name);
    if (type->needs_field && !correlation->field.size)
        return sigma_refuse(reader, section->key_line,
                            "correlation: '%s' needs a field in its condition", type->name);
    return STATUS_OK;
}

static enum status group_by_read(struct sigma_reader *reader, const struct yaml_node *section,
                                 struct correlation *correlation) {
    const struct slice *names;
    uint32_t count;
    const struct yaml_node *node = yaml_find(section, "group-by");
    enum status status = sigma_texts_read(reader, node, &names, &count);
    if (status)
        return status;
    if (count > CORRELATION_GROUP_BY_MAX)
        return sigma_refuse(reader, node->line, "correlation: more than %d group-by fields",
                            CORRELATION_GROUP_BY_MAX);
    for (uint32_t i = 0; i < count; i++)
        correlation->group_by[i] = names[i];
    correlation->group_by_count = count;
    return STATUS_OK;
}

static enum status alias_read(struct sigma_reader *reader, const struct yaml_node *alias,
                              const struct yaml_node *pair, struct sigma_document *document) {
    if (pair->kind != YAML_SCALAR)
        return sigma_refuse(reader, pair->line, "correlation: an alias must name a field");
    struct sigma_alias *to = &document->aliases[document->alias_count++];
    to->alias = sigma_keep(reader, alias->key);
    to->rule = sigma_keep(reader, pair->key);
    to->field = sigma_keep(reader, pair->text);
    if (!to->alias.data || !to->rule.data || !to->field.data)
        return STATUS_LIMIT;
    for (uint32_t i = 0; i < document->reference_count; i++)
        if (slice_equal(to->rule, document->references[i]))
            return STATUS_OK;
    return sigma_refuse(reader, pair->key_line,
                        "correlation: the alias '%.*s' speaks of '%.*s', which is not in 'rules'",
                        SIGMA_TEXT(to->alias), SIGMA_TEXT(to->rule));
}

static enum status aliases_read(struct sigma_reader *reader, const struct yaml_node *section,
                                struct sigma_document *document) {
    const struct yaml_node *aliases = yaml_find(section, "aliases");
    if (!aliases || yaml_is_null(aliases))
        return STATUS_OK;
    size_t count = 0;
    if (aliases->kind != YAML_MAPPING)
        return sigma_refuse(reader, aliases->line, "correlation: 'aliases' must be a map");
    for (const struct yaml_node *alias = aliases->first; alias; alias = alias->next)
        count += alias->count;
    document->aliases = sigma_new(reader, count + 1, sizeof *document->aliases);
    if (!document->aliases)
        return STATUS_LIMIT;
    for (const struct yaml_node *alias = aliases->first; alias; alias = alias->next) {
        if (alias->kind != YAML_MAPPING)
            return sigma_refuse(reader, alias->line,
                                "correlation: an alias must be a map of "
                                "rule names to fields");
        for (const struct yaml_node *pair = alias->first; pair; pair = pair->next) {
            enum status status = alias_read(reader, alias, pair, document);
            if (status)
                return status;
        }
    }
    return STATUS_OK;
}

static enum status references_read(struct sigma_reader *reader, const struct yaml_node *section,
                                   struct sigma_document *document) {
    enum status status = sigma_texts_read(reader, yaml_find(section, "rules"),
                                          &document->references, &document->reference_count);
    if (status)
        return status;
    if (!document->reference_count)
        return sigma_refuse(reader, section->key_line, "correlation: there are no rules");
    if (document->reference_count > CORRELATION_RULES_MAX)
        return sigma_refuse(reader, section->key_line, "correlation: more than %d rules",
                            CORRELATION_RULES_MAX);
    return STATUS_OK;
}

// "generate" stands inside the section (as pySigma reads it) or beside it (as the schema says).
static enum status generate_read(struct sigma_reader *reader, const struct yaml_node *root,
                                 const struct yaml_node *section, struct sigma_document *document) {
    const struct yaml_node *generate = yaml_find(section, "generate");
    if (!generate)
        generate = yaml_find(root, "generate");
    if (generate && !yaml_is_boolean(generate, &document->generate))
        return sigma_refuse(reader, generate->line, "correlation: 'generate' is true or false");
    return STATUS_OK;
}

enum status sigma_correlation_read(struct sigma_reader *reader, const struct yaml_node *root,
                                   struct sigma_document *document) {
    const struct yaml_node *section = yaml_find(root, "correlation");
    struct slice name = yaml_text(section, "type");
    document->kind = SIGMA_CORRELATION;
    if (section->kind != YAML_MAPPING)
        return sigma_refuse(reader, section->line, "'correlation' must be a map");
    const struct type_row *type = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(type_rows); i++)
        if (slice_equal_string(name, type_rows[i].name))
            type = &type_rows[i];
    if (!type)
        return sigma_refuse(reader, section->key_line, "correlation: unknown type '%.*s'",
                            SIGMA_TEXT(name));
    struct correlation *correlation = sigma_new(reader, 1, sizeof *correlation);
    if (!correlation)
        return STATUS_LIMIT;
    document->correlation = correlation;
    correlation->type = type->type;
    enum status status = references_read(reader, section, document);
    if (!status)
        status = timespan_read(reader, section, &correlation->timespan_ns);
    if (!status)
        status = condition_read(reader, section, type, correlation);
    if (!status)
        status = group_by_read(reader, section, correlation);
    if (!status)
        status = aliases_read(reader, section, document);
    if (!status)
        status = generate_read(reader, root, section, document);
    correlation->rule = document->tree.rule;
    return status;
}
