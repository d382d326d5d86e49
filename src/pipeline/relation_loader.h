// Kept relations into relaters, on threads
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_RELATION_LOADER_H
#define PIPELINE_RELATION_LOADER_H

#include "base/slice.h"
#include "model/source_map.h"
#include "relate/relate.h"

// While one thread reads a case, others look at what it read. Which relater gets what does not
// matter (relaters_settle).
struct relation_loader;

// `relaters` stay the caller's; all but the last get a thread each.
struct relation_loader *relation_loader_new(struct relater *const *relaters, unsigned count);
// NULL is fine; what is not done yet is dropped.
void relation_loader_free(struct relation_loader *loader);

// As relater_put, but soon: a failure is told by a later call. `map` lasts until the end.
enum status relation_loader_put(struct relation_loader *loader, struct slice rows,
                                const struct source_map *map, struct problem *problem);

// After the last one: waits for all.
enum status relation_loader_finish(struct relation_loader *loader, struct problem *problem);

#endif
