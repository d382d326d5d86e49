// Sigma YAML from hostile hands
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/yaml_plain.h"
#include "match/sigma_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const struct yaml_node *a, const struct yaml_node *b) {
    for (; a && b; a = a->next, b = b->next) {
        if (a->kind != b->kind || a->plain != b->plain || a->line != b->line ||
            a->key_line != b->key_line || !slice_equal(a->key, b->key) ||
            !slice_equal(a->text, b->text))
            abort();
        expect_same(a->first, b->first);
    }
    if (a || b)
        abort();
}

// What the quick reader takes for YAML, libyaml takes for the same YAML.
static void readers_agree(struct slice text) {
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    const struct yaml_node *quick, *whole;
    if (yaml_plain_read(text, &arena, &quick)) {
        if (yaml_read_whole(text, &arena, &whole, NULL))
            abort();
        expect_same(quick, whole);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice text = slice_of(data, size);
    struct sigma_worker worker;
    struct sigma_rules rules = {0};
    struct ruleset_options options = {0};
    struct sigma_input input = {.file = {.path = SLICE("fuzz.yml")}};
    readers_agree(text);
    sigma_worker_init(&worker, NULL);
    sigma_text_read(&worker, &input, input.file.path, text);
    arena_init(&rules.arena, (size_t)64 << 20);
    arena_absorb(&rules.arena, &worker.kept);
    sigma_worker_done(&worker);
    if (sigma_inputs_join(&rules, &options, &input, 1, NULL) == STATUS_OK)
        sigma_lint(&rules);
    if (rules.tree_count || rules.correlation_count)
        fuzz_understood();
    sigma_rules_done(&rules);
    return 0;
}
