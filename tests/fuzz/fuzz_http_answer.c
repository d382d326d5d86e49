// Any bytes as a server's answer
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/buffer.h"
#include "net/http_client.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    LENGTH_MAX = 100000, // of the whole
    FROM = 10,
    REQUEST_BYTES_MAX = 4096,
};

// A server that gives the input to whoever asks, once, on a unix socket.
struct server {
    int fd;
    char path[64];
    struct slice answer;
    pthread_t thread;
};

static bool request_is_whole(const char *request, size_t size) {
    return size >= 4 && memcmp(request + size - 4, "\r\n\r\n", 4) == 0;
}

static void *serve(void *context) {
    struct server *server = context;
    char request[REQUEST_BYTES_MAX];
    size_t size = 0;
    ssize_t got = 1;
    int fd = accept(server->fd, NULL, NULL);
    if (fd < 0)
        return NULL;
    while (got > 0 && size < sizeof request && !request_is_whole(request, size)) {
        got = read(fd, request + size, sizeof request - size);
        size += got > 0 ? (size_t)got : 0;
    }
    struct slice rest = server->answer;
    for (got = 1; got > 0 && rest.size; rest = slice_part(rest, (size_t)got, rest.size))
        if ((got = send(fd, rest.data, rest.size, MSG_NOSIGNAL)) <= 0)
            break;
    close(fd);
    return NULL;
}

static void server_init(struct server *server, struct slice answer) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *server = (struct server){.answer = answer};
    snprintf(server->path, sizeof server->path, "/tmp/vedette-fuzz-%ld.sock", (long)getpid());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", server->path);
    unlink(server->path);
    server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->fd < 0 || bind(server->fd, (struct sockaddr *)&address, sizeof address) ||
        listen(server->fd, 1) || pthread_create(&server->thread, NULL, serve, server))
        abort();
}

static void server_done(struct server *server) {
    shutdown(server->fd, SHUT_RDWR); // nobody may have come
    pthread_join(server->thread, NULL);
    close(server->fd);
    unlink(server->path);
}

// What is taken begins where it was asked for and is no longer than was allowed.
struct taken {
    uint64_t begun, bytes, from;
};

static enum status take_begin(void *context, const struct http_got *got, struct problem *problem) {
    struct taken *taken = context;
    (void)problem;
    taken->begun++;
    taken->from = got->from;
    assert(got->code == 200 || got->code == 206);
    assert(got->from == (got->code == 206 ? FROM : 0));
    assert(memchr(got->entity, 0, sizeof got->entity));
    return STATUS_OK;
}

static enum status take_bytes(void *context, struct slice bytes, struct problem *problem) {
    struct taken *taken = context;
    (void)problem;
    taken->bytes += bytes.size;
    assert(taken->begun == 1 && taken->from + taken->bytes <= LENGTH_MAX);
    return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct server server;
    struct http_client *client;
    struct http_got got;
    struct taken taken = {0};
    server_init(&server, slice_of(data, size));
    struct http_client_options options = {.unix_socket = server.path, .total_seconds = 20};
    struct http_get get = {.url = "http://localhost/a",
                           .from = FROM,
                           .entity = "\"e\"",
                           .length_max = LENGTH_MAX,
                           .begin = take_begin,
                           .take = take_bytes,
                           .context = &taken};
    if (http_client_new(&options, &client, NULL) == STATUS_OK) {
        if (http_client_get(client, &get, &got, NULL) == STATUS_OK) {
            bool body = got.code == 200 || got.code == 206;
            assert(taken.begun == body);
            fuzz_understood();
        }
        http_client_free(client);
    }
    server_done(&server);
    return 0;
}
