// External merge sort in temporary files
// SPDX-License-Identifier: Apache-2.0
#include "base/sorter.h"

#include "base/memory.h"
#include "base/sorter_run.h"
#include "base/sorter_sort.h"
#include "base/spool.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

// Invariants:
// 1. A record is in exactly one place: in `data` (found by `entries`) or in one run.
// 2. `entries` are in order of addition until sorter_sort; runs are always sorted.
// 3. data + 2 x entries stay below memory_bytes, unless a single record is larger than that.
// 4. Once `finished`, either all records are in `data`, or all are in runs.
// 5. Every fd of a run is in `files`, and only the sorter that has it there closes it.

enum {
    SORTER_RECORD_MAX = 256 << 20, // key and payload together
    SORTER_FAN_IN_MIN = 8,         // runs merged at once; more take another pass
    SORTER_FAN_IN_MAX = 256,
    SORTER_READ_BYTES = 64 * 1024,  // least buffer of one run
    SORTER_FIRST_BYTES = 16 * 1024, // so that many small sorters cost little
};

struct sorter {
    size_t memory_bytes;
    char *directory;
    uint64_t count;
    bool finished;

    uint8_t *data;
    size_t data_size, data_capacity;
    struct sorter_entry *entries;
    size_t entry_count, entry_capacity;

    int *files; // files[own_file] is the one being written, when own_file >= 0
    size_t file_count;
    int own_file;
    uint64_t own_size;
    struct run *runs;
    size_t run_count;

    // Reading
    size_t next_entry;
    struct run_reader *readers;
    size_t reader_count;
    uint32_t *heap; // numbers of readers, smallest record on top
    size_t heap_count;
    bool step_top; // the top was given out and must step before the next one is
};

struct sorter *sorter_new(size_t memory_bytes, const char *directory) {
    struct sorter *sorter = memory_new(1, sizeof *sorter);
    sorter->memory_bytes = memory_bytes;
    sorter->directory = memory_keep_text(directory, strlen(directory));
    sorter->own_file = -1;
    return sorter;
}

static void sorter_drop_memory(struct sorter *sorter) {
    memory_free(sorter->data);
    memory_free(sorter->entries);
    sorter->data = NULL;
    sorter->entries = NULL;
    sorter->data_size = sorter->data_capacity = 0;
    sorter->entry_count = sorter->entry_capacity = 0;
}

static void sorter_drop_readers(struct sorter *sorter) {
    for (size_t i = 0; i < sorter->reader_count; i++)
        run_reader_done(&sorter->readers[i]);
    memory_free(sorter->readers);
    memory_free(sorter->heap);
    sorter->readers = NULL;
    sorter->heap = NULL;
    sorter->reader_count = sorter->heap_count = 0;
    sorter->step_top = false;
}

// Forget files and runs without closing anything.
static void sorter_forget_files(struct sorter *sorter) {
    memory_free(sorter->files);
    memory_free(sorter->runs);
    sorter->files = NULL;
    sorter->runs = NULL;
    sorter->file_count = sorter->run_count = 0;
    sorter->own_file = -1;
    sorter->own_size = 0;
}

static void sorter_close_files(struct sorter *sorter) {
    for (size_t i = 0; i < sorter->file_count; i++)
        close(sorter->files[i]);
    sorter_forget_files(sorter);
}

void sorter_free(struct sorter *sorter) {
    if (!sorter)
        return;
    sorter_drop_memory(sorter);
    sorter_drop_readers(sorter);
    sorter_close_files(sorter);
    memory_free(sorter->directory);
    memory_free(sorter);
}

static void sorter_sort(struct sorter *sorter) {
    struct sorter_entry *scratch = memory_resize(NULL, sorter->entry_count + 1, sizeof *scratch);
    entries_sort(sorter->data, sorter->entries, scratch, sorter->entry_count);
    memory_free(scratch);
}

static enum status sorter_open_file(struct sorter *sorter, struct problem *problem) {
    int fd;
    enum status status = spool_open(sorter->directory, &fd, problem);
    if (status != STATUS_OK)
        return status;
    sorter->files = memory_resize(sorter->files, sorter->file_count + 1, sizeof *sorter->files);
    sorter->own_file = (int)sorter->file_count;
    sorter->files[sorter->file_count++] = fd;
    sorter->own_size = 0;
    return STATUS_OK;
}

static void sorter_add_run(struct sorter *sorter, struct run run) {
    sorter->runs = memory_resize(sorter->runs, sorter->run_count + 1, sizeof *sorter->runs);
    sorter->runs[sorter->run_count++] = run;
}

static size_t sorter_record_size(struct sorter *sorter, const struct sorter_entry *entry) {
    struct run_record record = run_record_at(sorter->data + entry->offset);
    return RUN_HEAD_BYTES + record.key.size + record.payload.size;
}

// What is in memory becomes a run on disk.
static enum status sorter_spill(struct sorter *sorter, struct problem *problem) {
    enum status status = STATUS_OK;
    if (sorter->own_file < 0)
        status = sorter_open_file(sorter, problem);
    if (status != STATUS_OK)
        return status;
    sorter_sort(sorter);
    struct run run = {.fd = sorter->files[sorter->own_file], .offset = sorter->own_size};
    struct run_writer writer;
    run_writer_init(&writer, run.fd, run.offset, sorter->directory);
    for (size_t i = 0; i < sorter->entry_count && status == STATUS_OK; i++) {
        const struct sorter_entry *entry = &sorter->entries[i];
        struct slice bytes =
            slice_of(sorter->data + entry->offset, sorter_record_size(sorter, entry));
        status = run_writer_add(&writer, bytes, problem);
    }
    if (status == STATUS_OK)
        status = run_writer_flush(&writer, problem);
    if (status == STATUS_OK) {
        run.end = sorter->own_size = writer.offset;
        sorter_add_run(sorter, run);
        sorter->data_size = 0;
        sorter->entry_count = 0;
    }
    run_writer_done(&writer);
    return status;
}

static size_t sorter_grow(size_t capacity, size_t needed, size_t first) {
    size_t grown = capacity ? capacity * 2 : first;
    return grown > needed ? grown : needed;
}

enum status sorter_add(struct sorter *sorter, struct slice key, struct slice payload,
                       struct problem *problem) {
    assert(!sorter->finished);
    if (key.size > SORTER_RECORD_MAX || payload.size > SORTER_RECORD_MAX - key.size)
        return problem_set(problem, STATUS_LIMIT, "a record of %zu bytes is too large to sort",
                           key.size + payload.size);
    size_t size = RUN_HEAD_BYTES + key.size + payload.size;
    size_t used = sorter->data_size + 2 * sizeof *sorter->entries * (sorter->entry_count + 1);
    if (sorter->entry_count && used + size > sorter->memory_bytes) {
        enum status status = sorter_spill(sorter, problem);
        if (status != STATUS_OK)
            return status;
    }
    if (sorter->data_capacity - sorter->data_size < size) {
        sorter->data_capacity =
            sorter_grow(sorter->data_capacity, sorter->data_size + size, SORTER_FIRST_BYTES);
        sorter->data = memory_resize(sorter->data, sorter->data_capacity, 1);
    }
    if (sorter->entry_count == sorter->entry_capacity) {
        sorter->entry_capacity = sorter_grow(sorter->entry_capacity, 1, 64);
        sorter->entries =
            memory_resize(sorter->entries, sorter->entry_capacity, sizeof *sorter->entries);
    }
    uint32_t head[2] = {(uint32_t)key.size, (uint32_t)payload.size};
    uint8_t *to = sorter->data + sorter->data_size;
    memcpy(to, head, sizeof head);
    if (key.size)
        memcpy(to + RUN_HEAD_BYTES, key.data, key.size);
    if (payload.size)
        memcpy(to + RUN_HEAD_BYTES + key.size, payload.data, payload.size);
    sorter->entries[sorter->entry_count++] =
        (struct sorter_entry){.word = run_prefix(key), .offset = sorter->data_size};
    sorter->data_size += size;
    sorter->count++;
    return STATUS_OK;
}

enum status sorter_absorb(struct sorter *sorter, struct sorter *other, struct problem *problem) {
    assert(sorter != other && !sorter->finished && !other->finished);
    for (size_t i = 0; i < other->entry_count; i++) {
        struct run_record record = run_record_at(other->data + other->entries[i].offset);
        enum status status = sorter_add(sorter, record.key, record.payload, problem);
        if (status != STATUS_OK)
            return status;
    }
    sorter->count += other->count - other->entry_count;
    for (size_t i = 0; i < other->run_count; i++)
        sorter_add_run(sorter, other->runs[i]);
    sorter->files =
        memory_resize(sorter->files, sorter->file_count + other->file_count, sizeof *sorter->files);
    for (size_t i = 0; i < other->file_count; i++)
        sorter->files[sorter->file_count++] = other->files[i];
    sorter_forget_files(other);
    sorter_drop_memory(other);
    other->count = 0;
    return STATUS_OK;
}

static bool sorter_heap_before(const struct sorter *sorter, uint32_t a, uint32_t b) {
    return run_record_compare(&sorter->readers[a].record, &sorter->readers[b].record) < 0;
}

static void sorter_heap_sink(struct sorter *sorter, size_t at) {
    uint32_t *heap = sorter->heap;
    uint32_t reader = heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= sorter->heap_count)
            break;
        if (child + 1 < sorter->heap_count &&
            sorter_heap_before(sorter, heap[child + 1], heap[child]))
            child++;
        if (!sorter_heap_before(sorter, heap[child], reader))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = reader;
}

// Start merging runs[first..first+count).
static enum status sorter_open_readers(struct sorter *sorter, size_t first, size_t count,
                                       struct problem *problem) {
    sorter_drop_readers(sorter);
    size_t capacity = sorter->memory_bytes / (count ? count : 1);
    if (capacity < SORTER_READ_BYTES)
        capacity = SORTER_READ_BYTES;
    if (capacity > 16 * SORTER_READ_BYTES)
        capacity = 16 * SORTER_READ_BYTES;
    sorter->readers = memory_new(count, sizeof *sorter->readers);
    sorter->heap = memory_new(count, sizeof *sorter->heap);
    for (size_t i = 0; i < count; i++) {
        bool more = false;
        run_reader_init(&sorter->readers[i], sorter->runs[first + i], capacity);
        sorter->reader_count = i + 1;
        enum status status = run_reader_next(&sorter->readers[i], &more, problem);
        if (status != STATUS_OK)
            return status;
        if (more)
            sorter->heap[sorter->heap_count++] = (uint32_t)i;
    }
    for (size_t i = sorter->heap_count / 2; i-- > 0;)
        sorter_heap_sink(sorter, i);
    return STATUS_OK;
}

static enum status sorter_next_merged(struct sorter *sorter, const struct run_record **ret_record,
                                      struct problem *problem) {
    if (sorter->step_top) {
        bool more = false;
        enum status status = run_reader_next(&sorter->readers[sorter->heap[0]], &more, problem);
        if (status != STATUS_OK)
            return status;
        if (!more)
            sorter->heap[0] = sorter->heap[--sorter->heap_count];
        if (sorter->heap_count)
            sorter_heap_sink(sorter, 0);
        sorter->step_top = false;
    }
    *ret_record = NULL;
    if (sorter->heap_count) {
        *ret_record = &sorter->readers[sorter->heap[0]].record;
        sorter->step_top = true;
    }
    return STATUS_OK;
}

// Merge one group of runs to a single run of `writer`'s file.
static enum status sorter_merge_group(struct sorter *sorter, size_t first, size_t count,
                                      struct run_writer *writer, struct problem *problem) {
    enum status status = sorter_open_readers(sorter, first, count, problem);
    while (status == STATUS_OK) {
        const struct run_record *record;
        status = sorter_next_merged(sorter, &record, problem);
        if (status != STATUS_OK || !record)
            break;
        size_t size = RUN_HEAD_BYTES + record->key.size + record->payload.size;
        status = run_writer_add(writer, slice_of(record->key.data - RUN_HEAD_BYTES, size), problem);
    }
    if (status == STATUS_OK)
        status = run_writer_flush(writer, problem);
    sorter_drop_readers(sorter);
    return status;
}

// One pass: groups of runs become runs of a new file, which replaces the old ones.
static enum status sorter_merge_pass(struct sorter *sorter, size_t fan_in,
                                     struct problem *problem) {
    int fd;
    enum status status = spool_open(sorter->directory, &fd, problem);
    if (status != STATUS_OK)
        return status;
    size_t group_count = (sorter->run_count + fan_in - 1) / fan_in;
    struct run *merged = memory_new(group_count, sizeof *merged);
    struct run_writer writer;
    run_writer_init(&writer, fd, 0, sorter->directory);
    for (size_t i = 0; i < group_count && status == STATUS_OK; i++) {
        size_t first = i * fan_in;
        size_t left = sorter->run_count - first;
        merged[i] = (struct run){.fd = fd, .offset = writer.offset};
        status = sorter_merge_group(sorter, first, left < fan_in ? left : fan_in, &writer, problem);
        merged[i].end = writer.offset;
    }
    run_writer_done(&writer);
    if (status != STATUS_OK) {
        close(fd);
        memory_free(merged);
        return status;
    }
    sorter_close_files(sorter);
    sorter->files = memory_new(1, sizeof *sorter->files);
    sorter->files[0] = fd;
    sorter->file_count = 1;
    sorter->runs = merged;
    sorter->run_count = group_count;
    return STATUS_OK;
}

// As many runs at once as have room for a buffer each.
static size_t sorter_fan_in(const struct sorter *sorter) {
    size_t fan_in = sorter->memory_bytes / SORTER_READ_BYTES;
    if (fan_in < SORTER_FAN_IN_MIN)
        return SORTER_FAN_IN_MIN;
    return fan_in < SORTER_FAN_IN_MAX ? fan_in : SORTER_FAN_IN_MAX;
}

enum status sorter_finish(struct sorter *sorter, struct problem *problem) {
    assert(!sorter->finished);
    enum status status = STATUS_OK;
    if (!sorter->run_count) {
        sorter_sort(sorter);
    } else {
        if (sorter->entry_count)
            status = sorter_spill(sorter, problem);
        sorter_drop_memory(sorter);
        size_t fan_in = sorter_fan_in(sorter);
        while (status == STATUS_OK && sorter->run_count > fan_in)
            status = sorter_merge_pass(sorter, fan_in, problem);
    }
    if (status != STATUS_OK)
        return status;
    sorter->finished = true;
    return sorter_rewind(sorter, problem);
}

enum status sorter_rewind(struct sorter *sorter, struct problem *problem) {
    assert(sorter->finished);
    sorter->next_entry = 0;
    if (!sorter->run_count)
        return STATUS_OK;
    return sorter_open_readers(sorter, 0, sorter->run_count, problem);
}

enum status sorter_next(struct sorter *sorter, struct slice *ret_key, struct slice *ret_payload,
                        bool *ret_more, struct problem *problem) {
    assert(sorter->finished);
    struct run_record in_memory;
    const struct run_record *record = NULL;
    if (sorter->run_count) {
        enum status status = sorter_next_merged(sorter, &record, problem);
        if (status != STATUS_OK)
            return status;
    } else if (sorter->next_entry < sorter->entry_count) {
        in_memory = run_record_at(sorter->data + sorter->entries[sorter->next_entry++].offset);
        record = &in_memory;
    }
    *ret_more = record != NULL;
    if (record) {
        *ret_key = record->key;
        *ret_payload = record->payload;
    }
    return STATUS_OK;
}

uint64_t sorter_count(const struct sorter *sorter) {
    return sorter->count;
}
