// From trees to campaigns that can be told
// SPDX-License-Identifier: Apache-2.0
#include "correlate/assembly.h"

#include "base/clock.h"
#include "base/memory.h"
#include "correlate/weights.h"

#include <assert.h>

bool assembly_clue_counts(const struct assembly *assembly, const struct clue *clue) {
    return clue_counts(clue, &assembly->forest->hosts[clue->host]);
}

struct slice assembly_keep(struct assembly *assembly, struct slice text) {
    struct slice kept = arena_keep(&assembly->arena, text);
    if (kept.size != text.size)
        assembly->failed = true;
    return kept;
}

struct slice assembly_text(struct assembly *assembly) {
    struct slice kept = assembly_keep(assembly, buffer_slice(&assembly->text));
    buffer_reset(&assembly->text);
    return kept;
}

// A full arena gives memory of the ordinary kind that nobody reads: the caller sees `failed`.
void *assembly_new(struct assembly *assembly, size_t count, size_t size) {
    void *made = arena_new(&assembly->arena, count ? count : 1, size);
    if (!made)
        assembly->failed = true;
    return made;
}

void citations_add(struct citations *citations, const struct reference *references,
                   uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        reference_insert(citations->references, &citations->count, &references[i]);
}

// Records keep their time as written, and where that is local time it is off by whole quarters of
// an hour, at most 14 hours; the second is for what is truly of that time.
static int64_t reference_distance(const struct reference *reference, int64_t time_ns) {
    static const int64_t QUARTER_NS = 900 * SECOND_NS, ZONE_NS = 14 * 3600 * SECOND_NS;
    if (reference->time_ns == CLOCK_NONE || time_ns == CLOCK_NONE)
        return INT64_MAX;
    int64_t apart_ns =
        reference->time_ns > time_ns ? reference->time_ns - time_ns : time_ns - reference->time_ns;
    int64_t rest_ns = apart_ns % QUARTER_NS;
    rest_ns = rest_ns > QUARTER_NS / 2 ? QUARTER_NS - rest_ns : rest_ns;
    bool zone = apart_ns <= ZONE_NS + SECOND_NS && rest_ns <= SECOND_NS;
    return zone && rest_ns + SECOND_NS < apart_ns ? rest_ns + SECOND_NS : apart_ns;
}

void citations_lead(struct citations *citations, const struct reference *references, uint32_t count,
                    int64_t time_ns) {
    uint32_t nearest = 0;
    citations_add(citations, references, count);
    if (citations->lead_count)
        return;
    for (uint32_t i = 1; i < count; i++)
        if (reference_distance(&references[i], time_ns) <
            reference_distance(&references[nearest], time_ns))
            nearest = i;
    for (uint32_t i = nearest; i < count && citations->lead_count < CITATIONS_LEAD_MAX; i++)
        citations->lead[citations->lead_count++] = references[i];
}

static bool citations_lead_has(const struct citations *citations,
                               const struct reference *reference) {
    for (uint32_t i = 0; i < citations->lead_count; i++)
        if (reference_compare(&citations->lead[i], reference) == 0)
            return true;
    return false;
}

// As many as there are: of more than fit, the last make room for those that lead.
const struct reference *citations_keep(struct assembly *assembly,
                                       const struct citations *citations) {
    struct reference *kept = assembly_new(assembly, citations->count, sizeof *kept);
    uint32_t count = 0;
    for (uint32_t i = 0; kept && i < citations->lead_count && count < citations->count; i++)
        kept[count++] = citations->lead[i];
    for (uint32_t i = 0; kept && i < citations->count && count < citations->count; i++)
        if (!citations_lead_has(citations, &citations->references[i]))
            kept[count++] = citations->references[i];
    assert(!kept || count == citations->count);
    return kept;
}

void sentence_row_add(struct assembly *assembly, struct sentence_row *row,
                      const struct citations *citations) {
    if (citations->count == 0) {
        buffer_reset(&assembly->text);
        return;
    }
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 16;
        row->sentences = memory_resize(row->sentences, row->capacity, sizeof *row->sentences);
    }
    const struct reference *references = citations_keep(assembly, citations);
    row->sentences[row->count++] = (struct sentence){.text = assembly_text(assembly),
                                                     .references = references,
                                                     .reference_count = citations->count};
}

const struct sentence *sentence_row_keep(struct assembly *assembly, struct sentence_row *row,
                                         uint32_t *ret_count) {
    struct sentence *kept = assembly_new(assembly, row->count, sizeof *kept);
    if (kept && row->count)
        memcpy(kept, row->sentences, row->count * sizeof *kept);
    *ret_count = kept ? row->count : 0;
    memory_free(row->sentences);
    *row = (struct sentence_row){0};
    return kept;
}

struct slice host_name(const struct assembly *assembly, uint32_t host) {
    return assembly->book->cast.fleet.hosts[host].name;
}
