// How a field's text becomes an ECS value
// SPDX-License-Identifier: Apache-2.0
#include "normalise/ecs_form.h"

#include "base/text.h"
#include "model/value.h"

#include <assert.h>

// Where the last of the given bytes stands; the size when there is none.
static size_t last_of(struct slice text, char a, char b) {
    for (size_t i = text.size; i > 0; i--)
        if (text.data[i - 1] == (uint8_t)a || text.data[i - 1] == (uint8_t)b)
            return i - 1;
    return text.size;
}

static size_t first_of(struct slice text, char byte) {
    const uint8_t *at = text.size ? memchr(text.data, byte, text.size) : NULL;
    return at ? (size_t)(at - text.data) : text.size;
}

static struct slice after(struct slice text, size_t place) {
    return slice_part(text, place + 1, text.size);
}

static struct slice file_name(struct slice text) {
    size_t place = last_of(text, '\\', '/');
    return place == text.size ? text : after(text, place);
}

static struct slice file_directory(struct slice text) {
    size_t place = last_of(text, '\\', '/');
    return place == text.size ? SLICE("") : slice_part(text, 0, place);
}

static struct slice key_path(struct slice text) {
    size_t hive = first_of(text, '\\');
    size_t value = last_of(text, '\\', '\\');
    return value > hive ? slice_part(text, hive + 1, value - hive - 1) : SLICE("");
}

static struct slice account_name(struct slice text) {
    size_t place = first_of(text, '\\');
    return place == text.size ? text : after(text, place);
}

static struct slice account_domain(struct slice text) {
    size_t place = first_of(text, '\\');
    return place == text.size ? SLICE("") : slice_part(text, 0, place);
}

static bool text_number(struct slice text, int64_t *ret_number) {
    struct value value = {.data = text.data, .size = (uint32_t)text.size, .kind = VALUE_UTF8};
    return text.size <= 20 && value_integer(&value, ret_number);
}

// Windows' levels (winmeta.xml). 0, "log always", is what Security uses for audit events.
static struct slice level_text(struct slice text) {
    static const char *const LEVELS[] = {"information", "critical",    "error",
                                         "warning",     "information", "verbose"};
    int64_t level = 0;
    if (!text_number(text, &level) || level < 0 || level >= (int64_t)ARRAY_SIZE(LEVELS))
        return text;
    return slice_of_string(LEVELS[level]);
}

static struct slice logon_type_text(struct slice text) {
    static const char *const TYPES[] = {
        "System",
        "",
        "Interactive",
        "Network",
        "Batch",
        "Service",
        "",
        "Unlock",
        "NetworkCleartext",
        "NewCredentials",
        "RemoteInteractive",
        "CachedInteractive",
    };
    int64_t type = 0;
    if (!text_number(text, &type) || type < 0 || type >= (int64_t)ARRAY_SIZE(TYPES))
        return text;
    return slice_of_string(TYPES[type]);
}

// The standard keywords' audit bits (winmeta.xml): 53 success, 52 failure. Hexadecimal text of
// 64 bits does not fit int64, so the two bits are read from their digit: 0x8020000000000000.
static struct slice outcome_text(struct slice text) {
    enum {
        DIGITS_BELOW = 13 // digits below bits 52 to 55
    };
    if (text.size < DIGITS_BELOW + 3 || !slice_starts(text, SLICE("0x")))
        return SLICE("");
    uint8_t digit = text.data[text.size - DIGITS_BELOW - 1];
    if (digit == '2')
        return SLICE("success");
    return digit == '1' ? SLICE("failure") : SLICE("");
}

static struct slice direction_text(struct slice text) {
    if (text_equal_fold_ascii(text, SLICE("true")))
        return SLICE("egress");
    return text_equal_fold_ascii(text, SLICE("false")) ? SLICE("ingress") : SLICE("");
}

struct slice ecs_form_text(enum ecs_form form, struct slice text) {
    int64_t number = 0;
    if (text.size == 0 || slice_equal(text, SLICE("-")))
        return SLICE("");
    switch (form) {
    case ECS_FORM_NUMBER:
        return text_number(text, &number) ? text : SLICE("");
    case ECS_FORM_FILE_NAME:
        return file_name(text);
    case ECS_FORM_FILE_DIRECTORY:
        return file_directory(text);
    case ECS_FORM_FILE_EXTENSION:
        text = file_name(text);
        return after(text, last_of(text, '.', '.'));
    case ECS_FORM_KEY_HIVE:
        return slice_part(text, 0, first_of(text, '\\'));
    case ECS_FORM_KEY_PATH:
        return key_path(text);
    case ECS_FORM_ACCOUNT_NAME:
        return account_name(text);
    case ECS_FORM_ACCOUNT_DOMAIN:
        return account_domain(text);
    case ECS_FORM_LEVEL:
        return level_text(text);
    case ECS_FORM_OUTCOME:
        return outcome_text(text);
    case ECS_FORM_DIRECTION:
        return direction_text(text);
    case ECS_FORM_LOGON_TYPE:
        return logon_type_text(text);
    default:
        return text;
    }
}

static void lower_append(struct slice text, struct buffer *buffer) {
    size_t start = buffer->size;
    text_append_json(buffer, text);
    if (!buffer->failed)
        text_fold_ascii(buffer->data + start, buffer->size - start, buffer->data + start);
}

void ecs_form_append(enum ecs_form form, struct slice text, struct buffer *buffer) {
    int64_t number = 0;
    assert(text.size);
    switch (form) {
    case ECS_FORM_NUMBER:
        buffer_append_i64(buffer, text_number(text, &number) ? number : 0);
        return;
    case ECS_FORM_LOWER:
        lower_append(text, buffer);
        return;
    case ECS_FORM_LIST:
        buffer_append_byte(buffer, '[');
        text_append_json(buffer, text);
        buffer_append_byte(buffer, ']');
        return;
    default:
        text_append_json(buffer, text);
    }
}

bool ecs_form_is_whole(enum ecs_form form) {
    switch (form) {
    case ECS_FORM_TEXT:
    case ECS_FORM_NUMBER:
    case ECS_FORM_LOWER:
    case ECS_FORM_LIST:
    case ECS_FORM_ACCOUNT_NAME:
    case ECS_FORM_LEVEL:
    case ECS_FORM_DIRECTION:
    case ECS_FORM_LOGON_TYPE:
    case ECS_FORM_TIME:
        return true;
    default:
        return false;
    }
}
