// Lines of web servers' access logs
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ACCESS_LINE_H
#define DRILL_ACCESS_LINE_H

#include "drill/text_log.h"

// The "combined" family (Apache HTTP Server, mod_log_config), as Tomcat's AccessLogValve and
// nginx's log module write it:
//
//     10.20.0.10 - erika [02/Mar/2026:08:15:30 +0800] "GET /a?b HTTP/1.1" 200 512 "-" "Mozilla"
//     address  identity user  time in the host's zone  request line  status bytes referrer agent
struct access_style {
    bool combined;          // with referrer and agent
    bool taken;             // with %D: milliseconds, as Tomcat up to 10.0 has it
    bool blank_when_empty;  // bytes: '-' instead of 0 (%b)
    bool hexadecimal;       // what must not stand in quotes: \x22 (nginx) instead of \"
    struct slice parameter; // added to the query; empty: nothing
};

// Appends the line of a DEED_WEB_REQUEST, without its end.
void access_line_append(struct buffer *line, const struct log_entry *entry, const struct host *host,
                        const struct access_style *style);

#endif
