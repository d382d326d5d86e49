// Names become hosts, then equal relations one again
// SPDX-License-Identifier: Apache-2.0
//
// merged runs ─1─> identity      who is who
//             ─2─> clocks        whose clock is wrong
//             ─3─> rewritten ─sort─> merged ─4─> store
//
// 1. Steps 1 and 4 see relations in their order, on one thread. Steps 2 and 3 and all sorting go on
//    as many threads as there are relaters, each with sorters of its own: what they give is sorted
//    again, so that it does not matter who did what.
// 2. From step 2 on, nobody changes identity and processes, and all read them.
#include "relate/relater.h"

#include "base/memory.h"
#include "base/workers.h"
#include "relate/clock_book.h"
#include "relate/identity.h"
#include "relate/process_book.h"
#include "relate/relation_store.h"
#include "relate/role_book.h"
#include "relate/settle_feed.h"

#include <assert.h>

enum {
    SETTLE_PAYLOAD_BYTES = 64 << 10,
    SETTLE_KEY_BYTES = 16 << 10,
    SETTLE_SORTER_BYTES = 64 << 20, // rewritten relations, and sightings
    SETTLE_STORE_BYTES = 144 << 20, // of the store in memory; the rest lies in a file
};
#define QUARTER_NS (900 * 1000000000ll)

// One thread's own.
struct settle_hand {
    struct settling *settling;
    struct sorter *merged, *rewritten;
    struct clock_book *clocks;
    struct buffer key, payload, scratch;
};

struct settling {
    struct identity *identity;
    struct process_book processes;
    struct role_book *roles;
    int64_t *zoneless_skews_ns; // by host, of its logs that name no zone
    struct relation_store *store;
    const char *directory;
    struct settle_hand *hands;
    unsigned count;
    struct settle_feed *feed; // what the present step reads
};

// Kinds of which identity looks at more than the key.
static const uint64_t LEARNED_WHOLE =
    RELATION_MASK(ALIAS) | RELATION_MASK(LOGON) | RELATION_MASK(FLOW);

static enum status settle_learn(void *context, struct settle_item *item, struct problem *problem) {
    struct settling *settling = context;
    const struct relation_key *key = &item->key;
    (void)problem;
    if (key->kind == RELATION_ALIAS && slice_equal(key->parts[PART_ARTEFACT], SLICE("process")))
        process_book_learn(&settling->processes, key->parts[PART_RECORDER], key->parts[PART_TO],
                           key->parts[PART_DETAIL_0]);
    else
        identity_learn(settling->identity, key,
                       LEARNED_WHOLE >> key->kind & 1 ? settle_item_sum(item) : NULL);
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

static enum status settle_sight(void *context, struct settle_item *item, struct problem *problem) {
    struct settle_hand *hand = context;
    const struct settling *settling = hand->settling;
    const struct relation_key *key = &item->key;
    struct slice from = key->parts[PART_FROM];
    struct slice to = key->parts[PART_TO];
    if (!(SEEN_TWICE >> key->kind & 1) || !from.size || !to.size)
        return STATUS_OK;
    uint32_t recorder =
        identity_find(settling->identity, key->parts[PART_RECORDER], item->first_ns);
    if (recorder == FLEET_NO_HOST)
        return STATUS_OK;
    settle_host(settling, &from, item->first_ns);
    settle_host(settling, &to, item->first_ns);
    if (settle_is_zoneless(key)) {
        uint32_t count;
        identity_hosts(settling->identity, &count);
        recorder += count;
    }
    const struct relation_sum *sum = settle_item_sum(item);
    if (sum->time_count)
        return clock_book_note(hand->clocks, from, to, recorder,
                               slice_of(sum->times, sum->time_count * sizeof *sum->times), problem);
    int64_t times[FINDING_REFERENCES_MAX];
    for (uint32_t i = 0; i < sum->reference_count; i++)
        times[i] = sum->references[i].time_ns;
    return clock_book_note(hand->clocks, from, to, recorder,
                           slice_of(times, sum->reference_count * sizeof *times), problem);
}

static bool settle_is_inner(const struct relation_key *key) {
    // What only served to learn identities.
    struct slice source = key->parts[PART_ARTEFACT];
    return key->kind == RELATION_ALIAS &&
           (slice_equal(source, SLICE("folder")) || slice_equal(source, SLICE("account")) ||
            slice_equal(source, SLICE("process")));
}

// How far the recorder's clock is from true time.
static int64_t settle_skew(const struct settling *settling, const struct settle_item *item) {
    const struct relation_key *key = &item->key;
    uint32_t recorder =
        identity_find(settling->identity, key->parts[PART_RECORDER], item->first_ns);
    uint32_t count;
    const struct fleet_host *hosts = identity_hosts(settling->identity, &count);
    if (recorder == FLEET_NO_HOST || item->first_ns == CLOCK_NONE)
        return 0;
    return settle_is_zoneless(key) ? settling->zoneless_skews_ns[recorder]
                                   : hosts[recorder].skew_ns;
}

// Days stay as they were counted.
static void settle_times(struct relation_sum *sum, int64_t skew_ns) {
    sum->first_ns -= skew_ns;
    sum->last_ns -= skew_ns;
    for (uint32_t i = 0; i < sum->time_count; i++)
        sum->times[i] -= skew_ns;
}

static enum status settle_rewrite(void *context, struct settle_item *item,
                                  struct problem *problem) {
    struct settle_hand *hand = context;
    const struct settling *settling = hand->settling;
    const struct relation_key *key = &item->key;
    uint8_t account[RELATION_PART_BYTES_MAX];
    struct relation_key settled = *key;
    if (settle_is_inner(key))
        return STATUS_OK;
    settled.bucket = 0;
    // Who had an address is told by logs that name their zone.
    int64_t skew_ns = settle_skew(settling, item);
    int64_t time_ns = settle_is_zoneless(key) ? item->first_ns - skew_ns : item->first_ns;
    if (slice_starts(key->parts[PART_DETAIL_3], SLICE("{")))
        settled.parts[PART_DETAIL_3] =
            process_book_find(&settling->processes, key->parts[PART_RECORDER],
                              key->parts[PART_DETAIL_3], &hand->scratch);
    settle_host(settling, &settled.parts[PART_FROM], time_ns);
    if (key->kind != RELATION_ALIAS)
        settle_host(settling, &settled.parts[PART_TO], time_ns);
    settle_host(settling, &settled.parts[PART_RECORDER], time_ns);
    settled.parts[PART_ACCOUNT] =
        slice_of(account, identity_account(settling->identity, key->parts[PART_ACCOUNT], account));
    if (skew_ns)
        settle_times(settle_item_sum(item), skew_ns);
    buffer_reset(&hand->key);
    buffer_reset(&hand->payload);
    relation_append_key(&hand->key, &settled);
    if (!item->single.data)
        relation_append_sum(&hand->payload, item->sum);
    assert(!hand->key.failed && !hand->payload.failed);
    return sorter_add(hand->rewritten, buffer_slice(&hand->key),
                      item->single.data ? item->single : buffer_slice(&hand->payload), problem);
}

static enum status settle_store(void *context, struct settle_item *item, struct problem *problem) {
    struct settling *settling = context;
    const struct identity *identity = settling->identity;
    const struct relation_key *key = &item->key;
    struct store_hosts hosts = {
        .from = identity_find(identity, key->parts[PART_FROM], item->first_ns),
        .to = identity_find(identity, key->parts[PART_TO], item->first_ns),
        .recorder = identity_find(identity, key->parts[PART_RECORDER], item->first_ns),
    };
    role_book_note(settling->roles, key, hosts);
    return relation_store_add(settling->store, key, settle_item_sum(item), hosts, problem);
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

// --- the threads' parts

static enum status hand_sort(void *context, unsigned number, struct problem *problem) {
    struct settling *settling = context;
    return sorter_finish(settling->hands[number].merged, problem);
}

static enum status hand_sight(void *context, unsigned number, struct problem *problem) {
    struct settling *settling = context;
    struct settle_hand *hand = &settling->hands[number];
    enum status status = settle_feed_run(settling->feed, settle_sight, hand, problem);
    return status == STATUS_OK ? clock_book_finish(hand->clocks, problem) : status;
}

static enum status hand_rewrite(void *context, unsigned number, struct problem *problem) {
    struct settling *settling = context;
    struct settle_hand *hand = &settling->hands[number];
    return settle_feed_run(settling->feed, settle_rewrite, hand, problem);
}

static enum status hand_sort_rewritten(void *context, unsigned number, struct problem *problem) {
    struct settling *settling = context;
    return sorter_finish(settling->hands[number].rewritten, problem);
}

// --- the steps

static enum status settle_open(struct settling *settling, bool rewritten, struct problem *problem) {
    struct sorter **sorters = memory_new(settling->count, sizeof *sorters);
    for (unsigned i = 0; i < settling->count; i++)
        sorters[i] = rewritten ? settling->hands[i].rewritten : settling->hands[i].merged;
    settle_feed_free(settling->feed);
    settling->feed = NULL;
    enum status status = settle_feed_new(sorters, settling->count, &settling->feed, problem);
    memory_free(sorters);
    return status;
}

static enum status settle_identity(struct settling *settling, struct problem *problem) {
    enum status status = workers_run(settling->count, hand_sort, settling, problem);
    if (status == STATUS_OK)
        status = settle_open(settling, false, problem);
    if (status == STATUS_OK)
        status = settle_feed_run(settling->feed, settle_learn, settling, problem);
    if (status == STATUS_OK)
        identity_settle(settling->identity);
    return status;
}

static enum status settle_sights(struct settling *settling, struct problem *problem) {
    for (unsigned i = 0; i < settling->count; i++)
        settling->hands[i].clocks =
            clock_book_new(SETTLE_SORTER_BYTES / settling->count, settling->directory);
    enum status status = settle_open(settling, false, problem);
    return status == STATUS_OK ? workers_run(settling->count, hand_sight, settling, problem)
                               : status;
}

static enum status settle_clocks(struct settling *settling, struct problem *problem) {
    uint32_t count;
    struct fleet_host *hosts = identity_hosts(settling->identity, &count);
    enum status status = settle_sights(settling, problem);
    struct clock_book **books = memory_new(settling->count, sizeof(struct clock_book *));
    struct fleet_host *clocks = memory_new(2 * (size_t)count + 1, sizeof *clocks);
    for (unsigned i = 0; i < settling->count; i++)
        books[i] = settling->hands[i].clocks;
    if (status == STATUS_OK)
        status = clock_books_settle(books, settling->count, clocks, 2 * count, problem);
    if (status == STATUS_OK)
        settle_take_clocks(settling, clocks, hosts, count);
    for (unsigned i = 0; i < settling->count; i++) {
        clock_book_free(books[i]);
        settling->hands[i].clocks = NULL;
    }
    memory_free(clocks);
    memory_free(books);
    memory_give_back();
    return status;
}

static enum status settle_rewrite_all(struct settling *settling, struct problem *problem) {
    for (unsigned i = 0; i < settling->count; i++)
        settling->hands[i].rewritten =
            sorter_new(SETTLE_SORTER_BYTES / settling->count, settling->directory);
    enum status status = settle_open(settling, false, problem);
    if (status == STATUS_OK)
        status = workers_run(settling->count, hand_rewrite, settling, problem);
    // Both at once would be twice the memory.
    settle_feed_free(settling->feed);
    settling->feed = NULL;
    for (unsigned i = 0; i < settling->count; i++) {
        sorter_free(settling->hands[i].merged);
        settling->hands[i].merged = NULL;
    }
    memory_give_back();
    return status == STATUS_OK
               ? workers_run(settling->count, hand_sort_rewritten, settling, problem)
               : status;
}

static enum status settle_fill_store(struct settling *settling, struct problem *problem) {
    uint32_t count;
    struct fleet_host *hosts = identity_hosts(settling->identity, &count);
    settling->store = relation_store_new(SETTLE_STORE_BYTES, settling->directory);
    settling->roles = role_book_new(count);
    enum status status = settle_open(settling, true, problem);
    if (status == STATUS_OK)
        status = settle_feed_run(settling->feed, settle_store, settling, problem);
    if (status == STATUS_OK)
        role_book_settle(settling->roles, hosts);
    role_book_free(settling->roles);
    return status;
}

static enum status settle_all(struct settling *settling, struct problem *problem) {
    enum status status = settle_identity(settling, problem);
    if (status == STATUS_OK)
        status = settle_clocks(settling, problem);
    if (status == STATUS_OK)
        status = settle_rewrite_all(settling, problem);
    return status == STATUS_OK ? settle_fill_store(settling, problem) : status;
}

static enum status settle_hands_init(struct settling *settling, struct relater *const *relaters,
                                     struct problem *problem) {
    enum status status = STATUS_OK;
    settling->hands = memory_new(settling->count, sizeof *settling->hands);
    for (unsigned i = 0; i < settling->count; i++) {
        struct settle_hand *hand = &settling->hands[i];
        hand->settling = settling;
        buffer_init(&hand->key, SETTLE_KEY_BYTES);
        buffer_init(&hand->payload, SETTLE_PAYLOAD_BYTES);
        buffer_init(&hand->scratch, SETTLE_KEY_BYTES);
        if (status == STATUS_OK)
            status = relater_drain(relaters[i], &hand->merged, problem);
    }
    return status;
}

static void settle_hands_done(struct settling *settling) {
    for (unsigned i = 0; i < settling->count; i++) {
        struct settle_hand *hand = &settling->hands[i];
        sorter_free(hand->merged);
        sorter_free(hand->rewritten);
        buffer_done(&hand->key);
        buffer_done(&hand->payload);
        buffer_done(&hand->scratch);
    }
    memory_free(settling->hands);
}

enum status relaters_settle(struct relater *const *relaters, unsigned count,
                            struct relation_store **ret_store, struct problem *problem) {
    assert(count > 0);
    struct settling settling = {
        .identity = identity_new(), .directory = relater_directory(relaters[0]), .count = count};
    process_book_init(&settling.processes);
    enum status status = settle_hands_init(&settling, relaters, problem);
    memory_give_back(); // the relaters' tables
    if (status == STATUS_OK)
        status = settle_all(&settling, problem);
    settle_feed_free(settling.feed);
    settle_hands_done(&settling);
    process_book_done(&settling.processes);
    memory_free(settling.zoneless_skews_ns);
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
