// Repeats of a finding become one, in bounded memory
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_COLLECTOR_H
#define PIPELINE_COLLECTOR_H

#include "base/sorter.h"
#include "base/status.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/source_map.h"

#include <stdbool.h>
#include <stdint.h>

// One worker's findings on their way to the merge:
//
//   hit -> group (hash of rule, class, raw values) in a table -> spilled when full to the
//   sorter, keyed by what makes a finding the same -> merged -> sorted by time
//
// A repeat costs a hash over the matched values and a look-up; text is rendered once a group.
// What the sorter merges does not depend on which worker saw what: counts add up, spans
// widen, and the 16 smallest references of a union are those of the unions' 16 smallest.
struct collector;

// `rules` is the row of all rules (correlations after them) that a finding's rule points
// into; `directory` is where spilled runs go.
struct collector *collector_new(const struct rule *const *rules, const char *directory);
void collector_free(struct collector *collector);

// Add one hit. `host` is used when the event names no computer. *ret_new says that the group
// was new to this collector since its last spill.
enum status collector_add(struct collector *collector, uint32_t rule, const struct event *event,
                          struct slice host, bool *ret_new, struct problem *problem);

// Add a finding made elsewhere (a correlation's fold).
enum status collector_add_finding(struct collector *collector, uint32_t rule,
                                  const struct finding *finding, struct problem *problem);

// Append all findings to `to` as packed rows (base/packed_row.h) and forget them.
enum status collector_pack(struct collector *collector, struct buffer *to, struct problem *problem);

// Take up packed rows again, of rules below `rule_count`. STATUS_FORMAT when they are none, whoever
// wrote them.
enum status collector_put(struct collector *collector, struct slice rows, uint32_t rule_count,
                          const struct source_map *map, struct problem *problem);

// Take over all that `other` holds; it is left empty.
enum status collector_absorb(struct collector *collector, struct collector *other,
                             struct problem *problem);

// After the last add: merge and sort by (first time, rule, key). Then collector_next until
// *ret_more is false; the finding's views live until the next call. collector_rewind starts
// over.
enum status collector_finish(struct collector *collector, struct problem *problem);
enum status collector_next(struct collector *collector, struct finding *ret_finding, bool *ret_more,
                           struct problem *problem);
// After collector_finish: the next finding, and the row that it is packed as appended to `to`.
enum status collector_next_packed(struct collector *collector, struct buffer *to,
                                  struct finding *ret_finding, bool *ret_more,
                                  struct problem *problem);
// Instead of adding and finishing: take up rows of finished findings; then start reading.
enum status collector_put_finished(struct collector *collector, struct slice rows,
                                   uint32_t rule_count, uint32_t source_count,
                                   struct problem *problem);
enum status collector_open_finished(struct collector *collector, struct problem *problem);
enum status collector_rewind(struct collector *collector, struct problem *problem);

#endif
