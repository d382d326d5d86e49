// Seeded damage to any bytes
// SPDX-License-Identifier: Apache-2.0
#include "driver_damage.h"

#include <string.h>

enum {
    PIECE_MAX = 512, // of text
    COPIES_MAX = 64,
};

uint64_t damage_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

size_t damage_below(uint64_t *state, size_t ceiling) {
    return ceiling ? (size_t)(damage_random(state) % ceiling) : 0;
}

// Where something begins and how long it is.
struct span {
    size_t at, size;
};

// Small spans mostly; one in eight is as large as may be.
static struct span span_choose(struct slice bytes, uint64_t *state) {
    struct span span = {.at = damage_below(state, bytes.size)};
    size_t rest = bytes.size - span.at;
    size_t size = damage_below(state, 8) ? 1 + damage_below(state, 64) : damage_below(state, rest);
    span.size = size < rest ? size : rest;
    return span;
}

static bool byte_parts(uint8_t byte) {
    return byte <= ' ' || strchr(",;:\"'=|&?/\\{}[]()<>#%", byte) != NULL;
}

// A token (a run of bytes of one kind) or, one time in four, a line with its end.
static struct span span_word(struct slice text, uint64_t *state) {
    struct span span = {.at = damage_below(state, text.size)};
    if (text.size == 0)
        return span;
    size_t end = span.at;
    if (damage_below(state, 4) == 0) {
        while (span.at > 0 && text.data[span.at - 1] != '\n')
            span.at--;
        while (end < text.size && text.data[end] != '\n')
            end++;
        end += end < text.size;
    } else {
        bool parts = byte_parts(text.data[span.at]);
        while (span.at > 0 && byte_parts(text.data[span.at - 1]) == parts)
            span.at--;
        while (end < text.size && byte_parts(text.data[end]) == parts)
            end++;
    }
    span.size = end - span.at;
    return span;
}

static struct slice span_slice(struct slice bytes, struct span span) {
    return slice_part(bytes, span.at, span.size);
}

// Put `by` where the span is; what would grow too large stays as it is.
static void span_replace(struct buffer *input, struct span span, struct slice by) {
    if (input->size - span.size + by.size > DAMAGE_BYTES_MAX && by.size > span.size)
        return;
    struct buffer fresh;
    buffer_init(&fresh, (size_t)64 << 20);
    buffer_append_slice(&fresh, slice_part(buffer_slice(input), 0, span.at));
    buffer_append_slice(&fresh, by);
    buffer_append_slice(&fresh, slice_part(buffer_slice(input), span.at + span.size, input->size));
    buffer_reset(input);
    buffer_append_slice(input, buffer_slice(&fresh));
    buffer_done(&fresh);
}

// The bytes of one span again at another place, once or many times.
static void span_repeat(struct buffer *input, struct span span, size_t to, size_t copies) {
    struct buffer piece;
    buffer_init(&piece, (size_t)64 << 20);
    while (copies-- && piece.size + span.size <= DAMAGE_BYTES_MAX)
        buffer_append_slice(&piece, span_slice(buffer_slice(input), span));
    span_replace(input, (struct span){to, 0}, buffer_slice(&piece));
    buffer_done(&piece);
}

static void span_swap(struct buffer *input, struct span a, struct span b) {
    struct span first = a.at <= b.at ? a : b, second = a.at <= b.at ? b : a;
    if (first.at + first.size > second.at)
        return;
    struct slice bytes = buffer_slice(input);
    struct buffer fresh;
    buffer_init(&fresh, (size_t)64 << 20);
    buffer_append_slice(&fresh, slice_part(bytes, 0, first.at));
    buffer_append_slice(&fresh, span_slice(bytes, second));
    buffer_append_slice(
        &fresh, slice_part(bytes, first.at + first.size, second.at - first.at - first.size));
    buffer_append_slice(&fresh, span_slice(bytes, first));
    buffer_append_slice(&fresh, slice_part(bytes, second.at + second.size, bytes.size));
    if (!fresh.failed && fresh.size == input->size)
        memcpy(input->data, fresh.data, fresh.size);
    buffer_done(&fresh);
}

// A number that sizes and counts go wrong at, one to eight bytes wide, of either end.
static void damage_number(struct buffer *input, uint64_t *state) {
    static const uint64_t edges[] = {
        0,          1,          2,          0x7F,       0x80,       0xFF,  0x100,     0x7FFF,
        0x8000,     0xFFFF,     0x10000,    0xFFFFFF,   0xFFF8,     0x200, 0x1000,    0x7FFFFFFF,
        0x80000000, 0xFFFFFFFF, 0xFFFFFFF8, 1ull << 32, 1ull << 63, ~0ull, ~0ull / 2, ~7ull};
    uint64_t number = edges[damage_below(state, ARRAY_SIZE(edges))];
    size_t width = (size_t)1 << damage_below(state, 4);
    size_t at = damage_below(state, input->size);
    bool big = damage_below(state, 4) == 0;
    for (size_t i = 0; i < width && at + i < input->size; i++)
        input->data[at + i] = (uint8_t)(number >> (8 * (big ? width - 1 - i : i)));
}

// What is written in texts and taken for something else.
static struct slice text_trap(uint64_t *state) {
    static const char *const traps[] = {"",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\r\n",
                                        "\r\n\r\n",
                                        "\t",
                                        "-",
                                        "-1",
                                        "0",
                                        "4294967296",
                                        "1e999",
                                        "%00",
                                        "%2e%2e/",
                                        "../",
                                        "\xEF\xBB\xBF",
                                        "\xFF\xFE",
                                        "\xC3",
                                        "\xED\xA0\x80",
                                        "[",
                                        "{",
                                        "{}",
                                        "[]",
                                        "null",
                                        "true",
                                        "&a",
                                        "*a",
                                        "<<: *a",
                                        "- ",
                                        ": ",
                                        "| ",
                                        "#",
                                        "/*",
                                        "*/",
                                        "(",
                                        ")",
                                        "(a+)+$",
                                        "[[[[[[[[",
                                        "{\"a\":{\"a\":{",
                                        "18446744073709551616",
                                        "-9223372036854775809",
                                        "9999-12-31T23:59:60Z",
                                        "\\ud800",
                                        "\\u0000",
                                        "255.255.255.256",
                                        "::ffff:1.2.3.4/129",
                                        "0x",
                                        "00000000000000000000000000000001"};
    const char *trap = traps[damage_below(state, ARRAY_SIZE(traps))];
    return slice_of((const uint8_t *)trap, strlen(trap));
}

static void damage_text(struct buffer *input, struct slice other, uint64_t *state) {
    struct slice bytes = buffer_slice(input);
    struct span word = span_word(bytes, state), second = span_word(bytes, state);
    size_t copies = damage_below(state, 8) ? 1 : 1 + damage_below(state, COPIES_MAX);
    switch (damage_below(state, 7)) {
    case 0: // a word twice, or often
        span_repeat(input, word, word.at + word.size, copies);
        return;
    case 1: // elsewhere
        span_repeat(input, word, second.at, 1);
        return;
    case 2:
        span_swap(input, word, second);
        return;
    case 3:
        span_replace(input, word, (struct slice){NULL, 0});
        return;
    case 4: // one of another file
    {
        struct span piece = span_word(other, state);
        piece.size = piece.size < PIECE_MAX ? piece.size : PIECE_MAX;
        span_replace(input, word, span_slice(other, piece));
        return;
    }
    case 5:
        span_replace(input, word, text_trap(state));
        return;
    default:
        span_replace(input, (struct span){word.at, 0}, text_trap(state));
    }
}

static void damage_blocks(struct buffer *input, struct slice other, uint64_t *state) {
    struct slice bytes = buffer_slice(input);
    struct span span = span_choose(bytes, state), second = span_choose(bytes, state);
    size_t copies = damage_below(state, 8) ? 1 : 1 + damage_below(state, COPIES_MAX);
    switch (damage_below(state, 6)) {
    case 0: // written over another
        span.size = span.size < bytes.size - second.at ? span.size : bytes.size - second.at;
        memmove(input->data + second.at, input->data + span.at, span.size);
        return;
    case 1:
        span_replace(input, span, (struct slice){NULL, 0});
        return;
    case 2:
        span_repeat(input, span, span.at, copies);
        return;
    case 3:
        span_swap(input, span, second);
        return;
    case 4: // of another file
        span_replace(input, (struct span){span.at, damage_below(state, 2) ? 0 : span.size},
                     span_slice(other, span_choose(other, state)));
        return;
    default: // this one's beginning and the other's end
        span_replace(input, (struct span){span.at, bytes.size - span.at},
                     slice_part(other, damage_below(state, other.size), other.size));
    }
}

static bool bytes_are_text(struct slice bytes) {
    size_t size = bytes.size < 512 ? bytes.size : 512;
    return size && memchr(bytes.data, 0, size) == NULL;
}

static void damage_bytes(struct buffer *input, uint64_t *state) {
    size_t at = damage_below(state, input->size);
    switch (damage_below(state, 8)) {
    case 0:
    case 1:
    case 2:
        input->data[at] ^= (uint8_t)(1u << damage_below(state, 8));
        return;
    case 3:
    case 4:
        input->data[at] = (uint8_t)damage_random(state);
        return;
    case 5:
    case 6:
        damage_number(input, state);
        return;
    default: // the end is cut off
        input->size = at;
    }
}

void damage_once(struct buffer *input, struct slice other, uint64_t *state) {
    if (input->size == 0) { // something out of nothing
        uint8_t fresh[40];
        for (size_t i = 0; i < sizeof fresh; i++)
            fresh[i] = (uint8_t)damage_random(state);
        struct slice bytes = other.size && damage_below(state, 2)
                                 ? span_slice(other, span_choose(other, state))
                                 : slice_of(fresh, 1 + damage_below(state, sizeof fresh));
        span_replace(input, (struct span){0, 0}, bytes);
        return;
    }
    size_t kind = damage_below(state, 4);
    if (kind < 2 && bytes_are_text(buffer_slice(input)))
        damage_text(input, other, state);
    else if (kind == 2)
        damage_blocks(input, other, state);
    else
        damage_bytes(input, state);
}
