// Checksums and digests
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include "base/memory.h"

#include <string.h>
#include <assert.h>
#include <isa-l/crc.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <xxhash.h>

enum {
    DIGEST_PIECE_BYTES = 16 * 1024
};

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

static void digest_hex_put(const uint8_t *digest, size_t size, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * size] = '\0';
}

void digest_hex(const uint8_t digest[DIGEST_SHA256_SIZE], char ret_text[DIGEST_SHA256_HEX_SIZE]) {
    digest_hex_put(digest, DIGEST_SHA256_SIZE, ret_text);
}

void digest_hex_of(const uint8_t *digest, size_t size, char ret_text[DIGEST_HEX_SIZE_MAX]) {
    assert(size <= DIGEST_SIZE_MAX);
    digest_hex_put(digest, size, ret_text);
}

size_t digest_size(enum digest_kind kind) {
    static const size_t sizes[DIGEST_KIND_COUNT] = {16, 20, 32, 48, 64};
    assert(kind < DIGEST_KIND_COUNT);
    return sizes[kind];
}

struct digest_pass {
    unsigned kinds;
    EVP_MD_CTX *contexts[DIGEST_KIND_COUNT];
    const EVP_MD *methods[DIGEST_KIND_COUNT];
};

struct digest_pass *digest_pass_new(void) {
    // Neither a configuration file nor OPENSSL_CONF has a say in what a digest is.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    struct digest_pass *pass = memory_new(1, sizeof *pass);
    pass->methods[DIGEST_MD5] = EVP_md5();
    pass->methods[DIGEST_SHA1] = EVP_sha1();
    pass->methods[DIGEST_SHA256] = EVP_sha256();
    pass->methods[DIGEST_SHA384] = EVP_sha384();
    pass->methods[DIGEST_SHA512] = EVP_sha512();
    for (unsigned kind = 0; kind < DIGEST_KIND_COUNT; kind++) {
        pass->contexts[kind] = EVP_MD_CTX_new();
        assert(pass->contexts[kind]);
    }
    return pass;
}

void digest_pass_free(struct digest_pass *pass) {
    for (unsigned kind = 0; pass && kind < DIGEST_KIND_COUNT; kind++)
        EVP_MD_CTX_free(pass->contexts[kind]);
    memory_free(pass);
}

void digest_pass_begin(struct digest_pass *pass, unsigned kinds) {
    pass->kinds = kinds;
    for (unsigned kind = 0; kind < DIGEST_KIND_COUNT; kind++) {
        int done = (kinds >> kind & 1) == 0 ||
                   EVP_DigestInit_ex(pass->contexts[kind], pass->methods[kind], NULL);
        assert(done);
        (void)done;
    }
}

void digest_pass_add(struct digest_pass *pass, struct slice bytes) {
    // Pieces that the nearest cache holds, so that only the first digest reads memory.
    for (size_t at = 0; at < bytes.size; at += DIGEST_PIECE_BYTES) {
        struct slice piece = slice_part(bytes, at, DIGEST_PIECE_BYTES);
        for (unsigned kind = 0; kind < DIGEST_KIND_COUNT; kind++)
            if (pass->kinds >> kind & 1)
                EVP_DigestUpdate(pass->contexts[kind], piece.data, piece.size);
    }
}

void digest_pass_end(struct digest_pass *pass, enum digest_kind kind,
                     uint8_t ret_digest[DIGEST_SIZE_MAX]) {
    assert(pass->kinds >> kind & 1);
    unsigned size = 0;
    int done = EVP_DigestFinal_ex(pass->contexts[kind], ret_digest, &size);
    assert(done && size == digest_size(kind));
    (void)done;
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

void digest_chain(uint8_t digest[DIGEST_SHA256_SIZE], struct slice bytes) {
    struct digest_pass *pass = digest_pass_new();
    uint8_t made[DIGEST_SIZE_MAX];
    digest_pass_begin(pass, 1u << DIGEST_SHA256);
    digest_pass_add(pass, slice_of(digest, DIGEST_SHA256_SIZE));
    digest_pass_add(pass, bytes);
    digest_pass_end(pass, DIGEST_SHA256, made);
    digest_pass_free(pass);
    memcpy(digest, made, DIGEST_SHA256_SIZE);
}
