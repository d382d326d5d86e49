// A literal that every match of a regex contains
// SPDX-License-Identifier: Apache-2.0
#include "match/plan_hint.h"

#include "match/plan_weight.h"

enum {
    HINT_MAX = 64
};

// Walks the top level of an expression; groups are stepped over whole.
struct hint_walk {
    struct slice source;
    size_t at;
    bool caseless;
    bool lost; // no literal is certain (an alternative, an option we do not follow)
    uint8_t run[HINT_MAX];
    size_t run_size;
    uint8_t best[HINT_MAX];
    size_t best_size;
};

static void walk_close_run(struct hint_walk *walk) {
    uint32_t rarity = weight_rarity(slice_of(walk->run, walk->run_size));
    if (walk->run_size && rarity > weight_rarity(slice_of(walk->best, walk->best_size))) {
        memcpy(walk->best, walk->run, walk->run_size);
        walk->best_size = walk->run_size;
    }
    walk->run_size = 0;
}

static bool walk_sees(const struct hint_walk *walk, uint8_t byte) {
    return walk->at < walk->source.size && walk->source.data[walk->at] == byte;
}

// After `[`: to behind the closing bracket.
static void walk_skip_class(struct hint_walk *walk) {
    struct slice source = walk->source;
    if (walk_sees(walk, '^'))
        walk->at++;
    if (walk_sees(walk, ']'))
        walk->at++;
    while (walk->at < source.size && source.data[walk->at] != ']') {
        uint8_t byte = source.data[walk->at];
        // [:alpha:] and the like hold a bracket of their own
        if (byte == '[' && walk->at + 1 < source.size && source.data[walk->at + 1] == ':') {
            walk->at += 2;
            while (walk->at < source.size && source.data[walk->at] != ']')
                walk->at++;
        }
        walk->at += byte == '\\' ? 2 : 1;
    }
    walk->at++;
}

// After `(`: to behind the matching parenthesis. Options and verbs change the meaning of what
// follows: only the plain ones are followed.
static void walk_skip_group(struct hint_walk *walk) {
    struct slice source = walk->source;
    if (walk_sees(walk, '*')) {
        walk->lost = true;
        return;
    }
    if (walk_sees(walk, '?')) {
        uint8_t next = walk->at + 1 < source.size ? source.data[walk->at + 1] : 0;
        if (next == 'i' && walk->at + 2 < source.size && source.data[walk->at + 2] == ')') {
            walk->caseless = true;
        } else if (next != ':' && next != '=' && next != '!' && next != '>' && next != '<') {
            walk->lost = true;
            return;
        }
    }
    size_t open = 1;
    while (walk->at < source.size && open) {
        uint8_t byte = source.data[walk->at++];
        if (byte == '\\')
            walk->at++;
        else if (byte == '[')
            walk_skip_class(walk);
        else if (byte == '(')
            open++;
        else if (byte == ')')
            open--;
        // (?x) inside would make # and blanks mean something else; so would \Q
        if (byte == '(' && walk_sees(walk, '?') && walk->at + 1 < source.size &&
            source.data[walk->at + 1] != ':')
            walk->lost = true;
        if (byte == '\\' && walk->at <= source.size && source.data[walk->at - 1] == 'Q')
            walk->lost = true;
    }
}

// {m,n} at walk->at (behind the brace): the least count, to behind the closing brace; -1 when
// the brace is a plain character.
static int walk_least_count(struct hint_walk *walk) {
    struct slice source = walk->source;
    size_t at = walk->at;
    int least = 0;
    size_t digits = 0;
    for (; at < source.size && source.data[at] >= '0' && source.data[at] <= '9'; at++, digits++)
        least = least < 1000 ? least * 10 + (source.data[at] - '0') : least;
    if (at < source.size && source.data[at] == ',') {
        at++;
        while (at < source.size && source.data[at] >= '0' && source.data[at] <= '9')
            at++;
    }
    if (at >= source.size || source.data[at] != '}' || digits == 0)
        return -1;
    walk->at = at + 1;
    return least;
}

// What stands after an item: true when the item is there exactly once, so that a run may go
// on behind it; *ret_least is how often it is there at least.
static bool walk_quantifier(struct hint_walk *walk, int *ret_least) {
    *ret_least = 1;
    if (walk->at >= walk->source.size)
        return true;
    uint8_t byte = walk->source.data[walk->at];
    if (byte == '*' || byte == '?') {
        walk->at++;
        *ret_least = 0;
    } else if (byte == '+') {
        walk->at++;
    } else if (byte == '{') {
        size_t before = walk->at++;
        int least = walk_least_count(walk);
        if (least < 0) {
            walk->at = before;
            return true;
        }
        *ret_least = least;
    } else {
        return true;
    }
    if (walk_sees(walk, '?') || walk_sees(walk, '+'))
        walk->at++;
    return false;
}

static void walk_literal(struct hint_walk *walk, uint8_t byte) {
    uint8_t folded = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
    int least;
    bool once = walk_quantifier(walk, &least);
    // Without case, PCRE2 lets K and S be the Kelvin sign and the long s; beyond ASCII a
    // quantifier may hold for more than the last byte.
    bool certain = folded < 0x80 && !(walk->caseless && (folded == 'k' || folded == 's'));
    if (!certain || least == 0) {
        walk_close_run(walk);
        return;
    }
    if (walk->run_size == HINT_MAX)
        walk_close_run(walk);
    walk->run[walk->run_size++] = folded;
    if (!once)
        walk_close_run(walk);
}

// After a backslash.
static void walk_escape(struct hint_walk *walk) {
    if (walk->at >= walk->source.size) {
        walk->lost = true;
        return;
    }
    uint8_t byte = walk->source.data[walk->at++];
    bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    bool digit = byte >= '0' && byte <= '9';
    if (!letter && !digit && byte < 0x80) {
        walk_literal(walk, byte);
        return;
    }
    if (!memchr("sSdDwWbBAzZ", byte, 11)) {
        walk->lost = true; // \Q, \x41, back references: not followed
        return;
    }
    int least;
    walk_close_run(walk);
    walk_quantifier(walk, &least);
}

static void walk_item(struct hint_walk *walk) {
    uint8_t byte = walk->source.data[walk->at++];
    int least;
    switch (byte) {
    case '\\':
        walk_escape(walk);
        return;
    case '|':
        walk->lost = true;
        return;
    case '(':
        walk_close_run(walk);
        walk_skip_group(walk);
        walk_quantifier(walk, &least);
        return;
    case '[':
        walk_close_run(walk);
        walk_skip_class(walk);
        walk_quantifier(walk, &least);
        return;
    case '.':
        walk_close_run(walk);
        walk_quantifier(walk, &least);
        return;
    case '^':
    case '$':
        walk_close_run(walk);
        return;
    default:
        walk_literal(walk, byte);
    }
}

void hint_from_regex(struct slice source, bool caseless, struct buffer *ret_hint) {
    struct hint_walk walk = {.source = source, .caseless = caseless};
    while (walk.at < source.size && !walk.lost)
        walk_item(&walk);
    if (walk.lost)
        return;
    walk_close_run(&walk);
    buffer_append(ret_hint, walk.best, walk.best_size);
}
