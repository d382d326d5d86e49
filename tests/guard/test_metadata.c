// The schema of TUF metadata, checked before any signature
// SPDX-License-Identifier: Apache-2.0
#include "guard/metadata.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HASH "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define KEY "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" HASH "\"}}"
#define HEAD(type)                                                                                 \
    "{\"_type\":\"" type "\",\"spec_version\":\"1.0.31\",\"version\":3,"                           \
    "\"expires\":\"2030-01-01T00:00:00Z\","
#define ROLE "{\"keyids\":[\"k\"],\"threshold\":1}"
#define ROLES                                                                                      \
    "\"roles\":{\"root\":" ROLE ",\"timestamp\":" ROLE ",\"snapshot\":" ROLE ",\"targets\":" ROLE  \
    "}"
#define ROOT HEAD("root") "\"consistent_snapshot\":true,\"keys\":{\"k\":" KEY "}," ROLES "}"
#define TIMESTAMP HEAD("timestamp") "\"meta\":{\"snapshot.json\":{\"version\":7}}}"
#define SNAPSHOT                                                                                   \
    HEAD("snapshot")                                                                               \
    "\"meta\":{\"targets.json\":{\"version\":2,\"length\":10},\"a.json\":{\"version\":1,"          \
    "\"hashes\":{\"sha256\":\"" HASH "\"}}}}"
#define TARGET "{\"length\":5,\"hashes\":{\"sha256\":\"" HASH "\"},\"custom\":{\"b\":2,\"a\":1}}"
#define DELEGATION                                                                                 \
    "{\"name\":\"team\",\"keyids\":[\"k\"],\"threshold\":1,\"terminating\":false,"                 \
    "\"paths\":[\"*\"]}"
#define TARGETS                                                                                    \
    HEAD("targets")                                                                                \
    "\"targets\":{\"z.msi\":" TARGET ",\"a.msi\":" TARGET                                          \
    "},\"delegations\":{\"keys\":{\"k\":" KEY "},\"roles\":[" DELEGATION "]}}"

static const struct {
    enum metadata_type type;
    const char *text;
} sound[] = {
    {METADATA_ROOT, ROOT},
    {METADATA_TIMESTAMP, TIMESTAMP},
    {METADATA_SNAPSHOT, SNAPSHOT},
    {METADATA_TARGETS, TARGETS},
};

static enum status read_signed(enum metadata_type type, const char *text, const char *signatures,
                               struct metadata **ret_metadata) {
    struct buffer bytes;
    struct refusal refusal = {0};
    buffer_init(&bytes, 1 << 20);
    buffer_append_format(&bytes, "{\"signatures\":%s,\"signed\":%s}", signatures, text);
    enum status status = metadata_read(buffer_slice(&bytes), type, 0, ret_metadata, &refusal);
    assert_true(status == STATUS_OK ||
                (refusal.reason == REFUSAL_FORMAT && refusal.problem.text[0]));
    buffer_done(&bytes);
    return status;
}

// The sound text with the first `old` in it turned into `new` must be refused.
static void refuse(enum metadata_type type, const char *old, const char *new) {
    const char *text = sound[type].text, *at = strstr(text, old);
    struct metadata *metadata;
    assert_non_null(at);
    struct buffer changed;
    buffer_init(&changed, 1 << 20);
    buffer_append(&changed, text, (size_t)(at - text));
    buffer_append_text(&changed, new);
    buffer_append(&changed, at + strlen(old), strlen(at + strlen(old)) + 1);
    if (read_signed(type, (const char *)changed.data, "[]", &metadata) == STATUS_OK)
        fail_msg("taken: %s", (const char *)changed.data);
    buffer_done(&changed);
}

static void reads_all_types(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sound); i++) {
        struct metadata *metadata = NULL;
        assert_int_equal(read_signed(sound[i].type, sound[i].text, "[]", &metadata), STATUS_OK);
        assert_int_equal(metadata->version, 3);
        metadata_free(metadata);
    }
}

static void finds_files_in_any_order(void **state) {
    (void)state;
    struct metadata *metadata = NULL;
    struct metadata_file file;
    assert_int_equal(read_signed(METADATA_TARGETS, TARGETS, "[]", &metadata), STATUS_OK);
    assert_int_equal(metadata->entry_count, 2);
    const struct metadata_entry *entry = metadata_find(metadata, SLICE("a.msi"));
    assert_non_null(entry);
    metadata_entry_read(metadata, entry, &file);
    assert_int_equal(file.length, 5);
    assert_int_equal(file.kinds, 1u << DIGEST_SHA256);
    assert_int_equal(file.sha256[0], 0x2c);
    assert_true(slice_equal(file.custom, SLICE("{\"a\":1,\"b\":2}")));
    assert_null(metadata_find(metadata, SLICE("a.ms")));
    assert_null(metadata_find(metadata, SLICE("zz")));
    assert_int_equal(metadata->delegation_count, 1);
    metadata_free(metadata);
}

// One place of a good document each, and what stands there instead.
static const struct {
    enum metadata_type type;
    const char *old, *new;
} BROKEN[] = {
    {METADATA_ROOT, "\"_type\":\"root\"", "\"_type\":\"targets\""},
    {METADATA_ROOT, "\"_type\":\"root\",", ""},
    {METADATA_ROOT, "1.0.31", "2.0"},
    {METADATA_ROOT, "1.0.31", "1"},
    {METADATA_ROOT, "1.0.31", "1.x"},
    {METADATA_ROOT, "\"1.0.31\"", "1"},
    {METADATA_ROOT, "\"version\":3", "\"version\":0"},
    {METADATA_ROOT, "\"version\":3", "\"version\":-3"},
    {METADATA_ROOT, "\"version\":3", "\"version\":\"3\""},
    {METADATA_ROOT, "\"version\":3,", ""},
    {METADATA_ROOT, "2030-01-01T00:00:00Z", "2030-01-01T00:00:00+00:00"},
    {METADATA_ROOT, "2030-01-01T00:00:00Z", "2030-13-01T00:00:00Z"},
    {METADATA_ROOT, "2030-01-01T00:00:00Z", "2030-01-01T00:00:00.5Z"},
    {METADATA_ROOT, "2030-01-01T00:00:00Z", "never"},
    {METADATA_ROOT, "\"consistent_snapshot\":true", "\"consistent_snapshot\":1"},
    {METADATA_ROOT, "\"keytype\":\"ed25519\",", ""},
    {METADATA_ROOT, "\"timestamp\":" ROLE ",", ""},
    {METADATA_ROOT, "[\"k\"]", "[\"k\",\"k\"]"},
    {METADATA_ROOT, "[\"k\"]", "[1]"},
    {METADATA_ROOT, "[\"k\"]", "\"k\""},
    {METADATA_ROOT, "\"threshold\":1", "\"threshold\":0"},
    {METADATA_ROOT, "\"threshold\":1", "\"threshold\":4294967296"},
    {METADATA_ROOT, "\"threshold\":1", "\"threshold\":true"},
    {METADATA_ROOT, ROLES, "\"roles\":[]"},
    {METADATA_TIMESTAMP, "snapshot.json", "other.json"},
    {METADATA_TIMESTAMP, "\"version\":7", "\"version\":0"},
    {METADATA_TIMESTAMP, "\"version\":7", "\"length\":7"},
    {METADATA_TIMESTAMP, "\"meta\":{", "\"meta\":[],\"x\":{"},
    {METADATA_SNAPSHOT, "\"length\":10", "\"length\":-1"},
    {METADATA_SNAPSHOT, "\"length\":10", "\"length\":\"10\""},
    {METADATA_SNAPSHOT, "2cf24d", "2CF24D"},
    {METADATA_SNAPSHOT, "2cf24d", "2cf24"},
    {METADATA_SNAPSHOT, "{\"sha256\":\"" HASH "\"}", "{}"},
    {METADATA_TARGETS, "\"length\":5,", ""},
    {METADATA_TARGETS, "\"length\":5", "\"length\":null"},
    {METADATA_TARGETS, "\"hashes\"", "\"hash\""},
    {METADATA_TARGETS, "\"custom\":{\"b\":2,\"a\":1}", "\"custom\":1"},
    {METADATA_TARGETS, TARGET, "[]"},
    {METADATA_TARGETS, "\"name\":\"team\"", "\"name\":\"\""},
    {METADATA_TARGETS, "\"name\":\"team\"", "\"name\":\"targets\""},
    {METADATA_TARGETS, "\"name\":\"team\"", "\"name\":\"root\""},
    {METADATA_TARGETS, "\"terminating\":false,", ""},
    {METADATA_TARGETS, "\"paths\":[\"*\"]", "\"paths\":[1]"},
    {METADATA_TARGETS, "\"paths\":[\"*\"]", "\"path\":[\"*\"]"},
    {METADATA_TARGETS, "\"paths\"", "\"path_hash_prefixes\":[\"a\"],\"paths\""},
    {METADATA_TARGETS, "[" DELEGATION "]", "[" DELEGATION "," DELEGATION "]"},
    {METADATA_TARGETS, "[" DELEGATION "]", "{}"},
    {METADATA_TARGETS, "\"roles\":[" DELEGATION "]", "\"nothing\":1"},
    {METADATA_TARGETS, "\"roles\":[" DELEGATION "]",
     "\"succinct_roles\":{\"keyids\":[\"k\"],\"threshold\":1,\"bit_length\":33,"
     "\"name_prefix\":\"x\"}"},
    {METADATA_TARGETS, "\"roles\":[" DELEGATION "]",
     "\"succinct_roles\":{\"keyids\":[\"k\"],\"threshold\":1,\"bit_length\":0,"
     "\"name_prefix\":\"x\"}"},
};

// Attack 12: well-formed JSON that is no metadata must end in an error, whoever signed it.
static void refuses_what_is_no_metadata(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(BROKEN); i++)
        refuse(BROKEN[i].type, BROKEN[i].old, BROKEN[i].new);
    struct metadata *metadata;
    static const char *const signatures[] = {
        "{}",
        "[1]",
        "[{\"keyid\":\"k\"}]",
        "[{\"keyid\":\"k\",\"sig\":\"\"},{\"keyid\":\"k\",\"sig\":\"\"}]",
    };
    for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
        assert_int_not_equal(read_signed(METADATA_ROOT, ROOT, signatures[i], &metadata), STATUS_OK);
    assert_int_not_equal(read_signed(METADATA_ROOT, "[]", "[]", &metadata), STATUS_OK);
    // As long as one is, not the other.
    assert_int_not_equal(read_signed(METADATA_SNAPSHOT, TIMESTAMP, "[]", &metadata), STATUS_OK);
}

static void leaves_what_it_does_not_know(void **state) {
    (void)state;
    struct metadata *metadata = NULL;
    // An unknown keytype, unknown fields, an unknown hash beside a known one.
    assert_int_equal(read_signed(METADATA_ROOT,
                                 HEAD("root") "\"new\":[1,{}],\"keys\":{\"k\":" KEY
                                              ",\"n\":{\"keytype\":\"x\","
                                              "\"scheme\":\"y\",\"keyval\":{}}}," ROLES "}",
                                 "[{\"keyid\":\"?\",\"sig\":\"?\",\"more\":1}]", &metadata),
                     STATUS_OK);
    assert_int_equal(metadata->key_count, 2);
    assert_false(metadata->keys[1].usable);
    assert_false(metadata->consistent_snapshot);
    struct slice bytes = canonical_bytes(&metadata->document, metadata->signed_part);
    assert_non_null(memmem(bytes.data, bytes.size, "\"new\":[1,{}]", 12));
    metadata_free(metadata);
}

static void checks_length_and_hashes(void **state) {
    (void)state;
    struct metadata_file file = {.length = 5, .kinds = 1u << DIGEST_SHA256, .hashed = true};
    struct refusal refusal;
    digest_sha256(SLICE("hello"), file.sha256);
    assert_int_equal(metadata_file_check(&file, "f", SLICE("hello"), &refusal), STATUS_OK);
    assert_int_not_equal(metadata_file_check(&file, "f", SLICE("hullo"), &refusal), STATUS_OK);
    assert_int_equal(refusal.reason, REFUSAL_HASH_MISMATCH);
    assert_int_not_equal(metadata_file_check(&file, "f", SLICE("hello "), &refusal), STATUS_OK);
    assert_int_equal(refusal.reason, REFUSAL_LENGTH);
    // Both hashes count when both are there.
    file.kinds |= 1u << DIGEST_SHA512;
    assert_int_not_equal(metadata_file_check(&file, "f", SLICE("hello"), &refusal), STATUS_OK);
}

static void needs_a_hash_that_is_known(void **state) {
    (void)state;
    const struct metadata_file file = {.length = 5, .hashed = true};
    struct refusal refusal;
    assert_int_not_equal(metadata_file_check(&file, "f", SLICE("hello"), &refusal), STATUS_OK);
    assert_int_equal(refusal.reason, REFUSAL_HASH_MISMATCH);
}

static void takes_dates_beyond_the_clock(void **state) {
    (void)state;
    struct metadata *metadata = NULL;
    assert_int_equal(read_signed(METADATA_TIMESTAMP,
                                 "{\"_type\":\"timestamp\",\"spec_version\":\"1.0\",\"version\":1,"
                                 "\"expires\":\"9999-12-31T23:59:59Z\",\"meta\":{"
                                 "\"snapshot.json\":{\"version\":1}}}",
                                 "[]", &metadata),
                     STATUS_OK);
    assert_int_equal(metadata->expires_ns, INT64_MAX);
    metadata_free(metadata);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_types),
        cmocka_unit_test(finds_files_in_any_order),
        cmocka_unit_test(refuses_what_is_no_metadata),
        cmocka_unit_test(leaves_what_it_does_not_know),
        cmocka_unit_test(checks_length_and_hashes),
        cmocka_unit_test(needs_a_hash_that_is_known),
        cmocka_unit_test(takes_dates_beyond_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
