// Addresses of hosts whose own logs never say them
// SPDX-License-Identifier: Apache-2.0
#include "relate/wire_names.h"

#include "base/clock.h"
#include "base/memory.h"
#include "model/hosts.h"

#include <stdlib.h>

enum {
    WIRE_TEXTS_MAX = 1 << 16,
    WIRE_TEXT_BYTES = 8 << 20,
    WIRE_SIGHTINGS_MAX = 1 << 20, // of sessions, and of flows: 16 bytes each
    WIRE_TIMES_MAX = 64,          // of one relation
    WIRE_VOTES_MAX = 4 << 20,     // sessions by flows of the same client
    WIRE_AGREEING_MIN = 5,        // as for clocks
};
static const int64_t WIRE_AGREE_NS = 2000000000;                       // both count whole seconds
static const int64_t WIRE_APART_NS = (14 * 3600 + 300) * 1000000000ll; // zones, and wrong clocks

void wire_names_init(struct wire_names *wire) {
    *wire = (struct wire_names){0};
    intern_init(&wire->clients, WIRE_TEXTS_MAX, WIRE_TEXT_BYTES);
    intern_init(&wire->names, WIRE_TEXTS_MAX, WIRE_TEXT_BYTES);
    intern_init(&wire->addresses, WIRE_TEXTS_MAX, WIRE_TEXT_BYTES);
}

void wire_names_done(struct wire_names *wire) {
    intern_done(&wire->clients);
    intern_done(&wire->names);
    intern_done(&wire->addresses);
    memory_free(wire->sessions);
    memory_free(wire->flows);
}

static void sighting_add(struct wire_sighting **rows, size_t *count, size_t *capacity,
                         const struct wire_sighting *sighting) {
    if (*count == WIRE_SIGHTINGS_MAX)
        return;
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 256;
        *rows = memory_resize(*rows, *capacity, sizeof **rows);
    }
    (*rows)[(*count)++] = *sighting;
}

void wire_names_learn(struct wire_names *wire, const struct relation_key *key,
                      const struct relation_sum *sum) {
    struct slice to = key->parts[PART_TO], how = key->parts[PART_ARTEFACT];
    bool login = key->kind == RELATION_LOGON && slice_equal(how, SLICE("ssh"));
    bool flow = key->kind == RELATION_FLOW && slice_equal(how, SLICE("tcp/22"));
    if ((!login && !flow) || !address_is_address(key->parts[PART_FROM]))
        return;
    bool session = login && slice_equal(to, key->parts[PART_RECORDER]);
    if (!session && (!address_is_address(to) || address_is_outside(to)))
        return;
    struct wire_sighting sighting = {.client = intern_add(&wire->clients, key->parts[PART_FROM]),
                                     .who =
                                         intern_add(session ? &wire->names : &wire->addresses, to)};
    if (sighting.client == INTERN_FULL || sighting.who == INTERN_FULL)
        return;
    for (uint32_t i = 0; i < sum->time_count && i < WIRE_TIMES_MAX; i++) {
        sighting.time_ns = sum->times[i];
        if (session)
            sighting_add(&wire->sessions, &wire->session_count, &wire->session_capacity, &sighting);
        else
            sighting_add(&wire->flows, &wire->flow_count, &wire->flow_capacity, &sighting);
    }
}

static int number_compare(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int sighting_compare(const void *left, const void *right) {
    const struct wire_sighting *a = left, *b = right;
    int order = number_compare(a->client, b->client);
    order = order ? order : number_compare(a->time_ns, b->time_ns);
    return order ? order : number_compare(a->who, b->who);
}

// A session and a flow of one client that may be the same.
struct wire_vote {
    uint32_t name, address;
    uint32_t session;
    int64_t apart_ns;
};

static int vote_compare(const void *left, const void *right) {
    const struct wire_vote *a = left, *b = right;
    int order = number_compare(a->name, b->name);
    order = order ? order : number_compare(a->address, b->address);
    order = order ? order : number_compare(a->apart_ns, b->apart_ns);
    return order ? order : number_compare(a->session, b->session);
}

// What all is counted for: per name its best address, per address its best name.
struct wire_count {
    struct wire_vote *votes;
    size_t count;
    uint32_t *sessions;           // by name: those of which a sensor might have seen a flow
    uint32_t *agreeing;           // by session of the window: how often it is in there
    uint32_t *best, *second, *of; // by name: most agreeing, next most, the address of the most
    uint32_t *claim, *claimant;   // by address: most agreeing, the name
};

static size_t flows_seek(const struct wire_names *wire, uint32_t client, int64_t time_ns) {
    size_t low = 0, high = wire->flow_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct wire_sighting *flow = &wire->flows[middle];
        if (flow->client < client || (flow->client == client && flow->time_ns < time_ns))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// All pairs of a session and a flow; false when there are too many to weigh.
static bool votes_cast(const struct wire_names *wire, struct wire_count *count) {
    for (size_t i = 0; i < wire->session_count; i++) {
        const struct wire_sighting *session = &wire->sessions[i];
        size_t k = flows_seek(wire, session->client, session->time_ns - WIRE_APART_NS);
        bool any = false;
        for (; k < wire->flow_count && wire->flows[k].client == session->client &&
               wire->flows[k].time_ns <= session->time_ns + WIRE_APART_NS;
             k++) {
            if (count->count == WIRE_VOTES_MAX)
                return false;
            count->votes[count->count++] =
                (struct wire_vote){session->who, wire->flows[k].who, (uint32_t)i,
                                   session->time_ns - wire->flows[k].time_ns};
            any = true;
        }
        count->sessions[session->who] += any;
    }
    return true;
}

// The most sessions that lie equally far from a flow to one address: votes [from, to).
static uint32_t votes_peak(struct wire_count *count, size_t from, size_t to) {
    uint32_t inside = 0, best = 0;
    size_t start = from;
    for (size_t end = from; end < to; end++) {
        inside += count->agreeing[count->votes[end].session]++ == 0;
        while (count->votes[end].apart_ns - count->votes[start].apart_ns > WIRE_AGREE_NS)
            inside -= --count->agreeing[count->votes[start++].session] == 0;
        best = inside > best ? inside : best;
    }
    for (; start < to; start++)
        count->agreeing[count->votes[start].session]--;
    return best;
}

static void votes_count(struct wire_count *count) {
    for (size_t from = 0, to; from < count->count; from = to) {
        const struct wire_vote *vote = &count->votes[from];
        for (to = from; to < count->count && count->votes[to].name == vote->name &&
                        count->votes[to].address == vote->address;)
            to++;
        uint32_t peak = votes_peak(count, from, to), name = vote->name, address = vote->address;
        if (peak > count->best[name]) {
            count->second[name] = count->best[name];
            count->best[name] = peak;
            count->of[name] = address;
        } else if (peak > count->second[name]) {
            count->second[name] = peak;
        }
        if (peak > count->claim[address]) {
            count->claim[address] = peak;
            count->claimant[address] = name;
        }
    }
}

static void match_tell(const struct wire_names *wire, const struct wire_settling *settling,
                       uint32_t name, uint32_t address) {
    struct wire_match match = {.name = intern_text(&wire->names, name),
                               .address = intern_text(&wire->addresses, address),
                               .first_ns = CLOCK_NONE};
    for (size_t i = 0; i < wire->flow_count; i++) {
        const struct wire_sighting *flow = &wire->flows[i];
        if (flow->who != address)
            continue;
        if (match.first_ns == CLOCK_NONE || flow->time_ns < match.first_ns)
            match.first_ns = flow->time_ns;
        if (match.last_ns == CLOCK_NONE || flow->time_ns > match.last_ns)
            match.last_ns = flow->time_ns;
    }
    settling->found(settling->context, &match);
}

static void matches_tell(const struct wire_names *wire, const struct wire_settling *settling,
                         const struct wire_count *count) {
    for (uint32_t name = 0; name < wire->names.count; name++) {
        uint32_t best = count->best[name];
        if (best >= WIRE_AGREEING_MIN && 2 * best >= count->sessions[name] &&
            best >= 2 * count->second[name] && count->claimant[count->of[name]] == name)
            match_tell(wire, settling, name, count->of[name]);
    }
}

// Only sightings of whom nobody knows; by client and time.
static void sightings_keep(struct wire_sighting *rows, size_t *count, const bool *known) {
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (!known[rows[i].who])
            rows[kept++] = rows[i];
    *count = kept;
    if (kept)
        qsort(rows, kept, sizeof *rows, sighting_compare);
}

static void sightings_select(struct wire_names *wire, const struct wire_settling *settling) {
    bool *known = memory_new((size_t)wire->names.count + 1, sizeof *known);
    for (uint32_t i = 0; i < wire->names.count; i++)
        known[i] = settling->is_known(settling->context, intern_text(&wire->names, i));
    sightings_keep(wire->sessions, &wire->session_count, known);
    memory_free(known);
    known = memory_new((size_t)wire->addresses.count + 1, sizeof *known);
    for (uint32_t i = 0; i < wire->addresses.count; i++)
        known[i] = settling->is_somebodys(settling->context, intern_text(&wire->addresses, i));
    sightings_keep(wire->flows, &wire->flow_count, known);
    memory_free(known);
}

void wire_names_settle(struct wire_names *wire, const struct wire_settling *settling) {
    sightings_select(wire, settling);
    if (wire->session_count == 0 || wire->flow_count == 0)
        return;
    size_t names = wire->names.count, addresses = wire->addresses.count;
    uint32_t *rows = memory_new(4 * names + 2 * addresses + wire->session_count, sizeof *rows);
    struct wire_count count = {.sessions = rows,
                               .best = rows + names,
                               .second = rows + 2 * names,
                               .of = rows + 3 * names,
                               .claim = rows + 4 * names,
                               .claimant = rows + 4 * names + addresses,
                               .agreeing = rows + 4 * names + 2 * addresses};
    count.votes = memory_new(WIRE_VOTES_MAX, sizeof *count.votes);
    if (votes_cast(wire, &count)) {
        qsort(count.votes, count.count, sizeof *count.votes, vote_compare);
        votes_count(&count);
        matches_tell(wire, settling, &count);
    }
    memory_free(count.votes);
    memory_free(rows);
}
