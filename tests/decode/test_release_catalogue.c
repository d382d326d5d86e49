// Tests of catalogues of packages
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"
#include "text_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

extern const struct decoder decoder_release_catalogue;

static void assert_read(const char *header, const char *text, const char *wanted) {
    struct text_events events = {0};
    assert_string_equal(
        text_events_read(&events, &decoder_release_catalogue, header, text, header[0] ? 9 : 0),
        wanted);
    text_events_done(&events);
}

static void both_tables_are_read(void **state) {
    (void)state;
    assert_read("",
                "size,sha256,version,name,path,time\n"
                "5,00,1,\"a,b\",/p,2026-03-02T00:00:00Z\n",
                "2026-03-02T00:00:00.000000Z release_catalogue size=5 sha256=00 version=1 "
                "name=a,b path=/p time=2026-03-02T00:00:00Z\n");
    assert_read("released,name,version,sha256\n", "2026-03-02T00:00:00Z,a,1,00\n",
                "2026-03-02T00:00:00.000000Z release_list released=2026-03-02T00:00:00Z name=a "
                "version=1 sha256=00\n");
}

static void damage_is_told(void **state) {
    (void)state;
    assert_read("", "1,2\n", "gap release catalogue: no header above the line\n");
    assert_read("released,name,version,sha256\n", "x,a,1,00\na,b\n\"open,a,1,00\n",
                "gap release catalogue: a line without a time\n"
                "gap release catalogue: a line unlike its header\n"
                "gap release catalogue: a line unlike its header\n");
}

static void sources_are_recognised(void **state) {
    (void)state;
    struct slice first = SLICE("time,path,name,version,size,sha256,signer\n");
    assert_ptr_equal(decode_recognise(first, SLICE("catalogue.csv")), &decoder_release_catalogue);
    assert_int_equal(decoder_release_catalogue.recognise(SLICE("path,sha256\n"), SLICE("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_tables_are_read),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(sources_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
