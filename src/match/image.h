// The compiled ruleset on disk
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_IMAGE_H
#define MATCH_IMAGE_H

#include "base/buffer.h"
#include "match/match.h"

#include <stdbool.h>
#include <stdint.h>

// The image is the blob of compiled.h as it is, one file for each set of options:
// <cache directory>/rules-<hash>.image, mode 0600. What it says is believed only when
//
//     the file is a regular file of our own that nobody else may read or write (O_NOFOLLOW),
//     magic, size, probe and checksum are right,
//     the options are the same (paths, filters, placeholder files as they stand),
//     every rule file has the size, time and inode it had,
//     every number and offset in it is in bounds (compiled_open).
//
// Anything else and the rules are read afresh. Nothing here is an error to the caller: a cache
// that cannot be used is no cache.

// Hash of what decides which rules are read and how; the placeholder files' size, time and
// inode included.
uint64_t image_options_hash(const struct ruleset_options *options);

// The ruleset, or NULL.
struct ruleset *image_load(const struct ruleset_options *options, uint64_t options_hash);

// Write the blob next to its place and rename it there. Not done when a rule file changed
// within the file system's clock tick, since a further change might then go unseen.
// `started_ns`: CLOCK_REALTIME before the rules were read.
void image_store(const struct ruleset_options *options, const struct ruleset *ruleset,
                 int64_t started_ns);

// Whether bytes are an image of ours, whoever wrote them; takes them over as ruleset_from_blob
// does. For image_load and the tests.
struct ruleset *image_open(struct buffer *blob, uint64_t options_hash);

#endif
