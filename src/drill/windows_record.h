// Deeds as records of Windows event logs
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_WINDOWS_RECORD_H
#define DRILL_WINDOWS_RECORD_H

#include "drill/windows_telling.h"

// Hands the records that `entry` leaves on this host to fleet_host_emit; host->now is set to
// the entry's time and moved on a little between records.
void windows_record(struct windows_host *host, const struct log_entry *entry);
void windows_record_clear(struct windows_host *host, const struct log_entry *entry);

#endif
