// A whole play: same bytes, citations that exist, nothing that runs
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "base/memory.h"
#include "base/unpack.h"
#include "drill/drill.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    TRUTH_MAX = 8 << 20
};

static struct {
    uint64_t hash;
    size_t files, archives;
    bool executable;
} seen;

// What a kernel or a loader would take for a program: MZ, ELF, #!, Mach-O, a Java class.
static bool looks_executable(const uint8_t head[4]) {
    return memcmp(head, "MZ", 2) == 0 || memcmp(head, "\177ELF", 4) == 0 ||
           memcmp(head, "#!", 2) == 0 || memcmp(head, "\xCF\xFA\xED\xFE", 4) == 0 ||
           memcmp(head, "\xCA\xFE\xBA\xBE", 4) == 0;
}

// What lies in an archive; a collector's own notes are no files of the play.
static void look_inside(const char *path) {
    struct unpacker *unpacker = NULL;
    struct unpack_entry entry;
    bool more = false;
    assert_int_equal(unpacker_new_path(path, NULL, &unpacker, NULL), STATUS_OK);
    while (unpacker_next(unpacker, &entry, &more, NULL) == STATUS_OK && more) {
        uint8_t head[4] = {0};
        size_t got;
        seen.files += slice_starts(entry.name, SLICE("C/Windows/")) ||
                      slice_starts(entry.name, SLICE("C/Program Files/")) ||
                      slice_starts(entry.name, SLICE("C/inetpub/")) ||
                      slice_starts(entry.name, SLICE("uploads/auto/C%3A/"));
        assert_int_equal(unpacker_read(unpacker, head, sizeof head, &got, NULL), STATUS_OK);
        seen.executable = seen.executable || looks_executable(head);
    }
    unpacker_free(unpacker);
    seen.archives++;
}

static int look(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    uint8_t head[4] = {0};
    (void)walk;
    if (kind != FTW_F)
        return 0;
    FILE *stream = fopen(path, "rbe");
    assert_non_null(stream);
    uint8_t *bytes = memory_new((size_t)about->st_size + 4, 1);
    size_t size = fread(bytes, 1, (size_t)about->st_size, stream);
    fclose(stream);
    memcpy(head, bytes, sizeof head);
    seen.hash += digest_hash64(slice_of(bytes, size)); // any order of the files
    seen.executable = seen.executable || (about->st_mode & 0111) || looks_executable(head);
    memory_free(bytes);
    if (slice_ends(slice_of_string(path), SLICE(".zip")))
        look_inside(path);
    else
        seen.files++;
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

// Plays and hashes; the truth's text is left in `ret_truth` (memory_free it) where not NULL.
static uint64_t play(const char *scenario, uint64_t seed, char **ret_truth) {
    char directory[] = "/tmp/vedette-play-XXXXXX", path[512], truth[128];
    struct drill_play_result result;
    struct problem problem = {0};
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, SCENARIO_DIRECTORY "/%s.yml", scenario);
    struct drill_play_options options = {.scenario = path,
                                         .directory = directory,
                                         .hosts = 70,
                                         .records_a_day = 4,
                                         .seed = seed,
                                         .evtx = true,
                                         .loss_millionths = 50000};
    enum status status = drill_play(&options, &result, &problem);
    assert_string_equal(status == STATUS_OK ? "" : problem.text, "");
    memset(&seen, 0, sizeof seen);
    nftw(directory, look, 16, FTW_PHYS);
    assert_int_equal(seen.files, result.files + 1);
    assert_true(seen.archives > 3);
    assert_false(seen.executable);
    snprintf(truth, sizeof truth, "%s/truth.json", directory);
    if (ret_truth) {
        FILE *stream = fopen(truth, "rbe");
        assert_non_null(stream);
        *ret_truth = memory_new(TRUTH_MAX, 1);
        assert_true(fread(*ret_truth, 1, TRUTH_MAX - 1, stream) > 0);
        fclose(stream);
    }
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return seen.hash;
}

static void test_same_bytes(void **state) {
    (void)state;
    uint64_t first = play("small-wave", 4, NULL);
    assert_true(first == play("small-wave", 4, NULL));
    assert_true(first != play("small-wave", 5, NULL));
}

static size_t count_of(const char *text, const char *word) {
    size_t count = 0;
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        count++;
    return count;
}

static void test_truth(void **state) {
    (void)state;
    char *truth;
    play("clean", 1, &truth);
    assert_non_null(strstr(truth, "\"campaigns\":[],"));
    assert_int_equal(count_of(truth, "\"state\":"), 0);
    memory_free(truth);
    play("mail-server", 1, &truth);
    assert_true(count_of(truth, "\"state\":\"compromised\"") > 30);
    assert_true(count_of(truth, "\"record\":") > 100);
    assert_non_null(strstr(truth, "\"entry\":\"MAIL-01\""));
    memory_free(truth);
}

static void test_refused(void **state) {
    (void)state;
    struct drill_play_result result;
    struct problem problem = {0};
    static const char *const variants[] = {"dormant", "sleeping"};
    struct drill_play_options options = {.scenario = SCENARIO_DIRECTORY "/upgrade-server.yml",
                                         .directory = "/tmp/vedette-never",
                                         .hosts = 60,
                                         .days = 30,
                                         .records_a_day = 1,
                                         .variants = variants,
                                         .variant_count = 1};
    assert_int_equal(drill_play(&options, &result, &problem), STATUS_USAGE);
    assert_non_null(strstr(problem.text, "this variant needs"));
    options.variant_count = 2;
    assert_int_equal(drill_play(&options, &result, &problem), STATUS_USAGE);
    assert_string_equal(problem.text, "upgrade-server has no variant sleeping");
    options.variant_count = 1;
    options.hosts = 3;
    assert_int_equal(drill_play(&options, &result, &problem), STATUS_USAGE);
    assert_non_null(strstr(problem.text, "hosts: 26 to"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_truth),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
