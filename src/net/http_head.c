// The head of an HTTP/1 request, read strictly
// SPDX-License-Identifier: Apache-2.0
#include "net/http_head.h"

#include "base/text.h"

// RFC 9110 5.6.2
static bool is_token_byte(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool is_token(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (!is_token_byte(text.data[i]))
            return false;
    return text.size > 0;
}

// No controls but tab; bytes over 0x7F are the sender's affair.
static bool is_value(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if ((text.data[i] < 0x20 && text.data[i] != '\t') || text.data[i] == 0x7F)
            return false;
    return true;
}

static struct slice trim(struct slice text) {
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = slice_part(text, 1, text.size);
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

// The line at *at without its CR LF. False when its end is not there, or is no CR LF.
static bool line_next(struct slice head, size_t *at, struct slice *ret_line) {
    const uint8_t *end = memchr(head.data + *at, '\n', head.size - *at);
    size_t size = end ? (size_t)(end - head.data) - *at : 0;
    if (size == 0 || end[-1] != '\r')
        return false;
    *ret_line = slice_part(head, *at, size - 1);
    *at += size + 1;
    return true;
}

// "GET /path HTTP/1.1"
static const char *line_read(struct slice line, struct http_head *request) {
    const uint8_t *first = memchr(line.data, ' ', line.size);
    size_t method = first ? (size_t)(first - line.data) : 0;
    if (line.size < method + sizeof " x HTTP/1.1" - 1)
        return "a request line that is too short";
    struct slice version = slice_part(line, line.size - 9, 9);
    request->method = slice_part(line, 0, method);
    request->target = slice_part(line, method + 1, line.size - 9 - method - 1);
    request->keep = slice_equal(version, SLICE(" HTTP/1.1"));
    if (!request->keep && !slice_equal(version, SLICE(" HTTP/1.0")))
        return "a request line of another version";
    if (!is_token(request->method))
        return "a method that is none";
    for (size_t i = 0; i < request->target.size; i++)
        if (request->target.data[i] <= ' ' || request->target.data[i] == 0x7F)
            return "a blank or control in the request target";
    return NULL;
}

static const char *field_read(struct slice line, struct http_head *request) {
    const uint8_t *colon = memchr(line.data, ':', line.size);
    struct slice name = slice_part(line, 0, colon ? (size_t)(colon - line.data) : 0);
    struct slice value = trim(slice_part(line, name.size + 1, line.size));
    if (!is_token(name) || !is_value(value))
        return "a header field that is none";
    if (request->field_count == HTTP_FIELDS_MAX)
        return "too many header fields";
    for (size_t i = 0; i < request->field_count; i++)
        if (text_equal_fold_ascii(request->fields[i].name, name))
            return "a header field that comes twice";
    if (value.size == 0)
        value.data = name.data; // there, if empty
    request->fields[request->field_count++] = (struct http_field){name, value};
    return NULL;
}

// What announces a body, or another protocol.
static const char *fields_check(struct http_head *request) {
    static const char *const NEVER[] = {"Transfer-Encoding", "Expect", "Upgrade", "Trailer"};
    for (size_t i = 0; i < ARRAY_SIZE(NEVER); i++)
        if (http_head_field(request, NEVER[i]).data)
            return "a request with a body";
    struct slice length = http_head_field(request, "Content-Length");
    if (length.data && !slice_equal(length, SLICE("0")))
        return "a request with a body";
    struct slice connection = http_head_field(request, "Connection");
    if (text_equal_fold_ascii(connection, SLICE("close")))
        request->keep = false;
    return NULL;
}

enum http_reading http_head_read(struct slice bytes, struct http_head *ret_request,
                                 const char **ret_reason) {
    const uint8_t *end = memmem(bytes.data, bytes.size, "\r\n\r\n", 4);
    size_t size = end ? (size_t)(end - bytes.data) + 4 : bytes.size;
    *ret_reason = NULL;
    if (size > HTTP_HEAD_BYTES_MAX) {
        *ret_reason = "a head over 16 KiB";
        return HTTP_BROKEN;
    }
    if (!end)
        return HTTP_PARTIAL;
    struct slice head = slice_part(bytes, 0, size), line;
    size_t at = 0;
    ret_request->field_count = 0;
    if (size < bytes.size)
        *ret_reason = "bytes behind the head";
    else if (!line_next(head, &at, &line))
        *ret_reason = "a line that does not end in CR LF";
    else
        *ret_reason = line_read(line, ret_request);
    while (!*ret_reason && at + 2 < size)
        *ret_reason = line_next(head, &at, &line) ? field_read(line, ret_request)
                                                  : "a line that does not end in CR LF";
    if (!*ret_reason)
        *ret_reason = fields_check(ret_request);
    return *ret_reason ? HTTP_BROKEN : HTTP_READ;
}

struct slice http_head_field(const struct http_head *request, const char *name) {
    for (size_t i = 0; i < request->field_count; i++)
        if (text_equal_fold_ascii(request->fields[i].name, slice_of_string(name)))
            return request->fields[i].value;
    return (struct slice){NULL, 0};
}
