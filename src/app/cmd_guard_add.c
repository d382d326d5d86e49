// vedette guard add
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"
#include "app/interrupt.h"
#include "base/durable_file.h"

#include <stdio.h>
#include <sys/stat.h>

static const struct option_row options[] = {
    {"against", 0, OPTION_PATHS, "WHAT", NULL, NULL,
     "a second source: a backup directory, or a list of SHA-256 sums; repeat"},
    {0},
};

enum {
    ADD_LINES_BYTES_MAX = 64 * 1024 * 1024
};

static enum status source_read(const char *path, struct known_list *known, bool *ret_directory,
                               struct problem *problem) {
    struct stat about;
    struct buffer text;
    if (stat(path, &about) != 0)
        return problem_set_errno(problem, "%s", path);
    *ret_directory = S_ISDIR(about.st_mode);
    if (*ret_directory) {
        struct tree tree;
        enum status status = tree_read(path, interrupt_watch(), &tree, problem);
        if (status == STATUS_OK) {
            status = known_list_take(known, &tree, problem);
            tree_done(&tree);
        }
        return status;
    }
    buffer_init(&text, (size_t)KNOWN_LIST_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = durable_file_read(path, KNOWN_LIST_BYTES_MAX, &text, problem);
    if (status == STATUS_OK)
        status = known_list_read(known, buffer_slice(&text), problem);
    buffer_done(&text);
    return status;
}

static void add_tell(const struct vouched_count *count, const char *source,
                     const struct buffer *lines) {
    guard_print(lines);
    printf("%s: %u file%s added, %u differ%s, %u unknown there\n", source, count->added,
           count->added == 1 ? "" : "s", count->differing, count->differing == 1 ? "s" : "",
           count->unmatched);
    if (count->differing)
        printf("A file that differs may be a newer release, or an intruder's: look before an "
               "owner names it.\n");
}

static enum status add_source(struct repository *repository, const struct tree *tree,
                              const char *path, uint32_t *differing, struct refusal *refusal) {
    struct known_list known;
    struct problem problem;
    struct buffer lines;
    struct vouched_count count;
    char source[PATH_MAX + 16];
    bool directory = false;
    known_list_init(&known);
    buffer_init(&lines, ADD_LINES_BYTES_MAX);
    enum status status = source_read(path, &known, &directory, &problem);
    snprintf(source, sizeof source, "%s %s", directory ? "backup" : "list", path);
    if (status == STATUS_OK) {
        struct vouching vouching = {.known = &known, .source = source};
        status = repository_add(repository, tree, &vouching, &count, &lines, refusal);
        if (status == STATUS_OK) {
            add_tell(&count, source, &lines);
            *differing += count.differing;
        }
    } else {
        status = repository_refuse(&problem, refusal);
    }
    buffer_done(&lines);
    known_list_done(&known);
    return status;
}

static enum status add_named(struct repository *repository, const struct tree *tree,
                             const struct command_line *line, struct refusal *refusal) {
    struct vouched_count count;
    struct buffer lines;
    struct guard_names names;
    guard_names_init(&names, repository->content, line);
    struct vouching vouching = {.paths = names.names, .path_count = names.count};
    buffer_init(&lines, ADD_LINES_BYTES_MAX);
    enum status status = repository_add(repository, tree, &vouching, &count, &lines, refusal);
    if (status == STATUS_OK)
        printf("named by the owners: %u file%s added\n", count.added, count.added == 1 ? "" : "s");
    buffer_done(&lines);
    guard_names_done(&names);
    return status;
}

static enum status add_all(struct repository *repository, const struct command_line *line,
                           uint32_t *differing, struct refusal *refusal) {
    size_t sources;
    const char *const *against = command_line_list(line, "against", &sources);
    struct problem problem;
    struct tree tree;
    enum status status = tree_read(repository->content, interrupt_watch(), &tree, &problem);
    if (status != STATUS_OK)
        return repository_refuse(&problem, refusal);
    for (size_t i = 0; status == STATUS_OK && i < sources; i++)
        status = add_source(repository, &tree, against[i], differing, refusal);
    if (status == STATUS_OK && line->operand_count > 1)
        status = add_named(repository, &tree, line, refusal);
    tree_done(&tree);
    return status;
}

static enum exit_code add_run(const struct command_line *line) {
    struct repository repository;
    struct refusal refusal;
    size_t sources;
    uint32_t differing = 0;
    command_line_list(line, "against", &sources);
    if (sources == 0 && line->operand_count < 2) {
        fprintf(stderr, "vedette guard add: --against a second source, or files by name\n");
        return EXIT_USAGE;
    }
    enum status status = repository_open(line->operands[0], true, &repository, &refusal);
    if (status == STATUS_OK) {
        status = add_all(&repository, line, &differing, &refusal);
        if (status == STATUS_OK)
            status = guard_tell(&repository, false, NULL, &refusal);
        repository_close(&repository);
    }
    if (status != STATUS_OK)
        return guard_fail("add", &refusal);
    return differing ? EXIT_FINDINGS : EXIT_DONE;
}

const struct command command_guard_add = {
    .name = "guard add",
    .summary = "list files that somebody vouches for",
    .operands = "REPOSITORY [FILE...]",
    .operands_min = 1,
    .text = "Stages a list with the files of the guarded directory that a second source knows "
            "under the\nsame path with the same bytes, and those that are named (a directory names "
            "all below it;\na name in the guarded directory, or a path from here).\nWhat differs "
            "is told and not listed: exit status 1. Nothing is given "
            "out before the owners\nhave signed.",
    .options = options,
    .run = add_run,
    .exits = GUARD_EXITS,
};
