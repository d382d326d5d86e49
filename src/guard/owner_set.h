// Who may sign: the keys of a root, to be changed
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_OWNER_SET_H
#define GUARD_OWNER_SET_H

#include "base/arena.h"
#include "base/buffer.h"
#include "guard/metadata.h"

#include <stdbool.h>

enum {
    OWNERS_MAX = 64
};

// One public key.
struct owner {
    struct slice keyid; // 64 digits
    struct slice name;  // "alice"; the keyid's first digits when the key does not say
    struct slice json;  // the KEY object
    uint8_t identity[DIGEST_SHA256_SIZE];
};

// The owners sign root and targets, any `threshold` of them; the online key signs snapshot and
// timestamp. Slices live in the arena.
struct owner_set {
    struct arena arena;
    struct owner owners[OWNERS_MAX];
    uint32_t count;
    uint32_t threshold;
    struct owner online;
    bool has_online;
    struct slice ledger; // verifier key ("x-vedette-ledger"); empty: none
};

void owner_set_init(struct owner_set *set);
void owner_set_done(struct owner_set *set);

// As a root says. NULL: nobody.
enum status owner_set_read(struct owner_set *set, const struct metadata *root,
                           struct problem *problem);

// One public key out of a KEY object in JSON (a .pub file). STATUS_USAGE when it is there already
// or there are too many.
enum status owner_set_add(struct owner_set *set, struct slice json, struct problem *problem);
enum status owner_set_online(struct owner_set *set, struct slice json, struct problem *problem);

// Name, or the first digits (8 at least) of a keyid; NULL when none or several fit.
const struct owner *owner_set_find(const struct owner_set *set, struct slice word);
void owner_set_remove(struct owner_set *set, const struct owner *owner);

// More than half, and of two both.
uint32_t owner_set_majority(const struct owner_set *set);

#endif
