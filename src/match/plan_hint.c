// Literals one of which every match of a regex contains
// SPDX-License-Identifier: Apache-2.0
#include "match/plan_hint.h"

#include "match/plan_weight.h"

enum {
    UNIT_BYTES_MAX = 4, // of a class that is spelled out
    RARE_ENOUGH = 120,  // of weight_rarity
    RUN_LEAST = 8       // shorter rows are too common to look for
};

// One place of a run: the folded bytes that may stand there.
struct hint_unit {
    uint8_t bytes[UNIT_BYTES_MAX];
    uint32_t count;
};

// Walks the top level of an expression; groups are stepped over whole.
struct hint_walk {
    struct slice source;
    size_t at;
    bool caseless;
    bool lost; // no literal is certain (an alternative, an option we do not follow)
    struct hint_unit run[HINT_SIZE_MAX];
    size_t run_size;
    struct hint_unit best[HINT_SIZE_MAX];
    size_t best_size;
    uint32_t best_worth;
    struct hint_run best_run;
};

static uint32_t unit_rarity(const struct hint_unit *unit) {
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < unit->count; i++) {
        uint32_t rarity = weight_rarity(slice_of(&unit->bytes[i], 1));
        least = rarity < least ? rarity : least;
    }
    return least;
}

// How good the part of the run from `start` on is, as far as HINTS_MAX allows, and its end.
// What is rare enough gains little by more; each doubling of the alternatives costs a bit.
static uint32_t part_worth(const struct hint_walk *walk, size_t start, size_t *ret_end) {
    uint32_t product = 1;
    uint32_t rarity = 0;
    size_t end = start;
    for (; end < walk->run_size; end++) {
        if (product * walk->run[end].count > HINTS_MAX)
            break;
        product *= walk->run[end].count;
        rarity += unit_rarity(&walk->run[end]);
    }
    *ret_end = end;
    uint32_t spent = 8u * (uint32_t)((product > 1) + (product > 2) + (product > 4));
    uint32_t enough = rarity < RARE_ENOUGH ? rarity : RARE_ENOUGH + rarity / 64;
    return enough > spent ? enough - spent : 0;
}

static void walk_close_run(struct hint_walk *walk) {
    for (size_t start = 0; start < walk->run_size; start++) {
        size_t end;
        uint32_t worth = part_worth(walk, start, &end);
        if (worth <= walk->best_worth)
            continue;
        walk->best_worth = worth;
        walk->best_size = end - start;
        memcpy(walk->best, walk->run + start, walk->best_size * sizeof *walk->best);
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
// the brace is a plain character. `ret_exact`: {m}.
static int walk_least_count(struct hint_walk *walk, bool *ret_exact) {
    struct slice source = walk->source;
    size_t at = walk->at;
    int least = 0;
    size_t digits = 0;
    for (; at < source.size && source.data[at] >= '0' && source.data[at] <= '9'; at++, digits++)
        least = least < 1000 ? least * 10 + (source.data[at] - '0') : least;
    *ret_exact = true;
    if (at < source.size && source.data[at] == ',') {
        *ret_exact = false;
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
        bool exact;
        int least = walk_least_count(walk, &exact);
        if (least < 0) {
            walk->at = before;
            return true;
        }
        *ret_least = least;
        if (exact && least == 1)
            return true;
    } else {
        return true;
    }
    if (walk_sees(walk, '?') || walk_sees(walk, '+'))
        walk->at++;
    return false;
}

static uint8_t byte_fold(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

// Without case, PCRE2 lets K and S be the Kelvin sign and the long s; beyond ASCII a
// quantifier may hold for more than the last byte.
static bool byte_is_certain(const struct hint_walk *walk, uint8_t folded) {
    return folded < 0x80 && !(walk->caseless && (folded == 'k' || folded == 's'));
}

// What was just read, with the quantifier that follows it. Returns how often it stands there
// at least.
static int walk_unit(struct hint_walk *walk, const struct hint_unit *unit) {
    int least;
    bool once = walk_quantifier(walk, &least);
    if (unit->count == 0 || least == 0) {
        walk_close_run(walk);
        return least;
    }
    if (walk->run_size == HINT_SIZE_MAX)
        walk_close_run(walk);
    walk->run[walk->run_size++] = *unit;
    if (!once)
        walk_close_run(walk);
    return least;
}

static void walk_literal(struct hint_walk *walk, uint8_t byte) {
    uint8_t folded = byte_fold(byte);
    struct hint_unit unit = {.bytes = {folded}, .count = byte_is_certain(walk, folded)};
    walk_unit(walk, &unit);
}

static bool unit_add(struct hint_unit *unit, uint8_t byte) {
    if (memchr(unit->bytes, byte, unit->count))
        return true;
    if (unit->count == UNIT_BYTES_MAX)
        return false;
    unit->bytes[unit->count++] = byte;
    return true;
}

// A class of a few plain characters, from behind `[` to its end; no unit when it is more.
static struct hint_unit class_unit(const struct hint_walk *walk, size_t end) {
    struct hint_unit unit = {.count = 0};
    for (size_t at = walk->at; at + 1 < end; at++) {
        uint8_t byte = walk->source.data[at];
        bool escaped = byte == '\\' && at + 2 < end;
        if (escaped)
            byte = walk->source.data[++at];
        uint8_t folded = byte_fold(byte);
        bool word = (folded >= 'a' && folded <= 'z') || (byte >= '0' && byte <= '9');
        bool special = escaped ? word : byte == '^' || byte == '-' || byte == '[' || byte == '\\';
        if (special || !byte_is_certain(walk, folded) || !unit_add(&unit, folded))
            return (struct hint_unit){.count = 0};
    }
    return unit;
}

static void run_add(struct hint_run *run, uint8_t first, uint8_t last) {
    for (uint32_t byte = first; byte <= last; byte++) {
        uint8_t folded = byte_fold((uint8_t)byte);
        run->bits[folded / 64] |= UINT64_C(1) << folded % 64;
    }
}

// A class of ASCII characters and ranges; false when it is more.
static bool class_run(const struct hint_walk *walk, size_t end, struct hint_run *ret_run) {
    const uint8_t *source = walk->source.data;
    struct hint_run run = {.least = 0};
    for (size_t at = walk->at; at + 1 < end; at++) {
        bool ranges = at + 3 < end && source[at + 1] == '-';
        uint8_t last = ranges ? source[at + 2] : source[at];
        if (source[at] == '\\' || source[at] == '[' || last == '\\' || last >= 0x80 ||
            source[at] > last || (at == walk->at && source[at] == '^'))
            return false;
        run_add(&run, source[at], last);
        at += ranges ? 2 : 0;
    }
    *ret_run = run;
    // Without case K and S are more than ASCII.
    return !walk->caseless;
}

static void walk_class(struct hint_walk *walk) {
    struct hint_walk behind = *walk;
    walk_skip_class(&behind);
    struct hint_unit unit = {.count = 0};
    if (behind.at <= walk->source.size)
        unit = class_unit(walk, behind.at);
    struct hint_run run = {.least = 0};
    bool has_run = behind.at <= walk->source.size && class_run(walk, behind.at, &run);
    walk->at = behind.at;
    run.least = (uint32_t)walk_unit(walk, &unit);
    if (has_run && run.least > walk->best_run.least)
        walk->best_run = run;
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
        walk_class(walk);
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

// Spell the best run out: alternative i takes its byte of each unit by the digits of i.
static void walk_spell(const struct hint_walk *walk, struct hint_set *ret_hints) {
    uint32_t product = 1;
    for (size_t at = 0; at < walk->best_size; at++)
        product *= walk->best[at].count;
    ret_hints->count = walk->best_size ? product : 0;
    ret_hints->size = walk->best_size;
    for (uint32_t i = 0; i < ret_hints->count; i++) {
        uint32_t rest = i;
        for (size_t at = walk->best_size; at-- > 0;) {
            const struct hint_unit *unit = &walk->best[at];
            ret_hints->texts[i][at] = unit->bytes[rest % unit->count];
            rest /= unit->count;
        }
    }
}

void hints_from_regex(struct slice source, bool caseless, struct hint_set *ret_hints) {
    struct hint_walk walk = {.source = source, .caseless = caseless};
    *ret_hints = (struct hint_set){.count = 0};
    while (walk.at < source.size && !walk.lost)
        walk_item(&walk);
    if (walk.lost)
        return;
    walk_close_run(&walk);
    walk_spell(&walk, ret_hints);
}

void hint_run_from_regex(struct slice source, bool caseless, struct hint_run *ret_run) {
    struct hint_walk walk = {.source = source, .caseless = caseless};
    *ret_run = (struct hint_run){.least = 0};
    while (walk.at < source.size && !walk.lost)
        walk_item(&walk);
    if (!walk.lost && walk.best_run.least >= RUN_LEAST)
        *ret_run = walk.best_run;
}

bool hint_run_stands(const struct hint_run *run, struct slice folded) {
    size_t end = run->least; // a row may stand in the `least` bytes before it
    while (end <= folded.size) {
        size_t at = end;
        size_t start = end - run->least;
        while (at > start) {
            uint8_t byte = folded.data[at - 1];
            if (byte >= 0x80 || !(run->bits[byte / 64] >> byte % 64 & 1))
                break;
            at--;
        }
        if (at == start)
            return true;
        end = at + run->least;
    }
    return false;
}
