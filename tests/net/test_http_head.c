// Heads of requests: whole, in part, broken
// SPDX-License-Identifier: Apache-2.0
#include "net/http_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum http_reading read_text(const char *text, struct http_head *ret_request) {
    const char *reason;
    return http_head_read(slice_of_string(text), ret_request, &reason);
}

static void test_a_head_is_read(void **state) {
    (void)state;
    struct http_head request;
    assert_int_equal(read_text("GET /a?b HTTP/1.1\r\nHost: gate\r\nX-One:  two words \r\n"
                               "Empty:\r\nContent-Length: 0\r\n\r\n",
                               &request),
                     HTTP_READ);
    assert_true(slice_equal(request.method, SLICE("GET")));
    assert_true(slice_equal(request.target, SLICE("/a?b")));
    assert_true(request.keep);
    assert_true(slice_equal(http_head_field(&request, "x-one"), SLICE("two words")));
    assert_int_equal(http_head_field(&request, "Empty").size, 0);
    assert_null(http_head_field(&request, "Range").data);
}

static void test_connections_are_kept_as_told(void **state) {
    (void)state;
    struct http_head request;
    assert_int_equal(read_text("GET / HTTP/1.0\r\n\r\n", &request), HTTP_READ);
    assert_false(request.keep);
    assert_int_equal(read_text("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", &request), HTTP_READ);
    assert_false(request.keep);
}

static void test_every_beginning_is_partial(void **state) {
    (void)state;
    static const char TEXT[] = "GET /a HTTP/1.1\r\nHost: gate\r\n\r\n";
    struct http_head request;
    const char *reason;
    for (size_t size = 0; size + 1 < sizeof TEXT; size++)
        assert_int_equal(http_head_read(slice_of(TEXT, size), &request, &reason), HTTP_PARTIAL);
}

// Row 24 of the attack matrix: what a front end and a server could read differently.
static void test_smuggling_is_broken(void **state) {
    (void)state;
    static const char *const BROKEN[] = {
        "GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: +0\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 00\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\ntransfer-encoding:\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
        "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / x HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET /\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        " / HTTP/1.1\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\n\r\n",
        "\r\n\r\n",
    };
    struct http_head request;
    for (size_t i = 0; i < ARRAY_SIZE(BROKEN); i++)
        if (read_text(BROKEN[i], &request) != HTTP_BROKEN)
            fail_msg("%s was taken", BROKEN[i]);
    const char *reason;
    assert_int_equal(http_head_read(SLICE("GET / HTTP/1.1\r\nX: a\0b\r\n\r\n"), &request, &reason),
                     HTTP_BROKEN);
}

static void test_heads_have_ceilings(void **state) {
    (void)state;
    static char text[HTTP_HEAD_BYTES_MAX + 1];
    struct http_head request;
    const char *reason;
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    assert_int_equal(http_head_read(slice_of(text, sizeof text - 1), &request, &reason),
                     HTTP_PARTIAL);
    assert_int_equal(http_head_read(slice_of(text, sizeof text), &request, &reason), HTTP_BROKEN);
    size_t size = 0;
    memcpy(text, "GET / HTTP/1.1\r\n", 16);
    size = 16;
    for (int i = 0; i <= HTTP_FIELDS_MAX; i++) {
        text[size++] = (char)('A' + i / 26);
        text[size++] = (char)('a' + i % 26);
        memcpy(text + size, ": 1\r\n", 5);
        size += 5;
    }
    memcpy(text + size, "\r\n", 2);
    assert_int_equal(http_head_read(slice_of(text, size + 2), &request, &reason), HTTP_BROKEN);
    memcpy(text + size - 7, "\r\n", 2);
    assert_int_equal(http_head_read(slice_of(text, size - 5), &request, &reason), HTTP_READ);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_head_is_read),
        cmocka_unit_test(test_connections_are_kept_as_told),
        cmocka_unit_test(test_every_beginning_is_partial),
        cmocka_unit_test(test_smuggling_is_broken),
        cmocka_unit_test(test_heads_have_ceilings),
    };
    return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
