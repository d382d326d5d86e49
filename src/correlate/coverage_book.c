// Relations of coverage become rows: host, log, days
// SPDX-License-Identifier: Apache-2.0
#include "correlate/coverage_book.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/relation.h"

#include <stdlib.h>

// Cost: one pass over the rows of coverage (hosts x logs), then a sort of them.

#define COVERAGE_BYTES ((size_t)256 << 20)

// A log speaks by its silence only when it is written nearly every day: what it may miss grows
// with the days between its days.
enum {
    DAYS_MIN = 5,   // fewer days with records say nothing
    DAYS_QUIET = 2, // a week-end is no hole of a workstation
    DAYS_QUIET_A_PAUSE = 6,
};

static const int64_t DAY_NS = 86400000000000;

struct coverage_row *coverage_add_row(struct coverage_book *book, uint32_t host,
                                      struct slice name) {
    struct evidence_coverage *result = &book->result;
    if (result->row_count == COVERAGE_ROWS_MAX) {
        result->rows_left_out++;
        return NULL;
    }
    if (result->row_count == book->capacity) {
        book->capacity = book->capacity ? book->capacity * 2 : 256;
        result->rows = memory_resize(result->rows, book->capacity, sizeof *result->rows);
    }
    struct coverage_row *row = &result->rows[result->row_count++];
    *row = (struct coverage_row){.host = host,
                                 .name = arena_keep(&book->arena, name),
                                 .first_ns = CLOCK_NONE,
                                 .last_ns = CLOCK_NONE,
                                 .cleared_ns = CLOCK_NONE};
    return row;
}

// How many days in a row it may well have nothing to say.
static int32_t row_quiet_days(const struct relation *relation) {
    int32_t count = (int32_t)relation->day_count;
    int32_t span = relation->days[count - 1].day - relation->days[0].day + 1;
    if (count < DAYS_MIN)
        return INT32_MAX / 2;
    return DAYS_QUIET + DAYS_QUIET_A_PAUSE * (span - count) / count;
}

static void row_take_days(struct coverage_book *book, const struct relation *relation,
                          struct coverage_row *row) {
    if (relation->day_count == 0)
        return;
    int32_t quiet = row_quiet_days(relation);
    struct coverage_span *spans = arena_new(&book->arena, relation->day_count, sizeof *spans);
    if (!spans)
        return;
    for (uint32_t i = 0; i < relation->day_count; i++) {
        int32_t day = relation->days[i].day;
        if (row->span_count && day - spans[row->span_count - 1].last_day - 1 <= quiet)
            spans[row->span_count - 1].last_day = day;
        else
            spans[row->span_count++] = (struct coverage_span){day, day};
    }
    row->spans = spans;
    row->first_ns = relation->first_ns;
    row->last_ns = relation->last_ns;
}

static enum status row_take(void *context, struct relation *relation, struct problem *problem) {
    struct coverage_book *book = context;
    (void)problem;
    bool known = relation->to_host != RELATION_NO_HOST;
    struct slice name = known ? book->input->fleet->hosts[relation->to_host].name : relation->to;
    struct coverage_row *row = coverage_add_row(book, relation->to_host, name);
    if (!row)
        return STATUS_OK;
    row->log = arena_keep(&book->arena, relation->artefact);
    row->format = arena_keep(&book->arena, relation->detail[0]);
    row->records = relation->count;
    uint64_t span = relation->bytes_in_max - relation->bytes_in_min + 1;
    if (relation->bytes_in_max && span > relation->count)
        row->missing_records = span - relation->count;
    row_take_days(book, relation, row);
    bool is_short = row->first_ns != CLOCK_NONE && book->first_found_ns != CLOCK_NONE &&
                    (row->first_ns - book->first_found_ns) / DAY_NS > row_quiet_days(relation);
    if (is_short)
        row->state = COVERAGE_SHORT;
    else if (row->span_count > 1 || row->missing_records)
        row->state = COVERAGE_HOLES;
    return STATUS_OK;
}

static int row_compare(const void *left, const void *right) {
    const struct coverage_row *a = left, *b = right;
    int order = text_compare_fold_ascii(a->name, b->name);
    order = order ? order : slice_compare(a->name, b->name);
    order = order ? order : slice_compare(a->log, b->log);
    order = order ? order : slice_compare(a->format, b->format);
    return order ? order : a->host < b->host ? -1 : a->host > b->host;
}

struct clearing {
    struct coverage_book *book;
    uint32_t read_count; // rows of logs that were read
};

// A log that was cleared: its rows, or a row of its own where nothing is left of it.
static enum status row_clear(void *context, struct relation *relation, struct problem *problem) {
    const struct clearing *clearing = context;
    struct coverage_book *book = clearing->book;
    bool found = false;
    (void)problem;
    for (uint32_t i = 0; i < clearing->read_count; i++) {
        struct coverage_row *row = &book->result.rows[i];
        if (row->host != relation->to_host || row->host == RELATION_NO_HOST ||
            !text_equal_fold_ascii(row->log, relation->artefact))
            continue;
        found = true;
        row->state = COVERAGE_CLEARED;
        if (row->cleared_ns == CLOCK_NONE || relation->last_ns > row->cleared_ns)
            row->cleared_ns = relation->last_ns;
    }
    if (found || relation->to_host == RELATION_NO_HOST)
        return STATUS_OK;
    struct coverage_row *row = coverage_add_row(book, relation->to_host,
                                                book->input->fleet->hosts[relation->to_host].name);
    if (!row)
        return STATUS_OK;
    row->log = arena_keep(&book->arena, relation->artefact);
    row->state = COVERAGE_CLEARED;
    row->cleared_ns = relation->last_ns;
    return STATUS_OK;
}

static enum status coverage_read(struct coverage_book *book, struct problem *problem) {
    const struct relation_source *source = book->input->relations;
    enum status status = relation_source_each(source, RELATION_MASK(COVERAGE), RELATION_ORDER_TO,
                                              row_take, book, problem);
    struct clearing clearing = {book, book->result.row_count};
    return status == STATUS_OK
               ? relation_source_each(source, RELATION_MASK(LOG_CLEARED), RELATION_ORDER_TO,
                                      row_clear, &clearing, problem)
               : status;
}

static void first_of(int64_t *first_ns, int64_t time_ns) {
    if (time_ns != CLOCK_NONE && (*first_ns == CLOCK_NONE || time_ns < *first_ns))
        *first_ns = time_ns;
}

static int64_t first_found(const struct reconstruction *made) {
    int64_t first_ns = CLOCK_NONE;
    for (uint32_t i = 0; i < made->campaign_count + made->incident_count; i++) {
        const struct campaign *campaign = i < made->campaign_count
                                              ? &made->campaigns[i]
                                              : &made->incidents[i - made->campaign_count];
        for (uint32_t n = 0; n < campaign->stage_count; n++)
            first_of(&first_ns, campaign->stages[n].first_ns);
    }
    for (uint32_t i = 0; i < made->lead_count && first_ns == CLOCK_NONE; i++)
        first_of(&first_ns, made->leads[i].first_ns);
    return first_ns;
}

enum status evidence_coverage_new(const struct correlate_input *input,
                                  const struct reconstruction *made,
                                  struct evidence_coverage **ret_coverage,
                                  struct problem *problem) {
    struct coverage_book *book = memory_new(1, sizeof *book);
    arena_init(&book->arena, COVERAGE_BYTES);
    book->input = input;
    book->made = made;
    book->first_found_ns = first_found(made);
    enum status status = coverage_read(book, problem);
    if (status != STATUS_OK) {
        evidence_coverage_free(&book->result);
        return status;
    }
    coverage_ask_all(book);
    struct evidence_coverage *result = &book->result;
    if (result->row_count)
        qsort(result->rows, result->row_count, sizeof *result->rows, row_compare);
    for (uint32_t i = 0; i < result->row_count; i++)
        result->states[result->rows[i].state]++;
    book->input = NULL;
    book->made = NULL;
    *ret_coverage = result;
    return STATUS_OK;
}

void evidence_coverage_free(struct evidence_coverage *coverage) {
    struct coverage_book *book = (struct coverage_book *)coverage;
    if (!book)
        return;
    memory_free(book->result.rows);
    memory_free(book->asks);
    arena_done(&book->arena);
    memory_free(book);
}
