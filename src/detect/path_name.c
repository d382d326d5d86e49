// Parts of a path, of either system
// SPDX-License-Identifier: Apache-2.0
#include "detect/path_name.h"

struct slice path_base(struct slice path) {
    size_t at = path.size;
    while (at > 0 && path.data[at - 1] != '/' && path.data[at - 1] != '\\')
        at--;
    return slice_part(path, at, path.size);
}
