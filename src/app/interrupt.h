// Ctrl-C ends the reading, not the telling
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_INTERRUPT_H
#define APP_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

// From now on the first SIGINT, SIGTERM or SIGHUP only sets what is returned; a second one ends
// the process. Hand it to the pipeline as `stop`.
const atomic_bool *interrupt_watch(void);

#endif
