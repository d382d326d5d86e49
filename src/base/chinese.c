// Text in GBK and GB18030
// SPDX-License-Identifier: Apache-2.0
#include "base/chinese.h"

#include "base/text.h"

#include "base/chinese_table.h"

// One character:
//
//     00..7F                           ASCII
//     81..FE  40..7E 80..FE            a pair, by table
//     81..84  30..39  81..FE  30..39   the rest of the basic plane, by runs of a linear number
//     90..E3  30..39  81..FE  30..39   the planes above, linear
enum {
    TRAILS = 190, // of a pair
    PLANE_BASIC = 0x10000,
    LINEAR_ABOVE = 189000, // of 90308130
};

static uint32_t run_find(uint32_t linear) {
    for (size_t i = 0; i < ARRAY_SIZE(CHINESE_RUNS); i++)
        if (linear >= CHINESE_RUNS[i].linear &&
            linear < (uint32_t)CHINESE_RUNS[i].linear + CHINESE_RUNS[i].count)
            return CHINESE_RUNS[i].code + (linear - CHINESE_RUNS[i].linear);
    return 0;
}

static uint32_t four_decode(struct slice text) {
    uint32_t linear = 0;
    static const struct {
        uint8_t first, count;
    } PLACES[] = {{0x81, 126}, {0x30, 10}, {0x81, 126}, {0x30, 10}};
    if (text.size < 4)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t byte = text.data[i];
        if (byte < PLACES[i].first || byte >= PLACES[i].first + PLACES[i].count)
            return 0;
        linear = linear * PLACES[i].count + (uint32_t)(byte - PLACES[i].first);
    }
    if (linear < LINEAR_ABOVE)
        return run_find(linear);
    uint32_t code = PLANE_BASIC + (linear - LINEAR_ABOVE);
    return code < 0x110000 ? code : 0;
}

// Size of the character at the text's beginning and its code point; 0 when it is none.
static size_t chinese_decode(struct slice text, uint32_t *ret_code) {
    uint8_t lead = text.data[0];
    if (lead < 0x80) {
        *ret_code = lead;
        return 1;
    }
    if (lead == 0x80 || lead == 0xFF || text.size < 2)
        return 0;
    uint8_t trail = text.data[1];
    if (trail < 0x40) {
        *ret_code = four_decode(text);
        return *ret_code ? 4 : 0;
    }
    if (trail == 0x7F || trail == 0xFF)
        return 0;
    *ret_code = CHINESE_PAIRS[(lead - 0x81) * TRAILS + trail - 0x40 - (trail > 0x7F)];
    return *ret_code ? 2 : 0;
}

bool chinese_is_gb18030(struct slice text) {
    size_t high = 0, common = 0;
    while (text.size) {
        uint32_t code;
        size_t size = chinese_decode(text, &code);
        if (size == 0)
            return false;
        high += size > 1;
        common += size == 2 && text.data[0] >= 0xA1 && text.data[0] <= 0xF7 && text.data[1] >= 0xA1;
        text = slice_part(text, size, text.size);
    }
    return high && common * 2 >= high;
}

bool chinese_append_utf8(struct buffer *buffer, struct slice text) {
    size_t start = buffer->size;
    while (text.size) {
        uint32_t code;
        uint8_t utf8[4];
        size_t size = chinese_decode(text, &code);
        if (size == 0 || buffer->failed) {
            buffer->size = start;
            return false;
        }
        buffer_append(buffer, utf8, text_put(code, utf8));
        text = slice_part(text, size, text.size);
    }
    return !buffer->failed;
}

bool chinese_settle(struct buffer *buffer, size_t from) {
    struct slice text = slice_part(buffer_slice(buffer), from, buffer->size);
    if (text_is_utf8(text) || !chinese_is_gb18030(text))
        return false;
    struct buffer utf8;
    buffer_init(&utf8, buffer->ceiling);
    bool fine = chinese_append_utf8(&utf8, text);
    if (fine) {
        buffer->size = from;
        buffer_append_slice(buffer, buffer_slice(&utf8));
    }
    buffer_done(&utf8);
    return fine && !buffer->failed;
}
