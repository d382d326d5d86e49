// Rule files: directories, archives, all of SigmaHQ
// SPDX-License-Identifier: Apache-2.0
#include "base/slice.h"
#include "sigma_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BODY "logsource: {category: process_creation}\ndetection: {s: {A: 1}, condition: s}\n"

// win/a.yml (a rule, id z1), README.md, b.yaml (a title and nothing more)
static const uint8_t rules_zip[] = {
    0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x94, 0x30,
    0xb3, 0x81, 0x56, 0x00, 0x00, 0x00, 0x62, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x77, 0x69,
    0x6e, 0x2f, 0x61, 0x2e, 0x79, 0x6d, 0x6c, 0x25, 0x8a, 0x31, 0x0a, 0xc0, 0x20, 0x0c, 0x45, 0x77,
    0x4f, 0x91, 0x03, 0x74, 0x71, 0x75, 0xeb, 0x49, 0x8a, 0xc4, 0x20, 0x01, 0x31, 0x62, 0xd2, 0xa1,
    0x2d, 0xde, 0xbd, 0x29, 0x1d, 0x1e, 0x3c, 0xde, 0xff, 0xc6, 0xd6, 0x28, 0xc1, 0xcd, 0x63, 0x50,
    0x09, 0x5c, 0x5c, 0x63, 0x68, 0x52, 0x55, 0xce, 0x89, 0x3e, 0x3c, 0x98, 0x8d, 0xaa, 0xcc, 0x2b,
    0xc1, 0x98, 0x82, 0xa4, 0x7a, 0xe0, 0xa4, 0x6c, 0x2c, 0x7d, 0x85, 0x42, 0x46, 0xf8, 0xa9, 0xff,
    0xd4, 0xd9, 0x13, 0xc4, 0xb5, 0x01, 0x4a, 0x2f, 0xfc, 0x67, 0x5d, 0xe1, 0x05, 0x50, 0x4b, 0x03,
    0x04, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x06, 0x9a, 0x89, 0x33, 0x0b,
    0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x52, 0x45, 0x41, 0x44, 0x4d,
    0x45, 0x2e, 0x6d, 0x64, 0x2b, 0xc9, 0x2c, 0xc9, 0x49, 0xb5, 0x52, 0xc8, 0xcb, 0x07, 0x00, 0x50,
    0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x11, 0x0b, 0x0a,
    0x5b, 0x10, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x62, 0x2e, 0x79,
    0x61, 0x6d, 0x6c, 0x2b, 0xc9, 0x2c, 0xc9, 0x49, 0xb5, 0x52, 0x48, 0x2a, 0xca, 0xcf, 0x4e, 0xcd,
    0xe3, 0x02, 0x00, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x03, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
    0x00, 0x21, 0x58, 0x94, 0x30, 0xb3, 0x81, 0x56, 0x00, 0x00, 0x00, 0x62, 0x00, 0x00, 0x00, 0x09,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa4, 0x81, 0x00, 0x00, 0x00,
    0x00, 0x77, 0x69, 0x6e, 0x2f, 0x61, 0x2e, 0x79, 0x6d, 0x6c, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x03,
    0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x06, 0x9a, 0x89, 0x33, 0x0b, 0x00,
    0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0xa4, 0x81, 0x7d, 0x00, 0x00, 0x00, 0x52, 0x45, 0x41, 0x44, 0x4d, 0x45, 0x2e, 0x6d,
    0x64, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x03, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21,
    0x58, 0x11, 0x0b, 0x0a, 0x5b, 0x10, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa4, 0x81, 0xaf, 0x00, 0x00, 0x00, 0x62,
    0x2e, 0x79, 0x61, 0x6d, 0x6c, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x03,
    0x00, 0xa2, 0x00, 0x00, 0x00, 0xe3, 0x00, 0x00, 0x00, 0x00, 0x00};

static void put_bytes(struct fixture *fixture, const char *name, struct slice bytes) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
}

static void directories_give_rule_files_only(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(&fixture, "b.yml", "title: b\nid: 2\n" BODY);
    fixture_put(&fixture, "a.yaml", "title: a\nid: 1\n" BODY);
    fixture_put(&fixture, "notes.txt", "no rule");
    fixture_put(&fixture, ".hidden.yml", "no rule");
    fixture_put(&fixture, "empty.yml", "");
    fixture_put(&fixture, "lines.yml", "# nothing\n---\n");
    fixture_read(&fixture, NULL);
    assert_int_equal(fixture.rules.file_count, 4);
    assert_int_equal(fixture.rules.tree_count, 2);
    assert_int_equal(fixture.rules.complaint_count, 0);
    assert_true(slice_equal_string(fixture.rules.trees[0].rule.id, "1"));
    assert_true(slice_ends(fixture.rules.files[0].path, SLICE("/a.yaml")));
    fixture_done(&fixture);
}

static void archives_name_their_entries(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    put_bytes(&fixture, "rules.zip", slice_of(rules_zip, sizeof rules_zip));
    put_bytes(&fixture, "short.zip", slice_of(rules_zip, 60));
    fixture_read(&fixture, NULL);
    assert_int_equal(fixture.rules.tree_count, 1);
    assert_true(slice_ends(fixture.rules.trees[0].rule.file, SLICE("/rules.zip!win/a.yml")));
    assert_true(fixture.rules.complaint_count >= 2);
    assert_true(slice_ends(fixture.rules.complaints[0].file, SLICE("/rules.zip!b.yaml")));
    bool short_named = false;
    for (size_t i = 0; i < fixture.rules.complaint_count; i++)
        short_named = short_named || slice_starts(slice_part(fixture.rules.complaints[i].file,
                                                             strlen(fixture.directory) + 1, 64),
                                                  SLICE("short.zip"));
    assert_true(short_named);
    fixture_done(&fixture);
}

static void the_same_file_counts_once(void **state) {
    (void)state;
    struct fixture fixture;
    char file[512], again[512];
    fixture_init(&fixture);
    fixture_put(&fixture, "a.yml", "title: a\n" BODY);
    snprintf(file, sizeof file, "%s/a.yml", fixture.directory);
    snprintf(again, sizeof again, "%s/", fixture.directory);
    const char *paths[] = {again, file, fixture.directory};
    struct ruleset_options options = {.paths = paths, .path_count = 3};
    struct sigma_rules rules;
    assert_int_equal(sigma_rules_init(&rules, &options, NULL), STATUS_OK);
    assert_int_equal(rules.tree_count, 1);
    assert_true(slice_equal_string(rules.files[0].path, file));
    sigma_rules_done(&rules);
    const char *missing[] = {"/nowhere/at/all"};
    struct problem problem;
    options = (struct ruleset_options){.paths = missing, .path_count = 1};
    assert_int_equal(sigma_rules_init(&rules, &options, &problem), STATUS_NOT_FOUND);
    assert_string_equal(problem.text, "open /nowhere/at/all: No such file or directory");
    fixture_done(&fixture);
}

static void list_equals_what_was_read(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(&fixture, "a.yml", "title: a\n" BODY);
    fixture_put(&fixture, "b.yml", "title: b\n" BODY);
    fixture_read(&fixture, NULL);
    const char *path = fixture.directory;
    struct ruleset_options options = {.paths = &path, .path_count = 1};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct sigma_file *files;
    size_t count;
    assert_int_equal(sigma_list_files(&options, &arena, &files, &count, NULL), STATUS_OK);
    assert_int_equal(count, fixture.rules.file_count);
    for (size_t i = 0; i < count; i++) {
        assert_true(slice_equal(files[i].path, fixture.rules.files[i].path));
        assert_int_equal(files[i].modified_ns, fixture.rules.files[i].modified_ns);
        assert_int_equal(files[i].inode, fixture.rules.files[i].inode);
        assert_int_equal(files[i].size, sizeof "title: a\n" BODY - 1);
    }
    arena_done(&arena);
    fixture_done(&fixture);
}

static bool shared_path(char *to, size_t size) {
    const char *shared = getenv("VEDETTE_SHARED");
    snprintf(to, size, "%s/sigma", shared ? shared : "../shared");
    if (access(to, R_OK) == 0)
        return true;
    print_message("skipped: no rules in %s\n", to);
    return false;
}

static void read_shared(struct sigma_rules *rules, const char *const *paths, unsigned threads,
                        const char *placeholders) {
    struct ruleset_options options = {.paths = paths,
                                      .path_count = 1,
                                      .threads = threads,
                                      .placeholder_paths = &placeholders,
                                      .placeholder_count = placeholders != NULL};
    assert_int_equal(sigma_rules_init(rules, &options, NULL), STATUS_OK);
}

// Of the 3,754 files only the two whose placeholder nobody defined are refused.
static void all_of_sigmahq_is_read(void **state) {
    (void)state;
    char path[4096];
    if (!shared_path(path, sizeof path))
        skip();
    const char *paths[] = {path};
    struct sigma_rules rules;
    read_shared(&rules, paths, 2, NULL);
    assert_int_equal(rules.file_count, 3754);
    assert_int_equal(rules.tree_count, 3752);
    assert_int_equal(rules.complaint_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(slice_equal_string(rules.complaints[i].text,
                                       "the placeholder %known_cdcs% is not defined"));
        assert_int_not_equal(rules.complaints[i].line, 0);
    }
    sigma_rules_done(&rules);
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(&fixture, "p.yml", "known_cdcs: [dc1, dc2]\n");
    char placeholders[512];
    snprintf(placeholders, sizeof placeholders, "%s/p.yml", fixture.directory);
    read_shared(&rules, paths, 2, placeholders);
    assert_int_equal(rules.tree_count, 3754);
    assert_int_equal(rules.complaint_count, 0);
    sigma_rules_done(&rules);
    fixture_done(&fixture);
}

static void threads_change_nothing(void **state) {
    (void)state;
    char path[4096];
    if (!shared_path(path, sizeof path))
        skip();
    const char *paths[] = {path};
    struct sigma_rules one, many;
    struct buffer left;
    struct fixture fixture;
    fixture_init(&fixture);
    buffer_init(&left, 1 << 20);
    read_shared(&one, paths, 1, NULL);
    read_shared(&many, paths, 5, NULL);
    assert_int_equal(one.tree_count, many.tree_count);
    for (size_t i = 0; i < one.tree_count; i++) {
        assert_true(slice_equal(one.trees[i].rule.file, many.trees[i].rule.file));
        assert_true(slice_equal(one.trees[i].rule.id, many.trees[i].rule.id));
        buffer_reset(&left);
        buffer_append_text(&left, print_tree(&fixture, one.trees[i].root));
        const char *right = print_tree(&fixture, many.trees[i].root);
        assert_true(slice_equal_string(buffer_slice(&left), right));
    }
    sigma_rules_done(&one);
    sigma_rules_done(&many);
    buffer_done(&left);
    fixture_done(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directories_give_rule_files_only),
        cmocka_unit_test(archives_name_their_entries),
        cmocka_unit_test(the_same_file_counts_once),
        cmocka_unit_test(list_equals_what_was_read),
        cmocka_unit_test(all_of_sigmahq_is_read),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
