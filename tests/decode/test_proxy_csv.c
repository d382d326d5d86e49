// Exports of proxies: columns by name
// SPDX-License-Identifier: Apache-2.0
#include "text_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_proxy_csv;

static void check(struct text_seen_unit unit, const char *expected) {
    struct text_seen seen;
    assert_string_equal(text_seen_read(&seen, &decoder_proxy_csv, &unit), expected);
    text_seen_done(&seen);
}

static void test_columns(void **state) {
    (void)state;
    check(
        (struct text_seen_unit){
            .text = "Timestamp,Client IP,User Name,Method,URL,Status Code,Bytes Sent,"
                    "Bytes Received,Policy\r\n"
                    "2026-03-02T08:15:30.500Z,10.0.0.5,-,GET,\"http://a/?x=1,2&y=\"\"z\"\"\",200,"
                    "380,5120,\"line\r\nend\"\r\n"
                    "1772439331,10.0.0.5,bob,GET,http://a/,200,1,2,p\r\n"},
        "2026-03-02T08:15:30.500000Z|2|time=2026-03-02T08:15:30.500Z;c-ip=10.0.0.5;"
        "cs-username=<null>;cs-method=GET;c-uri=http://a/?x=1,2&y=\"z\";sc-status=200;"
        "cs-bytes=380;sc-bytes=5120;Policy=line\r\nend;\n"
        "2026-03-02T08:15:31.000000Z|4|time=1772439331;c-ip=10.0.0.5;cs-username=bob;"
        "cs-method=GET;c-uri=http://a/;sc-status=200;cs-bytes=1;sc-bytes=2;Policy=p;\n");
    // Date and time apart, tabs, a second column of the same name, the header again.
    check(
        (struct text_seen_unit){
            .text = "date\ttime\tsrc_ip\thost\tpath\taction\tsource ip\n"
                    "2026-03-02\t08:15:30\t10.0.0.5\ta.example\t/x\tblocked\t10.0.0.6\n"
                    "date\ttime\tsrc_ip\thost\tpath\taction\tsource ip\n"},
        "2026-03-02T08:15:30.000000Z|2|date=2026-03-02;time=08:15:30;c-ip=10.0.0.5;"
        "cs-host=a.example;cs-uri-stem=/x;s-action=blocked;source ip=10.0.0.6;\n");
    check((struct text_seen_unit){.text = "[02/Mar/2026:08:15:30 +0800];10.0.0.5;a;403\n",
                                  .header = "time;client;host;status\n",
                                  .offset = 1 << 20},
          "2026-03-02T00:15:30.000000Z|1|time=[02/Mar/2026:08:15:30 +0800];c-ip=10.0.0.5;cs-host=a;"
          "sc-status=403;\n");
}

static void test_damage(void **state) {
    (void)state;
    check((struct text_seen_unit){.text = "time,client,host,status\n"
                                          "2026-03-02,10.0.0.5\n"
                                          "2026-03-02,\"10.0.0.5,a,200\n"
                                          "soon,10.0.0.5,a,200\n"},
          "!24+19: proxy CSV: other columns than the header names\n"
          "!44+26: proxy CSV: a quoted value without an end\n"
          "|4|time=soon;c-ip=10.0.0.5;cs-host=a;sc-status=200;\n");
    check((struct text_seen_unit){.text = "a,b\n1,2\n"},
          "!0+3: proxy CSV: no header above the line\n"
          "!4+3: proxy CSV: no header above the line\n");
}

static void test_recognise(void **state) {
    (void)state;
    static const char *const foreign[] = {"",
                                          "a,b,c\n",
                                          "time,client,host\n",
                                          "#Fields: date time c-ip cs-method cs-uri-stem\n",
                                          "ts,te,td,sa,da,sp,dp,pr\n",
                                          "{\"time\":1}\n",
                                          "EntryNumber,FileName,Created0x10\n"};
    for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
        assert_int_equal(decoder_proxy_csv.recognise(slice_of_string(foreign[i]), SLICE("a.csv")),
                         0);
    assert_true(decoder_proxy_csv.recognise(SLICE("time,client_ip,url,status\n"), SLICE("a")) > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns),
                                       cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_recognise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
