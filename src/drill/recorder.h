// Between deeds and logs: who sees what, and what is lost
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_RECORDER_H
#define DRILL_RECORDER_H

#include "drill/log_writer.h"

// Opens the logs of hosts, hands each deed to the logs that see it, and applies what befalls
// logs: whole feeds that are missing, clearing, files damaged at the end.
struct recorder;

struct recorder_options {
    const struct organisation *organisation;
    struct evidence *evidence;
    struct log_choices choices;
    uint32_t loss_millionths;   // of the (host, log) pairs: such a log does not exist
    uint32_t damage_millionths; // of the files
    bool packed;                // some hosts' files lie in archives (evidence_pack.h)
};

struct recorder *recorder_new(const struct recorder_options *options);
void recorder_free(struct recorder *recorder);

// Opens the logs of one host that is not central, or (NULL) those of all central hosts.
enum status recorder_begin(struct recorder *recorder, const struct host *host,
                           struct problem *problem);

// Hands a deed to the open logs that see it. Deeds come in time order between begin and end.
enum status recorder_tell(struct recorder *recorder, const struct deed *deed,
                          struct problem *problem);

// Closes them; also after failure.
enum status recorder_end(struct recorder *recorder, struct problem *problem);

#endif
