// Findings as lines for a person
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"

enum {
    TABLE_VALUE_MAX = 160,
    TABLE_FIELDS_MAX = 4
};

static void lines_begin(struct buffer *to) {
    (void)to;
}

static void lines_value(struct buffer *to, struct slice text) {
    text_append_terminal(to, text_cut(text, TABLE_VALUE_MAX));
    if (text.size > TABLE_VALUE_MAX)
        buffer_append_text(to, "...");
}

//   2021-04-22 09:14:01  critical  MX01  Webshell child process (x3)
//       account CONTOSO\admin
//       CommandLine: cmd /c whoami
//       MX01/Security.evtx record 4711
static void lines_finding(struct buffer *to, const struct finding *finding,
                          const struct source_names *names, bool first) {
    (void)first;
    char time[CLOCK_TEXT_SIZE];
    if (clock_format(finding->first_ns, time) >= 19) {
        time[10] = ' ';
        time[19] = '\0';
    }
    buffer_append_format(to, "%-19s  %-13s  ", time, rule_level_text(finding->rule->level));
    lines_value(to, finding->host.size ? finding->host : SLICE("(no host)"));
    buffer_append_text(to, "  ");
    lines_value(to, finding->rule->title);
    if (finding->count > 1)
        buffer_append_format(to, "  (x%llu)", (unsigned long long)finding->count);
    buffer_append_byte(to, '\n');
    if (finding->account.size) {
        buffer_append_text(to, "    account ");
        lines_value(to, finding->account);
        buffer_append_byte(to, '\n');
    }
    for (uint32_t i = 0; i < finding->field_count && i < TABLE_FIELDS_MAX; i++) {
        buffer_append_text(to, "    ");
        lines_value(to, finding->fields[i].name);
        buffer_append_text(to, ": ");
        lines_value(to, finding->fields[i].text);
        buffer_append_byte(to, '\n');
    }
    const struct position *position = &finding->references[0].position;
    buffer_append_text(to, "    ");
    text_append_terminal(to, names->path(names->context, position->source));
    bool line = position->line != 0;
    buffer_append_format(to, line ? " line %llu\n" : " record %llu\n",
                         (unsigned long long)(line ? position->line : position->record_id));
}

static void lines_end(struct buffer *to, bool complete) {
    if (!complete)
        buffer_append_text(to, "(interrupted: not all evidence was read)\n");
}

const struct output output_table = {
    .name = "table",
    .summary = "lines for a person",
    .begin = lines_begin,
    .finding = lines_finding,
    .end = lines_end,
};
