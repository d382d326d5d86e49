// Levels and statuses of rules by their names
// SPDX-License-Identifier: Apache-2.0
#include "model/rule.h"

#include "base/text.h"

#include <assert.h>

static const char *const level_texts[RULE_LEVEL_COUNT] = {
    [RULE_LEVEL_INFORMATIONAL] = "informational",
    [RULE_LEVEL_LOW] = "low",
    [RULE_LEVEL_MEDIUM] = "medium",
    [RULE_LEVEL_HIGH] = "high",
    [RULE_LEVEL_CRITICAL] = "critical",
};

static const char *const status_texts[RULE_STATUS_COUNT] = {
    [RULE_STATUS_NONE] = "",
    [RULE_STATUS_STABLE] = "stable",
    [RULE_STATUS_TEST] = "test",
    [RULE_STATUS_EXPERIMENTAL] = "experimental",
    [RULE_STATUS_DEPRECATED] = "deprecated",
    [RULE_STATUS_UNSUPPORTED] = "unsupported",
};

const char *rule_level_text(enum rule_level level) {
    assert(level < RULE_LEVEL_COUNT);
    return level_texts[level];
}

bool rule_level_parse(struct slice text, enum rule_level *ret_level) {
    for (enum rule_level level = 0; level < RULE_LEVEL_COUNT; level++)
        if (text_equal_fold_ascii(text, slice_of_string(level_texts[level]))) {
            *ret_level = level;
            return true;
        }
    return false;
}

const char *rule_status_text(enum rule_status status) {
    assert(status < RULE_STATUS_COUNT);
    return status_texts[status];
}

bool rule_status_parse(struct slice text, enum rule_status *ret_status) {
    for (enum rule_status status = RULE_STATUS_STABLE; status < RULE_STATUS_COUNT; status++)
        if (text_equal_fold_ascii(text, slice_of_string(status_texts[status]))) {
            *ret_status = status;
            return true;
        }
    return false;
}
