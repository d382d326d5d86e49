// A word from a target to the driver
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_FUZZ_UNDERSTOOD_H
#define TESTS_FUZZ_UNDERSTOOD_H

// The input was taken for what it should be: a record was read, a document accepted. The driver
// counts such inputs, since mutants of what nobody understands prove little. libFuzzer has no ear
// for it.
void driver_understood(void) __attribute__((weak));

static inline void fuzz_understood(void) {
    if (driver_understood)
        driver_understood();
}

#endif
