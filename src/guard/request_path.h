// What a client asks for, decoded in one way only
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_REQUEST_PATH_H
#define GUARD_REQUEST_PATH_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"

#include <stddef.h>

enum {
    REQUEST_TARGET_BYTES_MAX = 4096, // nginx takes 8 KiB for a whole request line
};

// The one reading of a request target. `path` is without the leading '/', with escapes undone, and
// is looked up byte by byte: there is no folding, no normalisation.
struct request_path {
    struct slice path;  // in `bytes`; empty for "/"
    struct slice whole; // the same with the leading '/'
    struct slice query; // of the target, without '?'; never part of a look-up
    uint8_t bytes[REQUEST_TARGET_BYTES_MAX];
};

// Read a request target in origin form (RFC 9112 3.2.1). What two programs could read in two
// ways is STATUS_FORMAT, and `problem` says which (release-guard's reason `bad_path`):
//   another form than origin form; a byte that is a control, a blank or '#', raw
//   an escape that is none, or that hides one of / \ % . ; ? # or a control ("%2f", "%252e")
//   a '\' or a ';'; text that is not UTF-8
//   a segment that is empty, "." or "..", or that ends in '.' or a blank
//   more than REQUEST_TARGET_BYTES_MAX bytes
// A single '/' at the end stays; no file has such a name. Thread-safe.
enum status request_path_read(struct slice target, struct request_path *ret_path,
                              struct problem *problem);

// Whether a target is written as request_path_append writes it, so that another server, which is
// handed the target as it stands, reads the same.
bool request_path_is_plain(struct slice target, const struct request_path *path);

// The path as a target without the leading '/': all but unreserved bytes and '/' escaped.
void request_path_append(struct buffer *buffer, struct slice path);

#endif
