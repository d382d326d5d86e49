// What the owners' verbs of guard share
// SPDX-License-Identifier: Apache-2.0
#include "app/guard_run.h"

#include "app/interrupt.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TELL_BYTES_MAX = 64 * 1024 * 1024
};

static void guard_say(const char *verb, const char *word, const char *said) {
    struct buffer text;
    buffer_init(&text, 8 * PROBLEM_TEXT_SIZE);
    text_append_terminal(&text, slice_of_string(said));
    fprintf(stderr, "vedette guard %s: %s%s%.*s\n", verb, word, *word ? ": " : "", (int)text.size,
            (const char *)text.data);
    buffer_done(&text);
}

enum exit_code guard_fail(const char *verb, const struct refusal *refusal) {
    enum status status = refusal->problem.status;
    if (status == STATUS_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (status == STATUS_USAGE) {
        guard_say(verb, "", refusal->problem.text);
        return EXIT_USAGE;
    }
    guard_say(verb, refusal_word(refusal->reason), refusal->problem.text);
    bool trouble = refusal_is_trouble(refusal->reason) || refusal->reason == REFUSAL_MISSING;
    return trouble ? EXIT_TROUBLE : EXIT_FINDINGS;
}

enum exit_code guard_fail_problem(const char *verb, const struct problem *problem) {
    struct refusal refusal = {REFUSAL_SYSTEM, *problem};
    if (problem->status == STATUS_FORMAT)
        refusal.reason = REFUSAL_FORMAT;
    else if (problem->status == STATUS_NOT_FOUND)
        refusal.reason = REFUSAL_MISSING;
    return guard_fail(verb, &refusal);
}

void guard_print(const struct buffer *text) {
    if (text->size)
        fwrite(text->data, 1, text->size, stdout);
}

// The real path of `path`, which may have gone from its directory.
static bool guard_real(const char *path, char real[PATH_MAX]) {
    char parent[PATH_MAX], found[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (realpath(path, real))
        return true;
    int size = slash ? snprintf(parent, sizeof parent, "%.*s", (int)(slash - path) + 1, path)
                     : snprintf(parent, sizeof parent, ".");
    if (size < 0 || size >= PATH_MAX || !realpath(parent, found))
        return false;
    size = snprintf(real, PATH_MAX, "%s/%s", found, slash ? slash + 1 : path);
    return size > 0 && size < PATH_MAX;
}

const char *guard_name_inside(const char *content, const char *named, char ret_name[PATH_MAX]) {
    char path[PATH_MAX], real[PATH_MAX], guarded[PATH_MAX];
    struct stat about;
    int size = snprintf(path, sizeof path, "%s/%s", content, named);
    if (size < 0 || size >= PATH_MAX || (named[0] != '/' && lstat(path, &about) == 0) ||
        !realpath(content, guarded) || !guard_real(named, real) || !path_lies_in(real, guarded) ||
        strcmp(real, guarded) == 0)
        return named;
    snprintf(ret_name, PATH_MAX, "%s", real + strlen(guarded) + 1);
    return ret_name;
}

void guard_names_init(struct guard_names *names, const char *content,
                      const struct command_line *line) {
    names->count = line->operand_count - 1;
    names->texts = memory_new(names->count + 1, sizeof *names->texts);
    names->names = memory_new(names->count + 1, sizeof *names->names);
    for (size_t i = 0; i < names->count; i++)
        names->names[i] = guard_name_inside(content, line->operands[i + 1], names->texts[i]);
}

void guard_names_done(struct guard_names *names) {
    memory_free(names->texts);
    memory_free(names->names);
}

enum status guard_tree(const struct repository *repository, struct tree *ret_tree, bool *ret_there,
                       struct refusal *refusal) {
    struct problem problem;
    *ret_there = access(repository->content, F_OK) == 0;
    if (!*ret_there)
        return STATUS_OK;
    enum status status = tree_read(repository->content, interrupt_watch(), ret_tree, &problem);
    *ret_there = status == STATUS_OK;
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

enum status guard_tell(const struct repository *repository, bool whole, bool *ret_fine,
                       struct refusal *refusal) {
    struct tree tree;
    struct content_count count;
    struct buffer text, lines;
    bool there = false, fine = true;
    enum status status = guard_tree(repository, &tree, &there, refusal);
    buffer_init(&text, TELL_BYTES_MAX);
    buffer_init(&lines, TELL_BYTES_MAX);
    if (status == STATUS_OK && there)
        status = repository_count(repository, &tree, &count, &lines, refusal);
    if (status == STATUS_OK) {
        if (whole)
            repository_append_status(repository, there ? &count : NULL, buffer_slice(&lines), &text,
                                     &fine);
        repository_append_next(repository, there ? &count : NULL, &text);
        guard_print(&text);
    }
    buffer_done(&text);
    buffer_done(&lines);
    if (there)
        tree_done(&tree);
    if (status == STATUS_OK && ret_fine)
        *ret_fine = fine;
    return status;
}
