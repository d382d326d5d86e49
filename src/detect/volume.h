// Bytes that hosts sent, by day and destination
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_VOLUME_H
#define DETECT_VOLUME_H

#include "base/arena.h"
#include "base/table.h"
#include "detect/detector.h"

#include <stdbool.h>
#include <stdint.h>

// Bytes on a logarithmic scale: eighths of a doubling, in integers, so that medians and deviations
// are the same everywhere.
enum {
    VOLUME_SCALE_EIGHTHS = 8,
    VOLUME_SCALE_MAX = 65 * VOLUME_SCALE_EIGHTHS
};
uint32_t volume_scale(uint64_t bytes);

// How often a day had so many bytes.
struct volume_history {
    uint32_t days;
    uint16_t bins[VOLUME_SCALE_MAX];
};

void volume_history_add(struct volume_history *history, uint64_t bytes);

// Robust z of a day in tenths: (x - median) / (1.4826 MAD + half a doubling).
int32_t volume_history_z(const struct volume_history *history, uint64_t bytes);
// The median day, as bytes rounded down to the scale.
uint64_t volume_history_median(const struct volume_history *history);

struct volume_day {
    int32_t day;
    int32_t z; // tenths, outside: of the host's whole day
    uint64_t bytes_out, bytes_in;
    bool is_alarm; // outside: of the host's whole day
};

// One host and one destination that got at least one large transfer.
struct volume_pair {
    struct slice from, to;
    uint32_t from_host, to_host; // RELATION_NO_HOST
    uint32_t to_number;          // of the book's destinations
    bool is_outside, is_proxy, is_mail, is_share;
    struct volume_day *days; // ascending; the largest of the sensors on each
    uint32_t day_count;
    struct relation *rows; // what carried large transfers: days and references are kept
    uint32_t row_count;
};

struct volume_destination {
    struct slice name;
    uint32_t hosts;                 // that sent there
    int32_t first_day;              // seen by anybody, as recorded
    int64_t first_ns;               // the same in time; CLOCK_NONE: not known
    uint32_t large;                 // host-days with a large transfer
    bool has_uploads;               // for the detector that asks
    struct volume_history *history; // inside: of all host-days; NULL: outside, or no room
};

enum {
    VOLUME_PAIRS_MAX = 200000,
    VOLUME_DESTINATIONS_MAX = 1000000,
    VOLUME_LARGE_BYTES = 1 << 18
};

// Cost: two passes over flows, contacts and web requests, sorted once each. 96 bytes a destination;
// what carried large transfers is kept, at most 256 MiB.
struct volume_book {
    const struct detect_context *context;
    struct arena arena;
    struct volume_pair *pairs; // in the order of (from, to)
    uint32_t pair_count, pair_capacity;
    struct volume_destination *destinations;
    uint32_t destination_count, destination_capacity;
    struct table by_name;
    struct volume_history *fleet; // host-days to the outside, of all hosts
    struct table flow_recorders;  // hashes of who records flows
    int32_t *sensor_days;         // days with any flow, ascending
    uint32_t sensor_day_count;
    int32_t first_day, last_day;
    struct slice *domains; // of the fleet
    uint32_t domain_count;
};

void volume_book_init(struct volume_book *book, const struct detect_context *context);
void volume_book_done(struct volume_book *book);
enum status volume_book_read(struct volume_book *book, struct problem *problem);

// The destination of this name; TABLE_NONE when nothing went there.
uint32_t volume_destination(const struct volume_book *book, struct slice name);

// Whether a destination is none of ours: an outside address, or a name of no domain of the fleet.
bool volume_is_outside(const struct volume_book *book, uint32_t host, struct slice name);

// Whether flows were recorded on all days from `first` to `last`.
bool volume_is_whole(const struct volume_book *book, int32_t first, int32_t last);

// Cite those references of a relation that lie in the days.
struct draft;
void volume_cite(struct draft *draft, const struct relation *relation, int32_t first, int32_t last);

int32_t volume_day_of(int64_t time_ns);
#define VOLUME_DAY_NS (86400 * 1000000000ll)

#endif
