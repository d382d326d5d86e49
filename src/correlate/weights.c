// Every constant of the correlation
// SPDX-License-Identifier: Apache-2.0
#include "correlate/weights.h"

#include <assert.h>

enum {
    FRACTION_STEPS = 14 // 2^-14 bits: finer than a millibit
};

// The fraction by repeated squaring of a 32-bit fixed-point mantissa.
static uint32_t log2_16384(uint64_t number) {
    assert(number > 0);
    uint32_t whole = 63 - (uint32_t)__builtin_clzll(number);
    uint64_t mantissa = whole <= 31 ? number << (31 - whole) : number >> (whole - 31);
    uint32_t result = whole;
    for (int i = 0; i < FRACTION_STEPS; i++) {
        mantissa = mantissa * mantissa >> 31;
        result <<= 1;
        if (mantissa >> 32) {
            result |= 1;
            mantissa >>= 1;
        }
    }
    return result;
}

int32_t millibits_of(uint64_t number) {
    return (int32_t)((uint64_t)log2_16384(number) * 1000 >> FRACTION_STEPS);
}

int32_t millibits_of_ratio(uint64_t of, uint64_t part) {
    if (part == 0)
        part = 1;
    return of > part ? millibits_of(of) - millibits_of(part) : 0;
}

uint32_t weight_few_hosts(uint32_t fleet_hosts) {
    uint64_t part = (uint64_t)fleet_hosts * WEIGHT_SHARED_PERMILLE / 1000;
    return part > WEIGHT_SHARED_HOSTS ? (uint32_t)part : WEIGHT_SHARED_HOSTS;
}
