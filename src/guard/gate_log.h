// One JSON line a decision
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_GATE_LOG_H
#define GUARD_GATE_LOG_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/status.h"
#include "guard/metadata.h"

#include <stdbool.h>
#include <stdint.h>

// The gate's log is evidence: vedette scan reads it (decode/gate_log.c). Fields that are not known
// are left out, but ts, decision and reason.
struct gate_line {
    int64_t time_ns;
    const char *decision; // "allow", "refuse", "pass" (api), "metadata" (about no request)
    const char *reason; // "signed", "api", or why not: refusal.def, "method", "busy", "break_glass"
    struct slice host;  // the gate's own; gate_log_write knows it
    struct slice request_id, client, method, raw_uri, range;
    struct slice path;   // decoded, with the leading '/'; empty: it could not be
    struct slice target; // as the metadata has it
    int64_t length;      // signed; -1: not known
    const uint8_t *sha256_expected, *sha256_served; // NULL: not known
    struct slice role;
    int64_t versions[METADATA_TYPE_COUNT]; // 0: none
    int64_t tlog_index;                    // -1: none
    int status;                            // of the answer; 0: none
    uint64_t bytes; // handed out at most: a range, or a client that goes, makes it less
    int64_t taken_us;
    const char *detail; // for people; NULL: nothing
};

void gate_line_append(struct buffer *buffer, const struct gate_line *line);

// Where lines go: a file that grows, each line by one write, so that another process may rotate
// it. A line that a crash or a full disk has cut stays by itself: the next begins on its own. All
// functions but new and free may be called from any thread.
struct gate_log;

// `path` NULL: standard output.
enum status gate_log_new(const char *path, struct gate_log **ret_log, struct problem *problem);
void gate_log_free(struct gate_log *log);

// STATUS_SYSTEM when it could not be written: nothing may be handed out then that is not told.
enum status gate_log_write(struct gate_log *log, const struct gate_line *line,
                           struct problem *problem);

// Open the path anew: somebody has renamed the file (SIGHUP).
void gate_log_reopen(struct gate_log *log);

#endif
