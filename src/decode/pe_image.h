// Headers of a Windows program
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_PE_IMAGE_H
#define DECODE_PE_IMAGE_H

#include "decode/file_window.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PE_SECTIONS_MAX = 96, // the loader's own limit
    PE_DIRECTORIES_MAX = 16,
};

enum pe_directory_kind {
    PE_DIRECTORY_EXPORT = 0,
    PE_DIRECTORY_IMPORT = 1,
    PE_DIRECTORY_RESOURCE = 2,
    PE_DIRECTORY_SECURITY = 4, // its address is an offset in the file
    PE_DIRECTORY_RUNTIME = 14, // .NET
};

struct pe_section {
    char name[9]; // NUL-terminated
    uint32_t virtual_address, virtual_size;
    uint32_t raw_offset, raw_size;
};

// PE/COFF specification (Microsoft, "PE Format"). Only what later readers need.
struct pe_image {
    struct file_window *window;
    uint16_t machine, characteristics, subsystem;
    bool wide; // PE32+
    uint32_t timestamp;
    uint32_t section_alignment, file_alignment;
    uint64_t checksum_offset; // of the fields that a signature leaves out
    uint64_t security_offset; // 0: no such directory
    uint32_t directory_count;
    struct pe_directory {
        uint32_t address, size;
    } directories[PE_DIRECTORIES_MAX];
    uint32_t section_count;
    struct pe_section sections[PE_SECTIONS_MAX];
};

// False when the unit is no PE image.
bool pe_image_read(struct pe_image *image, struct file_window *window);

// Where an address of memory lies in the file, as the loader (and pefile) map it; false when
// nowhere.
bool pe_image_offset(const struct pe_image *image, uint32_t address, uint64_t *ret_offset);

// Up to `size` bytes at an address.
struct slice pe_image_at(const struct pe_image *image, uint32_t address, size_t size);

// "I386", "AMD64", "ARM64", ...; NULL for others.
const char *pe_image_machine(const struct pe_image *image);

#endif
