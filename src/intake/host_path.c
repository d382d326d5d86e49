// The host that a path names
// SPDX-License-Identifier: Apache-2.0
#include "intake/host_path.h"

#include "base/text.h"

#include <ctype.h>

enum {
    HOST_SIZE_MAX = 255,
    STAMP_SIZE = 18, // "2024-01-31T120000_"
};

static bool host_is_separator(uint8_t byte) {
    return byte == '/' || byte == '\\' || byte == '!';
}

// The part of `path` that starts at *at; *at moves behind its separator.
static struct slice host_component(struct slice path, size_t *at) {
    size_t from = *at, to = from;
    while (to < path.size && !host_is_separator(path.data[to]))
        to++;
    *at = to + 1;
    return slice_part(path, from, to - from);
}

static bool host_is(struct slice text, const char *word) {
    return text_equal_fold_ascii(text, slice_of_string(word));
}

// Names of directories that collectors make; never those of machines.
static const char *const host_not[] = {
    "uploads",    "auto",        "ntfs",      "file",      "mft",       "raw",      "kape",
    "triage",     "targets",     "target",    "tdest",     "tout",      "output",   "out",
    "evidence",   "evidences",   "files",     "fs",        "root",      "results",  "data",
    "collection", "collections", "collected", "tmp",       "temp",      "cases",    "case",
    "export",     "image",       "images",    "mnt",       "mount",     "disk",     "drive",
    "home",       "artifacts",   "logs",      "samples",   "clients",   "hosts",    "client",
    "host",       "servers",     "vss",       "lazy_ntfs", "downloads", "incident", "acquisition",
};

static bool host_plausible(struct slice name) {
    bool letter = false;
    if (name.size == 0 || name.size > HOST_SIZE_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        bool is_letter = isalpha(byte) || byte >= 0x80;
        letter |= is_letter;
        if (!is_letter && !isdigit(byte) && byte != '-' && byte != '_' && byte != '.')
            return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(host_not); i++)
        if (host_is(name, host_not[i]))
            return false;
    return letter && name.data[0] != '.';
}

// "C", "C:", "C%3A", "C$": a drive as collectors write it.
static bool host_is_drive(struct slice name) {
    if (name.size == 0 || !isalpha(name.data[0]))
        return false;
    struct slice rest = slice_part(name, 1, name.size);
    return rest.size == 0 || host_is(rest, ":") || host_is(rest, "%3a") || host_is(rest, "$");
}

// What lies at the top of a Windows drive.
static bool host_is_drive_top(struct slice name) {
    return host_is(name, "Windows") || host_is(name, "Users") || host_is(name, "ProgramData") ||
           host_is(name, "inetpub") || host_is(name, "Program Files") || host_is(name, "$Extend") ||
           host_is(name, "Program Files (x86)");
}

// "2024-01-31T120000_"
static bool host_is_stamped(struct slice name) {
    static const char form[STAMP_SIZE + 1] = "dddd-dd-ddTdddddd_";
    if (name.size < STAMP_SIZE)
        return false;
    for (size_t i = 0; i < STAMP_SIZE; i++) {
        bool fits = form[i] == 'd' ? isdigit(name.data[i]) != 0 : name.data[i] == (uint8_t)form[i];
        if (!fits)
            return false;
    }
    return true;
}

// Without ".zip", ".7z" or ".tar.gz" and the like; `name` itself when there is none of them.
static struct slice host_without_extension(struct slice name) {
    static const char *const extensions[] = {".zip", ".7z", ".tar", ".tar.gz", ".tgz", ".tar.xz"};
    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++) {
        size_t size = strlen(extensions[i]);
        if (name.size > size && host_is(slice_part(name, name.size - size, size), extensions[i]))
            return slice_part(name, 0, name.size - size);
    }
    return name;
}

// "Collection-HOST-2024-01-31T12_00_00Z", as Velociraptor's offline collector names its zip.
static struct slice host_from_collection(struct slice name) {
    struct slice start = SLICE("Collection-");
    if (!slice_starts(name, start))
        return (struct slice){NULL, 0};
    struct slice rest = slice_part(name, start.size, name.size);
    for (size_t i = rest.size; i-- > 0;) {
        struct slice tail = slice_part(rest, i, 6);
        if (tail.size == 6 && tail.data[0] == '-' && tail.data[1] == '2' && isdigit(tail.data[2]) &&
            isdigit(tail.data[3]) && isdigit(tail.data[4]) && tail.data[5] == '-')
            return slice_part(rest, 0, i);
    }
    return (struct slice){NULL, 0};
}

// "C.0123456789abcdef" stands for the machine; "HOST-C.0123456789abcdef" names it.
static struct slice host_from_client(struct slice name) {
    for (size_t i = name.size; i-- > 2;) {
        if (!isxdigit(name.data[i])) {
            bool marked = name.data[i] == '.' && name.data[i - 1] == 'C' && name.data[i - 2] == '-';
            return marked ? slice_part(name, 0, i - 2) : name;
        }
    }
    return name;
}

// The host that `name` gives by itself, or as the child of `parent`.
static struct slice host_from_name(struct slice parent, struct slice name) {
    struct slice host = host_from_collection(name);
    if (host.size)
        return host;
    if (host_is(parent, "clients"))
        return host_from_client(name);
    if (host_is(parent, "hosts") || host_is(parent, "servers"))
        return host_without_extension(name);
    return (struct slice){NULL, 0};
}

// The host that `name` gives because a Windows drive lies below it.
static struct slice host_above_drive(struct slice name, struct slice next, struct slice after) {
    struct slice stem = host_without_extension(name);
    if (host_is_drive(next) && host_is_drive_top(after)) {
        if (host_is_stamped(stem))
            return slice_part(stem, STAMP_SIZE, stem.size);
        return stem.size == name.size ? name : (struct slice){NULL, 0};
    }
    bool suffixed =
        name.size > 2 && name.data[name.size - 2] == '_' && isalpha(name.data[name.size - 1]);
    if (suffixed && host_is_drive_top(next))
        return slice_part(name, 0, name.size - 2);
    return (struct slice){NULL, 0};
}

struct slice host_from_path(struct slice path) {
    struct slice best = {NULL, 0}, parent = {NULL, 0};
    size_t at = 0;
    while (at < path.size) {
        struct slice name = host_component(path, &at);
        if (at >= path.size)
            break; // the file's own name
        size_t ahead = at;
        struct slice next = host_component(path, &ahead);
        struct slice after = ahead < path.size ? host_component(path, &ahead) : (struct slice){0};
        struct slice host = host_from_name(parent, name);
        if (!host.size)
            host = host_above_drive(name, next, after);
        if (host_plausible(host) && !host_is_drive(host))
            best = host;
        parent = name;
    }
    return best;
}
