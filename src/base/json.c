// Walk over the tokens of a JSON text
// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

const char *json_fault_text(enum json_fault fault) {
    switch (fault) {
    case JSON_FINE:
        return "";
    case JSON_UNCLOSED_STRING:
        return "JSON: a string is not closed";
    case JSON_TOO_MANY_TOKENS:
        return "JSON: more than 1,048,576 tokens in a line";
    case JSON_TOO_DEEP:
        return "JSON: nested deeper than 64";
    case JSON_BAD_STRUCTURE:
        return "not a JSON object";
    case JSON_BAD_SCALAR:
        return "JSON: neither a number nor true, false or null";
    }
    return "";
}

static bool json_is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice json_token(const struct json_index *index, uint32_t token) {
    uint32_t start = index->at[token];
    uint32_t end = index->at[token + 1];
    while (end > start + 1 && json_is_blank(index->data[end - 1]))
        end--;
    return slice_of(index->data + start, end - start);
}

static size_t json_digits(struct slice text, size_t from) {
    size_t end = from;
    while (end < text.size && text.data[end] >= '0' && text.data[end] <= '9')
        end++;
    return end - from;
}

bool json_is_number(struct slice text) {
    size_t at = text.size && text.data[0] == '-';
    size_t digits = json_digits(text, at);
    if (digits == 0 || (digits > 1 && text.data[at] == '0'))
        return false;
    at += digits;
    if (at < text.size && text.data[at] == '.') {
        digits = json_digits(text, at + 1);
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    if (at < text.size && (text.data[at] | 0x20) == 'e') {
        at++;
        if (at < text.size && (text.data[at] == '+' || text.data[at] == '-'))
            at++;
        digits = json_digits(text, at);
        if (digits == 0)
            return false;
        at += digits;
    }
    return at == text.size;
}

bool json_is_word(struct slice text) {
    return slice_equal(text, SLICE("true")) || slice_equal(text, SLICE("false")) ||
           slice_equal(text, SLICE("null"));
}

// A string or a scalar. A string's closing quote is never a token, so that it stands before
// the next one.
static enum json_fault json_check_leaf(const struct json_index *index, uint32_t token) {
    struct slice text = json_token(index, token);
    if (text.data[0] == '"')
        return text.size >= 2 && text.data[text.size - 1] == '"' ? JSON_FINE : JSON_BAD_STRUCTURE;
    return json_is_number(text) || json_is_word(text) ? JSON_FINE : JSON_BAD_SCALAR;
}

// A key and its colon at the token; *token moves to the value.
static bool json_step_key(const struct json_index *index, uint32_t *token) {
    if (json_byte(index, *token) != '"' || json_byte(index, *token + 1) != ':')
        return false;
    *token += 2;
    return true;
}

// Bit i of `objects`: the i-th open container is an object. One turn reads one value with
// what closes after it.
enum json_fault json_check(const struct json_index *index, uint32_t *at) {
    uint32_t token = *at;
    uint64_t objects = 0;
    unsigned depth = 0;
    for (;;) {
        *at = token;
        uint8_t byte = json_byte(index, token);
        uint8_t after = json_byte(index, token + 1);
        if ((byte == '{' && after != '}') || (byte == '[' && after != ']')) {
            if (depth == JSON_DEPTH_MAX)
                return JSON_TOO_DEEP;
            objects = (objects & ~(1ull << depth)) | (uint64_t)(byte == '{') << depth;
            depth++;
            token++;
            if (byte == '{' && !json_step_key(index, &token))
                return JSON_BAD_STRUCTURE;
            continue;
        }
        if (byte == '{' || byte == '[') {
            token += 2;
        } else {
            if (byte == 0 || byte == '}' || byte == ']' || byte == ',' || byte == ':')
                return JSON_BAD_STRUCTURE;
            enum json_fault fault = json_check_leaf(index, token);
            if (fault)
                return fault;
            token++;
        }
        while (depth && json_byte(index, token) == (objects >> (depth - 1) & 1 ? '}' : ']')) {
            depth--;
            token++;
        }
        if (depth == 0)
            break;
        if (json_byte(index, token++) != ',')
            return JSON_BAD_STRUCTURE;
        if ((objects >> (depth - 1) & 1) && !json_step_key(index, &token))
            return JSON_BAD_STRUCTURE;
    }
    *at = token;
    return JSON_FINE;
}

enum json_fault json_skip(const struct json_index *index, uint32_t token, uint32_t *ret_next) {
    enum json_fault fault = json_check(index, &token);
    if (fault == JSON_FINE)
        *ret_next = token;
    return fault;
}
