// The gate: a server's answers, decided one by one
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_RELEASE_GATE_H
#define GUARD_RELEASE_GATE_H

#include "base/status.h"
#include "guard/gate_config.h"

#include <stdatomic.h>

// nginx hands every request to the gate over a unix socket and gets a refusal, or the name of an
// internal place: /vedette-content/<sha256> in the store, or @vedette_origin.
//
//     client -> nginx -> gate: GET <raw target>, X-Vedette-Client, -Method, -Request, -Range,
//                              -If-None-Match
//     gate -> nginx: 200 with X-Accel-Redirect, or a small file's bytes, and ETag "<sha256>" |
//                    304 | 400 403 405 502 503
//
// One thread decides; others fetch from the origin, and one keeps the metadata fresh.
struct gate_options {
    const struct gate_config *config;
    const atomic_bool *stop;
    atomic_bool *reload; // set from a signal handler: refresh metadata now, open the log anew
    // What an operator should see; one line without its end. Called from several threads.
    void (*tell)(void *context, const char *text);
    void *context;
};

// Serve until *stop. STATUS_SYSTEM and STATUS_USAGE at the start, when a directory, the socket or
// the log is not as it should be; metadata that cannot be trusted is no failure: all is refused
// then.
enum status gate_run(const struct gate_options *options, struct problem *problem);

#endif
