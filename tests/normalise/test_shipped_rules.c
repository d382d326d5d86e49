// Every shipped rule against its hits and near misses
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"
#include "match/match.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glob.h>

// One file of lines and the rule it is of; the run's counts.
struct run {
    const struct ruleset *ruleset;
    struct matcher *matcher;
    struct normaliser *normaliser;
    const struct decoder *decoder;
    uint32_t rule;
    bool must_hit;
    const char *path;
    uint64_t line_count;
    uint64_t failure_count;
};

// tests/cases/rules/NAME.hit.jsonl belongs to rules/sigma/NAME.yml.
static uint32_t rule_of(const struct ruleset *ruleset, const char *path) {
    const char *stem = strrchr(path, '/') + 1;
    size_t size = strcspn(stem, ".");
    for (size_t i = 0; i < ruleset_count(ruleset); i++) {
        struct slice file = ruleset_rule(ruleset, i)->file;
        char end[256];
        int end_size = snprintf(end, sizeof end, "/%.*s.yml", (int)size, stem);
        if (slice_ends(file, slice_of(end, (size_t)end_size)))
            return (uint32_t)i;
    }
    fail_msg("%s: no rule of that name", path);
    return UINT32_MAX;
}

static void line_check(void *context, struct event *event) {
    struct run *run = context;
    normaliser_classify(run->normaliser, event);
    const uint32_t *rules = NULL;
    size_t count = matcher_match(run->matcher, event, &rules);
    bool is_hit = false;
    for (size_t i = 0; i < count; i++)
        is_hit |= rules[i] == run->rule;
    run->line_count++;
    if (is_hit == run->must_hit)
        return;
    print_error("%s:%llu: %s\n", run->path, (unsigned long long)event->position.line,
                is_hit ? "hit" : "no hit");
    run->failure_count++;
}

static void gap_fail(void *context, const struct gap *gap) {
    struct run *run = context;
    fail_msg("%s: %s", run->path, gap->reason);
}

static void file_check(struct run *run, void *state) {
    FILE *file = fopen(run->path, "rb");
    assert_non_null(file);
    static uint8_t bytes[1 << 18];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(size, 1, sizeof bytes - 1);
    struct unit unit = {.fd = -1,
                        .size = size,
                        .source_size = size,
                        .bytes = slice_of(bytes, size),
                        .first_line = 1};
    struct event_sink sink = {.context = run, .event = line_check, .gap = gap_fail};
    uint64_t before = run->line_count;
    assert_int_equal(run->decoder->decode(state, &unit, &sink, NULL), STATUS_OK);
    assert_true(run->line_count > before);
}

static void kind_check(struct run *run, void *state, const char *pattern, bool must_hit) {
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    // Each rule has its file of either kind.
    assert_int_equal(found.gl_pathc, ruleset_count(run->ruleset));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        run->path = found.gl_pathv[i];
        run->rule = rule_of(run->ruleset, run->path);
        run->must_hit = must_hit;
        file_check(run, state);
    }
    globfree(&found);
}

static const struct decoder *decoder_find(const char *name) {
    size_t count = 0;
    const struct decoder *const *decoders = decode_list(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(decoders[i]->name, name) == 0)
            return decoders[i];
    fail_msg("no decoder %s", name);
    return NULL;
}

static void every_rule_hits_its_hits_and_no_near_miss(void **unused) {
    (void)unused;
    const char *paths[] = {SOURCE_ROOT "/rules/sigma"};
    struct ruleset_options options = {.paths = paths, .path_count = 1};
    struct ruleset *ruleset = NULL;
    assert_int_equal(ruleset_new(&options, &ruleset, NULL), STATUS_OK);
    for (size_t i = 0; i < ruleset_complaint_count(ruleset); i++) {
        const struct rule_complaint *complaint = ruleset_complaint(ruleset, i);
        fail_msg("%.*s: %.*s", (int)complaint->file.size, (const char *)complaint->file.data,
                 (int)complaint->text.size, (const char *)complaint->text.data);
    }
    assert_in_range(ruleset_count(ruleset), 30, 10000);
    struct run run = {.ruleset = ruleset,
                      .matcher = matcher_new(ruleset),
                      .normaliser = normaliser_new(),
                      .decoder = decoder_find("json_lines")};
    struct decode_options decode_options = {.recover = false};
    void *state = run.decoder->new_state(&decode_options);
    kind_check(&run, state, SOURCE_ROOT "/tests/cases/rules/*.hit.jsonl", true);
    kind_check(&run, state, SOURCE_ROOT "/tests/cases/rules/*.miss.jsonl", false);
    print_message("%zu rules, %llu lines\n", ruleset_count(ruleset),
                  (unsigned long long)run.line_count);
    assert_int_equal(run.failure_count, 0);
    matcher_free(run.matcher);
    normaliser_free(run.normaliser);
    run.decoder->free_state(state);
    ruleset_free(ruleset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_hits_its_hits_and_no_near_miss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
