// Databases that lie where nothing can be written
// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_STILL_PLACE_H
#define STORE_STILL_PLACE_H

#include "base/buffer.h"
#include "base/status.h"

#include <stdbool.h>

// Whether the file at `path`, or its directory, cannot be written by us: a CD, a share mounted
// read-only, a copy of either.
bool still_place_is(const char *path);

// Whether all that was committed lies in the file itself. STATUS_SYSTEM when a log lies beside it
// that would have to be worked in first; the problem says what to do then.
enum status still_place_check(const char *path, struct problem *problem);

// The address by which SQLite opens the file as it lies, without lock, log or index beside it
// ("file:///media/cdrom/case/case.db?immutable=1"; https://www.sqlite.org/uri.html), ended by NUL.
void still_place_append_address(struct buffer *to, const char *path);

#endif
