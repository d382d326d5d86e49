// Which record of a case a tag stands for
// SPDX-License-Identifier: Apache-2.0
#include "app/evidence_tag.h"

#include "base/memory.h"
#include "model/campaign.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    TAG_ROWS_MAX = 64, // records that share their first five digits
    TAG_HEX_DIGITS = 6 // that five digits of a tag tell in full
};

// "[ehxo4m]," as it is copied out of a report.
static size_t tag_take(const char *text, char ret_tag[TAG_SIZE]) {
    size_t size = 0;
    text += *text == '[';
    for (; isalnum((unsigned char)*text); text++, size++) {
        if (size == TAG_SIZE - 1)
            return 0;
        ret_tag[size] = (char)toupper((unsigned char)*text);
    }
    ret_tag[size] = '\0';
    return strspn(text, "],.;") == strlen(text) ? size : 0;
}

// Digits of RFC 4648, five bits each, to hexadecimal ones.
static bool tag_hex(const char *tag, char ret_hex[TAG_HEX_DIGITS + 1]) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    for (size_t i = 1; i <= TAG_DIGITS_MIN; i++) {
        const char *at = tag[i] ? strchr(DIGITS, tag[i]) : NULL;
        if (!at)
            return false;
        bits = bits << 5 | (uint32_t)(at - DIGITS);
    }
    snprintf(ret_hex, TAG_HEX_DIGITS + 1, "%06x", (unsigned)(bits >> 1) & 0xFFFFFFu);
    return true;
}

// Of the rows those whose whole tag begins with `tag`, however many digits their report gave them;
// how many, the first in *ret_place.
static size_t tag_matches(const struct store_cited *rows, size_t count, const char *tag,
                          size_t *ret_place) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        char whole[TAG_SIZE];
        tag_of(rows[i].record.sha256, TAG_DIGITS_MAX, whole);
        if (strncmp(whole, tag, strlen(tag)) != 0)
            continue;
        if (found++ == 0)
            *ret_place = i;
    }
    return found;
}

// Records that a report cites come first, then those that findings stand on.
static enum status tag_search(struct store *store, const char *tag, struct arena *arena,
                              struct store_cited *rows, size_t *ret_count,
                              struct problem *problem) {
    char hex[TAG_HEX_DIGITS + 1];
    size_t place, count = TAG_ROWS_MAX;
    enum status status =
        store_find_records(store, slice_of(tag, 1 + TAG_DIGITS_MIN), arena, rows, &count, problem);
    if (status == STATUS_OK && tag_matches(rows, count, tag, &place) == 0 && tag_hex(tag, hex)) {
        count = TAG_ROWS_MAX;
        status = store_find_findings(store, slice_of_string(hex), arena, rows, &count, problem);
    }
    *ret_count = count;
    return status;
}

enum status evidence_tag_find(struct store *store, const char *text, struct arena *arena,
                              struct store_cited *ret_cited, struct problem *problem) {
    char tag[TAG_SIZE];
    size_t place = 0, count = 0;
    if (tag_take(text, tag) < 1 + TAG_DIGITS_MIN || tag[0] != 'E')
        return problem_set(problem, STATUS_USAGE, "'%s' is no tag: E and %d to %d digits", text,
                           TAG_DIGITS_MIN, TAG_DIGITS_MAX);
    struct store_cited *rows = memory_new(TAG_ROWS_MAX, sizeof *rows);
    enum status status = tag_search(store, tag, arena, rows, &count, problem);
    size_t found = status == STATUS_OK ? tag_matches(rows, count, tag, &place) : 0;
    if (status == STATUS_OK && found == 0)
        status =
            problem_set(problem, STATUS_NOT_FOUND, "no record of the case has the tag %s", tag);
    char whole[TAG_SIZE];
    if (found)
        tag_of(rows[place].record.sha256, TAG_DIGITS_MAX, whole);
    if (found > 1)
        status = problem_set(problem, STATUS_USAGE, "%s is the beginning of several tags: %s, ...",
                             tag, whole);
    if (status == STATUS_OK) {
        *ret_cited = rows[place];
        if (ret_cited->record.tag.size == 0)
            ret_cited->record.tag = arena_keep(arena, slice_of_string(whole));
    }
    memory_free(rows);
    return status;
}
