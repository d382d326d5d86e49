// Windows event logs, written as Windows does
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVTX_WRITER_H
#define DRILL_EVTX_WRITER_H

#include "base/status.h"
#include "drill/evtx_event.h"

#include <stddef.h>
#include <stdint.h>

struct evtx_writer;

// Creates (or overwrites) `path`. At most `hosts_max` hosts write to it. Records go to disk a
// chunk at a time; memory stays below 1 MiB. STATUS_SYSTEM when the machine refuses.
enum status evtx_writer_open(const struct evtx_catalogue *catalogue, const char *path,
                             size_t hosts_max, struct evtx_writer **ret_writer,
                             struct problem *problem);

// STATUS_LIMIT when the record cannot fit into a chunk; nothing of it is written then.
enum status evtx_writer_append(struct evtx_writer *writer, const struct evtx_record *record,
                               struct problem *problem);

// Writes the last chunk and the file header, closes, frees; `writer` may be NULL. Frees on
// failure, too.
enum status evtx_writer_close(struct evtx_writer *writer, struct problem *problem);

// Records so far, and bytes as the file will have when it is closed now.
uint64_t evtx_writer_records(const struct evtx_writer *writer);
uint64_t evtx_writer_bytes(const struct evtx_writer *writer);

#endif
