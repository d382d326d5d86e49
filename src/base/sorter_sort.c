// Order of a sorter's records in memory
// SPDX-License-Identifier: Apache-2.0
#include "base/sorter_sort.h"

#include "base/sorter_run.h"

#include <stdbool.h>
#include <string.h>

// Cost: keys lie all over the data, so that a look at one is a cache miss, and many begin alike.
// Entries are sorted by one word of their keys, which lies in the entry; those that agree in it
// load the next word, and so on. A key is looked at once for each word in which it is like another.
enum {
    SORT_FEW = 8,        // entries that are not worth another word
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

// Entries that agree so far load their next word. False when no key has one.
static bool load_words(const struct sort_piece *piece, struct sorter_entry *entries, size_t count) {
    size_t start = piece->depth * sizeof entries->word;
    bool have_more = false;
    for (size_t i = 0; i < count; i++) {
        struct slice key = run_record_at(piece->data + entries[i].offset).key;
        have_more |= key.size > start;
        entries[i].word = run_prefix(slice_part(key, start, SIZE_MAX));
    }
    return have_more;
}

static void sort_piece(struct sort_piece piece, struct sorter_entry *entries, size_t count) {
    piece.whole = count <= SORT_FEW || piece.depth == SORT_WORDS_MAX ||
                  (piece.depth && !load_words(&piece, entries, count));
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
