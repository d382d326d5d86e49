// One hit as a correlation sees it
// SPDX-License-Identifier: Apache-2.0
#include "detect/correlation_note.h"

static void note_append_u32(struct buffer *to, uint32_t number) {
    number = __builtin_bswap32(number);
    buffer_append(to, &number, sizeof number);
}

static void note_append_u64(struct buffer *to, uint64_t number) {
    number = __builtin_bswap64(number);
    buffer_append(to, &number, sizeof number);
}

void correlation_group_append(struct buffer *group, struct slice text) {
    note_append_u32(group, (uint32_t)text.size);
    buffer_append_slice(group, text);
}

void correlation_note_append(const struct correlation_note *note, struct buffer *key,
                             struct buffer *payload) {
    note_append_u32(key, note->correlation);
    note_append_u32(key, (uint32_t)note->group.size);
    buffer_append_slice(key, note->group);
    note_append_u64(key, (uint64_t)note->reference.time_ns ^ (1ull << 63));
    note_append_u32(key, note->reference.position.source);
    note_append_u64(key, note->reference.position.offset);
    note_append_u32(key, note->member);
    buffer_append(payload, &note->reference, sizeof note->reference);
    buffer_append(payload, &note->code, sizeof note->code);
    const struct slice texts[] = {note->value, note->host, note->account, note->provider,
                                  note->channel};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        correlation_group_append(payload, texts[i]);
}

static bool note_take(struct slice *from, void *to, size_t size) {
    if (from->size < size)
        return false;
    memcpy(to, from->data, size);
    *from = slice_part(*from, size, SIZE_MAX);
    return true;
}

static bool note_take_u32(struct slice *from, uint32_t *ret_number) {
    if (!note_take(from, ret_number, sizeof *ret_number))
        return false;
    *ret_number = __builtin_bswap32(*ret_number);
    return true;
}

bool correlation_group_take(struct slice *group, struct slice *ret_text) {
    uint32_t size;
    if (!note_take_u32(group, &size) || group->size < size)
        return false;
    *ret_text = slice_part(*group, 0, size);
    *group = slice_part(*group, size, SIZE_MAX);
    return true;
}

bool correlation_note_read(struct slice key, struct slice payload,
                           struct correlation_note *ret_note) {
    enum {
        TAIL = 8 + 4 + 8
    }; // time, source and offset are in the reference as well
    struct slice *const texts[] = {&ret_note->value, &ret_note->host, &ret_note->account,
                                   &ret_note->provider, &ret_note->channel};
    if (!note_take_u32(&key, &ret_note->correlation) ||
        !correlation_group_take(&key, &ret_note->group) || key.size < TAIL)
        return false;
    key = slice_part(key, TAIL, SIZE_MAX);
    if (!note_take_u32(&key, &ret_note->member) ||
        !note_take(&payload, &ret_note->reference, sizeof ret_note->reference) ||
        !note_take(&payload, &ret_note->code, sizeof ret_note->code))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (!correlation_group_take(&payload, texts[i]))
            return false;
    return payload.size == 0;
}
