// Tests of W3C extended logs
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"
#include "text_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

extern const struct decoder decoder_w3c;

static void assert_read(const char *header, const char *text, const char *wanted) {
    struct text_events events = {0};
    assert_string_equal(text_events_read(&events, &decoder_w3c, header, text, header[0] ? 9 : 0),
                        wanted);
    text_events_done(&events);
}

#define IIS "#Software: Microsoft Internet Information Services 10.0\r\n"

static void columns_are_known_by_name(void **state) {
    (void)state;
    assert_read("",
                IIS "#Fields: date time c-ip cs-uri-stem sc-status\r\n"
                    "2026-03-02 10:00:00 ::1 /a 200\r\n"
                    "#Fields: sc-status date cs-uri-stem time\r\n"
                    "404 2026-03-02 - 10:00:01\r\n",
                "2026-03-02T10:00:00.000000Z iis date=2026-03-02 time=10:00:00 c-ip=::1 "
                "cs-uri-stem=/a sc-status=200\n"
                "2026-03-02T10:00:01.000000Z iis sc-status=404 date=2026-03-02 time=10:00:01\n");
}

static void a_unit_has_its_header_from_above(void **state) {
    (void)state;
    assert_read("#Software: Other 1.0\n#Date: 2026-03-02 00:00:00\n#Fields: time cs-uri\n",
                "10:00:00.5 /x\n", "2026-03-02T10:00:00.500000Z w3c time=10:00:00.5 cs-uri=/x\n");
    assert_read("", "2026-03-02 10:00:00 /x\n", "gap W3C: no #Fields above the line\n");
}

static void quotes_count_but_for_iis(void **state) {
    (void)state;
    const char *fields = "#Fields: date time cs(User-Agent) c-ip\n";
    const char *line = "2026-03-02 10:00:00 \"a b\" 10.0.0.9\n2026-03-02 10:00:00 \"a 10.0.0.9\n";
    assert_read(fields, line,
                "2026-03-02T10:00:00.000000Z w3c date=2026-03-02 time=10:00:00 "
                "cs(User-Agent)=a b c-ip=10.0.0.9\n"
                "2026-03-02T10:00:00.000000Z w3c date=2026-03-02 time=10:00:00 "
                "cs(User-Agent)=\"a c-ip=10.0.0.9\n");
    assert_read(IIS "#Fields: date time cs(User-Agent) c-ip\n",
                "2026-03-02 10:00:00 \"a+b\"\"x 10.0.0.9\n",
                "2026-03-02T10:00:00.000000Z iis date=2026-03-02 time=10:00:00 "
                "cs(User-Agent)=\"a+b\"\"x c-ip=10.0.0.9\n");
}

static void damage_is_told(void **state) {
    (void)state;
    const char *fields = "#Fields: date time c-ip cs-method\n";
    assert_read(fields,
                "2026-03-02 10:00:00 10.0.0.9\n"
                "2026-03-02 25:00:00 10.0.0.9 GET\n"
                "2026-13-02 10:00:00 10.0.0.9 GET\n"
                "\n"
                "2026-03-02 10:00:00 10.0.0.9 GET x\n",
                "gap W3C: a line with fewer values than #Fields names\n"
                "2026-03-02T10:00:00.000000Z w3c date=2026-03-02 time=10:00:00 c-ip=10.0.0.9\n"
                "gap W3C: a line without a time\ngap W3C: a line without a time\n"
                "gap W3C: a line with more values than #Fields names\n"
                "2026-03-02T10:00:00.000000Z w3c date=2026-03-02 time=10:00:00 c-ip=10.0.0.9 "
                "cs-method=GET\n");
}

static void sources_are_recognised(void **state) {
    (void)state;
    struct slice none = SLICE("");
    assert_int_equal(
        decoder_w3c.recognise(SLICE(IIS "#Fields: date time c-ip cs-method\r\n"), none), 95);
    assert_int_equal(decoder_w3c.recognise(SLICE("#Fields: date time src-ip dst-ip\n"), none), 60);
    assert_int_equal(decoder_w3c.recognise(SLICE("#Fields: DateTime,RequestId,Status\n"), none), 0);
    assert_int_equal(decoder_w3c.recognise(SLICE("#fields\tts\tuid\n"), none), 0);
    assert_int_equal(decoder_w3c.recognise(none, none), 0);
    assert_ptr_equal(decode_recognise(SLICE(IIS "#Fields: date time c-ip cs-method\r\n"), none),
                     &decoder_w3c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_by_name),
        cmocka_unit_test(a_unit_has_its_header_from_above),
        cmocka_unit_test(quotes_count_but_for_iis),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(sources_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
