// What every report of a reconstruction is made of
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_REPORT_INPUT_H
#define REPORT_REPORT_INPUT_H

#include "model/evidence_coverage.h"
#include "model/gap.h"
#include "model/marking.h"
#include "report/cited.h"
#include "report/output.h"

struct tally;

// What somebody said of a record, and whether it still holds.
struct report_verdict {
    uint8_t sha256[DIGEST_SHA256_SIZE];
    struct slice tag, who, at, why;
    bool is_benign;
    bool holds; // no later one on the same record
};

struct report_input {
    const struct reconstruction *reconstruction;
    const struct cited *cited;
    const struct source_names *names; // paths relative to the evidence root
    const struct gap_sum *gaps;
    size_t gap_count;
    const struct evidence_coverage *coverage; // NULL: not asked for
    const char *tlp;           // "clear", "green", "amber", "amber+strict", "red"; NULL: red
    const struct tally *tally; // findings by rule; NULL: not asked for
    const struct report_verdict *verdicts; // all of the case, in the order they were given
    size_t verdict_count;
    bool interrupted; // not all evidence was read
};

// Who may see the report: the most restrictive of what was asked and what the tags of the rules
// that found something ask.
enum marking report_marking(const struct report_input *input);

// What a campaign's rows of theft say together.
struct campaign_loss {
    uint64_t bytes; // their sum: no two rows count the same bytes
    uint32_t rows;
    const struct campaign_theft *most; // NULL: there is none
    struct slice place;                // gathered: where most of it is
    bool is_elsewhere_too;             // and on other hosts
};

// What left, and what was gathered on hosts inside, of which nothing shows that it left.
void campaign_losses(const struct campaign *campaign, struct campaign_loss *ret_left,
                     struct campaign_loss *ret_gathered);

// First and last time of all stages; CLOCK_NONE when none is known.
void campaign_span(const struct campaign *campaign, int64_t *ret_first_ns, int64_t *ret_last_ns);

#endif
