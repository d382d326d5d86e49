// What a rule or detector found, and on which records it stands
// SPDX-License-Identifier: Apache-2.0
#include "model/finding.h"

static int reference_compare_place(const struct reference *reference, int64_t time_ns,
                                   const struct position *position) {
    if (reference->time_ns != time_ns)
        return reference->time_ns < time_ns ? -1 : 1;
    if (reference->position.source != position->source)
        return reference->position.source < position->source ? -1 : 1;
    if (reference->position.offset != position->offset)
        return reference->position.offset < position->offset ? -1 : 1;
    return 0;
}

void reference_digest(const struct event *event, uint8_t ret_sha256[DIGEST_SHA256_SIZE]) {
    if (event->raw_sha256)
        memcpy(ret_sha256, event->raw_sha256, DIGEST_SHA256_SIZE);
    else
        digest_sha256(event->raw, ret_sha256);
}

int reference_compare(const struct reference *a, const struct reference *b) {
    return reference_compare_place(a, b->time_ns, &b->position);
}

bool reference_would_keep(const struct reference *references, uint32_t count, int64_t time_ns,
                          const struct position *position) {
    return count < FINDING_REFERENCES_MAX ||
           reference_compare_place(&references[count - 1], time_ns, position) > 0;
}

bool reference_insert(struct reference *references, uint32_t *count,
                      const struct reference *reference) {
    uint32_t at = *count;
    while (at > 0 && reference_compare(&references[at - 1], reference) > 0)
        at--;
    if (at > 0 && reference_compare(&references[at - 1], reference) == 0)
        return true;
    if (at == FINDING_REFERENCES_MAX)
        return false;
    uint32_t last = *count < FINDING_REFERENCES_MAX ? *count : FINDING_REFERENCES_MAX - 1;
    memmove(&references[at + 1], &references[at], (last - at) * sizeof *references);
    references[at] = *reference;
    *count = last + 1;
    return true;
}

const struct reference *references_keep(struct arena *arena, const struct reference *references,
                                        uint32_t count) {
    struct reference *kept = arena_new(arena, count, sizeof *kept);
    if (kept && count)
        memcpy(kept, references, count * sizeof *kept);
    return kept;
}
