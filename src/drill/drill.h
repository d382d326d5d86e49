// The drill's door: evidence of an exercise
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_DRILL_H
#define DRILL_DRILL_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The drill writes evidence only: logs in which text stands. No exploit, no payload, no
// program that runs. It shares no code with decode/.
//
// Reading order: evtx_writer.h (one event log), event_type.def and program.def (what an
// ordinary fleet logs and starts), fleet_host.h (a host and its state), life.h (normal life),
// story.h (the demonstration's attack), log_set.h (which file a record goes to), fleet.c.

enum {
    DRILL_HOSTS_MAX = 20000,
    DRILL_DAYS_MAX = 366
};

// A small Windows fleet's event logs.
struct drill_logs_options {
    const char *directory; // <HOST>/C/Windows/System32/winevt/Logs/*.evtx are made below it
    const char *single;    // or: everything into this one log, as a collector has it
    const char *truth;     // JSON lines of what was written (evtx_truth.h), or NULL
    uint32_t hosts;        // 1 to DRILL_HOSTS_MAX
    uint64_t records;      // about so many a host
    uint32_t days;         // 1 to DRILL_DAYS_MAX, from Monday 2 March 2026 on
    uint64_t seed;         // same seed and options, same bytes
    bool quiet;            // normal life only: no attack, no odd administration
};

struct drill_logs_result {
    uint64_t hosts, files, records, bytes;
};

// STATUS_USAGE for options out of range, STATUS_SYSTEM when the disk refuses. Files that are
// there already are overwritten. Not thread-safe with itself on one directory.
enum status drill_write_logs(const struct drill_logs_options *options,
                             struct drill_logs_result *ret_result, struct problem *problem);

// A scenario in every log that it would leave (player.h), and DIR/truth.json.
struct drill_play_options {
    const char *scenario;   // path of a scenario file
    const char *directory;  // empty or absent
    uint32_t hosts, days;   // 0: as the scenario says
    uint32_t victims;       // of waves in all, pilots included; 0: min(276, half the hosts)
    uint32_t records_a_day; // of an ordinary host
    uint64_t seed;
    uint32_t loss_millionths; // of the logs
    bool evtx, winlogbeat;
    const char *const *variants; // instead of those that the seed draws
    size_t variant_count;
};

struct drill_play_result {
    uint64_t hosts, deeds, attack_deeds, files, records, bytes;
};

// STATUS_USAGE for too few hosts or days (with the number that is needed) or an
// unknown variant, STATUS_FORMAT for a
// scenario file that is none, STATUS_SYSTEM when the disk refuses.
enum status drill_play(const struct drill_play_options *options,
                       struct drill_play_result *ret_result, struct problem *problem);

// What a scenario file does, in words and as a timeline; memory_free *ret_text.
enum status drill_describe(const char *path, uint64_t seed, char **ret_text,
                           struct problem *problem);

struct drill_check_options {
    const char *directory; // of a play, with its truth.json
    const char *report;    // of schema vedette.report/1
    bool json;             // the score as vedette.score/1, else as a table
};

// How right a report is about a play (docs/drill_play.md); memory_free *ret_text. *ret_right: all
// of it. STATUS_FORMAT names the member of the truth or the report that is not as it should be.
enum status drill_check(const struct drill_check_options *options, char **ret_text, bool *ret_right,
                        struct problem *problem);

#endif
