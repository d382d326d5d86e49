// Writing a .zip, one entry at a time
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/slice.h"
#include "base/status.h"

#include <stdint.h>

// Entries are deflated (APPNOTE.TXT 6.3.9, no ZIP64: STATUS_LIMIT where an archive would pass
// 4 GiB or 65,535 entries). Same entries, same bytes with the same library on the same kind of
// machine. Needs about 1 MiB. Not thread-safe; different packers are independent.
struct packer;

enum {
    PACK_ENTRIES_MAX = 65535
};

// `path` must not exist. All entries get this time, UTC, to two seconds.
enum status packer_new(const char *path, int64_t time_ns, struct packer **ret_packer,
                       struct problem *problem);

// An entry: begin, any number of adds, end. Names are UTF-8 with '/' between parts.
enum status packer_begin(struct packer *packer, struct slice name, struct problem *problem);
enum status packer_add(struct packer *packer, struct slice bytes, struct problem *problem);
enum status packer_end(struct packer *packer, struct problem *problem);

// Writes the table of contents. packer_free is needed all the same.
enum status packer_close(struct packer *packer, struct problem *problem);
void packer_free(struct packer *packer);

#endif
