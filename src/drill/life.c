// How often what happens
// SPDX-License-Identifier: Apache-2.0
#include "drill/life.h"

// Weights in 10,000. Some happenings write two records, so that of the records about 47 % are
// Security, 13 % Sysmon, 12 % BITS, 11 % Application and 17 % others, and 16 % process
// creations (10.5 % in Security, 5.5 % in Sysmon).
const struct life_row life_rows[] = {
    {life_start_process, {1050, 1050, 850, 1050}},
    {life_end_process, {700, 700, 600, 700}},
    {life_log_on, {420, 560, 560, 560}},
    {life_tell_groups, {200, 250, 250, 250}},
    {life_bind_port, {200, 200, 200, 200}},
    {life_fail_log_on, {12, 4, 4, 4}},
    {life_allow_connection, {1020, 800, 600, 800}},
    {life_access_object, {600, 700, 100, 500}},
    {life_access_share, {120, 250, 100, 150}},
    {life_check_credential, {30, 20, 60, 20}},
    {life_give_ticket, {0, 0, 450, 0}},
    {life_give_service_ticket, {0, 0, 700, 0}},
    {life_connect, {170, 150, 150, 150}},
    {life_load_image, {180, 180, 180, 180}},
    {life_access_process, {60, 60, 60, 60}},
    {life_create_file, {140, 140, 140, 140}},
    {life_set_registry, {110, 110, 110, 110}},
    {life_query_name, {70, 70, 70, 70}},
    {life_create_transfer, {260, 260, 260, 260}},
    {life_complete_transfer, {200, 200, 200, 200}},
    {life_cancel_transfer, {60, 60, 60, 60}},
    {life_start_transfer, {330, 330, 330, 330}},
    {life_stop_transfer, {330, 330, 330, 330}},
    {life_fail_transfer, {30, 30, 30, 30}},
    {life_install_package, {440, 440, 440, 440}},
    {life_open_database, {240, 240, 240, 240}},
    {life_report_error, {90, 90, 90, 90}},
    {life_idle_shadow_copy, {70, 70, 70, 70}},
    {life_tell_security_center, {60, 60, 60, 60}},
    {life_schedule_licensing, {160, 160, 160, 160}},
    {life_restart_session, {40, 40, 40, 40}},
    {life_change_service, {460, 460, 460, 460}},
    {life_clean_hive, {180, 180, 180, 180}},
    {life_update, {150, 150, 150, 150}},
    {life_apply_policy, {130, 130, 130, 130}},
    {life_keep_time, {60, 60, 60, 60}},
    {life_time_out_name, {30, 30, 30, 30}},
    {life_run_script, {90, 90, 90, 90}},
    {life_run_pipeline, {90, 90, 90, 90}},
    {life_open_console, {120, 120, 120, 120}},
    {life_run_task, {280, 280, 280, 280}},
    {life_use_wmi, {70, 70, 70, 70}},
    {life_scan_for_malware, {50, 50, 50, 50}},
    {life_open_session, {30, 30, 30, 30}},
    {life_administrate, {3, 12, 3, 3}},
};
const size_t life_row_count = ARRAY_SIZE(life_rows);

// Text in a log: what administrators do now and then, and what rules look at.
void life_administrate(struct fleet_host *host) {
    static const char *const commands[] = {
        "whoami /all",
        "net  group \"Domain Admins\" /domain",
        "nltest /dclist:corp.example.com",
        "systeminfo",
        "powershell.exe -ExecutionPolicy Bypass -File \\\\FILE-01\\scripts\\patch-report.ps1",
        "schtasks /query /fo csv /v",
        "ipconfig /all",
        "netstat -ano",
        "tasklist /svc",
        "quser",
        "reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall /s",
        "sc query type= service state= all",
    };
    static const struct {
        const char *image, *original;
    } programs[] = {
        {"C:\\Windows\\System32\\whoami.exe", "whoami.exe"},
        {"C:\\Windows\\System32\\net.exe", "net.exe"},
        {"C:\\Windows\\System32\\nltest.exe", "nltestrk.exe"},
        {"C:\\Windows\\System32\\systeminfo.exe", "sysinfo.exe"},
        {"C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "PowerShell.EXE"},
        {"C:\\Windows\\System32\\schtasks.exe", "schtasks.exe"},
        {"C:\\Windows\\System32\\ipconfig.exe", "ipconfig.exe"},
        {"C:\\Windows\\System32\\NETSTAT.EXE", "netstat.exe"},
        {"C:\\Windows\\System32\\tasklist.exe", "tasklist.exe"},
        {"C:\\Windows\\System32\\quser.exe", "QUSER.EXE"},
        {"C:\\Windows\\System32\\reg.exe", "reg.exe"},
        {"C:\\Windows\\System32\\sc.exe", "sc.exe"},
    };
    _Static_assert(ARRAY_SIZE(commands) == ARRAY_SIZE(programs), "a program a command");
    if (host->fleet->options->quiet) {
        life_end_process(host);
        return;
    }
    size_t pick = dice_below(&host->dice, ARRAY_SIZE(commands));
    fleet_launch(host, &(struct fleet_launch){
                           .image = programs[pick].image,
                           .original = programs[pick].original,
                           .description = "Microsoft Windows administration",
                           .company = "Microsoft Corporation",
                           .command = commands[pick],
                           .parent = fleet_find_process(host, PROGRAM_SHELL),
                           .program = PROGRAM_SHELL,
                           .account = ACCOUNT_ADMIN,
                           .sysmon = dice_one_in(&host->dice, 2),
                       });
}
