// The image comes back as it went, or not at all
// SPDX-License-Identifier: Apache-2.0
#include "forge.h"

#include "base/memory.h"
#include "match/image.h"
#include "match/plan_compile.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void compile(const struct forge *forge, struct buffer *ret_blob) {
    struct rule_tree trees[FORGE_RULES_MAX];
    memcpy(trees, forge->trees, sizeof trees);
    struct sigma_rules rules = {.trees = trees, .tree_count = forge->tree_count};
    buffer_init(ret_blob, 1 << 28);
    assert_int_equal(plan_compile(&rules, 5, ret_blob, NULL), STATUS_OK);
}

static void forge_some(struct forge *forge) {
    forge_init(forge);
    forge_rule(forge, forge_pattern(forge, "F", "*needle*"));
    forge_rule(forge, forge_join(forge, NODE_AND, forge_pattern(forge, "F", "*x"),
                                 forge_not(forge, forge_regex(forge, "G", "a+b"))));
}

// Bit i: rule i holds.
static uint32_t hits_of(const struct ruleset *ruleset, const char *f, const char *g) {
    struct matcher *matcher = matcher_new(ruleset);
    struct forge_event event;
    forge_event_init(&event, 0);
    forge_event_add(&event, "F", f);
    forge_event_add(&event, "G", g);
    const uint32_t *hits;
    size_t count = matcher_match(matcher, forge_event_ready(&event), &hits);
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= 1u << hits[i];
    matcher_free(matcher);
    return bits;
}

static void check_hits(const struct ruleset *ruleset) {
    assert_int_equal(hits_of(ruleset, "a Needle x", "c"), 3);
    assert_int_equal(hits_of(ruleset, "x", "aab"), 0);
    assert_int_equal(hits_of(ruleset, "needle", NULL), 1);
}

static void test_every_byte(void **state) {
    (void)state;
    struct forge forge;
    struct buffer whole;
    forge_some(&forge);
    compile(&forge, &whole);
    for (size_t i = 0; i < whole.size; i++) {
        struct buffer spoiled;
        buffer_init(&spoiled, 1 << 28);
        buffer_append_slice(&spoiled, buffer_slice(&whole));
        spoiled.data[i] ^= 0x41;
        if (image_open(&spoiled, 5))
            fail_msg("byte %zu may be anything", i);
        buffer_done(&spoiled);
    }
    struct buffer shorter;
    buffer_init(&shorter, 1 << 28);
    buffer_append(&shorter, whole.data, whole.size - 8);
    assert_null(image_open(&shorter, 5));
    buffer_done(&shorter);
    assert_null(image_open(&whole, 6));
    struct ruleset *ruleset = image_open(&whole, 5);
    assert_non_null(ruleset);
    check_hits(ruleset);
    ruleset_free(ruleset);
    buffer_done(&whole);
    forge_done(&forge);
}

// Every byte changed and the checksum made to fit: refused or harmless.
static void test_every_byte_with_checksum(void **state) {
    (void)state;
    struct forge forge;
    struct buffer whole;
    forge_some(&forge);
    compile(&forge, &whole);
    size_t opened = 0;
    for (size_t i = sizeof(uint64_t) * 2; i < whole.size; i++) {
        struct buffer spoiled;
        buffer_init(&spoiled, 1 << 28);
        buffer_append_slice(&spoiled, buffer_slice(&whole));
        spoiled.data[i] ^= i % 2 ? 0xFF : 0x01;
        uint64_t checksum = compiled_checksum(buffer_slice(&spoiled));
        memcpy(spoiled.data + offsetof(struct compiled_header, checksum), &checksum, 8);
        struct ruleset *ruleset = image_open(&spoiled, 5);
        if (ruleset) {
            opened++;
            hits_of(ruleset, "a Needle x", "aab");
            ruleset_free(ruleset);
        }
        buffer_done(&spoiled);
    }
    assert_true(opened > 0);
    buffer_done(&whole);
    forge_done(&forge);
}

// --- through the door, with files

struct place {
    char directory[64];
    char rules[96];
    char file[128];
    char cache[96];
    const char *paths[1];
    struct ruleset_options options;
};

static void write_rule(const struct place *place, const char *word) {
    FILE *file = fopen(place->file, "w");
    assert_non_null(file);
    fprintf(file,
            "title: t\nid: 11111111-1111-4111-8111-111111111111\nlogsource:\n"
            "    product: windows\n    category: process_creation\ndetection:\n"
            "    selection:\n        F|contains: %s\n    condition: selection\n",
            word);
    fclose(file);
}

// The image is not written while a file is younger than the kernel's tick.
static void make_older(const struct place *place, time_t seconds) {
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, place->file, times, 0), 0);
}

static void place_init(struct place *place) {
    memset(place, 0, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "/tmp/vedette-image-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->rules, sizeof place->rules, "%s/rules", place->directory);
    snprintf(place->file, sizeof place->file, "%s/a.yml", place->rules);
    snprintf(place->cache, sizeof place->cache, "%s/cache/deep", place->directory);
    assert_int_equal(mkdir(place->rules, 0700), 0);
    place->paths[0] = place->rules;
    place->options = (struct ruleset_options){
        .paths = place->paths, .path_count = 1, .cache_directory = place->cache};
}

static struct ruleset *place_open(const struct place *place, bool from_image) {
    struct ruleset *ruleset;
    struct problem problem;
    if (ruleset_new(&place->options, &ruleset, &problem))
        fail_msg("%s", problem.text);
    assert_int_equal(ruleset_count(ruleset), 1);
    assert_int_equal(ruleset_is_from_image(ruleset), from_image);
    return ruleset;
}

// The one image in the cache.
static void image_path(const struct place *place, char *ret_path, size_t size) {
    DIR *directory = opendir(place->cache);
    assert_non_null(directory);
    *ret_path = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            snprintf(ret_path, size, "%s/%s", place->cache, entry->d_name);
    closedir(directory);
    assert_true(*ret_path);
}

static void place_remove(const struct place *place) {
    char path[512];
    image_path(place, path, sizeof path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(place->cache), 0);
    snprintf(path, sizeof path, "%s/cache", place->directory);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(unlink(place->file), 0);
    assert_int_equal(rmdir(place->rules), 0);
    assert_int_equal(rmdir(place->directory), 0);
}

static void test_round_trip(void **state) {
    (void)state;
    struct place place;
    place_init(&place);
    write_rule(&place, "needle");
    make_older(&place, 1700000000);
    struct ruleset *cold = place_open(&place, false);
    struct ruleset *warm = place_open(&place, true);
    assert_int_equal(hits_of(warm, "NEEDLE", NULL), 1);
    assert_int_equal(hits_of(cold, "NEEDLE", NULL), 1);
    assert_true(slice_equal(ruleset_rule(cold, 0)->id, ruleset_rule(warm, 0)->id));
    assert_true(slice_equal(ruleset_rule(cold, 0)->file, ruleset_rule(warm, 0)->file));
    assert_int_equal(ruleset_rule(warm, 0)->wanted.category, LOG_CATEGORY_PROCESS_CREATION);
    assert_int_equal(ruleset_rule(warm, 0)->field_count, ruleset_rule(cold, 0)->field_count);
    ruleset_free(cold);
    ruleset_free(warm);
    // Another time: read afresh.
    write_rule(&place, "thread");
    make_older(&place, 1700000001);
    struct ruleset *changed = place_open(&place, false);
    assert_int_equal(hits_of(changed, "NEEDLE", NULL), 0);
    assert_int_equal(hits_of(changed, "a thread", NULL), 1);
    ruleset_free(changed);
    ruleset_free(place_open(&place, true));
    // Young files are read, but no image vouches for them.
    write_rule(&place, "third");
    ruleset_free(place_open(&place, false));
    ruleset_free(place_open(&place, false));
    place_remove(&place);
}

static void test_foreign_image(void **state) {
    (void)state;
    struct place place;
    char path[512];
    char elsewhere[600];
    place_init(&place);
    write_rule(&place, "needle");
    make_older(&place, 1700000000);
    ruleset_free(place_open(&place, false));
    image_path(&place, path, sizeof path);
    snprintf(elsewhere, sizeof elsewhere, "%s/.elsewhere", place.cache);
    // Readable by others: not believed, and replaced.
    assert_int_equal(chmod(path, 0644), 0);
    ruleset_free(place_open(&place, false));
    ruleset_free(place_open(&place, true));
    // Behind a link: not followed.
    assert_int_equal(rename(path, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, path), 0);
    ruleset_free(place_open(&place, false));
    struct stat state_of;
    assert_int_equal(lstat(path, &state_of), 0);
    assert_true(S_ISREG(state_of.st_mode));
    assert_int_equal(state_of.st_mode & 0777, 0600);
    // Cut off.
    assert_int_equal(truncate(path, state_of.st_size / 2), 0);
    ruleset_free(place_open(&place, false));
    ruleset_free(place_open(&place, true));
    assert_int_equal(unlink(elsewhere), 0);
    place_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_every_byte_with_checksum),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_foreign_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
