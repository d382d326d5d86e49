// What the wave detector knows of packages and hosts
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WAVE_BOOK_H
#define DETECT_WAVE_BOOK_H

#include "base/arena.h"
#include "base/table.h"
#include "detect/detector.h"
#include "detect/path_name.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WAVE_DIGESTS_MAX = 12 // of one package, that are told
};

// A time in which a server offered a package that its maker had not released.
struct wave_interval {
    struct slice server; // name
    uint32_t server_host;
    struct slice path;   // "/packages/setup.exe"
    struct slice name;   // "setup.exe"
    struct slice digest; // sha256 of the bytes, lower case; the first of several
    struct slice before; // sha256 of what was offered before
    struct slice version;
    bool is_inferred; // no catalogue is left: by what the package started
    bool has_list;    // a list of releases says so; else the version stood still
    bool other_size;  // the bytes are of another size than before
    uint64_t size, size_before;
    uint32_t digest_count;
    struct slice digests[WAVE_DIGESTS_MAX]; // the different ones, the first among them
    struct slice signer, signer_before;     // empty: the catalogue does not tell
    int64_t from_ns, until_ns;
    struct relation cited; // its references are kept
};

// One host of a wave.
struct wave_victim {
    uint32_t host; // of the fleet, or RELATION_NO_HOST
    struct slice name;
    uint32_t interval;
    unsigned evidence;              // enum wave_evidence
    int64_t fetched_ns, arrived_ns; // CLOCK_NONE
    struct slice dropped;           // image that the package started
    bool by_dropped;                // nothing but that image speaks for it
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
    uint64_t records;
    int64_t first_ns, last_ns;
};

enum wave_evidence {
    WAVE_FETCHED = 1,
    WAVE_PRESENT = 2,
    WAVE_EXECUTED = 4,
    WAVE_CALLED_BACK = 8,
};

enum {
    WAVE_INTERVALS_MAX = 4096,
    WAVE_VICTIMS_MAX = 200000
};

struct wave_book {
    const struct detect_context *context;
    struct arena arena;
    struct wave_interval *intervals; // by (server, path, from)
    uint32_t interval_count;
    struct wave_victim *victims;
    uint32_t victim_count, victim_capacity;
    struct table by_host; // (interval, name) -> victim
    struct table good;    // hashes of digests that were released, or offered as a new version
};

void wave_book_init(struct wave_book *book, const struct detect_context *context);
void wave_book_done(struct wave_book *book);

// Find the intervals: what was offered, against the maker's list or else against its own version.
enum status wave_find_intervals(struct wave_book *book, struct problem *problem);

// Whether these bytes were ever right.
bool wave_digest_is_good(const struct wave_book *book, struct slice digest);

// Find the victims of all intervals: who fetched, who has it, who ran it, whose Trojan called.
enum status wave_find_victims(struct wave_book *book, struct problem *problem);

// The same without a catalogue, for packages that it does not speak of (wave_infer.c).
enum status wave_infer(struct wave_book *book, struct problem *problem);

// Hosts that only what a package dropped tells of, after all others are found (wave_dropped.c).
enum status wave_find_dropped(struct wave_book *book, struct problem *problem);

// Any user may write there, so no package installs a program there.
bool wave_place_is_writable(struct slice path);

// The victim of an interval with this name, made when new; NULL when there is no room.
struct wave_victim *wave_victim_of(struct wave_book *book, uint32_t interval, uint32_t host,
                                   struct slice name);
bool wave_victim_known(const struct wave_book *book, uint32_t interval, struct slice name);

// Cite those records of a relation that happened in [from_ns, until_ns).
void wave_victim_cite(const struct wave_book *book, struct wave_victim *victim,
                      const struct relation *relation, int64_t from_ns, int64_t until_ns);
// Cite the records of a relation that has no time: they say that, not when.
void wave_victim_cite_timeless(struct wave_victim *victim, const struct relation *relation);

#endif
