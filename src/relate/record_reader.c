// What the rows of a class say of a record
// SPDX-License-Identifier: Apache-2.0
#include "relate/record_reader.h"

#include "base/bytes.h"

enum {
    READER_SCRATCH_BYTES = 256 << 20,
    READER_SCRATCH_KEEP = 1 << 20
};

#define TEXT_UNREAD (UINT32_MAX - 1)

void record_reader_init(struct record_reader *reader, struct relation_table *table) {
    *reader = (struct record_reader){.table = table};
    buffer_init(&reader->scratch, READER_SCRATCH_BYTES);
}

void record_reader_done(struct record_reader *reader) {
    buffer_done(&reader->scratch);
    part_memo_free(reader->memo);
}

void record_reader_begin(struct record_reader *reader, const struct record *record) {
    uint32_t generation = relation_table_generation(reader->table);
    if (!reader->memo)
        reader->memo = part_memo_new();
    else if (reader->generation != generation)
        part_memo_reset(reader->memo);
    reader->generation = generation;
    for (uint32_t i = 0; i < record->plan->part_count; i++)
        reader->numbers[i] = TEXT_UNREAD;
}

void record_reader_forget(struct record_reader *reader) {
    part_memo_free(reader->memo);
    reader->memo = NULL;
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

bool record_gather(struct record_reader *reader, const struct plan_reads *reads,
                   const struct record *record, size_t *ret_size) {
    uint8_t *bytes = reader->bytes;
    size_t size = 0;
    for (uint32_t i = 0; i < reads->count + reads->folder; i++) {
        uint8_t kind = VALUE_UTF8;
        struct slice text = record->host;
        if (i < reads->count)
            text = slot_bytes(record->event, reads->slots[i], &kind);
        if (text.size > READER_BYTES || READER_BYTES - size < text.size + 3)
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

// By what it is remembered what `who` reads of the record; false when it is not.
static bool reader_memo_key(struct record_reader *reader, const void *who,
                            const struct plan_reads *reads, const struct record *record,
                            struct memo_key *ret_key) {
    *ret_key = (struct memo_key){.reader = who};
    if (record->plan->is_passing || reads->too_many)
        return false;
    if (reads->count == 1 && !reads->folder && !(reads->slots[0] & SLOT_PRESENCE)) {
        const struct value *value = event_value(record->event, reads->slots[0]);
        ret_key->bytes = slice_of(value->data, value->size);
        ret_key->kind = value->kind;
        return value->size <= READER_BYTES;
    }
    ret_key->bytes.data = reader->bytes;
    return record_gather(reader, reads, record, &ret_key->bytes.size);
}

static void reader_renew_scratch(struct record_reader *reader) {
    if (reader->scratch.capacity > READER_SCRATCH_KEEP)
        buffer_done(&reader->scratch);
    buffer_reset(&reader->scratch);
}

uint32_t record_read_part(struct record_reader *reader, const struct plan_part *part,
                          const struct record *record) {
    if (!part)
        return TEXT_EMPTY;
    uint32_t *number = &reader->numbers[part->index];
    if (*number != TEXT_UNREAD)
        return *number;
    struct memo_key key;
    bool remember = reader_memo_key(reader, part, &part->reads, record, &key);
    if (remember && part_memo_find(reader->memo, &key, number))
        return *number;
    reader_renew_scratch(reader);
    *number = relation_table_text(
        reader->table, plan_part_render(part, record->event, record->host, &reader->scratch));
    if (remember && *number != TEXT_FULL)
        part_memo_add(reader->memo, &key, *number);
    return *number;
}

static bool row_holds(struct record_reader *reader, const struct row_plan *row,
                      const struct record *record) {
    if (row->condition_count == 0)
        return true;
    struct memo_key key;
    uint32_t holds;
    bool remember = reader_memo_key(reader, row, &row->condition_reads, record, &key);
    if (remember && part_memo_find(reader->memo, &key, &holds))
        return holds;
    reader_renew_scratch(reader);
    holds = row_plan_holds(row, record->event, record->host, &reader->scratch);
    if (remember)
        part_memo_add(reader->memo, &key, holds);
    return holds;
}

enum row_answer record_read_row(struct record_reader *reader, const struct row_plan *row,
                                const struct record *record, struct relation_numbers *ret_key) {
    if (!row_holds(reader, row, record))
        return ROW_SILENT;
    ret_key->kind = row->kind;
    for (size_t i = 0; i < PART_COUNT; i++) {
        ret_key->texts[i] = record_read_part(reader, row->parts[i], record);
        if (ret_key->texts[i] == TEXT_FULL)
            return ROW_FULL;
        if (ret_key->texts[i] == TEXT_EMPTY && row->required[i])
            return ROW_SILENT;
    }
    ret_key->bucket = relation_table_bucket(reader->table, ret_key, record->event->time_ns);
    return ROW_SAYS;
}

bool record_read_rows(struct record_reader *reader, const struct record *record,
                      struct row_saying sayings[PLAN_ROWS_MAX]) {
    const struct class_plan *plan = record->plan;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        struct row_saying *saying = &sayings[i];
        saying->answer = record_read_row(reader, &plan->rows[i], record, &saying->key);
        if (saying->answer == ROW_FULL)
            return false;
        if (saying->answer == ROW_SAYS)
            saying->hash = relation_table_hash(reader->table, &saying->key);
    }
    return true;
}
