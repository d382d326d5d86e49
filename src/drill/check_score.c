// A report's score against the truth
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_score.h"

#include "base/clock.h"
#include "base/memory.h"
#include "drill/drill.h"

enum {
    SMALL_HOSTS = 4,         // a campaign of so few hosts may be told as an incident
    CLOCKS_SECONDS = 2 * 300 // stages closer than two wrong clocks have no order
};
#define SECOND_NS 1000000000ll

uint64_t check_told_bit(const struct check_score *score, size_t number) {
    uint32_t unit = score->matches[number].unit;
    if (unit == CHECK_NO_UNIT)
        return 0;
    bool campaign = unit < score->report->campaign_count;
    return 1ull << (campaign ? unit : CHECK_CAMPAIGNS_MAX + number);
}

static size_t overlap(const struct check_score *score, size_t number,
                      const struct check_unit *unit) {
    size_t count = 0;
    for (size_t i = 0; i < unit->host_count; i++)
        count += unit->hosts[i].certain && (score->compromised[unit->hosts[i].host] >> number & 1);
    return count;
}

// The pair of a campaign without a partner and one of the report's units from..to-1 that share
// most hosts; false when none share any.
static bool match_best(struct check_score *score, bool *taken, size_t from, size_t to) {
    size_t best = 0, best_number = 0, best_unit = 0;
    for (size_t number = 0; number < score->truth->unit_count; number++) {
        for (size_t i = from; i < to && score->matches[number].unit == CHECK_NO_UNIT; i++) {
            size_t shared = taken[i] ? 0 : overlap(score, number, &score->report->units[i]);
            if (shared > best) {
                best = shared;
                best_number = number;
                best_unit = i;
            }
        }
    }
    if (best == 0)
        return false;
    score->matches[best_number].unit = (uint32_t)best_unit;
    taken[best_unit] = true;
    return true;
}

// Campaigns before incidents.
static void match_units(struct check_score *score) {
    const struct check_side *report = score->report;
    bool *taken = memory_new(report->unit_count + 1, sizeof *taken);
    while (match_best(score, taken, 0, report->campaign_count)) {
    }
    while (match_best(score, taken, report->campaign_count, report->unit_count)) {
    }
    for (size_t i = 0; i < report->unit_count; i++) {
        bool about = taken[i];
        for (size_t number = 0; number < score->truth->unit_count && !about; number++)
            about = overlap(score, number, &report->units[i]) > 0;
        if (i < report->campaign_count)
            score->campaigns_false += !taken[i];
        else if (taken[i])
            score->incidents_matched++;
        else if (about)
            score->incidents_beside++;
        else
            score->incidents_other++;
    }
    memory_free(taken);
}

static void mark_told(struct check_score *score, const struct check_unit *unit, uint64_t bit) {
    for (size_t i = 0; i < unit->host_count; i++)
        if (unit->hosts[i].certain)
            score->told[unit->hosts[i].host] |= bit;
}

static void mark_hosts(struct check_score *score) {
    for (size_t number = 0; number < score->truth->unit_count; number++) {
        const struct check_unit *unit = &score->truth->units[number];
        for (size_t i = 0; i < unit->host_count; i++) {
            if (!unit->hosts[i].certain)
                continue;
            score->compromised[unit->hosts[i].host] |= 1u << number;
            if (unit->hosts[i].provable)
                score->provable[unit->hosts[i].host] |= 1u << number;
        }
    }
}

static void mark_report(struct check_score *score) {
    for (size_t i = 0; i < score->report->campaign_count; i++)
        mark_told(score, &score->report->units[i], 1ull << i);
    for (size_t number = 0; number < score->truth->unit_count; number++)
        if (score->matches[number].unit != CHECK_NO_UNIT)
            mark_told(score, &score->report->units[score->matches[number].unit],
                      check_told_bit(score, number));
}

static void count_hosts(struct check_score *score, size_t number) {
    struct check_match *match = &score->matches[number];
    uint64_t bit = check_told_bit(score, number);
    for (uint32_t host = 0; host < score->names->host_count; host++) {
        bool expected = score->provable[host] >> number & 1;
        bool real = score->compromised[host] >> number & 1;
        bool told = score->told[host] & bit;
        match->hosts_expected += expected;
        match->hosts_right += expected && told;
        match->hosts_wrong += told && !real;
    }
    match->small = match->hosts_expected <= SMALL_HOSTS;
}

// Asked are provable hosts that the report confirms, where the parent is provable too.
static void count_parents(struct check_score *score, size_t number) {
    struct check_match *match = &score->matches[number];
    const struct check_unit *truth = &score->truth->units[number];
    const struct check_unit *unit = &score->report->units[match->unit];
    uint64_t bit = check_told_bit(score, number);
    uint32_t *parents = memory_new(score->names->host_count, sizeof *parents);
    for (size_t i = unit->host_count; i-- > 0;)
        parents[unit->hosts[i].host] = unit->hosts[i].parent;
    for (size_t i = 0; i < truth->host_count; i++) {
        const struct check_host *host = &truth->hosts[i];
        bool told = score->told[host->host] & bit;
        bool provable =
            host->parent == CHECK_NO_HOST || (score->provable[host->parent] >> number & 1);
        if (!host->certain || !host->provable || !told || !provable)
            continue;
        match->parents_asked++;
        match->parents_right += parents[host->host] == host->parent;
    }
    memory_free(parents);
}

static void count_stages(struct check_score *score, size_t number) {
    struct check_match *match = &score->matches[number];
    const struct check_unit *truth = &score->truth->units[number];
    const struct check_unit *unit = &score->report->units[match->unit];
    match->stages_right = truth->stages & unit->stages;
    match->stages_wrong = unit->stages & ~truth->stages;
    for (size_t i = 0; i < CHECK_STAGES; i++) {
        for (size_t j = i + 1; j < CHECK_STAGES; j++) {
            int64_t before = truth->stage_first_ns[i], after = truth->stage_first_ns[j];
            bool both = (match->stages_right >> i & 1) && (match->stages_right >> j & 1);
            if (!both || before == CLOCK_NONE || after == CLOCK_NONE)
                continue;
            int64_t apart = after / SECOND_NS - before / SECOND_NS;
            if (apart < CLOCKS_SECONDS && apart > -CLOCKS_SECONDS)
                continue;
            int64_t told = unit->stage_first_ns[i], told_after = unit->stage_first_ns[j];
            bool known = told != CLOCK_NONE && told_after != CLOCK_NONE;
            match->orders_asked++;
            match->orders_right += known && (apart > 0 ? told <= told_after : told >= told_after);
        }
    }
}

static void count_accounts(struct check_match *match, const struct check_unit *truth,
                           const struct check_unit *unit) {
    for (size_t i = 0; i < truth->account_count; i++) {
        bool named = false;
        for (size_t k = 0; k < unit->account_count && !named; k++)
            named = check_account_is(unit->accounts[k], truth->accounts[i]);
        match->accounts_named += named;
    }
    for (size_t k = 0; k < unit->account_count; k++) {
        bool real = false;
        for (size_t i = 0; i < truth->account_count && !real; i++)
            real = check_account_is(unit->accounts[k], truth->accounts[i]);
        match->accounts_others += !real;
    }
}

static void score_match(struct check_score *score, size_t number) {
    struct check_match *match = &score->matches[number];
    const struct check_unit *truth = &score->truth->units[number];
    uint32_t server = truth->server_count ? truth->servers[0] : CHECK_NO_HOST;
    count_hosts(score, number);
    match->stages_expected = truth->stages;
    match->volume_true = truth->volume;
    match->accounts_true = truth->account_count;
    match->entry_asked =
        truth->entry != CHECK_NO_HOST && (score->provable[truth->entry] >> number & 1);
    match->server_asked = server != CHECK_NO_HOST && (score->provable[server] >> number & 1);
    if (match->unit == CHECK_NO_UNIT)
        return;
    const struct check_unit *unit = &score->report->units[match->unit];
    match->entry_right = match->entry_asked && unit->entry == truth->entry;
    for (size_t i = 0; i < unit->server_count; i++)
        match->server_right =
            match->server_right || (match->server_asked && unit->servers[i] == server);
    count_parents(score, number);
    count_stages(score, number);
    count_accounts(match, truth, unit);
    match->volume_told = unit->volume;
}

// Two hosts belong together when some campaign has both.
static enum status count_pairs(struct check_score *score, struct problem *problem) {
    uint32_t *hosts = memory_new(score->names->host_count + 1, sizeof *hosts);
    size_t count = 0;
    for (uint32_t i = 0; i < score->names->host_count; i++)
        if (score->provable[i] || score->told[i])
            hosts[count++] = i;
    if (count > DRILL_HOSTS_MAX) {
        memory_free(hosts);
        return problem_set(problem, STATUS_FORMAT,
                           "the report confirms %zu hosts: no drill has more than %d", count,
                           DRILL_HOSTS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            bool real = score->compromised[hosts[i]] & score->compromised[hosts[j]];
            bool told = score->told[hosts[i]] & score->told[hosts[j]];
            score->pairs_right += real && told;
            score->pairs_wrong += told && !real;
            score->pairs_missed += real && !told;
        }
    }
    memory_free(hosts);
    return STATUS_OK;
}

static bool match_is_right(const struct check_score *score, const struct check_match *match) {
    if (match->unit == CHECK_NO_UNIT ||
        (score->report->units[match->unit].incident && !match->small))
        return false;
    return match->hosts_right == match->hosts_expected && match->hosts_wrong == 0 &&
           match->parents_right == match->parents_asked &&
           match->stages_right == match->stages_expected && match->stages_wrong == 0 &&
           match->orders_right == match->orders_asked && match->entry_right == match->entry_asked &&
           match->server_right == match->server_asked;
}

static void sum_up(struct check_score *score) {
    const struct check_side *report = score->report;
    for (uint32_t i = 0; i < score->names->host_count; i++) {
        score->hosts_expected += score->provable[i] != 0;
        score->hosts_right += score->provable[i] && score->told[i];
        score->hosts_told_real += score->told[i] && score->compromised[i];
        score->hosts_wrong += score->told[i] && !score->compromised[i];
    }
    for (size_t i = 0; i < report->citation_count; i++) {
        score->citations[report->citations[i].verdict]++;
        score->citations_used += report->citations[i].used;
    }
    score->right = score->campaigns_false == 0 && report->tags_unlisted == 0 &&
                   score->citations[CHECK_RIGHT] == report->citation_count;
    for (size_t i = 0; i < score->truth->unit_count; i++)
        score->right = score->right && match_is_right(score, &score->matches[i]);
}

enum status check_score_make(const struct check_side *truth, const struct check_side *report,
                             const struct check_names *names, struct check_score *ret_score,
                             struct problem *problem) {
    size_t hosts = names->host_count + 1;
    struct check_score *score = ret_score;
    *score = (struct check_score){.truth = truth, .report = report, .names = names};
    score->matches = memory_new(truth->unit_count + 1, sizeof *score->matches);
    score->compromised = memory_new(hosts, sizeof *score->compromised);
    score->provable = memory_new(hosts, sizeof *score->provable);
    score->told = memory_new(hosts, sizeof *score->told);
    for (size_t i = 0; i < truth->unit_count; i++)
        score->matches[i].unit = CHECK_NO_UNIT;
    mark_hosts(score);
    match_units(score);
    mark_report(score);
    for (size_t i = 0; i < truth->unit_count; i++)
        score_match(score, i);
    sum_up(score);
    return count_pairs(score, problem);
}

void check_score_done(struct check_score *score) {
    memory_free(score->matches);
    memory_free(score->compromised);
    memory_free(score->provable);
    memory_free(score->told);
}
