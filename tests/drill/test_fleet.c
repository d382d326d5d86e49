// A fleet's logs: same seed same bytes, quiet means quiet
// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"
#include "base/memory.h"
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
#include <unistd.h>

enum {
    FILE_HEADER = 4096,
    CHUNK = 65536
};

struct log {
    uint8_t *bytes;
    size_t size;
};

static struct log log_read(const char *path) {
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    struct stat about;
    assert_int_equal(fstat(fileno(stream), &about), 0);
    struct log log = {memory_new((size_t)about.st_size, 1), (size_t)about.st_size};
    assert_int_equal(fread(log.bytes, 1, log.size, stream), log.size);
    fclose(stream);
    return log;
}

static struct log write_single(uint64_t seed, bool quiet, struct drill_logs_result *result) {
    char path[] = "/tmp/vedette-fleet-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct drill_logs_options options = {
        .single = path, .hosts = 9, .records = 400, .days = 2, .seed = seed, .quiet = quiet};
    struct problem problem;
    assert_int_equal(drill_write_logs(&options, result, &problem), STATUS_OK);
    struct log log = log_read(path);
    unlink(path);
    return log;
}

static bool contains(struct log log, const char *ascii) {
    uint8_t utf16[256];
    size_t size = 2 * strlen(ascii);
    assert_true(size <= sizeof utf16);
    for (size_t i = 0; i < size; i++)
        utf16[i] = i % 2 ? 0 : (uint8_t)ascii[i / 2];
    return memmem(log.bytes, log.size, utf16, size) != NULL;
}

static void test_same_seed_same_bytes(void **state) {
    (void)state;
    struct drill_logs_result result, again;
    struct log first = write_single(7, false, &result), second = write_single(7, false, &again);
    struct log other = write_single(8, false, &again);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.bytes, second.bytes, first.size);
    assert_true(other.size != first.size || memcmp(other.bytes, first.bytes, first.size) != 0);
    assert_int_equal(result.hosts, 9);
    assert_int_equal(result.bytes, first.size);
    assert_true(result.records >= 9 * 400 && result.records < 9 * 410);
    memory_free(first.bytes);
    memory_free(second.bytes);
    memory_free(other.bytes);
}

static void test_quiet_fleet(void **state) {
    (void)state;
    static const char *const signs[] = {"PSEXESVC", "wevtutil cl", "New-MailboxExportRequest",
                                        "LogFileCleared"};
    struct drill_logs_result result;
    struct log loud = write_single(1, false, &result), quiet = write_single(1, true, &result);
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        assert_true(contains(loud, signs[i]));
        assert_false(contains(quiet, signs[i]));
    }
    assert_false(contains(quiet, "whoami"));
    memory_free(loud.bytes);
    memory_free(quiet.bytes);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place) {
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

// One host, one file a channel: no record's time lies before the one before it.
static void test_time_goes_on(void **state) {
    (void)state;
    char directory[] = "/tmp/vedette-fleet-XXXXXX", path[256];
    assert_non_null(mkdtemp(directory));
    struct drill_logs_options options = {
        .directory = directory, .hosts = 6, .records = 600, .days = 1, .seed = 3};
    struct problem problem;
    assert_int_equal(drill_write_logs(&options, NULL, &problem), STATUS_OK);
    snprintf(path, sizeof path, "%s/EX-01/C/Windows/System32/winevt/Logs/Security.evtx", directory);
    struct log log = log_read(path);
    uint64_t before = 0, records = 0;
    for (size_t chunk = FILE_HEADER; chunk < log.size; chunk += CHUNK) {
        size_t end = chunk + bytes_get_u32(log.bytes + chunk + 48);
        for (size_t at = chunk + 512; at < end; at += bytes_get_u32(log.bytes + at + 4)) {
            uint64_t time = bytes_get_u64(log.bytes + at + 16);
            assert_true(time >= before);
            before = time;
            records++;
        }
    }
    assert_true(records > 200);
    memory_free(log.bytes);
    assert_int_equal(nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void test_options(void **state) {
    (void)state;
    struct problem problem;
    struct drill_logs_options good = {
        .directory = "/dev/null/x", .hosts = 1, .records = 1, .days = 1};
    assert_int_not_equal(drill_write_logs(&good, NULL, &problem), STATUS_OK);
    struct drill_logs_options bad = good;
    bad.hosts = 0;
    assert_int_equal(drill_write_logs(&bad, NULL, &problem), STATUS_USAGE);
    bad = good;
    bad.days = DRILL_DAYS_MAX + 1;
    assert_int_equal(drill_write_logs(&bad, NULL, &problem), STATUS_USAGE);
    bad = good;
    bad.single = "/tmp/both";
    assert_int_equal(drill_write_logs(&bad, NULL, &problem), STATUS_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_quiet_fleet),
        cmocka_unit_test(test_time_goes_on),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
