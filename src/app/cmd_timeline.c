// vedette timeline
// SPDX-License-Identifier: Apache-2.0
#include "app/case_reading.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

static const struct option_row options[] = {
    {"host", 0, OPTION_LIST, "NAME", NULL, NULL, "only this host, with or without its domain"},
    {"from", 0, OPTION_TIME, "TIME", NULL, NULL, "only findings at or after TIME (UTC)"},
    {"until", 0, OPTION_TIME, "TIME", NULL, NULL, "only findings before TIME (UTC)"},
    {"min-level", 0, OPTION_CHOICE, "LEVEL", "informational|low|medium|high|critical", "medium",
     "leave out findings below LEVEL"},
    {"format", 'f', OPTION_CHOICE, "FORMAT", "text|csv|json", "text",
     "form of the rows; json: an object a line"},
    {"output", 'o', OPTION_PATH, "FILE", NULL, NULL, "into FILE; - is standard output"},
    {0},
};

enum {
    TIMELINE_FLUSH_BYTES = 256 << 10
};

struct timeline {
    struct case_reading reading;
    struct source_names names;
    int64_t from_ns, until_ns;
    enum rule_level level;
    const char *const *hosts;
    size_t host_count;
};

// A name stands for itself, and for what has it before a domain.
static bool timeline_is_host(struct slice host, struct slice name) {
    if (host.size > name.size && host.data[name.size] == '.')
        host.size = name.size;
    return text_equal_fold_ascii(host, name);
}

static bool timeline_wants(const struct timeline *timeline, const struct finding *finding) {
    if (finding->rule->level < timeline->level || finding->first_ns == CLOCK_NONE ||
        (timeline->from_ns != CLOCK_NONE && finding->last_ns < timeline->from_ns) ||
        (timeline->until_ns != CLOCK_NONE && finding->first_ns >= timeline->until_ns))
        return false;
    for (size_t i = 0; i < timeline->host_count; i++)
        if (timeline_is_host(finding->host, slice_of_string(timeline->hosts[i])))
            return true;
    return timeline->host_count == 0;
}

// Where the first record stands, as `vedette evidence` takes it.
static void timeline_place(const struct timeline *timeline, const struct finding *finding,
                           struct buffer *to) {
    const struct position *position = &finding->references[0].position;
    buffer_append_slice(to, timeline->names.path(timeline->names.context, position->source));
    buffer_append_byte(to, ':');
    buffer_append_u64(to, position->line ? position->line : position->record_id);
}

struct timeline_row {
    struct slice time, level, host, title, account, count, place;
};

static void timeline_text(struct buffer *to, const struct timeline_row *row) {
    const struct slice parts[] = {row->level, row->host, row->title, row->account, row->place};
    buffer_append_slice(to, slice_part(row->time, 0, 19));
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        buffer_append_text(to, i == 0 ? "  " : ", ");
        text_append_terminal(to, parts[i].size ? parts[i] : SLICE("-"));
    }
    if (!slice_equal(row->count, SLICE("1"))) {
        buffer_append_text(to, ", x");
        buffer_append_slice(to, row->count);
    }
    buffer_append_byte(to, '\n');
}

static void timeline_csv(struct buffer *to, const struct timeline_row *row) {
    const struct slice parts[] = {row->time,    row->level, row->host, row->title,
                                  row->account, row->count, row->place};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        buffer_append_text(to, i ? "," : "");
        text_append_csv(to, parts[i]);
    }
    buffer_append_text(to, "\r\n");
}

static void timeline_json(struct buffer *to, const struct timeline_row *row) {
    static const char *const NAMES[] = {"time", "level", "host", "title", "account", "record"};
    const struct slice parts[] = {row->time,  row->level,   row->host,
                                  row->title, row->account, row->place};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        buffer_append_format(to, "%s\"%s\":", i ? "," : "{", NAMES[i]);
        text_append_json(to, parts[i]);
    }
    buffer_append_text(to, ",\"count\":");
    buffer_append_slice(to, row->count);
    buffer_append_text(to, "}\n");
}

static void timeline_add(struct timeline *timeline, const struct finding *finding,
                         struct buffer *place) {
    const char *format = command_line_text(timeline->reading.line, "format");
    char time[CLOCK_TEXT_SIZE], count[24];
    buffer_reset(place);
    timeline_place(timeline, finding, place);
    snprintf(count, sizeof count, "%llu", (unsigned long long)finding->count);
    struct timeline_row row = {
        .time = slice_of(time, clock_format(finding->first_ns, time)),
        .level = slice_of_string(rule_level_text(finding->rule->level)),
        .host = finding->host,
        .title = finding->rule->title,
        .account = finding->account,
        .count = slice_of_string(count),
        .place = buffer_slice(place),
    };
    if (strcmp(format, "csv") == 0)
        timeline_csv(&timeline->reading.text, &row);
    else if (strcmp(format, "json") == 0)
        timeline_json(&timeline->reading.text, &row);
    else
        timeline_text(&timeline->reading.text, &row);
}

static enum status timeline_say(struct timeline *timeline) {
    struct case_reading *reading = &timeline->reading;
    struct report_input input;
    struct buffer place;
    scan_story_input(&reading->story, reading->run, &timeline->names, &input);
    buffer_init(&place, TIMELINE_FLUSH_BYTES);
    struct finding *finding = memory_new(1, sizeof *finding);
    enum status status = pipeline_rewind(reading->run, &reading->problem);
    bool more = true;
    if (strcmp(command_line_text(reading->line, "format"), "csv") == 0)
        buffer_append_text(&reading->text, "time,level,host,title,account,count,record\r\n");
    while (status == STATUS_OK) {
        status = pipeline_next(reading->run, finding, &more, &reading->problem);
        if (status != STATUS_OK || !more)
            break;
        if (timeline_wants(timeline, finding))
            timeline_add(timeline, finding, &place);
        if (reading->text.size > TIMELINE_FLUSH_BYTES)
            status = case_reading_flush(reading);
    }
    memory_free(finding);
    buffer_done(&place);
    return status == STATUS_OK ? case_reading_flush(reading) : status;
}

static enum exit_code timeline_run(const struct command_line *line) {
    struct timeline timeline = {.from_ns = command_line_time(line, "from"),
                                .until_ns = command_line_time(line, "until")};
    timeline.hosts = command_line_list(line, "host", &timeline.host_count);
    rule_level_parse(slice_of_string(command_line_text(line, "min-level")), &timeline.level);
    enum status status = case_reading_init(&timeline.reading, line, true);
    if (status == STATUS_OK)
        status = case_reading_tell(&timeline.reading, NULL);
    if (status == STATUS_OK)
        status = timeline_say(&timeline);
    return case_reading_done(&timeline.reading, status);
}

const struct command command_timeline = {
    .name = "timeline",
    .summary = "print the findings of a case in the order of time",
    .operands = "CASE",
    .operands_min = 1,
    .text =
        "A row a finding: when it was first seen, level, host, what was found, account, and the\n"
        "record it stands on.",
    .options = options,
    .run = timeline_run,
};
