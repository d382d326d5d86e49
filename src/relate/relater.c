// Events become relations
// SPDX-License-Identifier: Apache-2.0
#include "relate/relater.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/packed_row.h"
#include "base/text.h"
#include "model/stage.h"
#include "relate/part_memo.h"
#include "relate/coverage.h"

#include <assert.h>

// Invariants:
// 1. plans[class id] is what class_plan_init gave for that class, or NULL; a class without an id
//    is worked out for each of its records, and nothing of it is remembered.
// 2. Numbers in the memo and in `numbers` are of the table's generation `generation`.
enum {
    RELATER_PLAN_BYTES = 32 << 20, // 65,536 classes, most of them without rows
    RELATER_SCRATCH_BYTES = 256 << 20,
    RELATER_SCRATCH_KEEP = 1 << 20,
    RELATER_READ_BYTES = 480, // of what a part reads; longer ones are rendered each time
};

#define TEXT_UNREAD (UINT32_MAX - 1)

// The record at hand.
struct record {
    const struct class_plan *plan;
    const struct event *event;
    struct slice host; // writes it when the event names none
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
    struct coverage *coverage;         // made with the first record that is counted
    struct part_memo *memo;            // made with the first record that says something
    struct record_memo *records;       // with it
    uint32_t generation;               // of the table
    uint8_t bytes[RELATER_READ_BYTES]; // that a part reads
    uint32_t numbers[PLAN_PARTS_MAX];  // of the texts of the record at hand, by part
};

struct relater *relater_new(size_t memory_bytes, const char *spill_directory) {
    struct relater *relater = memory_new(1, sizeof *relater);
    relater->table = relation_table_new(memory_bytes, spill_directory);
    relater->directory = memory_keep_text(spill_directory, strlen(spill_directory));
    arena_init(&relater->plan_arena, RELATER_PLAN_BYTES);
    arena_init(&relater->scratch_arena, RELATER_PLAN_BYTES);
    buffer_init(&relater->scratch, RELATER_SCRATCH_BYTES);
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
    coverage_free(relater->coverage);
    part_memo_free(relater->memo);
    record_memo_free(relater->records);
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
    relater->scratch_plan.is_passing = true;
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

// Whether the field says anything; false as well when that takes more than a look.
static bool slot_is_reducible(const struct value *value, uint8_t *ret_presence) {
    bool none =
        value_is_null(value) || value->size == 0 || (value->size == 1 && value->data[0] == '-');
    *ret_presence = none ? VALUE_ABSENT : VALUE_BOOL;
    return value->kind == VALUE_UTF8 || value_is_null(value);
}

// What decides of one slot: its kind and bytes.
static struct slice slot_bytes(const struct event *event, uint16_t slot, uint8_t *ret_kind) {
    const struct value *value = event_value(event, slot & ~(unsigned)SLOT_PRESENCE);
    *ret_kind = value->kind;
    uint8_t presence;
    if (!(slot & SLOT_PRESENCE) || !slot_is_reducible(value, &presence))
        return slice_of(value->data, value->size);
    *ret_kind = presence;
    return (struct slice){NULL, 0};
}

// The bytes of all that is read as one; false when there is no room for them.
static bool reads_gather(const struct plan_reads *reads, const struct record *record,
                         uint8_t bytes[RELATER_READ_BYTES], size_t *ret_size) {
    size_t size = 0;
    for (uint32_t i = 0; i < reads->count + reads->folder; i++) {
        uint8_t kind = VALUE_UTF8;
        struct slice text = record->host;
        if (i < reads->count)
            text = slot_bytes(record->event, reads->slots[i], &kind);
        if (text.size > RELATER_READ_BYTES || RELATER_READ_BYTES - size < text.size + 3)
            return false;
        uint16_t text_size = (uint16_t)text.size;
        memcpy(bytes + size, &text_size, sizeof text_size);
        bytes[size + 2] = kind;
        if (text_size)
            bytes_copy(bytes + size + 3, text.data, text_size);
        size += text_size + 3u;
    }
    *ret_size = size;
    return true;
}

// By what it is remembered what `reader` reads of the record; false when it is not.
static bool relater_memo_key(struct relater *relater, const void *reader,
                             const struct plan_reads *reads, const struct record *record,
                             struct memo_key *ret_key) {
    *ret_key = (struct memo_key){.reader = reader};
    if (record->plan->is_passing || reads->too_many)
        return false;
    if (reads->count == 1 && !reads->folder && !(reads->slots[0] & SLOT_PRESENCE)) {
        const struct value *value = event_value(record->event, reads->slots[0]);
        ret_key->bytes = slice_of(value->data, value->size);
        ret_key->kind = value->kind;
        return value->size <= RELATER_READ_BYTES;
    }
    ret_key->bytes.data = relater->bytes;
    return reads_gather(reads, record, relater->bytes, &ret_key->bytes.size);
}

static void relater_renew_scratch(struct relater *relater) {
    if (relater->scratch.capacity > RELATER_SCRATCH_KEEP)
        buffer_done(&relater->scratch);
    buffer_reset(&relater->scratch);
}

// The number of a part's text.
static uint32_t part_read(struct relater *relater, const struct plan_part *part,
                          const struct record *record) {
    if (!part)
        return TEXT_EMPTY;
    uint32_t *number = &relater->numbers[part->index];
    if (*number != TEXT_UNREAD)
        return *number;
    struct memo_key key;
    bool remember = relater_memo_key(relater, part, &part->reads, record, &key);
    if (remember && part_memo_find(relater->memo, &key, number))
        return *number;
    relater_renew_scratch(relater);
    *number = relation_table_text(
        relater->table, plan_part_render(part, record->event, record->host, &relater->scratch));
    if (remember && *number != TEXT_FULL)
        part_memo_add(relater->memo, &key, *number);
    return *number;
}

static bool row_holds(struct relater *relater, const struct row_plan *row,
                      const struct record *record) {
    if (row->condition_count == 0)
        return true;
    struct memo_key key;
    uint32_t holds;
    bool remember = relater_memo_key(relater, row, &row->condition_reads, record, &key);
    if (remember && part_memo_find(relater->memo, &key, &holds))
        return holds;
    relater_renew_scratch(relater);
    holds = row_plan_holds(row, record->event, record->host, &relater->scratch);
    if (remember)
        part_memo_add(relater->memo, &key, holds);
    return holds;
}

enum row_answer {
    ROW_SILENT,
    ROW_SAYS,
    ROW_FULL, // no room for a text: spill first
};

// What a row said.
struct row_saying {
    enum row_answer answer;
    struct relation_numbers key;
    uint64_t hash;
    uint32_t place; // once noted
};

// What a row says of the record.
static enum row_answer row_read(struct relater *relater, const struct row_plan *row,
                                const struct record *record, struct relation_numbers *ret_key) {
    if (!row_holds(relater, row, record))
        return ROW_SILENT;
    ret_key->kind = row->kind;
    for (size_t i = 0; i < PART_COUNT; i++) {
        ret_key->texts[i] = part_read(relater, row->parts[i], record);
        if (ret_key->texts[i] == TEXT_FULL)
            return ROW_FULL;
        if (ret_key->texts[i] == TEXT_EMPTY && row->required[i])
            return ROW_SILENT;
    }
    ret_key->bucket = relation_table_bucket(relater->table, ret_key, record->event->time_ns);
    return ROW_SAYS;
}

// Nothing is known of the record; after a spill, of any.
static void relater_begin(struct relater *relater, const struct record *record) {
    uint32_t generation = relation_table_generation(relater->table);
    if (!relater->memo)
        relater->memo = part_memo_new();
    else if (relater->generation != generation)
        part_memo_reset(relater->memo);
    relater->generation = generation;
    for (uint32_t i = 0; i < record->plan->part_count; i++)
        relater->numbers[i] = TEXT_UNREAD;
}

static enum status relater_make_room(struct relater *relater, const struct record *record,
                                     struct problem *problem) {
    enum status status = relation_table_spill(relater->table, problem);
    relater_begin(relater, record);
    return status;
}

static bool relater_note(struct relater *relater, const struct relation_numbers *key,
                         const struct relation_share *share, struct relation_witness *witness) {
    uint32_t place;
    uint64_t hash = relation_table_hash(relater->table, key);
    return relation_table_place(relater->table, key, hash, &place) &&
           relation_table_note(relater->table, place, share, witness);
}

// Note what a row says; again after a spill.
static enum status relater_say(struct relater *relater, const struct row_plan *row,
                               const struct record *record, struct relation_witness *witness,
                               struct problem *problem) {
    for (int attempt = 0; attempt < 2; attempt++) {
        struct relation_numbers key;
        struct relation_share share;
        enum row_answer answer = row_read(relater, row, record, &key);
        if (answer == ROW_SILENT)
            return STATUS_OK;
        row_plan_share(row, record->event, &share);
        if (answer == ROW_SAYS && relater_note(relater, &key, &share, witness))
            return STATUS_OK;
        enum status status = relater_make_room(relater, record, problem);
        if (status != STATUS_OK)
            return status;
    }
    return problem_set(problem, STATUS_LIMIT, "a relation is larger than its table's memory");
}

// What the rows say, before any of it is noted: what one leads to comes from memory while the next
// is read. False when a text finds no room.
static bool record_read(struct relater *relater, const struct record *record,
                        struct row_saying sayings[PLAN_ROWS_MAX]) {
    const struct class_plan *plan = record->plan;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        struct row_saying *saying = &sayings[i];
        saying->answer = row_read(relater, &plan->rows[i], record, &saying->key);
        if (saying->answer == ROW_FULL)
            return false;
        if (saying->answer == ROW_SAYS)
            saying->hash = relation_table_hash(relater->table, &saying->key);
    }
    return true;
}

static bool record_note(struct relater *relater, const struct record *record, uint32_t row,
                        uint32_t place, struct relation_witness *witness) {
    struct relation_share share;
    row_plan_share(&record->plan->rows[row], record->event, &share);
    return relation_table_note(relater->table, place, &share, witness);
}

// By what the record is remembered; false when it is not.
static bool record_key_init(struct relater *relater, const struct record *record,
                            struct record_key *ret_key) {
    const struct plan_reads *reads = &record->plan->reads;
    int64_t time_ns = record->event->time_ns;
    // Bucket 0 is for relations of any day; a record of day 0 or without a time is read anew.
    if (record->plan->is_passing || reads->too_many || time_ns == CLOCK_NONE ||
        day_of(time_ns) == 0 || !record_habit_looks(record->plan->habit))
        return false;
    if (!relater->records)
        relater->records = record_memo_new();
    ret_key->plan = record->plan;
    ret_key->stamp = relation_table_stamp(relater->table);
    ret_key->bytes.data = relater->bytes;
    return reads_gather(reads, record, relater->bytes, &ret_key->bytes.size) &&
           ret_key->bytes.size <= RECORD_MEMO_BYTES_MAX;
}

static bool record_note_late(struct relater *relater, const struct record *record, uint32_t row,
                             uint32_t place) {
    struct relation_share share;
    row_plan_share(&record->plan->rows[row], record->event, &share);
    return relation_table_note_late(relater->table, place, &share);
}

// Note what a remembered record says. *ret_done: the rows that are done with, all unless one found
// no room. False: it was not remembered, or of another day while days are kept apart.
static bool record_recall(struct relater *relater, const struct record *record,
                          struct record_key *key, struct relation_witness *witness,
                          uint32_t *ret_done) {
    record_memo_hash(relater->records, key);
    relation_table_tend(relater->table);
    struct record_place *place = record_memo_find(relater->records, key);
    record_habit_note(record->plan->habit, place != NULL);
    for (uint32_t i = 0; place && i < place->row_count; i++)
        if (place->buckets[i] && place->buckets[i] != day_of(record->event->time_ns))
            place = NULL;
    if (!place)
        return false;
    bool late = record->event->time_ns > place->cited_ns;
    int64_t cited_ns = INT64_MIN;
    *ret_done = record->plan->row_count;
    for (uint32_t i = 0; i < place->row_count; i++) {
        uint32_t at = place->places[i];
        if (late ? !record_note_late(relater, record, place->rows[i], at)
                 : !record_note(relater, record, place->rows[i], at, witness)) {
            *ret_done = place->rows[i];
            return true;
        }
        if (!late && relation_table_cited(relater->table, at) > cited_ns)
            cited_ns = relation_table_cited(relater->table, at);
    }
    if (!late)
        place->cited_ns = cited_ns;
    return true;
}

static void record_remember(struct relater *relater, const struct record *record,
                            const struct record_key *key, const struct row_saying *sayings) {
    uint32_t said = 0;
    for (uint32_t i = 0; i < record->plan->row_count; i++)
        said += sayings[i].answer == ROW_SAYS;
    if (said > RECORD_MEMO_ROWS_MAX)
        return;
    struct record_place *place = record_memo_add(relater->records, key);
    for (uint32_t i = 0; i < record->plan->row_count; i++) {
        if (sayings[i].answer != ROW_SAYS)
            continue;
        place->rows[place->row_count] = (uint8_t)i;
        place->places[place->row_count] = sayings[i].place;
        place->buckets[place->row_count++] = sayings[i].key.bucket;
    }
}

// Note what the rows say. Rows that are done with: all unless one found no room.
static uint32_t record_observe(struct relater *relater, const struct record *record,
                               struct relation_witness *witness,
                               struct row_saying sayings[PLAN_ROWS_MAX]) {
    uint32_t done = 0;
    bool room = record_read(relater, record, sayings);
    while (room && done < record->plan->row_count) {
        struct row_saying *saying = &sayings[done];
        room = saying->answer == ROW_SILENT ||
               (relation_table_place(relater->table, &saying->key, saying->hash, &saying->place) &&
                record_note(relater, record, done, saying->place, witness));
        done += room;
    }
    return done;
}

enum status relater_observe(struct relater *relater, const struct event *event, struct slice host,
                            struct problem *problem) {
    struct record record = {relater_plan(relater, event->event_class), event, host};
    const uint32_t row_count = record.plan->row_count;
    if (row_count == 0)
        return STATUS_OK;
    struct row_saying sayings[PLAN_ROWS_MAX];
    struct relation_witness witness = {.event = event};
    struct record_key key;
    uint32_t done;
    bool remember = record_key_init(relater, &record, &key);
    bool recalled = remember && record_recall(relater, &record, &key, &witness, &done);
    if (recalled && done == row_count)
        return STATUS_OK;
    // The key's bytes lie where parts gather theirs.
    uint8_t bytes[RECORD_MEMO_BYTES_MAX];
    if (remember && key.bytes.size)
        bytes_copy(bytes, key.bytes.data, key.bytes.size);
    key.bytes.data = bytes;
    relater_begin(relater, &record);
    if (!recalled)
        done = record_observe(relater, &record, &witness, sayings);
    if (!recalled && remember && done == row_count)
        record_remember(relater, &record, &key, sayings);
    // Those that found no room, one by one.
    enum status status = STATUS_OK;
    for (uint32_t i = done; i < row_count && status == STATUS_OK; i++)
        status = relater_say(relater, &record.plan->rows[i], &record, &witness, problem);
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
            !text_starts_fold_ascii(tag, START) || tag.data[START.size] < '0' ||
            tag.data[START.size] > '9')
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
static bool hit_read_place(struct relater *relater, const struct record *record,
                           struct relation_numbers *ret_key) {
    const struct class_plan *plan = record->plan;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].kind == RELATION_ALIAS)
            continue;
        enum row_answer answer = row_read(relater, &plan->rows[i], record, ret_key);
        if (answer != ROW_SILENT)
            return answer == ROW_SAYS;
    }
    *ret_key = (struct relation_numbers){.bucket = 0};
    ret_key->texts[PART_ACCOUNT] = part_read(relater, plan->account, record);
    ret_key->texts[PART_TO] = part_read(relater, plan->recorder, record);
    ret_key->texts[PART_RECORDER] = ret_key->texts[PART_TO];
    return true;
}

// False when there is no room for a text.
static bool hit_read(struct relater *relater, const struct rule *rule, const struct record *record,
                     struct relation_numbers *ret_key) {
    char technique[16];
    if (!hit_read_place(relater, record, ret_key))
        return false;
    const struct slice texts[] = {
        text_cut(rule->id, RELATION_PART_BYTES_MAX), slice_of_string(rule_level_text(rule->level)),
        slice_of_string(stage_name(stage_of_rule(rule))), hit_technique(rule, technique)};
    ret_key->kind = RELATION_RULE_HIT;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        ret_key->texts[PART_ARTEFACT + i] = relation_table_text(relater->table, texts[i]);
    for (size_t i = 0; i < PART_COUNT; i++)
        if (ret_key->texts[i] == TEXT_FULL)
            return false;
    return true;
}

enum status relater_hit(struct relater *relater, const struct rule *rule, const struct event *event,
                        struct slice host, struct problem *problem) {
    struct record record = {relater_plan(relater, event->event_class), event, host};
    struct relation_share share = {.time_ns = event->time_ns};
    struct relation_witness witness = {.event = event};
    relater_begin(relater, &record);
    for (int attempt = 0; attempt < 2; attempt++) {
        struct relation_numbers key;
        if (hit_read(relater, rule, &record, &key) && relater_note(relater, &key, &share, &witness))
            return STATUS_OK;
        enum status status = relater_make_room(relater, &record, problem);
        if (status != STATUS_OK)
            return status;
    }
    return problem_set(problem, STATUS_LIMIT, "a relation is larger than its table's memory");
}

enum status relater_pack(struct relater *relater, struct buffer *to, struct problem *problem) {
    return relation_table_pack(relater->table, to, problem);
}

static bool put_key_is_sound(struct slice bytes) {
    struct relation_key key;
    if (!relation_read_key(bytes, &key))
        return false;
    for (size_t i = 0; i < PART_COUNT; i++)
        if (key.parts[i].size > RELATION_PART_BYTES_MAX)
            return false;
    return true;
}

enum status relater_put(struct relater *relater, struct slice rows, const struct source_map *map,
                        struct problem *problem) {
    struct relation_sum *sum = memory_new(1, sizeof *sum);
    struct slice key, payload;
    enum status status = STATUS_OK;
    bool as_it_is = map->same && map->own;
    while (status == STATUS_OK && packed_row_take(&rows, &key, &payload)) {
        if (as_it_is) {
            status = relation_table_put(relater->table, key, payload, problem);
            continue;
        }
        if (!put_key_is_sound(key) || !relation_read_sum(payload, sum) || sum->count == 0 ||
            !source_map_change(map, sum->references, sum->reference_count)) {
            status = problem_set(problem, STATUS_FORMAT, "a relation that was kept is damaged");
            break;
        }
        buffer_reset(&relater->scratch);
        if (!map->same) {
            relation_append_sum(&relater->scratch, sum);
            payload = buffer_slice(&relater->scratch);
        }
        status = relation_table_put(relater->table, key, payload, problem);
    }
    memory_free(sum);
    if (status == STATUS_OK && rows.size)
        status = problem_set(problem, STATUS_FORMAT, "relations that were kept are cut short");
    return status;
}

enum status relater_drain(struct relater *relater, struct sorter **ret_sorter,
                          struct problem *problem) {
    part_memo_free(relater->memo);
    record_memo_free(relater->records);
    relater->records = NULL;
    relater->memo = NULL;
    return relation_table_drain(relater->table, ret_sorter, problem);
}
