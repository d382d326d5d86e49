// Names become hosts, then equal relations one again
// SPDX-License-Identifier: Apache-2.0
//
// merged runs ─1─> identity      who is who
//             ─2─> clocks        whose clock is wrong
//             ─3─> rewritten ─sort─> merged ─4─> store
#include "relate/relater.h"

#include "base/memory.h"
#include "relate/clock_book.h"
#include "relate/identity.h"
#include "relate/process_book.h"
#include "relate/relation_store.h"
#include "relate/role_book.h"

#include <assert.h>

enum {
    SETTLE_PAYLOAD_BYTES = 64 << 10,
    SETTLE_KEY_BYTES = 16 << 10,
    SETTLE_SORTER_BYTES = 64 << 20, // rewritten relations, and sightings
    SETTLE_STORE_BYTES = 192 << 20, // of the store in memory; the rest lies in a file
};
#define QUARTER_NS (900 * 1000000000ll)

struct settling {
    struct relater *relater;
    struct identity *identity;
    struct clock_book *clocks;
    struct process_book processes;
    struct role_book *roles;
    int64_t *zoneless_skews_ns; // by host, of its logs that name no zone
    struct sorter *merged, *rewritten;
    struct relation_store *store;
    struct relation_sum *sum, *other;
    struct buffer key, payload;
};

typedef enum status settle_step(struct settling *settling, const struct relation_key *key,
                                struct relation_sum *sum, struct problem *problem);

// Hand each key with the sum of its payloads to `step`.
static enum status settle_pass(struct settling *settling, struct sorter *sorter, settle_step *step,
                               struct problem *problem) {
    struct buffer current;
    buffer_init(&current, SETTLE_KEY_BYTES);
    bool have = false;
    bool more = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && more) {
        struct slice bytes, payload;
        struct relation_key key;
        status = sorter_next(sorter, &bytes, &payload, &more, problem);
        if (status != STATUS_OK)
            break;
        bool same = more && have && slice_equal(bytes, buffer_slice(&current));
        if (have && !same) {
            bool whole = relation_read_key(buffer_slice(&current), &key);
            assert(whole);
            (void)whole;
            status = step(settling, &key, settling->sum, problem);
        }
        if (!more || status != STATUS_OK)
            break;
        bool whole = relation_read_sum(payload, same ? settling->other : settling->sum);
        assert(whole);
        (void)whole;
        if (same) {
            relation_sum_merge(settling->sum, settling->other);
            continue;
        }
        buffer_reset(&current);
        buffer_append_slice(&current, bytes);
        have = true;
    }
    buffer_done(&current);
    return status;
}

static enum status settle_learn(struct settling *settling, const struct relation_key *key,
                                struct relation_sum *sum, struct problem *problem) {
    (void)problem;
    if (key->kind == RELATION_ALIAS && slice_equal(key->parts[PART_ARTEFACT], SLICE("process")))
        process_book_learn(&settling->processes, key->parts[PART_RECORDER], key->parts[PART_TO],
                           key->parts[PART_DETAIL_0]);
    else
        identity_learn(settling->identity, key, sum);
    return STATUS_OK;
}

// A host's settled name, or the text as it is. ALIAS keeps what it says.
static void settle_host(const struct settling *settling, struct slice *text, int64_t time_ns) {
    uint32_t count;
    const struct fleet_host *hosts = identity_hosts(settling->identity, &count);
    uint32_t host = identity_find(settling->identity, *text, time_ns);
    if (host != FLEET_NO_HOST)
        *text = hosts[host].name;
}

// Kinds whose records tell that two met, and when.
static const uint64_t SEEN_TWICE = RELATION_MASK(LOGON) | RELATION_MASK(CREDENTIAL_USE) |
                                   RELATION_MASK(CONTACT) | RELATION_MASK(FLOW) |
                                   RELATION_MASK(WEB_REQUEST) | RELATION_MASK(UPDATE_FETCH) |
                                   RELATION_MASK(MAIL_READ) | RELATION_MASK(SHARE);

// Told by syslog lines, which name no zone (rows of "syslog"): a host's other logs may, so these
// have a clock of their own.
static bool settle_is_zoneless(const struct relation_key *key) {
    struct slice how = key->parts[PART_ARTEFACT], program = key->parts[PART_DETAIL_0];
    bool own = slice_equal(key->parts[PART_TO], key->parts[PART_RECORDER]);
    return own && ((key->kind == RELATION_LOGON && slice_equal(how, SLICE("ssh"))) ||
                   (key->kind == RELATION_SPAWN && slice_equal(program, SLICE("sudo"))));
}

static enum status settle_sight(struct settling *settling, const struct relation_key *key,
                                struct relation_sum *sum, struct problem *problem) {
    uint32_t recorder = identity_find(settling->identity, key->parts[PART_RECORDER], sum->first_ns);
    struct slice from = key->parts[PART_FROM];
    struct slice to = key->parts[PART_TO];
    if (!(SEEN_TWICE >> key->kind & 1) || recorder == FLEET_NO_HOST || !from.size || !to.size)
        return STATUS_OK;
    settle_host(settling, &from, sum->first_ns);
    settle_host(settling, &to, sum->first_ns);
    if (settle_is_zoneless(key)) {
        uint32_t count;
        identity_hosts(settling->identity, &count);
        recorder += count;
    }
    if (sum->time_count)
        return clock_book_note(settling->clocks, from, to, recorder,
                               slice_of(sum->times, sum->time_count * sizeof *sum->times), problem);
    int64_t times[FINDING_REFERENCES_MAX];
    for (uint32_t i = 0; i < sum->reference_count; i++)
        times[i] = sum->references[i].time_ns;
    return clock_book_note(settling->clocks, from, to, recorder,
                           slice_of(times, sum->reference_count * sizeof *times), problem);
}

static bool settle_is_inner(const struct relation_key *key) {
    // What only served to learn identities.
    struct slice source = key->parts[PART_ARTEFACT];
    return key->kind == RELATION_ALIAS &&
           (slice_equal(source, SLICE("folder")) || slice_equal(source, SLICE("account")) ||
            slice_equal(source, SLICE("process")));
}

// From the recorder's clock to true time. Days stay as they were counted.
static void settle_times(const struct settling *settling, const struct relation_key *key,
                         struct relation_sum *sum) {
    uint32_t recorder = identity_find(settling->identity, key->parts[PART_RECORDER], sum->first_ns);
    uint32_t count;
    const struct fleet_host *hosts = identity_hosts(settling->identity, &count);
    int64_t skew_ns = recorder == FLEET_NO_HOST ? 0
                      : settle_is_zoneless(key) ? settling->zoneless_skews_ns[recorder]
                                                : hosts[recorder].skew_ns;
    if (skew_ns == 0 || sum->first_ns == CLOCK_NONE)
        return;
    sum->first_ns -= skew_ns;
    sum->last_ns -= skew_ns;
    for (uint32_t i = 0; i < sum->time_count; i++)
        sum->times[i] -= skew_ns;
}

static enum status settle_rewrite(struct settling *settling, const struct relation_key *key,
                                  struct relation_sum *sum, struct problem *problem) {
    uint8_t account[RELATION_PART_BYTES_MAX];
    struct relation_key settled = *key;
    if (settle_is_inner(key))
        return STATUS_OK;
    settled.bucket = 0;
    // Who had an address is told by logs that name their zone.
    bool zoneless = settle_is_zoneless(key);
    if (zoneless)
        settle_times(settling, key, sum);
    if (slice_starts(key->parts[PART_DETAIL_3], SLICE("{")))
        settled.parts[PART_DETAIL_3] = process_book_find(
            &settling->processes, key->parts[PART_RECORDER], key->parts[PART_DETAIL_3]);
    settle_host(settling, &settled.parts[PART_FROM], sum->first_ns);
    if (key->kind != RELATION_ALIAS)
        settle_host(settling, &settled.parts[PART_TO], sum->first_ns);
    settle_host(settling, &settled.parts[PART_RECORDER], sum->first_ns);
    if (!zoneless)
        settle_times(settling, key, sum);
    settled.parts[PART_ACCOUNT] =
        slice_of(account, identity_account(settling->identity, key->parts[PART_ACCOUNT], account));
    buffer_reset(&settling->key);
    buffer_reset(&settling->payload);
    relation_append_key(&settling->key, &settled);
    relation_append_sum(&settling->payload, sum);
    assert(!settling->key.failed && !settling->payload.failed);
    return sorter_add(settling->rewritten, buffer_slice(&settling->key),
                      buffer_slice(&settling->payload), problem);
}

static enum status settle_store(struct settling *settling, const struct relation_key *key,
                                struct relation_sum *sum, struct problem *problem) {
    const struct identity *identity = settling->identity;
    struct store_hosts hosts = {
        .from = identity_find(identity, key->parts[PART_FROM], sum->first_ns),
        .to = identity_find(identity, key->parts[PART_TO], sum->first_ns),
        .recorder = identity_find(identity, key->parts[PART_RECORDER], sum->first_ns),
    };
    role_book_note(settling->roles, key, hosts);
    return relation_store_add(settling->store, key, sum, hosts, problem);
}

// A host's clock, and that of its logs without a zone: zones are whole quarters of an hour, the
// rest is the clock's.
static void settle_take_clocks(struct settling *settling, const struct fleet_host *clocks,
                               struct fleet_host *hosts, uint32_t count) {
    settling->zoneless_skews_ns = memory_new((size_t)count + 1, sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++) {
        const struct fleet_host *own = &clocks[i], *zoneless = &clocks[count + i];
        bool told = own->skew_pairs > 0 || zoneless->skew_pairs == 0;
        int64_t quarters =
            (zoneless->skew_ns + (zoneless->skew_ns < 0 ? -1 : 1) * QUARTER_NS / 2) / QUARTER_NS;
        hosts[i].skew_ns = told ? own->skew_ns : zoneless->skew_ns - quarters * QUARTER_NS;
        hosts[i].skew_pairs = told ? own->skew_pairs : zoneless->skew_pairs;
        settling->zoneless_skews_ns[i] = zoneless->skew_pairs ? zoneless->skew_ns : own->skew_ns;
    }
}

static enum status settle_clocks(struct settling *settling, struct problem *problem) {
    uint32_t count;
    struct fleet_host *hosts = identity_hosts(settling->identity, &count);
    settling->clocks = clock_book_new(SETTLE_SORTER_BYTES, relater_directory(settling->relater));
    enum status status = sorter_rewind(settling->merged, problem);
    if (status == STATUS_OK)
        status = settle_pass(settling, settling->merged, settle_sight, problem);
    struct fleet_host *clocks = memory_new(2 * (size_t)count + 1, sizeof *clocks);
    if (status == STATUS_OK)
        status = clock_book_settle(settling->clocks, clocks, 2 * count, problem);
    if (status == STATUS_OK)
        settle_take_clocks(settling, clocks, hosts, count);
    memory_free(clocks);
    clock_book_free(settling->clocks);
    settling->clocks = NULL;
    return status;
}

static enum status settle_all(struct settling *settling, struct problem *problem) {
    const char *directory = relater_directory(settling->relater);
    enum status status = relater_drain(settling->relater, &settling->merged, problem);
    if (status == STATUS_OK)
        status = sorter_finish(settling->merged, problem);
    if (status == STATUS_OK)
        status = settle_pass(settling, settling->merged, settle_learn, problem);
    if (status != STATUS_OK)
        return status;
    identity_settle(settling->identity);
    status = settle_clocks(settling, problem);
    if (status != STATUS_OK)
        return status;
    settling->rewritten = sorter_new(SETTLE_SORTER_BYTES, directory);
    status = sorter_rewind(settling->merged, problem);
    if (status == STATUS_OK)
        status = settle_pass(settling, settling->merged, settle_rewrite, problem);
    sorter_free(settling->merged);
    settling->merged = NULL;
    if (status == STATUS_OK)
        status = sorter_finish(settling->rewritten, problem);
    settling->store = relation_store_new(SETTLE_STORE_BYTES, directory);
    uint32_t count;
    struct fleet_host *hosts = identity_hosts(settling->identity, &count);
    settling->roles = role_book_new(count);
    if (status == STATUS_OK)
        status = settle_pass(settling, settling->rewritten, settle_store, problem);
    role_book_settle(settling->roles, hosts);
    role_book_free(settling->roles);
    return status;
}

enum status relater_settle(struct relater *relater, struct relation_store **ret_store,
                           struct problem *problem) {
    struct settling settling = {.relater = relater, .identity = identity_new()};
    process_book_init(&settling.processes);
    settling.sum = memory_new(1, sizeof *settling.sum);
    settling.other = memory_new(1, sizeof *settling.other);
    buffer_init(&settling.key, SETTLE_KEY_BYTES);
    buffer_init(&settling.payload, SETTLE_PAYLOAD_BYTES);
    enum status status = settle_all(&settling, problem);
    sorter_free(settling.merged);
    sorter_free(settling.rewritten);
    buffer_done(&settling.key);
    buffer_done(&settling.payload);
    process_book_done(&settling.processes);
    memory_free(settling.zoneless_skews_ns);
    memory_free(settling.sum);
    memory_free(settling.other);
    if (status == STATUS_OK) {
        status = relation_store_seal(settling.store, settling.identity, problem);
        settling.identity = NULL;
    }
    identity_free(settling.identity);
    if (status != STATUS_OK) {
        relation_store_free(settling.store);
        return status;
    }
    *ret_store = settling.store;
    return STATUS_OK;
}
