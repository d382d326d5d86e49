// Canonical bytes of a text whose keys are not in order
// SPDX-License-Identifier: Apache-2.0
#include "guard/canonical_sort.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// What is written anew when keys were not in order.
struct rewriting {
    struct canonical_document *document;
    struct buffer to;
    struct problem *problem;
};

// A member while its object is sorted: qsort has no context.
struct keyed {
    struct slice key;
    uint32_t number;
};

static int keyed_compare(const void *a, const void *b) {
    return slice_compare(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

// The members of an object by key; memory_free it. NULL when a key comes twice.
static struct keyed *members_sort(const struct rewriting *rewriting,
                                  const struct canonical_value *object) {
    const struct canonical_document *document = rewriting->document;
    struct keyed *members = memory_new(object->count + 1, sizeof *members);
    uint32_t count = 0;
    bool sorted = true;
    for (const struct canonical_value *member = canonical_first(document, object); member;
         member = canonical_next(document, object, member)) {
        members[count] =
            (struct keyed){canonical_key(document, member), (uint32_t)(member - document->values)};
        sorted = sorted && (count == 0 || keyed_compare(&members[count - 1], &members[count]) < 0);
        count++;
    }
    if (sorted)
        return members;
    qsort(members, count, sizeof *members, keyed_compare);
    for (uint32_t i = 1; i < count; i++)
        if (slice_equal(members[i - 1].key, members[i].key)) {
            problem_set(rewriting->problem, STATUS_FORMAT, "the key '%.*s' comes twice",
                        (int)(members[i].key.size < 80 ? members[i].key.size : 80),
                        (const char *)members[i].key.data);
            memory_free(members);
            return NULL;
        }
    return members;
}

static enum status value_rewrite(struct rewriting *rewriting, uint32_t number, unsigned depth);

static enum status object_rewrite(struct rewriting *rewriting, const struct canonical_value *object,
                                  unsigned depth) {
    struct keyed *members = members_sort(rewriting, object);
    if (!members)
        return STATUS_FORMAT;
    enum status status = STATUS_OK;
    buffer_append_byte(&rewriting->to, '{');
    for (uint32_t i = 0; status == STATUS_OK && i < object->count; i++) {
        if (i)
            buffer_append_byte(&rewriting->to, ',');
        canonical_append_string(&rewriting->to, members[i].key);
        buffer_append_byte(&rewriting->to, ':');
        status = value_rewrite(rewriting, members[i].number, depth + 1);
    }
    buffer_append_byte(&rewriting->to, '}');
    memory_free(members);
    return status;
}

static enum status array_rewrite(struct rewriting *rewriting, const struct canonical_value *array,
                                 unsigned depth) {
    const struct canonical_document *document = rewriting->document;
    buffer_append_byte(&rewriting->to, '[');
    for (const struct canonical_value *member = canonical_first(document, array); member;
         member = canonical_next(document, array, member)) {
        if (member != array + 1)
            buffer_append_byte(&rewriting->to, ',');
        enum status status =
            value_rewrite(rewriting, (uint32_t)(member - document->values), depth + 1);
        if (status != STATUS_OK)
            return status;
    }
    buffer_append_byte(&rewriting->to, ']');
    return STATUS_OK;
}

// Recursive; the depth was bounded when the text was read.
static enum status value_rewrite(struct rewriting *rewriting, uint32_t number, unsigned depth) {
    struct canonical_value *value = &rewriting->document->values[number];
    assert(depth <= CANONICAL_DEPTH_MAX);
    if (value->kind < CANONICAL_ARRAY) {
        static const char *const words[] = {"null", "false", "true"};
        struct slice text = canonical_text(rewriting->document, value);
        if (value->kind == CANONICAL_STRING)
            canonical_append_string(&rewriting->to, text);
        else if (value->kind == CANONICAL_INTEGER)
            buffer_append_slice(&rewriting->to, text);
        else
            buffer_append_text(&rewriting->to, words[value->kind]);
        return STATUS_OK;
    }
    uint32_t from = (uint32_t)rewriting->to.size;
    enum status status = value->kind == CANONICAL_OBJECT ? object_rewrite(rewriting, value, depth)
                                                         : array_rewrite(rewriting, value, depth);
    value->text = from;
    value->text_size = (uint32_t)rewriting->to.size - from;
    return status;
}

enum status canonical_sort(struct canonical_document *document, struct problem *problem) {
    size_t size = document->canonical_size;
    struct rewriting rewriting = {.document = document, .problem = problem};
    buffer_init(&rewriting.to, size + 1);
    enum status status = value_rewrite(&rewriting, 0, 0);
    assert(status != STATUS_OK || (!rewriting.to.failed && rewriting.to.size == size));
    if (status == STATUS_OK) {
        document->sorted = memory_new(size, 1);
        memcpy(document->sorted, rewriting.to.data, size);
        document->canonical = document->sorted;
    }
    buffer_done(&rewriting.to);
    return status;
}
