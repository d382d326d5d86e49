// What happened: campaigns, incidents, their hosts
// SPDX-License-Identifier: Apache-2.0
#include "model/campaign.h"

#include <assert.h>

const char *host_state_name(enum host_state state) {
    static const char *const NAMES[] = {
        [HOST_STATE_CLEARED] = "cleared",
        [HOST_STATE_EXPOSED] = "exposed",
        [HOST_STATE_PROBABLE] = "probable",
        [HOST_STATE_CONFIRMED] = "confirmed",
    };
    return NAMES[state];
}

const char *outsider_way_name(enum outsider_way way) {
    static const char *const NAMES[] = {
        [OUTSIDER_CAME_IN] = "came in",
        [OUTSIDER_CALLED] = "called",
        [OUTSIDER_TOOK] = "took data",
    };
    return NAMES[way];
}

void tag_of(const uint8_t sha256[DIGEST_SHA256_SIZE], unsigned digits, char ret_tag[TAG_SIZE]) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    assert(digits >= TAG_DIGITS_MIN && digits <= TAG_DIGITS_MAX);
    uint64_t bits = 0;
    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | sha256[i];
    ret_tag[0] = 'E';
    for (unsigned i = 0; i < digits; i++)
        ret_tag[1 + i] = DIGITS[bits >> (59 - 5 * i) & 31];
    ret_tag[1 + digits] = '\0';
}
