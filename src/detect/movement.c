// Who logged on to whom, and what was habit
// SPDX-License-Identifier: Apache-2.0
#include "detect/movement.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time_span.h"

#include <string.h>

// Cost: two passes over logons, one over relations between hosts; memory for pairs, not for
// relations.
//
// 1. pairs are grouped by (from, to) because the pass is in that order.
// 2. days are counted from the evidence's first, so that sets of them are bits.

#define DAY_NS (86400 * 1000000000ll)
#define RECURRENT_NS (DAY_NS + DAY_NS / 2) // a session over midnight is one
#define SESSION_BYTES 1500ull
#define KINDS                                                                                      \
    (RELATION_MASK(LOGON) | RELATION_MASK(SHARE) | RELATION_MASK(CREDENTIAL_USE) |                 \
     RELATION_MASK(REMOTE_EXECUTION) | RELATION_MASK(CONTACT) | RELATION_MASK(FLOW))
#define LOGON_SIGNS                                                                                \
    (MOVEMENT_LOGON | MOVEMENT_TICKET | MOVEMENT_SHARE | MOVEMENT_PROGRAM | MOVEMENT_EXECUTION)

void movement_init(struct movement *movement, const struct detect_context *context) {
    *movement = (struct movement){.context = context};
    intern_init(&movement->names, MOVEMENT_HOSTS_MAX, 8 << 20);
    intern_init(&movement->accounts, MOVEMENT_HOSTS_MAX * 4, 32 << 20);
    table_init(&movement->use_by_key);
    uint32_t part = context->fleet->count / 20;
    movement->popular = part > 20 ? part : 20;
}

void movement_done(struct movement *movement) {
    intern_done(&movement->names);
    intern_done(&movement->accounts);
    table_done(&movement->use_by_key);
    memory_free(movement->hosts);
    memory_free(movement->pairs);
    memory_free(movement->uses);
    memory_free(movement->account_first_ns);
}

bool movement_port(struct slice port) {
    static const char *const PORTS[] = {"22", "135", "139", "445", "3389", "5985", "5986"};
    for (size_t i = 0; i < ARRAY_SIZE(PORTS); i++)
        if (slice_equal_string(port, PORTS[i]))
            return true;
    return false;
}

static bool share_is_of_programs(struct slice path) {
    static const char *const ENDINGS[] = {".exe", ".dll", ".bat", ".cmd", ".ps1",
                                          ".vbs", ".sys", ".msi", ".scr", ".js"};
    for (size_t i = 0; i < ARRAY_SIZE(ENDINGS); i++)
        if (slice_ends(path, slice_of_string(ENDINGS[i])))
            return true;
    return false;
}

static unsigned logon_signs(const struct relation *relation) {
    if (relation->detail[1].size) // failed
        return 0;
    if (slice_equal_string(relation->artefact, "ssh"))
        return MOVEMENT_LOGON | MOVEMENT_SSH;
    if (slice_equal_string(relation->artefact, "10"))
        return MOVEMENT_LOGON | MOVEMENT_DESKTOP;
    if (!slice_equal_string(relation->artefact, "3"))
        return 0;
    return MOVEMENT_LOGON |
           (slice_starts(relation->detail[0], SLICE("NTLM")) ? (unsigned)MOVEMENT_NTLM : 0);
}

static unsigned share_signs(const struct relation *relation) {
    if (slice_ends(relation->artefact, SLICE("ipc$")))
        return 0;
    bool written = slice_equal_string(relation->detail[0], "written");
    return written && share_is_of_programs(relation->artefact) ? MOVEMENT_SHARE | MOVEMENT_PROGRAM
                                                               : MOVEMENT_SHARE;
}

static unsigned flow_signs(const struct relation *relation) {
    if (relation->detail[1].size || !slice_starts(relation->artefact, SLICE("tcp/")) ||
        !movement_port(slice_part(relation->artefact, 4, SIZE_MAX)))
        return 0;
    bool carried = relation->detail[0].size > 0 ||
                   relation->bytes_out + relation->bytes_in > SESSION_BYTES * relation->count;
    return carried ? MOVEMENT_CONNECTION | MOVEMENT_SESSION : MOVEMENT_CONNECTION;
}

unsigned movement_signs(const struct relation *relation) {
    switch (relation->kind) {
    case RELATION_LOGON:
        return logon_signs(relation);
    case RELATION_SHARE:
        return share_signs(relation);
    case RELATION_CREDENTIAL_USE:
        if (relation->detail[1].size)
            return 0;
        return slice_equal_string(relation->artefact, "ticket") ||
                       slice_equal_string(relation->artefact, "explicit")
                   ? MOVEMENT_TICKET
                   : 0;
    case RELATION_REMOTE_EXECUTION:
        return MOVEMENT_EXECUTION;
    case RELATION_CONTACT:
        return movement_port(relation->detail[0]) ? MOVEMENT_CONNECTION : 0;
    case RELATION_FLOW:
        return flow_signs(relation);
    default:
        return 0;
    }
}

// Machines log on to each other all the time, and nobody's sessions are no one's.
static bool account_is_of_people(struct slice account) {
    if (account.size == 0)
        return true; // not named: Zeek's SSH, services' records
    if (account.data[account.size - 1] == '$')
        return false;
    return !slice_ends(account, SLICE("anonymous logon")) &&
           !slice_starts(account, SLICE("nt authority\\")) &&
           !slice_starts(account, SLICE("window manager\\"));
}

static uint32_t host_number(struct movement *movement, struct slice name) {
    uint32_t number = intern_add(&movement->names, name);
    if (number == INTERN_FULL)
        return number;
    if (number >= movement->host_capacity) {
        uint32_t capacity = movement->host_capacity ? 2 * movement->host_capacity : 256;
        movement->hosts = memory_resize(movement->hosts, capacity, sizeof *movement->hosts);
        for (uint32_t i = movement->host_capacity; i < capacity; i++)
            movement->hosts[i] = (struct movement_host){.first_ns = INT64_MAX};
        movement->host_capacity = capacity;
    }
    return number;
}

static struct slice account_user(struct slice account) {
    const uint8_t *end = account.size ? memchr(account.data, '\\', account.size) : NULL;
    return end ? slice_part(account, (size_t)(end - account.data) + 1, SIZE_MAX) : account;
}

static uint32_t account_number(struct movement *movement, struct slice whole) {
    struct slice account = account_user(whole);
    if (account.size == 0)
        return INTERN_FULL;
    uint32_t number = intern_add(&movement->accounts, account);
    if (number != INTERN_FULL && number >= movement->account_capacity) {
        uint32_t capacity = movement->account_capacity ? 2 * movement->account_capacity : 256;
        movement->account_first_ns =
            memory_resize(movement->account_first_ns, capacity, sizeof *movement->account_first_ns);
        for (uint32_t i = movement->account_capacity; i < capacity; i++)
            movement->account_first_ns[i] = INT64_MAX;
        movement->account_capacity = capacity;
    }
    return number;
}

// The pair is the key: no two of them share it.
static uint64_t use_key(uint32_t account, uint32_t host) {
    return ((uint64_t)account << 32 | host) * 0x9E3779B97F4A7C15ull;
}

static struct movement_use *use_make(struct movement *movement, uint32_t account, uint32_t host) {
    uint64_t key = use_key(account, host);
    uint32_t number = table_find(&movement->use_by_key, key, NULL, NULL, NULL);
    if (number != TABLE_NONE)
        return &movement->uses[number];
    if (movement->use_count == MOVEMENT_PAIRS_MAX)
        return NULL;
    if (movement->use_count == movement->use_capacity) {
        movement->use_capacity = movement->use_capacity ? 2 * movement->use_capacity : 256;
        movement->uses =
            memory_resize(movement->uses, movement->use_capacity, sizeof *movement->uses);
    }
    table_add(&movement->use_by_key, key, movement->use_count);
    movement->uses[movement->use_count] =
        (struct movement_use){.local_ns = INT64_MAX, .remote_ns = INT64_MAX};
    return &movement->uses[movement->use_count++];
}

struct movement_use movement_use_of(const struct movement *movement, uint32_t account,
                                    uint32_t host) {
    uint32_t number = account == INTERN_FULL ? TABLE_NONE
                                             : table_find(&movement->use_by_key,
                                                          use_key(account, host), NULL, NULL, NULL);
    if (number == TABLE_NONE)
        return (struct movement_use){.local_ns = INT64_MAX, .remote_ns = INT64_MAX};
    return movement->uses[number];
}

static uint32_t day_of(const struct movement *movement, int64_t time_ns) {
    int64_t day = (time_ns - movement->first_ns) / DAY_NS;
    return day < 0 ? 0 : day >= MOVEMENT_DAYS_MAX ? MOVEMENT_DAYS_MAX - 1 : (uint32_t)day;
}

// The days of one pair, while its relations go by.
struct pair_days {
    uint64_t bits[MOVEMENT_DAYS_MAX / 64];
};

static void day_mark(uint64_t *bits, uint32_t day) {
    bits[day / 64] |= 1ull << day % 64;
}

static uint32_t days_count(const uint64_t *bits) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < MOVEMENT_DAYS_MAX / 64; i++)
        count += (uint32_t)__builtin_popcountll(bits[i]);
    return count;
}

static void days_take(const struct movement *movement, struct pair_days *days,
                      const struct relation *relation) {
    if (relation->first_ns == CLOCK_NONE)
        return;
    day_mark(days->bits, day_of(movement, relation->first_ns));
    day_mark(days->bits, day_of(movement, relation->last_ns));
    for (uint32_t i = 0; i < relation->time_count; i++)
        day_mark(days->bits, day_of(movement, relation->times[i]));
}

static void pair_take_times(struct movement *movement, struct movement_pair *pair,
                            struct pair_days *days, const struct relation *relation) {
    if (relation->first_ns == CLOCK_NONE)
        return;
    if (relation->first_ns < pair->first_ns)
        pair->first_ns = relation->first_ns;
    if (relation->last_ns > pair->last_ns)
        pair->last_ns = relation->last_ns;
    days_take(movement, days, relation);
}

static void pair_take_session(struct movement_pair *pair, const struct relation *relation) {
    if (relation->first_ns == CLOCK_NONE)
        return;
    if (relation->first_ns < pair->first_ns)
        pair->first_ns = relation->first_ns;
    if (relation->last_ns > pair->last_ns)
        pair->last_ns = relation->last_ns;
}

static void pair_take(struct movement *movement, struct movement_pair *pair, struct pair_days *days,
                      const struct relation *relation, unsigned signs) {
    if (signs & MOVEMENT_SESSION && !(pair->signs & LOGON_SIGNS)) {
        pair_take_session(pair, relation);
        days_take(movement, days, relation);
    }
    bool first = signs & LOGON_SIGNS && !(pair->signs & LOGON_SIGNS);
    pair->signs |= signs;
    if (signs & MOVEMENT_CONNECTION)
        return;
    if (first) { // sessions on the wire say no more when
        pair->first_ns = INT64_MAX;
        pair->last_ns = INT64_MIN;
        *days = (struct pair_days){0};
    }
    pair_take_times(movement, pair, days, relation);
    uint32_t account = account_number(movement, relation->account);
    if (account == INTERN_FULL)
        return;
    int64_t since = relation->first_ns == CLOCK_NONE ? INT64_MAX : relation->first_ns;
    if (pair->account == INTERN_FULL || since < pair->account_ns) {
        pair->account = account;
        pair->account_ns = since;
    }
    if (relation->first_ns == CLOCK_NONE)
        return;
    struct movement_use *use = use_make(movement, account, pair->from);
    if (use && relation->first_ns < use->remote_ns)
        use->remote_ns = relation->first_ns;
    if (relation->first_ns < movement->account_first_ns[account])
        movement->account_first_ns[account] = relation->first_ns;
}

static struct movement_pair *pair_make(struct movement *movement, uint32_t from, uint32_t to) {
    if (movement->pair_count == MOVEMENT_PAIRS_MAX)
        return NULL;
    if (movement->pair_count == movement->pair_capacity) {
        movement->pair_capacity = movement->pair_capacity ? 2 * movement->pair_capacity : 64;
        movement->pairs =
            memory_resize(movement->pairs, movement->pair_capacity, sizeof *movement->pairs);
    }
    struct movement_pair *pair = &movement->pairs[movement->pair_count++];
    *pair = (struct movement_pair){.from = from,
                                   .to = to,
                                   .account = INTERN_FULL,
                                   .first_ns = INT64_MAX,
                                   .last_ns = INT64_MIN};
    return pair;
}

// Knocks alone make no pair: scans make too many.
static void pair_end(struct movement *movement, struct movement_pair *pair,
                     const struct pair_days *days) {
    if (!pair)
        return;
    if (!(pair->signs & (LOGON_SIGNS | MOVEMENT_SESSION))) {
        movement->pair_count--;
        return;
    }
    pair->active_days = days_count(days->bits);
    pair->day_count = pair->active_days;
    if (!(pair->signs & LOGON_SIGNS))
        pair->day_count = pair->first_ns > pair->last_ns
                              ? 1
                              : 1 + (uint32_t)((pair->last_ns - pair->first_ns) / DAY_NS);
    movement->hosts[pair->to].sources++;
}

static bool relation_is_between(const struct relation *relation) {
    if (relation->from.size == 0 || relation->to.size == 0)
        return false;
    if (relation->from_host != RELATION_NO_HOST && relation->from_host == relation->to_host)
        return false;
    // Who writes the record is one of ours, known by name or not.
    bool own = relation->kind == RELATION_LOGON || relation->kind == RELATION_SHARE ||
               relation->kind == RELATION_REMOTE_EXECUTION;
    if (!own && relation->to_host == RELATION_NO_HOST && !address_is_address(relation->to))
        return false;
    return !address_is_outside(relation->from) && !address_is_outside(relation->to) &&
           !slice_starts(relation->from, SLICE("127.")) &&
           !slice_equal_string(relation->from, "::1") && account_is_of_people(relation->account);
}

static enum status span_read(struct movement *movement, struct problem *problem) {
    struct time_span *span = time_span_new();
    struct reading reading;
    enum status status = reading_open(&reading, movement->context, RELATION_MASK(LOGON),
                                      RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        for (uint32_t i = 0; i < relation->time_count; i++)
            time_span_take(span, relation->times[i], 1);
        time_span_take(span, relation->first_ns, 1);
        time_span_take(span, relation->last_ns, 1);
    }
    reading_close(&reading);
    int64_t last_ns;
    if (!time_span_tell(span, &movement->first_ns, &last_ns))
        movement->first_ns = last_ns = movement->context->first_ns;
    time_span_free(span);
    int64_t days = (last_ns - movement->first_ns) / DAY_NS + 1;
    movement->span_days = days > MOVEMENT_DAYS_MAX ? MOVEMENT_DAYS_MAX : (uint32_t)days;
    return status;
}

static enum status pairs_read(struct movement *movement, struct problem *problem) {
    struct movement_pair *pair = NULL;
    struct pair_days days = {0};
    struct reading reading;
    enum status status =
        reading_open(&reading, movement->context, KINDS, RELATION_ORDER_PAIR, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        unsigned signs = movement_signs(relation);
        if (!signs || !relation_is_between(relation))
            continue;
        uint32_t from = host_number(movement, reading_from(movement->context, relation));
        uint32_t to = host_number(movement, reading_to(movement->context, relation));
        if (from == INTERN_FULL || to == INTERN_FULL)
            continue;
        if (!pair || pair->from != from || pair->to != to) {
            pair_end(movement, pair, &days);
            days = (struct pair_days){0};
            pair = pair_make(movement, from, to);
        }
        if (pair)
            pair_take(movement, pair, &days, relation, signs);
    }
    pair_end(movement, pair, &days);
    reading_close(&reading);
    return status;
}

// Logons by hand, and the days on which hosts moved to others that few log on to.
static enum status habits_read(struct movement *movement, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, movement->context, RELATION_MASK(LOGON), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        bool local = slice_equal_string(relation->artefact, "2") ||
                     slice_equal_string(relation->artefact, "7") ||
                     slice_equal_string(relation->artefact, "11");
        if (!local || relation->detail[1].size || relation->first_ns == CLOCK_NONE)
            continue;
        uint32_t host = intern_find(&movement->names, reading_to(movement->context, relation));
        uint32_t account = intern_find(&movement->accounts, account_user(relation->account));
        if (host == INTERN_FULL || account == INTERN_FULL)
            continue;
        struct movement_use *use = use_make(movement, account, host);
        if (use && relation->first_ns < use->local_ns)
            use->local_ns = relation->first_ns;
    }
    reading_close(&reading);
    return status;
}

static void hosts_judge(struct movement *movement) {
    for (uint32_t i = 0; i < movement->pair_count; i++) {
        const struct movement_pair *pair = &movement->pairs[i];
        if (movement_is_popular(movement, pair->to) || !(pair->signs & LOGON_SIGNS))
            continue;
        struct movement_host *from = &movement->hosts[pair->from];
        from->targets++;
        if (pair->first_ns == INT64_MAX)
            continue;
        from->recurrent += pair->day_count > 1 && pair->last_ns - pair->first_ns >= RECURRENT_NS;
        if (pair->first_ns < from->first_ns)
            from->first_ns = pair->first_ns;
        day_mark(from->days, day_of(movement, pair->first_ns));
        day_mark(from->days, day_of(movement, pair->last_ns));
    }
    for (uint32_t i = 0; i < movement->names.count; i++)
        movement->hosts[i].active_days = days_count(movement->hosts[i].days);
}

enum status movement_read(struct movement *movement, struct problem *problem) {
    enum status status = span_read(movement, problem);
    if (status == STATUS_OK)
        status = pairs_read(movement, problem);
    if (status == STATUS_OK)
        status = habits_read(movement, problem);
    if (status == STATUS_OK)
        hosts_judge(movement);
    return status;
}

bool movement_is_popular(const struct movement *movement, uint32_t host) {
    return movement->hosts[host].sources >= movement->popular;
}

bool movement_is_habit(const struct movement *movement, uint32_t host) {
    const struct movement_host *from = &movement->hosts[host];
    if (from->targets == 0 || from->first_ns == INT64_MAX)
        return false;
    if (from->targets >= 3 && 2 * from->recurrent >= from->targets)
        return true;
    int64_t since = from->first_ns - movement->first_ns;
    int64_t early = (int64_t)movement->span_days * DAY_NS / 8;
    bool since_ever = since <= (early > 3 * DAY_NS ? early : 3 * DAY_NS);
    bool again = from->recurrent >= 3 || 2 * from->recurrent >= from->targets;
    if (from->recurrent && again)
        return since_ever || from->active_days * 3 >= movement->span_days;
    // An administrator who does little, but all the time: more days than hosts.
    return since_ever && from->recurrent >= 2 && from->active_days >= from->targets;
}

enum status movement_walk_open(struct movement_walk *walk, const struct movement *movement,
                               struct problem *problem) {
    *walk = (struct movement_walk){.movement = movement};
    return reading_open(&walk->reading, movement->context, KINDS, RELATION_ORDER_PAIR, problem);
}

enum status movement_walk_next(struct movement_walk *walk, struct problem *problem) {
    const struct movement *movement = walk->movement;
    enum status status;
    while ((status = reading_next(&walk->reading, problem)) == STATUS_OK &&
           (walk->more = walk->reading.more)) {
        const struct relation *relation = &walk->reading.relation;
        if (!movement_signs(relation) || !relation_is_between(relation))
            continue;
        uint32_t from = intern_find(&movement->names, reading_from(movement->context, relation));
        uint32_t to = intern_find(&movement->names, reading_to(movement->context, relation));
        if (walk->pair && (walk->pair->from != from || walk->pair->to != to))
            walk->pair = NULL;
        if (!walk->pair && walk->next < movement->pair_count &&
            movement->pairs[walk->next].from == from && movement->pairs[walk->next].to == to)
            walk->pair = &movement->pairs[walk->next++];
        break;
    }
    if (!walk->more)
        walk->pair = NULL;
    return status;
}

void movement_walk_close(struct movement_walk *walk) {
    reading_close(&walk->reading);
}
