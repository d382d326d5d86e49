// What of the evidence found a case holds already
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_KEEPER_SURVEY_H
#define PIPELINE_KEEPER_SURVEY_H

#include "base/arena.h"
#include "base/table.h"
#include "intake/intake.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

// One range of a piece's units, as it is packed.
struct keeper_unit {
    uint32_t number; // of the source, in the run's order
    uint32_t sequence;
    uint64_t offset, size;
};

// A unit that lies in the store, of a file that is not whole there.
struct known_unit {
    uint32_t top;
    uint32_t sequence;
    uint64_t offset;
};

// By number of the found file. All but `put` is settled by keeper_survey_init.
struct keeper_survey {
    struct arena arena;
    struct slice directory;   // where relative paths start
    struct slice *identities; // real paths
    uint64_t *sizes;          // when found
    bool *skips;              // whole and the same
    bool *digested;           // its SHA-256 is known
    uint8_t *put;             // the writing thread's: what was put of it in this run
    uint32_t count;
    struct known_unit *units;
    size_t unit_count;
    struct table units_by_place;
    struct pipeline_known known;
};

// `ids` gets the store's numbers of the files that it knows. Files that changed are forgotten.
enum status keeper_survey_init(struct keeper_survey *survey, const struct pipeline_keep *keep,
                               struct intake *intake, int64_t *ids, struct problem *problem);
void keeper_survey_done(struct keeper_survey *survey);

bool keeper_survey_knows(const struct keeper_survey *survey, const struct source *source,
                         uint64_t offset);

#endif
