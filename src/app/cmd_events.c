// vedette events
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/event_run.h"
#include "base/text.h"
#include "normalise/normalise.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

static const struct option_row options[] = {
    {"raw", 0, OPTION_FLAG, NULL, NULL, NULL,
     "the structure of evtx_dump (Event/System/EventData) instead of ECS names"},
    {"format", 'f', OPTION_CHOICE, "FORMAT", "jsonl|csv", "jsonl", "form of the output"},
    {"record", 0, OPTION_LIST, "N", NULL, NULL, "only this record id, or line number"},
    {"id", 0, OPTION_LIST, "N", NULL, NULL, "only this event id"},
    {"channel", 0, OPTION_LIST, "NAME", NULL, NULL, "only this channel"},
    {"host", 0, OPTION_LIST, "NAME", NULL, NULL,
     "only events of this host; evidence that names none is taken to be its own"},
    {"since", 0, OPTION_TIME, "TIME", NULL, NULL, "only events at or after TIME (UTC)"},
    {"until", 0, OPTION_TIME, "TIME", NULL, NULL, "only events before TIME (UTC)"},
    {"files", 0, OPTION_FLAG, NULL, NULL, NULL,
     "also files that are no log: hashes, program facts, script measures"},
    {"sha256-only", 0, OPTION_FLAG, NULL, NULL, NULL,
     "of files SHA-256 alone, at three times the speed; lists of SHA-1 and MD5 then find none"},
    {"recover", 0, OPTION_FLAG, NULL, NULL, NULL, "also read records in slack and free space"},
    {"collected", 0, OPTION_TIME, "TIME", NULL, NULL,
     "when the evidence was taken (now): gives their year to logs that write none"},
    {"count", 0, OPTION_FLAG, NULL, NULL, NULL, "print how many there are, and nothing else"},
    {0},
};

enum {
    EVENTS_TEXT_MAX = 512 << 20,
    EVENTS_FLUSH_BYTES = 1 << 18
};

struct events {
    struct buffer text;
    struct buffer cell;
    bool raw, csv, count_only, failed;
    uint64_t count;
};

static void events_flush(struct events *events) {
    struct slice text = buffer_slice(&events->text);
    if (events->failed) {
        // It was said.
    } else if (events->text.failed) {
        fprintf(stderr, "vedette events: more than %d bytes in one event\n", EVENTS_TEXT_MAX);
        events->failed = true;
    } else if (text.size && fwrite(text.data, 1, text.size, stdout) != text.size) {
        perror("vedette events: write standard output");
        events->failed = true;
    }
    buffer_reset(&events->text);
}

static void events_append_json(const struct events *events, const struct event *event,
                               struct buffer *to) {
    if (events->raw)
        event_append_raw_json(event, to);
    else
        normalise_append_ecs(event, to);
}

static void events_csv(struct events *events, const struct event *event, struct slice host,
                       struct slice path) {
    struct buffer *to = &events->text;
    char time[CLOCK_TEXT_SIZE];
    buffer_append(to, time, clock_format(event->time_ns, time));
    buffer_append_byte(to, ',');
    buffer_reset(&events->cell);
    value_append_text(event_role_value(event, FIELD_ROLE_COMPUTER), &events->cell);
    text_append_csv(to, events->cell.size ? buffer_slice(&events->cell) : host);
    buffer_append_byte(to, ',');
    text_append_csv(to, event->event_class->channel);
    buffer_append_byte(to, ',');
    text_append_csv(to, event->event_class->provider);
    buffer_append_byte(to, ',');
    if (event->event_class->code >= 0)
        buffer_append_i64(to, event->event_class->code);
    bool line = event->position.line != 0;
    buffer_append_byte(to, ',');
    buffer_append_u64(to, line ? event->position.line : event->position.record_id);
    buffer_append_byte(to, ',');
    text_append_csv(to, path);
    buffer_append_byte(to, ',');
    buffer_reset(&events->cell);
    events_append_json(events, event, &events->cell);
    text_append_csv(to, buffer_slice(&events->cell));
    buffer_append_text(to, "\r\n");
}

static bool events_event(void *context, const struct event *event, struct slice host,
                         struct slice path) {
    struct events *events = context;
    events->count++;
    if (events->count_only)
        return true;
    if (events->csv) {
        events_csv(events, event, host, path);
    } else {
        events_append_json(events, event, &events->text);
        buffer_append_byte(&events->text, '\n');
    }
    if (events->text.size > EVENTS_FLUSH_BYTES)
        events_flush(events);
    return !events->failed;
}

static enum exit_code events_run(const struct command_line *line) {
    struct events events = {
        .raw = command_line_flag(line, "raw"),
        .csv = strcmp(command_line_text(line, "format"), "csv") == 0,
        .count_only = command_line_flag(line, "count"),
    };
    struct event_run run = {
        .line = line, .paths = line->operands, .path_count = line->operand_count};
    run.options.recover = command_line_flag(line, "recover");
    run.options.files = command_line_flag(line, "files");
    run.options.sha256_only = command_line_flag(line, "sha256-only");
    run.options.collected_ns = command_line_collected(line);
    struct event_filter *filter = &run.options.filter;
    filter->since_ns = command_line_time(line, "since");
    filter->until_ns = command_line_time(line, "until");
    filter->hosts = command_line_list(line, "host", &filter->host_count);
    filter->channels = command_line_list(line, "channel", &filter->channel_count);
    filter->codes = command_line_list(line, "id", &filter->code_count);
    filter->records = command_line_list(line, "record", &filter->record_count);
    run.options.host = filter->host_count == 1 ? filter->hosts[0] : NULL;
    buffer_init(&events.text, EVENTS_TEXT_MAX);
    buffer_init(&events.cell, EVENTS_TEXT_MAX);
    if (events.csv && !events.count_only)
        buffer_append_text(&events.text,
                           "@timestamp,host,channel,provider,event_code,record,file,event\r\n");
    enum exit_code code = event_run(&run, events_event, &events);
    events_flush(&events);
    if (events.count_only)
        printf("%llu\n", (unsigned long long)events.count);
    buffer_done(&events.text);
    buffer_done(&events.cell);
    return events.failed ? EXIT_TROUBLE : code;
}

const struct command command_events = {
    .name = "events",
    .summary = "decode evidence and print its events",
    .operands = "PATH...",
    .operands_min = 1,
    .text = "Prints every event as one JSON object a line under ECS names, or with --raw in the\n"
            "structure that evtx_dump prints. Damage is told on standard error.",
    .options = options,
    .run = events_run,
};
