// Tests of the external merge sort
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "base/memory.h"
#include "base/sorter_union.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <sys/resource.h>

// A small generator, seeded, the same everywhere.
static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

static void add(struct sorter *sorter, uint64_t number) {
    uint8_t key[24];
    uint64_t state = number * 7919 + 1;
    // Few different bytes, so that keys share prefixes and equal keys come up.
    size_t key_size = next_random(&state) % sizeof key;
    for (size_t i = 0; i < key_size; i++)
        key[i] = (uint8_t)(next_random(&state) % 3);
    struct problem problem;
    assert_int_equal(sorter_add(sorter, slice_of(key, key_size),
                                slice_of(&number, next_random(&state) % 9), &problem),
                     STATUS_OK);
}

// Reads all, checks the order, returns a hash of the sequence.
static uint64_t read_all(struct sorter *sorter, uint64_t count) {
    uint64_t hash = 0, seen = 0;
    uint8_t before[64];
    size_t before_key = 0, before_payload = 0;
    for (;; seen++) {
        struct slice key, payload;
        bool more;
        struct problem problem;
        assert_int_equal(sorter_next(sorter, &key, &payload, &more, &problem), STATUS_OK);
        if (!more)
            break;
        int order = slice_compare(slice_of(before, before_key), key);
        assert_true(order <= 0);
        if (order == 0 && seen)
            assert_true(slice_compare(slice_of(before + 32, before_payload), payload) <= 0);
        before_key = key.size;
        before_payload = payload.size;
        memcpy(before, key.data, key.size);
        memcpy(before + 32, payload.data, payload.size);
        hash = digest_hash64_seeded(key, hash);
        hash = digest_hash64_seeded(payload, hash + 1);
    }
    assert_int_equal(seen, count);
    assert_int_equal(sorter_count(sorter), count);
    return hash;
}

enum {
    RECORDS = 40000
};

static uint64_t sort_in(size_t memory_bytes, bool backwards) {
    struct sorter *sorter = sorter_new(memory_bytes, "/tmp");
    for (uint64_t i = 0; i < RECORDS; i++)
        add(sorter, backwards ? RECORDS - 1 - i : i);
    struct problem problem;
    assert_int_equal(sorter_finish(sorter, &problem), STATUS_OK);
    uint64_t hash = read_all(sorter, RECORDS);
    assert_int_equal(sorter_rewind(sorter, &problem), STATUS_OK);
    assert_int_equal(read_all(sorter, RECORDS), hash);
    sorter_free(sorter);
    return hash;
}

// Keys that are alike for longer than the sorter looks word by word, and end at different places.
static void long_keys(void **state) {
    (void)state;
    enum {
        KEYS = 600,
        KEY_BYTES = 700
    };
    struct problem problem;
    struct sorter *sorter = sorter_new(64 << 20, "/tmp");
    uint8_t key[KEY_BYTES] = {0};
    for (uint32_t i = 0; i < KEYS; i++) {
        uint32_t number = i * 7919 % KEYS;
        size_t size = 300 + number / 4; // four of each
        key[KEY_BYTES - 1] = (uint8_t)number;
        assert_int_equal(
            sorter_add(sorter, slice_of(key, size), slice_of(&number, sizeof number), &problem),
            STATUS_OK);
    }
    assert_int_equal(sorter_finish(sorter, &problem), STATUS_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        struct slice found, payload;
        bool more;
        uint32_t number;
        assert_int_equal(sorter_next(sorter, &found, &payload, &more, &problem), STATUS_OK);
        assert_true(more);
        memcpy(&number, payload.data, sizeof number);
        assert_int_equal(found.size, 300 + i / 4);
        assert_int_equal(number / 4, i / 4);
        assert_int_equal(number & 255, (number / 4 * 4 + i % 4) & 255);
    }
    sorter_free(sorter);
}

static void memory_and_order_do_not_matter(void **state) {
    (void)state;
    uint64_t hash = sort_in(64 << 20, false);
    assert_int_equal(sort_in(64 << 20, true), hash);
    assert_int_equal(sort_in(512 << 10, false), hash);
    assert_int_equal(sort_in(512 << 10, true), hash);
    assert_int_equal(sort_in(20000, false), hash); // more runs than one pass merges
    assert_int_equal(sort_in(20000, true), hash);
}

static void absorbing_equals_adding(void **state) {
    (void)state;
    uint64_t hash = sort_in(64 << 20, false);
    size_t memory[] = {64 << 20, 100000};
    for (size_t m = 0; m < ARRAY_SIZE(memory); m++) {
        struct sorter *parts[5];
        struct sorter *whole = sorter_new(memory[m], "/tmp");
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
            parts[i] = sorter_new(memory[m], "/tmp");
        for (uint64_t i = 0; i < RECORDS; i++)
            add(i % 6 ? parts[i % 6 - 1] : whole, i);
        struct problem problem;
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
            assert_int_equal(sorter_absorb(whole, parts[i], &problem), STATUS_OK);
            assert_int_equal(sorter_count(parts[i]), 0);
            sorter_free(parts[i]);
        }
        assert_int_equal(sorter_finish(whole, &problem), STATUS_OK);
        assert_int_equal(read_all(whole, RECORDS), hash);
        sorter_free(whole);
    }
}

// Order, count and hash as one sorter would give them, whoever had which; some have nothing.
static void reading_a_union_equals_one(void **state) {
    (void)state;
    uint64_t hash = sort_in(64 << 20, false);
    size_t memory[] = {64 << 20, 100000};
    for (size_t m = 0; m < ARRAY_SIZE(memory); m++) {
        struct problem problem;
        struct sorter *parts[4];
        struct sorter *whole = sorter_new(64 << 20, "/tmp");
        struct sorter_union *all;
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
            parts[i] = sorter_new(memory[m], "/tmp");
        for (uint64_t i = 0; i < RECORDS; i++)
            add(parts[i % 3], i);
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
            assert_int_equal(sorter_finish(parts[i], &problem), STATUS_OK);
        for (int pass = 0; pass < 2; pass++) {
            assert_int_equal(sorter_union_new(parts, ARRAY_SIZE(parts), &all, &problem), STATUS_OK);
            uint8_t before[24];
            size_t before_size = 0;
            for (bool more = true; more;) {
                struct slice key, payload;
                assert_int_equal(sorter_union_next(all, &key, &payload, &more, &problem),
                                 STATUS_OK);
                if (!more)
                    break;
                assert_true(slice_compare(slice_of(before, before_size), key) <= 0);
                before_size = key.size;
                memcpy(before, key.data, key.size);
                if (pass)
                    assert_int_equal(sorter_add(whole, key, payload, &problem), STATUS_OK);
            }
            sorter_union_free(all);
        }
        assert_int_equal(sorter_finish(whole, &problem), STATUS_OK);
        assert_int_equal(read_all(whole, RECORDS), hash);
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
            sorter_free(parts[i]);
        sorter_free(whole);
    }
}

static void empty_and_large_records(void **state) {
    (void)state;
    struct sorter *sorter = sorter_new(4096, "/tmp");
    struct problem problem;
    size_t size = 3 << 20;
    uint8_t *large = memory_new(size, 1);
    struct slice key, payload;
    bool more = true;
    for (uint8_t i = 0; i < 4; i++) {
        large[0] = (uint8_t)(3 - i);
        assert_int_equal(sorter_add(sorter, slice_of(large, 1), slice_of(large, size), &problem),
                         0);
        assert_int_equal(sorter_add(sorter, SLICE(""), SLICE(""), &problem), 0);
    }
    assert_int_equal(sorter_finish(sorter, &problem), STATUS_OK);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(sorter_next(sorter, &key, &payload, &more, &problem), STATUS_OK);
        assert_true(more);
        assert_int_equal(payload.size, i < 4 ? 0 : size);
        if (i >= 4)
            assert_int_equal(payload.data[0], i - 4);
    }
    assert_int_equal(sorter_next(sorter, &key, &payload, &more, &problem), STATUS_OK);
    assert_false(more);
    memory_free(large);
    sorter_free(sorter);

    sorter = sorter_new(4096, "/nonexistent");
    assert_int_equal(sorter_finish(sorter, &problem), STATUS_OK);
    assert_int_equal(sorter_next(sorter, &key, &payload, &more, &problem), STATUS_OK);
    assert_false(more);
    sorter_free(sorter);
}

static void no_directory_is_a_status(void **state) {
    (void)state;
    struct sorter *sorter = sorter_new(64, "/nonexistent/dir");
    struct problem problem;
    enum status status = STATUS_OK;
    for (uint64_t i = 0; i < 100 && status == STATUS_OK; i++)
        status = sorter_add(sorter, slice_of(&i, sizeof i), SLICE("payload"), &problem);
    assert_int_equal(status, STATUS_NOT_FOUND);
    assert_non_null(strstr(problem.text, "/nonexistent/dir"));
    sorter_free(sorter);
}

// A file size limit stands in for a full disk: the write fails half-way in the same place.
static void full_disk_is_a_status(void **state) {
    (void)state;
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit small = {.rlim_cur = 300000, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    struct sorter *sorter = sorter_new(100000, "/tmp");
    struct problem problem;
    enum status status = STATUS_OK;
    for (uint64_t i = 0; i < 100000 && status == STATUS_OK; i++)
        status = sorter_add(sorter, slice_of(&i, sizeof i), SLICE("payload"), &problem);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, STATUS_SYSTEM);
    assert_non_null(strstr(problem.text, "/tmp"));
    sorter_free(sorter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_and_order_do_not_matter),
        cmocka_unit_test(long_keys),
        cmocka_unit_test(absorbing_equals_adding),
        cmocka_unit_test(reading_a_union_equals_one),
        cmocka_unit_test(empty_and_large_records),
        cmocka_unit_test(no_directory_is_a_status),
        cmocka_unit_test(full_disk_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
