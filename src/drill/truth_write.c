// truth.json, written out
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "drill/truth_record.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    RECORDS_A_STEP = 64,
    BUFFER_SIZE = 1 << 20
};

// Citations come sorted by step; `first[i]` to `first[i + 1]` are those of truth step i.
struct writing {
    struct truth *truth;
    struct evidence *evidence;
    const struct evidence_citation *citations;
    size_t *first;
    uint8_t *provable; // of the campaign at hand, by host
    int64_t *falls;    // of the campaign at hand, by host: when it first did something there
    struct buffer text;
    FILE *stream;
    const char *path;
    struct problem *problem;
    enum status status;
};

static void flush(struct writing *writing) {
    struct buffer *text = &writing->text;
    if (writing->status == STATUS_OK && text->size &&
        fwrite(text->data, 1, text->size, writing->stream) != text->size)
        writing->status = problem_set_errno(writing->problem, "write %s", writing->path);
    buffer_reset(text);
}

static void put(struct writing *writing, const char *text) {
    buffer_append_text(&writing->text, text);
    if (writing->text.size > BUFFER_SIZE / 2)
        flush(writing);
}

static void put_text(struct writing *writing, const char *key, struct slice text) {
    buffer_append_format(&writing->text, "\"%s\":", key);
    text_append_json(&writing->text, text);
}

static void put_time(struct writing *writing, const char *key, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    put_text(writing, key, slice_of(text, size));
}

static void put_host(struct writing *writing, const char *key, uint32_t host) {
    if (host == DEED_NO_HOST)
        buffer_append_format(&writing->text, "\"%s\":null", key);
    else
        put_text(writing, key, slice_of_string(writing->truth->organisation->hosts[host].name));
}

static size_t citation_count(const struct writing *writing, size_t step) {
    return writing->first[step + 1] - writing->first[step];
}

// The deeds that the records below show; citations of one deed lie together.
static void put_deeds(struct writing *writing, size_t step) {
    const struct evidence_citation *citations = &writing->citations[writing->first[step]];
    size_t count = citation_count(writing, step);
    put(writing, "\"deeds\":[");
    for (size_t i = 0; i < count && i < RECORDS_A_STEP; i++) {
        if (i && citations[i].mark.serial == citations[i - 1].mark.serial)
            continue;
        const struct deed *deed = truth_find_deed(writing->truth, citations[i].mark.serial);
        put(writing, i ? ",\n     " : "\n     ");
        if (deed)
            truth_put_deed(&writing->text, writing->truth->organisation, deed);
        else
            put(writing, "{}");
    }
    put(writing, "],");
}

static void put_records(struct writing *writing, size_t step) {
    const struct evidence_citation *citations = &writing->citations[writing->first[step]];
    size_t count = citation_count(writing, step), deed = 0;
    put(writing, "\"records\":[");
    for (size_t i = 0; i < count && i < RECORDS_A_STEP; i++) {
        const struct evidence_citation *citation = &citations[i];
        struct evidence_file file = evidence_file_at(writing->evidence, citation->file);
        deed += i && citation->mark.serial != citations[i - 1].mark.serial;
        put(writing, i ? ",{" : "{");
        put_text(writing, "file", slice_of_string(file.path));
        buffer_append_format(&writing->text, ",\"record\":%llu,\"deed\":%zu,",
                             (unsigned long long)citation->record, deed);
        put_time(writing, "time", citation->mark.time_ns);
        put(writing, "}");
    }
    put(writing, "]");
}

static void put_step(struct writing *writing, size_t number) {
    const struct truth_step *step = &writing->truth->steps[number];
    const struct scenario_step *from =
        &writing->truth->scenario->campaigns[step->campaign].steps[step->step];
    put(writing, "\n   {");
    put_text(writing, "id", slice_of_string(from->id));
    put(writing, ",");
    put_text(writing, "stage", slice_of_string(attack_stage_word(from->stage)));
    put(writing, ",\"attack\":[");
    for (size_t i = 0; i < from->technique_count; i++)
        buffer_append_format(&writing->text, "%s\"%s\"", i ? "," : "", from->techniques[i]);
    put(writing, "],");
    put_host(writing, "host", step->host);
    put(writing, ",");
    put_host(writing, "from", step->from);
    put(writing, ",");
    put_time(writing, "first", step->first_ns);
    put(writing, ",");
    put_time(writing, "last", step->last_ns);
    buffer_append_format(&writing->text, ",\"volume\":%llu,\"provable\":%s,",
                         (unsigned long long)step->volume_bytes,
                         citation_count(writing, number) ? "true" : "false");
    put_deeds(writing, number);
    put_records(writing, number);
    put(writing, "}");
}

static void put_things(struct writing *writing, const struct truth_campaign *campaign,
                       enum truth_thing thing, const char *key) {
    bool any = false;
    buffer_append_format(&writing->text, ",\"%s\":[", key);
    for (size_t i = 0; i < campaign->thing_count; i++) {
        if (campaign->things[i].thing != thing)
            continue;
        put(writing, any ? "," : "");
        text_append_json(&writing->text,
                         intern_text(&writing->truth->texts, campaign->things[i].text));
        any = true;
    }
    put(writing, "]");
}

static void put_addresses(struct writing *writing, const struct host *host) {
    const struct organisation *organisation = writing->truth->organisation;
    struct address last = {0};
    bool any = false;
    put(writing, "\"addresses\":[");
    for (int64_t at = organisation->start_ns; at < organisation->end_ns;
         at += 86400 * 1000000000ll) {
        struct address address = organisation_address(organisation, host, at);
        char text[ADDRESS_TEXT_SIZE];
        if (any && address_equal(&address, &last))
            continue;
        address_format(&address, text);
        buffer_append_format(&writing->text, "%s\"%s\"", any ? "," : "", text);
        last = address;
        any = true;
    }
    put(writing, "]");
}

static void put_hosts(struct writing *writing, uint32_t number) {
    const struct organisation *organisation = writing->truth->organisation;
    const struct truth_campaign *campaign = &writing->truth->campaigns[number];
    bool any = false;
    put(writing, ",\"hosts\":[");
    for (uint32_t i = 0; i < organisation->host_count; i++) {
        const struct host *host = &organisation->hosts[i];
        if (campaign->states[i] == TRUTH_UNTOUCHED)
            continue;
        put(writing, any ? ",\n   {" : "\n   {");
        put_text(writing, "name", slice_of_string(host->name));
        put(writing, ",");
        put_text(writing, "fqdn", slice_of_string(host->fqdn));
        put(writing, ",");
        put_addresses(writing, host);
        put(writing, ",");
        put_text(writing, "role", slice_of_string(host_role_word(host->role)));
        buffer_append_format(&writing->text, ",\"state\":\"%s\",\"provable\":%s,",
                             campaign->states[i] == TRUTH_COMPROMISED ? "compromised" : "touched",
                             writing->provable[i] ? "true" : "false");
        put_host(writing, "parent", campaign->parents[i]);
        put(writing, ",");
        put_time(writing, "first", writing->falls[i]);
        put(writing, "}");
        any = true;
    }
    put(writing, "]");
}

// The compromised host that most others were reached from.
static uint32_t find_server(const struct truth *truth, const struct truth_campaign *campaign) {
    size_t count = truth->organisation->host_count;
    uint32_t *children = memory_new(count, sizeof *children), best = DEED_NO_HOST;
    for (size_t i = 0; i < count; i++)
        if (campaign->states[i] == TRUTH_COMPROMISED && campaign->parents[i] != DEED_NO_HOST)
            children[campaign->parents[i]]++;
    for (uint32_t i = 0; i < count; i++)
        if (children[i] && (best == DEED_NO_HOST || children[i] > children[best]))
            best = i;
    memory_free(children);
    return best;
}

struct span {
    int64_t first_ns, last_ns;
    uint64_t volume_bytes;
};

// When the campaign first did something on each host; CLOCK_NONE: never.
static void find_falls(struct writing *writing, uint32_t campaign) {
    for (size_t i = 0; i < writing->truth->organisation->host_count; i++)
        writing->falls[i] = CLOCK_NONE;
    for (size_t i = 0; i < writing->truth->step_count; i++) {
        const struct truth_step *step = &writing->truth->steps[i];
        if (step->campaign == campaign && step->host < writing->truth->organisation->host_count &&
            (writing->falls[step->host] == CLOCK_NONE ||
             step->first_ns < writing->falls[step->host]))
            writing->falls[step->host] = step->first_ns;
    }
}

// A record may prove the host of its step and both ends of its deed: a scan is one step of where
// it came from. That a host's ports were tried before it fell proves nothing of it: so were those
// of hosts that never fell.
static void prove_hosts(struct writing *writing, size_t step) {
    const struct truth *truth = writing->truth;
    for (size_t i = writing->first[step]; i < writing->first[step + 1]; i++) {
        const struct evidence_mark *mark = &writing->citations[i].mark;
        const struct deed *deed = truth_find_deed(truth, mark->serial);
        const uint32_t hosts[] = {truth->steps[step].host, mark->from, mark->to};
        for (size_t k = 0; k < ARRAY_SIZE(hosts); k++)
            if (hosts[k] < truth->organisation->host_count &&
                evidence_shows(writing->evidence, mark, hosts[k]) &&
                (!deed || writing->falls[hosts[k]] == CLOCK_NONE ||
                 deed->time_ns >= writing->falls[hosts[k]]))
                writing->provable[hosts[k]] = 1;
    }
}

static struct span measure(struct writing *writing, uint32_t number) {
    const struct truth *truth = writing->truth;
    struct span span = {CLOCK_MAX, CLOCK_MIN, 0};
    memset(writing->provable, 0, truth->organisation->host_count);
    find_falls(writing, number);
    for (size_t i = 0; i < truth->step_count; i++) {
        const struct truth_step *step = &truth->steps[i];
        if (step->campaign != number)
            continue;
        if (step->first_ns < span.first_ns)
            span.first_ns = step->first_ns;
        if (step->last_ns > span.last_ns)
            span.last_ns = step->last_ns;
        span.volume_bytes += step->volume_bytes;
        prove_hosts(writing, i);
    }
    return span;
}

static void put_campaign(struct writing *writing, uint32_t number) {
    const struct truth *truth = writing->truth;
    const struct truth_campaign *campaign = &truth->campaigns[number];
    const struct scenario_campaign *from = &truth->scenario->campaigns[number];
    struct span span = measure(writing, number);
    bool any = false;
    put(writing, number ? ",\n {" : "\n {");
    put_text(writing, "id", slice_of_string(from->id));
    put(writing, ",");
    put_text(writing, "title", slice_of_string(from->title));
    put(writing, ",\"variants\":[");
    for (size_t i = 0; i < campaign->variant_count; i++) {
        put(writing, i ? "," : "");
        text_append_json(&writing->text, intern_text(&truth->texts, campaign->variants[i]));
    }
    put(writing, "],");
    put_host(writing, "entry", campaign->entry);
    put(writing, ",");
    put_host(writing, "server", find_server(truth, campaign));
    put(writing, ",");
    put_time(writing, "first", span.first_ns == CLOCK_MAX ? CLOCK_NONE : span.first_ns);
    put(writing, ",");
    put_time(writing, "last", span.last_ns == CLOCK_MIN ? CLOCK_NONE : span.last_ns);
    buffer_append_format(&writing->text, ",\"volume\":%llu", (unsigned long long)span.volume_bytes);
    put_things(writing, campaign, TRUTH_ACCOUNT, "accounts");
    put_things(writing, campaign, TRUTH_ADDRESS, "addresses");
    put_things(writing, campaign, TRUTH_PATH, "paths");
    put_things(writing, campaign, TRUTH_DIGEST, "digests");
    put_things(writing, campaign, TRUTH_NAME, "names");
    put_hosts(writing, number);
    put(writing, ",\"steps\":[");
    for (size_t i = 0; i < truth->step_count; i++) {
        if (truth->steps[i].campaign != number)
            continue;
        put(writing, any ? "," : "");
        put_step(writing, i);
        any = true;
    }
    put(writing, "]}");
}

static void put_head(struct writing *writing) {
    const struct organisation *organisation = writing->truth->organisation;
    put(writing, "{\"schema\":\"vedette.truth/1\",");
    put_text(writing, "scenario", slice_of_string(writing->truth->scenario->name));
    put(writing, ",");
    put_text(writing, "title", slice_of_string(writing->truth->scenario->title));
    buffer_append_format(&writing->text, ",\"seed\":%llu,", (unsigned long long)organisation->seed);
    put_time(writing, "start", organisation->start_ns);
    put(writing, ",");
    put_time(writing, "end", organisation->end_ns);
    buffer_append_format(&writing->text, ",\"organisation\":{\"hosts\":%zu,\"companies\":[",
                         organisation->host_count);
    for (size_t i = 0; i < organisation->company_count; i++) {
        put(writing, i ? ",{" : "{");
        put_text(writing, "name", slice_of_string(organisation->companies[i].name));
        put(writing, ",");
        put_text(writing, "domain", slice_of_string(organisation->companies[i].domain));
        put(writing, "}");
    }
    put(writing, "]},\n\"campaigns\":[");
}

static void put_tail(struct writing *writing) {
    const struct truth *truth = writing->truth;
    size_t untouched = 0, files = evidence_file_count(writing->evidence);
    for (uint32_t i = 0; i < truth->organisation->host_count; i++)
        untouched += !truth_touches(truth, i);
    buffer_append_format(&writing->text, "],\n\"untouched\":%zu,\n\"files\":[", untouched);
    for (uint32_t i = 0; i < files; i++) {
        struct evidence_file file = evidence_file_at(writing->evidence, i);
        put(writing, i ? ",\n {" : "\n {");
        put_text(writing, "path", slice_of_string(file.path));
        buffer_append_format(&writing->text, ",\"records\":%llu,\"bytes\":%llu,\"damaged\":%s}",
                             (unsigned long long)file.records, (unsigned long long)file.bytes,
                             file.damaged ? "true" : "false");
    }
    put(writing, "]}\n");
}

static void index_citations(struct writing *writing) {
    size_t count, at = 0;
    writing->citations = evidence_citations(writing->evidence, &count);
    writing->first = memory_new(writing->truth->step_count + 2, sizeof *writing->first);
    for (size_t step = 0; step <= writing->truth->step_count; step++) {
        while (at < count && writing->citations[at].mark.step < step)
            at++;
        writing->first[step] = at;
    }
}

enum status truth_write(struct truth *truth, struct evidence *evidence, const char *path,
                        struct problem *problem) {
    struct writing writing = {
        .truth = truth, .evidence = evidence, .path = path, .problem = problem};
    writing.stream = fopen(path, "wbe");
    if (!writing.stream)
        return problem_set_errno(problem, "create %s", path);
    buffer_init(&writing.text, BUFFER_SIZE);
    writing.provable = memory_new(truth->organisation->host_count, 1);
    writing.falls = memory_new(truth->organisation->host_count, sizeof *writing.falls);
    index_citations(&writing);
    put_head(&writing);
    for (uint32_t i = 0; i < truth->scenario->campaign_count; i++)
        put_campaign(&writing, i);
    put_tail(&writing);
    flush(&writing);
    if (fclose(writing.stream) != 0 && writing.status == STATUS_OK)
        writing.status = problem_set_errno(problem, "write %s", path);
    memory_free(writing.first);
    memory_free(writing.provable);
    memory_free(writing.falls);
    buffer_done(&writing.text);
    return writing.status;
}
