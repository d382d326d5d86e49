// One input at a time, watched
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_FUZZ_DRIVER_WATCH_H
#define TESTS_FUZZ_DRIVER_WATCH_H

#include "base/slice.h"

#include <stdint.h>

enum {
    WATCH_CPU_SECONDS = 5,       // for one input: what the machine does besides counts for nothing
    WATCH_WALL_SECONDS = 120,    // asleep, it needs no CPU
    WATCH_BYTES_MAX = 256 << 20, // of live memory (with AddressSanitizer, which counts it)
};

// From now on a crash, a promise that is broken, undefined behaviour, a hang, a leak or too much
// memory ends the process, names the input and writes it to a file in `directory`.
void watch_start(const char *directory);

// `name` tells how to make the input again, `file` is what the file is called. Both, and the
// input, live until watch_end.
void watch_begin(const char *name, const char *file, struct slice input);
// True when something was allocated and not freed: it may be a leak. Run it again, and if it is so
// again, watch_leaks before the input goes.
bool watch_end(void);
void watch_leaks(void); // ends the process when there are any

struct watch_figures {
    int64_t slowest_ns;  // of CPU
    uint64_t peak_bytes; // above what was there before
    char slowest[512];   // its name
};
const struct watch_figures *watch_figures(void);

#endif
