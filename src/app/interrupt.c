// Ctrl-C ends the reading, not the telling
// SPDX-License-Identifier: Apache-2.0
#include "app/interrupt.h"

#include "app/command.h"
#include "base/slice.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int interrupt_signals[] = {SIGINT, SIGTERM, SIGHUP};

// The one global that changes: a signal handler has no other way to say something.
static atomic_bool interrupt_came;

static void interrupt_note(int number) {
    (void)number;
    atomic_store(&interrupt_came, true);
    for (size_t i = 0; i < ARRAY_SIZE(interrupt_signals); i++)
        signal(interrupt_signals[i], SIG_DFL);
}

static void interrupt_leave(int number) {
    static const char TEXT[] = "vedette: interrupted: what was being written is not whole\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, TEXT, sizeof TEXT - 1);
    (void)written;
    _exit(EXIT_INTERRUPTED);
}

static void interrupt_handle(void (*handler)(int number)) {
    struct sigaction action = {.sa_handler = handler};
    for (size_t i = 0; i < ARRAY_SIZE(interrupt_signals); i++) {
        struct sigaction before;
        // What the parent wants ignored (nohup) stays so.
        if (sigaction(interrupt_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(interrupt_signals[i], &action, NULL);
    }
}

const atomic_bool *interrupt_watch(void) {
    interrupt_handle(interrupt_note);
    return &interrupt_came;
}

void interrupt_abandon(void) {
    interrupt_handle(interrupt_leave);
}
