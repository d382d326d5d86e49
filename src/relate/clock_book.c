// Whose clock is wrong, and by how much
// SPDX-License-Identifier: Apache-2.0
#include "relate/clock_book.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/sorter.h"
#include "base/table.h"
#include "relate/clock_pairs.h"
#include "relate/relation_codec.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BOOK_KEY_BYTES = 8 << 10,
    BLOCK_ENTRIES_MAX = 256, // of one pair (from, to) and day
    BLOCK_FEW = 36,          // so many differences are all taken, however large
};

static const int64_t NEAR_NS = 10 * 60 * 1000000000ll;
static const int64_t FAR_NS = 15 * 3600 * 1000000000ll;

struct clock_book {
    struct sorter *sorter;
    struct buffer key;
    struct clock_pairs pairs;
};

// One sighting of a block.
struct block_entry {
    int64_t time_ns;
    uint32_t recorder;
};

struct block {
    struct block_entry entries[BLOCK_ENTRIES_MAX];
    uint32_t count;
};

struct clock_book *clock_book_new(size_t memory_bytes, const char *directory) {
    struct clock_book *book = memory_new(1, sizeof *book);
    book->sorter = sorter_new(memory_bytes, directory);
    buffer_init(&book->key, BOOK_KEY_BYTES);
    clock_pairs_init(&book->pairs);
    return book;
}

void clock_book_free(struct clock_book *book) {
    if (!book)
        return;
    sorter_free(book->sorter);
    buffer_done(&book->key);
    clock_pairs_done(&book->pairs);
    memory_free(book);
}

enum status clock_book_note(struct clock_book *book, struct slice from, struct slice to,
                            uint32_t recorder, struct slice times, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t at = 0; at + sizeof(int64_t) <= times.size && status == STATUS_OK;
         at += sizeof(int64_t)) {
        int64_t time_ns;
        memcpy(&time_ns, times.data + at, sizeof time_ns);
        if (time_ns == CLOCK_NONE)
            continue;
        uint32_t day = __builtin_bswap32((uint32_t)day_of(time_ns) ^ 0x80000000u);
        buffer_reset(&book->key);
        relation_append_ordered(&book->key, from);
        relation_append_ordered(&book->key, to);
        buffer_append(&book->key, &day, sizeof day);
        assert(!book->key.failed);
        struct block_entry entry;
        memset(&entry, 0, sizeof entry);
        entry.time_ns = time_ns;
        entry.recorder = recorder;
        status = sorter_add(book->sorter, buffer_slice(&book->key), slice_of(&entry, sizeof entry),
                            problem);
    }
    return status;
}

static int block_compare(const void *left, const void *right) {
    const struct block_entry *a = left;
    const struct block_entry *b = right;
    if (a->recorder != b->recorder)
        return a->recorder < b->recorder ? -1 : 1;
    return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

// Differences of what recorder A (entries from..middle) and B (middle..to) saw.
static void block_vote(struct clock_book *book, const struct block_entry *a, uint32_t a_count,
                       const struct block_entry *b, uint32_t b_count) {
    struct clock_pair *pair = clock_pairs_find(&book->pairs, a->recorder, b->recorder);
    int64_t reach_ns = a_count * b_count <= BLOCK_FEW ? FAR_NS : NEAR_NS;
    uint32_t first = 0;
    for (uint32_t i = 0; i < a_count && pair; i++) {
        while (first < b_count && b[first].time_ns < a[i].time_ns - reach_ns)
            first++;
        for (uint32_t n = first; n < b_count && b[n].time_ns <= a[i].time_ns + reach_ns; n++)
            clock_pair_vote(pair, b[n].time_ns - a[i].time_ns, a[i].time_ns);
    }
}

// All pairs of recorders of one block.
static void block_close(struct clock_book *book, struct block *block) {
    struct block_entry *entries = block->entries;
    uint32_t count = block->count;
    block->count = 0;
    if (count < 2)
        return;
    qsort(entries, count, sizeof *entries, block_compare);
    if (entries[0].recorder == entries[count - 1].recorder)
        return;
    uint32_t starts[BLOCK_ENTRIES_MAX + 1];
    uint32_t recorders = 0;
    for (uint32_t i = 0; i < count; i++)
        if (i == 0 || entries[i].recorder != entries[i - 1].recorder)
            starts[recorders++] = i;
    starts[recorders] = count;
    for (uint32_t a = 0; a < recorders; a++)
        for (uint32_t b = a + 1; b < recorders; b++)
            block_vote(book, entries + starts[a], starts[a + 1] - starts[a], entries + starts[b],
                       starts[b + 1] - starts[b]);
}

static enum status book_collect(struct clock_book *book, struct problem *problem) {
    struct block *block = memory_new(1, sizeof *block);
    enum status status = sorter_finish(book->sorter, problem);
    bool more = true;
    buffer_reset(&book->key);
    while (status == STATUS_OK && more) {
        struct slice key, payload;
        status = sorter_next(book->sorter, &key, &payload, &more, problem);
        if (status != STATUS_OK || !more)
            break;
        if (!slice_equal(key, buffer_slice(&book->key))) {
            block_close(book, block);
            buffer_reset(&book->key);
            buffer_append_slice(&book->key, key);
        }
        if (block->count < BLOCK_ENTRIES_MAX)
            memcpy(&block->entries[block->count++], payload.data, sizeof block->entries[0]);
    }
    block_close(book, block);
    memory_free(block);
    return status;
}

enum status clock_book_settle(struct clock_book *book, struct fleet_host *hosts, uint32_t count,
                              struct problem *problem) {
    enum status status = book_collect(book, problem);
    if (status == STATUS_OK)
        clock_pairs_settle(&book->pairs, hosts, count);
    return status;
}
