// Ctrl-C ends the reading, not the telling
// SPDX-License-Identifier: Apache-2.0
#include "app/interrupt.h"

#include "base/slice.h"

#include <signal.h>
#include <stddef.h>

static const int interrupt_signals[] = {SIGINT, SIGTERM, SIGHUP};

// The one global that changes: a signal handler has no other way to say something.
static atomic_bool interrupt_came;

static void interrupt_note(int number) {
    (void)number;
    atomic_store(&interrupt_came, true);
    for (size_t i = 0; i < ARRAY_SIZE(interrupt_signals); i++)
        signal(interrupt_signals[i], SIG_DFL);
}

const atomic_bool *interrupt_watch(void) {
    struct sigaction action = {.sa_handler = interrupt_note};
    for (size_t i = 0; i < ARRAY_SIZE(interrupt_signals); i++) {
        struct sigaction before;
        // What the parent wants ignored (nohup) stays so.
        if (sigaction(interrupt_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(interrupt_signals[i], &action, NULL);
    }
    return &interrupt_came;
}
