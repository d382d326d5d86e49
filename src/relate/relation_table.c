// Equal relations become one
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_table.h"

#include "base/digest.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/packed_row.h"
#include "base/table.h"
#include "model/hosts.h"
#include "relate/relation_entry.h"

#include <assert.h>

// Cost of a record, measured in tests/bench/bench_relate.c: nine numbers hashed and looked up (two
// or three cache misses), some sums, and a digest while the relation has less than 16 references.
// Texts are written out once, when the table is full. A note whose record is known not to be cited
// waits in a ring of 16 until its entry, times and day have come from memory: their misses, half of
// what such a record costs, lie beside each other instead of one behind the other.
//
// Memory: three eighths for references, times and days, an eighth for texts, a quarter for entries
// and their table, a quarter for the sorter.

// A note that waits for its entry.
struct late_note {
    struct relation_share share;
    uint32_t place;
};

enum {
    LATE_NOTES = 16, // that wait at a time: about as many misses as a core has under way
    LATE_NEAR = 8    // as many notes later the entry has come, and says what else is needed
};

struct relation_table {
    struct interner texts; // a text's number is its number here and one
    size_t text_bytes;
    uint32_t text_ceiling;
    uint8_t *text_scopes; // enum text_scope of each
    uint32_t scope_capacity;
    struct entry_rows rows;
    struct table by_key;
    struct relation_entry *entries;
    uint32_t count, capacity, ceiling;
    uint32_t generation, stamp;
    struct sorter *sorter;
    size_t sorter_bytes;
    char *directory;
    struct buffer key, payload; // scratch of the spill
    struct relation_sum *sum;
    struct late_note late[LATE_NOTES]; // the oldest at late_done % LATE_NOTES
    uint32_t late_done, late_next;
    bool crowded;            // a late note found no room: nothing is noted before the next spill
    enum status late_status; // of what went to the sorter instead; told by the next spill
    struct problem late_problem;
};

// Whether a text is an address that stands for a host of ours.
enum text_scope {
    SCOPE_UNKNOWN,
    SCOPE_INSIDE,
    SCOPE_OTHER,
};

enum {
    TABLE_SLOT_BYTES = 32,           // of base/table, at its emptiest
    TABLE_TEXT_BYTES = 128,          // a text with all that leads to it, guessed
    TABLE_TEXT_BYTES_MIN = 32 << 10, // the texts of a relation, and more
    TABLE_KEY_BYTES = PART_COUNT * (RELATION_PART_BYTES_MAX + 8),
    TABLE_PAYLOAD_BYTES = 64 << 10, // 512 days of 34 bytes, 512 times of 10, 16 references
    TABLE_ENTRIES_FIRST = 64,
    TABLE_SPARSE_SLOTS = 4096, // beyond that, a table filled to less than a 16th is made anew
    TABLE_SPARSE_SHARE = 16,
    CACHE_LINE_BYTES = 64
};

static void table_init_texts(struct relation_table *table) {
    intern_init(&table->texts, table->text_ceiling, table->text_bytes);
}

struct relation_table *relation_table_new(size_t memory_bytes, const char *directory) {
    struct relation_table *table = memory_new(1, sizeof *table);
    entry_rows_init(&table->rows, memory_bytes / 8 * 3);
    table_init(&table->by_key);
    size_t text_bytes = memory_bytes / 8;
    table->text_ceiling = (uint32_t)(text_bytes / TABLE_TEXT_BYTES) + PART_COUNT;
    table->text_bytes =
        text_bytes / 2 > TABLE_TEXT_BYTES_MIN ? text_bytes / 2 : TABLE_TEXT_BYTES_MIN;
    table_init_texts(table);
    table->ceiling =
        (uint32_t)(memory_bytes / 4 / (sizeof(struct relation_entry) + TABLE_SLOT_BYTES)) + 1;
    table->sorter_bytes = memory_bytes / 4;
    table->directory = memory_keep_text(directory, strlen(directory));
    table->sorter = sorter_new(table->sorter_bytes, directory);
    table->sum = memory_new(1, sizeof *table->sum);
    buffer_init(&table->key, TABLE_KEY_BYTES);
    buffer_init(&table->payload, TABLE_PAYLOAD_BYTES);
    return table;
}

void relation_table_free(struct relation_table *table) {
    if (!table)
        return;
    intern_done(&table->texts);
    memory_free(table->text_scopes);
    entry_rows_done(&table->rows);
    table_done(&table->by_key);
    memory_free(table->entries);
    sorter_free(table->sorter);
    memory_free(table->directory);
    memory_free(table->sum);
    buffer_done(&table->key);
    buffer_done(&table->payload);
    memory_free(table);
}

uint32_t relation_table_generation(const struct relation_table *table) {
    return table->generation;
}

uint32_t relation_table_stamp(const struct relation_table *table) {
    return table->stamp;
}

uint32_t relation_table_text(struct relation_table *table, struct slice text) {
    assert(text.size <= RELATION_PART_BYTES_MAX);
    if (text.size == 0)
        return TEXT_EMPTY;
    uint32_t number = intern_add(&table->texts, text);
    if (number == INTERN_FULL)
        return TEXT_FULL;
    if (number >= table->scope_capacity) {
        table->scope_capacity = table->scope_capacity ? table->scope_capacity * 2 : 64;
        table->text_scopes = memory_resize(table->text_scopes, table->scope_capacity, 1);
    }
    if (number + 1 == table->texts.count)
        table->text_scopes[number] = SCOPE_UNKNOWN;
    return number + 1;
}

static struct slice table_text(const struct relation_table *table, uint32_t number) {
    return number == TEXT_EMPTY ? (struct slice){NULL, 0} : intern_text(&table->texts, number - 1);
}

static bool text_is_inside(struct relation_table *table, uint32_t number) {
    if (number == TEXT_EMPTY)
        return false;
    uint8_t *scope = &table->text_scopes[number - 1];
    if (*scope == SCOPE_UNKNOWN) {
        struct slice text = table_text(table, number);
        *scope = address_is_address(text) && !address_is_outside(text) ? SCOPE_INSIDE : SCOPE_OTHER;
    }
    return *scope == SCOPE_INSIDE;
}

int32_t relation_table_bucket(struct relation_table *table, const struct relation_numbers *key,
                              int64_t time_ns) {
    bool inside = time_ns != CLOCK_NONE && (text_is_inside(table, key->texts[PART_FROM]) ||
                                            text_is_inside(table, key->texts[PART_TO]));
    return inside ? day_of(time_ns) : 0;
}

static bool entry_has_key(const void *context, uint32_t number, const void *key) {
    const struct relation_table *table = context;
    const struct relation_entry *entry = &table->entries[number];
    // All of it is needed soon: wait for it once.
    for (size_t at = CACHE_LINE_BYTES; at < sizeof *entry; at += CACHE_LINE_BYTES)
        __builtin_prefetch((const uint8_t *)entry + at, 1);
    return memcmp(&entry->key, key, sizeof(struct relation_numbers)) == 0;
}

// A new entry; false when there is no room.
static bool table_add_entry(struct relation_table *table, const struct relation_numbers *key) {
    if (table->count == table->ceiling)
        return false;
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : TABLE_ENTRIES_FIRST;
        if (table->capacity > table->ceiling)
            table->capacity = table->ceiling;
        table->entries = memory_resize(table->entries, table->capacity, sizeof *table->entries);
        memory_expect_large(table->entries, table->capacity * sizeof *table->entries);
    }
    relation_entry_init(&table->entries[table->count++], key);
    return true;
}

uint64_t relation_table_hash(const struct relation_table *table,
                             const struct relation_numbers *key) {
    uint64_t hash = digest_hash64(slice_of(key, sizeof *key));
    table_prefetch(&table->by_key, hash);
    return hash;
}

bool relation_table_place(struct relation_table *table, const struct relation_numbers *key,
                          uint64_t hash, uint32_t *ret_place) {
    uint32_t place = table_find(&table->by_key, hash, entry_has_key, table, key);
    if (place == TABLE_NONE) {
        if (!table_add_entry(table, key))
            return false;
        place = table->count - 1;
        table_add(&table->by_key, hash, place);
    }
    *ret_place = place;
    return true;
}

bool relation_table_note(struct relation_table *table, uint32_t place,
                         const struct relation_share *share, struct relation_witness *witness) {
    assert(place < table->count);
    return !table->crowded &&
           relation_entry_note(&table->entries[place], &table->rows, share, witness);
}

// The place of a key in texts; false when there is no room.
static bool table_place_texts(struct relation_table *table, const struct relation_key *key,
                              uint32_t *ret_place) {
    struct relation_numbers numbers = {.kind = key->kind, .bucket = key->bucket};
    for (size_t i = 0; i < PART_COUNT; i++) {
        numbers.texts[i] = relation_table_text(table, key->parts[i]);
        if (numbers.texts[i] == TEXT_FULL)
            return false;
    }
    return relation_table_place(table, &numbers, relation_table_hash(table, &numbers), ret_place);
}

enum status relation_table_add(struct relation_table *table, const struct relation_key *key,
                               const struct relation_batch *batch, struct problem *problem) {
    uint32_t place;
    if (table_place_texts(table, key, &place) &&
        relation_entry_note_batch(&table->entries[place], &table->rows, batch))
        return STATUS_OK;
    enum status status = relation_table_spill(table, problem);
    if (status != STATUS_OK)
        return status;
    if (!table_place_texts(table, key, &place) ||
        !relation_entry_note_batch(&table->entries[place], &table->rows, batch))
        return problem_set(problem, STATUS_LIMIT, "a relation is larger than its table's memory");
    return STATUS_OK;
}

// An entry with its texts, into table->key and table->payload. False for an entry that was made for
// a note which found no room: it is told when it is made again.
static bool table_render(struct relation_table *table, const struct relation_entry *entry) {
    if (entry->count == 0)
        return false;
    struct relation_key key = {.kind = (enum relation_kind)entry->key.kind,
                               .bucket = entry->key.bucket};
    for (size_t i = 0; i < PART_COUNT; i++)
        key.parts[i] = table_text(table, entry->key.texts[i]);
    relation_entry_sum(entry, table->sum);
    buffer_reset(&table->key);
    buffer_reset(&table->payload);
    relation_append_key(&table->key, &key);
    relation_append_sum(&table->payload, table->sum);
    assert(!table->key.failed && !table->payload.failed);
    return true;
}

// A share on its own, for the merge to add up: its entry has had no room for it.
static void table_put_share(struct relation_table *table, const struct relation_entry *entry,
                            const struct relation_share *share) {
    int64_t time_ns;
    struct relation_day day;
    struct relation_entry alone = {
        .key = entry->key,
        .first_ns = CLOCK_NONE,
        .last_ns = CLOCK_NONE,
        .bytes_in_min = UINT64_MAX,
        .times = &time_ns,
        .days = &day,
        .keeps = entry->keeps,
    };
    relation_entry_add(&alone, share);
    table_render(table, &alone);
    if (table->late_status == STATUS_OK)
        table->late_status = sorter_add(table->sorter, buffer_slice(&table->key),
                                        buffer_slice(&table->payload), &table->late_problem);
}

// Add the note that has waited longest.
static void table_add_late(struct relation_table *table) {
    const struct late_note *note = &table->late[table->late_done++ % LATE_NOTES];
    struct relation_entry *entry = &table->entries[note->place];
    if (!table->crowded && relation_entry_note_uncited(entry, &table->rows, &note->share))
        return;
    table->crowded = true;
    table_put_share(table, entry, &note->share);
}

static enum status table_add_all_late(struct relation_table *table, struct problem *problem) {
    while (table->late_done != table->late_next)
        table_add_late(table);
    enum status status = table->late_status;
    if (status != STATUS_OK)
        *problem = table->late_problem;
    table->late_status = STATUS_OK;
    return status;
}

void relation_table_tend(struct relation_table *table) {
    if (table->late_next - table->late_done == LATE_NOTES)
        table_add_late(table);
}

int64_t relation_table_cited(const struct relation_table *table, uint32_t place) {
    assert(place < table->count);
    return table->entries[place].cited_ns;
}

static void entry_prefetch(const struct relation_entry *entry) {
    for (size_t at = 0; at < sizeof *entry; at += CACHE_LINE_BYTES)
        __builtin_prefetch((const uint8_t *)entry + at, 1);
}

// Where the next time and the last day lie.
static void entry_prefetch_rows(const struct relation_entry *entry) {
    uint32_t at =
        entry->time_count < RELATION_TIMES_MAX ? entry->time_count : entry->time_count - 1u;
    if (entry->times)
        __builtin_prefetch(&entry->times[at], 1);
    if (entry->day_count)
        __builtin_prefetch(&entry->days[entry->day_count - 1], 1);
}

bool relation_table_note_late(struct relation_table *table, uint32_t place,
                              const struct relation_share *share) {
    assert(place < table->count && share->time_ns != CLOCK_NONE);
    if (table->crowded)
        return false;
    uint32_t waiting = table->late_next - table->late_done;
    if (waiting == LATE_NOTES)
        table_add_late(table);
    entry_prefetch(&table->entries[place]);
    if (waiting >= LATE_NEAR) {
        uint32_t near = table->late_next - LATE_NEAR;
        entry_prefetch_rows(&table->entries[table->late[near % LATE_NOTES].place]);
    }
    table->late[table->late_next++ % LATE_NOTES] = (struct late_note){*share, place};
    return true;
}

// All but texts. A table that once was large must not cost that much for each small file that
// follows.
static void table_empty(struct relation_table *table) {
    bool sparse = table->by_key.capacity > TABLE_SPARSE_SLOTS &&
                  table->by_key.capacity / TABLE_SPARSE_SHARE > table->count;
    if (sparse)
        table_done(&table->by_key);
    else
        table_reset(&table->by_key);
    table->count = 0;
    table->stamp++;
    table->crowded = false;
    entry_rows_reset(&table->rows);
}

enum status relation_table_spill(struct relation_table *table, struct problem *problem) {
    enum status status = table_add_all_late(table, problem);
    for (uint32_t i = 0; i < table->count && status == STATUS_OK; i++)
        if (table_render(table, &table->entries[i]))
            status = sorter_add(table->sorter, buffer_slice(&table->key),
                                buffer_slice(&table->payload), problem);
    table_empty(table);
    table->generation++;
    intern_done(&table->texts);
    table_init_texts(table);
    return status;
}

enum status relation_table_pack(struct relation_table *table, struct buffer *to,
                                struct problem *problem) {
    enum status status = table_add_all_late(table, problem);
    if (status == STATUS_OK && sorter_count(table->sorter)) {
        status = packed_row_drain(table->sorter, to, problem);
        sorter_free(table->sorter);
        table->sorter = sorter_new(table->sorter_bytes, table->directory);
    }
    for (uint32_t i = 0; i < table->count && status == STATUS_OK; i++)
        if (table_render(table, &table->entries[i]))
            packed_row_append(to, buffer_slice(&table->key), buffer_slice(&table->payload));
    table_empty(table);
    return status;
}

enum status relation_table_put(struct relation_table *table, struct slice key, struct slice payload,
                               struct problem *problem) {
    return sorter_add(table->sorter, key, payload, problem);
}

enum status relation_table_drain(struct relation_table *table, struct sorter **ret_sorter,
                                 struct problem *problem) {
    enum status status = relation_table_spill(table, problem);
    if (status != STATUS_OK)
        return status;
    intern_done(&table->texts);
    entry_rows_done(&table->rows);
    memory_free(table->entries);
    table->entries = NULL;
    table->capacity = table->ceiling = 0;
    *ret_sorter = table->sorter;
    table->sorter = NULL;
    return STATUS_OK;
}

enum status relation_table_absorb(struct relation_table *table, struct relation_table *other,
                                  struct problem *problem) {
    enum status status = relation_table_spill(other, problem);
    return status == STATUS_OK ? sorter_absorb(table->sorter, other->sorter, problem) : status;
}
