// Flow records of both layouts
// SPDX-License-Identifier: Apache-2.0
#include "text_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_nfdump;

#define OLD "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,opkt,obyt\n"
#define OLD_RECORD                                                                                 \
    "2026-03-02 08:15:30,2026-03-02 08:15:31,1.000,10.0.0.5,192.0.2.7,50000,443,TCP,...AP.SF,"     \
    "10, 5120,0,0\n"
#define SUMMARY "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n1,5120,10,1,2,3\n"

static void check(struct text_seen_unit unit, const char *expected) {
    struct text_seen seen;
    assert_string_equal(text_seen_read(&seen, &decoder_nfdump, &unit), expected);
    text_seen_done(&seen);
}

static void test_layouts(void **state) {
    (void)state;
    check((struct text_seen_unit){.text = OLD OLD_RECORD SUMMARY
                                  "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,"
                                  "packets,bytes,bps,bpp,flows\n"
                                  "2026-03-02 08:15:30.250,0.5,TCP,10.0.0.5,1,192.0.2.7,2,3,4,"
                                  "5,6,7\n" SUMMARY},
          "2026-03-02T08:15:30.000000Z|2|ts=2026-03-02 08:15:30;te=2026-03-02 08:15:31;td=1.000;"
          "sa=10.0.0.5;da=192.0.2.7;sp=50000;dp=443;pr=TCP;flg=...AP.SF;ipkt=10;ibyt=5120;opkt=0;"
          "obyt=0;\n"
          "2026-03-02T08:15:30.250000Z|7|ts=2026-03-02 08:15:30.250;td=0.5;pr=TCP;sa=10.0.0.5;sp=1;"
          "da=192.0.2.7;dp=2;ipkt=3;ibyt=4;bps=5;bpp=6;flows=7;\n");
    check((struct text_seen_unit){.text = OLD_RECORD, .header = OLD, .offset = 1 << 20},
          "2026-03-02T08:15:30.000000Z|1|ts=2026-03-02 08:15:30;te=2026-03-02 08:15:31;td=1.000;"
          "sa=10.0.0.5;da=192.0.2.7;sp=50000;dp=443;pr=TCP;flg=...AP.SF;ipkt=10;ibyt=5120;opkt=0;"
          "obyt=0;\n");
}

static void test_damage(void **state) {
    (void)state;
    check((struct text_seen_unit){.text = OLD "2026-03-02 08:15:30,2026\n"
                                              "x,y,1,a,b,1,2,TCP,.,1,2,3,4\n"},
          "!48+24: nfdump: other columns than the header names\n"
          "!73+27: nfdump: a record without a time\n");
    check((struct text_seen_unit){.text = OLD_RECORD},
          "!0+100: nfdump: no header above the line\n");
}

static void test_recognise(void **state) {
    (void)state;
    assert_true(decoder_nfdump.recognise(SLICE(OLD OLD_RECORD), SLICE("a.csv")) > 90);
    assert_int_equal(decoder_nfdump.recognise(SLICE("ts,te,other\n"), SLICE("a.csv")), 0);
    assert_int_equal(decoder_nfdump.recognise(SLICE("time,client,host,status\n"), SLICE("a")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layouts),
                                       cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_recognise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
