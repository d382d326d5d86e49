// Kept relations into relaters, on threads
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/relation_loader.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

enum {
    LOADER_JOB_BYTES = 512 << 10, // about; one call's rows more
    LOADER_JOBS_MAX = 8,          // that wait; beyond that the reading thread takes one itself
    LOADER_BUFFER_BYTES = 1 << 30
};

// Rows of several calls, behind their map and size each.
struct loader_job {
    struct loader_job *next;
    struct buffer rows;
};

struct loader_head {
    const struct source_map *map;
    size_t size;
};

// A relater and who fills it.
struct loader_hand {
    struct relation_loader *loader;
    struct relater *relater;
    pthread_t thread;
    bool running;
    enum status status;
    struct problem problem;
};

struct relation_loader {
    struct loader_hand *hands; // the last is the reading thread's
    unsigned count;
    struct loader_job *open; // being filled

    pthread_mutex_t lock; // over what follows
    pthread_cond_t filled;
    struct loader_job *first, *last;
    unsigned waiting;
    bool closing, failed;
};

static void job_free(struct loader_job *job) {
    if (!job)
        return;
    buffer_done(&job->rows);
    memory_free(job);
}

static enum status job_do(struct loader_job *job, struct relater *relater,
                          struct problem *problem) {
    struct slice rows = buffer_slice(&job->rows);
    enum status status = STATUS_OK;
    while (rows.size && status == STATUS_OK) {
        struct loader_head head;
        memcpy(&head, rows.data, sizeof head);
        status = relater_put(relater, slice_part(rows, sizeof head, head.size), head.map, problem);
        rows = slice_part(rows, sizeof head + head.size, SIZE_MAX);
    }
    job_free(job);
    return status;
}

// Under the lock.
static struct loader_job *loader_take(struct relation_loader *loader) {
    struct loader_job *job = loader->first;
    if (!job)
        return NULL;
    loader->first = job->next;
    loader->last = loader->first ? loader->last : NULL;
    loader->waiting--;
    return job;
}

static void *loader_thread(void *argument) {
    struct loader_hand *hand = argument;
    struct relation_loader *loader = hand->loader;
    pthread_mutex_lock(&loader->lock);
    for (;;) {
        struct loader_job *job;
        while (!(job = loader_take(loader)) && !loader->closing)
            pthread_cond_wait(&loader->filled, &loader->lock);
        if (!job)
            break;
        pthread_mutex_unlock(&loader->lock);
        if (hand->status == STATUS_OK)
            hand->status = job_do(job, hand->relater, &hand->problem);
        else
            job_free(job);
        pthread_mutex_lock(&loader->lock);
        loader->failed |= hand->status != STATUS_OK;
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

// A thread that cannot be started leaves more to the others.
struct relation_loader *relation_loader_new(struct relater *const *relaters, unsigned count) {
    assert(count > 0);
    struct relation_loader *loader = memory_new(1, sizeof *loader);
    loader->hands = memory_new(count, sizeof *loader->hands);
    loader->count = count;
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->filled, NULL);
    for (unsigned i = 0; i < count; i++) {
        struct loader_hand *hand = &loader->hands[i];
        *hand = (struct loader_hand){.loader = loader, .relater = relaters[i]};
        hand->running =
            i + 1 < count && pthread_create(&hand->thread, NULL, loader_thread, hand) == 0;
    }
    return loader;
}

static void loader_join(struct relation_loader *loader) {
    pthread_mutex_lock(&loader->lock);
    loader->closing = true;
    pthread_cond_broadcast(&loader->filled);
    pthread_mutex_unlock(&loader->lock);
    for (unsigned i = 0; i < loader->count; i++) {
        if (loader->hands[i].running)
            pthread_join(loader->hands[i].thread, NULL);
        loader->hands[i].running = false;
    }
}

void relation_loader_free(struct relation_loader *loader) {
    if (!loader)
        return;
    pthread_mutex_lock(&loader->lock);
    for (struct loader_job *job; (job = loader_take(loader));)
        job_free(job);
    pthread_mutex_unlock(&loader->lock);
    loader_join(loader);
    job_free(loader->open);
    pthread_mutex_destroy(&loader->lock);
    pthread_cond_destroy(&loader->filled);
    memory_free(loader->hands);
    memory_free(loader);
}

static enum status loader_trouble(struct relation_loader *loader, struct problem *problem) {
    loader_join(loader);
    for (unsigned i = 0; i < loader->count; i++)
        if (loader->hands[i].status != STATUS_OK) {
            *problem = loader->hands[i].problem;
            return loader->hands[i].status;
        }
    return STATUS_OK;
}

// The open job goes to the threads, or is done here when enough wait.
static enum status loader_hand_over(struct relation_loader *loader, struct problem *problem) {
    struct loader_job *job = loader->open;
    loader->open = NULL;
    pthread_mutex_lock(&loader->lock);
    bool failed = loader->failed;
    bool here = loader->count == 1 || loader->waiting >= LOADER_JOBS_MAX;
    if (!here && !failed) {
        if (loader->last)
            loader->last->next = job;
        else
            loader->first = job;
        loader->last = job;
        loader->waiting++;
        pthread_cond_signal(&loader->filled);
    }
    pthread_mutex_unlock(&loader->lock);
    if (failed) {
        job_free(job);
        return loader_trouble(loader, problem);
    }
    return here ? job_do(job, loader->hands[loader->count - 1].relater, problem) : STATUS_OK;
}

enum status relation_loader_put(struct relation_loader *loader, struct slice rows,
                                const struct source_map *map, struct problem *problem) {
    if (!rows.size)
        return STATUS_OK;
    if (loader->count == 1)
        return relater_put(loader->hands[0].relater, rows, map, problem);
    if (!loader->open) {
        loader->open = memory_new(1, sizeof *loader->open);
        buffer_init(&loader->open->rows, LOADER_BUFFER_BYTES);
    }
    struct loader_head head = {map, rows.size};
    buffer_append(&loader->open->rows, &head, sizeof head);
    buffer_append_slice(&loader->open->rows, rows);
    if (loader->open->rows.failed)
        return problem_set(problem, STATUS_LIMIT, "a piece of the case is too large");
    return loader->open->rows.size >= LOADER_JOB_BYTES ? loader_hand_over(loader, problem)
                                                       : STATUS_OK;
}

enum status relation_loader_finish(struct relation_loader *loader, struct problem *problem) {
    enum status status = loader->open ? loader_hand_over(loader, problem) : STATUS_OK;
    struct relater *relater = loader->hands[loader->count - 1].relater;
    while (status == STATUS_OK) {
        pthread_mutex_lock(&loader->lock);
        struct loader_job *job = loader_take(loader);
        pthread_mutex_unlock(&loader->lock);
        if (!job)
            break;
        status = job_do(job, relater, problem);
    }
    return status == STATUS_OK ? loader_trouble(loader, problem) : status;
}
