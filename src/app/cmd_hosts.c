// vedette hosts
// SPDX-License-Identifier: Apache-2.0
#include "app/case_reading.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

static const struct option_row options[] = {
    {"format", 'f', OPTION_CHOICE, "FORMAT", "text|csv", "text",
     "a table, or everything known of each"},
    {"output", 'o', OPTION_PATH, "FILE", NULL, NULL, "into FILE; - is standard output"},
    {0},
};

enum {
    HOSTS_NAME_WIDTH = 20,
    HOSTS_TIME_SIZE = 16 // "2026-03-01T03:00"
};

static void hosts_pad(struct buffer *to, struct slice text, size_t width) {
    size_t from = to->size;
    text_append_terminal(to, text);
    do
        buffer_append_byte(to, ' ');
    while (to->size - from < width);
}

static void hosts_line(struct buffer *to, const struct campaign *campaign,
                       const struct campaign_host *host) {
    char time[CLOCK_TEXT_SIZE];
    struct slice first = slice_of(time, clock_format(host->first_ns, time));
    hosts_pad(to, host->name, HOSTS_NAME_WIDTH);
    hosts_pad(to, slice_of_string(host_state_name(host->state)), 11);
    hosts_pad(to, slice_part(first, 0, HOSTS_TIME_SIZE), HOSTS_TIME_SIZE + 2);
    text_append_terminal(to, host->best.reason);
    if (host->best.parent >= 0) {
        buffer_append_text(to, " from ");
        text_append_terminal(to, campaign->hosts[host->best.parent].name);
    }
    buffer_append_byte(to, '\n');
}

static void hosts_bystander(struct buffer *to, const struct bystander *host) {
    char time[CLOCK_TEXT_SIZE];
    struct slice first = slice_of(time, clock_format(host->first_ns, time));
    hosts_pad(to, host->name, HOSTS_NAME_WIDTH);
    hosts_pad(to, slice_of_string(host_state_name(host->state)), 11);
    hosts_pad(to, slice_part(first, 0, HOSTS_TIME_SIZE), HOSTS_TIME_SIZE + 2);
    text_append_terminal(to, host->reason);
    buffer_append_byte(to, '\n');
}

static void hosts_append(struct buffer *to, const struct campaign *campaigns, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct campaign *campaign = &campaigns[i];
        buffer_append_text(to, to->size ? "\n" : "");
        text_append_terminal(to, campaign->title);
        buffer_append_format(to, " (%s, %u hosts)\n",
                             campaign->is_incident ? "incident" : "campaign", campaign->host_count);
        for (uint32_t k = 0; k < campaign->host_count; k++)
            hosts_line(to, campaign, &campaign->hosts[k]);
        for (uint32_t k = 0; k < campaign->bystander_count; k++)
            hosts_bystander(to, &campaign->bystanders[k]);
    }
}

static enum exit_code hosts_run(const struct command_line *line) {
    struct case_reading reading;
    enum status status = case_reading_init(&reading, line, true);
    if (status == STATUS_OK)
        status = case_reading_tell(&reading, NULL);
    if (status != STATUS_OK)
        return case_reading_done(&reading, status);
    if (strcmp(command_line_text(line, "format"), "csv") == 0) {
        struct source_names names;
        struct report_input input;
        scan_story_input(&reading.story, reading.run, &names, &input);
        report_form_named("hosts")->append(&reading.text, &input);
    } else {
        const struct reconstruction *made = reading.story.made;
        hosts_append(&reading.text, made->campaigns, made->campaign_count);
        hosts_append(&reading.text, made->incidents, made->incident_count);
        if (!reading.text.size)
            buffer_append_text(&reading.text, "No host of the case is part of a campaign or an "
                                              "incident.\n");
    }
    return case_reading_done(&reading, case_reading_flush(&reading));
}

const struct command command_hosts = {
    .name = "hosts",
    .summary = "list the hosts of a case's campaigns and incidents",
    .operands = "CASE",
    .operands_min = 1,
    .text =
        "State, first compromise and parent of each host; with -f csv also artefacts to remove,\n"
        "accounts to reset and the tags of the records.",
    .options = options,
    .run = hosts_run,
};
