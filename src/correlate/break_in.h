// When a host was being broken into
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_BREAK_IN_H
#define CORRELATE_BREAK_IN_H

#include "correlate/assembly.h"

// The break-ins of one host, by time: critical findings of an entry over more than two records. One
// is over with its last record (another log of that deed writes a moment later), or before the
// first work through what had been planted, of which it may tell, too.
struct break_ins {
    struct break_in {
        int64_t first_ns;
        int64_t until_ns; // when the last of those up to this was over
    } * rows;
    uint32_t count, capacity;
};

// Start from a zeroed list; reading another host's forgets the last one's.
void break_ins_read(struct break_ins *list, const struct assembly *assembly, uint32_t host);
void break_ins_done(struct break_ins *list);

// When the last of the break-ins was over that a time lies in, for what is less sure than these
// are; INT64_MIN: it lies in none.
int64_t break_in_until(const struct break_ins *list, const struct clue *clue, int64_t time_ns);

#endif
