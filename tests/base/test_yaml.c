// YAML documents as small trees
// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"
#include "base/yaml_plain.h"

#include "base/memory.h"

#include <fts.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_same(const struct yaml_node *a, const struct yaml_node *b, const char *what) {
    for (; a && b; a = a->next, b = b->next) {
        if (a->kind != b->kind || a->plain != b->plain || a->line != b->line ||
            a->count != b->count || a->weight != b->weight || a->height != b->height ||
            a->key_line != b->key_line || !slice_equal(a->key, b->key) ||
            !slice_equal(a->text, b->text))
            fail_msg("%s: line %u \"%.*s\" is line %u \"%.*s\" to libyaml", what, a->line,
                     (int)a->text.size, (const char *)a->text.data, b->line, (int)b->text.size,
                     (const char *)b->text.data);
        expect_same(a->first, b->first, what);
    }
    if (a || b)
        fail_msg("%s: one tree has more", what);
}

// Both readers agree wherever the quick one says anything; true when it did.
static bool compare_readers(struct slice text, const char *what) {
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    const struct yaml_node *quick = NULL, *whole = NULL;
    bool usual = yaml_plain_read(text, &arena, &quick);
    struct problem problem;
    enum status status = yaml_read_whole(text, &arena, &whole, &problem);
    if (usual && status)
        fail_msg("%s: libyaml says line %d %s", what, (int)problem.at, problem.text);
    if (usual)
        expect_same(quick, whole, what);
    arena_done(&arena);
    return usual;
}

static void quick_equals_whole_on_tricky_texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool usual;
    } rows[] = {
        {"a: b\n", true},
        {"a: b", true},
        {"a: 'it''s'\nb: \"q\\\"\\\\\"\n", true},
        {"a:\n  - x\n  - y: 1\n    z: 2\nb:\n- p\n- q\n", true},
        {"a:\nb: ~\nc:   # nothing\n  # more\nd: ''\n", true},
        {"- a\n-\n  - b\n- c: d\n", true},
        {"a: |\n  one\n    two\n\n  three\n\n\nb: c\n", true},
        {"a: |-\n    one\n    two\nb: c\n", true},
        {"a: x:y\nb: http://c/d#e\nc: a #comment\n", true},
        {"'|all':\n  - ' x'\n\"k\": v\n", true},
        {"# c\n---\na: b\n---\nc: d\n# e\n", true},
        {"a: -x\nb: ?x\nc: :x\n", true},
        {"a:   spaced out   \nb:\n     - deep\n", true},
        {"- a:\n  - b\n  c: d\n", true},
        {"a: |\n  end without newline", false},
        {"a: one\n  two\n", false},
        {"a: 'one\n  two'\n", false},
        {"a: >\n  folded\n", false},
        {"a: [x, y]\n", false},
        {"a: {b: c}\n", false},
        {"a: &x 1\nb: *x\n", false},
        {"a: \"\\t\"\n", false},
        {"a: b: c\n", false},
        {"a: b\n c: d\n", false},
        {"a:\n    b: c\n  d: e\n", false},
        {"a: b\na: c\n", false},
        {"a\n", false},
        {"\ta: b\n", false},
        {"a: b\r\nc: d\r\n", false},
        {"a: 'b'c\n", false},
        {"a:b\n", false},
        {"? a\n: b\n", false},
        {"- - a\n", false},
        {"%YAML 1.2\n---\na: b\n", false},
        {"a: |2\n   b\n", false},
        {"a: |\n\n     \n  b\n", false},
        {"a: @b\n", false},
        {"a: %b\n", false},
        {"a: - b\n", false},
        {"a: \xc2\x85x\n", false},
        {"", false},
        {"--- a\n", false},
        {"a: b\n...\n", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool usual = compare_readers(slice_of_string(rows[i].text), rows[i].text);
        if (usual != rows[i].usual)
            fail_msg("%s: usual %d", rows[i].text, usual);
    }
}

static struct slice read_file(const char *path, uint8_t *bytes) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, YAML_BYTES_MAX, file);
    fclose(file);
    return slice_of(bytes, size);
}

static void quick_equals_whole_on_all_rules(void **state) {
    (void)state;
    const char *shared = getenv("VEDETTE_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/sigma", shared ? shared : "../shared");
    char *paths[] = {path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    uint8_t *bytes = memory_new(1, YAML_BYTES_MAX);
    size_t files = 0, usual = 0;
    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        size_t size = strlen(entry->fts_path);
        if (entry->fts_info != FTS_F || size < 4 || strcmp(entry->fts_path + size - 4, ".yml") != 0)
            continue;
        struct slice text = read_file(entry->fts_path, bytes);
        files++;
        bool quick = compare_readers(text, entry->fts_path);
        usual += quick;
        if (!quick && getenv("VEDETTE_VERBOSE"))
            print_message("unusual: %s\n", entry->fts_path);
    }
    if (walk)
        fts_close(walk);
    memory_free(bytes);
    if (!files) {
        print_message("skipped: no rules in %s\n", path);
        skip();
    }
    print_message("%zu of %zu files are usual\n", usual, files);
    assert_true(usual >= files * 9 / 10);
}

static enum status read_text(struct arena *arena, const char *text,
                             const struct yaml_node **ret_root, struct problem *problem) {
    arena_init(arena, (size_t)64 << 20);
    return yaml_read(slice_of_string(text), arena, ret_root, problem);
}

static void aliases_are_shared_and_counted(void **state) {
    (void)state;
    struct arena arena;
    const struct yaml_node *root;
    assert_int_equal(read_text(&arena, "a: &x [1, 2]\nb: *x\n", &root, NULL), STATUS_OK);
    const struct yaml_node *b = yaml_find(root, "b");
    assert_int_equal(b->count, 2);
    assert_int_equal(b->line, 2);
    assert_int_equal(root->weight, 7);
    arena_done(&arena);
    // Each level names the one before ten times: 10^9 nodes if written out.
    char text[4096] = "a: &a [x]\n";
    for (char level = 'b'; level <= 'j'; level++) {
        char line[128];
        char before = (char)(level - 1);
        snprintf(line, sizeof line, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", level,
                 level, before, before, before, before, before, before, before, before, before,
                 before);
        strncat(text, line, sizeof text - strlen(text) - 1);
    }
    struct problem problem;
    assert_int_equal(read_text(&arena, text, &root, &problem), STATUS_LIMIT);
    arena_done(&arena);
    assert_int_equal(read_text(&arena, "a: &x [*x]\n", &root, &problem), STATUS_FORMAT);
    arena_done(&arena);
}

static void broken_texts_name_their_line(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        {"a: b\nc: 'd\n", 3}, {"a: b\na: c\n", 2}, {"a:\n\t- b\n", 2}, {"a: b\n c: d\n", 2},
        {"[a, b]: c\n", 1},   {"a: *b\n", 1},      {"a: b: c\n", 1},   {"a: |\n  b\n c\n", 3},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct arena arena;
        const struct yaml_node *root;
        struct problem problem = {.text = ""};
        assert_int_equal(read_text(&arena, rows[i].text, &root, &problem), STATUS_FORMAT);
        if (problem.at != rows[i].line)
            fail_msg("%s: line %d %s", rows[i].text, (int)problem.at, problem.text);
        arena_done(&arena);
    }
}

static void depth_has_a_ceiling(void **state) {
    (void)state;
    char text[4096];
    size_t size = 0;
    for (int i = 0; i < 80; i++)
        text[size++] = '[';
    text[size] = 0;
    struct arena arena;
    const struct yaml_node *root;
    assert_int_equal(read_text(&arena, text, &root, NULL), STATUS_LIMIT);
    arena_done(&arena);
}

static void only_plain_scalars_are_special(void **state) {
    (void)state;
    struct arena arena;
    const struct yaml_node *root;
    const char *text =
        "a: null\nb: 'null'\nc:\nd: ''\ne: TRUE\nf: \"true\"\ng: !!str true\nh: no\n";
    assert_int_equal(read_text(&arena, text, &root, NULL), STATUS_OK);
    bool value = false;
    assert_true(yaml_is_null(yaml_find(root, "a")));
    assert_false(yaml_is_null(yaml_find(root, "b")));
    assert_true(yaml_is_null(yaml_find(root, "c")));
    assert_false(yaml_is_null(yaml_find(root, "d")));
    assert_true(yaml_is_boolean(yaml_find(root, "e"), &value) && value);
    assert_false(yaml_is_boolean(yaml_find(root, "f"), &value));
    assert_false(yaml_is_boolean(yaml_find(root, "g"), &value));
    assert_false(yaml_is_boolean(yaml_find(root, "h"), &value));
    assert_null(yaml_find(root, "i"));
    assert_int_equal(yaml_text(root, "b").size, 4);
    assert_int_equal(yaml_text(root, "a").size, 0);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quick_equals_whole_on_tricky_texts),
        cmocka_unit_test(quick_equals_whole_on_all_rules),
        cmocka_unit_test(aliases_are_shared_and_counted),
        cmocka_unit_test(broken_texts_name_their_line),
        cmocka_unit_test(depth_has_a_ceiling),
        cmocka_unit_test(only_plain_scalars_are_special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
