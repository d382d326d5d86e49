// Which logs there are, by host and day
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_COVERAGE_H
#define RELATE_COVERAGE_H

#include "model/event_class.h"
#include "relate/relation_table.h"

// Records of one host, log and day that come one after the other are counted in a slot, and told
// to the table when the slot is wanted for others or the unit ends (RELATION_COVERAGE):
//
//   record ─log of its class, host, day─> slot {count, record ids, span} ─unit ends─> table
//
// What is told depends on the cut into units alone, which is the same for any number of workers.
struct coverage;

struct coverage *coverage_new(void);
void coverage_free(struct coverage *coverage); // NULL is fine

enum status coverage_observe(struct coverage *coverage, struct relation_table *table,
                             const struct event *event, struct slice host, struct problem *problem);

// Tell all that is still counted.
enum status coverage_flush(struct coverage *coverage, struct relation_table *table,
                           struct problem *problem);

#endif
