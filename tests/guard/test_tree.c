// Walks: nothing outside, no link, no special file is opened
// SPDX-License-Identifier: Apache-2.0
#include "guard/beneath.h"
#include "guard/tree.h"
#include "guard/tree_audit.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct place {
    char path[64];
    int directory;
};

static void write_file(const struct place *place, const char *path, const char *text) {
    int file = openat(place->directory, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static int place_open(void **state) {
    struct place *place = memory_new(1, sizeof *place);
    snprintf(place->path, sizeof place->path, "/tmp/vedette-tree-XXXXXX");
    assert_non_null(mkdtemp(place->path));
    place->directory = open(place->path, O_PATH | O_DIRECTORY);
    mkdirat(place->directory, "packages", 0755);
    mkdirat(place->directory, "packages/deep", 0755);
    write_file(place, "packages/a.exe", "signed");
    write_file(place, "packages/deep/b.exe", "");
    *state = place;
    return 0;
}

static int place_close(void **state) {
    static const char *const NAMES[] = {"packages/deep/b.exe", "packages/deep/pipe",
                                        "packages/a.exe",      "packages/second",
                                        "packages/link",       "away"};
    struct place *place = *state;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        unlinkat(place->directory, NAMES[i], 0);
    unlinkat(place->directory, "packages/deep", AT_REMOVEDIR);
    unlinkat(place->directory, "packages", AT_REMOVEDIR);
    close(place->directory);
    assert_int_equal(rmdir(place->path), 0);
    memory_free(place);
    return 0;
}

static void test_files_come_in_order_with_hashes(void **state) {
    struct place *place = *state;
    struct tree tree;
    uint8_t sha256[DIGEST_SHA256_SIZE];
    assert_int_equal(tree_read(place->path, NULL, &tree, NULL), STATUS_OK);
    assert_int_equal(tree.count, 2);
    assert_true(slice_equal(tree.entries[0].path, SLICE("packages/a.exe")));
    assert_true(slice_equal(tree.entries[1].path, SLICE("packages/deep/b.exe")));
    digest_sha256(SLICE("signed"), sha256);
    assert_memory_equal(tree.entries[0].sha256, sha256, sizeof sha256);
    assert_int_equal(tree.entries[0].size_bytes, 6);
    assert_ptr_equal(tree_find(&tree, SLICE("packages/deep/b.exe")), &tree.entries[1]);
    assert_null(tree_find(&tree, SLICE("packages")));
    tree_done(&tree);
}

// Row 20 of the attack matrix.
static void test_links_and_special_files_are_told_and_not_opened(void **state) {
    struct place *place = *state;
    struct tree tree;
    struct tree_audit audit;
    assert_int_equal(symlinkat("/etc", place->directory, "away"), 0);
    assert_int_equal(symlinkat("/etc/passwd", place->directory, "packages/link"), 0);
    assert_int_equal(mkfifoat(place->directory, "packages/deep/pipe", 0644), 0);
    assert_int_equal(
        linkat(place->directory, "packages/a.exe", place->directory, "packages/second", 0), 0);
    assert_int_equal(tree_read(place->path, NULL, &tree, NULL), STATUS_OK);
    tree_audit_make(&tree, NULL, NULL, &audit);
    static const struct {
        const char *path;
        enum audit_kind kind;
    } WANTED[] = {{"away", AUDIT_LINK},
                  {"packages/a.exe", AUDIT_HARD_LINK},
                  {"packages/deep/pipe", AUDIT_SPECIAL},
                  {"packages/link", AUDIT_LINK},
                  {"packages/second", AUDIT_HARD_LINK}};
    assert_int_equal(audit.count, ARRAY_SIZE(WANTED));
    for (size_t i = 0; i < ARRAY_SIZE(WANTED); i++) {
        assert_true(slice_equal_string(audit.findings[i].path, WANTED[i].path));
        assert_int_equal(audit.findings[i].kind, WANTED[i].kind);
    }
    tree_audit_done(&audit);
    tree_done(&tree);
}

// Row 20: opening by a path that leads out.
static void test_nothing_leads_out(void **state) {
    struct place *place = *state;
    static const char *const OUT[] = {"../etc/passwd", "/etc/passwd", "packages/../../etc/passwd",
                                      "away/passwd",   "away",        "packages/link"};
    assert_int_equal(symlinkat("/etc", place->directory, "away"), 0);
    assert_int_equal(symlinkat("a.exe", place->directory, "packages/link"), 0);
    for (size_t i = 0; i < ARRAY_SIZE(OUT); i++) {
        assert_int_equal(beneath_open(place->directory, OUT[i], O_RDONLY), -1);
        assert_true(errno == ELOOP || errno == EXDEV);
    }
    int file = beneath_open(place->directory, "packages/a.exe", O_RDONLY);
    assert_true(file >= 0);
    close(file);
}

#define PLACE_TEST(function) cmocka_unit_test_setup_teardown(function, place_open, place_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_files_come_in_order_with_hashes),
        PLACE_TEST(test_links_and_special_files_are_told_and_not_opened),
        PLACE_TEST(test_nothing_leads_out),
    };
    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
