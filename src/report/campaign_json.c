// A reconstruction as vedette.report/1
// SPDX-License-Identifier: Apache-2.0
#include "report/campaign_json.h"

#include "base/text.h"
#include "report/json_piece.h"
#include "report/verdict_list.h"

// The parent's name, or null for one that came from outside.
static void json_parent(struct buffer *to, const struct campaign *campaign, int32_t parent) {
    json_key(to, "parent", false);
    if (parent < 0)
        buffer_append_text(to, "null");
    else
        text_append_json(to, campaign->hosts[parent].name);
}

static void json_runners_up(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign, const struct campaign_host *host) {
    json_key(to, "runners_up", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < host->runner_up_count; i++) {
        const struct explanation *other = &host->runners_up[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "reason", true);
        text_append_json(to, other->reason);
        json_parent(to, campaign, other->parent);
        buffer_append_format(to, ",\"more_bits\":%.1f",
                             (double)(other->cost_millibits - host->best.cost_millibits) / 1000);
        json_tags(to, input, other->references, other->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void json_host(struct buffer *to, const struct report_input *input,
                      const struct campaign *campaign, const struct campaign_host *host) {
    buffer_append_byte(to, '{');
    json_key(to, "name", true);
    text_append_json(to, host->name);
    json_slices(to, "aliases", host->aliases, host->alias_count);
    json_string(to, "state", slice_of_string(host_state_name(host->state)));
    json_when(to, "first", host->first_ns);
    json_parent(to, campaign, host->best.parent);
    json_string(to, "reason", host->best.reason);
    buffer_append_format(to, ",\"cost_bits\":%.1f,\"evidence_bits\":%.1f",
                         (double)host->best.cost_millibits / 1000,
                         (double)host->evidence_millibits / 1000);
    json_runners_up(to, input, campaign, host);
    json_slices(to, "artefacts", host->artefacts, host->artefact_count);
    json_slices(to, "accounts", host->accounts, host->account_count);
    json_tags(to, input, host->references, host->reference_count);
    buffer_append_byte(to, '}');
}

// Exposed and cleared ones stand behind the campaign's own, with the same members.
static void json_bystander(struct buffer *to, const struct report_input *input,
                           const struct campaign *campaign, const struct bystander *host) {
    buffer_append_text(to, ",{");
    json_key(to, "name", true);
    text_append_json(to, host->name);
    json_slices(to, "aliases", host->aliases, host->alias_count);
    json_string(to, "state", slice_of_string(host_state_name(host->state)));
    json_when(to, "first", host->first_ns);
    json_parent(to, campaign, (int32_t)host->source);
    json_string(to, "reason", host->reason);
    buffer_append_text(to, ",\"cost_bits\":null,\"evidence_bits\":0.0,\"runners_up\":[],"
                           "\"artefacts\":[],\"accounts\":[]");
    json_tags(to, input, host->references, host->reference_count);
    buffer_append_byte(to, '}');
}

static void json_servers(struct buffer *to, const struct report_input *input,
                         const struct campaign *campaign) {
    json_key(to, "servers", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        const struct campaign_server *server = &campaign->servers[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "host", true);
        text_append_json(to, campaign->hosts[server->host].name);
        json_string(to, "role", server->role);
        json_tags(to, input, server->references, server->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void json_stage_hosts(struct buffer *to, const struct campaign *campaign, enum stage stage) {
    json_key(to, "hosts", false);
    buffer_append_byte(to, '[');
    bool first = true;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        if (!(campaign->hosts[i].stages >> stage & 1))
            continue;
        if (!first)
            buffer_append_byte(to, ',');
        text_append_json(to, campaign->hosts[i].name);
        first = false;
    }
    buffer_append_byte(to, ']');
}

static void json_stages(struct buffer *to, const struct report_input *input,
                        const struct campaign *campaign) {
    json_key(to, "stages", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "stage", true);
        text_append_json(to, slice_of_string(stage_name(stage->stage)));
        json_when(to, "first", stage->first_ns);
        json_when(to, "last", stage->last_ns);
        json_stage_hosts(to, campaign, stage->stage);
        json_string(to, "techniques", stage->techniques);
        json_sentences(to, input, "story", stage->sentences, stage->sentence_count);
        json_tags(to, input, stage->references, stage->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void json_techniques(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign) {
    json_key(to, "techniques", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->technique_count; i++) {
        const struct campaign_technique *technique = &campaign->techniques[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "technique", true);
        text_append_json(to, technique->id);
        json_when(to, "first", technique->first_ns);
        json_tags(to, input, technique->references, technique->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void json_waves(struct buffer *to, const struct report_input *input,
                       const struct campaign *campaign) {
    json_key(to, "waves", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->wave_count; i++) {
        const struct campaign_wave *wave = &campaign->waves[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "source", true);
        text_append_json(to, campaign->hosts[wave->source].name);
        json_string(to, "artefact", wave->artefact);
        json_when(to, "first", wave->first_ns);
        json_when(to, "last", wave->last_ns);
        json_key(to, "hosts", false);
        buffer_append_byte(to, '[');
        for (uint32_t k = 0; k < wave->host_count; k++) {
            if (k)
                buffer_append_byte(to, ',');
            text_append_json(to, campaign->hosts[wave->hosts[k]].name);
        }
        buffer_append_byte(to, ']');
        json_tags(to, input, wave->references, wave->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void json_thefts(struct buffer *to, const struct report_input *input,
                        const struct campaign *campaign) {
    json_key(to, "exfiltration", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "host", true);
        text_append_json(to, campaign->hosts[theft->host].name);
        json_string(to, "what", theft->what);
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
}

static void json_outsiders(struct buffer *to, const struct report_input *input,
                           const struct campaign *campaign) {
    json_key(to, "outsiders", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->outsider_count; i++) {
        const struct campaign_outsider *outsider = &campaign->outsiders[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "place", true);
        text_append_json(to, outsider->place);
        json_key(to, "ways", false);
        bool first = true;
        for (int way = 0; way < OUTSIDER_WAY_COUNT; way++) {
            if (!(outsider->ways >> way & 1))
                continue;
            buffer_append_byte(to, first ? '[' : ',');
            text_append_json(to, slice_of_string(outsider_way_name((enum outsider_way)way)));
            first = false;
        }
        buffer_append_byte(to, ']');
        json_string(to, "host", campaign->hosts[outsider->host].name);
        buffer_append_format(to, ",\"hosts\":%u", outsider->host_count);
        json_when(to, "first", outsider->first_ns);
        json_when(to, "last", outsider->last_ns);
        json_tags(to, input, outsider->references, outsider->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void json_campaign(struct buffer *to, const struct report_input *input,
                          const struct campaign *campaign) {
    buffer_append_byte(to, '{');
    json_key(to, "id", true);
    text_append_json(to, campaign->id);
    json_string(to, "title", campaign->title);
    json_string(to, "confidence", campaign->confidence);
    json_key(to, "entry", false);
    buffer_append_byte(to, '{');
    json_key(to, "host", true);
    text_append_json(to, campaign->hosts[0].name);
    json_tags(to, input, campaign->hosts[0].best.references,
              campaign->hosts[0].best.reference_count);
    buffer_append_byte(to, '}');
    json_servers(to, input, campaign);
    json_stages(to, input, campaign);
    json_techniques(to, input, campaign);
    json_key(to, "hosts", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        if (i)
            buffer_append_byte(to, ',');
        json_host(to, input, campaign, &campaign->hosts[i]);
    }
    for (uint32_t i = 0; i < campaign->bystander_count; i++)
        json_bystander(to, input, campaign, &campaign->bystanders[i]);
    buffer_append_byte(to, ']');
    buffer_append_format(to, ",\"exposed\":%u,\"cleared\":%u", campaign->exposed_count,
                         campaign->cleared_count);
    json_waves(to, input, campaign);
    json_thefts(to, input, campaign);
    json_outsiders(to, input, campaign);
    json_sentences(to, input, "remediation", campaign->remediation, campaign->remediation_count);
    json_sentences(to, input, "unknowns", campaign->unknowns, campaign->unknown_count);
    buffer_append_byte(to, '}');
}

static void json_campaign_list(struct buffer *to, const struct report_input *input,
                               const char *name, const struct campaign *campaigns, uint32_t count) {
    json_key(to, name, false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buffer_append_byte(to, ',');
        json_campaign(to, input, &campaigns[i]);
    }
    buffer_append_byte(to, ']');
}

static void json_leads(struct buffer *to, const struct report_input *input) {
    json_key(to, "leads", false);
    buffer_append_byte(to, '[');
    for (uint32_t i = 0; i < input->reconstruction->lead_count; i++) {
        const struct lead *lead = &input->reconstruction->leads[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "rule", true);
        text_append_json(to, lead->rule->title);
        json_string(to, "level", slice_of_string(rule_level_text(lead->rule->level)));
        json_string(to, "host", lead->host);
        json_when(to, "first", lead->first_ns);
        buffer_append_format(to, ",\"count\":%llu", (unsigned long long)lead->count);
        json_tags(to, input, lead->references, lead->reference_count);
        buffer_append_byte(to, '}');
    }
    buffer_append_byte(to, ']');
}

static void json_gaps(struct buffer *to, const struct report_input *input) {
    json_key(to, "gaps", false);
    buffer_append_byte(to, '[');
    for (size_t i = 0; i < input->gap_count; i++) {
        const struct gap_sum *gap = &input->gaps[i];
        buffer_append_text(to, i ? ",{" : "{");
        json_key(to, "file", true);
        text_append_json(to, input->names->path(input->names->context, gap->source));
        json_string(to, "reason", slice_of_string(gap->reason));
        buffer_append_format(to, ",\"count\":%llu,\"offset\":%llu,\"bytes\":%llu,\"records\":%llu}",
                             (unsigned long long)gap->count, (unsigned long long)gap->offset,
                             (unsigned long long)gap->bytes, (unsigned long long)gap->records);
    }
    buffer_append_byte(to, ']');
}

void report_append_json(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    buffer_append_text(to, "{\"schema\":\"vedette.report/1\"");
    json_string(to, "tlp", slice_of_string(marking_name(report_marking(input))));
    buffer_append_format(to, ",\"complete\":%s", input->interrupted ? "false" : "true");
    json_campaign_list(to, input, "campaigns", made->campaigns, made->campaign_count);
    json_campaign_list(to, input, "incidents", made->incidents, made->incident_count);
    json_leads(to, input);
    json_evidence(to, input);
    report_append_coverage(to, input->coverage);
    json_gaps(to, input);
    verdicts_append_json(to, input);
    buffer_append_text(to, "}\n");
}
