// Deeds as records of Windows event logs
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_WINDOWS_RECORD_H
#define DRILL_WINDOWS_RECORD_H

#include "drill/fleet_host.h"
#include "drill/log_writer.h"

// Hands the records that `entry` leaves on this host to fleet_host_emit; host->now is set to
// the entry's time and moved on a little between records.
struct windows_host {
    struct fleet_host *fleet_host;
    const struct log_site *site;
};

void windows_record(struct windows_host *host, const struct log_entry *entry);
void windows_record_clear(struct windows_host *host, const struct log_entry *entry);

// FILETIME of a time.
uint64_t windows_time(int64_t time_ns);

#endif
