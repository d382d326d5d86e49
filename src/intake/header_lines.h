// The header in force while text is divided
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_HEADER_LINES_H
#define INTAKE_HEADER_LINES_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HEADER_BYTES_MAX = 64 << 10, // of the first line, and of a run
};

// What model/unit.h calls the header in force: the source's first line, and the last run of
// lines beginning with '#' that names fields. Lines are told in order, those with '#' only.
struct header_lines {
    struct buffer first; // empty when it is too long
    struct buffer named; // the last run before the one in hand that names fields
    struct buffer run;   // the one in hand
    uint64_t first_begin;
    uint64_t named_begin;
    uint64_t run_begin;
    uint64_t run_end;
    bool run_names;
};

void header_lines_init(struct header_lines *headers);
void header_lines_done(struct header_lines *headers);

// The source's first line, with its end.
void header_lines_first(struct header_lines *headers, struct slice line);

// A line that begins with '#', with its end, at `offset` of the source. Of a run that is longer
// than HEADER_BYTES_MAX only the end is kept.
void header_lines_add(struct header_lines *headers, uint64_t offset, struct slice line);

// Append the header in force to `buffer`.
void header_lines_append(const struct header_lines *headers, struct buffer *buffer);

#endif
