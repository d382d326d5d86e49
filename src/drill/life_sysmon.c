// What an ordinary host logs: Sysmon
// SPDX-License-Identifier: Apache-2.0
#include "drill/life.h"

enum {
    SYSMON_PROCESS = 2840
};

// RuleName, UtcTime, ProcessGuid, ProcessId, Image: what most Sysmon events begin with.
static void put_head(struct fleet_host *host, const struct fleet_process *process) {
    struct scribe *scribe = host->scribe;
    scribe_bytes(scribe, EVTX_TEXT, scribe_time(scribe, host->now));
    scribe_bytes(scribe, EVTX_GUID, slice_of(process->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, process->id);
    scribe_text(scribe, process->image);
}

static void begin(struct fleet_host *host, const struct fleet_process *process) {
    scribe_reset(host->scribe);
    scribe_text(host->scribe, "-");
    put_head(host, process);
}

static void put_pattern(struct fleet_host *host, const char *pattern) {
    struct scribe_words words = fleet_host_words(host, ACCOUNT_USER);
    scribe_bytes(host->scribe, EVTX_TEXT,
                 scribe_compose(host->scribe, pattern, &words, &host->dice));
}

static const char *label_of(const struct fleet_host *host, const struct fleet_process *process) {
    return host->accounts[process->account].label;
}

void life_connect(struct fleet_host *host) {
    static const struct {
        enum program program;
        const char *address, *name;
        uint16_t port;
    } rows[] = {
        {PROGRAM_CHROME, "198.51.100.34", "www.example.com", 443},
        {PROGRAM_CHROME, "198.51.100.77", "static.example.org", 443},
        {PROGRAM_EDGE, "203.0.113.12", "news.example.net", 443},
        {PROGRAM_AGENT, "$z", "$y", 8443},
        {PROGRAM_UPDATER, "$z", "$y", 443},
        {PROGRAM_SVCHOST, "$k", "$c", 389},
    };
    struct scribe *scribe = host->scribe;
    size_t row = dice_below(&host->dice, ARRAY_SIZE(rows));
    const struct fleet_process *process = fleet_find_process(host, rows[row].program);
    begin(host, process);
    scribe_text(scribe, label_of(host, process));
    scribe_text(scribe, "tcp");
    scribe_number(scribe, EVTX_BOOL, 1);
    scribe_number(scribe, EVTX_BOOL, 0);
    scribe_text(scribe, host->address);
    scribe_text(scribe, host->computer);
    scribe_number(scribe, EVTX_UINT16, 49152 + dice_below(&host->dice, 16384));
    scribe_text(scribe, "-");
    scribe_number(scribe, EVTX_BOOL, 0);
    put_pattern(host, rows[row].address);
    put_pattern(host, rows[row].name);
    scribe_number(scribe, EVTX_UINT16, rows[row].port);
    scribe_text(scribe, rows[row].port == 443 ? "https" : rows[row].port == 389 ? "ldap" : "-");
    fleet_host_emit(host, DRILL_SYSMON_CONNECTION, SYSMON_PROCESS, ACCOUNT_SYSTEM);
}

void life_load_image(struct fleet_host *host) {
    static const struct {
        const char *path, *description, *original;
    } rows[] = {
        {"C:\\Windows\\System32\\kernel32.dll", "Windows NT BASE API Client DLL", "kernel32"},
        {"C:\\Windows\\System32\\rpcrt4.dll", "Remote Procedure Call Runtime", "rpcrt4.dll"},
        {"C:\\Windows\\System32\\combase.dll", "Microsoft COM for Windows", "COMBASE.DLL"},
        {"C:\\Windows\\System32\\winhttp.dll", "Windows HTTP Services", "winhttp.dll"},
        {"C:\\Windows\\System32\\propsys.dll", "Microsoft Property System", "propsys.dll"},
        {"C:\\Windows\\System32\\windows.storage.dll", "Microsoft WinRT Storage API",
         "Windows.Storage.dll"},
    };
    struct scribe *scribe = host->scribe;
    size_t row = dice_below(&host->dice, ARRAY_SIZE(rows));
    const struct fleet_process *process = fleet_any_process(host);
    begin(host, process);
    scribe_text(scribe, rows[row].path);
    const struct fleet_image *image = fleet_image(host, slice_of_string(rows[row].path));
    scribe_text(scribe, image->version);
    scribe_text(scribe, rows[row].description);
    scribe_text(scribe, "Microsoft\xC2\xAE Windows\xC2\xAE Operating System");
    scribe_text(scribe, "Microsoft Corporation");
    scribe_text(scribe, rows[row].original);
    scribe_text(scribe, image->hashes);
    scribe_text(scribe, "true");
    scribe_text(scribe, "Microsoft Windows");
    scribe_text(scribe, "Valid");
    scribe_text(scribe, label_of(host, process));
    fleet_host_emit(host, DRILL_SYSMON_IMAGE, SYSMON_PROCESS, ACCOUNT_SYSTEM);
}

void life_access_process(struct fleet_host *host) {
    struct scribe *scribe = host->scribe;
    const struct fleet_process *source = fleet_find_process(host, PROGRAM_SVCHOST);
    const struct fleet_process *target = fleet_any_process(host);
    scribe_reset(scribe);
    scribe_text(scribe, "-");
    scribe_bytes(scribe, EVTX_TEXT, scribe_time(scribe, host->now));
    scribe_bytes(scribe, EVTX_GUID, slice_of(source->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, source->id);
    scribe_number(scribe, EVTX_UINT32, 4 * dice_below(&host->dice, 4000));
    scribe_text(scribe, source->image);
    scribe_bytes(scribe, EVTX_GUID, slice_of(target->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, target->id);
    scribe_text(scribe, target->image);
    scribe_number(scribe, EVTX_HEX32, 0x1000);
    put_pattern(host, "C:\\Windows\\SYSTEM32\\ntdll.dll+9d1e4|C:\\Windows\\System32\\"
                      "KERNELBASE.dll+2bcbe|c:\\windows\\system32\\pcasvc.dll+$n|C:\\Windows\\"
                      "System32\\KERNEL32.DLL+17344|C:\\Windows\\SYSTEM32\\ntdll.dll+526b1");
    scribe_text(scribe, label_of(host, source));
    scribe_text(scribe, label_of(host, target));
    fleet_host_emit(host, DRILL_SYSMON_ACCESS, SYSMON_PROCESS, ACCOUNT_SYSTEM);
}

void life_create_file(struct fleet_host *host) {
    static const struct {
        enum program program;
        const char *path;
    } rows[] = {
        {PROGRAM_CHROME, "C:\\Users\\$u\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\"
                         "Cache\\Cache_Data\\f_00$n"},
        {PROGRAM_EXPLORER, "C:\\Users\\$u\\AppData\\Roaming\\Microsoft\\Windows\\Recent\\$w.lnk"},
        {PROGRAM_EXPLORER, "C:\\Users\\$u\\Documents\\$w.xlsx"},
        {PROGRAM_AGENT, "C:\\ProgramData\\Corp Tools\\Agent\\state\\$g.json"},
        {PROGRAM_UPDATER, "C:\\Program Files\\Example DocSafe\\Update\\cache\\$t.part"},
        {PROGRAM_SVCHOST, "C:\\Windows\\SoftwareDistribution\\DataStore\\Logs\\edb0$n.log"},
    };
    size_t row = dice_below(&host->dice, ARRAY_SIZE(rows));
    const struct fleet_process *process = fleet_find_process(host, rows[row].program);
    begin(host, process);
    put_pattern(host, rows[row].path);
    scribe_bytes(host->scribe, EVTX_TEXT, scribe_time(host->scribe, host->now));
    scribe_text(host->scribe, label_of(host, process));
    fleet_host_emit(host, DRILL_SYSMON_FILE, SYSMON_PROCESS, ACCOUNT_SYSTEM);
}

void life_set_registry(struct fleet_host *host) {
    static const struct {
        enum program program;
        const char *key, *details;
    } rows[] = {
        {PROGRAM_EXPLORER,
         "HKU\\S-1-5-21-1842605837-2967155374-3128844401-2001\\Software\\Microsoft\\Windows\\"
         "CurrentVersion\\Explorer\\RecentDocs\\$n",
         "Binary Data"},
        {PROGRAM_AGENT, "HKLM\\SOFTWARE\\Corp Tools\\Agent\\LastJob", "DWORD (0x0000$n)"},
        {PROGRAM_SVCHOST,
         "HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\"
         "S-1-5-21-1842605837-2967155374-3128844401-2001\\SequenceNumber",
         "DWORD (0x000000$n)"},
        {PROGRAM_SVCHOST,
         "HKLM\\System\\CurrentControlSet\\Services\\W32Time\\Config\\"
         "LastKnownGoodTime",
         "QWORD (0x01dbf0a3-0x$x)"},
    };
    size_t row = dice_below(&host->dice, ARRAY_SIZE(rows));
    const struct fleet_process *process = fleet_find_process(host, rows[row].program);
    scribe_reset(host->scribe);
    scribe_text(host->scribe, "-");
    scribe_text(host->scribe, "SetValue");
    put_head(host, process);
    put_pattern(host, rows[row].key);
    put_pattern(host, rows[row].details);
    scribe_text(host->scribe, label_of(host, process));
    fleet_host_emit(host, DRILL_SYSMON_REGISTRY, SYSMON_PROCESS, ACCOUNT_SYSTEM);
}

void life_query_name(struct fleet_host *host) {
    static const struct {
        const char *name, *result;
    } rows[] = {
        {"www.example.com", "::ffff:198.51.100.34;"},
        {"static.example.org", "type:  5 edge.example.org;::ffff:198.51.100.77;"},
        {"news.example.net", "::ffff:203.0.113.12;"},
        {"$c", "$k;"},
        {"$y", "$z;"},
        {"wpad.$D", "-"},
    };
    size_t row = dice_below(&host->dice, ARRAY_SIZE(rows));
    const struct fleet_process *process =
        fleet_find_process(host, row < 3 ? PROGRAM_CHROME : PROGRAM_AGENT);
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    scribe_text(scribe, "-");
    scribe_bytes(scribe, EVTX_TEXT, scribe_time(scribe, host->now));
    scribe_bytes(scribe, EVTX_GUID, slice_of(process->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, process->id);
    put_pattern(host, rows[row].name);
    scribe_text(scribe, row == 5 ? "9003" : "0");
    put_pattern(host, rows[row].result);
    scribe_text(scribe, process->image);
    scribe_text(scribe, label_of(host, process));
    fleet_host_emit(host, DRILL_SYSMON_DNS, SYSMON_PROCESS, ACCOUNT_SYSTEM);
}
