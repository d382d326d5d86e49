// Hosts of a wave that only the dropped program tells of
// SPDX-License-Identifier: Apache-2.0
//
// Where event logs and the server's are gone, Prefetch, Amcache or a service's later start may
// still show the program that a package started elsewhere. A host that had it is one of the wave
// when the program lies where any user may write, and no host had it before the wave.
//
//     package ─> svc.exe on WS-01, WS-02        svc.exe on WS-03: of the same wave
//
// Cost: one pass over program starts and files, none without a wave; each path is held against the
// few that were dropped.
#include "base/clock.h"
#include "base/memory.h"
#include "detect/reading.h"
#include "detect/wave_book.h"

#define DAY_NS (86400 * 1000000000ll) // what was fetched runs within a day; clocks may differ

enum {
    DROPPED_MAX = 256,
    SIGHTINGS_MAX = 200000
};

// A program that a package of an interval started.
struct dropped {
    struct slice path; // without its drive
    uint32_t interval;
    int64_t from_ns; // the interval's, or CLOCK_NONE where it was inferred from drops
    bool is_older;   // some host had it before
};

// A record of such a program.
struct sighting {
    uint32_t dropped; // the first of that path
    uint32_t host;
    int64_t time_ns;
    bool executed;
    struct reference reference;
    struct slice path;
};

struct dropped_search {
    struct wave_book *book;
    struct dropped dropped[DROPPED_MAX];
    uint32_t dropped_count;
    struct sighting *sightings;
    uint32_t sighting_count, sighting_capacity;
};

static void dropped_collect(struct dropped_search *search) {
    const struct wave_book *book = search->book;
    for (uint32_t i = 0; i < book->victim_count; i++) {
        const struct wave_victim *victim = &book->victims[i];
        struct slice path = path_without_drive(victim->dropped);
        bool known = victim->dropped.size == 0 || !wave_place_is_writable(victim->dropped);
        for (uint32_t k = 0; k < search->dropped_count && !known; k++)
            known = search->dropped[k].interval == victim->interval &&
                    slice_equal(search->dropped[k].path, path);
        if (known || search->dropped_count == DROPPED_MAX)
            continue;
        const struct wave_interval *interval = &book->intervals[victim->interval];
        search->dropped[search->dropped_count++] =
            (struct dropped){.path = path,
                             .interval = victim->interval,
                             .from_ns = interval->is_inferred ? CLOCK_NONE : interval->from_ns};
    }
}

static void sightings_add(struct dropped_search *search, uint32_t dropped,
                          const struct relation *relation) {
    struct slice path = arena_keep(&search->book->arena, relation->artefact);
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        const struct reference *reference = &relation->references[i];
        int64_t time_ns = reading_time(search->book->context, relation, reference);
        if (time_ns == CLOCK_NONE || search->sighting_count == SIGHTINGS_MAX)
            continue;
        if (search->sighting_count == search->sighting_capacity) {
            search->sighting_capacity =
                search->sighting_capacity ? 2 * search->sighting_capacity : 256;
            search->sightings = memory_resize(search->sightings, search->sighting_capacity,
                                              sizeof *search->sightings);
        }
        search->sightings[search->sighting_count++] =
            (struct sighting){.dropped = dropped,
                              .host = relation->to_host,
                              .time_ns = time_ns,
                              .executed = relation->kind == RELATION_SPAWN ||
                                          slice_equal(relation->detail[2], SLICE("executed")),
                              .reference = *reference,
                              .path = path};
    }
}

static enum status sightings_read(struct dropped_search *search, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, search->book->context, RELATION_MASK(SPAWN) | RELATION_MASK(FILE),
                     RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        struct slice path = path_without_drive(relation->artefact);
        for (uint32_t i = 0; i < search->dropped_count && relation->to_host != RELATION_NO_HOST;
             i++) {
            if (!slice_equal(search->dropped[i].path, path))
                continue;
            sightings_add(search, i, relation);
            break;
        }
    }
    reading_close(&reading);
    return status;
}

// What a host had a day before the first interval that dropped it came some other way.
static void older_find(struct dropped_search *search) {
    for (uint32_t i = 0; i < search->dropped_count; i++) {
        struct dropped *dropped = &search->dropped[i];
        int64_t first_ns = INT64_MAX;
        bool is_inferred = false;
        for (uint32_t k = 0; k < search->dropped_count; k++) {
            const struct dropped *other = &search->dropped[k];
            if (!slice_equal(other->path, dropped->path))
                continue;
            is_inferred |= other->from_ns == CLOCK_NONE;
            first_ns = other->from_ns < first_ns ? other->from_ns : first_ns;
        }
        for (uint32_t k = 0; k < search->sighting_count && !is_inferred; k++)
            dropped->is_older |=
                slice_equal(search->dropped[search->sightings[k].dropped].path, dropped->path) &&
                search->sightings[k].time_ns < first_ns - DAY_NS;
    }
}

static bool host_is_known(const struct wave_book *book, uint32_t host) {
    for (uint32_t i = 0; i < book->interval_count; i++)
        if (wave_victim_known(book, i, book->context->fleet->hosts[host].name) ||
            book->intervals[i].server_host == host)
            return true;
    return false;
}

// The interval that offered the package at that time, else the last one before; TABLE_NONE: none.
static uint32_t interval_of(const struct dropped_search *search, const struct sighting *sighting) {
    uint32_t best = TABLE_NONE;
    for (uint32_t i = 0; i < search->dropped_count; i++) {
        const struct dropped *dropped = &search->dropped[i];
        const struct wave_interval *interval = &search->book->intervals[dropped->interval];
        if (!slice_equal(dropped->path, search->dropped[sighting->dropped].path) ||
            dropped->is_older)
            continue;
        if (dropped->from_ns == CLOCK_NONE ||
            (sighting->time_ns >= dropped->from_ns - DAY_NS &&
             (best == TABLE_NONE || interval->from_ns > search->book->intervals[best].from_ns)))
            best = dropped->interval;
    }
    return best;
}

// The first of a host's sightings says when it was there; those of a day are cited.
static void victim_add(struct dropped_search *search, uint32_t first) {
    struct wave_book *book = search->book;
    const struct sighting *sighting = &search->sightings[first];
    uint32_t interval = interval_of(search, sighting);
    if (interval == TABLE_NONE)
        return;
    struct wave_victim *victim = wave_victim_of(book, interval, sighting->host,
                                                book->context->fleet->hosts[sighting->host].name);
    if (!victim)
        return;
    victim->by_dropped = true;
    victim->dropped = sighting->path;
    victim->arrived_ns = sighting->time_ns;
    for (uint32_t i = 0; i < search->sighting_count; i++) {
        const struct sighting *other = &search->sightings[i];
        if (other->host != sighting->host || other->time_ns >= sighting->time_ns + DAY_NS)
            continue;
        victim->evidence |= other->executed ? WAVE_EXECUTED : WAVE_PRESENT;
        reference_insert(victim->references, &victim->reference_count, &other->reference);
        victim->records++;
        if (victim->first_ns == CLOCK_NONE || other->time_ns < victim->first_ns)
            victim->first_ns = other->time_ns;
        if (other->time_ns > victim->last_ns)
            victim->last_ns = other->time_ns;
    }
}

static void victims_add(struct dropped_search *search) {
    uint32_t hosts = search->book->context->fleet->count;
    uint32_t *first = memory_new((size_t)hosts + 1, sizeof *first); // sighting + 1, by host
    for (uint32_t i = 0; i < search->sighting_count; i++) {
        uint32_t *at = &first[search->sightings[i].host];
        if (*at == 0 || search->sightings[i].time_ns < search->sightings[*at - 1].time_ns)
            *at = i + 1;
    }
    for (uint32_t host = 0; host < hosts; host++)
        if (first[host] && !host_is_known(search->book, host))
            victim_add(search, first[host] - 1);
    memory_free(first);
}

enum status wave_find_dropped(struct wave_book *book, struct problem *problem) {
    struct dropped_search *search = memory_new(1, sizeof *search);
    search->book = book;
    dropped_collect(search);
    enum status status = STATUS_OK;
    if (search->dropped_count)
        status = sightings_read(search, problem);
    if (status == STATUS_OK && search->sighting_count) {
        older_find(search);
        victims_add(search);
    }
    memory_free(search->sightings);
    memory_free(search);
    return status;
}
