// What the owners' verbs of guard share
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_GUARD_RUN_H
#define APP_GUARD_RUN_H

#include "app/command.h"

#include "base/buffer.h"
#include "guard/guard.h"

#include <limits.h>

#define GUARD_EXITS "0 good, 1 refused, 2 usage, 4 failure, 130 interrupted."

// Say why on standard error: 1 when something untrue was refused, 2 for wrong words, 4 when the
// machine or the network failed.
enum exit_code guard_fail(const char *verb, const struct refusal *refusal);
enum exit_code guard_fail_problem(const char *verb, const struct problem *problem);

void guard_print(const struct buffer *text);

// What a file that was named on the command line is called in the guarded directory: the name
// itself, or `ret_name` when it is a path from here that leads there. The file need not be there.
const char *guard_name_inside(const char *content, const char *named, char ret_name[PATH_MAX]);

// All operands behind the repository, called so.
struct guard_names {
    char (*texts)[PATH_MAX];
    const char **names;
    size_t count;
};
void guard_names_init(struct guard_names *names, const char *content,
                      const struct command_line *line);
void guard_names_done(struct guard_names *names);

// Read the guarded directory if it is here; *ret_tree needs tree_done when *ret_there.
enum status guard_tree(const struct repository *repository, struct tree *ret_tree, bool *ret_there,
                       struct refusal *refusal);

// Print what to do next, and before it (`whole`) how everything stands. False when something is
// wrong with what is published.
enum status guard_tell(const struct repository *repository, bool whole, bool *ret_fine,
                       struct refusal *refusal);

#endif
