// A piece of one source, as handed to a worker
// SPDX-License-Identifier: Apache-2.0
#include "model/unit.h"

#include <errno.h>
#include <unistd.h>

size_t unit_read(const struct unit *unit, uint64_t offset, size_t size, uint8_t *to) {
    if (offset < unit->offset || offset - unit->offset >= unit->size)
        return 0;
    uint64_t left = unit->size - (offset - unit->offset);
    if (size > left)
        size = (size_t)left;
    if (unit->fd < 0) {
        struct slice part = slice_part(unit->bytes, (size_t)(offset - unit->offset), size);
        if (part.size)
            memcpy(to, part.data, part.size);
        return part.size;
    }
    size_t got = 0;
    while (got < size) {
        ssize_t step = pread(unit->fd, to + got, size - got, (off_t)(offset + got));
        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0)
            break;
        got += (size_t)step;
    }
    return got;
}
