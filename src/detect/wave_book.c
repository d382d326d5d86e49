// What the wave detector knows of packages and hosts
// SPDX-License-Identifier: Apache-2.0
#include "detect/wave_book.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "detect/reading.h"

#include <stdlib.h>

#define WAVE_BYTES ((size_t)64 << 20)

void wave_book_init(struct wave_book *book, const struct detect_context *context) {
    *book = (struct wave_book){.context = context};
    arena_init(&book->arena, WAVE_BYTES);
    table_init(&book->by_host);
    table_init(&book->good);
    book->intervals = memory_new(WAVE_INTERVALS_MAX, sizeof *book->intervals);
}

void wave_book_done(struct wave_book *book) {
    arena_done(&book->arena);
    table_done(&book->by_host);
    table_done(&book->good);
    memory_free(book->intervals);
    memory_free(book->victims);
}

// One row of a catalogue or of a list of releases, kept.
struct offer {
    struct slice server, path, digest, version, signer;
    uint32_t server_host;
    uint64_t size;
    int64_t time_ns;
    bool is_listed;
    struct reference *references;
    uint32_t reference_count;
};

struct offer_row {
    struct offer *offers;
    uint32_t count, capacity;
};

static bool offer_keep(struct wave_book *book, struct offer_row *row,
                       const struct relation *relation, int64_t time_ns) {
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 256;
        row->offers = memory_resize(row->offers, row->capacity, sizeof *row->offers);
    }
    struct reference *references =
        arena_new(&book->arena, relation->reference_count + 1u, sizeof *references);
    if (!references)
        return false;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        const struct reference *reference = &relation->references[i];
        if (relation->time_count < 2 || reading_time(book->context, relation, reference) == time_ns)
            references[kept++] = *reference;
    }
    row->offers[row->count++] =
        (struct offer){.server = arena_keep(&book->arena, reading_to(book->context, relation)),
                       .path = arena_keep(&book->arena, relation->artefact),
                       .digest = arena_keep(&book->arena, relation->detail[0]),
                       .version = arena_keep(&book->arena, relation->detail[1]),
                       .signer = arena_keep(&book->arena, relation->account),
                       .server_host = relation->to_host,
                       .size = relation->count ? relation->bytes_in / relation->count : 0,
                       .time_ns = time_ns,
                       .is_listed = slice_equal(relation->detail[2], SLICE("listed")),
                       .references = references,
                       .reference_count = kept};
    return true;
}

// Each time that a package was offered is an offer of its own.
static enum status offers_read(struct wave_book *book, struct offer_row *row,
                               struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(PACKAGE), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        bool kept = true;
        for (uint32_t i = 0; i < relation->time_count && kept; i++)
            kept = offer_keep(book, row, relation, relation->times[i]);
        if (relation->time_count == 0)
            kept = offer_keep(book, row, relation, relation->first_ns);
        if (!kept)
            break;
    }
    reading_close(&reading);
    return status;
}

static int offer_compare(const void *left, const void *right) {
    const struct offer *a = left, *b = right;
    int order = slice_compare(a->server, b->server);
    if (!order)
        order = slice_compare(a->path, b->path);
    if (!order && a->time_ns != b->time_ns)
        order = a->time_ns < b->time_ns ? -1 : 1;
    return order ? order : slice_compare(a->digest, b->digest);
}

// Whether a list of releases names packages of this name at all, and whether these bytes.
static bool offer_is_released(const struct offer_row *row, const struct offer *offer,
                              bool *ret_has_list) {
    *ret_has_list = false;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct offer *listed = &row->offers[i];
        if (!listed->is_listed || !slice_equal(path_base(listed->path), path_base(offer->path)))
            continue;
        *ret_has_list = true;
        if (slice_equal(listed->digest, offer->digest))
            return true;
    }
    return false;
}

// What stood there before: the last offer of the same path whose bytes were right.
static bool offer_is_replaced(const struct offer *good, const struct offer *offer) {
    return good && slice_equal(good->version, offer->version) &&
           !slice_equal(good->digest, offer->digest);
}

static void interval_begin(struct wave_book *book, const struct offer *offer,
                           const struct offer *good, bool has_list) {
    struct wave_interval *interval = &book->intervals[book->interval_count++];
    *interval = (struct wave_interval){.server = offer->server,
                                       .server_host = offer->server_host,
                                       .path = offer->path,
                                       .name = path_base(offer->path),
                                       .digest = offer->digest,
                                       .version = offer->version,
                                       .has_list = has_list,
                                       .size = offer->size,
                                       .digest_count = 1,
                                       .digests = {offer->digest},
                                       .signer = offer->signer,
                                       .from_ns = offer->time_ns,
                                       .until_ns = INT64_MAX,
                                       .cited = {.references = offer->references,
                                                 .reference_count = offer->reference_count,
                                                 .first_ns = offer->time_ns,
                                                 .last_ns = offer->time_ns,
                                                 .count = 1}};
    if (good) {
        interval->before = good->digest;
        interval->signer_before = good->signer;
        interval->size_before = good->size;
        interval->other_size = good->size && offer->size && good->size != offer->size;
    }
}

// The same bytes may be put there twice.
static void interval_add_digest(struct wave_interval *interval, struct slice digest) {
    uint32_t told =
        interval->digest_count < WAVE_DIGESTS_MAX ? interval->digest_count : WAVE_DIGESTS_MAX;
    for (uint32_t i = 0; i < told; i++)
        if (slice_equal(interval->digests[i], digest))
            return;
    if (told < WAVE_DIGESTS_MAX)
        interval->digests[told] = digest;
    interval->digest_count++;
}

// Another replacement of the same package: its record is cited as well.
static void interval_extend(struct wave_book *book, struct wave_interval *interval,
                            const struct offer *offer) {
    struct reference *all = arena_new(
        &book->arena, interval->cited.reference_count + (size_t)offer->reference_count + 1,
        sizeof *all);
    if (!all)
        return;
    uint32_t count = 0;
    for (uint32_t i = 0; i < interval->cited.reference_count; i++)
        all[count++] = interval->cited.references[i];
    for (uint32_t i = 0; i < offer->reference_count && count < FINDING_REFERENCES_MAX; i++)
        all[count++] = offer->references[i];
    interval->cited.references = all;
    interval->cited.reference_count = count;
    interval->cited.last_ns = offer->time_ns;
    interval->cited.count++;
    interval_add_digest(interval, offer->digest);
    interval->other_size |= interval->size_before && offer->size != interval->size_before;
}

static void digest_is_good(struct wave_book *book, struct slice digest) {
    if (digest.size && !wave_digest_is_good(book, digest))
        table_add(&book->good, digest_hash64(digest), 0);
}

bool wave_digest_is_good(const struct wave_book *book, struct slice digest) {
    return table_find(&book->good, digest_hash64(digest), NULL, NULL, NULL) != TABLE_NONE;
}

// Walk the offers of a path in time. A good offer ends the interval that is open.
static void intervals_walk(struct wave_book *book, const struct offer_row *row) {
    const struct offer *good = NULL, *last = NULL;
    struct wave_interval *open = NULL;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct offer *offer = &row->offers[i];
        if (offer->is_listed)
            digest_is_good(book, offer->digest);
        if (offer->is_listed || offer->digest.size == 0)
            continue;
        if (!last || !slice_equal(last->path, offer->path) ||
            !slice_equal(last->server, offer->server)) {
            good = NULL;
            open = NULL;
        }
        last = offer;
        bool has_list;
        bool released = offer_is_released(row, offer, &has_list);
        bool bad = has_list ? !released : offer_is_replaced(good, offer);
        if (!bad) {
            if (open)
                open->until_ns = offer->time_ns;
            open = NULL;
            good = offer;
            digest_is_good(book, offer->digest);
        } else if (open) {
            interval_extend(book, open, offer);
        } else if (book->interval_count < WAVE_INTERVALS_MAX) {
            interval_begin(book, offer, good, has_list);
            open = &book->intervals[book->interval_count - 1];
        }
    }
}

enum status wave_find_intervals(struct wave_book *book, struct problem *problem) {
    struct offer_row row = {0};
    enum status status = offers_read(book, &row, problem);
    if (status == STATUS_OK && row.count) {
        qsort(row.offers, row.count, sizeof *row.offers, offer_compare);
        intervals_walk(book, &row);
    }
    memory_free(row.offers);
    return status;
}

struct victim_key {
    uint32_t interval;
    struct slice name;
};

static bool victim_equal(const void *context, uint32_t number, const void *key) {
    const struct wave_book *book = context;
    const struct victim_key *wanted = key;
    return book->victims[number].interval == wanted->interval &&
           slice_equal(book->victims[number].name, wanted->name);
}

bool wave_victim_known(const struct wave_book *book, uint32_t interval, struct slice name) {
    struct victim_key key = {interval, name};
    uint64_t hash = digest_hash64_seeded(name, interval);
    return table_find(&book->by_host, hash, victim_equal, book, &key) != TABLE_NONE;
}

struct wave_victim *wave_victim_of(struct wave_book *book, uint32_t interval, uint32_t host,
                                   struct slice name) {
    struct victim_key key = {interval, name};
    uint64_t hash = digest_hash64_seeded(name, interval);
    uint32_t number = table_find(&book->by_host, hash, victim_equal, book, &key);
    if (number != TABLE_NONE)
        return &book->victims[number];
    struct slice kept = arena_keep(&book->arena, name);
    if (book->victim_count == WAVE_VICTIMS_MAX || kept.size != name.size)
        return NULL;
    if (book->victim_count == book->victim_capacity) {
        book->victim_capacity = book->victim_capacity ? 2 * book->victim_capacity : 256;
        book->victims = memory_resize(book->victims, book->victim_capacity, sizeof *book->victims);
    }
    table_add(&book->by_host, hash, book->victim_count);
    struct wave_victim *victim = &book->victims[book->victim_count++];
    *victim = (struct wave_victim){.host = host,
                                   .name = kept,
                                   .interval = interval,
                                   .fetched_ns = CLOCK_NONE,
                                   .arrived_ns = CLOCK_NONE,
                                   .first_ns = CLOCK_NONE,
                                   .last_ns = CLOCK_NONE};
    return victim;
}

void wave_victim_cite(const struct wave_book *book, struct wave_victim *victim,
                      const struct relation *relation, int64_t from_ns, int64_t until_ns) {
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        const struct reference *reference = &relation->references[i];
        int64_t time_ns = reading_time(book->context, relation, reference);
        if (time_ns < from_ns || time_ns >= until_ns)
            continue;
        reference_insert(victim->references, &victim->reference_count, reference);
        victim->records++;
        if (victim->first_ns == CLOCK_NONE || time_ns < victim->first_ns)
            victim->first_ns = time_ns;
        if (time_ns > victim->last_ns)
            victim->last_ns = time_ns;
    }
}

void wave_victim_cite_timeless(struct wave_victim *victim, const struct relation *relation) {
    for (uint32_t i = 0; i < relation->reference_count; i++)
        reference_insert(victim->references, &victim->reference_count, &relation->references[i]);
    victim->records += relation->reference_count;
}
