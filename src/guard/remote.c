// A published repository: by URL, or a directory
// SPDX-License-Identifier: Apache-2.0
#include "guard/remote.h"

#include "base/durable_file.h"
#include "base/memory.h"
#include "base/text.h"

static bool is_url(const char *place) {
    return strstr(place, "://") != NULL;
}

static char *keep_text(const char *text) {
    return text ? memory_keep_text(text, strlen(text)) : NULL;
}

enum status remote_new(const struct remote_options *options, struct remote **ret_remote,
                       struct refusal *refusal) {
    struct remote *remote = memory_new(1, sizeof *remote);
    struct problem problem;
    remote->options = *options;
    if (is_url(options->metadata) || (options->targets && is_url(options->targets))) {
        enum status status = http_client_new(&options->http, &remote->http, &problem);
        if (status != STATUS_OK) {
            memory_free(remote);
            return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
        }
    }
    remote->metadata = keep_text(options->metadata);
    remote->targets = keep_text(options->targets);
    *ret_remote = remote;
    return STATUS_OK;
}

void remote_free(struct remote *remote) {
    if (!remote)
        return;
    http_client_free(remote->http);
    memory_free(remote->metadata);
    memory_free(remote->targets);
    memory_free(remote);
}

void remote_join(struct buffer *to, const char *base, struct slice path) {
    size_t size = strlen(base);
    buffer_append_text(to, base);
    if (size == 0 || base[size - 1] != '/')
        buffer_append_byte(to, '/');
    buffer_append_slice(to, path);
    buffer_append(to, "", 1);
}

// A path that a URL would have, as a file name below a directory: %XX resolved. False when it
// would be another directory's file.
static bool decode_name(struct slice path, struct buffer *to) {
    for (size_t i = 0; i < path.size; i++) {
        uint8_t byte = path.data[i];
        if (byte == '%' && path.size - i > 2) {
            int high = text_hex_digit(path.data[i + 1]), low = text_hex_digit(path.data[i + 2]);
            byte = (uint8_t)(high * 16 + low);
            i += 2;
        }
        if (byte == '/' || byte == '\0')
            return false;
        buffer_append_byte(to, byte);
    }
    return true;
}

static enum status fetch_file(const struct remote *remote, const char *path, size_t length_max,
                              struct buffer *to, struct refusal *refusal) {
    struct buffer name, whole;
    struct problem problem;
    buffer_init(&name, 8192);
    buffer_init(&whole, 16384);
    enum status status = STATUS_NOT_FOUND;
    if (decode_name(slice_of_string(path), &name)) {
        remote_join(&whole, remote->metadata, buffer_slice(&name));
        status = durable_file_read((const char *)whole.data, length_max, to, &problem);
    } else {
        problem_set(&problem, status, "%s is no file name", path);
    }
    buffer_done(&name);
    buffer_done(&whole);
    if (status == STATUS_OK)
        return status;
    return refusal_wrap(refusal,
                        status == STATUS_NOT_FOUND ? REFUSAL_MISSING
                        : status == STATUS_LIMIT   ? REFUSAL_LENGTH
                                                   : REFUSAL_SYSTEM,
                        &problem);
}

enum status remote_refuse_get(const struct problem *problem, struct refusal *refusal) {
    return refusal_wrap(refusal,
                        problem->status == STATUS_LIMIT    ? REFUSAL_LENGTH
                        : problem->status == STATUS_FORMAT ? REFUSAL_FORMAT
                                                           : REFUSAL_FETCH,
                        problem);
}

enum status remote_check_code(const struct http_got *got, const char *url,
                              struct refusal *refusal) {
    if (got->code == 200 || got->code == 206)
        return STATUS_OK;
    if (got->code == 404 || got->code == 403 || got->code == 410)
        return refusal_set(refusal, REFUSAL_MISSING, "%s: the server answers %u", url, got->code);
    return refusal_set(refusal, REFUSAL_FETCH, "%s: the server answers %u%s", url, got->code,
                       got->code / 100 == 3 ? " (redirects are not followed)" : "");
}

// The context of a GET.
struct fetch {
    struct buffer *to;
    const struct remote *remote;
};

static enum status fetch_take(void *context, struct slice bytes, struct problem *problem) {
    struct buffer *to = ((struct fetch *)context)->to;
    buffer_append_slice(to, bytes);
    return to->failed ? problem_set(problem, STATUS_LIMIT, "no room for it") : STATUS_OK;
}

static bool fetch_stop(void *context) {
    const struct remote *remote = ((struct fetch *)context)->remote;
    return remote->options.stop && remote->options.stop(remote->options.context);
}

static enum status fetch_url(const struct remote *remote, const char *path, size_t length_max,
                             struct buffer *to, struct refusal *refusal) {
    struct buffer url;
    struct problem problem;
    struct http_got got;
    struct fetch fetch = {to, remote};
    buffer_init(&url, 16384);
    remote_join(&url, remote->metadata, slice_of_string(path));
    struct http_get get = {
        .url = (const char *)url.data,
        .length_max = length_max,
        .take = fetch_take,
        .stop = fetch_stop,
        .context = &fetch,
    };
    enum status status = url.failed ? problem_set(&problem, STATUS_USAGE, "the URL is too long")
                                    : http_client_get(remote->http, &get, &got, &problem);
    status = status == STATUS_OK ? remote_check_code(&got, get.url, refusal)
                                 : remote_refuse_get(&problem, refusal);
    buffer_done(&url);
    return status;
}

static enum status remote_fetch(void *context, const char *path, size_t length_max,
                                struct buffer *to, struct refusal *refusal) {
    const struct remote *remote = context;
    return is_url(remote->metadata) ? fetch_url(remote, path, length_max, to, refusal)
                                    : fetch_file(remote, path, length_max, to, refusal);
}

struct client_source remote_source(struct remote *remote) {
    return (struct client_source){remote, remote_fetch};
}
