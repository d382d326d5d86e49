// What hosts are for, by what they do
// SPDX-License-Identifier: Apache-2.0
#include "relate/role_book.h"

#include "base/digest.h"
#include "base/memory.h"

enum {
    CLIENTS_MANY = 5 // of different names, before fetches or shares make a server
};

// Clients of one kind, counted when they change: relations come in the order of their sources.
struct role_clients {
    uint64_t last; // hash of the client's name
    uint32_t count;
};

struct role_notes {
    struct role_clients fetches, shares;
    unsigned roles;
    bool hears_web;   // records others' web contacts
    bool hears_wires; // and what only a sensor records
};

struct role_book {
    struct role_notes *notes;
    uint32_t count;
};

struct role_book *role_book_new(uint32_t host_count) {
    struct role_book *book = memory_new(1, sizeof *book);
    book->notes = memory_new(host_count + 1, sizeof *book->notes);
    book->count = host_count;
    return book;
}

void role_book_free(struct role_book *book) {
    if (!book)
        return;
    memory_free(book->notes);
    memory_free(book);
}

static void clients_note(struct role_clients *clients, struct slice from) {
    uint64_t hash = digest_hash64(from);
    clients->count += clients->count == 0 || hash != clients->last;
    clients->last = hash;
}

// Shares that every Windows host has say nothing of its purpose.
static bool share_is_common(struct slice artefact) {
    static const struct slice ENDS[] = {SLICE("ipc$"),     SLICE("admin$"), SLICE("sysvol"),
                                        SLICE("netlogon"), SLICE("c$"),     SLICE("print$")};
    const uint8_t *name = artefact.data;
    size_t at = 0;
    if (slice_starts(artefact, SLICE("\\\\"))) {
        at = 2;
        while (at < artefact.size && name[at] != '\\')
            at++;
        at++;
    }
    struct slice share = slice_part(artefact, at, SIZE_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(ENDS); i++)
        if (slice_starts(share, ENDS[i]))
            return true;
    return false;
}

static void note_server(struct role_notes *to, const struct relation_key *key) {
    switch (key->kind) {
    case RELATION_ANCHOR:
    case RELATION_BUILD:
    case RELATION_MAIL_READ:
        to->roles |= FLEET_ROLE_MAIL;
        break;
    case RELATION_PACKAGE:
        to->roles |= FLEET_ROLE_UPGRADE;
        break;
    case RELATION_WEB_REQUEST:
        to->roles |= FLEET_ROLE_WEB;
        break;
    case RELATION_UPDATE_FETCH:
        clients_note(&to->fetches, key->parts[PART_FROM]);
        break;
    case RELATION_SHARE:
        if (key->parts[PART_FROM].size && !share_is_common(key->parts[PART_ARTEFACT]))
            clients_note(&to->shares, key->parts[PART_FROM]);
        break;
    default:
        break;
    }
}

static void note_recorder(struct role_notes *recorder, const struct relation_key *key, bool own) {
    struct slice artefact = key->parts[PART_ARTEFACT];
    // Tickets with an encryption type in hexadecimal are a controller's records, not a sensor's.
    if (key->kind == RELATION_CREDENTIAL_USE &&
        (slice_equal(artefact, SLICE("tgt")) || slice_equal(artefact, SLICE("ticket"))) &&
        slice_starts(key->parts[PART_DETAIL_0], SLICE("0x")))
        recorder->roles |= FLEET_ROLE_CONTROLLER;
    if (key->kind == RELATION_FLOW)
        recorder->hears_wires = true;
    if (key->kind == RELATION_CONTACT && !own) {
        bool web = slice_equal(artefact, SLICE("http")) || slice_equal(artefact, SLICE("connect"));
        recorder->hears_web |= web;
        recorder->hears_wires |= !web;
    }
}

void role_book_note(struct role_book *book, const struct relation_key *key,
                    struct store_hosts hosts) {
    if (hosts.recorder == FLEET_NO_HOST)
        return;
    note_recorder(&book->notes[hosts.recorder], key, hosts.from == hosts.recorder);
    if (hosts.to == hosts.recorder)
        note_server(&book->notes[hosts.recorder], key);
}

void role_book_settle(const struct role_book *book, struct fleet_host *hosts) {
    for (uint32_t i = 0; i < book->count; i++) {
        const struct role_notes *notes = &book->notes[i];
        unsigned roles = notes->roles;
        if (notes->fetches.count >= CLIENTS_MANY)
            roles |= FLEET_ROLE_UPGRADE;
        if (notes->shares.count >= CLIENTS_MANY)
            roles |= FLEET_ROLE_FILE;
        if (notes->hears_web && !notes->hears_wires)
            roles |= FLEET_ROLE_PROXY;
        hosts[i].roles = roles ? roles | FLEET_ROLE_SERVER : 0;
    }
}
