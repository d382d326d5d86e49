// Hosts that send to a place outside that the intruders use
// SPDX-License-Identifier: Apache-2.0
//
// Cost: one pass over flows and contacts by destination; who sends much to a rare place is kept,
// SENDERS_MAX at most, and looked at a few times.
#include "correlate/known_place.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define SKEW_NS (WEIGHT_SKEW_SECONDS * SECOND_NS)

enum {
    SENDERS_MAX = 1 << 14,
    SENDER_CITED_MAX = 4,
    KNOWERS_MAX = 256, // a place that more know is nobody's own, however large the fleet
    RELAY_PLACES = 8   // who sends much to more rare places is a relay
};

// A high finding on a host of the intruders names a place outside.
struct naming {
    struct slice place;
    uint32_t host;
    int64_t time_ns;
};

// A host sends much to a place.
struct sender {
    uint32_t place, host;
    int64_t first_ns;
    struct reference references[SENDER_CITED_MAX];
    uint32_t reference_count;
};

struct place {
    uint32_t owner; // host of the intruders that used it first; FOREST_NONE: not theirs
    int64_t owner_ns, first_ns;
    bool is_several; // hosts of several trees use it: nobody's
};

// The destination that is being read.
struct destination {
    struct buffer name;
    uint64_t knowers[KNOWERS_MAX + 1]; // hosts, or hashes of names that are no host's
    uint32_t knower_count, sender_start;
    int64_t first_ns;
};

struct search {
    const struct clue_book *book;
    const struct forest *forest;
    struct edge_list *edges;
    struct naming *namings; // by place, then time
    uint32_t naming_count;
    struct sender *senders;
    struct place *places;
    uint32_t sender_count, place_count, knowers_max;
    struct destination at;
    uint32_t *tree_hosts; // by root
    uint32_t *targets;    // by host: places that it sends much to
    uint32_t strays, stray_places, owned_places;
};

static int naming_compare(const void *left, const void *right) {
    const struct naming *a = left, *b = right;
    int order = slice_compare(a->place, b->place);
    if (order)
        return order;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->host < b->host ? -1 : a->host > b->host;
}

// Of a tree with company: one host's findings may all be wrong.
static bool host_is_theirs(const struct search *search, uint32_t host) {
    uint32_t root = search->forest->hosts[host].root;
    return search->forest->hosts[host].reached_ns != CLOCK_NONE && root != FOREST_NONE &&
           search->tree_hosts[root] >= WEIGHT_PLACE_HOSTS;
}

static void namings_add(struct search *search, const struct clue *clue, struct slice place) {
    if (address_is_outside(place))
        search->namings[search->naming_count++] =
            (struct naming){place, clue->host, clue->first_ns};
}

// Strangers who try a door are many: only those who came in, or were called, are named.
static void namings_find(struct search *search) {
    const struct clue_book *book = search->book;
    search->namings = memory_new(2 * (size_t)book->count + 1, sizeof *search->namings);
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *clue = &book->clues[i];
        if (clue->is_benign || clue->level < RULE_LEVEL_HIGH || clue->stage == STAGE_ENTRY ||
            !host_is_theirs(search, clue->host) ||
            clue->last_ns <
                search->forest->hosts[clue->host].reached_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS)
            continue;
        namings_add(search, clue, clue->source);
        namings_add(search, clue, clue->destination);
    }
    if (search->naming_count)
        qsort(search->namings, search->naming_count, sizeof *search->namings, naming_compare);
}

static void place_own(const struct search *search, struct place *place, uint32_t host,
                      int64_t time_ns) {
    const struct forest_host *hosts = search->forest->hosts;
    if (place->owner != FOREST_NONE && hosts[place->owner].root != hosts[host].root)
        place->is_several = true;
    if (place->owner != FOREST_NONE && place->owner_ns <= time_ns)
        return;
    place->owner = host;
    place->owner_ns = time_ns;
}

static void place_own_by_namings(const struct search *search, struct place *place,
                                 struct slice name) {
    uint32_t from = 0, to = search->naming_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (slice_compare(search->namings[middle].place, name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < search->naming_count && slice_equal(search->namings[from].place, name); from++)
        place_own(search, place, search->namings[from].host, search->namings[from].time_ns);
}

// The destination has been read: a place, when somebody sends much there and few know it.
static void destination_end(struct search *search) {
    struct destination *at = &search->at;
    if (at->sender_start < search->sender_count && at->knower_count <= search->knowers_max) {
        struct place *place = &search->places[search->place_count++];
        *place = (struct place){.owner = FOREST_NONE, .first_ns = at->first_ns};
        place_own_by_namings(search, place, buffer_slice(&at->name));
    } else {
        search->sender_count = at->sender_start;
    }
    at->sender_start = search->sender_count;
    at->knower_count = 0;
    at->first_ns = INT64_MAX;
}

static void knower_add(struct search *search, const struct relation *relation) {
    struct destination *at = &search->at;
    uint64_t knower = relation->from_host != RELATION_NO_HOST ? relation->from_host
                                                              : digest_hash64(relation->from);
    for (uint32_t i = 0; i < at->knower_count; i++)
        if (at->knowers[i] == knower)
            return;
    if (at->knower_count <= search->knowers_max)
        at->knowers[at->knower_count++] = knower;
}

static void sender_cite(struct sender *row, const struct relation *relation) {
    row->first_ns = relation->first_ns;
    for (row->reference_count = 0; row->reference_count < relation->reference_count &&
                                   row->reference_count < SENDER_CITED_MAX;
         row->reference_count++)
        row->references[row->reference_count] = relation->references[row->reference_count];
}

// One row a host and place, with its first relation's records.
static void sender_take(struct search *search, const struct relation *relation) {
    for (uint32_t i = search->at.sender_start; i < search->sender_count; i++) {
        struct sender *row = &search->senders[i];
        if (row->host != relation->from_host)
            continue;
        if (relation->first_ns < row->first_ns)
            sender_cite(row, relation);
        return;
    }
    if (search->sender_count == SENDERS_MAX)
        return;
    struct sender *row = &search->senders[search->sender_count++];
    *row = (struct sender){.place = search->place_count, .host = relation->from_host};
    sender_cite(row, relation);
}

static enum status relation_take(void *context, struct relation *relation,
                                 struct problem *problem) {
    (void)problem;
    struct search *search = context;
    struct destination *at = &search->at;
    if (!address_is_outside(relation->to) || relation->first_ns == CLOCK_NONE)
        return STATUS_OK;
    if (!slice_equal(relation->to, buffer_slice(&at->name))) {
        destination_end(search);
        buffer_reset(&at->name);
        buffer_append_slice(&at->name, relation->to);
    }
    at->first_ns = relation->first_ns < at->first_ns ? relation->first_ns : at->first_ns;
    cast_find_ends(&search->book->cast, relation);
    knower_add(search, relation);
    if (at->knower_count <= search->knowers_max && relation_sends_out(relation) &&
        relation->from_host != RELATION_NO_HOST)
        sender_take(search, relation);
    return STATUS_OK;
}

static bool sender_relays(const struct search *search, const struct sender *sender) {
    const unsigned relays = FLEET_ROLE_PROXY | FLEET_ROLE_MAIL;
    return search->targets[sender->host] > RELAY_PLACES ||
           search->book->cast.fleet.hosts[sender->host].roles & relays;
}

static bool sender_is_theirs(const struct search *search, const struct sender *sender) {
    return host_is_theirs(search, sender->host) &&
           sender->first_ns >= search->forest->hosts[sender->host].reached_ns - SKEW_NS;
}

static bool place_is_theirs(const struct search *search, const struct place *place) {
    return place->owner != FOREST_NONE && !place->is_several &&
           place->first_ns >=
               search->forest->hosts[search->forest->hosts[place->owner].root].reached_ns - SKEW_NS;
}

static void places_own(struct search *search) {
    for (uint32_t i = 0; i < search->sender_count; i++)
        search->targets[search->senders[i].host]++;
    for (uint32_t i = 0; i < search->sender_count; i++) {
        const struct sender *sender = &search->senders[i];
        if (!sender_relays(search, sender) && sender_is_theirs(search, sender))
            place_own(search, &search->places[sender->place], sender->host, sender->first_ns);
    }
    for (uint32_t i = 0; i < search->place_count; i++)
        search->owned_places += place_is_theirs(search, &search->places[i]);
}

static bool sender_is_open(const struct search *search, const struct sender *sender) {
    return !sender_relays(search, sender) &&
           search->forest->hosts[sender->host].reached_ns == CLOCK_NONE;
}

// Hosts that nobody reached and that send much to rare places, whoever's these are: those that are
// to be judged count, too. Senders come by place.
static void strays_count(struct search *search) {
    uint32_t last = UINT32_MAX;
    bool *met = memory_new((size_t)search->forest->host_count + 1, sizeof *met);
    for (uint32_t i = 0; i < search->sender_count; i++) {
        const struct sender *sender = &search->senders[i];
        if (!sender_is_open(search, sender))
            continue;
        search->strays += !met[sender->host];
        met[sender->host] = true;
        search->stray_places +=
            sender->place != last && !place_is_theirs(search, &search->places[sender->place]);
        last = sender->place;
    }
    memory_free(met);
}

static int32_t place_bits(const struct search *search) {
    uint64_t hosts = search->book->cast.input->fleet->count;
    uint64_t places = (uint64_t)search->owned_places + search->stray_places;
    int32_t bits = millibits_of_ratio(2 * hosts * places,
                                      search->owned_places * (2 * (uint64_t)search->strays + 1));
    return bits < WEIGHT_LEVEL_CRITICAL ? bits : WEIGHT_LEVEL_CRITICAL;
}

static bool senders_lead(const struct search *search, uint32_t *ret_found) {
    const struct forest_host *hosts = search->forest->hosts;
    int32_t bits = search->owned_places ? place_bits(search) : 0;
    for (uint32_t i = 0; i < search->sender_count && bits > WEIGHT_EDGE_SHARED; i++) {
        const struct sender *sender = &search->senders[i];
        const struct place *place = &search->places[sender->place];
        if (!sender_is_open(search, sender) || !place_is_theirs(search, place) ||
            hosts[hosts[place->owner].root].reached_ns >= sender->first_ns)
            continue;
        bool before = hosts[place->owner].reached_ns < sender->first_ns;
        const struct reference *references =
            references_keep(&search->edges->arena, sender->references, sender->reference_count);
        struct edge edge = {.time_ns = sender->first_ns,
                            .from = before ? place->owner : hosts[place->owner].root,
                            .to = sender->host,
                            .cost = WEIGHT_EDGE_SHARED,
                            .is_by_account = true,
                            .evidence = bits,
                            .reason = "sends much to a rare place that this intrusion uses",
                            .references = references,
                            .reference_count = sender->reference_count};
        if (!references || !edge_list_add(search->edges, &edge))
            return false;
        (*ret_found)++;
    }
    return true;
}

static enum status search_read(struct search *search, struct problem *problem) {
    enum status status = relation_source_each(search->book->cast.input->relations,
                                              RELATION_MASK(FLOW) | RELATION_MASK(CONTACT),
                                              RELATION_ORDER_TO, relation_take, search, problem);
    destination_end(search);
    return status;
}

enum status known_place_edges_add(struct edge_list *edges, const struct forest *forest,
                                  const struct clue_book *book, uint32_t *ret_found,
                                  struct problem *problem) {
    size_t hosts = (size_t)forest->host_count + 1;
    struct search search = {.book = book,
                            .forest = forest,
                            .edges = edges,
                            .senders = memory_new(SENDERS_MAX, sizeof *search.senders),
                            .places = memory_new(SENDERS_MAX + 1, sizeof *search.places),
                            .tree_hosts = memory_new(hosts, sizeof *search.tree_hosts),
                            .targets = memory_new(hosts, sizeof *search.targets),
                            .at = {.first_ns = INT64_MAX}};
    uint32_t few = weight_few_hosts(book->cast.input->fleet->count), theirs = 0;
    search.knowers_max = few < KNOWERS_MAX ? few : KNOWERS_MAX;
    *ret_found = 0;
    buffer_init(&search.at.name, RELATION_PART_BYTES_MAX);
    for (uint32_t host = 0; host < forest->host_count; host++)
        if (forest->hosts[host].root != FOREST_NONE)
            search.tree_hosts[forest->hosts[host].root]++;
    for (uint32_t host = 0; host < forest->host_count; host++)
        theirs += host_is_theirs(&search, host);
    namings_find(&search);
    enum status status = theirs ? search_read(&search, problem) : STATUS_OK;
    if (status == STATUS_OK) {
        places_own(&search);
        strays_count(&search);
        if (!senders_lead(&search, ret_found))
            status =
                problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    }
    if (*ret_found)
        edge_list_sort(edges);
    buffer_done(&search.at.name);
    memory_free(search.namings);
    memory_free(search.senders);
    memory_free(search.places);
    memory_free(search.tree_hosts);
    memory_free(search.targets);
    return status;
}
