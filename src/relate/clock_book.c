// Whose clock is wrong, and by how much
// SPDX-License-Identifier: Apache-2.0
#include "relate/clock_book.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/sorter_union.h"
#include "base/table.h"
#include "relate/clock_pairs.h"
#include "relate/relation_codec.h"

#include <assert.h>
#include <stdlib.h>

enum {
    BOOK_KEY_BYTES = 8 << 10,
    BLOCK_ENTRIES_MAX = 256, // of one pair (from, to) and day
    BLOCK_GATHERED_MAX = 2 * BLOCK_ENTRIES_MAX,
    BLOCK_FEW = 36, // so many differences are all taken, however large
    BOOK_PAYLOAD_BYTES = sizeof(uint32_t) + RELATION_TIMES_MAX * sizeof(int64_t),
};

static const int64_t NEAR_NS = 10 * 60 * 1000000000ll;
static const int64_t FAR_NS = 15 * 3600 * 1000000000ll;

struct clock_book {
    struct sorter *sorter;
    struct buffer key, payload;
    struct clock_pairs pairs;
};

// One sighting of a block.
struct block_entry {
    int64_t time_ns;
    uint32_t recorder;
};

struct block {
    struct block_entry entries[BLOCK_GATHERED_MAX];
    uint32_t count;
    uint32_t recorder; // of the first
    bool mixed;        // others have recorded it, too
};

struct clock_book *clock_book_new(size_t memory_bytes, const char *directory) {
    struct clock_book *book = memory_new(1, sizeof *book);
    book->sorter = sorter_new(memory_bytes, directory);
    buffer_init(&book->key, BOOK_KEY_BYTES);
    buffer_init(&book->payload, BOOK_PAYLOAD_BYTES);
    clock_pairs_init(&book->pairs);
    return book;
}

void clock_book_free(struct clock_book *book) {
    if (!book)
        return;
    sorter_free(book->sorter);
    buffer_done(&book->key);
    buffer_done(&book->payload);
    clock_pairs_done(&book->pairs);
    memory_free(book);
}

// What a recorder saw of a pair on one day, as one record of the sorter.
static enum status book_note_day(struct clock_book *book, struct slice from, struct slice to,
                                 int32_t day, struct problem *problem) {
    uint32_t ordered = __builtin_bswap32((uint32_t)day ^ 0x80000000u);
    buffer_reset(&book->key);
    relation_append_ordered(&book->key, from);
    relation_append_ordered(&book->key, to);
    buffer_append(&book->key, &ordered, sizeof ordered);
    assert(!book->key.failed && !book->payload.failed);
    return sorter_add(book->sorter, buffer_slice(&book->key), buffer_slice(&book->payload),
                      problem);
}

enum status clock_book_note(struct clock_book *book, struct slice from, struct slice to,
                            uint32_t recorder, struct slice times, struct problem *problem) {
    enum status status = STATUS_OK;
    size_t count = times.size / sizeof(int64_t);
    assert(count <= RELATION_TIMES_MAX);
    for (size_t i = 0, next; i < count && status == STATUS_OK; i = next) {
        int64_t time_ns;
        memcpy(&time_ns, times.data + i * sizeof time_ns, sizeof time_ns);
        int32_t day = day_of(time_ns);
        buffer_reset(&book->payload);
        buffer_append(&book->payload, &recorder, sizeof recorder);
        for (next = i; next < count; next++) {
            memcpy(&time_ns, times.data + next * sizeof time_ns, sizeof time_ns);
            if (day_of(time_ns) != day)
                break;
            if (time_ns != CLOCK_NONE)
                buffer_append(&book->payload, &time_ns, sizeof time_ns);
        }
        if (book->payload.size > sizeof recorder)
            status = book_note_day(book, from, to, day, problem);
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

// An order that has nothing to do with who recorded it, and little with when: by the bytes.
static int block_compare_bytes(const void *left, const void *right) {
    return memcmp(left, right, sizeof(struct block_entry));
}

// A pair that meets all day: those that come first by their bytes stand for all.
static void block_thin(struct block *block) {
    if (block->count <= BLOCK_ENTRIES_MAX)
        return;
    qsort(block->entries, block->count, sizeof block->entries[0], block_compare_bytes);
    block->count = BLOCK_ENTRIES_MAX;
}

static void block_add(struct block *block, struct slice payload) {
    struct block_entry entry;
    memset(&entry, 0, sizeof entry);
    memcpy(&entry.recorder, payload.data, sizeof entry.recorder);
    if (block->count == 0)
        block->recorder = entry.recorder;
    block->mixed |= entry.recorder != block->recorder;
    for (size_t at = sizeof entry.recorder; at < payload.size; at += sizeof entry.time_ns) {
        if (block->count == BLOCK_GATHERED_MAX)
            block_thin(block);
        memcpy(&entry.time_ns, payload.data + at, sizeof entry.time_ns);
        block->entries[block->count++] = entry;
    }
}

// All pairs of recorders of one block.
static void block_vote_all(struct clock_book *book, struct block *block) {
    block_thin(block);
    struct block_entry *entries = block->entries;
    uint32_t count = block->count;
    qsort(entries, count, sizeof *entries, block_compare);
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

static void block_close(struct clock_book *book, struct block *block) {
    if (block->mixed)
        block_vote_all(book, block);
    block->count = 0;
    block->mixed = false;
}

// Votes go to the first book.
static enum status books_collect(struct clock_book *const *books, size_t count,
                                 struct problem *problem) {
    struct clock_book *book = books[0];
    struct sorter **sorters = memory_new(count, sizeof *sorters);
    for (size_t i = 0; i < count; i++)
        sorters[i] = books[i]->sorter;
    struct sorter_union *all = NULL;
    enum status status = sorter_union_new(sorters, count, &all, problem);
    struct block *block = memory_new(1, sizeof *block);
    bool more = true;
    buffer_reset(&book->key);
    while (status == STATUS_OK && more) {
        struct slice key, payload;
        status = sorter_union_next(all, &key, &payload, &more, problem);
        if (status != STATUS_OK || !more)
            break;
        if (!slice_equal(key, buffer_slice(&book->key))) {
            block_close(book, block);
            buffer_reset(&book->key);
            buffer_append_slice(&book->key, key);
        }
        block_add(block, payload);
    }
    block_close(book, block);
    memory_free(block);
    sorter_union_free(all);
    memory_free(sorters);
    return status;
}

enum status clock_book_finish(struct clock_book *book, struct problem *problem) {
    return sorter_finish(book->sorter, problem);
}

enum status clock_books_settle(struct clock_book *const *books, size_t book_count,
                               struct fleet_host *hosts, uint32_t count, struct problem *problem) {
    assert(book_count > 0);
    enum status status = books_collect(books, book_count, problem);
    if (status == STATUS_OK)
        clock_pairs_settle(&books[0]->pairs, hosts, count);
    return status;
}
