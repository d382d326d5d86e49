// Trees that meet only at a rare place or file
// SPDX-License-Identifier: Apache-2.0
#include "correlate/shared.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

enum {
    SHA256_DIGITS = 64,
    KEYS_MAX = 4096 // shared ones, whose rarity relations are asked for
};

// What a clue of a tree's host names.
struct trace {
    struct slice key; // place outside, or digest
    uint32_t host, clue;
    bool is_file;
};

struct trace_row {
    struct trace *rows;
    uint32_t count, capacity;
};

// How many hosts know a shared key: at most the limit and one more are told apart.
struct rarity {
    struct table table;
    struct slice keys[KEYS_MAX];
    uint32_t counts[KEYS_MAX];
    uint32_t key_count;
    struct table seen; // (key, host)
};

static bool is_digest(struct slice text) {
    if (text.size != SHA256_DIGITS)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!memchr("0123456789abcdefABCDEF", text.data[i], 22))
            return false;
    return true;
}

static void trace_add(struct trace_row *row, struct trace trace) {
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 256;
        row->rows = memory_resize(row->rows, row->capacity, sizeof *row->rows);
    }
    row->rows[row->count++] = trace;
}

static void traces_find(const struct forest *forest, const struct clue_book *book,
                        struct trace_row *row) {
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *clue = &book->clues[i];
        const struct forest_host *host = &forest->hosts[clue->host];
        if (host->root == FOREST_NONE || clue->is_benign || clue->level < RULE_LEVEL_MEDIUM ||
            clue->last_ns < host->reached_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS)
            continue;
        bool calls = clue->stage == STAGE_CONTROL || clue->stage == STAGE_COLLECTION ||
                     clue->stage == STAGE_THEFT;
        if (calls && address_is_outside(clue->destination))
            trace_add(row, (struct trace){clue->destination, clue->host, i, false});
        for (uint32_t k = 0; k < clue->artefact_count; k++)
            if (is_digest(clue->artefacts[k]))
                trace_add(row, (struct trace){clue->artefacts[k], clue->host, i, true});
    }
}

static int trace_compare(const void *left, const void *right) {
    const struct trace *a = left, *b = right;
    int order = text_compare_fold_ascii(a->key, b->key);
    if (order)
        return order;
    return a->clue < b->clue ? -1 : a->clue > b->clue;
}

static uint32_t traces_end(const struct trace_row *row, uint32_t from) {
    uint32_t end = from + 1;
    while (end < row->count && text_equal_fold_ascii(row->rows[end].key, row->rows[from].key))
        end++;
    return end;
}

// Whether a root is a campaign's by the shape of its tree.
static bool root_stands(const struct tree_list *trees, uint32_t root) {
    for (uint32_t i = 0; i < trees->count; i++)
        if (trees->trees[i].root == root)
            return gate_passes(&trees->trees[i], 0);
    return false;
}

// The two of a pair as (earlier, later); false when joining them is out of the question.
static bool pair_may_join(const struct forest *forest, const struct tree_list *trees,
                          struct trace *first, struct trace *second) {
    uint32_t a = forest->hosts[first->host].root, b = forest->hosts[second->host].root;
    if (a == b || forest->hosts[a].reached_ns == forest->hosts[b].reached_ns)
        return false;
    if (forest->hosts[a].reached_ns > forest->hosts[b].reached_ns) {
        struct trace other = *first;
        *first = *second;
        *second = other;
        a = forest->hosts[first->host].root;
        b = forest->hosts[second->host].root;
    }
    return forest->hosts[b].edge == FOREST_NONE && forest->hosts[b].cost > WEIGHT_EDGE_SHARED &&
           !(root_stands(trees, a) && root_stands(trees, b));
}

static bool rarity_equal(const void *context, uint32_t number, const void *key) {
    const struct rarity *rarity = context;
    return text_equal_fold_ascii(rarity->keys[number], *(const struct slice *)key);
}

static uint64_t key_hash(struct slice key) {
    uint8_t folded[RELATION_PART_BYTES_MAX];
    size_t size = key.size < sizeof folded ? key.size : sizeof folded;
    text_fold_ascii(key.data, size, folded);
    return digest_hash64(slice_of(folded, size));
}

static void rarity_add(struct rarity *rarity, struct slice key) {
    uint64_t hash = key_hash(key);
    if (rarity->key_count == KEYS_MAX ||
        table_find(&rarity->table, hash, rarity_equal, rarity, &key) != TABLE_NONE)
        return;
    rarity->keys[rarity->key_count] = key;
    table_add(&rarity->table, hash, rarity->key_count++);
}

static void rarity_count(struct rarity *rarity, struct slice key, uint32_t host) {
    if (key.size == 0 || host == RELATION_NO_HOST)
        return;
    uint32_t at = table_find(&rarity->table, key_hash(key), rarity_equal, rarity, &key);
    if (at == TABLE_NONE)
        return;
    uint64_t pair = digest_mix64(at + 1ull, host);
    if (table_find(&rarity->seen, pair, NULL, NULL, NULL) != TABLE_NONE)
        return;
    table_add(&rarity->seen, pair, 0);
    rarity->counts[at]++;
}

static enum status rarity_take(void *context, struct relation *relation, struct problem *problem) {
    struct rarity *rarity = context;
    (void)problem;
    if (relation->kind == RELATION_FILE)
        rarity_count(rarity, relation->detail[0], relation->to_host);
    else
        rarity_count(rarity, relation->to, relation->from_host);
    return STATUS_OK;
}

static enum status rarity_read(struct rarity *rarity, const struct relation_source *source,
                               struct problem *problem) {
    const uint64_t kinds = RELATION_MASK(CONTACT) | RELATION_MASK(FLOW) | RELATION_MASK(FILE);
    return relation_source_each(source, kinds, RELATION_ORDER_TO, rarity_take, rarity, problem);
}

static bool key_is_rare(const struct rarity *rarity, struct slice key, uint32_t host_count) {
    uint32_t at = table_find(&rarity->table, key_hash(key), rarity_equal, rarity, &key);
    return at != TABLE_NONE && rarity->counts[at] <= weight_few_hosts(host_count);
}

// The later root comes from the earlier tree: from the host that shares, when that was reached
// before it, else from the tree's root.
static bool pair_join(struct forest *forest, struct edge_list *edges, const struct clue_book *book,
                      const struct trace *first, const struct trace *second) {
    uint32_t earlier = forest->hosts[first->host].root, later = forest->hosts[second->host].root;
    const struct clue *clue = &book->clues[second->clue];
    struct forest_host *root = &forest->hosts[later];
    bool before = forest->hosts[first->host].reached_ns < root->reached_ns;
    struct edge edge = {.time_ns = root->reached_ns,
                        .from = before ? first->host : earlier,
                        .to = later,
                        .cost = WEIGHT_EDGE_SHARED,
                        .is_told = true,
                        .clue = second->clue,
                        .reason = first->is_file ? "holds a rare file that this intrusion used"
                                                 : "sends to a rare place that this intrusion used",
                        .references = clue->references,
                        .reference_count = clue->reference_count};
    uint32_t number = edges->count;
    if (!edge_list_add(edges, &edge))
        return false;
    root->edge = number;
    root->cost = edge.cost;
    root->entry_clue = FOREST_NONE;
    forest->hosts[edge.from].children++;
    for (uint32_t host = 0; host < forest->host_count; host++)
        if (forest->hosts[host].root == later)
            forest->hosts[host].root = earlier;
    return true;
}

// Each trace of a key with the first one of an earlier tree; what `take` says of the pairs.
static uint32_t pairs_walk(struct forest *forest, struct edge_list *edges,
                           const struct clue_book *book, const struct tree_list *trees,
                           const struct trace_row *row, struct rarity *rarity, bool join) {
    uint32_t found = 0;
    for (uint32_t from = 0, to; from < row->count; from = to) {
        to = traces_end(row, from);
        for (uint32_t i = from + 1; i < to; i++) {
            struct trace first = row->rows[from], second = row->rows[i];
            if (!pair_may_join(forest, trees, &first, &second))
                continue;
            if (!join) {
                rarity_add(rarity, first.key);
                found++;
            } else if (key_is_rare(rarity, first.key, book->cast.input->fleet->count)) {
                found += pair_join(forest, edges, book, &first, &second);
            }
        }
    }
    return found;
}

enum status shared_join(struct forest *forest, struct edge_list *edges,
                        const struct clue_book *book, const struct tree_list *trees,
                        bool *ret_joined, struct problem *problem) {
    struct trace_row row = {0};
    struct rarity *rarity = memory_new(1, sizeof *rarity);
    enum status status = STATUS_OK;
    *ret_joined = false;
    table_init(&rarity->table);
    table_init(&rarity->seen);
    traces_find(forest, book, &row);
    if (row.count)
        qsort(row.rows, row.count, sizeof *row.rows, trace_compare);
    if (pairs_walk(forest, edges, book, trees, &row, rarity, false)) {
        status = rarity_read(rarity, book->cast.input->relations, problem);
        if (status == STATUS_OK)
            *ret_joined = pairs_walk(forest, edges, book, trees, &row, rarity, true) > 0;
    }
    table_done(&rarity->table);
    table_done(&rarity->seen);
    memory_free(rarity);
    memory_free(row.rows);
    return status;
}
