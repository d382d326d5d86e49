// Counting findings while they pass
// SPDX-License-Identifier: Apache-2.0
#include "report/tally.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>

enum {
    TALLY_HOST_BYTES_MAX = 16 << 20
};

void tally_init(struct tally *tally) {
    *tally = (struct tally){0};
    intern_init(&tally->host_names, TALLY_HOSTS_MAX, TALLY_HOST_BYTES_MAX);
    table_init(&tally->rule_table);
    table_init(&tally->pairs);
}

void tally_done(struct tally *tally) {
    memory_free(tally->rules);
    memory_free(tally->hosts);
    intern_done(&tally->host_names);
    table_done(&tally->rule_table);
    table_done(&tally->pairs);
    *tally = (struct tally){0};
}

static bool tally_is_power(size_t count) {
    return (count & (count - 1)) == 0;
}

static struct tally_rule *tally_rule_at(struct tally *tally, const struct rule *rule,
                                        uint32_t *ret_place) {
    uint64_t hash = digest_mix64(0, (uint64_t)(uintptr_t)rule);
    uint32_t place = table_find(&tally->rule_table, hash, NULL, NULL, NULL);
    if (place == TABLE_NONE) {
        if (tally_is_power(tally->rule_count))
            tally->rules = memory_resize(
                tally->rules, tally->rule_count ? tally->rule_count * 2 : 1, sizeof *tally->rules);
        place = (uint32_t)tally->rule_count++;
        tally->rules[place] =
            (struct tally_rule){.rule = rule, .first_ns = CLOCK_NONE, .last_ns = CLOCK_NONE};
        table_add(&tally->rule_table, hash, place);
    }
    *ret_place = place;
    return &tally->rules[place];
}

// Names alone: an address passes from one host to the next.
static bool fleet_host_is_called(const struct fleet_host *host, struct slice name) {
    if (text_equal_fold_ascii(host->name, name) || text_equal_fold_ascii(host->fqdn, name))
        return true;
    for (uint32_t i = 0; i < host->alias_count; i++)
        if (text_equal_fold_ascii(host->aliases[i].text, name))
            return !address_is_address(name);
    return false;
}

static struct slice tally_fleet_name(const struct tally *tally, struct slice name) {
    for (uint32_t i = 0; tally->fleet && name.size && i < tally->fleet->count; i++)
        if (fleet_host_is_called(&tally->fleet->hosts[i], name))
            return tally->fleet->hosts[i].name;
    return name;
}

// The place of a name, INTERN_FULL when there are too many.
static uint32_t tally_name_at(struct tally *tally, struct slice name, bool *ret_new) {
    uint32_t before = tally->host_names.count;
    uint32_t place = intern_add(&tally->host_names, name);
    *ret_new = place == before;
    if (place == INTERN_FULL)
        return place;
    if (place == before) {
        if (tally_is_power(tally->host_count))
            tally->hosts = memory_resize(
                tally->hosts, tally->host_count ? tally->host_count * 2 : 1, sizeof *tally->hosts);
        tally->hosts[tally->host_count++] =
            (struct tally_host){.name = intern_text(&tally->host_names, place),
                                .folded = place,
                                .first_ns = CLOCK_NONE,
                                .last_ns = CLOCK_NONE};
    }
    return place;
}

// Which host a name is of is asked once for each name.
static struct tally_host *tally_host_at(struct tally *tally, struct slice name,
                                        uint32_t *ret_place) {
    bool is_new;
    uint32_t place = tally_name_at(tally, name, &is_new);
    if (place == INTERN_FULL)
        return NULL;
    if (is_new) {
        uint32_t folded = tally_name_at(tally, tally_fleet_name(tally, name), &is_new);
        tally->hosts[place].folded = folded == INTERN_FULL ? place : folded;
    }
    *ret_place = tally->hosts[place].folded;
    return &tally->hosts[*ret_place];
}

static void tally_span(int64_t *first_ns, int64_t *last_ns, const struct finding *finding) {
    if (finding->first_ns != CLOCK_NONE &&
        (*first_ns == CLOCK_NONE || finding->first_ns < *first_ns))
        *first_ns = finding->first_ns;
    if (finding->last_ns > *last_ns)
        *last_ns = finding->last_ns;
}

void tally_add(struct tally *tally, const struct finding *finding) {
    tally->findings++;
    tally->by_level[finding->rule->level]++;
    tally->records_by_level[finding->rule->level] += finding->count;
    uint32_t rule_place;
    struct tally_rule *rule = tally_rule_at(tally, finding->rule, &rule_place);
    rule->count += finding->count;
    rule->findings++;
    tally_span(&rule->first_ns, &rule->last_ns, finding);
    uint32_t host_place;
    struct tally_host *host = tally_host_at(tally, finding->host, &host_place);
    if (!host) {
        tally->hosts_left_out++;
        return;
    }
    host->by_level[finding->rule->level]++;
    tally_span(&host->first_ns, &host->last_ns, finding);
    uint64_t pair = digest_mix64(digest_mix64(0, rule_place), host_place);
    if (table_find(&tally->pairs, pair, NULL, NULL, NULL) == TABLE_NONE) {
        table_add(&tally->pairs, pair, 0);
        rule->hosts++;
        host->rules++;
    }
}

static int tally_compare_rules(const void *left, const void *right) {
    const struct tally_rule *a = left;
    const struct tally_rule *b = right;
    if (a->rule->level != b->rule->level)
        return a->rule->level > b->rule->level ? -1 : 1;
    if (a->hosts != b->hosts)
        return a->hosts > b->hosts ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    int order = slice_compare(a->rule->title, b->rule->title);
    return order ? order : slice_compare(a->rule->id, b->rule->id);
}

static int tally_compare_hosts(const void *left, const void *right) {
    const struct tally_host *a = left;
    const struct tally_host *b = right;
    for (int level = RULE_LEVEL_COUNT - 1; level >= 0; level--)
        if (a->by_level[level] != b->by_level[level])
            return a->by_level[level] > b->by_level[level] ? -1 : 1;
    return slice_compare(a->name, b->name);
}

void tally_sort(struct tally *tally) {
    size_t kept = 0;
    for (size_t i = 0; i < tally->host_count; i++)
        if (tally->hosts[i].folded == i)
            tally->hosts[kept++] = tally->hosts[i];
    tally->host_count = kept;
    if (tally->rule_count)
        qsort(tally->rules, tally->rule_count, sizeof *tally->rules, tally_compare_rules);
    if (tally->host_count)
        qsort(tally->hosts, tally->host_count, sizeof *tally->hosts, tally_compare_hosts);
}
