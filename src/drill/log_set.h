// Which file a record goes to
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_LOG_SET_H
#define DRILL_LOG_SET_H

#include "drill/drill.h"
#include "drill/evtx_writer.h"

// The logs being written: one file a channel of the host at hand, or one file for all. Files
// are made when their first record comes.
struct log_set;

enum status log_set_new(const struct drill_logs_options *options,
                        const struct evtx_catalogue *catalogue, size_t type_count,
                        struct log_set **ret_set, struct problem *problem);

// From here on records are of `host`, whose short name names its directory.
enum status log_set_begin_host(struct log_set *set, const char *name, struct problem *problem);

// Writes the host's files out; with a single file it does nothing.
enum status log_set_end_host(struct log_set *set, struct problem *problem);

// Writes a record; `record->event_id` counts per host and channel where there is one file.
enum status log_set_append(struct log_set *set, struct evtx_record *record,
                           struct problem *problem);

// Closes and frees; `set` may be NULL. ret_result is filled on success.
enum status log_set_close(struct log_set *set, struct drill_logs_result *ret_result,
                          struct problem *problem);

#endif
