// Parts of the gate that its files share
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_GATE_INSIDE_H
#define GUARD_GATE_INSIDE_H

#include "guard/release_gate.h"
#include "guard/gate_log.h"
#include "guard/gate_release.h"
#include "guard/origin.h"
#include "guard/request_path.h"
#include "net/http_server.h"

#include <pthread.h>

enum {
    GATE_JOBS_MAX = 4096 // requests that wait for a file
};

// What a request is, in slices of somebody's bytes.
struct gate_request {
    uint64_t ticket;
    int64_t begun_ns;
    struct slice method, raw_uri, id, client, range, if_none_match;
    struct slice path; // decoded, with the leading '/'; empty when it could not be
    bool is_watch;     // nobody's: the gate itself looked
};

// The path as targets and patterns have it.
static inline struct slice gate_path(const struct gate_request *request) {
    return slice_part(request->path, 1, SIZE_MAX);
}

// A request that waits, with its own bytes.
struct gate_job {
    struct gate_job *next;
    struct gate_request request;
    struct release_target target; // once it was found
    uint8_t bytes[];
};

// What the origin sent, when it could be hashed.
struct gate_fetched {
    uint8_t sha256[DIGEST_SHA256_SIZE];
    bool hashed;
};

struct gate_worker {
    struct gate *gate;
    pthread_t thread;
    struct origin *origin;
    bool busy;                  // under gate->lock:
    struct content_name name;   // with this file
    struct gate_job *followers; // who want the same
};

struct gate {
    struct gate_options options;
    const struct gate_config *config;
    struct http_server *server;
    struct content_store *store;
    struct gate_release *release;
    struct gate_log *log;
    atomic_bool over; // workers and keeper: end
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct gate_job *first, *last;
    uint32_t job_count;
    struct gate_worker *workers;
    uint32_t worker_count; // that run
    pthread_t keeper, watcher;
    bool has_keeper, has_watcher;
};

// gate_answer.c: each writes the log's line, then answers.
// `small`: the whole file, to be sent from here; empty: nginx sends it out of the store.
void gate_allow(struct gate *gate, const struct gate_request *request,
                const struct release_target *target, struct slice small);
// `target` and `sha256` (of what the origin sent) may be NULL.
void gate_refuse(struct gate *gate, const struct gate_request *request,
                 const struct refusal *refusal, const struct release_target *target,
                 const uint8_t *sha256);
void gate_pass(struct gate *gate, const struct gate_request *request);
void gate_hand_metadata(struct gate *gate, const struct gate_request *request);
// A line about no request.
void gate_note(struct gate *gate, const char *reason, const char *detail);

// gate_fetch.c
enum status gate_workers_start(struct gate *gate, struct problem *problem);
void gate_workers_end(struct gate *gate);
void gate_wait(struct gate *gate, const struct gate_request *request); // hand over to a worker
// A target out of the origin into the store: what origin_fetch gives.
enum status gate_fetch(struct gate *gate, struct origin *origin, const struct gate_request *request,
                       const struct release_target *target, struct gate_fetched *ret_fetched,
                       struct refusal *refusal);

// gate_watch.c: a thread that looks again and again at what the origin offers under the paths that
// were asked for. The store has the right bytes already; this is how somebody learns of it.
enum status gate_watcher_start(struct gate *gate, struct problem *problem);
void gate_watcher_end(struct gate *gate); // after gate->over was set

#endif
