// The host that a path names
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_HOST_PATH_H
#define INTAKE_HOST_PATH_H

#include "base/slice.h"

// Part of `path`, or empty when unsure. Known layouts:
//     KAPE            <HOST>/C/Windows/..., <HOST>_C/Windows/..., 2024-01-31T120000_HOST.zip!C/...
//     Velociraptor    Collection-HOST-2024-01-31T12_00_00Z.zip!uploads/auto/C%3A/Windows/...
//                     clients/C.0123456789abcdef/..., clients/HOST-C.0123456789abcdef/...
//     anything        .../hosts/<HOST>/...
// The innermost that fits wins. The records' own computer name counts for more than this.
struct slice host_from_path(struct slice path);

#endif
