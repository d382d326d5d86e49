// How long reading all rules takes
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static size_t atoms_count(const struct node *node, unsigned depth) {
    size_t count = node->kind == NODE_ATOM;
    for (uint32_t i = 0; i < node->child_count && depth < 256; i++)
        count += atoms_count(node->children[i], depth + 1);
    return count;
}

static int bench(const char *path, unsigned threads, bool say_all) {
    struct ruleset_options options = {.paths = &path, .path_count = 1, .threads = threads};
    struct problem problem;
    double best = 1e9, listed = 1e9;
    size_t trees = 0, files = 0, refused = 0, atoms = 0, bytes = 0;
    for (int i = 0; i < 5; i++) {
        struct sigma_rules rules;
        double from = seconds_now();
        if (sigma_rules_init(&rules, &options, &problem)) {
            fprintf(stderr, "%s\n", problem.text);
            return 1;
        }
        double took = seconds_now() - from;
        best = took < best ? took : best;
        trees = rules.tree_count;
        files = rules.file_count;
        refused = rules.complaint_count;
        bytes = rules.arena.used_bytes;
        atoms = 0;
        for (size_t j = 0; j < trees; j++)
            atoms += atoms_count(rules.trees[j].root, 0);
        for (size_t j = 0; j < refused && say_all && i == 0; j++)
            printf("  %s:%u: %s\n", (const char *)rules.complaints[j].file.data,
                   rules.complaints[j].line, (const char *)rules.complaints[j].text.data);
        sigma_rules_done(&rules);
        struct arena arena;
        arena_init(&arena, (size_t)64 << 20);
        struct sigma_file *list;
        from = seconds_now();
        if (sigma_list_files(&options, &arena, &list, &files, &problem))
            return 1;
        took = seconds_now() - from;
        listed = took < listed ? took : listed;
        arena_done(&arena);
    }
    printf("sigma %u threads: %zu files, %zu rules, %zu refused, %zu atoms, %.1f MB: "
           "read %.1f ms, list %.1f ms\n",
           threads, files, trees, refused, atoms, (double)bytes / 1e6, best * 1e3, listed * 1e3);
    return 0;
}

int main(int argc, char **argv) {
    const char *shared = getenv("VEDETTE_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/sigma", shared ? shared : "../shared");
    const char *rules = argc > 1 ? argv[1] : path;
    return bench(rules, 1, true) || bench(rules, 2, false);
}
