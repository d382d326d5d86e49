// A stage as reports head it
// SPDX-License-Identifier: Apache-2.0
#include "report/stage_told.h"

// "T1098.002, T1098" and nothing else.
static bool is_right_granted(const struct campaign_stage *stage) {
    struct slice rest = stage->techniques;
    if (stage->stage != STAGE_CREDENTIALS || rest.size == 0)
        return false;
    while (rest.size) {
        size_t size = 0;
        while (size < rest.size && rest.data[size] != ',')
            size++;
        struct slice one = slice_part(rest, 0, size);
        if (!slice_starts(one, SLICE("T1098")) || (one.size > 5 && one.data[5] != '.'))
            return false;
        rest = slice_part(rest, size + 2, SIZE_MAX);
    }
    return true;
}

const char *stage_told_heading(const struct campaign_stage *stage) {
    return is_right_granted(stage) ? "Privileges: right granted" : stage_heading(stage->stage);
}

const char *stage_told_kind(const struct campaign *campaign, enum stage stage) {
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        if (campaign->stages[i].stage == stage)
            return stage_told_heading(&campaign->stages[i]);
    return stage_heading(stage);
}

const char *stage_told_note(const struct campaign_stage *stage) {
    return is_right_granted(stage)
               ? "Nothing but a right granted shows; no sign that credentials were taken."
               : NULL;
}
