// What was taken, no byte of it counted twice
// SPDX-License-Identifier: Apache-2.0
//
// Clues of one host that tell one transfer: those that overlap in time, stand on different rules
// and have one destination, or none that contradicts. Of each such group the rule that saw most
// speaks, with all of its clues; what the others saw is told by the story only. What went to a
// proxy is what the proxy sent on.
#include "correlate/assembly.h"

#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

enum {
    SLACK_SECONDS = 3600, // logs of one transfer begin and end apart
    ALIKE_PART = 8        // bytes that differ by less are alike: headers are counted or not
};

struct loss {
    const struct clue *clue;
    uint32_t member;
    uint32_t group;  // place of its first
    uint32_t inside; // the host that it went to; RELATION_NO_HOST: it left
    bool to_proxy, is_dropped;
};

struct loss_row {
    struct loss *rows;
    uint32_t count, capacity;
};

// Whom a clue's bytes went to: where it says, or else who asked for them.
static struct slice clue_taker(const struct clue *clue) {
    return clue->destination.size ? clue->destination : clue->source;
}

static void loss_add(const struct assembly *assembly, struct loss_row *row, const struct clue *clue,
                     uint32_t member) {
    const struct cast *cast = &assembly->book->cast;
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 64;
        row->rows = memory_resize(row->rows, row->capacity, sizeof *row->rows);
    }
    uint32_t inside = cast_find(cast, clue_taker(clue), clue->first_ns);
    if (inside == clue->host)
        inside = RELATION_NO_HOST;
    bool proxy =
        inside != RELATION_NO_HOST && (cast->fleet.hosts[inside].roles & FLEET_ROLE_PROXY) != 0;
    row->rows[row->count] = (struct loss){.clue = clue,
                                          .member = member,
                                          .group = row->count,
                                          .inside = proxy ? RELATION_NO_HOST : inside,
                                          .to_proxy = proxy};
    row->count++;
}

static void losses_gather(struct assembly *assembly, struct loss_row *row) {
    const struct clue_book *book = assembly->book;
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t number = assembly->members[k];
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            bool leaves =
                clue->stage == STAGE_THEFT || (clue->stage == STAGE_COLLECTION && clue->volume);
            if (leaves && clue->level >= RULE_LEVEL_MEDIUM && assembly_clue_counts(assembly, clue))
                loss_add(assembly, row, clue, k);
        }
    }
}

static bool clues_meet(const struct clue *a, const struct clue *b) {
    const int64_t slack_ns = SLACK_SECONDS * SECOND_NS;
    return a->first_ns <= b->last_ns + slack_ns && b->first_ns <= a->last_ns + slack_ns;
}

static bool clues_share_a_record(const struct clue *a, const struct clue *b) {
    for (uint32_t i = 0; i < a->reference_count; i++)
        for (uint32_t k = 0; k < b->reference_count; k++)
            if (memcmp(a->references[i].sha256, b->references[k].sha256, DIGEST_SHA256_SIZE) == 0)
                return true;
    return false;
}

static bool bytes_are_alike(uint64_t a, uint64_t b) {
    uint64_t more = a > b ? a : b, less = a > b ? b : a;
    return more - less <= more / ALIKE_PART;
}

// One log has the name of a place, the other its address.
static bool places_may_be_one(const struct clue *a, const struct clue *b) {
    return a->destination.size && b->destination.size &&
           address_is_address(a->destination) != address_is_address(b->destination) &&
           bytes_are_alike(a->volume, b->volume);
}

static bool accounts_differ(const struct clue *a, const struct clue *b) {
    return a->account.size && b->account.size &&
           !text_equal_fold_ascii(account_user(a->account), account_user(b->account));
}

static bool clues_tell_one_transfer(const struct clue *a, const struct clue *b) {
    if (!a->volume || !b->volume || a->rule_number == b->rule_number || !clues_meet(a, b))
        return false;
    if (a->destination.size && b->destination.size)
        return text_equal_fold_ascii(a->destination, b->destination) || places_may_be_one(a, b);
    bool nowhere = !a->destination.size && !b->destination.size;
    return (nowhere && !accounts_differ(a, b)) || clues_share_a_record(a, b);
}

// Rows [from, to) are one host's.
static void losses_group(struct loss *rows, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        for (uint32_t k = from; k < i; k++) {
            uint32_t low = rows[k].group, high = rows[i].group;
            if (low == high || !clues_tell_one_transfer(rows[i].clue, rows[k].clue))
                continue;
            for (uint32_t n = from; n <= i; n++)
                if (rows[n].group == low || rows[n].group == high)
                    rows[n].group = low < high ? low : high;
        }
}

static uint64_t group_bytes(const struct loss *rows, uint32_t to, uint32_t group,
                            uint32_t rule_number) {
    uint64_t bytes = 0;
    for (uint32_t i = group; i < to; i++)
        if (rows[i].group == group && rows[i].clue->rule_number == rule_number)
            bytes += rows[i].clue->volume;
    return bytes;
}

// Which of two rules of a group speaks for it: who saw more, is surer, or measured all of it.
static bool loss_speaks_before(const struct loss *rows, uint32_t to, const struct loss *a,
                               const struct loss *b) {
    uint64_t a_bytes = group_bytes(rows, to, a->group, a->clue->rule_number);
    uint64_t b_bytes = group_bytes(rows, to, b->group, b->clue->rule_number);
    if (a_bytes != b_bytes)
        return a_bytes > b_bytes;
    if (a->clue->level != b->clue->level)
        return a->clue->level > b->clue->level;
    return !a->clue->volume_at_least && b->clue->volume_at_least;
}

static void group_reduce(struct loss *rows, uint32_t group, uint32_t to) {
    const struct loss *best = &rows[group];
    for (uint32_t i = group + 1; i < to; i++)
        if (rows[i].group == group && rows[i].clue->rule_number != best->clue->rule_number &&
            loss_speaks_before(rows, to, &rows[i], best))
            best = &rows[i];
    for (uint32_t i = group; i < to; i++)
        rows[i].is_dropped |=
            rows[i].group == group && rows[i].clue->rule_number != best->clue->rule_number;
}

// What a host sent to a proxy while it sent something outside.
static void proxies_drop(struct loss *rows, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        for (uint32_t k = from; k < to && rows[i].to_proxy && !rows[i].is_dropped; k++)
            rows[i].is_dropped = !rows[k].to_proxy && !rows[k].is_dropped &&
                                 rows[k].inside == RELATION_NO_HOST && rows[k].clue->volume &&
                                 rows[k].clue->destination.size &&
                                 clues_meet(rows[i].clue, rows[k].clue);
}

static void losses_reduce(struct loss_row *row) {
    for (uint32_t from = 0, to; from < row->count; from = to) {
        for (to = from + 1; to < row->count && row->rows[to].member == row->rows[from].member;)
            to++;
        losses_group(row->rows, from, to);
        for (uint32_t i = from; i < to; i++)
            if (row->rows[i].group == i)
                group_reduce(row->rows, i, to);
        proxies_drop(row->rows, from, to);
    }
}

void assembly_thefts(struct assembly *assembly, struct campaign *campaign) {
    struct loss_row row = {0};
    losses_gather(assembly, &row);
    losses_reduce(&row);
    campaign->thefts = assembly_new(assembly, row.count, sizeof *campaign->thefts);
    for (uint32_t i = 0; i < row.count && campaign->thefts; i++) {
        const struct loss *loss = &row.rows[i];
        const struct clue *clue = loss->clue;
        if (loss->is_dropped)
            continue;
        struct citations citations = {.count = 0};
        citations_lead(&citations, clue->references, clue->reference_count, clue->first_ns);
        campaign->thefts[campaign->theft_count++] = (struct campaign_theft){
            .host = loss->member,
            .what = clue->rule->title,
            .destination = clue->destination,
            .gathered_on =
                loss->inside == RELATION_NO_HOST ? SLICE("") : host_name(assembly, loss->inside),
            .bytes = clue->volume,
            .at_least = clue->volume_at_least,
            .first_ns = clue->first_ns,
            .last_ns = clue->last_ns,
            .references = citations_keep(assembly, &citations),
            .reference_count = citations.count};
    }
    memory_free(row.rows);
}
