// Digests of whole evidence files
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/custody.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CUSTODY_READ_BYTES = 256 << 10
};

struct custody {
    struct custody_options options;
    const atomic_bool *stop;
    atomic_bool give_up;
    pthread_t thread;
    bool running;
};

struct custody *custody_new(const struct custody_options *options) {
    struct custody *custody = memory_new(1, sizeof *custody);
    custody->options = *options;
    return custody;
}

void custody_free(struct custody *custody) {
    assert(!custody || !custody->running);
    memory_free(custody);
}

static bool custody_add(int fd, struct digest_pass *pass, uint8_t *bytes, const atomic_bool *stop,
                        const atomic_bool *give_up) {
    for (;;) {
        ssize_t size = read(fd, bytes, CUSTODY_READ_BYTES);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return size == 0;
        if ((stop && atomic_load(stop)) || (give_up && atomic_load(give_up)))
            return false;
        digest_pass_add(pass, slice_of(bytes, (size_t)size));
    }
}

static bool custody_make(const char *path, struct digest_pass *pass, uint8_t *bytes,
                         const struct custody *custody, uint8_t ret_sha256[DIGEST_SHA256_SIZE]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about;
    if (fd < 0)
        return false;
    uint8_t digest[DIGEST_SIZE_MAX];
    digest_pass_begin(pass, 1u << DIGEST_SHA256);
    bool made = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
                custody_add(fd, pass, bytes, custody ? custody->stop : NULL,
                            custody ? &custody->give_up : NULL);
    digest_pass_end(pass, DIGEST_SHA256, digest);
    close(fd);
    if (made)
        memcpy(ret_sha256, digest, DIGEST_SHA256_SIZE);
    return made;
}

bool custody_digest(const char *path, const atomic_bool *stop,
                    uint8_t ret_sha256[DIGEST_SHA256_SIZE]) {
    struct custody once = {.stop = stop};
    struct digest_pass *pass = digest_pass_new();
    uint8_t *bytes = memory_new(CUSTODY_READ_BYTES, 1);
    bool made = custody_make(path, pass, bytes, &once, ret_sha256);
    memory_free(bytes);
    digest_pass_free(pass);
    return made;
}

static void *custody_thread(void *argument) {
    struct custody *custody = argument;
    struct digest_pass *pass = digest_pass_new();
    uint8_t *bytes = memory_new(CUSTODY_READ_BYTES, 1);
    const struct custody_options *options = &custody->options;
    for (uint32_t i = 0; i < options->count; i++) {
        if (atomic_load(&custody->give_up) || (custody->stop && atomic_load(custody->stop)))
            break;
        uint8_t sha256[DIGEST_SHA256_SIZE];
        const struct source *source = intake_source(options->intake, i);
        if (!options->digested[i] &&
            custody_make((const char *)source->path.data, pass, bytes, custody, sha256))
            options->made(options->context, i, sha256);
    }
    memory_free(bytes);
    digest_pass_free(pass);
    return NULL;
}

enum status custody_start(struct custody *custody, const atomic_bool *stop,
                          struct problem *problem) {
    custody->stop = stop;
    if (pthread_create(&custody->thread, NULL, custody_thread, custody) != 0)
        return problem_set(problem, STATUS_SYSTEM, "cannot start the thread of custody");
    custody->running = true;
    return STATUS_OK;
}

void custody_finish(struct custody *custody, bool give_up) {
    if (!custody->running)
        return;
    if (give_up)
        atomic_store(&custody->give_up, true);
    pthread_join(custody->thread, NULL);
    custody->running = false;
}
