// A worker's part of what is kept
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/worker_keep.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>

enum {
    KEEP_BYTES = 32 << 20 // of one file, before it is put away
};

static void keep_pack_gap(struct buffer *to, const struct gap_sum *gap) {
    struct kept_gap row;
    memset(&row, 0, sizeof row);
    row.source = gap->source;
    row.reason_size = (uint32_t)strlen(gap->reason);
    row.count = gap->count;
    row.bytes = gap->bytes;
    row.records = gap->records;
    row.offset = gap->offset;
    buffer_append(to, &row, sizeof row);
    buffer_append(to, gap->reason, row.reason_size);
}

static void keep_reset_counts(struct worker_keep *keep) {
    *keep->counts = (struct pipeline_counts){.first_ns = CLOCK_NONE, .last_ns = CLOCK_NONE};
}

// What the worker has is of the piece's file.
static enum status keep_put_away(struct worker_keep *keep, struct problem *problem) {
    struct keeper_piece *piece = keep->piece;
    if (keep->matcher) {
        uint64_t limits = matcher_regex_limit_count(keep->matcher);
        keep->counts->regex_limits = limits - keep->regex_limits;
        keep->regex_limits = limits;
    }
    enum status status = STATUS_OK;
    if (keep->collector)
        status = collector_pack(keep->collector, &piece->findings, problem);
    if (status == STATUS_OK && keep->correlator)
        status = correlator_pack(keep->correlator, &piece->notes, problem);
    if (status == STATUS_OK && keep->relater)
        status = relater_pack(keep->relater, &piece->relations, problem);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < keep->gaps->count; i++)
        keep_pack_gap(&piece->gaps, &keep->gaps->rows[i]);
    buffer_append(&piece->counts, keep->counts, sizeof *keep->counts);
    struct slice path = intake_source(keep->intake, piece->top)->path;
    if (piece->findings.failed || piece->notes.failed || piece->relations.failed ||
        piece->gaps.failed)
        return problem_set(problem, STATUS_LIMIT, "%.*s gives more than a case can take up at once",
                           (int)path.size, (const char *)path.data);
    if (keep->gaps->count) {
        gap_table_done(keep->gaps);
        gap_table_init(keep->gaps);
    }
    keep_reset_counts(keep);
    keep->piece = NULL;
    keep->bytes = 0;
    keeper_push(keep->keeper, piece);
    return STATUS_OK;
}

enum status worker_keep_begin(struct worker_keep *keep, const struct unit *unit,
                              struct problem *problem) {
    const struct source *source = intake_source(keep->intake, unit->source);
    enum status status = STATUS_OK;
    if (keep->piece && (keep->piece->top != source->top || keep->bytes > KEEP_BYTES))
        status = keep_put_away(keep, problem);
    if (status != STATUS_OK)
        return status;
    if (!keep->piece)
        keep->piece = keeper_piece_new(source->top);
    struct keeper_unit row;
    memset(&row, 0, sizeof row);
    row.number = unit->source;
    row.sequence = source->sequence;
    row.offset = unit->offset;
    row.size = unit->size;
    buffer_append(&keep->piece->units, &row, sizeof row);
    keep->piece->unit_count++;
    keep->bytes += unit->size;
    return STATUS_OK;
}

enum status worker_keep_end(struct worker_keep *keep, struct problem *problem) {
    return keep->piece ? keep_put_away(keep, problem) : STATUS_OK;
}

void worker_keep_done(struct worker_keep *keep) {
    gap_table_done(&keep->intake_gaps);
    keeper_piece_free(keep->piece);
    keep->piece = NULL;
}

void worker_keep_intake_gap(void *context, const struct gap *gap) {
    struct worker_keep *keep = context;
    gap_table_add(&keep->intake_gaps, gap);
}

void worker_keep_intake_gaps(struct worker_keep *keep) {
    struct gap_table *gaps = &keep->intake_gaps;
    for (size_t i = 0; i < gaps->count; i++) {
        const struct source *source = intake_source(keep->intake, gaps->rows[i].source);
        struct keeper_piece *piece = keeper_piece_new(source->top);
        keep_pack_gap(&piece->gaps, &gaps->rows[i]);
        struct pipeline_counts none = {.first_ns = CLOCK_NONE, .last_ns = CLOCK_NONE};
        buffer_append(&piece->counts, &none, sizeof none);
        keeper_push(keep->keeper, piece);
    }
    if (gaps->count) {
        gap_table_done(gaps);
        gap_table_init(gaps);
    }
}
