// Tables whose columns have names
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_COLUMNS_H
#define DECODE_COLUMNS_H

#include "base/buffer.h"
#include "base/byte_bits.h"
#include "base/slice.h"
#include "model/decoder.h"
#include "model/shape.h"
#include "model/value.h"

#include "decode/unit_lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Most text formats are tables: a header (or the format itself) names the columns, a line is a
// row. This is what they share: shapes made once per header, rows split into bank 0.
//
//     header line ──> names ──> column_book_shape ──> shape (cached, dense ids)
//     line ──> row_split_* ──> row.values ──> row_event ──> sink
//
// Splitting is the cost: one pass over the bytes, 64 or 32 at a time (base/byte_bits.h),
// values are views into the line; only a quoted value with "" in it is copied (row.scratch).

struct column {
    struct slice name;
    enum field_role role;
};

// The shapes of one decoder state.
struct column_book;
struct column_book *column_book_new(void);
void column_book_free(struct column_book *book);

// The shape of these columns: field i lies in slot {0, i}, its path is its name. `format` is
// static text. The same format and names give the same shape; names are copied. Of two columns
// with one role the first has it. When the book is full (SHAPES_MAX, or 16 MiB of names) the
// shape has id SHAPE_ID_NONE and lives until the next call. At most SHAPE_FIELDS_MAX columns:
// the rest is not seen. Names are cut at 1 KiB.
const struct shape *column_book_shape(struct column_book *book, const char *format,
                                      const struct column *columns, uint32_t count);

// How a line of a table is written.
struct row_form {
    uint8_t separator;
    bool quoted;            // values may stand in double quotes, "" within is one
    bool trimmed;           // blanks around unquoted values are no part of them
    struct slice null_text; // "-": such an unquoted value is null; empty: an empty one stays ""
};

// One row, reused. Not thread-safe.
struct row {
    struct value *values; // VALUE_UTF8 or VALUE_NULL
    uint32_t count;
    struct buffer scratch; // values that had to be unquoted
    struct event event;    // of row_event
    enum byte_kernel kernel;
};
void row_init(struct row *row); // room for SHAPE_FIELDS_MAX values
// The same for who splits a line or two and reads no value past row->count: the room is not
// cleared, which costs more than splitting. Most files are recognised so.
void row_init_unset(struct row *row);
void row_done(struct row *row);

enum row_fault {
    ROW_FINE,
    ROW_OPEN, // a quoted value does not end on the line: join the next one, or report
    ROW_MANY, // more than SHAPE_FIELDS_MAX values
};
enum row_fault row_split(struct row *row, struct slice line, const struct row_form *form);

// Split `line` as the next row of `lines`, with as many lines after it as its quotes reach over:
// `line` then holds them all. When they never close it is ROW_OPEN, `line` as it was, and the
// lines go on behind it. What follows a closing quote but a separator makes the quotes plain
// bytes of the value.
enum row_fault row_read(struct row *row, struct unit_lines *lines, struct text_line *line,
                        const struct row_form *form);

// The event of a row: bank 0 = its values, position and raw of the line. It lies in the row until
// the next one: an event has room for many banks, and clearing it would cost as much as splitting.
struct event *row_event(struct row *row, const struct shape *shape, const struct unit *unit,
                        const struct text_line *line, int64_t time_ns);

// A gap for a line that cannot be read; `reason` is static.
void line_gap_tell(const struct event_sink *sink, const struct unit *unit,
                   const struct text_line *line, const char *reason);

// Set a value by two writes, the second as wide as values are compared and copied by: what was
// written byte by byte is waited for when it is read back wider, and a line has a dozen.
static inline void value_set(struct value *value, const uint8_t *data, size_t size, uint8_t kind) {
    _Static_assert(offsetof(struct value, size) == 8 && offsetof(struct value, kind) == 12 &&
                       sizeof(struct value) == 16,
                   "size, kind and three zeroes are one number");
    uint64_t rest = (uint64_t)kind << 32 | (uint32_t)size;
    value->data = data;
    memcpy((uint8_t *)value + offsetof(struct value, size), &rest, sizeof rest);
}

#endif
