// Ctrl-C ends the reading, not the telling
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_INTERRUPT_H
#define APP_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

// From now on the first SIGINT, SIGTERM or SIGHUP only sets what is returned; a second one ends
// the process. Hand it to the pipeline as `stop`.
const atomic_bool *interrupt_watch(void);

// For what is of no use in part: from now on any of them ends the process with EXIT_INTERRUPTED and
// a line that says so.
void interrupt_abandon(void);

#endif
