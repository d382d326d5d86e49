// What starts by itself, and on how many hosts
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_PERSISTENCE_BOOK_H
#define DETECT_PERSISTENCE_BOOK_H

#include "base/intern.h"
#include "detect/reading.h"

#include <stdbool.h>
#include <stdint.h>

// One service, task, run key or startup file of one host. Texts are numbers:
//
//   name      "service\0upd8412"          hosts with the same name
//   pattern   "service\0upd#"             runs of digits and of hexadecimal digits are '#'
//   program   "\windows\upd8412.exe"      without drive, users' folders alike; what is started, or
//                                         the script that an interpreter starts
enum persistence_kind {
    PERSISTENCE_SERVICE,
    PERSISTENCE_TASK,
    PERSISTENCE_RUN_KEY,
    PERSISTENCE_STARTUP, // a file in a folder whose files are started
    PERSISTENCE_SSH_KEY,
    PERSISTENCE_KIND_COUNT
};

struct persistence_entry {
    uint32_t host; // of the fleet
    enum persistence_kind kind;
    uint32_t name, pattern;
    uint32_t program, command; // INTERN_FULL: not known
    int64_t first_ns;
    bool came;         // its program or file was written less than a day before
    bool by_installer; // of startup files: the writer is a product's own
};

// Numbers of hosts, by name, pattern and program.
struct persistence_spread {
    uint32_t hosts;
    uint32_t names; // of a pattern: different names
};

enum {
    PERSISTENCE_ENTRIES_MAX = 1 << 18,
    PERSISTENCE_TEXTS_MAX = 1 << 18,
    PERSISTENCE_TEXT_BYTES_MAX = 32 << 20
};

struct persistence_book {
    const struct detect_context *context;
    struct interner texts, software;
    struct persistence_spread *spread; // by text
    uint32_t spread_capacity;
    struct table seen;   // (host, text) that was counted
    struct table places; // (host, name) -> entry
    struct persistence_entry *entries;
    uint32_t count, capacity;
    uint32_t *first_of_host; // UINT32_MAX: none
    uint32_t fleet_hosts;    // that have evidence
};

void persistence_book_init(struct persistence_book *book, const struct detect_context *context);
void persistence_book_done(struct persistence_book *book);

// Entries of all hosts, their programs, what is installed.
enum status persistence_book_read(struct persistence_book *book, struct problem *problem);

// The entry that a relation speaks of; NULL when it is none.
struct persistence_entry *persistence_find(struct persistence_book *book,
                                           const struct relation *relation);

const char *persistence_kind_name(enum persistence_kind kind);
// "" when the number is INTERN_FULL. Of a name or pattern: without its kind.
struct slice persistence_text(const struct persistence_book *book, uint32_t number);
struct slice persistence_name(const struct persistence_book *book, uint32_t number);
struct persistence_spread persistence_spread_of(const struct persistence_book *book,
                                                uint32_t number);
// Whether software of this name is installed somewhere.
bool persistence_is_installed(const struct persistence_book *book, struct slice name);

#endif
