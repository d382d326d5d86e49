// Who signed a digest: PKCS #7 of Authenticode
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_SIGNED_DATA_H
#define BASE_SIGNED_DATA_H

#include "base/digest.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    SIGNED_NAME_SIZE = 512,
    SIGNED_SERIAL_SIZE = 96,
};

// What a signature says. Names as RFC 2253 writes them, cut when longer, UTF-8; the serial number
// in upper-case hexadecimal.
struct signed_data {
    char subject[SIGNED_NAME_SIZE];
    char common_name[SIGNED_NAME_SIZE]; // of the subject; or its organisation, or empty
    char issuer[SIGNED_NAME_SIZE];
    char serial[SIGNED_SERIAL_SIZE];
    enum digest_kind kind; // of the digest of the file
    uint8_t digest[DIGEST_SIZE_MAX];
    // Whether the key of the named certificate made the signature over this digest. Nothing is
    // said of the certificate itself: its chain, its validity, its revocation are not looked at.
    bool holds;
};

// Read a SignedData (PKCS #7, RFC 2315) around SpcIndirectDataContent (Windows Authenticode
// Portable Executable Signature Format, 2008). False when it is anything else. Thread-safe.
bool signed_data_read(struct slice der, struct signed_data *ret_signed);

#endif
