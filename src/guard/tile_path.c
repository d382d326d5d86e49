// Where a tile lies
// SPDX-License-Identifier: Apache-2.0
#include "guard/tile_path.h"

#include <stdbool.h>
#include <stdio.h>

enum status tile_path_format(const char *directory, struct tile_path tile, char ret_path[PATH_MAX],
                             struct problem *problem) {
    // An index has at most 20 digits: seven parts of three, each after "x" and before "/".
    char number[64], level[16] = "entries", width[16] = "";
    char *at = number + sizeof number - 1;
    uint64_t rest = tile.index;
    *at = '\0';
    for (bool last = true; last || rest; last = false) {
        if (!last)
            *--at = '/';
        for (int i = 0; i < 3; i++, rest /= 10)
            *--at = (char)('0' + rest % 10);
        if (!last)
            *--at = 'x';
    }
    if (tile.level >= 0)
        snprintf(level, sizeof level, "%d", tile.level);
    if (tile.width < TILE_WIDTH)
        snprintf(width, sizeof width, ".p/%u", tile.width);
    int size = snprintf(ret_path, PATH_MAX, "%s/tile/%s/%s%s", directory, level, at, width);
    if (size < 0 || size >= PATH_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: name too long", directory);
    return STATUS_OK;
}
