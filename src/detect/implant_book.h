// Programs in odd places, and those that remove themselves
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_IMPLANT_BOOK_H
#define DETECT_IMPLANT_BOOK_H

#include "base/arena.h"
#include "base/intern.h"
#include "detect/reading.h"

#include <stdbool.h>
#include <stdint.h>

// A program that few hosts have, on one of them.
struct lone_program {
    struct slice path; // as one record writes it, lower case
    uint32_t key;      // number of its path
    uint32_t host;     // of the fleet, or RELATION_NO_HOST
    struct slice host_name;
    uint32_t hosts;
    bool odd;      // lies right in a folder that is none for programs
    bool by_shell; // a shell wrote or started it
    bool pipes, outside;
    struct slice destination;
    struct relation cited; // first, last, count
    struct reference references[FINDING_REFERENCES_MAX];
};

enum {
    IMPLANT_PATHS_MAX = 65536,
    LONE_PROGRAMS_MAX = 4096 // more are none that stand out
};

// When programs with one path did something, on all hosts.
struct implant_window {
    int64_t first_ns, last_ns;
};

struct implant_book {
    const struct detect_context *context;
    struct arena arena;
    struct interner paths; // without their drive
    uint32_t *hosts;       // by path: how many have it
    struct interner removed, removed_folders, searching;
    struct implant_window *removals, *searches; // by number in `removed` and `searching`
    struct lone_program *lone;                  // by (path, host)
    uint32_t lone_count;
};

void implant_book_init(struct implant_book *book, const struct detect_context *context);
void implant_book_done(struct implant_book *book);

// Which programs few hosts have, which remove themselves, and what the lone ones do.
enum status implant_book_read(struct implant_book *book, uint32_t hosts_max,
                              struct problem *problem);

// Whether a program with this path removes itself on some host.
bool implant_is_removed(const struct implant_book *book, struct slice path);
// Whether a program with this path removes itself on some host and searched for files on some,
// since when. Both, so that no product's setup is taken for one.
bool implant_collects(const struct implant_book *book, struct slice path, int64_t *ret_since_ns);
// Its folder, without the drive; a view into the path.
struct slice implant_folder(struct slice path);
// Whether a file lies in such a program's own folder.
bool implant_is_beside_removed(const struct implant_book *book, struct slice path);

// What the start of a shell was, whose command line was not logged, by what the same program's
// shells did within a day of it on other hosts.
enum implant_deed {
    IMPLANT_UNKNOWN,
    IMPLANT_REMOVED, // the last start there
    IMPLANT_SEARCHED
};
enum implant_deed implant_unlogged(const struct implant_book *book, const struct relation *spawn,
                                   int64_t time_ns);

// A child whose command deletes the image of its parent.
bool implant_removes_parent(const struct relation *spawn);
bool implant_command_searches(struct slice command);
bool path_is_image(struct slice path);

#endif
