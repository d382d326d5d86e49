// Door of the room: read, compile or load the rules
// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"

#include "match/image.h"
#include "match/plan_compile.h"
#include "match/ruleset.h"
#include "match/sigma.h"

#include <assert.h>
#include <time.h>

enum {
    BLOB_BYTES_MAX = 1 << 30
};

// --- a copy of the options, for lint

static const char *const *keep_texts(struct arena *arena, const char *const *texts, size_t count) {
    const char **copies = arena_new(arena, count ? count : 1, sizeof(char *));
    assert(copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = (const char *)arena_keep(arena, slice_of_string(texts[i])).data;
    return copies;
}

static struct ruleset_options keep_options(struct arena *arena,
                                           const struct ruleset_options *options) {
    struct ruleset_options copy = *options;
    copy.cache_directory = NULL;
    copy.paths = keep_texts(arena, options->paths, options->path_count);
    copy.placeholder_paths =
        keep_texts(arena, options->placeholder_paths, options->placeholder_count);
    copy.tags = keep_texts(arena, options->tags, options->tag_count);
    copy.statuses = keep_texts(arena, options->statuses, options->status_count);
    copy.excluded = keep_texts(arena, options->excluded, options->excluded_count);
    return copy;
}

// --- reading

// Rules as YAML to a blob.
static enum status ruleset_read(const struct ruleset_options *options, uint64_t options_hash,
                                struct buffer *ret_blob, struct problem *problem) {
    struct sigma_rules rules;
    enum status status = sigma_rules_init(&rules, options, problem);
    if (status)
        return status;
    status = plan_compile(&rules, options_hash, ret_blob, problem);
    sigma_rules_done(&rules);
    return status;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

enum status ruleset_new(const struct ruleset_options *options, struct ruleset **ret_ruleset,
                        struct problem *problem) {
    int64_t started_ns = now_ns();
    uint64_t options_hash = image_options_hash(options);
    struct ruleset *ruleset = NULL;
    if (options->cache_directory)
        ruleset = image_load(options, options_hash);
    if (!ruleset) {
        struct buffer blob;
        buffer_init(&blob, BLOB_BYTES_MAX);
        enum status status = ruleset_read(options, options_hash, &blob, problem);
        if (!status)
            ruleset = ruleset_from_blob(&blob);
        buffer_done(&blob);
        if (status)
            return status;
        assert(ruleset); // plan_compile writes nothing that compiled_open refuses
        if (options->cache_directory)
            image_store(options, ruleset, started_ns);
    }
    ruleset->options = keep_options(&ruleset->arena, options);
    *ret_ruleset = ruleset;
    return STATUS_OK;
}
