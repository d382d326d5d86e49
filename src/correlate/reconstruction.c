// Episodes, edges, forest, gates, story: in this order
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "correlate/assembly.h"
#include "correlate/bare_move.h"
#include "correlate/bystander.h"
#include "correlate/cleared.h"
#include "correlate/common_account.h"
#include "correlate/contact_way.h"
#include "correlate/hidden_entry.h"
#include "correlate/kin.h"
#include "correlate/known_place.h"
#include "correlate/mail_rules.h"
#include "correlate/shared.h"
#include "correlate/silent.h"
#include "correlate/visit.h"
#include "correlate/weights.h"

#include <assert.h>
#include <stdlib.h>

#define RESULT_BYTES ((size_t)512 << 20)
#define DAY_NS (86400 * SECOND_NS)

enum {
    TEXT_BYTES = 1 << 20
};

// The result with all that it points into.
struct holder {
    struct reconstruction result; // first: it is what the caller sees
    struct clue_book book;
    struct edge_list edges;
    struct hidden_list hidden;
    struct arena arena;
};

// log2 of the host-days of a year over the entries expected in one.
static int32_t root_cost_of(const struct correlate_input *input) {
    uint64_t hosts = input->fleet->count ? input->fleet->count : 1;
    return millibits_of_ratio(hosts * 365, WEIGHT_ENTRIES_A_YEAR);
}

static void members_list(struct assembly *assembly, uint32_t root) {
    for (uint32_t host = 0; host < assembly->forest->host_count; host++)
        assembly->places[host] = FOREST_NONE;
    assembly->member_count = 0;
    for (uint32_t host = 0; host < assembly->forest->host_count; host++)
        if (assembly->forest->hosts[host].root == root)
            assembly->members[assembly->member_count++] = host;
}

// The root first, then by (time reached, number).
struct member {
    int64_t reached_ns;
    uint32_t host;
    bool is_root;
};

static int member_compare(const void *left, const void *right) {
    const struct member *a = left, *b = right;
    if (a->is_root != b->is_root)
        return a->is_root ? -1 : 1;
    if (a->reached_ns != b->reached_ns)
        return a->reached_ns < b->reached_ns ? -1 : 1;
    return a->host < b->host ? -1 : a->host > b->host;
}

static void members_sort(struct assembly *assembly, uint32_t root) {
    struct member *rows = memory_new((size_t)assembly->member_count + 1, sizeof *rows);
    for (uint32_t i = 0; i < assembly->member_count; i++) {
        uint32_t host = assembly->members[i];
        rows[i] = (struct member){assembly->forest->hosts[host].reached_ns, host, host == root};
    }
    qsort(rows, assembly->member_count, sizeof *rows, member_compare);
    for (uint32_t i = 0; i < assembly->member_count; i++) {
        assembly->members[i] = rows[i].host;
        assembly->places[rows[i].host] = i;
    }
    memory_free(rows);
}

static struct slice campaign_id(struct assembly *assembly, const struct campaign *campaign) {
    static const char DIGITS[] = "abcdefghijklmnopqrstuvwxyz234567";
    const struct campaign_host *root = &campaign->hosts[0];
    buffer_append_slice(&assembly->text, root->name);
    buffer_append(&assembly->text, &root->first_ns, sizeof root->first_ns);
    buffer_append(&assembly->text, root->best.references[0].sha256, DIGEST_SHA256_SIZE);
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(buffer_slice(&assembly->text), digest);
    buffer_reset(&assembly->text);
    buffer_append_text(&assembly->text, campaign->is_incident ? "incident-" : "campaign-");
    for (size_t i = 0; i < 8; i++)
        buffer_append_byte(&assembly->text, (uint8_t)DIGITS[digest[i] & 31]);
    return assembly_text(assembly);
}

static struct slice campaign_title(struct assembly *assembly, const struct campaign *campaign) {
    struct buffer *text = &assembly->text;
    buffer_append_text(text, "Intrusion by way of ");
    buffer_append_slice(text, campaign->hosts[0].name);
    for (uint32_t i = 0; i < campaign->server_count; i++)
        if (campaign->servers[i].host == 0)
            buffer_append_format(text, " (%.*s)", (int)campaign->servers[i].role.size,
                                 (const char *)campaign->servers[i].role.data);
    for (uint32_t i = 0; i < campaign->wave_count; i++) {
        const struct campaign_wave *wave = &campaign->waves[i];
        buffer_append_text(text, ", spread by ");
        buffer_append_slice(text, campaign->hosts[wave->source].name);
        buffer_append_format(text, " to %u host%s", wave->host_count,
                             wave->host_count == 1 ? "" : "s");
    }
    if (campaign->wave_count == 0 && campaign->host_count > 1)
        buffer_append_format(text, ", from there to %u more host%s", campaign->host_count - 1,
                             campaign->host_count == 2 ? "" : "s");
    return assembly_text(assembly);
}

// The tree by the stages that its story tells: what its gate and its confidence go by.
static struct tree tree_told(const struct tree *tree, const struct campaign *campaign) {
    struct tree told = *tree;
    unsigned stages = 0;
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        stages |= 1u << campaign->stages[i].stage;
    told.stages &= stages & ~(1u << STAGE_NONE | 1u << STAGE_COVER);
    return told;
}

// The best that is told of a stage on a member.
static enum rule_level told_level(const struct assembly *assembly, uint32_t number,
                                  enum stage stage) {
    const struct clue_book *book = assembly->book;
    enum rule_level best = RULE_LEVEL_INFORMATIONAL;
    for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++)
        if (assembly->told[i] == stage && book->clues[i].level > best)
            best = book->clues[i].level;
    return best;
}

// A break-in that worked is sure on however few hosts: how far it went is another question, and no
// gate's. A way in alone may be an attempt.
static const char *incident_confidence(const struct assembly *assembly) {
    bool likely = false;
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        enum rule_level entry = told_level(assembly, assembly->members[k], STAGE_ENTRY);
        enum rule_level foothold = told_level(assembly, assembly->members[k], STAGE_FOOTHOLD);
        if (entry == RULE_LEVEL_CRITICAL && foothold >= RULE_LEVEL_HIGH)
            return "high: a way in that worked and a foothold behind it are shown; ";
        likely |= entry >= RULE_LEVEL_HIGH && foothold >= RULE_LEVEL_HIGH;
    }
    return likely ? "medium: a way in and a foothold behind it are shown; " : "low: ";
}

static struct slice campaign_confidence(struct assembly *assembly, const struct tree *tree,
                                        const struct campaign *campaign) {
    uint32_t stages = (uint32_t)__builtin_popcount(tree->stages);
    bool high = tree->score >= 2 * campaign->threshold_millibits && stages >= 5;
    int kinds = __builtin_popcount(tree->classes);
    buffer_append_text(&assembly->text, campaign->is_incident ? incident_confidence(assembly)
                                        : high                ? "high: "
                                                              : "medium: ");
    buffer_append_format(
        &assembly->text,
        "%u of 7 stages%s, %u host%s, %d kind%s of logs; the stages' certainty "
        "sums to %d.%03d of 7, that of findings dealt out at random to %d.%03d",
        stages, stages < campaign->stage_count ? " and the covering of tracks" : "",
        tree->host_count, tree->host_count == 1 ? "" : "s", kinds, kinds == 1 ? "" : "s",
        tree->score / 1000, tree->score % 1000, campaign->threshold_millibits / 1000,
        campaign->threshold_millibits % 1000);
    return assembly_text(assembly);
}

static void campaign_build(struct assembly *assembly, const struct tree *tree, int32_t null_score,
                           struct campaign *campaign) {
    *campaign =
        (struct campaign){.score_millibits = tree->score, .threshold_millibits = null_score};
    members_list(assembly, tree->root);
    members_sort(assembly, tree->root);
    assembly_hosts(assembly, campaign);
    assembly_servers(assembly, campaign);
    assembly_waves(assembly, campaign);
    assembly_thefts(assembly, campaign);
    assembly_outsiders(assembly, campaign);
    assembly_stages(assembly, campaign);
    struct tree told = tree_told(tree, campaign);
    campaign->is_incident = !gate_passes(&told, null_score);
    assembly_remediation(assembly, campaign);
    assembly_unknowns(assembly, campaign);
    if (assembly->failed)
        return;
    campaign->id = campaign_id(assembly, campaign);
    campaign->title = campaign_title(assembly, campaign);
    campaign->confidence = campaign_confidence(assembly, &told, campaign);
}

static int tree_compare(const void *left, const void *right) {
    const struct tree *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->root < b->root ? -1 : a->root > b->root;
}

static void leads_list(struct assembly *assembly, struct reconstruction *result) {
    const struct clue_book *book = assembly->book;
    struct lead *leads =
        assembly_new(assembly, (size_t)book->count + book->lead_count, sizeof *leads);
    for (uint32_t i = 0; i < book->count + book->lead_count && leads; i++) {
        const struct clue *clue = i < book->count ? &book->clues[i] : &book->leads[i - book->count];
        if (clue->level < RULE_LEVEL_HIGH || clue->is_benign ||
            (i < book->count && assembly_clue_counts(assembly, clue)))
            continue;
        leads[result->lead_count++] =
            (struct lead){.rule = clue->rule,
                          .host = i < book->count ? host_name(assembly, clue->host) : SLICE(""),
                          .first_ns = clue->first_ns,
                          .count = clue->count,
                          .references = clue->references,
                          .reference_count = clue->reference_count};
    }
    result->leads = leads;
}

static void result_build(struct assembly *assembly, struct tree_list *trees, int32_t null_score,
                         struct reconstruction *result) {
    result->campaigns = assembly_new(assembly, trees->count, sizeof *result->campaigns);
    result->incidents = assembly_new(assembly, trees->count, sizeof *result->incidents);
    qsort(trees->trees, trees->count, sizeof *trees->trees, tree_compare);
    for (uint32_t i = 0; i < trees->count && !assembly->failed; i++) {
        struct campaign campaign;
        campaign_build(assembly, &trees->trees[i], null_score, &campaign);
        if (campaign.is_incident)
            result->incidents[result->incident_count++] = campaign;
        else
            result->campaigns[result->campaign_count++] = campaign;
    }
    leads_list(assembly, result);
}

static void forest_regrow(struct forest *forest, const struct holder *holder, int32_t root_cost) {
    forest_done(forest);
    forest_init(forest, &holder->book, &holder->edges, root_cost, &holder->hidden);
}

typedef enum status edge_finder(struct edge_list *edges, const struct forest *forest,
                                const struct clue_book *book, uint32_t *ret_found,
                                struct problem *problem);

// The forest grows anew over the edges that were found.
static enum status edges_find(struct holder *holder, struct forest *forest, int32_t root_cost,
                              edge_finder *find, uint32_t *ret_found, struct problem *problem) {
    *ret_found = 0;
    enum status status = find(&holder->edges, forest, &holder->book, ret_found, problem);
    if (*ret_found)
        forest_regrow(forest, holder, root_cost);
    return status;
}

// Stepping stones, one more in a chain each time; the forest grows anew over them.
static enum status silent_hops(struct holder *holder, struct forest *forest, int32_t root_cost,
                               struct problem *problem) {
    for (uint32_t hop = 0; hop < WEIGHT_SILENT_HOPS; hop++) {
        uint32_t found;
        enum status status = edges_find(holder, forest, root_cost, silent_find, &found, problem);
        if (status != STATUS_OK || !found)
            return status;
    }
    return STATUS_OK;
}

// Whom an intruder's hosts reached tells whose first moves are nobody's, and that what first moves
// weigh: a few rounds settle it.
static void first_moves_settle(struct holder *holder, struct forest *forest, int32_t root_cost) {
    for (uint32_t i = 0; i < WEIGHT_FIRST_MOVE_ROUNDS; i++) {
        if (!forest_weigh_first_moves(forest, &holder->edges, &holder->book))
            return;
        forest_regrow(forest, holder, root_cost);
    }
}

// Hosts that connections alone show, and those behind them.
static enum status contact_ways(struct holder *holder, struct forest *forest, int32_t root_cost,
                                struct problem *problem) {
    for (uint32_t i = 0; i < WEIGHT_CONTACT_ROUNDS; i++) {
        uint32_t found;
        enum status status =
            edges_find(holder, forest, root_cost, contact_edges_add, &found, problem);
        if (status != STATUS_OK || !found)
            return status;
        first_moves_settle(holder, forest, root_cost);
    }
    return STATUS_OK;
}

// Hosts that a bare session shows, and whom these led to.
static enum status bare_moves(struct holder *holder, struct forest *forest, int32_t root_cost,
                              struct problem *problem) {
    uint32_t found;
    enum status status = bare_move_edges_add(&holder->edges, forest, &holder->book, &holder->hidden,
                                             &found, problem);
    if (status != STATUS_OK || !found)
        return status;
    forest_regrow(forest, holder, root_cost);
    first_moves_settle(holder, forest, root_cost);
    return STATUS_OK;
}

// Hosts in between are looked for before hosts where it all began, and again behind each of these.
// The way to an upgrade server comes first: many an administrator could have been the one.
static enum status forest_grow(struct holder *holder, struct forest *forest, int32_t root_cost,
                               struct problem *problem) {
    forest_init(forest, &holder->book, &holder->edges, root_cost, &holder->hidden);
    first_moves_settle(holder, forest, root_cost);
    enum status status = silent_hops(holder, forest, root_cost, problem);
    uint32_t found = 0;
    if (status == STATUS_OK)
        status =
            visit_find(&holder->edges, &holder->hidden, forest, &holder->book, &found, problem);
    if (found)
        forest_regrow(forest, holder, root_cost);
    for (uint32_t i = 0; status == STATUS_OK && i < WEIGHT_HIDDEN_ENTRIES; i++) {
        if (!hidden_entry_find(&holder->hidden, &holder->edges, forest, &holder->book))
            break;
        forest_regrow(forest, holder, root_cost);
        first_moves_settle(holder, forest, root_cost);
        status = silent_hops(holder, forest, root_cost, problem);
    }
    if (status == STATUS_OK)
        status = kin_edges_add(&holder->edges, forest, &holder->book, problem);
    if (status != STATUS_OK)
        return status;
    forest_regrow(forest, holder, root_cost);
    first_moves_settle(holder, forest, root_cost);
    status = contact_ways(holder, forest, root_cost, problem);
    if (status == STATUS_OK)
        status = edges_find(holder, forest, root_cost, common_account_edges_add, &found, problem);
    if (status == STATUS_OK)
        status = bare_moves(holder, forest, root_cost, problem);
    if (status == STATUS_OK)
        status = silent_hops(holder, forest, root_cost, problem);
    if (status == STATUS_OK)
        status = edges_find(holder, forest, root_cost, cleared_find, &found, problem);
    if (status == STATUS_OK)
        status = edges_find(holder, forest, root_cost, known_place_edges_add, &found, problem);
    return status;
}

// Rules that send mail on are judged by who was reached, and count for who is.
static void forest_settle(struct holder *holder, struct forest *forest, int32_t root_cost) {
    forest_join(forest, &holder->book, &holder->edges, root_cost);
    for (uint32_t i = 0;
         mail_rules_tie(&holder->book, &holder->edges, forest) && i < WEIGHT_MAIL_ROUNDS; i++) {
        forest_regrow(forest, holder, root_cost);
        forest_join(forest, &holder->book, &holder->edges, root_cost);
    }
}

static enum status result_make(struct holder *holder, const struct correlate_input *input,
                               struct problem *problem) {
    int32_t root_cost = root_cost_of(input);
    uint32_t hosts = holder->book.cast.fleet.count;
    struct forest forest;
    struct tree_list trees;
    enum status status = forest_grow(holder, &forest, root_cost, problem);
    if (status != STATUS_OK) {
        forest_done(&forest);
        return status;
    }
    forest_settle(holder, &forest, root_cost);
    tree_list_init(&trees, &forest, &holder->book);
    bool joined;
    status = shared_join(&forest, &holder->edges, &holder->book, &trees, &joined, problem);
    if (status != STATUS_OK || joined) {
        tree_list_done(&trees);
        if (status != STATUS_OK) {
            forest_done(&forest);
            return status;
        }
        mail_rules_tie(&holder->book, &holder->edges, &forest);
        tree_list_init(&trees, &forest, &holder->book);
    }
    int32_t null_score =
        trees.count ? gate_null_score(&holder->book, &holder->edges, &forest, &trees, root_cost)
                    : 0;
    struct logon_book logons;
    status = logon_book_init(&logons, &holder->book, &forest, problem);
    if (status != STATUS_OK) {
        logon_book_done(&logons);
        tree_list_done(&trees);
        forest_done(&forest);
        return status;
    }
    struct assembly assembly = {.input = input,
                                .logons = &logons,
                                .book = &holder->book,
                                .edges = &holder->edges,
                                .forest = &forest,
                                .hidden = &holder->hidden,
                                .places = memory_new((size_t)hosts + 1, sizeof(uint32_t)),
                                .members = memory_new((size_t)hosts + 1, sizeof(uint32_t)),
                                .told = memory_new((size_t)holder->book.count + 1, 1),
                                .accounts =
                                    memory_new(CAMPAIGN_ACCOUNTS_MAX, sizeof(struct used_account))};
    arena_init(&assembly.arena, RESULT_BYTES);
    buffer_init(&assembly.text, TEXT_BYTES);
    result_build(&assembly, &trees, null_score, &holder->result);
    if (!assembly.failed)
        status = assembly_digests(&assembly, &holder->result, problem);
    holder->arena = assembly.arena;
    buffer_done(&assembly.text);
    memory_free(assembly.places);
    memory_free(assembly.members);
    memory_free(assembly.told);
    memory_free(assembly.accounts);
    logon_book_done(&logons);
    tree_list_done(&trees);
    forest_done(&forest);
    if (status == STATUS_OK && assembly.failed)
        return problem_set(problem, STATUS_LIMIT, "the reconstruction is larger than 512 MiB");
    return status;
}

enum status reconstruction_new(const struct correlate_input *input,
                               struct reconstruction **ret_reconstruction,
                               struct problem *problem) {
    struct holder *holder = memory_new(1, sizeof *holder);
    enum status status = clue_book_init(&holder->book, input, problem);
    if (status == STATUS_OK)
        status = edge_list_init(&holder->edges, &holder->book, problem);
    if (status == STATUS_OK) {
        hidden_list_init(&holder->hidden, holder->book.cast.fleet.count);
        status = result_make(holder, input, problem);
    }
    if (status != STATUS_OK) {
        reconstruction_free(&holder->result);
        return status;
    }
    *ret_reconstruction = &holder->result;
    return STATUS_OK;
}

enum status reconstruction_add_bystanders(struct reconstruction *made,
                                          const struct correlate_input *input,
                                          const struct evidence_coverage *coverage,
                                          struct problem *problem) {
    struct holder *holder = (struct holder *)made;
    struct bystander_search search = {
        .input = input, .book = &holder->book, .made = made, .arena = &holder->arena};
    enum status status = bystander_search_init(&search, problem);
    if (status == STATUS_OK)
        status = bystanders_tell(&search, coverage, problem);
    bystander_search_done(&search);
    return status;
}

void reconstruction_free(struct reconstruction *reconstruction) {
    if (!reconstruction)
        return;
    struct holder *holder = (struct holder *)reconstruction;
    clue_book_done(&holder->book);
    edge_list_done(&holder->edges);
    hidden_list_done(&holder->hidden);
    arena_done(&holder->arena);
    memory_free(holder);
}
