// The run's list of sources
// SPDX-License-Identifier: Apache-2.0
#include "intake/source_list.h"

#include "base/memory.h"
#include "intake/host_path.h"

#include <assert.h>

// Names come from evidence: together no more than this.
#define SOURCE_PATHS_BYTES_MAX ((size_t)1 << 30)

void source_list_init(struct source_list *list) {
    *list = (struct source_list){.top = SOURCE_LIST_FOUND};
    pthread_mutex_init(&list->lock, NULL);
    arena_init(&list->paths, SOURCE_PATHS_BYTES_MAX);
}

void source_list_done(struct source_list *list) {
    for (size_t i = 0; i < SOURCE_BLOCKS_MAX && list->blocks[i]; i++)
        memory_free(list->blocks[i]);
    arena_done(&list->paths);
    pthread_mutex_destroy(&list->lock);
}

static struct source *source_list_new(struct source_list *list) {
    size_t block = list->count / SOURCE_BLOCK;
    if (block == SOURCE_BLOCKS_MAX)
        return NULL;
    if (!list->blocks[block])
        list->blocks[block] = memory_new(SOURCE_BLOCK, sizeof **list->blocks);
    return &list->blocks[block][list->count % SOURCE_BLOCK];
}

struct source *source_list_add(struct source_list *list, struct slice path, uint64_t size) {
    pthread_mutex_lock(&list->lock);
    struct slice kept = arena_keep(&list->paths, path);
    struct source *source = kept.data ? source_list_new(list) : NULL;
    if (source) {
        *source = (struct source){.index = list->count, .path = kept, .size = size};
        source->host = host_from_path(kept);
        bool found = list->top == SOURCE_LIST_FOUND;
        source->top = found ? list->count : list->top;
        source->sequence = found ? 0 : ++list->sequence;
        list->count++;
        if (size != UINT64_MAX)
            list->total_bytes += size;
    }
    pthread_mutex_unlock(&list->lock);
    return source;
}

size_t source_list_count(struct source_list *list) {
    pthread_mutex_lock(&list->lock);
    size_t count = list->count;
    pthread_mutex_unlock(&list->lock);
    return count;
}

struct source *source_list_at(struct source_list *list, uint32_t index) {
    pthread_mutex_lock(&list->lock);
    assert(index < list->count);
    struct source *source = &list->blocks[index / SOURCE_BLOCK][index % SOURCE_BLOCK];
    pthread_mutex_unlock(&list->lock);
    return source;
}

uint64_t source_list_total_bytes(struct source_list *list) {
    pthread_mutex_lock(&list->lock);
    uint64_t bytes = list->total_bytes;
    pthread_mutex_unlock(&list->lock);
    return bytes;
}

void source_list_adjust_bytes(struct source_list *list, uint64_t more, uint64_t less) {
    pthread_mutex_lock(&list->lock);
    list->total_bytes += more;
    list->total_bytes -= less < list->total_bytes ? less : list->total_bytes;
    pthread_mutex_unlock(&list->lock);
}
