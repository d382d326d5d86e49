// The tables that find triggers in texts
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_TRIGGER_INDEX_H
#define MATCH_TRIGGER_INDEX_H

#include "match/trigger.h"

#include <emmintrin.h>

// Private to trigger_*.c. One field's literals are spread over tables by where they stand and
// how long they are; each text makes one probe a table:
//
//     at the end, 8 bytes or more     last 8 bytes -> entries      (also EQUALS)
//     at the end, 4 to 7 bytes        last 4 bytes -> entries
//     equal, less than 8 bytes        all bytes and their number -> entries
//     anywhere, 4 bytes or more       rarest 4 bytes -> bitmap -> entries
//     anywhere, 3 or 2 bytes          all bytes -> bitmap -> entries
//     a single byte                   looked for one by one
//
// Literals beyond ASCII have gram tables of their own, asked only for texts beyond ASCII.

// A literal and the rules it triggers.
struct trigger_entry {
    struct slice literal; // folded, of the compiled blob
    const uint32_t *rules;
    uint32_t rule_count;
    uint32_t atom;
    uint32_t number;      // place among the plan's entry stamps
    uint32_t gram_offset; // of the gram in the literal
    uint8_t form;
    bool settles; // finding the literal is all that the atom asks
};

struct key_slot {
    uint64_t key;
    uint32_t first; // into the entries of the table
    uint32_t count; // 0: free
};

// From a key to the entries that have it. Open addressing, at most half full.
struct key_table {
    struct key_slot *slots;
    uint32_t mask; // capacity - 1; 0 and no slots: empty
    const struct trigger_entry **entries;
};

// Grams of one size: a bit per hash to say no fast, then the table.
struct gram_table {
    uint64_t *bits;
    uint32_t shift; // of the 32-bit hash
    uint32_t gram_mask;
    uint32_t gram_size;
    struct key_table table;
    bool used;
};

// Keywords are looked for in every field of every event of their log source, so rendering all
// of them would cost more than all other rules together. Instead UTF-16 is searched as it
// lies: a few pairs of neighbouring characters (anchors) are chosen such that each literal has
// one of them; sixteen places at a time are tested for all anchors.
struct anchor {
    __m128i first, second; // the pair, sixteen times, each byte with bit 0x20 set
    const struct trigger_entry **entries;
    uint32_t *offsets; // of the pair in the entry's literal
    uint32_t entry_count;
};

struct keyword_index {
    struct anchor anchors[ANCHORS_MAX];
    uint32_t anchor_count;
    bool by_anchors;   // every ASCII literal has an anchor
    bool beyond_ascii; // some literal is not ASCII: texts beyond ASCII are rendered
    uint8_t groups;    // kinds of value that some literal may stand in
};

enum {
    GRAM_SIZE = 4,
    GRAM_SIZE_LEAST = 2,
    GRAM_TABLES = GRAM_SIZE - GRAM_SIZE_LEAST + 1
};

struct field_index {
    uint32_t serial; // never the same twice in one matcher
    uint32_t symbol; // COMPILED_NO_SYMBOL: every field and the message
    struct key_table tails;
    bool has_tail8, has_tail4, has_whole;
    struct gram_table ascii[GRAM_TABLES];  // 4, 3 and 2 bytes
    struct gram_table beyond[GRAM_TABLES]; // the same, for literals beyond ASCII
    const struct trigger_entry **shorts;
    uint32_t short_count;
    struct keyword_index keywords; // of COMPILED_NO_SYMBOL only
    const struct trigger_entry *entries;
    uint32_t entry_count;
};

struct trigger_index {
    const struct field_index *fields;
    uint32_t field_count;
    uint32_t entry_count;
};

enum {
    TAIL_LONG = 8,
    TAIL_SHORT = 4
};

// trigger_index.c: a table of the entries' ASCII literals of at least GRAM_SIZE bytes, with about
// `bits` bits an entry: one test in so many says yes for nothing. All memory is the arena's.
enum {
    GRAM_BITS_USUAL = 32
};
void gram_table_init(struct gram_table *grams, struct arena *arena,
                     const struct trigger_entry *entries, uint32_t count, uint32_t bits);

// trigger_line.c: the fields of a line of text are values of the line. Which pieces of literals a
// value holds says which fields may have a trigger at all; the others are neither rendered nor
// folded. Look at the event at hand. False when the line says nothing: every field is to be
// scanned.
bool line_scan(struct matcher *matcher, const struct trigger_index *index,
               const struct class_symbol *const *symbols);
// After line_scan was true: whether the index's field of this place is to be scanned.
bool line_has_field(const struct matcher *matcher, uint32_t field);

// trigger_keywords.c. All memory is the arena's.
struct keyword_words { // the entries of COMPILED_NO_SYMBOL
    const struct trigger_entry *entries;
    uint32_t count;
};
void keyword_index_init(struct keyword_index *keywords, struct arena *arena,
                        struct keyword_words words, struct anchor_memo *memo);
// Search every value of the event's banks (a superset of its fields). True when all of them
// are dealt with; false when keyword_value_is_left says yes for some.
// `index_serial` is the field index's: a template's own values are searched once for each.
bool keyword_scan_banks(struct matcher *matcher, const struct keyword_index *keywords,
                        uint32_t index_serial);
// Whether the value is still to be rendered and scanned as any other.
bool keyword_value_is_left(const struct keyword_index *keywords, const struct value *value);

// trigger_scan.c: an entry's literal stands in the event; in the very field that the atom
// names, so that nothing may be left to evaluate of it.
void trigger_found(struct matcher *matcher, const struct trigger_entry *entry);
void trigger_settle(struct matcher *matcher, const struct trigger_entry *entry);

// trigger_memo.c: the same texts come again and again (image, parent, user). What one of them
// triggers in a field is remembered by its raw bytes, so that it is neither folded nor scanned
// again. trigger_memo_find gives the value's place, NULL when it is none to be remembered;
// *ret_known says that the place holds this very value.
struct trigger_text {
    const struct field_index *field;
    const struct value *value; // of the record
    uint64_t transforms;       // that are made of it, a bit each
};

struct trigger_memo *trigger_memo_find(struct matcher *matcher, const struct trigger_text *text,
                                       bool *ret_known);
// By what texts are remembered: 32 bits of a value's bytes and who asks.
uint32_t trigger_memo_hash(uint32_t serial, const struct value *value);
void trigger_memo_replay(struct matcher *matcher, const struct trigger_memo *memo);
// After the scan that began with caught_count 0.
void trigger_memo_keep(const struct matcher *matcher, const struct trigger_text *text,
                       struct trigger_memo *memo);

// Keys of the table of tails: the bytes, mixed with which of the three they are.
static inline uint64_t trigger_key(uint64_t bytes, uint32_t kind) {
    return bytes * UINT64_C(0x9E3779B97F4A7C15) ^ kind * UINT64_C(0xC2B2AE3D27D4EB4F);
}

static inline uint32_t trigger_key_place(uint64_t key, uint32_t mask) {
    return (uint32_t)(key * UINT64_C(0xD6E8FEB86659FD93) >> 32) & mask;
}

#define GRAM_FACTOR 0x9E3779B1u

static inline uint32_t gram_hash(uint32_t gram) {
    return gram * GRAM_FACTOR;
}

// First slot for the key, or NULL.
static inline const struct key_slot *key_table_find(const struct key_table *table, uint64_t key) {
    for (uint32_t i = trigger_key_place(key, table->mask);; i = (i + 1) & table->mask) {
        const struct key_slot *slot = &table->slots[i];
        if (slot->count == 0)
            return NULL;
        if (slot->key == key)
            return slot;
    }
}

#endif
