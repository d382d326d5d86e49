// TUF metadata, checked before anything is believed
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_METADATA_H
#define GUARD_METADATA_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/slice.h"
#include "guard/canonical.h"
#include "guard/key.h"
#include "guard/refusal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Source: TUF 1.0.34, section 4. The whole schema is checked before any signature is looked at;
// fields that are not known stay in the canonical bytes and are otherwise left alone.
enum metadata_type {
    METADATA_ROOT,
    METADATA_TIMESTAMP,
    METADATA_SNAPSHOT,
    METADATA_TARGETS, // delegated ones too
    METADATA_TYPE_COUNT,
};

enum {
    METADATA_KEYS_MAX = 1024,       // of one file
    METADATA_SIGNATURES_MAX = 1024, // of one file
    METADATA_DELEGATIONS_MAX = 64 * 1024,
    METADATA_BIN_NAME_SIZE = 256,
};

// "root"; static storage.
const char *metadata_type_name(enum metadata_type type);

// What must be known of some bytes: length and hashes as far as they are given.
struct metadata_file {
    int64_t length;  // -1 when not given
    int64_t version; // 0 when not given (targets)
    unsigned kinds;  // set of bits 1 << DIGEST_SHA256, 1 << DIGEST_SHA512
    bool hashed;     // "hashes" is there, if perhaps with unknown names only
    uint8_t sha256[32];
    uint8_t sha512[64];
    struct slice custom; // canonical bytes of "custom"; empty when absent
};

// A name and what is said of it: META of timestamp and snapshot, TARGETS of targets.
struct metadata_entry {
    struct slice name; // a file name ("snapshot.json") or a target path; escapes resolved
    const struct canonical_value *value;
};

// Who may sign in a role's name: one of root's roles, or a delegation.
struct metadata_role {
    struct slice name;
    const uint32_t *keys; // numbers in the delegator's `keys`; UINT32_MAX for a keyid without key
    uint32_t key_count;   // keyids, no two the same
    uint32_t threshold;   // from 1 on; above key_count nothing is ever signed enough
    bool terminating;
    const struct canonical_value *paths;         // array of strings, or NULL
    const struct canonical_value *hash_prefixes; // array of strings, or NULL
};

struct metadata_key {
    struct slice keyid;
    struct key key;
    bool usable; // false: a keytype or scheme that we do not know
};

struct metadata_signature {
    struct slice keyid;
    struct slice hex; // may be empty, or no signature at all
};

// TAP 15: 2^bit_length bins, named PREFIX-<hex>. bit_length 0: there are none.
struct metadata_bins {
    unsigned bit_length; // 1 to 32
    struct slice name_prefix;
    struct metadata_role role; // keys and threshold of every bin; its name is empty
};

// One file that was read. Owns everything; bytes are as they were received.
struct metadata {
    enum metadata_type type;
    struct slice bytes; // as received
    uint8_t *copy;      // of them, when they are not the document's own; else NULL
    struct canonical_document document;
    struct arena arena;
    const struct canonical_value *signed_part;
    int64_t version;
    int64_t expires_ns;
    struct metadata_signature *signatures;
    uint32_t signature_count;

    // root; targets with delegations
    struct metadata_key *keys;
    uint32_t key_count;

    // root
    bool consistent_snapshot;
    struct metadata_role roles[METADATA_TYPE_COUNT]; // by enum metadata_type

    // timestamp, snapshot, targets: sorted by name
    struct metadata_entry *entries;
    uint32_t entry_count;

    // targets: in order of appearance
    struct metadata_role *delegations;
    uint32_t delegation_count;
    struct metadata_bins bins;
};

// Read and check `bytes` (copied) as a file of this type. `bytes_max` 0: CANONICAL_BYTES_MAX.
// REFUSAL_FORMAT or REFUSAL_LENGTH with what is off; nothing needs freeing then. No signature has
// been looked at yet.
enum status metadata_read(struct slice bytes, enum metadata_type type, size_t bytes_max,
                          struct metadata **ret_metadata, struct refusal *refusal);
void metadata_free(struct metadata *metadata);

// Whether at least role->threshold different keys of the role, out of `delegator`, signed `of`:
// REFUSAL_THRESHOLD if not. Keys count once however many keyids they have; signatures that do not
// hold and those of others are passed over.
enum status metadata_verify(const struct metadata *delegator, const struct metadata_role *role,
                            const struct metadata *of, struct refusal *refusal);

// Which keys of the role signed: bit i of ret_signed[i / 64] for role->keys[i] (for tools that
// show it). `ret_signed` has room for METADATA_KEYS_MAX bits. Returns how many different keys.
uint32_t metadata_signers(const struct metadata *delegator, const struct metadata_role *role,
                          const struct metadata *of, uint64_t *ret_signed);

// REFUSAL_EXPIRED when `now_ns` is at or past its end. `name` is for the text.
enum status metadata_expiry(const struct metadata *metadata, const char *name, int64_t now_ns,
                            struct refusal *refusal);

// The entry of this name; NULL when there is none. Binary search.
const struct metadata_entry *metadata_find(const struct metadata *metadata, struct slice name);

// What an entry says. It was checked when the file was read.
void metadata_entry_read(const struct metadata *metadata, const struct metadata_entry *entry,
                         struct metadata_file *ret_file);

// Whether these bytes are those of `file`: REFUSAL_LENGTH, REFUSAL_HASH_MISMATCH (also when
// there are hashes, but none of a kind we know). `name` is for the text.
enum status metadata_file_check(const struct metadata_file *file, const char *name,
                                struct slice bytes, struct refusal *refusal);

// The same for bytes that went by in pieces: their digests; of those that `file` does not name
// any value will do.
enum status metadata_file_check_digests(const struct metadata_file *file, const char *name,
                                        const uint8_t *sha256, const uint8_t *sha512,
                                        struct refusal *refusal);

#endif
