// Events become relations
// SPDX-License-Identifier: Apache-2.0
#include "relate/relater.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/packed_row.h"
#include "relate/class_plans.h"
#include "relate/coverage.h"
#include "relate/record_reader.h"

#include <string.h>

enum {
    RELATER_PAYLOAD_BYTES = 256 << 20
};

struct relater {
    struct relation_table *table;
    char *directory;
    struct class_plans plans;
    struct record_reader reader;
    struct coverage *coverage;   // made with the first record that is counted
    struct record_memo *records; // made with the first record that says something
};

struct relater *relater_new(size_t memory_bytes, const char *spill_directory) {
    struct relater *relater = memory_new(1, sizeof *relater);
    relater->table = relation_table_new(memory_bytes, spill_directory);
    relater->directory = memory_keep_text(spill_directory, strlen(spill_directory));
    class_plans_init(&relater->plans);
    record_reader_init(&relater->reader, relater->table);
    return relater;
}

void relater_free(struct relater *relater) {
    if (!relater)
        return;
    relation_table_free(relater->table);
    memory_free(relater->directory);
    class_plans_done(&relater->plans);
    record_reader_done(&relater->reader);
    coverage_free(relater->coverage);
    record_memo_free(relater->records);
    memory_free(relater);
}

const char *relater_directory(const struct relater *relater) {
    return relater->directory;
}

static enum status relater_make_room(struct relater *relater, const struct record *record,
                                     struct problem *problem) {
    enum status status = relation_table_spill(relater->table, problem);
    record_reader_begin(&relater->reader, record);
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
        enum row_answer answer = record_read_row(&relater->reader, row, record, &key);
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
    ret_key->bytes.data = relater->reader.bytes;
    return record_gather(&relater->reader, reads, record, &ret_key->bytes.size) &&
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
    bool room = record_read_rows(&relater->reader, record, sayings);
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
    struct record record = {class_plans_find(&relater->plans, event->event_class), event, host};
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
    record_reader_begin(&relater->reader, &record);
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

enum status relater_hit(struct relater *relater, const struct rule *rule, const struct event *event,
                        struct slice host, struct problem *problem) {
    struct record record = {class_plans_find(&relater->plans, event->event_class), event, host};
    struct relation_share share = {.time_ns = event->time_ns};
    struct relation_witness witness = {.event = event};
    record_reader_begin(&relater->reader, &record);
    for (int attempt = 0; attempt < 2; attempt++) {
        struct relation_numbers key;
        if (record_read_hit(&relater->reader, rule, &record, &key) &&
            relater_note(relater, &key, &share, &witness))
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
    struct buffer changed;
    buffer_init(&changed, RELATER_PAYLOAD_BYTES);
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
        buffer_reset(&changed);
        if (!map->same) {
            relation_append_sum(&changed, sum);
            payload = buffer_slice(&changed);
        }
        status = relation_table_put(relater->table, key, payload, problem);
    }
    buffer_done(&changed);
    memory_free(sum);
    if (status == STATUS_OK && rows.size)
        status = problem_set(problem, STATUS_FORMAT, "relations that were kept are cut short");
    return status;
}

enum status relater_drain(struct relater *relater, struct sorter **ret_sorter,
                          struct problem *problem) {
    record_reader_forget(&relater->reader);
    record_memo_free(relater->records);
    relater->records = NULL;
    return relation_table_drain(relater->table, ret_sorter, problem);
}
