// YAML as people write it, read quickly
// SPDX-License-Identifier: Apache-2.0
//
// 1. Whatever is not surely inside the subset makes the whole text unusual: `failed` is set, and
//    every function returns at once. Nothing is ever guessed.
// 2. `at` stands on the first byte of a line's content (after its indentation), or behind what
//    was read of it; `line_start` on the line's first byte; `line` counts from 1.
// 3. next_line moves to the next line that is neither blank nor a comment; `column` is then its
//    indentation, and `done` says that the document is over.
// 4. A tree equals what yaml_read_whole makes of the same text, lines included: the tests hold it
//    for every rule file at hand.
#include "base/yaml_plain.h"

#include "base/text.h"

#include <assert.h>

enum {
    KEY_BYTES_MAX = 1000 // YAML 1.2.2 7.4.2: an implicit key has at most 1024 characters
};

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *line_start;
    struct arena *arena;
    uint32_t line;
    size_t column;
    uint32_t depth;
    bool done;   // the document is over: end of text, or "---"
    bool failed; // unusual
};

static struct yaml_node *read_block(struct reader *reader, size_t indent_min);
static struct yaml_node *read_mapping(struct reader *reader, size_t column);
static struct yaml_node *read_sequence(struct reader *reader, size_t column);

static void *give_up(struct reader *reader) {
    reader->failed = true;
    return NULL;
}

static struct yaml_node *node_make(struct reader *reader, enum yaml_kind kind) {
    struct yaml_node *node = arena_new(reader->arena, 1, sizeof *node);
    if (!node)
        return give_up(reader);
    node->kind = kind;
    node->line = reader->line;
    node->weight = 1;
    node->height = 1;
    return node;
}

static const uint8_t *line_end(const struct reader *reader) {
    const uint8_t *end = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    return end ? end : reader->end;
}

static bool is_separator(struct slice line) {
    return line.size >= 3 && (memcmp(line.data, "---", 3) == 0 || memcmp(line.data, "...", 3) == 0);
}

// Onto the content of the line that starts at `from`, or of the first later one that has any.
static void line_seek(struct reader *reader, const uint8_t *from) {
    for (;;) {
        reader->line_start = from;
        reader->at = from;
        while (reader->at < reader->end && *reader->at == ' ')
            reader->at++;
        reader->column = (size_t)(reader->at - from);
        if (reader->at < reader->end && *reader->at != '\n' && *reader->at != '#')
            break;
        const uint8_t *end = line_end(reader);
        if (end == reader->end) {
            reader->at = end;
            reader->done = true;
            return;
        }
        from = end + 1;
        reader->line++;
    }
    if (*reader->at == '\t')
        reader->failed = true;
    if (reader->column == 0) {
        struct slice line = slice_of(reader->at, (size_t)(line_end(reader) - reader->at));
        if (*reader->at == '%')
            reader->failed = true;
        reader->done = is_separator(line);
    }
}

// Past the end of the current line; only blanks and a comment may be left on it.
static void next_line(struct reader *reader) {
    const uint8_t *start = reader->at;
    while (reader->at < reader->end && *reader->at == ' ')
        reader->at++;
    if (reader->at < reader->end && *reader->at != '\n' &&
        (*reader->at != '#' || reader->at == start)) {
        reader->failed = true;
        return;
    }
    const uint8_t *end = line_end(reader);
    if (end == reader->end) {
        reader->at = end;
        reader->done = true;
        reader->column = 0;
        return;
    }
    reader->line++;
    line_seek(reader, end + 1);
}

// 'it''s': up to and past the closing quote, on this line.
static void read_single_quoted(struct reader *reader, struct slice *ret_text) {
    const uint8_t *start = ++reader->at;
    const uint8_t *end = line_end(reader);
    size_t doubled = 0;
    const uint8_t *at = start;
    for (;; at++) {
        at = memchr(at, '\'', (size_t)(end - at));
        if (!at) {
            reader->failed = true;
            return;
        }
        if (at + 1 == end || at[1] != '\'')
            break;
        doubled++;
        at++;
    }
    reader->at = at + 1;
    *ret_text = slice_of(start, (size_t)(at - start));
    if (!doubled)
        return;
    uint8_t *copy = arena_new(reader->arena, ret_text->size, 1);
    if (!copy) {
        reader->failed = true;
        return;
    }
    size_t size = 0;
    for (const uint8_t *from = start; from < at; from++) {
        copy[size++] = *from;
        from += *from == '\'';
    }
    *ret_text = slice_of(copy, size);
}

// "it": on this line, only \\ and \" escaped.
static void read_double_quoted(struct reader *reader, struct slice *ret_text) {
    const uint8_t *start = ++reader->at;
    const uint8_t *end = line_end(reader);
    size_t escapes = 0;
    const uint8_t *at = start;
    for (; at < end && *at != '"'; at++) {
        if (*at != '\\')
            continue;
        at++;
        escapes++;
        if (at == end || (*at != '\\' && *at != '"')) {
            reader->failed = true;
            return;
        }
    }
    uint8_t *copy = at < end && escapes ? arena_new(reader->arena, (size_t)(at - start), 1) : NULL;
    if (at == end || (escapes && !copy)) {
        reader->failed = true;
        return;
    }
    reader->at = at + 1;
    *ret_text = slice_of(start, (size_t)(at - start));
    if (!escapes)
        return;
    size_t size = 0;
    for (const uint8_t *from = start; from < at; from++) {
        from += *from == '\\';
        copy[size++] = *from;
    }
    *ret_text = slice_of(copy, size);
}

static bool plain_may_start(const struct reader *reader, const uint8_t *end) {
    static const char indicators[] = "-?:,[]{}#&*!|>'\"%@`";
    uint8_t byte = *reader->at;
    if (!memchr(indicators, byte, sizeof indicators - 1))
        return true;
    return (byte == '-' || byte == '?' || byte == ':') && reader->at + 1 < end &&
           reader->at[1] != ' ';
}

// Up to a colon and blank, a comment, or the line's end. *ret_key: it was a colon.
static void read_plain(struct reader *reader, struct slice *ret_text, bool *ret_key) {
    const uint8_t *end = line_end(reader);
    if (!plain_may_start(reader, end)) {
        reader->failed = true;
        return;
    }
    const uint8_t *start = reader->at;
    const uint8_t *at = start;
    bool key = false;
    for (; at < end; at++) {
        if (*at == '\t') {
            reader->failed = true;
            return;
        }
        key = *at == ':' && (at + 1 == end || at[1] == ' ');
        if (key || (*at == '#' && at > start && at[-1] == ' '))
            break;
    }
    reader->at = at;
    while (at > start && at[-1] == ' ')
        at--;
    if (!key)
        reader->at = at;
    *ret_text = slice_of(start, (size_t)(at - start));
    *ret_key = key;
}

// The lines of a literal block: *ret_last is the last one with content.
struct literal {
    const uint8_t *start;
    const uint8_t *end;      // past the last line that belongs to it, blank ones included
    const uint8_t *text_end; // past the last line with content
    size_t indent;
    uint32_t lines; // that belong to it
};

static void literal_measure(struct reader *reader, size_t indent_min, struct literal *literal) {
    const uint8_t *at = literal->start;
    size_t blank_max = 0;
    while (at < reader->end) {
        const uint8_t *end = memchr(at, '\n', (size_t)(reader->end - at));
        end = end ? end + 1 : reader->end;
        const uint8_t *from = at;
        while (from < end && *from == ' ')
            from++;
        size_t column = (size_t)(from - at);
        bool blank = from == end || *from == '\n';
        if (blank && !literal->indent && column > blank_max)
            blank_max = column;
        if (!blank && !literal->indent) {
            literal->indent = column;
            if (column < indent_min || column < blank_max || *from == '\t')
                reader->failed = column >= indent_min;
            if (column < indent_min)
                break; // an empty block
        }
        // Blanks beyond the indentation are text of their own: leave that to the whole reader.
        if (blank && literal->indent && column > literal->indent)
            reader->failed = true;
        if (!blank && column < literal->indent)
            break;
        literal->lines++;
        literal->end = end;
        if (!blank)
            literal->text_end = end;
        at = end;
    }
}

// "|", "|-" or "|+" and the lines below it.
static struct yaml_node *read_literal(struct reader *reader, size_t parent, bool in_block) {
    struct yaml_node *node = node_make(reader, YAML_SCALAR);
    if (!node)
        return NULL;
    uint8_t chomp = 0;
    reader->at++;
    if (reader->at < reader->end && (*reader->at == '-' || *reader->at == '+'))
        chomp = *reader->at++;
    const uint8_t *end = line_end(reader);
    if (reader->at != end || end == reader->end || chomp == '+')
        return give_up(reader);
    struct literal literal = {.start = end + 1, .end = end + 1, .text_end = end + 1};
    literal_measure(reader, in_block ? parent + 1 : 0, &literal);
    if (reader->failed || literal.text_end == literal.start ||
        literal.text_end[-1] != '\n') // empty, or the text ends in it
        return give_up(reader);
    uint8_t *copy = arena_new(reader->arena, (size_t)(literal.text_end - literal.start), 1);
    if (!copy)
        return give_up(reader);
    size_t size = 0;
    for (const uint8_t *at = literal.start; at < literal.text_end;) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(literal.text_end - at));
        assert(stop);
        size_t width = (size_t)(stop + 1 - at);
        if (width > literal.indent) {
            memcpy(copy + size, at + literal.indent, width - literal.indent);
            size += width - literal.indent;
        } else {
            copy[size++] = '\n';
        }
        at = stop + 1;
    }
    node->text = slice_of(copy, chomp == '-' ? size - 1 : size);
    reader->line += 1 + literal.lines;
    if (literal.end == reader->end) {
        reader->at = reader->end;
        reader->done = true;
        reader->column = 0;
    } else {
        line_seek(reader, literal.end);
    }
    return node;
}

static struct yaml_node *scalar_make(struct reader *reader, struct slice text, bool plain) {
    struct yaml_node *node = node_make(reader, YAML_SCALAR);
    if (node) {
        node->text = text;
        node->plain = plain;
    }
    return node;
}

// What stands behind "key:" or "-" on the same line; afterwards the reader is on the next line.
static struct yaml_node *read_inline(struct reader *reader, size_t parent) {
    uint8_t byte = *reader->at;
    struct slice text = {NULL, 0};
    if (byte == '|')
        return read_literal(reader, parent, true);
    bool key = false;
    if (byte == '\'')
        read_single_quoted(reader, &text);
    else if (byte == '"')
        read_double_quoted(reader, &text);
    else
        read_plain(reader, &text, &key);
    if (reader->failed || key)
        return give_up(reader);
    struct yaml_node *node = scalar_make(reader, text, byte != '\'' && byte != '"');
    next_line(reader);
    if (!reader->done && reader->column > parent)
        return give_up(reader); // goes on in the next line, or is broken
    return node;
}

// A value after "key:" or "-". `parent`: the column of what holds it.
static struct yaml_node *read_value(struct reader *reader, size_t parent, bool in_mapping) {
    const uint8_t *before = reader->at;
    while (reader->at < reader->end && *reader->at == ' ')
        reader->at++;
    bool empty = reader->at == reader->end || *reader->at == '\n' ||
                 (*reader->at == '#' && reader->at > before);
    if (!empty)
        return read_inline(reader, parent);
    uint32_t line = reader->line;
    reader->at = before;
    next_line(reader);
    if (reader->failed)
        return NULL;
    if (!reader->done && reader->column > parent)
        return read_block(reader, parent + 1);
    bool dash = !reader->done && reader->column == parent && *reader->at == '-' &&
                reader->at + 1 < reader->end && (reader->at[1] == ' ' || reader->at[1] == '\n');
    if (in_mapping && dash)
        return read_sequence(reader, parent);
    struct yaml_node *node = scalar_make(reader, slice_of("", 0), true);
    if (node)
        node->line = line;
    return node;
}

// A key and its colon; false (not failed) when this is no key.
static bool read_key(struct reader *reader, struct slice *ret_key) {
    const uint8_t *start = reader->at;
    bool key = false;
    if (*start == '\'')
        read_single_quoted(reader, ret_key);
    else if (*start == '"')
        read_double_quoted(reader, ret_key);
    else
        read_plain(reader, ret_key, &key);
    if (reader->failed)
        return false;
    if (*start == '\'' || *start == '"')
        key = reader->at < reader->end && *reader->at == ':' &&
              (reader->at + 1 == reader->end || reader->at[1] == ' ' || reader->at[1] == '\n');
    if (!key) {
        reader->at = start;
        return false;
    }
    reader->at++;
    if (ret_key->size > KEY_BYTES_MAX)
        reader->failed = true;
    return !reader->failed;
}

static bool may_go_deeper(struct reader *reader) {
    if (reader->failed || reader->depth >= YAML_DEPTH_MAX - 1)
        reader->failed = true;
    return !reader->failed;
}

static struct yaml_node *read_mapping(struct reader *reader, size_t column) {
    struct yaml_node *node = may_go_deeper(reader) ? node_make(reader, YAML_MAPPING) : NULL;
    struct yaml_node *last = NULL;
    if (!node)
        return NULL;
    reader->depth++;
    do {
        struct slice key;
        uint32_t line = reader->line;
        if (!read_key(reader, &key))
            return give_up(reader);
        struct yaml_node *child = read_value(reader, column, true);
        if (!child || reader->failed)
            return give_up(reader);
        child->key = key;
        child->key_line = line;
        if (!yaml_node_append(node, &last, child))
            return give_up(reader);
    } while (!reader->done && reader->column == column);
    reader->depth--;
    if (yaml_find_repeated(node))
        return give_up(reader);
    return node;
}

// "- " at this column, and what follows it.
static struct yaml_node *read_item(struct reader *reader, size_t column) {
    const uint8_t *dash = reader->at++;
    const uint8_t *at = reader->at;
    while (at < reader->end && *at == ' ')
        at++;
    bool empty = at == reader->end || *at == '\n' || *at == '#';
    if (empty)
        return read_value(reader, column, false);
    reader->at = at;
    if (*at == '|')
        return read_inline(reader, column);
    struct slice key;
    bool mapping = read_key(reader, &key);
    reader->at = at;
    if (reader->failed)
        return NULL;
    if (!mapping)
        return read_inline(reader, column);
    return read_mapping(reader, column + (size_t)(at - dash));
}

static struct yaml_node *read_sequence(struct reader *reader, size_t column) {
    struct yaml_node *node = may_go_deeper(reader) ? node_make(reader, YAML_SEQUENCE) : NULL;
    struct yaml_node *last = NULL;
    if (!node)
        return NULL;
    reader->depth++;
    bool more = true;
    while (more) {
        struct yaml_node *child = read_item(reader, column);
        if (!child || reader->failed || !yaml_node_append(node, &last, child))
            return give_up(reader);
        more = !reader->done && reader->column == column && *reader->at == '-' &&
               reader->at + 1 < reader->end && (reader->at[1] == ' ' || reader->at[1] == '\n');
    }
    reader->depth--;
    return node;
}

// A mapping or sequence that starts on the current line. Less indented lines end it; they must
// then fit one of the collections around it, which each of those sees for itself.
static struct yaml_node *read_block(struct reader *reader, size_t indent_min) {
    size_t column = reader->column;
    assert(column >= indent_min);
    bool sequence = *reader->at == '-' && reader->at + 1 < reader->end &&
                    (reader->at[1] == ' ' || reader->at[1] == '\n');
    struct yaml_node *node =
        sequence ? read_sequence(reader, column) : read_mapping(reader, column);
    if (reader->failed)
        return NULL;
    if (!reader->done && reader->column >= indent_min)
        return give_up(reader);
    return node;
}

// Control characters, other line breaks, byte order marks: for the whole reader.
static bool text_is_usual(struct slice text) {
    bool ascii = true;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
            return false;
        ascii = ascii && byte < 0x80;
    }
    if (ascii)
        return true;
    if (!text_is_utf8(text))
        return false;
    for (size_t i = 0; i + 2 < text.size; i++) {
        const uint8_t *at = text.data + i;
        if ((at[0] == 0xc2 && at[1] < 0xa0) || (at[0] == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8) ||
            (at[0] == 0xef && at[1] >= 0xbb))
            return false;
    }
    return text.data[text.size - 1] == '\n';
}

// "---" and nothing else on its line.
static void read_separator(struct reader *reader) {
    if (reader->end - reader->at < 4 || memcmp(reader->at, "---\n", 4) != 0) {
        reader->failed = true;
        return;
    }
    reader->line++;
    line_seek(reader, reader->at + 4);
    if (reader->done) // an empty document
        reader->failed = true;
}

bool yaml_plain_read(struct slice text, struct arena *arena,
                     const struct yaml_node **ret_documents) {
    if (!text.size || !text_is_usual(text))
        return false;
    struct reader reader = {
        .at = text.data, .end = text.data + text.size, .arena = arena, .line = 1};
    struct yaml_node *first = NULL, *last = NULL;
    uint32_t weight = 0;
    line_seek(&reader, text.data);
    while (!reader.failed && reader.at < reader.end) {
        if (reader.done)
            read_separator(&reader);
        if (reader.failed)
            break;
        struct yaml_node *node = read_block(&reader, 0);
        if (!node || reader.failed || node->weight > YAML_NODES_MAX - weight)
            return false;
        weight += node->weight;
        if (last)
            last->next = node;
        else
            first = node;
        last = node;
    }
    if (reader.failed)
        return false;
    *ret_documents = first;
    return true;
}
