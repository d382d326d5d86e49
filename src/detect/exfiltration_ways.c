// What else shows an upload: archives, paths, programs
// SPDX-License-Identifier: Apache-2.0
//
// A way is a path of a server that clients post to, or a program that talks to it. Where a way's
// days are the days of uploads and hardly any other, the uploads went that way; and so did what
// other hosts sent that way, although no sensor measured it.
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/exfiltration.h"
#include "detect/reading.h"

enum {
    WAYS_MAX = 1 << 16,
    SLACK_DAYS = 1,
    STAGING_DAYS = 1, // before the first day
    NOTES_MAX = 64,   // of one upload
    WAY_PART = 20     // of the clients that uploaded, at least one in so many went a way
};

struct way {
    struct slice text;
    uint32_t server;
    bool is_path;
    uint32_t days, large_days; // of clients
    uint32_t large_clients;
    uint64_t last_large; // hash of the client counted last
};

struct ways {
    struct uploads *uploads;
    struct way *rows;
    uint32_t count;
    struct table by_text;
    uint32_t *clients; // by server: hosts whose uploads a sensor measured
};

struct way_key {
    struct slice text;
    uint32_t server;
};

static bool way_equal(const void *context, uint32_t number, const void *key) {
    const struct ways *ways = context;
    const struct way_key *wanted = key;
    return ways->rows[number].server == wanted->server &&
           slice_equal(ways->rows[number].text, wanted->text);
}

static struct way *way_of(struct ways *ways, uint32_t server, struct slice text, bool is_new) {
    struct way_key key = {text, server};
    uint64_t hash = digest_hash64_seeded(text, server);
    uint32_t number = table_find(&ways->by_text, hash, way_equal, ways, &key);
    if (number != TABLE_NONE)
        return &ways->rows[number];
    if (!is_new || ways->count == WAYS_MAX)
        return NULL;
    struct slice kept = arena_keep(&ways->uploads->book.arena, text);
    if (kept.size == 0)
        return NULL;
    ways->rows[ways->count] = (struct way){.text = kept, .server = server};
    table_add(&ways->by_text, hash, ways->count);
    return &ways->rows[ways->count++];
}

// The server that a relation goes to, where uploads went, and by which way; false: neither.
static bool relation_way(const struct uploads *uploads, const struct relation *relation,
                         uint32_t *ret_server, struct slice *ret_text) {
    const struct volume_book *book = &uploads->book;
    struct slice to = reading_to(book->context, relation);
    struct slice from = reading_from(book->context, relation);
    bool is_path = relation->kind == RELATION_WEB_REQUEST;
    if (from.size == 0 || (relation->from_host == RELATION_NO_HOST && address_is_outside(from)))
        return false;
    if (is_path && !slice_equal(relation->detail[0], SLICE("POST")) &&
        !slice_equal(relation->detail[0], SLICE("PUT")))
        return false;
    *ret_text = is_path ? relation->artefact : relation->detail[1];
    *ret_server = volume_destination(book, to);
    return ret_text->size && *ret_server != TABLE_NONE &&
           book->destinations[*ret_server].has_uploads;
}

static bool day_has_upload(const struct uploads *uploads, uint32_t first, int32_t day) {
    if (first == TABLE_NONE)
        return false;
    const struct upload *wanted = &uploads->rows[first];
    for (uint32_t i = first; i < uploads->count && uploads->rows[i].pair == wanted->pair; i++)
        if (day >= uploads->rows[i].first_day - SLACK_DAYS &&
            day <= uploads->rows[i].last_day + SLACK_DAYS)
            return true;
    return false;
}

static void way_count(struct ways *ways, const struct relation *relation) {
    uint32_t server;
    struct slice text;
    if (!relation_way(ways->uploads, relation, &server, &text))
        return;
    struct way *way = way_of(ways, server, text, true);
    if (!way)
        return;
    struct slice from = reading_from(ways->uploads->book.context, relation);
    uint32_t first = upload_first(ways->uploads, from, server);
    uint64_t client = upload_hash(from, server);
    way->is_path = relation->kind == RELATION_WEB_REQUEST;
    int32_t last = INT32_MIN;
    for (uint32_t i = 0; i < relation->time_count; i++) {
        int32_t day = volume_day_of(relation->times[i]);
        if (day == last)
            continue;
        last = day;
        bool large = day_has_upload(ways->uploads, first, day);
        way->days++;
        way->large_days += large;
        way->large_clients += large && client != way->last_large;
        way->last_large = large ? client : way->last_large;
    }
}

// Uploads of a host to a server stand together.
static uint32_t *clients_count(const struct uploads *uploads) {
    uint32_t *clients = memory_new((size_t)uploads->book.destination_count + 1, sizeof *clients);
    for (uint32_t i = 0; i < uploads->count; i++)
        if (uploads->rows[i].is_inside &&
            (i == 0 || uploads->rows[i].pair != uploads->rows[i - 1].pair))
            clients[uploads->rows[i].server]++;
    return clients;
}

// Used by uploads of several clients and little else. Where half of all hosts upload within days,
// two of them meet any program by chance.
static bool way_speaks(const struct ways *ways, const struct way *way) {
    return way->large_clients >= 2 && way->large_days * 2 >= way->days &&
           way->large_clients * WAY_PART >= ways->clients[way->server];
}

static void note_add(struct uploads *uploads, struct upload *upload,
                     const struct relation *relation, bool is_archive) {
    struct volume_book *book = &uploads->book;
    uint32_t notes = 0;
    for (const struct upload_note *note = upload->notes; note; note = note->next)
        notes++;
    struct upload_note *note = notes < NOTES_MAX ? arena_new(&book->arena, 1, sizeof *note) : NULL;
    const struct reference *references =
        note ? references_keep(&book->arena, relation->references, relation->reference_count)
             : NULL;
    if (!references)
        return;
    note->is_archive = is_archive;
    note->row.references = references;
    note->row.reference_count = relation->reference_count;
    note->row.count = relation->count;
    note->row.first_ns = relation->first_ns;
    note->row.last_ns = relation->last_ns;
    note->next = upload->notes;
    upload->notes = note;
}

static void upload_join(struct uploads *uploads, const struct relation *relation, uint32_t server,
                        const struct way *way) {
    struct slice from = reading_from(uploads->book.context, relation);
    uint32_t first = upload_first(uploads, from, server);
    int32_t begin = volume_day_of(relation->first_ns), end = volume_day_of(relation->last_ns);
    if (first == TABLE_NONE) {
        struct upload made = {.pair = UPLOAD_NO_PAIR,
                              .from = arena_keep(&uploads->book.arena, from),
                              .server = server,
                              .is_inside = true,
                              .first_day = begin,
                              .last_day = end};
        if (made.from.size == 0 || !upload_add(uploads, &made))
            return;
        first = uploads->count - 1;
    }
    uint32_t pair = uploads->rows[first].pair;
    for (uint32_t i = first; i < uploads->count && uploads->rows[i].pair == pair; i++) {
        struct upload *upload = &uploads->rows[i];
        if (pair == UPLOAD_NO_PAIR) {
            if (i > first)
                break;
            upload->first_day = begin < upload->first_day ? begin : upload->first_day;
            upload->last_day = end > upload->last_day ? end : upload->last_day;
        }
        if (begin > upload->last_day + SLACK_DAYS || end < upload->first_day - SLACK_DAYS)
            continue;
        if (upload->way.size == 0 || way->is_path)
            upload->way = way->text;
        note_add(uploads, upload, relation, false);
    }
}

static enum status ways_pass(struct ways *ways, bool is_count, struct problem *problem) {
    struct uploads *uploads = ways->uploads;
    struct reading reading;
    enum status status = reading_open(&reading, uploads->book.context,
                                      RELATION_MASK(WEB_REQUEST) | RELATION_MASK(CONTACT),
                                      RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        uint32_t server;
        struct slice text;
        if (is_count) {
            way_count(ways, &reading.relation);
            continue;
        }
        if (reading.relation.first_ns == CLOCK_NONE ||
            !relation_way(uploads, &reading.relation, &server, &text))
            continue;
        const struct way *way = way_of(ways, server, text, false);
        if (way && way_speaks(ways, way))
            upload_join(uploads, &reading.relation, server, way);
    }
    reading_close(&reading);
    return status;
}

static bool is_archive(struct slice path) {
    static const struct slice ENDS[] = {SLICE(".7z"),  SLICE(".zip"), SLICE(".rar"), SLICE(".tar"),
                                        SLICE(".tgz"), SLICE(".gz"),  SLICE(".bz2"), SLICE(".xz"),
                                        SLICE(".cab"), SLICE(".pst"), SLICE(".ost"), SLICE(".zst")};
    for (size_t i = 0; i < ARRAY_SIZE(ENDS); i++)
        if (slice_ends(path, ENDS[i]))
            return true;
    return false;
}

static void archive_take(struct uploads *uploads, const struct relation *relation) {
    struct slice host = reading_to(uploads->book.context, relation);
    if (!slice_equal(relation->detail[2], SLICE("created")) || !is_archive(relation->artefact) ||
        relation->first_ns == CLOCK_NONE)
        return;
    int32_t day = volume_day_of(relation->first_ns);
    for (uint32_t i = 0; i < uploads->count; i++) {
        struct upload *upload = &uploads->rows[i];
        if (day < upload->first_day - STAGING_DAYS || day > upload->last_day ||
            !slice_equal(upload->from, host))
            continue;
        if (upload->archive.size == 0)
            upload->archive = arena_keep(&uploads->book.arena, relation->artefact);
        note_add(uploads, upload, relation, true);
    }
}

static enum status archives_pass(struct uploads *uploads, struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, uploads->book.context, RELATION_MASK(FILE),
                                      RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        archive_take(uploads, &reading.relation);
    reading_close(&reading);
    return status;
}

enum status uploads_explain(struct uploads *uploads, struct problem *problem) {
    if (uploads->count == 0)
        return STATUS_OK;
    struct ways ways = {.uploads = uploads,
                        .rows = memory_new(WAYS_MAX, sizeof *ways.rows),
                        .clients = clients_count(uploads)};
    table_init(&ways.by_text);
    enum status status = ways_pass(&ways, true, problem);
    if (status == STATUS_OK)
        status = ways_pass(&ways, false, problem);
    if (status == STATUS_OK)
        status = archives_pass(uploads, problem);
    table_done(&ways.by_text);
    memory_free(ways.rows);
    memory_free(ways.clients);
    return status;
}
