// The demonstration's attack
// SPDX-License-Identifier: Apache-2.0
#include "drill/story.h"

#include "drill/life.h"

#include <string.h>

enum {
    STORY_AT_PERCENT = 55,   // of the fleet's days: when the story begins
    STORY_WAVE_MINUTE = 300, // the update clients' turn
    STORY_WAVE_STEP = 7,     // minutes from one of them to the next
    STORY_WAVE_HOSTS = 5
};

#define MINUTE 600000000ull

// A process creation, or what `tell` does with the two texts.
struct story_step {
    uint32_t host, minute;
    enum program parent;
    enum fleet_account_kind account;
    const char *image, *original, *command;
    void (*tell)(struct fleet_host *host, const struct story_step *step);
};

static void install_service(struct fleet_host *host, const struct story_step *step) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    scribe_text(scribe, step->image);
    scribe_text(scribe, step->command);
    scribe_text(scribe, "user mode service");
    scribe_text(scribe, "demand start");
    scribe_text(scribe, "LocalSystem");
    fleet_host_emit(host, DRILL_SERVICE_INSTALLED, 680, ACCOUNT_ADMIN);
}

static void register_task(struct fleet_host *host, const struct story_step *step) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    fleet_put_account(host, step->account);
    scribe_text(scribe, step->image);
    scribe_text(scribe, step->command);
    scribe_number(scribe, EVTX_UINT64, 844424930132480u);
    scribe_number(scribe, EVTX_UINT32, 4120);
    scribe_number(scribe, EVTX_UINT32, 3988);
    scribe_number(scribe, EVTX_UINT32, 0);
    scribe_text(scribe, host->computer);
    fleet_host_emit(host, DRILL_TASK_CREATED, 4, ACCOUNT_SYSTEM);
    scribe_text(scribe, step->image);
    scribe_text(scribe, host->accounts[step->account].label);
    fleet_host_emit(host, DRILL_TASK_REGISTERED, 1284, ACCOUNT_SYSTEM);
}

static void clear_logs(struct fleet_host *host, const struct story_step *step) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    fleet_put_account(host, step->account);
    fleet_host_emit(host, DRILL_SECURITY_CLEARED, 1004, ACCOUNT_SYSTEM);
    scribe_text(scribe, host->accounts[step->account].name);
    scribe_text(scribe, host->accounts[step->account].domain);
    scribe_text(scribe, "System");
    scribe_text(scribe, "");
    fleet_host_emit(host, DRILL_LOG_CLEARED, 1004, step->account);
}

// The Exchange log's record of a cmdlet: name, parameters, and what Exchange adds.
static void run_cmdlet(struct fleet_host *host, const struct story_step *step) {
    struct scribe *scribe = host->scribe;
    scribe_reset(scribe);
    size_t from = scribe->used;
    const char *texts[] = {step->image,
                           step->command,
                           "corp.example.com/Users/adm.01",
                           "S-1-5-21-1842605837-2967155374-3128844401-1105",
                           "S-1-5-21-1842605837-2967155374-3128844401-1105",
                           "Remote-ManagementShell-Unknown",
                           "7704 w3wp#MSExchangePowerShellAppPool",
                           "",
                           "31",
                           "00:00:01.2187504",
                           "View Entire Forest: 'True', Configuration Domain Controller: "
                           "'DC-01.corp.example.com'",
                           "",
                           "",
                           "",
                           "",
                           "",
                           "",
                           "False",
                           "",
                           "0 objects execution has been proxied to remote server.",
                           "",
                           "",
                           "0",
                           "ActivityId: 5f1e0d9c-0b6a-4b8e-9a43-5d2f3f0a7c11",
                           "ServicePlan:;IsAdmin:True;",
                           "",
                           "en-US"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        scribe_copy(scribe, slice_of_string(texts[i]));
    scribe_bytes(scribe, EVTX_TEXT_LIST, slice_of(scribe->scratch + from, scribe->used - from));
    fleet_host_emit(host, DRILL_EXCHANGE_CMDLET, 7704, ACCOUNT_SYSTEM);
}

// The stolen account comes from the mail server.
static void arrive(struct fleet_host *host, const struct story_step *step) {
    char address[16];
    fleet_address_host(host->fleet, SERVER_EXCHANGE, host->now, address);
    life_log_on_from(host, step->account, address);
}

static void write_file(struct fleet_host *host, const struct story_step *step) {
    struct scribe *scribe = host->scribe;
    const struct fleet_process *process = fleet_find_process(host, step->parent);
    scribe_reset(scribe);
    scribe_text(scribe, "-");
    scribe_bytes(scribe, EVTX_TEXT, scribe_time(scribe, host->now));
    scribe_bytes(scribe, EVTX_GUID, slice_of(process->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, process->id);
    scribe_text(scribe, process->image);
    scribe_text(scribe, step->image);
    scribe_bytes(scribe, EVTX_TEXT, scribe_time(scribe, host->now));
    scribe_text(scribe, host->accounts[process->account].label);
    fleet_host_emit(host, DRILL_SYSMON_FILE, 2840, ACCOUNT_SYSTEM);
}

static void start_program(struct fleet_host *host, const struct story_step *step) {
    fleet_launch(host, &(struct fleet_launch){
                           .image = step->image,
                           .original = step->original,
                           .description = "-",
                           .company = "Microsoft Corporation",
                           .command = step->command,
                           .parent = fleet_find_process(host, step->parent),
                           .program = PROGRAM_SHELL,
                           .account = step->account,
                           .sysmon = true,
                       });
}

#define CMD "C:\\Windows\\System32\\cmd.exe", "Cmd.Exe"
#define EXCHANGE "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\"
#define ADMIN ACCOUNT_ADMIN
#define SYSTEM ACCOUNT_SYSTEM
#define WORKSTATION SERVER_COUNT

// By host, then by minute.
static const struct story_step steps[] = {
    {SERVER_EXCHANGE, 0, PROGRAM_IISHOST, SYSTEM,
     EXCHANGE "FrontEnd\\HttpProxy\\owa\\auth\\logon_help.aspx", NULL, NULL, write_file},
    {SERVER_EXCHANGE, 2, PROGRAM_IISHOST, SYSTEM, CMD, "cmd.exe /c whoami", start_program},
    {SERVER_EXCHANGE, 3, PROGRAM_IISHOST, SYSTEM, CMD, "cmd.exe /c ipconfig /all", start_program},
    {SERVER_EXCHANGE, 4, PROGRAM_IISHOST, SYSTEM, CMD,
     "cmd.exe /c net group \"Domain Admins\" /domain", start_program},
    {SERVER_EXCHANGE, 31, PROGRAM_IISHOST, SYSTEM, "C:\\Windows\\System32\\schtasks.exe",
     "schtasks.exe",
     "schtasks /create /tn \"\\Microsoft\\Windows\\DocSafe Cache\" /tr "
     "C:\\ProgramData\\dscache.exe /sc daily /st 03:10 /ru SYSTEM /f",
     start_program},
    {SERVER_EXCHANGE, 31, PROGRAM_IISHOST, SYSTEM, "\\Microsoft\\Windows\\DocSafe Cache", NULL,
     "<?xml version=\"1.0\" encoding=\"UTF-16\"?><Task version=\"1.2\" xmlns=\"http://"
     "schemas.microsoft.com/windows/2004/02/mit/task\"><Actions Context=\"Author\"><Exec>"
     "<Command>C:\\ProgramData\\dscache.exe</Command></Exec></Actions></Task>",
     register_task},
    {SERVER_EXCHANGE, 95, PROGRAM_IISHOST, SYSTEM, "New-ManagementRoleAssignment", NULL,
     "-Role \"Mailbox Import Export\" -User \"adm.01\"", run_cmdlet},
    {SERVER_EXCHANGE, 97, PROGRAM_IISHOST, SYSTEM, "New-MailboxExportRequest", NULL,
     "-Mailbox \"anna.adler\" -ContentFilter \"(Received -ge '2026-01-01')\" -FilePath "
     "\"\\\\FILE-01\\projects\\a1.pst\"",
     run_cmdlet},
    {SERVER_EXCHANGE, 99, PROGRAM_IISHOST, SYSTEM, "New-MailboxExportRequest", NULL,
     "-Mailbox \"ben.brandt\" -ContentFilter \"(Received -ge '2026-01-01')\" -FilePath "
     "\"\\\\FILE-01\\projects\\b1.pst\"",
     run_cmdlet},
    {SERVER_EXCHANGE, 140, PROGRAM_IISHOST, SYSTEM, "Remove-MailboxExportRequest", NULL,
     "-Identity \"anna.adler\\MailboxExport\" -Confirm \"False\"", run_cmdlet},
    {SERVER_EXCHANGE, 180, PROGRAM_SHELL, ADMIN, "C:\\Windows\\System32\\wbem\\WMIC.exe",
     "wmic.exe", "wmic /node:UPD-01 process call create \"cmd.exe /c hostname\"", start_program},
    {SERVER_EXCHANGE, 420, PROGRAM_SHELL, ADMIN, "C:\\Windows\\System32\\wevtutil.exe",
     "wevtutil.exe", "wevtutil cl Security", start_program},
    {SERVER_EXCHANGE, 420, PROGRAM_SHELL, ADMIN, NULL, NULL, NULL, clear_logs},
    {SERVER_UPGRADE, 180, PROGRAM_LSASS, ADMIN, NULL, NULL, NULL, arrive},
    {SERVER_UPGRADE, 180, PROGRAM_WMIHOST, ADMIN, CMD, "cmd.exe /c hostname", start_program},
    {SERVER_UPGRADE, 205, PROGRAM_SERVICES, ADMIN, "PSEXESVC", NULL, "%SystemRoot%\\PSEXESVC.exe",
     install_service},
    {SERVER_UPGRADE, 206, PROGRAM_SERVICES, SYSTEM, "C:\\Windows\\PSEXESVC.exe", "psexesvc.exe",
     "C:\\Windows\\PSEXESVC.exe", start_program},
    {SERVER_UPGRADE, 208, PROGRAM_SHELL, ADMIN, CMD,
     "cmd.exe /c copy /y \\\\EX-01\\c$$\\ProgramData\\DocSafeSetup.exe "
     "D:\\DocSafe\\packages\\DocSafeSetup.exe",
     start_program},
    {SERVER_FILE, 239, PROGRAM_LSASS, ADMIN, NULL, NULL, NULL, arrive},
    {SERVER_FILE, 240, PROGRAM_SERVICES, ADMIN, "PSEXESVC", NULL, "%SystemRoot%\\PSEXESVC.exe",
     install_service},
    {SERVER_FILE, 242, PROGRAM_WMIHOST, ADMIN, CMD,
     "cmd.exe /c dir /s /b E:\\Shares\\projects\\*.dwg", start_program},
    // The wave: the update client of several workstations starts a shell.
    {WORKSTATION, STORY_WAVE_MINUTE, PROGRAM_UPDATER, SYSTEM, CMD,
     "cmd.exe /c \"C:\\Program Files\\Example DocSafe\\Update\\cache\\DocSafeSetup.exe\" /quiet",
     start_program},
    {WORKSTATION, STORY_WAVE_MINUTE + 1, PROGRAM_UPDATER, SYSTEM,
     "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "PowerShell.EXE",
     "powershell.exe -NoProfile -WindowStyle Hidden -Command Get-ChildItem C:\\Users -Recurse "
     "-Include *.docx,*.dwg",
     start_program},
    {WORKSTATION, STORY_WAVE_MINUTE + 2, PROGRAM_UPDATER, SYSTEM,
     "C:\\Windows\\System32\\systeminfo.exe", "sysinfo.exe", "systeminfo", start_program},
    {WORKSTATION, STORY_WAVE_MINUTE + 6, PROGRAM_UPDATER, SYSTEM, CMD,
     "cmd.exe /c ping -n 3 127.0.0.1 & del /q \"C:\\Program Files\\Example "
     "DocSafe\\Update\\cache\\DocSafeSetup.exe\"",
     start_program},
};

static bool is_of_wave(const struct fleet_host *host) {
    return host->number >= SERVER_COUNT && host->number < SERVER_COUNT + STORY_WAVE_HOSTS;
}

static bool is_due_here(const struct fleet_host *host, const struct story_step *step) {
    return step->host == host->number || (step->host == WORKSTATION && is_of_wave(host));
}

static uint64_t find_time(const struct fleet_host *host, const struct story_step *step) {
    uint64_t begin =
        host->fleet->start + host->fleet->hour_count * 60 * MINUTE / 100 * STORY_AT_PERCENT;
    uint64_t late =
        step->host == WORKSTATION ? (host->number - SERVER_COUNT) * (uint64_t)STORY_WAVE_STEP : 0;
    return begin + (step->minute + late) * MINUTE;
}

void story_tell(struct fleet_host *host) {
    if (host->fleet->options->quiet || host->fleet->options->hosts < SERVERS_MIN_HOSTS)
        return;
    for (; host->story_at < ARRAY_SIZE(steps); host->story_at++) {
        const struct story_step *step = &steps[host->story_at];
        if (!is_due_here(host, step))
            continue;
        uint64_t when = find_time(host, step);
        if (when > host->now)
            return;
        // Between the record before and the one to come: no time goes back on any host.
        uint64_t now = host->now;
        host->now = when > host->told ? when : host->told + 10000;
        step->tell(host, step);
        host->told = host->now;
        host->now = now > host->now ? now : host->now;
    }
}
