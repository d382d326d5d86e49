// External merge sort in temporary files
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SORTER_H
#define BASE_SORTER_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Sorts any number of byte records in bounded memory. A record is its key followed by its
// payload; order is bytewise over the key, then over the payload, so that equal sets give
// equal output whatever order they came in. Numbers in keys are written big-endian (signed
// ones with the top bit flipped).
struct sorter;

// `memory_bytes` before it spills to an unlinked file in `directory`. Not thread-safe: one
// sorter per worker, merged by sorter_absorb.
struct sorter *sorter_new(size_t memory_bytes, const char *directory);
void sorter_free(struct sorter *sorter);

enum status sorter_add(struct sorter *sorter, struct slice key, struct slice payload,
                       struct problem *problem);

// Take over all records of `other` (which is left empty and still has to be freed).
enum status sorter_absorb(struct sorter *sorter, struct sorter *other, struct problem *problem);

// After the last add: start reading. Then sorter_next until *ret_more is false; the slices
// live until the next call. sorter_rewind reads again from the start.
enum status sorter_finish(struct sorter *sorter, struct problem *problem);
enum status sorter_next(struct sorter *sorter, struct slice *ret_key, struct slice *ret_payload,
                        bool *ret_more, struct problem *problem);
enum status sorter_rewind(struct sorter *sorter, struct problem *problem);

uint64_t sorter_count(const struct sorter *sorter);

#endif
