// One BinXML element as words and values
// SPDX-License-Identifier: Apache-2.0
#include "decode/evtx_scan.h"

#include "base/buffer.h"
#include "base/bytes.h"

#include <assert.h>

// MS-EVEN6 2.2.12, "Token Types"; bit 0x40 says that more of the same kind follows.
enum {
    TOKEN_EOF = 0x00,
    TOKEN_ELEMENT = 0x01,
    TOKEN_CLOSE_START = 0x02,
    TOKEN_CLOSE_EMPTY = 0x03,
    TOKEN_END = 0x04,
    TOKEN_VALUE = 0x05,
    TOKEN_ATTRIBUTE = 0x06,
    TOKEN_CDATA = 0x07,
    TOKEN_CHARACTER = 0x08,
    TOKEN_ENTITY = 0x09,
    TOKEN_INSTRUCTION_TARGET = 0x0A,
    TOKEN_INSTRUCTION_DATA = 0x0B,
    TOKEN_SUBSTITUTION = 0x0D,
    TOKEN_SUBSTITUTION_OPTIONAL = 0x0E,
    TOKEN_FRAGMENT = 0x0F,
    TOKEN_MORE = 0x40,
};

static const char REASON_SHORT[] = "BinXML ends too early";
static const char REASON_TOKEN[] = "BinXML token is unknown here";
static const char REASON_NAME[] = "BinXML name is outside the chunk or too long";
static const char REASON_DEPTH[] = "BinXML elements are nested too deeply";
static const char REASON_MANY[] = "BinXML holds too many values";

static const char *scan_word(struct evtx_scan *scan, uint32_t word) {
    if (scan->word_count == EVTX_WORDS_MAX)
        return REASON_MANY;
    scan->words[scan->word_count++] = word;
    return NULL;
}

// A name reference: the offset of the name; when it follows at once, step over it.
static const char *scan_name(struct evtx_scan *scan, uint32_t *ret_name) {
    uint32_t offset;
    struct slice utf16;
    uint32_t position = scan->at;
    struct slice window = {scan->chunk.data, scan->end};
    if (!bytes_u32(window, position, &offset))
        return REASON_SHORT;
    scan->at += 4;
    bool is_inline = offset == scan->at;
    if (!evtx_name_bytes(is_inline ? window : scan->chunk, offset, &utf16))
        return REASON_NAME;
    if (is_inline) {
        size_t size = EVTX_NAME_HEADER_SIZE + utf16.size + 2; // a NUL stands behind it
        if (!bytes_inside(window, scan->at, size))
            return REASON_SHORT;
        scan->at += (uint32_t)size;
    }
    *ret_name = evtx_dictionary_at(scan->names, scan->chunk, offset);
    if (*ret_name == INTERN_FULL)
        return REASON_NAME;
    if (scan->name_uses) {
        if (scan->name_use_count == EVTX_NAME_USES_MAX)
            return REASON_MANY;
        scan->name_uses[scan->name_use_count++] =
            (struct evtx_name_use){position - scan->body, is_inline, *ret_name};
    }
    return NULL;
}

static const char *scan_piece(struct evtx_scan *scan, struct value piece) {
    if (scan->literal_count >= scan->literal_max)
        return REASON_MANY;
    if (!scan->in_run) {
        scan->in_run = true;
        scan->run = scan->literal_count;
    }
    scan->literals[scan->literal_count++] = piece;
    return NULL;
}

// The pieces from scan->run on as one value: UTF-16 stays what it is, anything else is put
// together as text.
static const char *scan_join(struct evtx_scan *scan) {
    const struct value *pieces = scan->literals + scan->run;
    size_t count = scan->literal_count - scan->run;
    size_t size = 0;
    bool is_utf16 = true;
    for (size_t i = 0; i < count; i++) {
        size += pieces[i].size;
        is_utf16 = is_utf16 && pieces[i].kind == VALUE_UTF16;
    }
    struct value joined = {.kind = VALUE_UTF16};
    if (is_utf16) {
        uint8_t *text = arena_new(scan->scratch, size + 1, 1);
        if (!text)
            return REASON_MANY;
        joined.data = text;
        for (size_t i = 0; i < count; i++) {
            if (pieces[i].size)
                memcpy(text + joined.size, pieces[i].data, pieces[i].size);
            joined.size += pieces[i].size;
        }
    } else {
        struct buffer buffer;
        buffer_init(&buffer, EVTX_SCRATCH_BYTES_MAX);
        for (size_t i = 0; i < count; i++)
            value_append_text(&pieces[i], &buffer);
        struct slice kept = arena_keep(scan->scratch, buffer_slice(&buffer));
        bool failed = buffer.failed || !kept.data;
        buffer_done(&buffer);
        if (failed)
            return REASON_MANY;
        joined = (struct value){.data = kept.data, .size = (uint32_t)kept.size, .kind = VALUE_UTF8};
    }
    scan->literals[scan->run] = joined;
    scan->literal_count = scan->run + 1;
    return NULL;
}

// The text that was being read ends here: one literal, or the name of a Data element.
static const char *scan_finish_text(struct evtx_scan *scan) {
    bool is_data_name = scan->is_data_name;
    scan->is_data_name = false;
    if (!scan->in_run)
        return NULL;
    scan->in_run = false;
    if (scan->literal_count - scan->run > 1) {
        const char *reason = scan_join(scan);
        if (reason)
            return reason;
    }
    struct value *text = &scan->literals[scan->run];
    value_trim(text);
    if (is_data_name && text->kind == VALUE_UTF16 && text->size) {
        assert(scan->word_count);
        uint32_t name = evtx_dictionary_add_utf16(scan->names, slice_of(text->data, text->size));
        if (name == INTERN_FULL)
            return REASON_NAME;
        scan->words[scan->word_count - 1] = EVTX_WORD_DATA_NAME | name;
        scan->literal_count = scan->run;
        return NULL;
    }
    return scan_word(scan, EVTX_WORD_LITERAL);
}

static bool scan_is_container(const struct evtx_scan *scan, uint32_t depth) {
    return depth == 0 ? scan->in_container : evtx_name_is_container(scan->elements[depth - 1]);
}

static const char *scan_start(struct evtx_scan *scan, bool has_attributes) {
    uint32_t name;
    scan->at += (scan->is_template ? 2u : 0u) + 4; // dependency id, size
    const char *reason = scan_name(scan, &name);
    if (reason)
        return reason;
    if (has_attributes)
        scan->at += 4; // size of the attribute list
    if (scan->depth == EVTX_ELEMENTS_MAX)
        return REASON_DEPTH;
    scan->elements[scan->depth++] = name;
    return scan_word(scan, EVTX_WORD_ELEMENT | name);
}

static const char *scan_attribute(struct evtx_scan *scan) {
    uint32_t name;
    const char *reason = scan_name(scan, &name);
    if (reason)
        return reason;
    if (scan->depth == 0)
        return REASON_TOKEN;
    scan->is_data_name = name == EVTX_NAME_NAME &&
                         scan->elements[scan->depth - 1] == EVTX_NAME_DATA &&
                         scan_is_container(scan, scan->depth - 1);
    return scan_word(scan, EVTX_WORD_ATTRIBUTE | name);
}

// Size of a value that carries none of its own; 0 when it has no fixed one.
static uint32_t scan_fixed_size(uint8_t kind) {
    static const uint8_t sizes[] = {
        [VALUE_INT8] = 1,     [VALUE_UINT8] = 1,       [VALUE_INT16] = 2, [VALUE_UINT16] = 2,
        [VALUE_INT32] = 4,    [VALUE_UINT32] = 4,      [VALUE_INT64] = 8, [VALUE_UINT64] = 8,
        [VALUE_REAL32] = 4,   [VALUE_REAL64] = 8,      [VALUE_BOOL] = 4,  [VALUE_GUID] = 16,
        [VALUE_FILETIME] = 8, [VALUE_SYSTEMTIME] = 16, [VALUE_HEX32] = 4, [VALUE_HEX64] = 8};
    return kind < ARRAY_SIZE(sizes) ? sizes[kind] : 0;
}

static const char *scan_counted(struct evtx_scan *scan, uint8_t kind, uint32_t unit) {
    struct slice window = {scan->chunk.data, scan->end};
    uint16_t count;
    if (!bytes_u16(window, scan->at, &count) ||
        !bytes_inside(window, scan->at + 2u, (size_t)count * unit))
        return REASON_SHORT;
    struct value value = {window.data + scan->at + 2, count * unit, kind, {0}};
    scan->at += 2 + value.size;
    return scan_piece(scan, value);
}

static const char *scan_value(struct evtx_scan *scan) {
    struct slice window = {scan->chunk.data, scan->end};
    uint8_t kind;
    if (!bytes_u8(window, scan->at, &kind))
        return REASON_SHORT;
    scan->at++;
    if (kind == VALUE_UTF16)
        return scan_counted(scan, kind, 2);
    if (kind == VALUE_ANSI || kind == VALUE_BINARY)
        return scan_counted(scan, kind, 1);
    uint32_t size = scan_fixed_size(kind);
    if (kind == VALUE_SID && bytes_inside(window, scan->at, 8))
        size = 8 + 4u * window.data[scan->at + 1];
    if (size == 0 && kind != VALUE_NULL)
        return "BinXML literal is of a kind that has no size";
    if (!bytes_inside(window, scan->at, size))
        return REASON_SHORT;
    struct value value = {window.data + scan->at, size, kind, {0}};
    scan->at += size;
    return scan_piece(scan, value);
}

static const char *scan_character(struct evtx_scan *scan) {
    struct slice window = {scan->chunk.data, scan->end};
    if (!bytes_inside(window, scan->at, 2))
        return REASON_SHORT;
    struct value value = {window.data + scan->at, 2, VALUE_UTF16, {0}};
    scan->at += 2;
    return scan_piece(scan, value);
}

// The five entities of XML; any other stays as it is written.
static const char *scan_entity(struct evtx_scan *scan) {
    static const struct {
        const char *name;
        uint8_t utf16[2];
    } known[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    uint32_t name;
    const char *reason = scan_name(scan, &name);
    if (reason)
        return reason;
    struct slice text = evtx_dictionary_text(scan->names, name);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (slice_equal_string(text, known[i].name))
            return scan_piece(scan, (struct value){known[i].utf16, 2, VALUE_UTF16, {0}});
    const struct value pieces[] = {
        {(const uint8_t *)"&", 1, VALUE_ANSI, {0}},
        {text.data, (uint32_t)text.size, VALUE_UTF8, {0}},
        {(const uint8_t *)";", 1, VALUE_ANSI, {0}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pieces) && !reason; i++)
        reason = scan_piece(scan, pieces[i]);
    return reason;
}

static const char *scan_substitution(struct evtx_scan *scan) {
    struct slice window = {scan->chunk.data, scan->end};
    uint16_t index;
    uint8_t kind;
    if (!scan->is_template || scan->depth == 0)
        return REASON_TOKEN;
    if (!bytes_u16(window, scan->at, &index) || !bytes_u8(window, scan->at + 2u, &kind))
        return REASON_SHORT;
    scan->at += 3;
    const char *reason = scan_finish_text(scan);
    if (reason)
        return reason;
    uint32_t flag = kind == VALUE_BINXML ? EVTX_WORD_TYPED_BINXML : 0;
    return scan_word(scan, EVTX_WORD_SUBSTITUTION | flag | index);
}

static const char *scan_end(struct evtx_scan *scan) {
    const char *reason = scan_finish_text(scan);
    if (reason)
        return reason;
    if (scan->depth == 0)
        return REASON_TOKEN;
    scan->depth--;
    return scan_word(scan, EVTX_WORD_END);
}

// A piece of text; everything else ends the text before it.
static const char *scan_text(struct evtx_scan *scan, uint8_t token) {
    if (scan->depth == 0)
        return REASON_TOKEN;
    switch (token) {
    case TOKEN_VALUE:
        return scan_value(scan);
    case TOKEN_CDATA:
        return scan_counted(scan, VALUE_UTF16, 2);
    case TOKEN_CHARACTER:
        return scan_character(scan);
    default:
        return scan_entity(scan);
    }
}

// Processing instructions say nothing that a log needs: stepped over.
static const char *scan_instruction(struct evtx_scan *scan, uint8_t token) {
    uint32_t name;
    uint16_t units;
    if (token == TOKEN_INSTRUCTION_TARGET)
        return scan_name(scan, &name);
    if (!bytes_u16((struct slice){scan->chunk.data, scan->end}, scan->at, &units))
        return REASON_SHORT;
    scan->at += 2 + 2u * units;
    return NULL;
}

static const char *scan_token(struct evtx_scan *scan, uint8_t token) {
    uint8_t kind = token & (uint8_t)~TOKEN_MORE;
    const char *reason;
    switch (kind) {
    case TOKEN_ELEMENT:
        reason = scan_finish_text(scan);
        return reason ? reason : scan_start(scan, token & TOKEN_MORE);
    case TOKEN_ATTRIBUTE:
        reason = scan_finish_text(scan);
        return reason ? reason : scan_attribute(scan);
    case TOKEN_CLOSE_START:
        if (scan->depth == 0)
            return REASON_TOKEN;
        reason = scan_finish_text(scan);
        return reason ? reason : scan_word(scan, EVTX_WORD_CONTENT);
    case TOKEN_CLOSE_EMPTY:
    case TOKEN_END:
        return scan_end(scan);
    case TOKEN_VALUE:
    case TOKEN_CDATA:
    case TOKEN_CHARACTER:
    case TOKEN_ENTITY:
        return scan_text(scan, kind);
    case TOKEN_INSTRUCTION_TARGET:
    case TOKEN_INSTRUCTION_DATA:
        return scan_instruction(scan, kind);
    case TOKEN_SUBSTITUTION:
    case TOKEN_SUBSTITUTION_OPTIONAL:
        return scan_substitution(scan);
    case TOKEN_FRAGMENT:
        scan->at += 3;
        return NULL;
    default:
        return REASON_TOKEN;
    }
}

const char *evtx_scan_element(struct evtx_scan *scan) {
    assert(scan->end <= scan->chunk.size);
    scan->word_count = scan->literal_count = scan->name_use_count = 0;
    scan->depth = 0;
    scan->in_run = scan->is_data_name = false;
    scan->body = scan->at;
    do {
        if (scan->at >= scan->end)
            return REASON_SHORT;
        uint8_t token = scan->chunk.data[scan->at++];
        const char *reason = scan_token(scan, token);
        if (reason)
            return reason;
    } while (scan->depth || scan->word_count == 0);
    assert((scan->words[0] & EVTX_WORD_OPERATION) == EVTX_WORD_ELEMENT);
    return NULL;
}
