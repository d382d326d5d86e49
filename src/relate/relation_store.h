// Settled relations, laid down to be read
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATION_STORE_H
#define RELATE_RELATION_STORE_H

#include "relate/identity.h"
#include "relate/relate.h"
#include "relate/relation_codec.h"

// Pages of 1 MiB with whole relations, in the order they were added (which must not depend on how
// the evidence was read): the first ones in memory, the rest in an unlinked file.
struct relation_store *relation_store_new(size_t memory_bytes, const char *directory);

struct store_hosts {
    uint32_t from, to, recorder;
};

enum status relation_store_add(struct relation_store *store, const struct relation_key *key,
                               const struct relation_sum *sum, struct store_hosts hosts,
                               struct problem *problem);

// No more will be added. The store takes the identity over: it has the fleet.
enum status relation_store_seal(struct relation_store *store, struct identity *identity,
                                struct problem *problem);

#endif
