// Who a wave reached, and what shows it
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/reading.h"
#include "detect/wave_book.h"

// Cost: one pass over fetches, one over program starts, one over files, one over contacts; each row
// is held against the intervals of its package's name.

#define SECOND_NS 1000000000ll
#define SLACK_NS (300 * SECOND_NS)     // clocks that nothing could settle
#define ARRIVAL_NS (86400 * SECOND_NS) // what was fetched runs within a day of the interval's end
#define CALL_NS (120 * 86400 * SECOND_NS)

// Fetches of a package by size, while it was right and while it was not.
struct size_use {
    uint32_t interval;
    uint64_t size;
    uint32_t inside, outside;
};

struct size_uses {
    struct size_use *rows;
    uint32_t count, capacity;
};

static struct size_use *size_use_of(struct size_uses *uses, uint32_t interval, uint64_t size) {
    for (uint32_t i = 0; i < uses->count; i++)
        if (uses->rows[i].interval == interval && uses->rows[i].size == size)
            return &uses->rows[i];
    if (uses->count == uses->capacity) {
        uses->capacity = uses->capacity ? 2 * uses->capacity : 64;
        uses->rows = memory_resize(uses->rows, uses->capacity, sizeof *uses->rows);
    }
    uses->rows[uses->count] = (struct size_use){.interval = interval, .size = size};
    return &uses->rows[uses->count++];
}

static bool time_inside(const struct wave_interval *interval, int64_t time_ns, int64_t slack_ns) {
    return time_ns >= interval->from_ns - SLACK_NS &&
           (interval->until_ns == INT64_MAX || time_ns < interval->until_ns + slack_ns);
}

static uint64_t fetch_size(const struct relation *relation) {
    int64_t size;
    return text_integer(relation->detail[1], &size) && size > 0 ? (uint64_t)size : 0;
}

static bool fetch_fits(const struct wave_interval *interval, const struct relation *relation) {
    bool here = relation->to_host != RELATION_NO_HOST ? relation->to_host == interval->server_host
                                                      : slice_equal(relation->to, interval->server);
    return here && slice_equal(path_base(relation->artefact), interval->name);
}

// How often each size was fetched, inside and outside of the intervals.
static enum status sizes_count(struct wave_book *book, struct size_uses *uses,
                               struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, book->context, RELATION_MASK(UPDATE_FETCH),
                                      RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        for (uint32_t i = 0; i < book->interval_count; i++) {
            if (!fetch_fits(&book->intervals[i], relation))
                continue;
            struct size_use *use = size_use_of(uses, i, fetch_size(relation));
            for (uint32_t k = 0; k < relation->time_count; k++) {
                bool inside = time_inside(&book->intervals[i], relation->times[k], 0);
                use->inside += inside;
                use->outside += !inside;
            }
        }
    }
    reading_close(&reading);
    return status;
}

// Selective delivery: where the wrong bytes have a size of their own, those who were given the size
// of the right ones were given the right ones.
static bool size_is_right(const struct wave_book *book, const struct size_uses *uses,
                          uint32_t interval, uint64_t size) {
    const struct wave_interval *about = &book->intervals[interval];
    if (!about->other_size || size == 0)
        return false;
    bool other_inside = false;
    for (uint32_t i = 0; i < uses->count; i++)
        other_inside |= uses->rows[i].interval == interval && uses->rows[i].inside &&
                        uses->rows[i].size != size;
    return size == about->size_before && other_inside;
}

static enum status fetches_take(struct wave_book *book, const struct size_uses *uses,
                                struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, book->context, RELATION_MASK(UPDATE_FETCH),
                                      RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        for (uint32_t i = 0; i < book->interval_count; i++) {
            const struct wave_interval *interval = &book->intervals[i];
            if (!fetch_fits(interval, relation) ||
                size_is_right(book, uses, i, fetch_size(relation)))
                continue;
            for (uint32_t k = 0; k < relation->time_count; k++) {
                if (!time_inside(interval, relation->times[k], 0))
                    continue;
                struct wave_victim *victim = wave_victim_of(book, i, relation->from_host,
                                                            reading_from(book->context, relation));
                if (!victim)
                    break;
                victim->evidence |= WAVE_FETCHED;
                if (victim->fetched_ns == CLOCK_NONE)
                    victim->fetched_ns = relation->times[k];
                wave_victim_cite(book, victim, relation, relation->times[k] - SECOND_NS,
                                 relation->times[k] + SECOND_NS);
            }
        }
    }
    reading_close(&reading);
    return status;
}

static void victim_arrived(struct wave_victim *victim, int64_t time_ns) {
    if (time_ns != CLOCK_NONE && (victim->arrived_ns == CLOCK_NONE || time_ns < victim->arrived_ns))
        victim->arrived_ns = time_ns;
}

// The interval's end, with time for what was fetched to run.
static int64_t interval_last(const struct wave_interval *interval) {
    return interval->until_ns == INT64_MAX ? INT64_MAX : interval->until_ns + ARRIVAL_NS;
}

// A program start speaks of a wave when it is the package, or a child of the package, and not of
// bytes that were right.
static bool spawn_fits(const struct wave_book *book, const struct wave_interval *interval,
                       const struct relation *spawn, bool *ret_child) {
    bool is_package = slice_equal(path_base(spawn->artefact), interval->name);
    *ret_child = slice_equal(path_base(spawn->detail[0]), interval->name);
    if (!is_package && !*ret_child)
        return false;
    return !is_package || !spawn->detail[2].size || !wave_digest_is_good(book, spawn->detail[2]);
}

static void spawn_take(struct wave_book *book, uint32_t number, const struct relation *relation,
                       bool is_child) {
    const struct wave_interval *interval = &book->intervals[number];
    int64_t from_ns = interval->from_ns - SLACK_NS, until_ns = interval_last(interval);
    struct slice name = reading_to(book->context, relation);
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        int64_t time_ns = reading_time(book->context, relation, &relation->references[i]);
        if (time_ns < from_ns || time_ns >= until_ns)
            continue;
        // Behind the end, only what runs on a host that had taken it before.
        bool inside = time_inside(interval, time_ns, 0);
        if (!inside && !wave_victim_known(book, number, name))
            continue;
        struct wave_victim *victim = wave_victim_of(book, number, relation->to_host, name);
        if (!victim)
            return;
        victim->evidence |= WAVE_EXECUTED;
        victim_arrived(victim, time_ns);
        bool better = victim->dropped.size == 0 || (!wave_place_is_writable(victim->dropped) &&
                                                    wave_place_is_writable(relation->artefact));
        if (is_child && better)
            victim->dropped = arena_keep(&book->arena, relation->artefact);
        wave_victim_cite(book, victim, relation, from_ns, inside ? time_ns + SECOND_NS : until_ns);
    }
}

static enum status spawns_take(struct wave_book *book, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(SPAWN), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        for (uint32_t i = 0; i < book->interval_count; i++) {
            bool is_child;
            if (reading.relation.to_host != RELATION_NO_HOST &&
                spawn_fits(book, &book->intervals[i], &reading.relation, &is_child))
                spawn_take(book, i, &reading.relation, is_child);
        }
    }
    reading_close(&reading);
    return status;
}

// Whether a file of a host speaks for an interval: by its digest, or because it has the package's
// name and came in that time.
static bool file_fits(const struct wave_interval *interval, const struct relation *file,
                      bool *ret_by_digest) {
    *ret_by_digest = interval->digest.size && slice_equal(file->detail[0], interval->digest);
    bool by_name = slice_equal(path_base(file->artefact), interval->name) &&
                   time_inside(interval, file->first_ns, 0) &&
                   slice_equal(file->detail[2], SLICE("created"));
    return (*ret_by_digest || by_name) && file->to_host != interval->server_host;
}

// Of bytes without a time, which several intervals may have offered: the interval that the host is
// known in, else the first.
static bool file_is_of(const struct wave_book *book, uint32_t number, const struct relation *file) {
    struct slice name = reading_to(book->context, file);
    uint32_t first = UINT32_MAX;
    if (file->first_ns != CLOCK_NONE || wave_victim_known(book, number, name))
        return true;
    for (uint32_t i = 0; i < book->interval_count; i++) {
        bool by_digest;
        if (!file_fits(&book->intervals[i], file, &by_digest) || !by_digest)
            continue;
        if (wave_victim_known(book, i, name))
            return false;
        if (first == UINT32_MAX)
            first = i;
    }
    return number == first;
}

static void file_take(struct wave_book *book, uint32_t number, const struct relation *file) {
    const struct wave_interval *interval = &book->intervals[number];
    bool by_digest;
    if (!file_fits(interval, file, &by_digest) || !file_is_of(book, number, file))
        return;
    struct wave_victim *victim =
        wave_victim_of(book, number, file->to_host, reading_to(book->context, file));
    if (!victim)
        return;
    victim->evidence |= WAVE_PRESENT;
    victim_arrived(victim, file->first_ns);
    if (by_digest && file->first_ns == CLOCK_NONE)
        wave_victim_cite_timeless(victim, file);
    else
        wave_victim_cite(book, victim, file, interval->from_ns - SLACK_NS, INT64_MAX);
}

static enum status files_take(struct wave_book *book, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(FILE), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (reading.relation.to_host == RELATION_NO_HOST)
            continue;
        for (uint32_t i = 0; i < book->interval_count; i++)
            file_take(book, i, &reading.relation);
    }
    reading_close(&reading);
    return status;
}

// A contact by the dropped program.
static enum status contacts_take(struct wave_book *book, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(CONTACT), RELATION_ORDER_FROM, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        if (relation->from_host == RELATION_NO_HOST || relation->detail[1].size == 0)
            continue;
        for (uint32_t i = 0; i < book->victim_count; i++) {
            struct wave_victim *victim = &book->victims[i];
            if (victim->host != relation->from_host || victim->dropped.size == 0 ||
                !text_equal_fold_ascii(victim->dropped, relation->detail[1]))
                continue;
            victim->evidence |= WAVE_CALLED_BACK;
            wave_victim_cite(book, victim, relation,
                             book->intervals[victim->interval].from_ns - SLACK_NS,
                             book->intervals[victim->interval].from_ns + CALL_NS);
        }
    }
    reading_close(&reading);
    return status;
}

enum status wave_find_victims(struct wave_book *book, struct problem *problem) {
    struct size_uses uses = {0};
    enum status status = STATUS_OK;
    if (book->interval_count == 0)
        return status;
    status = sizes_count(book, &uses, problem);
    if (status == STATUS_OK)
        status = fetches_take(book, &uses, problem);
    memory_free(uses.rows);
    if (status == STATUS_OK)
        status = spawns_take(book, problem);
    if (status == STATUS_OK)
        status = files_take(book, problem);
    if (status == STATUS_OK)
        status = contacts_take(book, problem);
    return status;
}
