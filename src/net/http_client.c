// Fetching over HTTP from servers that are not trusted
// SPDX-License-Identifier: Apache-2.0
//
// 1. `take` sees only bytes of a body of 200 or 206, and never more than length_max.
// 2. `begin` comes before the first of them, once.
// 3. What a callback of libcurl refuses is in `problem`; libcurl's own complaint follows from it.
#include "net/http_client.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdio.h>
#include <strings.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// The functions of libcurl by their names there.
#define CURL_FUNCTIONS(FUNCTION)                                                                   \
    FUNCTION(curl_global_init)                                                                     \
    FUNCTION(curl_easy_init)                                                                       \
    FUNCTION(curl_easy_setopt)                                                                     \
    FUNCTION(curl_easy_perform)                                                                    \
    FUNCTION(curl_easy_getinfo)                                                                    \
    FUNCTION(curl_easy_strerror)                                                                   \
    FUNCTION(curl_easy_cleanup)                                                                    \
    FUNCTION(curl_slist_append)                                                                    \
    FUNCTION(curl_slist_free_all)

#undef curl_easy_setopt
#undef curl_easy_getinfo

struct library {
#define FUNCTION(name) __typeof__(&name) name;
    CURL_FUNCTIONS(FUNCTION)
#undef FUNCTION
};

struct http_client {
    struct library library;
    CURL *handle;
    struct http_client_options options;
};

// One GET under way.
struct transfer {
    struct http_client *client;
    const struct http_get *request;
    struct http_got response;
    uint64_t received;
    bool begun, encoded, ranged;
    enum status status; // what a callback refused
    struct problem *problem;
};

static enum status library_load(struct library *library, struct problem *problem) {
    // Stays loaded: libcurl and OpenSSL keep state that other clients use.
    void *handle = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return problem_set(problem, STATUS_UNSUPPORTED, "libcurl is needed to fetch: %s",
                           dlerror());
    void *symbol;
#define FUNCTION(name)                                                                             \
    symbol = dlsym(handle, #name);                                                                 \
    if (!symbol)                                                                                   \
        return problem_set(problem, STATUS_UNSUPPORTED, "this libcurl has no " #name);             \
    memcpy(&library->name, &symbol, sizeof symbol);
    CURL_FUNCTIONS(FUNCTION)
#undef FUNCTION
    return STATUS_OK;
}

static unsigned seconds_or(unsigned seconds, unsigned fallback) {
    return seconds ? seconds : fallback;
}

static size_t transfer_header(char *line, size_t size, size_t count, void *context);
static size_t transfer_body(char *bytes, size_t size, size_t count, void *context);
static int transfer_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                             curl_off_t up_now);

// What is the same for all requests.
static void handle_prepare(struct http_client *client) {
    const struct http_client_options *options = &client->options;
    CURL *handle = client->handle;
    __typeof__(&curl_easy_setopt) set = client->library.curl_easy_setopt;
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle, CURLOPT_PATH_AS_IS, 1L);
    set(handle, CURLOPT_PROXY, "");
    set(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    set(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    set(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(handle, CURLOPT_USERAGENT, "vedette");
    set(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
    set(handle, CURLOPT_CONNECTTIMEOUT, (long)seconds_or(options->connect_seconds, 15));
    set(handle, CURLOPT_TIMEOUT, (long)seconds_or(options->total_seconds, 3600));
    set(handle, CURLOPT_LOW_SPEED_TIME, (long)seconds_or(options->slow_seconds, 30));
    set(handle, CURLOPT_LOW_SPEED_LIMIT, options->slow_bytes ? (long)options->slow_bytes : 1024L);
    if (options->authorities)
        set(handle, CURLOPT_CAINFO, options->authorities);
    if (options->unix_socket)
        set(handle, CURLOPT_UNIX_SOCKET_PATH, options->unix_socket);
    set(handle, CURLOPT_HEADERFUNCTION, transfer_header);
    set(handle, CURLOPT_WRITEFUNCTION, transfer_body);
    set(handle, CURLOPT_NOPROGRESS, 0L);
    set(handle, CURLOPT_XFERINFOFUNCTION, transfer_progress);
}

enum status http_client_new(const struct http_client_options *options,
                            struct http_client **ret_client, struct problem *problem) {
    struct http_client *client = memory_new(1, sizeof *client);
    client->options = *options;
    enum status status = library_load(&client->library, problem);
    if (status == STATUS_OK && client->library.curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        status = problem_set(problem, STATUS_SYSTEM, "libcurl does not start");
    if (status == STATUS_OK)
        client->handle = client->library.curl_easy_init();
    if (status == STATUS_OK && !client->handle)
        status = problem_set(problem, STATUS_SYSTEM, "libcurl does not start");
    if (status != STATUS_OK) {
        memory_free(client);
        return status;
    }
    handle_prepare(client);
    *ret_client = client;
    return STATUS_OK;
}

void http_client_free(struct http_client *client) {
    if (!client)
        return;
    client->library.curl_easy_cleanup(client->handle);
    memory_free(client);
}

static bool header_is(struct slice line, const char *name, struct slice *ret_value) {
    size_t size = strlen(name);
    if (line.size <= size || line.data[size] != ':' ||
        strncasecmp((const char *)line.data, name, size) != 0)
        return false;
    struct slice value = slice_part(line, size + 1, SIZE_MAX);
    while (value.size && (value.data[0] == ' ' || value.data[0] == '\t'))
        value = slice_part(value, 1, SIZE_MAX);
    while (value.size && strchr(" \t\r\n", value.data[value.size - 1]))
        value.size--;
    *ret_value = value;
    return true;
}

// "bytes 100-199/200": the first number. False for anything else.
static bool range_read(struct slice value, uint64_t *ret_from) {
    uint64_t number = 0;
    size_t at = strlen("bytes ");
    if (!slice_starts(value, SLICE("bytes ")))
        return false;
    for (; at < value.size && value.data[at] >= '0' && value.data[at] <= '9' && at < 24; at++)
        number = number * 10 + (value.data[at] - '0');
    if (at == strlen("bytes ") || at >= value.size || value.data[at] != '-')
        return false;
    *ret_from = number;
    return true;
}

static size_t transfer_header(char *line, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    struct slice text = slice_of(line, size * count), value;
    if (slice_starts(text, SLICE("HTTP/"))) { // also of what comes after "100 Continue"
        transfer->encoded = transfer->ranged = false;
        transfer->response = (struct http_got){.size = -1};
    } else if (header_is(text, "content-encoding", &value)) {
        transfer->encoded = !slice_equal(value, SLICE("identity"));
    } else if (header_is(text, "content-range", &value)) {
        transfer->ranged = range_read(value, &transfer->response.from);
    } else if (header_is(text, "etag", &value) && value.size < sizeof transfer->response.entity) {
        memcpy(transfer->response.entity, value.data, value.size);
        transfer->response.entity[value.size] = '\0';
    }
    return size * count;
}

static enum status transfer_begin(struct transfer *transfer) {
    const struct http_client *client = transfer->client;
    const struct http_get *request = transfer->request;
    struct http_got *response = &transfer->response;
    long code = 0;
    curl_off_t announced = -1;
    client->library.curl_easy_getinfo(client->handle, CURLINFO_RESPONSE_CODE, &code);
    client->library.curl_easy_getinfo(client->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                                      &announced);
    transfer->begun = true;
    response->code = code > 0 ? (unsigned)code : 0;
    response->size = announced;
    if (response->code != 200 && response->code != 206)
        return STATUS_OK;
    if (transfer->encoded)
        return problem_set(transfer->problem, STATUS_FORMAT, "%s: encoded, which was not asked for",
                           request->url);
    if (response->code == 200)
        response->from = 0;
    else if (!transfer->ranged || request->from == 0 || response->from != request->from)
        return problem_set(transfer->problem, STATUS_FORMAT, "%s: another part than was asked for",
                           request->url);
    if (response->from > request->length_max ||
        (announced >= 0 && (uint64_t)announced > request->length_max - response->from))
        return problem_set(transfer->problem, STATUS_LIMIT, "%s: longer than %llu bytes",
                           request->url, (unsigned long long)request->length_max);
    return request->begin ? request->begin(request->context, response, transfer->problem)
                          : STATUS_OK;
}

static enum status transfer_take(struct transfer *transfer, struct slice bytes) {
    const struct http_get *request = transfer->request;
    if (!transfer->begun) {
        enum status status = transfer_begin(transfer);
        if (status != STATUS_OK)
            return status;
    }
    const struct http_got *response = &transfer->response;
    if (response->code != 200 && response->code != 206)
        return STATUS_OK;
    if (bytes.size > request->length_max - response->from - transfer->received)
        return problem_set(transfer->problem, STATUS_LIMIT, "%s: longer than %llu bytes",
                           request->url, (unsigned long long)request->length_max);
    transfer->received += bytes.size;
    return request->take(request->context, bytes, transfer->problem);
}

static size_t transfer_body(char *bytes, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    transfer->status = transfer_take(transfer, slice_of(bytes, size * count));
    // Anything but the whole size ends the transfer.
    return transfer->status == STATUS_OK ? size * count : CURL_WRITEFUNC_ERROR;
}

static int transfer_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                             curl_off_t up_now) {
    struct transfer *transfer = context;
    const struct http_get *request = transfer->request;
    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    if (!request->stop || !request->stop(request->context))
        return 0;
    transfer->status = problem_set(transfer->problem, STATUS_INTERRUPTED, "interrupted");
    return 1;
}

static enum status transfer_failed(const struct transfer *transfer, CURLcode code) {
    const char *text = transfer->client->library.curl_easy_strerror(code);
    enum status status = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                                 code == CURLE_LOGIN_DENIED
                             ? STATUS_USAGE
                         : code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_BAD_CONTENT_ENCODING
                             ? STATUS_FORMAT
                             : STATUS_SYSTEM;
    if (code == CURLE_OPERATION_TIMEDOUT)
        text = "too slow, or no answer in time";
    return problem_set(transfer->problem, status, "%s: %s", transfer->request->url, text);
}

// Bytes that would end a request line, or that no URL has.
static bool url_is_sound(const char *url) {
    for (; *url; url++)
        if ((uint8_t)*url <= ' ' || (uint8_t)*url >= 0x7F)
            return false;
    return true;
}

enum status http_client_get(struct http_client *client, const struct http_get *request,
                            struct http_got *ret_response, struct problem *problem) {
    __typeof__(&curl_easy_setopt) set = client->library.curl_easy_setopt;
    struct transfer transfer = {
        .client = client, .request = request, .response.size = -1, .problem = problem};
    char line[192], range[32];
    if (!url_is_sound(request->url))
        return problem_set(problem, STATUS_USAGE, "an URL with bytes that are to be encoded");
    struct curl_slist *headers =
        client->library.curl_slist_append(NULL, "Accept-Encoding: identity");
    if (request->from && request->entity && strlen(request->entity) < sizeof line - 16) {
        snprintf(line, sizeof line, "If-Range: %s", request->entity);
        headers = client->library.curl_slist_append(headers, line);
    }
    snprintf(range, sizeof range, "%llu-", (unsigned long long)request->from);
    set(client->handle, CURLOPT_URL, request->url);
    set(client->handle, CURLOPT_HTTPHEADER, headers);
    set(client->handle, CURLOPT_RANGE, request->from ? range : NULL);
    set(client->handle, CURLOPT_HEADERDATA, &transfer);
    set(client->handle, CURLOPT_WRITEDATA, &transfer);
    set(client->handle, CURLOPT_XFERINFODATA, &transfer);
    CURLcode code = client->library.curl_easy_perform(client->handle);
    if (code == CURLE_OK && !transfer.begun) // an empty body
        transfer.status = transfer_begin(&transfer);
    enum status status = transfer.status;
    if (status == STATUS_OK && code != CURLE_OK)
        status = transfer_failed(&transfer, code);
    set(client->handle, CURLOPT_HTTPHEADER, NULL);
    client->library.curl_slist_free_all(headers);
    if (status == STATUS_OK)
        *ret_response = transfer.response;
    return status;
}

void http_append_path(struct buffer *to, struct slice path) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < path.size; i++) {
        uint8_t byte = path.data[i];
        if (byte > ' ' && byte < 0x7F && !strchr("\"<>\\^`{|}?#%", byte)) {
            buffer_append_byte(to, byte);
        } else {
            const uint8_t escaped[] = {'%', (uint8_t)digits[byte >> 4], (uint8_t)digits[byte & 15]};
            buffer_append(to, escaped, sizeof escaped);
        }
    }
}
