// A Sigma correlation document, ready to fold
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_CORRELATION_H
#define MODEL_CORRELATION_H

#include "base/slice.h"
#include "model/rule.h"

#include <stdbool.h>
#include <stdint.h>

// Sigma correlation rules 2.1.0, "type".
enum correlation_type {
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_TEMPORAL,
    CORRELATION_TEMPORAL_ORDERED,
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVG,
    CORRELATION_VALUE_PERCENTILE,
};

// One bound of "condition"; several are joined by AND.
struct correlation_bound {
    enum correlation_compare {
        CORRELATION_GT,
        CORRELATION_GTE,
        CORRELATION_LT,
        CORRELATION_LTE,
        CORRELATION_EQ,
        CORRELATION_NEQ,
    } compare;
    double number;
};

enum {
    CORRELATION_BOUNDS_MAX = 4,
    CORRELATION_GROUP_BY_MAX = 16,
    CORRELATION_RULES_MAX = 64
};

// What one referenced rule calls the group-by field with this place (Sigma "aliases").
struct correlation_member {
    bool is_correlation; // chain: refers to another correlation
    uint32_t index;      // rule index, or correlation index
    struct slice group_fields[CORRELATION_GROUP_BY_MAX];
};

// Lives as long as its ruleset.
struct correlation {
    struct rule rule; // id, title, level, tags, ... of the correlation document itself
    enum correlation_type type;
    int64_t timespan_ns;
    struct slice group_by[CORRELATION_GROUP_BY_MAX]; // names as the finding shows them
    uint32_t group_by_count;
    struct slice field; // for the value_ types
    double percentile;  // for value_percentile, 0 to 100
    struct correlation_bound bounds[CORRELATION_BOUNDS_MAX];
    uint32_t bound_count;
    struct correlation_member members[CORRELATION_RULES_MAX]; // in the order of "rules"
    uint32_t member_count;
};

#endif
