// Checksums and digests
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

enum {
    DIGEST_SHA256_SIZE = 32,
    DIGEST_SHA256_HEX_SIZE = 65
};

// FIPS 180-4, by libcrypto (SHA-NI where the machine has it). Thread-safe.
void digest_sha256(struct slice bytes, uint8_t ret_digest[DIGEST_SHA256_SIZE]);

// Lower-case hexadecimal, NUL-terminated.
void digest_hex(const uint8_t digest[DIGEST_SHA256_SIZE], char ret_text[DIGEST_SHA256_HEX_SIZE]);

// Mix bytes into a digest that stands for all that was mixed in before: SHA-256(digest | bytes).
void digest_chain(uint8_t digest[DIGEST_SHA256_SIZE], struct slice bytes);

// Digests of bytes that come in pieces, several in one pass.
enum digest_kind {
    DIGEST_MD5,  // RFC 1321; only to be compared with what others wrote
    DIGEST_SHA1, // FIPS 180-4; the same
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
    DIGEST_KIND_COUNT,
};
enum {
    DIGEST_SIZE_MAX = 64,
    DIGEST_HEX_SIZE_MAX = 2 * DIGEST_SIZE_MAX + 1,
};

// How many bytes a digest of the kind has.
size_t digest_size(enum digest_kind kind);

// One pass after the other. Not thread-safe. `kinds` is a set of bits 1 << kind.
struct digest_pass;
struct digest_pass *digest_pass_new(void);
void digest_pass_free(struct digest_pass *pass);
void digest_pass_begin(struct digest_pass *pass, unsigned kinds);
void digest_pass_add(struct digest_pass *pass, struct slice bytes);
// For each kind that was begun, once.
void digest_pass_end(struct digest_pass *pass, enum digest_kind kind,
                     uint8_t ret_digest[DIGEST_SIZE_MAX]);

// Lower-case hexadecimal of `size` bytes, NUL-terminated.
void digest_hex_of(const uint8_t *digest, size_t size, char ret_text[DIGEST_HEX_SIZE_MAX]);

// CRC-32 of gzip (reflected 0xEDB88320), as EVTX headers and chunks carry it. `before` is the
// value of the bytes that came earlier, 0 at the start.
uint32_t digest_crc32(uint32_t before, struct slice bytes);

// 64-bit hash for tables (XXH3). Not stable across versions of the library: never written to
// a report; the rule image records the value of a probe and is rebuilt when it differs.
uint64_t digest_hash64(struct slice bytes);
uint64_t digest_hash64_seeded(struct slice bytes, uint64_t seed);

// Mix a number into a hash.
static inline uint64_t digest_mix64(uint64_t hash, uint64_t number) {
    hash ^= number + 0x9E3779B97F4A7C15ull + (hash << 12) + (hash >> 4);
    hash *= 0xFF51AFD7ED558CCDull;
    return hash ^ (hash >> 32);
}

#endif
