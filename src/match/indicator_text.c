// What a text is as an indicator, and its key
// SPDX-License-Identifier: Apache-2.0
#include "match/indicator_text.h"

#include "base/text.h"

#include <arpa/inet.h>

static struct slice text_trim(struct slice text) {
    while (text.size && strchr(" \t\r\n\"'", text.data[0]))
        text = slice_part(text, 1, SIZE_MAX);
    while (text.size && strchr(" \t\r\n\"'", text.data[text.size - 1]))
        text.size--;
    return text;
}

static bool byte_opens(uint8_t byte) {
    return byte == '[' || byte == '(' || byte == '{' || byte == '\\';
}

void indicator_append_refanged(struct buffer *to, struct slice text) {
    static const struct {
        const char *written, *meant;
    } DEFANGED[] = {{"[.]", "."},   {"(.)", "."}, {"{.}", "."},    {"[dot]", "."},
                    {"(dot)", "."}, {"[:]", ":"}, {"[@]", "@"},    {"[at]", "@"},
                    {"\\.", "."},   {"[/]", "/"}, {"[://]", "://"}};
    text = text_trim(text);
    if (text_starts_fold_ascii(text, SLICE("hxxp"))) {
        buffer_append_text(to, "http");
        text = slice_part(text, 4, SIZE_MAX);
    }
    bool is_path = text.size > 2 && (text.data[0] == '\\' || text.data[1] == ':');
    while (text.size) {
        size_t plain = 0;
        while (plain < text.size && (is_path || !byte_opens(text.data[plain])))
            plain++;
        buffer_append_slice(to, slice_part(text, 0, plain));
        text = slice_part(text, plain, SIZE_MAX);
        size_t i = 0;
        while (text.size && i < ARRAY_SIZE(DEFANGED) &&
               !text_starts_fold_ascii(text, slice_of_string(DEFANGED[i].written)))
            i++;
        if (text.size == 0)
            break;
        bool found = i < ARRAY_SIZE(DEFANGED);
        if (found)
            buffer_append_text(to, DEFANGED[i].meant);
        else
            buffer_append_byte(to, text.data[0]);
        text = slice_part(text, found ? strlen(DEFANGED[i].written) : 1, SIZE_MAX);
    }
}

bool indicator_address(struct slice text, uint8_t ret_bytes[16]) {
    char copy[INET6_ADDRSTRLEN + 1];
    if (text.size > 2 && text.data[0] == '[' && text.data[text.size - 1] == ']')
        text = slice_part(text, 1, text.size - 2);
    if (text.size < 2 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    memset(ret_bytes, 0, 10);
    ret_bytes[10] = ret_bytes[11] = 0xFF;
    return inet_pton(AF_INET, copy, ret_bytes + 12) == 1 ||
           inet_pton(AF_INET6, copy, ret_bytes) == 1;
}

static bool network_parse(struct slice text, uint8_t bytes[16], unsigned *ret_prefix) {
    const uint8_t *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
    int64_t prefix;
    if (!slash || !indicator_address(slice_of(text.data, (size_t)(slash - text.data)), bytes) ||
        !text_integer(slice_part(text, (size_t)(slash - text.data) + 1, 4), &prefix))
        return false;
    bool is_short = !memchr(text.data, ':', text.size);
    if (prefix < INDICATOR_PREFIX_MIN || prefix > (is_short ? 32 : 128))
        return false;
    *ret_prefix = (unsigned)prefix + (is_short ? 96 : 0);
    return true;
}

void indicator_append_network(struct buffer *to, const uint8_t address[16], unsigned prefix) {
    uint8_t bytes[18] = {INDICATOR_NETWORK, (uint8_t)prefix};
    for (unsigned i = 0; i < 16 && i * 8 < prefix; i++)
        bytes[2 + i] =
            (uint8_t)(i * 8 + 8 <= prefix ? address[i]
                                          : address[i] & (0xFF00u >> (prefix - i * 8) & 0xFF));
    buffer_append(to, bytes, sizeof bytes);
}

static bool is_hash(struct slice text) {
    if (text.size != 32 && text.size != 40 && text.size != 64 && text.size != 128)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i], letter = byte | 32;
        if (!(byte >= '0' && byte <= '9') && !(letter >= 'a' && letter <= 'f'))
            return false;
    }
    return true;
}

static bool is_name(struct slice text) {
    size_t label = 0, labels = 1;
    bool letter = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '.') {
            if (label == 0)
                return false;
            label = 0;
            labels++;
            letter = false;
            continue;
        }
        bool alpha = (byte | 32) >= 'a' && (byte | 32) <= 'z';
        if (!alpha && !(byte >= '0' && byte <= '9') && byte != '-' && byte != '_' && byte < 0x80)
            return false;
        letter |= alpha || byte >= 0x80;
        label++;
    }
    return labels >= 2 && label >= 2 && letter && text.size <= 253;
}

static bool is_file_name(struct slice text) {
    static const char *const ENDINGS[] = {".exe",  ".dll",  ".sys",  ".ps1",  ".bat",  ".vbs",
                                          ".aspx", ".ashx", ".asmx", ".jsp",  ".php",  ".hta",
                                          ".lnk",  ".tmp",  ".dat",  ".scr",  ".jspx", ".asp",
                                          ".cmd",  ".js",   ".doc",  ".docx", ".xls",  ".rar"};
    for (size_t i = 0; i < ARRAY_SIZE(ENDINGS); i++) {
        struct slice ending = slice_of_string(ENDINGS[i]);
        if (text.size > ending.size && text_ends_fold_ascii(text, ending))
            return true;
    }
    return false;
}

static const uint8_t *text_find(struct slice text, const char *part) {
    return text.size ? memmem(text.data, text.size, part, strlen(part)) : NULL;
}

bool indicator_guess(struct slice text, enum indicator_kind *ret_kind) {
    uint8_t bytes[16];
    unsigned prefix;
    if (text.size < 4 || text.size > INDICATOR_TEXT_MAX)
        return false;
    if (is_hash(text))
        *ret_kind = INDICATOR_HASH;
    else if (indicator_address(text, bytes))
        *ret_kind = INDICATOR_ADDRESS;
    else if (network_parse(text, bytes, &prefix))
        *ret_kind = INDICATOR_NETWORK;
    else if (text_find(text, "://"))
        *ret_kind = INDICATOR_URL;
    else if (text_starts_fold_ascii(text, SLICE("\\\\.\\pipe\\")) ||
             text_starts_fold_ascii(text, SLICE("\\pipe\\")))
        *ret_kind = INDICATOR_PIPE;
    else if (text_starts_fold_ascii(text, SLICE("Global\\")) ||
             text_starts_fold_ascii(text, SLICE("Local\\")))
        *ret_kind = INDICATOR_MUTEX;
    else if (text_find(text, "\\") || text.data[0] == '/' || text.data[0] == '%' ||
             is_file_name(text))
        *ret_kind = INDICATOR_PATH;
    else if (text_find(text, "@") && !text_find(text, " "))
        *ret_kind = INDICATOR_MAIL;
    else if (is_name(text))
        *ret_kind = INDICATOR_DOMAIN;
    else
        return false;
    return true;
}

bool indicator_kind_find(struct slice name, enum indicator_kind *ret_kind) {
    static const struct {
        const char *names; // between blanks
        enum indicator_kind kind;
    } NAMES[] = {
        {" md5 sha1 sha-1 sha256 sha-256 sha512 sha-512 hash filehash imphash file_hash "
         "filehash-md5 filehash-sha1 filehash-sha256 x509-fingerprint-sha1 ",
         INDICATOR_HASH},
        {" ip ipv4 ipv6 ip-src ip-dst ipv4-addr ipv6-addr address ip_address ipaddress ",
         INDICATOR_ADDRESS},
        {" cidr network subnet ", INDICATOR_NETWORK},
        {" domain hostname fqdn domain-name host ", INDICATOR_DOMAIN},
        {" url uri link ", INDICATOR_URL},
        {" mutex mutant ", INDICATOR_MUTEX},
        {" pipe named-pipe namedpipe ", INDICATOR_PIPE},
        {" path file filename filepath file_path file_name directory ", INDICATOR_PATH},
        {" mail email e-mail email-addr email-src email-dst email-address ", INDICATOR_MAIL},
    };
    char wanted[40];
    if (name.size == 0 || name.size + 3 > sizeof wanted)
        return false;
    wanted[0] = ' ';
    text_fold_ascii(name.data, name.size, (uint8_t *)wanted + 1);
    for (size_t i = 1; i <= name.size; i++)
        if (wanted[i] == ' ')
            wanted[i] = '-';
    wanted[name.size + 1] = ' ';
    wanted[name.size + 2] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (strstr(NAMES[i].names, wanted)) {
            *ret_kind = NAMES[i].kind;
            return true;
        }
    return false;
}

// "http://A.example:80/x#y" -> "a.example/x"; a host alone gets its "/".
static void url_append(struct buffer *to, struct slice text) {
    const uint8_t *scheme = text_find(text, "://");
    bool tls = text_starts_fold_ascii(text, SLICE("https:"));
    if (scheme)
        text = slice_part(text, (size_t)(scheme - text.data) + 3, SIZE_MAX);
    const uint8_t *mark = text.size ? memchr(text.data, '#', text.size) : NULL;
    if (mark)
        text.size = (size_t)(mark - text.data);
    size_t host = 0;
    while (host < text.size && text.data[host] != '/' && text.data[host] != '?')
        host++;
    struct slice name = slice_part(text, 0, host);
    struct slice port = slice_of_string(tls ? ":443" : ":80");
    if (slice_ends(name, port))
        name.size -= port.size;
    size_t start = to->size;
    buffer_append_slice(to, name);
    if (!to->failed)
        text_fold_ascii(to->data + start, to->size - start, to->data + start);
    if (host == text.size || text.data[host] == '?')
        buffer_append_byte(to, '/');
    buffer_append_slice(to, slice_part(text, host, SIZE_MAX));
}

static struct slice cut_starts(struct slice text, const char *const *starts, size_t count) {
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < count; i++)
            if (text.size > strlen(starts[i]) &&
                text_starts_fold_ascii(text, slice_of_string(starts[i]))) {
                text = slice_part(text, strlen(starts[i]), SIZE_MAX);
                again = true;
            }
    }
    return text;
}

static void path_append(struct buffer *to, struct slice text) {
    static const char *const STARTS[] = {"\\??\\", "\\\\?\\", "file:///", "*"};
    text = cut_starts(text, STARTS, ARRAY_SIZE(STARTS));
    // "%TEMP%\a.exe" is found below any directory.
    if (text.size > 2 && text.data[0] == '%') {
        const uint8_t *end = memchr(text.data + 1, '%', text.size - 1);
        if (end)
            text = slice_part(text, (size_t)(end - text.data) + 1, SIZE_MAX);
    }
    while (text.size && (text.data[0] == '\\' || text.data[0] == '/'))
        text = slice_part(text, 1, SIZE_MAX);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        byte = byte == '/' ? '\\' : byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 32) : byte;
        buffer_append_byte(to, byte);
    }
}

static void folded_append(struct buffer *to, struct slice text) {
    size_t start = to->size;
    buffer_append_slice(to, text);
    if (!to->failed)
        text_fold_ascii(to->data + start, to->size - start, to->data + start);
}

bool indicator_append_key(struct buffer *to, enum indicator_kind kind, struct slice text) {
    static const char *const PIPES[] = {"\\\\.\\pipe\\", "\\device\\namedpipe\\", "\\pipe\\",
                                        "pipe\\", "\\"};
    static const char *const MUTEXES[] = {"\\BaseNamedObjects\\", "Global\\", "Local\\", "\\"};
    uint8_t bytes[16];
    unsigned prefix;
    size_t start = to->size;
    bool good = text.size > 0 && text.size <= INDICATOR_TEXT_MAX;
    if (kind == INDICATOR_NETWORK) {
        good = good && network_parse(text, bytes, &prefix);
        if (good)
            indicator_append_network(to, bytes, prefix);
        return good;
    }
    buffer_append_byte(to, (uint8_t)kind);
    switch (kind) {
    case INDICATOR_HASH:
        good = good && is_hash(text);
        folded_append(to, text);
        break;
    case INDICATOR_ADDRESS:
        good = good && indicator_address(text, bytes);
        buffer_append(to, bytes, good ? sizeof bytes : 0);
        break;
    case INDICATOR_DOMAIN:
        while (text.size && text.data[text.size - 1] == '.')
            text.size--;
        good = good && is_name(text);
        folded_append(to, text);
        break;
    case INDICATOR_URL:
        url_append(to, text);
        break;
    case INDICATOR_PIPE:
        folded_append(to, cut_starts(text, PIPES, ARRAY_SIZE(PIPES)));
        break;
    case INDICATOR_MUTEX:
        folded_append(to, cut_starts(text, MUTEXES, ARRAY_SIZE(MUTEXES)));
        break;
    case INDICATOR_PATH:
        path_append(to, text);
        break;
    case INDICATOR_MAIL:
        good = good && text_find(text, "@");
        folded_append(to, text);
        break;
    case INDICATOR_NETWORK:
    case INDICATOR_KIND_COUNT:
        break;
    }
    if (good && to->size > start + 2 && !to->failed)
        return true;
    to->size = start;
    return false;
}
