// What a Windows program says of itself
// SPDX-License-Identifier: Apache-2.0
#include "decode/pe_version.h"

#include "base/bytes.h"
#include "base/text.h"

enum {
    RESOURCE_TYPE_VERSION = 16,
    RESOURCE_ENTRIES_MAX = 4096,
    RESOURCE_BYTES_MAX = 60 * 1024,
    VERSION_NODES_MAX = 1024,
};
#define RESOURCE_DIRECTORY_BIT 0x80000000u

static const char *const NAMES[PE_VERSION_COUNT] = {
    "CompanyName",    "ProductName",  "FileDescription",  "FileVersion",
    "ProductVersion", "InternalName", "OriginalFilename",
};

// The entry of a resource directory: with the id, or (id 0) the first of all. `offset` counts
// from the start of the resources.
static bool resource_find(const struct pe_image *image, uint32_t offset, uint32_t id,
                          uint32_t *ret_offset) {
    uint32_t start = image->directories[PE_DIRECTORY_RESOURCE].address;
    struct slice head = pe_image_at(image, start + offset, 16);
    if (head.size < 16)
        return false;
    uint32_t count = (uint32_t)bytes_get_u16(head.data + 12) + bytes_get_u16(head.data + 14);
    for (uint32_t i = 0; i < count && i < RESOURCE_ENTRIES_MAX; i++) {
        struct slice entry = pe_image_at(image, start + offset + 16 + 8 * i, 8);
        if (entry.size < 8)
            return false;
        if (id && bytes_get_u32(entry.data) != id)
            continue;
        *ret_offset = bytes_get_u32(entry.data + 4);
        return true;
    }
    return false;
}

// One node { u16 length, u16 value length, u16 type, name as UTF-16, padding, value, children },
// everything at offsets that four divides.
struct version_node {
    struct slice name; // UTF-16
    struct slice value;
    struct slice children;
    size_t size; // with what pads it
    bool is_text;
};

static bool version_node_read(struct slice bytes, struct version_node *ret_node) {
    uint16_t length, value_length, type;
    if (!bytes_u16(bytes, 0, &length) || !bytes_u16(bytes, 2, &value_length) ||
        !bytes_u16(bytes, 4, &type) || length < 8 || length > bytes.size)
        return false;
    struct slice node = slice_part(bytes, 0, length);
    size_t at = 6;
    while (at + 1 < node.size && (node.data[at] || node.data[at + 1]))
        at += 2;
    ret_node->name = slice_part(node, 6, at - 6);
    at = (at + 2 + 3) & ~(size_t)3;
    ret_node->is_text = type == 1;
    size_t value_size = type == 1 ? (size_t)value_length * 2 : value_length;
    ret_node->value = slice_part(node, at, value_size);
    ret_node->children = slice_part(node, (at + value_size + 3) & ~(size_t)3, SIZE_MAX);
    ret_node->size = ((size_t)length + 3) & ~(size_t)3;
    return true;
}

static bool name_equal(struct slice utf16, const char *name) {
    size_t size = strlen(name);
    if (utf16.size != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (utf16.data[2 * i] != (uint8_t)name[i] || utf16.data[2 * i + 1])
            return false;
    return true;
}

static void version_keep(struct slice utf16, struct buffer *to, struct pe_version_text *ret_text) {
    size_t size = 0;
    while (size + 1 < utf16.size && (utf16.data[size] || utf16.data[size + 1]))
        size += 2;
    uint8_t *place = buffer_reserve(to, size / 2 * 3);
    if (!place || size == 0)
        return;
    ret_text->from = to->size;
    ret_text->size = text_from_utf16(utf16.data, size, place);
    to->size += ret_text->size;
}

static void version_strings(struct slice table, struct buffer *to, struct pe_version *version) {
    struct version_node node;
    for (unsigned n = 0; n < VERSION_NODES_MAX && version_node_read(table, &node); n++) {
        for (size_t i = 0; i < PE_VERSION_COUNT; i++)
            if (name_equal(node.name, NAMES[i]) && version->texts[i].size == 0)
                version_keep(node.value, to, &version->texts[i]);
        table = slice_part(table, node.size, SIZE_MAX);
    }
}

void pe_version_read(const struct pe_image *image, struct buffer *to,
                     struct pe_version *ret_version) {
    *ret_version = (struct pe_version){0};
    uint32_t start = image->directories[PE_DIRECTORY_RESOURCE].address, offset;
    if (!start || !resource_find(image, 0, RESOURCE_TYPE_VERSION, &offset))
        return;
    // Two levels more: the name, the language.
    for (unsigned level = 0; level < 2 && (offset & RESOURCE_DIRECTORY_BIT); level++)
        if (!resource_find(image, offset & ~RESOURCE_DIRECTORY_BIT, 0, &offset))
            return;
    struct slice entry = pe_image_at(image, start + offset, 16);
    if ((offset & RESOURCE_DIRECTORY_BIT) || entry.size < 16)
        return;
    uint32_t size = bytes_get_u32(entry.data + 4);
    struct slice bytes = pe_image_at(image, bytes_get_u32(entry.data),
                                     size < RESOURCE_BYTES_MAX ? size : RESOURCE_BYTES_MAX);
    struct version_node root, child, table;
    if (!version_node_read(bytes, &root))
        return;
    struct slice rest = root.children;
    for (unsigned n = 0; n < VERSION_NODES_MAX && version_node_read(rest, &child); n++) {
        if (name_equal(child.name, "StringFileInfo") && version_node_read(child.children, &table)) {
            version_strings(table.children, to, ret_version);
            return;
        }
        rest = slice_part(rest, child.size, SIZE_MAX);
    }
}
