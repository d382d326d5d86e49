// A structured threat report for machines
// SPDX-License-Identifier: Apache-2.0
#include "report/campaign_json.h"

#include "base/memory.h"
#include "base/text.h"
#include "report/json_piece.h"
#include "report/indicator_list.h"
#include "report/technique.h"

// The sections of campaign_markdown.c as vedette.threat/1 (docs/report-schema.md). Every object
// that says something has a member "evidence" with at least one tag.

static void threat_list(struct buffer *to, const char *name) {
    json_key(to, name, false);
    buffer_append_byte(to, '[');
}

static void threat_next(struct buffer *to, bool *first) {
    buffer_append_text(to, *first ? "{" : ",{");
    *first = false;
}

static void threat_activity(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign) {
    bool first = true;
    threat_list(to, "activity");
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        threat_next(to, &first);
        json_key(to, "stage", true);
        text_append_json(to, slice_of_string(stage_name(stage->stage)));
        json_when(to, "first", stage->first_ns);
        json_when(to, "last", stage->last_ns);
        json_sentences(to, input, "story", stage->sentences, stage->sentence_count);
        json_tags(to, input, stage->references, stage->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

// A technique stands on the records of the findings that show it.
static void threat_technique(struct buffer *to, const struct report_input *input,
                             const struct campaign *campaign, const struct technique_told *told) {
    json_key(to, "technique", true);
    text_append_json(to, told->id);
    if (told->known) {
        json_string(to, "name", slice_of_string(told->known->name));
        json_string(to, "tactic", slice_of_string(tactic_name(told->known->tactic)));
        json_string(to, "tactic_id", slice_of_string(tactic_id(told->known->tactic)));
    }
    bool first = true;
    threat_list(to, "stages");
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        if (!(told->stages >> stage->stage & 1))
            continue;
        if (!first)
            buffer_append_byte(to, ',');
        first = false;
        text_append_json(to, slice_of_string(stage_name(stage->stage)));
    }
    buffer_append_byte(to, ']');
    json_tags(to, input, told->references, told->reference_count);
}

static void threat_mitigations(struct buffer *to, const struct report_input *input,
                               const struct campaign *campaign, const struct technique_told *told,
                               uint32_t count) {
    json_key(to, "mitigations", false);
    buffer_append_byte(to, '{');
    json_key(to, "steps", true);
    json_sentence_list(to, input, campaign->remediation, campaign->remediation_count);
    bool first = true;
    threat_list(to, "attack");
    for (uint32_t i = 0; i < count; i++) {
        struct slice rest = slice_of_string(told[i].known ? told[i].known->mitigations : "");
        for (struct slice id = technique_next(&rest); id.size; id = technique_next(&rest)) {
            threat_next(to, &first);
            json_key(to, "mitigation", true);
            text_append_json(to, id);
            json_string(to, "name", slice_of_string(mitigation_name(id)));
            json_string(to, "against", told[i].id);
            buffer_append_byte(to, '}');
        }
    }
    buffer_append_text(to, "]}");
}

static void threat_techniques(struct buffer *to, const struct report_input *input,
                              const struct campaign *campaign) {
    struct technique_told *told = memory_new(TECHNIQUES_TOLD_MAX, sizeof *told);
    uint32_t count = techniques_of(campaign, told);
    bool first = true;
    threat_list(to, "ttps");
    for (uint32_t i = 0; i < count; i++) {
        threat_next(to, &first);
        threat_technique(to, input, campaign, &told[i]);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
    threat_mitigations(to, input, campaign, told, count);
    memory_free(told);
}

static void threat_targets(struct buffer *to, const struct report_input *input,
                           const struct campaign *campaign) {
    bool first = true;
    threat_list(to, "targeting");
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        threat_next(to, &first);
        json_key(to, "host", true);
        text_append_json(to, host->name);
        json_string(to, "state", slice_of_string(host_state_name(host->state)));
        json_when(to, "first", host->first_ns);
        json_string(to, "reason", host->best.reason);
        if (host->best.parent >= 0)
            json_string(to, "parent", campaign->hosts[host->best.parent].name);
        json_tags(to, input, host->references, host->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void threat_tools(struct buffer *to, const struct report_input *input,
                         const struct campaign *campaign) {
    bool first = true;
    json_key(to, "tools_and_infrastructure", false);
    buffer_append_byte(to, '{');
    json_key(to, "turned_servers", true);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        const struct campaign_server *server = &campaign->servers[i];
        threat_next(to, &first);
        json_key(to, "host", true);
        text_append_json(to, campaign->hosts[server->host].name);
        json_string(to, "role", server->role);
        json_tags(to, input, server->references, server->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
    threat_list(to, "indicators");
    uint32_t count;
    struct indicator_told *rows = indicators_of(campaign, &count);
    first = true;
    for (uint32_t i = 0; i < count; i++) {
        threat_next(to, &first);
        json_key(to, "type", true);
        text_append_json(to, slice_of_string(indicator_type_name(rows[i].type)));
        json_string(to, "value", rows[i].value);
        json_string(to, "role", slice_of_string(rows[i].role));
        json_when(to, "first", rows[i].first_ns);
        buffer_append_format(to, ",\"hosts\":%u", rows[i].host_count);
        json_tags(to, input, rows[i].references, rows[i].reference_count);
        buffer_append_byte(to, '}');
    }
    memory_free(rows);
    buffer_append_text(to, "]}");
}

static void threat_implications(struct buffer *to, const struct report_input *input,
                                const struct campaign *campaign) {
    bool first = true;
    json_key(to, "implications", false);
    buffer_append_byte(to, '{');
    json_key(to, "theft", true);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        threat_next(to, &first);
        json_key(to, "what", true);
        text_append_json(to, theft->what);
        json_string(to, "host", campaign->hosts[theft->host].name);
        json_string(to, "destination", theft->destination);
        json_string(to, "gathered_on", theft->gathered_on);
        buffer_append_format(to, ",\"bytes\":%llu,\"at_least\":%s",
                             (unsigned long long)theft->bytes, theft->at_least ? "true" : "false");
        json_when(to, "first", theft->first_ns);
        json_when(to, "last", theft->last_ns);
        json_tags(to, input, theft->references, theft->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
    json_sentences(to, input, "unknowns", campaign->unknowns, campaign->unknown_count);
    buffer_append_byte(to, '}');
}

static void threat_campaign(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign) {
    buffer_append_text(to, "{\"kind\":");
    text_append_json(to, campaign->is_incident ? SLICE("incident") : SLICE("campaign"));
    json_string(to, "id", campaign->id);
    json_string(to, "title", campaign->title);
    json_string(to, "confidence", campaign->confidence);
    // Logs name hosts, accounts and addresses, not people: nothing here ever names an actor.
    json_key(to, "attribution", false);
    buffer_append_text(to, "{\"actor\":null");
    const struct explanation *entry = campaign->host_count ? &campaign->hosts[0].best : NULL;
    json_tags(to, input, entry ? entry->references : NULL, entry ? entry->reference_count : 0);
    buffer_append_byte(to, '}');
    threat_activity(to, input, campaign);
    threat_techniques(to, input, campaign);
    threat_targets(to, input, campaign);
    threat_tools(to, input, campaign);
    threat_implications(to, input, campaign);
    buffer_append_byte(to, '}');
}

void report_append_threat(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    buffer_append_text(to, "{\"schema\":\"vedette.threat/1\"");
    json_string(to, "tlp", slice_of_string(marking_name(report_marking(input))));
    buffer_append_format(to, ",\"complete\":%s", input->interrupted ? "false" : "true");
    threat_list(to, "reports");
    for (uint32_t i = 0; i < made->campaign_count + made->incident_count; i++) {
        buffer_append_text(to, i ? "," : "");
        threat_campaign(to, input,
                        i < made->campaign_count ? &made->campaigns[i]
                                                 : &made->incidents[i - made->campaign_count]);
    }
    buffer_append_byte(to, ']');
    json_evidence(to, input);
    buffer_append_text(to, "}\n");
}
