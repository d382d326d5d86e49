// Which paths a scan may touch
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_SHUT_IN_H
#define APP_SHUT_IN_H

#include "base/status.h"

#include <stddef.h>

// The paths of one run. Evidence and rules are read; cache and spill are written.
struct shut_in {
    const char *const *evidence;
    size_t evidence_count;
    const char *const *rules;
    size_t rule_count;
    const char *const *placeholders;
    size_t placeholder_count;
    const char *const *yara;
    size_t yara_count;
    const char *const *indicators;
    size_t indicator_count;
    const char *const *ignored; // indicators that are none
    size_t ignored_count;
    const char *case_directory;  // NULL: none; read and written
    const char *cache_directory; // NULL: none
    const char *spill_directory; // NULL: none
};

// Enter the sandbox (base/sandbox.h). A glob is read below its part before the first wildcard.
enum status shut_in_enter(const struct shut_in *paths, const char **ret_missing,
                          struct problem *problem);

// Refuse to write to `path` (a file that may not exist yet, or a directory) when it is evidence
// or lies below it: it would be read as evidence the next time, and a collection has to stay as
// it was found. Links are followed; a glob stands for the directory before its first wildcard.
enum status shut_in_check_written(const char *path, const char *const *evidence,
                                  size_t evidence_count, struct problem *problem);

// Name evidence that is not there, may not be read, or is a case. Globs and "-" pass.
enum status shut_in_check_evidence(const char *const *evidence, size_t evidence_count,
                                   struct problem *problem);

// $TMPDIR, else /tmp.
const char *shut_in_spill_directory(void);

// $XDG_CACHE_HOME/vedette or ~/.cache/vedette, made when missing; NULL when neither is to be
// had. memory_free it.
char *shut_in_cache_directory(void);

// Where the shipped rules lie: $VEDETTE_RULES, else beside the program, else as installed;
// NULL when none exists. memory_free it.
char *shut_in_shipped_rules(void);

// The same for scenarios of the drill, and $VEDETTE_SCENARIOS.
char *shut_in_shipped_scenarios(void);

#endif
