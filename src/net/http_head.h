// The head of an HTTP/1 request, read strictly
// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    HTTP_HEAD_BYTES_MAX = 16 << 10, // nginx's own ceiling for a line is 8 KiB
    HTTP_FIELDS_MAX = 48
};

struct http_field {
    struct slice name;
    struct slice value; // without blanks around it
};

// Views into the bytes that were read.
struct http_head {
    struct slice method;
    struct slice target; // as it stands in the request line
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
    bool keep; // the connection may be used again
};

enum http_reading {
    HTTP_READ,    // whole
    HTTP_PARTIAL, // more bytes are needed
    HTTP_BROKEN,  // *ret_reason says why (static text)
};

// Read a request that has no body (RFC 9112 2 to 5). Stricter than the specification, since a
// front end and a server that read two requests differently are an attack: line ends are CR LF,
// nothing is folded, no name comes twice, bytes behind the head are broken, and so is whatever
// announces a body (Content-Length but 0, Transfer-Encoding, Expect, Upgrade). Thread-safe.
enum http_reading http_head_read(struct slice bytes, struct http_head *ret_request,
                                 const char **ret_reason);

// A field's value; {NULL, 0} when the request has none of the name.
struct slice http_head_field(const struct http_head *request, const char *name);

#endif
