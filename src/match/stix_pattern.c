// STIX patterns: what of them is a list of equalities
// SPDX-License-Identifier: Apache-2.0
#include "match/stix_pattern.h"

#include <string.h>

static void skip_blanks(struct slice *pattern) {
    while (pattern->size && strchr(" \t\r\n[]()", pattern->data[0]))
        *pattern = slice_part(*pattern, 1, SIZE_MAX);
}

static struct slice take_word(struct slice *pattern) {
    size_t size = 0;
    bool quoted = false;
    while (size < pattern->size && (quoted || !strchr(" \t\r\n[]()=<>!,", pattern->data[size]))) {
        quoted ^= pattern->data[size] == '\'';
        size++;
    }
    struct slice word = slice_part(*pattern, 0, size);
    *pattern = slice_part(*pattern, size, SIZE_MAX);
    return word;
}

// A literal 'x' with \' and \\ undone into `to`; false when there is none.
static bool take_literal(struct slice *pattern, struct buffer *to) {
    buffer_reset(to);
    skip_blanks(pattern);
    if (pattern->size == 0 || pattern->data[0] != '\'')
        return false;
    size_t at = 1;
    for (; at < pattern->size && pattern->data[at] != '\''; at++) {
        at += pattern->data[at] == '\\' && at + 1 < pattern->size;
        buffer_append_byte(to, pattern->data[at]);
    }
    bool closed = at < pattern->size;
    *pattern = slice_part(*pattern, at + 1, SIZE_MAX);
    return closed;
}

static bool stix_kind(struct slice path, enum indicator_kind *ret_kind) {
    static const struct {
        const char *start;
        enum indicator_kind kind;
    } PATHS[] = {
        {"file:hashes.", INDICATOR_HASH},
        {"artifact:hashes.", INDICATOR_HASH},
        {"file:name", INDICATOR_PATH},
        {"directory:path", INDICATOR_PATH},
        {"ipv4-addr:value", INDICATOR_ADDRESS},
        {"ipv6-addr:value", INDICATOR_ADDRESS},
        {"domain-name:value", INDICATOR_DOMAIN},
        {"url:value", INDICATOR_URL},
        {"email-addr:value", INDICATOR_MAIL},
        {"email-message:from_ref.value", INDICATOR_MAIL},
        {"email-message:sender_ref.value", INDICATOR_MAIL},
        {"mutex:name", INDICATOR_MUTEX},
        {"network-traffic:dst_ref.value", INDICATOR_ADDRESS},
        {"network-traffic:src_ref.value", INDICATOR_ADDRESS},
    };
    for (size_t i = 0; i < ARRAY_SIZE(PATHS); i++)
        if (slice_starts(path, slice_of_string(PATHS[i].start))) {
            *ret_kind = PATHS[i].kind;
            return true;
        }
    return false;
}

static enum comparison_rank rank_of(enum indicator_kind kind) {
    return kind == INDICATOR_HASH ? RANK_HASH : kind == INDICATOR_PATH ? RANK_PATH : RANK_OTHER;
}

static void pattern_take(struct stix_pattern *pattern, enum indicator_kind kind,
                         struct slice value) {
    if (pattern->joined) {
        if (rank_of(kind) <= pattern->best_rank)
            return;
        struct buffer *best = pattern->best;
        pattern->best_rank = rank_of(kind);
        pattern->best_kind = kind;
        buffer_reset(best);
        buffer_append_slice(best, value);
        return;
    }
    pattern->about.text = value;
    pattern->about.kind = kind;
    pattern->about.has_kind = true;
    if (pattern->status == STATUS_OK)
        pattern->status = indicator_add(pattern->reader, &pattern->about);
    pattern->taken++;
}

// One "path = 'x'", "path IN ('x', 'y')", "path ISSUBSET 'x'"; false for anything else.
static bool pattern_step(struct stix_pattern *pattern, struct slice *rest) {
    struct buffer *literal = pattern->literal;
    enum indicator_kind kind;
    struct slice path = take_word(rest);
    while (rest->size && strchr(" \t\r\n", rest->data[0]))
        *rest = slice_part(*rest, 1, SIZE_MAX);
    bool equal = rest->size && rest->data[0] == '=';
    if (equal)
        *rest = slice_part(*rest, 1, SIZE_MAX);
    struct slice sign = equal ? SLICE("=") : take_word(rest);
    bool list = slice_equal(sign, SLICE("IN"));
    bool good = equal || list || slice_equal(sign, SLICE("ISSUBSET"));
    if (!good || !stix_kind(path, &kind) || !take_literal(rest, literal))
        return false;
    pattern_take(pattern, kind, buffer_slice(literal));
    // The surest of those that hold together cannot be a list.
    while (list && !pattern->joined && rest->size && rest->data[0] == ',') {
        *rest = slice_part(*rest, 1, SIZE_MAX);
        if (!take_literal(rest, literal))
            return false;
        pattern_take(pattern, kind, buffer_slice(literal));
    }
    return !(list && pattern->joined);
}

static bool pattern_has(struct slice text, const char *word) {
    return memmem(text.data, text.size, word, strlen(word)) != NULL;
}

bool stix_pattern_read(struct stix_pattern *pattern, struct slice text) {
    pattern->joined = pattern_has(text, " AND ");
    bool alternatives = pattern_has(text, " OR ");
    if (pattern_has(text, " NOT ") || pattern_has(text, "FOLLOWEDBY") ||
        (pattern->joined && alternatives))
        return false;
    skip_blanks(&text);
    while (text.size) {
        if (!pattern_step(pattern, &text))
            return false;
        skip_blanks(&text);
        if (text.size && !slice_equal(take_word(&text), SLICE("OR")) && !pattern->joined)
            return false;
        skip_blanks(&text);
    }
    if (pattern->joined && pattern->best_rank != RANK_NONE) {
        pattern->joined = false;
        pattern_take(pattern, pattern->best_kind, buffer_slice(pattern->best));
    }
    return pattern->taken > 0;
}
