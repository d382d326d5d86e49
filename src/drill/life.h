// What an ordinary host logs
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_LIFE_H
#define DRILL_LIFE_H

#include "drill/fleet_host.h"

// One thing that happens, and how often in 10,000 on each kind of host.
struct life_row {
    void (*happen)(struct fleet_host *host);
    uint16_t weights[4]; // workstation, server, domain controller, Exchange
};

extern const struct life_row life_rows[];
extern const size_t life_row_count;

// Security
void life_start_process(struct fleet_host *host);
void life_end_process(struct fleet_host *host);
void life_log_on(struct fleet_host *host);
void life_log_on_from(struct fleet_host *host, enum fleet_account_kind account,
                      const char *address);
void life_fail_log_on(struct fleet_host *host);
void life_tell_groups(struct fleet_host *host);
void life_bind_port(struct fleet_host *host);
void life_access_object(struct fleet_host *host);
void life_access_share(struct fleet_host *host);
void life_allow_connection(struct fleet_host *host);
void life_check_credential(struct fleet_host *host);
void life_give_ticket(struct fleet_host *host);
void life_give_service_ticket(struct fleet_host *host);

// Sysmon
void life_connect(struct fleet_host *host);
void life_load_image(struct fleet_host *host);
void life_access_process(struct fleet_host *host);
void life_create_file(struct fleet_host *host);
void life_set_registry(struct fleet_host *host);
void life_query_name(struct fleet_host *host);

// BITS
void life_create_transfer(struct fleet_host *host);
void life_complete_transfer(struct fleet_host *host);
void life_cancel_transfer(struct fleet_host *host);
void life_start_transfer(struct fleet_host *host);
void life_stop_transfer(struct fleet_host *host);
void life_fail_transfer(struct fleet_host *host);

// Application
void life_install_package(struct fleet_host *host);
void life_open_database(struct fleet_host *host);
void life_report_error(struct fleet_host *host);
void life_idle_shadow_copy(struct fleet_host *host);
void life_tell_security_center(struct fleet_host *host);
void life_schedule_licensing(struct fleet_host *host);
void life_restart_session(struct fleet_host *host);

// System and the rest
void life_change_service(struct fleet_host *host);
void life_clean_hive(struct fleet_host *host);
void life_update(struct fleet_host *host);
void life_apply_policy(struct fleet_host *host);
void life_keep_time(struct fleet_host *host);
void life_time_out_name(struct fleet_host *host);
void life_run_script(struct fleet_host *host);
void life_run_pipeline(struct fleet_host *host);
void life_open_console(struct fleet_host *host);
void life_run_task(struct fleet_host *host);
void life_use_wmi(struct fleet_host *host);
void life_scan_for_malware(struct fleet_host *host);
void life_open_session(struct fleet_host *host);

// An administrator's work that looks a little like an intruder's.
void life_administrate(struct fleet_host *host);

#endif
