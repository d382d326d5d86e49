// Where things stand in a JSON text
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// A JSON text (RFC 8259) is read in two steps, as in "Parsing Gigabytes of JSON per Second"
// (Langdale, Lemire 2019): a branch-free pass finds the tokens, 64 bytes at a time, and the
// caller then walks from token to token and looks only at what it wants.
//
//     {"Image":"C:\\a", "n":[1,2]}
//     ^^      ^^       ^^  ^^^^^^^     `at`: one place for each { } [ ] : , outside strings,
//                                      each opening quote, each first byte of a scalar
//
// Structure and numbers are checked strictly. Inside strings bytes below 0x20, bytes that are
// not UTF-8 and unknown escapes are let through: this is evidence, not a protocol.
enum {
    JSON_PADDING = 64,         // readable bytes that must follow a text
    JSON_DEPTH_MAX = 64,       // objects and arrays inside each other
    JSON_TOKENS_MAX = 1 << 20, // of one text: 4 MiB of places; see tokens_max
};

enum json_fault {
    JSON_FINE,
    JSON_UNCLOSED_STRING,
    JSON_TOO_MANY_TOKENS,
    JSON_TOO_DEEP,
    JSON_BAD_STRUCTURE,
    JSON_BAD_SCALAR,
};

// Static text of a fault, fit for a gap's reason.
const char *json_fault_text(enum json_fault fault);

// The tokens of one text; reused from text to text. at[count] and the 7 after it hold the
// text's size, so that a walker may look ahead.
struct json_index {
    const uint8_t *data;
    uint32_t *at;
    uint32_t count;
    uint32_t capacity;
    uint32_t tokens_max; // JSON_TOKENS_MAX; whoever reads a large document raises it
    // The best that the machine has; all give the same tokens. Tests lower it.
    enum json_kernel {
        JSON_KERNEL_SSE2,
        JSON_KERNEL_AVX2,
        JSON_KERNEL_AVX512
    } kernel;
};

void json_index_init(struct json_index *index);
void json_index_done(struct json_index *index);

// Find the tokens of `text` (below 4 GiB), which must stay where it is and be followed by
// JSON_PADDING readable bytes (their content does not matter).
enum json_fault json_index_build(struct json_index *index, struct slice text);

// The end of the text that was read last.
static inline const uint8_t *json_index_end(const struct json_index *index) {
    return index->data + index->at[index->count];
}

// The byte at a token; 0 at the end of the text.
static inline uint8_t json_byte(const struct json_index *index, uint32_t token) {
    return token < index->count ? index->data[index->at[token]] : 0;
}

// The bytes of a token that is a string or a scalar: from its first byte to its last.
struct slice json_token(const struct json_index *index, uint32_t token);

// Inside of the string at a token, escapes not undone.
static inline struct slice json_string(const struct json_index *index, uint32_t token) {
    struct slice whole = json_token(index, token);
    return slice_of(whole.data + 1, whole.size - 2);
}

// A number as RFC 8259 section 6 has it: -1, 0.5, 1e9; not 01, +1, .5.
bool json_is_number(struct slice text);

// true, false or null.
bool json_is_word(struct slice text);

// Check the value at `token` (of any kind) and step over it: *ret_next is the token after it.
enum json_fault json_skip(const struct json_index *index, uint32_t token, uint32_t *ret_next);

// The same; on failure *at is the value that is off, or near it.
enum json_fault json_check(const struct json_index *index, uint32_t *at);

#endif
