// Bytes that hosts sent, by day and destination
// SPDX-License-Identifier: Apache-2.0
#include "detect/volume.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/detection.h"

#include <stdlib.h>
#include <string.h>

uint32_t volume_scale(uint64_t bytes) {
    bytes += bytes < UINT64_MAX;
    uint32_t top = 63u - (uint32_t)__builtin_clzll(bytes);
    uint64_t rest = top >= 3 ? bytes >> (top - 3) : bytes << (3 - top);
    return top * VOLUME_SCALE_EIGHTHS + (uint32_t)(rest & 7);
}

void volume_history_add(struct volume_history *history, uint64_t bytes) {
    uint16_t *bin = &history->bins[volume_scale(bytes)];
    history->days++;
    *bin = (uint16_t)(*bin + (*bin < UINT16_MAX));
}

static uint32_t history_sum(const struct volume_history *history) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < VOLUME_SCALE_MAX; i++)
        sum += history->bins[i];
    return sum;
}

static uint32_t history_median(const struct volume_history *history) {
    uint32_t half = (history_sum(history) + 1) / 2, seen = 0;
    for (uint32_t i = 0; i < VOLUME_SCALE_MAX; i++) {
        seen += history->bins[i];
        if (seen >= half)
            return i;
    }
    return 0;
}

static uint32_t history_deviation(const struct volume_history *history, uint32_t median) {
    uint32_t half = (history_sum(history) + 1) / 2, seen = history->bins[median];
    for (uint32_t apart = 1; apart < VOLUME_SCALE_MAX; apart++) {
        if (seen >= half)
            return apart - 1;
        if (median >= apart)
            seen += history->bins[median - apart];
        if (median + apart < VOLUME_SCALE_MAX)
            seen += history->bins[median + apart];
    }
    return 0;
}

int32_t volume_history_z(const struct volume_history *history, uint64_t bytes) {
    if (history->days == 0)
        return 0;
    int64_t median = history_median(history);
    int64_t deviation = history_deviation(history, (uint32_t)median);
    int64_t scale = 14826 * deviation + 10000 * VOLUME_SCALE_EIGHTHS / 2;
    return (int32_t)(((int64_t)volume_scale(bytes) - median) * 100000 / scale);
}

uint64_t volume_history_median(const struct volume_history *history) {
    uint32_t median = history_median(history), top = median / VOLUME_SCALE_EIGHTHS;
    uint64_t rest = 8 + median % VOLUME_SCALE_EIGHTHS;
    return (top >= 3 ? rest << (top - 3) : rest >> (3 - top)) - 1;
}

int32_t volume_day_of(int64_t time_ns) {
    int64_t day = time_ns / VOLUME_DAY_NS;
    return (int32_t)(day - (time_ns % VOLUME_DAY_NS < 0));
}

bool volume_is_whole(const struct volume_book *book, int32_t first, int32_t last) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < book->sensor_day_count; i++)
        found += book->sensor_days[i] >= first && book->sensor_days[i] <= last;
    return found == (uint32_t)(last - first + 1);
}

static bool name_ends(struct slice name, struct slice domain) {
    if (name.size <= domain.size || name.data[name.size - domain.size - 1] != '.')
        return false;
    return text_equal_fold_ascii(slice_part(name, name.size - domain.size, SIZE_MAX), domain);
}

bool volume_is_outside(const struct volume_book *book, uint32_t host, struct slice name) {
    if (host != RELATION_NO_HOST || name.size == 0)
        return false;
    if (address_is_address(name))
        return address_is_outside(name);
    if (!memchr(name.data, '.', name.size))
        return false;
    for (uint32_t i = 0; i < book->domain_count; i++)
        if (name_ends(name, book->domains[i]))
            return false;
    return true;
}

void volume_cite(struct draft *draft, const struct relation *relation, int32_t first,
                 int32_t last) {
    static const int64_t SLACK_NS = 3600 * 1000000000ll;
    struct reference kept[FINDING_REFERENCES_MAX];
    struct relation part = *relation;
    part.references = kept;
    part.reference_count = 0;
    part.first_ns = part.last_ns = CLOCK_NONE;
    // Days are the recorder's own; times are as settling corrected them.
    bool timed = relation->first_ns != CLOCK_NONE && relation->reference_count > 0;
    int64_t skew_ns = timed ? relation->references[0].time_ns - relation->first_ns : 0;
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        const struct reference *reference = &relation->references[i];
        if (reference->time_ns != CLOCK_NONE &&
            (reference->time_ns < first * VOLUME_DAY_NS - SLACK_NS ||
             reference->time_ns > (last + 1) * VOLUME_DAY_NS + SLACK_NS))
            continue;
        kept[part.reference_count++] = *reference;
        if (reference->time_ns == CLOCK_NONE)
            continue;
        if (part.first_ns == CLOCK_NONE)
            part.first_ns = reference->time_ns - skew_ns;
        part.last_ns = reference->time_ns - skew_ns;
    }
    // Of more records than are kept the first ones are; the last is known if it is of these days.
    bool is_cut = timed && relation->reference_count == FINDING_REFERENCES_MAX;
    if (is_cut && relation->last_ns > part.last_ns && part.first_ns != CLOCK_NONE &&
        volume_day_of(relation->last_ns + skew_ns) <= last)
        part.last_ns = relation->last_ns;
    part.count = part.reference_count;
    if (part.reference_count)
        draft_cite(draft, &part);
}

static void domains_find(struct volume_book *book) {
    enum {
        DOMAINS_MAX = 64
    };
    const struct fleet *fleet = book->context->fleet;
    book->domains = memory_new(DOMAINS_MAX, sizeof *book->domains);
    for (uint32_t i = 0; i < fleet->count && book->domain_count < DOMAINS_MAX; i++) {
        struct slice fqdn = fleet->hosts[i].fqdn;
        const uint8_t *dot = fqdn.size ? memchr(fqdn.data, '.', fqdn.size) : NULL;
        if (!dot)
            continue;
        struct slice domain = slice_part(fqdn, (size_t)(dot - fqdn.data) + 1, SIZE_MAX);
        bool known = !memchr(domain.data, '.', domain.size);
        for (uint32_t j = 0; j < book->domain_count && !known; j++)
            known = text_equal_fold_ascii(domain, book->domains[j]);
        if (!known)
            book->domains[book->domain_count++] = domain;
    }
}

void volume_book_init(struct volume_book *book, const struct detect_context *context) {
    *book = (struct volume_book){.context = context, .first_day = INT32_MAX, .last_day = INT32_MIN};
    arena_init(&book->arena, (size_t)256 << 20);
    table_init(&book->by_name);
    table_init(&book->flow_recorders);
    book->fleet = memory_new(1, sizeof *book->fleet);
    domains_find(book);
}

void volume_book_done(struct volume_book *book) {
    arena_done(&book->arena);
    table_done(&book->by_name);
    table_done(&book->flow_recorders);
    memory_free(book->pairs);
    memory_free(book->destinations);
    memory_free(book->fleet);
    memory_free(book->sensor_days);
    memory_free(book->domains);
}
