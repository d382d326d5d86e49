// Archives and compressed files, one entry at a time
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A pass over a .zip, .7z or .tar, or over a single file under gzip, bzip2, xz, lzma, zstd or
// lz4 (also .tar under any of them). Not thread-safe; different unpackers are independent.
struct unpacker;

// What a pass may give in all before it is stopped with STATUS_LIMIT: archives come from
// attackers. 0 means the default.
struct unpack_limits {
    uint64_t bytes_max;   // uncompressed bytes of all entries; default 64 GiB
    uint64_t entries_max; // default 1,000,000
    uint32_t ratio_max;   // uncompressed / compressed beyond the first MiB; default 1,000
};

// Whether the first bytes of a file (512 are enough) are those of something we unpack.
bool unpack_recognise(struct slice first);

// One compressed file rather than an archive of several (only the outermost layer is seen:
// a .tar.gz says true, and still gives its entries).
bool unpack_is_single(struct slice first);

// Bytes in order, for archives inside archives: fills up to `size` bytes, *ret_size = 0 at the
// end. Formats that must seek (7z) cannot be read this way: STATUS_FORMAT.
typedef enum status unpack_source(void *context, void *to, size_t size, size_t *ret_size,
                                  struct problem *problem);

// `path` is opened; `bytes` and `context` must outlive the unpacker. `limits` may be NULL.
// STATUS_SYSTEM when the file cannot be opened, STATUS_FORMAT when it is nothing we unpack.
enum status unpacker_new_path(const char *path, const struct unpack_limits *limits,
                              struct unpacker **ret_unpacker, struct problem *problem);
// `fd` is read from its start, must outlive the unpacker and stays the caller's.
enum status unpacker_new_fd(int fd, const struct unpack_limits *limits,
                            struct unpacker **ret_unpacker, struct problem *problem);
enum status unpacker_new_bytes(struct slice bytes, const struct unpack_limits *limits,
                               struct unpacker **ret_unpacker, struct problem *problem);
enum status unpacker_new_stream(unpack_source *source, void *context,
                                const struct unpack_limits *limits, struct unpacker **ret_unpacker,
                                struct problem *problem);
void unpacker_free(struct unpacker *unpacker);

// Why the last call failed, as static text for a gap: damaged, encrypted, which ceiling. NULL
// after success.
const char *unpacker_reason(const struct unpacker *unpacker);

struct unpack_entry {
    // UTF-8 as stored, '/' between parts; "data" for a single file. Zip names without the mark of
    // UTF-8 are in the code page of who packed them: GB18030 is turned into UTF-8, others stay.
    struct slice name;
    bool name_gb18030;
    uint64_t size; // UINT64_MAX when the archive does not say
};

// The next regular file; the rest of the one before is skipped. *ret_more = false at the end.
// The entry's name lives until the next call. STATUS_FORMAT: damaged from here on;
// STATUS_LIMIT: a ceiling was passed.
enum status unpacker_next(struct unpacker *unpacker, struct unpack_entry *ret_entry, bool *ret_more,
                          struct problem *problem);

// Up to `size` bytes of the entry; *ret_size = 0 at its end. STATUS_FORMAT: this entry is
// damaged or encrypted (unpacker_next may still find others); STATUS_LIMIT as above.
enum status unpacker_read(struct unpacker *unpacker, void *to, size_t size, size_t *ret_size,
                          struct problem *problem);

#endif
