// truth.json: what really happened
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_TRUTH_H
#define DRILL_TRUTH_H

#include "base/arena.h"
#include "base/status.h"
#include "drill/evidence.h"
#include "drill/organisation.h"
#include "drill/scenario.h"

#include <stdbool.h>
#include <stdint.h>

// Schema "vedette.truth/1", written out in docs/drill_play.md. Filled while the attack is made;
// what is provable is computed at the end from the citations that stand.

enum truth_state {
    TRUTH_UNTOUCHED,
    TRUTH_TOUCHED,    // scanned, tried, logged on to without success, fetched without running
    TRUTH_COMPROMISED // the intruder ran something on it, or used it as its own
};

// One step as it was played; a scenario's step may be played on several hosts.
struct truth_step {
    uint32_t campaign, step; // of the scenario
    uint32_t host;           // where it took place
    uint32_t from;           // the host it came from, DEED_NO_HOST: from outside
    int64_t first_ns, last_ns;
    uint64_t volume_bytes; // taken out, or moved; 0: none
};

enum truth_thing {
    TRUTH_ACCOUNT, // "CORP\\adm.02"
    TRUTH_ADDRESS, // of the intruder
    TRUTH_PATH,    // virtual path, dropped file
    TRUTH_DIGEST,  // SHA-256 of an artefact
    TRUTH_NAME     // program, service, task, pipe, mailbox
};

struct truth;

struct truth *truth_new(const struct scenario *scenario, const struct organisation *organisation);
void truth_free(struct truth *truth);

// The number is what deeds carry as `step`.
uint32_t truth_add_step(struct truth *truth, const struct truth_step *step);
void truth_extend_step(struct truth *truth, uint32_t number, int64_t time_ns,
                       uint64_t volume_bytes);

// The host's state never falls. `parent` is the host it was reached from, DEED_NO_HOST: entry.
void truth_mark_host(struct truth *truth, uint32_t campaign, uint32_t host, enum truth_state state,
                     uint32_t parent);
bool truth_touches(const struct truth *truth, uint32_t host); // some campaign does
void truth_add_thing(struct truth *truth, uint32_t campaign, enum truth_thing thing,
                     struct slice text);

// The variant that the seed drew, in the scenario's words.
void truth_add_variant(struct truth *truth, uint32_t campaign, struct slice word);

// All deeds of the attack, from which the truth tells what a cited record shows; they must live
// until it is written.
void truth_know_deeds(struct truth *truth, const struct deed *deeds, size_t count);

// Writes DIR/truth.json (beside the evidence, never in it).
enum status truth_write(struct truth *truth, struct evidence *evidence, const char *path,
                        struct problem *problem);

#endif
