// Names of ATT&CK: techniques, tactics, mitigations
// SPDX-License-Identifier: Apache-2.0
#include "report/technique.h"

#include "model/campaign.h"

#include <assert.h>

static const struct technique TECHNIQUES[] = {
#define TECHNIQUE(id, tactic, name, mitigations) {id, name, TACTIC_##tactic, mitigations},
#include "report/technique.def"
#undef TECHNIQUE
};

static const struct {
    const char *id, *name;
} TACTICS[] = {
#define TACTIC(symbol, id, name) {id, name},
#include "report/tactic.def"
#undef TACTIC
};

static const struct {
    const char *id, *name;
} MITIGATIONS[] = {
#define MITIGATION(id, name) {id, name},
#include "report/mitigation.def"
#undef MITIGATION
};

const char *tactic_id(enum tactic tactic) {
    assert(tactic < TACTIC_COUNT);
    return TACTICS[tactic].id;
}

const char *tactic_name(enum tactic tactic) {
    assert(tactic < TACTIC_COUNT);
    return TACTICS[tactic].name;
}

const struct technique *technique_find(struct slice id) {
    for (size_t i = 0; i < ARRAY_SIZE(TECHNIQUES); i++)
        if (slice_equal_string(id, TECHNIQUES[i].id))
            return &TECHNIQUES[i];
    enum {
        WHOLE_SIZE = 5 // "T1021"
    };
    return id.size > WHOLE_SIZE ? technique_find(slice_part(id, 0, WHOLE_SIZE)) : NULL;
}

const char *mitigation_name(struct slice id) {
    for (size_t i = 0; i < ARRAY_SIZE(MITIGATIONS); i++)
        if (slice_equal_string(id, MITIGATIONS[i].id))
            return MITIGATIONS[i].name;
    return "";
}

struct slice technique_next(struct slice *rest) {
    while (rest->size && (rest->data[0] == ' ' || rest->data[0] == ','))
        *rest = slice_part(*rest, 1, SIZE_MAX);
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ',')
        size++;
    struct slice name = slice_part(*rest, 0, size);
    *rest = slice_part(*rest, size, SIZE_MAX);
    return name;
}

uint32_t techniques_of(const struct campaign *campaign,
                       struct technique_told ret_told[TECHNIQUES_TOLD_MAX]) {
    uint32_t count = campaign->technique_count < TECHNIQUES_TOLD_MAX ? campaign->technique_count
                                                                     : TECHNIQUES_TOLD_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct campaign_technique *technique = &campaign->techniques[i];
        ret_told[i] = (struct technique_told){.id = technique->id,
                                              .known = technique_find(technique->id),
                                              .stages = technique->stages,
                                              .first_ns = technique->first_ns,
                                              .references = technique->references,
                                              .reference_count = technique->reference_count};
    }
    return count;
}
