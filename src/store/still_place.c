// Databases that lie where nothing can be written
// SPDX-License-Identifier: Apache-2.0
#include "store/still_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ADDRESS_BYTES_MAX = 64 << 10
};

bool still_place_is(const char *path) {
    struct buffer directory;
    const char *slash = strrchr(path, '/');
    buffer_init(&directory, ADDRESS_BYTES_MAX);
    if (slash)
        buffer_append(&directory, path, (size_t)(slash - path) + 1);
    buffer_append_text(&directory, ".");
    buffer_append_byte(&directory, '\0');
    bool still = access(path, W_OK) != 0 ||
                 (!directory.failed && access((const char *)directory.data, W_OK) != 0);
    buffer_done(&directory);
    return still;
}

// A scan that was killed leaves its log, one that is killed while it makes the case its journal.
enum status still_place_check(const char *path, struct problem *problem) {
    static const char *const LOGS[] = {"-wal", "-journal"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(LOGS) && status == STATUS_OK; i++) {
        struct buffer log;
        struct stat about;
        buffer_init(&log, ADDRESS_BYTES_MAX);
        buffer_append_text(&log, path);
        buffer_append_text(&log, LOGS[i]);
        buffer_append_byte(&log, '\0');
        if (!log.failed && stat((const char *)log.data, &about) == 0 && about.st_size > 0)
            status = problem_set(problem, STATUS_SYSTEM,
                                 "%s cannot be written, and part of it still lies in %s, from a "
                                 "scan that did not end or goes on elsewhere: copy the whole case "
                                 "to a disk that can be written, and ask there",
                                 path, (const char *)log.data);
        buffer_done(&log);
    }
    return status;
}

void still_place_append_address(struct buffer *to, const char *path) {
    static const char PLAIN[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/";
    buffer_append_text(to, path[0] == '/' ? "file://" : "file:");
    for (const char *at = path; *at; at++)
        if (strchr(PLAIN, *at))
            buffer_append_byte(to, (uint8_t)*at);
        else
            buffer_append_format(to, "%%%02X", (unsigned)(uint8_t)*at);
    buffer_append_text(to, "?immutable=1");
    buffer_append_byte(to, '\0');
}
