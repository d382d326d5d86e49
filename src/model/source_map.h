// Old numbers of sources to new ones
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_SOURCE_MAP_H
#define MODEL_SOURCE_MAP_H

#include "model/finding.h"

#include <stdbool.h>
#include <stdint.h>

#define SOURCE_MAP_NONE UINT32_MAX

// What was read in one run numbers its sources in that run's order. Put together with others it
// gets numbers of all. The order of sources among each other stays: of two, the one with the
// smaller old number has the smaller new one.
struct source_map {
    const uint32_t *to; // SOURCE_MAP_NONE: there is no such source
    uint32_t count;
    bool same; // every number maps to itself
    bool own;  // what has these numbers was packed by this process: it is as it should be
};

// False when a number is not known.
static inline bool source_map_change(const struct source_map *map, struct reference *references,
                                     uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t source = references[i].position.source;
        if (source >= map->count || map->to[source] == SOURCE_MAP_NONE)
            return false;
        references[i].position.source = map->to[source];
    }
    return true;
}

#endif
