// What the software-upgrade service offers
// SPDX-License-Identifier: Apache-2.0
#include "drill/upgrade_service.h"

#include "drill/dice.h"

#include <stdio.h>

struct deed_content made_content(uint64_t seed, struct slice name, uint64_t size_bytes) {
    struct deed_content content = {.size_bytes = size_bytes};
    struct dice dice;
    uint64_t hash = 0xCBF29CE484222325ull;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ name.data[i]) * 0x100000001B3ull;
    dice_init(&dice, seed, hash);
    for (size_t i = 0; i < DEED_DIGEST_SIZE; i++)
        content.sha256[i] = (uint8_t)(dice_roll(&dice) >> 32);
    return content;
}

struct deed_content upgrade_release(uint64_t seed, uint32_t number) {
    static const char *const versions[] = {"6.4.0.0", "6.4.1.0", "6.4.2.0", "6.4.3.0",
                                           "6.5.0.0", "6.5.1.0", "6.5.2.0", "6.6.0.0"};
    char name[32];
    int size = snprintf(name, sizeof name, "release %u", (unsigned)number);
    struct dice dice;
    dice_init(&dice, seed, 0x4E1 + number);
    struct deed_content content =
        made_content(seed, slice_of(name, (size_t)size), 48000000 + dice_below(&dice, 9000000));
    content.signer = SLICE("Example DocSafe Ltd");
    content.description = SLICE("DocSafe Client Setup");
    content.version = slice_of_string(
        versions[number < ARRAY_SIZE(versions) ? number : ARRAY_SIZE(versions) - 1]);
    return content;
}
