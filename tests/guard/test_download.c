// Nothing but signed bytes gets a target's name
// SPDX-License-Identifier: Apache-2.0
#include "forge.h"

#include "base/durable_file.h"
#include "guard/download.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

struct scene {
    struct forge forge;
    struct client *client;
    struct client_target target;
    struct remote *remote;
    char from[64], into[64];
};

static void put(const char *directory, const char *name, const char *bytes) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    struct problem problem;
    assert_int_equal(durable_file_place(path, slice_of_string(bytes), 0644, &problem), STATUS_OK);
}

static void drop(const char *directory, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    unlink(path);
}

static bool holds(const struct scene *scene, const char *name, const char *bytes) {
    char path[256];
    struct problem problem;
    struct buffer found;
    buffer_init(&found, 1 << 20);
    snprintf(path, sizeof path, "%s/%s", scene->into, name);
    bool same = durable_file_read(path, 1000, &found, &problem) == STATUS_OK &&
                slice_equal(buffer_slice(&found), slice_of_string(bytes));
    buffer_done(&found);
    return same;
}

static bool is_there(const struct scene *scene, const char *name) {
    char path[256];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", scene->into, name);
    return lstat(path, &about) == 0;
}

#define SERVED "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.app.msi"
#define PART ".app.msi.part"

static void scene_init(struct scene *scene, const char *served) {
    forge_init(&scene->forge);
    snprintf(scene->from, sizeof scene->from, "/tmp/vedette-from-XXXXXX");
    snprintf(scene->into, sizeof scene->into, "/tmp/vedette-into-XXXXXX");
    assert_non_null(mkdtemp(scene->from));
    assert_non_null(mkdtemp(scene->into));
    put(scene->from, SERVED, served);
    const struct remote_options options = {.metadata = "/nowhere", .targets = scene->from};
    assert_int_equal(remote_new(&options, &scene->remote, &scene->forge.refusal), STATUS_OK);
    scene->client = forge_open(&scene->forge, FORGE_NOW_NS);
    assert_non_null(scene->client);
    assert_int_equal(
        client_find(scene->client, SLICE("app.msi"), &scene->target, &scene->forge.refusal),
        STATUS_OK);
}

static void scene_done(struct scene *scene) {
    drop(scene->from, SERVED);
    drop(scene->into, "app.msi");
    assert_int_equal(rmdir(scene->from), 0);
    // Whatever happened, nothing else was left.
    assert_int_equal(rmdir(scene->into), 0);
    client_free(scene->client);
    remote_free(scene->remote);
    forge_done(&scene->forge);
}

static enum status run(struct scene *scene) {
    const struct download_options options = {.directory = scene->into};
    return download_target(scene->remote, scene->client, &scene->target, &options, NULL,
                           &scene->forge.refusal);
}

static void puts_signed_bytes_in_place(void **state) {
    (void)state;
    struct scene scene;
    scene_init(&scene, "hello");
    assert_int_equal(run(&scene), STATUS_OK);
    assert_true(holds(&scene, "app.msi", "hello"));
    // Again, without anything to fetch from.
    drop(scene.from, SERVED);
    assert_int_equal(run(&scene), STATUS_OK);
    scene_done(&scene);
}

// Attack 2.
static void leaves_nothing_of_wrong_bytes(void **state) {
    (void)state;
    static const struct {
        const char *served;
        enum refusal_reason reason;
    } rows[] = {
        {"hullo", REFUSAL_HASH_MISMATCH},
        {"hello, world", REFUSAL_LENGTH},
        {"hell", REFUSAL_LENGTH},
        {"", REFUSAL_LENGTH},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct scene scene;
        scene_init(&scene, rows[i].served);
        put(scene.into, "app.msi", "old");
        assert_int_not_equal(run(&scene), STATUS_OK);
        assert_int_equal(scene.forge.refusal.reason, rows[i].reason);
        assert_true(holds(&scene, "app.msi", "old"));
        scene_done(&scene);
    }
}

static void goes_on_where_it_broke_off(void **state) {
    (void)state;
    static const char *const parts[] = {"hel", "hello", "xxx", "hullo", "too long", ""};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        struct scene scene;
        scene_init(&scene, "hello");
        put(scene.into, PART, parts[i]);
        assert_int_equal(run(&scene), STATUS_OK);
        assert_true(holds(&scene, "app.msi", "hello"));
        scene_done(&scene);
    }
}

// Attack 20: links that somebody left where we write.
static void writes_through_no_link(void **state) {
    (void)state;
    struct scene scene;
    char path[256], victim[256];
    scene_init(&scene, "hello");
    snprintf(victim, sizeof victim, "%s/victim", scene.into);
    put(scene.into, "victim", "precious");
    snprintf(path, sizeof path, "%s/%s", scene.into, PART);
    assert_int_equal(symlink(victim, path), 0);
    snprintf(path, sizeof path, "%s/app.msi", scene.into);
    assert_int_equal(symlink(victim, path), 0);
    assert_int_equal(run(&scene), STATUS_OK);
    assert_true(holds(&scene, "victim", "precious"));
    assert_true(holds(&scene, "app.msi", "hello"));
    // A hard link.
    drop(scene.into, "app.msi");
    snprintf(path, sizeof path, "%s/%s", scene.into, PART);
    assert_int_equal(link(victim, path), 0);
    assert_int_equal(run(&scene), STATUS_OK);
    assert_true(holds(&scene, "victim", "precious"));
    assert_false(is_there(&scene, PART));
    drop(scene.into, "victim");
    scene_done(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_signed_bytes_in_place),
        cmocka_unit_test(leaves_nothing_of_wrong_bytes),
        cmocka_unit_test(goes_on_where_it_broke_off),
        cmocka_unit_test(writes_through_no_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
