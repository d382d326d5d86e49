// A file of the evidence, as it was when opened
// SPDX-License-Identifier: Apache-2.0
#include "intake/plain_file.h"

#include "intake/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STANDARD_INPUT_WAIT_MS = 200
};

const char *plain_file_open(struct plain_file *file, const struct found_file *found) {
    // O_NONBLOCK: what was a file when it was found may be a pipe by now.
    int fd = open((const char *)found->path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return "file vanished since it was found";
    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return "file may not be read (permission denied)";
    if (fd < 0)
        return "file cannot be opened";
    struct stat information;
    if (fstat(fd, &information) != 0 || !S_ISREG(information.st_mode)) {
        close(fd);
        return "no regular file any more";
    }
    *file = (struct plain_file){.file = open_file_new(fd), .size = (uint64_t)information.st_size};
    return NULL;
}

void plain_file_done(struct plain_file *file) {
    open_file_drop(file->file);
    *file = (struct plain_file){0};
}

static size_t plain_file_read(void *context, uint8_t *to, size_t size, const char **ret_damage) {
    struct plain_file *file = context;
    uint64_t left = file->size - file->at;
    if (left == 0)
        return 0;
    ssize_t got;
    do {
        got =
            pread(open_file_fd(file->file), to, left < size ? (size_t)left : size, (off_t)file->at);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        *ret_damage = got == 0 ? "file shrank while it was read" : "file cannot be read further";
        return 0;
    }
    file->at += (uint64_t)got;
    return (size_t)got;
}

struct stream plain_file_stream(struct plain_file *file) {
    return (struct stream){.context = file, .read = plain_file_read};
}

// Notice when the file has become shorter than it was.
static void plain_file_check(struct plain_file *file, const struct source *source,
                             const struct gap_sink *gaps) {
    struct stat now;
    if (fstat(open_file_fd(file->file), &now) != 0 || (uint64_t)now.st_size >= file->size)
        return;
    uint64_t end = (uint64_t)now.st_size > file->at ? (uint64_t)now.st_size : file->at;
    if (end < file->size)
        gap_sink_add(gaps, (struct gap){.source = source->index,
                                        .offset = end,
                                        .bytes = file->size - end,
                                        .reason = "file shrank while it was read"});
    file->size = end;
}

bool plain_file_next_blocks(struct plain_file *file, const struct source *source,
                            struct unit_buffer *buffer, struct unit *ret_unit,
                            const struct gap_sink *gaps) {
    if (file->size < source->decoder->division_header) {
        gap_sink_add(gaps, (struct gap){.source = source->index,
                                        .bytes = file->size,
                                        .reason = "file ends inside its header"});
        return false;
    }
    plain_file_check(file, source, gaps);
    if (file->at >= file->size)
        return false;
    uint64_t block = source->decoder->division_block;
    uint64_t size = block < UNIT_BYTES ? UNIT_BYTES / block * block : block;
    uint64_t left = file->size - file->at;
    if (size > left)
        size = left;
    buffer->file = open_file_take(file->file);
    *ret_unit = (struct unit){.source = source->index,
                              .fd = open_file_fd(file->file),
                              .offset = file->at,
                              .size = size,
                              .source_size = file->size};
    file->at += size;
    return true;
}

bool plain_file_next_whole(struct plain_file *file, const struct source *source,
                           struct unit_buffer *buffer, struct unit *ret_unit) {
    if (file->at >= file->size)
        return false;
    buffer->file = open_file_take(file->file);
    *ret_unit = (struct unit){.source = source->index,
                              .fd = open_file_fd(file->file),
                              .size = file->size,
                              .source_size = file->size};
    file->at = file->size;
    return true;
}

// Waits for bytes in steps, so that a pipe that never ends can be interrupted.
static size_t standard_input_read(void *context, uint8_t *to, size_t size,
                                  const char **ret_damage) {
    const atomic_bool *stop = context;
    ssize_t got = -1;
    do {
        struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
        if (stop && atomic_load(stop))
            return 0;
        if (stop && poll(&ready, 1, STANDARD_INPUT_WAIT_MS) == 0)
            errno = EINTR;
        else
            got = read(STDIN_FILENO, to, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        *ret_damage = "standard input cannot be read further";
    return got > 0 ? (size_t)got : 0;
}

struct stream standard_input_stream(const atomic_bool *stop) {
    return (struct stream){.context = (void *)(uintptr_t)stop, .read = standard_input_read};
}
