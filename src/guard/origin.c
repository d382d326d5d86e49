// The upgrade server that nobody trusts
// SPDX-License-Identifier: Apache-2.0
#include "guard/origin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "guard/beneath.h"
#include "guard/request_path.h"
#include "net/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 << 10,
    SLOW_SECONDS = 20,
    URL_BYTES_MAX = 4 * REQUEST_TARGET_BYTES_MAX
};

struct origin {
    char *place;
    struct http_client *http; // NULL: a directory
    int directory;
    unsigned seconds;
    const atomic_bool *stop;
};

// One fetch under way. `status` is of the store; what the network says comes second.
struct origin_fill {
    struct origin *origin;
    struct content_fill *fill;
    uint64_t size_bytes; // as signed
    struct problem problem;
    enum status status;
};

enum status origin_new(const char *place, unsigned seconds, const atomic_bool *stop,
                       struct origin **ret_origin, struct refusal *refusal) {
    struct problem problem;
    struct origin *origin = memory_new(1, sizeof *origin);
    struct http_client_options options = {
        .total_seconds = seconds, .slow_seconds = seconds < SLOW_SECONDS ? seconds : SLOW_SECONDS};
    bool is_url = slice_starts(slice_of_string(place), SLICE("http://")) ||
                  slice_starts(slice_of_string(place), SLICE("https://"));
    enum status status = STATUS_OK;
    origin->directory = -1;
    origin->seconds = seconds;
    origin->stop = stop;
    origin->place = memory_keep_text(place, strlen(place));
    if (is_url)
        status = http_client_new(&options, &origin->http, &problem);
    else if ((origin->directory = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
        status = problem_set_errno(&problem, "open the origin %s", place);
    if (status == STATUS_OK) {
        *ret_origin = origin;
        return STATUS_OK;
    }
    origin_free(origin);
    return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
}

void origin_free(struct origin *origin) {
    if (!origin)
        return;
    http_client_free(origin->http);
    if (origin->directory >= 0)
        close(origin->directory);
    memory_free(origin->place);
    memory_free(origin);
}

static enum status fill_take(void *context, struct slice bytes, struct problem *problem) {
    struct origin_fill *fill = context;
    fill->status = content_fill_add(fill->fill, bytes, &fill->problem);
    return fill->status == STATUS_OK ? STATUS_OK : problem_set(problem, fill->status, "stopped");
}

static bool fill_stop(void *context) {
    const struct origin_fill *fill = context;
    return fill->origin->stop && atomic_load(fill->origin->stop);
}

static enum status fetch_url(struct origin *origin, struct slice path, struct origin_fill *fill,
                             struct refusal *refusal) {
    struct buffer url;
    struct problem problem;
    struct http_got got;
    size_t size = strlen(origin->place);
    buffer_init(&url, URL_BYTES_MAX);
    buffer_append(&url, origin->place, size);
    if (origin->place[size - 1] != '/')
        buffer_append_byte(&url, '/');
    request_path_append(&url, path);
    buffer_append_byte(&url, '\0');
    if (url.failed) {
        buffer_done(&url);
        return refusal_set(refusal, REFUSAL_FETCH, "a URL that is too long");
    }
    struct http_get get = {.url = (const char *)url.data,
                           .length_max = fill->size_bytes,
                           .take = fill_take,
                           .stop = fill_stop,
                           .context = fill};
    enum status status = http_client_get(origin->http, &get, &got, &problem);
    buffer_done(&url);
    if (fill->status != STATUS_OK)
        return refusal_wrap(refusal, fill->status == STATUS_LIMIT ? REFUSAL_LENGTH : REFUSAL_SYSTEM,
                            &fill->problem);
    if (status != STATUS_OK)
        return refusal_wrap(refusal, status == STATUS_LIMIT ? REFUSAL_LENGTH : REFUSAL_FETCH,
                            &problem);
    if (got.code == 404 || got.code == 410)
        return refusal_set(refusal, REFUSAL_MISSING, "the origin has no such file");
    if (got.code != 200)
        return refusal_set(refusal, REFUSAL_FETCH, "the origin answers %u", got.code);
    return STATUS_OK;
}

static enum status fetch_file(struct origin *origin, struct slice path, struct origin_fill *fill,
                              struct refusal *refusal) {
    struct stat stat;
    struct problem problem;
    char name[REQUEST_TARGET_BYTES_MAX + 1];
    int64_t until = clock_now_monotonic() + origin->seconds * 1000000000ll;
    memcpy(name, path.data, path.size);
    name[path.size] = '\0';
    int file = beneath_open(origin->directory, name, O_RDONLY | O_NONBLOCK);
    if (file < 0 || fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        bool gone = file >= 0 || errno == ENOENT || errno == ELOOP || errno == ENOTDIR;
        if (file >= 0)
            close(file);
        return refusal_set(refusal, gone ? REFUSAL_MISSING : REFUSAL_FETCH,
                           "the origin has no such file");
    }
    uint8_t *piece = memory_new(READ_BYTES, 1);
    ssize_t size = 1;
    while (size > 0 && fill->status == STATUS_OK && !fill_stop(fill) &&
           clock_now_monotonic() < until) {
        size = read(file, piece, READ_BYTES);
        if (size > 0)
            fill_take(fill, slice_of(piece, (size_t)size), &problem);
    }
    memory_free(piece);
    close(file);
    if (fill->status != STATUS_OK)
        return refusal_wrap(refusal, fill->status == STATUS_LIMIT ? REFUSAL_LENGTH : REFUSAL_SYSTEM,
                            &fill->problem);
    return size == 0 ? STATUS_OK : refusal_set(refusal, REFUSAL_FETCH, "too slow, or not readable");
}

enum status origin_fetch(struct origin *origin, struct slice path, struct content_store *store,
                         const struct content_name *name, uint8_t ret_sha256[DIGEST_SHA256_SIZE],
                         bool *ret_hashed, struct refusal *refusal) {
    struct origin_fill fill = {.origin = origin, .size_bytes = name->size_bytes};
    struct problem problem;
    *ret_hashed = false;
    if (content_fill_new(store, name, &fill.fill, &problem) != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    enum status status = origin->http ? fetch_url(origin, path, &fill, refusal)
                                      : fetch_file(origin, path, &fill, refusal);
    if (status == STATUS_OK) {
        enum status ended = content_fill_end(fill.fill, ret_sha256, &problem);
        *ret_hashed = true;
        if (ended != STATUS_OK)
            status = refusal_wrap(refusal,
                                  ended == STATUS_LIMIT    ? REFUSAL_LENGTH
                                  : ended == STATUS_FORMAT ? REFUSAL_HASH_MISMATCH
                                                           : REFUSAL_SYSTEM,
                                  &problem);
    }
    content_fill_free(fill.fill);
    return status;
}
