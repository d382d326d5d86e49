// Door of the room: judgement over many events
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "base/buffer.h"
#include "base/status.h"
#include "model/correlation.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/source_map.h"

#include <stddef.h>
#include <stdint.h>

// Sigma correlation in its two halves. `observe` is pure and runs in the workers: it notes
// (correlation, group, time, record) of every hit that a correlation counts. `fold` runs after
// the merge over notes sorted by (correlation, group, time, source, record), and keeps only
// the state of the current group.
struct correlator;

// `correlations` as the ruleset has them; spilled runs go to
// `directory`. One correlator per worker; not thread-safe.
struct correlator *correlator_new(const struct correlation *correlations, size_t count,
                                  const char *directory);
void correlator_free(struct correlator *correlator);

// Whether some correlation counts hits of this rule.
bool correlator_wants(const struct correlator *correlator, uint32_t rule);

// Note a hit of a rule that correlator_wants. `host` is used when the event names no computer.
// An event without a time is in no window.
enum status correlator_observe(struct correlator *correlator, uint32_t rule,
                               const struct rule *rule_about, const struct event *event,
                               struct slice host, struct problem *problem);

// Append all notes to `to` as packed rows (base/packed_row.h) and forget them; take them up again:
// STATUS_FORMAT when they are none, whoever wrote them.
enum status correlator_pack(struct correlator *correlator, struct buffer *to,
                            struct problem *problem);
enum status correlator_put(struct correlator *correlator, struct slice rows,
                           const struct source_map *map, struct problem *problem);

enum status correlator_absorb(struct correlator *correlator, struct correlator *other,
                              struct problem *problem);

// Fold all notes; each finding goes to `found` with the number of its correlation. Chains
// (correlations of correlations) are folded level by level.
struct correlation_sink {
    void *context;
    enum status (*found)(void *context, uint32_t correlation, const struct finding *finding,
                         struct problem *problem);
};
enum status correlator_fold(struct correlator *correlator, const struct correlation_sink *sink,
                            struct problem *problem);

// Events that a window's ceiling left uncounted: a gap.
uint64_t correlator_overflow_count(const struct correlator *correlator);

#endif
