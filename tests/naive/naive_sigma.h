// Sigma rules evaluated the slow, plain way
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_NAIVE_SIGMA_H
#define TESTS_NAIVE_SIGMA_H

#include "model/event.h"
#include "model/event_class.h"

#include <stdbool.h>
#include <stddef.h>

// Written straight from the Sigma rules specification 2.1.0, over the YAML as it stands:
// nothing is compiled, shared or remembered between events. It shares no code with match/; the
// two must agree on every rule and event. Log sources and the names of fields come from
// model/ and normalise, which have tests of their own.
struct naive_rules;

// Read all *.yml below `path`. Documents without a detection are left out.
struct naive_rules *naive_rules_new(const char *path);
void naive_rules_free(struct naive_rules *rules);
size_t naive_rules_count(const struct naive_rules *rules);
const char *naive_rule_id(const struct naive_rules *rules, size_t index);

// A rule that cannot be evaluated (an undefined placeholder): never holds.
bool naive_rule_is_refused(const struct naive_rules *rules, size_t index);

// Whether the rule's log source is the event's, and whether its detection holds.
bool naive_rule_applies(const struct naive_rules *rules, size_t index, const struct event *event);
bool naive_rule_holds(const struct naive_rules *rules, size_t index, const struct event *event);

#endif
