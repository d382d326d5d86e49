// Fetching over HTTP from servers that are not trusted
// SPDX-License-Identifier: Apache-2.0
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

// HTTP/1.1 over TCP, TLS or a unix socket, by libcurl, which is loaded when the first client is
// made: the rest of the program starts without it and its thirty libraries. No redirect is
// followed, no compression is asked for or taken, paths are sent as they are ("/a/../b"), no
// proxy, netrc or cookie is used, other protocols are refused. Certificates are checked.
struct http_client;

// 0 means the default behind it.
struct http_client_options {
    unsigned connect_seconds; // 15
    unsigned total_seconds;   // 3,600: nothing takes longer, however it drips
    unsigned slow_seconds;    // 30: at most this long below ...
    uint64_t slow_bytes;      // ... 1,024 bytes a second
    const char *authorities;  // file of certificates; NULL: the system's
    const char *unix_socket;  // path; NULL: TCP
};

// STATUS_UNSUPPORTED when there is no libcurl on the machine. Connections are kept open from one
// request to the next. Not thread-safe; different clients are independent.
enum status http_client_new(const struct http_client_options *options,
                            struct http_client **ret_client, struct problem *problem);
void http_client_free(struct http_client *client);

// What a server answered.
struct http_got {
    unsigned code;
    uint64_t from;    // where the body begins in the whole: 206 with Content-Range, else 0
    int64_t size;     // of the body as announced; -1 when it was not
    char entity[128]; // ETag as sent, with quotes; empty when there is none, or it is longer
};

struct http_get {
    const char *url;     // http:// or https://, percent-encoded
    uint64_t from;       // ask for the bytes from here on; the server may still send all
    const char *entity;  // only if this is still its ETag (If-Range); may be NULL
    uint64_t length_max; // of the whole, `from` included: more is refused as soon as it is known
    // Called before the first bytes of a body of 200 or 206 (also when it is empty), then with
    // the bytes. Any other status than OK ends the transfer and is returned. `begin` may be NULL.
    enum status (*begin)(void *context, const struct http_got *response, struct problem *problem);
    enum status (*take)(void *context, struct slice bytes, struct problem *problem);
    // Asked about once a second; true ends the transfer with STATUS_INTERRUPTED. May be NULL.
    bool (*stop)(void *context);
    void *context;
};

// One GET. STATUS_OK whenever the server answered whole, whatever the code (bodies of other codes
// than 200 and 206 are passed over). STATUS_SYSTEM: no answer, too slow, or cut off; STATUS_LIMIT:
// longer than length_max; STATUS_FORMAT: an answer that is not to be had of an honest server (a
// Content-Encoding, a range that was not asked for); STATUS_USAGE: the URL.
enum status http_client_get(struct http_client *client, const struct http_get *request,
                            struct http_got *ret_response, struct problem *problem);

// Percent-encode what may not stand in a URL's path, and '?', '#' and '%' with it: so that the
// server decodes the very same path ('/' stays). For the path of a target.
struct buffer;
void http_append_path(struct buffer *to, struct slice path);

#endif
