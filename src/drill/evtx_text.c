// Texts, GUIDs and SIDs in the log's own bytes
// SPDX-License-Identifier: Apache-2.0
#include "drill/evtx_template.h"

#include <emmintrin.h>
#include <string.h>

enum {
    TEXT_REPLACEMENT = 0xFFFD,
    SID_AUTHORITIES_MAX = 15
};

// One code point at `at`, which is moved on; U+FFFD for what is not UTF-8.
static uint32_t read_code_point(struct slice text, size_t *at) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = text.data[*at];
    size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || size > text.size - *at) {
        (*at)++;
        return TEXT_REPLACEMENT;
    }
    uint32_t point = size == 1 ? lead : lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        uint8_t next = text.data[*at + i];
        if ((next & 0xC0) != 0x80) {
            (*at)++;
            return TEXT_REPLACEMENT;
        }
        point = point << 6 | (next & 0x3F);
    }
    *at += size;
    bool surrogate = point >= 0xD800 && point < 0xE000;
    return point < smallest[size] || point > 0x10FFFF || surrogate ? TEXT_REPLACEMENT : point;
}

static size_t put_unit(uint8_t *to, uint32_t unit) {
    to[0] = (uint8_t)unit;
    to[1] = (uint8_t)(unit >> 8);
    return 2;
}

size_t evtx_utf16(struct slice text, uint8_t *to) {
    size_t at = 0, size = 0;
    const __m128i zero = _mm_setzero_si128();
    while (text.size - at >= 16) {
        __m128i block;
        memcpy(&block, text.data + at, sizeof block);
        if (_mm_movemask_epi8(block))
            break;
        __m128i low = _mm_unpacklo_epi8(block, zero), high = _mm_unpackhi_epi8(block, zero);
        memcpy(to + size, &low, sizeof low);
        memcpy(to + size + 16, &high, sizeof high);
        at += 16;
        size += 32;
    }
    while (at < text.size) {
        uint32_t point = text.data[at];
        if (point < 0x80)
            at++;
        else
            point = read_code_point(text, &at);
        if (point >= 0x10000) {
            size += put_unit(to + size, 0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        size += put_unit(to + size, point);
    }
    return size;
}

static int read_hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool evtx_guid_parse(const char *text, uint8_t ret_guid[EVTX_GUID_SIZE]) {
    // Where each byte of the text lands: three numbers are little-endian, the rest is in order.
    static const uint8_t place[EVTX_GUID_SIZE] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                  8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t guid[EVTX_GUID_SIZE];
    if (*text == '{')
        text++;
    for (size_t i = 0; i < EVTX_GUID_SIZE; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
            return false;
        int high = read_hex(text[0]);
        int low = high < 0 ? -1 : read_hex(text[1]);
        if (low < 0)
            return false;
        guid[place[i]] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    memcpy(ret_guid, guid, sizeof guid);
    return true;
}

// Decimal digits, then '-' or the end of the text.
static const char *read_part(const char *text, uint64_t *ret_number) {
    uint64_t number = 0;
    if (*text < '0' || *text > '9')
        return NULL;
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
        if (number >> 48)
            return NULL;
    }
    if (*text && (*text != '-' || !text[1]))
        return NULL;
    *ret_number = number;
    return *text ? text + 1 : text;
}

// u8 revision, u8 count, 48-bit authority big-endian, count x u32 (MS-DTYP 2.4.2.2).
size_t evtx_sid_parse(const char *text, uint8_t ret_sid[EVTX_SID_SIZE_MAX]) {
    uint64_t revision, authority, part;
    if (strncmp(text, "S-", 2) != 0 || !(text = read_part(text + 2, &revision)) || revision != 1 ||
        !(text = read_part(text, &authority)))
        return 0;
    uint8_t sid[EVTX_SID_SIZE_MAX] = {1};
    for (size_t i = 0; i < 6; i++)
        sid[2 + i] = (uint8_t)(authority >> (40 - 8 * i));
    size_t count = 0;
    while (*text) {
        if (count == SID_AUTHORITIES_MAX || !(text = read_part(text, &part)) || part > UINT32_MAX)
            return 0;
        uint32_t number = (uint32_t)part;
        memcpy(sid + 8 + 4 * count++, &number, sizeof number);
    }
    sid[1] = (uint8_t)count;
    memcpy(ret_sid, sid, sizeof sid);
    return 8 + 4 * count;
}
