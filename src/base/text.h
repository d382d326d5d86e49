// Characters: UTF-16, UTF-8, folding, escaping
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// UTF-16LE to UTF-8. Lone surrogates become U+FFFD, an odd last byte is dropped. `to` must
// hold 3 bytes for every 2 of input; returns the bytes written. SSE2 where all is ASCII.
size_t text_from_utf16(const uint8_t *utf16, size_t size_bytes, uint8_t *to);

// Latin-1 supplement of code page 1252 to UTF-8; `to` must hold 3 bytes for every one.
size_t text_from_cp1252(const uint8_t *bytes, size_t size, uint8_t *to);

bool text_is_utf8(struct slice text);

// One code point below 0x110000 as UTF-8; returns the bytes written, 1 to 4.
size_t text_put(uint32_t code, uint8_t *to);

// A hexadecimal digit's number, of either case; -1 when the byte is none.
int text_hex_digit(uint8_t byte);

// A whole text as an integer: decimal with or without '-', or 0x and hexadecimal digits. False
// when it is anything else or does not fit.
bool text_integer(struct slice text, int64_t *ret_number);

// ASCII A-Z to a-z, other bytes as they are. `to` may be `from`.
void text_fold_ascii(const uint8_t *from, size_t size, uint8_t *to);
bool text_equal_fold_ascii(struct slice a, struct slice b);
int text_compare_fold_ascii(struct slice a, struct slice b);

static inline bool text_starts_fold_ascii(struct slice text, struct slice start) {
    return text.size >= start.size && text_equal_fold_ascii(slice_part(text, 0, start.size), start);
}

static inline bool text_ends_fold_ascii(struct slice text, struct slice end) {
    return text.size >= end.size &&
           text_equal_fold_ascii(slice_part(text, text.size - end.size, end.size), end);
}

// Where `part` begins in `text`, at `from` or behind it; SIZE_MAX: nowhere.
static inline size_t text_find_fold_ascii(struct slice text, size_t from, struct slice part) {
    for (size_t i = from; i + part.size <= text.size; i++)
        if (text_equal_fold_ascii(slice_part(text, i, part.size), part))
            return i;
    return SIZE_MAX;
}

// As a JSON string with its quotes: controls (bidirectional ones too), quote and backslash
// escaped, bytes that are not UTF-8 replaced by U+FFFD. Output is always valid UTF-8 (RFC 8259)
// and safe on a terminal.
void text_append_json(struct buffer *buffer, struct slice text);

// As a CSV field (RFC 4180), quoted when needed; a first character out of = + - @ TAB CR LF gets
// an apostrophe before it, so that no spreadsheet runs it as a formula. Controls but TAB, CR, LF
// and bytes that are not UTF-8 are written as for a terminal.
void text_append_csv(struct buffer *buffer, struct slice text);

// For a terminal: C0, DEL, C1 and bidirectional controls as \x1b or \u202e, bytes that are
// not UTF-8 as \xff. Nothing that comes out moves the cursor or turns the line around.
void text_append_terminal(struct buffer *buffer, struct slice text);

// For HTML, in text and in quoted attributes: as for a terminal, and & < > " ' as references.
// No value becomes markup, and none turns the page's text around.
void text_append_html(struct buffer *buffer, struct slice text);

// For Markdown (CommonMark 0.31): as for a terminal, what could be markup behind a backslash, no
// address that becomes a link. Stays in its line, its list item and its table cell.
void text_append_markdown(struct buffer *buffer, struct slice text);

// A time to the minute, UTC; `unknown` for CLOCK_NONE.
void text_append_minute(struct buffer *buffer, int64_t time_ns, const char *unknown);

// Base64 with padding (RFC 4648, 4).
void text_append_base64(struct buffer *buffer, struct slice bytes);

// The other way round, strictly: full groups, padding where it belongs, no stray bits, nothing
// else in between. False, and nothing appended, when it is anything else.
bool text_read_base64(struct slice text, struct buffer *ret_bytes);

// Whether a path is the directory or lies below it; both as realpath(3) gives them.
bool path_lies_in(const char *path, const char *directory);

// The first `size` bytes at most, without a UTF-8 character cut in two.
struct slice text_cut(struct slice text, size_t size);

#endif
