// Tests of servers' logs first
// SPDX-License-Identifier: Apache-2.0
#include "intake/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void servers_by_their_names(void **state) {
    (void)state;
    static const char *const servers[] = {
        "MSExchange Management.evtx",
        "x/Exchange Server/V15/Logging/a.log",
        "inetpub/logs/a",
        "LogFiles/W3SVC1/u_ex.log",
        "corp/DomainController/Security.evtx",
        "DC01/Security.evtx",
        "corp-dc-2/Security.evtx",
        "FILESRV01/System.evtx",
        "srv-web/System.evtx",
    };
    static const char *const others[] = {
        "WKS-01/Security.evtx", "dcim/photo.json", "abcdc1/a", "lsassrvx/a", "", "-", "Observer/a",
    };
    for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
        if (order_rank(slice_of_string(servers[i])) != 0)
            fail_msg("%s is a server", servers[i]);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (order_rank(slice_of_string(others[i])) != 1)
            fail_msg("%s is no server", others[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(servers_by_their_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
