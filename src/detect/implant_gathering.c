// Where programs that collect hand over what they have
// SPDX-License-Identifier: Apache-2.0
#include "detect/implant_gathering.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "detect/movement.h"
#include "detect/path_name.h"

#include <stdlib.h>

// Cost: one pass over contacts and fetches by destination; such programs' connections are kept,
// CONNECTIONS_MAX at most, with a number for each host.

#define GATHERING_BYTES ((size_t)16 << 20)

enum {
    CONNECTIONS_MAX = 16384,
    SENDERS_MIN = 3,
    PLACES_MAX = 3,   // of one host's program; who tries more looks around
    PROGRAMS_MAX = 12 // images that connect to a place: a relay has more
};

// What a program that collects did: it connected to a place inside.
struct connection {
    uint32_t place, host;
    struct slice program, port;
    struct relation cited; // first, last, count
};

struct place {
    struct slice name;
    uint64_t programs[PROGRAMS_MAX]; // hashes of the images that connect there
    uint32_t program_count, senders;
    bool is_relay, gives_packages;
};

struct gathering {
    const struct implant_book *book;
    struct arena arena;
    struct connection *connections;
    struct place *places;
    uint32_t connection_count, place_count;
    struct place at; // the destination that is read
    struct buffer name;
    uint32_t *targets; // by host: places that its programs connect to
    uint32_t *seen;    // by host: the last place, from 1, that it was counted for
};

// Directories, names, clocks: what every program may ask. Remote administration and proxies.
static bool port_is_of_all(struct slice port) {
    static const char *const PORTS[] = {"53",   "88",   "123",  "389", "636",
                                        "3268", "3269", "1080", "3128"};
    for (size_t i = 0; i < ARRAY_SIZE(PORTS); i++)
        if (slice_equal_string(port, PORTS[i]))
            return true;
    return movement_port(port);
}

static bool relation_goes_inside(const struct relation *relation, const struct fleet *fleet) {
    const unsigned relays = FLEET_ROLE_PROXY | FLEET_ROLE_CONTROLLER;
    if (relation->to_host < fleet->count)
        return (fleet->hosts[relation->to_host].roles & relays) == 0;
    return address_is_address(relation->to) && !address_is_outside(relation->to);
}

static void program_count(struct place *place, struct slice image) {
    uint64_t hash = digest_hash64(image);
    for (uint32_t i = 0; i < place->program_count; i++)
        if (place->programs[i] == hash)
            return;
    if (place->program_count == PROGRAMS_MAX)
        place->is_relay = true;
    else
        place->programs[place->program_count++] = hash;
}

static bool relation_hands_over(const struct gathering *gathering,
                                const struct relation *relation) {
    const struct fleet *fleet = gathering->book->context->fleet;
    int64_t since_ns;
    return relation->from_host < fleet->count && relation->from_host != relation->to_host &&
           relation->first_ns != CLOCK_NONE && !port_is_of_all(relation->detail[0]) &&
           relation_goes_inside(relation, fleet) &&
           implant_collects(gathering->book, relation->detail[1], &since_ns) &&
           relation->last_ns >= since_ns;
}

static void connection_add(struct gathering *gathering, const struct relation *relation) {
    if (gathering->connection_count == CONNECTIONS_MAX)
        return;
    const struct reference *references =
        references_keep(&gathering->arena, relation->references, relation->reference_count);
    struct slice program = arena_keep(&gathering->arena, relation->detail[1]);
    struct slice port = arena_keep(&gathering->arena, relation->detail[0]);
    if (!references || !program.size)
        return;
    uint32_t number = gathering->place_count + 1;
    if (gathering->seen[relation->from_host] != number) {
        gathering->seen[relation->from_host] = number;
        gathering->targets[relation->from_host]++;
    }
    struct connection *row = &gathering->connections[gathering->connection_count++];
    *row = (struct connection){.place = gathering->place_count,
                               .host = relation->from_host,
                               .program = program,
                               .port = port};
    row->cited.references = references;
    row->cited.reference_count = relation->reference_count;
    row->cited.count = relation->count;
    row->cited.first_ns = relation->first_ns;
    row->cited.last_ns = relation->last_ns;
}

// The destination has been read: it is a place when such a program connects to it.
static void place_end(struct gathering *gathering) {
    uint32_t count = gathering->connection_count;
    if (count && gathering->connections[count - 1].place == gathering->place_count) {
        gathering->at.name = arena_keep(&gathering->arena, buffer_slice(&gathering->name));
        gathering->places[gathering->place_count++] = gathering->at;
    }
    gathering->at = (struct place){.senders = 0};
}

static enum status connections_read(struct gathering *gathering, struct problem *problem) {
    const struct detect_context *context = gathering->book->context;
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(CONTACT) | RELATION_MASK(UPDATE_FETCH),
                     RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        struct slice to = reading_to(context, relation);
        if (!slice_equal(to, buffer_slice(&gathering->name))) {
            place_end(gathering);
            buffer_reset(&gathering->name);
            buffer_append_slice(&gathering->name, to);
        }
        if (relation->kind == RELATION_UPDATE_FETCH)
            gathering->at.gives_packages = true;
        else if (relation->detail[1].size)
            program_count(&gathering->at, path_base(relation->detail[1]));
        if (relation->kind == RELATION_CONTACT && relation_hands_over(gathering, relation))
            connection_add(gathering, relation);
    }
    if (status == STATUS_OK)
        place_end(gathering);
    reading_close(&reading);
    return status;
}

// By place and host.
static int connection_compare(const void *left, const void *right) {
    const struct connection *a = left, *b = right;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->host != b->host)
        return a->host < b->host ? -1 : 1;
    return reference_compare(&a->cited.references[0], &b->cited.references[0]);
}

static bool connection_counts(const struct gathering *gathering, const struct connection *row) {
    const struct place *place = &gathering->places[row->place];
    return !place->is_relay && !place->gives_packages &&
           gathering->targets[row->host] <= PLACES_MAX;
}

static void senders_count(struct gathering *gathering) {
    for (uint32_t i = 0; i < gathering->connection_count; i++) {
        const struct connection *row = &gathering->connections[i];
        bool again = i && row[-1].place == row->place && row[-1].host == row->host;
        gathering->places[row->place].senders += !again && connection_counts(gathering, row);
    }
}

// Connections [from, to) are one host's to one place.
static void sender_word(const struct gathering *gathering, uint32_t from, uint32_t to,
                        struct draft *draft) {
    const struct connection *row = &gathering->connections[from];
    const struct place *place = &gathering->places[row->place];
    const struct fleet *fleet = gathering->book->context->fleet;
    for (uint32_t i = from; i < to; i++)
        draft_cite(draft, &gathering->connections[i].cited);
    draft_say(draft, "what",
              "%.*s on %.*s, which searches files and removes itself, connected to %.*s.",
              SLICE_FORMAT(path_base(row->program)), SLICE_FORMAT(fleet->hosts[row->host].name),
              SLICE_FORMAT(place->name));
    draft_say(
        draft, "why",
        "%u hosts' such programs connect to that place inside, port %.*s, since they searched "
        "(%d are enough)",
        place->senders, SLICE_FORMAT(row->port), SENDERS_MIN);
    draft_say(draft, "confidence",
              "high: several hosts' programs meet there; how much they sent is "
              "not known");
    draft_say(draft, "benign",
              "A product that collects would stay installed; relays that all programs go through "
              "and servers that give out packages are none of these.");
    draft_say_text(draft, "source", place->name);
    draft_say_text(draft, "destination", place->name);
    draft_say_text(draft, "artefact", row->program);
}

static enum status senders_tell(struct gathering *gathering, uint32_t rule,
                                const struct detection_sink *sink, struct problem *problem) {
    const struct fleet *fleet = gathering->book->context->fleet;
    struct draft draft;
    draft_init(&draft);
    enum status status = STATUS_OK;
    for (uint32_t from = 0, to; from < gathering->connection_count && status == STATUS_OK;
         from = to) {
        const struct connection *row = &gathering->connections[from];
        for (to = from + 1; to < gathering->connection_count &&
                            gathering->connections[to].place == row->place &&
                            gathering->connections[to].host == row->host;)
            to++;
        if (!connection_counts(gathering, row) ||
            gathering->places[row->place].senders < SENDERS_MIN)
            continue;
        draft_begin(&draft, rule, fleet->hosts[row->host].name, SLICE(""));
        sender_word(gathering, from, to, &draft);
        status = draft_tell(&draft, sink, problem);
    }
    draft_done(&draft);
    return status;
}

enum status implant_gathering_judge(const struct implant_book *book, uint32_t rule,
                                    const struct detection_sink *sink, struct problem *problem) {
    if (book->removed.count == 0)
        return STATUS_OK;
    size_t hosts = (size_t)book->context->fleet->count + 1;
    struct gathering gathering = {.book = book,
                                  .connections =
                                      memory_new(CONNECTIONS_MAX, sizeof *gathering.connections),
                                  .places = memory_new(CONNECTIONS_MAX, sizeof *gathering.places),
                                  .targets = memory_new(hosts, sizeof *gathering.targets),
                                  .seen = memory_new(hosts, sizeof *gathering.seen)};
    arena_init(&gathering.arena, GATHERING_BYTES);
    buffer_init(&gathering.name, RELATION_PART_BYTES_MAX);
    enum status status = connections_read(&gathering, problem);
    if (status == STATUS_OK && gathering.connection_count) {
        qsort(gathering.connections, gathering.connection_count, sizeof *gathering.connections,
              connection_compare);
        senders_count(&gathering);
        status = senders_tell(&gathering, rule, sink, problem);
    }
    buffer_done(&gathering.name);
    arena_done(&gathering.arena);
    memory_free(gathering.seen);
    memory_free(gathering.targets);
    memory_free(gathering.places);
    memory_free(gathering.connections);
    return status;
}
