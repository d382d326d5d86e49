// The gate: a server's answers, decided one by one
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_inside.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <unistd.h>

enum {
    HEAD_SECONDS_MAX = 10,
    IDLE_SECONDS_MAX = 600,
    KEEPER_STEP_MS = 200
};

static struct gate_request request_of(uint64_t ticket, const struct http_head *head) {
    struct gate_request request = {
        .ticket = ticket,
        .begun_ns = clock_now_monotonic(),
        .method = http_head_field(head, "X-Vedette-Method"),
        .raw_uri = head->target,
        .id = http_head_field(head, "X-Vedette-Request"),
        .client = http_head_field(head, "X-Vedette-Client"),
        .range = http_head_field(head, "X-Vedette-Range"),
        .if_none_match = http_head_field(head, "X-Vedette-If-None-Match"),
    };
    if (request.method.size == 0)
        request.method = head->method;
    return request;
}

static bool is_reading(struct slice method) {
    return slice_equal(method, SLICE("GET")) || slice_equal(method, SLICE("HEAD"));
}

// Ranges and heads are nginx's work.
static bool wants_whole(const struct gate_request *request) {
    return slice_equal(request->method, SLICE("GET")) && request->range.size == 0;
}

static void decide_artifact(struct gate *gate, const struct gate_request *request) {
    struct release_target target;
    struct refusal refusal;
    struct buffer small;
    if (!slice_starts(gate_path(request), gate->config->targets_at)) {
        refusal_set(&refusal, REFUSAL_UNLISTED, "not below targets-at");
        gate_refuse(gate, request, &refusal, NULL, NULL);
        return;
    }
    struct slice path = slice_part(gate_path(request), gate->config->targets_at.size, SIZE_MAX);
    switch (gate_release_look(gate->release, path, &target, &refusal)) {
    case RELEASE_REFUSED:
        gate_refuse(gate, request, &refusal, NULL, NULL);
        return;
    case RELEASE_LISTED:
        buffer_init(&small, CONTENT_SMALL_BYTES_MAX);
        bool good = content_store_look(gate->store, &target.name,
                                       wants_whole(request) ? &small : NULL) == CONTENT_GOOD;
        if (good)
            gate_allow(gate, request, &target, buffer_slice(&small));
        buffer_done(&small);
        if (good)
            return;
        break;
    case RELEASE_UNKNOWN:
        break;
    }
    gate_wait(gate, request);
}

static void decide(struct gate *gate, struct gate_request *request,
                   const struct request_path *path) {
    struct refusal refusal;
    request->path = path->whole;
    enum gate_class class_of = gate_config_class(gate->config, path->path);
    if (class_of == GATE_DENY) {
        refusal_set(&refusal, REFUSAL_UNLISTED, "no rule of the configuration allows the path");
        gate_refuse(gate, request, &refusal, NULL, NULL);
    } else if (class_of == GATE_API && !request_path_is_plain(request->raw_uri, path)) {
        refusal_set(&refusal, REFUSAL_BAD_PATH, "another server might read it otherwise");
        gate_refuse(gate, request, &refusal, NULL, NULL);
    } else if (class_of == GATE_API) {
        gate_pass(gate, request);
    } else if (!is_reading(request->method)) {
        refusal_set(&refusal, REFUSAL_METHOD, "only GET and HEAD");
        gate_refuse(gate, request, &refusal, NULL, NULL);
    } else if (class_of == GATE_METADATA) {
        gate_hand_metadata(gate, request);
    } else {
        decide_artifact(gate, request);
    }
}

static void on_request(void *context, uint64_t ticket, const struct http_head *head) {
    struct gate *gate = context;
    struct gate_request request = request_of(ticket, head);
    struct request_path path;
    struct refusal refusal = {.reason = REFUSAL_BAD_PATH};
    if (request_path_read(head->target, &path, &refusal.problem) == STATUS_OK)
        decide(gate, &request, &path);
    else
        gate_refuse(gate, &request, &refusal, NULL, NULL);
}

static void on_broken(void *context, const char *reason) {
    struct gate *gate = context;
    gate_note(gate, "broken_request", reason);
}

// One refresh, told when it changes anything: what goes wrong again and again is told once.
static void keeper_refresh(struct gate *gate, struct refusal *last) {
    struct refusal refusal = {0};
    bool changed;
    char text[PROBLEM_TEXT_SIZE + 64];
    if (gate_release_refresh(gate->release, &changed, &refusal) == STATUS_OK) {
        if (changed || last->problem.status != STATUS_OK)
            gate_note(gate, "refreshed", NULL);
        last->problem.status = STATUS_OK;
        return;
    }
    if (last->problem.status != STATUS_OK && last->reason == refusal.reason)
        return;
    *last = refusal;
    gate_note(gate, refusal_word(refusal.reason), refusal.problem.text);
    snprintf(text, sizeof text, "metadata refused (%s): %s", refusal_word(refusal.reason),
             refusal.problem.text);
    gate->options.tell(gate->options.context, text);
}

// The break-glass file is loud when it comes, and each answer under it says so in the log.
static void keeper_watch_glass(struct gate *gate, bool *broken) {
    const char *path = gate->config->break_glass;
    bool is_broken = path && access(path, F_OK) == 0;
    if (is_broken == *broken)
        return;
    *broken = is_broken;
    gate_note(gate, "break_glass",
              is_broken ? "the file is there: expired metadata serves" : "the file is gone");
    gate->options.tell(gate->options.context,
                       is_broken ? "BREAK GLASS: releases are served past their end"
                                 : "break glass is over");
}

static void *keeper_run(void *context) {
    struct gate *gate = context;
    // The first refresh is told however it ends.
    struct refusal last = {.reason = REFUSAL_COUNT, .problem.status = STATUS_INTERRUPTED};
    bool broken = false;
    int64_t due_ns = clock_now_monotonic();
    while (!atomic_load(&gate->over)) {
        bool reload = atomic_exchange(gate->options.reload, false);
        if (reload)
            gate_log_reopen(gate->log);
        keeper_watch_glass(gate, &broken);
        if (reload || clock_now_monotonic() >= due_ns) {
            keeper_refresh(gate, &last);
            due_ns = clock_now_monotonic() + gate->config->refresh_seconds * 1000000000ll;
        }
        usleep(KEEPER_STEP_MS * 1000);
    }
    return NULL;
}

static enum status gate_open(struct gate *gate, struct problem *problem) {
    const struct gate_config *config = gate->config;
    struct gate_release_options release = {.trusted = config->trusted,
                                           .metadata = config->metadata,
                                           .ledger = config->ledger,
                                           .break_glass = config->break_glass};
    struct http_server_options server = {
        .path = config->listen,
        .connections_max = config->connections,
        .head_seconds_max = HEAD_SECONDS_MAX,
        .idle_seconds_max = IDLE_SECONDS_MAX,
        .context = gate,
        .request = on_request,
        .broken = on_broken,
    };
    struct refusal refusal;
    enum status status = content_store_new(config->store, &gate->store, problem);
    if (status == STATUS_OK)
        status = gate_log_new(config->log, &gate->log, problem);
    if (status == STATUS_OK && gate_release_new(&release, &gate->release, &refusal) != STATUS_OK) {
        *problem = refusal.problem;
        status = problem->status;
    }
    if (status == STATUS_OK)
        status = gate_workers_start(gate, problem);
    if (status == STATUS_OK)
        status = http_server_new(&server, &gate->server, problem);
    if (status == STATUS_OK)
        status = gate_watcher_start(gate, problem);
    gate->has_keeper =
        status == STATUS_OK && pthread_create(&gate->keeper, NULL, keeper_run, gate) == 0;
    if (status == STATUS_OK && !gate->has_keeper)
        status = problem_set(problem, STATUS_SYSTEM, "start a thread");
    return status;
}

enum status gate_run(const struct gate_options *options, struct problem *problem) {
    struct gate gate = {.options = *options, .config = options->config};
    pthread_mutex_init(&gate.lock, NULL);
    pthread_cond_init(&gate.wake, NULL);
    enum status status = gate_open(&gate, problem);
    if (status == STATUS_OK)
        status = http_server_run(gate.server, options->stop, problem);
    if (gate.workers)
        gate_workers_end(&gate);
    gate_watcher_end(&gate);
    if (gate.has_keeper)
        pthread_join(gate.keeper, NULL);
    http_server_free(gate.server);
    gate_release_free(gate.release);
    gate_log_free(gate.log);
    content_store_free(gate.store);
    pthread_cond_destroy(&gate.wake);
    pthread_mutex_destroy(&gate.lock);
    return status;
}
