// Look up what a record holds among the indicators
// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "match/indicator_fields.h"
#include "match/indicator_set.h"
#include "model/event_class.h"

#include <sys/random.h>

// Invariants:
// 1. plans[class id] says which fields of the class are looked at, and for which kinds; only kinds
//    of which there is an indicator.
// 2. `seen` holds hashes of values, with their field's kinds, that were looked up and are no
//    indicator: a field whose value comes again costs a hash and a compare.

enum {
    SEEN_SLOTS = 16384,
    PLAN_BYTES = 32 << 20,
    FIELDS_MAX = 64, // of a class that are looked at
    LABELS_MAX = 12,
    VALUE_BYTES_MAX = 1 << 20,
};

#define BIT(kind) (1u << INDICATOR_##kind)
#define WORDS (BIT(HASH) | BIT(ADDRESS) | BIT(NETWORK) | BIT(DOMAIN) | BIT(MAIL))
#define ANYTHING 0x8000u // any field: words may be any kind

struct scan_field {
    uint16_t field;
    uint16_t kinds;
};

struct scan_plan {
    uint32_t count;
    struct scan_field fields[FIELDS_MAX];
};

struct indicator_scanner {
    const struct indicators *set;
    struct arena arena;
    const struct scan_plan **plans; // by class id
    uint32_t capacity;
    struct scan_plan scratch;
    struct buffer text, key;
    uint64_t seed;
    uint64_t seen[SEEN_SLOTS];
    // The value in work
    const struct event *event;
    const struct indicator_sink *sink;
    uint32_t field;
    const struct indicator *found; // the best that fits, until something says it is ignored
    bool ignored;
    bool known; // something of the value is listed, expired or ignored perhaps
};

struct indicator_scanner *indicator_scanner_new(const struct indicators *indicators) {
    struct indicator_scanner *scanner = memory_new(1, sizeof *scanner);
    scanner->set = indicators;
    arena_init(&scanner->arena, PLAN_BYTES);
    buffer_init(&scanner->text, VALUE_BYTES_MAX);
    buffer_init(&scanner->key, 4 * INDICATOR_TEXT_MAX);
    // Nobody can make a value that hides another one: the hashes are of this run alone.
    if (getrandom(&scanner->seed, sizeof scanner->seed, GRND_NONBLOCK) != sizeof scanner->seed)
        scanner->seed = (uint64_t)clock_now_monotonic();
    return scanner;
}

void indicator_scanner_free(struct indicator_scanner *scanner) {
    if (!scanner)
        return;
    arena_done(&scanner->arena);
    memory_free(scanner->plans);
    buffer_done(&scanner->text);
    buffer_done(&scanner->key);
    memory_free(scanner);
}

static void plan_make(const struct indicators *set, const struct event_class *event_class,
                      struct scan_plan *plan) {
    const struct shape *shape = event_class->shape;
    plan->count = 0;
    for (uint32_t i = 0; i < shape->field_count && plan->count < FIELDS_MAX; i++) {
        if (shape->fields[i].role != FIELD_ROLE_NONE || i > UINT16_MAX)
            continue;
        unsigned wanted = indicator_field_kinds(shape->fields[i].name);
        // A URL brings its host.
        if (wanted & BIT(URL))
            wanted |= BIT(DOMAIN) | BIT(ADDRESS) | BIT(NETWORK);
        unsigned kinds = wanted & set->kinds;
        if (!kinds && set->anywhere)
            kinds = set->kinds | ANYTHING;
        if (kinds)
            plan->fields[plan->count++] = (struct scan_field){(uint16_t)i, (uint16_t)kinds};
    }
}

static const struct scan_plan *scanner_plan(struct indicator_scanner *scanner,
                                            const struct event_class *event_class) {
    uint32_t id = event_class->id;
    if (id < scanner->capacity && scanner->plans[id])
        return scanner->plans[id];
    plan_make(scanner->set, event_class, &scanner->scratch);
    if (id == UINT32_MAX)
        return &scanner->scratch;
    if (id >= scanner->capacity) {
        uint32_t capacity = scanner->capacity ? scanner->capacity : 64;
        while (capacity <= id)
            capacity *= 2;
        scanner->plans = memory_resize(scanner->plans, capacity, sizeof *scanner->plans);
        memset(scanner->plans + scanner->capacity, 0,
               (capacity - scanner->capacity) * sizeof *scanner->plans);
        scanner->capacity = capacity;
    }
    size_t size =
        offsetof(struct scan_plan, fields) + scanner->scratch.count * sizeof(struct scan_field);
    void *kept = arena_new(&scanner->arena, size, 1);
    if (!kept)
        return &scanner->scratch;
    memcpy(kept, &scanner->scratch, size);
    scanner->plans[id] = kept;
    return kept;
}

// Look up the key; `part`: it is only the end of the name that the value has.
static void probe_key(struct indicator_scanner *scanner, struct slice key, bool part) {
    const struct indicator *row = indicator_find(scanner->set, key);
    if (!row || (row->exact && part))
        return;
    scanner->known = true;
    if (row->ignored) {
        scanner->ignored = true;
        return;
    }
    bool expired = row->until_ns != CLOCK_NONE && scanner->event->time_ns != CLOCK_NONE &&
                   scanner->event->time_ns > row->until_ns;
    if (!expired && (!scanner->found || row->level > scanner->found->level))
        scanner->found = row;
}

// What was found of one word or value, once all of its ends were looked up.
static void probe_end(struct indicator_scanner *scanner) {
    const struct indicator *row = scanner->found;
    const struct indicators *set = scanner->set;
    if (row && !scanner->ignored) {
        struct indicator_hit hit = {
            .rule = indicator_rule(row),
            .indicator = slice_of(row->text, row->text_size),
            .field = scanner->event->shape->fields[scanner->field].name,
            .value = buffer_slice(&scanner->text),
            .file = set->files[row->file],
            .line = row->line,
            .description = row->description ? set->descriptions[row->description] : SLICE(""),
        };
        scanner->sink->hit(scanner->sink->context, &hit);
    }
}

static void probe_begin(struct indicator_scanner *scanner) {
    scanner->found = NULL;
    scanner->ignored = false;
}

// "a.b.example" -> it, b.example, example
static void probe_domain(struct indicator_scanner *scanner, struct slice name) {
    if (!indicator_append_key(&scanner->key, INDICATOR_DOMAIN, name))
        return;
    struct slice key = buffer_slice(&scanner->key);
    uint8_t *bytes = scanner->key.data;
    for (size_t at = 1, labels = 0; at < key.size && labels < LABELS_MAX; labels++) {
        bytes[at - 1] = INDICATOR_DOMAIN;
        probe_key(scanner, slice_part(key, at - 1, SIZE_MAX), at > 1);
        const uint8_t *dot = memchr(bytes + at, '.', key.size - at);
        if (!dot)
            break;
        at = (size_t)(dot - bytes) + 1;
    }
}

static bool probe_address(struct indicator_scanner *scanner, struct slice text) {
    uint8_t address[16];
    if (!indicator_address(text, address))
        return false;
    buffer_append_byte(&scanner->key, INDICATOR_ADDRESS);
    buffer_append(&scanner->key, address, sizeof address);
    probe_key(scanner, buffer_slice(&scanner->key), false);
    for (unsigned prefix = 0; prefix < INDICATOR_PREFIXES; prefix++) {
        if (!(scanner->set->prefixes[prefix / 64] >> (prefix % 64) & 1))
            continue;
        buffer_reset(&scanner->key);
        indicator_append_network(&scanner->key, address, prefix);
        probe_key(scanner, buffer_slice(&scanner->key), true);
    }
    return true;
}

// An address or a name, a port behind it perhaps.
static void probe_place(struct indicator_scanner *scanner, struct slice text, unsigned kinds) {
    buffer_reset(&scanner->key);
    if (kinds & (BIT(ADDRESS) | BIT(NETWORK)) && probe_address(scanner, text))
        return;
    const uint8_t *colon = text.size ? memchr(text.data, ':', text.size) : NULL;
    if (colon && !memchr(colon + 1, ':', text.size - 1 - (size_t)(colon - text.data))) {
        text.size = (size_t)(colon - text.data);
        buffer_reset(&scanner->key);
        if (kinds & (BIT(ADDRESS) | BIT(NETWORK)) && probe_address(scanner, text))
            return;
    }
    buffer_reset(&scanner->key);
    if (kinds & BIT(DOMAIN))
        probe_domain(scanner, text);
}

// "c:\a\b.exe" -> it, a\b.exe, b.exe
static void probe_path(struct indicator_scanner *scanner, struct slice text) {
    buffer_reset(&scanner->key);
    if (!indicator_append_key(&scanner->key, INDICATOR_PATH, text))
        return;
    struct slice key = buffer_slice(&scanner->key);
    uint8_t *bytes = scanner->key.data;
    for (size_t at = 1; at < key.size;) {
        bytes[at - 1] = INDICATOR_PATH;
        probe_key(scanner, slice_part(key, at - 1, SIZE_MAX), true);
        const uint8_t *separator = memchr(bytes + at, '\\', key.size - at);
        if (!separator)
            break;
        at = (size_t)(separator - bytes) + 1;
    }
}

static void probe_whole(struct indicator_scanner *scanner, enum indicator_kind kind,
                        struct slice text) {
    buffer_reset(&scanner->key);
    if (indicator_append_key(&scanner->key, kind, text))
        probe_key(scanner, buffer_slice(&scanner->key), false);
}

static void probe_url(struct indicator_scanner *scanner, struct slice text, unsigned kinds) {
    if (kinds & BIT(URL))
        probe_whole(scanner, INDICATOR_URL, text);
    const uint8_t *scheme = memmem(text.data, text.size, "://", 3);
    // A proxy writes "host:443" for what it only passes on.
    if (!scheme && (text.size == 0 || text.data[0] == '/'))
        return;
    if (scheme)
        text = slice_part(text, (size_t)(scheme - text.data) + 3, SIZE_MAX);
    size_t size = 0;
    while (size < text.size && !strchr("/?#", text.data[size]))
        size++;
    probe_place(scanner, slice_part(text, 0, size), kinds);
}

static void probe_word(struct indicator_scanner *scanner, struct slice word, unsigned kinds) {
    probe_begin(scanner);
    bool any = kinds & ANYTHING;
    if (any && word.size > 4 && memmem(word.data, word.size, "://", 3)) {
        probe_url(scanner, word, kinds);
    } else if (kinds & BIT(HASH) && word.size >= 32) {
        probe_whole(scanner, INDICATOR_HASH, word);
    } else if (memchr(word.data, '@', word.size)) {
        if (kinds & BIT(MAIL))
            probe_whole(scanner, INDICATOR_MAIL, word);
    } else if (any && kinds & BIT(PATH) && memchr(word.data, '\\', word.size)) {
        probe_path(scanner, word);
    }
    if (!scanner->found && word.size <= 255)
        probe_place(scanner, word, kinds);
    probe_end(scanner);
}

// Words of at least four bytes: lists, "SHA256=..", "type: 5 a.example;192.0.2.1;".
static void probe_words(struct indicator_scanner *scanner, struct slice text, unsigned kinds) {
    static const char BETWEEN[] = " \t\r\n,;|<>()\"'=";
    for (size_t at = 0; at < text.size;) {
        size_t end = at;
        while (end < text.size && (text.data[end] == 0 || !strchr(BETWEEN, text.data[end])))
            end++;
        if (end - at >= 2)
            probe_word(scanner, slice_part(text, at, end - at), kinds);
        at = end + 1;
    }
}

// Everything that a value may be, each at most one hit.
static void value_look_up(struct indicator_scanner *scanner, unsigned kinds) {
    struct slice text = buffer_slice(&scanner->text);
    static const enum indicator_kind WHOLE[] = {INDICATOR_MUTEX, INDICATOR_PIPE};
    for (size_t i = 0; i < ARRAY_SIZE(WHOLE); i++)
        if (kinds >> WHOLE[i] & 1) {
            probe_begin(scanner);
            probe_whole(scanner, WHOLE[i], text);
            probe_end(scanner);
        }
    if (kinds & BIT(PATH)) {
        probe_begin(scanner);
        probe_path(scanner, text);
        probe_end(scanner);
    }
    bool url = !(kinds & ANYTHING) && (kinds & BIT(URL) || memmem(text.data, text.size, "://", 3));
    if (url) {
        probe_begin(scanner);
        probe_url(scanner, text, kinds);
        probe_end(scanner);
    } else if (kinds & (WORDS | ANYTHING)) {
        probe_words(scanner, text, kinds);
    }
}

static void field_scan(struct indicator_scanner *scanner, const struct scan_field *field,
                       const struct indicator_sink *sink) {
    const struct value *value = event_value(scanner->event, field->field);
    // The shortest indicators are addresses and names: "a.bc".
    if (value_is_null(value) || value->size < 4)
        return;
    uint64_t hash =
        digest_hash64_seeded(slice_of(value->data, value->size),
                             scanner->seed + ((uint64_t)field->kinds << 8 | value->kind));
    uint64_t *seen = &scanner->seen[hash % SEEN_SLOTS];
    if (*seen == hash)
        return;
    buffer_reset(&scanner->text);
    value_append_text(value, &scanner->text);
    scanner->sink = sink;
    scanner->known = false;
    scanner->field = field->field;
    if (scanner->text.size && !scanner->text.failed)
        value_look_up(scanner, field->kinds);
    scanner->sink = NULL;
    if (!scanner->known)
        *seen = hash;
}

void indicator_scan(struct indicator_scanner *scanner, const struct event *event,
                    const struct indicator_sink *sink) {
    const struct scan_plan *plan = scanner_plan(scanner, event->event_class);
    scanner->event = event;
    for (uint32_t i = 0; i < plan->count; i++)
        field_scan(scanner, &plan->fields[i], sink);
}
