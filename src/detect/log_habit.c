// Who clears which log out of habit
// SPDX-License-Identifier: Apache-2.0
#include "detect/log_habit.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

enum {
    HABIT_TIMES_MIN = 3, // hosts, and days
    HABIT_SECURITY_TIMES_MIN = 5,
    HABIT_TEXTS_MAX = 1 << 17,
    HABIT_TEXT_BYTES = 32 << 20,
    HABIT_CLEARINGS_MAX = 1 << 19, // of more nothing is a habit, and these alone make bursts
    HABIT_KEY_BYTES = 4 << 10
};
#define SECOND_NS 1000000000ll
#define DAY_NS (86400 * SECOND_NS)
#define HABIT_SPAN_NS (7 * DAY_NS)
#define TOGETHER_NS (3600 * SECOND_NS)

static uint32_t habit_key(const struct log_habit *habit, const struct relation *relation,
                          struct interner *add) {
    uint8_t bytes[HABIT_KEY_BYTES];
    size_t size = relation->account.size;
    if (size == 0 || size + 1 + relation->artefact.size > sizeof bytes)
        return INTERN_FULL;
    memcpy(bytes, relation->account.data, size);
    bytes[size++] = 0;
    if (relation->artefact.size)
        memcpy(bytes + size, relation->artefact.data, relation->artefact.size);
    size += relation->artefact.size;
    return add ? intern_add(add, slice_of(bytes, size))
               : intern_find(&habit->keys, slice_of(bytes, size));
}

static int number_compare(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int clearing_compare(const void *left, const void *right) {
    const struct log_clearing *a = left, *b = right;
    int order = number_compare(a->host, b->host);
    order = order ? order : number_compare(a->time_ns, b->time_ns);
    return order ? order : number_compare(a->key, b->key);
}

static int clearing_compare_key(const void *left, const void *right) {
    const struct log_clearing *a = left, *b = right;
    int order = number_compare(a->key, b->key);
    order = order ? order : number_compare(a->time_ns, b->time_ns);
    return order ? order : number_compare(a->host, b->host);
}

static int clearing_compare_account(const void *left, const void *right) {
    const struct log_clearing *a = left, *b = right;
    int order = number_compare(a->account, b->account);
    order = order ? order : number_compare(a->time_ns, b->time_ns);
    order = order ? order : number_compare(a->host, b->host);
    return order ? order : number_compare(a->key, b->key);
}

static void habit_add(struct log_habit *habit, struct log_clearing clearing) {
    if (clearing.key == INTERN_FULL || clearing.account == INTERN_FULL ||
        clearing.host == INTERN_FULL || clearing.time_ns == CLOCK_NONE ||
        habit->count == HABIT_CLEARINGS_MAX)
        return;
    if (habit->count == habit->capacity) {
        habit->capacity = habit->capacity ? 2 * habit->capacity : 64;
        habit->clearings =
            memory_resize(habit->clearings, habit->capacity, sizeof *habit->clearings);
    }
    habit->clearings[habit->count++] = clearing;
}

static void habit_take(struct log_habit *habit, const struct detect_context *context,
                       const struct relation *relation) {
    struct log_clearing clearing = {.key = habit_key(habit, relation, &habit->keys),
                                    .host =
                                        intern_add(&habit->hosts, reading_to(context, relation)),
                                    .account = intern_add(&habit->accounts, relation->account)};
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        clearing.time_ns = reading_time(context, relation, &relation->references[i]);
        clearing.reference = relation->references[i];
        habit_add(habit, clearing);
    }
}

// `count` clearings of one account and log, by time. `hosts` has a place for each host: the round
// in which it was met.
static bool habit_is(const struct log_clearing *from, size_t count, uint32_t *hosts, uint32_t round,
                     uint32_t least) {
    uint32_t days = 0, different = 0;
    for (size_t i = 0; i < count; i++) {
        days += i == 0 || from[i].time_ns / DAY_NS != from[i - 1].time_ns / DAY_NS;
        different += hosts[from[i].host] != round;
        hosts[from[i].host] = round;
    }
    return days >= least && different >= least &&
           from[count - 1].time_ns - from[0].time_ns >= HABIT_SPAN_NS;
}

// Whether another log of the host was cleared within an hour, by anybody.
static bool clearing_has_company(const struct log_habit *habit, size_t at) {
    const struct log_clearing *rows = habit->clearings;
    for (size_t i = at; i-- > 0 && rows[i].host == rows[at].host &&
                        rows[at].time_ns - rows[i].time_ns <= TOGETHER_NS;)
        if (rows[i].key != rows[at].key)
            return true;
    for (size_t i = at + 1; i < habit->count && rows[i].host == rows[at].host &&
                            rows[i].time_ns - rows[at].time_ns <= TOGETHER_NS;
         i++)
        if (rows[i].key != rows[at].key)
            return true;
    return false;
}

static void habit_find(struct log_habit *habit) {
    struct log_clearing *rows = habit->clearings;
    uint32_t *hosts = memory_new((size_t)habit->hosts.count + 1, sizeof *hosts);
    uint32_t round = 0;
    qsort(rows, habit->count, sizeof *rows, clearing_compare_key);
    for (size_t from = 0, to; from < habit->count; from = to) {
        for (to = from; to < habit->count && rows[to].key == rows[from].key;)
            to++;
        bool security = slice_ends(intern_text(&habit->keys, rows[from].key), SLICE("\0security"));
        bool is_habit = habit->count < HABIT_CLEARINGS_MAX &&
                        habit_is(rows + from, to - from, hosts, ++round,
                                 security ? HABIT_SECURITY_TIMES_MIN : HABIT_TIMES_MIN);
        for (size_t i = from; i < to; i++)
            rows[i].is_habit = is_habit;
    }
    memory_free(hosts);
    qsort(rows, habit->count, sizeof *rows, clearing_compare);
    for (size_t i = 0; i < habit->count; i++)
        rows[i].is_routine = rows[i].is_habit && !clearing_has_company(habit, i);
}

static void bursts_find(struct log_habit *habit) {
    struct log_clearing *rows = memory_new(habit->count, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < habit->count; i++)
        if (!habit->clearings[i].is_routine)
            rows[count++] = habit->clearings[i];
    qsort(rows, count, sizeof *rows, clearing_compare_account);
    for (size_t i = 0; i < count; i++) {
        bool goes_on = i && rows[i - 1].account == rows[i].account &&
                       rows[i].time_ns - rows[i - 1].time_ns <= DAY_NS;
        rows[i].burst = goes_on ? rows[i - 1].burst : (uint32_t)i;
    }
    habit->bursts = rows;
    habit->burst_row_count = count;
}

enum status log_habit_init(struct log_habit *habit, const struct detect_context *context,
                           struct problem *problem) {
    struct reading reading;
    *habit = (struct log_habit){0};
    intern_init(&habit->keys, HABIT_TEXTS_MAX, HABIT_TEXT_BYTES);
    intern_init(&habit->hosts, HABIT_TEXTS_MAX, HABIT_TEXT_BYTES);
    intern_init(&habit->accounts, HABIT_TEXTS_MAX, HABIT_TEXT_BYTES);
    enum status status =
        reading_open(&reading, context, RELATION_MASK(LOG_CLEARED), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        habit_take(habit, context, &reading.relation);
    reading_close(&reading);
    if (status == STATUS_OK && habit->count) {
        habit_find(habit);
        bursts_find(habit);
    }
    return status;
}

void log_habit_done(struct log_habit *habit) {
    intern_done(&habit->keys);
    intern_done(&habit->hosts);
    intern_done(&habit->accounts);
    memory_free(habit->bursts);
    memory_free(habit->clearings);
    *habit = (struct log_habit){0};
}

bool log_habit_has(const struct log_habit *habit, const struct detect_context *context,
                   const struct relation *relation, int64_t time_ns) {
    struct log_clearing sought = {.key = habit_key(habit, relation, NULL),
                                  .host = intern_find(&habit->hosts, reading_to(context, relation)),
                                  .time_ns = time_ns};
    const struct log_clearing *found =
        habit->count
            ? bsearch(&sought, habit->clearings, habit->count, sizeof sought, clearing_compare)
            : NULL;
    return found && found->is_routine;
}
