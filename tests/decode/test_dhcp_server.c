// Audit log of the Windows DHCP server
// SPDX-License-Identifier: Apache-2.0
#include "text_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_dhcp_server;

#define HEAD                                                                                       \
    "\t\tMicrosoft DHCP Service Activity Log\r\n\r\n\r\nEvent ID  Meaning\r\n"                     \
    "00\tThe log was started.\r\n50+\tCodes above 50 are used for Rogue Server Detection.\r\n\r\n" \
    "ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID, "         \
    "DnsRegError.\r\n"

static void check(struct text_seen_unit unit, const char *expected) {
    struct text_seen seen;
    assert_string_equal(text_seen_read(&seen, &decoder_dhcp_server, &unit), expected);
    text_seen_done(&seen);
}

static void test_records(void **state) {
    (void)state;
    check(
        (struct text_seen_unit){
            .text = HEAD "10,03/02/26,08:15:30,Assign,10.0.0.5,PC05.corp.example,02005E000005,,"
                         "12,0\r\n"
                         "24,03/02/26,08:15:31,Database Cleanup Begin,,,,,0,6,,\r\n"
                         "00,03/02/2026,08:15:32,Started\r\n"},
        "2026-03-02T08:15:30.000000Z|9|ID=10;Date=03/02/26;Time=08:15:30;Description=Assign;"
        "IP Address=10.0.0.5;Host Name=PC05.corp.example;MAC Address=02005E000005;User Name=;"
        "TransactionID=12;DnsRegError=0;\n"
        "2026-03-02T08:15:31.000000Z|10|ID=24;Date=03/02/26;Time=08:15:31;"
        "Description=Database Cleanup Begin;IP Address=;Host Name=;MAC Address=;User Name=;"
        "TransactionID=0;DnsRegError=6;\n"
        "2026-03-02T08:15:32.000000Z|11|ID=00;Date=03/02/2026;Time=08:15:32;"
        "Description=Started;\n");
    // A later piece has no header in it.
    check(
        (struct text_seen_unit){.text = "11,03/02/26,08:15:30,Renew,10.0.0.5,PC05,02005E000005,\n",
                                .header = "\t\tMicrosoft DHCP Service Activity Log\r\n",
                                .offset = 1 << 20},
        "2026-03-02T08:15:30.000000Z|1|ID=11;Date=03/02/26;Time=08:15:30;Description=Renew;"
        "IP Address=10.0.0.5;Host Name=PC05;MAC Address=02005E000005;User Name=;\n");
}

static void test_damage(void **state) {
    (void)state;
    check((struct text_seen_unit){.text = "ID,Date,Time,Description,IP Address\n"
                                          "10,03/02/26\nx,03/02/26,08:15:30,y\n"
                                          "10,2026-03-02,08:15,y\n10,03/02/26,08:15:30,a,b,c\n"},
          "!36+11: DHCP: a line that is no record\n"
          "!48+21: DHCP: a line that is no record\n"
          "!70+21: DHCP: a record without a time\n"
          "!92+26: DHCP: more columns than the header names\n");
}

static void test_recognise(void **state) {
    (void)state;
    assert_true(decoder_dhcp_server.recognise(SLICE(HEAD), SLICE("DhcpSrvLog-Mon.log")) > 90);
    assert_int_equal(decoder_dhcp_server.recognise(SLICE("ID,Name\n"), SLICE("a")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_records),
                                       cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_recognise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
