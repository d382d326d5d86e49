// Which rules that send mail on are the intruder's
// SPDX-License-Identifier: Apache-2.0
#include "correlate/mail_rules.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/known_account.h"
#include "correlate/weights.h"
#include "model/account.h"

#include <stdlib.h>

// One such rule on a host of a tree.
struct mail_rule {
    struct clue *clue;
    uint32_t root;
    bool is_usual, is_tied;
    bool was_untied;
};

struct mail_rule_row {
    struct mail_rule *rows;
    uint32_t count, capacity;
    const struct clue_book *book;
    const struct edge_list *edges;
    const struct forest *forest;
    struct known_accounts known; // of the tree in work
};

static void rules_gather(struct mail_rule_row *row, struct clue_book *book) {
    for (uint32_t i = 0; i < book->count; i++) {
        struct clue *clue = &book->clues[i];
        uint32_t root = row->forest->hosts[clue->host].root;
        if (root == FOREST_NONE || !clue_sends_mail_on(clue))
            continue;
        if (row->count == row->capacity) {
            row->capacity = row->capacity ? 2 * row->capacity : 64;
            row->rows = memory_resize(row->rows, row->capacity, sizeof *row->rows);
        }
        row->rows[row->count++] =
            (struct mail_rule){.clue = clue, .root = root, .was_untied = clue->is_untied};
    }
}

// What he did on the server bears its name.
static bool account_worked(const struct mail_rule_row *row, uint32_t host, struct slice person) {
    const struct clue_book *book = row->book;
    int64_t from_ns = row->forest->hosts[host].reached_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS;
    for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        if (clue->level >= RULE_LEVEL_HIGH && clue->stage != STAGE_NONE && !clue->is_benign &&
            clue->first_ns >= from_ns && !clue_sends_mail_on(clue) &&
            text_equal_fold_ascii(account_person(clue->account), person))
            return true;
    }
    return false;
}

static bool account_is_intruders(const struct mail_rule_row *row, const struct mail_rule *rule,
                                 struct slice account) {
    struct slice person = account_person(account);
    return person.size &&
           (account_is_known(&row->known, person) || account_worked(row, rule->clue->host, person));
}

static bool rule_is_usual(const struct mail_rule_row *row, const struct mail_rule *rule, bool own) {
    const struct clue *clue = rule->clue;
    int64_t fell_ns = row->forest->hosts[rule->root].reached_ns;
    if (clue->destination_since_ns != CLOCK_NONE &&
        clue->destination_since_ns < fell_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS)
        return true;
    uint32_t others = clue->account.size && !own;
    for (uint32_t i = 0; i < clue->setter_count; i++)
        others += !account_is_intruders(row, rule, clue->setters[i]);
    return others >= WEIGHT_MAIL_OTHERS;
}

static void rule_judge(const struct mail_rule_row *row, struct mail_rule *rule) {
    const struct clue *clue = rule->clue;
    int64_t came_ns = row->forest->hosts[clue->host].reached_ns;
    bool own = account_is_intruders(row, rule, clue->account);
    bool arriving = clue->first_ns >= came_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS &&
                    clue->first_ns <= came_ns + WEIGHT_ARRIVAL_SECONDS * SECOND_NS;
    rule->is_usual = rule_is_usual(row, rule, own);
    rule->is_tied = own || arriving || clue->level >= RULE_LEVEL_HIGH;
}

// What another rule of the tree says of the same address holds for this one, too.
static bool address_has(const struct mail_rule_row *row, const struct mail_rule *rule, bool usual) {
    for (uint32_t i = 0; i < row->count; i++) {
        const struct mail_rule *other = &row->rows[i];
        if (other->root == rule->root && (usual ? other->is_usual : other->is_tied) &&
            text_equal_fold_ascii(other->clue->destination, rule->clue->destination))
            return true;
    }
    return false;
}

static int rule_compare(const void *left, const void *right) {
    const struct mail_rule *a = left, *b = right;
    if (a->root != b->root)
        return a->root < b->root ? -1 : 1;
    return a->clue < b->clue ? -1 : a->clue > b->clue;
}

// Tree by tree, each with its accounts.
static void rules_judge(struct mail_rule_row *row) {
    if (row->count)
        qsort(row->rows, row->count, sizeof *row->rows, rule_compare);
    for (uint32_t i = 0; i < row->count; i++) {
        if (i == 0 || row->rows[i].root != row->rows[i - 1].root) {
            known_accounts_done(&row->known);
            known_accounts_init(&row->known, row->book, row->edges, row->forest, row->rows[i].root);
        }
        rule_judge(row, &row->rows[i]);
    }
    known_accounts_done(&row->known);
}

bool mail_rules_tie(struct clue_book *book, const struct edge_list *edges,
                    const struct forest *forest) {
    struct mail_rule_row row = {.book = book, .edges = edges, .forest = forest};
    rules_gather(&row, book);
    rules_judge(&row);
    bool changed = false;
    for (uint32_t i = 0; i < row.count; i++) {
        struct clue *clue = row.rows[i].clue;
        clue->is_untied =
            address_has(&row, &row.rows[i], true) || !address_has(&row, &row.rows[i], false);
        changed |= clue->is_untied != row.rows[i].was_untied && clue->bits > 0;
    }
    memory_free(row.rows);
    return changed;
}
