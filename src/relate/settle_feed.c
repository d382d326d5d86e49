// Sorted relations, handed to several threads
// SPDX-License-Identifier: Apache-2.0
#include "relate/settle_feed.h"

#include "base/memory.h"
#include "base/sorter_union.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

enum {
    FEED_BATCH_BYTES = 128 << 10, // about; a record more
    FEED_BUFFER_BYTES = 512 << 20 // a record has at most half of it
};

struct settle_feed {
    struct sorter_union *all;
    pthread_mutex_t lock; // over what follows
    struct slice key, payload;
    bool more; // the record above is next
};

// A thread's rows, and the key it adds up.
struct feed_part {
    struct settle_feed *feed;
    settle_step *step;
    void *context;
    struct buffer rows; // sizes of key and payload, both
    bool whole;         // the last key ends with them
    struct buffer key;  // of an item whose rows come in several batches
    struct settle_item item;
    bool have;
    struct relation_sum *other;
};

struct relation_sum *settle_item_sum(struct settle_item *item) {
    if (item->single.data) {
        bool whole = relation_read_sum(item->single, item->sum);
        assert(whole);
        (void)whole;
        item->single = (struct slice){NULL, 0};
    }
    return item->sum;
}

static enum status feed_next(struct settle_feed *feed, struct problem *problem) {
    return sorter_union_next(feed->all, &feed->key, &feed->payload, &feed->more, problem);
}

enum status settle_feed_new(struct sorter *const *sorters, size_t count,
                            struct settle_feed **ret_feed, struct problem *problem) {
    struct settle_feed *feed = memory_new(1, sizeof *feed);
    pthread_mutex_init(&feed->lock, NULL);
    enum status status = sorter_union_new(sorters, count, &feed->all, problem);
    if (status == STATUS_OK)
        status = feed_next(feed, problem);
    if (status != STATUS_OK) {
        settle_feed_free(feed);
        return status;
    }
    *ret_feed = feed;
    return STATUS_OK;
}

void settle_feed_free(struct settle_feed *feed) {
    if (!feed)
        return;
    sorter_union_free(feed->all);
    pthread_mutex_destroy(&feed->lock);
    memory_free(feed);
}

// Under the lock: rows up to the end of a key. One with very many rows comes in parts.
static enum status part_fill(struct feed_part *part, struct problem *problem) {
    struct settle_feed *feed = part->feed;
    enum status status = STATUS_OK;
    size_t last = 0; // where the last row's key lies
    size_t last_size = 0;
    buffer_reset(&part->rows);
    part->whole = true;
    while (feed->more && status == STATUS_OK) {
        const uint8_t *bytes = part->rows.data;
        bool full = part->rows.size >= FEED_BATCH_BYTES;
        if (full && !slice_equal(feed->key, slice_of(bytes + last, last_size)))
            break;
        if (part->rows.size >= 2 * FEED_BATCH_BYTES) {
            part->whole = false;
            break;
        }
        uint32_t sizes[2] = {(uint32_t)feed->key.size, (uint32_t)feed->payload.size};
        buffer_append(&part->rows, sizes, sizeof sizes);
        last = part->rows.size;
        last_size = feed->key.size;
        buffer_append_slice(&part->rows, feed->key);
        buffer_append_slice(&part->rows, feed->payload);
        assert(!part->rows.failed);
        status = feed_next(feed, problem);
    }
    return status;
}

static enum status part_hand_on(struct feed_part *part, struct problem *problem) {
    bool have = part->have;
    part->have = false;
    return have ? part->step(part->context, &part->item, problem) : STATUS_OK;
}

static void part_begin_item(struct feed_part *part, struct slice key, struct slice payload) {
    bool whole = relation_read_key(key, &part->item.key);
    assert(whole);
    (void)whole;
    part->item.first_ns = relation_read_first(payload);
    part->item.single = payload;
    part->have = true;
}

static void part_add_row(struct feed_part *part, struct slice payload) {
    struct relation_sum *sum = settle_item_sum(&part->item);
    bool whole = relation_read_sum(payload, part->other);
    assert(whole);
    (void)whole;
    relation_sum_merge(sum, part->other);
    part->item.first_ns = sum->first_ns;
}

// Rows of the batch; the last key is handed on when it ends with them.
static enum status part_read(struct feed_part *part, struct problem *problem) {
    struct slice rows = buffer_slice(&part->rows);
    struct slice current = part->have ? buffer_slice(&part->key) : (struct slice){NULL, 0};
    enum status status = STATUS_OK;
    while (rows.size && status == STATUS_OK) {
        uint32_t sizes[2];
        memcpy(sizes, rows.data, sizeof sizes);
        struct slice key = slice_part(rows, sizeof sizes, sizes[0]);
        struct slice payload = slice_part(rows, sizeof sizes + sizes[0], sizes[1]);
        rows = slice_part(rows, sizeof sizes + sizes[0] + sizes[1], SIZE_MAX);
        if (part->have && slice_equal(key, current)) {
            part_add_row(part, payload);
            continue;
        }
        status = part_hand_on(part, problem);
        part_begin_item(part, key, payload);
        current = key;
    }
    if (status != STATUS_OK || part->whole)
        return status == STATUS_OK ? part_hand_on(part, problem) : status;
    // The batch goes: what is needed of it stays.
    settle_item_sum(&part->item);
    if (current.data != part->key.data) {
        buffer_reset(&part->key);
        buffer_append_slice(&part->key, current);
    }
    relation_read_key(buffer_slice(&part->key), &part->item.key);
    return STATUS_OK;
}

enum status settle_feed_run(struct settle_feed *feed, settle_step *step, void *context,
                            struct problem *problem) {
    struct feed_part part = {.feed = feed, .step = step, .context = context};
    part.item.sum = memory_new(1, sizeof *part.item.sum);
    part.other = memory_new(1, sizeof *part.other);
    buffer_init(&part.rows, FEED_BUFFER_BYTES);
    buffer_init(&part.key, FEED_BUFFER_BYTES);
    enum status status = STATUS_OK;
    bool more = true, locked = false;
    while (more && status == STATUS_OK) {
        if (!locked)
            pthread_mutex_lock(&feed->lock);
        status = part_fill(&part, problem);
        more = part.rows.size > 0;
        // A key's rest is the same thread's.
        locked = !part.whole && status == STATUS_OK;
        if (!locked)
            pthread_mutex_unlock(&feed->lock);
        if (status == STATUS_OK)
            status = part_read(&part, problem);
    }
    if (locked)
        pthread_mutex_unlock(&feed->lock);
    buffer_done(&part.rows);
    buffer_done(&part.key);
    memory_free(part.item.sum);
    memory_free(part.other);
    return status;
}
