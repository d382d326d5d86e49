// Counting findings while they pass
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include "base/intern.h"
#include "model/finding.h"
#include "model/hosts.h"

#include <stdint.h>

// Hosts beyond this are counted together: host names come from evidence.
enum {
    TALLY_HOSTS_MAX = 100000
};

struct tally_rule {
    const struct rule *rule;
    uint64_t count; // records
    uint64_t findings;
    uint32_t hosts;
    int64_t first_ns, last_ns;
};

struct tally_host {
    struct slice name;
    uint32_t folded; // place of the host whose other name this is; its own for all others
    uint64_t by_level[RULE_LEVEL_COUNT];
    uint32_t rules;
    int64_t first_ns, last_ns;
};

// Sums over all findings of a run. Not thread-safe.
struct tally {
    uint64_t findings;
    uint64_t by_level[RULE_LEVEL_COUNT];         // findings
    uint64_t records_by_level[RULE_LEVEL_COUNT]; // with their repeats
    struct tally_rule *rules;
    size_t rule_count;
    struct tally_host *hosts;
    size_t host_count;
    uint64_t hosts_left_out;
    const struct fleet *fleet; // a host's names are one; NULL: each is a host
    struct interner host_names;
    struct table rule_table; // rule pointer -> place in rules
    struct table pairs;      // (rule, host) seen
};

void tally_init(struct tally *tally);
void tally_done(struct tally *tally);
void tally_add(struct tally *tally, const struct finding *finding);

// Forget the other names of hosts, sort rules by (level, hosts, count) and hosts by what weighs
// most, worst first. Places change: no tally_add after it.
void tally_sort(struct tally *tally);

#endif
