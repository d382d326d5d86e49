// How sent bytes are gathered from relations
// SPDX-License-Identifier: Apache-2.0
//
// relations by (from, to):  pass 1  who records flows, how many hosts each destination has
//                           pass 2  a pair's days, the largest sensor of each -> pair, kept when
//                           large
//                                   a sender's days -> its own history -> days out of the usual
#include "detect/volume.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "detect/reading.h"

#include <stdlib.h>
#include <string.h>

enum {
    OWN_DAYS_MIN = 5,  // fewer days of its own: a host is held against the fleet's
    ALARM_TENTHS = 35, // of one day: the usual cut of robust z
    CUSUM_TENTHS = 50, // of the sum over days (campaign.md: drift 0.5, alarm 5)
    CUSUM_DRIFT_TENTHS = 5,
    CUSUM_STEP_TENTHS = 100,
    DAYS_MAX = 4096,       // of one sender or pair
    ENTRIES_MAX = 1 << 14, // days x sensors of a pair
    SENSORS_LOOK = 64
};

#define KINDS (RELATION_MASK(FLOW) | RELATION_MASK(CONTACT) | RELATION_MASK(WEB_REQUEST))

// What one sensor saw of a pair on a day.
struct day_entry {
    int32_t day;
    uint64_t sensor;
    uint64_t bytes_out, bytes_in;
};

struct gathering {
    struct volume_book *book;
    bool is_second;
    struct buffer from, to; // of the pair at hand
    struct volume_pair pair;
    struct day_entry *entries;
    uint32_t entry_count;
    int64_t first_ns; // of the pair; CLOCK_NONE
    struct relation *rows;
    uint32_t row_count, row_capacity;
    struct volume_day *sender; // the sender's days to the outside
    uint32_t sender_count;
    uint32_t sender_pairs; // its first kept pair
};

static bool destination_equal(const void *context, uint32_t number, const void *key) {
    const struct volume_book *book = context;
    return slice_equal(book->destinations[number].name, *(const struct slice *)key);
}

uint32_t volume_destination(const struct volume_book *book, struct slice name) {
    return table_find(&book->by_name, digest_hash64(name), destination_equal, book, &name);
}

static uint32_t destination_of(struct volume_book *book, struct slice name) {
    uint32_t number = volume_destination(book, name);
    if (number != TABLE_NONE || book->destination_count == VOLUME_DESTINATIONS_MAX)
        return number;
    if (book->destination_count == book->destination_capacity) {
        book->destination_capacity =
            book->destination_capacity ? 2 * book->destination_capacity : 1024;
        book->destinations = memory_resize(book->destinations, book->destination_capacity,
                                           sizeof *book->destinations);
    }
    struct slice kept = arena_keep(&book->arena, name);
    if (name.size && kept.size == 0)
        return TABLE_NONE;
    book->destinations[book->destination_count] =
        (struct volume_destination){.name = kept, .first_day = INT32_MAX, .first_ns = CLOCK_NONE};
    table_add(&book->by_name, digest_hash64(name), book->destination_count);
    return book->destination_count++;
}

static void sensor_day_add(struct volume_book *book, int32_t day) {
    uint32_t at = book->sensor_day_count;
    while (at > 0 && book->sensor_days[at - 1] > day)
        at--;
    if ((at > 0 && book->sensor_days[at - 1] == day) || book->sensor_day_count == DAYS_MAX)
        return;
    if (!book->sensor_days)
        book->sensor_days = memory_new(DAYS_MAX, sizeof *book->sensor_days);
    memmove(book->sensor_days + at + 1, book->sensor_days + at,
            (book->sensor_day_count - at) * sizeof *book->sensor_days);
    book->sensor_days[at] = day;
    book->sensor_day_count++;
}

static int entry_compare(const void *left, const void *right) {
    const struct day_entry *a = left, *b = right;
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    return a->sensor < b->sensor ? -1 : a->sensor > b->sensor;
}

// Sum each sensor's entries of a day.
static uint32_t entries_sum(struct day_entry *entries, uint32_t count) {
    uint32_t kept = 0;
    if (count)
        qsort(entries, count, sizeof *entries, entry_compare);
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || entry_compare(&entries[kept - 1], &entries[i]) != 0) {
            entries[kept++] = entries[i];
            continue;
        }
        entries[kept - 1].bytes_out += entries[i].bytes_out;
        entries[kept - 1].bytes_in += entries[i].bytes_in;
    }
    return kept;
}

// The sensor that saw most of a pair.
static uint64_t entries_sensor(const struct day_entry *entries, uint32_t count) {
    uint64_t best = 0, most = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t sum = 0;
        bool seen = false;
        for (uint32_t j = 0; j < i && !seen; j++)
            seen = entries[j].sensor == entries[i].sensor;
        for (uint32_t j = i; j < count && !seen; j++)
            sum += entries[j].sensor == entries[i].sensor ? entries[j].bytes_out : 0;
        if (sum > most || i == 0) {
            most = sum;
            best = entries[i].sensor;
        }
        // A handful of sensors show within a few days.
        if (i == SENSORS_LOOK)
            break;
    }
    return best;
}

// Whether an entry of this sensor tells the same bytes: routers' clocks are local ones, now and
// then, so that the day before and after count as well.
static bool entries_tell(const struct day_entry *entries, uint32_t count, uint64_t sensor,
                         const struct day_entry *told) {
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].sensor == sensor && entries[i].day >= told->day - 1 &&
            entries[i].day <= told->day + 1 && entries[i].bytes_out >= told->bytes_out / 2)
            return true;
    return false;
}

// One entry a day: sensors that saw the same are not added up. What the best sensor missed is
// taken from the others.
static uint32_t entries_reduce(struct day_entry *entries, uint32_t count) {
    count = entries_sum(entries, count);
    uint64_t sensor = entries_sensor(entries, count);
    struct day_entry *kept = memory_new(count + 1u, sizeof *kept);
    uint32_t kept_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].sensor != sensor && entries_tell(entries, count, sensor, &entries[i]))
            continue;
        struct day_entry *last = kept_count ? &kept[kept_count - 1] : NULL;
        if (!last || last->day != entries[i].day)
            kept[kept_count++] = entries[i];
        else if (entries[i].bytes_out > last->bytes_out)
            *last = entries[i];
    }
    memcpy(entries, kept, kept_count * sizeof *entries);
    memory_free(kept);
    return kept_count;
}

static void entry_add(struct gathering *gathering, const struct day_entry *entry) {
    if (gathering->entry_count == ENTRIES_MAX)
        gathering->entry_count = entries_sum(gathering->entries, ENTRIES_MAX);
    if (gathering->entry_count < ENTRIES_MAX)
        gathering->entries[gathering->entry_count++] = *entry;
}

// A web request keeps times: its bytes are spread over them.
static void times_add(struct gathering *gathering, const struct relation *relation,
                      uint64_t sensor) {
    for (uint32_t i = 0; i < relation->time_count; i++) {
        struct day_entry entry = {volume_day_of(relation->times[i]), sensor,
                                  relation->bytes_out / relation->time_count,
                                  relation->bytes_in / relation->time_count};
        entry_add(gathering, &entry);
    }
}

static bool is_large(const struct relation *relation) {
    if (relation->kind == RELATION_WEB_REQUEST)
        return relation->count && relation->bytes_out / relation->count >= VOLUME_LARGE_BYTES;
    return relation->detail[2].size != 0;
}

// A copy whose references and days live as long as the book; false: no room.
static bool relation_keep(struct volume_book *book, const struct relation *relation,
                          struct relation *ret_kept) {
    const struct reference *references =
        references_keep(&book->arena, relation->references, relation->reference_count);
    if (!references)
        return false;
    *ret_kept = (struct relation){.kind = relation->kind,
                                  .artefact = arena_keep(&book->arena, relation->artefact),
                                  .detail = {[1] = arena_keep(&book->arena, relation->detail[1])},
                                  .from_host = relation->from_host,
                                  .to_host = relation->to_host,
                                  .first_ns = relation->first_ns,
                                  .last_ns = relation->last_ns,
                                  .count = relation->count,
                                  .bytes_out = relation->bytes_out,
                                  .references = references,
                                  .reference_count = relation->reference_count,
                                  .recorder_host = relation->recorder_host};
    return true;
}

static bool is_service(struct slice artefact, const char *const *services, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_equal_string(artefact, services[i]))
            return true;
    return false;
}

static void row_keep(struct gathering *gathering, const struct relation *relation) {
    static const char *const MAIL[] = {"tcp/25", "tcp/465", "tcp/587"};
    static const char *const SHARES[] = {"tcp/445", "tcp/139", "tcp/2049", "tcp/111"};
    struct relation kept;
    if (!relation_keep(gathering->book, relation, &kept))
        return;
    if (gathering->row_count == gathering->row_capacity) {
        gathering->row_capacity = gathering->row_capacity ? 2 * gathering->row_capacity : 64;
        gathering->rows =
            memory_resize(gathering->rows, gathering->row_capacity, sizeof *gathering->rows);
    }
    gathering->pair.is_mail |= is_service(relation->artefact, MAIL, ARRAY_SIZE(MAIL));
    gathering->pair.is_share |= is_service(relation->artefact, SHARES, ARRAY_SIZE(SHARES));
    gathering->rows[gathering->row_count++] = kept;
}

static bool earlier(int64_t time_ns, int64_t than_ns) {
    return time_ns != CLOCK_NONE && (than_ns == CLOCK_NONE || time_ns < than_ns);
}

static void relation_take(struct gathering *gathering, const struct relation *relation) {
    struct volume_book *book = gathering->book;
    uint64_t sensor = digest_hash64(relation->recorder);
    bool is_known = table_find(&book->flow_recorders, sensor, NULL, NULL, NULL) != TABLE_NONE;
    if (relation->kind == RELATION_FLOW && !is_known)
        table_add(&book->flow_recorders, sensor, 0);
    // Who records flows has counted the bytes there.
    if (relation->kind != RELATION_FLOW && is_known && gathering->is_second)
        return;
    if (relation->kind == RELATION_WEB_REQUEST && relation->bytes_out)
        times_add(gathering, relation, sensor ^ 1);
    if (earlier(relation->first_ns, gathering->first_ns))
        gathering->first_ns = relation->first_ns;
    for (uint32_t i = 0; i < relation->day_count; i++) {
        const struct relation_day *day = &relation->days[i];
        struct day_entry entry = {day->day, sensor, day->bytes_out, day->bytes_in};
        if (relation->kind == RELATION_FLOW && !gathering->is_second)
            sensor_day_add(book, day->day);
        if (day->bytes_out || day->bytes_in)
            entry_add(gathering, &entry);
    }
    if (gathering->is_second && is_large(relation))
        row_keep(gathering, relation);
}

static void sender_add(struct gathering *gathering, const struct day_entry *entry) {
    uint32_t at = gathering->sender_count;
    while (at > 0 && gathering->sender[at - 1].day > entry->day)
        at--;
    if (at > 0 && gathering->sender[at - 1].day == entry->day) {
        gathering->sender[at - 1].bytes_out += entry->bytes_out;
        return;
    }
    if (gathering->sender_count == DAYS_MAX)
        return;
    memmove(gathering->sender + at + 1, gathering->sender + at,
            (gathering->sender_count - at) * sizeof *gathering->sender);
    gathering->sender[at] = (struct volume_day){.day = entry->day, .bytes_out = entry->bytes_out};
    gathering->sender_count++;
}

static void pair_keep(struct gathering *gathering) {
    struct volume_book *book = gathering->book;
    struct volume_pair *pair = &gathering->pair;
    pair->from = arena_keep(&book->arena, buffer_slice(&gathering->from));
    pair->to = arena_keep(&book->arena, buffer_slice(&gathering->to));
    pair->days = arena_new(&book->arena, gathering->entry_count + 1u, sizeof *pair->days);
    pair->rows = arena_new(&book->arena, gathering->row_count + 1u, sizeof *pair->rows);
    if (!pair->days || !pair->rows || book->pair_count == VOLUME_PAIRS_MAX)
        return;
    for (uint32_t i = 0; i < gathering->entry_count; i++)
        pair->days[i] = (struct volume_day){.day = gathering->entries[i].day,
                                            .bytes_out = gathering->entries[i].bytes_out,
                                            .bytes_in = gathering->entries[i].bytes_in};
    pair->day_count = gathering->entry_count;
    memcpy(pair->rows, gathering->rows, gathering->row_count * sizeof *pair->rows);
    pair->row_count = gathering->row_count;
    if (book->pair_count == book->pair_capacity) {
        book->pair_capacity = book->pair_capacity ? 2 * book->pair_capacity : 256;
        book->pairs = memory_resize(book->pairs, book->pair_capacity, sizeof *book->pairs);
    }
    book->pairs[book->pair_count++] = *pair;
}

static void history_take(struct gathering *gathering, struct volume_destination *destination) {
    if (!destination->history)
        destination->history = arena_new(&gathering->book->arena, 1, sizeof *destination->history);
    for (uint32_t i = 0; i < gathering->entry_count && destination->history; i++) {
        volume_history_add(destination->history, gathering->entries[i].bytes_out);
        destination->large += gathering->entries[i].bytes_out >= VOLUME_LARGE_BYTES;
    }
}

static void pair_end(struct gathering *gathering) {
    struct volume_book *book = gathering->book;
    struct volume_pair *pair = &gathering->pair;
    gathering->entry_count = entries_reduce(gathering->entries, gathering->entry_count);
    struct slice to = buffer_slice(&gathering->to);
    if (gathering->entry_count == 0 || to.size == 0)
        return;
    pair->to_number = destination_of(book, to);
    if (pair->to_number == TABLE_NONE)
        return;
    struct volume_destination *destination = &book->destinations[pair->to_number];
    int32_t first = gathering->entries[0].day;
    int32_t last = gathering->entries[gathering->entry_count - 1].day;
    if (!gathering->is_second) {
        destination->hosts++;
        destination->first_day = first < destination->first_day ? first : destination->first_day;
        if (earlier(gathering->first_ns, destination->first_ns))
            destination->first_ns = gathering->first_ns;
        book->first_day = first < book->first_day ? first : book->first_day;
        book->last_day = last > book->last_day ? last : book->last_day;
    }
    for (uint32_t i = 0; i < gathering->entry_count && pair->is_outside && !pair->is_mail; i++)
        if (gathering->entries[i].bytes_out)
            sender_add(gathering, &gathering->entries[i]);
    if (gathering->is_second && !pair->is_outside)
        history_take(gathering, destination);
    if (gathering->is_second && gathering->row_count)
        pair_keep(gathering);
}

// Days out of the usual: one by its robust z, or several by their sum.
static void sender_judge(struct gathering *gathering) {
    struct volume_book *book = gathering->book;
    struct volume_history own = {0};
    int32_t sum = 0;
    for (uint32_t i = 0; i < gathering->sender_count; i++)
        volume_history_add(&own, gathering->sender[i].bytes_out);
    for (uint32_t i = 0; i < gathering->sender_count; i++) {
        struct volume_day *day = &gathering->sender[i];
        day->z = volume_history_z(own.days >= OWN_DAYS_MIN ? &own : book->fleet, day->bytes_out);
        int32_t step = day->z < CUSUM_STEP_TENTHS ? day->z : CUSUM_STEP_TENTHS;
        sum = sum + step - CUSUM_DRIFT_TENTHS > 0 ? sum + step - CUSUM_DRIFT_TENTHS : 0;
        day->is_alarm = day->z >= ALARM_TENTHS || (sum >= CUSUM_TENTHS && day->z > 0);
    }
}

static void sender_mark(const struct gathering *gathering, struct volume_pair *pair) {
    for (uint32_t i = 0; i < pair->day_count; i++)
        for (uint32_t j = 0; j < gathering->sender_count; j++)
            if (gathering->sender[j].day == pair->days[i].day) {
                pair->days[i].z = gathering->sender[j].z;
                pair->days[i].is_alarm = gathering->sender[j].is_alarm;
            }
}

static void sender_end(struct gathering *gathering) {
    struct volume_book *book = gathering->book;
    if (!gathering->is_second) {
        for (uint32_t i = 0; i < gathering->sender_count; i++)
            volume_history_add(book->fleet, gathering->sender[i].bytes_out);
    } else if (gathering->sender_pairs < book->pair_count) {
        sender_judge(gathering);
        for (uint32_t i = gathering->sender_pairs; i < book->pair_count; i++)
            if (book->pairs[i].is_outside || book->pairs[i].is_proxy)
                sender_mark(gathering, &book->pairs[i]);
    }
    gathering->sender_count = 0;
    gathering->sender_pairs = book->pair_count;
}

static void pair_begin(struct gathering *gathering, const struct relation *relation,
                       struct slice from, struct slice to) {
    const struct volume_book *book = gathering->book;
    buffer_reset(&gathering->from);
    buffer_reset(&gathering->to);
    buffer_append_slice(&gathering->from, from);
    buffer_append_slice(&gathering->to, to);
    gathering->entry_count = gathering->row_count = 0;
    gathering->first_ns = CLOCK_NONE;
    gathering->pair =
        (struct volume_pair){.from_host = relation->from_host, .to_host = relation->to_host};
    gathering->pair.is_outside = volume_is_outside(book, relation->to_host, to);
    gathering->pair.is_proxy =
        relation->to_host != RELATION_NO_HOST &&
        (book->context->fleet->hosts[relation->to_host].roles & FLEET_ROLE_PROXY) != 0;
}

static enum status gathering_run(struct gathering *gathering, struct problem *problem) {
    const struct detect_context *context = gathering->book->context;
    struct reading reading;
    enum status status = reading_open(&reading, context, KINDS, RELATION_ORDER_PAIR, problem);
    gathering->sender_count = gathering->sender_pairs = 0;
    buffer_reset(&gathering->from);
    buffer_reset(&gathering->to);
    gathering->entry_count = gathering->row_count = 0;
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        struct slice from = reading_from(context, &reading.relation);
        struct slice to = reading_to(context, &reading.relation);
        if (from.size == 0 ||
            (reading.relation.from_host == RELATION_NO_HOST && address_is_outside(from)))
            continue;
        bool same = slice_equal(from, buffer_slice(&gathering->from));
        if (!same || !slice_equal(to, buffer_slice(&gathering->to))) {
            pair_end(gathering);
            if (!same)
                sender_end(gathering);
            pair_begin(gathering, &reading.relation, from, to);
        }
        relation_take(gathering, &reading.relation);
    }
    reading_close(&reading);
    if (status == STATUS_OK) {
        pair_end(gathering);
        sender_end(gathering);
    }
    return status;
}

enum status volume_book_read(struct volume_book *book, struct problem *problem) {
    struct gathering gathering = {.book = book};
    buffer_init(&gathering.from, RELATION_PART_BYTES_MAX);
    buffer_init(&gathering.to, RELATION_PART_BYTES_MAX);
    gathering.entries = memory_new(ENTRIES_MAX, sizeof *gathering.entries);
    gathering.sender = memory_new(DAYS_MAX + 1, sizeof *gathering.sender);
    enum status status = gathering_run(&gathering, problem);
    gathering.is_second = true;
    if (status == STATUS_OK)
        status = gathering_run(&gathering, problem);
    buffer_done(&gathering.from);
    buffer_done(&gathering.to);
    memory_free(gathering.entries);
    memory_free(gathering.sender);
    memory_free(gathering.rows);
    return status;
}
