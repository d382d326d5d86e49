// Checksums and digests
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <assert.h>
#include <isa-l/crc.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <xxhash.h>

void digest_sha256(struct slice bytes, uint8_t ret_digest[DIGEST_SHA256_SIZE]) {
    // SHA256() of OpenSSL 3 fetches its method anew at every call; the low-level functions do
    // not, and records are small.
    SHA256_CTX context;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    int done = SHA256_Init(&context) && SHA256_Update(&context, bytes.data, bytes.size) &&
               SHA256_Final(ret_digest, &context);
#pragma GCC diagnostic pop
    assert(done);
    (void)done;
}

void digest_hex(const uint8_t digest[DIGEST_SHA256_SIZE], char ret_text[DIGEST_SHA256_HEX_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++) {
        ret_text[2 * i] = digits[digest[i] >> 4];
        ret_text[2 * i + 1] = digits[digest[i] & 15];
    }
    ret_text[DIGEST_SHA256_HEX_SIZE - 1] = '\0';
}

uint32_t digest_crc32(uint32_t before, struct slice bytes) {
    return crc32_gzip_refl(before, bytes.data, bytes.size);
}

uint64_t digest_hash64(struct slice bytes) {
    return XXH3_64bits(bytes.data, bytes.size);
}

uint64_t digest_hash64_seeded(struct slice bytes, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes.data, bytes.size, seed);
}
