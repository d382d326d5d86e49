// From trees to campaigns that can be told
// SPDX-License-Identifier: Apache-2.0
#include "correlate/assembly.h"

#include "base/memory.h"

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

const struct reference *citations_keep(struct assembly *assembly,
                                       const struct citations *citations) {
    struct reference *kept = assembly_new(assembly, citations->count, sizeof *kept);
    if (kept)
        memcpy(kept, citations->references, citations->count * sizeof *kept);
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
