// Tests of what is outside
// SPDX-License-Identifier: Apache-2.0
#include "model/hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_outside(void **state) {
    (void)state;
    static const char *const OUTSIDE[] = {
        "8.8.8.8",        "192.0.2.1",   "198.51.100.7", "203.0.113.255",
        "172.15.255.255", "172.32.0.0",  "100.63.1.1",   "::ffff:203.0.113.9",
        "2001:db8::1",    "2620:fe::fe", "192.167.1.1",
    };
    static const char *const INSIDE[] = {
        "10.0.0.1",   "172.16.0.1",  "172.31.255.255",  "192.168.1.1", "127.0.0.1", "169.254.9.9",
        "100.64.0.1", "224.0.0.251", "255.255.255.255", "0.0.0.0",     "::1",       "fe80::1%eth0",
        "fd00::1",    "ff02::1",     "::ffff:10.1.2.3", "::",
    };
    for (size_t i = 0; i < ARRAY_SIZE(OUTSIDE); i++) {
        assert_true(address_is_outside(slice_of_string(OUTSIDE[i])));
        assert_true(address_is_address(slice_of_string(OUTSIDE[i])));
    }
    for (size_t i = 0; i < ARRAY_SIZE(INSIDE); i++) {
        assert_false(address_is_outside(slice_of_string(INSIDE[i])));
        assert_true(address_is_address(slice_of_string(INSIDE[i])));
    }
}

static void test_no_address(void **state) {
    (void)state;
    static const char *const NONE[] = {
        "",
        "-",
        "host",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.400",
        "a:b",
        "fe80",
        "1.2.3.4:80",
        "%",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"};
    for (size_t i = 0; i < ARRAY_SIZE(NONE); i++) {
        assert_false(address_is_address(slice_of_string(NONE[i])));
        assert_false(address_is_outside(slice_of_string(NONE[i])));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_outside),
                                       cmocka_unit_test(test_no_address)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
