// A detector's judgements as rules
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_JUDGEMENT_H
#define DETECT_JUDGEMENT_H

#include "base/slice.h"
#include "model/rule.h"

// Rows of a detector's static table of rules. `tags` is a static array of struct slice: ATT&CK
// techniques and tactics, and "vedette.stage.<stage>" (stage.h) where these leave the stage open.
//
//     static const struct slice WAVE_TAGS[] = {JUDGEMENT_TEXT("attack.t1195.002"), ...};
//     static const struct rule RULES[] = {
//         JUDGEMENT("vedette-wave-unlisted", "Unlisted package ...", HIGH, WAVE_TAGS), ...};
#define JUDGEMENT_TEXT(text)                                                                       \
    { (const uint8_t *)("" text), sizeof(text) - 1 }
#define JUDGEMENT(id_text, title_text, rule_level, rule_tags)                                      \
    {                                                                                              \
        .id = JUDGEMENT_TEXT(id_text), .name = JUDGEMENT_TEXT(id_text),                            \
        .title = JUDGEMENT_TEXT(title_text), .file = JUDGEMENT_TEXT("(detector)"),                 \
        .level = RULE_LEVEL_##rule_level, .status = RULE_STATUS_STABLE, .tags = (rule_tags),       \
        .tag_count = ARRAY_SIZE(rule_tags)                                                         \
    }

#endif
