// The server: answers at once and later, closes what lingers
// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    BODY_BYTES = 3 << 20
};

struct place {
    char directory[64];
    char path[80];
    struct http_server *server;
    pthread_t loop;
    atomic_bool stop;
    atomic_int broken;
    pthread_t later;
    uint64_t later_ticket;
    bool has_later;
    uint8_t *body;
};

static void *answer_later(void *context) {
    struct place *place = context;
    usleep(50000);
    http_server_answer(place->server, place->later_ticket,
                       &(struct http_answer){.status = 200, .body = SLICE("later")});
    return NULL;
}

static void on_request(void *context, uint64_t ticket, const struct http_head *request) {
    struct place *place = context;
    if (slice_equal(request->target, SLICE("/later"))) {
        place->later_ticket = ticket;
        place->has_later = true;
        pthread_create(&place->later, NULL, answer_later, place);
        return;
    }
    struct http_answer answer = {
        .status = 200, .fields = SLICE("X-A: b\r\n"), .body = SLICE("now")};
    if (slice_equal(request->target, SLICE("/large")))
        answer.body = slice_of(place->body, BODY_BYTES);
    http_server_answer(place->server, ticket, &answer);
}

static void on_broken(void *context, const char *reason) {
    (void)reason;
    atomic_fetch_add(&((struct place *)context)->broken, 1);
}

static void *loop(void *context) {
    struct place *place = context;
    http_server_run(place->server, &place->stop, NULL);
    return NULL;
}

static int place_open(void **state) {
    struct place *place = memory_new(1, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "/tmp/vedette-server-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof place->path, "%s/socket", place->directory);
    place->body = memory_new(BODY_BYTES, 1);
    for (size_t i = 0; i < BODY_BYTES; i++)
        place->body[i] = (uint8_t)(i * 7 + i / 251);
    struct http_server_options options = {
        .path = place->path,
        .connections_max = 3,
        .head_seconds_max = 1,
        .idle_seconds_max = 30,
        .context = place,
        .request = on_request,
        .broken = on_broken,
    };
    assert_int_equal(http_server_new(&options, &place->server, NULL), STATUS_OK);
    pthread_create(&place->loop, NULL, loop, place);
    *state = place;
    return 0;
}

static int place_close(void **state) {
    struct place *place = *state;
    atomic_store(&place->stop, true);
    pthread_join(place->loop, NULL);
    if (place->has_later)
        pthread_join(place->later, NULL);
    http_server_free(place->server);
    assert_int_equal(access(place->path, F_OK), -1);
    rmdir(place->directory);
    memory_free(place->body);
    memory_free(place);
    return 0;
}

static int dial(const struct place *place) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, place->path, strlen(place->path));
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    return client;
}

static void say(int client, const char *text) {
    assert_int_equal(send(client, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void hear(int client, const char *text) {
    char bytes[256] = "";
    size_t size = 0;
    while (size < strlen(text)) {
        ssize_t more = recv(client, bytes + size, sizeof bytes - 1 - size, 0);
        if (more <= 0)
            break;
        size += (size_t)more;
    }
    assert_string_equal(bytes, text);
}

#define NOW "HTTP/1.1 200 -\r\nX-A: b\r\nContent-Length: 3\r\n\r\nnow"

static void test_one_connection_asks_again_and_again(void **state) {
    int client = dial(*state);
    for (int i = 0; i < 3; i++) {
        say(client, "GET / HT");
        say(client, "TP/1.1\r\n\r\n");
        hear(client, NOW);
    }
    close(client);
}

static void test_others_go_on_while_one_waits(void **state) {
    int slow = dial(*state), fast = dial(*state);
    say(slow, "GET /later HTTP/1.1\r\n\r\n");
    say(fast, "GET / HTTP/1.1\r\n\r\n");
    hear(fast, NOW);
    hear(slow, "HTTP/1.1 200 -\r\nContent-Length: 5\r\n\r\nlater");
    close(slow);
    close(fast);
}

static void test_who_goes_while_waiting_is_forgotten(void **state) {
    int client = dial(*state);
    say(client, "GET /later HTTP/1.1\r\n\r\n");
    close(client);
    usleep(20000);
    client = dial(*state);
    say(client, "GET / HTTP/1.1\r\n\r\n");
    hear(client, NOW);
    usleep(60000);
    close(client);
}

static void test_large_answers_come_whole(void **state) {
    struct place *place = *state;
    int client = dial(place);
    static uint8_t bytes[BODY_BYTES + 256];
    say(client, "GET /large HTTP/1.1\r\nConnection: close\r\n\r\n");
    usleep(20000);
    size_t size = 0;
    for (ssize_t more; (more = recv(client, bytes + size, sizeof bytes - size, 0)) > 0;)
        size += (size_t)more;
    assert_true(size > BODY_BYTES);
    assert_memory_equal(bytes + size - BODY_BYTES, place->body, BODY_BYTES);
    close(client);
}

static void test_broken_heads_are_told_and_closed(void **state) {
    struct place *place = *state;
    int client = dial(place);
    char byte;
    say(client, "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx");
    hear(client, "HTTP/1.1 400 -\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(recv(client, &byte, 1, 0), 0);
    assert_int_equal(atomic_load(&place->broken), 1);
    close(client);
}

static void test_a_head_that_drips_is_closed(void **state) {
    int client = dial(*state);
    char byte;
    say(client, "GET / HTTP/1.1\r\n");
    assert_int_equal(recv(client, &byte, 1, 0), 0);
    close(client);
}

static void test_more_than_there_is_room_for_wait(void **state) {
    int clients[5];
    for (int i = 0; i < 5; i++)
        clients[i] = dial(*state);
    for (int i = 0; i < 5; i++)
        say(clients[i], "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        hear(clients[i], NOW);
        close(clients[i]);
    }
}

#define PLACE_TEST(function) cmocka_unit_test_setup_teardown(function, place_open, place_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_one_connection_asks_again_and_again),
        PLACE_TEST(test_others_go_on_while_one_waits),
        PLACE_TEST(test_who_goes_while_waiting_is_forgotten),
        PLACE_TEST(test_large_answers_come_whole),
        PLACE_TEST(test_broken_heads_are_told_and_closed),
        PLACE_TEST(test_a_head_that_drips_is_closed),
        PLACE_TEST(test_more_than_there_is_room_for_wait),
    };
    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
