// A reconstruction as STIX 2.1 and Attack Flow
// SPDX-License-Identifier: Apache-2.0
#include "report/stix_object.h"

#include "base/clock.h"
#include "report/stage_told.h"
#include "report/technique.h"

enum {
    TECHNIQUES_MAX = 256,
    SYSTEMS_MAX = 5000,
    ASSETS_MAX = 100,
    STORY_MAX = 1 << 16
};

#define FLOW_MEMBER ",\"extensions\":{\"" STIX_FLOW_EXTENSION "\":{\"extension_type\":\"new-sdo\"}}"

// One campaign or incident on its way into the bundle.
struct stix {
    struct buffer *to;
    const struct report_input *input;
    const struct campaign *campaign;
    const char *type;                        // "campaign" or "incident"
    int64_t time_ns;                         // of its last evidence
    struct slice techniques[TECHNIQUES_MAX]; // of the whole bundle
    uint32_t technique_count;
};

static uint32_t stix_least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static void stix_begin(const struct stix *stix, const char *type, struct slice name) {
    stix_object_begin(stix->to, stix->input, type, stix->campaign->id, name, stix->time_ns);
}

static void relationship_begin(const struct stix *stix, const char *verb, const char *type,
                               struct slice owner, struct slice name) {
    char uuid[STIX_UUID_SIZE];
    stix_uuid(type, owner, name, uuid);
    stix_begin(stix, "relationship", slice_of(uuid, STIX_UUID_SIZE - 1));
    buffer_append_format(stix->to, ",\"relationship_type\":\"%s\",\"source_ref\":", verb);
    stix_append_id(stix->to, stix->type, stix->campaign->id, SLICE(""));
    buffer_append_format(stix->to, ",\"target_ref\":\"%s--%s\"", type, uuid);
}

static void stix_relationship(const struct stix *stix, const char *verb, const char *type,
                              struct slice owner, struct slice name) {
    relationship_begin(stix, verb, type, owner, name);
    buffer_append_byte(stix->to, '}');
}

static void stix_head(const struct stix *stix) {
    const struct campaign *campaign = stix->campaign;
    stix_begin(stix, stix->type, SLICE(""));
    stix_append_text(stix->to, "name", campaign->title);
    stix_append_text(stix->to, "description", campaign->confidence);
    bool high = slice_starts(campaign->confidence, SLICE("high"));
    bool medium = slice_starts(campaign->confidence, SLICE("medium"));
    buffer_append_format(stix->to, ",\"confidence\":%d", high ? 85 : medium ? 50 : 15);
    if (!campaign->is_incident) {
        if (campaign->host_count)
            stix_append_time(stix->to, "first_seen", campaign->hosts[0].first_ns);
        stix_append_time(stix->to, "last_seen", stix->time_ns);
    }
    if (campaign->host_count)
        stix_append_evidence(stix->to, stix->input, campaign->hosts[0].best.references,
                             campaign->hosts[0].best.reference_count);
    buffer_append_byte(stix->to, '}');
}

static void stix_systems(const struct stix *stix) {
    const struct campaign *campaign = stix->campaign;
    for (uint32_t i = 0; i < stix_least(campaign->host_count, SYSTEMS_MAX); i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        stix_begin(stix, "identity", host->name);
        stix_append_text(stix->to, "name", host->name);
        stix_append_text(stix->to, "description", slice_of_string(host_state_name(host->state)));
        buffer_append_text(stix->to, ",\"identity_class\":\"system\"");
        stix_append_evidence(stix->to, stix->input, host->references, host->reference_count);
        buffer_append_byte(stix->to, '}');
        stix_relationship(stix, campaign->is_incident ? "related-to" : "targets", "identity",
                          campaign->id, host->name);
    }
}

// One attack-pattern a technique and bundle: its time is fixed, for all bundles to agree.
static void stix_technique(struct stix *stix, struct slice name) {
    for (uint32_t i = 0; i < stix->technique_count; i++)
        if (slice_equal(stix->techniques[i], name))
            return;
    if (stix->technique_count == TECHNIQUES_MAX)
        return;
    stix->techniques[stix->technique_count++] = name;
    stix_object_begin(stix->to, stix->input, "attack-pattern", SLICE("att&ck"), name, CLOCK_NONE);
    stix_append_text(stix->to, "name", name);
    buffer_append_text(stix->to, ",\"external_references\":[{\"source_name\":\"mitre-attack\"");
    stix_append_text(stix->to, "external_id", name);
    buffer_append_text(stix->to, "}]}");
}

// A campaign uses a technique by the records of the findings that show it.
static void stix_techniques(struct stix *stix) {
    const struct campaign *campaign = stix->campaign;
    const char *verb = campaign->is_incident ? "related-to" : "uses";
    for (uint32_t i = 0; i < stix_least(campaign->technique_count, TECHNIQUES_MAX); i++) {
        const struct campaign_technique *technique = &campaign->techniques[i];
        stix_technique(stix, technique->id);
        relationship_begin(stix, verb, "attack-pattern", SLICE("att&ck"), technique->id);
        stix_append_evidence(stix->to, stix->input, technique->references,
                             technique->reference_count);
        buffer_append_byte(stix->to, '}');
    }
}

static void stix_steps(const struct stix *stix) {
    for (uint32_t i = 0; i < stix->campaign->remediation_count; i++) {
        const struct sentence *step = &stix->campaign->remediation[i];
        stix_begin(stix, "course-of-action", step->text);
        buffer_append_format(stix->to, ",\"name\":\"Step %u\"", i + 1);
        stix_append_text(stix->to, "description", step->text);
        stix_append_evidence(stix->to, stix->input, step->references, step->reference_count);
        buffer_append_byte(stix->to, '}');
    }
}

// The stage that began next after `place`, by (time, order of the stages); its own when none did.
static uint32_t flow_next(const struct campaign *campaign, uint32_t place) {
    uint32_t next = place;
    const struct campaign_stage *at = &campaign->stages[place];
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        if (stage->first_ns < at->first_ns || (stage->first_ns == at->first_ns && i <= place))
            continue;
        if (next == place || stage->first_ns < campaign->stages[next].first_ns)
            next = i;
    }
    return next;
}

static uint32_t flow_first(const struct campaign *campaign) {
    uint32_t first = 0;
    for (uint32_t i = 1; i < campaign->stage_count; i++)
        if (campaign->stages[i].first_ns < campaign->stages[first].first_ns)
            first = i;
    return first;
}

static struct slice flow_stage(const struct campaign *campaign, uint32_t place) {
    return slice_of_string(stage_name(campaign->stages[place].stage));
}

static void flow_assets(const struct stix *stix, const struct campaign_stage *stage) {
    const struct campaign *campaign = stix->campaign;
    bool any = false;
    for (uint32_t i = 0; i < stix_least(campaign->host_count, ASSETS_MAX); i++) {
        if (!(campaign->hosts[i].stages >> stage->stage & 1))
            continue;
        buffer_append_text(stix->to, any ? "," : ",\"asset_refs\":[");
        stix_append_id(stix->to, "attack-asset", campaign->id, campaign->hosts[i].name);
        any = true;
    }
    buffer_append_text(stix->to, any ? "]" : "");
}

static void flow_action(const struct stix *stix, uint32_t place) {
    const struct campaign *campaign = stix->campaign;
    const struct campaign_stage *stage = &campaign->stages[place];
    struct slice rest = stage->techniques;
    struct slice technique = technique_next(&rest);
    stix_begin(stix, "attack-action", flow_stage(campaign, place));
    buffer_append_text(stix->to, FLOW_MEMBER);
    stix_append_text(stix->to, "name", slice_of_string(stage_told_heading(stage)));
    if (technique.size) {
        stix_append_text(stix->to, "technique_id", technique);
        buffer_append_text(stix->to, ",\"technique_ref\":");
        stix_append_id(stix->to, "attack-pattern", SLICE("att&ck"), technique);
    }
    struct buffer story;
    buffer_init(&story, STORY_MAX);
    for (uint32_t i = 0; i < stage->sentence_count; i++) {
        buffer_append_text(&story, i ? " " : "");
        buffer_append_slice(&story, stage->sentences[i].text);
    }
    stix_append_text(stix->to, "description", buffer_slice(&story));
    buffer_done(&story);
    stix_append_time(stix->to, "execution_start", stage->first_ns);
    stix_append_time(stix->to, "execution_end", stage->last_ns);
    flow_assets(stix, stage);
    uint32_t next = flow_next(campaign, place);
    if (next != place) {
        buffer_append_text(stix->to, ",\"effect_refs\":[");
        stix_append_id(stix->to, "attack-action", campaign->id, flow_stage(campaign, next));
        buffer_append_byte(stix->to, ']');
    }
    stix_append_evidence(stix->to, stix->input, stage->references, stage->reference_count);
    buffer_append_byte(stix->to, '}');
}

static void stix_flow(const struct stix *stix) {
    const struct campaign *campaign = stix->campaign;
    if (campaign->stage_count == 0)
        return;
    stix_begin(stix, "attack-flow", SLICE(""));
    buffer_append_text(stix->to, FLOW_MEMBER);
    stix_append_text(stix->to, "name", campaign->title);
    buffer_append_format(stix->to, ",\"scope\":\"%s\",\"start_refs\":[", stix->type);
    stix_append_id(stix->to, "attack-action", campaign->id,
                   flow_stage(campaign, flow_first(campaign)));
    buffer_append_text(stix->to, "]}");
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        flow_action(stix, i);
    for (uint32_t i = 0; i < stix_least(campaign->host_count, ASSETS_MAX); i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        stix_begin(stix, "attack-asset", host->name);
        buffer_append_text(stix->to, FLOW_MEMBER);
        stix_append_text(stix->to, "name", host->name);
        buffer_append_text(stix->to, ",\"object_ref\":");
        stix_append_id(stix->to, "identity", campaign->id, host->name);
        buffer_append_byte(stix->to, '}');
    }
}

static void stix_campaign(struct stix *stix, const struct campaign *campaign) {
    stix->campaign = campaign;
    stix->type = campaign->is_incident ? "incident" : "campaign";
    stix->time_ns = CLOCK_NONE;
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        if (campaign->stages[i].last_ns > stix->time_ns)
            stix->time_ns = campaign->stages[i].last_ns;
    stix_head(stix);
    stix_systems(stix);
    stix_techniques(stix);
    stix_steps(stix);
    stix_append_indicators(stix->to, stix->input, campaign);
    stix_flow(stix);
}

void report_append_stix(struct buffer *to, const struct report_input *input) {
    const struct reconstruction *made = input->reconstruction;
    struct stix stix = {.to = to, .input = input};
    uint8_t digest[DIGEST_SHA256_SIZE];
    size_t start = to->size;
    stix_append_common(to, input);
    for (uint32_t i = 0; i < made->campaign_count; i++)
        stix_campaign(&stix, &made->campaigns[i]);
    for (uint32_t i = 0; i < made->incident_count; i++)
        stix_campaign(&stix, &made->incidents[i]);
    buffer_append_text(to, "\n]");
    if (to->failed)
        return;
    // The bundle's id is of its objects; JSON asks for no order of members.
    digest_sha256(slice_of(to->data + start, to->size - start), digest);
    struct buffer head;
    buffer_init(&head, 256);
    buffer_append_text(&head, "{\"type\":\"bundle\",\"id\":");
    stix_append_id(&head, "bundle", SLICE(""), slice_of(digest, sizeof digest));
    buffer_append_text(&head, ",\"objects\":[\n");
    if (buffer_reserve(to, head.size)) {
        memmove(to->data + start + head.size, to->data + start, to->size - start);
        memcpy(to->data + start, head.data, head.size);
        to->size += head.size;
    }
    buffer_done(&head);
    buffer_append_text(to, "}\n");
}
