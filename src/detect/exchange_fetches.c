// How much was fetched of exported mailboxes
// SPDX-License-Identifier: Apache-2.0
//
// A web log may say how large an answer was; where it does not, flows do:
//
//   fetch of an export's file at t by a client  -> the client's flows to the server on that day of
//   the sensor's own clock, what came back      -> less what it read as mail on those days
//                                               -> of sensors that agree the least
//
// A client's day at a sensor counts once, however many files it fetched then: a lower bound.
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "detect/exchange_takes.h"
#include "detect/reading.h"
#include "detect/volume.h"

enum {
    FETCHERS_MAX = 256, // clients of one server
    SENSORS_MAX = 4,
    SENSOR_DAYS_MAX = 32,
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
    return take->kind == TAKE_EXPORT && take->fetch_count && take->server == fetcher->server &&
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
        if (take->kind == TAKE_EXPORT && take->fetch_count && !take->fetched_bytes &&
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
