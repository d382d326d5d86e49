// vedette timeline
// SPDX-License-Identifier: Apache-2.0
#include "app/case_hosts.h"
#include "app/case_reading.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <string.h>

static const struct option_row options[] = {
    {"host", 0, OPTION_LIST, "NAME", NULL, NULL, "only this host, by any of its names; repeat"},
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
    struct case_hosts hosts; // of the case
    const char *const *wanted;
    const struct store_host **known; // which host of the case each wanted one is; NULL: none
    bool *seen;                      // findings have that name
    size_t wanted_count;
};

// A name stands for itself, and for what has it before a domain.
static bool timeline_is_host(struct slice host, struct slice name) {
    if (host.size > name.size && host.data[name.size] == '.')
        host.size = name.size;
    return text_equal_fold_ascii(host, name);
}

static bool timeline_wants_host(struct timeline *timeline, struct slice host) {
    bool wants = timeline->wanted_count == 0;
    for (size_t i = 0; i < timeline->wanted_count; i++)
        if (timeline_is_host(host, slice_of_string(timeline->wanted[i])) ||
            (timeline->known[i] && case_host_is_called(timeline->known[i], host)))
            wants = timeline->seen[i] = true;
    return wants;
}

static bool timeline_wants(struct timeline *timeline, const struct finding *finding) {
    bool wants = timeline_wants_host(timeline, finding->host);
    return wants && finding->rule->level >= timeline->level && finding->first_ns != CLOCK_NONE &&
           (timeline->from_ns == CLOCK_NONE || finding->last_ns >= timeline->from_ns) &&
           (timeline->until_ns == CLOCK_NONE || finding->first_ns < timeline->until_ns);
}

// The tag by which `verdict` and `evidence` take the first record: that of the reports, or, when
// none cites it, one of all digits.
static void timeline_tag(const struct timeline *timeline, const struct finding *finding,
                         char ret_tag[TAG_SIZE]) {
    const struct cited *cited = &timeline->reading.story.cited;
    const struct reference *first = &finding->references[0];
    ret_tag[0] = '\0';
    if (finding->reference_count == 0)
        return;
    if (cited_place(cited, first->sha256) != UINT32_MAX)
        cited_tag(cited, first, ret_tag);
    else
        tag_of(first->sha256, TAG_DIGITS_MAX, ret_tag);
}

// Where the first record stands, as `vedette evidence CASE` takes it.
static void timeline_place(const struct timeline *timeline, const struct finding *finding,
                           struct buffer *to) {
    const struct position *position = &finding->references[0].position;
    buffer_append_slice(to, timeline->names.path(timeline->names.context, position->source));
    buffer_append_byte(to, ':');
    buffer_append_u64(to, position->line ? position->line : position->record_id);
}

struct timeline_row {
    struct slice time, level, host, title, account, count, place, tag;
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
    if (row->tag.size) {
        buffer_append_text(to, " [");
        buffer_append_slice(to, row->tag);
        buffer_append_byte(to, ']');
    }
    buffer_append_byte(to, '\n');
}

static void timeline_csv(struct buffer *to, const struct timeline_row *row) {
    const struct slice parts[] = {row->time,    row->level, row->host,  row->title,
                                  row->account, row->count, row->place, row->tag};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        buffer_append_text(to, i ? "," : "");
        text_append_csv(to, parts[i]);
    }
    buffer_append_text(to, "\r\n");
}

static void timeline_json(struct buffer *to, const struct timeline_row *row) {
    static const char *const NAMES[] = {"time",    "level",  "host", "title",
                                        "account", "record", "tag"};
    const struct slice parts[] = {row->time,    row->level, row->host, row->title,
                                  row->account, row->place, row->tag};
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
    char time[CLOCK_TEXT_SIZE], count[24], tag[TAG_SIZE];
    timeline_tag(timeline, finding, tag);
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
        .tag = slice_of_string(tag),
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
        buffer_append_text(&reading->text, "time,level,host,title,account,count,record,tag\r\n");
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

static enum status timeline_find_hosts(struct timeline *timeline) {
    struct case_reading *reading = &timeline->reading;
    enum status status = case_hosts_read(reading->directory.store, &reading->directory.arena,
                                         &timeline->hosts, &reading->problem);
    for (size_t i = 0; i < timeline->wanted_count && status == STATUS_OK; i++)
        timeline->known[i] =
            case_hosts_find(&timeline->hosts, slice_of_string(timeline->wanted[i]));
    return status;
}

// A name that is none of the case's is a slip, not a host where nothing happened.
static enum status timeline_check_hosts(struct timeline *timeline) {
    for (size_t i = 0; i < timeline->wanted_count; i++)
        if (!timeline->known[i] && !timeline->seen[i])
            return problem_set(&timeline->reading.problem, STATUS_NOT_FOUND,
                               "no host %s in the case", timeline->wanted[i]);
    return STATUS_OK;
}

static enum exit_code timeline_run(const struct command_line *line) {
    struct timeline timeline = {.from_ns = command_line_time(line, "from"),
                                .until_ns = command_line_time(line, "until")};
    timeline.wanted = command_line_list(line, "host", &timeline.wanted_count);
    timeline.known = memory_new(timeline.wanted_count + 1, sizeof *timeline.known);
    timeline.seen = memory_new(timeline.wanted_count + 1, sizeof *timeline.seen);
    rule_level_parse(slice_of_string(command_line_text(line, "min-level")), &timeline.level);
    enum status status = case_reading_init(&timeline.reading, line, true);
    if (status == STATUS_OK)
        status = timeline_find_hosts(&timeline);
    if (status == STATUS_OK)
        status = case_reading_tell(&timeline.reading, NULL);
    if (status == STATUS_OK)
        status = timeline_say(&timeline);
    if (status == STATUS_OK)
        status = timeline_check_hosts(&timeline);
    case_hosts_done(&timeline.hosts);
    memory_free(timeline.known);
    memory_free(timeline.seen);
    return case_reading_done(&timeline.reading, status);
}

const struct command command_timeline = {
    .name = "timeline",
    .summary = "print the findings of a case in the order of time",
    .operands = "CASE",
    .operands_min = 1,
    .text =
        "A row a finding: when it was first seen, level, host, what was found, account, the "
        "record\n"
        "it stands on (the first of xN), and that record's tag. `vedette evidence CASE` takes the\n"
        "tag or the record as it is printed here, `vedette verdict CASE` the tag.",
    .options = options,
    .run = timeline_run,
};
