// HTTP/1 on a unix socket, behind a web server
// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 64,
    ANSWER_BYTES_MAX = 64 << 20,
    WAIT_MS = 250, // so long may a stop take
};

#define SECOND_NS 1000000000ll
#define EVENT_LISTENER UINT64_MAX
#define EVENT_WAKE (UINT64_MAX - 1)

enum stage {
    STAGE_FREE,
    STAGE_HEAD,    // reads
    STAGE_WAITS,   // for its answer
    STAGE_ANSWERS, // what did not fit into the socket
};

// `round` tells the connections apart that have had this place; it is half of a ticket.
struct connection {
    int socket;
    uint32_t round;
    enum stage stage;
    bool keep;
    int64_t since_ns;
    struct buffer bytes; // the head so far, or what is left of the answer
    size_t written;
};

// An answer of another thread, on its way to the loop.
struct delivery {
    struct delivery *next;
    uint64_t ticket;
    struct buffer bytes;
};

struct http_server {
    struct http_server_options options;
    char *path;
    int listener, poll, wake;
    pthread_t loop;
    struct connection *connections;
    uint32_t *free_places;
    uint32_t free_count;
    int64_t now_ns;
    pthread_mutex_t lock; // of what follows
    struct delivery *deliveries;
};

static uint64_t ticket_of(const struct http_server *server, const struct connection *connection) {
    return (uint64_t)connection->round << 32 | (uint64_t)(connection - server->connections);
}

static bool poll_set(struct http_server *server, int call, int fd, uint64_t data, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(server->poll, call, fd, &event) == 0;
}

static enum status socket_make(struct http_server *server, struct problem *problem) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(server->options.path);
    struct stat stat;
    if (size >= sizeof address.sun_path)
        return problem_set(problem, STATUS_USAGE, "the socket's path is too long: %s",
                           server->options.path);
    memcpy(address.sun_path, server->options.path, size);
    if (lstat(server->options.path, &stat) == 0 && S_ISSOCK(stat.st_mode))
        unlink(server->options.path); // left by one that was killed
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listener < 0 ||
        bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0)
        return problem_set_errno(problem, "listen on %s", server->options.path);
    server->path = memory_keep_text(server->options.path, size);
    if (chmod(server->path, 0660) != 0 || listen(server->listener, SOMAXCONN) != 0)
        return problem_set_errno(problem, "listen on %s", server->options.path);
    return STATUS_OK;
}

enum status http_server_new(const struct http_server_options *options,
                            struct http_server **ret_server, struct problem *problem) {
    struct http_server *server = memory_new(1, sizeof *server);
    server->options = *options;
    server->listener = -1;
    server->poll = epoll_create1(EPOLL_CLOEXEC);
    server->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    server->connections = memory_new(options->connections_max, sizeof *server->connections);
    server->free_places = memory_new(options->connections_max, sizeof *server->free_places);
    for (uint32_t i = options->connections_max; i-- > 0;)
        server->free_places[server->free_count++] = i;
    pthread_mutex_init(&server->lock, NULL);
    enum status status = STATUS_OK;
    if (server->poll < 0 || server->wake < 0)
        status = problem_set_errno(problem, "make a server");
    if (status == STATUS_OK)
        status = socket_make(server, problem);
    if (status == STATUS_OK &&
        (!poll_set(server, EPOLL_CTL_ADD, server->listener, EVENT_LISTENER, EPOLLIN) ||
         !poll_set(server, EPOLL_CTL_ADD, server->wake, EVENT_WAKE, EPOLLIN)))
        status = problem_set_errno(problem, "make a server");
    if (status == STATUS_OK)
        *ret_server = server;
    else
        http_server_free(server);
    return status;
}

static void connection_close(struct http_server *server, struct connection *connection) {
    close(connection->socket);
    buffer_done(&connection->bytes);
    connection->stage = STAGE_FREE;
    connection->round++;
    if (server->free_count == 0) // was full
        poll_set(server, EPOLL_CTL_MOD, server->listener, EVENT_LISTENER, EPOLLIN);
    server->free_places[server->free_count++] = (uint32_t)(connection - server->connections);
}

static void deliveries_free(struct delivery *delivery) {
    while (delivery) {
        struct delivery *next = delivery->next;
        buffer_done(&delivery->bytes);
        memory_free(delivery);
        delivery = next;
    }
}

void http_server_free(struct http_server *server) {
    if (!server)
        return;
    for (uint32_t i = 0; i < server->options.connections_max; i++)
        if (server->connections[i].stage != STAGE_FREE)
            connection_close(server, &server->connections[i]);
    if (server->listener >= 0)
        close(server->listener);
    if (server->path)
        unlink(server->path);
    if (server->poll >= 0)
        close(server->poll);
    if (server->wake >= 0)
        close(server->wake);
    deliveries_free(server->deliveries);
    pthread_mutex_destroy(&server->lock);
    memory_free(server->path);
    memory_free(server->connections);
    memory_free(server->free_places);
    memory_free(server);
}

static void connection_accept(struct http_server *server) {
    while (server->free_count) {
        int socket = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0)
            return;
        uint32_t place = server->free_places[--server->free_count];
        struct connection *connection = &server->connections[place];
        connection->socket = socket;
        connection->stage = STAGE_HEAD;
        connection->since_ns = server->now_ns;
        connection->written = 0;
        buffer_init(&connection->bytes, HTTP_HEAD_BYTES_MAX + 1);
        if (!poll_set(server, EPOLL_CTL_ADD, socket, place, EPOLLIN))
            connection_close(server, connection);
    }
    if (server->free_count == 0) // the rest waits in the kernel's queue
        poll_set(server, EPOLL_CTL_MOD, server->listener, EVENT_LISTENER, 0);
}

// Without its body.
static void answer_append(struct buffer *bytes, const struct http_answer *answer) {
    buffer_append_text(bytes, "HTTP/1.1 ");
    buffer_append_u64(bytes, (uint64_t)answer->status);
    buffer_append_text(bytes, " -\r\n");
    buffer_append_slice(bytes, answer->fields);
    if (answer->status != 304) {
        buffer_append_text(bytes, "Content-Length: ");
        buffer_append_u64(bytes, answer->body.size);
        buffer_append_text(bytes, "\r\n");
    }
    buffer_append_text(bytes, "\r\n");
    assert(!bytes->failed);
}

static void connection_next(struct http_server *server, struct connection *connection) {
    if (!connection->keep) {
        connection_close(server, connection);
        return;
    }
    if (connection->stage == STAGE_ANSWERS &&
        !poll_set(server, EPOLL_CTL_MOD, connection->socket,
                  (uint64_t)(connection - server->connections), EPOLLIN)) {
        connection_close(server, connection);
        return;
    }
    buffer_done(&connection->bytes);
    buffer_init(&connection->bytes, HTTP_HEAD_BYTES_MAX + 1);
    connection->stage = STAGE_HEAD;
    connection->since_ns = server->now_ns;
    connection->written = 0;
}

// What the socket takes of a head and a body at once; -1: the connection is broken.
static ssize_t socket_send(int socket, struct slice head, struct slice body) {
    struct iovec parts[] = {{(void *)(uintptr_t)head.data, head.size},
                            {(void *)(uintptr_t)body.data, body.size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};
    ssize_t size;
    do
        size = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (size < 0 && errno == EINTR);
    return size < 0 && errno == EAGAIN ? 0 : size;
}

// Write what the socket takes of `bytes` and `body`; the rest stays with the connection.
static void connection_write(struct http_server *server, struct connection *connection,
                             struct slice bytes, struct slice body) {
    size_t at = 0, size = bytes.size + body.size;
    ssize_t step = 1;
    while (at < size && step > 0) {
        size_t in_body = at > bytes.size ? at - bytes.size : 0;
        step = socket_send(connection->socket, slice_part(bytes, at, SIZE_MAX),
                           slice_part(body, in_body, SIZE_MAX));
        at += step > 0 ? (size_t)step : 0;
    }
    if (step < 0) {
        connection_close(server, connection);
        return;
    }
    connection->written += at;
    if (at == size) {
        connection_next(server, connection);
        return;
    }
    if (connection->stage == STAGE_ANSWERS)
        return;
    connection->bytes.ceiling = ANSWER_BYTES_MAX;
    buffer_reset(&connection->bytes);
    buffer_append_slice(&connection->bytes, slice_part(bytes, at, SIZE_MAX));
    buffer_append_slice(&connection->bytes,
                        slice_part(body, at > bytes.size ? at - bytes.size : 0, SIZE_MAX));
    connection->stage = STAGE_ANSWERS;
    connection->written = 0;
    connection->since_ns = server->now_ns;
    if (connection->bytes.failed ||
        !poll_set(server, EPOLL_CTL_MOD, connection->socket,
                  (uint64_t)(connection - server->connections), EPOLLOUT))
        connection_close(server, connection);
}

// The connection of a ticket that still waits; NULL when it has gone.
static struct connection *ticket_find(struct http_server *server, uint64_t ticket) {
    struct connection *connection = &server->connections[(uint32_t)ticket];
    assert((uint32_t)ticket < server->options.connections_max);
    bool waits = connection->stage == STAGE_WAITS && connection->round == (uint32_t)(ticket >> 32);
    return waits ? connection : NULL;
}

void http_server_answer(struct http_server *server, uint64_t ticket,
                        const struct http_answer *answer) {
    struct buffer bytes;
    buffer_init(&bytes, ANSWER_BYTES_MAX);
    answer_append(&bytes, answer);
    if (pthread_equal(pthread_self(), server->loop)) {
        struct connection *connection = ticket_find(server, ticket);
        if (connection)
            connection_write(server, connection, buffer_slice(&bytes), answer->body);
        buffer_done(&bytes);
        return;
    }
    buffer_append_slice(&bytes, answer->body);
    assert(!bytes.failed);
    struct delivery *delivery = memory_new(1, sizeof *delivery);
    delivery->ticket = ticket;
    delivery->bytes = bytes;
    pthread_mutex_lock(&server->lock);
    delivery->next = server->deliveries;
    server->deliveries = delivery;
    pthread_mutex_unlock(&server->lock);
    uint64_t one = 1;
    ssize_t size = write(server->wake, &one, sizeof one);
    (void)size; // full: it is awake already
}

static void deliveries_take(struct http_server *server) {
    uint64_t count;
    ssize_t size = read(server->wake, &count, sizeof count);
    (void)size;
    pthread_mutex_lock(&server->lock);
    struct delivery *first = server->deliveries;
    server->deliveries = NULL;
    pthread_mutex_unlock(&server->lock);
    for (struct delivery *delivery = first; delivery; delivery = delivery->next) {
        struct connection *connection = ticket_find(server, delivery->ticket);
        if (connection)
            connection_write(server, connection, buffer_slice(&delivery->bytes), (struct slice){0});
    }
    deliveries_free(first);
}

// A head, whole or in part.
static void head_read(struct http_server *server, struct connection *connection,
                      struct slice bytes) {
    struct http_head request;
    const char *reason;
    enum http_reading reading = http_head_read(bytes, &request, &reason);
    if (reading == HTTP_PARTIAL) {
        if (connection->bytes.size == 0)
            connection->since_ns = server->now_ns;
        if (bytes.data != connection->bytes.data)
            buffer_append_slice(&connection->bytes, bytes);
        return;
    }
    connection->stage = STAGE_WAITS;
    connection->keep = reading == HTTP_READ && request.keep;
    uint64_t ticket = ticket_of(server, connection);
    if (reading == HTTP_READ) {
        server->options.request(server->options.context, ticket, &request);
        return;
    }
    if (server->options.broken)
        server->options.broken(server->options.context, reason);
    http_server_answer(server, ticket, &(struct http_answer){.status = 400});
}

static void connection_read(struct http_server *server, struct connection *connection) {
    uint8_t bytes[HTTP_HEAD_BYTES_MAX + 1];
    size_t room = sizeof bytes - connection->bytes.size;
    ssize_t size = recv(connection->socket, bytes, room, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    // A request is waiting for its answer and more bytes come: no front end does that.
    if (size <= 0 || connection->stage != STAGE_HEAD) {
        connection_close(server, connection);
        return;
    }
    struct slice piece = slice_of(bytes, (size_t)size);
    if (connection->bytes.size) {
        buffer_append_slice(&connection->bytes, piece);
        piece = buffer_slice(&connection->bytes);
    }
    head_read(server, connection, piece);
}

static void connection_event(struct http_server *server, const struct epoll_event *event) {
    struct connection *connection = &server->connections[event->data.u64];
    if (connection->stage == STAGE_FREE)
        return;
    if (connection->stage == STAGE_ANSWERS && !(event->events & (EPOLLERR | EPOLLHUP)))
        connection_write(
            server, connection,
            slice_part(buffer_slice(&connection->bytes), connection->written, SIZE_MAX),
            (struct slice){0});
    else
        connection_read(server, connection);
}

static void server_sweep(struct http_server *server) {
    for (uint32_t i = 0; i < server->options.connections_max; i++) {
        struct connection *connection = &server->connections[i];
        bool has_begun = connection->stage == STAGE_ANSWERS || connection->bytes.size;
        int64_t seconds =
            has_begun ? server->options.head_seconds_max : server->options.idle_seconds_max;
        if ((connection->stage == STAGE_HEAD || connection->stage == STAGE_ANSWERS) &&
            server->now_ns - connection->since_ns > seconds * SECOND_NS)
            connection_close(server, connection);
    }
    if (server->options.tick)
        server->options.tick(server->options.context);
}

enum status http_server_run(struct http_server *server, const atomic_bool *stop,
                            struct problem *problem) {
    struct epoll_event events[EVENTS_MAX];
    int64_t swept_ns = 0;
    server->loop = pthread_self();
    while (!atomic_load(stop)) {
        int count = epoll_wait(server->poll, events, EVENTS_MAX, WAIT_MS);
        if (count < 0 && errno != EINTR)
            return problem_set_errno(problem, "wait for requests");
        server->now_ns = clock_now_monotonic();
        // New connections last: a place that is freed above must not be another's in this round.
        bool accepts = false;
        for (int i = 0; i < count; i++)
            if (events[i].data.u64 == EVENT_LISTENER)
                accepts = true;
            else if (events[i].data.u64 == EVENT_WAKE)
                deliveries_take(server);
            else
                connection_event(server, &events[i]);
        if (accepts)
            connection_accept(server);
        if (server->now_ns - swept_ns > SECOND_NS) {
            server_sweep(server);
            swept_ns = server->now_ns;
        }
    }
    return STATUS_OK;
}
