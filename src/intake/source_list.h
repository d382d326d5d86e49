// The run's list of sources
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_SOURCE_LIST_H
#define INTAKE_SOURCE_LIST_H

#include "base/arena.h"
#include "intake/intake.h"

#include <pthread.h>

enum {
    SOURCE_BLOCK = 1024,      // sources of one allocation, so that addresses stay
    SOURCE_BLOCKS_MAX = 8192, // 8 million sources; a zip of empty names comes to less
};

struct source_list {
    pthread_mutex_t lock;
    struct source *blocks[SOURCE_BLOCKS_MAX];
    uint32_t count;
    uint64_t total_bytes;
    struct arena paths;
    // What is added next is an entry of this found file; SOURCE_LIST_FOUND: is a found file.
    uint32_t top;
    uint32_t sequence; // of the last entry
};

#define SOURCE_LIST_FOUND UINT32_MAX

void source_list_init(struct source_list *list);
void source_list_done(struct source_list *list);

// Path and host are kept. NULL when the list is full.
struct source *source_list_add(struct source_list *list, struct slice path, uint64_t size);

// Thread-safe.
size_t source_list_count(struct source_list *list);
struct source *source_list_at(struct source_list *list, uint32_t index);
uint64_t source_list_total_bytes(struct source_list *list);
// What is to be read has changed by so much.
void source_list_adjust_bytes(struct source_list *list, uint64_t more, uint64_t less);

#endif
