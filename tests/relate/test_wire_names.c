// Tests of addresses found by times on the wire
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "relate/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const int64_t SECOND_NS = 1000000000;
enum {
    ZONE_SECONDS = 8 * 3600 // of the servers' logs, which name none
};

static void learn(struct identity *identity, const struct relation_key *key, const int64_t *seconds,
                  uint32_t count) {
    struct relation_sum *sum = memory_new(1, sizeof *sum);
    relation_sum_reset(sum);
    for (uint32_t i = 0; i < count; i++)
        times_insert(sum->times, &sum->time_count, seconds[i] * SECOND_NS);
    sum->first_ns = sum->times[0];
    sum->last_ns = sum->times[count - 1];
    identity_learn(identity, key, sum);
    memory_free(sum);
}

// `name` writes that the client came; the sensor that somebody came to `address`.
static void session(struct identity *identity, const char *name, const int64_t *seconds,
                    uint32_t count) {
    int64_t written[8];
    for (uint32_t i = 0; i < count; i++)
        written[i] = seconds[i] + ZONE_SECONDS;
    struct relation_key key = {.kind = RELATION_LOGON};
    key.parts[PART_FROM] = SLICE("10.0.0.5");
    key.parts[PART_TO] = key.parts[PART_RECORDER] = slice_of_string(name);
    key.parts[PART_ARTEFACT] = SLICE("ssh");
    learn(identity, &key, written, count);
}

static void flow(struct identity *identity, const char *address, const int64_t *seconds,
                 uint32_t count) {
    struct relation_key key = {.kind = RELATION_FLOW};
    key.parts[PART_FROM] = SLICE("10.0.0.5");
    key.parts[PART_TO] = slice_of_string(address);
    key.parts[PART_RECORDER] = SLICE("SENSOR");
    key.parts[PART_ARTEFACT] = SLICE("tcp/22");
    learn(identity, &key, seconds, count);
}

static const int64_t ONE[] = {1000, 5003, 9500, 33007, 47011, 60000};
static const int64_t OTHER[] = {1500, 7003, 15501, 35007, 40011, 52000};

static struct slice name_at(struct identity *identity, const char *address) {
    uint32_t count;
    const struct fleet_host *hosts = identity_hosts(identity, &count);
    uint32_t host = identity_find(identity, slice_of_string(address), 20000 * SECOND_NS);
    return host == FLEET_NO_HOST ? SLICE("nobody") : hosts[host].name;
}

static void test_found(void **state) {
    (void)state;
    struct identity *identity = identity_new();
    session(identity, "UNIX-01", ONE, 6);
    session(identity, "UNIX-02", OTHER, 6);
    flow(identity, "10.0.0.41", ONE, 6);
    flow(identity, "10.0.0.42", OTHER, 6);
    identity_settle(identity);
    assert_true(slice_equal(name_at(identity, "10.0.0.41"), SLICE("UNIX-01")));
    assert_true(slice_equal(name_at(identity, "10.0.0.42"), SLICE("UNIX-02")));
    identity_free(identity);
}

// Too few sessions; or two addresses that fit equally well.
static void test_not_guessed(void **state) {
    (void)state;
    struct identity *identity = identity_new();
    session(identity, "UNIX-01", ONE, 4);
    flow(identity, "10.0.0.41", ONE, 4);
    session(identity, "UNIX-02", OTHER, 6);
    flow(identity, "10.0.0.42", OTHER, 6);
    flow(identity, "10.0.0.43", OTHER, 6);
    identity_settle(identity);
    assert_true(slice_equal(name_at(identity, "10.0.0.41"), SLICE("nobody")));
    assert_true(slice_equal(name_at(identity, "10.0.0.42"), SLICE("nobody")));
    assert_true(slice_equal(name_at(identity, "10.0.0.43"), SLICE("nobody")));
    identity_free(identity);
}

// A lease outdoes what times say.
static void test_lease_stands(void **state) {
    (void)state;
    struct identity *identity = identity_new();
    session(identity, "UNIX-01", ONE, 6);
    flow(identity, "10.0.0.41", ONE, 6);
    struct relation_key key = {.kind = RELATION_ALIAS};
    key.parts[PART_FROM] = SLICE("PC-01");
    key.parts[PART_TO] = SLICE("10.0.0.41");
    key.parts[PART_ARTEFACT] = SLICE("dhcp");
    learn(identity, &key, ONE, 6);
    identity_settle(identity);
    assert_true(slice_equal(name_at(identity, "10.0.0.41"), SLICE("PC-01")));
    identity_free(identity);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_not_guessed),
        cmocka_unit_test(test_lease_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
