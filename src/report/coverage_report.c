// Which logs there are, which to ask for
// SPDX-License-Identifier: Apache-2.0
#include "report/campaign_json.h"

#include "base/clock.h"
#include "base/text.h"

enum {
    SCREEN_ROWS_MAX = 6,
    SCREEN_ASKS_MAX = 5,
    SCREEN_SPANS_MAX = 512
};

static const int64_t DAY_NS = 86400000000000;

// "2026-03-01"
static size_t day_format(int32_t day, char text[CLOCK_TEXT_SIZE]) {
    return clock_format((int64_t)day * DAY_NS, text) < 10 ? 0 : 10;
}

static void append_time(struct buffer *to, const char *name, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    buffer_append_format(to, ",\"%s\":", name);
    if (size)
        text_append_json(to, slice_of(text, size));
    else
        buffer_append_text(to, "null");
}

static void append_row(struct buffer *to, const struct coverage_row *row) {
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    buffer_append_text(to, "{\"host\":");
    text_append_json(to, row->name);
    buffer_append_text(to, ",\"log\":");
    text_append_json(to, row->log);
    buffer_append_text(to, ",\"format\":");
    text_append_json(to, row->format);
    buffer_append_format(to, ",\"state\":\"%s\",\"records\":%llu,\"missing_records\":%llu",
                         coverage_state_name(row->state), (unsigned long long)row->records,
                         (unsigned long long)row->missing_records);
    append_time(to, "first", row->first_ns);
    append_time(to, "last", row->last_ns);
    append_time(to, "cleared", row->cleared_ns);
    buffer_append_text(to, ",\"days\":[");
    for (uint32_t i = 0; i < row->span_count && i < SCREEN_SPANS_MAX; i++) {
        day_format(row->spans[i].first_day, first);
        day_format(row->spans[i].last_day, last);
        buffer_append_format(to, "%s[\"%.10s\",\"%.10s\"]", i ? "," : "", first, last);
    }
    buffer_append_text(to, "]}");
}

void report_append_coverage(struct buffer *to, const struct evidence_coverage *coverage) {
    buffer_append_text(to, ",\"coverage\":[");
    for (uint32_t i = 0; coverage && i < coverage->row_count; i++) {
        buffer_append_text(to, i ? "," : "");
        append_row(to, &coverage->rows[i]);
    }
    buffer_append_text(to, "],\"ask_next\":[");
    for (uint32_t i = 0; coverage && i < coverage->ask_count; i++) {
        const struct coverage_ask *ask = &coverage->asks[i];
        buffer_append_text(to, i ? ",{\"host\":" : "{\"host\":");
        text_append_json(to, ask->host);
        buffer_append_text(to, ",\"log\":");
        text_append_json(to, ask->log);
        buffer_append_text(to, ",\"path\":");
        text_append_json(to, ask->path);
        buffer_append_text(to, ",\"decides\":");
        text_append_json(to, ask->why);
        buffer_append_format(to, ",\"weight\":%u}", ask->weight);
    }
    buffer_append_byte(to, ']');
}

// When a log was cleared, or begins; what its line says.
static int64_t row_since(const struct coverage_row *row) {
    return row->state == COVERAGE_CLEARED ? row->cleared_ns : row->first_ns;
}

// Rows of one host in one state since one day are one line.
static bool rows_alike(const struct coverage_row *a, const struct coverage_row *b) {
    return slice_equal(a->name, b->name) && a->state == b->state &&
           row_since(a) / DAY_NS == row_since(b) / DAY_NS;
}

static bool row_told(const struct evidence_coverage *coverage, uint32_t number) {
    const struct coverage_row *row = &coverage->rows[number];
    for (uint32_t i = number; i-- > 0 && slice_equal(coverage->rows[i].name, row->name);)
        if (rows_alike(&coverage->rows[i], row))
            return true;
    return false;
}

static void screen_row(struct buffer *to, const struct evidence_coverage *coverage,
                       uint32_t number) {
    const struct coverage_row *row = &coverage->rows[number];
    char time[CLOCK_TEXT_SIZE];
    uint32_t logs = 0;
    buffer_append_text(to, "  ");
    text_append_terminal(to, text_cut(row->name, 40));
    for (uint32_t i = number;
         i < coverage->row_count && slice_equal(coverage->rows[i].name, row->name); i++) {
        if (!rows_alike(&coverage->rows[i], row))
            continue;
        buffer_append_text(to, logs++ ? ", " : ": ");
        text_append_terminal(to, text_cut(coverage->rows[i].log, 60));
    }
    const char *verb = row->state == COVERAGE_CLEARED ? (logs == 1 ? "was cleared" : "were cleared")
                       : logs == 1                    ? "begins"
                                                      : "begin";
    if (clock_format(row_since(row), time) >= 10)
        buffer_append_format(to, " %s on %.10s%s\n", verb, time,
                             row->state == COVERAGE_SHORT ? " only" : "");
    else
        buffer_append_format(to, " %s\n", verb);
}

static void screen_rows(struct buffer *to, const struct evidence_coverage *coverage) {
    static const enum coverage_state WORST_FIRST[] = {COVERAGE_CLEARED, COVERAGE_SHORT};
    unsigned shown = 0, more = 0;
    for (size_t s = 0; s < ARRAY_SIZE(WORST_FIRST); s++)
        for (uint32_t i = 0; i < coverage->row_count; i++) {
            if (coverage->rows[i].state != WORST_FIRST[s] || row_told(coverage, i))
                continue;
            if (shown < SCREEN_ROWS_MAX) {
                screen_row(to, coverage, i);
                shown++;
            } else {
                more++;
            }
        }
    if (more)
        buffer_append_format(to, "  and %u more, which the report lists\n", more);
}

static bool asked_before(const struct evidence_coverage *coverage, uint32_t number) {
    for (uint32_t i = 0; i < number; i++)
        if (slice_equal(coverage->asks[i].log, coverage->asks[number].log) &&
            slice_equal(coverage->asks[i].path, coverage->asks[number].path))
            return true;
    return false;
}

// The same log of several hosts is one line.
static void screen_ask(struct buffer *to, const struct evidence_coverage *coverage,
                       uint32_t number) {
    const struct coverage_ask *ask = &coverage->asks[number];
    uint32_t others = 0;
    for (uint32_t i = number + 1; i < coverage->ask_count; i++)
        others += slice_equal(coverage->asks[i].log, ask->log) &&
                  slice_equal(coverage->asks[i].path, ask->path);
    text_append_terminal(to, text_cut(ask->log, 60));
    if (ask->host.size) {
        buffer_append_text(to, " of ");
        text_append_terminal(to, text_cut(ask->host, 40));
    }
    if (others)
        buffer_append_format(to, " and %u more host%s", others, others == 1 ? "" : "s");
    buffer_append_text(to, ": ");
    text_append_terminal(to, ask->why);
    buffer_append_text(to, "\n       ");
    text_append_terminal(to, ask->path);
    buffer_append_byte(to, '\n');
}

void report_append_missing(struct buffer *to, const struct evidence_coverage *coverage) {
    if (!coverage || coverage->row_count == 0)
        return;
    const uint32_t *states = coverage->states;
    buffer_append_format(to,
                         "\nLogs: %u whole, %u with holes, %u too short, %u cleared, %u missing\n",
                         states[COVERAGE_PRESENT], states[COVERAGE_HOLES], states[COVERAGE_SHORT],
                         states[COVERAGE_CLEARED], states[COVERAGE_MISSING]);
    screen_rows(to, coverage);
    if (coverage->ask_count == 0)
        return;
    buffer_append_text(to, "\nAsk for next, what decides most first\n");
    unsigned shown = 0;
    for (uint32_t i = 0; i < coverage->ask_count && shown < SCREEN_ASKS_MAX; i++)
        if (!asked_before(coverage, i)) {
            buffer_append_format(to, "    %u. ", ++shown);
            screen_ask(to, coverage, i);
        }
}
