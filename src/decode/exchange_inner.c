// Fields inside one column of an Exchange log
// SPDX-License-Identifier: Apache-2.0
#include "decode/exchange_inner.h"

#include <string.h>

enum {
    TEXT_BYTES_MAX = 64 << 20, // as the longest line
    NAMES_BYTES_MAX = INNER_FIELDS_MAX * (2 * INNER_NAME_BYTES_MAX + 32),
};

void inner_fields_init(struct inner_fields *inner) {
    inner->count = 0;
    buffer_init(&inner->names, NAMES_BYTES_MAX);
    buffer_init(&inner->text, TEXT_BYTES_MAX + JSON_PADDING);
    json_index_init(&inner->index);
}

void inner_fields_done(struct inner_fields *inner) {
    buffer_done(&inner->names);
    buffer_done(&inner->text);
    json_index_done(&inner->index);
}

// Neither buffer moves while a record is read: views into them are kept.
static bool inner_begin(struct inner_fields *inner, size_t text_bytes) {
    inner->count = 0;
    buffer_reset(&inner->names);
    buffer_reset(&inner->text);
    return buffer_reserve(&inner->names, NAMES_BYTES_MAX) &&
           buffer_reserve(&inner->text, text_bytes);
}

static bool name_is_plain(struct slice name) {
    if (name.size == 0 || name.size > INNER_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool other = (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
        if (!letter && !other)
            return false;
    }
    return true;
}

static void inner_add(struct inner_fields *inner, const char *prefix, struct slice group,
                      struct slice name, struct value value) {
    if (inner->count == INNER_FIELDS_MAX || !name_is_plain(name))
        return;
    struct buffer *names = &inner->names;
    size_t from = names->size;
    buffer_append_text(names, prefix);
    buffer_append_byte(names, '.');
    if (group.size) {
        buffer_append_slice(names, group);
        buffer_append_byte(names, '.');
    }
    buffer_append_slice(names, name);
    if (names->failed)
        return;
    inner->fields[inner->count++] = (struct inner_field){
        .name = slice_of(names->data + from, names->size - from), .value = value};
}

static struct value value_of(struct slice text, uint8_t kind) {
    return (struct value){text.data, (uint32_t)text.size, kind, {0}};
}

// The inside of a pair in single quotes, '' undone; *ret_size is what it takes of `rest`. False
// when the quote never closes before a separator or the end.
static bool pair_unquote(struct inner_fields *inner, struct slice rest, struct slice *ret_pair,
                         size_t *ret_size) {
    struct buffer *text = &inner->text;
    size_t from = text->size;
    for (size_t i = 1; i < rest.size; i++) {
        if (rest.data[i] == '\'') {
            if (i + 1 == rest.size || rest.data[i + 1] == ';') {
                *ret_pair = slice_of(text->data + from, text->size - from);
                *ret_size = i + 1;
                return true;
            }
            i += rest.data[i + 1] == '\'';
        }
        buffer_append_byte(text, rest.data[i]);
    }
    text->size = from;
    return false;
}

// "S:CMD=Get-Mailbox"
static void pair_add(struct inner_fields *inner, const char *prefix, struct slice pair) {
    const uint8_t *equals = pair.size ? memchr(pair.data, '=', pair.size) : NULL;
    if (!equals)
        return;
    size_t size = (size_t)(equals - pair.data);
    const uint8_t *colon = size ? memchr(pair.data, ':', size) : NULL;
    size_t from = colon ? (size_t)(colon - pair.data) + 1 : 0;
    struct slice value = slice_of(equals + 1, pair.size - size - 1);
    inner_add(inner, prefix, SLICE(""), slice_part(pair, from, size - from),
              value_of(value, VALUE_UTF8));
}

void inner_fields_read_pairs(struct inner_fields *inner, const char *prefix, struct slice text) {
    bool quotes_close = true; // once one does not, none is looked for: lines can be long
    if (!inner_begin(inner, text.size))
        return;
    while (text.size && inner->count < INNER_FIELDS_MAX) {
        struct slice pair;
        size_t size;
        bool is_quoted = quotes_close && text.data[0] == '\'';
        if (!is_quoted || !(quotes_close = pair_unquote(inner, text, &pair, &size))) {
            const uint8_t *end = memchr(text.data, ';', text.size);
            size = end ? (size_t)(end - text.data) : text.size;
            pair = slice_of(text.data, size);
        }
        pair_add(inner, prefix, pair);
        text = slice_part(text, size + 1, text.size);
    }
}

static struct value json_value(const struct json_index *index, uint32_t token, uint32_t next) {
    uint8_t byte = json_byte(index, token);
    if (byte == '"')
        return value_of(json_string(index, token), VALUE_JSON_STRING);
    if (byte == '{' || byte == '[') {
        const uint8_t *from = index->data + index->at[token];
        const uint8_t *last = index->data + index->at[next - 1];
        return value_of(slice_of(from, (size_t)(last - from) + 1), VALUE_JSON_RAW);
    }
    uint8_t kind = byte == 'n'                  ? VALUE_NULL
                   : byte == 't' || byte == 'f' ? VALUE_JSON_BOOL
                                                : VALUE_JSON_NUMBER;
    return value_of(json_token(index, token), kind);
}

// The members of the object at `token` one by one: *token is a key's at first, and the next
// key's after the call. False behind the last member.
struct json_member {
    struct slice name;
    uint32_t value; // its token
    uint32_t next;  // the token behind it
};

static bool member_next(const struct json_index *index, uint32_t *token,
                        struct json_member *ret_member) {
    if (json_byte(index, *token) != '"' || json_byte(index, *token + 1) != ':')
        return false;
    *ret_member = (struct json_member){.name = json_string(index, *token), .value = *token + 2};
    if (json_skip(index, ret_member->value, &ret_member->next))
        return false;
    *token = ret_member->next + (json_byte(index, ret_member->next) == ',');
    return true;
}

// {"Name":"Identity","Value":"CORP\\erika"}
static void element_add(struct inner_fields *inner, const char *prefix, struct slice group,
                        uint32_t token) {
    struct slice name = SLICE("");
    struct value value = {.kind = VALUE_NULL};
    struct json_member member;
    for (token++; member_next(&inner->index, &token, &member);) {
        struct value found = json_value(&inner->index, member.value, member.next);
        if (slice_equal_string(member.name, "Name") && found.kind == VALUE_JSON_STRING)
            name = slice_of(found.data, found.size);
        else if (slice_equal_string(member.name, "Value") ||
                 slice_equal_string(member.name, "NewValue"))
            value = found;
    }
    inner_add(inner, prefix, group, name, value);
}

static void elements_add(struct inner_fields *inner, const char *prefix,
                         const struct json_member *array) {
    uint32_t token = array->value + 1;
    while (json_byte(&inner->index, token) == '{') {
        uint32_t next;
        if (json_skip(&inner->index, token, &next))
            return;
        element_add(inner, prefix, array->name, token);
        token = next + (json_byte(&inner->index, next) == ',');
    }
}

bool inner_fields_read_json(struct inner_fields *inner, const char *prefix, struct slice text) {
    if (!inner_begin(inner, text.size + JSON_PADDING))
        return false;
    buffer_append_slice(&inner->text, text);
    memset(inner->text.data + text.size, 0, JSON_PADDING);
    const struct json_index *index = &inner->index;
    uint32_t end;
    if (json_index_build(&inner->index, slice_of(inner->text.data, text.size)) ||
        json_byte(index, 0) != '{' || json_skip(index, 0, &end) || end != index->count)
        return false;
    struct json_member member;
    for (uint32_t token = 1; member_next(index, &token, &member);) {
        inner_add(inner, prefix, SLICE(""), member.name,
                  json_value(index, member.value, member.next));
        if (json_byte(index, member.value) == '[' && name_is_plain(member.name))
            elements_add(inner, prefix, &member);
    }
    return true;
}
