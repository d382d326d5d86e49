// Rows of Zeek's logs, as tabs or as JSON
// SPDX-License-Identifier: Apache-2.0
#include "drill/zeek_row.h"

#include <assert.h>
#include <string.h>

enum {
    ZEEK_TEXT_SIZE = 64,
    ZEEK_IDENTIFIER_LETTERS = 17
};

void zeek_row_init(struct zeek_row *row, const struct zeek_stream *stream, struct buffer *line,
                   bool json) {
    *row = (struct zeek_row){.line = line, .stream = stream, .json = json};
    if (json)
        buffer_append_byte(line, '{');
}

static void append_json_text(struct buffer *line, struct slice text) {
    buffer_append_byte(line, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '"' || byte == '\\')
            buffer_append_byte(line, '\\');
        if (byte < 0x20)
            buffer_append_format(line, "\\u%04x", byte);
        else
            buffer_append_byte(line, byte);
    }
    buffer_append_byte(line, '"');
}

static bool is_bare(const char *type) {
    return !strcmp(type, "time") || !strcmp(type, "interval") || !strcmp(type, "count") ||
           !strcmp(type, "port");
}

static void append_json_one(struct buffer *line, const char *type, struct slice text) {
    if (strcmp(type, "bool") == 0)
        buffer_append_text(line, slice_equal(text, SLICE("T")) ? "true" : "false");
    else if (is_bare(type))
        buffer_append_slice(line, text);
    else
        append_json_text(line, text);
}

static void append_json_row(struct buffer *line, const char *type, struct slice text) {
    const char *inner = strstr(type, "[interval]") ? "interval" : "string";
    bool empty = slice_equal(text, SLICE("(empty)"));
    size_t from = 0;
    buffer_append_byte(line, '[');
    for (size_t i = 0; i <= text.size && !empty; i++) {
        if (i < text.size && text.data[i] != ',')
            continue;
        if (from > 0)
            buffer_append_byte(line, ',');
        append_json_one(line, inner, slice_part(text, from, i - from));
        from = i + 1;
    }
    buffer_append_byte(line, ']');
}

static void put_json(struct zeek_row *row, const struct zeek_field *field, struct slice text) {
    if (text.size == 0)
        return;
    if (row->begun)
        buffer_append_byte(row->line, ',');
    row->begun = true;
    buffer_append_byte(row->line, '"');
    buffer_append_text(row->line, field->name);
    buffer_append_text(row->line, "\":");
    if (strchr(field->type, '['))
        append_json_row(row->line, field->type, text);
    else
        append_json_one(row->line, field->type, text);
}

// The separator itself, line ends and the escape are written as \xNN (Zeek's ASCII writer).
static void put_tabs(struct zeek_row *row, struct slice text) {
    if (row->next > 0)
        buffer_append_byte(row->line, '\t');
    if (text.size == 0)
        buffer_append_byte(row->line, '-');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte < 0x20 || byte == 0x7F || byte == '\\')
            buffer_append_format(row->line, byte == '\\' ? "\\\\" : "\\x%02x", byte);
        else
            buffer_append_byte(row->line, byte);
    }
}

void zeek_put(struct zeek_row *row, struct slice text) {
    assert(row->next < row->stream->count);
    if (row->json)
        put_json(row, &row->stream->fields[row->next], text);
    else
        put_tabs(row, text);
    row->next++;
}

void zeek_put_word(struct zeek_row *row, const char *text) {
    zeek_put(row, slice_of_string(text));
}

// Zeek writes many numbers: printf would take a third of the time. The digits end at `end`.
static struct slice digits_of(uint64_t number, size_t least, uint8_t *end) {
    size_t count = 0;
    for (; number || count < least; number /= 10)
        end[-(ptrdiff_t)++count] = (uint8_t)('0' + number % 10);
    return slice_of(end - count, count);
}

void zeek_put_number(struct zeek_row *row, uint64_t number) {
    uint8_t digits[ZEEK_TEXT_SIZE];
    zeek_put(row, digits_of(number, 1, digits + sizeof digits));
}

void zeek_put_truth(struct zeek_row *row, bool truth) {
    zeek_put_word(row, truth ? "T" : "F");
}

void zeek_put_time(struct zeek_row *row, int64_t time_ns) {
    zeek_put_interval(row, time_ns / 1000);
}

void zeek_put_interval(struct zeek_row *row, int64_t microseconds) {
    uint8_t digits[ZEEK_TEXT_SIZE], *end = digits + sizeof digits;
    uint64_t number = microseconds < 0 ? 0 : (uint64_t)microseconds;
    struct slice fraction = digits_of(number % 1000000, 6, end);
    digits[sizeof digits - fraction.size - 1] = '.';
    struct slice whole = digits_of(number / 1000000, 1, end - fraction.size - 1);
    zeek_put(row, slice_of(whole.data, whole.size + 1 + fraction.size));
}

void zeek_put_address(struct zeek_row *row, const struct address *address) {
    char text[ADDRESS_TEXT_SIZE];
    size_t size = address_format(address, text);
    zeek_put(row, address->size ? slice_of(text, size) : SLICE(""));
}

void zeek_put_identifier(struct zeek_row *row, char first, uint64_t key) {
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char text[ZEEK_IDENTIFIER_LETTERS + 1];
    uint64_t rest = key;
    text[0] = first;
    for (size_t i = 1; i < sizeof text; i++, rest /= 62) {
        if (i == 10)
            rest = key * 0x9E3779B97F4A7C15ull + 1;
        text[i] = letters[rest % 62];
    }
    zeek_put(row, slice_of(text, sizeof text));
}

void zeek_skip(struct zeek_row *row, size_t count) {
    while (count-- > 0)
        zeek_put(row, SLICE(""));
}

void zeek_row_end(struct zeek_row *row) {
    assert(row->next == row->stream->count);
    if (row->json)
        buffer_append_byte(row->line, '}');
}

// 2026-03-02-00-00-00
static void append_moment(struct buffer *line, const struct log_site *site, int64_t time_ns) {
    char clock[9];
    int32_t zone = site->host->zone_seconds;
    text_append_date(line, time_ns, zone);
    buffer_append_byte(line, '-');
    size_t start = line->size;
    text_append_clock(line, time_ns, zone, 0);
    if (line->failed)
        return;
    memcpy(clock, line->data + start, 8);
    clock[2] = clock[5] = '-';
    memcpy(line->data + start, clock, 8);
}

enum status zeek_put_header(struct text_log *text, const struct zeek_stream *stream,
                            int64_t time_ns, struct problem *problem) {
    static const char *const fixed[] = {"#separator \\x09", "#set_separator\t,",
                                        "#empty_field\t(empty)", "#unset_field\t-"};
    struct buffer *line = &text->line;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(fixed) && status == STATUS_OK; i++) {
        buffer_append_text(line, fixed[i]);
        status = text_log_put(text, NULL, problem);
    }
    if (status != STATUS_OK)
        return status;
    buffer_append_format(line, "#path\t%s", stream->name);
    status = text_log_put(text, NULL, problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(line, "#open\t");
    append_moment(line, text->site, time_ns);
    status = text_log_put(text, NULL, problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(line, "#fields");
    for (size_t i = 0; i < stream->count; i++)
        buffer_append_format(line, "\t%s", stream->fields[i].name);
    status = text_log_put(text, NULL, problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(line, "#types");
    for (size_t i = 0; i < stream->count; i++)
        buffer_append_format(line, "\t%s", stream->fields[i].type);
    return text_log_put(text, NULL, problem);
}

enum status zeek_put_footer(struct text_log *text, int64_t time_ns, struct problem *problem) {
    buffer_append_text(&text->line, "#close\t");
    append_moment(&text->line, text->site, time_ns);
    return text_log_put(text, NULL, problem);
}
