// Headers of a Windows program
// SPDX-License-Identifier: Apache-2.0
#include "decode/pe_image.h"

#include "base/bytes.h"

enum {
    PE_HEADER_POINTER = 0x3C,
    PE_COFF_SIZE = 24, // with the signature
    PE_OPTIONAL_MAX = 4096,
    PE_SECTION_SIZE = 40,
    PE_MAGIC_32 = 0x10B,
    PE_MAGIC_64 = 0x20B,
    PE_PAGE = 0x1000,
    PE_SECTOR = 0x200,
};

static bool pe_read_optional(struct pe_image *image, struct slice header, uint64_t offset) {
    uint16_t magic;
    if (!bytes_u16(header, 0, &magic) || (magic != PE_MAGIC_32 && magic != PE_MAGIC_64))
        return false;
    image->wide = magic == PE_MAGIC_64;
    size_t directories = image->wide ? 112 : 96;
    uint32_t count = 0;
    if (!bytes_u32(header, 32, &image->section_alignment) ||
        !bytes_u32(header, 36, &image->file_alignment) || !bytes_u16(header, 68, &image->subsystem))
        return false;
    image->checksum_offset = offset + 64;
    bytes_u32(header, directories - 4, &count);
    for (uint32_t i = 0; i < count && i < PE_DIRECTORIES_MAX; i++) {
        struct pe_directory *directory = &image->directories[i];
        if (!bytes_u32(header, directories + 8 * i, &directory->address) ||
            !bytes_u32(header, directories + 8 * i + 4, &directory->size))
            break;
        image->directory_count = i + 1;
        if (i == PE_DIRECTORY_SECURITY)
            image->security_offset = offset + directories + 8 * i;
    }
    return true;
}

static void pe_read_sections(struct pe_image *image, uint64_t offset, uint32_t count) {
    for (uint32_t i = 0; i < count && i < PE_SECTIONS_MAX; i++) {
        struct slice row =
            file_window_at(image->window, offset + (uint64_t)i * PE_SECTION_SIZE, PE_SECTION_SIZE);
        struct pe_section *section = &image->sections[i];
        if (row.size < PE_SECTION_SIZE)
            break;
        memcpy(section->name, row.data, 8);
        section->virtual_size = bytes_get_u32(row.data + 8);
        section->virtual_address = bytes_get_u32(row.data + 12);
        section->raw_size = bytes_get_u32(row.data + 16);
        section->raw_offset = bytes_get_u32(row.data + 20);
        image->section_count = i + 1;
    }
}

bool pe_image_read(struct pe_image *image, struct file_window *window) {
    *image = (struct pe_image){.window = window};
    uint32_t at;
    struct slice dos = file_window_at(window, 0, PE_HEADER_POINTER + 4);
    if (!slice_starts(dos, SLICE("MZ")) || !bytes_u32(dos, PE_HEADER_POINTER, &at))
        return false;
    struct slice coff = file_window_at(window, at, PE_COFF_SIZE);
    if (coff.size < PE_COFF_SIZE || !slice_starts(coff, SLICE("PE\0\0")))
        return false;
    image->machine = bytes_get_u16(coff.data + 4);
    uint16_t sections = bytes_get_u16(coff.data + 6);
    image->timestamp = bytes_get_u32(coff.data + 8);
    uint16_t optional_size = bytes_get_u16(coff.data + 20);
    image->characteristics = bytes_get_u16(coff.data + 22);
    uint64_t offset = (uint64_t)at + PE_COFF_SIZE;
    size_t size = optional_size < PE_OPTIONAL_MAX ? optional_size : PE_OPTIONAL_MAX;
    if (!pe_read_optional(image, file_window_at(window, offset, size), offset))
        return false;
    pe_read_sections(image, offset + optional_size, sections);
    return true;
}

// The loader reads from the start of the sector and maps to the start of the page.
static uint32_t pe_raw_start(const struct pe_image *image, const struct pe_section *section) {
    if (image->file_alignment < PE_SECTOR)
        return section->raw_offset;
    return section->raw_offset / PE_SECTOR * PE_SECTOR;
}

static uint32_t pe_virtual_start(const struct pe_image *image, const struct pe_section *section) {
    uint32_t alignment =
        image->section_alignment < PE_PAGE ? image->file_alignment : image->section_alignment;
    if (alignment && section->virtual_address % alignment)
        return section->virtual_address / alignment * alignment;
    return section->virtual_address;
}

static uint64_t pe_section_extent(const struct pe_image *image, uint32_t i) {
    const struct pe_section *section = &image->sections[i];
    uint64_t size =
        section->raw_size > section->virtual_size ? section->raw_size : section->virtual_size;
    uint64_t start = pe_raw_start(image, section), file = image->window->unit->size;
    if (start > file || file - start < section->raw_size)
        size = section->virtual_size;
    if (i + 1 < image->section_count) {
        uint32_t next = image->sections[i + 1].virtual_address;
        uint32_t own = pe_virtual_start(image, section);
        if (next > section->virtual_address && own + size > next)
            size = next - own;
    }
    return size;
}

bool pe_image_offset(const struct pe_image *image, uint32_t address, uint64_t *ret_offset) {
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];
        uint32_t start = pe_virtual_start(image, section);
        if (address < start || address - start >= pe_section_extent(image, i))
            continue;
        *ret_offset = (uint64_t)pe_raw_start(image, section) + (address - start);
        return *ret_offset < image->window->unit->size;
    }
    *ret_offset = address; // in the headers
    return address < image->window->unit->size;
}

struct slice pe_image_at(const struct pe_image *image, uint32_t address, size_t size) {
    uint64_t offset;
    if (!pe_image_offset(image, address, &offset))
        return (struct slice){0};
    return file_window_at(image->window, offset, size);
}

const char *pe_image_machine(const struct pe_image *image) {
    switch (image->machine) {
    case 0x014C:
        return "I386";
    case 0x8664:
        return "AMD64";
    case 0xAA64:
        return "ARM64";
    case 0x01C4:
        return "ARM";
    case 0x0200:
        return "IA64";
    default:
        return NULL;
    }
}
