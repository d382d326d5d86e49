// The path of a web request, and what it means
// SPDX-License-Identifier: Apache-2.0
#include "model/web_path.h"

#include "base/chinese.h"
#include "base/text.h"

// IIS and ASP.NET, servlet containers, PHP, ColdFusion, CGI. Routes that look like files (.do,
// .action) are none.
static const struct slice EXTENSIONS[] = {
    SLICE("asp"),    SLICE("asa"),   SLICE("cer"),  SLICE("cdx"),  SLICE("aspx"),   SLICE("ashx"),
    SLICE("asmx"),   SLICE("asax"),  SLICE("ascx"), SLICE("svc"),  SLICE("cshtml"), SLICE("soap"),
    SLICE("vbhtml"), SLICE("jsp"),   SLICE("jspx"), SLICE("jspf"), SLICE("jspa"),   SLICE("jsw"),
    SLICE("jsv"),    SLICE("php"),   SLICE("php3"), SLICE("php4"), SLICE("php5"),   SLICE("php7"),
    SLICE("php8"),   SLICE("phtml"), SLICE("pht"),  SLICE("phar"), SLICE("cfm"),    SLICE("cfml"),
    SLICE("cfc"),    SLICE("cgi"),   SLICE("pl"),
};

bool web_path_is_script(struct slice name) {
    size_t at = name.size;
    while (at && name.data[at - 1] != '.')
        at--;
    if (at == 0)
        return false;
    struct slice extension = slice_part(name, at, name.size);
    for (size_t i = 0; i < ARRAY_SIZE(EXTENSIONS); i++)
        if (text_equal_fold_ascii(extension, EXTENSIONS[i]))
            return true;
    return false;
}

bool web_path_is_odd(unsigned marks) {
    return (marks & (WEB_PATH_ENCODED | WEB_PATH_TWICE | WEB_PATH_PARAMETER | WEB_PATH_DOTS |
                     WEB_PATH_ABOVE | WEB_PATH_BACKSLASH | WEB_PATH_CONTROL | WEB_PATH_TAIL)) != 0;
}

// Of a request target only the path: no scheme, no host, no query.
static struct slice target_path(struct slice raw) {
    for (size_t i = 0; i < 2; i++) {
        struct slice scheme = i ? SLICE("https://") : SLICE("http://");
        if (!text_equal_fold_ascii(slice_part(raw, 0, scheme.size), scheme))
            continue;
        size_t at = scheme.size;
        while (at < raw.size && raw.data[at] != '/' && raw.data[at] != '?')
            at++;
        raw = slice_part(raw, at, raw.size);
        if (raw.size == 0 || *raw.data == '?')
            return SLICE("/");
        break;
    }
    const uint8_t *query = raw.size ? memchr(raw.data, '?', raw.size) : NULL;
    return query ? slice_of(raw.data, (size_t)(query - raw.data)) : raw;
}

static bool needs_no_encoding(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '/' || byte == '\\' ||
           byte == ';' || byte == '%';
}

// Decode `size` bytes in place; returns how many are left.
static size_t percent_decode(uint8_t *text, size_t size, bool is_second, unsigned *marks) {
    size_t to = 0;
    for (size_t at = 0; at < size; at++) {
        int high = text[at] == '%' && at + 2 < size ? text_hex_digit(text[at + 1]) : -1;
        int low = high >= 0 ? text_hex_digit(text[at + 2]) : -1;
        if (low < 0) {
            text[to++] = text[at];
            continue;
        }
        uint8_t byte = (uint8_t)(high << 4 | low);
        if (is_second)
            *marks |= WEB_PATH_TWICE;
        if (needs_no_encoding(byte))
            *marks |= WEB_PATH_ENCODED;
        text[to++] = byte;
        at += 2;
    }
    return to;
}

// ";jsessionid=0A1B.node1", as servers themselves write it.
static bool is_session(struct slice parameter) {
    struct slice name = SLICE(";jsessionid=");
    if (!text_equal_fold_ascii(slice_part(parameter, 0, name.size), name))
        return false;
    for (size_t i = name.size; i < parameter.size; i++) {
        uint8_t byte = parameter.data[i];
        bool fine = (byte >= '0' && byte <= '9') ||
                    ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '.' || byte == '-' ||
                    byte == '_' || byte == '!';
        if (!fine)
            return false;
    }
    return true;
}

// A segment as Windows, old string functions and path information see it: is it a script?
static bool segment_is_script(struct slice segment, bool *ret_hidden) {
    size_t whole = segment.size;
    const uint8_t *nul = segment.size ? memchr(segment.data, 0, segment.size) : NULL;
    if (nul)
        segment.size = (size_t)(nul - segment.data);
    const uint8_t *stream = segment.size ? memchr(segment.data, ':', segment.size) : NULL;
    if (stream)
        segment.size = (size_t)(stream - segment.data);
    while (segment.size &&
           (segment.data[segment.size - 1] == '.' || segment.data[segment.size - 1] == ' '))
        segment.size--;
    *ret_hidden = segment.size != whole;
    return web_path_is_script(segment);
}

// What folding has made so far: `to` bytes in place, always beginning with '/'.
struct fold {
    uint8_t *text;
    size_t to;
    size_t script; // end of the first script segment, or 0
    unsigned marks;
};

static void fold_up(struct fold *fold) {
    fold->marks |= WEB_PATH_DOTS;
    if (fold->to <= 1) {
        fold->marks |= WEB_PATH_ABOVE;
        return;
    }
    fold->to--; // the '/' at the end
    while (fold->text[fold->to - 1] != '/')
        fold->to--;
}

// A segment [from, end) of the decoded text; `last`: no '/' behind it.
static void fold_segment(struct fold *fold, size_t from, size_t end, bool last) {
    struct slice segment = slice_of(fold->text + from, end - from);
    const uint8_t *parameter = segment.size ? memchr(segment.data, ';', segment.size) : NULL;
    if (parameter) {
        size_t at = (size_t)(parameter - segment.data);
        bool session = is_session(slice_part(segment, at, segment.size));
        fold->marks |= session ? WEB_PATH_SESSION : WEB_PATH_PARAMETER;
        segment.size = at;
    }
    if (segment.size == 0) {
        fold->marks |= last || parameter ? 0 : WEB_PATH_SLASHES;
        return;
    }
    if (slice_equal_string(segment, ".")) {
        fold->marks |= WEB_PATH_DOTS;
        return;
    }
    if (slice_equal_string(segment, "..")) {
        fold_up(fold);
        return;
    }
    for (size_t i = 0; i < segment.size; i++) {
        uint8_t byte = segment.data[i];
        bool upper = byte >= 'A' && byte <= 'Z';
        fold->marks |= upper ? WEB_PATH_CASE : 0;
        fold->text[fold->to++] = upper ? (uint8_t)(byte | 0x20) : byte;
    }
    if (!last)
        fold->text[fold->to++] = '/';
}

static void fold_path(struct fold *fold, size_t from, size_t end) {
    fold->text[0] = '/';
    fold->to = 1;
    while (from <= end) {
        size_t stop = from;
        while (stop < end && fold->text[stop] != '/')
            stop++;
        fold_segment(fold, from, stop, stop == end);
        from = stop + 1;
    }
}

// Bytes as they count: separators, controls.
static void fold_bytes(uint8_t *text, size_t size, unsigned *marks) {
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = text[i];
        if (byte < 0x20 || byte == 0x7F)
            *marks |= WEB_PATH_CONTROL;
        if (byte == '\\') {
            *marks |= WEB_PATH_BACKSLASH;
            text[i] = '/';
        }
    }
}

static void find_script(struct web_path *path) {
    for (size_t from = 1; from < path->path.size;) {
        size_t stop = from;
        while (stop < path->path.size && path->path.data[stop] != '/')
            stop++;
        bool hidden;
        if (segment_is_script(slice_part(path->path, from, stop - from), &hidden)) {
            path->script = slice_part(path->path, 0, stop);
            if (hidden || stop < path->path.size)
                path->marks |= WEB_PATH_TAIL;
            return;
        }
        from = stop + 1;
    }
}

// A trail byte of GBK may be a letter, '\' or '|': bytes are folded when they are UTF-8.
static size_t chinese_to_utf8(struct buffer *buffer, size_t start, size_t size, unsigned *marks) {
    buffer->size = start + size;
    if (chinese_settle(buffer, start))
        *marks |= WEB_PATH_CHINESE;
    return buffer->size - start;
}

void web_path_normalise(struct slice raw, struct buffer *buffer, struct web_path *ret_path) {
    *ret_path = (struct web_path){.marks = 0};
    struct slice path = target_path(raw);
    size_t start = buffer->size;
    // One byte more than the text: a path that does not begin with '/' gets one.
    if (path.size == 0 || !buffer_reserve(buffer, path.size + 1))
        return;
    buffer_append_byte(buffer, '/');
    buffer_append_slice(buffer, path);
    unsigned marks = 0;
    size_t size = percent_decode(buffer->data + start + 1, path.size, false, &marks);
    size = percent_decode(buffer->data + start + 1, size, true, &marks);
    size = chinese_to_utf8(buffer, start + 1, size, &marks);
    if (buffer->failed) {
        buffer->size = start;
        return;
    }
    struct fold fold = {.text = buffer->data + start, .marks = marks};
    fold_bytes(fold.text + 1, size, &fold.marks);
    fold_path(&fold, size && fold.text[1] == '/' ? 2 : 1, size + 1);
    buffer->size = start + fold.to;
    ret_path->path = slice_of(fold.text, fold.to);
    ret_path->marks = fold.marks;
    find_script(ret_path);
}
