// Command lines by process
// SPDX-License-Identifier: Apache-2.0
#include "relate/process_book.h"

#include "base/memory.h"

enum {
    BOOK_PROCESSES_MAX = 1 << 20,
    BOOK_BYTES_MAX = 64 << 20,
    BOOK_KEY_BYTES = 4 << 10
};

void process_book_init(struct process_book *book) {
    *book = (struct process_book){0};
    intern_init(&book->processes, BOOK_PROCESSES_MAX, BOOK_BYTES_MAX);
    intern_init(&book->commands, BOOK_PROCESSES_MAX, BOOK_BYTES_MAX);
    buffer_init(&book->key, BOOK_KEY_BYTES);
}

void process_book_done(struct process_book *book) {
    intern_done(&book->processes);
    intern_done(&book->commands);
    memory_free(book->command_of);
    buffer_done(&book->key);
}

static struct slice book_key(struct buffer *key, struct slice computer, struct slice guid) {
    buffer_reset(key);
    buffer_append_slice(key, computer);
    buffer_append_byte(key, 0);
    buffer_append_slice(key, guid);
    return buffer_slice(key);
}

void process_book_learn(struct process_book *book, struct slice computer, struct slice guid,
                        struct slice command) {
    uint32_t before = book->processes.count;
    uint32_t process = intern_add(&book->processes, book_key(&book->key, computer, guid));
    // The same process told twice (two shippers): the first in the order of keys stands.
    if (process == INTERN_FULL || process < before)
        return;
    if ((process & (process - 1)) == 0)
        book->command_of = memory_resize(book->command_of, process ? (size_t)process * 2 : 1,
                                         sizeof *book->command_of);
    book->command_of[process] = intern_add(&book->commands, command);
}

struct slice process_book_find(const struct process_book *book, struct slice computer,
                               struct slice guid, struct buffer *scratch) {
    uint32_t process = intern_find(&book->processes, book_key(scratch, computer, guid));
    if (process == INTERN_FULL || book->command_of[process] == INTERN_FULL)
        return (struct slice){NULL, 0};
    return intern_text(&book->commands, book->command_of[process]);
}
