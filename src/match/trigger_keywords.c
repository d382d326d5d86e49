// Look for keywords in UTF-16 as it lies
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_index.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"
#include "match/fold.h"
#include "match/plan_weight.h"

#include <assert.h>
#include <emmintrin.h>

enum {
    STEP_UNITS = 16,
    // A pair is tested at each of the units and needs the one behind it.
    WINDOW_UNITS = STEP_UNITS + 1,
    // Set in every letter of lower case. Setting it everywhere folds letters and makes a few
    // signs look alike ('[' and '{'): anchors only say where to look closely.
    CASE_BIT = 0x20
};

// --- building

// Kinds of value by the characters that their texts, folded, are made of: a literal that has
// another cannot stand in them.
enum kind_group {
    GROUP_NUMBER = 1, // integers, hexadecimal, GUIDs, binary
    GROUP_TIME = 2,
    GROUP_SID = 4,
    GROUP_REAL = 8,
    GROUP_BOOL = 16,
    GROUP_UTF16 = 32,
    GROUP_TEXT = 64 // anything may stand in it
};

static const struct {
    uint8_t group;
    const char *bytes;
} group_bytes[] = {
    {GROUP_NUMBER, "0123456789abcdefx-"},
    {GROUP_TIME, "0123456789tz:.-"},
    {GROUP_SID, "0123456789s-?"},
    {GROUP_REAL, "0123456789e+-.naif"},
    {GROUP_BOOL, "truefals"},
};

// By kind without VALUE_ARRAY; 0: never holds text.
static const uint8_t kind_groups[128] = {
    [VALUE_NULL] = 0,
    [VALUE_UTF16] = GROUP_UTF16,
    [VALUE_ANSI] = GROUP_TEXT,
    [VALUE_INT8] = GROUP_NUMBER,
    [VALUE_UINT8] = GROUP_NUMBER,
    [VALUE_INT16] = GROUP_NUMBER,
    [VALUE_UINT16] = GROUP_NUMBER,
    [VALUE_INT32] = GROUP_NUMBER,
    [VALUE_UINT32] = GROUP_NUMBER,
    [VALUE_INT64] = GROUP_NUMBER,
    [VALUE_UINT64] = GROUP_NUMBER,
    [VALUE_REAL32] = GROUP_REAL,
    [VALUE_REAL64] = GROUP_REAL,
    [VALUE_BOOL] = GROUP_BOOL | GROUP_NUMBER,
    [VALUE_BINARY] = GROUP_NUMBER,
    [VALUE_GUID] = GROUP_NUMBER,
    [VALUE_SIZE] = GROUP_NUMBER,
    [VALUE_FILETIME] = GROUP_TIME,
    [VALUE_SYSTEMTIME] = GROUP_TIME,
    [VALUE_SID] = GROUP_SID,
    [VALUE_HEX32] = GROUP_NUMBER,
    [VALUE_HEX64] = GROUP_NUMBER,
    [VALUE_BINXML] = GROUP_NUMBER,
    [VALUE_UTF8] = GROUP_TEXT,
    [VALUE_JSON_STRING] = GROUP_TEXT,
    [VALUE_JSON_NUMBER] = GROUP_REAL,
    [VALUE_JSON_BOOL] = GROUP_BOOL,
    [VALUE_JSON_RAW] = GROUP_TEXT,
    [VALUE_ABSENT] = 0,
};

static uint8_t kind_group(uint8_t kind) {
    return kind_groups[kind & ~(unsigned)VALUE_ARRAY];
}

// The groups that the literal may stand in.
static uint8_t literal_groups(struct slice literal) {
    uint8_t groups = GROUP_UTF16 | GROUP_TEXT;
    for (size_t i = 0; i < ARRAY_SIZE(group_bytes); i++) {
        size_t at = 0;
        size_t size = strlen(group_bytes[i].bytes);
        while (at < literal.size && memchr(group_bytes[i].bytes, literal.data[at], size))
            at++;
        if (at == literal.size)
            groups |= group_bytes[i].group;
    }
    return groups;
}

static bool literal_has_pair(struct slice literal, const uint8_t *pair, uint32_t *ret_offset) {
    for (size_t i = 0; i + 1 < literal.size; i++) {
        if (literal.data[i] == pair[0] && literal.data[i + 1] == pair[1]) {
            *ret_offset = (uint32_t)i;
            return true;
        }
    }
    return false;
}

// Entries from `open` that have the pair.
static uint32_t pair_count(const struct trigger_entry *const *open, uint32_t count,
                           const uint8_t *pair) {
    uint32_t sum = 0;
    uint32_t offset;
    for (uint32_t i = 0; i < count; i++)
        sum += literal_has_pair(open[i]->literal, pair, &offset);
    return sum;
}

enum {
    // Beyond this many keywords they are found by rendering.
    KEYWORDS_MAX = 128,
    KEYWORD_SIZE_MAX = 256,
    UNCOMMON_WORTH = 200
};

static uint32_t pair_place(const uint8_t *pair) {
    return (uint32_t)pair[0] << 8 | pair[1];
}

// Worth more than `least`? The dear question comes last.
static bool pair_beats(const uint8_t *pair, uint32_t count, uint32_t *least) {
    uint32_t score = 64 * count + weight_rarity(slice_of(pair, 2));
    if (score + UNCOMMON_WORTH <= *least)
        return false;
    score += weight_is_common(slice_of(pair, 2)) ? 0 : UNCOMMON_WORTH;
    if (score <= *least)
        return false;
    *least = score;
    return true;
}

// The pair that most open entries have and few texts.
static const uint8_t *best_pair(const struct trigger_entry *const *open, uint32_t count) {
    uint16_t *counts = memory_new(1 << 16, sizeof *counts);
    for (uint32_t i = 0; i < count; i++)
        for (size_t at = 0; at + 1 < open[i]->literal.size; at++)
            counts[pair_place(open[i]->literal.data + at)]++;
    const uint8_t *best = NULL;
    uint32_t best_score = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (size_t at = 0; at + 1 < open[i]->literal.size; at++) {
            const uint8_t *pair = open[i]->literal.data + at;
            uint16_t *pairs = &counts[pair_place(pair)];
            if (*pairs && pair_beats(pair, *pairs, &best_score))
                best = pair;
            *pairs = 0; // looked at
        }
    }
    memory_free(counts);
    return best;
}

static void *keywords_new(struct arena *arena, size_t count, size_t size) {
    void *memory = arena_new(arena, count ? count : 1, size);
    assert(memory);
    return memory;
}

// Move the open entries that have the pair to the anchor; returns how many stay open.
static uint32_t anchor_take(struct anchor *anchor, struct arena *arena, const uint8_t *pair,
                            const struct trigger_entry **open, uint32_t count) {
    uint32_t taken = pair_count(open, count, pair);
    *anchor =
        (struct anchor){.first = _mm_set1_epi8((char)(pair[0] | CASE_BIT)),
                        .second = _mm_set1_epi8((char)(pair[1] | CASE_BIT)),
                        .entries = keywords_new(arena, taken, sizeof(const struct trigger_entry *)),
                        .offsets = keywords_new(arena, taken, sizeof(uint32_t))};
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t offset;
        if (!literal_has_pair(open[i]->literal, pair, &offset)) {
            open[left++] = open[i];
            continue;
        }
        anchor->entries[anchor->entry_count] = open[i];
        anchor->offsets[anchor->entry_count++] = offset;
    }
    return left;
}

// The entries whose literal is ASCII; `ret_fits` says whether all of them can have an anchor.
static uint32_t keywords_open(struct keyword_index *keywords, struct keyword_words words,
                              const struct trigger_entry **open, bool *ret_fits) {
    uint32_t open_count = 0;
    bool fits = words.count <= KEYWORDS_MAX;
    keywords->groups = GROUP_UTF16 | GROUP_TEXT;
    for (uint32_t i = 0; i < words.count; i++) {
        struct slice literal = words.entries[i].literal;
        bool ascii = fold_is_ascii(literal);
        keywords->beyond_ascii |= !ascii;
        keywords->groups |= literal_groups(literal);
        fits &= !ascii || (literal.size >= 2 && literal.size <= KEYWORD_SIZE_MAX &&
                           !memchr(literal.data, 0, literal.size));
        if (ascii && fits)
            open[open_count++] = &words.entries[i];
    }
    *ret_fits = fits;
    return open_count;
}

static uint64_t words_hash(struct keyword_words words) {
    uint64_t hash = words.count;
    for (uint32_t i = 0; i < words.count; i++)
        hash = digest_mix64(hash, words.entries[i].atom);
    return hash;
}

// The pairs chosen for these words before, or a place to choose them anew (count 0).
static struct anchor_pairs *anchor_memo_find(struct anchor_memo *memo, uint64_t hash) {
    for (uint32_t i = 0; i < ANCHOR_MEMO_SIZE; i++)
        if (memo->pairs[i].hash == hash)
            return &memo->pairs[i];
    struct anchor_pairs *oldest = &memo->pairs[memo->next++ % ANCHOR_MEMO_SIZE];
    *oldest = (struct anchor_pairs){.hash = hash};
    return oldest;
}

void keyword_index_init(struct keyword_index *keywords, struct arena *arena,
                        struct keyword_words words, struct anchor_memo *memo) {
    const struct trigger_entry *open[KEYWORDS_MAX];
    bool fits;
    uint32_t open_count = keywords_open(keywords, words, open, &fits);
    struct anchor_pairs *pairs = anchor_memo_find(memo, words_hash(words));
    uint32_t known = pairs->count;
    for (uint32_t i = 0; fits && open_count && i < ANCHORS_MAX; i++) {
        if (i >= known) {
            memcpy(pairs->bytes[i], best_pair(open, open_count), 2);
            pairs->count = i + 1;
        }
        open_count = anchor_take(&keywords->anchors[keywords->anchor_count++], arena,
                                 pairs->bytes[i], open, open_count);
    }
    keywords->by_anchors = fits && open_count == 0;
    // 0x00 has no CASE_BIT: never met.
    for (uint32_t i = keywords->anchor_count; i < ANCHORS_MAX; i++)
        keywords->anchors[i].first = keywords->anchors[i].second = _mm_setzero_si128();
}

// --- searching

// Whether the literal, which is folded ASCII, stands at this unit of the text.
static bool literal_stands(struct slice literal, const uint8_t *utf16, size_t at) {
    for (size_t i = 0; i < literal.size; i++) {
        uint16_t unit = bytes_get_u16(utf16 + 2 * (at + i));
        if (unit >= 'A' && unit <= 'Z')
            unit |= 0x20;
        if (unit != literal.data[i])
            return false;
    }
    return true;
}

static void keyword_found(struct matcher *matcher, const struct trigger_entry *entry) {
    matcher->keyword_count++;
    trigger_found(matcher, entry);
}

static void anchor_check(struct matcher *matcher, const struct anchor *anchor,
                         const struct value *value, size_t at) {
    size_t units = value->size / 2;
    for (uint32_t i = 0; i < anchor->entry_count; i++) {
        const struct trigger_entry *entry = anchor->entries[i];
        if (at < anchor->offsets[i])
            continue;
        size_t start = at - anchor->offsets[i];
        size_t end = start + entry->literal.size;
        if (end > units)
            continue;
        // An array's elements lie one behind the other: where each starts is left to evaluation.
        bool placed = value->kind != VALUE_UTF16 || entry->form == FORM_CONTAINS ||
                      (entry->form == FORM_STARTS && start == 0) ||
                      (entry->form == FORM_ENDS && end == units) ||
                      (entry->form == FORM_EQUALS && start == 0 && end == units);
        if (placed && literal_stands(entry->literal, value->data, start))
            keyword_found(matcher, entry);
    }
}

// Sixteen units as bytes, CASE_BIT set; what is no ASCII becomes CASE_BIT alone or a byte from
// 0x80 on.
static inline __m128i units_load(const uint8_t *utf16) {
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)utf16);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(utf16 + 16));
    return _mm_or_si128(_mm_packus_epi16(low, high), _mm_set1_epi8(CASE_BIT));
}

// Places of one window where an anchor's pair may stand.
static inline __m128i anchor_places(const struct anchor *anchor, __m128i here, __m128i next) {
    return _mm_and_si128(_mm_cmpeq_epi8(here, anchor->first), _mm_cmpeq_epi8(next, anchor->second));
}

// Look closely at the window that starts at unit `at`.
static __attribute__((noinline)) void window_check(struct matcher *matcher,
                                                   const struct keyword_index *keywords,
                                                   const struct value *value, const uint8_t *window,
                                                   size_t at) {
    __m128i here = units_load(window);
    __m128i next = units_load(window + 2);
    for (uint32_t i = 0; i < keywords->anchor_count; i++) {
        __m128i found = anchor_places(&keywords->anchors[i], here, next);
        for (uint32_t places = (uint32_t)_mm_movemask_epi8(found); places; places &= places - 1)
            anchor_check(matcher, &keywords->anchors[i], value, at + (size_t)__builtin_ctz(places));
    }
}

// One window of WINDOW_UNITS readable units that stands at unit `at` of the value. Anchors
// that are not used look for what is never there, so that the usual few need no loop.
static inline void window_scan(struct matcher *matcher, const struct keyword_index *keywords,
                               const struct value *value, const uint8_t *window, size_t at) {
    __m128i here = units_load(window);
    __m128i next = units_load(window + 2);
    __m128i found = anchor_places(&keywords->anchors[0], here, next);
    for (uint32_t i = 1; i < ANCHORS_USUAL; i++)
        found = _mm_or_si128(found, anchor_places(&keywords->anchors[i], here, next));
    for (uint32_t i = ANCHORS_USUAL; i < keywords->anchor_count; i++)
        found = _mm_or_si128(found, anchor_places(&keywords->anchors[i], here, next));
    if (__builtin_expect(_mm_movemask_epi8(found), 0))
        window_check(matcher, keywords, value, window, at);
}

// A value that has WINDOW_UNITS is covered by whole windows, the last one overlapping. A
// shorter one is read where it lies when the record has enough bytes behind it, else copied.
static void scan_utf16(struct matcher *matcher, const struct keyword_index *keywords,
                       const struct value *value) {
    size_t units = value->size / 2;
    if (units >= WINDOW_UNITS) {
        for (size_t at = 0; units - at > WINDOW_UNITS; at += STEP_UNITS)
            window_scan(matcher, keywords, value, value->data + 2 * at, at);
        size_t last = units - WINDOW_UNITS;
        window_scan(matcher, keywords, value, value->data + 2 * last, last);
        return;
    }
    struct slice raw = matcher->event->raw;
    uintptr_t start = (uintptr_t)raw.data;
    uintptr_t from = (uintptr_t)value->data;
    if (from >= start && raw.size >= 2 * WINDOW_UNITS &&
        from - start <= raw.size - 2 * WINDOW_UNITS) {
        window_scan(matcher, keywords, value, value->data, 0);
        return;
    }
    uint8_t copy[2 * WINDOW_UNITS] = {0};
    memcpy(copy, value->data, 2 * units);
    window_scan(matcher, keywords, value, copy, 0);
}

static bool text_is_beyond_ascii(const uint8_t *utf16, size_t units) {
    for (size_t i = 0; i < units; i++)
        if (bytes_get_u16(utf16 + 2 * i) >= 0x80)
            return true;
    return false;
}

static bool is_searched_as_it_lies(const struct keyword_index *keywords,
                                   const struct value *value) {
    return kind_group(value->kind) == GROUP_UTF16 && keywords->by_anchors &&
           !(keywords->beyond_ascii && text_is_beyond_ascii(value->data, value->size / 2));
}

bool keyword_value_is_left(const struct keyword_index *keywords, const struct value *value) {
    return value->size && (kind_group(value->kind) & keywords->groups) &&
           !is_searched_as_it_lies(keywords, value);
}

// The common case: nothing but ASCII keywords, few anchors.
static bool bank_scan(struct matcher *matcher, const struct keyword_index *keywords,
                      const struct value *values, size_t count) {
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        const struct value *value = &values[i];
        uint8_t group = kind_group(value->kind);
        if (group == GROUP_UTF16) {
            if (value->size >= 4)
                scan_utf16(matcher, keywords, value);
        } else if ((group & keywords->groups) && value->size) {
            all = false;
        }
    }
    return all;
}

// True when all values of the bank are dealt with.
static bool bank_deal(struct matcher *matcher, const struct keyword_index *keywords,
                      const struct value *values, size_t count) {
    if (keywords->by_anchors && !keywords->beyond_ascii)
        return bank_scan(matcher, keywords, values, count);
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        if (values[i].size >= 4 && is_searched_as_it_lies(keywords, &values[i]))
            scan_utf16(matcher, keywords, &values[i]);
        else
            all &= !keyword_value_is_left(keywords, &values[i]);
    }
    return all;
}

bool keyword_scan_banks(struct matcher *matcher, const struct keyword_index *keywords,
                        uint32_t index_serial) {
    const struct event *event = matcher->event;
    bool all = true;
    for (size_t bank = 0; bank < EVENT_BANKS_MAX; bank++) {
        if (event->bank_sizes[bank] == 0)
            continue;
        uint64_t serial = event->bank_serials[bank];
        struct quiet_bank *quiet = &matcher->quiet_banks[serial % QUIET_BANKS];
        if (serial && quiet->serial == serial && quiet->index_serial == index_serial)
            continue;
        uint32_t before = matcher->keyword_count;
        bool dealt = bank_deal(matcher, keywords, event->banks[bank], event->bank_sizes[bank]);
        if (serial && dealt && matcher->keyword_count == before)
            *quiet = (struct quiet_bank){serial, index_serial};
        all &= dealt;
    }
    return all;
}
