// The cited records of a report, and their tags
// SPDX-License-Identifier: Apache-2.0
#include "report/cited.h"

#include "base/memory.h"

#include <stdlib.h>

static void cited_add(struct cited *cited, const struct reference *references, uint32_t count) {
    if (cited->count + count > cited->capacity) {
        cited->capacity = 2 * (cited->count + count) + 256;
        cited->references =
            memory_resize(cited->references, cited->capacity, sizeof *cited->references);
    }
    if (count)
        memcpy(cited->references + cited->count, references, count * sizeof *references);
    cited->count += count;
}

static void cited_add_sentences(struct cited *cited, const struct sentence *sentences,
                                uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        cited_add(cited, sentences[i].references, sentences[i].reference_count);
}

static void cited_add_campaign(struct cited *cited, const struct campaign *campaign) {
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        cited_add(cited, host->references, host->reference_count);
        cited_add(cited, host->best.references, host->best.reference_count);
        for (uint32_t k = 0; k < host->runner_up_count; k++)
            cited_add(cited, host->runners_up[k].references, host->runners_up[k].reference_count);
    }
    for (uint32_t i = 0; i < campaign->server_count; i++)
        cited_add(cited, campaign->servers[i].references, campaign->servers[i].reference_count);
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        const struct campaign_stage *stage = &campaign->stages[i];
        cited_add(cited, stage->references, stage->reference_count);
        cited_add_sentences(cited, stage->sentences, stage->sentence_count);
    }
    for (uint32_t i = 0; i < campaign->wave_count; i++)
        cited_add(cited, campaign->waves[i].references, campaign->waves[i].reference_count);
    for (uint32_t i = 0; i < campaign->technique_count; i++)
        cited_add(cited, campaign->techniques[i].references,
                  campaign->techniques[i].reference_count);
    for (uint32_t i = 0; i < campaign->digest_count; i++)
        cited_add(cited, campaign->digests[i].references, campaign->digests[i].reference_count);
    for (uint32_t i = 0; i < campaign->theft_count; i++)
        cited_add(cited, campaign->thefts[i].references, campaign->thefts[i].reference_count);
    for (uint32_t i = 0; i < campaign->outsider_count; i++)
        cited_add(cited, campaign->outsiders[i].references, campaign->outsiders[i].reference_count);
    for (uint32_t i = 0; i < campaign->bystander_count; i++)
        cited_add(cited, campaign->bystanders[i].references,
                  campaign->bystanders[i].reference_count);
    cited_add_sentences(cited, campaign->remediation, campaign->remediation_count);
    cited_add_sentences(cited, campaign->unknowns, campaign->unknown_count);
}

// Records that are byte for byte the same (two lines of one log) have one tag: the first of them in
// (time, source, offset) stands for it.
static int cited_compare(const void *left, const void *right) {
    const struct reference *a = left, *b = right;
    int order = memcmp(a->sha256, b->sha256, DIGEST_SHA256_SIZE);
    return order ? order : reference_compare(a, b);
}

static unsigned common_digits(const struct reference *a, const struct reference *b) {
    char first[TAG_SIZE], second[TAG_SIZE];
    tag_of(a->sha256, TAG_DIGITS_MAX, first);
    tag_of(b->sha256, TAG_DIGITS_MAX, second);
    unsigned digits = 0;
    while (digits < TAG_DIGITS_MAX && first[1 + digits] == second[1 + digits])
        digits++;
    return digits;
}

void cited_init(struct cited *cited, const struct reconstruction *reconstruction) {
    *cited = (struct cited){.digits = TAG_DIGITS_MIN};
    for (uint32_t i = 0; i < reconstruction->campaign_count; i++)
        cited_add_campaign(cited, &reconstruction->campaigns[i]);
    for (uint32_t i = 0; i < reconstruction->incident_count; i++)
        cited_add_campaign(cited, &reconstruction->incidents[i]);
    for (uint32_t i = 0; i < reconstruction->lead_count; i++)
        cited_add(cited, reconstruction->leads[i].references,
                  reconstruction->leads[i].reference_count);
    if (cited->count == 0)
        return;
    qsort(cited->references, cited->count, sizeof *cited->references, cited_compare);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < cited->count; i++) {
        const struct reference *last = &cited->references[kept - 1];
        if (memcmp(last->sha256, cited->references[i].sha256, DIGEST_SHA256_SIZE) == 0)
            continue;
        unsigned common = common_digits(last, &cited->references[i]);
        if (common >= cited->digits && common < TAG_DIGITS_MAX)
            cited->digits = common + 1;
        cited->references[kept++] = cited->references[i];
    }
    cited->count = kept;
}

void cited_done(struct cited *cited) {
    memory_free(cited->references);
    *cited = (struct cited){0};
}

void cited_tag(const struct cited *cited, const struct reference *reference,
               char ret_tag[TAG_SIZE]) {
    tag_of(reference->sha256, cited->digits, ret_tag);
}

uint32_t cited_place(const struct cited *cited, const uint8_t sha256[DIGEST_SHA256_SIZE]) {
    uint32_t low = 0, high = cited->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memcmp(cited->references[middle].sha256, sha256, DIGEST_SHA256_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < cited->count &&
                   memcmp(cited->references[low].sha256, sha256, DIGEST_SHA256_SIZE) == 0
               ? low
               : UINT32_MAX;
}
