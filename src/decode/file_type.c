// What a file is, by its first bytes
// SPDX-License-Identifier: Apache-2.0
#include "decode/file_type.h"

#include "base/text.h"

#include <ctype.h>

static const struct {
    size_t offset;
    const char *magic;
    size_t size;
    const char *name;
} TYPES[] = {
    {0,
     "\x7f"
     "ELF",
     4, "ELF program"},
    {0, "\xfe\xed\xfa\xce", 4, "Mach-O program"},
    {0, "\xfe\xed\xfa\xcf", 4, "Mach-O program"},
    {0, "\xce\xfa\xed\xfe", 4, "Mach-O program"},
    {0, "\xcf\xfa\xed\xfe", 4, "Mach-O program"},
    {0, "\xca\xfe\xba\xbe", 4, "Java class"},
    {0, "dex\n", 4, "Dalvik program"},
    {0, "MZ", 2, "DOS program"},
    {0, "PK\3\4", 4, "ZIP archive"},
    {0, "Rar!\x1a\x07", 6, "RAR archive"},
    {0, "7z\xbc\xaf\x27\x1c", 6, "7z archive"},
    {0, "MSCF", 4, "cabinet archive"},
    {0, "\x1f\x8b", 2, "gzip data"},
    {0, "BZh", 3, "bzip2 data"},
    {0,
     "\xfd"
     "7zXZ",
     5, "xz data"},
    {0, "%PDF-", 5, "PDF document"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "OLE document"},
    {0, "{\\rtf", 5, "RTF document"},
    {0, "L\0\0\0\x01\x14\x02\0", 8, "Windows shortcut"},
    {0, "regf", 4, "registry hive"},
    {0, "MDMP", 4, "process memory dump"},
    {0, "PAGEDU", 6, "kernel memory dump"},
    {0, "!BDN", 4, "mail folder file (PST)"},
    {4, "\xef\xcd\xab\x89", 4, "ESE database"},
    {0, "SQLite format 3", 15, "SQLite database"},
    {0, "MAM\x04", 4, "prefetch file"},
    {4, "SCCA", 4, "prefetch file"},
    {0, "\x89PNG", 4, "PNG picture"},
    {0, "\xff\xd8\xff", 3, "JPEG picture"},
    {0, "GIF8", 4, "GIF picture"},
    {0, "-----BEGIN ", 11, "PEM text"},
};

const char *file_type_of(struct slice first) {
    for (size_t i = 0; i < ARRAY_SIZE(TYPES); i++) {
        struct slice part = slice_part(first, TYPES[i].offset, TYPES[i].size);
        if (slice_equal(part, slice_of(TYPES[i].magic, TYPES[i].size)))
            return TYPES[i].name;
    }
    if (slice_starts(first, SLICE("\xFF\xFE")) || slice_starts(first, SLICE("\xFE\xFF")))
        return "UTF-16 text";
    struct slice head = text_cut(first, 4096);
    for (size_t i = 0; i < head.size; i++)
        if (head.data[i] < ' ' && !(head.data[i] >= '\t' && head.data[i] <= '\r') &&
            head.data[i] != 0x1b)
            return "data";
    if (!head.size)
        return "empty";
    return slice_starts(head, SLICE("#!")) ? "script" : "text";
}

static bool is_separator(uint8_t byte) {
    return byte == '/' || byte == '\\' || byte == '!';
}

static bool is_name(struct slice part, const char *name) {
    return text_equal_fold_ascii(part, slice_of_string(name));
}

// How surely a part of a path is a drive: 3 as collectors mark one ("C:", "C%3A", "C$"), 2 a letter
// above what lies at the top of a Windows drive, 1 a capital alone, 0 none.
static int drive_rank(struct slice part, struct slice below) {
    static const char *const tops[] = {"Windows", "Users",         "ProgramData",
                                       "inetpub", "Program Files", "Program Files (x86)"};
    if (part.size == 0 || !isalpha(part.data[0]))
        return 0;
    struct slice rest = slice_part(part, 1, part.size);
    if (is_name(rest, ":") || is_name(rest, "%3a") || is_name(rest, "$"))
        return 3;
    if (rest.size)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
        if (is_name(below, tops[i]))
            return 2;
    return isupper(part.data[0]) ? 1 : 0;
}

// Where the part that starts at `from` ends.
static size_t part_end(struct slice path, size_t from) {
    while (from < path.size && !is_separator(path.data[from]))
        from++;
    return from;
}

void file_path_append_original(struct slice path, struct buffer *to) {
    size_t drive = 0, after = 0;
    int best = 0;
    for (size_t from = 0; from < path.size;) {
        size_t end = part_end(path, from);
        struct slice below = end < path.size
                                 ? slice_part(path, end + 1, part_end(path, end + 1) - end - 1)
                                 : (struct slice){0};
        int rank = below.size ? drive_rank(slice_part(path, from, end - from), below) : 0;
        if (rank > best) {
            best = rank;
            drive = from;
            after = end;
        }
        from = end + 1;
    }
    if (!best) {
        buffer_append_slice(to, path);
        return;
    }
    buffer_append_byte(to, (uint8_t)toupper(path.data[drive]));
    buffer_append_byte(to, ':');
    for (size_t i = after; i < path.size; i++)
        buffer_append_byte(to,
                           is_separator(path.data[i]) && path.data[i] != '!' ? '\\' : path.data[i]);
}
