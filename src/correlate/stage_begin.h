// When a stage of a campaign began
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_STAGE_BEGIN_H
#define CORRELATE_STAGE_BEGIN_H

#include "correlate/assembly.h"

// A stage begins with its first clue, except that
//
//   - a record that a judgement over more records explains speaks for that one's stage: the
//     first requests to a page just planted are still its planting, bytes through a tunnel
//     still the tunnel, a right granted within a break-in still the break-in;
//   - medium clues count from a day before the first high one: what an administrator did
//     weeks before does not begin a stage that an intruder came to later; where many hosts
//     show a stage and none for sure, the first day on which a share of them does begins it;
//   - what hosts of no intrusion show as often says nothing about this one;
//   - nor does what an account did that the campaign is not known to use, on a host where one
//     that it uses did the like: its owner was at work.
//
// Either way a stage that has nothing else begins with what it has, but for what was done wholly
// within a break-in: that is told as the break-in. What lies before its stage begins is told where
// it is explained, or not at all.
struct stage_judge {
    const struct assembly *assembly;
    struct cited_record {
        uint64_t digest; // first bytes of the record's
        uint32_t clue;
    } * cited; // by clues of two records and more, by digest
    size_t cited_count;
    bool *commonplace; // by rule number
    struct telling {
        int64_t begin_ns, own_ns;   // with what it cites, and behind a break-in
        enum stage by;              // of what explains it
        bool is_within;             // a break-in, whole
        bool is_strangers;          // of an account that is not known to be the intruders
    } * tellings;                   // by number of the clue
    int64_t begins_ns[STAGE_COUNT]; // INT64_MAX: nothing tells of it
};

// Looks at the campaign in work (assembly->members).
void stage_judge_init(struct stage_judge *judge, const struct assembly *assembly);
void stage_judge_done(struct stage_judge *judge);

// Its rule holds for hosts outside all campaigns about as often as for hosts of this one, and it is
// no reason why its host is one of these.
bool stage_clue_is_commonplace(const struct stage_judge *judge, const struct clue *clue);

// The stage in which a clue of the campaign is told, and since when it tells of that: never before
// judge->begins_ns of it. STAGE_NONE: in none.
enum stage stage_of_clue(const struct stage_judge *judge, const struct clue *clue,
                         int64_t *ret_begin_ns);

// The accounts that the campaign in work used, by host: assembly->accounts, hosts' accounts.
void assembly_accounts(struct assembly *assembly, const struct stage_judge *judge,
                       struct campaign *campaign);

#endif
