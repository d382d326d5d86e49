// Places outside that the intruders used
// SPDX-License-Identifier: Apache-2.0
#include "correlate/assembly.h"

#include "base/memory.h"
#include "base/text.h"
#include "model/hosts.h"

#include <stdlib.h>

// What members' clues say of one place, before the same places are put together.
struct mention {
    struct slice place;
    unsigned ways;
    uint32_t member;
    const struct clue *clue;
};

struct mention_row {
    struct mention *rows;
    uint32_t count, capacity;
};

static void mention_add(struct mention_row *row, struct mention mention) {
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 64;
        row->rows = memory_resize(row->rows, row->capacity, sizeof *row->rows);
    }
    row->rows[row->count++] = mention;
}

// "archive@example.net", "files.example.net": no path, no sentence, no host of the fleet.
static bool is_name_outside(const struct cast *cast, struct slice text, int64_t time_ns) {
    bool dot = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        dot |= byte == '.' && i > 0 && i + 1 < text.size;
        if (byte <= ' ' || byte == '/' || byte == '\\' || byte == ':')
            return false;
    }
    return dot && !address_is_address(text) && cast_find(cast, text, time_ns) == RELATION_NO_HOST;
}

static void clue_mentions(const struct assembly *assembly, const struct clue *clue, uint32_t member,
                          struct mention_row *row) {
    struct mention mention = {.member = member, .clue = clue};
    bool takes = clue->stage == STAGE_THEFT || clue->stage == STAGE_COLLECTION;
    if (address_is_outside(clue->source)) {
        mention.place = clue->source;
        mention.ways = 1u << OUTSIDER_CAME_IN;
        mention_add(row, mention);
    }
    if (address_is_outside(clue->destination) ||
        ((takes || clue->stage == STAGE_CONTROL) &&
         is_name_outside(&assembly->book->cast, clue->destination, clue->first_ns))) {
        mention.place = clue->destination;
        mention.ways = 1u << (takes ? OUTSIDER_TOOK : OUTSIDER_CALLED);
        mention_add(row, mention);
    }
}

// By place, then in the order of members and their clues.
static int mention_compare(const void *left, const void *right) {
    const struct mention *a = left, *b = right;
    int order = slice_compare(a->place, b->place);
    if (order)
        return order;
    if (a->member != b->member)
        return a->member < b->member ? -1 : 1;
    return a->clue < b->clue ? -1 : a->clue > b->clue;
}

// What is lost most comes first: places that took data, then those called, then those that came.
static int outsider_compare(const void *left, const void *right) {
    const struct campaign_outsider *a = left, *b = right;
    if (a->ways != b->ways)
        return a->ways > b->ways ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return slice_compare(a->place, b->place);
}

static void outsider_fill(struct assembly *assembly, const struct mention *rows, uint32_t count,
                          struct campaign_outsider *ret_outsider) {
    struct citations citations = {.count = 0};
    struct campaign_outsider told = {
        .place = rows[0].place, .first_ns = INT64_MAX, .last_ns = INT64_MIN};
    const struct mention *gravest = &rows[0];
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].ways > gravest->ways)
            gravest = &rows[i];
    citations_lead(&citations, gravest->clue->references, gravest->clue->reference_count,
                   gravest->clue->first_ns);
    for (uint32_t i = 0; i < count; i++) {
        const struct clue *clue = rows[i].clue;
        told.ways |= rows[i].ways;
        told.host_count += i == 0 || rows[i].member != rows[i - 1].member;
        if (clue->first_ns < told.first_ns) {
            told.first_ns = clue->first_ns;
            told.host = rows[i].member;
        }
        if (clue->last_ns > told.last_ns)
            told.last_ns = clue->last_ns;
        citations_add(&citations, clue->references, clue->reference_count);
    }
    told.references = citations_keep(assembly, &citations);
    told.reference_count = citations.count;
    *ret_outsider = told;
}

void assembly_outsiders(struct assembly *assembly, struct campaign *campaign) {
    const struct clue_book *book = assembly->book;
    struct mention_row row = {0};
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t number = assembly->members[k];
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            if (clue->level >= RULE_LEVEL_MEDIUM && assembly_clue_counts(assembly, clue))
                clue_mentions(assembly, clue, k, &row);
        }
    }
    if (row.count)
        qsort(row.rows, row.count, sizeof *row.rows, mention_compare);
    campaign->outsiders = assembly_new(assembly, row.count, sizeof *campaign->outsiders);
    for (uint32_t i = 0, next; i < row.count && campaign->outsiders; i = next) {
        for (next = i + 1; next < row.count;)
            if (slice_equal(row.rows[next].place, row.rows[i].place))
                next++;
            else
                break;
        outsider_fill(assembly, &row.rows[i], next - i,
                      &campaign->outsiders[campaign->outsider_count++]);
    }
    if (campaign->outsider_count)
        qsort(campaign->outsiders, campaign->outsider_count, sizeof *campaign->outsiders,
              outsider_compare);
    memory_free(row.rows);
}
