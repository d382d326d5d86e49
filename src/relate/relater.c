// Events become relations
// SPDX-License-Identifier: Apache-2.0
#include "relate/relater.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/stage.h"
#include "relate/coverage.h"

#include <assert.h>

// Invariants:
// 1. plans[class id] is what class_plan_init gave for that class, or NULL; a class without an id
//    is worked out for each of its records.
// 2. A slot of the cache holds the bytes of what one row read of a record and the place of what it
//    said, as of one generation of the table: places of older generations are not looked at.
enum {
    RELATER_PLAN_BYTES = 32 << 20, // 65,536 classes, most of them without rows
    RELATER_SCRATCH_BYTES = 256 << 20,
    RELATER_SCRATCH_KEEP = 1 << 20,
    RELATER_KEY_BYTES = PART_COUNT * (RELATION_PART_BYTES_MAX + 8),
    CACHE_SLOTS = 16384,
    CACHE_BYTES = 480, // of a row's slots; longer ones are rendered each time
};

#define PLACE_NONE UINT32_MAX // the row said nothing

struct cache_slot {
    uint64_t hash;
    const struct row_plan *row;
    uint32_t generation;
    int32_t day;
    uint32_t size;
    uint32_t place;
    uint8_t bytes[CACHE_BYTES];
};

struct relater {
    struct relation_table *table;
    char *directory;
    struct arena plan_arena;
    struct class_plan **plans; // by class id
    uint32_t plan_capacity;
    struct class_plan scratch_plan;
    struct arena scratch_arena;
    struct buffer scratch;
    struct buffer key;
    struct coverage *coverage; // made with the first record that is counted
    struct path_memo *paths;
    struct cache_slot *cache; // made with the first record that says something
};

struct relater *relater_new(size_t memory_bytes, const char *spill_directory) {
    struct relater *relater = memory_new(1, sizeof *relater);
    relater->table = relation_table_new(memory_bytes, spill_directory);
    relater->directory = memory_keep_text(spill_directory, strlen(spill_directory));
    arena_init(&relater->plan_arena, RELATER_PLAN_BYTES);
    arena_init(&relater->scratch_arena, RELATER_PLAN_BYTES);
    buffer_init(&relater->scratch, RELATER_SCRATCH_BYTES);
    buffer_init(&relater->key, RELATER_KEY_BYTES);
    relater->paths = path_memo_new();
    return relater;
}

void relater_free(struct relater *relater) {
    if (!relater)
        return;
    relation_table_free(relater->table);
    memory_free(relater->directory);
    arena_done(&relater->plan_arena);
    arena_done(&relater->scratch_arena);
    memory_free(relater->plans);
    buffer_done(&relater->scratch);
    buffer_done(&relater->key);
    coverage_free(relater->coverage);
    path_memo_free(relater->paths);
    memory_free(relater->cache);
    memory_free(relater);
}

const char *relater_directory(const struct relater *relater) {
    return relater->directory;
}

static const struct class_plan *relater_scratch_plan(struct relater *relater,
                                                     const struct event_class *event_class) {
    arena_reset(&relater->scratch_arena);
    bool room = class_plan_init(&relater->scratch_plan, event_class, &relater->scratch_arena);
    assert(room);
    (void)room;
    for (uint32_t i = 0; i < relater->scratch_plan.row_count; i++)
        relater->scratch_plan.rows[i].cacheable = false;
    return &relater->scratch_plan;
}

static const struct class_plan *relater_make_plan(struct relater *relater,
                                                  const struct event_class *event_class) {
    uint32_t id = event_class->id;
    if (id == UINT32_MAX)
        return relater_scratch_plan(relater, event_class);
    if (id >= relater->plan_capacity) {
        uint32_t capacity = relater->plan_capacity ? relater->plan_capacity : 64;
        while (capacity <= id)
            capacity *= 2;
        relater->plans = memory_resize(relater->plans, capacity, sizeof(struct class_plan *));
        memset(relater->plans + relater->plan_capacity, 0,
               (capacity - relater->plan_capacity) * sizeof(struct class_plan *));
        relater->plan_capacity = capacity;
    }
    struct class_plan *plan = arena_new(&relater->plan_arena, 1, sizeof *plan);
    if (!plan || !class_plan_init(plan, event_class, &relater->plan_arena))
        return relater_scratch_plan(relater, event_class);
    relater->plans[id] = plan;
    return plan;
}

static const struct class_plan *relater_plan(struct relater *relater,
                                             const struct event_class *event_class) {
    if (event_class->id < relater->plan_capacity && relater->plans[event_class->id])
        return relater->plans[event_class->id];
    return relater_make_plan(relater, event_class);
}

// Note one relation whose key stands in relater->key. *ret_place is valid for the table's
// generation after the call.
static enum status relater_note(struct relater *relater, const struct relation_share *share,
                                struct relation_witness *witness, uint32_t *ret_place,
                                struct problem *problem) {
    struct slice key = buffer_slice(&relater->key);
    enum status status = relation_table_place(relater->table, key, ret_place, problem);
    if (status != STATUS_OK || relation_table_note(relater->table, *ret_place, share, witness))
        return status;
    status = relation_table_spill(relater->table, problem);
    if (status == STATUS_OK)
        status = relation_table_place(relater->table, key, ret_place, problem);
    if (status == STATUS_OK && !relation_table_note(relater->table, *ret_place, share, witness))
        status = problem_set(problem, STATUS_LIMIT, "a relation is larger than its table's memory");
    return status;
}

// Render and note what a row says; *ret_place is PLACE_NONE when that is nothing.
static enum status relater_say(struct relater *relater, const struct row_plan *row,
                               const struct row_context *context, struct relation_witness *witness,
                               uint32_t *ret_place, struct problem *problem) {
    const struct event *event = witness->event;
    struct relation_key key;
    enum status status = STATUS_OK;
    *ret_place = PLACE_NONE;
    buffer_reset(&relater->scratch);
    if (row_plan_render(row, event, context, &relater->scratch, &key)) {
        struct relation_share share;
        row_plan_share(row, event, &share);
        buffer_reset(&relater->key);
        relation_append_key(&relater->key, &key);
        assert(!relater->key.failed);
        status = relater_note(relater, &share, witness, ret_place, problem);
    }
    if (relater->scratch.capacity > RELATER_SCRATCH_KEEP)
        buffer_done(&relater->scratch);
    return status;
}

// Whether the field says anything; false as well when that takes more than a look.
static bool slot_is_reducible(const struct value *value, uint8_t *ret_presence) {
    bool none =
        value_is_null(value) || value->size == 0 || (value->size == 1 && value->data[0] == '-');
    *ret_presence = none ? VALUE_ABSENT : VALUE_BOOL;
    return value->kind == VALUE_UTF8 || value_is_null(value);
}

// The bytes that decide what a row says of the record, as one; 0 when there is no room for them.
static size_t observe_bytes(const struct row_plan *row, const struct event *event,
                            struct slice host, uint8_t bytes[CACHE_BYTES]) {
    if (host.size > CACHE_BYTES - sizeof(uint32_t))
        return 0;
    uint32_t host_size = (uint32_t)host.size;
    memcpy(bytes, &host_size, sizeof host_size);
    if (host.size)
        memcpy(bytes + sizeof host_size, host.data, host.size);
    size_t size = sizeof host_size + host.size;
    for (uint32_t i = 0; i < row->slot_count; i++) {
        const struct value *value = event_value(event, row->slots[i] & ~(unsigned)SLOT_PRESENCE);
        uint8_t presence;
        uint32_t value_size = value->size;
        if (CACHE_BYTES - size < 5)
            return 0;
        bytes[size + 4] = value->kind;
        if (row->slots[i] & SLOT_PRESENCE && slot_is_reducible(value, &presence)) {
            value_size = 0;
            bytes[size + 4] = presence;
        }
        memcpy(bytes + size, &value_size, sizeof value_size);
        size += 5;
        if (value_size > CACHE_BYTES - size)
            return 0;
        if (value_size)
            memcpy(bytes + size, value->data, value_size);
        size += value_size;
    }
    return size;
}

// What the row said of an earlier record with the same bytes, it says again; else it is rendered,
// and remembered.
static enum status observe_row(struct relater *relater, const struct row_plan *row,
                               const struct row_context *context, struct relation_witness *witness,
                               struct problem *problem) {
    const struct event *event = witness->event;
    uint8_t bytes[CACHE_BYTES];
    uint32_t place;
    size_t size = row->cacheable ? observe_bytes(row, event, context->host, bytes) : 0;
    if (size == 0)
        return relater_say(relater, row, context, witness, &place, problem);
    int32_t day = event->time_ns == CLOCK_NONE ? INT32_MIN : day_of(event->time_ns);
    uint64_t hash = digest_hash64_seeded(slice_of(bytes, size), (uintptr_t)row);
    struct cache_slot *slot = &relater->cache[hash % CACHE_SLOTS];
    uint32_t generation = relation_table_generation(relater->table);
    if (slot->row == row && slot->hash == hash && slot->generation == generation &&
        slot->day == day && slot->size == size && memcmp(slot->bytes, bytes, size) == 0) {
        if (slot->place == PLACE_NONE)
            return STATUS_OK;
        struct relation_share share;
        row_plan_share(row, event, &share);
        if (relation_table_note(relater->table, slot->place, &share, witness))
            return STATUS_OK;
    }
    slot->row = NULL;
    enum status status = relater_say(relater, row, context, witness, &slot->place, problem);
    if (status != STATUS_OK || relation_table_generation(relater->table) != generation)
        return status;
    slot->row = row;
    slot->hash = hash;
    slot->generation = generation;
    slot->day = day;
    slot->size = (uint32_t)size;
    memcpy(slot->bytes, bytes, size);
    return STATUS_OK;
}

enum status relater_observe(struct relater *relater, const struct event *event, struct slice host,
                            struct problem *problem) {
    const struct class_plan *plan = relater_plan(relater, event->event_class);
    if (plan->row_count == 0)
        return STATUS_OK;
    if (!relater->cache)
        relater->cache = memory_new(CACHE_SLOTS, sizeof *relater->cache);
    struct row_context context = {host, relater->paths};
    struct relation_witness witness = {.event = event};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < plan->row_count && status == STATUS_OK; i++) {
        if (!row_plan_is_barred(&plan->rows[i], event, &context))
            status = observe_row(relater, &plan->rows[i], &context, &witness, problem);
    }
    return status;
}

enum status relater_count(struct relater *relater, const struct event *event, struct slice host,
                          struct problem *problem) {
    if (!relater->coverage)
        relater->coverage = coverage_new();
    return coverage_observe(relater->coverage, relater->table, event, host, problem);
}

enum status relater_end_unit(struct relater *relater, struct problem *problem) {
    return relater->coverage ? coverage_flush(relater->coverage, relater->table, problem)
                             : STATUS_OK;
}

// "attack.t1059.001" -> "T1059.001" of the rule's first technique.
static struct slice hit_technique(const struct rule *rule, char text[16]) {
    static const struct slice START = SLICE("attack.t");
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        struct slice tag = rule->tags[i];
        if (tag.size <= START.size || tag.size > START.size + 8 ||
            !text_equal_fold_ascii(slice_part(tag, 0, START.size), START) ||
            tag.data[START.size] < '0' || tag.data[START.size] > '9')
            continue;
        size_t size = tag.size - START.size + 1;
        text[0] = 'T';
        memcpy(text + 1, tag.data + START.size, size - 1);
        return slice_of(text, size);
    }
    return (struct slice){NULL, 0};
}

// Who and where as the first row says that holds for the record; else the account that the class
// names, on the host that wrote it.
static struct relation_key hit_key(struct relater *relater, const struct class_plan *plan,
                                   const struct event *event, struct slice host) {
    struct relation_key key;
    struct row_context context = {host, relater->paths};
    buffer_reset(&relater->scratch);
    for (uint32_t i = 0; i < plan->row_count; i++)
        if (plan->rows[i].kind != RELATION_ALIAS &&
            row_plan_render(&plan->rows[i], event, &context, &relater->scratch, &key))
            return key;
    struct plan_part recorder = {.terms = {{.origin = TERM_HOST, .form = TEXT_FORM_HOST}},
                                 .term_count = 1};
    size_t account = plan_part_render(&plan->account, event, &context, &relater->scratch).size;
    size_t size = plan_part_render(&recorder, event, &context, &relater->scratch).size;
    struct slice all = slice_part(buffer_slice(&relater->scratch),
                                  relater->scratch.size - size - account, SIZE_MAX);
    memset(&key, 0, sizeof key);
    key.parts[PART_ACCOUNT] = slice_part(all, 0, account);
    key.parts[PART_TO] = key.parts[PART_RECORDER] = slice_part(all, account, size);
    return key;
}

enum status relater_hit(struct relater *relater, const struct rule *rule, const struct event *event,
                        struct slice host, struct problem *problem) {
    const struct class_plan *plan = relater_plan(relater, event->event_class);
    struct relation_key key = hit_key(relater, plan, event, host);
    char technique[16];
    key.kind = RELATION_RULE_HIT;
    key.parts[PART_ARTEFACT] = text_cut(rule->id, RELATION_PART_BYTES_MAX);
    key.parts[PART_DETAIL_0] = slice_of_string(rule_level_text(rule->level));
    key.parts[PART_DETAIL_1] = slice_of_string(stage_name(stage_of_rule(rule)));
    key.parts[PART_DETAIL_2] = hit_technique(rule, technique);
    buffer_reset(&relater->key);
    relation_append_key(&relater->key, &key);
    assert(!relater->key.failed);
    struct relation_share share = {.time_ns = event->time_ns};
    struct relation_witness witness = {.event = event};
    uint32_t place;
    return relater_note(relater, &share, &witness, &place, problem);
}

enum status relater_absorb(struct relater *relater, struct relater *other,
                           struct problem *problem) {
    return relation_table_absorb(relater->table, other->table, problem);
}

enum status relater_drain(struct relater *relater, struct sorter **ret_sorter,
                          struct problem *problem) {
    memory_free(relater->cache);
    relater->cache = NULL;
    return relation_table_drain(relater->table, ret_sorter, problem);
}
