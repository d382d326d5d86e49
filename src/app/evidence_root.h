// Where evidence lies, and what it is called below
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_EVIDENCE_ROOT_H
#define APP_EVIDENCE_ROOT_H

#include "base/arena.h"
#include "base/slice.h"
#include "pipeline/pipeline.h"

#include <stddef.h>

// A report says the same wherever the evidence was unpacked and wherever the program stood: files
// are named below the directory that all operands share. Paths are made absolute as texts; links
// are not followed.

// The directory of an operand, absolute, with its '/': itself when it is one. Globs are cut before
// their first wildcard. memory_free it.
char *evidence_root_directory(const char *operand);

// `path` from `directory` on (an absolute path from the root on), as a text without empty and "."
// parts. memory_free it.
char *evidence_path(struct slice directory, struct slice path);

// What all directories share, cut after a '/'. memory_free it.
char *evidence_root(const struct slice *directories, size_t count);

// Names of a run's sources below `root`.
struct evidence_names {
    struct arena arena;
    struct slice *names;
    size_t count;
};

void evidence_names_init(struct evidence_names *names, const struct pipeline_run *run,
                         const char *root);
void evidence_names_done(struct evidence_names *names);

#endif
