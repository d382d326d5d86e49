// Tests of relations made one in bounded memory
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "relate/relation_table.h"
#include "../synthetic_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static bool note(struct relation_table *table, uint32_t place, const struct relation_share *share,
                 struct relation_witness *witness, bool late) {
    return late && share->time_ns > relation_table_cited(table, place)
               ? relation_table_note_late(table, place, share)
               : relation_table_note(table, place, share, witness);
}

// Record `i`; `late`: where that is allowed.
static void add(struct relation_table *table, int i, int keys, bool late) {
    const int key_number = i % keys;
    const int64_t time_ns = i * 3600000000000ll;
    struct synthetic_event made;
    char name[32];
    struct problem problem;
    uint32_t place;
    synthetic_init(&made, 1, time_ns, (uint64_t)i);
    snprintf(name, sizeof name, "host-%d", key_number);
    struct relation_share share = {
        .time_ns = time_ns, .bytes_out = 3, .bytes_in = (uint64_t)key_number};
    struct relation_witness witness = {.event = &made.event};
    for (;;) {
        struct relation_numbers key = {.kind = RELATION_CONTACT};
        key.texts[PART_FROM] = relation_table_text(table, slice_of_string(name));
        if (key.texts[PART_FROM] != TEXT_FULL &&
            relation_table_place(table, &key, relation_table_hash(table, &key), &place) &&
            note(table, place, &share, &witness, late))
            break;
        assert_int_equal(relation_table_spill(table, &problem), STATUS_OK);
    }
}

// Everything the table holds, merged, as bytes.
static void drain(struct relation_table *table, struct buffer *to) {
    struct sorter *sorter;
    struct problem problem;
    struct relation_sum *sum = memory_new(1, sizeof *sum);
    struct relation_sum *other = memory_new(1, sizeof *other);
    struct buffer key;
    buffer_init(&key, 1 << 14);
    assert_int_equal(relation_table_drain(table, &sorter, &problem), STATUS_OK);
    assert_int_equal(sorter_finish(sorter, &problem), STATUS_OK);
    bool more = true;
    while (more) {
        struct slice bytes, payload;
        assert_int_equal(sorter_next(sorter, &bytes, &payload, &more, &problem), STATUS_OK);
        if (more && key.size && slice_equal(bytes, buffer_slice(&key))) {
            assert_true(relation_read_sum(payload, other));
            relation_sum_merge(sum, other);
            continue;
        }
        if (key.size) {
            buffer_append_slice(to, buffer_slice(&key));
            relation_append_sum(to, sum);
        }
        if (more) {
            buffer_reset(&key);
            buffer_append_slice(&key, bytes);
            assert_true(relation_read_sum(payload, sum));
        }
    }
    buffer_done(&key);
    sorter_free(sorter);
    memory_free(sum);
    memory_free(other);
}

// Small and large memory, either order, one worker or two, at once or late: the same bytes.
static void test_same(void **state) {
    (void)state;
    enum {
        RECORDS = 20000,
        KEYS = 257,
        WAYS = 6
    };
    struct buffer results[WAYS];
    for (int way = 0; way < WAYS; way++) {
        size_t memory = way == 0 || way == 5 ? 64 << 20 : 1 << 20;
        struct relation_table *table = relation_table_new(memory, "/tmp");
        struct relation_table *other = relation_table_new(1 << 20, "/tmp");
        struct problem problem;
        for (int i = 0; i < RECORDS; i++) {
            int at = way == 2 ? RECORDS - 1 - i : i;
            add(way == 3 && at % 3 == 0 ? other : table, at, KEYS, way >= 4);
        }
        assert_int_equal(relation_table_absorb(table, other, &problem), STATUS_OK);
        buffer_init(&results[way], 64 << 20);
        drain(table, &results[way]);
        relation_table_free(table);
        relation_table_free(other);
    }
    assert_true(results[0].size > 10000);
    for (int way = 1; way < WAYS; way++) {
        assert_int_equal(results[way].size, results[0].size);
        assert_memory_equal(results[way].data, results[0].data, results[0].size);
    }
    for (int way = 0; way < WAYS; way++)
        buffer_done(&results[way]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
