// One function on several threads
// SPDX-License-Identifier: Apache-2.0
#include "base/workers.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

struct worker_thread {
    pthread_t thread;
    worker_function *function;
    void *context;
    unsigned number;
    bool started;
    enum status status;
    struct problem problem;
};

static void *worker_thread_run(void *argument) {
    struct worker_thread *worker = argument;
    worker->status = worker->function(worker->context, worker->number, &worker->problem);
    return NULL;
}

static void worker_thread_start(struct worker_thread *worker) {
    int error = pthread_create(&worker->thread, NULL, worker_thread_run, worker);
    worker->started = error == 0;
    if (error)
        worker->status = problem_set(&worker->problem, STATUS_SYSTEM, "thread %u: %s",
                                     worker->number, strerror(error));
}

enum status workers_run(unsigned count, worker_function *function, void *context,
                        struct problem *problem) {
    assert(count > 0);
    struct worker_thread *workers = memory_new(count, sizeof *workers);
    for (unsigned i = 0; i < count; i++) {
        workers[i] = (struct worker_thread){.function = function, .context = context, .number = i};
        if (i + 1 < count)
            worker_thread_start(&workers[i]);
        else
            worker_thread_run(&workers[i]);
    }
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < count; i++) {
        if (workers[i].started)
            pthread_join(workers[i].thread, NULL);
        if (status == STATUS_OK && workers[i].status != STATUS_OK) {
            status = workers[i].status;
            if (problem)
                *problem = workers[i].problem;
        }
    }
    memory_free(workers);
    return status;
}
