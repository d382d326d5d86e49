// Several sorters read as one
// SPDX-License-Identifier: Apache-2.0
#include "base/sorter_union.h"

#include "base/memory.h"

#include <assert.h>

// A sorter and the record it stands at.
struct union_member {
    struct sorter *sorter;
    struct slice key, payload;
};

struct sorter_union {
    struct union_member *members; // that have records left
    size_t count;
    size_t given; // whose record was given out and steps before the next; `count`: nobody's
};

// Those that end go.
static enum status union_step(struct sorter_union *all, size_t number, struct problem *problem) {
    struct union_member *member = &all->members[number];
    bool more = false;
    enum status status =
        sorter_next(member->sorter, &member->key, &member->payload, &more, problem);
    if (status == STATUS_OK && !more)
        *member = all->members[--all->count];
    return status;
}

enum status sorter_union_new(struct sorter *const *sorters, size_t count,
                             struct sorter_union **ret_all, struct problem *problem) {
    struct sorter_union *all = memory_new(1, sizeof *all);
    all->members = memory_new(count ? count : 1, sizeof *all->members);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        all->members[all->count++].sorter = sorters[i];
        status = sorter_rewind(sorters[i], problem);
        if (status == STATUS_OK)
            status = union_step(all, all->count - 1, problem);
    }
    if (status != STATUS_OK) {
        sorter_union_free(all);
        return status;
    }
    all->given = all->count;
    *ret_all = all;
    return STATUS_OK;
}

void sorter_union_free(struct sorter_union *all) {
    if (!all)
        return;
    memory_free(all->members);
    memory_free(all);
}

static bool member_before(const struct union_member *a, const struct union_member *b) {
    int order = slice_compare(a->key, b->key);
    return (order ? order : slice_compare(a->payload, b->payload)) < 0;
}

enum status sorter_union_next(struct sorter_union *all, struct slice *ret_key,
                              struct slice *ret_payload, bool *ret_more, struct problem *problem) {
    if (all->given < all->count) {
        enum status status = union_step(all, all->given, problem);
        if (status != STATUS_OK)
            return status;
    }
    size_t first = 0;
    for (size_t i = 1; i < all->count; i++)
        if (member_before(&all->members[i], &all->members[first]))
            first = i;
    all->given = first;
    *ret_more = all->count > 0;
    if (all->count) {
        *ret_key = all->members[first].key;
        *ret_payload = all->members[first].payload;
    }
    return STATUS_OK;
}
