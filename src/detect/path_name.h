// Parts of a path, of either system
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_PATH_NAME_H
#define DETECT_PATH_NAME_H

#include "base/slice.h"

// The part behind the last '/' or '\\'; the whole where there is none. A view into the path.
struct slice path_base(struct slice path);

// Prefetch and inventories of disks know no drive. A view into the path.
struct slice path_without_drive(struct slice path);

#endif
