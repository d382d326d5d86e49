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
    memory_free(book->by_host);
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

// Whether a weak claim stands beside a strong one of its address and time.
static bool book_is_outdone(const struct address_book *book, size_t from, size_t to, size_t weak) {
    for (size_t i = from; i < to; i++)
        if (book->claims[i].strong && book->claims[i].first_ns <= book->claims[weak].last_ns &&
            book->claims[i].last_ns >= book->claims[weak].first_ns)
            return true;
    return false;
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

// Join claims [from, to) of one address to spans, written to `spans`; returns their end.
static size_t book_join(struct address_book *book, const struct address_claim *by_host, size_t from,
                        size_t to, struct address_claim *spans, size_t end) {
    size_t start = end;
    size_t strong = 0;
    for (size_t i = from; i < to; i++)
        strong += book->claims[i].strong;
    for (size_t i = from; i < to; i++) {
        struct address_claim claim = book->claims[i];
        // Many weak claims on one address are a gateway's; the check need not be quadratic then.
        if (!claim.strong && strong && book_is_outdone(book, from, to, i))
            continue;
        struct address_claim *last = end > start ? &spans[end - 1] : NULL;
        bool over = last && claim.first_ns <= last->last_ns;
        bool kept = last && last->host == claim.host &&
                    !book_moved(by_host, book->count, &claim, last->last_ns);
        if (kept || over) {
            if (last->host != claim.host) {
                book->conflicts += last->host != FLEET_NO_HOST;
                last->host = FLEET_NO_HOST;
            }
            if (claim.last_ns > last->last_ns)
                last->last_ns = claim.last_ns;
            if (claim.until_ns > last->until_ns)
                last->until_ns = claim.until_ns;
            continue;
        }
        spans[end++] = claim;
    }
    return end;
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
    qsort(book->claims, count, sizeof *book->claims, claim_compare);
    struct address_claim *spans = memory_new(count, sizeof *spans);
    struct address_claim *by_host = memory_new(count, sizeof *by_host);
    memcpy(by_host, book->claims, count * sizeof *by_host);
    qsort(by_host, count, sizeof *by_host, claim_compare_host);
    size_t end = 0;
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && book->claims[to].address == book->claims[from].address;)
            to++;
        end = book_join(book, by_host, from, to, spans, end);
    }
    memory_free(by_host);
    memory_free(book->claims);
    book->claims = spans;
    book->count = book->capacity = end;
    book->by_host = memory_new(end, sizeof *book->by_host);
    memcpy(book->by_host, spans, end * sizeof *spans);
    qsort(book->by_host, end, sizeof *book->by_host, claim_compare_host);
}

// The first span of the address or a later one that ends at or after the time.
static size_t book_seek(const struct address_book *book, uint32_t address, int64_t time_ns) {
    size_t low = 0;
    size_t high = book->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct address_claim *span = &book->claims[middle];
        if (span->address < address || (span->address == address && span->last_ns < time_ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t book_find_always(const struct address_book *book, uint32_t address) {
    size_t at = book_seek(book, address, CLOCK_MIN);
    uint32_t host = FLEET_NO_HOST;
    for (size_t i = at; i < book->count && book->claims[i].address == address; i++) {
        if (i > at && book->claims[i].host != host)
            return FLEET_NO_HOST;
        host = book->claims[i].host;
    }
    return host;
}

// Whether the host of a span was seen with another address, and no more, between the time and the
// span's beginning: then the span does not reach back to that time.
static bool book_came_later(const struct address_book *book, const struct address_claim *span,
                            int64_t time_ns) {
    size_t low = 0;
    size_t high = book->count;
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

uint32_t address_book_find(const struct address_book *book, struct slice address, int64_t time_ns) {
    uint32_t number = intern_find(&book->addresses, address);
    if (number == INTERN_FULL || book->count == 0)
        return FLEET_NO_HOST;
    if (time_ns == CLOCK_NONE)
        return book_find_always(book, number);
    size_t at = book_seek(book, number, time_ns);
    const struct address_claim *after =
        at < book->count && book->claims[at].address == number ? &book->claims[at] : NULL;
    const struct address_claim *before =
        at > 0 && book->claims[at - 1].address == number ? &book->claims[at - 1] : NULL;
    if (after && after->first_ns <= time_ns)
        return after->host;
    if (before && before->until_ns >= time_ns)
        return before->host;
    if (before && after && before->host == after->host)
        return time_ns - before->last_ns <= BOOK_REACH_NS ||
                       after->first_ns - time_ns <= BOOK_REACH_NS
                   ? before->host
                   : FLEET_NO_HOST;
    if (after && after->host != FLEET_NO_HOST && book_came_later(book, after, time_ns))
        return before && time_ns - before->last_ns <= BOOK_REACH_NS ? before->host : FLEET_NO_HOST;
    if (!before || !after)
        return before ? before->host : after ? after->host : FLEET_NO_HOST;
    bool nearer_before = time_ns - before->last_ns <= after->first_ns - time_ns;
    int64_t gap_ns = nearer_before ? time_ns - before->last_ns : after->first_ns - time_ns;
    if (gap_ns > BOOK_REACH_NS)
        return FLEET_NO_HOST;
    return nearer_before ? before->host : after->host;
}
