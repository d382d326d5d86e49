// Gathering the requests for one path
// SPDX-License-Identifier: Apache-2.0
#include "detect/web_stem.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/web_path.h"

#include <string.h>

enum {
    STEM_ARENA_BYTES = 16 << 20
};

static const char *const ADMIN_WORDS[] = {"admin",  "console", "manage",  "system", "setting",
                                          "config", "policy",  "backend", "organi", "/users"};
static const char *const LOGIN_WORDS[] = {"login", "logon", "signin", "session", "sso."};
static const char *const UPGRADE_WORDS[] = {"upgrade",    "update",   "patch",  "package",
                                            "install",    "hotfix",   "deploy", "release",
                                            "appmanager", "distribut"};
static const char *const STATIC_ENDS[] = {".js",    ".css", ".png", ".gif", ".jpg",
                                          ".jpeg",  ".ico", ".svg", ".ttf", ".woff",
                                          ".woff2", ".map", ".txt", ".flt"};

// A path names one of these, in ASCII lower case.
static bool web_path_has_word(struct slice path, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct slice word = slice_of_string(words[i]);
        if (path.size >= word.size && memmem(path.data, path.size, word.data, word.size))
            return true;
    }
    return false;
}

static bool path_is_static(struct slice path) {
    for (size_t i = 0; i < ARRAY_SIZE(STATIC_ENDS); i++)
        if (slice_ends(path, slice_of_string(STATIC_ENDS[i])))
            return true;
    return false;
}

bool web_relation_keep(struct arena *arena, const struct relation *from, struct relation *to) {
    struct relation kept = *from;
    kept.from = arena_keep(arena, from->from);
    kept.to = arena_keep(arena, from->to);
    kept.account = arena_keep(arena, from->account);
    kept.artefact = arena_keep(arena, from->artefact);
    kept.recorder = SLICE("");
    for (size_t i = 0; i < RELATION_DETAILS; i++)
        kept.detail[i] = arena_keep(arena, from->detail[i]);
    kept.days = NULL;
    kept.day_count = 0;
    if (kept.time_count > WEB_ROW_TIMES_MAX)
        kept.time_count = WEB_ROW_TIMES_MAX;
    int64_t *times = arena_new(arena, kept.time_count + 1, sizeof *times);
    const struct reference *references =
        references_keep(arena, from->references, from->reference_count);
    if (!times || !references)
        return false;
    if (kept.time_count)
        memcpy(times, from->times, kept.time_count * sizeof *times);
    kept.times = times;
    kept.references = references;
    *to = kept;
    return true;
}

// The `room` smallest, in ascending order.
static void first_times_add(struct first_times *first, int64_t time_ns) {
    uint32_t at = first->count;
    while (at > 0 && first->times[at - 1] > time_ns)
        at--;
    if (at == first->room)
        return;
    uint32_t moved = (first->count < first->room ? first->count : first->room - 1) - at;
    memmove(&first->times[at + 1], &first->times[at], moved * sizeof first->times[0]);
    first->times[at] = time_ns;
    if (first->count < first->room)
        first->count++;
}

static int64_t first_times_last(const struct first_times *first) {
    return first->count == first->room ? first->times[first->room - 1] : CLOCK_NONE;
}

void stem_gathering_free(struct stem_gathering *gathering) {
    arena_done(&gathering->arena);
    memory_free(gathering->rows);
    memory_free(gathering);
}

void stem_gathering_begin(struct stem_gathering *gathering, struct slice path) {
    arena_reset(&gathering->arena);
    struct slice kept = arena_keep(&gathering->arena, path);
    gathering->stem = (struct web_stem){
        .path = kept,
        .first_good_ns = CLOCK_NONE,
        .first_missing_ns = CLOCK_NONE,
        .first_outside_ns = CLOCK_NONE,
        .ordinary_ns = CLOCK_NONE,
        .usual_size_min = UINT64_MAX,
        .script = web_path_is_script(kept),
        .is_static = path_is_static(kept),
        .admin = web_path_has_word(kept, ADMIN_WORDS, ARRAY_SIZE(ADMIN_WORDS)),
        .login = web_path_has_word(kept, LOGIN_WORDS, ARRAY_SIZE(LOGIN_WORDS)),
        .upgrade = web_path_has_word(kept, UPGRADE_WORDS, ARRAY_SIZE(UPGRADE_WORDS)),
    };
    gathering->row_count = gathering->inside_rows = 0;
    gathering->inside = (struct first_times){.room = STEM_INSIDE_MIN};
    gathering->accounts = (struct first_times){.room = STEM_ACCOUNTS_MIN};
    gathering->nets = (struct first_times){.room = STEM_NETS_MIN};
    gathering->client = SLICE("");
    gathering->net = 0;
    gathering->client_counted = gathering->net_counted = false;
}

struct stem_gathering *stem_gathering_new(void) {
    struct stem_gathering *gathering = memory_new(1, sizeof *gathering);
    gathering->rows = memory_new(WEB_STEM_ROWS_MAX, sizeof *gathering->rows);
    arena_init(&gathering->arena, STEM_ARENA_BYTES);
    stem_gathering_begin(gathering, SLICE(""));
    return gathering;
}

struct slice stem_gathering_path(const struct stem_gathering *gathering) {
    return gathering->stem.path;
}

static bool answered(const struct web_row *row) {
    return row->answer == WEB_ANSWER_GOOD || row->answer == WEB_ANSWER_MOVED;
}

static void earliest(int64_t *time_ns, int64_t other_ns) {
    if (*time_ns == CLOCK_NONE || other_ns < *time_ns)
        *time_ns = other_ns;
}

static void count_account(struct stem_gathering *gathering, const struct web_row *row) {
    struct web_stem *stem = &gathering->stem;
    uint64_t hash = 14695981039346656037ull;
    for (size_t i = 0; i < row->relation.account.size; i++)
        hash = (hash ^ row->relation.account.data[i]) * 1099511628211ull;
    uint32_t kept = stem->accounts < STEM_ACCOUNTS_KEPT ? stem->accounts : STEM_ACCOUNTS_KEPT;
    for (uint32_t i = 0; i < kept; i++)
        if (gathering->account_hashes[i] == hash)
            return;
    if (stem->accounts < STEM_ACCOUNTS_KEPT)
        gathering->account_hashes[stem->accounts++] = hash;
    first_times_add(&gathering->accounts, row->relation.first_ns);
}

// A client's rows come together: it counts once, at its first answer.
static void count_client(struct stem_gathering *gathering, const struct web_row *row,
                         uint64_t net) {
    struct web_stem *stem = &gathering->stem;
    if (!slice_equal(gathering->client, row->relation.from)) {
        gathering->client = arena_keep(&gathering->arena, row->relation.from);
        gathering->client_counted = false;
        row->outside ? stem->outside_clients++ : stem->inside_clients++;
    }
    if (row->outside && net != gathering->net) {
        gathering->net = net;
        gathering->net_counted = false;
        stem->nets++;
    }
    if (!answered(row))
        return;
    if (row->named)
        count_account(gathering, row);
    if (!row->outside && !gathering->client_counted)
        first_times_add(&gathering->inside, row->relation.first_ns);
    if (row->outside && !gathering->net_counted)
        first_times_add(&gathering->nets, row->relation.first_ns);
    gathering->client_counted = true;
    gathering->net_counted |= row->outside;
}

static void count_answer(struct web_stem *stem, const struct web_row *row) {
    const struct relation *relation = &row->relation;
    stem->requests += relation->count;
    if (row->outside && !row->named) {
        stem->outside_requests += relation->count;
        stem->outside_posts += row->post ? relation->count : 0;
        stem->refused |= row->answer == WEB_ANSWER_REFUSED || row->answer == WEB_ANSWER_FAILED;
        if (row->answer == WEB_ANSWER_GOOD)
            earliest(&stem->first_outside_ns, relation->first_ns);
    } else {
        stem->inside_posts += row->post ? relation->count : 0;
        if (row->answer == WEB_ANSWER_GOOD && relation->bytes_in_max) {
            if (relation->bytes_in_min < stem->usual_size_min)
                stem->usual_size_min = relation->bytes_in_min;
            if (relation->bytes_in_max > stem->usual_size_max)
                stem->usual_size_max = relation->bytes_in_max;
        }
    }
    if (row->answer == WEB_ANSWER_GOOD)
        earliest(&stem->first_good_ns, relation->first_ns);
    if (row->answer == WEB_ANSWER_MISSING)
        earliest(&stem->first_missing_ns, relation->first_ns);
}

void stem_gathering_add(struct stem_gathering *gathering, const struct web_row *row, uint64_t net) {
    struct web_stem *stem = &gathering->stem;
    count_client(gathering, row, net);
    count_answer(stem, row);
    if (!row->outside && gathering->inside_rows == STEM_INSIDE_ROWS)
        return;
    if (row->named && !stem->admin && stem->accounts >= STEM_ACCOUNTS_MIN)
        return;
    if (gathering->row_count == WEB_STEM_ROWS_MAX)
        return;
    struct web_row *kept = &gathering->rows[gathering->row_count];
    *kept = *row;
    if (!web_relation_keep(&gathering->arena, &row->relation, &kept->relation))
        return;
    gathering->row_count++;
    gathering->inside_rows += !row->outside;
}

void stem_gathering_end(const struct stem_gathering *gathering, struct web_stem *ret_stem) {
    *ret_stem = gathering->stem;
    const int64_t times[] = {first_times_last(&gathering->inside),
                             first_times_last(&gathering->accounts),
                             first_times_last(&gathering->nets)};
    for (size_t i = 0; i < ARRAY_SIZE(times); i++)
        if (times[i] != CLOCK_NONE)
            earliest(&ret_stem->ordinary_ns, times[i]);
    ret_stem->ordinary = ret_stem->ordinary_ns != CLOCK_NONE &&
                         (ret_stem->first_outside_ns == CLOCK_NONE ||
                          ret_stem->ordinary_ns <= ret_stem->first_outside_ns + WEB_DAY);
}
