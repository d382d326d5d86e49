// What is known of one relation of the table
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_entry.h"

// A row that was left behind.
struct free_row {
    struct free_row *next;
};

void entry_rows_init(struct entry_rows *rows, size_t memory_bytes) {
    *rows = (struct entry_rows){0};
    arena_init(&rows->arena, memory_bytes);
}

void entry_rows_done(struct entry_rows *rows) {
    arena_done(&rows->arena);
}

void entry_rows_reset(struct entry_rows *rows) {
    arena_reset(&rows->arena);
    memset(rows->free_rows, 0, sizeof rows->free_rows);
}

void relation_entry_init(struct relation_entry *entry, const struct relation_numbers *key) {
    *entry = (struct relation_entry){
        .key = *key,
        .first_ns = CLOCK_NONE,
        .last_ns = CLOCK_NONE,
        .cited_ns = INT64_MAX,
        .bytes_in_min = UINT64_MAX,
        .keeps = (uint8_t)relation_kind_keeps((enum relation_kind)key->kind),
    };
}

enum row_kind {
    ROW_REFERENCES,
    ROW_TIMES,
    ROW_DAYS
};

static const struct {
    size_t size;
    uint16_t ceiling;
} ROW_KINDS[] = {
    [ROW_REFERENCES] = {sizeof(struct reference), FINDING_REFERENCES_MAX},
    [ROW_TIMES] = {sizeof(int64_t), RELATION_TIMES_MAX},
    [ROW_DAYS] = {sizeof(struct relation_day), RELATION_DAYS_MAX},
};

// Room for one more in a row, up to its kind's ceiling; false when the arena is full.
static bool rows_reserve(struct entry_rows *rows, enum row_kind kind, void **row, uint16_t count,
                         uint16_t *capacity) {
    if (count < *capacity || *capacity == ROW_KINDS[kind].ceiling)
        return true;
    uint16_t grown = *capacity ? (uint16_t)(*capacity * 2) : 1;
    struct free_row **free_row = &rows->free_rows[kind][__builtin_ctz(grown)];
    void *fresh = *free_row;
    if (fresh)
        *free_row = (*free_row)->next;
    else
        fresh = arena_new(&rows->arena, grown, ROW_KINDS[kind].size);
    if (!fresh)
        return false;
    if (count) {
        memcpy(fresh, *row, count * ROW_KINDS[kind].size);
        struct free_row *left = *row;
        struct free_row **list = &rows->free_rows[kind][__builtin_ctz(*capacity)];
        left->next = *list;
        *list = left;
    }
    *row = fresh;
    *capacity = grown;
    return true;
}

static bool entry_reserve(struct relation_entry *entry, struct entry_rows *rows, bool cites,
                          bool times, bool new_day) {
    void *references = entry->references;
    void *row = entry->times;
    void *days = entry->days;
    bool room = true;
    if (cites)
        room = rows_reserve(rows, ROW_REFERENCES, &references, entry->reference_count,
                            &entry->reference_capacity);
    if (room && times)
        room = rows_reserve(rows, ROW_TIMES, &row, entry->time_count, &entry->time_capacity);
    if (room && new_day)
        room = rows_reserve(rows, ROW_DAYS, &days, entry->day_count, &entry->day_capacity);
    entry->references = references;
    entry->times = row;
    entry->days = days;
    return room;
}

static bool entry_would_cite(const struct relation_entry *entry, int64_t time_ns,
                             const struct position *position) {
    return time_ns <= entry->cited_ns &&
           reference_would_keep(entry->references, entry->reference_count, time_ns, position);
}

static void entry_insert(struct relation_entry *entry, const struct reference *reference) {
    uint32_t count = entry->reference_count;
    reference_insert(entry->references, &count, reference);
    entry->reference_count = (uint16_t)count;
    if (count == FINDING_REFERENCES_MAX)
        entry->cited_ns = entry->references[count - 1].time_ns;
}

static void entry_cite(struct relation_entry *entry, struct relation_witness *witness) {
    const struct event *event = witness->event;
    if (!witness->has_digest) {
        reference_digest(event, witness->sha256);
        witness->has_digest = true;
    }
    struct reference reference;
    memset(&reference, 0, sizeof reference);
    reference.position = event->position;
    reference.time_ns = event->time_ns;
    memcpy(reference.sha256, witness->sha256, sizeof reference.sha256);
    entry_insert(entry, &reference);
}

// Most times come in order: they are put behind the others without a look at them.
static void entry_add_time(struct relation_entry *entry, int64_t time_ns) {
    uint32_t count = entry->time_count;
    if (time_ns >= entry->last_ns && count < RELATION_TIMES_MAX)
        entry->times[count++] = time_ns;
    else
        times_insert(entry->times, &count, time_ns);
    entry->time_count = (uint16_t)count;
}

void relation_entry_add(struct relation_entry *entry, const struct relation_share *share) {
    entry->count++;
    entry->bytes_out += share->bytes_out;
    entry->bytes_in += share->bytes_in;
    entry->taken_ms += share->taken_ms;
    if (share->bytes_in < entry->bytes_in_min)
        entry->bytes_in_min = share->bytes_in;
    if (share->bytes_in > entry->bytes_in_max)
        entry->bytes_in_max = share->bytes_in;
    int64_t time_ns = share->time_ns;
    if (time_ns == CLOCK_NONE)
        return;
    if (entry->keeps & RELATION_KEEPS_TIMES)
        entry_add_time(entry, time_ns);
    if (entry->first_ns == CLOCK_NONE || time_ns < entry->first_ns)
        entry->first_ns = time_ns;
    if (time_ns > entry->last_ns)
        entry->last_ns = time_ns;
    if (!(entry->keeps & RELATION_KEEPS_DAYS))
        return;
    struct relation_day day = {day_of(time_ns), 1, share->bytes_out, share->bytes_in};
    uint32_t count = entry->day_count;
    days_insert(entry->days, &count, &day);
    entry->day_count = (uint16_t)count;
}

// Room for what a record adds to the entry.
static bool entry_reserve_share(struct relation_entry *entry, struct entry_rows *rows,
                                const struct relation_share *share, bool cites) {
    bool times = (entry->keeps & RELATION_KEEPS_TIMES) && share->time_ns != CLOCK_NONE &&
                 times_would_keep(entry->times, entry->time_count, share->time_ns);
    bool new_day =
        (entry->keeps & RELATION_KEEPS_DAYS) && share->time_ns != CLOCK_NONE &&
        (entry->day_count == 0 || entry->days[entry->day_count - 1].day != day_of(share->time_ns));
    return entry_reserve(entry, rows, cites, times, new_day);
}

bool relation_entry_note(struct relation_entry *entry, struct entry_rows *rows,
                         const struct relation_share *share, struct relation_witness *witness) {
    bool cites = entry_would_cite(entry, share->time_ns, &witness->event->position);
    if (!entry_reserve_share(entry, rows, share, cites))
        return false;
    if (cites)
        entry_cite(entry, witness);
    relation_entry_add(entry, share);
    return true;
}

bool relation_entry_note_uncited(struct relation_entry *entry, struct entry_rows *rows,
                                 const struct relation_share *share) {
    if (!entry_reserve_share(entry, rows, share, false))
        return false;
    relation_entry_add(entry, share);
    return true;
}

bool relation_entry_note_batch(struct relation_entry *entry, struct entry_rows *rows,
                               const struct relation_batch *batch) {
    bool cites = entry_would_cite(entry, batch->reference.time_ns, &batch->reference.position);
    if (!entry_reserve(entry, rows, cites, false, entry->keeps & RELATION_KEEPS_DAYS))
        return false;
    if (cites)
        entry_insert(entry, &batch->reference);
    entry->count += batch->count;
    if (batch->number_min < entry->bytes_in_min)
        entry->bytes_in_min = batch->number_min;
    if (batch->number_max > entry->bytes_in_max)
        entry->bytes_in_max = batch->number_max;
    if (batch->first_ns == CLOCK_NONE)
        return true;
    if (entry->first_ns == CLOCK_NONE || batch->first_ns < entry->first_ns)
        entry->first_ns = batch->first_ns;
    if (batch->last_ns > entry->last_ns)
        entry->last_ns = batch->last_ns;
    if (!(entry->keeps & RELATION_KEEPS_DAYS))
        return true;
    struct relation_day day = {day_of(batch->first_ns),
                               batch->count < UINT32_MAX ? (uint32_t)batch->count : UINT32_MAX, 0,
                               0};
    uint32_t count = entry->day_count;
    days_insert(entry->days, &count, &day);
    entry->day_count = (uint16_t)count;
    return true;
}

void relation_entry_sum(const struct relation_entry *entry, struct relation_sum *ret_sum) {
    ret_sum->first_ns = entry->first_ns;
    ret_sum->last_ns = entry->last_ns;
    ret_sum->count = entry->count;
    ret_sum->bytes_out = entry->bytes_out;
    ret_sum->bytes_in = entry->bytes_in;
    ret_sum->taken_ms = entry->taken_ms;
    ret_sum->bytes_in_min = entry->bytes_in_min;
    ret_sum->bytes_in_max = entry->bytes_in_max;
    ret_sum->reference_count = entry->reference_count;
    ret_sum->time_count = entry->time_count;
    ret_sum->day_count = entry->day_count;
    if (entry->reference_count)
        memcpy(ret_sum->references, entry->references,
               entry->reference_count * sizeof *entry->references);
    if (entry->time_count)
        memcpy(ret_sum->times, entry->times, entry->time_count * sizeof *entry->times);
    if (entry->day_count)
        memcpy(ret_sum->days, entry->days, entry->day_count * sizeof *entry->days);
}
