// What records add to a relation
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATION_SHARE_H
#define RELATE_RELATION_SHARE_H

#include "model/event.h"
#include "relate/relation_codec.h"

// A key whose texts are numbers.
struct relation_numbers {
    uint32_t texts[PART_COUNT];
    int32_t bucket;
    uint32_t kind; // enum relation_kind
};

// One record, said once or for several relations: its digest is made at most once.
struct relation_witness {
    const struct event *event;
    bool has_digest;
    uint8_t sha256[DIGEST_SHA256_SIZE];
};

// Several records at once, of one day. The first speaks for them.
struct relation_batch {
    uint64_t count; // at least 1
    int64_t first_ns, last_ns;
    uint64_t number_min, number_max; // into bytes_in_min, bytes_in_max
    struct reference reference;
};

#endif
