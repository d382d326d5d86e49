// Parts of a path, of either system
// SPDX-License-Identifier: Apache-2.0
#include "detect/path_name.h"

struct slice path_base(struct slice path) {
    return slice_behind_last(path, "/\\");
}
