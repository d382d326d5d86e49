// Access logs of an upgrade server, for its audit
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_SERVING_LOG_H
#define APP_SERVING_LOG_H

#include "base/status.h"

#include <stdbool.h>

struct serving_book;

// Read web logs (a file, or a directory of them) by way of the pipeline: every answer with
// status 200 to GET goes into the book. STATUS_FORMAT when there is no request in them.
enum status serving_log_read(const char *path, struct serving_book *book, struct problem *problem);

// Whether a directory holds logs rather than packages: its first files with a known ending are
// web logs (".log", ".log.gz", "access.log-20260302").
bool serving_log_recognise(const char *path);

#endif
