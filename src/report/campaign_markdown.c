// A threat report in Markdown
// SPDX-License-Identifier: Apache-2.0
#include "report/campaign_json.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/indicator_list.h"
#include "report/stage_told.h"
#include "report/technique.h"
#include "report/verdict_list.h"

enum {
    TARGETS_MAX = 200,
    ARTEFACTS_MAX = 60,
    SENTENCE_TAGS_MAX = 6
};

static void mark_tags(struct buffer *to, const struct report_input *input,
                      const struct reference *references, uint32_t count) {
    for (uint32_t i = 0; i < count && i < SENTENCE_TAGS_MAX; i++) {
        char tag[TAG_SIZE];
        cited_tag(input->cited, &references[i], tag);
        buffer_append_format(to, " [%s](#%s)", tag, tag);
    }
}

static void mark_sentences(struct buffer *to, const struct report_input *input, const char *bullet,
                           const struct sentence *sentences, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        buffer_append_text(to, bullet);
        text_append_markdown(to, sentences[i].text);
        mark_tags(to, input, sentences[i].references, sentences[i].reference_count);
        buffer_append_byte(to, '\n');
    }
}

static void mark_activity(struct buffer *to, const struct report_input *input,
                          const struct campaign *campaign) {
    buffer_append_text(to, "\n### Attribution\n\nNone: the evidence names hosts, accounts and "
                           "addresses, not people.");
    if (campaign->host_count)
        mark_tags(to, input, campaign->hosts[0].best.references,
                  campaign->hosts[0].best.reference_count);
    buffer_append_text(to, "\n\n### Activity\n\nConfidence ");
    text_append_markdown(to, campaign->confidence);
    buffer_append_text(to, "\n");
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        const char *note = stage_told_note(stage);
        buffer_append_format(to, "\n**%s**, ", stage_told_heading(stage));
        text_append_minute(to, stage->first_ns, "unknown");
        buffer_append_text(to, " to ");
        text_append_minute(to, stage->last_ns, "unknown");
        buffer_append_format(to, " UTC%s%s\n\n", note ? ". " : "", note ? note : "");
        mark_sentences(to, input, "- ", stage->sentences, stage->sentence_count);
    }
}

// The first stage that shows a technique.
static const struct campaign_stage *technique_stage(const struct campaign *campaign,
                                                    const struct technique_told *told) {
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        if (told->stages >> campaign->stages[i].stage & 1)
            return &campaign->stages[i];
    return NULL;
}

static void mark_technique(struct buffer *to, const struct report_input *input,
                           const struct campaign *campaign, const struct technique_told *told) {
    const struct campaign_stage *stage = technique_stage(campaign, told);
    buffer_append_format(to, "| %s | ", told->known ? tactic_name(told->known->tactic) : "");
    text_append_markdown(to, told->id);
    if (told->known)
        buffer_append_format(to, " %s", told->known->name);
    buffer_append_format(to, " | %s | ", stage ? stage_told_heading(stage) : "");
    text_append_minute(to, told->first_ns, "unknown");
    buffer_append_text(to, " |");
    mark_tags(to, input, told->references, told->reference_count);
    buffer_append_text(to, " |\n");
}

static void mark_techniques(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign, const struct technique_told *told,
                            uint32_t count) {
    buffer_append_text(to,
                       "\n### Tactics, Techniques and Procedures\n\n| Tactic | ATT&CK technique "
                       "| Stage | First | Evidence |\n|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < count; i++)
        mark_technique(to, input, campaign, &told[i]);
}

static void mark_targets(struct buffer *to, const struct report_input *input,
                         const struct campaign *campaign) {
    buffer_append_text(to, "\n### Targeting\n\n| Host | State | First | From | How | Evidence "
                           "|\n|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < campaign->host_count && i < TARGETS_MAX; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        buffer_append_text(to, "| ");
        text_append_markdown(to, host->name);
        buffer_append_format(to, " | %s | ", host_state_name(host->state));
        text_append_minute(to, host->first_ns, "unknown");
        buffer_append_text(to, " | ");
        if (host->best.parent < 0)
            buffer_append_text(to, host->best.is_outside ? "outside" : "not known");
        else
            text_append_markdown(to, campaign->hosts[host->best.parent].name);
        buffer_append_text(to, " | ");
        text_append_markdown(to, host->best.reason);
        buffer_append_text(to, " |");
        mark_tags(to, input, host->references, host->reference_count);
        buffer_append_text(to, " |\n");
    }
    if (campaign->exposed_count + campaign->cleared_count)
        buffer_append_format(to,
                             "\n%u more hosts could have been reached and are exposed, since their "
                             "own logs cannot tell; %u are cleared by theirs.\n",
                             campaign->exposed_count, campaign->cleared_count);
    if (campaign->host_count > TARGETS_MAX)
        buffer_append_format(to, "\n%u more hosts stand in the list of hosts.\n",
                             campaign->host_count - TARGETS_MAX);
}

static void mark_tools(struct buffer *to, const struct report_input *input,
                       const struct campaign *campaign) {
    buffer_append_text(to, "\n### Tools and Infrastructure\n\n");
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        buffer_append_text(to, "- Turned: ");
        text_append_markdown(to, campaign->hosts[campaign->servers[i].host].name);
        buffer_append_text(to, ", ");
        text_append_markdown(to, campaign->servers[i].role);
        mark_tags(to, input, campaign->servers[i].references, campaign->servers[i].reference_count);
        buffer_append_byte(to, '\n');
    }
    for (uint32_t i = 0; i < campaign->wave_count; i++) {
        buffer_append_format(to, "- Sent to %u hosts: ", campaign->waves[i].host_count);
        text_append_markdown(to, campaign->waves[i].artefact);
        mark_tags(to, input, campaign->waves[i].references, campaign->waves[i].reference_count);
        buffer_append_byte(to, '\n');
    }
    uint32_t count;
    struct indicator_told *rows = indicators_of(campaign, &count);
    for (uint32_t i = 0; i < count && i < ARTEFACTS_MAX; i++) {
        buffer_append_format(to, "- %s, %s: ", indicator_type_name(rows[i].type), rows[i].role);
        text_append_markdown(to, rows[i].value);
        mark_tags(to, input, rows[i].references, rows[i].reference_count);
        buffer_append_byte(to, '\n');
    }
    memory_free(rows);
    if (count > ARTEFACTS_MAX)
        buffer_append_format(to, "\n%u more stand in the list of indicators.\n",
                             count - ARTEFACTS_MAX);
}

static void mark_implications(struct buffer *to, const struct report_input *input,
                              const struct campaign *campaign) {
    buffer_append_text(to, "\n### Implications\n\n");
    if (campaign->theft_count == 0)
        buffer_append_text(to, "No theft shows in these logs.\n");
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        buffer_append_text(to, "- ");
        text_append_markdown(to, theft->what);
        buffer_append_format(to, ", %s%llu bytes from ", theft->at_least ? "at least " : "",
                             (unsigned long long)theft->bytes);
        text_append_markdown(to, campaign->hosts[theft->host].name);
        if (theft->destination.size) {
            buffer_append_text(to, " to ");
            text_append_markdown(to, theft->destination);
        }
        buffer_append_text(to, theft->gathered_on.size ? ", inside, " : ", ");
        text_append_minute(to, theft->first_ns, "unknown");
        mark_tags(to, input, theft->references, theft->reference_count);
        buffer_append_byte(to, '\n');
    }
    if (campaign->unknown_count)
        buffer_append_text(to, "\nUnknown:\n\n");
    mark_sentences(to, input, "- ", campaign->unknowns, campaign->unknown_count);
}

static void mark_mitigations(struct buffer *to, const struct report_input *input,
                             const struct campaign *campaign, const struct technique_told *told,
                             uint32_t count) {
    buffer_append_text(to, "\n### Mitigations\n\n");
    mark_sentences(to, input, "1. ", campaign->remediation, campaign->remediation_count);
    buffer_append_text(to, "\n| Against | ATT&CK mitigations |\n|---|---|\n");
    for (uint32_t i = 0; i < count; i++) {
        struct slice rest = slice_of_string(told[i].known ? told[i].known->mitigations : "");
        bool first = true;
        for (struct slice id = technique_next(&rest); id.size; id = technique_next(&rest)) {
            if (first) {
                buffer_append_text(to, "| ");
                text_append_markdown(to, told[i].id);
                buffer_append_text(to, " | ");
            }
            buffer_append_text(to, first ? "" : ", ");
            buffer_append_slice(to, id);
            buffer_append_format(to, " %s", mitigation_name(id));
            first = false;
        }
        buffer_append_text(to, first ? "" : " |\n");
    }
}

static void mark_campaign(struct buffer *to, const struct report_input *input,
                          const struct campaign *campaign) {
    buffer_append_text(to, campaign->is_incident ? "\n## Incident: " : "\n## Campaign: ");
    text_append_markdown(to, campaign->title);
    buffer_append_text(to, "\n");
    struct technique_told *told = memory_new(TECHNIQUES_TOLD_MAX, sizeof *told);
    uint32_t count = techniques_of(campaign, told);
    mark_activity(to, input, campaign);
    mark_techniques(to, input, campaign, told, count);
    mark_targets(to, input, campaign);
    mark_tools(to, input, campaign);
    mark_implications(to, input, campaign);
    mark_mitigations(to, input, campaign, told, count);
    memory_free(told);
}

static void mark_evidence(struct buffer *to, const struct report_input *input) {
    buffer_append_text(to, "\n## Evidence\n\n| Tag | File | Line or record | Offset | Time (UTC) | "
                           "SHA-256 |\n|---|---|---|---|---|---|\n");
    for (uint32_t i = 0; i < input->cited->count; i++) {
        const struct reference *reference = &input->cited->references[i];
        const struct position *position = &reference->position;
        char tag[TAG_SIZE], hex[DIGEST_SHA256_HEX_SIZE], time[CLOCK_TEXT_SIZE];
        cited_tag(input->cited, reference, tag);
        digest_hex(reference->sha256, hex);
        size_t size = clock_format(reference->time_ns, time);
        buffer_append_format(to, "| <a id=\"%s\"></a>%s | ", tag, tag);
        text_append_markdown(to, input->names->path(input->names->context, position->source));
        buffer_append_format(
            to, " | %s %llu | %llu | %.*s | %s |\n", position->line ? "line" : "record",
            (unsigned long long)(position->line ? position->line : position->record_id),
            (unsigned long long)position->offset, (int)size, time, hex);
    }
}

void report_append_markdown(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    buffer_append_format(to,
                         "# Threat report\n\n%s. %u campaign%s, %u incident%s, %u lead%s. Times "
                         "are UTC. A tag names one record by its SHA-256.\n",
                         marking_name(report_marking(input)), made->campaign_count,
                         made->campaign_count == 1 ? "" : "s", made->incident_count,
                         made->incident_count == 1 ? "" : "s", made->lead_count,
                         made->lead_count == 1 ? "" : "s");
    if (input->interrupted)
        buffer_append_text(to, "\n**Interrupted: not all evidence was read.**\n");
    for (uint32_t i = 0; i < made->campaign_count; i++)
        mark_campaign(to, input, &made->campaigns[i]);
    for (uint32_t i = 0; i < made->incident_count; i++)
        mark_campaign(to, input, &made->incidents[i]);
    verdicts_append_markdown(to, input);
    mark_evidence(to, input);
}
