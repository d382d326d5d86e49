// Sorted runs of records on disk
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SORTER_RUN_H
#define BASE_SORTER_RUN_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

// Internal to the sorter. A record lies in memory and on disk alike, so that spilling is a
// copy (native byte order: the file never outlives the process):
//
//     | key size u32 | payload size u32 | key ... | payload ... |
enum {
    RUN_HEAD_BYTES = 8
};

struct run_record {
    struct slice key;
    struct slice payload;
    uint64_t prefix; // first 8 bytes of the key, big-endian, zero-padded
};

// The record whose head is at `data`.
struct run_record run_record_at(const uint8_t *data);
uint64_t run_prefix(struct slice key);
int run_record_compare(const struct run_record *a, const struct run_record *b);

// A run is a range of a temporary file.
struct run {
    int fd;
    uint64_t offset;
    uint64_t end;
};

struct run_writer {
    int fd;
    const char *directory; // for messages
    uint64_t offset;
    uint8_t *data;
    size_t size;
};

void run_writer_init(struct run_writer *writer, int fd, uint64_t offset, const char *directory);
void run_writer_done(struct run_writer *writer);
enum status run_writer_add(struct run_writer *writer, struct slice bytes, struct problem *problem);
// What is still in memory goes to the file; writer->offset is then the run's end.
enum status run_writer_flush(struct run_writer *writer, struct problem *problem);

struct run_reader {
    struct run run;
    uint64_t next; // file offset of what is not yet in memory
    uint8_t *data;
    size_t capacity;
    size_t start, filled; // unread bytes are data[start..filled)
    struct run_record record;
};

void run_reader_init(struct run_reader *reader, struct run run, size_t capacity);
void run_reader_done(struct run_reader *reader);
// Step to the next record; *ret_more is false at the end. reader->record lives until the next
// step.
enum status run_reader_next(struct run_reader *reader, bool *ret_more, struct problem *problem);

#endif
