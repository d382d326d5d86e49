// Chunks of an event log file: reading, resync, recovery
// SPDX-License-Identifier: Apache-2.0
#include "decode/evtx_reader.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>

#if defined(__SANITIZE_ADDRESS__)
// Of the sanitizer's runtime.
void __asan_poison_memory_region(void const volatile *address, size_t size);
void __asan_unpoison_memory_region(void const volatile *address, size_t size);
#endif

// libyal/libevtx, "Windows XML Event Log (EVTX)", 3 "Chunk" and 4 "Event record":
//
//     0        header: "ElfChnk\0", 48 free-space offset, 52 CRC-32 of the records,
//              120 flags, 124 CRC-32 of [0, 120) and [128, 512)
//     512      records, each u32 magic, u32 size, u64 id, u64 FILETIME, BinXML, u32 size
//     free     what was there before, or zeros
//     65536
//
// 1. Bytes behind what was read are never looked at: [0, chunk.size) is all there is.
// 2. Every step through a chunk goes forward, so that a chunk costs one pass whatever it holds.

struct evtx_reader *evtx_reader_new(bool recover) {
    struct evtx_reader *reader = memory_new(1, sizeof *reader);
    evtx_instances_init(&reader->instances);
    reader->buffer = memory_new(EVTX_CHUNK_SIZE, 1);
    reader->recover = recover;
    if (recover)
        reader->seen = memory_new(EVTX_SEEN_SLOTS, sizeof *reader->seen);
    return reader;
}

void evtx_reader_free(struct evtx_reader *reader) {
    if (!reader)
        return;
    evtx_instances_done(&reader->instances);
    memory_free(reader->buffer);
    memory_free(reader->seen);
    memory_free(reader);
}

// The sanitizer sees reads behind what the file gave, though the buffer is larger.
static void buffer_fence(const uint8_t *buffer, size_t size) {
#if defined(__SANITIZE_ADDRESS__)
    __asan_unpoison_memory_region(buffer, EVTX_CHUNK_SIZE);
    __asan_poison_memory_region(buffer + size, EVTX_CHUNK_SIZE - size);
#else
    (void)buffer;
    (void)size;
#endif
}

static void reader_gap(struct evtx_reader *reader, uint32_t at, uint32_t bytes,
                       const char *reason) {
    struct gap gap = {.source = reader->unit->source,
                      .offset = reader->base + at,
                      .bytes = bytes,
                      .records = bytes ? 1 : 0,
                      .reason = reason};
    reader->sink->gap(reader->sink->context, &gap);
}

// Bytes in which no record was found: how many are lost, nobody knows.
static void reader_gap_bytes(struct evtx_reader *reader, uint32_t at, uint32_t bytes,
                             const char *reason) {
    struct gap gap = {.source = reader->unit->source,
                      .offset = reader->base + at,
                      .bytes = bytes,
                      .reason = reason};
    reader->sink->gap(reader->sink->context, &gap);
}

// True when the id is new in this chunk.
static bool reader_see(struct evtx_reader *reader, uint64_t id) {
    if (!reader->seen || id == UINT64_MAX)
        return true;
    uint64_t key = id + 1;
    size_t slot = (size_t)(key * 0x9E3779B97F4A7C15ull >> 51);
    while (reader->seen[slot] && reader->seen[slot] != key)
        slot = (slot + 1) % EVTX_SEEN_SLOTS;
    bool is_new = reader->seen[slot] == 0;
    reader->seen[slot] = key;
    return is_new;
}

static int64_t reader_time(const struct event *event, uint64_t header_filetime) {
    const struct value *value = event_role_value(event, FIELD_ROLE_TIME);
    int64_t time_ns;
    if (value->kind == VALUE_FILETIME && value->size == 8)
        return clock_from_filetime(bytes_get_u64(value->data));
    if (!value_is_null(value) && value->size < 128) {
        struct buffer text;
        buffer_init(&text, 1024);
        value_append_text(value, &text);
        bool is_time = clock_parse(buffer_slice(&text), &time_ns);
        buffer_done(&text);
        if (is_time)
            return time_ns;
    }
    return clock_from_filetime(header_filetime);
}

// One record whose frame is sound.
static void reader_record(struct evtx_reader *reader, uint32_t at, uint32_t size, bool recovered) {
    const uint8_t *record = reader->instances.chunk.data + at;
    struct event *event = &reader->event;
    const char *reason =
        evtx_instances_read(&reader->instances, at + EVTX_RECORD_HEADER_SIZE, at + size - 4, event);
    if (reason) {
        reader_gap(reader, at, size, reason);
        return;
    }
    if (reader->instances.nested_reason)
        reader_gap(reader, at, 0, reader->instances.nested_reason);
    int64_t number;
    uint64_t id = bytes_get_u64(record + 8);
    const struct value *id_value = event_role_value(event, FIELD_ROLE_RECORD_ID);
    if (id_value->kind == VALUE_UINT64 && id_value->size == 8)
        id = bytes_get_u64(id_value->data);
    else if (value_integer(id_value, &number) && number >= 0)
        id = (uint64_t)number;
    event->time_ns = reader_time(event, bytes_get_u64(record + 16));
    event->position = (struct position){
        .source = reader->unit->source, .offset = reader->base + at, .record_id = id};
    event->raw = slice_of(record, size);
    event->damaged = reader->damaged;
    event->recovered = recovered;
    event->event_class = NULL;
    reader->sink->event(reader->sink->context, event);
}

// Size of the record that begins at `at` and ends by `end`; 0 when none does.
static uint32_t record_size(struct slice chunk, uint32_t at, uint32_t end) {
    if (end - at < EVTX_RECORD_SIZE_MIN || bytes_get_u32(chunk.data + at) != EVTX_RECORD_MAGIC)
        return 0;
    uint32_t size = bytes_get_u32(chunk.data + at + 4);
    return size < EVTX_RECORD_SIZE_MIN || size > end - at ? 0 : size;
}

static bool record_is_framed(struct slice chunk, uint32_t at, uint32_t size) {
    return bytes_get_u32(chunk.data + at + size - 4) == size;
}

// The first place from `at` on where a whole record stands; `end` when there is none.
static uint32_t record_search(struct slice chunk, uint32_t at, uint32_t end) {
    while (at < end) {
        const uint8_t *star = memchr(chunk.data + at, 0x2A, end - at);
        if (!star)
            return end;
        at = (uint32_t)(star - chunk.data);
        uint32_t size = record_size(chunk, at, end);
        if (size && record_is_framed(chunk, at, size))
            return at;
        at++;
    }
    return end;
}

static bool bytes_are_zero(const uint8_t *data, size_t size) {
    return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

// A record whose beginning was written and whose end was not: what is there is shown.
static void reader_torn(struct evtx_reader *reader, uint32_t at, uint32_t size) {
    bool damaged = reader->damaged;
    reader_gap(reader, at, 0, "record is torn: its end was never written");
    reader->damaged = true;
    reader_see(reader, bytes_get_u64(reader->instances.chunk.data + at + 8));
    reader_record(reader, at, size, false);
    reader->damaged = damaged;
}

// Records one behind the other; behind a broken one the next is searched.
static void reader_records(struct evtx_reader *reader, uint32_t at, uint32_t end) {
    struct slice chunk = reader->instances.chunk;
    while (at < end) {
        uint32_t size = record_size(chunk, at, end);
        bool framed = size && record_is_framed(chunk, at, size);
        // A wrong copy of the size alone is no loss when the next record follows.
        if (size && !framed && (at + size == end || record_size(chunk, at + size, end))) {
            reader_gap(reader, at, 0, "record's two sizes differ");
            framed = true;
        }
        if (framed) {
            reader_see(reader, bytes_get_u64(chunk.data + at + 8));
            reader_record(reader, at, size, false);
            at += size;
            continue;
        }
        uint32_t next = record_search(chunk, at + 1, end);
        if (size && at + size <= next) {
            reader_torn(reader, at, size);
            at += size;
            continue;
        }
        if (!bytes_are_zero(chunk.data + at, next - at))
            reader_gap_bytes(reader, at, next - at, "no record where one should be");
        at = next;
    }
}

// Records that the header no longer counts. What is not a whole record there is no loss.
static void reader_recover(struct evtx_reader *reader, uint32_t at, uint32_t end) {
    struct slice chunk = reader->instances.chunk;
    for (at = record_search(chunk, at, end); at < end; at = record_search(chunk, at, end)) {
        uint32_t size = record_size(chunk, at, end);
        if (reader_see(reader, bytes_get_u64(chunk.data + at + 8)))
            reader_record(reader, at, size, true);
        at += size;
    }
}

static void reader_check_sums(struct evtx_reader *reader, uint32_t free_offset) {
    struct slice chunk = reader->instances.chunk;
    const uint8_t *header = chunk.data;
    if (bytes_get_u32(header + 120) & EVTX_CHUNK_FLAG_NO_CRC32)
        return;
    uint32_t sum = digest_crc32(
        0, slice_part(chunk, EVTX_CHUNK_HEADER_SIZE, free_offset - EVTX_CHUNK_HEADER_SIZE));
    if (sum != bytes_get_u32(header + 52)) {
        reader->damaged = true;
        reader_gap(reader, 0, 0, "chunk data checksum differs");
    }
    sum = digest_crc32(0, slice_of(header, 120));
    sum = digest_crc32(sum, slice_of(header + 128, EVTX_CHUNK_HEADER_SIZE - 128));
    if (sum != bytes_get_u32(header + 124)) {
        reader->damaged = true;
        reader_gap(reader, 0, 0, "chunk header checksum differs");
    }
}

static void reader_begin(struct evtx_reader *reader, uint32_t size) {
    buffer_fence(reader->buffer, size);
    evtx_instances_begin_chunk(&reader->instances, slice_of(reader->buffer, size));
    reader->damaged = false;
    if (reader->seen)
        memset(reader->seen, 0, EVTX_SEEN_SLOTS * sizeof *reader->seen);
}

// A block without the chunk's magic: not written yet, or damaged.
static void reader_foreign_block(struct evtx_reader *reader, uint32_t got) {
    got += (uint32_t)unit_read(reader->unit, reader->base + got, EVTX_CHUNK_SIZE - got,
                               reader->buffer + got);
    if (bytes_are_zero(reader->buffer, got))
        return;
    reader_begin(reader, got);
    reader->damaged = true;
    uint32_t first = record_search(reader->instances.chunk, 0, got);
    if (first == got) {
        reader_gap_bytes(reader, 0, got, "block is no chunk and holds no record");
        return;
    }
    reader_gap(reader, 0, 0, "chunk magic is wrong");
    // Its header says nothing: what follows the last record may be no record at all.
    for (uint32_t at = first; at < got;) {
        uint32_t size = record_size(reader->instances.chunk, at, got);
        reader_see(reader, bytes_get_u64(reader->buffer + at + 8));
        reader_record(reader, at, size, false);
        at = record_search(reader->instances.chunk, at + size, got);
    }
}

bool evtx_reader_chunk(struct evtx_reader *reader, uint64_t base) {
    reader->base = base;
    buffer_fence(reader->buffer, EVTX_CHUNK_SIZE);
    uint32_t got = (uint32_t)unit_read(reader->unit, base, EVTX_CHUNK_HEADER_SIZE, reader->buffer);
    if (got == 0)
        return false;
    if (got < EVTX_CHUNK_HEADER_SIZE) {
        if (!bytes_are_zero(reader->buffer, got))
            reader_gap_bytes(reader, 0, got, "file ends inside a chunk header");
        return true;
    }
    if (memcmp(reader->buffer, "ElfChnk", 8) != 0) {
        reader_foreign_block(reader, got);
        return true;
    }
    uint32_t free_offset = bytes_get_u32(reader->buffer + 48);
    bool lies = free_offset < EVTX_CHUNK_HEADER_SIZE || free_offset > EVTX_CHUNK_SIZE;
    uint32_t end = lies ? EVTX_CHUNK_SIZE : free_offset;
    uint32_t wanted = reader->recover ? EVTX_CHUNK_SIZE : end;
    got += (uint32_t)unit_read(reader->unit, base + got, wanted - got, reader->buffer + got);
    reader_begin(reader, got);
    if (lies)
        reader_gap(reader, 0, 0, "chunk free-space offset is impossible");
    else if (got >= end)
        reader_check_sums(reader, end);
    if (got < end) {
        reader->damaged = true;
        reader_gap_bytes(reader, got, end - got, "file ends inside a chunk");
    }
    if (lies) // records as far as they go, then slack
        reader_recover(reader, EVTX_CHUNK_HEADER_SIZE, got);
    else
        reader_records(reader, EVTX_CHUNK_HEADER_SIZE, got < end ? got : end);
    if (reader->recover && !lies && got > end)
        reader_recover(reader, end, got);
    return true;
}
