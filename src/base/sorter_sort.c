// Order of a sorter's records in memory
// SPDX-License-Identifier: Apache-2.0
#include "base/sorter_sort.h"

#include "base/sorter_run.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// Cost: keys lie all over the data, so that a look at one is a cache miss, and many begin alike.
// Entries are sorted by one word of their keys, which lies in the entry; those that agree in it
// load the next word, and so on. A key is looked at once for each word in which it is like another,
// and asked for from memory some entries before. Many entries are dealt out by those bytes of the
// words that differ at all; few are merged.
enum {
    SORT_FEW = 8,        // entries that are not worth another word
    SORT_MANY = 1024,    // entries that are worth a count of all values of a byte
    SORT_AHEAD = 12,     // entries whose keys are under way from memory
    SORT_VALUES = 256,   // of a byte
    SORT_WORDS_MAX = 48, // of a key; what is alike beyond is compared byte by byte
};

// Entries that agree in the first `depth` words.
struct sort_piece {
    const uint8_t *data;
    struct sorter_entry *scratch;
    size_t depth;
    bool whole; // equal words: the records are compared
};

static bool entry_follows(const struct sort_piece *piece, const struct sorter_entry *a,
                          const struct sorter_entry *b) {
    if (a->word != b->word || !piece->whole)
        return a->word > b->word;
    struct run_record record_a = run_record_at(piece->data + a->offset);
    struct run_record record_b = run_record_at(piece->data + b->offset);
    return run_record_compare(&record_a, &record_b) > 0;
}

static void insert_sort(const struct sort_piece *piece, struct sorter_entry *entries,
                        size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct sorter_entry entry = entries[i];
        size_t at = i;
        for (; at > 0 && entry_follows(piece, &entries[at - 1], &entry); at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

// Merge from[0..middle) and from[middle..count) to to[0..count).
static void merge_pair(const struct sort_piece *piece, const struct sorter_entry *from,
                       struct sorter_entry *to, size_t middle, size_t count) {
    size_t left = 0, right = middle;
    for (size_t at = 0; at < count; at++) {
        bool take_left =
            right == count || (left < middle && !entry_follows(piece, &from[left], &from[right]));
        to[at] = from[take_left ? left++ : right++];
    }
}

static void merge_sort(const struct sort_piece *piece, struct sorter_entry *entries, size_t count) {
    for (size_t low = 0; low < count; low += SORT_FEW)
        insert_sort(piece, entries + low, count - low < SORT_FEW ? count - low : SORT_FEW);
    struct sorter_entry *from = entries, *to = piece->scratch;
    for (size_t width = SORT_FEW; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t left = count - low;
            merge_pair(piece, from + low, to + low, left < width ? left : width,
                       left < 2 * width ? left : 2 * width);
        }
        struct sorter_entry *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != entries)
        memcpy(entries, from, count * sizeof *entries);
}

// Which bits differ between words, and whether the words lie in order.
static uint64_t words_differ(const struct sorter_entry *entries, size_t count, bool *ret_ordered) {
    uint64_t differ = 0;
    bool ordered = true;
    for (size_t i = 1; i < count; i++) {
        differ |= entries[i].word ^ entries[0].word;
        ordered &= entries[i - 1].word <= entries[i].word;
    }
    *ret_ordered = ordered;
    return differ;
}

// Deal entries out by one byte of their words; those that agree in it stay in their order.
static void deal(const struct sorter_entry *from, struct sorter_entry *to, size_t count,
                 unsigned shift) {
    size_t places[SORT_VALUES] = {0};
    for (size_t i = 0; i < count; i++)
        places[from[i].word >> shift & 0xFF]++;
    for (size_t value = 0, place = 0; value < SORT_VALUES; value++) {
        size_t here = places[value];
        places[value] = place;
        place += here;
    }
    for (size_t i = 0; i < count; i++)
        to[places[from[i].word >> shift & 0xFF]++] = from[i];
}

// By words alone, the last byte first.
static void deal_sort(const struct sort_piece *piece, struct sorter_entry *entries, size_t count) {
    bool ordered;
    uint64_t differ = words_differ(entries, count, &ordered);
    struct sorter_entry *from = entries, *to = piece->scratch;
    for (unsigned shift = 0; shift < 64 && !ordered; shift += 8) {
        if (!(differ >> shift & 0xFF))
            continue;
        deal(from, to, count, shift);
        struct sorter_entry *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != entries)
        memcpy(entries, from, count * sizeof *entries);
}

// Asks for a record's head and for the key's word at `start`. A short key ends before that, the
// last one with all data: an address is asked for, no pointer made.
static void record_prefetch(const uint8_t *record, size_t start) {
    __builtin_prefetch(record);
    __builtin_prefetch((const void *)((uintptr_t)record + RUN_HEAD_BYTES + start));
}

// Entries that agree so far load their next word. False when no key has one.
static bool load_words(const struct sort_piece *piece, struct sorter_entry *entries, size_t count) {
    size_t start = piece->depth * sizeof entries->word;
    bool have_more = false;
    for (size_t i = 0; i < count; i++) {
        if (i + SORT_AHEAD < count)
            record_prefetch(piece->data + entries[i + SORT_AHEAD].offset, start);
        struct slice key = run_record_at(piece->data + entries[i].offset).key;
        have_more |= key.size > start;
        entries[i].word = run_prefix(slice_part(key, start, SIZE_MAX));
    }
    return have_more;
}

static void sort_piece(struct sort_piece piece, struct sorter_entry *entries, size_t count) {
    piece.whole = count <= SORT_FEW || piece.depth == SORT_WORDS_MAX ||
                  (piece.depth && !load_words(&piece, entries, count));
    if (count >= SORT_MANY && !piece.whole)
        deal_sort(&piece, entries, count);
    else
        merge_sort(&piece, entries, count);
    if (piece.whole)
        return;
    piece.depth++;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && entries[to].word == entries[from].word;)
            to++;
        if (to - from > 1)
            sort_piece(piece, entries + from, to - from);
    }
}

void entries_sort(const uint8_t *data, struct sorter_entry *entries, struct sorter_entry *scratch,
                  size_t count) {
    sort_piece((struct sort_piece){.data = data, .scratch = scratch}, entries, count);
}
