// Evidence's values in the words of rules
// SPDX-License-Identifier: Apache-2.0
#include "model/field_transform.h"

#include "base/text.h"

#include <assert.h>
#include <inttypes.h>

// A text and what stands for it.
struct word {
    struct slice from;
    struct slice to;
};

// Mandatory labels (MS-DTYP 2.4.2.4) as Sysmon names them.
static const struct word INTEGRITY_WORDS[] = {
    {SLICE("S-1-16-0"), SLICE("Untrusted")},     {SLICE("S-1-16-4096"), SLICE("Low")},
    {SLICE("S-1-16-8192"), SLICE("Medium")},     {SLICE("S-1-16-8448"), SLICE("Medium")},
    {SLICE("S-1-16-12288"), SLICE("High")},      {SLICE("S-1-16-16384"), SLICE("System")},
    {SLICE("S-1-16-20480"), SLICE("Protected")},
};
static const struct word PROTOCOL_WORDS[] = {
    {SLICE("1"), SLICE("icmp")},
    {SLICE("6"), SLICE("tcp")},
    {SLICE("17"), SLICE("udp")},
};
// The rendered words come with forwarded events that carry their message texts.
static const struct word INITIATED_WORDS[] = {
    {SLICE("%%14592"), SLICE("false")},
    {SLICE("%%14593"), SLICE("true")},
    {SLICE("Inbound"), SLICE("false")},
    {SLICE("Outbound"), SLICE("true")},
};
static const struct word KEY_OPERATION_WORDS[] = {
    {SLICE("%%1904"), SLICE("SetValue")},
    {SLICE("%%1905"), SLICE("SetValue")},
    {SLICE("%%1906"), SLICE("DeleteValue")},
    {SLICE("New registry value created"), SLICE("SetValue")},
    {SLICE("Existing registry value modified"), SLICE("SetValue")},
    {SLICE("Registry value deleted"), SLICE("DeleteValue")},
};
static const struct word KEY_ROOT_WORDS[] = {
    {SLICE("\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\"),
     SLICE("HKLM\\System\\CurrentControlSet\\")},
    {SLICE("\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet002\\"),
     SLICE("HKLM\\System\\CurrentControlSet\\")},
    {SLICE("\\REGISTRY\\MACHINE\\"), SLICE("HKLM\\")},
    {SLICE("\\REGISTRY\\USER\\"), SLICE("HKU\\")},
};

// The buffer's bytes from `start` on.
static struct slice tail_of(const struct buffer *buffer, size_t start) {
    return slice_part(buffer_slice(buffer), start, buffer->size - start);
}

// Put `to` where the `size` bytes at `start` are. The rest moves up.
static void tail_replace(struct buffer *buffer, size_t start, size_t size, struct slice to) {
    size_t rest = buffer->size - start - size;
    if (to.size > size && !buffer_reserve(buffer, to.size - size))
        return;
    memmove(buffer->data + start + to.size, buffer->data + start + size, rest);
    memcpy(buffer->data + start, to.data, to.size);
    buffer->size = start + to.size + rest;
}

static void tail_translate(struct buffer *buffer, size_t start, const struct word *words,
                           size_t count) {
    struct slice tail = tail_of(buffer, start);
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(tail, words[i].from)) {
            tail_replace(buffer, start, tail.size, words[i].to);
            return;
        }
}

static bool account_append(const struct value *domain, const struct value *user,
                           struct buffer *buffer) {
    size_t start = buffer->size;
    value_append_text(domain, buffer);
    if (tail_of(buffer, start).size && !slice_equal(tail_of(buffer, start), SLICE("-")))
        buffer_append_byte(buffer, '\\');
    else
        buffer->size = start;
    size_t user_start = buffer->size;
    value_append_text(user, buffer);
    struct slice name = tail_of(buffer, user_start);
    if (name.size && !slice_equal(name, SLICE("-")))
        return true;
    buffer->size = start;
    return false;
}

// Object Manager paths start with the volume's device. Which letter it has is not in the
// record; what holds the system's own folders is taken for C:, everything else stays.
static void device_path_translate(struct buffer *buffer, size_t start) {
    static const struct slice FOLDERS[] = {SLICE("\\windows\\"), SLICE("\\program files\\"),
                                           SLICE("\\program files (x86)\\"),
                                           SLICE("\\programdata\\"), SLICE("\\users\\")};
    static const struct slice DEVICE = SLICE("\\device\\harddiskvolume");
    struct slice tail = tail_of(buffer, start);
    if (!text_starts_fold_ascii(tail, DEVICE))
        return;
    size_t end = DEVICE.size;
    while (end < tail.size && tail.data[end] >= '0' && tail.data[end] <= '9')
        end++;
    struct slice rest = slice_part(tail, end, tail.size - end);
    for (size_t i = 0; i < ARRAY_SIZE(FOLDERS); i++)
        if (text_starts_fold_ascii(rest, FOLDERS[i])) {
            tail_replace(buffer, start, end, SLICE("C:"));
            return;
        }
}

static void key_append(const struct value *key, const struct value *name, struct buffer *buffer) {
    size_t start = buffer->size;
    value_append_text(key, buffer);
    struct slice tail = tail_of(buffer, start);
    for (size_t i = 0; i < ARRAY_SIZE(KEY_ROOT_WORDS); i++)
        if (text_starts_fold_ascii(tail, KEY_ROOT_WORDS[i].from)) {
            tail_replace(buffer, start, KEY_ROOT_WORDS[i].from.size, KEY_ROOT_WORDS[i].to);
            break;
        }
    if (value_is_null(name))
        return;
    buffer_append_byte(buffer, '\\');
    value_append_text(name, buffer);
}

// Sysmon shows numbers with their type, Security 4657 the bare number and a type of its own.
static void key_details_append(const struct value *details, const struct value *type,
                               struct buffer *buffer) {
    size_t start = buffer->size;
    value_append_text(type, buffer);
    struct slice name = tail_of(buffer, start);
    bool is_dword = slice_equal(name, SLICE("%%1876")) || slice_equal(name, SLICE("REG_DWORD"));
    bool is_qword = slice_equal(name, SLICE("%%1883")) || slice_equal(name, SLICE("REG_QWORD"));
    buffer->size = start;
    int64_t number = 0;
    if (!(is_dword || is_qword) || !value_integer(details, &number)) {
        value_append_text(details, buffer);
        return;
    }
    if (is_dword)
        buffer_append_format(buffer, "DWORD (0x%08" PRIx32 ")", (uint32_t)number);
    else
        buffer_append_format(buffer, "QWORD (0x%08" PRIx32 "-0x%08" PRIx32 ")",
                             (uint32_t)((uint64_t)number >> 32), (uint32_t)number);
}

// Keep what follows `name` ("SHA256=") up to the next comma.
static bool hash_pick(struct buffer *buffer, size_t start, struct slice name) {
    struct slice tail = tail_of(buffer, start);
    for (size_t at = 0; at < tail.size;) {
        struct slice rest = slice_part(tail, at, tail.size - at);
        const uint8_t *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
        if (text_starts_fold_ascii(slice_part(rest, 0, size), name)) {
            size -= name.size;
            memmove(buffer->data + start, rest.data + name.size, size);
            buffer->size = start + size;
            return true;
        }
        at += size + 1;
    }
    buffer->size = start;
    return false;
}

// The first of these bytes in the text; its size when there is none.
static size_t text_span(struct slice text, const char *bytes) {
    size_t at = 0;
    while (at < text.size && !(text.data[at] && strchr(bytes, text.data[at])))
        at++;
    return at;
}

// "alice@host:443" -> "host"; "[2001:db8::1]:443" -> "2001:db8::1"
static struct slice authority_host(struct slice authority) {
    const uint8_t *at = authority.size ? memrchr(authority.data, '@', authority.size) : NULL;
    if (at)
        authority = slice_part(authority, (size_t)(at - authority.data) + 1, authority.size);
    if (authority.size && authority.data[0] == '[') {
        authority = slice_part(authority, 1, authority.size);
        return slice_part(authority, 0, text_span(authority, "]"));
    }
    return slice_part(authority, 0, text_span(authority, ":"));
}

static struct slice path_extension(struct slice path) {
    size_t dot = path.size;
    for (size_t i = path.size; i > 0 && path.data[i - 1] != '/'; i--)
        if (path.data[i - 1] == '.') {
            dot = i;
            break;
        }
    return slice_part(path, dot, path.size);
}

// Keep one part of the address behind `start`; nothing when it has none.
static bool url_pick(struct buffer *buffer, size_t start, enum field_transform transform) {
    struct slice rest = tail_of(buffer, start), part;
    size_t scheme = text_span(rest, ":/?#");
    if (slice_starts(slice_part(rest, scheme, rest.size), SLICE("://")))
        rest = slice_part(rest, scheme + 3, rest.size);
    size_t authority = text_span(rest, "/?#");
    part = slice_part(rest, 0, authority);
    rest = slice_part(rest, authority, rest.size);
    size_t path = text_span(rest, "?#");
    if (transform == FIELD_TRANSFORM_URL_HOST) {
        part = authority_host(part);
    } else if (transform == FIELD_TRANSFORM_URL_PATH) {
        part = slice_part(rest, 0, path);
    } else if (transform == FIELD_TRANSFORM_URL_EXTENSION) {
        part = path_extension(slice_part(rest, 0, path));
    } else {
        bool has_query = path < rest.size && rest.data[path] == '?';
        rest = slice_part(rest, path + 1, rest.size);
        part = slice_part(rest, 0, has_query ? text_span(rest, "#") : 0);
    }
    if (part.size)
        memmove(buffer->data + start, part.data, part.size);
    buffer->size = start + part.size;
    return part.size > 0;
}

static bool single_append(enum field_transform transform, const struct value *value,
                          struct buffer *buffer) {
    size_t start = buffer->size;
    int64_t number = 0;
    if (transform == FIELD_TRANSFORM_DECIMAL && value_integer(value, &number)) {
        buffer_append_i64(buffer, number);
        return true;
    }
    value_append_text(value, buffer);
    switch (transform) {
    case FIELD_TRANSFORM_INTEGRITY:
        tail_translate(buffer, start, INTEGRITY_WORDS, ARRAY_SIZE(INTEGRITY_WORDS));
        return true;
    case FIELD_TRANSFORM_PROTOCOL:
        tail_translate(buffer, start, PROTOCOL_WORDS, ARRAY_SIZE(PROTOCOL_WORDS));
        return true;
    case FIELD_TRANSFORM_INITIATED:
        tail_translate(buffer, start, INITIATED_WORDS, ARRAY_SIZE(INITIATED_WORDS));
        return true;
    case FIELD_TRANSFORM_KEY_OPERATION:
        tail_translate(buffer, start, KEY_OPERATION_WORDS, ARRAY_SIZE(KEY_OPERATION_WORDS));
        return true;
    case FIELD_TRANSFORM_DEVICE_PATH:
        device_path_translate(buffer, start);
        return true;
    case FIELD_TRANSFORM_HASH_MD5:
        return hash_pick(buffer, start, SLICE("MD5="));
    case FIELD_TRANSFORM_HASH_SHA1:
        return hash_pick(buffer, start, SLICE("SHA1="));
    case FIELD_TRANSFORM_HASH_SHA256:
        return hash_pick(buffer, start, SLICE("SHA256="));
    case FIELD_TRANSFORM_HASH_IMPHASH:
        return hash_pick(buffer, start, SLICE("IMPHASH="));
    case FIELD_TRANSFORM_URL_HOST:
    case FIELD_TRANSFORM_URL_PATH:
    case FIELD_TRANSFORM_URL_QUERY:
    case FIELD_TRANSFORM_URL_EXTENSION:
        return url_pick(buffer, start, transform);
    default:
        return true; // DECIMAL of what is no number: as it is
    }
}

// The request target out of W3C's two fields.
static void query_append(const struct value *value, const struct value *value2,
                         struct buffer *buffer) {
    value_append_text(value, buffer);
    if (value_is_null(value2) || value2->size == 0)
        return;
    buffer_append_byte(buffer, '?');
    value_append_text(value2, buffer);
}

static bool path_extension_append(const struct value *value, struct buffer *buffer) {
    size_t start = buffer->size;
    value_append_text(value, buffer);
    struct slice path = tail_of(buffer, start);
    size_t at = path.size;
    while (at && path.data[at - 1] != '.' && path.data[at - 1] != '/')
        at--;
    bool found = at && path.data[at - 1] == '.' && at < path.size;
    if (found)
        memmove(buffer->data + start, path.data + at, path.size - at);
    buffer->size = start + (found ? path.size - at : 0);
    return found;
}

static void plus_blank_append(const struct value *value, struct buffer *buffer) {
    size_t start = buffer->size;
    value_append_text(value, buffer);
    for (size_t i = start; i < buffer->size; i++)
        if (buffer->data[i] == '+')
            buffer->data[i] = ' ';
}

static bool endpoint_append(bool port, const struct value *value, struct buffer *buffer) {
    size_t start = buffer->size;
    value_append_text(value, buffer);
    struct slice whole = tail_of(buffer, start);
    if (!whole.data || !whole.size)
        return false;
    const uint8_t *colon = memrchr(whole.data, ':', whole.size);
    const uint8_t *close = memrchr(whole.data, ']', whole.size);
    bool bare = colon && !close && memchr(whole.data, ':', whole.size) != colon; // fe80::1
    if (!colon || bare || (close && colon < close))
        colon = whole.data + whole.size;
    size_t host_size = (size_t)(colon - whole.data);
    struct slice part = slice_part(whole, host_size + 1, whole.size);
    if (!port) { // without the brackets
        bool bracketed = host_size >= 2 && whole.data[0] == '[' && whole.data[host_size - 1] == ']';
        part = slice_of(whole.data + bracketed, host_size - 2 * bracketed);
    }
    if (part.size)
        memmove(buffer->data + start, part.data, part.size);
    buffer->size = start + part.size;
    return part.size > 0;
}

// A query that was logged with the '?' before it.
static void query_bare_append(const struct value *value, struct buffer *buffer) {
    size_t start = buffer->size;
    value_append_text(value, buffer);
    struct slice query = tail_of(buffer, start);
    if (query.size == 0 || query.data[0] != '?')
        return;
    memmove(buffer->data + start, query.data + 1, query.size - 1);
    buffer->size--;
}

bool field_transform_append(enum field_transform transform, const struct value *value,
                            const struct value *value2, struct buffer *buffer) {
    assert(transform != FIELD_TRANSFORM_NONE);
    if (transform == FIELD_TRANSFORM_JOIN_ACCOUNT)
        return account_append(value, value2, buffer);
    if (value_is_null(value))
        return false;
    switch (transform) {
    case FIELD_TRANSFORM_JOIN_KEY:
        key_append(value, value2, buffer);
        return true;
    case FIELD_TRANSFORM_KEY_DETAILS:
        key_details_append(value, value2, buffer);
        return true;
    case FIELD_TRANSFORM_JOIN:
        value_append_text(value, buffer);
        value_append_text(value2, buffer);
        return true;
    case FIELD_TRANSFORM_QUERY:
        query_bare_append(value, buffer);
        return true;
    case FIELD_TRANSFORM_JOIN_QUERY:
        query_append(value, value2, buffer);
        return true;
    case FIELD_TRANSFORM_PLUS_BLANK:
        plus_blank_append(value, buffer);
        return true;
    case FIELD_TRANSFORM_PATH_EXTENSION:
        return path_extension_append(value, buffer);
    case FIELD_TRANSFORM_ENDPOINT_HOST:
    case FIELD_TRANSFORM_ENDPOINT_PORT:
        return endpoint_append(transform == FIELD_TRANSFORM_ENDPOINT_PORT, value, buffer);
    default:
        return single_append(transform, value, buffer);
    }
}
