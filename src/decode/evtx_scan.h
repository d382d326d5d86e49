// One BinXML element as words and values
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EVTX_SCAN_H
#define DECODE_EVTX_SCAN_H

#include "decode/evtx_limits.h"
#include "decode/evtx_dictionary.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/slice.h"
#include "model/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// BinXML (MS-EVEN6 2.2.12) is read in one place, here, for template definitions and for
// fragments without a template alike. An element becomes
//
//     words     its structure: which elements and attributes hold a literal or a substitution
//     literals  the values of the W_LITERAL words, in order; views into the chunk
//
// so that two fragments of equal words differ in nothing but their values.
enum evtx_word {
    EVTX_WORD_ELEMENT = 0x01000000,      // low 24 bits: name
    EVTX_WORD_END = 0x02000000,          // of the innermost element
    EVTX_WORD_ATTRIBUTE = 0x03000000,    // low 24 bits: name
    EVTX_WORD_DATA_NAME = 0x04000000,    // <Data Name="..."> of EventData; low 24 bits: that name
    EVTX_WORD_LITERAL = 0x05000000,      // the next literal
    EVTX_WORD_SUBSTITUTION = 0x06000000, // low 16 bits: index; bit 16: typed as BinXML
    EVTX_WORD_CONTENT = 0x07000000,      // attributes end, content begins
    EVTX_WORD_OPERATION = 0x7F000000,
    EVTX_WORD_OPERAND = 0x00FFFFFF,
    EVTX_WORD_TYPED_BINXML = 0x00010000,
};

// Where a template definition refers to a name. Chunk offsets stand there, so that the same
// definition differs from chunk to chunk in these places only.
struct evtx_name_use {
    uint32_t position; // of the offset word, from the start of the body
    bool is_inline;    // the name follows at once; the four bytes after the word vary too
    uint32_t name;     // its number in the dictionary
};

struct evtx_scan {
    // in
    struct evtx_dictionary *names;
    struct slice chunk;
    uint32_t at; // of the first token; after the call: behind the element
    uint32_t end;
    bool is_template;      // a definition: substitutions, and a dependency id in each element
    bool in_container;     // the element stands directly in EventData or UserData
    struct arena *scratch; // for texts that come in pieces
    uint32_t *words;       // EVTX_WORDS_MAX
    struct value *literals;
    size_t literal_max;
    struct evtx_name_use *name_uses; // EVTX_NAME_USES_MAX; NULL when not wanted
    // out
    size_t word_count;
    size_t literal_count;
    size_t name_use_count;
    // private
    uint32_t body; // where name_uses count from
    size_t run;    // first literal of the text being put together
    bool in_run;
    bool is_data_name;
    uint32_t depth;
    uint32_t elements[EVTX_ELEMENTS_MAX];
};

// Some providers count the NUL behind a text, or several: no part of the text.
static inline void value_trim(struct value *value) {
    if (value->kind == VALUE_UTF16)
        while (value->size >= 2 && bytes_get_u16(value->data + value->size - 2) == 0)
            value->size -= 2;
    if (value->kind == VALUE_ANSI)
        while (value->size && value->data[value->size - 1] == 0)
            value->size--;
}

// Read one element. NULL when it was read, else the reason why not, as a gap says it.
const char *evtx_scan_element(struct evtx_scan *scan);

#endif
