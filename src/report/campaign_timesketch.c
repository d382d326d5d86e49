// A reconstruction as a timeline for Timesketch
// SPDX-License-Identifier: Apache-2.0
#include "report/campaign_json.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/json_piece.h"
#include "report/stage_told.h"

#include <stdio.h>
#include <stdlib.h>

// What Timesketch asks of an import (tests/acceptance/check_exports.py holds it):
//  1. one JSON object a line, no array, in a file that ends in .jsonl;
//  2. message, datetime (ISO 8601) and timestamp_desc in each;
//  3. timestamp is an integer of microseconds since 1970, and the same time as datetime;
//  4. a field has one type in all lines: here all are texts but timestamp, and none is left out;
//  5. three lines at least: shorter files were refused.
// data_type says what a line came from, for its analysers to see it.

enum {
    TIMELINE_LINES_MIN = 3,
    MESSAGE_MAX = 1 << 14
};

static const int64_t MICROSECOND_NS = 1000;

// A record of a host, by its digest.
struct host_record {
    const uint8_t *sha256;
    struct slice host;
};

struct timeline {
    struct buffer *to;
    const struct report_input *input;
    const struct campaign *campaign; // NULL: leads
    struct host_record *records;     // of the campaign's hosts, sorted
    size_t record_count;
    struct buffer message; // scratch
    const char *tlp;
    uint32_t lines;
    int64_t last_ns; // of the last line
};

// One line before its record is known.
struct timeline_line {
    int64_t time_ns;
    struct slice message;
    const char *what; // timestamp_desc
    const char *stage;
    struct slice techniques, host;
    const struct reference *reference; // NULL: of no record
};

static int record_compare(const void *left, const void *right) {
    const struct host_record *a = left, *b = right;
    int order = memcmp(a->sha256, b->sha256, DIGEST_SHA256_SIZE);
    return order ? order : slice_compare(a->host, b->host);
}

static void timeline_index(struct timeline *timeline) {
    const struct campaign *campaign = timeline->campaign;
    size_t count = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        count += campaign->hosts[i].reference_count;
    timeline->records = memory_new(count + 1, sizeof *timeline->records);
    timeline->record_count = count;
    count = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        for (uint32_t k = 0; k < campaign->hosts[i].reference_count; k++)
            timeline->records[count++] = (struct host_record){
                campaign->hosts[i].references[k].sha256, campaign->hosts[i].name};
    qsort(timeline->records, count, sizeof *timeline->records, record_compare);
}

// The host whose record it is; empty when no host's list has it.
static struct slice timeline_host(const struct timeline *timeline, const uint8_t *sha256) {
    size_t low = 0, high = timeline->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(timeline->records[middle].sha256, sha256, DIGEST_SHA256_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < timeline->record_count &&
                   memcmp(timeline->records[low].sha256, sha256, DIGEST_SHA256_SIZE) == 0
               ? timeline->records[low].host
               : SLICE("");
}

static void line_time(struct buffer *to, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    int64_t part = time_ns % MICROSECOND_NS;
    int64_t whole_ns = time_ns - (part < 0 ? part + MICROSECOND_NS : part);
    size_t size = clock_format(whole_ns, text);
    json_key(to, "datetime", false);
    text_append_json(to, slice_of(text, size));
    buffer_append_format(to, ",\"timestamp\":%lld", (long long)(whole_ns / MICROSECOND_NS));
}

static void line_record(const struct timeline *timeline, const struct reference *reference) {
    struct buffer *to = timeline->to;
    char tag[TAG_SIZE] = "", hex[DIGEST_SHA256_HEX_SIZE] = "", position[40] = "";
    struct slice path = SLICE("");
    if (reference) {
        const struct source_names *names = timeline->input->names;
        const struct position *at = &reference->position;
        cited_tag(timeline->input->cited, reference, tag);
        digest_hex(reference->sha256, hex);
        path = names->path(names->context, at->source);
        snprintf(position, sizeof position, "%s %llu", at->line ? "line" : "record",
                 (unsigned long long)(at->line ? at->line : at->record_id));
    }
    bool evtx = path.size > 5 && text_ends_fold_ascii(path, SLICE(".evtx"));
    json_string(to, "data_type",
                slice_of_string(evtx ? "windows:evtx:record" : "vedette:evidence"));
    json_string(to, "evidence_tag", slice_of_string(tag));
    json_string(to, "source_file", path);
    json_string(to, "source_position", slice_of_string(position));
    json_string(to, "record_sha256", slice_of_string(hex));
}

static void timeline_line(struct timeline *timeline, const struct timeline_line *line) {
    struct buffer *to = timeline->to;
    const struct campaign *campaign = timeline->campaign;
    int64_t time_ns = line->time_ns;
    if (time_ns == CLOCK_NONE || time_ns == CLOCK_MAX)
        return;
    buffer_append_byte(to, '{');
    json_key(to, "message", true);
    text_append_json(to, line->message.size ? line->message : slice_of_string(line->what));
    line_time(to, time_ns);
    json_string(to, "timestamp_desc", slice_of_string(line->what));
    line_record(timeline, line->reference);
    struct slice host = line->host;
    if (host.size == 0 && line->reference && campaign)
        host = timeline_host(timeline, line->reference->sha256);
    json_string(to, "host", host);
    json_string(to, "campaign", campaign ? campaign->id : SLICE(""));
    json_string(to, "campaign_title", campaign ? campaign->title : SLICE(""));
    json_string(to, "stage", slice_of_string(line->stage));
    json_string(to, "techniques", line->techniques);
    json_string(to, "tlp", slice_of_string(timeline->tlp));
    buffer_append_text(to, "}\n");
    timeline->lines++;
    timeline->last_ns = time_ns;
}

static bool references_have(const struct reference *references, uint32_t count,
                            const struct reference *wanted) {
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(references[i].sha256, wanted->sha256, DIGEST_SHA256_SIZE) == 0)
            return true;
    return false;
}

// Those that a record is cited for, "T1190, T1505.003".
static void techniques_write(const struct campaign *campaign, const struct reference *reference,
                             struct buffer *text) {
    buffer_reset(text);
    for (uint32_t i = 0; i < campaign->technique_count; i++) {
        const struct campaign_technique *technique = &campaign->techniques[i];
        if (!references_have(technique->references, technique->reference_count, reference))
            continue;
        buffer_append_text(text, text->size ? ", " : "");
        buffer_append_slice(text, technique->id);
    }
}

// Each record once a stage, with the first sentence that stands on it.
static void timeline_stage(struct timeline *timeline, const struct campaign_stage *stage) {
    for (uint32_t i = 0; i < stage->sentence_count; i++) {
        const struct sentence *sentence = &stage->sentences[i];
        for (uint32_t k = 0; k < sentence->reference_count; k++) {
            const struct reference *reference = &sentence->references[k];
            bool before = references_have(sentence->references, k, reference);
            for (uint32_t n = 0; n < i && !before; n++)
                before = references_have(stage->sentences[n].references,
                                         stage->sentences[n].reference_count, reference);
            if (before)
                continue;
            techniques_write(timeline->campaign, reference, &timeline->message);
            struct timeline_line line = {
                .time_ns = reference->time_ns,
                .message = sentence->text,
                .what = stage_told_heading(stage),
                .stage = stage_name(stage->stage),
                .techniques = buffer_slice(&timeline->message),
                .reference = reference,
            };
            timeline_line(timeline, &line);
        }
    }
}

static void timeline_hosts(struct timeline *timeline) {
    const struct campaign *campaign = timeline->campaign;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        buffer_reset(&timeline->message);
        buffer_append_slice(&timeline->message, host->name);
        buffer_append_text(&timeline->message, ": ");
        buffer_append_slice(&timeline->message, host->best.reason);
        if (host->best.parent >= 0) {
            buffer_append_text(&timeline->message, ", from ");
            buffer_append_slice(&timeline->message, campaign->hosts[host->best.parent].name);
        }
        bool own = host->best.reference_count > 0;
        struct timeline_line line = {
            .time_ns = host->first_ns,
            .message = buffer_slice(&timeline->message),
            .what = "First compromise",
            .stage = "",
            .host = host->name,
            .reference = own                     ? &host->best.references[0]
                         : host->reference_count ? &host->references[0]
                                                 : NULL,
        };
        timeline_line(timeline, &line);
    }
}

static void timeline_thefts(struct timeline *timeline) {
    const struct campaign *campaign = timeline->campaign;
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        buffer_reset(&timeline->message);
        buffer_append_slice(&timeline->message, theft->what);
        if (theft->bytes)
            buffer_append_format(&timeline->message, ", %s%llu bytes",
                                 theft->at_least ? "at least " : "",
                                 (unsigned long long)theft->bytes);
        if (theft->destination.size) {
            buffer_append_text(&timeline->message, ", to ");
            buffer_append_slice(&timeline->message, theft->destination);
        }
        struct timeline_line line = {
            .time_ns = theft->first_ns,
            .message = buffer_slice(&timeline->message),
            .what = "Left the network",
            .stage = stage_name(STAGE_THEFT),
            .host = campaign->hosts[theft->host].name,
            .reference = theft->reference_count ? &theft->references[0] : NULL,
        };
        timeline_line(timeline, &line);
    }
}

static void timeline_campaign(struct timeline *timeline, const struct campaign *campaign) {
    timeline->campaign = campaign;
    timeline_index(timeline);
    timeline_hosts(timeline);
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        timeline_stage(timeline, &campaign->stages[i]);
    timeline_thefts(timeline);
    memory_free(timeline->records);
    timeline->records = NULL;
    timeline->record_count = 0;
    timeline->campaign = NULL;
}

static void timeline_leads(struct timeline *timeline) {
    const struct reconstruction *made = timeline->input->reconstruction;
    for (uint32_t i = 0; i < made->lead_count; i++)
        for (uint32_t k = 0; k < made->leads[i].reference_count; k++) {
            struct timeline_line line = {
                .time_ns = made->leads[i].references[k].time_ns,
                .message = made->leads[i].rule->title,
                .what = "Lead",
                .stage = "",
                .host = made->leads[i].host,
                .reference = &made->leads[i].references[k],
            };
            timeline_line(timeline, &line);
        }
}

void report_append_timesketch(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    struct timeline timeline = {.to = to, .input = input};
    timeline.tlp = marking_name(report_marking(input));
    buffer_init(&timeline.message, MESSAGE_MAX);
    for (uint32_t i = 0; i < made->campaign_count; i++)
        timeline_campaign(&timeline, &made->campaigns[i]);
    for (uint32_t i = 0; i < made->incident_count; i++)
        timeline_campaign(&timeline, &made->incidents[i]);
    timeline_leads(&timeline);
    while (timeline.lines && timeline.lines < TIMELINE_LINES_MIN) {
        struct timeline_line line = {
            .time_ns = timeline.last_ns,
            .message = SLICE("No event: importers refuse a timeline of fewer than three lines"),
            .what = "Filler",
            .stage = "",
        };
        timeline_line(&timeline, &line);
    }
    buffer_done(&timeline.message);
}
