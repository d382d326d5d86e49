// Tests of which files there are
// SPDX-License-Identifier: Apache-2.0
#include "intake/evidence_tree.h"
#include "intake/files.h"

#include <sys/wait.h>

static struct tree_run run;

static void some_files(void) {
    tree_write_text("a/wks/one.log", "# one\n");
    tree_write_text("a/DC01/two.log", "# two\n");
    tree_write_text("a/wks/empty.log", "");
    tree_write_text("a/wks/odd.bin", "??");
    tree_write_text("b/three.log", "# three\nx");
}

static void servers_come_first_whatever_the_order(void **state) {
    (void)state;
    some_files();
    const char *want = "a/DC01/two.log|6||0|lines|6\n"
                       "a/wks/empty.log|0||0|-|0\n"
                       "a/wks/odd.bin|2||0|-|0\n"
                       "a/wks/one.log|6||0|lines|6\n"
                       "b/three.log|9||0|lines|9\n";
    TREE_RUN(&run, "a", "b");
    assert_int_equal(run.status, STATUS_OK);
    assert_string_equal(run.text, want);
    TREE_RUN(&run, "b/", "a/");
    assert_string_equal(run.text, want);
    TREE_RUN(&run, "b/three.log", "a/wks", "b", "a", "a/wks/one.log", "b/three.log");
    assert_string_equal(run.text, want);
    assert_int_equal(link("b/three.log", "b/zzz.log"), 0);
    TREE_RUN(&run, "[ab]", "b/z*");
    assert_string_equal(run.text, want);
    TREE_RUN(&run, "a/*/*.log");
    assert_string_equal(run.text, "a/DC01/two.log|6||0|lines|6\n"
                                  "a/wks/empty.log|0||0|-|0\n"
                                  "a/wks/one.log|6||0|lines|6\n");
}

static void a_name_may_look_like_a_pattern(void **state) {
    (void)state;
    tree_write_text("c/[x]*.log", "# x\n");
    TREE_RUN(&run, "c/[x]*.log");
    assert_string_equal(run.text, "c/[x]*.log|4||0|lines|4\n");
    TREE_RUN(&run, "c/[y]*.log");
    assert_int_equal(run.status, STATUS_NOT_FOUND);
}

static void missing_arguments_are_failures(void **state) {
    (void)state;
    TREE_RUN(&run, "nowhere/at/all");
    assert_int_equal(run.status, STATUS_NOT_FOUND);
    assert_non_null(strstr(run.problem.text, "nowhere/at/all"));
    mkfifo("pipe", 0600);
    TREE_RUN(&run, "pipe");
    assert_int_equal(run.status, STATUS_UNSUPPORTED);
}

static void odd_entries_are_gaps_not_hangs(void **state) {
    (void)state;
    tree_write_text("d/one.log", "# one\n");
    mkfifo("d/pipe", 0600);
    assert_int_equal(symlink("one.log", "d/inside"), 0);
    assert_int_equal(symlink("/etc/passwd", "d/outside"), 0);
    assert_int_equal(symlink("gone", "d/dangling"), 0);
    assert_int_equal(symlink("circle", "d/circle"), 0);
    assert_int_equal(symlink("..", "d/up"), 0);
    TREE_RUN(&run, "d");
    assert_int_equal(run.status, STATUS_OK);
    assert_string_equal(run.text,
                        "gap 0 at 0 of 0: symbolic link leads in a circle\n"
                        "gap 1 at 0 of 0: symbolic link leads nowhere\n"
                        "gap 3 at 0 of 0: symbolic link leads out of the directory: not followed\n"
                        "gap 4 at 0 of 0: no regular file (a pipe, device or socket)\n"
                        "gap 5 at 0 of 0: symbolic link leads out of the directory: not followed\n"
                        "d/circle|6||2|-|0\n"
                        "d/dangling|4||2|-|0\n"
                        "d/one.log|6||0|lines|6\n"
                        "d/outside|11||2|-|0\n"
                        "d/pipe|0||2|-|0\n"
                        "d/up|2||2|-|0\n");
    // A link that the user names is followed.
    TREE_RUN(&run, "d/inside");
    assert_string_equal(run.text, "d/inside|6||0|lines|6\n");
}

static void deep_directories_end(void **state) {
    (void)state;
    mkdir("deep", 0755);
    assert_int_equal(chdir("deep"), 0);
    for (int i = 0; i < 130; i++) {
        mkdir("d", 0755);
        assert_int_equal(chdir("d"), 0);
    }
    assert_int_equal(chdir(tree_path), 0);
    TREE_RUN(&run, "deep");
    assert_int_equal(run.status, STATUS_OK);
    assert_int_equal(run.gap_count, 1);
    assert_non_null(strstr(run.text, "nested too deep"));
}

// Root may read everything: the test changes its user in a child.
static void unreadable_files(void **state) {
    (void)state;
    tree_write_text("e/good.log", "# good\n");
    tree_write_text("e/secret.log", "# secret\n");
    tree_write_text("e/closed/inner.log", "# inner\n");
    chmod("e/secret.log", 0);
    chmod("e/closed", 0);
    chmod(tree_path, 0755);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(9);
        TREE_RUN(&run, "e");
        bool good = run.status == STATUS_OK && run.gap_count == 2 &&
                    strstr(run.text, "e/secret.log|9||2|-|0") &&
                    strstr(run.text, "directory may not be read (permission denied)") &&
                    strstr(run.text, "permission denied");
        TREE_RUN(&run, "e/secret.log");
        _exit(good && run.status == STATUS_SYSTEM ? 0 : 1);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    chmod("e/closed", 0755);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_come_first_whatever_the_order),
        cmocka_unit_test(a_name_may_look_like_a_pattern),
        cmocka_unit_test(missing_arguments_are_failures),
        cmocka_unit_test(odd_entries_are_gaps_not_hangs),
        cmocka_unit_test(deep_directories_end),
        cmocka_unit_test(unreadable_files),
    };
    return cmocka_run_group_tests(tests, tree_init, tree_done);
}
