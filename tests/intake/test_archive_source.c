// Tests of archives as evidence
// SPDX-License-Identifier: Apache-2.0
#include "base/sandbox.h"
#include "intake/evidence_tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/wait.h>

static struct tree_run run;

static int archives_init(void **state) {
    if (tree_init(state) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        execlp("python3", "python3", ARCHIVES_SCRIPT, tree_path, (char *)NULL);
        _exit(127);
    }
    int result;
    return waitpid(child, &result, 0) == child && result == 0 ? 0 : -1;
}

static void same(const char *name, const char *want) {
    TREE_RUN(&run, name);
    assert_int_equal(run.status, STATUS_OK);
    if (strcmp(run.text, want) != 0)
        fail_msg("%s gives\n%s", name, run.text);
}

static void every_kind_of_archive(void **state) {
    (void)state;
    static const char *const names[] = {"good.zip", "stored.zip", "good.tar", "good.tar.gz",
                                        "good.tar.xz"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        TREE_RUN(&run, names[i]);
        const char *text = strchr(run.text, '\n') + 1; // after the archive's own line
        char want[1024];
        snprintf(want, sizeof want,
                 "%s!WKS7/C/Windows/a.blk|1310805|WKS7|0|blocks|1310797\n"
                 "%s!b.log|2688890||0|lines|2688890\n"
                 "%s!odd.bin|2||0|-|0\n"
                 "%s!empty|0||0|-|0\n",
                 names[i], names[i], names[i], names[i]);
        assert_string_equal(text, want);
        assert_int_equal(run.gap_count, 0);
    }
    same("b.log.gz", "b.log.gz|0||1|-|0\nb.log.gz!b.log|2688890||0|lines|2688890\n");
    same("a.blk.xz", "a.blk.xz|0||1|-|0\na.blk.xz!a.blk|1310805||0|blocks|1310797\n");
    same("none.gz", "none.gz|0||1|-|0\n");
    same("none.zip", "none.zip|0||1|-|0\n");
}

// Python has no writer for it.
static void write_7z(const char *path, const char *name, const char *inner) {
    struct archive *archive = archive_write_new();
    assert_int_equal(archive_write_set_format_7zip(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
    FILE *file = fopen(inner, "rb");
    static char bytes[1 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)size);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, bytes, size), (la_ssize_t)size);
    archive_entry_free(entry);
    assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
}

static void read_from_standard_input(const char *name, const char *want) {
    int before = dup(STDIN_FILENO);
    int fd = open(name, O_RDONLY);
    dup2(fd, STDIN_FILENO);
    close(fd);
    TREE_RUN(&run, "-", "-");
    dup2(before, STDIN_FILENO);
    close(before);
    assert_int_equal(run.status, STATUS_OK);
    if (strcmp(run.text, want) != 0)
        fail_msg("%s gives\n%s", name, run.text);
}

static void archives_that_must_seek_are_spooled(void **state) {
    (void)state;
    write_7z("seven.7z", "in/b.zip", "small.zip");
    write_7z("outer.7z", "seven.7z", "seven.7z");
    TREE_RUN(&run, "outer.7z");

    assert_int_equal(run.gap_count, 1); // x.gz is one too deep
    assert_non_null(strstr(run.text, "outer.7z!seven.7z!in/b.zip!b.log|3000||0|lines|3000\n"));
    assert_non_null(strstr(run.text, "outer.7z!seven.7z!in/b.zip!c/d.log|4||0|lines|4\n"));
    const char *paths[] = {"outer.7z"};
    struct intake_options options = {.paths = paths,
                                     .path_count = 1,
                                     .recognise = tree_recognise,
                                     .spool_directory = "/nonexistent"};
    tree_run_options(&run, &options);
    assert_int_equal(run.status, STATUS_OK);
    assert_non_null(strstr(run.text, "no temporary file"));
}

static void standard_input_is_sniffed(void **state) {
    (void)state;
    read_from_standard_input("small.zip", "-|0||1|-|0\n"
                                          "-!b.log|3000||0|lines|3000\n"
                                          "-!c/d.log|4||0|lines|4\n"
                                          "-!x.gz|0||1|-|0\n"
                                          "-!x.gz!x|2000||0|lines|2000\n");
    read_from_standard_input("b.log.gz", "-|0||1|-|0\n-!-|2688890||0|lines|2688890\n");
    tree_write_text("plain.log", "# one\n# two\n");
    read_from_standard_input("plain.log", "-|12||0|lines|12\n");
    read_from_standard_input("/dev/null", "-|0||0|-|0\n");
}

static void archives_inside_archives(void **state) {
    (void)state;
    same("mixed.tar.gz", "mixed.tar.gz|0||1|-|0\n"
                         "mixed.tar.gz!x.zip|0||1|-|0\n"
                         "mixed.tar.gz!x.zip!b.log.gz|0||1|-|0\n"
                         "mixed.tar.gz!x.zip!b.log.gz!b.log|2688890||0|lines|2688890\n"
                         "mixed.tar.gz!y.log|4||0|lines|4\n");
    TREE_RUN(&run, "nested3.zip");
    assert_int_equal(run.gap_count, 0);
    assert_non_null(strstr(run.text, "nested3.zip!deep3.zip!deep2.zip!b.log|2688890||0|lines|"));
    TREE_RUN(&run, "nested5.zip");
    assert_int_equal(run.gap_count, 1);
    assert_non_null(strstr(run.text, "archives nested too deep"));
    assert_non_null(strstr(run.text, "nested5.zip!deep5.zip!deep4.zip!z3.log|8||0|lines|8\n"));
    assert_non_null(strstr(run.text, "nested5.zip!z5.log|8||0|lines|8\n"));
}

static void names_are_only_names(void **state) {
    (void)state;
    same("traversal.zip", "traversal.zip|0||1|-|0\n"
                          "traversal.zip!../../tmp/vedette-was-here.log|5||0|lines|5\n"
                          "traversal.zip!/vedette-was-here.log|7||0|lines|7\n"
                          "traversal.zip!C:/x/../vedette-was-here.log|8||0|lines|8\n");
    assert_int_equal(access("/tmp/vedette-was-here.log", F_OK), -1);
    assert_int_equal(access("/vedette-was-here.log", F_OK), -1);
    same("names.zip", "names.zip|0||1|-|0\n"
                      "names.zip!日志.log|6||0|lines|6\n"
                      "names.zip!YY\n\x1b.log|6||0|lines|6\n");
}

// The locale that turns names into UTF-8 is opened when the sandbox is already closed.
static void names_survive_the_sandbox(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        const char *paths[] = {"."};
        struct sandbox_options options = {
            .readable = paths, .readable_count = 1, .writable = paths, .writable_count = 1};
        const char *missing;
        struct problem problem;
        if (sandbox_enter(&options, &missing, &problem) != STATUS_OK)
            exit(1);
        TREE_RUN(&run, "utf8.zip");
        exit(strstr(run.text, "utf8.zip!\u4e3b\u673a/\u65e5\u5fd7.log|4||0|lines|4\n") ? 0 : 2);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
}

static void damage_is_a_gap(void **state) {
    (void)state;
    TREE_RUN(&run, "truncated.log.gz");
    assert_int_equal(run.gap_count, 1);
    assert_true(run.bytes[1] > 1000000);
    TREE_RUN(&run, "damaged.zip");
    assert_int_equal(run.gap_count, 1);
    assert_non_null(strstr(run.text, "archive is damaged"));
    assert_true(run.bytes[1] > 500000 && run.bytes[1] < 2688890);
    assert_non_null(strstr(run.text, "damaged.zip!c.log|4||0|lines|4\n"));
    TREE_RUN(&run, "truncated.zip");
    assert_int_equal(run.gap_count, 2);
    assert_non_null(strstr(run.text, "a.blk|1310805|WKS7|0|blocks|1310797\n"));
    same("encrypted.zip", "gap 1 at 0 of 2688890: archive is encrypted\n"
                          "gap 2 at 0 of 4: archive is encrypted\n"
                          "encrypted.zip|0||1|-|0\n"
                          "encrypted.zip!a.log|2688890||2|-|0\n"
                          "encrypted.zip!c.log|4||2|-|0\n");
}

static void run_limited(const char *name, uint64_t bytes_max, uint32_t ratio_max) {
    struct intake_options options = {.paths = &name,
                                     .path_count = 1,
                                     .recognise = tree_recognise,
                                     .archive_bytes_max = bytes_max,
                                     .archive_ratio_max = ratio_max};
    tree_run_options(&run, &options);
    assert_int_equal(run.status, STATUS_OK);
}

static void bombs_end_at_the_ceilings(void **state) {
    (void)state;
    static const char *const bombs[] = {"bomb.zip", "bomb.log.gz"};
    for (size_t i = 0; i < ARRAY_SIZE(bombs); i++) {
        run_limited(bombs[i], 0, 100);
        assert_int_equal(run.gap_count, 1);
        assert_non_null(strstr(run.text, "too many times its size"));
        assert_true(run.bytes[1] < 8 << 20);
        run_limited(bombs[i], 3 << 20, 0);
        assert_int_equal(run.gap_count, 1);
        assert_non_null(strstr(run.text, "more bytes than the ceiling"));
        assert_true(run.bytes[1] <= 3 << 20);
    }
    // The ceiling holds for what lies inside too, and all of it together.
    run_limited("mixed.tar.gz", 2 << 20, 0);
    assert_non_null(strstr(run.text, "more bytes than the ceiling"));
    assert_true(run.bytes[3] <= 2 << 20);
    TREE_RUN(&run, "many.zip");
    assert_int_equal(run.gap_count, 0);
    assert_int_equal(run.unit_count, 0);
}

static void mutants_do_not_crash(void **state) {
    (void)state;
    uint8_t good[2000], bad[2000];
    FILE *file = fopen("small.zip", "rb");
    size_t size = fread(good, 1, sizeof good, file);
    fclose(file);
    uint64_t random = 20260101;
    for (int i = 0; i < 100; i++) {
        memcpy(bad, good, size);
        for (int n = 0; n <= i % 7; n++) {
            random = random * 6364136223846793005ull + 1442695040888963407ull;
            bad[(random >> 33) % size] ^= (uint8_t)(1u << (random >> 60));
        }
        size_t kept = i % 5 ? size : (size_t)(random >> 40) % size;
        tree_write("mutant.zip", slice_of(bad, kept));
        TREE_RUN(&run, "mutant.zip");
        assert_int_equal(run.status, STATUS_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_archive),
        cmocka_unit_test(archives_that_must_seek_are_spooled),
        cmocka_unit_test(standard_input_is_sniffed),
        cmocka_unit_test(archives_inside_archives),
        cmocka_unit_test(names_are_only_names),
        cmocka_unit_test(names_survive_the_sandbox),
        cmocka_unit_test(damage_is_a_gap),
        cmocka_unit_test(bombs_end_at_the_ceilings),
        cmocka_unit_test(mutants_do_not_crash),
    };
    return cmocka_run_group_tests(tests, archives_init, tree_done);
}
