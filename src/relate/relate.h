// Door of the room: who did what to whom
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATE_H
#define RELATE_RELATE_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"
#include "model/event.h"
#include "model/hosts.h"
#include "model/relation.h"
#include "model/relation_source.h"
#include "model/rule.h"
#include "model/source_map.h"

#include <stdbool.h>
#include <stdint.h>

// Events become relations by a table of rows (relation_rows.def and its neighbours): which
// kind, which field is which part. Worked out once per class, then a record only reads its
// slots. Equal relations become one in a table, which spills sorted runs when it is full:
//
//   event ─ rows of its class ─> relation ─> table ─full─> sorter ─merge─> settle ─> store
//
// One relater per worker; relaters_settle merges them.
struct relater;

struct relater *relater_new(size_t memory_bytes, const char *spill_directory);
void relater_free(struct relater *relater);

// Note what a classified event says. `host` is used when the event names none.
enum status relater_observe(struct relater *relater, const struct event *event, struct slice host,
                            struct problem *problem);

// Count a classified event among its host's and log's (RELATION_COVERAGE). What was counted is told
// by relater_end_unit, after the last event of each unit.
enum status relater_count(struct relater *relater, const struct event *event, struct slice host,
                          struct problem *problem);
enum status relater_end_unit(struct relater *relater, struct problem *problem);

// Note that a rule held for it (RELATION_RULE_HIT).
enum status relater_hit(struct relater *relater, const struct rule *rule, const struct event *event,
                        struct slice host, struct problem *problem);

// Append all relations to `to` as packed rows (base/packed_row.h) and forget them: what follows is
// of other evidence. Not in the middle of a unit.
enum status relater_pack(struct relater *relater, struct buffer *to, struct problem *problem);

// Take up packed rows again. STATUS_FORMAT when they are none, whoever wrote them; what the map
// says are our own, and need no other numbers, is taken as it is.
enum status relater_put(struct relater *relater, struct slice rows, const struct source_map *map,
                        struct problem *problem);

// Relations whose hosts and clocks are settled.
struct relation_store;

// What `count` relaters hold, on as many threads: learn identities (ALIAS relations, short names of
// FQDNs, addresses over time) and clock skew (pairs of records of two hosts that see the same
// thing), rewrite from, to and times with them, and make again one of what became equal. The
// relaters are left empty. Which of them had what does not matter, nor how many there are.
enum status relaters_settle(struct relater *const *relaters, unsigned count,
                            struct relation_store **ret_store, struct problem *problem);
void relation_store_free(struct relation_store *store);

const struct fleet *relation_store_fleet(const struct relation_store *store);
uint64_t relation_store_count(const struct relation_store *store);

// For detectors and reports; lives as long as the store.
const struct relation_source *relation_store_source(struct relation_store *store);

#endif
