// The directory where a client keeps what it trusts
// SPDX-License-Identifier: Apache-2.0
#include "guard/metadata_store.h"

#include "base/clock.h"
#include "base/durable_file.h"
#include "guard/canonical.h"

#include <errno.h>
#include <unistd.h>

enum {
    PATH_BYTES_MAX = 4096,
    CLOCK_BYTES_MAX = 64,
    FILE_MODE = 0644,
};

void store_encode_role(struct buffer *to, struct slice role) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < role.size; i++) {
        uint8_t byte = role.data[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= '0' && byte <= '9') || (byte && strchr("_.-~", byte));
        if (!plain) {
            buffer_append_byte(to, '%');
            buffer_append_byte(to, (uint8_t)digits[byte >> 4]);
            byte = (uint8_t)digits[byte & 15];
        }
        buffer_append_byte(to, byte);
    }
}

// The path with its NUL, in `to`.
static enum status path_make(const char *directory, struct slice role, struct buffer *to,
                             struct refusal *refusal) {
    buffer_init(to, PATH_BYTES_MAX);
    buffer_append_text(to, directory);
    buffer_append_byte(to, '/');
    size_t from = to->size;
    store_encode_role(to, role);
    size_t name_size = to->size - from;
    buffer_append(to, ".json", sizeof ".json");
    if (!to->failed && name_size <= STORE_NAME_MAX)
        return STATUS_OK;
    buffer_done(to);
    return refusal_set(refusal, REFUSAL_FORMAT, "the role name '%.*s...' is too long",
                       (int)(role.size < 40 ? role.size : 40), role.data);
}

static enum status refuse_problem(struct refusal *refusal, const struct problem *problem) {
    return refusal_wrap(refusal,
                        problem->status == STATUS_NOT_FOUND ? REFUSAL_MISSING
                        : problem->status == STATUS_LIMIT   ? REFUSAL_LENGTH
                                                            : REFUSAL_SYSTEM,
                        problem);
}

enum status store_read(const char *directory, struct slice role, struct buffer *to,
                       struct refusal *refusal) {
    struct buffer path;
    struct problem problem;
    enum status status = path_make(directory, role, &path, refusal);
    if (status != STATUS_OK)
        return status;
    status = durable_file_read((const char *)path.data, CANONICAL_BYTES_MAX, to, &problem);
    buffer_done(&path);
    return status == STATUS_OK ? status : refuse_problem(refusal, &problem);
}

enum status store_write(const char *directory, struct slice role, struct slice bytes, bool durable,
                        struct refusal *refusal) {
    struct buffer path;
    struct problem problem;
    enum status status = path_make(directory, role, &path, refusal);
    if (status != STATUS_OK)
        return status;
    const char *name = (const char *)path.data;
    status = durable ? durable_file_write(name, bytes, FILE_MODE, &problem)
                     : durable_file_place(name, bytes, FILE_MODE, &problem);
    buffer_done(&path);
    return status == STATUS_OK ? status : refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
}

enum status store_forget(const char *directory, struct slice role, struct refusal *refusal) {
    struct buffer path;
    enum status status = path_make(directory, role, &path, refusal);
    if (status != STATUS_OK)
        return status;
    if (unlink((const char *)path.data) < 0 && errno != ENOENT) {
        struct problem problem;
        problem_set_errno(&problem, "remove %s", (const char *)path.data);
        status = refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    }
    buffer_done(&path);
    return status;
}

static void clock_path(const char *directory, struct buffer *to) {
    buffer_init(to, PATH_BYTES_MAX);
    buffer_append_text(to, directory);
    buffer_append(to, "/clock", sizeof "/clock");
}

enum status store_clock_check(const char *directory, int64_t now_ns, struct refusal *refusal) {
    struct buffer path, text;
    clock_path(directory, &path);
    buffer_init(&text, CLOCK_BYTES_MAX + DURABLE_READ_BYTES);
    struct problem problem;
    int64_t latest_ns = CLOCK_NONE;
    enum status status =
        durable_file_read((const char *)path.data, CLOCK_BYTES_MAX, &text, &problem);
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    else if (status != STATUS_OK)
        status = refuse_problem(refusal, &problem);
    else if (text.size && text.data[text.size - 1] == '\n')
        text.size--;
    if (status == STATUS_OK && text.size && !clock_parse(buffer_slice(&text), &latest_ns))
        status = refusal_set(refusal, REFUSAL_FORMAT, "%s is no time", (const char *)path.data);
    if (status == STATUS_OK && latest_ns != CLOCK_NONE &&
        latest_ns - now_ns > STORE_CLOCK_SLACK_SECONDS * 1000000000LL)
        status = refusal_set(refusal, REFUSAL_ROLLBACK,
                             "the clock went back: the last refresh was at %.*s (remove %s if "
                             "the clock was wrong then)",
                             (int)text.size, (const char *)text.data, (const char *)path.data);
    buffer_done(&path);
    buffer_done(&text);
    return status;
}

enum status store_clock_write(const char *directory, int64_t now_ns, struct refusal *refusal) {
    struct buffer path;
    struct problem problem;
    char text[CLOCK_TEXT_SIZE + 1];
    size_t size = clock_format(now_ns, text);
    text[size++] = '\n';
    clock_path(directory, &path);
    enum status status =
        durable_file_place((const char *)path.data, slice_of(text, size), FILE_MODE, &problem);
    buffer_done(&path);
    return status == STATUS_OK ? status : refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
}
