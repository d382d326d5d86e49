// Who signed a Windows program, and whether it is still what was signed
// SPDX-License-Identifier: Apache-2.0
#include "decode/pe_signature.h"

#include "base/bytes.h"
#include "base/memory.h"

enum {
    CERTIFICATE_HEADER = 8,
    CERTIFICATE_BYTES_MAX = 4 << 20, // catalogues are no part of a program
    CERTIFICATE_PKCS7 = 2,
    SIGNATURE_STEP = 256 * 1024,
};

// The parts of the file that a signature covers: all but the checksum, the directory entry of
// the certificates, and these themselves.
struct signed_part {
    uint64_t from, to;
};

static void part_add(const struct unit *unit, struct digest_pass *pass, struct signed_part part,
                     uint8_t *piece) {
    for (uint64_t at = part.from; at < part.to;) {
        uint64_t left = part.to - at;
        size_t got =
            unit_read(unit, at, left < SIGNATURE_STEP ? (size_t)left : SIGNATURE_STEP, piece);
        if (got == 0)
            return;
        digest_pass_add(pass, slice_of(piece, got));
        at += got;
    }
}

static bool digest_matches(const struct pe_image *image, struct digest_pass *pass,
                           const struct signed_data *about) {
    const struct unit *unit = image->window->unit;
    uint64_t table = image->directories[PE_DIRECTORY_SECURITY].address;
    uint64_t table_end = table + image->directories[PE_DIRECTORY_SECURITY].size;
    const struct signed_part parts[] = {
        {0, image->checksum_offset},
        {image->checksum_offset + 4, image->security_offset},
        {image->security_offset + 8, table},
        {table_end, unit->size},
    };
    uint8_t *piece = memory_resize(NULL, SIGNATURE_STEP, 1);
    digest_pass_begin(pass, 1u << about->kind);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        part_add(unit, pass, parts[i], piece);
    memory_free(piece);
    uint8_t digest[DIGEST_SIZE_MAX];
    digest_pass_end(pass, about->kind, digest);
    return memcmp(digest, about->digest, digest_size(about->kind)) == 0;
}

enum pe_signature pe_signature_read(const struct pe_image *image, struct digest_pass *pass,
                                    struct signed_data *ret_signed) {
    const struct unit *unit = image->window->unit;
    const struct pe_directory *table = &image->directories[PE_DIRECTORY_SECURITY];
    if (!image->security_offset || (!table->address && !table->size))
        return PE_SIGNATURE_NONE;
    struct slice head = file_window_at(image->window, table->address, CERTIFICATE_HEADER);
    if (head.size < CERTIFICATE_HEADER || table->address < image->security_offset + 8)
        return PE_SIGNATURE_UNREADABLE;
    uint32_t size = bytes_get_u32(head.data);
    if (bytes_get_u16(head.data + 6) != CERTIFICATE_PKCS7 || size <= CERTIFICATE_HEADER ||
        size > CERTIFICATE_BYTES_MAX || size > unit->size - table->address)
        return PE_SIGNATURE_UNREADABLE;
    uint8_t *message = memory_resize(NULL, size, 1);
    size_t got = unit_read(unit, (uint64_t)table->address + CERTIFICATE_HEADER,
                           size - CERTIFICATE_HEADER, message);
    bool fine = signed_data_read(slice_of(message, got), ret_signed);
    memory_free(message);
    if (!fine)
        return PE_SIGNATURE_UNREADABLE;
    if (!digest_matches(image, pass, ret_signed))
        return PE_SIGNATURE_DIFFERS;
    return ret_signed->holds ? PE_SIGNATURE_MATCHES : PE_SIGNATURE_BROKEN;
}

const char *pe_signature_text(enum pe_signature signature) {
    switch (signature) {
    case PE_SIGNATURE_UNREADABLE:
        return "signature cannot be read";
    case PE_SIGNATURE_DIFFERS:
        return "file differs from what was signed";
    case PE_SIGNATURE_BROKEN:
        return "not made by the named certificate";
    case PE_SIGNATURE_MATCHES:
        return "file is what was signed";
    case PE_SIGNATURE_NONE:
        break;
    }
    return "unsigned";
}
