// Whether a text fits a pattern
// SPDX-License-Identifier: Apache-2.0
#include "match/evaluate.h"
#include "match/fold.h"

#include <emmintrin.h>

// First and last byte of the needle are looked for sixteen places at a time; what has both is
// compared whole.
size_t text_find(struct slice text, struct slice needle) {
    if (needle.size == 0)
        return 0;
    if (needle.size > text.size)
        return SIZE_MAX;
    size_t places = text.size - needle.size + 1;
    const __m128i first = _mm_set1_epi8((char)needle.data[0]);
    const __m128i last = _mm_set1_epi8((char)needle.data[needle.size - 1]);
    for (size_t at = 0; at < places; at += 16) {
        const uint8_t *from = text.data + at;
        __m128i starts = _mm_loadu_si128((const __m128i *)(const void *)from);
        __m128i ends = _mm_loadu_si128((const __m128i *)(const void *)(from + needle.size - 1));
        __m128i both = _mm_and_si128(_mm_cmpeq_epi8(starts, first), _mm_cmpeq_epi8(ends, last));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(both);
        for (; mask; mask &= mask - 1) {
            size_t place = at + (size_t)__builtin_ctz(mask);
            if (place >= places)
                return SIZE_MAX;
            if (memcmp(text.data + place, needle.data, needle.size) == 0)
                return place;
        }
    }
    return SIZE_MAX;
}

struct parts_walk {
    const struct compiled *compiled;
    const struct compiled_part *parts;
    uint32_t count;
    struct slice text;
    uint32_t part; // next to fit
    size_t at;     // place in the text
    uint32_t any_part;
    size_t any_at;
};

// Go on behind the last ANY from its place: straight to where the literal behind it stands.
static bool parts_resume(struct parts_walk *walk) {
    walk->part = walk->any_part + 1;
    if (walk->part < walk->count && walk->parts[walk->part].kind == PATTERN_LITERAL) {
        struct slice rest = slice_part(walk->text, walk->any_at, SIZE_MAX);
        struct slice literal = compiled_slice(walk->compiled, walk->parts[walk->part].literal);
        size_t place = text_find(rest, literal);
        if (place == SIZE_MAX)
            return false;
        walk->any_at += place;
    }
    walk->at = walk->any_at;
    return true;
}

// One part that is not ANY.
static bool parts_step(struct parts_walk *walk) {
    if (walk->part == walk->count)
        return false;
    const struct compiled_part *part = &walk->parts[walk->part];
    if (part->kind == PATTERN_ONE) {
        if (walk->at >= walk->text.size)
            return false;
        walk->at += fold_code_point_size(walk->text, walk->at);
    } else {
        struct slice literal = compiled_slice(walk->compiled, part->literal);
        if (!slice_starts(slice_part(walk->text, walk->at, SIZE_MAX), literal))
            return false;
        walk->at += literal.size;
    }
    walk->part++;
    return true;
}

// Greedy walk with one place to come back to, the last ANY: enough, since a later ANY takes
// whatever an earlier one could have left.
static bool parts_fit(const struct compiled *compiled, struct compiled_list list,
                      struct slice text) {
    struct parts_walk walk = {.compiled = compiled,
                              .parts = compiled->parts + list.first,
                              .count = list.count,
                              .text = text,
                              .any_part = UINT32_MAX};
    while (walk.part < walk.count || walk.at < text.size) {
        if (walk.part < walk.count && walk.parts[walk.part].kind == PATTERN_ANY) {
            walk.any_part = walk.part;
            walk.any_at = walk.at;
            if (!parts_resume(&walk))
                return false;
        } else if (!parts_step(&walk)) {
            if (walk.any_part == UINT32_MAX || walk.any_at >= text.size)
                return false;
            walk.any_at += fold_code_point_size(text, walk.any_at);
            if (!parts_resume(&walk))
                return false;
        }
    }
    return true;
}

bool pattern_fits(const struct compiled *compiled, const struct compiled_atom *atom,
                  struct slice text) {
    struct slice literal = compiled_slice(compiled, atom->text);
    switch ((enum compiled_form)atom->form) {
    case FORM_EQUALS:
        return slice_equal(text, literal);
    case FORM_STARTS:
        return slice_starts(text, literal);
    case FORM_ENDS:
        return slice_ends(text, literal);
    case FORM_CONTAINS:
        return text_find(text, literal) != SIZE_MAX;
    case FORM_PRESENT:
        return true;
    case FORM_GENERAL:
        return parts_fit(compiled, atom->parts, text);
    case FORM_COUNT:
        break;
    }
    return false;
}
