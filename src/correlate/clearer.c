// Whose clearing of logs is a campaign's
// SPDX-License-Identifier: Apache-2.0
#include "correlate/clearer.h"

#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"
#include "model/account.h"

#include <assert.h>
#include <stdlib.h>

static bool clue_is_clearing(const struct clue *clue) {
    for (uint32_t i = 0; i < clue->rule->tag_count; i++)
        if (slice_equal(clue->rule->tags[i], SLICE("attack.t1070.001")))
            return clue->stage == STAGE_COVER;
    return false;
}

static int person_compare(const void *left, const void *right) {
    const struct clearer *a = left, *b = right;
    return text_compare_fold_ascii(a->person, b->person);
}

static int clearer_compare(const void *left, const void *right) {
    const struct clearer *a = left, *b = right;
    int order = person_compare(a, b);
    return order ? order : a->host < b->host ? -1 : a->host > b->host;
}

static void clearers_list(struct clearers *clearers, const struct assembly *assembly) {
    const struct clue_book *book = assembly->book;
    uint32_t capacity = 0;
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t host = assembly->members[k];
        for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            if (!clue_is_clearing(clue) || clue->level < RULE_LEVEL_MEDIUM ||
                !account_is_somebodys(clue->account) || !assembly_clue_counts(assembly, clue))
                continue;
            if (clearers->count == capacity) {
                capacity = capacity ? 2 * capacity : 64;
                clearers->rows = memory_resize(clearers->rows, capacity, sizeof *clearers->rows);
            }
            clearers->rows[clearers->count++] =
                (struct clearer){account_person(clue->account), host, 0};
            clearers->by_known |= account_is_known(clearers->known, clue->account);
        }
    }
}

// One row a person, with how many hosts.
static void clearers_count(struct clearers *clearers) {
    uint32_t kept = 0, last_host = 0;
    if (clearers->count)
        qsort(clearers->rows, clearers->count, sizeof *clearers->rows, clearer_compare);
    for (uint32_t i = 0; i < clearers->count; i++) {
        struct clearer row = clearers->rows[i];
        bool is_new = !kept || person_compare(&clearers->rows[kept - 1], &row) != 0;
        if (is_new)
            clearers->rows[kept++] = row;
        struct clearer *clearer = &clearers->rows[kept - 1];
        clearer->hosts += is_new || row.host != last_host;
        last_host = row.host;
        if (clearer->hosts > clearers->most)
            clearers->most = clearer->hosts;
    }
    clearers->count = kept;
}

void clearers_init(struct clearers *clearers, const struct assembly *assembly,
                   const struct known_accounts *known) {
    *clearers = (struct clearers){.known = known};
    clearers_list(clearers, assembly);
    clearers_count(clearers);
}

void clearers_done(struct clearers *clearers) {
    memory_free(clearers->rows);
    *clearers = (struct clearers){0};
}

bool clearing_is_strangers(const struct clearers *clearers, const struct clue *clue) {
    if (!clue_is_clearing(clue) || !clue_is_by_stranger(clearers->known, clue))
        return false;
    struct clearer key = {.person = account_person(clue->account)};
    const struct clearer *clearer =
        bsearch(&key, clearers->rows, clearers->count, sizeof key, person_compare);
    assert(clearer);
    return clearers->by_known || clearers->most >= (uint64_t)WEIGHT_CLEARER_TIMES * clearer->hosts;
}
