// A file of the evidence, as it was when opened
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_PLAIN_FILE_H
#define INTAKE_PLAIN_FILE_H

#include "intake/files.h"
#include "intake/intake.h"
#include "intake/open_file.h"
#include "intake/stream.h"

#include <stdbool.h>

struct plain_file {
    struct open_file *file; // NULL: none
    uint64_t size;          // as it was when opened; what is written later is not read
    uint64_t at;            // next byte to be handed out
};

// NULL, or why it cannot be opened.
const char *plain_file_open(struct plain_file *file, const struct found_file *found);
void plain_file_done(struct plain_file *file);

// Its bytes from file->at on.
struct stream plain_file_stream(struct plain_file *file);

// A unit of whole blocks that the worker reads by itself; false at the end.
bool plain_file_next_blocks(struct plain_file *file, const struct source *source,
                            struct unit_buffer *buffer, struct unit *ret_unit,
                            const struct gap_sink *gaps);

// The whole file as one unit; false when that was given already.
bool plain_file_next_whole(struct plain_file *file, const struct source *source,
                           struct unit_buffer *buffer, struct unit *ret_unit);

// Standard input; never closed.
struct stream standard_input_stream(const atomic_bool *stop);

#endif
