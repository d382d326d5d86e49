// Which of Zeek's logs a file is, by its name
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_ZEEK_LOGS_H
#define DECODE_ZEEK_LOGS_H

#include "base/slice.h"

// "conn" for "a/conn.log", "conn.2026-03-02-00-00-00.log.gz", "SENSOR_conn_20260302.json"; the
// longest name counts ("smb_files" before "files"). Static text, NULL when it is none.
const char *zeek_log_of_path(struct slice path);

#endif
