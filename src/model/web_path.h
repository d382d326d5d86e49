// The path of a web request, and what it means
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_WEB_PATH_H
#define MODEL_WEB_PATH_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>

// How a path was written otherwise than it means. Filters look at the one, servers at the other.
enum web_path_mark {
    WEB_PATH_ENCODED = 1,     // percent-encoding of a letter, digit, '.', '/', '\', ';' or '%'
    WEB_PATH_TWICE = 2,       // percent-encoding under percent-encoding
    WEB_PATH_PARAMETER = 4,   // ";x" in a segment, other than a servlet session
    WEB_PATH_SESSION = 8,     // ";jsessionid=..."
    WEB_PATH_DOTS = 16,       // "/./" or "/../"
    WEB_PATH_ABOVE = 32,      // more ".." than there are segments
    WEB_PATH_SLASHES = 64,    // "//"
    WEB_PATH_BACKSLASH = 128, // '\' as a separator
    WEB_PATH_CONTROL = 256,   // a byte below 0x20, or 0x7F, when decoded
    WEB_PATH_CASE = 512,      // upper case
    WEB_PATH_TAIL = 1024,     // what hides an executable extension: "x.aspx.", "x.jsp%00.js",
                              // "x.asp::$DATA", "x.php/more"
    WEB_PATH_CHINESE = 2048,  // GBK or GB18030, shown as UTF-8
};

struct web_path {
    struct slice path;   // in the caller's buffer: decoded, folded, lower case
    struct slice script; // its beginning that ends in an executable extension; or empty
    unsigned marks;      // WEB_PATH_*
};

// Normalise the path of a request target ("/a/b;x=1/../c.aspx?q" or "http://host/a"; what stands
// behind a '?' is no part of it): percent-decoding twice, '\' to '/', ";x" cut off each segment,
// "//", "/./" and "/x/../" folded, ASCII in lower case, GB18030 to UTF-8. Appends the path to
// `buffer`, which ret_path points into. Empty for an empty path; always begins with '/' else.
// Source: RFC 3986 5.2.4 and 6.2.2; the decoding twice and the parameters as Tomcat, IIS and
// filters before them disagree about them.
void web_path_normalise(struct slice raw, struct buffer *buffer, struct web_path *ret_path);

// The raw path differs in a way that an ordinary client has no reason for: all marks but upper
// case,
// "//", a session, Chinese.
bool web_path_is_odd(unsigned marks);

// A file name ends in an extension that servers execute (.aspx, .jsp, .php ...), ASCII case
// ignored.
bool web_path_is_script(struct slice name);

#endif
