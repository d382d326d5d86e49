// Where a repository stands, and what comes next
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REPOSITORY_STATUS_H
#define GUARD_REPOSITORY_STATUS_H

#include "guard/repository_content.h"

// For people. `count` may be NULL when the guarded directory was not looked at; `lines` name what
// is changed or missing there. *ret_fine is false when clients refuse what is published (something
// has expired) or a listed file is changed or missing.
void repository_append_status(const struct repository *repository,
                              const struct content_count *count, struct slice lines,
                              struct buffer *to, bool *ret_fine);

// What to do next, as commands with this repository's name in them.
void repository_append_next(const struct repository *repository, const struct content_count *count,
                            struct buffer *to);

#endif
