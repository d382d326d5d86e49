// One function on several threads
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

#include "base/status.h"

// `worker` counts from 0. `problem` is the worker's own, filled when it fails.
typedef enum status worker_function(void *context, unsigned worker, struct problem *problem);

// Runs `function` with 0 to count - 1, each on a thread of its own, the last on the caller's,
// and waits for all of them. The status and problem of the failing worker with the smallest
// number, so that they do not depend on which one failed first. STATUS_SYSTEM when a thread
// cannot be started; those that run are waited for.
enum status workers_run(unsigned count, worker_function *function, void *context,
                        struct problem *problem);

#endif
