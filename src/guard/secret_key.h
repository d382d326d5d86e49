// Keys that sign
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_SECRET_KEY_H
#define GUARD_SECRET_KEY_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/slice.h"
#include "base/status.h"
#include "guard/key.h"

#include <stdbool.h>

struct evp_pkey_st;

// A private key in memory. One thread at a time.
struct secret_key {
    enum key_kind kind;
    struct evp_pkey_st *handle;
    uint8_t identity[DIGEST_SHA256_SIZE]; // as key.h has it
};

enum {
    SECRET_KEY_FILE_BYTES_MAX = 64 * 1024,
    SECRET_KEY_RSA_BITS = 3072,
    SECRET_KEY_SCRYPT_N = 16384, // 16 MiB, the most that OpenSSL 3.0 reads by itself
    SECRET_KEY_SCRYPT_R = 8,
    SECRET_KEY_SCRYPT_P = 5, // five times the work of openssl(1)'s own default
    SECRET_KEY_PASSPHRASE_MIN = 8,
};

void secret_key_done(struct secret_key *key);

// A new one out of the machine's random numbers.
enum status secret_key_make(enum key_kind kind, struct secret_key *ret_key,
                            struct problem *problem);

// PKCS #8 in PEM, as openssl(1) reads it. With a passphrase: PBES2 with scrypt (RFC 7914) and
// AES-256-CBC; with an empty one the key lies open. Appended to `to`: wipe it (secret_wipe).
enum status secret_key_write(const struct secret_key *key, struct slice passphrase,
                             struct buffer *to, struct problem *problem);

// Whether a file's content asks for a passphrase.
bool secret_key_is_locked(struct slice pem);

// STATUS_USAGE for a wrong passphrase, STATUS_FORMAT for what is no key that key.h takes.
enum status secret_key_read(struct slice pem, struct slice passphrase, struct secret_key *ret_key,
                            struct problem *problem);

// The signature as key_verify takes it, appended to `to`.
enum status secret_key_sign(const struct secret_key *key, struct slice bytes, struct buffer *to,
                            struct problem *problem);

// The public half as TUF metadata has it (a KEY object in JSON), with its owner in
// "x-vedette-owner" unless that is empty. Appended to `to`.
enum status secret_key_public(const struct secret_key *key, struct slice owner, struct buffer *to,
                              struct problem *problem);

// The raw 32 bytes of an Ed25519 key's public half; STATUS_USAGE for another kind.
enum status secret_key_public_ed25519(const struct secret_key *key, uint8_t ret_public[32],
                                      struct problem *problem);

// Overwrite what was secret; the buffer is empty afterwards.
void secret_wipe(struct buffer *bytes);

#endif
