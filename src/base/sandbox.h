// Shut ourselves in before hostile bytes are read
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/status.h"

#include <stddef.h>

// Landlock (read below `readable`, read and write below `writable`, nothing else but the C
// library's locale tables) and a seccomp filter (no socket, no process, no exec, no ptrace, no
// new namespaces, no memory that is executable; what is allowed is listed in
// sandbox_calls.def; all else gives EPERM). A file to be written that does not exist yet has its
// directory among `writable`. Files that are open already stay usable.
// Called once, before threads start; covers all later threads. Paths that do not exist are
// left out. What the kernel lacks is left out too and named in `ret_missing` (static text,
// NULL when all holds): an old kernel is no reason not to read evidence.
struct sandbox_options {
    const char *const *readable;
    size_t readable_count;
    const char *const *writable;
    size_t writable_count;
};

enum status sandbox_enter(const struct sandbox_options *options, const char **ret_missing,
                          struct problem *problem);

#endif
