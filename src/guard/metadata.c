// TUF metadata: who signed, until when, for what
// SPDX-License-Identifier: Apache-2.0
#include "guard/metadata.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>

const char *metadata_type_name(enum metadata_type type) {
    static const char *const names[METADATA_TYPE_COUNT] = {"root", "timestamp", "snapshot",
                                                           "targets"};
    assert(type < METADATA_TYPE_COUNT);
    return names[type];
}

void metadata_free(struct metadata *metadata) {
    if (!metadata)
        return;
    for (uint32_t i = 0; i < metadata->key_count; i++)
        if (metadata->keys[i].usable)
            key_done(&metadata->keys[i].key);
    memory_free(metadata->copy);
    arena_done(&metadata->arena);
    canonical_done(&metadata->document);
    memory_free(metadata);
}

static const struct metadata_signature *signature_find(const struct metadata *metadata,
                                                       struct slice keyid) {
    for (uint32_t i = 0; i < metadata->signature_count; i++)
        if (slice_equal(metadata->signatures[i].keyid, keyid))
            return &metadata->signatures[i];
    return NULL;
}

static bool signature_holds(const struct metadata_key *key, const struct metadata *of) {
    const struct metadata_signature *signature = signature_find(of, key->keyid);
    uint8_t bytes[KEY_SIGNATURE_BYTES_MAX];
    if (!signature || signature->hex.size / 2 > sizeof bytes ||
        !key_read_hex(signature->hex, bytes, signature->hex.size / 2))
        return false;
    return key_verify(&key->key, canonical_bytes(&of->document, of->signed_part),
                      slice_of(bytes, signature->hex.size / 2));
}

// Whether one of the first `count` keys of the role that signed is the same key.
static bool key_counted(const struct metadata *delegator, const struct metadata_role *role,
                        uint32_t count, const uint64_t *signed_by) {
    const struct key *key = &delegator->keys[role->keys[count]].key;
    for (uint32_t i = 0; i < count; i++)
        if ((signed_by[i / 64] >> i % 64 & 1) && memcmp(delegator->keys[role->keys[i]].key.identity,
                                                        key->identity, sizeof key->identity) == 0)
            return true;
    return false;
}

// Counts different keys until there are `enough`.
static uint32_t signers_count(const struct metadata *delegator, const struct metadata_role *role,
                              const struct metadata *of, uint32_t enough, uint64_t *signed_by) {
    uint32_t count = 0;
    memset(signed_by, 0, METADATA_KEYS_MAX / 8);
    for (uint32_t i = 0; i < role->key_count && count < enough; i++) {
        uint32_t key = role->keys[i];
        if (key == UINT32_MAX || !delegator->keys[key].usable ||
            !signature_holds(&delegator->keys[key], of))
            continue;
        count += !key_counted(delegator, role, i, signed_by);
        signed_by[i / 64] |= 1ull << i % 64;
    }
    return count;
}

uint32_t metadata_signers(const struct metadata *delegator, const struct metadata_role *role,
                          const struct metadata *of, uint64_t *ret_signed) {
    return signers_count(delegator, role, of, UINT32_MAX, ret_signed);
}

enum status metadata_verify(const struct metadata *delegator, const struct metadata_role *role,
                            const struct metadata *of, struct refusal *refusal) {
    uint64_t signed_by[METADATA_KEYS_MAX / 64];
    uint32_t count = signers_count(delegator, role, of, role->threshold, signed_by);
    assert(role->threshold > 0);
    if (count >= role->threshold)
        return STATUS_OK;
    return refusal_set(refusal, REFUSAL_THRESHOLD, "'%.*s': %u of the %u signatures needed hold",
                       (int)(role->name.size < 80 ? role->name.size : 80), role->name.data, count,
                       role->threshold);
}

enum status metadata_expiry(const struct metadata *metadata, const char *name, int64_t now_ns,
                            struct refusal *refusal) {
    if (now_ns < metadata->expires_ns)
        return STATUS_OK;
    char text[CLOCK_TEXT_SIZE];
    clock_format(metadata->expires_ns, text);
    return refusal_set(refusal, REFUSAL_EXPIRED, "%s version %lld expired on %.10s", name,
                       (long long)metadata->version, text);
}

const struct metadata_entry *metadata_find(const struct metadata *metadata, struct slice name) {
    uint32_t from = 0, to = metadata->entry_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        int order = slice_compare(metadata->entries[middle].name, name);
        if (order == 0)
            return &metadata->entries[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

static bool hash_take(const struct canonical_document *document,
                      const struct canonical_value *hashes, const char *name, uint8_t *ret_digest,
                      size_t size) {
    struct slice text;
    return canonical_string(document, canonical_find(document, hashes, name), &text) &&
           key_read_hex(text, ret_digest, size);
}

void metadata_entry_read(const struct metadata *metadata, const struct metadata_entry *entry,
                         struct metadata_file *ret_file) {
    const struct canonical_document *document = &metadata->document;
    const struct canonical_value *hashes = canonical_find(document, entry->value, "hashes");
    const struct canonical_value *custom = canonical_find(document, entry->value, "custom");
    *ret_file = (struct metadata_file){.length = -1, .hashed = hashes != NULL};
    canonical_integer(document, canonical_find(document, entry->value, "length"),
                      &ret_file->length);
    if (metadata->type != METADATA_TARGETS)
        canonical_integer(document, canonical_find(document, entry->value, "version"),
                          &ret_file->version);
    if (hash_take(document, hashes, "sha256", ret_file->sha256, sizeof ret_file->sha256))
        ret_file->kinds |= 1u << DIGEST_SHA256;
    if (hash_take(document, hashes, "sha512", ret_file->sha512, sizeof ret_file->sha512))
        ret_file->kinds |= 1u << DIGEST_SHA512;
    if (canonical_is(custom, CANONICAL_OBJECT))
        ret_file->custom = canonical_bytes(document, custom);
}

enum status metadata_file_check_digests(const struct metadata_file *file, const char *name,
                                        const uint8_t *sha256, const uint8_t *sha512,
                                        struct refusal *refusal) {
    if (file->hashed && file->kinds == 0)
        return refusal_set(refusal, REFUSAL_HASH_MISMATCH, "%s: no hash of a kind that is known",
                           name);
    if (((file->kinds >> DIGEST_SHA256 & 1) &&
         memcmp(sha256, file->sha256, sizeof file->sha256) != 0) ||
        ((file->kinds >> DIGEST_SHA512 & 1) &&
         memcmp(sha512, file->sha512, sizeof file->sha512) != 0))
        return refusal_set(refusal, REFUSAL_HASH_MISMATCH, "%s: other bytes than were signed",
                           name);
    return STATUS_OK;
}

enum status metadata_file_check(const struct metadata_file *file, const char *name,
                                struct slice bytes, struct refusal *refusal) {
    if (file->length >= 0 && (uint64_t)file->length != bytes.size)
        return refusal_set(refusal, REFUSAL_LENGTH, "%s: %zu bytes, %lld were signed", name,
                           bytes.size, (long long)file->length);
    uint8_t sha256[DIGEST_SIZE_MAX] = {0}, sha512[DIGEST_SIZE_MAX] = {0};
    if (file->kinds) {
        struct digest_pass *pass = digest_pass_new();
        digest_pass_begin(pass, file->kinds);
        digest_pass_add(pass, bytes);
        if (file->kinds >> DIGEST_SHA256 & 1)
            digest_pass_end(pass, DIGEST_SHA256, sha256);
        if (file->kinds >> DIGEST_SHA512 & 1)
            digest_pass_end(pass, DIGEST_SHA512, sha512);
        digest_pass_free(pass);
    }
    return metadata_file_check_digests(file, name, sha256, sha512, refusal);
}
