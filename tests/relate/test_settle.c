// Names settled at the times that were meant
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/packed_row.h"
#include "relate/relater.h"
#include "relate/relation_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_NS (60 * 1000000000ll)
#define HOUR_NS (60 * MINUTE_NS)
#define START_NS (1767571200ll * 1000000000)

enum {
    ROWS_BYTES = 1 << 20,
    ZONE_HOURS = 8
};

// Relations as they are packed.
struct pack {
    struct buffer rows, key, payload;
    uint64_t line;
};

static void pack_init(struct pack *pack) {
    buffer_init(&pack->rows, ROWS_BYTES);
    buffer_init(&pack->key, ROWS_BYTES);
    buffer_init(&pack->payload, ROWS_BYTES);
    pack->line = 0;
}

static void pack_done(struct pack *pack) {
    buffer_done(&pack->rows);
    buffer_done(&pack->key);
    buffer_done(&pack->payload);
}

// A relation that records tell at these minutes after the start, in their order.
static void pack_add(struct pack *pack, struct relation_key key, const int64_t *minutes,
                     size_t count) {
    struct relation_sum *sum = memory_new(1, sizeof *sum);
    relation_sum_reset(sum);
    for (size_t i = 0; i < count; i++) {
        int64_t time_ns = START_NS + minutes[i] * MINUTE_NS;
        struct reference reference = {
            .position = {.line = ++pack->line, .offset = pack->line * 100}, .time_ns = time_ns};
        sum->first_ns = i == 0 ? time_ns : sum->first_ns;
        sum->last_ns = time_ns;
        sum->count++;
        times_insert(sum->times, &sum->time_count, time_ns);
        reference_insert(sum->references, &sum->reference_count, &reference);
    }
    buffer_reset(&pack->key);
    buffer_reset(&pack->payload);
    relation_append_key(&pack->key, &key);
    relation_append_sum(&pack->payload, sum);
    packed_row_append(&pack->rows, buffer_slice(&pack->key), buffer_slice(&pack->payload));
    memory_free(sum);
}

static struct relation_key key_of(enum relation_kind kind, const char *from, const char *to,
                                  const char *artefact, const char *recorder) {
    struct relation_key key = {.kind = kind};
    key.parts[PART_FROM] = slice_of_string(from);
    key.parts[PART_TO] = slice_of_string(to);
    key.parts[PART_ARTEFACT] = slice_of_string(artefact);
    key.parts[PART_RECORDER] = slice_of_string(recorder);
    return key;
}

static void pack_address(struct pack *pack, const char *name, const char *address, int64_t from,
                         int64_t until) {
    const int64_t minutes[] = {from * 60, until * 60};
    pack_add(pack, key_of(RELATION_ALIAS, name, address, "dhcp", "DHCP-01"), minutes, 2);
}

// A login over SSH as the server's syslog tells it, in local time.
static void pack_login(struct pack *pack, const char *address, const int64_t *minutes,
                       size_t count) {
    int64_t local[16];
    assert_true(count <= ARRAY_SIZE(local));
    for (size_t i = 0; i < count; i++)
        local[i] = minutes[i] + ZONE_HOURS * 60;
    pack_add(pack, key_of(RELATION_LOGON, address, "SRV-01", "ssh", "SRV-01"), local, count);
}

static struct relation_store *pack_settle(const struct pack *pack) {
    const uint32_t sources[] = {0};
    const struct source_map map = {.to = sources, .count = 1, .same = true};
    struct relater *relater = relater_new(ROWS_BYTES, "/tmp");
    struct relation_store *store = NULL;
    struct problem problem;
    assert_int_equal(relater_put(relater, buffer_slice(&pack->rows), &map, &problem), STATUS_OK);
    assert_int_equal(relaters_settle(&relater, 1, &store, &problem), STATUS_OK);
    relater_free(relater);
    return store;
}

// What is asked of one pass: the relation of an artefact that begins at a minute.
struct question {
    const char *artefact;
    int64_t minute;
    char from[64]; // the answer; empty: there is none
    uint32_t found;
};

static enum status question_take(void *context, struct relation *relation,
                                 struct problem *problem) {
    struct question *question = context;
    (void)problem;
    if (relation->first_ns == START_NS + question->minute * MINUTE_NS &&
        slice_equal_string(relation->artefact, question->artefact)) {
        assert_true(relation->from.size < sizeof question->from);
        memcpy(question->from, relation->from.data, relation->from.size);
        question->found++;
    }
    return STATUS_OK;
}

static struct question ask(struct relation_store *store, enum relation_kind kind,
                           const char *artefact, int64_t minute) {
    struct question question = {.artefact = artefact, .minute = minute};
    struct problem problem;
    assert_int_equal(relation_source_each(relation_store_source(store), (uint64_t)1 << kind,
                                          RELATION_ORDER_TIME, question_take, &question, &problem),
                     STATUS_OK);
    return question;
}

static const struct fleet_host *host_of(const struct relation_store *store, const char *name) {
    const struct fleet *fleet = relation_store_fleet(store);
    for (uint32_t i = 0; i < fleet->count; i++)
        if (slice_equal_string(fleet->hosts[i].name, name))
            return &fleet->hosts[i];
    fail();
    return NULL;
}

// 10.0.0.5 is PC-ADA's by day and PC-BOB's by night. The server's log is eight hours ahead, which
// the sensors' flows tell: whose the address was is asked of the true time.
static void an_address_is_looked_up_at_true_time(void **state) {
    (void)state;
    static const int64_t seen[] = {7, 31, 64, 95, 141, 153};
    struct pack pack;
    pack_init(&pack);
    pack_address(&pack, "PC-ADM", "10.0.0.9", 0, 48);
    pack_address(&pack, "PC-ADA", "10.0.0.5", 6, 17);
    pack_address(&pack, "PC-BOB", "10.0.0.5", 20, 24);
    static const char *const SENSORS[] = {"IDS-01", "IDS-02"}; // the more are right
    for (size_t i = 0; i < ARRAY_SIZE(SENSORS); i++)
        pack_add(&pack, key_of(RELATION_FLOW, "10.0.0.9", "SRV-01", "tcp/22", SENSORS[i]), seen,
                 ARRAY_SIZE(seen));
    pack_login(&pack, "10.0.0.9", seen, ARRAY_SIZE(seen));
    const int64_t by_day[] = {14 * 60 + 10}, by_night[] = {22 * 60 + 10};
    pack_login(&pack, "10.0.0.5", by_day, 1);
    pack_add(&pack, key_of(RELATION_LOGON, "10.0.0.5", "SRV-02", "3", "SRV-02"), by_night, 1);
    struct relation_store *store = pack_settle(&pack);
    struct question question = ask(store, RELATION_LOGON, "ssh", by_day[0]);
    assert_int_equal(question.found, 1);
    assert_string_equal(question.from, "PC-ADA");
    // A log that names its zone is taken at its word, at the same digits.
    question = ask(store, RELATION_LOGON, "3", by_night[0]);
    assert_int_equal(question.found, 1);
    assert_string_equal(question.from, "PC-BOB");
    // The zone is the log's, not the server's clock's.
    question = ask(store, RELATION_LOGON, "ssh", seen[0]);
    assert_string_equal(question.from, "PC-ADM");
    assert_int_equal(host_of(store, "SRV-01")->skew_ns, 0);
    relation_store_free(store);
    pack_done(&pack);
}

// Where nothing tells the zone, the digits are all there is.
static void nothing_tells_the_zone(void **state) {
    (void)state;
    struct pack pack;
    pack_init(&pack);
    pack_address(&pack, "PC-ADA", "10.0.0.5", 6, 17);
    pack_address(&pack, "PC-BOB", "10.0.0.5", 20, 24);
    const int64_t by_day[] = {14 * 60 + 10};
    pack_login(&pack, "10.0.0.5", by_day, 1);
    struct relation_store *store = pack_settle(&pack);
    struct question question = ask(store, RELATION_LOGON, "ssh", by_day[0] + ZONE_HOURS * 60);
    assert_int_equal(question.found, 1);
    assert_string_equal(question.from, "PC-BOB");
    relation_store_free(store);
    pack_done(&pack);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_looked_up_at_true_time),
        cmocka_unit_test(nothing_tells_the_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
