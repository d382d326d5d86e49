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

// What the lines of a file of cases are, by its end.
static const struct {
    const char *end, *decoder;
} KINDS[] = {{"jsonl", "json_lines"}, {"w3c", "w3c"}, {"csv", "exchange_csv"}};

// tests/cases/rules/NAME.hit.jsonl (or another of KINDS) belongs to rules/sigma/NAME.yml.
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

static const struct decoder *decoder_find(const char *name) {
    size_t count = 0;
    const struct decoder *const *decoders = decode_list(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(decoders[i]->name, name) == 0)
            return decoders[i];
    fail_msg("no decoder %s", name);
    return NULL;
}

// Shapes live as long as their decoder's state, and so must those who know them by number.
static void case_file_check(struct run *run) {
    void *state = run->decoder->new_state(&(struct decode_options){.recover = false});
    run->normaliser = normaliser_new();
    run->matcher = matcher_new(run->ruleset);
    file_check(run, state);
    matcher_free(run->matcher);
    normaliser_free(run->normaliser);
    run->decoder->free_state(state);
}

// Each rule has one file of this kind of case.
static void case_check(struct run *run, const char *of_case, bool must_hit) {
    size_t count = 0;
    for (size_t k = 0; k < ARRAY_SIZE(KINDS); k++) {
        char pattern[512];
        int size = snprintf(pattern, sizeof pattern, SOURCE_ROOT "/tests/cases/rules/*.%s.%s",
                            of_case, KINDS[k].end);
        assert_in_range(size, 1, sizeof pattern - 1);
        glob_t found;
        int status = glob(pattern, 0, NULL, &found);
        assert_true(status == 0 || status == GLOB_NOMATCH);
        run->decoder = decoder_find(KINDS[k].decoder);
        for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
            run->path = found.gl_pathv[i];
            run->rule = rule_of(run->ruleset, run->path);
            run->must_hit = must_hit;
            case_file_check(run);
            count++;
        }
        globfree(&found);
    }
    assert_int_equal(count, ruleset_count(run->ruleset));
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
    struct run run = {.ruleset = ruleset};
    case_check(&run, "hit", true);
    case_check(&run, "miss", false);
    print_message("%zu rules, %llu lines\n", ruleset_count(ruleset),
                  (unsigned long long)run.line_count);
    assert_int_equal(run.failure_count, 0);
    ruleset_free(ruleset);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_hits_its_hits_and_no_near_miss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
