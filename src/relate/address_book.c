// Which host had which address, and when
// SPDX-License-Identifier: Apache-2.0
#include "relate/address_book.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

enum {
    BOOK_ADDRESSES_MAX = 1 << 20,
    BOOK_TEXT_BYTES = 64 << 20,
    BOOK_CLAIMS_MAX = 4 << 20
};

// How far a claim reaches towards another host's.
static const int64_t BOOK_REACH_NS = 12 * 3600 * 1000000000ll;

void address_book_init(struct address_book *book) {
    *book = (struct address_book){0};
    intern_init(&book->addresses, BOOK_ADDRESSES_MAX, BOOK_TEXT_BYTES);
}

void address_book_done(struct address_book *book) {
    intern_done(&book->addresses);
    memory_free(book->claims);
    memory_free(book->leases);
    memory_free(book->by_host);
    memory_free(book->goes_round);
}

void address_book_claim(struct address_book *book, struct slice address,
                        const struct address_claim *claim) {
    if (!address_is_address(address) || address_is_outside(address) ||
        claim->first_ns == CLOCK_NONE)
        return;
    uint32_t number = intern_add(&book->addresses, address);
    if (number == INTERN_FULL || book->count == BOOK_CLAIMS_MAX) {
        book->dropped++;
        return;
    }
    if (book->count == book->capacity) {
        book->capacity = book->capacity ? book->capacity * 2 : 256;
        book->claims = memory_resize(book->claims, book->capacity, sizeof *book->claims);
    }
    book->claims[book->count] = *claim;
    book->claims[book->count++].address = number;
}

static int compare_number(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int claim_compare(const void *left, const void *right) {
    const struct address_claim *a = left;
    const struct address_claim *b = right;
    int order = compare_number(a->address, b->address);
    order = order ? order : compare_number(a->first_ns, b->first_ns);
    order = order ? order : compare_number(a->last_ns, b->last_ns);
    return order ? order : compare_number(a->host, b->host);
}

// Whether a claim stands beside a surer one of its address and time.
static bool book_is_outdone(const struct address_claim *claims, size_t from, size_t to,
                            const struct address_claim *weak) {
    for (size_t i = from; i < to; i++)
        if (claims[i].word > weak->word && claims[i].first_ns <= weak->last_ns &&
            claims[i].last_ns >= weak->first_ns)
            return true;
    return false;
}

// The first span of the address or a later one that ends at or after the time.
static size_t spans_seek(const struct address_claim *spans, size_t count, uint32_t address,
                         int64_t time_ns) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct address_claim *span = &spans[middle];
        if (span->address < address || (span->address == address && span->last_ns < time_ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int claim_compare_host(const void *left, const void *right) {
    const struct address_claim *a = left;
    const struct address_claim *b = right;
    int order = compare_number(a->host, b->host);
    order = order ? order : compare_number(a->first_ns, b->first_ns);
    return order ? order : compare_number(a->address, b->address);
}

// Whether the host of `claim` had another address after `since_ns` and before the claim: then it
// did not keep this one. `by_host` is in the order of hosts and times.
static bool book_moved(const struct address_claim *by_host, size_t count,
                       const struct address_claim *claim, int64_t since_ns) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct address_claim *other = &by_host[middle];
        if (other->host < claim->host ||
            (other->host == claim->host && other->first_ns <= since_ns))
            low = middle + 1;
        else
            high = middle;
    }
    for (;
         low < count && by_host[low].host == claim->host && by_host[low].first_ns < claim->first_ns;
         low++)
        if (by_host[low].address != claim->address)
            return true;
    return false;
}

// Whether another host began a lease of the claim's address after `since_ns` and before the claim.
static bool book_let(const struct address_book *book, const struct address_claim *claim,
                     int64_t since_ns) {
    size_t at = spans_seek(book->leases, book->lease_count, claim->address, since_ns);
    for (; at < book->lease_count && book->leases[at].address == claim->address &&
           book->leases[at].first_ns < claim->first_ns;
         at++)
        if (book->leases[at].first_ns > since_ns && book->leases[at].host != claim->host)
            return true;
    return false;
}

// All claims, leases among them, to be joined.
struct book_joining {
    const struct address_claim *claims; // in order of address and time
    const struct address_claim *by_host;
    size_t count;
};

// Join sightings among claims [from, to) of one address to spans, at `end` of the book's.
static size_t book_join(struct address_book *book, const struct book_joining *joining, size_t from,
                        size_t to, size_t end) {
    size_t start = end;
    enum address_word surest = ADDRESS_HEARSAY;
    for (size_t i = from; i < to; i++)
        surest = joining->claims[i].word > surest ? joining->claims[i].word : surest;
    for (size_t i = from; i < to; i++) {
        const struct address_claim *claim = &joining->claims[i];
        // Many weak claims on one address are a gateway's; the check need not be quadratic then.
        if (claim->word == ADDRESS_LEASE || (claim->word < ADDRESS_OWN && claim->word < surest &&
                                             book_is_outdone(joining->claims, from, to, claim)))
            continue;
        struct address_claim *last = end > start ? &book->claims[end - 1] : NULL;
        bool over = last && claim->first_ns <= last->last_ns;
        bool kept = last && last->host == claim->host &&
                    !book_moved(joining->by_host, joining->count, claim, last->last_ns) &&
                    !book_let(book, claim, last->last_ns);
        if (!kept && !over) {
            book->claims[end++] = *claim;
            continue;
        }
        if (last->host != claim->host) {
            book->conflicts += last->host != FLEET_NO_HOST;
            last->host = FLEET_NO_HOST;
        }
        if (claim->last_ns > last->last_ns)
            last->last_ns = claim->last_ns;
        if (claim->word > last->word)
            last->word = claim->word;
    }
    return end;
}

// The spans of all leases among the claims, which are in order of address and time.
static void book_join_leases(struct address_book *book, const struct book_joining *joining) {
    size_t end = 0;
    for (size_t i = 0; i < joining->count; i++) {
        const struct address_claim *claim = &joining->claims[i];
        if (claim->word != ADDRESS_LEASE)
            continue;
        struct address_claim *last = end ? &book->leases[end - 1] : NULL;
        bool over = last && last->address == claim->address && claim->first_ns <= last->last_ns;
        if (over && last->host == claim->host) {
            last->last_ns = claim->last_ns; // renewed: it ends when the renewal says
        } else if (over && last->first_ns == claim->first_ns) {
            book->conflicts += last->host != FLEET_NO_HOST;
            last->host = FLEET_NO_HOST;
        } else {
            if (over)
                last->last_ns = claim->first_ns - 1;
            book->leases[end++] = *claim;
        }
    }
    book->lease_count = end;
}

static struct address_claim *claims_copy(const struct address_claim *claims, size_t count,
                                         int (*compare)(const void *, const void *)) {
    struct address_claim *copy = memory_new(count + 1, sizeof *copy);
    memcpy(copy, claims, count * sizeof *copy);
    qsort(copy, count, sizeof *copy, compare);
    return copy;
}

// Spans of both kinds in order of host and time.
static void book_list_hosts(struct address_book *book) {
    size_t count = book->count + book->lease_count;
    struct address_claim *all = memory_new(count + 1, sizeof *all);
    memcpy(all, book->claims, book->count * sizeof *all);
    memcpy(all + book->count, book->leases, book->lease_count * sizeof *all);
    qsort(all, count, sizeof *all, claim_compare_host);
    book->by_host = all;
}

// What a logon or a name server says may be of a gateway: it makes no other host's address go
// round.
static void spans_mark_rounds(struct address_book *book, const struct address_claim *spans,
                              size_t count, uint32_t *holders) {
    for (size_t i = 0; i < count; i++) {
        if (spans[i].word == ADDRESS_HEARSAY || spans[i].host == FLEET_NO_HOST)
            continue;
        uint32_t *holder = &holders[spans[i].address];
        if (*holder && *holder != spans[i].host + 1)
            book->goes_round[spans[i].address] = true;
        *holder = spans[i].host + 1;
    }
}

static void book_mark_rounds(struct address_book *book) {
    size_t addresses = (size_t)book->addresses.count + 1;
    uint32_t *holders = memory_new(addresses, sizeof *holders); // from 1
    book->goes_round = memory_new(addresses, sizeof *book->goes_round);
    spans_mark_rounds(book, book->claims, book->count, holders);
    spans_mark_rounds(book, book->leases, book->lease_count, holders);
    memory_free(holders);
}

void address_book_settle(struct address_book *book, const uint32_t *hosts) {
    size_t count = 0;
    for (size_t i = 0; i < book->count; i++) {
        struct address_claim claim = book->claims[i];
        claim.host = hosts[claim.host];
        if (claim.host != FLEET_NO_HOST)
            book->claims[count++] = claim;
    }
    book->count = count;
    if (count == 0)
        return;
    struct address_claim *claims = claims_copy(book->claims, count, claim_compare);
    struct address_claim *by_host = claims_copy(book->claims, count, claim_compare_host);
    struct book_joining joining = {claims, by_host, count};
    book->leases = memory_new(count, sizeof *book->leases);
    book_join_leases(book, &joining);
    size_t end = 0;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && claims[to].address == claims[from].address;)
            to++;
        end = book_join(book, &joining, from, to, end);
    }
    book->count = end;
    memory_free(claims);
    memory_free(by_host);
    book_list_hosts(book);
    book_mark_rounds(book);
}

// Whoever had it in all spans, `host` being who had it in those looked at before.
static uint32_t spans_owner(const struct address_claim *spans, size_t count, uint32_t address,
                            uint32_t host, bool *is_first) {
    size_t at = spans_seek(spans, count, address, CLOCK_MIN);
    for (size_t i = at; i < count && spans[i].address == address; i++) {
        if (*is_first)
            host = spans[i].host;
        *is_first = false;
        if (spans[i].host != host)
            return FLEET_NO_HOST;
    }
    return host;
}

static uint32_t book_find_always(const struct address_book *book, uint32_t address) {
    bool is_first = true;
    uint32_t host = spans_owner(book->claims, book->count, address, FLEET_NO_HOST, &is_first);
    return host == FLEET_NO_HOST && !is_first
               ? FLEET_NO_HOST
               : spans_owner(book->leases, book->lease_count, address, host, &is_first);
}

// Whether the host of a span was seen with another address, and no more, between the time and the
// span's beginning: then the span does not reach back to that time.
static bool book_came_later(const struct address_book *book, const struct address_claim *span,
                            int64_t time_ns) {
    size_t low = 0;
    size_t high = book->count + book->lease_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct address_claim *other = &book->by_host[middle];
        if (other->host < span->host ||
            (other->host == span->host && other->first_ns < span->first_ns))
            low = middle + 1;
        else
            high = middle;
    }
    const struct address_claim *other = low > 0 ? &book->by_host[low - 1] : NULL;
    return other && other->host == span->host && other->address != span->address &&
           other->last_ns < span->first_ns && other->last_ns >= time_ns;
}

// Whether the host of a span was seen with another address after its end, at the time or before:
// then the span does not reach on to that time.
static bool book_went_on(const struct address_book *book, const struct address_claim *span,
                         int64_t time_ns) {
    size_t low = 0, high = book->count + book->lease_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct address_claim *other = &book->by_host[middle];
        if (other->host < span->host ||
            (other->host == span->host && other->first_ns <= span->last_ns))
            low = middle + 1;
        else
            high = middle;
    }
    const struct address_claim *other =
        low < book->count + book->lease_count ? &book->by_host[low] : NULL;
    return other && other->host == span->host && other->address != span->address &&
           other->first_ns <= time_ns;
}

// Spans around an instant that none covers; NULL when there is none.
struct book_gap {
    const struct address_claim *before, *after;
    bool is_let; // a lease ended before, or begins after, or the address goes round: none reaches
                 // far
};

// What sightings say of a time that no span covers.
static uint32_t book_find_near(const struct address_book *book, const struct book_gap *gap,
                               int64_t time_ns) {
    const struct address_claim *before = gap->before, *after = gap->after;
    bool near_before = before && time_ns - before->last_ns <= BOOK_REACH_NS;
    bool near_after = after && after->first_ns - time_ns <= BOOK_REACH_NS;
    if (before && after && before->host == after->host)
        return near_before || near_after ? before->host : FLEET_NO_HOST;
    if (after && after->host != FLEET_NO_HOST && book_came_later(book, after, time_ns))
        return near_before ? before->host : FLEET_NO_HOST;
    if (before && !after && before->host != FLEET_NO_HOST && book_went_on(book, before, time_ns))
        return near_before ? before->host : FLEET_NO_HOST;
    if (!before || !after) {
        bool near = !gap->is_let || near_before || near_after;
        return near && before ? before->host : near && after ? after->host : FLEET_NO_HOST;
    }
    bool nearer_before = time_ns - before->last_ns <= after->first_ns - time_ns;
    if (nearer_before)
        return near_before ? before->host : FLEET_NO_HOST;
    return near_after ? after->host : FLEET_NO_HOST;
}

// The same between leases: what was seen before the last one's end, or after the next one's
// beginning, says nothing. One host's leases with nobody's in between are one host's.
static uint32_t book_find_between(const struct address_book *book, uint32_t address,
                                  struct book_gap *gap, const struct book_gap *leases,
                                  int64_t time_ns) {
    const struct address_claim *ended = leases->before, *next = leases->after;
    if (ended && gap->before && gap->before->last_ns <= ended->last_ns)
        gap->before = NULL;
    if (next && gap->after && gap->after->first_ns >= next->first_ns)
        gap->after = NULL;
    gap->is_let = ended || next || book->goes_round[address];
    if (!gap->before && !gap->after && ended && next && ended->host == next->host)
        return time_ns - ended->last_ns <= BOOK_REACH_NS ||
                       next->first_ns - time_ns <= BOOK_REACH_NS
                   ? ended->host
                   : FLEET_NO_HOST;
    return book_find_near(book, gap, time_ns);
}

// The span that covers the time; else NULL, and the spans around it.
static const struct address_claim *spans_find(const struct address_claim *spans, size_t count,
                                              uint32_t address, int64_t time_ns,
                                              struct book_gap *ret_gap) {
    size_t at = spans_seek(spans, count, address, time_ns);
    *ret_gap = (struct book_gap){
        .before = at > 0 && spans[at - 1].address == address ? &spans[at - 1] : NULL,
        .after = at < count && spans[at].address == address ? &spans[at] : NULL};
    return ret_gap->after && ret_gap->after->first_ns <= time_ns ? ret_gap->after : NULL;
}

uint32_t address_book_find(const struct address_book *book, struct slice address, int64_t time_ns) {
    uint32_t number = intern_find(&book->addresses, address);
    if (number == INTERN_FULL || book->count + book->lease_count == 0)
        return FLEET_NO_HOST;
    if (time_ns == CLOCK_NONE)
        return book_find_always(book, number);
    struct book_gap seen, let;
    const struct address_claim *span =
        spans_find(book->claims, book->count, number, time_ns, &seen);
    const struct address_claim *lease =
        spans_find(book->leases, book->lease_count, number, time_ns, &let);
    if (lease)
        return lease->host;
    // Between leases their server's log, whose zone is unknown, is not asked.
    bool asked = !span || span->word != ADDRESS_GRANTED || !let.before || !let.after;
    if (span && asked)
        return span->host;
    if (!asked)
        seen = (struct book_gap){NULL, NULL, true};
    return book_find_between(book, number, &seen, &let, time_ns);
}
