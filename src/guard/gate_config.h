// What the gate is told
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_GATE_CONFIG_H
#define GUARD_GATE_CONFIG_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

// What becomes of a path.
enum gate_class {
    GATE_DENY,     // whatever no rule names
    GATE_ARTIFACT, // only what is signed, and only its bytes
    GATE_METADATA, // TUF metadata as the gate has verified it
    GATE_API,      // passed to the origin, and logged
};

struct gate_rule {
    struct slice pattern; // '*' within a segment, '**' anything; without the leading '/'
    enum gate_class class_of;
};

// YAML, all keys optional but those with "needed":
//
//     listen: /run/vedette/gate.sock          needed: the socket that nginx proxies to
//     origin: http://10.0.0.5:8080            needed: the upgrade server; or a directory
//     store: /var/lib/vedette/content         needed: files by hash; nginx's internal location
//     metadata: https://10.0.0.6/metadata     needed: where signed metadata comes from; or a
//     directory trusted: /var/lib/vedette/trusted       needed: what is trusted so far; holds
//     root.json log: /var/log/vedette/gate.log          standard output when it is not said
//     targets-at: /packages/                  part of a URL that target paths are without ("/")
//     paths:                                  first match counts; what none names is denied
//       - /packages/**: artifact
//       - /client/check: api
//     refresh-seconds: 60
//     fetch-seconds: 600                      for one file from the origin
//     origin-check-seconds: 3600              look again at what the origin offers; 0: never
//     fetches: 8                              files fetched at a time
//     connections: 2048                       from nginx
//     ledger: https://10.0.0.6/ledger         each release must be in it; or a directory
//     break-glass: /run/vedette/break-glass   while this file exists, expired metadata serves
struct gate_config {
    struct arena arena;
    const char *listen, *origin, *store, *metadata, *trusted, *log, *break_glass;
    const char *ledger;
    struct slice targets_at; // without the leading '/'
    struct gate_rule *rules;
    uint32_t rule_count;
    uint32_t refresh_seconds, origin_check_seconds, fetch_seconds, fetches, connections;
};

// Read a configuration. STATUS_FORMAT with the line for a key or value that is none,
// STATUS_USAGE when one is missing. gate_config_done on success only.
enum status gate_config_read(struct slice text, struct gate_config *ret_config,
                             struct problem *problem);
void gate_config_done(struct gate_config *config);

// The class of a path (decoded, without the leading '/').
enum gate_class gate_config_class(const struct gate_config *config, struct slice path);

// Whether a pattern holds for a whole path. In time that grows with the product of their sizes.
bool gate_pattern_matches(struct slice pattern, struct slice path);

#endif
