// What an ordinary host logs: System, tasks, scripts
// SPDX-License-Identifier: Apache-2.0
#include "drill/life.h"

enum {
    SERVICES_PROCESS = 680,
    SCHEDULE_PROCESS = 1284,
    WMI_PROCESS = 3320,
    DEFENDER_PROCESS = 3460
};

static void put_pattern(struct fleet_host *host, const char *pattern,
                        enum fleet_account_kind account) {
    struct scribe_words words = fleet_host_words(host, account);
    scribe_bytes(host->scribe, EVTX_TEXT,
                 scribe_compose(host->scribe, pattern, &words, &host->dice));
}

static struct scribe *begin(struct fleet_host *host) {
    scribe_reset(host->scribe);
    return host->scribe;
}

void life_change_service(struct fleet_host *host) {
    static const char *const services[] = {"Background Intelligent Transfer Service",
                                           "Windows Update",
                                           "Software Protection",
                                           "Windows Modules Installer",
                                           "AppX Deployment Service (AppXSVC)",
                                           "Client License Service (ClipSVC)",
                                           "Network Setup Service",
                                           "Device Setup Manager",
                                           "Corp Tools Inventory Agent",
                                           "Microsoft Software Shadow Copy Provider"};
    const char *service = services[dice_below(&host->dice, ARRAY_SIZE(services))];
    struct scribe *scribe = begin(host);
    if (dice_one_in(&host->dice, 12)) {
        scribe_text(scribe, "Background Intelligent Transfer Service");
        scribe_text(scribe, dice_one_in(&host->dice, 2) ? "demand start" : "auto start");
        scribe_text(scribe, "demand start");
        scribe_text(scribe, "BITS");
        fleet_host_emit(host, DRILL_SERVICE_START_TYPE, SERVICES_PROCESS, ACCOUNT_SYSTEM);
        return;
    }
    scribe_text(scribe, service);
    scribe_text(scribe, dice_one_in(&host->dice, 2) ? "running" : "stopped");
    scribe_bytes(scribe, EVTX_BINARY, slice_of("B\0I\0T\0S\0/\0004\0\0", 14));
    fleet_host_emit(host, DRILL_SERVICE_STATE, SERVICES_PROCESS, ACCOUNT_SYSTEM);
}

void life_clean_hive(struct fleet_host *host) {
    struct scribe *scribe = begin(host);
    struct scribe_words words = fleet_host_words(host, ACCOUNT_USER);
    struct slice hive = scribe_compose(
        scribe,
        "\\??\\C:\\Users\\$u\\AppData\\Local\\Packages\\Microsoft.Windows.Search_$t\\"
        "Settings\\settings.dat",
        &words, &host->dice);
    scribe_number(scribe, EVTX_UINT16, hive.size);
    scribe_bytes(scribe, EVTX_TEXT, hive);
    scribe_number(scribe, EVTX_UINT32, dice_below(&host->dice, 900));
    scribe_number(scribe, EVTX_UINT32, dice_below(&host->dice, 30));
    fleet_host_emit(host, DRILL_HIVE_CLEANED, 4, ACCOUNT_SYSTEM);
}

void life_update(struct fleet_host *host) {
    static const enum drill_event events[] = {DRILL_UPDATE_DOWNLOAD, DRILL_UPDATE_STARTED,
                                              DRILL_UPDATE_INSTALLED};
    enum drill_event event = events[dice_below(&host->dice, ARRAY_SIZE(events))];
    struct scribe *scribe = begin(host);
    put_pattern(host,
                "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 "
                "(Version 1.445.$n.0) - Current Channel (Broad)",
                ACCOUNT_SYSTEM);
    scribe_guid(scribe, &host->dice);
    scribe_number(scribe, EVTX_UINT32, 200);
    if (event == DRILL_UPDATE_INSTALLED)
        scribe_guid(scribe, &host->dice);
    fleet_host_emit(host, event, 5360, ACCOUNT_SYSTEM);
}

void life_apply_policy(struct fleet_host *host) {
    bool computer = dice_one_in(&host->dice, 2);
    struct scribe *scribe = begin(host);
    scribe_number(scribe, EVTX_UINT32, 1);
    scribe_number(scribe, EVTX_UINT32, 4131);
    scribe_number(scribe, EVTX_UINT32, 0);
    scribe_number(scribe, EVTX_UINT32, 200 + dice_below(&host->dice, 3000));
    put_pattern(host, "\\\\$c", ACCOUNT_SYSTEM);
    fleet_host_emit(host, computer ? DRILL_POLICY_COMPUTER : DRILL_POLICY_USER, 1548,
                    computer ? ACCOUNT_SYSTEM : ACCOUNT_USER);
}

void life_keep_time(struct fleet_host *host) {
    begin(host);
    put_pattern(host, "$c (ntp.d|0.0.0.0:123->$k:123)", ACCOUNT_SYSTEM);
    fleet_host_emit(host, dice_one_in(&host->dice, 3) ? DRILL_TIME_SOURCE : DRILL_TIME_REACHABLE,
                    1164, ACCOUNT_LOCAL);
}

void life_time_out_name(struct fleet_host *host) {
    static const uint8_t address[16] = {2, 0, 0, 53, 10, 20, 1, 10};
    struct scribe *scribe = begin(host);
    scribe_text(scribe, "static.example.org");
    scribe_number(scribe, EVTX_UINT32, sizeof address);
    scribe_bytes(scribe, EVTX_BINARY, slice_of(address, sizeof address));
    fleet_host_emit(host, DRILL_DNS_TIMEOUT, 1932, ACCOUNT_NETWORK);
}

void life_run_script(struct fleet_host *host) {
    static const char *const scripts[] = {
        "prompt",
        "# Corp Tools inventory $v\r\nparam([string]$$Job)\r\n$$items = Get-ItemProperty -Path "
        "$$root | Select-Object DisplayName, DisplayVersion, Publisher\r\n$$items | "
        "ConvertTo-Json -Depth 3 | Out-File -FilePath \"C:\\ProgramData\\Corp Tools\\$h.json\"",
        "{ Set-StrictMode -Version 1; $$_.PSMessageDetails }",
        "function Get-DiskReport { param($$Limit = $n)\r\n    Get-Volume | Where-Object "
        "SizeRemaining -lt $$Limit | Sort-Object DriveLetter\r\n}",
    };
    struct scribe *scribe = begin(host);
    scribe_number(scribe, EVTX_INT32, 1);
    scribe_number(scribe, EVTX_INT32, 1);
    put_pattern(host, scripts[dice_below(&host->dice, ARRAY_SIZE(scripts))], ACCOUNT_USER);
    put_pattern(host, "$g", ACCOUNT_USER);
    scribe_text(scribe, "");
    fleet_host_emit(host, DRILL_PS_SCRIPT, 6404, ACCOUNT_USER);
}

void life_run_pipeline(struct fleet_host *host) {
    struct scribe *scribe = begin(host);
    put_pattern(
        host,
        "        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        "
        "Host Version = 5.1.19041.3636\r\n        Host ID = $g\r\n        Host Application "
        "= powershell.exe -NoProfile -File C:\\Corp\\report.ps1\r\n        Engine Version = "
        "5.1.19041.3636\r\n        Runspace ID = $g\r\n        Pipeline ID = $n\r\n        "
        "Command Name = Sort-Object\r\n        Command Type = Cmdlet\r\n        Script "
        "Name = \r\n        Sequence Number = $n\r\n        User = $d\\$u\r\n        "
        "Connected User = \r\n        Shell ID = Microsoft.PowerShell\r\n",
        ACCOUNT_USER);
    scribe_text(scribe, "");
    put_pattern(host,
                "CommandInvocation(Sort-Object): \"Sort-Object\"\r\nParameterBinding(Sort-Object): "
                "name=\"Property\"; value=\"DisplayName\"\r\n",
                ACCOUNT_USER);
    fleet_host_emit(host, DRILL_PS_PIPELINE, 6404, ACCOUNT_USER);
}

void life_open_console(struct fleet_host *host) {
    static const enum drill_event events[] = {DRILL_PS_CONSOLE_STARTING, DRILL_PS_CONSOLE_READY,
                                              DRILL_PS_ENGINE, DRILL_PS_ENGINE_END};
    size_t pick = dice_below(&host->dice, ARRAY_SIZE(events));
    struct scribe *scribe = begin(host);
    if (pick >= 2) {
        scribe_bytes(scribe, EVTX_TEXT_LIST,
                     pick == 2 ? SLICE("Available\0None\0\tNewEngineState=Available\r\n\t"
                                       "PreviousEngineState=None\r\n\r\n\tSequenceNumber=13\r\n\r\n"
                                       "\tHostName=ConsoleHost\r\n\tHostVersion=5.1.19041.3636\r\n"
                                       "\tHostApplication=powershell.exe -NoProfile -File "
                                       "C:\\Corp\\report.ps1\0")
                               : SLICE("Stopped\0Available\0\tNewEngineState=Stopped\r\n\t"
                                       "PreviousEngineState=Available\r\n\r\n\tSequenceNumber=15"
                                       "\r\n\r\n\tHostName=ConsoleHost\r\n"
                                       "\tHostApplication=powershell.exe -NoProfile -File "
                                       "C:\\Corp\\report.ps1\0"));
    }
    fleet_host_emit(host, events[pick], 6404, ACCOUNT_USER);
}

void life_run_task(struct fleet_host *host) {
    static const struct {
        const char *name, *path;
    } tasks[] = {
        {"\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Scan",
         "C:\\Windows\\system32\\usoclient.exe"},
        {"\\Microsoft\\Windows\\Flighting\\OneSettings\\RefreshCache", "Custom Handler"},
        {"\\MicrosoftEdgeUpdateTaskMachineUA",
         "C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe"},
        {"\\Corp Tools\\Inventory", "C:\\Program Files\\Corp Tools\\Agent\\inventory.exe"},
        {"\\Example DocSafe\\Update Check",
         "C:\\Program Files\\Example DocSafe\\Update\\UpdateService.exe"},
    };
    static const enum drill_event events[] = {DRILL_TASK_STARTED, DRILL_TASK_PROCESS,
                                              DRILL_TASK_ACTION, DRILL_TASK_ACTION_DONE,
                                              DRILL_TASK_COMPLETED};
    size_t task = dice_below(&host->dice, ARRAY_SIZE(tasks));
    enum drill_event event = events[dice_below(&host->dice, ARRAY_SIZE(events))];
    uint32_t id = 1000 + 4 * dice_below(&host->dice, 3000);
    struct scribe *scribe = begin(host);
    scribe_text(scribe, tasks[task].name);
    if (event == DRILL_TASK_STARTED || event == DRILL_TASK_COMPLETED) {
        scribe_text(scribe, "NT AUTHORITY\\SYSTEM");
        scribe_guid(scribe, &host->dice);
    } else if (event == DRILL_TASK_PROCESS) {
        scribe_text(scribe, tasks[task].path);
        scribe_number(scribe, EVTX_UINT32, id);
        scribe_number(scribe, EVTX_UINT32, 16384);
    } else if (event == DRILL_TASK_ACTION) {
        scribe_text(scribe, tasks[task].path);
        scribe_guid(scribe, &host->dice);
        scribe_number(scribe, EVTX_UINT32, id);
    } else {
        scribe_guid(scribe, &host->dice);
        scribe_text(scribe, tasks[task].path);
        scribe_number(scribe, EVTX_UINT32, 0);
        scribe_number(scribe, EVTX_UINT32, id);
    }
    fleet_host_emit(host, event, SCHEDULE_PROCESS, ACCOUNT_SYSTEM);
}

void life_use_wmi(struct fleet_host *host) {
    struct scribe *scribe = begin(host);
    if (dice_below(&host->dice, 4)) {
        scribe_text(scribe, "CIMWin32");
        scribe_number(scribe, EVTX_HEX32, 0);
        scribe_text(scribe, "wmiprvse.exe");
        scribe_number(scribe, EVTX_UINT32, fleet_find_process(host, PROGRAM_WMIHOST)->id);
        scribe_text(scribe, "%systemroot%\\system32\\wbem\\cimwin32.dll");
        fleet_host_emit(host, DRILL_WMI_PROVIDER, WMI_PROCESS, ACCOUNT_NETWORK);
        return;
    }
    put_pattern(host, "{$g}", ACCOUNT_SYSTEM);
    scribe_text(scribe, host->name);
    scribe_text(scribe, "NT AUTHORITY\\SYSTEM");
    scribe_number(scribe, EVTX_UINT32, fleet_find_process(host, PROGRAM_AGENT)->id);
    scribe_text(scribe, "Unknown");
    scribe_text(scribe, "Start IWbemServices::ExecQuery - root\\cimv2 : SELECT Name, Version FROM "
                        "Win32_QuickFixEngineering");
    scribe_number(scribe, EVTX_HEX32, 0x80041032);
    scribe_text(scribe, "Unknown");
    fleet_host_emit(host, DRILL_WMI_FAILURE, WMI_PROCESS, ACCOUNT_SYSTEM);
}

static void put_texts(struct fleet_host *host, const char *const *texts, size_t count) {
    for (size_t i = 0; i < count; i++)
        put_pattern(host, texts[i], ACCOUNT_SYSTEM);
}

void life_scan_for_malware(struct fleet_host *host) {
    static const char *const scan[] = {"Microsoft Defender Antivirus",
                                       "4.18.26010.5",
                                       "{$g}",
                                       "1",
                                       "Antimalware",
                                       "1",
                                       "Quick Scan",
                                       "NT AUTHORITY",
                                       "SYSTEM",
                                       "S-1-5-18",
                                       "",
                                       "0",
                                       "1"};
    static const char *const healthy[] = {"Microsoft Defender Antivirus", "4.18.26010.5", "",
                                          "1.1.26010.1", "1.445.$n.0"};
    static const char *const updated[] = {"Microsoft Defender Antivirus",
                                          "4.18.26010.5",
                                          "1.445.$n.0",
                                          "1.445.$n.0",
                                          "NT AUTHORITY",
                                          "SYSTEM",
                                          "S-1-5-18",
                                          "1",
                                          "AntiVirus",
                                          "2",
                                          "Delta",
                                          "1.1.26010.1",
                                          "1.1.26010.1"};
    static const struct {
        enum drill_event event;
        const char *const *texts;
        size_t count;
    } rows[] = {
        {DRILL_DEFENDER_SCAN, scan, ARRAY_SIZE(scan) - 2},
        {DRILL_DEFENDER_SCANNED, scan, ARRAY_SIZE(scan)},
        {DRILL_DEFENDER_HEALTHY, healthy, ARRAY_SIZE(healthy)},
        {DRILL_DEFENDER_HEALTHY, healthy, ARRAY_SIZE(healthy)},
        {DRILL_DEFENDER_UPDATED, updated, ARRAY_SIZE(updated)},
    };
    size_t row = dice_below(&host->dice, ARRAY_SIZE(rows));
    begin(host);
    put_texts(host, rows[row].texts, rows[row].count);
    fleet_host_emit(host, rows[row].event, DEFENDER_PROCESS, ACCOUNT_SYSTEM);
}

void life_open_session(struct fleet_host *host) {
    struct scribe *scribe = begin(host);
    scribe_text(scribe, host->accounts[ACCOUNT_USER].label);
    scribe_number(scribe, EVTX_UINT32, 1);
    scribe_text(scribe, "LOCAL");
    fleet_host_emit(host,
                    dice_one_in(&host->dice, 2) ? DRILL_SESSION_LOGON : DRILL_SESSION_RECONNECTED,
                    1320, ACCOUNT_SYSTEM);
}
