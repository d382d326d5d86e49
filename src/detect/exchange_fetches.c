// Archives fetched from a mail server, and how large they were
// SPDX-License-Identifier: Apache-2.0
//
// A web log may say how large an answer was; where it does not, flows do:
//
//   fetch of a file at t by a client        -> the client's flows to the server on that day of the
//   sensor's own clock, what came back      -> less what it read as mail on those days
//                                           -> of sensors that agree the least
//
// A client's day at a sensor counts once, however many files it fetched then: a lower bound.
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/exchange_takes.h"
#include "detect/reading.h"
#include "detect/volume.h"

enum {
    FETCHERS_MAX = 256, // clients of one server
    SENSORS_MAX = 4,
    SENSOR_DAYS_MAX = 32,
    FETCHED_BYTES_MIN = 1 << 20,
    AGREE_PART = 8, // sensors that saw an eighth less saw the same: headers are counted or not
};
#define SAME_MOMENT_NS (10 * EXCHANGE_SECOND_NS)

// What one sensor saw of a client.
struct sensor {
    uint64_t recorder; // its name's hash
    uint64_t bytes;
    uint64_t read; // of these days, as mail
    int64_t skew_ns;
    int32_t days[SENSOR_DAYS_MAX];
    uint32_t day_count;
};

struct fetcher {
    struct slice client;
    uint32_t server;
    struct sensor sensors[SENSORS_MAX];
    uint32_t sensor_count;
};

struct fetchers {
    struct takes *takes;
    struct fetcher *rows;
    uint32_t count;
};

static bool take_is_of(const struct take *take, const struct fetcher *fetcher) {
    return take->fetch_count && take->server == fetcher->server &&
           slice_equal(take->fetched_by, fetcher->client);
}

static struct fetcher *fetcher_find(const struct fetchers *fetchers, struct slice client,
                                    uint32_t server) {
    for (uint32_t i = 0; i < fetchers->count; i++)
        if (fetchers->rows[i].server == server && slice_equal(fetchers->rows[i].client, client))
            return &fetchers->rows[i];
    return NULL;
}

// Clients of which the web log does not say how much they got.
static void fetchers_list(struct fetchers *fetchers) {
    const struct takes *takes = fetchers->takes;
    for (uint32_t i = 0; i < takes->count && fetchers->count < FETCHERS_MAX; i++) {
        const struct take *take = &takes->rows[i];
        if (take->fetch_count && !take->fetched_bytes &&
            !fetcher_find(fetchers, take->fetched_by, take->server))
            fetchers->rows[fetchers->count++] =
                (struct fetcher){.client = take->fetched_by, .server = take->server};
    }
}

static bool day_has_fetch(const struct takes *takes, const struct fetcher *fetcher, int32_t day,
                          int64_t skew_ns) {
    for (uint32_t i = 0; i < takes->count; i++)
        if (take_is_of(&takes->rows[i], fetcher) &&
            volume_day_of(takes->rows[i].fetched_ns + skew_ns) == day)
            return true;
    return false;
}

static struct sensor *sensor_of(struct fetcher *fetcher, uint64_t recorder, int64_t skew_ns) {
    for (uint32_t i = 0; i < fetcher->sensor_count; i++)
        if (fetcher->sensors[i].recorder == recorder)
            return &fetcher->sensors[i];
    if (fetcher->sensor_count == SENSORS_MAX)
        return NULL;
    struct sensor *sensor = &fetcher->sensors[fetcher->sensor_count++];
    *sensor = (struct sensor){.recorder = recorder, .skew_ns = skew_ns};
    return sensor;
}

static void sensor_day_add(struct sensor *sensor, const struct relation_day *day) {
    bool known = false;
    for (uint32_t i = 0; i < sensor->day_count; i++)
        known |= sensor->days[i] == day->day;
    if (!known && sensor->day_count == SENSOR_DAYS_MAX)
        return;
    if (!known)
        sensor->days[sensor->day_count++] = day->day;
    sensor->bytes += day->bytes_in;
}

// Records of the moment in which a file was asked for show its transfer.
static void moments_cite(const struct fetchers *fetchers, const struct fetcher *fetcher,
                         const struct relation *flow, int64_t skew_ns) {
    struct takes *takes = fetchers->takes;
    for (uint32_t i = 0; i < takes->count; i++) {
        struct take *take = &takes->rows[i];
        for (uint32_t k = 0; take_is_of(take, fetcher) && k < flow->reference_count; k++) {
            int64_t apart_ns = flow->references[k].time_ns - skew_ns - take->fetched_ns;
            struct reference kept[FINDING_REFERENCES_MAX];
            uint32_t count = take->fetch_count;
            if (apart_ns < -SAME_MOMENT_NS || apart_ns > SAME_MOMENT_NS)
                continue;
            memcpy(kept, take->fetches, count * sizeof *kept);
            reference_insert(kept, &count, &flow->references[k]);
            const struct reference *references = references_keep(&takes->book->arena, kept, count);
            take->fetches = references ? references : take->fetches;
            take->fetch_count = references ? count : take->fetch_count;
        }
    }
}

static void flow_take(const struct fetchers *fetchers, const struct relation *flow) {
    uint32_t server = exchange_server_of(fetchers->takes->book, flow, false);
    struct fetcher *fetcher =
        server == UINT32_MAX ? NULL : fetcher_find(fetchers, flow->from, server);
    if (!fetcher || flow->first_ns == CLOCK_NONE || flow->reference_count == 0)
        return;
    // Days are the recorder's own; times are as settling corrected them.
    int64_t skew_ns = flow->references[0].time_ns - flow->first_ns;
    struct sensor *sensor = sensor_of(fetcher, digest_hash64(flow->recorder), skew_ns);
    for (uint32_t i = 0; sensor && i < flow->day_count; i++)
        if (flow->days[i].bytes_in &&
            day_has_fetch(fetchers->takes, fetcher, flow->days[i].day, skew_ns))
            sensor_day_add(sensor, &flow->days[i]);
    moments_cite(fetchers, fetcher, flow, skew_ns);
}

static bool days_overlap(const struct sensor *sensor, int32_t day) {
    for (uint32_t i = 0; i < sensor->day_count; i++) {
        int64_t begin_ns = sensor->days[i] * VOLUME_DAY_NS - sensor->skew_ns;
        if (day * VOLUME_DAY_NS < begin_ns + VOLUME_DAY_NS && (day + 1) * VOLUME_DAY_NS > begin_ns)
            return true;
    }
    return false;
}

static void read_take(const struct fetchers *fetchers, const struct relation *read) {
    uint32_t server = exchange_server_of(fetchers->takes->book, read, false);
    struct fetcher *fetcher =
        server == UINT32_MAX ? NULL : fetcher_find(fetchers, read->from, server);
    for (uint32_t i = 0; fetcher && i < fetcher->sensor_count; i++)
        for (uint32_t k = 0; k < read->day_count; k++)
            if (days_overlap(&fetcher->sensors[i], read->days[k].day))
                fetcher->sensors[i].read += read->days[k].bytes_in;
}

static uint64_t sensor_bytes(const struct sensor *sensor) {
    return sensor->bytes > sensor->read ? sensor->bytes - sensor->read : 0;
}

// The least of the sensors that saw as much as the best: one may have missed packets or hours.
static uint64_t fetcher_bytes(const struct fetcher *fetcher) {
    uint64_t most = 0, least;
    for (uint32_t i = 0; i < fetcher->sensor_count; i++) {
        uint64_t bytes = sensor_bytes(&fetcher->sensors[i]);
        most = bytes > most ? bytes : most;
    }
    least = most;
    for (uint32_t i = 0; i < fetcher->sensor_count; i++) {
        uint64_t bytes = sensor_bytes(&fetcher->sensors[i]);
        if (bytes >= most - most / AGREE_PART && bytes < least)
            least = bytes;
    }
    return least;
}

// What no web log measured stands with the first such fetch of the client.
static void fetcher_end(struct takes *takes, const struct fetcher *fetcher) {
    uint64_t bytes = fetcher_bytes(fetcher), logged = 0;
    struct take *first = NULL;
    for (uint32_t i = 0; i < takes->count; i++) {
        struct take *take = &takes->rows[i];
        if (!take_is_of(take, fetcher))
            continue;
        logged += take->fetched_bytes;
        if (!first && !take->fetched_bytes)
            first = take;
    }
    if (first)
        first->fetched_bytes = bytes > logged ? bytes - logged : 0;
}

static enum status fetchers_read(const struct fetchers *fetchers, uint64_t kind,
                                 void (*take)(const struct fetchers *fetchers,
                                              const struct relation *relation),
                                 struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, fetchers->takes->book->context, kind, RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        take(fetchers, &reading.relation);
    reading_close(&reading);
    return status;
}

enum status takes_measure_fetches(struct takes *takes, struct problem *problem) {
    struct fetchers fetchers = {.takes = takes,
                                .rows = memory_new(FETCHERS_MAX, sizeof(struct fetcher))};
    enum status status = STATUS_OK;
    fetchers_list(&fetchers);
    if (fetchers.count)
        status = fetchers_read(&fetchers, RELATION_MASK(FLOW), flow_take, problem);
    if (fetchers.count && status == STATUS_OK)
        status = fetchers_read(&fetchers, RELATION_MASK(MAIL_READ), read_take, problem);
    for (uint32_t i = 0; i < fetchers.count && status == STATUS_OK; i++)
        fetcher_end(takes, &fetchers.rows[i]);
    memory_free(fetchers.rows);
    return status;
}

static bool path_is_archive(struct slice path) {
    static const struct slice ENDS[] = {SLICE(".pst"), SLICE(".ost"), SLICE(".zip"), SLICE(".rar"),
                                        SLICE(".7z"),  SLICE(".cab"), SLICE(".dmp"), SLICE(".edb")};
    for (size_t i = 0; i < ARRAY_SIZE(ENDS); i++)
        if (slice_ends(path, ENDS[i]))
            return true;
    return false;
}

void take_fetch_add(struct takes *takes, const struct relation *request) {
    struct arena *arena = &takes->book->arena;
    struct take take = {.kind = TAKE_FETCH, .count = request->count, .time_ns = request->first_ns};
    if (takes->count == TAKES_MAX || request->first_ns == CLOCK_NONE ||
        request->reference_count == 0 || !slice_equal(request->detail[0], SLICE("GET")) ||
        !path_is_archive(request->artefact) || !address_is_outside(request->from))
        return;
    take.server = exchange_server_of(takes->book, request, false);
    if (take.server == UINT32_MAX || !take_is_after_attack(takes, &take))
        return;
    take.references = references_keep(arena, request->references, request->reference_count);
    take.mailbox = arena_keep(arena, request->artefact);
    take.fetched_by = arena_keep(arena, request->from);
    if (!take.references || !take.mailbox.size || !take.fetched_by.size)
        return;
    take.reference_count = request->reference_count;
    take.fetches = take.references;
    take.fetch_count = take.reference_count;
    take.fetched_bytes = request->bytes_in;
    take.fetched_ns = request->first_ns;
    takes->rows[takes->count++] = take;
}

static void fetches_say(struct draft *draft, const struct take *rows, uint32_t count) {
    draft_say(draft, "confidence", "medium: no record shows who made them");
    draft_say(draft, "benign", "Downloads that a help desk puts there are known there.");
    for (uint32_t i = 0; i < count && i < TAKE_LISTED_MAX; i++) {
        draft_say_text(draft, "destination", rows[i].fetched_by);
        draft_say_text(draft, "path", rows[i].mailbox);
    }
}

// A rule tells each of them; what this adds is how much went, and to whom.
enum status take_judge_fetches(const struct takes *takes, const struct take *rows, uint32_t count,
                               struct problem *problem) {
    struct exchange_book *book = takes->book;
    struct draft *draft = &book->draft;
    struct slice server = book->servers[rows->server].name;
    uint32_t files = take_mailboxes(rows, count);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += rows[i].fetched_bytes;
    if (bytes < FETCHED_BYTES_MIN)
        return STATUS_OK;
    draft_begin(draft, EXCHANGE_FETCH, server, SLICE(""));
    take_rows_cite(draft, rows, count);
    draft_say(draft, "what", "%u archive%s fetched from outside from %.*s after it was attacked.",
              files, files == 1 ? " was" : "s were", SLICE_FORMAT(server));
    draft_say(draft, "why", "%llu MB at least, by its web log or by flows of the same days",
              (unsigned long long)(bytes / 1000000));
    fetches_say(draft, rows, count);
    draft_say(draft, "volume", "%llu", (unsigned long long)bytes);
    draft_say(draft, "volume_is", "at least");
    return draft_tell(draft, book->sink, problem);
}
