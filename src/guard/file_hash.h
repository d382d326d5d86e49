// SHA-256 of one file
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_FILE_HASH_H
#define GUARD_FILE_HASH_H

#include "base/digest.h"
#include "base/status.h"

// Read to its end, in pieces. Symbolic links are followed: the caller named the file.
enum status file_hash_read(const char *path, uint8_t ret_sha256[DIGEST_SHA256_SIZE],
                           int64_t *ret_length, struct problem *problem);

#endif
