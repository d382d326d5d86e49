// A report's score against the truth
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_CHECK_SCORE_H
#define DRILL_CHECK_SCORE_H

#include "base/buffer.h"
#include "drill/check_side.h"

#define CHECK_NO_UNIT UINT32_MAX

// One campaign of the truth, and the campaign or incident of the report that tells it: the one
// that shares most hosts with it.
struct check_match {
    uint32_t unit; // of the report, or CHECK_NO_UNIT
    bool small;    // may be told as an incident
    size_t hosts_expected, hosts_right, hosts_wrong;
    size_t parents_asked, parents_right;
    uint32_t stages_expected, stages_right, stages_wrong; // bits
    size_t orders_asked, orders_right;                    // pairs of stages
    bool entry_asked, entry_right, server_asked, server_right;
    // Shown, not asked for: bytes of theft that leave a trace, and accounts.
    uint64_t volume_true, volume_told;
    size_t accounts_true, accounts_named, accounts_others;
};

struct check_score {
    const struct check_names *names;
    const struct check_side *truth, *report;
    struct check_match *matches; // by campaign of the truth
    // By host. Bits of `compromised` and `provable` are campaigns of the truth; of `told`
    // campaigns of the report, and above them the truth's campaigns that an incident tells.
    uint32_t *compromised, *provable;
    uint64_t *told;
    size_t campaigns_false, incidents_matched, incidents_beside, incidents_other;
    size_t hosts_expected, hosts_right, hosts_told_real, hosts_wrong;
    uint64_t pairs_right, pairs_wrong, pairs_missed;
    size_t citations[CHECK_VERDICTS], citations_used;
    bool right;
};

// Citations have their verdicts already. STATUS_LIMIT for more hosts than a drill can have.
enum status check_score_make(const struct check_side *truth, const struct check_side *report,
                             const struct check_names *names, struct check_score *ret_score,
                             struct problem *problem);
void check_score_done(struct check_score *score);

// The bit of `told` that stands for what tells campaign `number` of the truth; 0: nothing does.
uint64_t check_told_bit(const struct check_score *score, size_t number);

void check_print_table(const struct check_score *score, struct buffer *to);
void check_print_json(const struct check_score *score, struct buffer *to);
const char *check_verdict_text(enum check_verdict verdict);

#endif
