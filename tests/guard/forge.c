// A small TUF repository in memory, for tests that break it
// SPDX-License-Identifier: Apache-2.0
#include "forge.h"

#include "base/durable_file.h"
#include "base/memory.h"
#include "guard/canonical.h"
#include "guard/metadata_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define EXPIRES "2030-01-01T00:00:00Z"
#define APP_TARGETS                                                                                \
    "{\"app.msi\":{\"length\":5,\"hashes\":{\"sha256\":"                                           \
    "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}}}"

enum {
    TEXT_MAX = 4 * 1024 * 1024
};

void forge_init(struct forge *forge) {
    struct problem problem;
    *forge = (struct forge){.specification = "1.0.34", .targets = APP_TARGETS};
    for (unsigned i = 0; i < FORGE_KEYS; i++) {
        struct canonical_document document;
        canonical_init(&document);
        buffer_init(&forge->publics[i], 8192);
        assert_int_equal(secret_key_make(KEY_ED25519, &forge->keys[i], &problem), STATUS_OK);
        assert_int_equal(
            secret_key_public(&forge->keys[i], SLICE(""), &forge->publics[i], &problem), STATUS_OK);
        assert_int_equal(canonical_read(&document, buffer_slice(&forge->publics[i]), 0, &problem),
                         STATUS_OK);
        key_identify(&document, canonical_root(&document), forge->keyids[i]);
        canonical_done(&document);
    }
    for (unsigned type = 0; type < METADATA_TYPE_COUNT; type++)
        forge->roles[type] = (struct forge_role){1, EXPIRES, 1u << type, 1u << type, 1};
    snprintf(forge->directory, sizeof forge->directory, "/tmp/vedette-forge-XXXXXX");
    assert_non_null(mkdtemp(forge->directory));
    forge_publish(forge);
    assert_int_equal(client_install_root(forge->directory,
                                         buffer_slice(forge_file(forge, "1.root.json")),
                                         &forge->refusal),
                     STATUS_OK);
}

void forge_done(struct forge *forge) {
    static const char *const names[] = {"root", "timestamp", "snapshot", "targets"};
    char path[128];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        store_forget(forge->directory, slice_of_string(names[i]), NULL);
    for (unsigned i = 0; i < forge->delegation_count; i++)
        store_forget(forge->directory, slice_of_string(forge->delegations[i].name), NULL);
    snprintf(path, sizeof path, "%s/clock", forge->directory);
    unlink(path);
    // Nothing but what a client is to keep was there.
    assert_int_equal(rmdir(forge->directory), 0);
    for (unsigned i = 0; i < FORGE_KEYS; i++) {
        secret_key_done(&forge->keys[i]);
        buffer_done(&forge->publics[i]);
    }
    for (unsigned i = 0; i < forge->file_count; i++)
        buffer_done(&forge->files[i].bytes);
}

struct buffer *forge_file(struct forge *forge, const char *name) {
    for (unsigned i = 0; i < forge->file_count; i++)
        if (strcmp(forge->files[i].name, name) == 0)
            return &forge->files[i].bytes;
    assert_true(forge->file_count < FORGE_FILES);
    struct forge_file *file = &forge->files[forge->file_count++];
    snprintf(file->name, sizeof file->name, "%s", name);
    buffer_init(&file->bytes, TEXT_MAX);
    return &file->bytes;
}

void forge_remove(struct forge *forge, const char *name) {
    for (unsigned i = 0; i < forge->file_count; i++)
        if (strcmp(forge->files[i].name, name) == 0) {
            buffer_done(&forge->files[i].bytes);
            forge->files[i] = forge->files[--forge->file_count];
            return;
        }
}

void forge_sign(struct forge *forge, const char *name, const char *text, unsigned signers) {
    struct buffer *to = forge_file(forge, name);
    struct canonical_document document;
    struct problem problem;
    canonical_init(&document);
    if (canonical_read(&document, slice_of_string(text), 0, &problem) != STATUS_OK)
        fail_msg("%s: %s in %s", name, problem.text, text);
    struct slice bytes = canonical_bytes(&document, canonical_root(&document));
    buffer_reset(to);
    buffer_append_format(to, "{\"signed\": %s,\n \"signatures\": [", text);
    bool first = true;
    for (unsigned i = 0; i < FORGE_KEYS; i++) {
        if (!(signers >> i & 1))
            continue;
        struct buffer signature;
        char hex[DIGEST_HEX_SIZE_MAX];
        buffer_init(&signature, 4096);
        assert_int_equal(secret_key_sign(&forge->keys[i], bytes, &signature, &problem), STATUS_OK);
        digest_hex_of(signature.data, signature.size, hex);
        buffer_append_format(to, "%s{\"keyid\":\"%s\",\"sig\":\"%s\"}", first ? "" : ",",
                             forge->keyids[i], hex);
        buffer_done(&signature);
        first = false;
    }
    buffer_append_text(to, "]}");
    canonical_done(&document);
}

static void append_keyids(const struct forge *forge, struct buffer *to, unsigned keys) {
    const char *comma = "";
    buffer_append_text(to, "\"keyids\":[");
    for (unsigned i = 0; i < FORGE_KEYS; i++)
        if (keys >> i & 1) {
            buffer_append_format(to, "%s\"%s\"", comma, forge->keyids[i]);
            comma = ",";
        }
    buffer_append_text(to, "]");
}

static void append_keys(const struct forge *forge, struct buffer *to) {
    buffer_append_text(to, "\"keys\":{");
    for (unsigned i = 0; i < FORGE_KEYS; i++)
        buffer_append_format(to, "%s\"%s\":%.*s", i ? "," : "", forge->keyids[i],
                             (int)forge->publics[i].size, (const char *)forge->publics[i].data);
    buffer_append_text(to, "}");
}

static void append_head(const struct forge *forge, struct buffer *to, const char *type,
                        const struct forge_role *role) {
    buffer_append_format(to,
                         "{\"_type\":\"%s\",\"spec_version\":\"%s\",\"version\":%lld,"
                         "\"expires\":\"%s\",",
                         type, forge->specification, (long long)role->version, role->expires);
}

static void publish(struct forge *forge, const char *role, int64_t version, struct buffer *text,
                    unsigned signers) {
    char name[160];
    struct buffer encoded;
    buffer_init(&encoded, 256);
    store_encode_role(&encoded, slice_of_string(role));
    buffer_append_byte(&encoded, 0);
    if (version)
        snprintf(name, sizeof name, "%lld.%s.json", (long long)version, (char *)encoded.data);
    else
        snprintf(name, sizeof name, "%s.json", (char *)encoded.data);
    buffer_append_byte(text, 0);
    forge_sign(forge, name, (const char *)text->data, signers);
    buffer_reset(text);
    buffer_done(&encoded);
}

static void publish_root(struct forge *forge, struct buffer *text) {
    const struct forge_role *root = &forge->roles[METADATA_ROOT];
    append_head(forge, text, "root", root);
    buffer_append_format(text, "\"consistent_snapshot\":%s,", forge->plain ? "false" : "true");
    append_keys(forge, text);
    buffer_append_text(text, ",\"roles\":{");
    for (unsigned type = 0; type < METADATA_TYPE_COUNT; type++) {
        const struct forge_role *role = &forge->roles[type];
        buffer_append_format(text, "%s\"%s\":{", type ? "," : "",
                             metadata_type_name((enum metadata_type)type));
        append_keyids(forge, text, role->keys);
        buffer_append_format(text, ",\"threshold\":%lld}", (long long)role->threshold);
    }
    buffer_append_text(text, "}}");
    publish(forge, "root", root->version, text, root->signers);
}

static void append_delegations(const struct forge *forge, struct buffer *to, const char *by) {
    bool first = true;
    buffer_append_text(to, ",\"delegations\":{");
    append_keys(forge, to);
    if (forge->bins && strcmp(by, "targets") == 0) {
        buffer_append_format(to, ",\"succinct_roles\":{%s,", forge->bins);
        append_keyids(forge, to, 1u << 4);
        buffer_append_text(to, ",\"threshold\":1}}");
        return;
    }
    buffer_append_text(to, ",\"roles\":[");
    for (unsigned i = 0; i < forge->delegation_count; i++) {
        const struct forge_delegation *one = &forge->delegations[i];
        if (strcmp(one->by, by) != 0)
            continue;
        buffer_append_format(to, "%s{\"name\":\"%s\",\"terminating\":%s,%s,", first ? "" : ",",
                             one->name, one->terminating ? "true" : "false", one->scope);
        append_keyids(forge, to, one->role.keys);
        buffer_append_format(to, ",\"threshold\":%lld}", (long long)one->role.threshold);
        first = false;
    }
    buffer_append_text(to, "]}");
}

static void publish_targets(struct forge *forge, struct buffer *text, const char *name,
                            const struct forge_role *role, const char *targets) {
    append_head(forge, text, "targets", role);
    buffer_append_format(text, "\"targets\":%s", targets);
    append_delegations(forge, text, name);
    buffer_append_text(text, "}");
    publish(forge, name, forge->plain ? 0 : role->version, text, role->signers);
}

// Version, length and hash of a file as META has them.
static void append_meta(struct forge *forge, struct buffer *to, const char *role, int64_t version,
                        const struct forge_delegation *lies) {
    char name[160], hex[DIGEST_SHA256_HEX_SIZE];
    struct buffer encoded;
    uint8_t digest[DIGEST_SHA256_SIZE];
    buffer_init(&encoded, 256);
    store_encode_role(&encoded, slice_of_string(role));
    if (forge->plain)
        snprintf(name, sizeof name, "%.*s.json", (int)encoded.size, (char *)encoded.data);
    else
        snprintf(name, sizeof name, "%lld.%.*s.json", (long long)version, (int)encoded.size,
                 (char *)encoded.data);
    buffer_done(&encoded);
    const struct buffer *file = forge_file(forge, name);
    digest_sha256(buffer_slice(file), digest);
    digest[0] ^= lies && lies->wrong_hash;
    digest_hex(digest, hex);
    long long claimed = lies && lies->claimed_version ? lies->claimed_version : version;
    long long length = lies && lies->claimed_length ? lies->claimed_length : (long long)file->size;
    buffer_append_format(
        to, "\"%s.json\":{\"version\":%lld,\"length\":%lld,\"hashes\":{\"sha256\":\"%s\"}}", role,
        claimed, length, hex);
}

void forge_publish(struct forge *forge) {
    struct buffer text;
    const struct forge_role *roles = forge->roles;
    buffer_init(&text, TEXT_MAX);
    publish_root(forge, &text);
    publish_targets(forge, &text, "targets", &roles[METADATA_TARGETS], forge->targets);
    for (unsigned i = 0; i < forge->delegation_count; i++)
        publish_targets(forge, &text, forge->delegations[i].name, &forge->delegations[i].role,
                        forge->delegations[i].targets);
    append_head(forge, &text, "snapshot", &roles[METADATA_SNAPSHOT]);
    buffer_append_text(&text, "\"meta\":{");
    append_meta(forge, &text, "targets", roles[METADATA_TARGETS].version, NULL);
    for (unsigned i = 0; i < forge->delegation_count; i++) {
        const struct forge_delegation *one = &forge->delegations[i];
        if (one->unlisted)
            continue;
        buffer_append_text(&text, ",");
        append_meta(forge, &text, one->name, one->role.version, one);
    }
    buffer_append_text(&text, "}}");
    publish(forge, "snapshot", forge->plain ? 0 : roles[METADATA_SNAPSHOT].version, &text,
            roles[METADATA_SNAPSHOT].signers);
    append_head(forge, &text, "timestamp", &roles[METADATA_TIMESTAMP]);
    buffer_append_text(&text, "\"meta\":{");
    append_meta(forge, &text, "snapshot", roles[METADATA_SNAPSHOT].version, NULL);
    buffer_append_text(&text, "}}");
    publish(forge, "timestamp", 0, &text, roles[METADATA_TIMESTAMP].signers);
    buffer_done(&text);
}

struct forge_delegation *forge_delegate(struct forge *forge, const char *by, const char *name,
                                        const char *scope, const char *targets) {
    assert_true(forge->delegation_count < FORGE_DELEGATIONS);
    struct forge_delegation *one = &forge->delegations[forge->delegation_count++];
    *one = (struct forge_delegation){
        .role = {1, EXPIRES, 1u << 4, 1u << 4, 1},
        .name = name,
        .by = by,
        .scope = scope,
        .targets = targets ? targets : APP_TARGETS,
    };
    return one;
}

static enum status forge_fetch(void *context, const char *path, size_t length_max,
                               struct buffer *to, struct refusal *refusal) {
    struct forge *forge = context;
    forge->fetches++;
    for (unsigned i = 0; i < forge->file_count; i++) {
        const struct buffer *bytes = &forge->files[i].bytes;
        if (strcmp(forge->files[i].name, path) != 0)
            continue;
        if (bytes->size > length_max)
            return refusal_set(refusal, REFUSAL_LENGTH, "%s is too long", path);
        buffer_append_slice(to, buffer_slice(bytes));
        return STATUS_OK;
    }
    return refusal_set(refusal, REFUSAL_MISSING, "there is no %s", path);
}

struct client *forge_open(struct forge *forge, int64_t now_ns) {
    const struct client_options options = {
        .directory = forge->directory,
        .source = {forge, forge_fetch},
        .limits = forge->limits,
        .now_ns = now_ns,
    };
    struct client *client = client_new(&options);
    if (client_refresh(client, &forge->refusal) == STATUS_OK)
        return client;
    client_free(client);
    return NULL;
}

bool forge_client(struct forge *forge, const char *path, int64_t now_ns) {
    struct client_target target;
    struct client *client = forge_open(forge, now_ns);
    bool fine = client && (!path || client_find(client, slice_of_string(path), &target,
                                                &forge->refusal) == STATUS_OK);
    client_free(client);
    return fine;
}

void forge_expect(struct forge *forge, const char *path) {
    if (!forge_client(forge, path, FORGE_NOW_NS))
        fail_msg("refused: %s", forge->refusal.problem.text);
}

void forge_refuse(struct forge *forge, const char *path, enum refusal_reason reason) {
    assert_false(forge_client(forge, path, FORGE_NOW_NS));
    if (forge->refusal.reason != reason)
        fail_msg("%s, not %s: %s", refusal_word(forge->refusal.reason), refusal_word(reason),
                 forge->refusal.problem.text);
}

int64_t forge_kept(const struct forge *forge, const char *role) {
    struct buffer bytes;
    struct canonical_document document;
    int64_t version = 0;
    buffer_init(&bytes, TEXT_MAX + DURABLE_READ_BYTES);
    canonical_init(&document);
    if (store_read(forge->directory, slice_of_string(role), &bytes, NULL) == STATUS_OK &&
        canonical_read(&document, buffer_slice(&bytes), 0, NULL) == STATUS_OK)
        canonical_integer(
            &document,
            canonical_find(&document,
                           canonical_find(&document, canonical_root(&document), "signed"),
                           "version"),
            &version);
    canonical_done(&document);
    buffer_done(&bytes);
    return version;
}
