// Waves without a catalogue, by what packages started
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/reading.h"
#include "detect/wave_book.h"

#include <stdlib.h>

// When no list and no catalogue is left, the hosts themselves tell: a package that an updater ran
// started a program out of a place that everybody may write to. Where such a program is, the
// package was wrong; a host without logs that fetched the same package with them took it as well.
//
//     updater ─> package ─> program in ProgramData, Temp, a user's folders      a drop
//     fetch of the package in that time, and no sign that others then were spared
//
// Cost: one pass over program starts, one over fetches, one over contacts; a sort of the drops.

#define HOUR_NS (3600 * 1000000000ll)
#define DAY_NS (24 * HOUR_NS)

enum {
    DROPS_MAX = 200000,
    FETCHES_MAX = 1000000,
    SERVERS_MAX = 65536,
    SERVER_BYTES = 8 << 20,
    SIZE_DROPS_MIN = 2,
    SIZES_MAX = 256,        // of packages after the last drop; more are none of a wave
    NEIGHBOURS_PERCENT = 80 // of the fetches by hosts that can tell, so many ended in a drop
};

struct drop {
    struct slice package; // base name
    struct slice child;
    uint32_t host;
    int64_t time_ns;
    const struct reference *references;
    uint32_t reference_count;
};

struct fetch {
    struct slice package;
    uint32_t server; // of the servers
    uint32_t host;
    struct slice name; // of the host, or its address
    uint64_t size;
    int64_t time_ns;
    struct reference reference;
    bool dropped; // the host ran a drop of the package within a day
};

struct inference {
    struct wave_book *book;
    struct interner servers; // hosts, or inside addresses that no host is known by
    struct drop *drops;
    uint32_t drop_count, drop_capacity;
    struct fetch *fetches;
    uint32_t fetch_count, fetch_capacity;
    bool *tells; // by host: its program starts are logged
    struct size_verdict {
        struct slice package;
        uint64_t size;
        bool of_wave;
    } verdicts[SIZES_MAX]; // asked for
    uint32_t verdict_count;
};

static bool contains(struct slice text, const char *word) {
    return memmem(text.data, text.size, word, strlen(word)) != NULL;
}

bool wave_place_is_writable(struct slice path) {
    static const char *const PLACES[] = {":\\programdata\\", ":\\users\\",    "\\windows\\temp\\",
                                         ":\\temp\\",        ":\\perflogs\\", "/tmp/",
                                         "/var/tmp/",        "/dev/shm/"};
    for (size_t i = 0; i < ARRAY_SIZE(PLACES); i++)
        if (contains(path, PLACES[i]))
            return true;
    return false;
}

// A package: what lies where updates are put before they run.
static bool image_is_package(struct slice image) {
    return contains(image, "updat") || contains(image, "upgrad") || contains(image, "patch");
}

static bool package_is_known(const struct wave_book *book, struct slice name) {
    for (uint32_t i = 0; i < book->interval_count; i++)
        if (slice_equal(book->intervals[i].name, name))
            return true;
    return false;
}

static void drop_add(struct inference *inference, const struct relation *relation) {
    struct arena *arena = &inference->book->arena;
    if (inference->drop_count == DROPS_MAX)
        return;
    if (inference->drop_count == inference->drop_capacity) {
        inference->drop_capacity = inference->drop_capacity ? 2 * inference->drop_capacity : 256;
        inference->drops =
            memory_resize(inference->drops, inference->drop_capacity, sizeof *inference->drops);
    }
    const struct reference *references =
        references_keep(arena, relation->references, relation->reference_count);
    if (!references)
        return;
    inference->drops[inference->drop_count++] =
        (struct drop){.package = arena_keep(arena, path_base(relation->detail[0])),
                      .child = arena_keep(arena, relation->artefact),
                      .host = relation->to_host,
                      .time_ns = relation->first_ns,
                      .references = references,
                      .reference_count = relation->reference_count};
}

static enum status drops_read(struct inference *inference, struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, inference->book->context, RELATION_MASK(SPAWN),
                                      RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        if (relation->to_host == RELATION_NO_HOST)
            continue;
        inference->tells[relation->to_host] = true;
        if (wave_place_is_writable(relation->artefact) && image_is_package(relation->detail[0]) &&
            !wave_place_is_writable(relation->detail[0]) &&
            !package_is_known(inference->book, path_base(relation->detail[0])))
            drop_add(inference, relation);
    }
    reading_close(&reading);
    return status;
}

static bool package_drops(const struct inference *inference, struct slice name) {
    for (uint32_t i = 0; i < inference->drop_count; i++)
        if (slice_equal(inference->drops[i].package, name))
            return true;
    return false;
}

// Whom a relation leads to, when it is one of ours: with half of the logs lost an upgrade server
// may be known by its address alone. INTERN_FULL: nobody of ours.
static uint32_t server_number(struct inference *inference, const struct relation *relation) {
    bool ours = relation->to_host != RELATION_NO_HOST ||
                (address_is_address(relation->to) && !address_is_outside(relation->to));
    return ours ? intern_add(&inference->servers, reading_to(inference->book->context, relation))
                : INTERN_FULL;
}

static void fetch_add(struct inference *inference, const struct relation *relation, uint32_t server,
                      uint32_t number) {
    struct arena *arena = &inference->book->arena;
    int64_t size;
    if (inference->fetch_count == FETCHES_MAX || relation->reference_count == 0)
        return;
    if (inference->fetch_count == inference->fetch_capacity) {
        inference->fetch_capacity = inference->fetch_capacity ? 2 * inference->fetch_capacity : 256;
        inference->fetches = memory_resize(inference->fetches, inference->fetch_capacity,
                                           sizeof *inference->fetches);
    }
    uint32_t cited = number < relation->reference_count ? number : relation->reference_count - 1;
    inference->fetches[inference->fetch_count++] =
        (struct fetch){.package = arena_keep(arena, path_base(relation->artefact)),
                       .server = server,
                       .host = relation->from_host,
                       .name = arena_keep(arena, reading_from(inference->book->context, relation)),
                       .size = text_integer(relation->detail[1], &size) ? (uint64_t)size : 0,
                       .time_ns = relation->times[number],
                       .reference = relation->references[cited]};
}

static int fetch_compare(const void *left, const void *right) {
    const struct fetch *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return slice_compare(a->name, b->name);
}

static enum status fetches_read(struct inference *inference, struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, inference->book->context,
                                      RELATION_MASK(UPDATE_FETCH), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (!package_drops(inference, path_base(reading.relation.artefact)))
            continue;
        uint32_t server = server_number(inference, &reading.relation);
        for (uint32_t i = 0; server != INTERN_FULL && i < reading.relation.time_count; i++)
            fetch_add(inference, &reading.relation, server, i);
    }
    reading_close(&reading);
    if (inference->fetch_count)
        qsort(inference->fetches, inference->fetch_count, sizeof *inference->fetches,
              fetch_compare);
    return status;
}

// Whether the host ran a drop of this package within a day after the time.
static bool fetch_dropped(const struct inference *inference, const struct fetch *fetch) {
    for (uint32_t i = 0; i < inference->drop_count; i++) {
        const struct drop *drop = &inference->drops[i];
        if (drop->host == fetch->host && slice_equal(drop->package, fetch->package) &&
            drop->time_ns >= fetch->time_ns - HOUR_NS && drop->time_ns < fetch->time_ns + DAY_NS)
            return true;
    }
    return false;
}

static bool host_drops(const struct inference *inference, uint32_t host) {
    for (uint32_t i = 0; i < inference->drop_count; i++)
        if (inference->drops[i].host == host)
            return true;
    return false;
}

// By a program out of an updater's folder, from a host that something was dropped on.
static bool contact_is_of_updater(const struct inference *inference,
                                  const struct relation *relation) {
    char image[RELATION_PART_BYTES_MAX];
    size_t size = relation->detail[1].size < sizeof image ? relation->detail[1].size : sizeof image;
    if (relation->from_host == RELATION_NO_HOST || size == 0)
        return false;
    text_fold_ascii(relation->detail[1].data, size, (uint8_t *)image);
    return image_is_package(slice_of(image, size)) && host_drops(inference, relation->from_host);
}

// The server that most of the package's fetches went to; where no access log is left, the one of
// ours that most drops' hosts contacted by a program out of the updater's folder.
static enum status servers_count(struct inference *inference, const struct drop *drop,
                                 uint32_t *counts, struct problem *problem) {
    for (uint32_t i = 0; i < inference->fetch_count; i++)
        if (slice_equal(inference->fetches[i].package, drop->package))
            counts[inference->fetches[i].server] += 2;
    struct reading reading;
    enum status status = reading_open(&reading, inference->book->context, RELATION_MASK(CONTACT),
                                      RELATION_ORDER_FROM, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (!contact_is_of_updater(inference, &reading.relation))
            continue;
        uint32_t server = server_number(inference, &reading.relation);
        if (server != INTERN_FULL)
            counts[server]++;
    }
    reading_close(&reading);
    return status;
}

static uint32_t host_of_name(const struct fleet *fleet, struct slice name) {
    for (uint32_t host = 0; host < fleet->count; host++)
        if (name.size && slice_equal(fleet->hosts[host].name, name))
            return host;
    return RELATION_NO_HOST;
}

static enum status interval_infer(struct inference *inference, const struct drop *drop,
                                  struct problem *problem) {
    struct wave_book *book = inference->book;
    uint32_t *counts = memory_new(SERVERS_MAX + 1, sizeof *counts);
    enum status status = servers_count(inference, drop, counts, problem);
    uint32_t best = 0;
    for (uint32_t i = 1; i < inference->servers.count; i++)
        if (counts[i] > counts[best])
            best = i;
    bool known = counts[best] > 0;
    memory_free(counts);
    struct slice server =
        known ? arena_keep(&book->arena, intern_text(&inference->servers, best)) : SLICE("");
    book->intervals[book->interval_count++] =
        (struct wave_interval){.server = server,
                               .server_host = host_of_name(book->context->fleet, server),
                               .path = drop->package,
                               .name = drop->package,
                               .is_inferred = true,
                               .from_ns = drop->time_ns,
                               .until_ns = INT64_MAX};
    return status;
}

static void victim_take_drop(struct wave_book *book, uint32_t interval, const struct drop *drop) {
    struct wave_victim *victim =
        wave_victim_of(book, interval, drop->host, book->context->fleet->hosts[drop->host].name);
    if (!victim)
        return;
    victim->evidence |= WAVE_EXECUTED;
    if (victim->dropped.size == 0)
        victim->dropped = drop->child;
    if (victim->arrived_ns == CLOCK_NONE || drop->time_ns < victim->arrived_ns)
        victim->arrived_ns = drop->time_ns;
    struct relation cited = {.references = drop->references,
                             .reference_count = drop->reference_count,
                             .first_ns = drop->time_ns,
                             .recorder_host = RELATION_NO_HOST};
    wave_victim_cite(book, victim, &cited, INT64_MIN, INT64_MAX);
}

static void victim_take_fetch(struct wave_book *book, uint32_t interval,
                              const struct fetch *fetch) {
    struct wave_victim *victim = wave_victim_of(book, interval, fetch->host, fetch->name);
    if (!victim)
        return;
    victim->evidence |= WAVE_FETCHED;
    if (victim->fetched_ns == CLOCK_NONE)
        victim->fetched_ns = fetch->time_ns;
    struct relation cited = {.references = &fetch->reference,
                             .reference_count = 1,
                             .first_ns = fetch->time_ns,
                             .recorder_host = RELATION_NO_HOST};
    wave_victim_cite(book, victim, &cited, INT64_MIN, INT64_MAX);
}

// What became of others' fetches within a day: of the same size when that is told apart, else of
// any.
static bool neighbours_speak(const struct inference *inference, const struct fetch *fetch,
                             bool same_size, bool *ret_dropped) {
    uint32_t told = 0, dropped = 0;
    for (uint32_t i = 0; i < inference->fetch_count; i++) {
        const struct fetch *other = &inference->fetches[i];
        if (other->time_ns < fetch->time_ns - DAY_NS)
            continue;
        if (other->time_ns > fetch->time_ns + DAY_NS)
            break;
        if (other->host == RELATION_NO_HOST || !inference->tells[other->host] ||
            (same_size && other->size != fetch->size) ||
            !slice_equal(other->package, fetch->package))
            continue;
        told++;
        dropped += other->dropped;
    }
    *ret_dropped = dropped * 100 >= told * NEIGHBOURS_PERCENT;
    return told > 0;
}

// Bytes of a size that nobody was given before the first drop, that several hosts dropped something
// after, and that spared nobody who can tell: whoever was given as many was given the same.
static bool size_is_of_wave(const struct inference *inference, const struct fetch *fetch,
                            int64_t first_ns) {
    uint32_t dropped = 0;
    for (uint32_t i = 0; i < inference->fetch_count && fetch->size; i++) {
        const struct fetch *other = &inference->fetches[i];
        if (other->size != fetch->size || !slice_equal(other->package, fetch->package))
            continue;
        bool tells = other->host != RELATION_NO_HOST && inference->tells[other->host];
        if (other->time_ns < first_ns - DAY_NS || (tells && !other->dropped))
            return false;
        dropped += other->dropped;
    }
    return dropped >= SIZE_DROPS_MIN;
}

// The same, worked out once a size.
static bool size_verdict(struct inference *inference, const struct fetch *fetch, int64_t first_ns) {
    for (uint32_t i = 0; i < inference->verdict_count; i++)
        if (inference->verdicts[i].size == fetch->size &&
            slice_equal(inference->verdicts[i].package, fetch->package))
            return inference->verdicts[i].of_wave;
    if (inference->verdict_count == SIZES_MAX)
        return false;
    bool of_wave = size_is_of_wave(inference, fetch, first_ns);
    inference->verdicts[inference->verdict_count++] =
        (struct size_verdict){fetch->package, fetch->size, of_wave};
    return of_wave;
}

// A host that cannot tell itself is taken to be one of a wave when it fetched between the first
// drop and the last, and nobody who fetched with it and can tell was spared.
static bool fetch_is_of_wave(struct inference *inference, const struct fetch *fetch) {
    int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
    for (uint32_t i = 0; i < inference->drop_count; i++) {
        const struct drop *drop = &inference->drops[i];
        if (!slice_equal(drop->package, fetch->package))
            continue;
        first_ns = drop->time_ns < first_ns ? drop->time_ns : first_ns;
        last_ns = drop->time_ns > last_ns ? drop->time_ns : last_ns;
    }
    bool dropped;
    if (first_ns == INT64_MAX || fetch->time_ns < first_ns - DAY_NS)
        return false;
    if (fetch->time_ns > last_ns + DAY_NS)
        return size_verdict(inference, fetch, first_ns);
    if (neighbours_speak(inference, fetch, true, &dropped))
        return dropped;
    return !neighbours_speak(inference, fetch, false, &dropped) || dropped;
}

static void victims_infer(struct inference *inference, uint32_t interval) {
    struct wave_book *book = inference->book;
    struct slice package = book->intervals[interval].name;
    for (uint32_t i = 0; i < inference->drop_count; i++)
        if (slice_equal(inference->drops[i].package, package))
            victim_take_drop(book, interval, &inference->drops[i]);
    for (uint32_t i = 0; i < inference->fetch_count; i++) {
        const struct fetch *fetch = &inference->fetches[i];
        bool tells = fetch->host != RELATION_NO_HOST && inference->tells[fetch->host];
        if (slice_equal(fetch->package, package) &&
            (tells ? fetch->dropped : fetch_is_of_wave(inference, fetch)))
            victim_take_fetch(book, interval, fetch);
    }
}

enum status wave_infer(struct wave_book *book, struct problem *problem) {
    struct inference inference = {
        .book = book, .tells = memory_new((size_t)book->context->fleet->count + 1, sizeof(bool))};
    intern_init(&inference.servers, SERVERS_MAX, SERVER_BYTES);
    enum status status = drops_read(&inference, problem);
    if (status == STATUS_OK && inference.drop_count)
        status = fetches_read(&inference, problem);
    for (uint32_t i = 0; i < inference.fetch_count; i++)
        inference.fetches[i].dropped = fetch_dropped(&inference, &inference.fetches[i]);
    for (uint32_t i = 0; i < inference.drop_count && status == STATUS_OK; i++) {
        if (package_is_known(book, inference.drops[i].package) ||
            book->interval_count == WAVE_INTERVALS_MAX)
            continue;
        uint32_t interval = book->interval_count;
        status = interval_infer(&inference, &inference.drops[i], problem);
        victims_infer(&inference, interval);
    }
    intern_done(&inference.servers);
    memory_free(inference.drops);
    memory_free(inference.fetches);
    memory_free(inference.tells);
    return status;
}
