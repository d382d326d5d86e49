// What the owners' verbs of guard share
// SPDX-License-Identifier: Apache-2.0
#include "app/guard_run.h"

#include "app/interrupt.h"
#include "base/text.h"

#include <stdio.h>
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
    struct buffer text;
    bool there = false, fine = true;
    enum status status = guard_tree(repository, &tree, &there, refusal);
    if (status == STATUS_OK && there)
        status = repository_count(repository, &tree, &count, refusal);
    buffer_init(&text, TELL_BYTES_MAX);
    if (status == STATUS_OK) {
        if (whole)
            repository_append_status(repository, there ? &count : NULL, &text, &fine);
        repository_append_next(repository, there ? &count : NULL, &text);
        guard_print(&text);
    }
    buffer_done(&text);
    if (there)
        tree_done(&tree);
    if (status == STATUS_OK && ret_fine)
        *ret_fine = fine;
    return status;
}
