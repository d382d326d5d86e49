// A look at what the origin offers behind the gate's back
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_inside.h"

#include "base/clock.h"

#include <unistd.h>

enum {
    STEP_MS = 200
};

// One file, told as a refusal that nobody asked for when its bytes are others.
static void watch_file(struct gate *gate, struct origin *origin, struct slice path,
                       const struct release_target *target) {
    struct gate_request nobody = {.begun_ns = clock_now_monotonic(), .is_watch = true};
    struct refusal refusal;
    struct buffer whole;
    struct gate_fetched fetched;
    buffer_init(&whole, 1 + 2 * REQUEST_TARGET_BYTES_MAX);
    buffer_append_byte(&whole, '/');
    buffer_append_slice(&whole, gate->config->targets_at);
    buffer_append_slice(&whole, path);
    nobody.path = buffer_slice(&whole);
    enum status status = gate_fetch(gate, origin, &nobody, target, &fetched, &refusal);
    if (status != STATUS_OK && !refusal_is_trouble(refusal.reason) && !atomic_load(&gate->over))
        gate_refuse(gate, &nobody, &refusal, target, fetched.hashed ? fetched.sha256 : NULL);
    buffer_done(&whole);
}

static void watch_all(struct gate *gate, struct origin *origin) {
    struct release_target target;
    struct buffer path;
    uint32_t number = 0;
    buffer_init(&path, REQUEST_TARGET_BYTES_MAX);
    while (!atomic_load(&gate->over) && gate_release_next(gate->release, &number, &path, &target))
        watch_file(gate, origin, buffer_slice(&path), &target);
    buffer_done(&path);
}

static void *watcher_run(void *context) {
    struct gate *gate = context;
    const struct gate_config *config = gate->config;
    struct origin *origin;
    struct refusal refusal;
    if (origin_new(config->origin, config->fetch_seconds, &gate->over, &origin, &refusal) !=
        STATUS_OK) {
        gate->options.tell(gate->options.context, refusal.problem.text);
        return NULL;
    }
    int64_t step_ns = config->origin_check_seconds * 1000000000ll;
    int64_t due_ns = clock_now_monotonic() + step_ns;
    while (!atomic_load(&gate->over)) {
        if (clock_now_monotonic() >= due_ns) {
            watch_all(gate, origin);
            due_ns = clock_now_monotonic() + step_ns;
        }
        usleep(STEP_MS * 1000);
    }
    origin_free(origin);
    return NULL;
}

enum status gate_watcher_start(struct gate *gate, struct problem *problem) {
    if (gate->config->origin_check_seconds == 0)
        return STATUS_OK;
    gate->has_watcher = pthread_create(&gate->watcher, NULL, watcher_run, gate) == 0;
    return gate->has_watcher ? STATUS_OK : problem_set(problem, STATUS_SYSTEM, "start a thread");
}

void gate_watcher_end(struct gate *gate) {
    if (gate->has_watcher)
        pthread_join(gate->watcher, NULL);
}
