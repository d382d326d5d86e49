// Findings as CSV (RFC 4180)
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"

static void csv_begin(struct buffer *to) {
    buffer_append_text(to, "first,last,count,level,rule_id,rule,tags,host,account,provider,channel,"
                           "event_code,matched,file,record,line,offset,sha256\r\n");
}

static void csv_text(struct buffer *to, struct slice text) {
    text_append_csv(to, text);
    buffer_append_byte(to, ',');
}

static void csv_time(struct buffer *to, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    csv_text(to, slice_of(text, clock_format(time_ns, text)));
}

static void csv_number(struct buffer *to, uint64_t number, bool known) {
    if (known)
        buffer_append_u64(to, number);
    buffer_append_byte(to, ',');
}

static void csv_lists(struct buffer *to, const struct finding *finding, struct buffer *scratch) {
    buffer_reset(scratch);
    for (uint32_t i = 0; i < finding->rule->tag_count; i++) {
        if (i)
            buffer_append_byte(scratch, ' ');
        buffer_append_slice(scratch, finding->rule->tags[i]);
    }
    csv_text(to, buffer_slice(scratch));
    csv_text(to, finding->host);
    csv_text(to, finding->account);
    csv_text(to, finding->provider);
    csv_text(to, finding->channel);
    csv_number(to, (uint64_t)finding->code, finding->code >= 0);
    buffer_reset(scratch);
    for (uint32_t i = 0; i < finding->field_count; i++) {
        if (i)
            buffer_append_text(scratch, "; ");
        buffer_append_slice(scratch, finding->fields[i].name);
        buffer_append_byte(scratch, '=');
        buffer_append_slice(scratch, finding->fields[i].text);
    }
    csv_text(to, buffer_slice(scratch));
}

static void csv_finding(struct buffer *to, const struct finding *finding,
                        const struct source_names *names, bool first) {
    (void)first;
    struct buffer scratch;
    buffer_init(&scratch, SIZE_MAX / 2);
    const struct rule *rule = finding->rule;
    csv_time(to, finding->first_ns);
    csv_time(to, finding->last_ns);
    csv_number(to, finding->count, true);
    csv_text(to, slice_of_string(rule_level_text(rule->level)));
    csv_text(to, rule->id);
    csv_text(to, rule->title);
    csv_lists(to, finding, &scratch);
    const struct reference *reference = &finding->references[0];
    const struct position *position = &reference->position;
    csv_text(to, names->path(names->context, position->source));
    csv_number(to, position->record_id, position->line == 0);
    csv_number(to, position->line, position->line != 0);
    csv_number(to, position->offset, true);
    char hex[DIGEST_SHA256_HEX_SIZE];
    digest_hex(reference->sha256, hex);
    buffer_append_text(to, hex);
    buffer_append_text(to, "\r\n");
    buffer_done(&scratch);
}

static void csv_end(struct buffer *to, bool complete) {
    (void)to;
    (void)complete; // CSV has no place for it; the exit code and the summary say it
}

const struct output output_csv = {
    .name = "csv",
    .summary = "RFC 4180, formulas defused",
    .begin = csv_begin,
    .finding = csv_finding,
    .end = csv_end,
};
