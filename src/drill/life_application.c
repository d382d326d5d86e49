// What an ordinary host logs: Application
// SPDX-License-Identifier: Apache-2.0
#include "drill/life.h"

// A list of texts: `pattern` with '|' between them.
static void put_list(struct fleet_host *host, const char *pattern) {
    struct scribe_words words = fleet_host_words(host, ACCOUNT_USER);
    struct slice text = scribe_compose(host->scribe, pattern, &words, &host->dice);
    char *whole = host->scribe->scratch + ((const char *)text.data - host->scribe->scratch);
    for (size_t i = 0; i < text.size; i++)
        if (whole[i] == '|')
            whole[i] = 0;
    scribe_bytes(host->scribe, EVTX_TEXT_LIST, slice_of(whole, text.size + 1));
}

static void write_list(struct fleet_host *host, enum drill_event event, const char *pattern,
                       bool binary) {
    scribe_reset(host->scribe);
    put_list(host, pattern);
    if (binary)
        scribe_put(host->scribe, (struct evtx_value){0});
    fleet_host_emit(host, event, 0, ACCOUNT_SYSTEM);
}

void life_install_package(struct fleet_host *host) {
    static const char *const packages[] = {
        "C:\\ProgramData\\Corp Tools\\Agent\\cache\\agent-$v.msi|$n|(NULL)|(NULL)|(NULL)|",
        "C:\\Windows\\Installer\\$t.msi|$n|(NULL)|(NULL)|(NULL)|",
    };
    const char *package = packages[dice_below(&host->dice, ARRAY_SIZE(packages))];
    uint32_t roll = dice_below(&host->dice, 100);
    if (roll < 43)
        write_list(host, DRILL_MSI_BEGIN, package, true);
    else if (roll < 86)
        write_list(host, DRILL_MSI_END, package, true);
    else
        write_list(host, DRILL_MSI_INSTALLED,
                   "Corp Tools Agent|$v|1033|0|Corp Tools Example Ltd|(NULL)|", true);
}

void life_open_database(struct fleet_host *host) {
    if (dice_one_in(&host->dice, 2))
        write_list(host, DRILL_ESENT_START, "svchost|$n,P,98|DS_Token_DB: |0|10|00|0000|19041|3636",
                   false);
    else
        write_list(host, DRILL_ESENT_ATTACH,
                   "svchost|$n,D,50|DS_Token_DB: |C:\\Windows\\system32\\config\\systemprofile\\"
                   "AppData\\Local\\DataSharing\\Storage\\DSTokenDB2.dat|1|0|"
                   "[1] 0.000003 +J(0) [2] 0.000031 +J(0) [3] 0.$n +J(0)|"
                   "lgposAttach = 00000001:0009:$n|00000001:0009:$n",
                   false);
}

void life_report_error(struct fleet_host *host) {
    write_list(host, DRILL_ERROR_REPORT,
               "$n$n|5|StoreAgentInstallFailure1|Not available|0|Update;ScanForUpdates|8024001e|"
               "19041|3636|Windows.Desktop|$n|||||C:\\ProgramData\\Microsoft\\Windows\\WER\\Temp\\"
               "WER$t.tmp.WERInternalMetadata.xml||0|$g|268435456|",
               false);
}

void life_idle_shadow_copy(struct fleet_host *host) {
    write_list(host, DRILL_VSS_IDLE, "|", true);
}

void life_tell_security_center(struct fleet_host *host) {
    write_list(host, DRILL_SECURITY_CENTER_STATE, "Windows Defender|SECURITY_PRODUCT_STATE_ON",
               false);
}

void life_schedule_licensing(struct fleet_host *host) {
    if (dice_one_in(&host->dice, 5) == 0) {
        write_list(host, DRILL_SPP_SCHEDULED, "2126-02-06T08:15:30Z|RulesEngine", false);
        return;
    }
    scribe_reset(host->scribe);
    fleet_host_emit(host, DRILL_SPP_STARTED, 0, ACCOUNT_SYSTEM);
}

void life_restart_session(struct fleet_host *host) {
    scribe_reset(host->scribe);
    scribe_number(host->scribe, EVTX_UINT32, dice_below(&host->dice, 8));
    scribe_number(host->scribe, EVTX_FILETIME, host->now);
    fleet_host_emit(host, DRILL_RESTART_SESSION, 7012, ACCOUNT_SYSTEM);
}
