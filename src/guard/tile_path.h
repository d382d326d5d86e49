// Where a tile lies
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_TILE_PATH_H
#define GUARD_TILE_PATH_H

#include "base/status.h"

#include <limits.h>
#include <stdint.h>

enum {
    TILE_WIDTH = 256,
    TILE_LEVEL_ENTRIES = -1,
};

// One file of the ledger. `width` is 256 for a full tile or bundle.
struct tile_path {
    int level;
    uint64_t index;
    unsigned width;
};

// DIRECTORY/tile/L/N[.p/W] or DIRECTORY/tile/entries/N[.p/W] (C2SP tlog-tiles). STATUS_LIMIT when
// the directory's name is too long.
enum status tile_path_format(const char *directory, struct tile_path tile, char ret_path[PATH_MAX],
                             struct problem *problem);

#endif
