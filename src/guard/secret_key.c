// Keys that sign
// SPDX-License-Identifier: Apache-2.0
#include "guard/secret_key.h"

#include "base/text.h"

#include <assert.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum {
    SALT_BYTES = 16
};

void secret_key_done(struct secret_key *key) {
    EVP_PKEY_free(key->handle);
    key->handle = NULL;
}

void secret_wipe(struct buffer *bytes) {
    if (bytes->data)
        OPENSSL_cleanse(bytes->data, bytes->capacity);
    buffer_reset(bytes);
}

// What OpenSSL says is for programmers; the caller says what failed.
static enum status secret_fail(struct problem *problem, enum status status, const char *text) {
    ERR_clear_error();
    return problem_set(problem, status, "%s", text);
}

// Takes over `handle`.
static enum status secret_keep(EVP_PKEY *handle, struct secret_key *ret_key,
                               struct problem *problem) {
    struct secret_key key = {.handle = handle};
    switch (handle ? EVP_PKEY_get_base_id(handle) : EVP_PKEY_NONE) {
    case EVP_PKEY_ED25519:
        key.kind = KEY_ED25519;
        break;
    case EVP_PKEY_EC:
        key.kind = KEY_ECDSA;
        break;
    case EVP_PKEY_RSA:
        key.kind = KEY_RSA;
        break;
    default:
        EVP_PKEY_free(handle);
        return secret_fail(problem, STATUS_FORMAT, "neither an Ed25519, an ECDSA nor an RSA key");
    }
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(handle, &der);
    if (size <= 0) {
        EVP_PKEY_free(handle);
        return secret_fail(problem, STATUS_FORMAT, "the key has no public half");
    }
    digest_sha256(slice_of(der, (size_t)size), key.identity);
    OPENSSL_free(der);
    *ret_key = key;
    return STATUS_OK;
}

enum status secret_key_make(enum key_kind kind, struct secret_key *ret_key,
                            struct problem *problem) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    EVP_PKEY *handle = NULL;
    if (kind == KEY_ED25519)
        handle = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else if (kind == KEY_ECDSA)
        handle = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    else
        handle = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)SECRET_KEY_RSA_BITS);
    if (!handle)
        return secret_fail(problem, STATUS_SYSTEM, "no key could be made");
    return secret_keep(handle, ret_key, problem);
}

// An encrypted PKCS #8 structure; NULL when OpenSSL says no.
static X509_SIG *secret_lock(PKCS8_PRIV_KEY_INFO *open, struct slice passphrase) {
    unsigned char salt[SALT_BYTES];
    if (passphrase.size > INT_MAX || RAND_bytes(salt, sizeof salt) != 1)
        return NULL;
    X509_ALGOR *how =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, SECRET_KEY_SCRYPT_N,
                              SECRET_KEY_SCRYPT_R, SECRET_KEY_SCRYPT_P);
    if (!how)
        return NULL;
    X509_SIG *locked =
        PKCS8_set0_pbe((const char *)passphrase.data, (int)passphrase.size, open, how);
    if (!locked)
        X509_ALGOR_free(how);
    return locked;
}

enum status secret_key_write(const struct secret_key *key, struct slice passphrase,
                             struct buffer *to, struct problem *problem) {
    PKCS8_PRIV_KEY_INFO *open = EVP_PKEY2PKCS8(key->handle);
    X509_SIG *locked = open && passphrase.size ? secret_lock(open, passphrase) : NULL;
    BIO *bytes = BIO_new(BIO_s_secmem());
    char *text = NULL;
    bool fine = open && bytes && (locked || !passphrase.size) &&
                (locked ? PEM_write_bio_PKCS8(bytes, locked)
                        : PEM_write_bio_PKCS8_PRIV_KEY_INFO(bytes, open)) == 1;
    long size = fine ? BIO_get_mem_data(bytes, &text) : 0;
    if (size > 0)
        buffer_append(to, text, (size_t)size);
    BIO_free(bytes);
    X509_SIG_free(locked);
    PKCS8_PRIV_KEY_INFO_free(open);
    if (size <= 0)
        return secret_fail(problem, STATUS_SYSTEM, "the key could not be written");
    return STATUS_OK;
}

bool secret_key_is_locked(struct slice pem) {
    return pem.size && memmem(pem.data, pem.size, "BEGIN ENCRYPTED PRIVATE KEY", 27) != NULL;
}

static int secret_no_passphrase(char *to, int size, int writing, void *context) {
    (void)to;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static int secret_passphrase(char *to, int size, int writing, void *context) {
    const struct slice *passphrase = context;
    (void)writing;
    if (passphrase->size > (size_t)size)
        return -1;
    memcpy(to, passphrase->data, passphrase->size);
    return (int)passphrase->size;
}

enum status secret_key_read(struct slice pem, struct slice passphrase, struct secret_key *ret_key,
                            struct problem *problem) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    if (pem.size == 0 || pem.size > SECRET_KEY_FILE_BYTES_MAX)
        return secret_fail(problem, STATUS_FORMAT, "no private key (PKCS #8 in PEM)");
    bool locked = secret_key_is_locked(pem);
    BIO *bytes = BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *handle =
        bytes ? PEM_read_bio_PrivateKey(bytes, NULL,
                                        passphrase.size ? secret_passphrase : secret_no_passphrase,
                                        &passphrase)
              : NULL;
    BIO_free(bytes);
    if (!handle && locked)
        return secret_fail(problem, STATUS_USAGE, "the passphrase is not that of the key");
    if (!handle)
        return secret_fail(problem, STATUS_FORMAT, "no private key (PKCS #8 in PEM)");
    return secret_keep(handle, ret_key, problem);
}

static bool secret_padding(EVP_PKEY_CTX *context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

enum status secret_key_sign(const struct secret_key *key, struct slice bytes, struct buffer *to,
                            struct problem *problem) {
    uint8_t signature[KEY_SIGNATURE_BYTES_MAX];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL; // the context's own
    const EVP_MD *digest = key->kind == KEY_ED25519 ? NULL : EVP_sha256();
    bool fine = context &&
                EVP_DigestSignInit(context, &parameters, digest, NULL, key->handle) == 1 &&
                (key->kind != KEY_RSA || secret_padding(parameters)) &&
                EVP_DigestSign(context, signature, &size, bytes.data, bytes.size) == 1;
    EVP_MD_CTX_free(context);
    if (!fine)
        return secret_fail(problem, STATUS_SYSTEM, "the key could not sign");
    buffer_append(to, signature, size);
    return STATUS_OK;
}

enum status secret_key_public_ed25519(const struct secret_key *key, uint8_t ret_public[32],
                                      struct problem *problem) {
    size_t size = 32;
    if (key->kind != KEY_ED25519 ||
        EVP_PKEY_get_raw_public_key(key->handle, ret_public, &size) != 1 || size != 32)
        return secret_fail(problem, STATUS_USAGE, "no Ed25519 key");
    return STATUS_OK;
}

static enum status secret_public_pem(const struct secret_key *key, struct buffer *to,
                                     struct problem *problem) {
    BIO *bytes = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool fine = bytes && PEM_write_bio_PUBKEY(bytes, key->handle) == 1;
    long size = fine ? BIO_get_mem_data(bytes, &text) : 0;
    if (size > 0)
        text_append_json(to, slice_of(text, (size_t)size));
    BIO_free(bytes);
    return size > 0 ? STATUS_OK
                    : secret_fail(problem, STATUS_SYSTEM, "the public key could not be written");
}

enum status secret_key_public(const struct secret_key *key, struct slice owner, struct buffer *to,
                              struct problem *problem) {
    static const struct {
        const char *type, *scheme;
    } names[] = {
        [KEY_ED25519] = {"ed25519", "ed25519"},
        [KEY_ECDSA] = {"ecdsa", "ecdsa-sha2-nistp256"},
        [KEY_RSA] = {"rsa", "rsassa-pss-sha256"},
    };
    enum status status = STATUS_OK;
    buffer_append_format(to, "{\"keytype\":\"%s\",\"keyval\":{\"public\":", names[key->kind].type);
    if (key->kind == KEY_ED25519) {
        uint8_t public[32];
        char hex[DIGEST_HEX_SIZE_MAX];
        status = secret_key_public_ed25519(key, public, problem);
        if (status == STATUS_OK) {
            digest_hex_of(public, sizeof public, hex);
            buffer_append_format(to, "\"%s\"", hex);
        }
    } else {
        status = secret_public_pem(key, to, problem);
    }
    buffer_append_format(to, "},\"scheme\":\"%s\"", names[key->kind].scheme);
    if (owner.size) {
        buffer_append_text(to, ",\"x-vedette-owner\":");
        text_append_json(to, owner);
    }
    buffer_append_byte(to, '}');
    return status;
}
