// What is known of a rule besides how to evaluate it
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_RULE_H
#define MODEL_RULE_H

#include "base/slice.h"
#include "model/log_source.h"

#include <stdbool.h>
#include <stdint.h>

// Sigma rules 2.1.0, "level".
enum rule_level {
    RULE_LEVEL_INFORMATIONAL,
    RULE_LEVEL_LOW,
    RULE_LEVEL_MEDIUM,
    RULE_LEVEL_HIGH,
    RULE_LEVEL_CRITICAL,
    RULE_LEVEL_COUNT,
};

// Sigma rules 2.1.0, "status".
enum rule_status {
    RULE_STATUS_NONE,
    RULE_STATUS_STABLE,
    RULE_STATUS_TEST,
    RULE_STATUS_EXPERIMENTAL,
    RULE_STATUS_DEPRECATED,
    RULE_STATUS_UNSUPPORTED,
    RULE_STATUS_COUNT,
};

// Lives as long as its ruleset. Slices may be empty.
struct rule {
    struct slice id;   // as written (a UUID), or the name, or the title when there is no id
    struct slice name; // Sigma "name", for correlation
    struct slice title;
    struct slice file; // path as given, "archive.zip!entry" inside archives
    uint32_t line;     // of the document's first line in the file
    enum rule_level level;
    enum rule_status status;
    struct log_source_wanted wanted;
    const struct slice *tags; // "attack.t1059.001"
    uint32_t tag_count;
    const struct slice *fields; // names its detection reads, in order of first use
    uint32_t field_count;
    bool silent; // only there for a correlation; makes no finding of its own
};

// "informational" ... "critical".
const char *rule_level_text(enum rule_level level);
bool rule_level_parse(struct slice text, enum rule_level *ret_level);
const char *rule_status_text(enum rule_status status);
bool rule_status_parse(struct slice text, enum rule_status *ret_status);

#endif
