// Lines of web servers' access logs
// SPDX-License-Identifier: Apache-2.0
#include "drill/access_line.h"

#include "base/clock.h"

#include <stdlib.h>

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// [02/Mar/2026:08:15:30 +0800]
static void append_time(struct buffer *line, int64_t time_ns, int32_t zone_seconds) {
    struct clock_date date;
    clock_to_date(time_ns + zone_seconds * 1000000000ll, &date);
    buffer_append_byte(line, '[');
    text_append_two(line, date.day);
    buffer_append_format(line, "/%s/%d:", months[date.month - 1], (int)date.year);
    text_append_clock(line, time_ns, zone_seconds, 0);
    buffer_append_text(line, zone_seconds < 0 ? " -" : " +");
    text_append_two(line, abs(zone_seconds) / 3600);
    text_append_two(line, abs(zone_seconds) / 60 % 60);
    buffer_append_byte(line, ']');
}

// What a client may not send in a request line arrives percent-encoded.
static void append_encoded(struct buffer *line, struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte > ' ' && byte < 0x7F && byte != '"')
            buffer_append_byte(line, byte);
        else
            buffer_append_format(line, "%%%02X", byte);
    }
}

static void append_quoted(struct buffer *line, struct slice text, bool hexadecimal) {
    buffer_append_byte(line, '"');
    if (text.size == 0)
        buffer_append_byte(line, '-');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool special = byte == '"' || byte == '\\';
        if (hexadecimal && (special || byte < ' ' || byte >= 0x7F))
            buffer_append_format(line, "\\x%02X", byte);
        else if (special)
            buffer_append_format(line, "\\%c", byte);
        else
            buffer_append_byte(line, byte < ' ' ? ' ' : byte);
    }
    buffer_append_byte(line, '"');
}

static void append_request(struct buffer *line, const struct deed *deed, struct slice parameter) {
    buffer_append_byte(line, '"');
    append_encoded(line, deed->web.method);
    buffer_append_byte(line, ' ');
    append_encoded(line, deed->web.stem);
    if (deed->web.query.size || parameter.size)
        buffer_append_byte(line, '?');
    append_encoded(line, deed->web.query);
    if (deed->web.query.size && parameter.size)
        buffer_append_byte(line, '&');
    buffer_append_slice(line, parameter);
    buffer_append_text(line, " HTTP/1.1\"");
}

void access_line_append(struct buffer *line, const struct log_entry *entry, const struct host *host,
                        const struct access_style *style) {
    const struct deed *deed = entry->deed;
    text_append_address(line, &deed->from.address);
    buffer_append_text(line, " - ");
    text_append_word(line, deed->web.user, true);
    buffer_append_byte(line, ' ');
    append_time(line, entry->time_ns, host->zone_seconds);
    buffer_append_byte(line, ' ');
    append_request(line, deed, style->parameter);
    buffer_append_format(line, " %u ", deed->web.status);
    if (deed->web.response_bytes || !style->blank_when_empty)
        buffer_append_u64(line, deed->web.response_bytes);
    else
        buffer_append_byte(line, '-');
    if (style->combined) {
        buffer_append_byte(line, ' ');
        append_quoted(line, deed->web.referrer, style->hexadecimal);
        buffer_append_byte(line, ' ');
        append_quoted(line, deed->web.agent, style->hexadecimal);
    }
    if (style->taken)
        buffer_append_format(line, " %u", deed->web.taken_ms);
}
