// When a stage of a campaign began
// SPDX-License-Identifier: Apache-2.0
//
// 1. Every clue is told in one stage at most, and not before that stage begins.
// 2. What was done wholly within a break-in begins no stage and is told with the break-in.
// 3. A stage begins when the first clue that is told in it for its own sake does.
#include "correlate/stage_begin.h"

#include "base/memory.h"
#include "correlate/break_in.h"
#include "correlate/clearer.h"
#include "correlate/known_account.h"
#include "correlate/weights.h"

#include <stdlib.h>
#include <string.h>

#define DAY_NS (86400 * SECOND_NS)
#define SAME_NS (2 * SECOND_NS) // one deed in two logs

struct stage_times {
    struct stage_time {
        int64_t time_ns;
        uint32_t member; // place in assembly->members
    } * rows;            // by time
    uint32_t count, capacity;
    uint32_t *met; // by member, of crowd_begin
    uint32_t members;
};

static uint64_t digest_of(const struct reference *reference) {
    uint64_t digest;
    memcpy(&digest, reference->sha256, sizeof digest);
    return digest;
}

static int cited_compare(const void *left, const void *right) {
    const struct cited_record *a = left, *b = right;
    if (a->digest != b->digest)
        return a->digest < b->digest ? -1 : 1;
    return a->clue < b->clue ? -1 : a->clue > b->clue;
}

static bool clue_tells(const struct assembly *assembly, const struct clue *clue) {
    return clue->level >= RULE_LEVEL_MEDIUM && assembly_clue_counts(assembly, clue);
}

// By rule: hosts of the campaign for which it holds, and hosts of no campaign.
struct rule_spread {
    uint32_t inside, outside;
    uint32_t last; // host counted, from 1
};

static void spreads_count(const struct assembly *assembly, struct rule_spread *spreads) {
    const struct clue_book *book = assembly->book;
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *clue = &book->clues[i];
        struct rule_spread *spread = &spreads[clue->rule_number];
        bool inside = assembly->places[clue->host] != FOREST_NONE;
        bool outside = assembly->forest->hosts[clue->host].root == FOREST_NONE;
        if (spread->last == clue->host + 1 || clue->is_benign || (!inside && !outside) ||
            (inside && !clue_tells(assembly, clue)))
            continue;
        spread->last = clue->host + 1;
        *(inside ? &spread->inside : &spread->outside) += 1;
    }
}

// Where not more of the campaign's hosts show it than the rate outside lets expect; or not twice as
// many, where that is WEIGHT_COMMONPLACE_HOSTS and more, or the rule tells of a habit of the fleet.
static bool spread_is_commonplace(const struct rule_spread *spread, uint64_t inside,
                                  uint64_t outside) {
    uint64_t expected = spread->outside * inside, found = spread->inside * outside;
    bool habit = spread->outside * WEIGHT_COMMONPLACE_PART >= outside ||
                 expected >= WEIGHT_COMMONPLACE_HOSTS * outside;
    return expected && (found <= expected || (habit && found < 2 * expected));
}

static void commonplaces_find(struct stage_judge *judge) {
    const struct assembly *assembly = judge->assembly;
    uint32_t rules = assembly->book->rule_count;
    struct rule_spread *spreads = memory_new((size_t)rules + 1, sizeof *spreads);
    uint64_t outside = 0;
    for (uint32_t host = 0; host < assembly->forest->host_count; host++)
        outside += assembly->forest->hosts[host].root == FOREST_NONE;
    spreads_count(assembly, spreads);
    judge->commonplace = memory_new((size_t)rules + 1, sizeof *judge->commonplace);
    for (uint32_t rule = 0; rule < rules; rule++)
        judge->commonplace[rule] =
            spread_is_commonplace(&spreads[rule], assembly->member_count, outside);
    memory_free(spreads);
}

bool stage_clue_is_commonplace(const struct stage_judge *judge, const struct clue *clue) {
    const struct assembly *assembly = judge->assembly;
    const struct forest_host *host = &assembly->forest->hosts[clue->host];
    uint32_t number = (uint32_t)(clue - assembly->book->clues);
    if (!judge->commonplace[clue->rule_number] || host->entry_clue == number)
        return false;
    const struct edge *edge =
        host->edge == FOREST_NONE ? NULL : &assembly->edges->edges[host->edge];
    return !edge || !edge->is_told || edge->clue != number;
}

static void cited_list(struct stage_judge *judge) {
    const struct assembly *assembly = judge->assembly;
    const struct clue_book *book = assembly->book;
    size_t capacity = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass)
            judge->cited = memory_new(capacity + 1, sizeof *judge->cited);
        for (uint32_t k = 0; k < assembly->member_count; k++) {
            uint32_t host = assembly->members[k];
            for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
                const struct clue *clue = &book->clues[i];
                if (clue->reference_count < 2 || !clue_tells(assembly, clue))
                    continue;
                for (uint32_t n = 0; pass && n < clue->reference_count; n++)
                    judge->cited[judge->cited_count++] =
                        (struct cited_record){digest_of(&clue->references[n]), i};
                capacity += clue->reference_count;
            }
        }
    }
    if (judge->cited_count)
        qsort(judge->cited, judge->cited_count, sizeof *judge->cited, cited_compare);
}

static bool clue_cites(const struct clue *clue, const struct reference *reference) {
    for (uint32_t i = 0; i < clue->reference_count; i++)
        if (memcmp(clue->references[i].sha256, reference->sha256, DIGEST_SHA256_SIZE) == 0)
            return true;
    return false;
}

// `other` is about another stage, is as sure, and stands on all that `clue` stands on and more.
static bool clue_explains(const struct clue *other, const struct clue *clue) {
    if (other->host != clue->host || other->stage == clue->stage || other->stage == STAGE_NONE ||
        other->level < clue->level || other->reference_count <= clue->reference_count)
        return false;
    for (uint32_t i = 0; i < clue->reference_count; i++)
        if (!clue_cites(other, &clue->references[i]))
            return false;
    return true;
}

static bool clue_is_tunnel(const struct clue *clue) {
    return clue_is_of(clue, "vedette-implant-tunnel") ||
           clue_is_of(clue, "vedette-beacon-long-connection");
}

// Bytes that went where a tunnel of the host went, while it was opened.
static bool clue_is_tunnelled(const struct clue_book *book, const struct clue *clue) {
    if (clue->stage != STAGE_THEFT || clue->destination.size == 0)
        return false;
    for (uint32_t i = book->starts[clue->host]; i < book->starts[clue->host + 1]; i++) {
        const struct clue *tunnel = &book->clues[i];
        if (clue_is_tunnel(tunnel) && slice_equal(tunnel->destination, clue->destination) &&
            clue->first_ns >= tunnel->first_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS &&
            clue->first_ns <= tunnel->last_ns + WEIGHT_ARRIVAL_SECONDS * SECOND_NS)
            return true;
    }
    return false;
}

// The first record at or after `since_ns`, else its last.
static int64_t clue_first_since(const struct clue *clue, int64_t since_ns) {
    int64_t first_ns = clue->last_ns;
    for (uint32_t i = 0; i < clue->reference_count; i++) {
        int64_t time_ns = clue_reference_time(clue, i);
        if (time_ns >= since_ns && time_ns < first_ns)
            first_ns = time_ns;
    }
    return first_ns;
}

// Cites what came before, too: what it tells of is the end of that.
static bool clue_is_an_end(const struct break_ins *list, const struct clue *clue) {
    return clue_is_of(clue, "vedette-implant-removes-itself") ||
           (clue_is_of(clue, "vedette-document-write-then-read") &&
            break_in_until(list, clue, clue->first_ns) != INT64_MIN);
}

// Connections to a server of those who attacked it begin with what is more than the one that
// carried its new page's first request, of which the server's own logs tell a moment later.
static int64_t contact_begin(const struct clue_book *book, const struct clue *contact) {
    for (uint32_t i = book->starts[contact->host]; i < book->starts[contact->host + 1]; i++) {
        const struct clue *page = &book->clues[i];
        if (page->stage == STAGE_FOOTHOLD && page->level >= RULE_LEVEL_HIGH &&
            page->first_ns >= contact->first_ns - SAME_NS &&
            page->first_ns <= contact->first_ns + SAME_NS)
            return clue_first_since(contact, page->first_ns + SAME_NS + 1);
    }
    return contact->first_ns;
}

static int64_t clue_begin(const struct assembly *assembly, const struct break_ins *list,
                          const struct clue *clue) {
    int64_t reached_ns = assembly->forest->hosts[clue->host].reached_ns;
    if (clue_is_an_end(list, clue))
        return clue->last_ns;
    if (clue_is_of(clue, "vedette-exchange-contact-after-attack"))
        return contact_begin(assembly->book, clue);
    if (clue->first_ns >= reached_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS)
        return clue->first_ns;
    return clue_first_since(clue, reached_ns);
}

// A finding of one account's doings that ends with a break-in: the end is the break-in's, and what
// came before is its owner's.
static bool ends_within(const struct break_ins *list, const struct clue *clue) {
    bool moves = clue->stage == STAGE_SPREAD || clue->stage == STAGE_CONTROL;
    return !moves && account_is_somebodys(clue->account) &&
           break_in_until(list, clue, clue->last_ns) != INT64_MIN;
}

// The stage of a clue that stands on all that this one does and more; STAGE_NONE: there is none.
static enum stage clue_explained_by(const struct stage_judge *judge, const struct clue *clue) {
    const struct clue_book *book = judge->assembly->book;
    uint64_t digest = digest_of(&clue->references[0]);
    size_t low = 0, high = judge->cited_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (judge->cited[middle].digest < digest)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < judge->cited_count && judge->cited[low].digest == digest; low++) {
        const struct clue *other = &book->clues[judge->cited[low].clue];
        if (clue_explains(other, clue))
            return other->stage;
    }
    return clue_is_tunnelled(book, clue) ? STAGE_CONTROL : STAGE_NONE;
}

// Of two that begin within a second.
static bool clue_is_twin(const struct clue *clue, const struct clue *other) {
    return other != clue && other->rule_number == clue->rule_number &&
           other->last_ns >= clue->last_ns - SECOND_NS &&
           other->last_ns <= clue->last_ns + SECOND_NS;
}

// One deed stands in several logs, and only one of these records is cited by what explains it.
// Clues of a host come by time.
static enum stage twin_explained_by(const struct stage_judge *judge, const struct clue *clue) {
    const struct clue_book *book = judge->assembly->book;
    const struct clue *first = &book->clues[book->starts[clue->host]];
    const struct clue *end = &book->clues[book->starts[clue->host + 1]];
    const struct clue *other = clue;
    while (other > first && other[-1].first_ns >= clue->first_ns - SECOND_NS)
        other--;
    enum stage by = STAGE_NONE;
    for (; by == STAGE_NONE && other < end && other->first_ns <= clue->first_ns + SECOND_NS;
         other++)
        if (clue_is_twin(clue, other))
            by = clue_explained_by(judge, other);
    return by;
}

// What it cites of a break-in is that one's: its own stage's begins behind it.
static void telling_make(const struct stage_judge *judge, const struct break_ins *list,
                         const struct clue *clue, struct telling *telling) {
    const struct assembly *assembly = judge->assembly;
    int64_t begin_ns = clue_begin(assembly, list, clue);
    // What was done while a server was being broken into is the break-in.
    bool own = clue->stage == STAGE_ENTRY || clue->stage == STAGE_FOOTHOLD;
    int64_t until_ns = own ? INT64_MIN : break_in_until(list, clue, begin_ns);
    *telling = (struct telling){.begin_ns = begin_ns, .own_ns = begin_ns};
    telling->is_within = clue->last_ns <= until_ns || (!own && ends_within(list, clue));
    if (begin_ns <= until_ns)
        telling->own_ns = clue_first_since(clue, until_ns + 1);
    // A finding goes on with what its account did days later; how it began is the break-in's.
    bool moves = clue->stage == STAGE_SPREAD || clue->stage == STAGE_CONTROL;
    bool entered = telling->is_within || (begin_ns <= until_ns && !moves);
    telling->by = entered ? STAGE_ENTRY : clue_explained_by(judge, clue);
    if (telling->by == STAGE_NONE)
        telling->by = twin_explained_by(judge, clue);
}

// What an account did that the campaign is not known to use, while one that it uses did the like
// there, is no sign of this campaign.
static void strangers_find(const struct stage_judge *judge, const struct known_accounts *known,
                           uint32_t host) {
    const struct clue_book *book = judge->assembly->book;
    unsigned stages = 0;
    for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++)
        if (clue_tells(judge->assembly, &book->clues[i]) && !judge->tellings[i].is_within &&
            clue_is_by_known_account(known, &book->clues[i]))
            stages |= 1u << book->clues[i].stage;
    for (uint32_t i = book->starts[host]; stages && i < book->starts[host + 1]; i++)
        judge->tellings[i].is_strangers =
            (stages >> book->clues[i].stage & 1) && clue_is_by_stranger(known, &book->clues[i]);
}

static void tellings_make(struct stage_judge *judge) {
    const struct assembly *assembly = judge->assembly;
    const struct clue_book *book = assembly->book;
    struct known_accounts known;
    uint32_t root = assembly->forest->hosts[assembly->members[0]].root;
    known_accounts_init(&known, book, assembly->edges, assembly->forest, root);
    struct clearers clearers;
    clearers_init(&clearers, assembly, &known);
    struct break_ins list = {0};
    judge->tellings = memory_new((size_t)book->count + 1, sizeof *judge->tellings);
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t host = assembly->members[k];
        break_ins_read(&list, assembly, host);
        for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++)
            if (clue_tells(assembly, &book->clues[i]))
                telling_make(judge, &list, &book->clues[i], &judge->tellings[i]);
        strangers_find(judge, &known, host);
        for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++)
            judge->tellings[i].is_strangers |= clue_tells(assembly, &book->clues[i]) &&
                                               clearing_is_strangers(&clearers, &book->clues[i]);
    }
    break_ins_done(&list);
    clearers_done(&clearers);
    known_accounts_done(&known);
}

// Whether a clue may begin its stage, and when it would. with_explained: whatever it means, but for
// a break-in and others' work.
static bool clue_begins_stage(const struct stage_judge *judge, uint32_t number, bool with_explained,
                              int64_t *ret_begin_ns) {
    const struct clue *clue = &judge->assembly->book->clues[number];
    const struct telling *telling = &judge->tellings[number];
    if (telling->is_within || telling->is_strangers || !clue_tells(judge->assembly, clue))
        return false;
    *ret_begin_ns = telling->own_ns;
    return with_explained || (!stage_clue_is_commonplace(judge, clue) && telling->by == STAGE_NONE);
}

static void times_add(struct stage_times *times, int64_t time_ns, uint32_t member) {
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? 2 * times->capacity : 64;
        times->rows = memory_resize(times->rows, times->capacity, sizeof *times->rows);
    }
    times->rows[times->count++] = (struct stage_time){time_ns, member};
}

static int time_compare(const void *left, const void *right) {
    const struct stage_time *a = left, *b = right;
    return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

// When clues that are at least so sure would begin a stage, in order.
static void stage_list(const struct stage_judge *judge, enum stage stage, enum rule_level least,
                       bool with_explained, struct stage_times *times) {
    const struct assembly *assembly = judge->assembly;
    const struct clue_book *book = assembly->book;
    times->count = 0;
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t host = assembly->members[k];
        for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
            int64_t begin_ns;
            if (book->clues[i].stage == stage && book->clues[i].level >= least &&
                clue_begins_stage(judge, i, with_explained, &begin_ns))
                times_add(times, begin_ns, k);
        }
    }
    if (times->count)
        qsort(times->rows, times->count, sizeof *times->rows, time_compare);
}

// Where many hosts show a stage and none for sure, the first of a day on which a share of them
// does, and more than one: a host's own doings weeks before are none of theirs.
static int64_t crowd_begin(const struct stage_times *times) {
    uint32_t *met = times->met, hosts = 0, within = 0;
    memset(met, 0, times->members * sizeof *met);
    for (uint32_t i = 0; i < times->count; i++)
        hosts += met[times->rows[i].member]++ == 0;
    memset(met, 0, times->members * sizeof *met);
    uint32_t share = hosts / WEIGHT_CROWD_PART;
    if (share < 2)
        share = hosts >= WEIGHT_CROWD_HOSTS ? 2 : 1;
    for (uint32_t from = 0, to = 0; from < times->count; from++) {
        for (; to < times->count && times->rows[to].time_ns - times->rows[from].time_ns <= DAY_NS;
             to++)
            within += met[times->rows[to].member]++ == 0;
        if (within >= share)
            return times->rows[from].time_ns;
        within -= --met[times->rows[from].member] == 0;
    }
    return times->count ? times->rows[0].time_ns : INT64_MAX;
}

static int64_t times_first_since(const struct stage_times *times, int64_t since_ns) {
    for (uint32_t i = 0; i < times->count; i++)
        if (times->rows[i].time_ns >= since_ns)
            return times->rows[i].time_ns;
    return INT64_MAX;
}

static void stage_begin(struct stage_judge *judge, enum stage stage, struct stage_times *times) {
    judge->begins_ns[stage] = INT64_MAX;
    for (int pass = 0; pass < 2 && judge->begins_ns[stage] == INT64_MAX; pass++) {
        stage_list(judge, stage, RULE_LEVEL_HIGH, pass, times);
        int64_t sure_ns = times->count ? times->rows[0].time_ns : INT64_MAX;
        stage_list(judge, stage, RULE_LEVEL_MEDIUM, pass, times);
        judge->begins_ns[stage] =
            sure_ns == INT64_MAX ? crowd_begin(times) : times_first_since(times, sure_ns - DAY_NS);
    }
}

enum stage stage_of_clue(const struct stage_judge *judge, const struct clue *clue,
                         int64_t *ret_begin_ns) {
    if (!clue_tells(judge->assembly, clue))
        return STAGE_NONE;
    const struct telling *telling = &judge->tellings[clue - judge->assembly->book->clues];
    if (telling->is_strangers && clue->level < RULE_LEVEL_HIGH)
        return STAGE_NONE;
    *ret_begin_ns = telling->is_within ? telling->begin_ns : telling->own_ns;
    if (!telling->is_within && *ret_begin_ns >= judge->begins_ns[clue->stage])
        return clue->stage;
    bool explained = telling->by != STAGE_NONE && *ret_begin_ns >= judge->begins_ns[telling->by];
    return explained ? telling->by : STAGE_NONE;
}

void stage_judge_init(struct stage_judge *judge, const struct assembly *assembly) {
    *judge = (struct stage_judge){.assembly = assembly};
    commonplaces_find(judge);
    cited_list(judge);
    tellings_make(judge);
    struct stage_times times = {.members = assembly->member_count};
    times.met = memory_new((size_t)times.members + 1, sizeof *times.met);
    for (int stage = STAGE_NONE + 1; stage < STAGE_COUNT; stage++)
        stage_begin(judge, (enum stage)stage, &times);
    memory_free(times.met);
    memory_free(times.rows);
}

void stage_judge_done(struct stage_judge *judge) {
    memory_free(judge->cited);
    memory_free(judge->commonplace);
    memory_free(judge->tellings);
    *judge = (struct stage_judge){0};
}
