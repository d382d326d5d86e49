// Shut ourselves in before hostile bytes are read
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/status.h"

#include <stddef.h>

// Landlock (read below `readable`, read and write below `writable`, nothing else) and a
// seccomp filter (no socket, no exec, no ptrace, no new namespaces; allowed calls are listed).
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
