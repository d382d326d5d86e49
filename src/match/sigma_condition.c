// Sigma conditions: not, and, or, 1 of x*
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include "base/text.h"

// Sigma rules 2.1.0, "Condition". By precedence, weakest first:
//   either := both ("or" both)*
//   both   := negated ("and" negated)*
//   negated := "not" negated | one
//   one    := "(" either ")" | ("1" | "any" | "all") "of" ("them" | pattern) | name
struct parser {
    struct sigma_reader *reader;
    struct sigma_selections *selections;
    struct slice text;
    size_t at;
    struct slice token; // empty at the end
    uint32_t line;
    uint32_t depth;
    uint32_t nodes; // as if the condition were written out
};

static enum status parse_either(struct parser *parser, const struct node **ret_node);

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_alone(uint8_t byte) {
    return byte == '(' || byte == ')' || byte == '|';
}

static void token_next(struct parser *parser) {
    struct slice text = parser->text;
    size_t at = parser->at;
    while (at < text.size && is_blank(text.data[at]))
        at++;
    size_t end = at;
    while (end < text.size && !is_blank(text.data[end]) && !is_alone(text.data[end]))
        end++;
    if (end == at && at < text.size)
        end++;
    parser->token = slice_part(text, at, end - at);
    parser->at = end;
}

static bool token_is(const struct parser *parser, const char *word) {
    return text_equal_fold_ascii(parser->token, slice_of_string(word));
}

static enum status refuse(struct parser *parser, const char *why) {
    struct slice token = parser->token.size ? parser->token : SLICE("its end");
    return sigma_refuse(parser->reader, parser->line, "condition: %s at '%.*s'", why,
                        SIGMA_TEXT(token));
}

static enum status selection_use(struct parser *parser, struct sigma_selection *selection,
                                 struct node_row *row) {
    selection->used = true;
    parser->nodes += selection->node_count;
    if (parser->nodes > SIGMA_CONDITION_NODES_MAX)
        return problem_set_line(parser->reader->problem, STATUS_LIMIT, parser->line,
                                "condition: more than %d values when written out",
                                SIGMA_CONDITION_NODES_MAX);
    return node_row_add(parser->reader, row, selection->node) ? STATUS_OK : STATUS_LIMIT;
}

// '*' is any number of characters; greedy with one step back, linear in practice.
static bool name_fits(struct slice pattern, struct slice name) {
    size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;
    while (n < name.size) {
        if (p < pattern.size && pattern.data[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.size && pattern.data[p] == name.data[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*')
        p++;
    return p == pattern.size;
}

// Names that start with '_' are left out of "them" and of every pattern that does not itself
// start so.
static bool quantifier_takes(struct slice pattern, bool them, struct slice name) {
    bool hidden = slice_starts(name, SLICE("_"));
    if (them)
        return !hidden;
    return name_fits(pattern, name) && (!hidden || slice_starts(pattern, SLICE("_")));
}

static enum status parse_quantifier(struct parser *parser, bool all, const struct node **ret_node) {
    token_next(parser); // "of"
    token_next(parser);
    if (!parser->token.size || is_alone(parser->token.data[0]))
        return refuse(parser, "the name of a selection or 'them' is missing");
    struct slice pattern = parser->token;
    bool them = token_is(parser, "them");
    struct node_row row = {0};
    for (uint32_t i = 0; i < parser->selections->count; i++) {
        struct sigma_selection *selection = &parser->selections->items[i];
        if (!quantifier_takes(pattern, them, selection->name))
            continue;
        enum status status = selection_use(parser, selection, &row);
        if (status)
            return status;
    }
    if (!row.count)
        return refuse(parser, "no selection fits");
    token_next(parser);
    *ret_node = node_join(parser->reader, all ? NODE_AND : NODE_OR, &row);
    return *ret_node ? STATUS_OK : STATUS_LIMIT;
}

// Whether the next token is "of", without moving on.
static bool of_follows(const struct parser *parser) {
    struct parser ahead = *parser;
    token_next(&ahead);
    return token_is(&ahead, "of");
}

static enum status parse_name(struct parser *parser, const struct node **ret_node) {
    for (uint32_t i = 0; i < parser->selections->count; i++) {
        struct sigma_selection *selection = &parser->selections->items[i];
        if (!slice_equal(selection->name, parser->token))
            continue;
        struct node_row row = {0};
        enum status status = selection_use(parser, selection, &row);
        if (status)
            return status;
        token_next(parser);
        *ret_node = row.items[0];
        return STATUS_OK;
    }
    return refuse(parser, "there is no such selection");
}

static enum status parse_one(struct parser *parser, const struct node **ret_node) {
    if (token_is(parser, "(")) {
        if (++parser->depth > SIGMA_CONDITION_DEPTH_MAX)
            return refuse(parser, "too many parentheses");
        token_next(parser);
        enum status status = parse_either(parser, ret_node);
        if (status)
            return status;
        if (!token_is(parser, ")"))
            return refuse(parser, "')' is missing");
        parser->depth--;
        token_next(parser);
        return STATUS_OK;
    }
    if (!parser->token.size || token_is(parser, ")") || token_is(parser, "and") ||
        token_is(parser, "or"))
        return refuse(parser, "the name of a selection is missing");
    if (of_follows(parser)) {
        bool all = token_is(parser, "all");
        if (!all && !token_is(parser, "1") && !token_is(parser, "any"))
            return refuse(parser, "only '1 of', 'any of' and 'all of' are known");
        return parse_quantifier(parser, all, ret_node);
    }
    return parse_name(parser, ret_node);
}

static enum status parse_negated(struct parser *parser, const struct node **ret_node) {
    bool negate = false;
    for (; token_is(parser, "not"); token_next(parser))
        negate = !negate;
    enum status status = parse_one(parser, ret_node);
    if (!status && negate) {
        *ret_node = node_not(parser->reader, *ret_node);
        status = *ret_node ? STATUS_OK : STATUS_LIMIT;
    }
    return status;
}

static enum status parse_both(struct parser *parser, const struct node **ret_node) {
    struct node_row row = {0};
    for (;;) {
        const struct node *node = NULL;
        enum status status = parse_negated(parser, &node);
        if (!status && !node_row_add(parser->reader, &row, node))
            status = STATUS_LIMIT;
        if (status)
            return status;
        if (!token_is(parser, "and"))
            break;
        token_next(parser);
    }
    *ret_node = node_join(parser->reader, NODE_AND, &row);
    return *ret_node ? STATUS_OK : STATUS_LIMIT;
}

static enum status parse_either(struct parser *parser, const struct node **ret_node) {
    struct node_row row = {0};
    for (;;) {
        const struct node *node = NULL;
        enum status status = parse_both(parser, &node);
        if (!status && !node_row_add(parser->reader, &row, node))
            status = STATUS_LIMIT;
        if (status)
            return status;
        if (!token_is(parser, "or"))
            break;
        token_next(parser);
    }
    *ret_node = node_join(parser->reader, NODE_OR, &row);
    return *ret_node ? STATUS_OK : STATUS_LIMIT;
}

enum status sigma_condition_read(struct sigma_reader *reader, uint32_t line, struct slice text,
                                 struct sigma_selections *selections,
                                 const struct node **ret_node) {
    struct parser parser = {.reader = reader, .selections = selections, .text = text, .line = line};
    if (text.size && memchr(text.data, '|', text.size))
        return sigma_refuse(reader, line,
                            "the condition uses the old aggregation after '|' (Sigma 1): write a "
                            "correlation document instead");
    token_next(&parser);
    enum status status = parse_either(&parser, ret_node);
    if (!status && parser.token.size)
        status = refuse(&parser, "'and' or 'or' is missing");
    return status;
}
