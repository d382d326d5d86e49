// Which delegations a target path falls under
// SPDX-License-Identifier: Apache-2.0
#include "guard/delegation.h"

#include <stdio.h>

// The character at *at, which moves behind it. Texts are UTF-8: the scanner saw to it; what is
// not (a path from the command line) counts byte by byte.
static uint32_t take_character(struct slice text, size_t *at) {
    uint8_t first = text.data[(*at)++];
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
    uint32_t code = first;
    for (; more && *at < text.size && (text.data[*at] & 0xC0) == 0x80; more--)
        code = code << 8 | text.data[(*at)++];
    return code;
}

// A set from behind its '[' on: false when it has no end, and '[' stands for itself then.
static bool set_matches(struct slice pattern, size_t *at, uint32_t character, bool *ret_matches) {
    size_t from = *at, end = from;
    bool inverted = end < pattern.size && pattern.data[end] == '!';
    end += inverted;
    end += end < pattern.size && pattern.data[end] == ']';
    while (end < pattern.size && pattern.data[end] != ']')
        end++;
    if (end >= pattern.size)
        return false;
    struct slice set = slice_part(pattern, 0, end);
    bool inside = false;
    for (size_t place = from + inverted; place < end;) {
        uint32_t low = take_character(set, &place), high = low;
        if (place + 1 < end && set.data[place] == '-') {
            place++;
            high = take_character(set, &place);
        }
        inside = inside || (low <= character && character <= high);
    }
    *at = end + 1;
    *ret_matches = inside != inverted;
    return true;
}

// One pattern character that is no '*' against one of the path.
static bool one_matches(struct slice pattern, size_t *at, uint32_t character) {
    bool matches;
    uint32_t wanted = take_character(pattern, at);
    if (wanted == '?')
        return character != '/';
    if (wanted == '[' && set_matches(pattern, at, character, &matches))
        return matches && character != '/';
    return wanted == character;
}

bool delegation_path_matches(struct slice pattern, struct slice path) {
    size_t in_pattern = 0, in_path = 0;
    // Where to go on when what follows the last '*' does not match: one character further.
    size_t star = SIZE_MAX, star_path = 0;
    while (in_path < path.size) {
        if (in_pattern < pattern.size && pattern.data[in_pattern] == '*') {
            star = ++in_pattern;
            star_path = in_path;
            continue;
        }
        size_t next = in_path;
        uint32_t character = take_character(path, &next);
        if (in_pattern < pattern.size && one_matches(pattern, &in_pattern, character)) {
            in_path = next;
            continue;
        }
        // The '*' may not grow over a '/'; an earlier one need not be tried: what stands between
        // them matched already.
        if (star == SIZE_MAX || path.data[star_path] == '/')
            return false;
        take_character(path, &star_path);
        in_path = star_path;
        in_pattern = star;
    }
    while (in_pattern < pattern.size && pattern.data[in_pattern] == '*')
        in_pattern++;
    return in_pattern == pattern.size;
}

static bool any_path_matches(const struct canonical_document *document,
                             const struct canonical_value *paths, struct slice path) {
    for (const struct canonical_value *one = canonical_first(document, paths); one;
         one = canonical_next(document, paths, one))
        if (delegation_path_matches(canonical_text(document, one), path))
            return true;
    return false;
}

static bool any_prefix_matches(const struct canonical_document *document,
                               const struct canonical_value *prefixes, struct slice path) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    char text[DIGEST_SHA256_HEX_SIZE];
    digest_sha256(path, digest);
    digest_hex(digest, text);
    for (const struct canonical_value *one = canonical_first(document, prefixes); one;
         one = canonical_next(document, prefixes, one))
        if (slice_starts(slice_of_string(text), canonical_text(document, one)))
            return true;
    return false;
}

void delegation_bin(const struct metadata_bins *bins, uint32_t number,
                    struct metadata_role *ret_role, char name_buffer[METADATA_BIN_NAME_SIZE]) {
    int size =
        snprintf(name_buffer, METADATA_BIN_NAME_SIZE, "%.*s-%0*x", (int)bins->name_prefix.size,
                 bins->name_prefix.data, (int)(bins->bit_length + 3) / 4, number);
    *ret_role = bins->role;
    ret_role->name = slice_of(name_buffer, (size_t)size);
}

static void bin_find(const struct metadata_bins *bins, struct slice path,
                     struct metadata_role *ret_role, char *name_buffer) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(path, digest);
    uint32_t number = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
                      (uint32_t)digest[2] << 8 | digest[3];
    delegation_bin(bins, number >> (32 - bins->bit_length), ret_role, name_buffer);
}

bool delegation_next(const struct metadata *targets, struct slice path, uint32_t *at,
                     struct metadata_role *ret_role, char name_buffer[METADATA_BIN_NAME_SIZE]) {
    if (targets->bins.bit_length) {
        if (*at)
            return false;
        bin_find(&targets->bins, path, ret_role, name_buffer);
        *at = 1;
        return true;
    }
    while (*at < targets->delegation_count) {
        const struct metadata_role *role = &targets->delegations[(*at)++];
        if (role->paths ? any_path_matches(&targets->document, role->paths, path)
                        : any_prefix_matches(&targets->document, role->hash_prefixes, path)) {
            *ret_role = *role;
            return true;
        }
    }
    return false;
}
