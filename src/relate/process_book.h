// Command lines by process
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_PROCESS_BOOK_H
#define RELATE_PROCESS_BOOK_H

#include "base/buffer.h"
#include "base/intern.h"

// Sysmon names a process by a GUID in all that it does, and says its command line only when it
// starts. Learned from ALIAS relations of artefact "process".
struct process_book {
    struct interner processes; // computer \0 GUID
    struct interner commands;
    uint32_t *command_of; // by process
    struct buffer key;
};

void process_book_init(struct process_book *book);
void process_book_done(struct process_book *book);

void process_book_learn(struct process_book *book, struct slice computer, struct slice guid,
                        struct slice command);

// Empty when its start was not seen. Lives as long as the book. Any number of threads, each with a
// scratch of its own.
struct slice process_book_find(const struct process_book *book, struct slice computer,
                               struct slice guid, struct buffer *scratch);

#endif
