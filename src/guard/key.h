// Public keys, and what they say of signatures
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_KEY_H
#define GUARD_KEY_H

#include "base/digest.h"
#include "base/slice.h"
#include "base/status.h"
#include "guard/canonical.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    KEY_RSA_BITS_MIN = 2048,
    KEY_RSA_BITS_MAX = 16384,
    KEY_PEM_BYTES_MAX = 16 * 1024,
    KEY_SIGNATURE_BYTES_MAX = KEY_RSA_BITS_MAX / 8,
};

// TUF 1.0.34, 4.2: keytype / scheme.
enum key_kind {
    KEY_ED25519, // "ed25519" / "ed25519", public: 64 hexadecimal digits
    KEY_ECDSA,   // "ecdsa" or "ecdsa-sha2-nistp256" / "ecdsa-sha2-nistp256", public: PEM (SPKI)
    KEY_RSA,     // "rsa" / "rsassa-pss-sha256", public: PEM (SPKI)
};

struct evp_pkey_st;

// One public key. Verifying does not change it: any number of threads.
struct key {
    enum key_kind kind;
    struct evp_pkey_st *handle;
    // SHA-256 of its SubjectPublicKeyInfo: the same key under two keyids is still one key.
    uint8_t identity[DIGEST_SHA256_SIZE];
};

void key_done(struct key *key);

// From a KEY object of TUF metadata; fields that are not known are left alone. STATUS_UNSUPPORTED
// for another keytype or scheme (metadata may hold such keys; they verify nothing), STATUS_FORMAT
// for a key that is none, is on another curve, or is too short or long.
enum status key_read(struct key *key, const struct canonical_document *document,
                     const struct canonical_value *value, struct problem *problem);

// From its parts, for what is no TUF metadata.
enum status key_from_ed25519(struct key *key, const uint8_t bytes[32], struct problem *problem);
enum status key_from_pem(struct key *key, struct slice pem, struct problem *problem);

// Whether the holder of the key signed these bytes. ECDSA: DER, over SHA-256; RSA: PSS, MGF1 and
// SHA-256, any length of salt; Ed25519: exactly 64 bytes.
bool key_verify(const struct key *key, struct slice bytes, struct slice signature);

// The keyid as python-tuf and go-tuf make it: SHA-256 of the KEY object's canonical bytes, in
// lower-case hexadecimal.
void key_identify(const struct canonical_document *document, const struct canonical_value *value,
                  char ret_keyid[DIGEST_SHA256_HEX_SIZE]);

// Lower-case hexadecimal of exactly `size` bytes; false for anything else.
bool key_read_hex(struct slice text, uint8_t *ret_bytes, size_t size);

#endif
