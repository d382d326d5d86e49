// Where settled relations are read
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_RELATION_SOURCE_H
#define MODEL_RELATION_SOURCE_H

#include "base/status.h"
#include "model/relation.h"

#include <stdbool.h>
#include <stdint.h>

// In which order relations are given; ties go by kind, the remaining parts, first time.
enum relation_order {
    RELATION_ORDER_TIME,     // first_ns
    RELATION_ORDER_FROM,     // from, kind, to, artefact
    RELATION_ORDER_TO,       // to, kind, artefact, from
    RELATION_ORDER_ARTEFACT, // artefact, kind, to, first_ns
    RELATION_ORDER_ACCOUNT,  // account, kind, to
    RELATION_ORDER_PAIR,     // from, to, kind, first_ns
};

// Relations whose hosts and clocks are settled, in any order, as often as wanted, by any number of
// readers at a time. A reader is sorted when it is opened: one pass over all relations, n log n
// of the kinds selected. Readers may be opened and read on several threads, each on one.
struct relation_source {
    void *context;
    // `kinds`: RELATION_MASK(...) | ...
    enum status (*open)(void *context, uint64_t kinds, enum relation_order order, void **ret_reader,
                        struct problem *problem);
    // The relation's views live until the next call.
    enum status (*next)(void *reader, struct relation *ret_relation, bool *ret_more,
                        struct problem *problem);
    void (*close)(void *reader); // NULL is fine
    // The number of the fleet's host that a name or address was at a time; RELATION_NO_HOST.
    uint32_t (*find_host)(void *context, struct slice name, int64_t time_ns);
};

// Gives each of these relations to `take`, in this order; the relation is its to change. Ends with
// the first status that is not STATUS_OK, of the source or of `take`.
typedef enum status relation_taker(void *context, struct relation *relation,
                                   struct problem *problem);
enum status relation_source_each(const struct relation_source *source, uint64_t kinds,
                                 enum relation_order order, relation_taker *take, void *context,
                                 struct problem *problem);

#endif
