// A stream as one unit
// SPDX-License-Identifier: Apache-2.0
#include "base/spool.h"
#include "intake/lines.h"
#include "intake/open_file.h"

enum {
    WHOLE_STEP_BYTES = 1 << 20,
    WHOLE_MEMORY_BYTES = 4 << 20, // a longer source is put into a file
};

// As archives in streams: what a hostile archive may take of the disk.
#define WHOLE_SPOOL_BYTES_MAX ((uint64_t)4 << 30)

// What lies in the buffer, and all that follows, into a file without a name. NULL, or why not.
static const char *whole_spool(struct cutter *cutter, const char *directory,
                               struct unit_buffer *buffer, size_t filled, uint64_t *ret_size,
                               const struct gap_sink *gaps) {
    int fd;
    struct problem problem;
    if (spool_open(directory, &fd, &problem) != STATUS_OK)
        return "no temporary file for a large file in an archive";
    buffer->file = open_file_new(fd);
    uint64_t size = 0;
    for (size_t got = filled; got;) {
        if (size + got > WHOLE_SPOOL_BYTES_MAX)
            return "file in an archive is larger than 4 GiB: unpack it first";
        if (spool_write(fd, size, slice_of(buffer->data, got), directory, &problem) != STATUS_OK)
            return "temporary directory is full: file in an archive not read";
        size += got;
        got = cutter_read(cutter, buffer->data, WHOLE_STEP_BYTES, gaps);
    }
    *ret_size = size;
    return NULL;
}

bool cutter_next_whole(struct cutter *cutter, const char *spool_directory,
                       struct unit_buffer *buffer, struct unit *ret_unit,
                       const struct gap_sink *gaps) {
    size_t filled = 0;
    for (size_t want = WHOLE_STEP_BYTES; want <= WHOLE_MEMORY_BYTES; want += WHOLE_STEP_BYTES) {
        unit_buffer_grow(buffer, want);
        filled += cutter_read(cutter, buffer->data + filled, want - filled, gaps);
        if (filled < want)
            break;
    }
    if (filled == 0)
        return false;
    *ret_unit = (struct unit){.source = cutter->source,
                              .fd = -1,
                              .size = filled,
                              .bytes = slice_of(buffer->data, filled)};
    if (filled == WHOLE_MEMORY_BYTES) {
        uint64_t size = 0;
        const char *reason = whole_spool(cutter, spool_directory, buffer, filled, &size, gaps);
        if (reason) {
            gap_sink_add(gaps, (struct gap){.source = cutter->source,
                                            .bytes = cutter->position,
                                            .reason = reason});
            cutter->ended = true;
            cutter->carry_size = 0;
            return false;
        }
        ret_unit->fd = open_file_fd(buffer->file);
        ret_unit->size = size;
        ret_unit->bytes = (struct slice){0};
    }
    ret_unit->source_size = ret_unit->size;
    return true;
}
