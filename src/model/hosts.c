// Addresses: ours or of the outside world
// SPDX-License-Identifier: Apache-2.0
#include "model/hosts.h"

#include <arpa/inet.h>

struct range {
    uint8_t bytes[16];
    uint8_t bits;
};

// RFC 1122 (0/8, 127/8, 240/4), 1918, 3927, 5771 (224/4), 6598.
static const struct range INSIDE_4[] = {
    {{0}, 8},        {{10}, 8},        {{100, 64}, 10}, {{127}, 8}, {{169, 254}, 16},
    {{172, 16}, 12}, {{192, 168}, 16}, {{224}, 4},      {{240}, 4},
};

// RFC 4291 (unspecified, loopback, link-local, multicast), 4193.
static const struct range INSIDE_6[] = {
    {{0}, 127}, // :: and ::1
    {{0xFE, 0x80}, 10},
    {{0xFC}, 7},
    {{0xFF}, 8},
};

// ::ffff:a.b.c.d, RFC 4291 2.5.5.2.
static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool range_holds(const struct range *range, const uint8_t *address) {
    size_t whole = range->bits / 8;
    if (memcmp(range->bytes, address, whole) != 0)
        return false;
    unsigned rest = range->bits % 8;
    return rest == 0 || ((range->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static bool ranges_hold(const struct range *ranges, size_t count, const uint8_t *address) {
    for (size_t i = 0; i < count; i++)
        if (range_holds(&ranges[i], address))
            return true;
    return false;
}

// The bytes of an address, 4 or 16; 0 when the text is none. A zone ("%eth0") is left out.
static size_t address_read(struct slice text, uint8_t ret_bytes[16]) {
    char copy[INET6_ADDRSTRLEN];
    const uint8_t *zone = text.size ? memchr(text.data, '%', text.size) : NULL;
    size_t size = zone ? (size_t)(zone - text.data) : text.size;
    if (size < 2 || size >= sizeof copy)
        return 0;
    memcpy(copy, text.data, size);
    copy[size] = '\0';
    if (memchr(copy, ':', size))
        return inet_pton(AF_INET6, copy, ret_bytes) == 1 ? 16 : 0;
    return inet_pton(AF_INET, copy, ret_bytes) == 1 ? 4 : 0;
}

struct slice address_plain(struct slice text, char ret_text[ADDRESS_TEXT_SIZE]) {
    uint8_t bytes[16];
    size_t size = address_read(text, bytes);
    if (size == 0 || !inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, ret_text, ADDRESS_TEXT_SIZE))
        return text;
    return slice_of(ret_text, strlen(ret_text));
}

bool address_is_address(struct slice text) {
    uint8_t bytes[16];
    return address_read(text, bytes) != 0;
}

bool address_is_outside(struct slice text) {
    uint8_t bytes[16];
    size_t size = address_read(text, bytes);
    if (size == 16 && memcmp(bytes, MAPPED, sizeof MAPPED) == 0)
        return !ranges_hold(INSIDE_4, ARRAY_SIZE(INSIDE_4), bytes + sizeof MAPPED);
    if (size == 16)
        return !ranges_hold(INSIDE_6, ARRAY_SIZE(INSIDE_6), bytes);
    return size == 4 && !ranges_hold(INSIDE_4, ARRAY_SIZE(INSIDE_4), bytes);
}
