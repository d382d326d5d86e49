// Releases: what targets metadata says, to be changed
// SPDX-License-Identifier: Apache-2.0
#include "guard/release_list.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    RELEASE_BYTES_MAX = 512 * 1024 * 1024, // paths and words of two million files
};

void release_list_init(struct release_list *list) {
    *list = (struct release_list){0};
    arena_init(&list->arena, RELEASE_BYTES_MAX);
}

void release_list_done(struct release_list *list) {
    arena_done(&list->arena);
    memory_free(list->items);
    *list = (struct release_list){0};
}

static void release_read_custom(const struct metadata *targets, const struct metadata_entry *entry,
                                struct release *release) {
    const struct canonical_document *document = &targets->document;
    const struct canonical_value *custom = canonical_find(document, entry->value, "custom");
    struct slice seen;
    release->first_seen_ns = CLOCK_NONE;
    if (canonical_string(document, canonical_find(document, custom, "first_seen"), &seen))
        clock_parse(seen, &release->first_seen_ns);
    canonical_string(document, canonical_find(document, custom, "vouched"), &release->vouched);
    canonical_integer(document, canonical_find(document, custom, "since"), &release->since);
}

enum status release_list_read(struct release_list *list, const struct metadata *targets,
                              struct problem *problem) {
    enum status status = STATUS_OK;
    if (targets && (targets->delegation_count || targets->bins.bit_length))
        return problem_set(problem, STATUS_UNSUPPORTED,
                           "this targets.json delegates; it was not written by this program");
    for (uint32_t i = 0; targets && status == STATUS_OK && i < targets->entry_count; i++) {
        struct release release = {.path = targets->entries[i].name};
        struct metadata_file file;
        metadata_entry_read(targets, &targets->entries[i], &file);
        if (!(file.kinds & 1u << DIGEST_SHA256) || file.length < 0)
            return problem_set(problem, STATUS_UNSUPPORTED, "%.*s is listed without SHA-256",
                               (int)(release.path.size < 200 ? release.path.size : 200),
                               (const char *)release.path.data);
        release.length = file.length;
        memcpy(release.sha256, file.sha256, sizeof release.sha256);
        release_read_custom(targets, &targets->entries[i], &release);
        status = release_list_put(list, &release, problem);
    }
    release_list_settle(list);
    return status;
}

struct release *release_list_find(const struct release_list *list, struct slice path) {
    uint32_t low = 0, high = list->settled;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = slice_compare(list->items[middle].path, path);
        if (order == 0)
            return &list->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

enum status release_list_put(struct release_list *list, const struct release *release,
                             struct problem *problem) {
    struct release copy = *release;
    copy.path = arena_keep(&list->arena, release->path);
    copy.vouched = arena_keep(&list->arena, release->vouched);
    if (!copy.path.data || (release->vouched.size && !copy.vouched.data))
        return problem_set(problem, STATUS_LIMIT, "too many releases");
    struct release *there = release_list_find(list, release->path);
    if (there) {
        *there = copy;
        return STATUS_OK;
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->items = memory_resize(list->items, list->capacity, sizeof *list->items);
    }
    list->items[list->count++] = copy;
    return STATUS_OK;
}

static int release_compare(const void *a, const void *b) {
    const struct release *left = a, *right = b;
    return slice_compare(left->path, right->path);
}

void release_list_settle(struct release_list *list) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (!list->items[i].removed)
            list->items[kept++] = list->items[i];
    list->count = list->settled = kept;
    if (kept > 1)
        qsort(list->items, kept, sizeof *list->items, release_compare);
}

static bool release_same(const struct release *a, const struct release *b) {
    return a->length == b->length && memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

enum status release_list_compare(const struct release_list *before,
                                 const struct release_list *after, change_take *take, void *context,
                                 struct problem *problem) {
    enum status status = STATUS_OK;
    assert(before->settled == before->count && after->settled == after->count);
    for (uint32_t i = 0, j = 0; status == STATUS_OK && (i < before->count || j < after->count);) {
        const struct release *old = i < before->count ? &before->items[i] : NULL;
        const struct release *new = j < after->count ? &after->items[j] : NULL;
        int order = !old ? 1 : !new ? -1 : slice_compare(old->path, new->path);
        if (order < 0)
            status = take(context, CHANGE_WITHDRAWN, old, NULL, problem);
        else if (order > 0)
            status = take(context, CHANGE_NEW, NULL, new, problem);
        else if (!release_same(old, new))
            status = take(context, CHANGE_REPLACED, old, new, problem);
        i += order <= 0;
        j += order >= 0;
    }
    return status;
}

static void release_append(const struct release *release, const char *kind, int64_t version,
                           struct buffer *to) {
    char hex[DIGEST_SHA256_HEX_SIZE];
    digest_hex(release->sha256, hex);
    buffer_append_format(to, "{\"kind\":\"%s\",\"length\":%lld,\"path\":", kind,
                         (long long)release->length);
    canonical_append_string(to, release->path);
    buffer_append_format(to, ",\"sha256\":\"%s\",\"version\":%lld}", hex, (long long)version);
}

void release_append_entry(const struct release *release, struct buffer *to) {
    release_append(release, "release", release->since, to);
}

void release_append_withdrawal(const struct release *release, int64_t version, struct buffer *to) {
    release_append(release, "withdrawal", version, to);
}
