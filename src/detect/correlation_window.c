// The window of one group of a correlation
// SPDX-License-Identifier: Apache-2.0
//
// 1. `entries` [front, back) are the notes in the window, in order of time.
// 2. member_counts, value_counts, sum and sorted are exactly over these entries.
// 3. `open` holds the finding under way iff is_open; its last_ns >= every note counted in it.
#include "detect/correlation_window.h"

#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

// A window holds this many notes; more push the oldest out, which is counted. 65,536 failed
// logons of one account within a timespan make the point.
enum {
    WINDOW_ENTRIES_MAX = 65536,
    WINDOW_VALUES_MAX = 65536,
    WINDOW_VALUE_BYTES = 16 << 20,
    WINDOW_TEXT_BYTES = 1 << 20,
};

struct window_entry {
    struct reference reference;
    uint32_t member;
    uint32_t value; // interned, for value_count; INTERN_FULL: none
    double number;  // for sum, average, percentile; NAN: none
    bool told;      // already counted in the open finding
};

struct correlation_window {
    const struct correlation *correlation;
    uint32_t index;
    bool sliding;
    struct window_entry *entries;
    size_t front, back;
    uint64_t member_counts[CORRELATION_RULES_MAX];
    struct interner values;
    uint32_t *value_counts;
    uint32_t distinct;
    double sum;
    size_t numbers;                              // entries with a number
    int64_t chain_starts[CORRELATION_RULES_MAX]; // temporal_ordered: latest start of m0..mk
    struct arena group_text;
    struct slice group;
    struct arena open_texts; // of the open finding
    bool is_open;
    struct finding open;
    uint64_t overflow;
};

struct correlation_window *correlation_window_new(void) {
    struct correlation_window *window = memory_new(1, sizeof *window);
    window->entries = memory_new(2 * WINDOW_ENTRIES_MAX, sizeof *window->entries);
    window->value_counts = memory_new(WINDOW_VALUES_MAX, sizeof *window->value_counts);
    arena_init(&window->group_text, WINDOW_TEXT_BYTES);
    arena_init(&window->open_texts, WINDOW_TEXT_BYTES);
    intern_init(&window->values, WINDOW_VALUES_MAX, WINDOW_VALUE_BYTES);
    return window;
}

void correlation_window_free(struct correlation_window *window) {
    if (!window)
        return;
    memory_free(window->entries);
    memory_free(window->value_counts);
    arena_done(&window->group_text);
    arena_done(&window->open_texts);
    intern_done(&window->values);
    memory_free(window);
}

uint64_t correlation_window_overflow(const struct correlation_window *window) {
    return window->overflow;
}

static bool window_is_temporal(const struct correlation *correlation) {
    return correlation->type == CORRELATION_TEMPORAL ||
           correlation->type == CORRELATION_TEMPORAL_ORDERED;
}

// Whether more events can only bring the condition nearer.
static bool window_can_slide(const struct correlation *correlation) {
    if (window_is_temporal(correlation))
        return true;
    if (correlation->type != CORRELATION_EVENT_COUNT &&
        correlation->type != CORRELATION_VALUE_COUNT && correlation->type != CORRELATION_VALUE_SUM)
        return false;
    for (uint32_t i = 0; i < correlation->bound_count; i++)
        if (correlation->bounds[i].compare != CORRELATION_GT &&
            correlation->bounds[i].compare != CORRELATION_GTE)
            return false;
    return true;
}

static void window_empty(struct correlation_window *window) {
    window->front = window->back = 0;
    memset(window->member_counts, 0, sizeof window->member_counts);
    for (uint32_t i = 0; i < window->values.count; i++)
        window->value_counts[i] = 0;
    window->distinct = 0;
    window->sum = 0;
    window->numbers = 0;
    for (size_t i = 0; i < CORRELATION_RULES_MAX; i++)
        window->chain_starts[i] = CLOCK_NONE;
}

void correlation_window_reset(struct correlation_window *window,
                              const struct correlation *correlation, uint32_t index,
                              struct slice group) {
    assert(!window->is_open);
    window->correlation = correlation;
    window->index = index;
    window->sliding = window_can_slide(correlation);
    arena_reset(&window->group_text);
    window->group = arena_keep(&window->group_text, group);
    window_empty(window);
    if (window->values.count) {
        intern_done(&window->values);
        intern_init(&window->values, WINDOW_VALUES_MAX, WINDOW_VALUE_BYTES);
    }
}

static void window_pop(struct correlation_window *window) {
    assert(window->front < window->back);
    const struct window_entry *entry = &window->entries[window->front++];
    window->member_counts[entry->member]--;
    if (entry->value != INTERN_FULL && --window->value_counts[entry->value] == 0)
        window->distinct--;
    if (!isnan(entry->number)) {
        window->sum -= entry->number;
        window->numbers--;
    }
}

static double window_number(struct slice text) {
    char digits[64];
    if (text.size == 0 || text.size >= sizeof digits)
        return NAN;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    char *end;
    double number = strtod(digits, &end);
    return *end == '\0' && isfinite(number) ? number : NAN;
}

static struct window_entry *window_push(struct correlation_window *window,
                                        const struct correlation_note *note) {
    if (window->back - window->front == WINDOW_ENTRIES_MAX) {
        window_pop(window);
        window->overflow++;
    }
    if (window->back == 2 * WINDOW_ENTRIES_MAX) {
        size_t count = window->back - window->front;
        memmove(window->entries, window->entries + window->front, count * sizeof *window->entries);
        window->front = 0;
        window->back = count;
    }
    struct window_entry *entry = &window->entries[window->back++];
    *entry = (struct window_entry){
        .reference = note->reference, .member = note->member, .value = INTERN_FULL, .number = NAN};
    window->member_counts[note->member]++;
    if (window->correlation->type == CORRELATION_VALUE_COUNT && note->value.size)
        entry->value = intern_add(&window->values, note->value);
    if (entry->value != INTERN_FULL && window->value_counts[entry->value]++ == 0)
        window->distinct++;
    if (window->correlation->type >= CORRELATION_VALUE_SUM)
        entry->number = window_number(note->value);
    if (!isnan(entry->number)) {
        window->sum += entry->number;
        window->numbers++;
    }
    return entry;
}

static int window_compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

// The smallest number that at least `percentile` of 100 of the window's numbers do not exceed
// (nearest rank).
static double window_percentile(const struct correlation_window *window) {
    double *numbers = memory_new(window->numbers, sizeof *numbers);
    size_t count = 0;
    for (size_t i = window->front; i < window->back; i++)
        if (!isnan(window->entries[i].number))
            numbers[count++] = window->entries[i].number;
    qsort(numbers, count, sizeof *numbers, window_compare_numbers);
    double rank = ceil(window->correlation->percentile / 100 * (double)count);
    size_t place = rank < 1 ? 0 : (size_t)rank - 1;
    double number = numbers[place < count ? place : count - 1];
    memory_free(numbers);
    return number;
}

// What the condition is about; false when there is nothing to compare.
static bool window_measure(const struct correlation_window *window, double *ret_number) {
    switch (window->correlation->type) {
    case CORRELATION_EVENT_COUNT:
        *ret_number = (double)(window->back - window->front);
        return true;
    case CORRELATION_VALUE_COUNT:
        *ret_number = window->distinct;
        return true;
    case CORRELATION_VALUE_SUM:
        *ret_number = window->sum;
        return window->numbers > 0;
    case CORRELATION_VALUE_AVG:
        *ret_number = window->numbers ? window->sum / (double)window->numbers : 0;
        return window->numbers > 0;
    case CORRELATION_VALUE_PERCENTILE:
        if (window->numbers == 0)
            return false;
        *ret_number = window_percentile(window);
        return true;
    case CORRELATION_TEMPORAL:
    case CORRELATION_TEMPORAL_ORDERED:
        break;
    }
    return false;
}

static bool window_bound_holds(const struct correlation_bound *bound, double number) {
    switch (bound->compare) {
    case CORRELATION_GT:
        return number > bound->number;
    case CORRELATION_GTE:
        return number >= bound->number;
    case CORRELATION_LT:
        return number < bound->number;
    case CORRELATION_LTE:
        return number <= bound->number;
    case CORRELATION_EQ:
        return !(number < bound->number) && !(number > bound->number);
    case CORRELATION_NEQ:
        return number < bound->number || number > bound->number;
    }
    return false;
}

// temporal_ordered: the members' rules in the order of the list, each after the one before.
static bool window_chain_holds(struct correlation_window *window,
                               const struct window_entry *entry) {
    uint32_t member = entry->member;
    int64_t *starts = window->chain_starts;
    if (member == 0)
        starts[0] = entry->reference.time_ns;
    else if (starts[member - 1] != CLOCK_NONE)
        starts[member] = starts[member - 1];
    uint32_t last = window->correlation->member_count - 1;
    return member == last && starts[last] != CLOCK_NONE &&
           starts[last] >= window->entries[window->front].reference.time_ns;
}

static bool window_holds(struct correlation_window *window, const struct window_entry *newest) {
    const struct correlation *correlation = window->correlation;
    if (correlation->type == CORRELATION_TEMPORAL_ORDERED)
        return window_chain_holds(window, newest);
    if (correlation->type == CORRELATION_TEMPORAL) {
        for (uint32_t i = 0; i < correlation->member_count; i++)
            if (window->member_counts[i] == 0)
                return false;
        return true;
    }
    double number;
    if (!window_measure(window, &number))
        return false;
    for (uint32_t i = 0; i < correlation->bound_count; i++)
        if (!window_bound_holds(&correlation->bounds[i], number))
            return false;
    return true;
}

static struct slice window_agree(struct slice known, struct slice text) {
    return slice_equal(known, text) ? known : (struct slice){NULL, 0};
}

static void window_open_group(struct correlation_window *window) {
    struct finding *open = &window->open;
    struct slice group = window->group;
    for (uint32_t i = 0; i < window->correlation->group_by_count; i++) {
        struct slice text;
        if (!correlation_group_take(&group, &text))
            return;
        open->fields[open->field_count++] =
            (struct finding_field){window->correlation->group_by[i], {NULL, 0}, text};
    }
}

static void window_open(struct correlation_window *window, const struct correlation_note *note) {
    arena_reset(&window->open_texts);
    window->open = (struct finding){
        .rule = &window->correlation->rule,
        .host = arena_keep(&window->open_texts, note->host),
        .account = arena_keep(&window->open_texts, note->account),
        .provider = arena_keep(&window->open_texts, note->provider),
        .channel = arena_keep(&window->open_texts, note->channel),
        .code = note->code,
        .first_ns = window->entries[window->front].reference.time_ns,
    };
    window_open_group(window);
    window->is_open = true;
}

// Count the window's notes that the open finding has not counted yet.
static void window_tell(struct correlation_window *window, const struct correlation_note *note) {
    struct finding *open = &window->open;
    for (size_t i = window->back; i-- > window->front && !window->entries[i].told;) {
        window->entries[i].told = true;
        open->count++;
        reference_insert(open->references, &open->reference_count, &window->entries[i].reference);
    }
    open->last_ns = window->entries[window->back - 1].reference.time_ns;
    open->host = window_agree(open->host, note->host);
    open->account = window_agree(open->account, note->account);
    open->provider = window_agree(open->provider, note->provider);
    open->channel = window_agree(open->channel, note->channel);
    if (open->code != note->code)
        open->code = -1;
}

static enum status window_emit(struct correlation_window *window,
                               const struct correlation_sink *sink, struct problem *problem) {
    window->is_open = false;
    return sink->found(sink->context, window->index, &window->open, problem);
}

static enum status window_slide(struct correlation_window *window,
                                const struct correlation_note *note,
                                const struct correlation_sink *sink, struct problem *problem) {
    int64_t from_ns;
    if (__builtin_sub_overflow(note->reference.time_ns, window->correlation->timespan_ns, &from_ns))
        from_ns = CLOCK_MIN;
    while (window->front < window->back &&
           window->entries[window->front].reference.time_ns < from_ns)
        window_pop(window);
    enum status status = STATUS_OK;
    if (window->is_open && window->front == window->back)
        status = window_emit(window, sink, problem);
    const struct window_entry *newest = window_push(window, note);
    if (status != STATUS_OK || !window_holds(window, newest))
        return status;
    if (window->is_open && window->entries[window->front].reference.time_ns > window->open.last_ns)
        status = window_emit(window, sink, problem);
    if (!window->is_open)
        window_open(window, note);
    window_tell(window, note);
    return status;
}

static enum status window_judge_anchored(struct correlation_window *window,
                                         const struct correlation_sink *sink,
                                         struct problem *problem) {
    bool holds =
        window->back > window->front && window_holds(window, &window->entries[window->back - 1]);
    if (!holds) {
        window->is_open = false;
        return STATUS_OK;
    }
    return window_emit(window, sink, problem);
}

static enum status window_anchor(struct correlation_window *window,
                                 const struct correlation_note *note,
                                 const struct correlation_sink *sink, struct problem *problem) {
    enum status status = STATUS_OK;
    int64_t until_ns;
    if (window->front < window->back) {
        if (__builtin_add_overflow(window->entries[window->front].reference.time_ns,
                                   window->correlation->timespan_ns, &until_ns))
            until_ns = CLOCK_MAX;
        if (note->reference.time_ns > until_ns) {
            status = window_judge_anchored(window, sink, problem);
            window_empty(window);
        }
    }
    window_push(window, note);
    if (!window->is_open)
        window_open(window, note);
    window_tell(window, note);
    return status;
}

enum status correlation_window_add(struct correlation_window *window,
                                   const struct correlation_note *note,
                                   const struct correlation_sink *sink, struct problem *problem) {
    assert(note->member < window->correlation->member_count);
    return window->sliding ? window_slide(window, note, sink, problem)
                           : window_anchor(window, note, sink, problem);
}

enum status correlation_window_close(struct correlation_window *window,
                                     const struct correlation_sink *sink, struct problem *problem) {
    if (!window->is_open)
        return STATUS_OK;
    return window->sliding ? window_emit(window, sink, problem)
                           : window_judge_anchored(window, sink, problem);
}
