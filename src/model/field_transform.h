// Evidence's values in the words of rules
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_FIELD_TRANSFORM_H
#define MODEL_FIELD_TRANSFORM_H

#include "base/buffer.h"
#include "model/value.h"

#include <stdbool.h>

// How a value of the evidence becomes what rules of a category expect (Sigma appendix
// "Taxonomy": fields are named and spelled as Sysmon does).
enum field_transform {
    FIELD_TRANSFORM_NONE,
    FIELD_TRANSFORM_JOIN_ACCOUNT,  // raw "\" raw2: DOMAIN\user; null when raw2 is "-"
    FIELD_TRANSFORM_INTEGRITY,     // mandatory label SID -> Low, Medium, High, System
    FIELD_TRANSFORM_PROTOCOL,      // 6 -> tcp, 17 -> udp
    FIELD_TRANSFORM_INITIATED,     // %%14593 (outbound) -> true, %%14592 -> false
    FIELD_TRANSFORM_DEVICE_PATH,   // \device\harddiskvolumeN\windows\... -> C:\windows\...
    FIELD_TRANSFORM_DECIMAL,       // 0x1fc -> 508
    FIELD_TRANSFORM_JOIN_KEY,      // \REGISTRY\MACHINE\... "\" raw2 -> HKLM\...
    FIELD_TRANSFORM_KEY_DETAILS,   // raw by type raw2: 1, %%1876 -> DWORD (0x00000001)
    FIELD_TRANSFORM_KEY_OPERATION, // %%1904, %%1905 -> SetValue, %%1906 -> DeleteValue
    FIELD_TRANSFORM_HASH_MD5,      // MD5=...,SHA256=... -> the part of that name
    FIELD_TRANSFORM_HASH_SHA1,
    FIELD_TRANSFORM_HASH_SHA256,
    FIELD_TRANSFORM_HASH_IMPHASH,
    FIELD_TRANSFORM_JOIN,           // raw raw2, as they stand: Exchange's queries have their "?"
    FIELD_TRANSFORM_QUERY,          // ?a=1 -> a=1
    FIELD_TRANSFORM_ENDPOINT_HOST,  // 192.0.2.1:25, [::1]:25 -> the address
    FIELD_TRANSFORM_ENDPOINT_PORT,  // -> the port; null without one
    FIELD_TRANSFORM_JOIN_QUERY,     // raw "?" raw2: /a.aspx?x=1; the path alone without a query
    FIELD_TRANSFORM_PLUS_BLANK,     // Mozilla/5.0+(X11) -> Mozilla/5.0 (X11)
    FIELD_TRANSFORM_PATH_EXTENSION, // /a/b.aspx -> aspx; null without one
    // Parts of an address (RFC 3986), of which scheme and host may be missing ("/a?b", "a:443").
    FIELD_TRANSFORM_URL_HOST, // without user and port
    FIELD_TRANSFORM_URL_PATH,
    FIELD_TRANSFORM_URL_QUERY,     // without '?'
    FIELD_TRANSFORM_URL_EXTENSION, // of the path's last segment, without the dot
};

static inline bool field_transform_takes_two(enum field_transform transform) {
    return transform == FIELD_TRANSFORM_JOIN || transform == FIELD_TRANSFORM_JOIN_ACCOUNT ||
           transform == FIELD_TRANSFORM_JOIN_KEY || transform == FIELD_TRANSFORM_KEY_DETAILS ||
           transform == FIELD_TRANSFORM_JOIN_QUERY;
}

// Append the text that rules of a category expect for `value` (and `value2`, for the
// transforms that take two; ignored by the others). False, and nothing appended, when there is
// none: the value is null, an account is "-", a hash is not among the hashes. Never called
// with FIELD_TRANSFORM_NONE. Thread-safe.
bool field_transform_append(enum field_transform transform, const struct value *value,
                            const struct value *value2, struct buffer *buffer);

#endif
