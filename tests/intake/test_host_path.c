// Tests of the host that a path names
// SPDX-License-Identifier: Apache-2.0
#include "intake/host_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void hosts_out_of_paths(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"case/WKS-07/C/Windows/System32/winevt/Logs/Security.evtx", "WKS-07"},
        {"case/WKS-07/C%3A/Windows/System32/winevt/Logs/Security.evtx", "WKS-07"},
        {"case/WKS-07_C/Windows/System32/winevt/Logs/Security.evtx", "WKS-07"},
        {"case/mail.corp.example/D/inetpub/logs/u_ex240101.log", "mail.corp.example"},
        {"x/2024-01-31T120000_FILE01.zip!C/Windows/a.evtx", "FILE01"},
        {"evidence.zip!C/Windows/System32/winevt/Logs/a.evtx", ""},
        {"Collection-SRV-DC01-2024-05-06T07_08_09Z.zip!uploads/auto/C%3A/Windows/a.evtx",
         "SRV-DC01"},
        {"Collection-host_corp_local-2024-05-06T07_08_09Z/uploads/ntfs/C/Windows/a.evtx",
         "host_corp_local"},
        {"server/clients/C.0123456789abcdef/collections/F.1/uploads/auto/C%3A/Windows/a.evtx",
         "C.0123456789abcdef"},
        {"clients/WKS9-C.0123456789abcdef/uploads/a.evtx", "WKS9"},
        {"lab/hosts/exch01/Security.evtx", "exch01"},
        {"lab/hosts/Security.evtx", ""},
        {"lab/hosts/pc-1.zip!C/Windows/System32/winevt/Logs/Security.evtx", "pc-1"},
        {"lab/hosts/pc-1.zip!uploads/auto/C%3A/Windows/System32/winevt/Logs/Security.evtx", "pc-1"},
        {"lab/hosts/pc-1.zip!results/Windows.System.Amcache.json", "pc-1"},
        {"lab/servers/mail-01.zip!C/inetpub/logs/LogFiles/W3SVC1/u_ex260302.log", "mail-01"},
        {"lab/servers/zeek-1/opt/zeek/logs/2026-03-02/dns.log", "zeek-1"},
        {"lab/servers/servers/a.evtx", ""},
        {"\xE6\x9C\xBA\xE5\x99\xA8"
         "1/C/Windows/a.evtx",
         "\xE6\x9C\xBA\xE5\x99\xA8"
         "1"},
        {"zip.zip!HOST9\\C\\Windows\\a.evtx", "HOST9"},
        {"uploads/auto/C%3A/Windows/System32/winevt/Logs/a.evtx", ""},
        {"C/Windows/System32/winevt/Logs/a.evtx", ""},
        {"2024/C/Windows/System32/a.evtx", ""},
        {"a.evtx", ""},
        {"", ""},
        {"///", ""},
        {"hosts//a", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct slice host = host_from_path(slice_of_string(rows[i][0]));
        if (!slice_equal_string(host, rows[i][1]))
            fail_msg("%s: got \"%.*s\", want \"%s\"", rows[i][0], (int)host.size,
                     (const char *)host.data, rows[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hosts_out_of_paths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
