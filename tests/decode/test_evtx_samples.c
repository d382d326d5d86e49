// Event logs: real ones, with warm caches and with none
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/digest.h"
#include "decode/decode.h"
#include "report/event_raw.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct decoder decoder_evtx;

enum {
    FILES_MAX = 1024,
    HEADER = 4096,
    CHUNK = 65536
};

static char *files[FILES_MAX];
static size_t file_count;

static int files_add(const char *path, const struct stat *state, int kind, struct FTW *place) {
    (void)state;
    (void)place;
    size_t size = strlen(path);
    if (kind == FTW_F && size > 5 && !strcmp(path + size - 5, ".evtx") && file_count < FILES_MAX)
        files[file_count++] = strdup(path);
    return 0;
}

static int files_find(void **state) {
    (void)state;
    const char *shared = getenv("VEDETTE_SHARED");
    char path[4096];
    snprintf(path, sizeof path, "%s/samples/evtx", shared ? shared : SHARED_FALLBACK);
    nftw(path, files_add, 16, FTW_PHYS);
    return 0;
}

static int files_forget(void **state) {
    (void)state;
    for (size_t i = 0; i < file_count; i++)
        free(files[i]);
    return 0;
}

struct outcome {
    struct buffer text;
    uint64_t hash;
    uint64_t events, with_provider, with_code, with_time, unknown;
};

static void outcome_event(void *context, struct event *event) {
    struct outcome *outcome = context;
    outcome->events++;
    outcome->with_provider += !value_is_null(event_role_value(event, FIELD_ROLE_PROVIDER));
    int64_t code;
    outcome->with_code += value_integer(event_role_value(event, FIELD_ROLE_EVENT_ID), &code);
    outcome->with_time += event->time_ns != CLOCK_NONE;
    outcome->unknown += event->shape->format == NULL;
    buffer_reset(&outcome->text);
    event_append_raw_json(event, &outcome->text);
    assert_false(outcome->text.failed);
    outcome->hash = digest_hash64_seeded(buffer_slice(&outcome->text), outcome->hash);
}

static void outcome_gap(void *context, const struct gap *gap) {
    struct outcome *outcome = context;
    outcome->hash = digest_mix64(outcome->hash, gap->offset + gap->bytes);
}

static void decode_part(void *state, int fd, uint64_t offset, struct outcome *outcome) {
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    uint64_t size = (uint64_t)status.st_size - offset;
    struct unit unit = {.fd = fd, .offset = offset, .size = size};
    if (offset && size > CHUNK)
        unit.size = CHUNK;
    struct event_sink sink = {outcome, outcome_event, outcome_gap};
    assert_int_equal(decoder_evtx.decode(state, &unit, &sink, NULL), STATUS_OK);
}

// What a state has learned must not show: all files with one state, against a fresh state for
// each chunk. Programs, shapes and names of 300 files meet in the former.
static void test_warm_equals_cold(void **state) {
    (void)state;
    if (file_count == 0)
        skip();
    struct outcome warm = {0};
    struct outcome cold = {0};
    buffer_init(&warm.text, 64 << 20);
    buffer_init(&cold.text, 64 << 20);
    void *reader = decoder_evtx.new_state(&(struct decode_options){0});
    for (size_t i = 0; i < file_count; i++) {
        int fd = open(files[i], O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        struct stat status;
        assert_int_equal(fstat(fd, &status), 0);
        decode_part(reader, fd, 0, &warm);
        for (uint64_t at = HEADER; at < (uint64_t)status.st_size; at += CHUNK) {
            void *fresh = decoder_evtx.new_state(&(struct decode_options){0});
            decode_part(fresh, fd, at, &cold);
            decoder_evtx.free_state(fresh);
        }
        close(fd);
        if (warm.hash != cold.hash)
            fail_msg("%s differs", files[i]);
    }
    decoder_evtx.free_state(reader);
    assert_int_equal(warm.events, cold.events);
    assert_int_equal(warm.unknown, 0);
    assert_true(warm.events > 1000);
    assert_true(warm.with_time == warm.events);
    assert_true(warm.with_provider * 100 >= warm.events * 99);
    assert_true(warm.with_code * 100 >= warm.events * 99);
    buffer_done(&warm.text);
    buffer_done(&cold.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_warm_equals_cold)};
    return cmocka_run_group_tests(tests, files_find, files_forget);
}
