// Every log source that published rules name
// SPDX-License-Identifier: Apache-2.0
#include "made_event.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ftw.h>

// One head for each service and category, written down apart from the tables under test:
// channels and ids of the taxonomy.
static const struct {
    const char *channel;
    int first;
    int last;
} HEADS[] = {
    {"Microsoft-Windows-Sysmon/Operational", 1, 29},
    {"Microsoft-Windows-Sysmon/Operational", 255, 255},
    {"Microsoft-Windows-PowerShell/Operational", 4103, 4104},
    {"Windows PowerShell", 400, 400},
    {"Windows PowerShell", 600, 600},
    {"Windows PowerShell", 800, 800},
    {"Security", 4688, 4688},
    {"System", 7045, 7045},
    {"Application", 1000, 1000},
    {"Microsoft-Windows-AppLocker/EXE and DLL", 8004, 8004},
    {"Microsoft-Windows-AppModel-Runtime/Admin", 201, 201},
    {"Microsoft-Windows-AppXDeploymentServer/Operational", 400, 400},
    {"Microsoft-Windows-AppxPackaging/Operational", 157, 157},
    {"Microsoft-Windows-Bits-Client/Operational", 3, 3},
    {"Microsoft-Windows-CAPI2/Operational", 70, 70},
    {"Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational", 1007, 1007},
    {"Microsoft-Windows-CodeIntegrity/Operational", 3077, 3077},
    {"Microsoft-Windows-Diagnosis-Scripted/Operational", 101, 101},
    {"Microsoft-Windows-DNS Client Events/Operational", 3008, 3008},
    {"DNS Server", 150, 150},
    {"Microsoft-Windows-DNS-Server/Analytical", 257, 257},
    {"Microsoft-Windows-DriverFrameworks-UserMode/Operational", 2003, 2003},
    {"Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", 2004, 2004},
    {"Microsoft-IIS-Configuration/Operational", 29, 29},
    {"Microsoft-Windows-LDAP-Client/Debug", 30, 30},
    {"Microsoft-Windows-LSA/Operational", 300, 300},
    {"Microsoft-ServiceBus-Client/Operational", 40300, 40300},
    {"MSExchange Management", 1, 1},
    {"Microsoft-Windows-NTLM/Operational", 8001, 8001},
    {"OpenSSH/Operational", 4, 4},
    {"Microsoft-Windows-PrintService/Admin", 808, 808},
    {"Microsoft-Windows-PrintService/Operational", 316, 316},
    {"Microsoft-Windows-Security-Mitigations/Kernel Mode", 11, 11},
    {"Microsoft-Windows-Shell-Core/Operational", 28115, 28115},
    {"Microsoft-Windows-SmbClient/Connectivity", 30803, 30803},
    {"Microsoft-Windows-SmbClient/Security", 31017, 31017},
    {"Microsoft-Windows-SMBServer/Connectivity", 1009, 1009},
    {"Microsoft-Windows-TaskScheduler/Operational", 129, 129},
    {"Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", 21, 21},
    {"Microsoft-Windows-Windows Defender/Operational", 1116, 1116},
    {"Microsoft-Windows-WMI-Activity/Operational", 5861, 5861},
};

static size_t rule_count;
static size_t failure_count;

static bool some_head_fits(const struct log_source_wanted *wanted) {
    struct normaliser *normaliser = normaliser_new();
    bool fits = false;
    for (size_t i = 0; i < ARRAY_SIZE(HEADS) && !fits; i++)
        for (int code = HEADS[i].first; code <= HEADS[i].last && !fits; code++) {
            char text[16];
            snprintf(text, sizeof text, "%d", code);
            struct made_event made;
            made_event_head(&made, "", HEADS[i].channel, text);
            normaliser_classify(normaliser, &made.event);
            fits = log_source_fits(&made.event.event_class->log_source, wanted);
        }
    normaliser_free(normaliser);
    return fits;
}

// Kernel-File events come from a trace session, never from an event log.
static bool is_trace_only(uint32_t category) {
    return category == LOG_CATEGORY_FILE_ACCESS || category == LOG_CATEGORY_FILE_RENAME;
}

static void source_check(const struct log_source_wanted *wanted, const char *path) {
    bool is_known = wanted->product != LOG_UNKNOWN && wanted->category != LOG_UNKNOWN &&
                    wanted->service != LOG_UNKNOWN;
    bool is_windows = wanted->product == LOG_PRODUCT_WINDOWS;
    rule_count++;
    if (is_known && (!is_windows || is_trace_only(wanted->category) || some_head_fits(wanted)))
        return;
    print_error("%s: log source not mapped\n", path);
    failure_count++;
}

// "    product: windows" -> windows, when the line has that key.
static bool line_value(const char *line, const char *key, char *ret_value, size_t size) {
    line += strspn(line, " ");
    size_t length = strlen(key);
    if (strncmp(line, key, length) != 0 || line[length] != ':')
        return false;
    line += length + 1;
    line += strspn(line, " '\"");
    size_t end = strcspn(line, " '\"#\r\n");
    assert_true(end < size);
    memcpy(ret_value, line, end);
    ret_value[end] = '\0';
    return true;
}

static int rule_check(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info;
    (void)place;
    size_t size = strlen(path);
    if (kind != FTW_F || size < 4 || strcmp(path + size - 4, ".yml") != 0)
        return 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[4096];
    char value[128];
    bool inside = false;
    struct log_source_wanted wanted = {0};
    while (fgets(line, sizeof line, file)) {
        if (line[0] != ' ' && line[0] != '#')
            inside = strncmp(line, "logsource:", 10) == 0;
        if (!inside)
            continue;
        if (line_value(line, "product", value, sizeof value))
            wanted.product = log_product_find(slice_of_string(value));
        if (line_value(line, "category", value, sizeof value))
            wanted.category = log_category_find(slice_of_string(value));
        if (line_value(line, "service", value, sizeof value))
            wanted.service = log_service_find(slice_of_string(value));
    }
    fclose(file);
    source_check(&wanted, path);
    return 0;
}

static void every_log_source_of_the_rules_is_mapped(void **state) {
    (void)state;
    const char *shared = getenv("VEDETTE_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/sigma", shared ? shared : "../shared");
    if (nftw(path, rule_check, 16, FTW_PHYS) != 0 || rule_count == 0) {
        print_message("no rules under %s\n", path);
        skip();
    }
    print_message("%zu rules\n", rule_count);
    assert_int_equal(failure_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_log_source_of_the_rules_is_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
