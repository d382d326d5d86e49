// Attacks on a client of signed metadata
// SPDX-License-Identifier: Apache-2.0
//
// Numbers are those of the attacks in docs/guard.md.
#include "forge.h"

#include "guard/metadata_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define PAST "2026-11-22T11:59:59Z"
#define ALL "\"paths\":[\"*\"]"
#define NOTHING "{}"

static void finds_a_target(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge_expect(&forge, "app.msi");
    assert_int_equal(forge_kept(&forge, "targets"), 1);
    forge_refuse(&forge, "other.msi", REFUSAL_UNLISTED);
    forge_refuse(&forge, "App.msi", REFUSAL_UNLISTED);
    forge_refuse(&forge, "app.ms", REFUSAL_UNLISTED);
    forge_done(&forge);
}

static void keeps_bytes_as_received(void **state) {
    (void)state;
    struct forge forge;
    struct buffer kept;
    forge_init(&forge);
    forge_expect(&forge, NULL);
    buffer_init(&kept, 1 << 20);
    assert_int_equal(store_read(forge.directory, SLICE("timestamp"), &kept, NULL), STATUS_OK);
    assert_true(
        slice_equal(buffer_slice(&kept), buffer_slice(forge_file(&forge, "timestamp.json"))));
    buffer_done(&kept);
    forge_done(&forge);
}

static void asks_for_nothing_twice(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge_expect(&forge, "app.msi");
    forge.fetches = 0;
    forge_expect(&forge, "app.msi");
    assert_int_equal(forge.fetches, 2); // 2.root.json, timestamp.json
    forge_done(&forge);
}

static void works_without_consistent_snapshots(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.plain = true;
    forge.roles[METADATA_ROOT].version = 2;
    forge_delegate(&forge, "targets", "team", ALL, NULL);
    forge.targets = NOTHING;
    forge_publish(&forge);
    forge_remove(&forge, "1.snapshot.json");
    forge_remove(&forge, "1.targets.json");
    forge_expect(&forge, "app.msi");
    forge_done(&forge);
}

// 3.
static void refuses_metadata_above_its_ceiling(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    struct buffer *timestamp = forge_file(&forge, "timestamp.json");
    for (int i = 0; i < 16384; i++)
        buffer_append_byte(timestamp, ' ');
    forge_refuse(&forge, NULL, REFUSAL_LENGTH);
    forge_publish(&forge);
    buffer_append_byte(forge_file(&forge, "1.targets.json"), ' ');
    forge_refuse(&forge, NULL, REFUSAL_LENGTH);
    assert_int_equal(forge_kept(&forge, "targets"), 0);
    forge_done(&forge);
}

// 4.
static void refuses_versions_that_go_back(void **state) {
    (void)state;
    static const enum metadata_type types[] = {METADATA_TIMESTAMP, METADATA_SNAPSHOT,
                                               METADATA_TARGETS};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct forge forge;
        forge_init(&forge);
        for (unsigned type = METADATA_TIMESTAMP; type < METADATA_TYPE_COUNT; type++)
            forge.roles[type].version = 5;
        forge_publish(&forge);
        forge_expect(&forge, NULL);
        // Everything goes on but one.
        for (unsigned type = METADATA_TIMESTAMP; type < METADATA_TYPE_COUNT; type++)
            forge.roles[type].version = type == types[i] ? 4 : 6;
        forge_publish(&forge);
        forge_refuse(&forge, NULL, REFUSAL_ROLLBACK);
        assert_int_equal(forge_kept(&forge, metadata_type_name(types[i])), 5);
        forge_done(&forge);
    }
}

static void refuses_a_delegation_that_goes_back_or_away(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    struct forge_delegation *team = forge_delegate(&forge, "targets", "team", ALL, NULL);
    forge.targets = NOTHING;
    team->role.version = 3;
    forge_publish(&forge);
    forge_expect(&forge, "app.msi");
    team->role.version = 2;
    forge.roles[METADATA_TIMESTAMP].version = forge.roles[METADATA_SNAPSHOT].version = 2;
    forge_publish(&forge);
    forge_refuse(&forge, "app.msi", REFUSAL_ROLLBACK);
    team->unlisted = true;
    forge.roles[METADATA_TIMESTAMP].version = forge.roles[METADATA_SNAPSHOT].version = 3;
    forge_publish(&forge);
    forge_refuse(&forge, NULL, REFUSAL_ROLLBACK);
    forge_done(&forge);
}

// 5: what was refused must not stand in the way of what is good.
static void recovers_after_a_refused_snapshot(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.roles[METADATA_TARGETS].version = 5;
    forge_publish(&forge);
    forge_expect(&forge, NULL);
    forge.roles[METADATA_TARGETS].version = 4;
    forge.roles[METADATA_SNAPSHOT].version = forge.roles[METADATA_TIMESTAMP].version = 2;
    forge_publish(&forge);
    forge_refuse(&forge, NULL, REFUSAL_ROLLBACK);
    assert_int_equal(forge_kept(&forge, "snapshot"), 1);
    forge.roles[METADATA_TARGETS].version = 6;
    forge.roles[METADATA_SNAPSHOT].version = forge.roles[METADATA_TIMESTAMP].version = 3;
    forge_publish(&forge);
    forge_expect(&forge, "app.msi");
    assert_int_equal(forge_kept(&forge, "snapshot"), 3);
    forge_done(&forge);
}

// 6.
static void refuses_each_role_that_expired(void **state) {
    (void)state;
    for (unsigned type = 0; type < METADATA_TYPE_COUNT; type++) {
        struct forge forge;
        forge_init(&forge);
        forge_expect(&forge, NULL);
        for (unsigned other = 0; other < METADATA_TYPE_COUNT; other++)
            forge.roles[other].version = 2;
        forge.roles[type].expires = PAST;
        forge_publish(&forge);
        forge_refuse(&forge, NULL, REFUSAL_EXPIRED);
        // A root is kept all the same, or nobody could ever follow its successors.
        assert_int_equal(forge_kept(&forge, metadata_type_name((enum metadata_type)type)),
                         type == METADATA_ROOT ? 2 : 1);
        forge_done(&forge);
    }
}

static void refuses_an_expired_delegation(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge_delegate(&forge, "targets", "team", ALL, NULL)->role.expires = PAST;
    forge.targets = NOTHING;
    forge_publish(&forge);
    forge_refuse(&forge, "app.msi", REFUSAL_EXPIRED);
    assert_int_equal(forge_kept(&forge, "team"), 0);
    forge_done(&forge);
}

// Expired at its very second, and kept metadata like any other.
static void refuses_kept_metadata_that_expired(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.roles[METADATA_TIMESTAMP].expires = "2026-11-22T13:00:00Z";
    forge_publish(&forge);
    forge_expect(&forge, NULL);
    const int64_t hour_ns = INT64_C(3600000000000);
    assert_true(forge_client(&forge, NULL, FORGE_NOW_NS + hour_ns - 1));
    assert_false(forge_client(&forge, NULL, FORGE_NOW_NS + hour_ns));
    assert_int_equal(forge.refusal.reason, REFUSAL_EXPIRED);
    forge_done(&forge);
}

static void notices_a_clock_set_back(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    const int64_t day_ns = INT64_C(86400000000000);
    assert_true(forge_client(&forge, NULL, FORGE_NOW_NS));
    assert_false(forge_client(&forge, NULL, FORGE_NOW_NS - day_ns));
    assert_int_equal(forge.refusal.reason, REFUSAL_ROLLBACK);
    // A clock that was put right by a minute is no attack.
    assert_true(forge_client(&forge, NULL, FORGE_NOW_NS - INT64_C(60000000000)));
    forge_done(&forge);
}

// 7.
static void refuses_other_files_than_the_snapshot_names(void **state) {
    (void)state;
    for (int lie = 0; lie < 4; lie++) {
        struct forge forge;
        forge_init(&forge);
        struct forge_delegation *team = forge_delegate(&forge, "targets", "team", ALL, NULL);
        forge.targets = NOTHING;
        team->wrong_hash = lie == 0;
        team->claimed_length = lie == 1 ? 100000 : lie == 2 ? 100 : 0;
        forge_publish(&forge);
        if (lie == 3) { // a version that was signed, under another one's name
            struct buffer *file = forge_file(&forge, "2.team.json");
            team->claimed_version = 2;
            forge_publish(&forge);
            buffer_append_slice(file, buffer_slice(forge_file(&forge, "1.team.json")));
        }
        forge_refuse(&forge, "app.msi",
                     lie == 0   ? REFUSAL_HASH_MISMATCH
                     : lie == 3 ? REFUSAL_ROLLBACK
                                : REFUSAL_LENGTH);
        assert_int_equal(forge_kept(&forge, "team"), 0);
        forge_done(&forge);
    }
}

static void refuses_a_snapshot_the_timestamp_does_not_name(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    struct buffer old = {0};
    buffer_init(&old, 1 << 20);
    buffer_append_slice(&old, buffer_slice(forge_file(&forge, "1.snapshot.json")));
    forge.roles[METADATA_SNAPSHOT].version = forge.roles[METADATA_TIMESTAMP].version = 2;
    forge_publish(&forge);
    struct buffer *file = forge_file(&forge, "2.snapshot.json");
    buffer_reset(file);
    buffer_append_slice(file, buffer_slice(&old));
    forge_refuse(&forge, NULL, REFUSAL_HASH_MISMATCH);
    buffer_done(&old);
    forge_done(&forge);
}

// 8: thieves of the timestamp's or snapshot's key drove versions up; the owners change the key.
static void leaves_stolen_versions_behind(void **state) {
    (void)state;
    static const enum metadata_type types[] = {METADATA_TIMESTAMP, METADATA_SNAPSHOT};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        struct forge forge;
        forge_init(&forge);
        forge.roles[METADATA_TIMESTAMP].version = forge.roles[METADATA_SNAPSHOT].version = 99999;
        forge_publish(&forge);
        forge_expect(&forge, NULL);
        forge.roles[METADATA_TIMESTAMP].version = forge.roles[METADATA_SNAPSHOT].version = 2;
        forge_publish(&forge);
        forge_refuse(&forge, NULL, REFUSAL_ROLLBACK);
        forge.roles[types[i]].keys = forge.roles[types[i]].signers = 1u << 5;
        forge.roles[METADATA_ROOT].version = 2;
        forge_publish(&forge);
        forge_expect(&forge, "app.msi");
        assert_int_equal(forge_kept(&forge, "snapshot"), 2);
        forge_done(&forge);
    }
}

// 9.
static void refuses_one_signature_too_few(void **state) {
    (void)state;
    for (unsigned type = METADATA_TIMESTAMP; type < METADATA_TYPE_COUNT; type++) {
        struct forge forge;
        forge_init(&forge);
        forge.roles[METADATA_ROOT].version = 2;
        forge.roles[type].keys = 7u << 4;
        forge.roles[type].threshold = 2;
        forge.roles[type].signers = 1u << 4 | 1u; // one of its own, one of others
        forge_publish(&forge);
        forge_refuse(&forge, NULL, REFUSAL_THRESHOLD);
        forge.roles[type].signers = 1u << 4 | 1u << 6;
        forge.roles[METADATA_TIMESTAMP].version = forge.roles[METADATA_SNAPSHOT].version = 2;
        forge_publish(&forge);
        forge_expect(&forge, "app.msi");
        forge_done(&forge);
    }
}

static void counts_a_key_under_two_keyids_once(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    // Keys 5 and 6 become the same key under two keyids, both of which sign.
    struct problem problem;
    struct buffer pem;
    buffer_init(&pem, 8192);
    assert_int_equal(secret_key_write(&forge.keys[5], SLICE(""), &pem, &problem), STATUS_OK);
    secret_key_done(&forge.keys[6]);
    assert_int_equal(secret_key_read(buffer_slice(&pem), SLICE(""), &forge.keys[6], &problem),
                     STATUS_OK);
    buffer_done(&pem);
    buffer_reset(&forge.publics[6]);
    buffer_append_slice(&forge.publics[6], buffer_slice(&forge.publics[5]));
    forge.roles[METADATA_ROOT].version = 2;
    forge.roles[METADATA_TARGETS] =
        (struct forge_role){1, "2030-01-01T00:00:00Z", 3u << 5, 3u << 5, 2};
    forge_publish(&forge);
    forge_refuse(&forge, NULL, REFUSAL_THRESHOLD);
    forge_done(&forge);
}

// 10.
static void refuses_thresholds_that_ask_for_nothing(void **state) {
    (void)state;
    static const int64_t thresholds[] = {0, -1, INT64_MIN};
    for (size_t i = 0; i < ARRAY_SIZE(thresholds); i++) {
        struct forge forge;
        forge_init(&forge);
        forge.roles[METADATA_ROOT].version = 2;
        forge.roles[METADATA_TARGETS].threshold = thresholds[i];
        forge.roles[METADATA_TARGETS].signers = 0;
        forge_publish(&forge);
        forge_refuse(&forge, NULL, REFUSAL_FORMAT);
        assert_int_equal(forge_kept(&forge, "root"), 1);
        forge_done(&forge);
        forge_init(&forge);
        struct forge_delegation *team = forge_delegate(&forge, "targets", "team", ALL, NULL);
        team->role.threshold = thresholds[i];
        team->role.signers = 0;
        forge.targets = NOTHING;
        forge_publish(&forge);
        forge_refuse(&forge, "app.msi", REFUSAL_FORMAT);
        forge_done(&forge);
    }
}

static void trusts_nothing_below_a_threshold_that_cannot_be_met(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.roles[METADATA_ROOT].version = 2;
    forge.roles[METADATA_TARGETS].threshold = 2;
    forge_publish(&forge);
    forge_refuse(&forge, NULL, REFUSAL_THRESHOLD);
    forge_done(&forge);
}

// 11.
static void follows_roots_one_by_one(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.roles[METADATA_ROOT].version = 3; // under the name of 2
    forge_publish(&forge);
    struct buffer *skipped = forge_file(&forge, "2.root.json");
    buffer_append_slice(skipped, buffer_slice(forge_file(&forge, "3.root.json")));
    forge_refuse(&forge, NULL, REFUSAL_ROLLBACK);
    assert_int_equal(forge_kept(&forge, "root"), 1);
    forge_done(&forge);
}

static void needs_both_old_and_new_keys_of_root(void **state) {
    (void)state;
    static const unsigned signers[] = {1u << 5, 1u << 0, 1u << 5 | 1u << 0};
    for (size_t i = 0; i < ARRAY_SIZE(signers); i++) {
        struct forge forge;
        forge_init(&forge);
        forge.roles[METADATA_ROOT] =
            (struct forge_role){2, "2030-01-01T00:00:00Z", 1u << 5, signers[i], 1};
        forge_publish(&forge);
        if (i < 2)
            forge_refuse(&forge, NULL, REFUSAL_THRESHOLD);
        else
            forge_expect(&forge, NULL);
        assert_int_equal(forge_kept(&forge, "root"), i < 2 ? 1 : 2);
        forge_done(&forge);
    }
}

static void stops_after_so_many_roots(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    for (int version = 2; version <= 8; version++) {
        forge.roles[METADATA_ROOT].version = version;
        forge_publish(&forge);
    }
    forge.limits.root_rotations_max = 3;
    forge_expect(&forge, NULL);
    assert_int_equal(forge_kept(&forge, "root"), 4);
    forge.limits.root_rotations_max = 0;
    forge_expect(&forge, NULL);
    assert_int_equal(forge_kept(&forge, "root"), 8);
    forge_done(&forge);
}

// 13.
static void verifies_a_role_against_each_delegator(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.targets = NOTHING;
    forge_delegate(&forge, "targets", "a", "\"paths\":[\"a/*\"]", NOTHING);
    forge_delegate(&forge, "targets", "b", "\"paths\":[\"b/*\"]", NOTHING);
    forge_delegate(&forge, "a", "shared", "\"paths\":[\"a/*\"]",
                   "{\"a/x\":{\"length\":1,\"hashes\":{\"other\":\"00\"}},"
                   "\"b/x\":{\"length\":1,\"hashes\":{\"other\":\"00\"}}}");
    // b trusts key 5 for the role of the same name; key 4 alone signed it.
    forge_delegate(&forge, "b", "shared", "\"paths\":[\"b/*\"]",
                   "{\"a/x\":{\"length\":1,\"hashes\":{\"other\":\"00\"}},"
                   "\"b/x\":{\"length\":1,\"hashes\":{\"other\":\"00\"}}}")
        ->role.keys = 1u << 5;
    forge.delegations[3].unlisted = true; // once is enough
    forge_publish(&forge);
    // In one client, so that the role is loaded already when b is asked.
    struct client *client = forge_open(&forge, FORGE_NOW_NS);
    struct client_target target;
    assert_int_equal(client_find(client, SLICE("a/x"), &target, &forge.refusal), STATUS_OK);
    assert_int_not_equal(client_find(client, SLICE("b/x"), &target, &forge.refusal), STATUS_OK);
    assert_int_equal(forge.refusal.reason, REFUSAL_THRESHOLD);
    client_free(client);
    // And in another one, with the role kept on disk.
    forge_refuse(&forge, "b/x", REFUSAL_THRESHOLD);
    forge_done(&forge);
}

// 14.
static void ends_at_a_terminating_delegation(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.targets = NOTHING;
    forge_delegate(&forge, "targets", "first", ALL, NOTHING)->terminating = true;
    forge_delegate(&forge, "targets", "second", ALL, NULL);
    forge_publish(&forge);
    forge_refuse(&forge, "app.msi", REFUSAL_UNLISTED);
    assert_int_equal(forge_kept(&forge, "second"), 0);
    forge_done(&forge);
}

static void asks_delegations_in_order(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge.targets = NOTHING;
    forge_delegate(&forge, "targets", "first", ALL, NOTHING);
    forge_delegate(&forge, "first", "below", ALL,
                   "{\"below.msi\":{\"length\":1,\"hashes\":{\"other\":\"00\"}}}");
    forge_delegate(&forge, "targets", "second", ALL, NULL);
    forge_delegate(&forge, "below", "first", ALL, NOTHING)->unlisted = true; // a circle
    forge_publish(&forge);
    forge_expect(&forge, "below.msi");
    assert_int_equal(forge_kept(&forge, "below"), 1);
    assert_int_equal(forge_kept(&forge, "second"), 0);
    forge_expect(&forge, "app.msi");
    forge_done(&forge);
}

// "path role", one a line, as they come; lacking roles as "- role".
static enum status list_take(void *context, const struct client_target *target,
                             struct refusal *refusal) {
    (void)refusal;
    buffer_append_slice(context, target->path);
    buffer_append_byte(context, ' ');
    buffer_append_slice(context, target->role);
    buffer_append_byte(context, '\n');
    return STATUS_OK;
}

static void list_lacking(void *context, struct slice role, const struct refusal *why) {
    assert_true(why->problem.text[0]);
    buffer_append_text(context, "- ");
    buffer_append_slice(context, role);
    buffer_append_byte(context, '\n');
}

// What a client that fetches nothing lists, out of the directory of the forge's.
static void expect_list(const struct forge *forge, const char *expected) {
    struct client_options options = {.directory = forge->directory, .now_ns = FORGE_NOW_NS};
    struct client *client = client_new(&options);
    struct refusal refusal;
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    const struct client_listing listing = {&text, list_take, list_lacking};
    assert_int_equal(client_open_kept(client, &refusal), STATUS_OK);
    assert_int_equal(client_list(client, &listing, &refusal), STATUS_OK);
    buffer_append_byte(&text, '\0');
    assert_string_equal((const char *)text.data, expected);
    buffer_done(&text);
    client_free(client);
}

static void lists_what_it_would_find(void **state) {
    (void)state;
    struct forge forge;
#define ONE(path) "\"" path "\":{\"length\":1,\"hashes\":{\"other\":\"00\"}}"
    forge_init(&forge);
    forge.targets = "{" ONE("top.msi") "}";
    forge_delegate(&forge, "targets", "first", "\"paths\":[\"a/*\"]",
                   "{" ONE("a/one") "," ONE("b/not-asked-for") "," ONE("top.msi") "}");
    forge_delegate(&forge, "first", "below", "\"paths\":[\"a/b*\",\"b/*\"]",
                   "{" ONE("a/one") "," ONE("a/below") "," ONE("b/out-of-reach") "}");
    forge_delegate(&forge, "targets", "second", "\"paths\":[\"*/*\"]",
                   "{" ONE("a/one") "," ONE("b/two") "}");
    forge_publish(&forge);
    forge_expect(&forge, "top.msi");
    expect_list(&forge, "- first\n- second\ntop.msi targets\n");
    forge_expect(&forge, "b/two");
    // A path that a role which is not known may list, too, is not told.
    expect_list(&forge, "- first\ntop.msi targets\nb/two second\n");
    forge_expect(&forge, "a/below");
    expect_list(&forge, "top.msi targets\na/one first\nb/two second\na/below below\n");
    forge_done(&forge);
    forge_init(&forge);
    uint8_t digest[DIGEST_SHA256_SIZE];
    char name[16];
    digest_sha256(SLICE("app.msi"), digest);
    snprintf(name, sizeof name, "bin-%x", digest[0] >> 7);
    forge.targets = NOTHING;
    forge.bins = "\"bit_length\":1,\"name_prefix\":\"bin\"";
    forge_delegate(&forge, "targets", name, ALL, NULL);
    forge_publish(&forge);
    forge_expect(&forge, "app.msi");
    expect_list(&forge, digest[0] >> 7 ? "- bin-0\napp.msi bin-1\n" : "- bin-1\napp.msi bin-0\n");
    forge_done(&forge);
#undef ONE
}

static void looks_into_so_many_roles(void **state) {
    (void)state;
    struct forge forge;
    static char names[36][16];
    forge_init(&forge);
    forge.targets = NOTHING;
    for (int i = 0; i < 36; i++) {
        snprintf(names[i], sizeof names[i], "r%d", i);
        forge_delegate(&forge, "targets", names[i], ALL, i == 35 ? NULL : NOTHING);
    }
    forge_publish(&forge);
    forge_refuse(&forge, "app.msi", REFUSAL_UNLISTED);
    assert_int_equal(forge_kept(&forge, "r31"), 1);
    assert_int_equal(forge_kept(&forge, "r32"), 0);
    forge_done(&forge);
}

static void follows_hash_prefixes_and_bins(void **state) {
    (void)state;
    struct forge forge;
    // SHA-256 of "app.msi" begins with 7, bits 0111.
    uint8_t digest[DIGEST_SHA256_SIZE];
    char hex[DIGEST_SHA256_HEX_SIZE], scope[64], other[64], name[16];
    digest_sha256(SLICE("app.msi"), digest);
    digest_hex(digest, hex);
    snprintf(scope, sizeof scope, "\"path_hash_prefixes\":[\"%.3s\"]", hex);
    snprintf(other, sizeof other, "\"path_hash_prefixes\":[\"%.2s%c\"]", hex,
             hex[2] == '0' ? '1' : '0');
    forge_init(&forge);
    forge.targets = NOTHING;
    forge_delegate(&forge, "targets", "wrong", other, NULL);
    forge_delegate(&forge, "targets", "right", scope, NULL);
    forge_publish(&forge);
    forge_expect(&forge, "app.msi");
    assert_int_equal(forge_kept(&forge, "wrong"), 0);
    forge_done(&forge);
    forge_init(&forge);
    snprintf(name, sizeof name, "bin-%02x", digest[0] >> 3);
    forge.targets = NOTHING;
    forge.bins = "\"bit_length\":5,\"name_prefix\":\"bin\"";
    forge_delegate(&forge, "targets", name, ALL, NULL);
    forge_publish(&forge);
    forge_expect(&forge, "app.msi");
    assert_int_equal(forge_kept(&forge, name), 1);
    forge_done(&forge);
}

// 26: a machine that lost power in the middle of a write.
static void recovers_from_torn_files(void **state) {
    (void)state;
    static const char *const roles[] = {"timestamp", "snapshot", "targets"};
    struct forge forge;
    forge_init(&forge);
    for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
        assert_int_equal(store_write(forge.directory, slice_of_string(roles[i]),
                                     SLICE("{\"signed\""), false, NULL),
                         STATUS_OK);
        forge_expect(&forge, "app.msi");
        assert_int_equal(forge_kept(&forge, roles[i]), 1);
    }
    assert_int_equal(store_write(forge.directory, SLICE("root"), SLICE("{}"), false, NULL),
                     STATUS_OK);
    forge_refuse(&forge, NULL, REFUSAL_FORMAT);
    forge_done(&forge);
}

// 27.
static void keeps_odd_role_names_inside(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"../up", "..%2Fup.json"}, {"/root", "%2Froot.json"}, {".", "..json"},
        {"..", "...json"},         {"a b", "a%20b.json"},     {"%2e", "%252e.json"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct forge forge;
        char path[256];
        forge_init(&forge);
        forge.targets = NOTHING;
        forge_delegate(&forge, "targets", names[i][0], ALL, NULL);
        forge_publish(&forge);
        forge_expect(&forge, "app.msi");
        snprintf(path, sizeof path, "%s/%s", forge.directory, names[i][1]);
        assert_int_equal(access(path, F_OK), 0);
        forge_done(&forge); // nothing is left but what is expected
    }
}

static void goes_on_with_what_is_trusted(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge_expect(&forge, NULL);
    const struct client_options offline = {.directory = forge.directory, .now_ns = FORGE_NOW_NS};
    struct client_target target;
    struct client *client = client_new(&offline);
    assert_int_equal(client_open_kept(client, &forge.refusal), STATUS_OK);
    assert_int_equal(client_find(client, SLICE("app.msi"), &target, &forge.refusal), STATUS_OK);
    assert_int_equal(target.file.length, 5);
    assert_true(slice_equal(target.role, SLICE("targets")));
    // No source: the refresh fails, and what was opened is still there.
    assert_int_not_equal(client_refresh(client, &forge.refusal), STATUS_OK);
    assert_int_equal(client_find(client, SLICE("app.msi"), &target, &forge.refusal), STATUS_OK);
    client_free(client);
    forge_done(&forge);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_target),
        cmocka_unit_test(keeps_bytes_as_received),
        cmocka_unit_test(asks_for_nothing_twice),
        cmocka_unit_test(works_without_consistent_snapshots),
        cmocka_unit_test(refuses_metadata_above_its_ceiling),
        cmocka_unit_test(refuses_versions_that_go_back),
        cmocka_unit_test(refuses_a_delegation_that_goes_back_or_away),
        cmocka_unit_test(recovers_after_a_refused_snapshot),
        cmocka_unit_test(refuses_each_role_that_expired),
        cmocka_unit_test(refuses_an_expired_delegation),
        cmocka_unit_test(refuses_kept_metadata_that_expired),
        cmocka_unit_test(notices_a_clock_set_back),
        cmocka_unit_test(refuses_other_files_than_the_snapshot_names),
        cmocka_unit_test(refuses_a_snapshot_the_timestamp_does_not_name),
        cmocka_unit_test(leaves_stolen_versions_behind),
        cmocka_unit_test(refuses_one_signature_too_few),
        cmocka_unit_test(counts_a_key_under_two_keyids_once),
        cmocka_unit_test(refuses_thresholds_that_ask_for_nothing),
        cmocka_unit_test(trusts_nothing_below_a_threshold_that_cannot_be_met),
        cmocka_unit_test(follows_roots_one_by_one),
        cmocka_unit_test(needs_both_old_and_new_keys_of_root),
        cmocka_unit_test(stops_after_so_many_roots),
        cmocka_unit_test(verifies_a_role_against_each_delegator),
        cmocka_unit_test(ends_at_a_terminating_delegation),
        cmocka_unit_test(asks_delegations_in_order),
        cmocka_unit_test(lists_what_it_would_find),
        cmocka_unit_test(looks_into_so_many_roles),
        cmocka_unit_test(follows_hash_prefixes_and_bins),
        cmocka_unit_test(recovers_from_torn_files),
        cmocka_unit_test(keeps_odd_role_names_inside),
        cmocka_unit_test(goes_on_with_what_is_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
