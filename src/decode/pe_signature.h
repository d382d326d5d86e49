// Who signed a Windows program, and whether it is still what was signed
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_PE_SIGNATURE_H
#define DECODE_PE_SIGNATURE_H

#include "base/digest.h"
#include "base/signed_data.h"
#include "decode/pe_image.h"

// A signature says who stands for a file, never that it is good: stolen certificates and
// signers that sign malware are both on record.
enum pe_signature {
    PE_SIGNATURE_NONE,
    PE_SIGNATURE_UNREADABLE,
    PE_SIGNATURE_DIFFERS, // the file is not what was signed
    PE_SIGNATURE_BROKEN,  // the digest is right, but that certificate's key did not sign it
    PE_SIGNATURE_MATCHES, // the file is what was signed; the chain is not looked at
};

// Reads the file a second time when it is signed. *ret_signed is filled from DIFFERS on.
enum pe_signature pe_signature_read(const struct pe_image *image, struct digest_pass *pass,
                                    struct signed_data *ret_signed);

// "unsigned", "matches", ...
const char *pe_signature_text(enum pe_signature signature);

#endif
