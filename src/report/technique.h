// Names of ATT&CK: techniques, tactics, mitigations
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_TECHNIQUE_H
#define REPORT_TECHNIQUE_H

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

struct campaign;
struct reference;

enum tactic {
#define TACTIC(symbol, id, name) TACTIC_##symbol,
#include "report/tactic.def"
#undef TACTIC
    TACTIC_COUNT,
};
const char *tactic_id(enum tactic tactic);   // "TA0001"; static
const char *tactic_name(enum tactic tactic); // "Initial Access"; static

// One row of technique.def; static.
struct technique {
    const char *id, *name;
    enum tactic tactic;
    const char *mitigations; // "M1051, M1030"
};

// NULL for one that is not in the table; a part ("T1021.005") falls back to its whole.
const struct technique *technique_find(struct slice id);

// "Update Software" of "M1051"; "" for one that is not in the table. Static.
const char *mitigation_name(struct slice id);

// The next word of "T1190, T1505.003"; empty at the end. Moves `rest` on.
struct slice technique_next(struct slice *rest);

enum {
    TECHNIQUES_TOLD_MAX = 256
};

// A technique of a campaign, the stages (bit 1 << enum stage) in which it shows, and the records of
// the findings that show it.
struct technique_told {
    struct slice id;
    const struct technique *known; // NULL: not in the table
    unsigned stages;
    int64_t first_ns;
    const struct reference *references;
    uint32_t reference_count;
};

// Those of a campaign, each once, in the order of stages. Returns their number; what is beyond
// TECHNIQUES_TOLD_MAX is left out.
uint32_t techniques_of(const struct campaign *campaign,
                       struct technique_told ret_told[TECHNIQUES_TOLD_MAX]);

#endif
