// Who signed a digest: PKCS #7 of Authenticode
// SPDX-License-Identifier: Apache-2.0
#include "base/signed_data.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

enum {
    DER_SEQUENCE = 0x30,
    DER_OCTETS = 0x04,
    DER_IDENTIFIER = 0x06,
};

// One element at the start of *rest, which moves behind it. Lengths of at most four bytes.
static bool der_take(struct slice *rest, uint8_t *ret_tag, struct slice *ret_content) {
    if (rest->size < 2)
        return false;
    size_t at = 2, size = rest->data[1];
    if (size >= 0x80) {
        size_t count = size & 0x7F;
        if (count == 0 || count > 4 || rest->size - at < count)
            return false;
        size = 0;
        for (; count; count--)
            size = size << 8 | rest->data[at++];
    }
    if (size > rest->size - at)
        return false;
    *ret_tag = rest->data[0];
    *ret_content = slice_part(*rest, at, size);
    *rest = slice_part(*rest, at + size, SIZE_MAX);
    return true;
}

static bool der_take_tagged(struct slice *rest, uint8_t wanted, struct slice *ret_content) {
    uint8_t tag;
    return der_take(rest, &tag, ret_content) && tag == wanted;
}

static bool digest_kind_find(struct slice identifier, enum digest_kind *ret_kind) {
    static const struct {
        const char *bytes;
        size_t size;
        enum digest_kind kind;
    } rows[] = {
        {"\x2a\x86\x48\x86\xf7\x0d\x02\x05", 8, DIGEST_MD5},
        {"\x2b\x0e\x03\x02\x1a", 5, DIGEST_SHA1},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9, DIGEST_SHA256},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9, DIGEST_SHA384},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9, DIGEST_SHA512},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (slice_equal(identifier, slice_of(rows[i].bytes, rows[i].size))) {
            *ret_kind = rows[i].kind;
            return true;
        }
    return false;
}

// SpcIndirectDataContent ::= SEQUENCE { data SEQUENCE, messageDigest SEQUENCE {
//     digestAlgorithm SEQUENCE { OBJECT IDENTIFIER, ... }, digest OCTET STRING } }
// *ret_content is what is between its first tag and its end: that is what was signed.
static bool indirect_data_read(struct slice der, struct slice *ret_content,
                               struct signed_data *to) {
    struct slice data, message, algorithm, identifier, digest;
    if (!der_take_tagged(&der, DER_SEQUENCE, ret_content))
        return false;
    struct slice rest = *ret_content;
    if (!der_take_tagged(&rest, DER_SEQUENCE, &data) ||
        !der_take_tagged(&rest, DER_SEQUENCE, &message) ||
        !der_take_tagged(&message, DER_SEQUENCE, &algorithm) ||
        !der_take_tagged(&algorithm, DER_IDENTIFIER, &identifier) ||
        !der_take_tagged(&message, DER_OCTETS, &digest) || !digest_kind_find(identifier, &to->kind))
        return false;
    if (digest.size != digest_size(to->kind))
        return false;
    memcpy(to->digest, digest.data, digest.size);
    return true;
}

static void name_print(const X509_NAME *name, char *to) {
    BIO *out = BIO_new(BIO_s_mem());
    to[0] = '\0';
    if (out && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        int size = BIO_read(out, to, SIGNED_NAME_SIZE - 1);
        to[size > 0 ? size : 0] = '\0';
    }
    BIO_free(out);
}

static bool name_entry_print(const X509_NAME *name, int kind, char *to) {
    int at = X509_NAME_get_index_by_NID(name, kind, -1);
    if (at < 0)
        return false;
    unsigned char *text = NULL;
    int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    size_t kept = size < 0 ? 0 : size < SIGNED_NAME_SIZE ? (size_t)size : SIGNED_NAME_SIZE - 1;
    if (kept)
        memcpy(to, text, kept);
    to[kept] = '\0';
    OPENSSL_free(text);
    return kept > 0;
}

static void serial_print(X509 *certificate, char *to) {
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get_serialNumber(certificate), NULL);
    char *text = number ? BN_bn2hex(number) : NULL;
    size_t size = text ? strlen(text) : 0;
    if (size >= SIGNED_SERIAL_SIZE)
        size = SIGNED_SERIAL_SIZE - 1;
    if (size)
        memcpy(to, text, size);
    to[size] = '\0';
    OPENSSL_free(text);
    BN_free(number);
}

// The first signer's certificate, as the signature itself brings it.
static bool signer_read(PKCS7 *message, struct signed_data *to) {
    STACK_OF(X509) *signers = PKCS7_get0_signers(message, NULL, 0);
    X509 *certificate = signers ? sk_X509_value(signers, 0) : NULL;
    if (certificate) {
        const X509_NAME *subject = X509_get_subject_name(certificate);
        name_print(subject, to->subject);
        name_print(X509_get_issuer_name(certificate), to->issuer);
        if (!name_entry_print(subject, NID_commonName, to->common_name))
            name_entry_print(subject, NID_organizationName, to->common_name);
        serial_print(certificate, to->serial);
    }
    sk_X509_free(signers);
    return certificate != NULL;
}

static bool signature_holds(PKCS7 *message, struct slice content) {
    // Of a memory BIO OpenSSL makes a second one, which it loses when the message is odd: it gets
    // one behind a filter that does nothing.
    BIO *filter = BIO_new(BIO_f_null());
    BIO *bytes = BIO_new_mem_buf(content.data, (int)content.size);
    bool holds = false;
    if (filter && bytes)
        holds =
            PKCS7_verify(message, NULL, NULL, BIO_push(filter, bytes), NULL, PKCS7_NOVERIFY) == 1;
    else
        BIO_free(bytes);
    BIO_free_all(filter);
    return holds;
}

bool signed_data_read(struct slice der, struct signed_data *ret_signed) {
    if (der.size > LONG_MAX)
        return false;
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    const unsigned char *at = der.data;
    PKCS7 *message = d2i_PKCS7(NULL, &at, (long)der.size);
    bool fine = false;
    struct signed_data found = {0};
    if (message && PKCS7_type_is_signed(message) && message->d.sign && message->d.sign->contents &&
        PKCS7_type_is_other(message->d.sign->contents)) {
        const ASN1_TYPE *other = message->d.sign->contents->d.other;
        struct slice content = {0};
        if (other && other->type == V_ASN1_SEQUENCE && other->value.sequence &&
            other->value.sequence->length > 0)
            fine = indirect_data_read(
                       slice_of(other->value.sequence->data, (size_t)other->value.sequence->length),
                       &content, &found) &&
                   content.size <= INT_MAX && signer_read(message, &found);
        if (fine)
            found.holds = signature_holds(message, content);
    }
    PKCS7_free(message);
    ERR_clear_error();
    if (fine)
        *ret_signed = found;
    return fine;
}
