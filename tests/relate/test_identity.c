// Tests of names, addresses and accounts settled
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "relate/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const int64_t HOUR_NS = 3600000000000;

static void learn(struct identity *identity, enum relation_kind kind, const char *const parts[4],
                  int64_t first_ns, int64_t last_ns) {
    static struct relation_sum *sum;
    struct relation_key key = {.kind = kind};
    sum = memory_new(1, sizeof *sum);
    relation_sum_reset(sum);
    sum->first_ns = first_ns;
    sum->last_ns = last_ns;
    key.parts[PART_FROM] = slice_of_string(parts[0]);
    key.parts[PART_TO] = slice_of_string(parts[1]);
    key.parts[PART_ARTEFACT] = slice_of_string(parts[2]);
    key.parts[PART_RECORDER] = slice_of_string(parts[3]);
    identity_learn(identity, &key, sum);
    memory_free(sum);
}

static void claim(struct identity *identity, const char *name, const char *address,
                  const char *source, int64_t first_hour, int64_t last_hour) {
    learn(identity, RELATION_ALIAS, (const char *const[]){name, address, source, ""},
          first_hour * HOUR_NS, last_hour * HOUR_NS);
}

static void record(struct identity *identity, const char *recorder) {
    learn(identity, RELATION_SPAWN, (const char *const[]){"", recorder, "x", recorder}, 0, 0);
}

static const char *find(struct identity *identity, const char *name, int64_t hour, char text[64]) {
    uint32_t count;
    const struct fleet_host *hosts = identity_hosts(identity, &count);
    uint32_t host = identity_find(identity, slice_of_string(name), hour * HOUR_NS);
    if (host == FLEET_NO_HOST)
        return "";
    memcpy(text, hosts[host].name.data, hosts[host].name.size);
    text[hosts[host].name.size] = '\0';
    return text;
}

static void test_names(void **state) {
    (void)state;
    char text[64];
    struct identity *identity = identity_new();
    record(identity, "pc-01");
    record(identity, "PC-01.corp.example");
    record(identity, "SRV.a.example");
    record(identity, "SRV.b.example");
    record(identity, "VERYLONGSERVERNAME.corp.example");
    claim(identity, "VERYLONGSERVERN", "10.0.0.9", "logon", 1, 2);
    learn(identity, RELATION_ALIAS, (const char *const[]){"PC-01", "case7", "folder", ""}, 0, 0);
    learn(identity, RELATION_ALIAS, (const char *const[]){"PC-01", "all", "folder", ""}, 0, 0);
    learn(identity, RELATION_ALIAS, (const char *const[]){"SRV.a.example", "all", "folder", ""}, 0,
          0);
    identity_settle(identity);
    assert_string_equal(find(identity, "PC-01", 0, text), "PC-01");
    assert_string_equal(find(identity, "pc-01.CORP.example", 0, text), "PC-01");
    assert_string_equal(find(identity, "pc-01.other.example", 0, text), "");
    assert_string_equal(find(identity, "srv.a.example", 0, text), "SRV");
    assert_string_equal(find(identity, "srv", 0, text), "");
    assert_string_equal(find(identity, "VeryLongServern", 0, text), "VERYLONGSERVERNAME");
    assert_string_equal(find(identity, "verylongservername", 0, text), "VERYLONGSERVERNAME");
    assert_string_equal(find(identity, "10.0.0.9", 1, text), "VERYLONGSERVERNAME");
    assert_string_equal(find(identity, "case7", 0, text), "PC-01");
    assert_string_equal(find(identity, "all", 0, text), "");
    uint32_t count;
    const struct fleet_host *hosts = identity_hosts(identity, &count);
    assert_int_equal(count, 4);
    assert_true(hosts[0].has_evidence);
    identity_free(identity);
}

static void test_addresses(void **state) {
    (void)state;
    char text[64];
    struct identity *identity = identity_new();
    claim(identity, "A", "10.0.0.1", "dhcp", 10, 12);
    claim(identity, "A", "10.0.0.1", "dhcp", 20, 22);
    claim(identity, "B", "10.0.0.1", "dhcp", 100, 120);
    claim(identity, "A", "10.0.0.2", "dhcp", 90, 110);
    claim(identity, "C", "10.0.0.2", "dhcp", 100, 101);
    claim(identity, "C", "10.0.0.3", "sysmon", 10, 20);
    claim(identity, "B", "10.0.0.3", "logon", 15, 16);
    claim(identity, "A", "203.0.113.9", "dhcp", 10, 20);
    claim(identity, "B", "10.0.0.4", "dns", 10, 20);
    claim(identity, "wpad", "10.0.0.5", "dns", 10, 20);
    identity_settle(identity);
    assert_string_equal(find(identity, "10.0.0.1", 11, text), "A");
    assert_string_equal(find(identity, "10.0.0.1", 16, text), "A"); // nobody else in between
    assert_string_equal(find(identity, "10.0.0.1", 5, text), "A");
    assert_string_equal(find(identity, "10.0.0.1", 30, text), "A");
    assert_string_equal(find(identity, "10.0.0.1", 60, text), ""); // too far from both
    assert_string_equal(find(identity, "10.0.0.1", 95, text), "B");
    assert_string_equal(find(identity, "10.0.0.2", 105, text), "");   // two at a time
    assert_string_equal(find(identity, "10.0.0.3", 15, text), "C");   // its own word counts more
    assert_string_equal(find(identity, "203.0.113.9", 15, text), ""); // not ours
    assert_string_equal(find(identity, "10.0.0.4", 15, text), "B");   // a host by its lease
    assert_string_equal(find(identity, "10.0.0.5", 15, text), "");    // a name makes no host
    assert_int_equal(identity_conflict_count(identity), 1);
    identity_free(identity);
}

static void expect_account(struct identity *identity, const char *from, const char *to) {
    uint8_t text[RELATION_PART_BYTES_MAX];
    size_t size = identity_account(identity, slice_of_string(from), text);
    assert_true(slice_equal_string(slice_of(text, size), to));
}

static void test_accounts(void **state) {
    (void)state;
    struct identity *identity = identity_new();
    learn(identity, RELATION_ALIAS,
          (const char *const[]){"CORP\\Alice", "S-1-5-21-1-1001", "account", ""}, 0, 0);
    learn(identity, RELATION_ALIAS,
          (const char *const[]){"LAB\\Bob", "S-1-5-21-2-1001", "account", ""}, 0, 0);
    learn(identity, RELATION_ALIAS,
          (const char *const[]){"CORP\\Bob", "S-1-5-21-1-1002", "account", ""}, 0, 0);
    learn(identity, RELATION_ALIAS,
          (const char *const[]){"corp.example\\PC-01$", "S-1-5-18", "account", ""}, 0, 0);
    identity_settle(identity);
    expect_account(identity, "corp.example\\alice", "corp\\alice");
    expect_account(identity, "CORP.EXAMPLE\\Alice@CORP.EXAMPLE", "corp\\alice");
    expect_account(identity, "10.0.0.1\\alice", "10.0.0.1\\alice");
    expect_account(identity, "S-1-5-18", "s-1-5-18"); // every machine's
    expect_account(identity, "Corp\\ALICE", "corp\\alice");
    expect_account(identity, "S-1-5-21-1-1001", "corp\\alice");
    expect_account(identity, "Alice@CORP.EXAMPLE", "corp\\alice");
    expect_account(identity, "alice@mail.example", "corp\\alice");
    expect_account(identity, "bob@corp.example", "corp\\bob");
    expect_account(identity, "bob@mail.example", "bob@mail.example"); // two of them
    expect_account(identity, "", "");
    identity_free(identity);
}

// Leases as the relater sums them: of one pair, at these hours, ending at `first_end`, `last_end`.
static void lease(struct identity *identity, const char *name, const char *address,
                  const int64_t *hours, uint32_t count, const int64_t ends[2]) {
    struct relation_sum *sum = memory_new(1, sizeof *sum);
    relation_sum_reset(sum);
    struct relation_key key = {.kind = RELATION_ALIAS};
    key.parts[PART_FROM] = slice_of_string(name);
    key.parts[PART_TO] = slice_of_string(address);
    key.parts[PART_ARTEFACT] = SLICE("lease");
    sum->first_ns = hours[0] * HOUR_NS;
    sum->last_ns = hours[count - 1] * HOUR_NS;
    sum->count = count;
    sum->bytes_in_min = (uint64_t)ends[0] * 3600;
    sum->bytes_in_max = (uint64_t)ends[1] * 3600;
    for (uint32_t i = 0; i < count; i++)
        sum->references[sum->reference_count++].time_ns = hours[i] * HOUR_NS;
    identity_learn(identity, &key, sum);
    memory_free(sum);
}

// Who was last seen with an address keeps it, until he is seen with another one.
static void test_last_sightings(void **state) {
    (void)state;
    char text[64];
    struct identity *identity = identity_new();
    claim(identity, "a", "10.0.0.1", "sysmon", 10, 20);
    claim(identity, "a", "10.0.0.2", "sysmon", 90, 95);
    claim(identity, "b", "10.0.0.3", "sysmon", 10, 20);
    claim(identity, "c", "10.0.0.4", "sysmon", 10, 20); // of two networks
    claim(identity, "c", "10.0.0.5", "sysmon", 12, 40);
    identity_settle(identity);
    assert_string_equal(find(identity, "10.0.0.1", 25, text), "a");
    assert_string_equal(find(identity, "10.0.0.1", 80, text), "a"); // he was nowhere else by then
    assert_string_equal(find(identity, "10.0.0.1", 92, text), "");
    assert_string_equal(find(identity, "10.0.0.1", 200, text), "");
    assert_string_equal(find(identity, "10.0.0.2", 200, text), "a");
    assert_string_equal(find(identity, "10.0.0.3", 200, text), "b");
    assert_string_equal(find(identity, "10.0.0.4", 200, text), "c");
    identity_free(identity);
}

// Where others had the address before, who was seen with it last does not keep it, nor had who was
// seen first always had it. What a logon says lets no address go round.
static void test_rounds(void **state) {
    (void)state;
    char text[64];
    struct identity *identity = identity_new();
    claim(identity, "a", "10.0.0.1", "sysmon", 40, 60);
    claim(identity, "b", "10.0.0.1", "filter", 100, 120);
    claim(identity, "c", "10.0.0.2", "sysmon", 40, 60);
    claim(identity, "d", "10.0.0.2", "logon", 20, 21);
    claim(identity, "c", "10.0.0.2", "sysmon", 100, 120);
    identity_settle(identity);
    assert_string_equal(find(identity, "10.0.0.1", 30, text), "a");
    assert_string_equal(find(identity, "10.0.0.1", 20, text), "");
    assert_string_equal(find(identity, "10.0.0.1", 130, text), "b");
    assert_string_equal(find(identity, "10.0.0.1", 166, text), "");
    assert_string_equal(find(identity, "10.0.0.2", 166, text), "c");
    identity_free(identity);
}

#define LEASE(name, address, first_end, last_end, ...)                                             \
    lease(identity, name, address, (const int64_t[]){__VA_ARGS__},                                 \
          ARRAY_SIZE(((const int64_t[]){__VA_ARGS__})), (const int64_t[]){first_end, last_end})

// 1970-01-05 is day 4: hours 96 to 119.
static void test_leases(void **state) {
    (void)state;
    char text[64];
    struct identity *identity = identity_new();
    LEASE("a", "10.0.0.1", 96, 96, 1);
    claim(identity, "b", "10.0.0.1", "dhcp", 98, 99);
    // Until one o'clock of the fifth day b was elsewhere.
    claim(identity, "c", "10.0.0.2", "dhcp", 1, 2);
    claim(identity, "b", "10.0.0.3", "dhcp", 10, 97);
    claim(identity, "b", "10.0.0.2", "dhcp", 100, 101);
    identity_settle(identity);
    assert_string_equal(find(identity, "10.0.0.1", 90, text), "a");
    assert_string_equal(find(identity, "10.0.0.1", 97, text), "");
    assert_string_equal(find(identity, "10.0.0.1", 98, text), "b");
    assert_string_equal(find(identity, "10.0.0.2", 96, text), "");
    assert_string_equal(find(identity, "10.0.0.2", 12, text), "c");
    identity_free(identity);
}

static void test_lease_ends(void **state) {
    (void)state;
    char text[64];
    struct identity *identity = identity_new();
    // Renewed twice on a day, then another host's; the server's own log is eight hours ahead.
    LEASE("a", "10.0.0.1", 100, 120, 10, 50, 60);
    LEASE("b", "10.0.0.1", 200, 200, 121);
    claim(identity, "a", "10.0.0.1", "dhcp", 18, 68);
    claim(identity, "a", "10.0.0.1", "dhcp", 118, 122);
    // The later lease wins, and the first one is over then, however short the later one.
    LEASE("a", "10.0.0.2", 100, 100, 10);
    LEASE("c", "10.0.0.2", 50, 50, 40);
    // What others are told of an address does not outdo its lease.
    LEASE("c", "10.0.0.3", 100, 100, 10);
    claim(identity, "b", "10.0.0.3", "logon", 50, 60);
    // Sightings count where no lease is, but not across one's end or beginning.
    LEASE("a", "10.0.0.4", 20, 20, 10);
    LEASE("c", "10.0.0.4", 60, 60, 50);
    claim(identity, "b", "10.0.0.4", "sysmon", 30, 32);
    claim(identity, "b", "10.0.0.4", "sysmon", 55, 55);
    claim(identity, "b", "10.0.0.4", "sysmon", 70, 72);
    // Two leases from one instant on are nobody's.
    LEASE("a", "10.0.0.5", 20, 20, 10);
    LEASE("b", "10.0.0.5", 20, 20, 10);
    identity_settle(identity);
    assert_string_equal(find(identity, "10.0.0.1", 110, text), "a");
    assert_string_equal(find(identity, "10.0.0.1", 120, text), "a");
    assert_string_equal(find(identity, "10.0.0.1", 121, text), "b");
    assert_string_equal(find(identity, "10.0.0.1", 122, text), "b");
    assert_string_equal(find(identity, "10.0.0.1", 201, text), "");
    assert_string_equal(find(identity, "10.0.0.2", 39, text), "a");
    assert_string_equal(find(identity, "10.0.0.2", 45, text), "c");
    assert_string_equal(find(identity, "10.0.0.2", 60, text), "");
    assert_string_equal(find(identity, "10.0.0.3", 55, text), "c");
    assert_string_equal(find(identity, "10.0.0.4", 19, text), "a");
    assert_string_equal(find(identity, "10.0.0.4", 31, text), "b");
    assert_string_equal(find(identity, "10.0.0.4", 22, text), "b"); // near, and free
    assert_string_equal(find(identity, "10.0.0.4", 55, text), "c");
    assert_string_equal(find(identity, "10.0.0.4", 65, text), "b");
    assert_string_equal(find(identity, "10.0.0.5", 15, text), "");
    identity_free(identity);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),          cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_last_sightings), cmocka_unit_test(test_leases),
        cmocka_unit_test(test_rounds),         cmocka_unit_test(test_lease_ends),
        cmocka_unit_test(test_accounts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
