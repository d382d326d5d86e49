// Connections to ports of administration by a program of its own
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_KNOCK_H
#define CORRELATE_KNOCK_H

#include "correlate/forest.h"

// A host's own record of a connection to a port of administration carries no bytes: whether more
// than a knock came of it, nobody knows, and Windows itself makes them all day. But it names the
// program. Where a program connects to such a port that on few other hosts does (a shell, where
// others' connections are the system's), somebody works there by hand: from a host that was reached
// by then it leads on. It weighs what the fleet's own record says: host-days to one such way by a
// host that nobody reached. Sweeps are left out: they try all.

struct knock {
    int64_t time_ns;
    uint32_t from, to; // of the cast
    uint32_t way;      // number of (port, program)
    const struct reference *references;
    uint32_t reference_count;
};

struct knock_list {
    struct arena arena;
    struct knock *knocks; // by (from, time, to)
    uint32_t count;
    uint32_t way_count;
    int64_t first_ns, last_ns;
};

// Before the cast is settled: whom they went to and nothing names become strangers.
enum status knock_list_init(struct knock_list *list, struct cast *cast, struct problem *problem);
void knock_list_done(struct knock_list *list);

// Adds edges of those whose way few hosts go that nobody reached, and sorts the list.
enum status knock_edges_add(struct edge_list *edges, const struct knock_list *list,
                            const struct forest *forest, const struct clue_book *book,
                            struct problem *problem);

#endif
