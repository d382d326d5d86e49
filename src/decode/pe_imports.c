// What a Windows program imports, as one digest
// SPDX-License-Identifier: Apache-2.0
#include "decode/pe_imports.h"

#include "base/bytes.h"
#include "base/text.h"

#include <ctype.h>

enum {
    PE_DESCRIPTOR_SIZE = 20,
    PE_LIBRARIES_MAX = 4096,
    PE_IMPORTS_MAX = 65536, // of all libraries
    PE_NAME_MAX = 512,
};

struct ordinal_name {
    uint16_t ordinal;
    const char *name;
};

#define ORDINAL(number, text) {number, text},
static const struct ordinal_name SOCKET_NAMES[] = {
#define SOCKET ORDINAL
#define AUTOMATION(number, text)
#include "decode/pe_ordinal.def"
#undef SOCKET
#undef AUTOMATION
};
static const struct ordinal_name AUTOMATION_NAMES[] = {
#define SOCKET(number, text)
#define AUTOMATION ORDINAL
#include "decode/pe_ordinal.def"
#undef SOCKET
#undef AUTOMATION
};

static const char *ordinal_find(const struct ordinal_name *names, size_t count, uint16_t ordinal) {
    for (size_t i = 0; i < count; i++)
        if (names[i].ordinal == ordinal)
            return names[i].name;
    return NULL;
}

static const char *ordinal_text(struct slice library, uint16_t ordinal) {
    if (text_equal_fold_ascii(library, SLICE("ws2_32.dll")) ||
        text_equal_fold_ascii(library, SLICE("wsock32.dll")))
        return ordinal_find(SOCKET_NAMES, ARRAY_SIZE(SOCKET_NAMES), ordinal);
    if (text_equal_fold_ascii(library, SLICE("oleaut32.dll")))
        return ordinal_find(AUTOMATION_NAMES, ARRAY_SIZE(AUTOMATION_NAMES), ordinal);
    return NULL;
}

static void append_folded(struct buffer *to, struct slice text) {
    uint8_t *place = buffer_reserve(to, text.size);
    if (!place)
        return;
    text_fold_ascii(text.data, text.size, place);
    to->size += text.size;
}

// What stands before the first NUL.
static struct slice name_at(const struct pe_image *image, uint32_t address) {
    struct slice text = pe_image_at(image, address, PE_NAME_MAX);
    const uint8_t *end = text.size ? memchr(text.data, 0, text.size) : NULL;
    return end ? slice_of(text.data, (size_t)(end - text.data)) : text;
}

static bool name_is(struct slice name, const char *others) {
    for (size_t i = 0; i < name.size; i++)
        if (!isalnum(name.data[i]) && !strchr(others, name.data[i]))
            return false;
    return true;
}

// "KERNEL32.dll" as "kernel32": three endings are left out, others stay.
static struct slice library_stem(struct slice library) {
    static const char *const endings[] = {".dll", ".ocx", ".sys"};
    struct slice end = library.size > 4 ? slice_part(library, library.size - 4, 4) : library;
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (text_equal_fold_ascii(end, slice_of_string(endings[i])))
            return slice_part(library, 0, library.size - 4);
    return library;
}

struct import_walk {
    const struct pe_image *image;
    struct buffer *to;
    uint32_t left;
    uint8_t library[PE_NAME_MAX];
    size_t library_size;
};

static void import_append(struct import_walk *walk, uint64_t thunk) {
    struct slice library = slice_of(walk->library, walk->library_size);
    struct buffer *to = walk->to;
    bool by_ordinal = walk->image->wide ? thunk >> 63 : thunk >> 31 & 1;
    uint16_t ordinal = (uint16_t)thunk;
    struct slice name = by_ordinal ? slice_of_string(ordinal_text(library, ordinal))
                                   : name_at(walk->image, (uint32_t)thunk + 2);
    // As everywhere, or hashes would not agree: what is no name is left out.
    if (by_ordinal ? ordinal == 0 : name.size == 0 || !name_is(name, "._?@$()<>"))
        return;
    if (to->size)
        buffer_append_byte(to, ',');
    append_folded(to, library_stem(library));
    buffer_append_byte(to, '.');
    if (name.size)
        append_folded(to, name);
    else
        buffer_append_format(to, "ord%u", ordinal);
}

static void import_walk_library(struct import_walk *walk, uint32_t address) {
    size_t size = walk->image->wide ? 8 : 4;
    for (uint32_t i = 0; walk->left; i++, walk->left--) {
        uint64_t place = (uint64_t)address + (uint64_t)i * size;
        struct slice entry =
            place <= UINT32_MAX ? pe_image_at(walk->image, (uint32_t)place, size) : SLICE("");
        if (entry.size < size)
            return;
        uint64_t thunk = size == 8 ? bytes_get_u64(entry.data) : bytes_get_u32(entry.data);
        if (thunk == 0)
            return;
        import_append(walk, thunk);
    }
}

void pe_imports_append(const struct pe_image *image, struct buffer *to) {
    static const uint8_t zeroes[PE_DESCRIPTOR_SIZE];
    struct import_walk walk = {.image = image, .to = to, .left = PE_IMPORTS_MAX};
    uint32_t address = image->directories[PE_DIRECTORY_IMPORT].address;
    for (uint32_t i = 0; address && i < PE_LIBRARIES_MAX && walk.left; i++) {
        struct slice row = pe_image_at(image, address + i * PE_DESCRIPTOR_SIZE, PE_DESCRIPTOR_SIZE);
        if (row.size < PE_DESCRIPTOR_SIZE || memcmp(row.data, zeroes, sizeof zeroes) == 0)
            return;
        uint32_t names = bytes_get_u32(row.data), library = bytes_get_u32(row.data + 12);
        uint32_t addresses = bytes_get_u32(row.data + 16);
        struct slice name = name_at(image, library);
        if (!name_is(name, "!#$%&'()-@^_`{}~+,.;=[]\\/"))
            name = SLICE("*invalid*");
        if (name.size == 0)
            continue;
        memcpy(walk.library, name.data, name.size);
        walk.library_size = name.size;
        struct slice first = names ? pe_image_at(image, names, image->wide ? 8 : 4) : SLICE("");
        bool empty = first.size < 4 || bytes_get_u32(first.data) == 0;
        import_walk_library(&walk, empty ? addresses : names);
    }
}
