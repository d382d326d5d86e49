// Damage to rules and to the compiled image of rules
// SPDX-License-Identifier: Apache-2.0
#include "mutate.h"

#include "base/memory.h"

#include <string.h>

static void insert_times(struct mutant *mutant, size_t at, const char *text, size_t times) {
    struct buffer buffer;
    buffer_init(&buffer, 8 << 20);
    for (size_t i = 0; i < times; i++)
        buffer_append_text(&buffer, text);
    mutant_splice(mutant, at, 0, buffer_slice(&buffer));
    buffer_done(&buffer);
}

// The start of a random line, or (`end`) its end.
static size_t line_pick(struct mutant *mutant, bool end) {
    size_t at = mutant_below(mutant, mutant->bytes.size);
    if (end) {
        while (at < mutant->bytes.size && mutant->bytes.data[at] != '\n')
            at++;
        return at;
    }
    while (at && mutant->bytes.data[at - 1] != '\n')
        at--;
    return at;
}

static void damage_bits(struct mutant *mutant) {
    mutant_flip_bits(mutant, 0, mutant->bytes.size);
}

static void damage_delete(struct mutant *mutant) {
    size_t at = mutant_below(mutant, mutant->bytes.size);
    size_t size = 1 + mutant_below(mutant, mutant->bytes.size - at);
    mutant_splice(mutant, at, size > 200 ? 1 + size % 200 : size, (struct slice){NULL, 0});
}

static void damage_repeat(struct mutant *mutant) {
    size_t at = mutant_below(mutant, mutant->bytes.size);
    size_t size = 1 + mutant_below(mutant, mutant->bytes.size - at);
    uint8_t *copy = memory_new(size, 1);
    memcpy(copy, mutant_at(mutant, at), size);
    mutant_splice(mutant, mutant_below(mutant, mutant->bytes.size), 0, slice_of(copy, size));
    memory_free(copy);
}

static void damage_truncate(struct mutant *mutant) {
    mutant->bytes.size = 1 + mutant_below(mutant, mutant->bytes.size);
}

static void damage_indent(struct mutant *mutant) {
    size_t at = line_pick(mutant, false);
    if (mutant_below(mutant, 2) || at >= mutant->bytes.size || mutant->bytes.data[at] != ' ')
        insert_times(mutant, at, mutant_below(mutant, 4) ? " " : "\t", 1 + mutant_below(mutant, 8));
    else
        mutant_splice(mutant, at, 1, (struct slice){NULL, 0});
}

static void damage_deep(struct mutant *mutant) {
    static const char *const openings[] = {"[", "{a: ", "- ", "(", "not ", "((1 of them) or "};
    insert_times(mutant, line_pick(mutant, mutant_below(mutant, 2)),
                 openings[mutant_below(mutant, ARRAY_SIZE(openings))],
                 (size_t)1 << mutant_below(mutant, 16));
}

static void damage_long(struct mutant *mutant) {
    static const char *const pieces[] = {"x", "*", "?", "\\", "\xC3\xA9", "\xFF", "a*", "-", "'"};
    insert_times(mutant, line_pick(mutant, true), pieces[mutant_below(mutant, ARRAY_SIZE(pieces))],
                 (size_t)1 << mutant_below(mutant, 18));
}

// Lines that cost much: nested repetition, aliases of aliases, long lists.
static void damage_costly(struct mutant *mutant) {
    static const char *const lines[] = {
        "\n        CommandLine|re: '(a+)+(b|bb|bbb)*$'\n",
        "\n        CommandLine|re: '((((.*)*)*)*)*x{1,999}{1,999}'\n",
        "\n        CommandLine|contains|all|windash|base64offset: ['-a -b -c -d -e -f -g']\n",
        "\n        CommandLine|base64|base64|base64|wide|base64: 'x'\n",
        "\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c "
        "[*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ndetection: [*d,*d]\n",
        "\n    condition: 1 of them and all of them or not (1 of *)\n",
        "\n    timeframe: 99999999999999999999d\n",
        "\n---\n",
        "\n        EventID|lt: 1e999\n",
        "\n        Image|cidr: '::/999'\n",
    };
    insert_times(mutant, line_pick(mutant, true), lines[mutant_below(mutant, ARRAY_SIZE(lines))],
                 (size_t)1 << mutant_below(mutant, 8));
}

static void damage_number(struct mutant *mutant) {
    if (mutant->bytes.size < 8)
        return;
    size_t offset = mutant_below(mutant, mutant->bytes.size - 4) & ~(size_t)3;
    uint32_t number = mutant_extreme(mutant);
    memcpy(mutant_at(mutant, offset), &number, sizeof number);
}

static void damage_region(struct mutant *mutant) {
    size_t size = 1 + mutant_below(mutant, mutant->bytes.size / 2);
    size_t to = mutant_below(mutant, mutant->bytes.size - size);
    size_t from = mutant_below(mutant, mutant->bytes.size - size);
    if (mutant_below(mutant, 2))
        memmove(mutant_at(mutant, to), mutant_at(mutant, from), size);
    else
        memset(mutant_at(mutant, to), 0, size);
}

struct kind {
    const char *name;
    void (*damage)(struct mutant *mutant);
};

static void mutate_kind(struct mutant *mutant, const struct kind *kinds, size_t count) {
    size_t kind = mutant_below(mutant, count);
    mutant->kind = kinds[kind].name;
    if (mutant->bytes.size)
        kinds[kind].damage(mutant);
}

void sigma_mutate(struct mutant *mutant) {
    static const struct kind kinds[] = {
        {"bits", damage_bits},     {"delete", damage_delete}, {"repeat", damage_repeat},
        {"indent", damage_indent}, {"deep", damage_deep},     {"long", damage_long},
        {"costly", damage_costly}, {"costly", damage_costly}, {"truncate", damage_truncate},
    };
    mutate_kind(mutant, kinds, ARRAY_SIZE(kinds));
}

void image_mutate(struct mutant *mutant) {
    static const struct kind kinds[] = {
        {"bits", damage_bits},     {"number", damage_number}, {"number", damage_number},
        {"region", damage_region}, {"repeat", damage_repeat}, {"truncate", damage_truncate},
    };
    mutate_kind(mutant, kinds, ARRAY_SIZE(kinds));
}
