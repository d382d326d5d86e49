// Accounts that a campaign is known to use
// SPDX-License-Identifier: Apache-2.0
#include "correlate/known_account.h"

#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"
#include "model/account.h"

#include <stdlib.h>

static int use_compare(const void *left, const void *right) {
    const struct account_use *a = left, *b = right;
    return text_compare_fold_ascii(a->user, b->user);
}

static void use_add(struct known_accounts *known, uint32_t *capacity, struct slice account,
                    struct account_use use) {
    if (!account_is_somebodys(account))
        return;
    if (known->count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 64;
        known->uses = memory_resize(known->uses, *capacity, sizeof *known->uses);
    }
    use.user = account_person(account);
    known->uses[known->count++] = use;
}

static void uses_merge(struct known_accounts *known) {
    uint32_t kept = 0;
    if (known->count)
        qsort(known->uses, known->count, sizeof *known->uses, use_compare);
    for (uint32_t i = 0; i < known->count; i++) {
        struct account_use *use = &known->uses[i];
        if (kept && use_compare(&known->uses[kept - 1], use) == 0) {
            known->uses[kept - 1].stages |= use->stages;
            known->uses[kept - 1].moves |= use->moves;
        } else {
            known->uses[kept++] = *use;
        }
    }
    known->count = kept;
}

// More than a logon, which an administrator's may be.
static bool edge_convicts_account(const struct edge *edge) {
    return edge->is_by_account ||
           (edge->is_told && !edge->is_member && edge->cost <= WEIGHT_EDGE_ACCOUNT);
}

void known_accounts_init(struct known_accounts *known, const struct clue_book *book,
                         const struct edge_list *edges, const struct forest *forest,
                         uint32_t root) {
    uint32_t capacity = 0;
    *known = (struct known_accounts){0};
    for (uint32_t number = 0; number < forest->host_count; number++) {
        const struct forest_host *host = &forest->hosts[number];
        if (host->root != root)
            continue;
        if (host->edge != FOREST_NONE && edge_convicts_account(&edges->edges[host->edge]))
            use_add(known, &capacity, edges->edges[host->edge].account,
                    (struct account_use){.moves = true});
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            if (clue->level >= RULE_LEVEL_HIGH && clue_counts(clue, host) &&
                !clue_sends_mail_on(clue))
                use_add(known, &capacity, clue->account,
                        (struct account_use){.stages = 1u << clue->stage});
        }
    }
    uses_merge(known);
}

void known_accounts_done(struct known_accounts *known) {
    memory_free(known->uses);
    *known = (struct known_accounts){0};
}

bool account_is_known(const struct known_accounts *known, struct slice account) {
    struct account_use key = {.user = account_person(account)};
    const struct account_use *use = NULL;
    if (known->count)
        use = bsearch(&key, known->uses, known->count, sizeof key, use_compare);
    return use && (use->moves || (use->stages & (use->stages - 1)));
}

bool clue_is_by_known_account(const struct known_accounts *known, const struct clue *clue) {
    return account_is_somebodys(clue->account) && account_is_known(known, clue->account);
}

bool clue_is_by_stranger(const struct known_accounts *known, const struct clue *clue) {
    return account_is_somebodys(clue->account) && !account_is_known(known, clue->account);
}
