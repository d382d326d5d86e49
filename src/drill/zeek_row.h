// Rows of Zeek's logs, as tabs or as JSON
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ZEEK_ROW_H
#define DRILL_ZEEK_ROW_H

#include "drill/text_log.h"

struct zeek_field {
    const char *name, *type;
};

// One log: conn, dns, ...
struct zeek_stream {
    const char *name;
    const struct zeek_field *fields;
    size_t count;
};

// Values are given in the order of the fields, each as text in Zeek's own notation ("T",
// "0.001500", "a,b" for sets); an empty one is unset.
struct zeek_row {
    struct buffer *line;
    const struct zeek_stream *stream;
    size_t next;
    bool json, begun;
};

void zeek_row_init(struct zeek_row *row, const struct zeek_stream *stream, struct buffer *line,
                   bool json);
void zeek_put(struct zeek_row *row, struct slice text);
void zeek_put_word(struct zeek_row *row, const char *text);
void zeek_put_number(struct zeek_row *row, uint64_t number);
void zeek_put_truth(struct zeek_row *row, bool truth);
void zeek_put_time(struct zeek_row *row, int64_t time_ns);
void zeek_put_interval(struct zeek_row *row, int64_t microseconds);
void zeek_put_address(struct zeek_row *row, const struct address *address);
void zeek_put_identifier(struct zeek_row *row, char first, uint64_t key);
void zeek_skip(struct zeek_row *row, size_t count);

// All fields must have been put.
void zeek_row_end(struct zeek_row *row);

// The eight lines before the first row of a file with tabs; the last line of it.
enum status zeek_put_header(struct text_log *text, const struct zeek_stream *stream,
                            int64_t time_ns, struct problem *problem);
enum status zeek_put_footer(struct text_log *text, int64_t time_ns, struct problem *problem);

#endif
