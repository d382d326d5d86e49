// Classes one worker has met
// SPDX-License-Identifier: Apache-2.0
#include "normalise/normalise.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/table.h"
#include "normalise/formats.h"
#include "normalise/windows.h"

#include <assert.h>

// A record finds its class in three steps:
//
//     last (shape), where that is all there is --hit--> class
//        | miss
//     front (shape, event id) --hit, provider and channel equal--> class
//        | miss
//     table (shape, provider, channel, event id) --hit--> class
//        | miss
//     describe: log source, aliases, message; kept while there is room
//
// Values are compared by content, never by address: addresses come back in later batches.
enum {
    FRONT_SIZE = 1024,              // a power of two; 24 KiB
    CLASSES_MAX = 65536,            // each takes about 400 bytes
    CLASS_BYTES_MAX = 12 << 20,     // an ordinary fleet has a few hundred classes
    NAME_SIZE_MAX = 1024,           // of a provider or channel worth keeping
    HEAD_TEXT_CEILING = 256 * 1024, // both names of a class as text
};

// The four values that make a class, as they lie in a record.
struct head {
    const struct shape *shape;
    const struct value *provider;
    const struct value *channel;
    const struct value *event_id;
};

struct class_entry {
    struct event_class event_class; // first, so that an entry is its class
    uint64_t front_key;
    struct slice provider_bytes;
    struct slice channel_bytes;
    uint8_t provider_kind;
    uint8_t channel_kind;
};

struct normaliser {
    struct class_entry *front[FRONT_SIZE];
    const struct class_entry *last; // met last, of those whose shape alone is the class
    struct table table;
    struct arena arena;
    struct class_entry **entries; // by id
    uint32_t entry_count;
    uint32_t entry_capacity;
    struct class_entry scratch; // a class beyond the cap
    struct buffer text;         // its names
};

struct normaliser *normaliser_new(void) {
    struct normaliser *normaliser = memory_new(1, sizeof *normaliser);
    table_init(&normaliser->table);
    arena_init(&normaliser->arena, CLASS_BYTES_MAX);
    buffer_init(&normaliser->text, HEAD_TEXT_CEILING);
    return normaliser;
}

void normaliser_free(struct normaliser *normaliser) {
    if (!normaliser)
        return;
    table_done(&normaliser->table);
    arena_done(&normaliser->arena);
    buffer_done(&normaliser->text);
    memory_free(normaliser->entries);
    memory_free(normaliser);
}

// The whole event id in one number: kind, size and bytes. False for an id of more than 6 bytes,
// which no product writes: the table looks for its class.
static bool front_key_of(const struct head *head, uint64_t *ret_key) {
    const struct value *id = head->event_id;
    if (id->size > 6 || (id->size && !id->data))
        return false;
    uint64_t bits = (uint64_t)id->kind << 56 | (uint64_t)id->size << 48;
    uint64_t low = 0;
    memcpy(&low, id->data ? id->data : (const uint8_t *)"", id->size);
    *ret_key = bits | low;
    return true;
}

static uint32_t front_place(const struct shape *shape, uint64_t key) {
    uint64_t hash = ((uint64_t)(uintptr_t)shape >> 4) * 0x9E3779B97F4A7C15ull;
    hash ^= key * 0xFF51AFD7ED558CCDull;
    return (uint32_t)(hash >> 40) & (FRONT_SIZE - 1);
}

static inline bool value_is(const struct value *value, uint8_t kind, struct slice bytes) {
    return value->kind == kind && value->size == bytes.size &&
           (bytes.size == 0 || memcmp(value->data, bytes.data, bytes.size) == 0);
}

static inline bool entry_is(const struct class_entry *entry, const struct head *head) {
    return entry->event_class.shape == head->shape &&
           value_is(head->provider, entry->provider_kind, entry->provider_bytes) &&
           value_is(head->channel, entry->channel_kind, entry->channel_bytes);
}

struct lookup {
    const struct head *head;
    int64_t code;
};

static bool entry_equal(const void *context, uint32_t number, const void *key) {
    const struct normaliser *normaliser = context;
    const struct lookup *lookup = key;
    const struct class_entry *entry = normaliser->entries[number];
    return entry->event_class.code == lookup->code && entry_is(entry, lookup->head);
}

static uint64_t head_hash(const struct head *head, int64_t code) {
    uint64_t hash = digest_mix64((uint64_t)(uintptr_t)head->shape, (uint64_t)code);
    hash = digest_mix64(hash, digest_hash64(slice_of(head->provider->data, head->provider->size)));
    hash = digest_mix64(hash, digest_hash64(slice_of(head->channel->data, head->channel->size)));
    return digest_mix64(hash, (uint64_t)head->provider->kind << 8 | head->channel->kind);
}

static int64_t head_code(const struct head *head) {
    int64_t code = 0;
    return value_integer(head->event_id, &code) && code >= 0 ? code : -1;
}

// Provider and channel as text in the normaliser's buffer, and all that follows from them.
static void class_describe(struct normaliser *normaliser, const struct head *head, int64_t code,
                           struct event_class *ret_class) {
    struct buffer *text = &normaliser->text;
    buffer_reset(text);
    value_append_text(head->provider, text);
    size_t provider_size = text->size;
    value_append_text(head->channel, text);
    struct slice whole = buffer_slice(text);
    *ret_class = (struct event_class){
        .id = UINT32_MAX,
        .shape = head->shape,
        .provider = slice_part(whole, 0, provider_size),
        .channel = slice_part(whole, provider_size, whole.size - provider_size),
        .code = code,
    };
    const char *format = head->shape->format;
    if (!format || format_describe(ret_class))
        return;
    ret_class->is_windows = whole.size || strcmp(format, "evtx") == 0;
    if (ret_class->is_windows)
        windows_describe(ret_class);
}

// A new entry in the arena; NULL when one of the caps is reached, or the shape does not last.
static struct class_entry *entry_new(struct normaliser *normaliser, const struct head *head,
                                     int64_t code) {
    if (normaliser->entry_count == CLASSES_MAX || head->provider->size > NAME_SIZE_MAX ||
        head->channel->size > NAME_SIZE_MAX || head->shape->id == SHAPE_ID_NONE)
        return NULL;
    struct class_entry *entry = arena_new(&normaliser->arena, 1, sizeof *entry);
    if (!entry)
        return NULL;
    class_describe(normaliser, head, code, &entry->event_class);
    struct event_class *event_class = &entry->event_class;
    const struct {
        struct slice from;
        struct slice *to;
    } names[] = {
        {event_class->provider, &event_class->provider},
        {event_class->channel, &event_class->channel},
        {slice_of(head->provider->data, head->provider->size), &entry->provider_bytes},
        {slice_of(head->channel->data, head->channel->size), &entry->channel_bytes},
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        *names[i].to = arena_keep(&normaliser->arena, names[i].from);
        if (names[i].to->size != names[i].from.size)
            return NULL;
    }
    entry->provider_kind = head->provider->kind;
    entry->channel_kind = head->channel->kind;
    if (normaliser->entry_count == normaliser->entry_capacity) {
        normaliser->entry_capacity =
            normaliser->entry_capacity ? normaliser->entry_capacity * 2 : 256;
        normaliser->entries = memory_resize(normaliser->entries, normaliser->entry_capacity,
                                            sizeof(struct class_entry *));
    }
    event_class->id = normaliser->entry_count;
    normaliser->entries[normaliser->entry_count++] = entry;
    return entry;
}

// The class by content: found, made, or made in the scratch place.
static struct class_entry *class_find(struct normaliser *normaliser, const struct head *head) {
    struct lookup lookup = {.head = head, .code = head_code(head)};
    uint64_t hash = head_hash(head, lookup.code);
    uint32_t number = table_find(&normaliser->table, hash, entry_equal, normaliser, &lookup);
    if (number != TABLE_NONE)
        return normaliser->entries[number];
    struct class_entry *entry = entry_new(normaliser, head, lookup.code);
    if (entry) {
        table_add(&normaliser->table, hash, entry->event_class.id);
        return entry;
    }
    class_describe(normaliser, head, lookup.code, &normaliser->scratch.event_class);
    return &normaliser->scratch;
}

// Lines of text name neither provider nor channel nor event id: the shape alone makes the class.
static bool shape_is_class(const struct shape *shape) {
    const int32_t *fields = shape->role_fields;
    return (fields[FIELD_ROLE_PROVIDER] & fields[FIELD_ROLE_CHANNEL] &
            fields[FIELD_ROLE_EVENT_ID]) < 0;
}

void normaliser_classify(struct normaliser *normaliser, struct event *event) {
    const struct class_entry *last = normaliser->last;
    if (last && last->event_class.shape == event->shape) {
        event->event_class = &last->event_class;
        return;
    }
    struct head head = {
        .shape = event->shape,
        .provider = event_role_value(event, FIELD_ROLE_PROVIDER),
        .channel = event_role_value(event, FIELD_ROLE_CHANNEL),
        .event_id = event_role_value(event, FIELD_ROLE_EVENT_ID),
    };
    uint64_t key = 0;
    if (!front_key_of(&head, &key)) {
        event->event_class = &class_find(normaliser, &head)->event_class;
        return;
    }
    struct class_entry **place = &normaliser->front[front_place(head.shape, key)];
    struct class_entry *entry = *place;
    if (!entry || entry->front_key != key || !entry_is(entry, &head)) {
        entry = class_find(normaliser, &head);
        if (entry != &normaliser->scratch) {
            entry->front_key = key; // texts "1" and "01" are one class: the last key stands
            *place = entry;
        }
    }
    if (entry != &normaliser->scratch && shape_is_class(event->shape))
        normaliser->last = entry;
    event->event_class = &entry->event_class;
}
