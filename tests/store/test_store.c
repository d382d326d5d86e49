// The database of a case: what comes back, and what is refused
// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct place {
    char directory[64];
    char path[96];
    struct store *store;
    struct arena arena;
};

static int begin(void **state) {
    static struct place place;
    place = (struct place){.directory = "/tmp/vedette-store-XXXXXX"};
    if (!mkdtemp(place.directory))
        return -1;
    snprintf(place.path, sizeof place.path, "%s/case.db", place.directory);
    arena_init(&place.arena, 1 << 20);
    *state = &place;
    return 0;
}

static int end(void **state) {
    static const char *const ENDINGS[] = {"", "-wal", "-journal"};
    struct place *place = *state;
    store_close(place->store);
    for (size_t i = 0; i < ARRAY_SIZE(ENDINGS); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", place->path, ENDINGS[i]);
        unlink(path);
    }
    rmdir(place->directory);
    arena_done(&place->arena);
    return 0;
}

static void open_store(struct place *place, enum store_access access) {
    struct problem problem = {0};
    enum status status = store_open(place->path, access, &place->store, &problem);
    if (status != STATUS_OK)
        fail_msg("%s", problem.text);
}

static void reopen(struct place *place) {
    store_close(place->store);
    place->store = NULL;
    open_store(place, STORE_WRITE);
}

static int64_t put_source(struct place *place, const char *path, uint32_t sequence, int64_t rank) {
    struct problem problem;
    struct store_source source = {.identity = slice_of_string(path),
                                  .sequence = sequence,
                                  .path = slice_of_string(path),
                                  .rank = rank,
                                  .size = 7,
                                  .format = SLICE("evtx"),
                                  .evidence = true};
    int64_t id;
    assert_int_equal(store_put_source(place->store, &source, &id, &problem), STATUS_OK);
    return id;
}

static void keeps_what_was_committed(void **state) {
    struct place *place = *state;
    struct problem problem;
    struct slice value;
    open_store(place, STORE_MAKE);
    store_begin(place->store, &problem);
    store_put_fact(place->store, STORE_FACT_READ_BY, SLICE("these"), &problem);
    assert_int_equal(store_commit(place->store, &problem), STATUS_OK);
    store_begin(place->store, &problem);
    store_put_fact(place->store, STORE_FACT_READ_BY, SLICE("others"), &problem);
    reopen(place); // before it was committed
    assert_int_equal(store_fact(place->store, STORE_FACT_READ_BY, &place->arena, &value, &problem),
                     STATUS_OK);
    assert_true(slice_equal(value, SLICE("these")));
    assert_int_equal(store_fact(place->store, STORE_FACT_TLP, &place->arena, &value, &problem),
                     STATUS_OK);
    assert_int_equal(value.size, 0);
}

static void orders_sources_by_name(void **state) {
    struct place *place = *state;
    struct problem problem;
    open_store(place, STORE_MAKE);
    store_begin(place->store, &problem);
    put_source(place, "/e/b.zip", 0, 1);
    put_source(place, "/e/b.zip", 2, 1);
    put_source(place, "/e/b.zip", 1, 1);
    put_source(place, "/e/c", 0, 1);
    put_source(place, "/e/server.zip", 0, 0);
    put_source(place, "/e/server.zip", 1, 0);
    int64_t first = put_source(place, "/e/a", 0, 1);
    assert_int_equal(put_source(place, "/e/a", 0, 1), first); // the same one, changed
    store_commit(place->store, &problem);
    reopen(place);
    static const char *const WANTED[] = {"/e/server.zip", "/e/a",     "/e/b.zip", "/e/c",
                                         "/e/server.zip", "/e/b.zip", "/e/b.zip"};
    static const uint32_t SEQUENCES[] = {0, 0, 0, 0, 1, 1, 2};
    struct store_source *rows;
    size_t count;
    assert_int_equal(store_sources(place->store, &place->arena, &rows, &count, &problem),
                     STATUS_OK);
    assert_int_equal(count, ARRAY_SIZE(WANTED));
    for (size_t i = 0; i < count; i++) {
        assert_true(slice_equal(rows[i].path, slice_of_string(WANTED[i])));
        assert_int_equal(rows[i].sequence, SEQUENCES[i]);
    }
    memory_free(rows);
}

static enum status count_piece(void *context, const struct store_piece *piece,
                               struct problem *problem) {
    (void)problem;
    assert_true(slice_equal(piece->relations, SLICE("relations")));
    ++*(size_t *)context;
    return STATUS_OK;
}

static size_t count_pieces(struct place *place, int64_t top) {
    struct problem problem;
    size_t count = 0;
    struct store_piece_sink sink = {&count, count_piece};
    assert_int_equal(store_pieces(place->store, top, &sink, &problem), STATUS_OK);
    return count;
}

static void forgets_one_file(void **state) {
    struct place *place = *state;
    struct problem problem;
    int64_t run;
    open_store(place, STORE_MAKE);
    store_begin(place->store, &problem);
    assert_int_equal(store_add_run(place->store, "1", &run, &problem), STATUS_OK);
    int64_t kept = put_source(place, "/e/a", 0, 1);
    int64_t changed = put_source(place, "/e/b.zip", 0, 1);
    int64_t entry = put_source(place, "/e/b.zip", 1, 1);
    store_put_reading(place->store, run, 0, kept, &problem);
    store_put_reading(place->store, run, 1, changed, &problem);
    store_put_reading(place->store, run, 2, entry, &problem);
    const int64_t tops[] = {kept, changed, changed};
    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        struct store_piece piece = {
            .run = run, .top = tops[i], .relations = SLICE("relations"), .gaps = SLICE("gap")};
        if (i < 2)
            piece.units = SLICE("unit");
        assert_int_equal(store_put_piece(place->store, &piece, &problem), STATUS_OK);
    }
    assert_int_equal(count_pieces(place, 0), 3);
    assert_int_equal(store_forget_gaps(place->store, changed, &problem), STATUS_OK);
    assert_int_equal(count_pieces(place, changed), 1);
    assert_int_equal(store_forget_file(place->store, changed, &problem), STATUS_OK);
    assert_int_equal(count_pieces(place, 0), 1);
    struct store_source *rows;
    struct store_reading *readings;
    size_t count;
    store_sources(place->store, &place->arena, &rows, &count, &problem);
    assert_int_equal(count, 2);
    assert_false(rows[1].complete);
    memory_free(rows);
    store_readings(place->store, &readings, &count, &problem);
    assert_int_equal(count, 1);
    assert_int_equal(readings[0].source, kept);
    memory_free(readings);
    store_commit(place->store, &problem);
}

static void finds_records_by_their_beginning(void **state) {
    struct place *place = *state;
    struct problem problem;
    open_store(place, STORE_MAKE);
    store_begin(place->store, &problem);
    int64_t source = put_source(place, "/e/a", 0, 1);
    static const char *const TAGS[] = {"EAAAAA", "EAAAAB", "EBBBBB"};
    for (uint8_t i = 0; i < ARRAY_SIZE(TAGS); i++) {
        struct store_record record = {.tag = slice_of_string(TAGS[i]),
                                      .sha256 = {i},
                                      .source = source,
                                      .position = {.line = i + 1u}};
        assert_int_equal(store_put_record(place->store, &record, &problem), STATUS_OK);
        assert_int_equal(store_put_record(place->store, &record, &problem), STATUS_OK);
    }
    struct store_verdict verdict = {.sha256 = {1},
                                    .tag = SLICE("EAAAAB"),
                                    .why = SLICE("why"),
                                    .who = SLICE("who"),
                                    .at = SLICE("2026")};
    assert_int_equal(store_put_verdict(place->store, &verdict, &problem), STATUS_OK);
    struct store_cited found[2];
    size_t count = 2;
    store_find_records(place->store, SLICE("EAAAA"), &place->arena, found, &count, &problem);
    assert_int_equal(count, 2);
    count = 2;
    store_find_records(place->store, SLICE("EB"), &place->arena, found, &count, &problem);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].record.position.line, 3);
    assert_true(slice_equal(found[0].path, SLICE("/e/a")));
    // A record that somebody spoke of stays to be found.
    assert_int_equal(store_clear_story(place->store, &problem), STATUS_OK);
    count = 2;
    store_find_records(place->store, SLICE("E"), &place->arena, found, &count, &problem);
    assert_int_equal(count, 1);
    assert_true(slice_equal(found[0].record.tag, SLICE("EAAAAB")));
    store_commit(place->store, &problem);
}

static void keeps_rules(void **state) {
    struct place *place = *state;
    struct problem problem;
    static const struct slice TEXTS[] = {{(const uint8_t *)"attack.t1059", 12},
                                         {(const uint8_t *)"attack.execution", 16}};
    struct rule rule = {.id = SLICE("id"),
                        .title = SLICE("title"),
                        .level = RULE_LEVEL_HIGH,
                        .status = RULE_STATUS_TEST,
                        .tags = TEXTS,
                        .tag_count = 2};
    open_store(place, STORE_MAKE);
    store_begin(place->store, &problem);
    assert_int_equal(store_put_rule(place->store, 0, &rule, &problem), STATUS_OK);
    rule.tag_count = 0;
    assert_int_equal(store_put_rule(place->store, 1, &rule, &problem), STATUS_OK);
    struct rule *rules;
    size_t count;
    assert_int_equal(store_rules(place->store, &place->arena, &rules, &count, &problem), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rules[0].level, RULE_LEVEL_HIGH);
    assert_int_equal(rules[0].status, RULE_STATUS_TEST);
    assert_int_equal(rules[0].tag_count, 2);
    assert_true(slice_equal(rules[0].tags[1], TEXTS[1]));
    assert_int_equal(rules[1].tag_count, 0);
    memory_free(rules);
    store_commit(place->store, &problem);
}

static void write_file(const struct place *place, const void *bytes, size_t size) {
    FILE *file = fopen(place->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void refuses_strangers(void **state) {
    struct place *place = *state;
    struct problem problem;
    struct store *store;
    assert_int_equal(store_open(place->path, STORE_WRITE, &store, &problem), STATUS_NOT_FOUND);
    write_file(place, "", 0);
    assert_int_equal(store_open(place->path, STORE_WRITE, &store, &problem), STATUS_FORMAT);
    char noise[4096];
    memset(noise, 'x', sizeof noise);
    write_file(place, noise, sizeof noise);
    assert_int_equal(store_open(place->path, STORE_MAKE, &store, &problem), STATUS_FORMAT);
    unlink(place->path);
    assert_int_equal(symlink("/etc/passwd", place->path), 0);
    assert_int_not_equal(store_open(place->path, STORE_WRITE, &store, &problem), STATUS_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_was_committed, begin, end),
        cmocka_unit_test_setup_teardown(orders_sources_by_name, begin, end),
        cmocka_unit_test_setup_teardown(forgets_one_file, begin, end),
        cmocka_unit_test_setup_teardown(finds_records_by_their_beginning, begin, end),
        cmocka_unit_test_setup_teardown(keeps_rules, begin, end),
        cmocka_unit_test_setup_teardown(refuses_strangers, begin, end),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
