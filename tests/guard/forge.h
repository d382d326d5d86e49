// A small TUF repository in memory, for tests that break it
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_GUARD_FORGE_H
#define TESTS_GUARD_FORGE_H

#include "base/buffer.h"
#include "guard/client.h"
#include "guard/secret_key.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FORGE_KEYS = 8,
    FORGE_FILES = 64,
    FORGE_DELEGATIONS = 40,
};

// 2026-11-22T12:00:00Z; what does not say otherwise expires in 2030.
#define FORGE_NOW_NS INT64_C(1795348800000000000)

// Who may sign and who does: sets of key numbers as bits.
struct forge_role {
    int64_t version;
    const char *expires;
    unsigned keys, signers;
    int64_t threshold;
};

struct forge_delegation {
    struct forge_role role;
    const char *name, *by; // `by`: "targets", or another delegation
    const char *scope;     // "\"paths\":[\"*\"]"
    const char *targets;   // JSON object
    bool terminating;
    bool unlisted;                           // the snapshot does not name it
    int64_t claimed_version, claimed_length; // what the snapshot says instead; 0: the truth
    bool wrong_hash;
};

struct forge {
    struct secret_key keys[FORGE_KEYS];
    struct buffer publics[FORGE_KEYS]; // KEY objects
    char keyids[FORGE_KEYS][65];
    struct forge_role roles[METADATA_TYPE_COUNT];
    const char *specification;
    const char *targets; // JSON object of the top
    const char *bins;    // instead of delegations of the top: succinct_roles without keyids
    bool plain;          // no consistent snapshots
    struct forge_delegation delegations[FORGE_DELEGATIONS];
    unsigned delegation_count;
    struct forge_file {
        char name[160];
        struct buffer bytes;
    } files[FORGE_FILES];
    unsigned file_count;
    unsigned fetches;
    char directory[64]; // a client's, made for the test
    struct client_limits limits;
    struct refusal refusal;
};

// Every role at version 1, of key `type`, threshold 1; one target "app.msi" of 5 bytes. The
// client's directory has its root.
void forge_init(struct forge *forge);
void forge_done(struct forge *forge);

// A delegation of key 4, threshold 1, for scope, listing `targets`.
struct forge_delegation *forge_delegate(struct forge *forge, const char *by, const char *name,
                                        const char *scope, const char *targets);

// Write and sign all files anew. Older versions of files stay where they are.
void forge_publish(struct forge *forge);

// One file alone: the bytes of a signed text.
void forge_sign(struct forge *forge, const char *name, const char *text, unsigned signers);
struct buffer *forge_file(struct forge *forge, const char *name);
void forge_remove(struct forge *forge, const char *name);

// A client on the directory that has refreshed; NULL when it refused.
struct client *forge_open(struct forge *forge, int64_t now_ns);

// A client of its own: refresh and, unless `path` is NULL, look a target up.
bool forge_client(struct forge *forge, const char *path, int64_t now_ns);
// That it goes well, or why it does not.
void forge_expect(struct forge *forge, const char *path);
void forge_refuse(struct forge *forge, const char *path, enum refusal_reason reason);

// The version that the client's directory holds of a role; 0 when it holds none.
int64_t forge_kept(const struct forge *forge, const char *role);

#endif
