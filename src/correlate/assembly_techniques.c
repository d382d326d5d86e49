// ATT&CK techniques of a campaign, with their records
// SPDX-License-Identifier: Apache-2.0
#include "correlate/assembly_techniques.h"

#include "base/memory.h"

#include <stdlib.h>

struct technique_mention {
    char room[CLUE_TECHNIQUE_SIZE];
    size_t size;
    enum rule_level level; // of the best clue that shows it
    int64_t first_ns;
    unsigned stages;
    struct citations citations;
};

static struct slice mention_id(const struct technique_mention *mention) {
    return slice_of(mention->room, mention->size);
}

// NULL: there is no room for one more.
static struct technique_mention *mention_find(struct technique_row *row, struct slice id) {
    for (uint32_t i = 0; i < row->count; i++)
        if (slice_equal(mention_id(&row->mentions[i]), id))
            return &row->mentions[i];
    if (row->count == ASSEMBLY_TECHNIQUES_MAX)
        return NULL;
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 16;
        row->mentions = memory_resize(row->mentions, row->capacity, sizeof *row->mentions);
    }
    struct technique_mention *made = &row->mentions[row->count++];
    *made = (struct technique_mention){.first_ns = INT64_MAX};
    made->size = id.size < sizeof made->room ? id.size : sizeof made->room;
    memcpy(made->room, id.data, made->size);
    return made;
}

static void mention_add(struct technique_mention *mention, enum rule_level level, int64_t first_ns,
                        unsigned stages, const struct citations *citations) {
    if (level > mention->level)
        mention->level = level;
    if (first_ns < mention->first_ns)
        mention->first_ns = first_ns;
    mention->stages |= stages;
    citations_add(&mention->citations, citations->references, citations->count);
}

void technique_row_add(struct technique_row *row, const struct clue *clue, enum stage stage,
                       int64_t begin_ns) {
    char room[CLUE_TECHNIQUE_SIZE];
    struct citations citations = {.count = 0};
    citations_add(&citations, clue->references, clue->reference_count);
    struct slice id = clue_technique(clue, 0, room);
    for (uint32_t i = 1; id.size; id = clue_technique(clue, i++, room)) {
        struct technique_mention *mention = mention_find(row, id);
        if (mention)
            mention_add(mention, clue->level, begin_ns, 1u << stage, &citations);
    }
}

static int mention_compare(const void *left, const void *right) {
    const struct technique_mention *a = left, *b = right;
    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return slice_compare(mention_id(a), mention_id(b));
}

struct slice technique_row_tell(struct assembly *assembly, struct technique_row *row,
                                struct technique_row *whole) {
    if (row->count)
        qsort(row->mentions, row->count, sizeof *row->mentions, mention_compare);
    for (uint32_t i = 0; i < row->count; i++) {
        const struct technique_mention *mention = &row->mentions[i];
        buffer_append_text(&assembly->text, i ? ", " : "");
        buffer_append_slice(&assembly->text, mention_id(mention));
        struct technique_mention *there = mention_find(whole, mention_id(mention));
        if (there)
            mention_add(there, mention->level, mention->first_ns, mention->stages,
                        &mention->citations);
    }
    return assembly_text(assembly);
}

void technique_row_keep(struct assembly *assembly, const struct technique_row *whole,
                        struct campaign *campaign) {
    struct campaign_technique *kept = assembly_new(assembly, whole->count, sizeof *kept);
    for (uint32_t i = 0; i < whole->count && kept; i++) {
        const struct technique_mention *mention = &whole->mentions[i];
        kept[i] =
            (struct campaign_technique){.id = assembly_keep(assembly, mention_id(mention)),
                                        .stages = mention->stages,
                                        .first_ns = mention->first_ns,
                                        .references = citations_keep(assembly, &mention->citations),
                                        .reference_count = mention->citations.count};
    }
    campaign->techniques = kept;
    campaign->technique_count = kept ? whole->count : 0;
}
