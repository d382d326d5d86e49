// Sorted runs of records on disk
// SPDX-License-Identifier: Apache-2.0
#include "base/sorter_run.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "base/spool.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    RUN_WRITE_BYTES = 256 * 1024
};

uint64_t run_prefix(struct slice key) {
    uint64_t prefix = 0;
    if (key.size)
        memcpy(&prefix, key.data, key.size < sizeof prefix ? key.size : sizeof prefix);
    return __builtin_bswap64(prefix);
}

struct run_record run_record_at(const uint8_t *data) {
    size_t key_size = bytes_get_u32(data);
    size_t payload_size = bytes_get_u32(data + 4);
    struct slice key = slice_of(data + RUN_HEAD_BYTES, key_size);
    return (struct run_record){.key = key,
                               .payload = slice_of(data + RUN_HEAD_BYTES + key_size, payload_size),
                               .prefix = run_prefix(key)};
}

int run_record_compare(const struct run_record *a, const struct run_record *b) {
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    int order = slice_compare(a->key, b->key);
    return order ? order : slice_compare(a->payload, b->payload);
}

void run_writer_init(struct run_writer *writer, int fd, uint64_t offset, const char *directory) {
    *writer = (struct run_writer){.fd = fd, .directory = directory, .offset = offset};
    writer->data = memory_resize(NULL, RUN_WRITE_BYTES, 1);
}

void run_writer_done(struct run_writer *writer) {
    memory_free(writer->data);
    *writer = (struct run_writer){.fd = -1};
}

enum status run_writer_flush(struct run_writer *writer, struct problem *problem) {
    enum status status =
        spool_write(writer->fd, writer->offset, slice_of(writer->data, writer->size),
                    writer->directory, problem);
    if (status != STATUS_OK)
        return status;
    writer->offset += writer->size;
    writer->size = 0;
    return STATUS_OK;
}

enum status run_writer_add(struct run_writer *writer, struct slice bytes, struct problem *problem) {
    if (bytes.size > RUN_WRITE_BYTES - writer->size) {
        enum status status = run_writer_flush(writer, problem);
        if (status != STATUS_OK)
            return status;
    }
    if (bytes.size > RUN_WRITE_BYTES) {
        enum status status =
            spool_write(writer->fd, writer->offset, bytes, writer->directory, problem);
        if (status == STATUS_OK)
            writer->offset += bytes.size;
        return status;
    }
    memcpy(writer->data + writer->size, bytes.data, bytes.size);
    writer->size += bytes.size;
    return STATUS_OK;
}

void run_reader_init(struct run_reader *reader, struct run run, size_t capacity) {
    assert(capacity >= RUN_HEAD_BYTES);
    *reader = (struct run_reader){.run = run, .next = run.offset, .capacity = capacity};
    reader->data = memory_resize(NULL, capacity, 1);
}

void run_reader_done(struct run_reader *reader) {
    memory_free(reader->data);
    *reader = (struct run_reader){.run = {.fd = -1}};
}

// Have at least `size` unread bytes in memory.
static enum status run_reader_fill(struct run_reader *reader, size_t size,
                                   struct problem *problem) {
    size_t unread = reader->filled - reader->start;
    if (unread >= size)
        return STATUS_OK;
    memmove(reader->data, reader->data + reader->start, unread);
    reader->start = 0;
    reader->filled = unread;
    if (size > reader->capacity) {
        reader->data = memory_resize(reader->data, size, 1);
        reader->capacity = size;
    }
    while (reader->filled < size) {
        size_t room = reader->capacity - reader->filled;
        uint64_t left = reader->run.end - reader->next;
        ssize_t step = pread(reader->run.fd, reader->data + reader->filled,
                             left < room ? (size_t)left : room, (off_t)reader->next);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return problem_set_errno(problem, "reading a temporary file");
        if (step == 0)
            return problem_set(problem, STATUS_SYSTEM, "a temporary file ends early");
        reader->filled += (size_t)step;
        reader->next += (uint64_t)step;
    }
    return STATUS_OK;
}

enum status run_reader_next(struct run_reader *reader, bool *ret_more, struct problem *problem) {
    if (reader->start == reader->filled && reader->next == reader->run.end) {
        *ret_more = false;
        return STATUS_OK;
    }
    enum status status = run_reader_fill(reader, RUN_HEAD_BYTES, problem);
    if (status != STATUS_OK)
        return status;
    const uint8_t *head = reader->data + reader->start;
    size_t size = RUN_HEAD_BYTES + (size_t)bytes_get_u32(head) + bytes_get_u32(head + 4);
    status = run_reader_fill(reader, size, problem);
    if (status != STATUS_OK)
        return status;
    reader->record = run_record_at(reader->data + reader->start);
    reader->start += size;
    *ret_more = true;
    return STATUS_OK;
}
