// Files by their SHA-256, hashed while they were written
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_CONTENT_STORE_H
#define GUARD_CONTENT_STORE_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/slice.h"
#include "base/status.h"

#include <stdint.h>

// One directory that only the gate writes and nginx reads:
//
//     store/5530...64 digits   0444, whole, its bytes have this SHA-256
//
// A file gets its name only when all its bytes are there, hashed as they were written, and on the
// disk (O_TMPFILE, fsync, linkat): a crash leaves nothing behind. What a name stands for is never
// taken on trust: a file that this process did not write or hash itself, or whose (device, inode,
// size, mtime, ctime) differ from then, is hashed again before it is called good.
//
// Small files are kept in memory too, as they were hashed: sending them costs no file.
//
// All functions may be called from any thread.
struct content_store;

enum {
    CONTENT_SMALL_BYTES_MAX = 28 << 10 // with its head it fits into a 32 KiB buffer of nginx
};

struct content_name {
    uint8_t sha256[DIGEST_SHA256_SIZE];
    uint64_t size_bytes;
};

// STATUS_SYSTEM when it is no directory or cannot be written; STATUS_USAGE when others than its
// owner may write into it.
enum status content_store_new(const char *path, struct content_store **ret_store,
                              struct problem *problem);
void content_store_free(struct content_store *store);

enum content_state {
    CONTENT_GOOD,
    CONTENT_UNSEEN, // a file of the name is there: content_store_verify it first
    CONTENT_ABSENT,
};

// What stands under a name now: one look at the directory, no reading. Of a good file that is kept
// in memory the bytes that were hashed are appended to `small` (NULL: not wanted).
enum content_state content_store_look(struct content_store *store, const struct content_name *name,
                                      struct buffer *small);

// Hash what stands under a name. STATUS_FORMAT when its bytes are others: the file is removed.
enum status content_store_verify(struct content_store *store, const struct content_name *name,
                                 struct problem *problem);

// One file on its way in.
struct content_fill;

enum status content_fill_new(struct content_store *store, const struct content_name *name,
                             struct content_fill **ret_fill, struct problem *problem);

// STATUS_LIMIT as soon as there is a byte more than the name says; nothing of it is kept.
enum status content_fill_add(struct content_fill *fill, struct slice bytes,
                             struct problem *problem);

// Compare, make durable, give the name. STATUS_LIMIT when bytes are missing, STATUS_FORMAT when
// they are others; the fill is over either way. ret_sha256 (may be NULL) is what they were, and is
// written in both cases.
enum status content_fill_end(struct content_fill *fill, uint8_t ret_sha256[DIGEST_SHA256_SIZE],
                             struct problem *problem);

// After content_fill_end too; NULL is fine.
void content_fill_free(struct content_fill *fill);

#endif
