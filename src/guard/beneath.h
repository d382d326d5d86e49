// Open what lies below a directory, and nothing else
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_BENEATH_H
#define GUARD_BENEATH_H

#include "base/slice.h"

// openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: no part of the
// path leads out of `directory` or is a symbolic link. `flags` as for open(2), O_CLOEXEC is
// added. -1 and errno: ELOOP for a link, EXDEV for what leads out, ENOSYS before Linux 5.6.
// Thread-safe.
int beneath_open(int directory, const char *path, int flags);

#endif
