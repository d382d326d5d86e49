// What is not refused but looks wrong
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "match/ruleset.h"
#include "match/sigma.h"

static void ruleset_add_remark(struct ruleset *ruleset, const struct rule_complaint *remark) {
    struct rule_complaint copy = *remark;
    copy.file = arena_keep(&ruleset->arena, remark->file);
    copy.rule_id = arena_keep(&ruleset->arena, remark->rule_id);
    copy.text = arena_keep(&ruleset->arena, remark->text);
    ruleset->complaints[ruleset->complaint_count++] = copy;
}

// The trees are not kept, so the files are read once more; rare, and asked for by a person.
void ruleset_lint(struct ruleset *ruleset) {
    struct sigma_rules rules;
    if (sigma_rules_init(&rules, &ruleset->options, NULL))
        return;
    sigma_lint(&rules);
    ruleset->complaints =
        memory_resize(ruleset->complaints, ruleset->complaint_count + rules.complaint_count + 1,
                      sizeof *ruleset->complaints);
    for (size_t i = 0; i < rules.complaint_count; i++)
        if (!rules.complaints[i].refused)
            ruleset_add_remark(ruleset, &rules.complaints[i]);
    sigma_rules_done(&rules);
}
