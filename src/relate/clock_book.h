// Whose clock is wrong, and by how much
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_CLOCK_BOOK_H
#define RELATE_CLOCK_BOOK_H

#include "base/status.h"
#include "model/hosts.h"
#include "model/relation.h"

// The same thing is often recorded twice: a logon by the target and by the controller that gave
// the ticket, a connection by the client, a sensor and a router, a name by the client and the
// resolver. What two recorders say of one pair (from, to) on one day gives differences of their
// clocks; by chance these lie anywhere, but the true one comes again and again:
//
//   votes of a pair   . .   .  . :|||: .    .  .      the peak's median is their difference
//
// Recorders and differences are a graph; the surest differences make it a forest. In each tree true
// time is where most clocks agree.
struct clock_book;

// One book a thread.
struct clock_book *clock_book_new(size_t memory_bytes, const char *directory);
void clock_book_free(struct clock_book *book);

// `recorder` saw at `times` (int64_t, its own clock, at most RELATION_TIMES_MAX) that `from` met
// `to`.
enum status clock_book_note(struct clock_book *book, struct slice from, struct slice to,
                            uint32_t recorder, struct slice times, struct problem *problem);

// After the last note.
enum status clock_book_finish(struct clock_book *book, struct problem *problem);

// What all finished books hold. Fill skew_ns and skew_pairs of the hosts. A skew of at most 2
// seconds is left 0: what two logs tell of one thing lies that far apart.
enum status clock_books_settle(struct clock_book *const *books, size_t book_count,
                               struct fleet_host *hosts, uint32_t count, struct problem *problem);

#endif
