// Tests of relations as bytes
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "relate/relation_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void sum_fill(struct relation_sum *sum, uint32_t count) {
    relation_sum_reset(sum);
    for (uint32_t i = 0; i < count; i++) {
        struct reference reference;
        memset(&reference, 0, sizeof reference);
        reference.time_ns = 1000000000000 - (int64_t)i * 7777;
        reference.position.offset = i;
        reference_insert(sum->references, &sum->reference_count, &reference);
        times_insert(sum->times, &sum->time_count, reference.time_ns);
        struct relation_day day = {(int32_t)(i / 3), 1, i, 2 * i};
        days_insert(sum->days, &sum->day_count, &day);
        sum->count++;
        sum->bytes_out += i;
    }
    sum->first_ns = count ? sum->times[0] : CLOCK_NONE;
    sum->last_ns = count ? 1000000000000 : CLOCK_NONE;
    sum->bytes_in_min = 0;
}

static void test_sum(void **state) {
    (void)state;
    static const uint32_t COUNTS[] = {0, 1, 2, 16, 17, 600, 2000};
    struct relation_sum *sum = memory_new(1, sizeof *sum);
    struct relation_sum *read = memory_new(1, sizeof *read);
    for (size_t i = 0; i < ARRAY_SIZE(COUNTS); i++) {
        struct buffer bytes;
        buffer_init(&bytes, 1 << 20);
        sum_fill(sum, COUNTS[i]);
        relation_append_sum(&bytes, sum);
        assert_true(relation_read_sum(buffer_slice(&bytes), read));
        assert_int_equal(read->count, sum->count);
        assert_int_equal(read->first_ns, sum->first_ns);
        assert_int_equal(read->last_ns, sum->last_ns);
        assert_int_equal(read->bytes_out, sum->bytes_out);
        assert_int_equal(read->time_count, sum->time_count);
        assert_memory_equal(read->times, sum->times, sum->time_count * sizeof *sum->times);
        assert_int_equal(read->day_count, sum->day_count);
        assert_memory_equal(read->days, sum->days, sum->day_count * sizeof *sum->days);
        for (size_t size = 0; size < bytes.size; size += 1 + size / 8)
            assert_false(relation_read_sum(slice_of(bytes.data, size), read));
        buffer_done(&bytes);
    }
    memory_free(sum);
    memory_free(read);
}

static void test_key(void **state) {
    (void)state;
    struct relation_key key = {.kind = RELATION_LOGON,
                               .bucket = -3,
                               .parts = {SLICE("a"), SLICE("b"), SLICE(""), SLICE("3"), SLICE(""),
                                         SLICE("x"), SLICE(""), SLICE("b")}};
    static const char *const RECORDERS[] = {"b", "a", "", "other"};
    for (size_t i = 0; i < ARRAY_SIZE(RECORDERS); i++) {
        struct buffer bytes;
        struct relation_key read;
        buffer_init(&bytes, 1 << 16);
        key.parts[PART_RECORDER] = slice_of_string(RECORDERS[i]);
        relation_append_key(&bytes, &key);
        assert_true(relation_read_key(buffer_slice(&bytes), &read));
        assert_int_equal(read.kind, key.kind);
        assert_int_equal(read.bucket, key.bucket);
        for (size_t part = 0; part < PART_COUNT; part++)
            assert_true(slice_equal(read.parts[part], key.parts[part]));
        for (size_t size = 0; size < bytes.size; size++)
            assert_false(relation_read_key(slice_of(bytes.data, size), &read));
        buffer_done(&bytes);
    }
}

// Smallest times and days stay, whatever order they come in.
static void test_smallest(void **state) {
    (void)state;
    struct relation_sum *up = memory_new(1, sizeof *up);
    struct relation_sum *down = memory_new(1, sizeof *down);
    relation_sum_reset(up);
    relation_sum_reset(down);
    for (int32_t i = 0; i < 1500; i++) {
        struct relation_day one = {i, 1, 10, 20};
        struct relation_day other = {1499 - i, 1, 10, 20};
        times_insert(up->times, &up->time_count, i);
        times_insert(down->times, &down->time_count, 1499 - i);
        days_insert(up->days, &up->day_count, &one);
        days_insert(down->days, &down->day_count, &other);
    }
    assert_int_equal(up->time_count, RELATION_TIMES_MAX);
    assert_memory_equal(up->times, down->times, sizeof up->times);
    assert_int_equal(up->day_count, RELATION_DAYS_MAX);
    assert_memory_equal(up->days, down->days, sizeof up->days);
    assert_int_equal(day_of(-1), -1);
    assert_int_equal(day_of(86400000000000), 1);
    memory_free(up);
    memory_free(down);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sum), cmocka_unit_test(test_key),
                                       cmocka_unit_test(test_smallest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
