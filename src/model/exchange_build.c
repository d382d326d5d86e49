// Builds of Exchange Server, read and compared
// SPDX-License-Identifier: Apache-2.0
#include "model/exchange_build.h"

#include <string.h>

enum {
    PARTS = 4,
    DIGITS_MAX = 6 // of one part
};

// Digits only; leading zeros count for nothing.
static bool part_read(struct slice text, uint32_t *ret_number) {
    uint32_t number = 0;
    if (text.size == 0 || text.size > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

bool exchange_build_join(const struct slice parts[4], struct exchange_build *ret_build) {
    uint32_t numbers[PARTS];
    for (size_t i = 0; i < PARTS; i++)
        if (!part_read(parts[i], &numbers[i]))
            return false;
    *ret_build = (struct exchange_build){numbers[0], numbers[1], numbers[2], numbers[3]};
    return true;
}

bool exchange_build_read(struct slice text, struct exchange_build *ret_build) {
    struct slice parts[PARTS] = {[PARTS - 1] = SLICE("0")};
    size_t count = 0;
    for (size_t from = 0;; count++) {
        const uint8_t *dot =
            from < text.size ? memchr(text.data + from, '.', text.size - from) : NULL;
        size_t end = dot ? (size_t)(dot - text.data) : text.size;
        if (count == PARTS)
            return false;
        parts[count] = slice_part(text, from, end - from);
        if (!dot)
            break;
        from = end + 1;
    }
    return count + 1 >= PARTS - 1 && exchange_build_join(parts, ret_build);
}

int exchange_build_compare(const struct exchange_build *a, const struct exchange_build *b) {
    const uint32_t left[PARTS] = {a->major, a->minor, a->build, a->revision};
    const uint32_t right[PARTS] = {b->major, b->minor, b->build, b->revision};
    for (size_t i = 0; i < PARTS; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}
