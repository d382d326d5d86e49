// Leases of dhcpd
// SPDX-License-Identifier: Apache-2.0
#include "text_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_dhcp_leases;

static void check(const char *text, const char *expected) {
    struct text_seen seen;
    struct text_seen_unit unit = {.text = text};
    assert_string_equal(text_seen_read(&seen, &decoder_dhcp_leases, &unit), expected);
    text_seen_done(&seen);
}

#define LEASE                                                                                      \
    "lease 10.0.0.5 {\n  starts 1 2026/03/02 08:15:30;\n  ends 1 2026/03/02 20:15:30;\n"           \
    "  binding state active;\n  hardware ethernet 02:00:5e:00:00:05;\n"                            \
    "  client-hostname \"PC05\";\n}\n"

static void test_leases(void **state) {
    (void)state;
    check("# comment\nauthoring-byte-order little-endian;\n\n" LEASE
          "lease 10.0.0.6 {\r\n  starts epoch 1772439331; # Mon Mar 2\r\n  ends never;\r\n}\r\n"
          "failover peer \"a\" state {\n  my state normal at 1 2026/03/02 08:15:30;\n}\n",
          "2026-03-02T08:15:30.000000Z|4|ip=10.0.0.5;starts=1 2026/03/02 08:15:30;"
          "ends=1 2026/03/02 20:15:30;binding_state=active;mac=02:00:5e:00:00:05;hostname=PC05;"
          "lease_end=1772482530;\n"
          "2026-03-02T08:15:31.000000Z|11|ip=10.0.0.6;starts=epoch 1772439331;ends=never;\n");
}

static void test_damage(void **state) {
    (void)state;
    check("lease 10.0.0.7 {\n  starts 1 2026/03/02 08:15:30;\n" LEASE
          "lease {\n}\nlease 10.0.0.8 {\n",
          "!0+16: DHCP: a lease without an end\n"
          "2026-03-02T08:15:30.000000Z|3|ip=10.0.0.5;starts=1 2026/03/02 08:15:30;"
          "ends=1 2026/03/02 20:15:30;binding_state=active;mac=02:00:5e:00:00:05;hostname=PC05;"
          "lease_end=1772482530;\n"
          "!219+7: DHCP: a lease without an address\n"
          "!229+16: DHCP: a lease without an end\n");
    check("ia-na \"x\" {\n", "!0+11: DHCP: leases of DHCPv6 are not read\n");
}

static void test_recognise(void **state) {
    (void)state;
    assert_true(decoder_dhcp_leases.recognise(SLICE("\n" LEASE), SLICE("dhcpd.leases")) > 80);
    assert_int_equal(decoder_dhcp_leases.recognise(SLICE("lease of life\n"), SLICE("a")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leases), cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_recognise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
