// Sorted relations, handed to several threads
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_SETTLE_FEED_H
#define RELATE_SETTLE_FEED_H

#include "base/sorter.h"
#include "relate/relation_codec.h"

// All rows of one key. A key's rows are mostly one, which need not be read to be passed on.
struct settle_item {
    struct relation_key key;
    int64_t first_ns;
    struct slice single;      // payload of the only row; NULL data: `sum` has the sum of several
    struct relation_sum *sum; // see settle_item_sum
};

// What its rows come to; the same each time.
struct relation_sum *settle_item_sum(struct settle_item *item);

// `item` and what it points at last until the step ends, and are the step's to change.
typedef enum status settle_step(void *context, struct settle_item *item, struct problem *problem);

// Gives each key of some finished sorters to one of the threads that take part. A thread takes many
// at once under a lock, and looks at them outside of it:
//
//   sorters ─> union ─ rows of whole keys ─> thread's buffer ─ one key ─> step
//                     (under the lock)
struct settle_feed;

enum status settle_feed_new(struct sorter *const *sorters, size_t count,
                            struct settle_feed **ret_feed, struct problem *problem);
void settle_feed_free(struct settle_feed *feed);

// One thread's part: until no key is left. Alone, it sees the keys in their order.
enum status settle_feed_run(struct settle_feed *feed, settle_step *step, void *context,
                            struct problem *problem);

#endif
