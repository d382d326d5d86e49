// The stages of an intrusion
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_STAGE_H
#define MODEL_STAGE_H

#include "base/slice.h"

#include <stdbool.h>

struct rule;

enum stage {
    STAGE_NONE, // says nothing about a stage
#define STAGE(id, name, heading) STAGE_##id,
#include "model/stage.def"
#undef STAGE
    STAGE_COUNT,
};

// "entry"; "" for NONE. Static.
const char *stage_name(enum stage stage);
const char *stage_heading(enum stage stage);
bool stage_parse(struct slice name, enum stage *ret_stage);

// The stage that a rule's tags speak of: a tag "vedette.stage.entry" decides, else the first
// ATT&CK tactic tag ("attack.initial-access" or with '_'; Enterprise matrix v16), else the
// tactic of its first technique where that has one only. STAGE_NONE: execution, discovery and
// defense-evasion alone say none, but "attack.t1070" and its parts are COVER.
enum stage stage_of_rule(const struct rule *rule);

#endif
