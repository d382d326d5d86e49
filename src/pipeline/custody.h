// Digests of whole evidence files
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_CUSTODY_H
#define PIPELINE_CUSTODY_H

#include "base/digest.h"
#include "base/status.h"
#include "intake/intake.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// The chain of custody: SHA-256 of each found file that has none yet, in the order in which they
// are read, on a thread of its own.
struct custody;

struct custody_options {
    struct intake *intake;
    const bool *digested; // by number of the found file: has one
    uint32_t count;
    void *context;
    // On the thread of custody.
    void (*made)(void *context, uint32_t number, const uint8_t sha256[DIGEST_SHA256_SIZE]);
};

struct custody *custody_new(const struct custody_options *options);
void custody_free(struct custody *custody); // NULL is fine
enum status custody_start(struct custody *custody, const atomic_bool *stop,
                          struct problem *problem);
// Waits until all are made; `give_up`: ends as soon as it can.
void custody_finish(struct custody *custody, bool give_up);

// Of one file that can be read; false when it cannot.
bool custody_digest(const char *path, const atomic_bool *stop,
                    uint8_t ret_sha256[DIGEST_SHA256_SIZE]);

#endif
