// Parts of a path, of either system
// SPDX-License-Identifier: Apache-2.0
#include "detect/path_name.h"

struct slice path_base(struct slice path) {
    return slice_behind_last(path, "/\\");
}

struct slice path_without_drive(struct slice path) {
    return path.size > 2 && path.data[1] == ':' ? slice_part(path, 2, SIZE_MAX) : path;
}
