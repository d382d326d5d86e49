// The store: whole files with the right bytes, or none
// SPDX-License-Identifier: Apache-2.0
#include "guard/content_store.h"

#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct place {
    char path[64];
    struct content_store *store;
};

static int place_open(void **state) {
    struct place *place = memory_new(1, sizeof *place);
    snprintf(place->path, sizeof place->path, "/tmp/vedette-store-XXXXXX");
    assert_non_null(mkdtemp(place->path));
    assert_int_equal(content_store_new(place->path, &place->store, NULL), STATUS_OK);
    *state = place;
    return 0;
}

// Names in the store, all removed when `remove`.
static unsigned place_count(const struct place *place, bool remove) {
    unsigned count = 0;
    DIR *directory = opendir(place->path);
    for (struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.') {
            count++;
            if (remove)
                unlinkat(dirfd(directory), entry->d_name, 0);
        }
    closedir(directory);
    return count;
}

static int place_close(void **state) {
    struct place *place = *state;
    place_count(place, true);
    rmdir(place->path);
    content_store_free(place->store);
    memory_free(place);
    return 0;
}

static struct content_name name_of(const char *bytes) {
    struct content_name name = {.size_bytes = strlen(bytes)};
    digest_sha256(slice_of_string(bytes), name.sha256);
    return name;
}

static void path_of(const struct place *place, const struct content_name *name, char path[160]) {
    char text[DIGEST_SHA256_HEX_SIZE];
    digest_hex(name->sha256, text);
    snprintf(path, 160, "%s/%s", place->path, text);
}

static enum status fill(const struct place *place, const struct content_name *name,
                        const char *bytes) {
    struct content_fill *fill;
    assert_int_equal(content_fill_new(place->store, name, &fill, NULL), STATUS_OK);
    enum status status = content_fill_add(fill, slice_of_string(bytes), NULL);
    if (status == STATUS_OK)
        status = content_fill_end(fill, NULL, NULL);
    content_fill_free(fill);
    return status;
}

static void test_good_bytes_get_their_name(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    char path[160];
    struct stat stat_of;
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_ABSENT);
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_GOOD);
    path_of(place, &name, path);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0444);
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
    assert_int_equal(place_count(place, false), 1);
}

// Row 2 of the attack matrix.
static void test_wrong_bytes_of_the_right_length_are_refused(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    assert_int_equal(fill(place, &name, "the Trojan bytes"), STATUS_FORMAT);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_ABSENT);
    assert_int_equal(place_count(place, false), 0);
}

// Row 3: stop at length + 1, no temporary file left.
static void test_too_long_stops_at_once(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("short");
    struct content_fill *fill_of;
    assert_int_equal(content_fill_new(place->store, &name, &fill_of, NULL), STATUS_OK);
    assert_int_equal(content_fill_add(fill_of, SLICE("short"), NULL), STATUS_OK);
    assert_int_equal(content_fill_add(fill_of, SLICE("y"), NULL), STATUS_LIMIT);
    content_fill_free(fill_of);
    assert_int_equal(place_count(place, false), 0);
}

static void test_too_short_is_refused(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    assert_int_equal(fill(place, &name, "the signed"), STATUS_LIMIT);
    assert_int_equal(place_count(place, false), 0);
}

static void overwrite(const char *path, const char *bytes) {
    assert_int_equal(chmod(path, 0644), 0);
    int file = open(path, O_WRONLY);
    assert_int_equal(write(file, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
    close(file);
}

// Row 19, in the store itself.
static void test_a_file_changed_later_is_seen_and_removed(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    char path[160];
    struct timespec times[2];
    struct stat stat_of;
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
    path_of(place, &name, path);
    assert_int_equal(stat(path, &stat_of), 0);
    overwrite(path, "the Trojan bytes");
    times[0] = stat_of.st_atim;
    times[1] = stat_of.st_mtim;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0); // the old mtime, a new ctime
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_UNSEEN);
    assert_int_equal(content_store_verify(place->store, &name, NULL), STATUS_FORMAT);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_ABSENT);
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_GOOD);
}

static void test_a_file_of_before_is_hashed_first(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
    content_store_free(place->store);
    assert_int_equal(content_store_new(place->path, &place->store, NULL), STATUS_OK);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_UNSEEN);
    assert_int_equal(content_store_verify(place->store, &name, NULL), STATUS_OK);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_GOOD);
}

// What is sent from memory is what was hashed; the file must still be as it was then.
static void test_small_files_are_kept_as_they_were_hashed(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    char path[160];
    struct buffer small;
    buffer_init(&small, CONTENT_SMALL_BYTES_MAX);
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
    assert_int_equal(content_store_look(place->store, &name, &small), CONTENT_GOOD);
    assert_true(slice_equal(buffer_slice(&small), SLICE("the signed bytes")));
    content_store_free(place->store);
    assert_int_equal(content_store_new(place->path, &place->store, NULL), STATUS_OK);
    buffer_reset(&small);
    assert_int_equal(content_store_look(place->store, &name, &small), CONTENT_UNSEEN);
    assert_int_equal(content_store_verify(place->store, &name, NULL), STATUS_OK);
    assert_int_equal(content_store_look(place->store, &name, &small), CONTENT_GOOD);
    assert_true(slice_equal(buffer_slice(&small), SLICE("the signed bytes")));
    buffer_reset(&small);
    path_of(place, &name, path);
    usleep(20000); // a tick of the file system's clock
    overwrite(path, "the Trojan bytes");
    assert_int_equal(content_store_look(place->store, &name, &small), CONTENT_UNSEEN);
    assert_int_equal(small.size, 0);
    buffer_done(&small);
}

// The `number`-th file of many, as one of an earlier run.
static struct content_name file_of(const struct place *place, int number, size_t size) {
    static char bytes[CONTENT_SMALL_BYTES_MAX + 2];
    char path[160];
    memset(bytes, 'a', size);
    bytes[size] = '\0';
    bytes[0] = (char)('a' + number % 26);
    bytes[1] = (char)('a' + number / 26);
    struct content_name name = name_of(bytes);
    path_of(place, &name, path);
    int file = open(path, O_WRONLY | O_CREAT, 0444);
    if (file >= 0) { // not there yet
        assert_int_equal(write(file, bytes, size), (ssize_t)size);
        close(file);
    }
    return name;
}

static size_t small_size(const struct place *place, const struct content_name *name) {
    struct buffer small;
    buffer_init(&small, CONTENT_SMALL_BYTES_MAX);
    assert_int_equal(content_store_look(place->store, name, &small), CONTENT_GOOD);
    size_t size = small.size;
    buffer_done(&small);
    return size;
}

static void test_memory_for_small_files_has_a_ceiling(void **state) {
    enum {
        COUNT = 650
    }; // 18.6 MB
    const struct place *place = *state;
    struct content_name names[COUNT];
    size_t held = 0;
    for (int i = 0; i < COUNT; i++) {
        names[i] = file_of(place, i, CONTENT_SMALL_BYTES_MAX);
        assert_int_equal(content_store_verify(place->store, &names[i], NULL), STATUS_OK);
        assert_int_equal(small_size(place, &names[0]), CONTENT_SMALL_BYTES_MAX); // in demand
    }
    for (int i = 0; i < COUNT; i++)
        held += small_size(place, &names[i]);
    assert_true(held <= 16 << 20 && held > 15 << 20);
    struct content_name large = file_of(place, COUNT, CONTENT_SMALL_BYTES_MAX + 1);
    assert_int_equal(content_store_verify(place->store, &large, NULL), STATUS_OK);
    assert_int_equal(small_size(place, &large), 0);
}

static void test_a_link_under_a_name_is_replaced(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    char path[160];
    path_of(place, &name, path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_UNSEEN);
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
    assert_int_equal(content_store_look(place->store, &name, NULL), CONTENT_GOOD);
}

static void test_a_store_that_others_may_write_is_refused(void **state) {
    struct place *place = *state;
    struct content_store *store;
    assert_int_equal(chmod(place->path, 0777), 0);
    assert_int_equal(content_store_new(place->path, &store, NULL), STATUS_USAGE);
    assert_int_equal(chmod(place->path, 0755), 0);
}

// A child fills without end; the parent kills it at some moment.
static void fill_for_ever(const struct place *place) {
    static char bytes[64 << 10];
    for (unsigned i = 0;; i++) {
        struct content_fill *fill;
        struct content_name name = {.size_bytes = sizeof bytes};
        memset(bytes, 'a' + (int)(i % 26), sizeof bytes);
        bytes[0] = (char)('0' + i / 26 % 10);
        digest_sha256(slice_of(bytes, sizeof bytes), name.sha256);
        if (content_fill_new(place->store, &name, &fill, NULL) != STATUS_OK)
            _exit(1);
        content_fill_add(fill, slice_of(bytes, sizeof bytes / 2), NULL);
        content_fill_add(fill, slice_of(bytes + sizeof bytes / 2, sizeof bytes / 2), NULL);
        content_fill_end(fill, NULL, NULL);
        content_fill_free(fill);
    }
}

// Row 26: kill -9 at any moment leaves whole files under their names, and nothing else.
static void test_a_killed_writer_leaves_only_whole_files(void **state) {
    struct place *place = *state;
    for (int round = 0; round < 20; round++) {
        pid_t child = fork();
        if (child == 0)
            fill_for_ever(place);
        usleep((useconds_t)(500 + round * 700));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    DIR *directory = opendir(place->path);
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct content_name name = {.size_bytes = 64 << 10};
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(strlen(entry->d_name), 64);
        for (size_t i = 0; i < sizeof name.sha256; i++) {
            char digits[3] = {entry->d_name[2 * i], entry->d_name[2 * i + 1]};
            name.sha256[i] = (uint8_t)strtoul(digits, NULL, 16);
        }
        assert_int_equal(content_store_verify(place->store, &name, NULL), STATUS_OK);
    }
    closedir(directory);
}

// Row 26: a full disk is an error, and nothing is left of the file.
static void test_a_full_disk_leaves_nothing(void **state) {
    struct place *place = *state;
    struct content_name name = name_of("the signed bytes");
    struct rlimit limit, small;
    getrlimit(RLIMIT_FSIZE, &limit);
    small = (struct rlimit){4, limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    enum status status = fill(place, &name, "the signed bytes");
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(status, STATUS_SYSTEM);
    assert_int_equal(place_count(place, false), 0);
    assert_int_equal(fill(place, &name, "the signed bytes"), STATUS_OK);
}

#define PLACE_TEST(function) cmocka_unit_test_setup_teardown(function, place_open, place_close)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_good_bytes_get_their_name),
        PLACE_TEST(test_wrong_bytes_of_the_right_length_are_refused),
        PLACE_TEST(test_too_long_stops_at_once),
        PLACE_TEST(test_too_short_is_refused),
        PLACE_TEST(test_a_file_changed_later_is_seen_and_removed),
        PLACE_TEST(test_a_file_of_before_is_hashed_first),
        PLACE_TEST(test_small_files_are_kept_as_they_were_hashed),
        PLACE_TEST(test_memory_for_small_files_has_a_ceiling),
        PLACE_TEST(test_a_link_under_a_name_is_replaced),
        PLACE_TEST(test_a_store_that_others_may_write_is_refused),
        PLACE_TEST(test_a_killed_writer_leaves_only_whole_files),
        PLACE_TEST(test_a_full_disk_leaves_nothing),
    };
    return cmocka_run_group_tests_name("content_store", tests, NULL, NULL);
}
