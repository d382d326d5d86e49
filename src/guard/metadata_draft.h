// Metadata written, and signatures added
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_METADATA_DRAFT_H
#define GUARD_METADATA_DRAFT_H

#include "base/buffer.h"
#include "guard/metadata.h"
#include "guard/owner_set.h"
#include "guard/release_list.h"
#include "guard/secret_key.h"

// Source: TUF 1.0.34, section 4. A draft is a whole file without signatures; each signature is
// over the canonical bytes of its signed part and is added on its own, by whomever, in any order.
struct draft_head {
    int64_t version;
    int64_t expires_ns;
};

void draft_append_root(const struct draft_head *head, const struct owner_set *owners,
                       struct buffer *to);
void draft_append_targets(const struct draft_head *head, const struct release_list *releases,
                          struct buffer *to);

// A file that is listed by the next role: snapshot lists targets, timestamp lists snapshot.
struct draft_listed {
    const char *name; // "targets.json"
    int64_t version;
    struct slice bytes; // length and SHA-256 are taken from these
};
void draft_append_list(const struct draft_head *head, enum metadata_type type,
                       const struct draft_listed *listed, struct buffer *to);

// The same file with one more signature, or with that key's signature replaced, appended to `to`.
enum status draft_sign(const struct metadata *metadata, const struct secret_key *key,
                       struct slice keyid, struct buffer *to, struct problem *problem);

// The same file with the signatures that `other` has besides, appended to `to`. STATUS_FORMAT when
// what they signed is not the same.
enum status draft_merge(const struct metadata *metadata, const struct metadata *other,
                        struct buffer *to, struct problem *problem);

// "2026-11-22T13:29:17Z", as TUF has times: whole seconds.
void draft_append_time(int64_t time_ns, struct buffer *to);

#endif
