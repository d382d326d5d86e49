// Internet addresses of the drill
// SPDX-License-Identifier: Apache-2.0
#include "drill/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

bool address_equal(const struct address *a, const struct address *b) {
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

// Every line of a network's logs has two of them: no printf.
static size_t format_four(const uint8_t *bytes, char *text) {
    size_t size = 0;
    for (size_t i = 0; i < 4; i++) {
        if (i)
            text[size++] = '.';
        if (bytes[i] >= 100)
            text[size++] = (char)('0' + bytes[i] / 100);
        if (bytes[i] >= 10)
            text[size++] = (char)('0' + bytes[i] / 10 % 10);
        text[size++] = (char)('0' + bytes[i] % 10);
    }
    text[size] = 0;
    return size;
}

size_t address_format(const struct address *address, char ret_text[ADDRESS_TEXT_SIZE]) {
    if (address->size == 0) {
        memcpy(ret_text, "-", 2);
        return 1;
    }
    if (address->size == 4)
        return format_four(address->bytes, ret_text);
    const char *text = inet_ntop(AF_INET6, address->bytes, ret_text, ADDRESS_TEXT_SIZE);
    assert(text);
    return strlen(text);
}

static bool is_drill_address(const struct address *address) {
    static const struct {
        uint32_t first;
        uint8_t bits;
    } allowed[] = {{0x0A000000, 8},  {0xAC100000, 12}, {0xC0A80000, 16},
                   {0xC0000200, 24}, {0xC6336400, 24}, {0xCB007100, 24}};
    static const uint8_t documentation[4] = {0x20, 0x01, 0x0D, 0xB8};
    if (address->size == 16)
        return memcmp(address->bytes, documentation, 4) == 0;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if ((address_four(address) ^ allowed[i].first) >> (32 - allowed[i].bits) == 0)
            return true;
    return false;
}

static bool parse_bits(struct slice text, uint8_t most, uint8_t *ret_bits) {
    unsigned bits = 0;
    if (text.size == 0 || text.size > 3)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(text.data[i] - '0');
    }
    *ret_bits = (uint8_t)bits;
    return bits >= 8 && bits <= most;
}

static uint32_t network_mask(const struct network *network) {
    return network->bits == 0 ? 0 : UINT32_MAX << (32 - network->bits);
}

bool network_parse(struct slice text, struct network *ret_network) {
    char copy[ADDRESS_TEXT_SIZE] = {0};
    const uint8_t *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
    size_t size = slash ? (size_t)(slash - text.data) : text.size;
    struct network network = {0};
    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, text.data, size);
    if (inet_pton(AF_INET, copy, network.first.bytes) == 1)
        network.first.size = 4;
    else if (inet_pton(AF_INET6, copy, network.first.bytes) == 1)
        network.first.size = 16;
    else
        return false;
    network.bits = (uint8_t)(8 * network.first.size);
    if (slash && !parse_bits(slice_part(text, size + 1, SIZE_MAX), network.bits, &network.bits))
        return false;
    struct address last = network.first;
    if (network.first.size == 4) {
        if (address_four(&network.first) & ~network_mask(&network))
            return false;
        last = address_of(address_four(&network.first) | ~network_mask(&network));
    }
    if (!is_drill_address(&network.first) || !is_drill_address(&last))
        return false;
    *ret_network = network;
    return true;
}

bool network_holds(const struct network *network, const struct address *address) {
    if (network->first.size != address->size)
        return false;
    size_t whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->first.bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || (network->first.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

uint32_t network_size(const struct network *network) {
    assert(network->first.size == 4);
    return network->bits == 0 ? UINT32_MAX : ~network_mask(network) + (network->bits > 0);
}

struct address network_address(const struct network *network, uint32_t number) {
    assert(number < network_size(network));
    return address_of(address_four(&network->first) + number);
}
