// A published repository: by URL, or a directory
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REMOTE_H
#define GUARD_REMOTE_H

#include "guard/client.h"
#include "net/http_client.h"

#include <stdbool.h>
#include <stdint.h>

// Where metadata and targets come from. Neither is believed: client.h and the hashes decide.
struct remote_options {
    const char *metadata; // "https://host/metadata/", or a directory
    const char *targets;  // the same for what is downloaded; may be NULL
    struct http_client_options http;
    // Asked about once a second; true ends a transfer with REFUSAL_FETCH. May be NULL.
    bool (*stop)(void *context);
    void *context;
};

struct remote {
    struct remote_options options;
    char *metadata, *targets; // kept copies
    struct http_client *http; // NULL when both are directories
};

enum status remote_new(const struct remote_options *options, struct remote **ret_remote,
                       struct refusal *refusal);
void remote_free(struct remote *remote);

// For client_options; lives as long as the remote.
struct client_source remote_source(struct remote *remote);

// The rest is for download.c.

// BASE/PATH with its NUL, one '/' between them.
void remote_join(struct buffer *to, const char *base, struct slice path);

// A refusal out of what http_client_get says.
enum status remote_refuse_get(const struct problem *problem, struct refusal *refusal);
enum status remote_check_code(const struct http_got *got, const char *url, struct refusal *refusal);

#endif
