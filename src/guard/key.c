// Public keys, and what they say of signatures
// SPDX-License-Identifier: Apache-2.0
#include "guard/key.h"

#include "base/bytes.h"

#include <assert.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

void key_done(struct key *key) {
    EVP_PKEY_free(key->handle);
    key->handle = NULL;
}

// Sixteen digits become eight bytes; false when one is none.
static bool hex_step(const uint8_t *text, uint8_t *ret_bytes) {
    __m128i digits = _mm_loadu_si128((const __m128i *)(const void *)text);
    // Signed: bytes from 0x80 on are below both ranges.
    __m128i low = _mm_and_si128(_mm_cmpgt_epi8(digits, _mm_set1_epi8('0' - 1)),
                                _mm_cmplt_epi8(digits, _mm_set1_epi8('9' + 1)));
    __m128i high = _mm_and_si128(_mm_cmpgt_epi8(digits, _mm_set1_epi8('a' - 1)),
                                 _mm_cmplt_epi8(digits, _mm_set1_epi8('f' + 1)));
    if (_mm_movemask_epi8(_mm_or_si128(low, high)) != 0xFFFF)
        return false;
    __m128i values = _mm_sub_epi8(_mm_sub_epi8(digits, _mm_set1_epi8('0')),
                                  _mm_and_si128(high, _mm_set1_epi8('a' - '0' - 10)));
    // A pair of digits is a number of 16 bits, its first digit the low byte.
    __m128i pairs = _mm_or_si128(_mm_slli_epi16(values, 4), _mm_srli_epi16(values, 8));
    pairs = _mm_and_si128(pairs, _mm_set1_epi16(0xFF));
    _mm_storel_epi64((__m128i *)(void *)ret_bytes, _mm_packus_epi16(pairs, pairs));
    return true;
}

bool key_read_hex(struct slice text, uint8_t *ret_bytes, size_t size) {
    size_t i = 0;
    if (text.size != 2 * size)
        return false;
    for (; size - i >= 8; i += 8)
        if (!hex_step(text.data + 2 * i, ret_bytes + i))
            return false;
    for (; i < size; i++) {
        uint8_t step[8], pair[16];
        memset(pair, '0', sizeof pair);
        memcpy(pair, text.data + 2 * i, 2);
        if (!hex_step(pair, step))
            return false;
        ret_bytes[i] = step[0];
    }
    return true;
}

// Takes over `handle`.
static enum status key_keep(struct key *key, enum key_kind kind, EVP_PKEY *handle,
                            struct problem *problem) {
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(handle, &der);
    ERR_clear_error();
    if (size <= 0) {
        EVP_PKEY_free(handle);
        return problem_set(problem, STATUS_FORMAT, "the public key cannot be written as DER");
    }
    *key = (struct key){.kind = kind, .handle = handle};
    digest_sha256(slice_of(der, (size_t)size), key->identity);
    OPENSSL_free(der);
    return STATUS_OK;
}

enum status key_from_ed25519(struct key *key, const uint8_t bytes[32], struct problem *problem) {
    EVP_PKEY *handle = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, 32);
    if (!handle) {
        ERR_clear_error();
        return problem_set(problem, STATUS_FORMAT, "no Ed25519 key");
    }
    // RFC 8410, 4: what OpenSSL's encoder would write, which takes as long as a signature.
    uint8_t der[44] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};
    memcpy(der + 12, bytes, 32);
    *key = (struct key){.kind = KEY_ED25519, .handle = handle};
    digest_sha256(slice_of(der, sizeof der), key->identity);
    return STATUS_OK;
}

static bool curve_is_p256(const EVP_PKEY *handle) {
    char group[64];
    size_t size = 0;
    return EVP_PKEY_get_utf8_string_param(handle, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                          &size) == 1 &&
           (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

// What is wrong with a key of whatever kind; NULL when it may be used.
static const char *handle_fault(const EVP_PKEY *handle, enum key_kind *ret_kind) {
    switch (EVP_PKEY_get_base_id(handle)) {
    case EVP_PKEY_ED25519:
        *ret_kind = KEY_ED25519;
        return NULL;
    case EVP_PKEY_EC:
        *ret_kind = KEY_ECDSA;
        return curve_is_p256(handle) ? NULL : "the key is not on the curve P-256";
    case EVP_PKEY_RSA:
        *ret_kind = KEY_RSA;
        if (EVP_PKEY_get_bits(handle) < KEY_RSA_BITS_MIN)
            return "the RSA key is shorter than 2048 bits";
        return EVP_PKEY_get_bits(handle) > KEY_RSA_BITS_MAX
                   ? "the RSA key is longer than 16384 bits"
                   : NULL;
    default:
        return "neither an Ed25519, an ECDSA nor an RSA key";
    }
}

static int pem_no_password(char *to, int size, int writing, void *context) {
    (void)to;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

enum status key_from_pem(struct key *key, struct slice pem, struct problem *problem) {
    if (pem.size == 0 || pem.size > KEY_PEM_BYTES_MAX)
        return problem_set(problem, STATUS_FORMAT, "no public key in PEM");
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    BIO *bytes = BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *handle = bytes ? PEM_read_bio_PUBKEY(bytes, NULL, pem_no_password, NULL) : NULL;
    BIO_free(bytes);
    ERR_clear_error();
    if (!handle)
        return problem_set(problem, STATUS_FORMAT, "no public key in PEM");
    enum key_kind kind = KEY_ED25519;
    const char *fault = handle_fault(handle, &kind);
    if (fault) {
        EVP_PKEY_free(handle);
        return problem_set(problem, STATUS_FORMAT, "%s", fault);
    }
    return key_keep(key, kind, handle, problem);
}

static bool kind_find(struct slice type, struct slice scheme, enum key_kind *ret_kind) {
    static const struct {
        const char *type, *scheme;
        enum key_kind kind;
    } rows[] = {
        {"ed25519", "ed25519", KEY_ED25519},
        {"ecdsa", "ecdsa-sha2-nistp256", KEY_ECDSA},
        {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", KEY_ECDSA},
        {"rsa", "rsassa-pss-sha256", KEY_RSA},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (slice_equal_string(type, rows[i].type) && slice_equal_string(scheme, rows[i].scheme)) {
            *ret_kind = rows[i].kind;
            return true;
        }
    return false;
}

enum status key_read(struct key *key, const struct canonical_document *document,
                     const struct canonical_value *value, struct problem *problem) {
    struct slice type, scheme, public;
    if (!canonical_string(document, canonical_find(document, value, "keytype"), &type) ||
        !canonical_string(document, canonical_find(document, value, "scheme"), &scheme))
        return problem_set(problem, STATUS_FORMAT, "a key without keytype or scheme");
    enum key_kind kind;
    if (!kind_find(type, scheme, &kind))
        return problem_set(problem, STATUS_UNSUPPORTED, "keytype '%.*s', scheme '%.*s'",
                           (int)(type.size < 40 ? type.size : 40), (const char *)type.data,
                           (int)(scheme.size < 40 ? scheme.size : 40), (const char *)scheme.data);
    const struct canonical_value *parts = canonical_find(document, value, "keyval");
    if (!canonical_string(document, canonical_find(document, parts, "public"), &public))
        return problem_set(problem, STATUS_FORMAT, "a key without keyval.public");
    if (kind == KEY_ED25519) {
        uint8_t bytes[32];
        if (!key_read_hex(public, bytes, sizeof bytes))
            return problem_set(problem, STATUS_FORMAT,
                               "an Ed25519 key is 64 lower-case hexadecimal digits");
        return key_from_ed25519(key, bytes, problem);
    }
    struct key found;
    enum status status = key_from_pem(&found, public, problem);
    if (status != STATUS_OK)
        return status;
    if (found.kind != kind) {
        key_done(&found);
        return problem_set(problem, STATUS_FORMAT, "a key of another type than its keytype says");
    }
    *key = found;
    return STATUS_OK;
}

static bool padding_set(EVP_PKEY_CTX *context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

bool key_verify(const struct key *key, struct slice bytes, struct slice signature) {
    if (signature.size == 0 || signature.size > KEY_SIGNATURE_BYTES_MAX ||
        (key->kind == KEY_ED25519 && signature.size != 64))
        return false;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL; // the context's own
    const EVP_MD *digest = key->kind == KEY_ED25519 ? NULL : EVP_sha256();
    bool holds =
        context && EVP_DigestVerifyInit(context, &parameters, digest, NULL, key->handle) == 1 &&
        (key->kind != KEY_RSA || padding_set(parameters)) &&
        EVP_DigestVerify(context, signature.data, signature.size, bytes.data, bytes.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return holds;
}

void key_identify(const struct canonical_document *document, const struct canonical_value *value,
                  char ret_keyid[DIGEST_SHA256_HEX_SIZE]) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(canonical_bytes(document, value), digest);
    digest_hex(digest, ret_keyid);
}
