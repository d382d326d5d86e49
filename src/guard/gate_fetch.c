// Threads of the gate that fetch what the store lacks
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_inside.h"

#include "base/memory.h"

// Copy what a slice points at to *to, and let it point there.
static void slice_move(struct slice *slice, uint8_t **to) {
    if (slice->size)
        memcpy(*to, slice->data, slice->size);
    if (slice->data)
        slice->data = *to;
    *to += slice->size;
}

static struct gate_job *job_new(const struct gate_request *request) {
    size_t size = request->method.size + request->raw_uri.size + request->id.size +
                  request->client.size + request->range.size + request->if_none_match.size +
                  request->path.size;
    struct gate_job *job = memory_new(1, sizeof *job + size + 1);
    uint8_t *to = job->bytes;
    job->request = *request;
    slice_move(&job->request.method, &to);
    slice_move(&job->request.raw_uri, &to);
    slice_move(&job->request.id, &to);
    slice_move(&job->request.client, &to);
    slice_move(&job->request.range, &to);
    slice_move(&job->request.if_none_match, &to);
    slice_move(&job->request.path, &to);
    return job;
}

void gate_wait(struct gate *gate, const struct gate_request *request) {
    pthread_mutex_lock(&gate->lock);
    bool full = gate->job_count >= GATE_JOBS_MAX;
    if (!full) {
        struct gate_job *job = job_new(request);
        if (gate->last)
            gate->last->next = job;
        else
            gate->first = job;
        gate->last = job;
        gate->job_count++;
        pthread_cond_signal(&gate->wake);
    }
    pthread_mutex_unlock(&gate->lock);
    struct refusal refusal;
    if (full) {
        refusal_set(&refusal, REFUSAL_BUSY, "%d requests wait for files", GATE_JOBS_MAX);
        gate_refuse(gate, request, &refusal, NULL, NULL);
    }
}

// The next job; NULL when all is over.
static struct gate_job *job_take(struct gate *gate) {
    pthread_mutex_lock(&gate->lock);
    while (!gate->first && !atomic_load(&gate->over))
        pthread_cond_wait(&gate->wake, &gate->lock);
    struct gate_job *job = atomic_load(&gate->over) ? NULL : gate->first;
    if (job) {
        gate->first = job->next;
        if (!gate->first)
            gate->last = NULL;
        gate->job_count--;
        job->next = NULL;
    }
    pthread_mutex_unlock(&gate->lock);
    return job;
}

// Whether another worker is at the same file already: then it answers this job too.
static bool job_follow(struct gate_worker *worker, struct gate_job *job) {
    struct gate *gate = worker->gate;
    bool follows = false;
    pthread_mutex_lock(&gate->lock);
    for (uint32_t i = 0; i < gate->config->fetches && !follows; i++) {
        struct gate_worker *other = &gate->workers[i];
        if (!other->busy ||
            memcmp(other->name.sha256, job->target.name.sha256, sizeof other->name.sha256) != 0)
            continue;
        job->next = other->followers;
        other->followers = job;
        follows = true;
    }
    if (!follows) {
        worker->busy = true;
        worker->name = job->target.name;
    }
    pthread_mutex_unlock(&gate->lock);
    return follows;
}

static struct gate_job *followers_take(struct gate_worker *worker) {
    pthread_mutex_lock(&worker->gate->lock);
    struct gate_job *jobs = worker->followers;
    worker->followers = NULL;
    worker->busy = false;
    pthread_mutex_unlock(&worker->gate->lock);
    return jobs;
}

// Under the path that was asked for; a server that keeps targets without hashes in their names is
// asked for the name without it.
enum status gate_fetch(struct gate *gate, struct origin *origin, const struct gate_request *request,
                       const struct release_target *target, struct gate_fetched *ret_fetched,
                       struct refusal *refusal) {
    struct slice path = gate_path(request), at = gate->config->targets_at;
    enum status status = origin_fetch(origin, path, gate->store, &target->name, ret_fetched->sha256,
                                      &ret_fetched->hashed, refusal);
    if (status == STATUS_OK || refusal->reason != REFUSAL_MISSING || !target->by_hash)
        return status;
    struct buffer plain;
    buffer_init(&plain, REQUEST_TARGET_BYTES_MAX);
    buffer_append_slice(&plain, at);
    release_target_path(slice_part(path, at.size, SIZE_MAX), target, &plain);
    status = origin_fetch(origin, buffer_slice(&plain), gate->store, &target->name,
                          ret_fetched->sha256, &ret_fetched->hashed, refusal);
    buffer_done(&plain);
    return status;
}

// What the store has is hashed if need be; what it lacks is fetched.
static enum status content_bring(struct gate_worker *worker, const struct gate_job *job,
                                 struct gate_fetched *ret_fetched, struct refusal *refusal) {
    struct content_store *store = worker->gate->store;
    const struct content_name *name = &job->target.name;
    enum content_state state = content_store_look(store, name, NULL);
    ret_fetched->hashed = false;
    if (state == CONTENT_GOOD)
        return STATUS_OK;
    struct problem problem;
    if (state == CONTENT_UNSEEN) {
        if (content_store_verify(store, name, &problem) == STATUS_OK)
            return STATUS_OK;
        gate_note(worker->gate, "store_changed", problem.text);
        worker->gate->options.tell(worker->gate->options.context, problem.text);
    }
    return gate_fetch(worker->gate, worker->origin, &job->request, &job->target, ret_fetched,
                      refusal);
}

static void job_answer(struct gate *gate, struct gate_job *job, const struct refusal *refusal,
                       const uint8_t *sha256) {
    if (refusal)
        gate_refuse(gate, &job->request, refusal, &job->target, sha256);
    else
        gate_allow(gate, &job->request, &job->target, (struct slice){0});
    memory_free(job);
}

static void job_do(struct gate_worker *worker, struct gate_job *job) {
    struct gate *gate = worker->gate;
    struct refusal refusal;
    struct gate_fetched fetched;
    struct slice target =
        slice_part(gate_path(&job->request), gate->config->targets_at.size, SIZE_MAX);
    if (gate_release_find(gate->release, target, &job->target, &refusal) != RELEASE_LISTED) {
        gate_refuse(gate, &job->request, &refusal, NULL, NULL);
        memory_free(job);
        return;
    }
    if (job_follow(worker, job))
        return;
    enum status status = content_bring(worker, job, &fetched, &refusal);
    const struct refusal *why = status == STATUS_OK ? NULL : &refusal;
    const uint8_t *sha256 = fetched.hashed ? fetched.sha256 : NULL;
    struct gate_job *follower = followers_take(worker);
    job_answer(gate, job, why, sha256);
    while (follower) {
        struct gate_job *next = follower->next;
        job_answer(gate, follower, why, sha256);
        follower = next;
    }
}

static void *worker_run(void *context) {
    struct gate_worker *worker = context;
    for (struct gate_job *job; (job = job_take(worker->gate));)
        job_do(worker, job);
    return NULL;
}

enum status gate_workers_start(struct gate *gate, struct problem *problem) {
    const struct gate_config *config = gate->config;
    struct refusal refusal;
    gate->workers = memory_new(config->fetches, sizeof *gate->workers);
    for (uint32_t i = 0; i < config->fetches; i++) {
        struct gate_worker *worker = &gate->workers[i];
        worker->gate = gate;
        enum status status = origin_new(config->origin, config->fetch_seconds, &gate->over,
                                        &worker->origin, &refusal);
        if (status == STATUS_OK && pthread_create(&worker->thread, NULL, worker_run, worker) != 0)
            status = refusal_set(&refusal, REFUSAL_SYSTEM, "start a thread");
        if (status != STATUS_OK) {
            origin_free(worker->origin);
            *problem = refusal.problem;
            return status;
        }
        gate->worker_count++;
    }
    return STATUS_OK;
}

void gate_workers_end(struct gate *gate) {
    pthread_mutex_lock(&gate->lock);
    atomic_store(&gate->over, true);
    pthread_cond_broadcast(&gate->wake);
    pthread_mutex_unlock(&gate->lock);
    for (uint32_t i = 0; i < gate->worker_count; i++) {
        pthread_join(gate->workers[i].thread, NULL);
        origin_free(gate->workers[i].origin);
    }
    while (gate->first) {
        struct gate_job *next = gate->first->next;
        memory_free(gate->first);
        gate->first = next;
    }
    memory_free(gate->workers);
}
