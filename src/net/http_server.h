// HTTP/1 on a unix socket, behind a web server
// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "base/slice.h"
#include "base/status.h"
#include "net/http_head.h"

#include <stdatomic.h>
#include <stdint.h>

// One thread, one loop over epoll. A request is answered at once or later, from any thread, by its
// ticket; while it waits, others go on. A connection has one request at a time. Memory: a
// connection costs some 100 bytes until a head comes in pieces or an answer does not fit into
// the socket.
struct http_server;

struct http_server_options {
    const char *path; // of the socket: made anew, 0660, removed at the end
    uint32_t connections_max;
    uint32_t head_seconds_max; // for a head that has begun
    uint32_t idle_seconds_max; // between requests
    void *context;
    // On the loop's thread. Must lead to one http_server_answer with the ticket, now or later;
    // `request` is gone as soon as it is answered, and when this returns.
    void (*request)(void *context, uint64_t ticket, const struct http_head *request);
    // A head that could not be read; it is answered 400 and its connection closed. May be NULL.
    void (*broken)(void *context, const char *reason);
    // About once a second. May be NULL.
    void (*tick)(void *context);
};

struct http_answer {
    int status;
    struct slice fields; // whole lines, each with its CR LF: "ETag: \"x\"\r\n"
    struct slice body;   // Content-Length is written by the server
};

enum status http_server_new(const struct http_server_options *options,
                            struct http_server **ret_server, struct problem *problem);
void http_server_free(struct http_server *server);

// The loop, until *stop. STATUS_SYSTEM when the machine will not let it wait.
enum status http_server_run(struct http_server *server, const atomic_bool *stop,
                            struct problem *problem);

// Answer a request. From any thread; the answer is copied. A ticket whose client has gone is
// ignored.
void http_server_answer(struct http_server *server, uint64_t ticket,
                        const struct http_answer *answer);

#endif
