// Files that are whole or not there
// SPDX-License-Identifier: Apache-2.0
#include "base/durable_file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state) {
    char *directory = memory_keep_text("/tmp/vedette-file-XXXXXX", 24);
    *state = directory;
    return mkdtemp(directory) ? chdir(directory) : -1;
}

static int teardown(void **state) {
    static const char *const names[] = {"a/b/file", "a/b/link", "a/b", "a", "other"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        remove(names[i]);
    int done = chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1; // nothing else was left
    memory_free(*state);
    return done;
}

static void expect_content(const char *path, const char *wanted) {
    struct buffer bytes;
    buffer_init(&bytes, 2 * DURABLE_READ_BYTES);
    assert_int_equal(durable_file_read(path, 100, &bytes, NULL), STATUS_OK);
    assert_true(slice_equal_string(buffer_slice(&bytes), wanted));
    buffer_done(&bytes);
}

static void test_whole(void **state) {
    (void)state;
    struct problem problem;
    struct buffer bytes;
    assert_int_equal(durable_directory_make("a/b", 0755, NULL), STATUS_OK);
    assert_int_equal(durable_directory_make("a/b", 0755, NULL), STATUS_OK);
    assert_int_equal(durable_file_write("a/b/file", SLICE("one"), 0644, NULL), STATUS_OK);
    assert_int_equal(durable_file_write("a/b/file", SLICE("second"), 0644, NULL), STATUS_OK);
    expect_content("a/b/file", "second");
    assert_int_equal(durable_file_place("other", SLICE(""), 0644, NULL), STATUS_OK);
    expect_content("other", "");
    buffer_init(&bytes, 2 * DURABLE_READ_BYTES);
    assert_int_equal(durable_file_read("a/b/file", 5, &bytes, &problem), STATUS_LIMIT);
    assert_int_equal(durable_file_read("a/b", 5, &bytes, &problem), STATUS_SYSTEM);
    assert_int_equal(durable_file_read("a/none", 5, &bytes, &problem), STATUS_NOT_FOUND);
    buffer_done(&bytes);
    assert_int_equal(durable_directory_make("other", 0755, &problem), STATUS_SYSTEM);
}

// A link in the place of the file beside is not followed, one in the place of the file replaced.
static void test_links(void **state) {
    (void)state;
    assert_int_equal(durable_directory_make("a/b", 0755, NULL), STATUS_OK);
    assert_int_equal(durable_file_write("other", SLICE("mine"), 0644, NULL), STATUS_OK);
    assert_int_equal(symlink("../../other", "a/b/.file.new"), 0);
    assert_int_equal(symlink("../../other", "a/b/file"), 0);
    struct buffer bytes;
    buffer_init(&bytes, 2 * DURABLE_READ_BYTES);
    assert_int_equal(durable_file_read("a/b/file", 100, &bytes, NULL), STATUS_SYSTEM);
    buffer_done(&bytes);
    assert_int_equal(durable_file_write("a/b/file", SLICE("new"), 0644, NULL), STATUS_OK);
    expect_content("a/b/file", "new");
    expect_content("other", "mine");
}

// No room: the old file stays, nothing lies beside it.
static void test_no_room(void **state) {
    (void)state;
    struct problem problem;
    struct rlimit before, small;
    assert_int_equal(durable_file_write("other", SLICE("old"), 0644, NULL), STATUS_OK);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 4, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status status = durable_file_write("other", SLICE("longer than four"), 0644, &problem);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, STATUS_SYSTEM);
    assert_non_null(strstr(problem.text, "write other: "));
    expect_content("other", "old");
    assert_int_equal(access(".other.new", F_OK), -1);
}

static void test_lock(void **state) {
    int first, second;
    struct problem problem;
    assert_int_equal(durable_lock(*state, false, &first, NULL), STATUS_OK);
    assert_int_equal(durable_lock(*state, false, &second, &problem), STATUS_LIMIT);
    close(first);
    assert_int_equal(durable_lock(*state, true, &second, NULL), STATUS_OK);
    close(second);
    assert_int_equal(durable_lock("none", true, &second, &problem), STATUS_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
