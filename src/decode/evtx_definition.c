// Template definitions, known again in later chunks
// SPDX-License-Identifier: Apache-2.0
#include "decode/evtx_definition.h"

#include "base/bytes.h"
#include "base/digest.h"

void evtx_definitions_init(struct evtx_definitions *definitions) {
    arena_init(&definitions->arena, 2 * EVTX_DEFINITION_BYTES_MAX);
    table_init(&definitions->table);
    definitions->count = 0;
    definitions->serial = 0;
}

void evtx_definitions_done(struct evtx_definitions *definitions) {
    arena_done(&definitions->arena);
    table_done(&definitions->table);
}

void evtx_definitions_forget(struct evtx_definitions *definitions) {
    arena_reset(&definitions->arena);
    table_reset(&definitions->table);
    definitions->count = 0;
}

bool evtx_definitions_are_full(const struct evtx_definitions *definitions) {
    return definitions->count > EVTX_DEFINITIONS_MAX - EVTX_INSTANCES_MAX ||
           definitions->arena.used_bytes > EVTX_DEFINITION_BYTES_MAX;
}

// An inline name is part of the body and compared with it; only where its word points is left
// to be seen. A name elsewhere in the chunk is looked up once a chunk.
static bool definition_name_equal(const struct evtx_definition_key *key,
                                  const struct evtx_name_use *use) {
    uint32_t offset = bytes_get_u32(key->chunk.data + key->body + use->position);
    bool is_inline = offset == key->body + use->position + 4;
    if (is_inline || use->is_inline)
        return is_inline == use->is_inline;
    return evtx_dictionary_is(key->names, key->chunk, offset, use->name);
}

// Equal but for the words that point at names, and these point at equal names: a hash alone
// proves nothing when the file is crafted.
static bool definition_equal(const void *context, uint32_t number, const void *wanted) {
    const struct evtx_definitions *definitions = context;
    const struct evtx_definition *definition = definitions->list[number];
    const struct evtx_definition_key *key = wanted;
    if (definition->body.size != key->size || definition->parent != key->parent ||
        memcmp(definition->guid, key->guid, sizeof definition->guid) != 0)
        return false;
    const uint8_t *known = definition->body.data;
    // A fleet's definitions do not fit the near caches: ask for all of it at once.
    for (size_t line = 0; line < definition->body.size; line += 64)
        __builtin_prefetch(known + line);
    const uint8_t *body = key->chunk.data + key->body;
    uint32_t at = 0;
    for (size_t i = 0; i < definition->name_use_count; i++) {
        const struct evtx_name_use *use = &definition->name_uses[i];
        if (!bytes_equal(known + at, body + at, use->position - at) ||
            !definition_name_equal(key, use))
            return false;
        at = use->position + (use->is_inline ? 8 : 4);
    }
    return bytes_equal(known + at, body + at, definition->body.size - at);
}

// Windows makes the GUID from the content, literals included; it tells nearly all apart.
static uint64_t definition_hash(const struct evtx_definition_key *key) {
    uint64_t hash = digest_hash64_seeded(slice_of(key->guid, 16), key->parent);
    return digest_mix64(hash, key->size);
}

struct evtx_definition *evtx_definition_find(const struct evtx_definitions *definitions,
                                             const struct evtx_definition_key *key) {
    uint32_t number =
        table_find(&definitions->table, definition_hash(key), definition_equal, definitions, key);
    return number == TABLE_NONE ? NULL : definitions->list[number];
}

static bool definition_keep_literals(struct arena *arena, const struct evtx_scan *scan,
                                     struct evtx_definition *definition) {
    struct value *literals = arena_new(arena, scan->literal_count, sizeof *literals);
    if (!literals)
        return false;
    for (size_t i = 0; i < scan->literal_count; i++) {
        const struct value *value = &scan->literals[i];
        struct slice kept = arena_keep(arena, slice_of(value->data, value->size));
        if (!kept.data)
            return false;
        literals[i] = (struct value){kept.data, (uint32_t)kept.size, value->kind, {0}};
    }
    definition->literals = literals;
    definition->literal_count = (uint32_t)scan->literal_count;
    return true;
}

struct evtx_definition *evtx_definition_add(struct evtx_definitions *definitions,
                                            const struct evtx_definition_key *key,
                                            const struct evtx_scan *scan,
                                            struct evtx_program *program) {
    struct arena *arena = &definitions->arena;
    struct evtx_definition *definition = arena_new(arena, 1, sizeof *definition);
    struct evtx_name_use *uses = arena_new(arena, scan->name_use_count, sizeof *uses);
    struct slice body = arena_keep(arena, slice_of(key->chunk.data + key->body, key->size));
    if (definitions->count == EVTX_DEFINITIONS_MAX || !definition || !uses || !body.data ||
        !definition_keep_literals(arena, scan, definition))
        return NULL;
    if (scan->name_use_count)
        memcpy(uses, scan->name_uses, scan->name_use_count * sizeof *uses);
    definition->program = program;
    definition->parent = key->parent;
    memcpy(definition->guid, key->guid, sizeof definition->guid);
    definition->body = body;
    definition->name_uses = uses;
    definition->name_use_count = scan->name_use_count;
    table_add(&definitions->table, definition_hash(key), definitions->count);
    definition->serial = ++definitions->serial;
    definitions->list[definitions->count++] = definition;
    return definition;
}
