// Cmdlets that take something from mailboxes
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_EXCHANGE_TAKES_H
#define DETECT_EXCHANGE_TAKES_H

#include "detect/exchange_book.h"

enum {
    TAKES_MAX = 4000,
    TAKE_LISTED_MAX = 18, // three fields each
    TAKE_DOMAINS_MAX = 128,
};
#define TAKE_SAME_NS (300 * EXCHANGE_SECOND_NS) // two logs of one cmdlet
#define TAKE_AFTER_ATTACK_NS (90 * EXCHANGE_DAY_NS)

enum take_kind {
    TAKE_EXPORT,
    TAKE_FORWARD,
    TAKE_REMOVE,
    TAKE_GRANT,
    TAKE_FETCH // of an archive that no export names, after an attack
};

// One cmdlet.
struct take {
    enum take_kind kind;
    uint32_t server;
    struct slice person;  // who ran it, lower case
    struct slice mailbox; // of a grant: who was given it, lower case; of a fetch: its path
    struct slice target;  // file, or address
    struct slice range;   // the filter of an export
    int64_t time_ns;
    uint64_t count;
    const struct reference *references;
    uint32_t reference_count;
    uint64_t fetched_bytes; // of an export's file, over the web
    int64_t fetched_ns;     // first
    struct slice fetched_by;
    const struct reference *fetches;
    uint32_t fetch_count;
};

struct takes {
    struct exchange_book *book;
    struct take *rows;
    uint32_t count;
    struct slice domains[TAKE_DOMAINS_MAX]; // that mail is delivered in
    uint32_t domain_count;
};

// Whether the server had been attacked before.
bool take_is_after_attack(const struct takes *takes, const struct take *take);

// Keeps a text in a short list once; when the list is full it is left out.
void take_list_add(struct arena *arena, struct slice *list, uint32_t *count, uint32_t most,
                   struct slice text);

// When the first attack on any server began that a cmdlet may be part of; false: there was none.
bool take_attack_before(const struct exchange_book *book, int64_t time_ns, int64_t *ret_time_ns);

// How many mailboxes rows are about.
uint32_t take_mailboxes(const struct take *rows, uint32_t count);

// Of each row some records, first of all each row's first; and the span and count.
void take_rows_cite(struct draft *draft, const struct take *rows, uint32_t count);
// Mailboxes, destinations and ranges.
void take_rows_say(struct draft *draft, const struct take *rows, uint32_t count);

// Keeps a request from outside as a fetch when it is answered with an archive by a server that was
// attacked before.
void take_fetch_add(struct takes *takes, const struct relation *request);
enum status take_judge_fetches(const struct takes *takes, const struct take *rows, uint32_t count,
                               struct problem *problem);

// How much was fetched, by flows where no web log says it (exchange_fetches.c). Two
// passes, over flows and mail reads, when there are such fetches.
enum status takes_measure_fetches(struct takes *takes, struct problem *problem);

// Judge rules by which one account sends mail on to one outside address, within hours.
enum status take_judge_forward(const struct takes *takes, const struct take *rows, uint32_t count,
                               struct problem *problem);

// Judge what was read with a right to impersonate, since it was granted.
enum status take_judge_grant(const struct takes *takes, const struct take *grant,
                             struct problem *problem);

#endif
