// Open what lies below a directory, and nothing else
// SPDX-License-Identifier: Apache-2.0
#include "guard/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// <linux/openat2.h>; numbers of the kernel's interface.
enum {
    BENEATH_NO_MAGICLINKS = 0x02,
    BENEATH_NO_SYMLINKS = 0x04,
    BENEATH_BENEATH = 0x08,
    BENEATH_TRIES = 16 // EAGAIN: something above was renamed meanwhile
};

struct beneath_how {
    uint64_t flags, mode, resolve;
};

int beneath_open(int directory, const char *path, int flags) {
    struct beneath_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .resolve = BENEATH_BENEATH | BENEATH_NO_SYMLINKS | BENEATH_NO_MAGICLINKS,
    };
    long file = -1;
    for (int i = 0; i < BENEATH_TRIES; i++) {
        file = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (file >= 0 || (errno != EAGAIN && errno != EINTR))
            break;
    }
    return (int)file;
}
