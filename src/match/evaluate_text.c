// Values as text, once per event
// SPDX-License-Identifier: Apache-2.0
//
// Invariants:
//  1. A slot whose generation is the matcher's has its elements in elements[first, count).
//  2. Elements hold no null: null and absent values give none.
//  3. Behind every span of `text` lie 16 readable bytes.
#include "match/evaluate.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "match/fold.h"

#include <assert.h>

enum {
    // One event's texts, folded and not; far above any record we accept.
    TEXT_BYTES_MAX = 1 << 30,
    TEXT_MARGIN = 16,
    SLOTS_FIRST = 256,
    // A filter costs as much as a few searches, and longer texts fill it up.
    FILTER_AFTER = 4,
    FILTER_TEXT_MAX = 2048,
    ELEMENTS_FIRST = 256,
    // Elements are found by walking to them, so that their number must be bounded; beyond it
    // the whole array is one element more.
    ELEMENTS_OF_ONE_VALUE_MAX = 512,
};

void texts_init(struct matcher *matcher) {
    buffer_init(&matcher->text, TEXT_BYTES_MAX);
    buffer_init(&matcher->line, TEXT_BYTES_MAX);
}

void texts_done(struct matcher *matcher) {
    buffer_done(&matcher->text);
    buffer_done(&matcher->line);
    memory_free(matcher->slots);
    memory_free(matcher->elements);
    memory_free(matcher->filters);
}

void texts_reset(struct matcher *matcher) {
    buffer_reset(&matcher->text);
    matcher->element_count = 0;
    matcher->filter_count = 0;
}

static struct text_slot *texts_slot(struct matcher *matcher, uint32_t slot) {
    if (slot >= matcher->slot_capacity) {
        uint32_t capacity = matcher->slot_capacity ? matcher->slot_capacity : SLOTS_FIRST;
        while (capacity <= slot)
            capacity *= 2;
        matcher->slots = memory_resize(matcher->slots, capacity, sizeof *matcher->slots);
        memset(matcher->slots + matcher->slot_capacity, 0,
               (capacity - matcher->slot_capacity) * sizeof *matcher->slots);
        matcher->slot_capacity = capacity;
    }
    return &matcher->slots[slot];
}

static struct text_element *texts_add_element(struct matcher *matcher) {
    if (matcher->element_count == matcher->element_capacity) {
        uint32_t capacity =
            matcher->element_capacity ? matcher->element_capacity * 2 : ELEMENTS_FIRST;
        matcher->elements = memory_resize(matcher->elements, capacity, sizeof *matcher->elements);
        matcher->element_capacity = capacity;
    }
    struct text_element *element = &matcher->elements[matcher->element_count++];
    *element = (struct text_element){.value = EVENT_VALUE_ABSENT};
    return element;
}

// The strings of an array are separated by NUL; the last one may have one behind it.
static void texts_add_utf16_array(struct matcher *matcher, const struct value *value) {
    uint32_t at = 0;
    while (at + 2 <= value->size) {
        uint32_t end = at;
        while (end + 2 <= value->size && bytes_get_u16(value->data + end))
            end += 2;
        texts_add_element(matcher)->value =
            (struct value){.data = value->data + at, .size = end - at, .kind = VALUE_UTF16};
        at = end + 2;
    }
}

static void texts_add_value(struct matcher *matcher, const struct value *value) {
    if (value_is_null(value))
        return;
    if (!(value->kind & VALUE_ARRAY) && value->kind != VALUE_JSON_RAW) {
        texts_add_element(matcher)->value = *value;
        return;
    }
    if (value->kind == (VALUE_UTF16 | VALUE_ARRAY)) {
        texts_add_utf16_array(matcher, value);
        return;
    }
    size_t count = value_count(value);
    if (count > ELEMENTS_OF_ONE_VALUE_MAX) {
        texts_add_element(matcher)->value = *value;
        count = ELEMENTS_OF_ONE_VALUE_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        struct value element = value_element(value, i);
        if (!value_is_null(&element))
            texts_add_element(matcher)->value = element;
    }
}

// The bytes from `start` to the end of the text buffer become a span; its margin is made
// readable.
static struct text_span texts_close_span(struct matcher *matcher, size_t start) {
    struct buffer *text = &matcher->text;
    struct text_span span = {(uint32_t)start, (uint32_t)(text->size - start)};
    uint8_t *end = buffer_reserve(text, TEXT_MARGIN);
    if (!end) // past the ceiling: an empty span, which the buffer's own margin follows
        return (struct text_span){0, 0};
    memset(end, 0, TEXT_MARGIN);
    text->size += TEXT_MARGIN;
    return span;
}

// What was appended to the text buffer since `start`, as an element of its own.
static void texts_add_rendered(struct matcher *matcher, size_t start) {
    struct text_element *element = texts_add_element(matcher);
    element->has_original = true;
    element->original = texts_close_span(matcher, start);
}

struct text_slot texts_field(struct matcher *matcher, uint32_t field) {
    struct text_slot *slot = texts_slot(matcher, field);
    if (slot->generation != matcher->generation) {
        uint32_t first = matcher->element_count;
        texts_add_value(matcher, event_value(matcher->event, field));
        *slot = (struct text_slot){matcher->generation, first, matcher->element_count - first};
    }
    return *slot;
}

struct text_slot texts_source(struct matcher *matcher, const struct class_source *source) {
    if (source->source.transform == FIELD_TRANSFORM_NONE)
        return texts_field(matcher, source->source.field);
    struct text_slot *slot = texts_slot(matcher, source->slot);
    if (slot->generation != matcher->generation) {
        uint32_t first = matcher->element_count;
        size_t start = matcher->text.size;
        if (field_source_append_text(matcher->event, &source->source, &matcher->text))
            texts_add_rendered(matcher, start);
        *slot = (struct text_slot){matcher->generation, first, matcher->element_count - first};
    }
    return *slot;
}

struct text_slot texts_message(struct matcher *matcher) {
    struct text_slot *slot = &matcher->message;
    if (slot->generation != matcher->generation) {
        uint32_t first = matcher->element_count;
        size_t start = matcher->text.size;
        if (matcher->event->event_class->message != EVENT_MESSAGE_NONE)
            event_append_message(matcher->event, &matcher->text);
        if (matcher->text.size > start)
            texts_add_rendered(matcher, start);
        *slot = (struct text_slot){matcher->generation, first, matcher->element_count - first};
    }
    return *slot;
}

static struct slice texts_span(const struct matcher *matcher, struct text_span span) {
    assert(span.offset + (size_t)span.size + TEXT_MARGIN <= matcher->text.size);
    return slice_of(matcher->text.data + span.offset, span.size);
}

struct slice texts_original(struct matcher *matcher, uint32_t number) {
    struct text_element *element = &matcher->elements[number];
    if (!element->has_original) {
        size_t start = matcher->text.size;
        value_append_text(&element->value, &matcher->text);
        element->original = texts_close_span(matcher, start);
        element->has_original = true;
    }
    return texts_span(matcher, element->original);
}

// The common case in one pass: UTF-16 that is all ASCII.
static bool texts_fold_utf16(struct matcher *matcher, struct text_element *element) {
    size_t units = element->value.size / 2;
    size_t start = matcher->text.size;
    uint8_t *to = buffer_reserve(&matcher->text, units + TEXT_MARGIN);
    if (!to || !fold_utf16_ascii(element->value.data, units, to))
        return false;
    memset(to + units, 0, TEXT_MARGIN);
    element->folded = (struct text_span){(uint32_t)start, (uint32_t)units};
    element->is_ascii = true;
    matcher->text.size += units + TEXT_MARGIN;
    return true;
}

// Kinds whose text is ASCII without capitals.
static bool kind_is_folded(uint8_t kind) {
    return (kind >= VALUE_INT8 && kind <= VALUE_UINT64) || kind == VALUE_BOOL ||
           kind == VALUE_HEX32 || kind == VALUE_HEX64;
}

static void texts_fold(struct matcher *matcher, uint32_t number) {
    struct text_element *element = &matcher->elements[number];
    element->has_folded = true;
    if (!element->has_original && element->value.kind == VALUE_UTF16 &&
        texts_fold_utf16(matcher, element))
        return;
    size_t size = texts_original(matcher, number).size;
    if (kind_is_folded(element->value.kind)) {
        element->folded = element->original;
        element->is_ascii = true;
        return;
    }
    size_t start = matcher->text.size;
    uint8_t *to = buffer_reserve(&matcher->text, 2 * size + TEXT_MARGIN);
    struct slice original = texts_span(matcher, element->original);
    element->is_ascii = fold_is_ascii(original);
    if (to && size)
        matcher->text.size += fold_utf8(original.data, original.size, to);
    element->folded = texts_close_span(matcher, start);
}

struct slice texts_folded(struct matcher *matcher, uint32_t number) {
    if (!matcher->elements[number].has_folded)
        texts_fold(matcher, number);
    return texts_span(matcher, matcher->elements[number].folded);
}

bool texts_is_ascii(struct matcher *matcher, uint32_t number) {
    texts_folded(matcher, number);
    return matcher->elements[number].is_ascii;
}

static uint32_t filter_place(uint32_t gram) {
    return gram * 0x9E3779B1u >> 20;
}

static void texts_add_filter(struct matcher *matcher, struct text_element *element) {
    if (matcher->filter_count == matcher->filter_capacity) {
        uint32_t capacity = matcher->filter_capacity ? matcher->filter_capacity * 2 : 16;
        matcher->filters = memory_resize(matcher->filters, capacity, sizeof *matcher->filters);
        matcher->filter_capacity = capacity;
    }
    struct text_filter *filter = &matcher->filters[matcher->filter_count++];
    memset(filter, 0, sizeof *filter);
    struct slice text = texts_span(matcher, element->folded);
    for (size_t at = 0; at + COMPILED_GRAM_SIZE <= text.size; at++) {
        uint32_t place = filter_place(bytes_get_u32(text.data + at));
        filter->bits[place / 64] |= UINT64_C(1) << place % 64;
    }
    element->filter = matcher->filter_count;
}

bool texts_may_have(struct matcher *matcher, uint32_t number, const struct compiled_atom *atom) {
    struct text_element *element = &matcher->elements[number];
    if (atom->hint.size > element->folded.size)
        return false;
    if (atom->hint.size < COMPILED_GRAM_SIZE || element->folded.size > FILTER_TEXT_MAX)
        return true;
    if (!element->filter) {
        if (++element->asked < FILTER_AFTER)
            return true;
        texts_add_filter(matcher, element);
    }
    uint32_t place = filter_place(atom->gram);
    return matcher->filters[element->filter - 1].bits[place / 64] >> place % 64 & 1;
}
