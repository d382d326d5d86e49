// Squid's native log
// SPDX-License-Identifier: Apache-2.0
#include "text_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_squid;

#define LINE                                                                                       \
    "1772439330.123    845 10.0.0.5 TCP_MISS/200 5120 GET http://a.example/b.exe?x=1 alice "       \
    "HIER_DIRECT/192.0.2.7 text/html\n"

static void test_lines(void **state) {
    (void)state;
    struct text_seen seen;
    struct text_seen_unit unit = {
        .text = LINE "1772439331.000 12 10.0.0.6 TCP_DENIED/407 0 CONNECT b.example:443 - "
                     "HIER_NONE/- - \"Mozilla/5.0\"\n"
                     "1772439331.000 12 10.0.0.6 TCP_DENIED 0 GET x - HIER_NONE/- -\n"
                     "1772439331.000 12 10.0.0.6 TCP_MISS/200"};
    assert_string_equal(
        text_seen_read(&seen, &decoder_squid, &unit),
        "2026-03-02T08:15:30.123000Z|1|time=1772439330.123;time-taken=845;c-ip=10.0.0.5;"
        "s-action=TCP_MISS;sc-status=200;sc-bytes=5120;cs-method=GET;"
        "c-uri=http://a.example/b.exe?x=1;cs-username=alice;s-hierarchy=HIER_DIRECT;"
        "r-ip=192.0.2.7;rs-content-type=text/html;\n"
        "2026-03-02T08:15:31.000000Z|2|time=1772439331.000;time-taken=12;c-ip=10.0.0.6;"
        "s-action=TCP_DENIED;sc-status=407;sc-bytes=0;cs-method=CONNECT;c-uri=b.example:443;"
        "cs-username=<null>;s-hierarchy=HIER_NONE;r-ip=<null>;rs-content-type=<null>;"
        "rest=\"Mozilla/5.0\";\n"
        "!214+61: Squid: a line that is not of the native format\n"
        "!276+39: Squid: a line that is not of the native format\n");
    text_seen_done(&seen);
}

static void test_recognise(void **state) {
    (void)state;
    assert_true(decoder_squid.recognise(SLICE(LINE LINE), SLICE("access.log")) > 90);
    assert_int_equal(decoder_squid.recognise(SLICE("10.0.0.5 - - [02/Mar/2026:08:15:30 +0800] "
                                                   "\"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n"),
                                             SLICE("access.log")),
                     0);
    assert_int_equal(decoder_squid.recognise(SLICE(""), SLICE("access.log")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_recognise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
