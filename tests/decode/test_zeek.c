// Zeek's tables: headers, types, damage
// SPDX-License-Identifier: Apache-2.0
#include "text_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_zeek;
extern const struct decoder decoder_json_lines;

#define HEAD "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
#define DNS                                                                                        \
    HEAD "#path\tdns\n#open\t2026-03-02-00-00-00\n"                                                \
         "#fields\tts\tid.orig_h\tid.orig_p\tquery\tAA\tanswers\tTTLs\n"                           \
         "#types\ttime\taddr\tport\tstring\tbool\tvector[string]\tvector[interval]\n"

static void check(const struct decoder *decoder, struct text_seen_unit unit, const char *expected) {
    struct text_seen seen;
    assert_string_equal(text_seen_read(&seen, decoder, &unit), expected);
    text_seen_done(&seen);
}

static void test_values(void **state) {
    (void)state;
    check(&decoder_zeek,
          (struct text_seen_unit){
              .text =
                  DNS "1588206049.300416\t10.0.0.4\t53\ta.example\tT\t192.0.2.1,x\\x2cy\t1.0,2.5"
                      "\n1588206050.5\t10.0.0.4\t-\t(empty)\tF\t(empty)\t-\r\n"
                      "1588206051.000000\t10.0.0.4\tnone\tM\\xc3\\xbcller\\x09\\xZZ\t?\t-\t-\n"
                      "#close\t2026-03-02-01-00-00\n"},
          "2020-04-30T00:20:49.300416Z|9|ts=1588206049.300416;id.orig_h=10.0.0.4;id.orig_p=53;"
          "query=a.example;AA=true;answers=192.0.2.1, x,y;TTLs=1.0, 2.5;_path=dns;\n"
          "2020-04-30T00:20:50.500000Z|10|ts=1588206050.5;id.orig_h=10.0.0.4;id.orig_p=<null>;"
          "query=;AA=false;answers=;TTLs=<null>;_path=dns;\n"
          "2020-04-30T00:20:51.000000Z|11|ts=1588206051.000000;id.orig_h=10.0.0.4;id.orig_p=none;"
          "query=M\xc3\xbcller\t\\xZZ;AA=?;answers=<null>;TTLs=<null>;_path=dns;\n");
}

static void test_headers(void **state) {
    (void)state;
    // Two logs in one file, the second with another separator and marks.
    check(&decoder_zeek,
          (struct text_seen_unit){
              .text = HEAD "#path\ta\n#fields\tts\tx\n#types\ttime\tcount\n1.0\t7\n#close\tz\n"
                           "#separator |\n#unset_field|?\n#path|b\n#fields|ts|y\n2.0|?\n3.0|-\n"},
          "1970-01-01T00:00:01.000000Z|8|ts=1.0;x=7;_path=a;\n"
          "1970-01-01T00:00:02.000000Z|14|ts=2.0;y=<null>;_path=b;\n"
          "1970-01-01T00:00:03.000000Z|15|ts=3.0;y=-;_path=b;\n");
    // A later unit has the header in force beside it.
    check(
        &decoder_zeek,
        (struct text_seen_unit){.text = "4.0\t8\n",
                                .header = HEAD "#path\tconn\n#fields\tts\tx\n#types\ttime\tcount\n",
                                .offset = 1 << 20},
        "1970-01-01T00:00:04.000000Z|1|ts=4.0;x=8;_path=conn;\n");
}

static void test_damage(void **state) {
    (void)state;
    check(&decoder_zeek, (struct text_seen_unit){.text = "1.0\ta\n"},
          "!0+5: Zeek: a line without #fields above it\n");
    check(&decoder_zeek,
          (struct text_seen_unit){.text = "#fields\tts\tx\n1.0\n2.0\ta\tb\n\n3.0\tc\n4.0\t"},
          "!13+3: Zeek: other columns than #fields names\n"
          "!17+7: Zeek: other columns than #fields names\n"
          "1970-01-01T00:00:03.000000Z|5|ts=3.0;x=c;\n"
          "1970-01-01T00:00:04.000000Z|6|ts=4.0;x=;\n");
}

static void test_json(void **state) {
    (void)state;
    struct text_seen seen;
    // By a member, by what only this log has, by the file's name.
    struct text_seen_unit unit = {
        .text =
            "{\"@stream\":\"conn\",\"@system\":\"s1\",\"ts\":1.5,\"uid\":\"C\",\"id_orig_h\":\"10."
            "0.0.4\"}\n"
            "{\"ts\":2.5,\"uid\":\"C\",\"id.orig_h\":\"10.0.0.4\",\"trans_depth\":1}\n"
            "{\"ts\":\"2026-03-02T00:00:00.000000Z\",\"uid\":\"C\",\"id.orig_h\":\"10.0.0.4\"}\n",
        .path = "x/S_kerberos.2026-03-02.log"};
    const char *text = text_seen_read(&seen, &decoder_json_lines, &unit);
    assert_string_equal(text, "1970-01-01T00:00:01.500000Z|1|_path=conn;@system=s1;ts=1.5;uid=C;"
                              "id.orig_h=10.0.0.4;\n"
                              "1970-01-01T00:00:02.500000Z|2|ts=2.5;uid=C;id.orig_h=10.0.0.4;"
                              "trans_depth=1;_path=http;\n"
                              "2026-03-02T00:00:00.000000Z|3|ts=2026-03-02T00:00:00.000000Z;uid=C;"
                              "id.orig_h=10.0.0.4;_path=kerberos;\n");
    text_seen_done(&seen);
}

static void test_recognise(void **state) {
    (void)state;
    assert_true(decoder_zeek.recognise(slice_of_string(DNS), SLICE("dns.log")) > 90);
    assert_true(decoder_zeek.recognise(SLICE("#path\tx\n#fields\tts\tuid\n"), SLICE("a")) > 50);
    assert_int_equal(decoder_zeek.recognise(SLICE("#Fields: date time\n"), SLICE("a")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),    cmocka_unit_test(test_headers),
        cmocka_unit_test(test_damage),    cmocka_unit_test(test_json),
        cmocka_unit_test(test_recognise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
