// Cited records, looked up and hashed again
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_CHECK_RECORD_H
#define DRILL_CHECK_RECORD_H

#include "drill/check_side.h"

// Sets the verdict of every citation. Files lie below `directory`; "archive.zip!path" inside an
// archive there. Each file is read once, and 1 MiB of it is in memory at most. What cannot
// be opened or read is a verdict too.
void check_records(const char *directory, struct check_citation *citations, size_t count);

#endif
