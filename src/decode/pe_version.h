// What a Windows program says of itself
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_PE_VERSION_H
#define DECODE_PE_VERSION_H

#include "base/buffer.h"
#include "decode/pe_image.h"

enum pe_version_name {
    PE_VERSION_COMPANY,
    PE_VERSION_PRODUCT,
    PE_VERSION_DESCRIPTION,
    PE_VERSION_FILE_VERSION,
    PE_VERSION_PRODUCT_VERSION,
    PE_VERSION_INTERNAL_NAME,
    PE_VERSION_ORIGINAL_NAME,
    PE_VERSION_COUNT,
};

// Texts of the first string table of the version resource (Windows, "VS_VERSIONINFO"), as UTF-8
// in `to`; empty: not there. They lie in `to` from `from` on.
struct pe_version {
    struct pe_version_text {
        size_t from, size;
    } texts[PE_VERSION_COUNT];
};

void pe_version_read(const struct pe_image *image, struct buffer *to,
                     struct pe_version *ret_version);

#endif
