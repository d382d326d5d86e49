// Days on which a host sent far more than usual
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "base/memory.h"
#include "detect/exfiltration.h"

#include <stdlib.h>

enum {
    ASYMMETRY = 8,        // sent to received: calls and browsing are far below
    INSIDE_Z_TENTHS = 40, // against all hosts' days at that server
    RARE_HOSTS = 3,       // in a small fleet; 2 % in a large one
    NEW_AFTER_DAYS = 3,   // a destination first seen so late is new
    HABIT_SHARE = 5,      // similar days elsewhere in the record: a fifth of its days is a habit
    APART_DAYS = 3,       // quiet days within one upload
    SPAN_DAYS = 7         // longer ones are told in pieces, so that late records are cited
};

void uploads_init(struct uploads *uploads, const struct detect_context *context) {
    *uploads = (struct uploads){.count = 0};
    volume_book_init(&uploads->book, context);
    table_init(&uploads->by_ends);
}

void uploads_done(struct uploads *uploads) {
    volume_book_done(&uploads->book);
    table_done(&uploads->by_ends);
    memory_free(uploads->rows);
}

uint64_t upload_hash(struct slice from, uint32_t server) {
    return digest_hash64_seeded(from, server);
}

struct end_key {
    struct slice from;
    uint32_t server;
};

static bool ends_equal(const void *context, uint32_t number, const void *key) {
    const struct uploads *uploads = context;
    const struct end_key *ends = key;
    return uploads->rows[number].server == ends->server &&
           slice_equal(uploads->rows[number].from, ends->from);
}

uint32_t upload_first(const struct uploads *uploads, struct slice from, uint32_t server) {
    struct end_key key = {from, server};
    return table_find(&uploads->by_ends, upload_hash(from, server), ends_equal, uploads, &key);
}

struct upload *upload_add(struct uploads *uploads, const struct upload *upload) {
    if (uploads->count == UPLOADS_MAX)
        return NULL;
    if (uploads->count == uploads->capacity) {
        uploads->capacity = uploads->capacity ? 2 * uploads->capacity : 64;
        uploads->rows = memory_resize(uploads->rows, uploads->capacity, sizeof *uploads->rows);
    }
    uploads->rows[uploads->count] = *upload;
    uploads->book.destinations[upload->server].has_uploads |= upload->is_inside;
    if (upload->is_inside && upload_first(uploads, upload->from, upload->server) == TABLE_NONE)
        table_add(&uploads->by_ends, upload_hash(upload->from, upload->server), uploads->count);
    return &uploads->rows[uploads->count++];
}

static bool destination_is_rare(const struct volume_book *book,
                                const struct volume_destination *destination) {
    uint32_t limit = book->context->fleet->count / 50;
    limit = limit > RARE_HOSTS ? limit : RARE_HOSTS;
    return destination->hosts <= limit ||
           destination->first_day >= book->first_day + NEW_AFTER_DAYS;
}

// Days of the pair that are as large, up to a quarter: a backup has one every night.
static bool day_is_habit(const struct volume_pair *pair, const struct volume_day *day) {
    uint32_t similar = 0;
    for (uint32_t i = 0; i < pair->day_count; i++)
        similar +=
            pair->days[i].bytes_out >= day->bytes_out / 4 &&
            (pair->days[i].day < day->day - SPAN_DAYS || pair->days[i].day > day->day + SPAN_DAYS);
    return similar * HABIT_SHARE > pair->day_count && similar > 1;
}

static bool day_is_upload(const struct volume_book *book, const struct volume_pair *pair,
                          struct volume_day *day) {
    const struct volume_destination *destination = &book->destinations[pair->to_number];
    if (day->bytes_out < VOLUME_LARGE_BYTES || day->bytes_out / ASYMMETRY < day->bytes_in ||
        day_is_habit(pair, day))
        return false;
    if (pair->is_outside)
        return day->is_alarm && destination_is_rare(book, destination);
    if (pair->is_share || !destination->history)
        return false;
    day->z = volume_history_z(destination->history, day->bytes_out);
    return day->z >= INSIDE_Z_TENTHS;
}

static void pair_find(struct uploads *uploads, uint32_t number) {
    const struct volume_book *book = &uploads->book;
    const struct volume_pair *pair = &book->pairs[number];
    struct upload *open = NULL;
    for (uint32_t i = 0; i < pair->day_count; i++) {
        struct volume_day *day = &pair->days[i];
        if (!day_is_upload(book, pair, day))
            continue;
        if (!open || day->day > open->last_day + APART_DAYS ||
            day->day >= open->first_day + SPAN_DAYS) {
            struct upload begun = {.pair = number,
                                   .from = pair->from,
                                   .server = pair->to_number,
                                   .is_inside = !pair->is_outside,
                                   .first_day = day->day};
            open = upload_add(uploads, &begun);
            if (!open)
                return;
        }
        open->last_day = day->day;
        open->bytes_out += day->bytes_out;
        open->bytes_in += day->bytes_in;
        open->z = day->z > open->z ? day->z : open->z;
    }
}

static bool uploads_meet(const struct upload *a, const struct upload *b, int32_t slack) {
    return a->first_day <= b->last_day + slack && b->first_day <= a->last_day + slack;
}

// Rows [from, to) are one host's.
static void host_sum(struct uploads *uploads, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        struct upload *upload = &uploads->rows[i];
        for (uint32_t j = from; j < to; j++)
            if (uploads->rows[j].is_inside == upload->is_inside &&
                uploads_meet(upload, &uploads->rows[j], 1)) {
                upload->host_bytes += uploads->rows[j].bytes_out;
                upload->places++;
            }
    }
}

static bool pair_counts(const struct volume_book *book, const struct volume_pair *pair) {
    const struct fleet *fleet = book->context->fleet;
    unsigned roles = pair->from_host == RELATION_NO_HOST ? 0 : fleet->hosts[pair->from_host].roles;
    // Mail servers send mail, proxies send what others sent them.
    return !pair->is_mail && !(roles & FLEET_ROLE_PROXY && pair->is_outside);
}

void uploads_find(struct uploads *uploads) {
    const struct volume_book *book = &uploads->book;
    uint32_t from = 0;
    for (uint32_t i = 0; i < book->pair_count; i++) {
        if (i && !slice_equal(book->pairs[i].from, book->pairs[i - 1].from)) {
            host_sum(uploads, from, uploads->count);
            from = uploads->count;
        }
        if (pair_counts(book, &book->pairs[i]))
            pair_find(uploads, i);
    }
    host_sum(uploads, from, uploads->count);
}

static int server_compare(const void *left, const void *right) {
    const struct upload *const *x = left, *const *y = right;
    const struct upload *a = *x, *b = *y;
    if (a->server != b->server)
        return a->server < b->server ? -1 : 1;
    if (a->first_day != b->first_day)
        return a->first_day < b->first_day ? -1 : 1;
    return slice_compare(a->from, b->from);
}

// How many of the server's uploads [from, to) lie near one, a host counted once.
static void cohort_count(struct upload **rows, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) {
        uint32_t hosts = 0;
        for (uint32_t j = from; j < to && hosts < UINT16_MAX; j++) {
            if (rows[j]->first_day > rows[i]->last_day + APART_DAYS)
                break;
            hosts += uploads_meet(rows[i], rows[j], APART_DAYS) &&
                     (j == i || !slice_equal(rows[j]->from, rows[i]->from));
        }
        rows[i]->cohort = hosts;
    }
}

void uploads_count_cohorts(struct uploads *uploads) {
    struct upload **rows = memory_new(uploads->count + 1u, sizeof(struct upload *));
    uint32_t count = 0;
    for (uint32_t i = 0; i < uploads->count; i++)
        if (uploads->rows[i].is_inside)
            rows[count++] = &uploads->rows[i];
    if (count)
        qsort(rows, count, sizeof(struct upload *), server_compare);
    for (uint32_t from = 0, to; from < count; from = to) {
        for (to = from + 1; to < count && rows[to]->server == rows[from]->server; to++)
            ;
        cohort_count(rows, from, to);
    }
    memory_free(rows);
}
