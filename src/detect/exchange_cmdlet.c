// Cmdlets of a mail server and their parameters
// SPDX-License-Identifier: Apache-2.0
#include "detect/exchange_cmdlet.h"

#include "base/text.h"

static struct slice value_quoted(struct slice text, size_t from, uint8_t quote) {
    size_t end = from;
    while (end < text.size &&
           (text.data[end] != quote || (end + 1 < text.size && text.data[end + 1] != ' ' &&
                                        text.data[end + 1] != '.' && text.data[end + 1] != ')')))
        end++;
    return slice_part(text, from, end - from);
}

static struct slice value_at(struct slice text, size_t at) {
    while (at < text.size && (text.data[at] == ' ' || text.data[at] == ':' || text.data[at] == '='))
        at++;
    if (at < text.size && (text.data[at] == '"' || text.data[at] == '\''))
        return value_quoted(text, at + 1, text.data[at]);
    size_t end = at;
    while (end < text.size && text.data[end] != ' ')
        end++;
    return slice_part(text, at, end - at);
}

struct slice cmdlet_parameter(struct slice parameters, const char *name) {
    struct slice wanted = slice_of_string(name);
    for (size_t at = 0; (at = text_find_fold_ascii(parameters, at, wanted)) != SIZE_MAX; at++) {
        size_t end = at + wanted.size;
        bool begins = at > 0 && (parameters.data[at - 1] == '-' || parameters.data[at - 1] == '.');
        bool ends =
            end < parameters.size && (parameters.data[end] == ' ' || parameters.data[end] == ':' ||
                                      parameters.data[end] == '=');
        if (begins && ends)
            return value_at(parameters, end);
    }
    return (struct slice){NULL, 0};
}

struct slice mail_domain(struct slice address) {
    for (size_t i = address.size; i > 0; i--)
        if (address.data[i - 1] == '@')
            return slice_part(address, i, SIZE_MAX);
    return (struct slice){NULL, 0};
}

static bool ends_address(uint8_t byte) {
    return byte <= ' ' || byte == '"' || byte == '\'' || byte == ',' || byte == ';' ||
           byte == '<' || byte == '>' || byte == '(' || byte == ')' || byte == '[' || byte == ']' ||
           byte == ':' || byte == '{' || byte == '}';
}

struct slice mail_address_of(struct slice text) {
    for (size_t at = 0; at < text.size; at++) {
        if (text.data[at] != '@')
            continue;
        size_t from = at, end = at + 1;
        while (from && !ends_address(text.data[from - 1]))
            from--;
        while (end < text.size && !ends_address(text.data[end]))
            end++;
        if (from < at && end > at + 1)
            return slice_part(text, from, end - from);
    }
    return (struct slice){NULL, 0};
}

bool export_path_is_own(struct slice path) {
    static const struct slice STARTS[] = {SLICE("\\\\127.0.0.1\\"), SLICE("\\\\localhost\\"),
                                          SLICE("\\\\[::1]\\"), SLICE("\\\\.\\"),
                                          SLICE("\\\\0--1.ipv6-literal.net\\")};
    static const struct slice FOLDERS[] = {SLICE("\\inetpub\\"), SLICE("\\frontend\\httpproxy\\"),
                                           SLICE("\\clientaccess\\"), SLICE("\\wwwroot\\")};
    for (size_t i = 0; i < ARRAY_SIZE(STARTS); i++)
        if (text_starts_fold_ascii(path, STARTS[i]))
            return true;
    for (size_t i = 0; i < ARRAY_SIZE(FOLDERS); i++)
        if (text_find_fold_ascii(path, 0, FOLDERS[i]) != SIZE_MAX)
            return true;
    return path.size > 2 && path.data[1] == ':';
}
