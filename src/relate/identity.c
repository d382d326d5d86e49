// Which host a name or an address was, and when
// SPDX-License-Identifier: Apache-2.0
#include "relate/identity.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "relate/account_book.h"
#include "relate/address_book.h"
#include "relate/wire_names.h"

#include <assert.h>
#include <stdlib.h>

enum {
    IDENTITY_NAMES_MAX = 1 << 20,
    IDENTITY_TEXT_BYTES = 128 << 20,
    IDENTITY_NAME_BYTES = 255,
    IDENTITY_NETBIOS_BYTES = 15 // MS-NBTE: longer names are cut
};

#define SECOND_NS 1000000000ll
#define LEASE_NS_MAX (31 * 86400 * SECOND_NS)
#define NAME_NONE UINT32_MAX
#define NAME_SEVERAL (UINT32_MAX - 1)

// A name in lower case, and what is known of it.
struct identity_name {
    struct slice spelling; // smallest of those seen, so that upper case stands before lower
    bool makes_host;       // else it only stands for one that others make
    bool records;
    uint32_t computer; // of a folder: the only computer whose records lie there
};

struct identity {
    struct interner names;
    struct identity_name *about; // by name
    struct arena spellings;
    struct address_book addresses;
    struct account_book accounts;
    struct wire_names wire;
    uint32_t *host_of; // by name, once settled
    struct fleet_host *hosts;
    uint32_t host_count;
    struct fleet_alias *aliases;
};

struct identity *identity_new(void) {
    struct identity *identity = memory_new(1, sizeof *identity);
    intern_init(&identity->names, IDENTITY_NAMES_MAX, IDENTITY_TEXT_BYTES);
    arena_init(&identity->spellings, IDENTITY_TEXT_BYTES);
    address_book_init(&identity->addresses);
    account_book_init(&identity->accounts);
    wire_names_init(&identity->wire);
    return identity;
}

void identity_free(struct identity *identity) {
    if (!identity)
        return;
    intern_done(&identity->names);
    memory_free(identity->about);
    arena_done(&identity->spellings);
    address_book_done(&identity->addresses);
    account_book_done(&identity->accounts);
    wire_names_done(&identity->wire);
    memory_free(identity->host_of);
    memory_free(identity->hosts);
    memory_free(identity->aliases);
    memory_free(identity);
}

static uint32_t identity_add_name(struct identity *identity, struct slice spelling) {
    uint8_t folded[IDENTITY_NAME_BYTES];
    if (spelling.size == 0 || spelling.size > IDENTITY_NAME_BYTES)
        return NAME_NONE;
    text_fold_ascii(spelling.data, spelling.size, folded);
    uint32_t before = identity->names.count;
    uint32_t name = intern_add(&identity->names, slice_of(folded, spelling.size));
    if (name == INTERN_FULL)
        return NAME_NONE;
    bool is_new = name == before;
    if (is_new && (name & (name - 1)) == 0)
        identity->about =
            memory_resize(identity->about, name ? (size_t)name * 2 : 1, sizeof *identity->about);
    struct identity_name *about = &identity->about[name];
    if (is_new)
        *about = (struct identity_name){.computer = NAME_NONE};
    if (!is_new && slice_compare(about->spelling, spelling) <= 0)
        return name;
    // Spellings of one name are of one size: a better one goes where the first was.
    struct slice kept = arena_keep(&identity->spellings, spelling);
    about->spelling = kept.data ? kept : intern_text(&identity->names, name);
    return name;
}

static uint32_t identity_make_host(struct identity *identity, struct slice spelling, bool records) {
    if (!records && address_is_address(spelling))
        return NAME_NONE;
    uint32_t name = identity_add_name(identity, spelling);
    if (name != NAME_NONE) {
        identity->about[name].makes_host = true;
        identity->about[name].records |= records;
    }
    return name;
}

// Leases of a pair on a day, which begin at the times of its records. The first and the last end
// when their records say; one between them lasts until the next.
static void identity_claim_leases(struct identity *identity, struct slice address, uint32_t name,
                                  const struct relation_sum *sum) {
    struct address_claim claim = {.host = name, .word = ADDRESS_LEASE};
    bool ends = sum->bytes_in_max && sum->bytes_in_max < CLOCK_MAX / SECOND_NS;
    bool all = sum->count <= FINDING_REFERENCES_MAX; // else only the smallest are known
    for (uint32_t i = 0; i < sum->reference_count; i++) {
        bool is_last = i + 1 == sum->reference_count;
        uint64_t end_seconds = is_last || i > 0 ? sum->bytes_in_max : sum->bytes_in_min;
        claim.first_ns = sum->references[i].time_ns;
        if (claim.first_ns == CLOCK_NONE)
            continue;
        claim.last_ns = claim.first_ns;
        int64_t end_ns = ends ? (int64_t)end_seconds * SECOND_NS : claim.first_ns;
        if (is_last && !all)
            claim.last_ns = sum->last_ns;
        // No lease is believed for longer than a month behind its last sign.
        if (end_ns > claim.last_ns && end_ns - claim.last_ns <= LEASE_NS_MAX)
            claim.last_ns = end_ns;
        address_book_claim(&identity->addresses, address, &claim);
    }
}

// ALIAS: other names and addresses of one host, accounts and SIDs, folders and computers.
static void identity_learn_alias(struct identity *identity, const struct relation_key *key,
                                 const struct relation_sum *sum) {
    struct slice from = key->parts[PART_FROM];
    struct slice to = key->parts[PART_TO];
    struct slice source = key->parts[PART_ARTEFACT];
    if (slice_equal(source, SLICE("account"))) {
        account_book_learn(&identity->accounts, from, to);
        return;
    }
    if (slice_equal(source, SLICE("folder"))) {
        uint32_t computer = identity_make_host(identity, from, true);
        uint32_t folder = identity_add_name(identity, to);
        if (computer == NAME_NONE || folder == NAME_NONE)
            return;
        uint32_t *known = &identity->about[folder].computer;
        *known = *known == NAME_NONE || *known == computer ? computer : NAME_SEVERAL;
        return;
    }
    // A logon's workstation name is what the other side chose to say; a name server's answer may be
    // old, or a balancer's.
    bool hearsay = slice_equal(source, SLICE("logon")) || slice_equal(source, SLICE("dns"));
    uint32_t name =
        hearsay ? identity_add_name(identity, from) : identity_make_host(identity, from, false);
    struct address_claim claim = {.host = name,
                                  .first_ns = sum->first_ns,
                                  .last_ns = sum->last_ns,
                                  .word = hearsay                              ? ADDRESS_HEARSAY
                                          : slice_equal(source, SLICE("dhcp")) ? ADDRESS_GRANTED
                                                                               : ADDRESS_OWN};
    if (name == NAME_NONE)
        return;
    if (slice_equal(source, SLICE("lease")))
        identity_claim_leases(identity, to, name, sum);
    else
        address_book_claim(&identity->addresses, to, &claim);
}

void identity_learn(struct identity *identity, const struct relation_key *key,
                    const struct relation_sum *sum) {
    if (key->kind == RELATION_ALIAS)
        identity_learn_alias(identity, key, sum);
    wire_names_learn(&identity->wire, key, sum);
    // A ticket names its service's machine account: the domain knows that host.
    if (key->kind == RELATION_CREDENTIAL_USE &&
        slice_equal(key->parts[PART_ARTEFACT], SLICE("ticket")))
        identity_make_host(identity, key->parts[PART_TO], false);
    if (key->kind == RELATION_LOGON || key->kind == RELATION_SPAWN)
        account_book_learn(&identity->accounts, key->parts[PART_ACCOUNT], (struct slice){NULL, 0});
    if (key->parts[PART_RECORDER].size &&
        !(key->kind == RELATION_ALIAS && slice_equal(key->parts[PART_ARTEFACT], SLICE("folder"))))
        identity_make_host(identity, key->parts[PART_RECORDER], true);
}

// Settling

static size_t name_short(struct slice name) {
    if (address_is_address(name))
        return name.size;
    size_t size = 0;
    while (size < name.size && name.data[size] != '.')
        size++;
    return size;
}

struct name_sorter {
    struct slice text;
    uint32_t name;
    uint32_t short_size;
};

static int name_compare(const void *left, const void *right) {
    const struct name_sorter *a = left;
    const struct name_sorter *b = right;
    int order =
        slice_compare(slice_part(a->text, 0, a->short_size), slice_part(b->text, 0, b->short_size));
    return order ? order : slice_compare(a->text, b->text);
}

static bool identity_is_own(const struct identity *identity, uint32_t name) {
    const struct identity_name *about = &identity->about[name];
    // A folder that holds one computer's records is that computer.
    return about->makes_host && about->computer >= NAME_SEVERAL;
}

// A host that all records call by its FQDN is told, and looked up, by its bare name too.
static void identity_add_bare_names(struct identity *identity) {
    uint32_t count = identity->names.count;
    for (uint32_t i = 0; i < count; i++) {
        struct slice spelling = identity->about[i].spelling;
        size_t size = name_short(spelling);
        if (size < spelling.size && identity_is_own(identity, i))
            identity_add_name(identity, slice_part(spelling, 0, size));
    }
}

static uint32_t identity_new_host(struct identity *identity, uint32_t name, size_t short_size) {
    const struct identity_name *about = &identity->about[name];
    struct fleet_host *host = &identity->hosts[identity->host_count];
    *host = (struct fleet_host){.name = slice_part(about->spelling, 0, short_size)};
    if (about->spelling.size > short_size)
        host->fqdn = about->spelling;
    return identity->host_count++;
}

// One group of names with the same first label. One FQDN, or none: all are one host. Several:
// each is one, and the bare name is nobody's.
static void identity_settle_group(struct identity *identity, const struct name_sorter *names,
                                  size_t count) {
    size_t full = 0;
    size_t own = 0;
    for (size_t i = 0; i < count; i++) {
        full += names[i].text.size > names[i].short_size;
        own += identity_is_own(identity, names[i].name);
    }
    if (own == 0)
        return;
    uint32_t host = NAME_NONE;
    for (size_t i = count; i-- > 0;) { // the longest is last: the FQDN, when there is one
        bool bare = names[i].text.size == names[i].short_size;
        if (full > 1 && bare)
            continue;
        if (host == NAME_NONE || full > 1)
            host = identity_new_host(identity, names[i].name, names[i].short_size);
        identity->host_of[names[i].name] = host;
        identity->hosts[host].has_evidence |= identity->about[names[i].name].records;
        struct slice spelling =
            slice_part(identity->about[names[i].name].spelling, 0, names[i].short_size);
        if (slice_compare(spelling, identity->hosts[host].name) < 0)
            identity->hosts[host].name = spelling;
    }
}

static void identity_settle_names(struct identity *identity) {
    uint32_t count = identity->names.count;
    struct name_sorter *names = memory_new(count + 1, sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        struct slice text = intern_text(&identity->names, i);
        names[i] = (struct name_sorter){text, i, (uint32_t)name_short(text)};
    }
    qsort(names, count, sizeof *names, name_compare);
    for (size_t from = 0, to; from < count; from = to) {
        struct slice first = slice_part(names[from].text, 0, names[from].short_size);
        for (to = from;
             to < count && slice_equal(slice_part(names[to].text, 0, names[to].short_size), first);)
            to++;
        identity_settle_group(identity, names + from, to - from);
    }
    memory_free(names);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t computer = identity->about[i].computer;
        if (identity->host_of[i] == FLEET_NO_HOST && computer < NAME_SEVERAL)
            identity->host_of[i] = identity->host_of[computer];
    }
}

static int host_compare(const void *left, const void *right) {
    const struct fleet_host *a = left;
    const struct fleet_host *b = right;
    int order = text_compare_fold_ascii(a->name, b->name);
    order = order ? order : slice_compare(a->name, b->name);
    return order ? order : slice_compare(a->fqdn, b->fqdn);
}

// Hosts in the order of their names; names follow.
static void identity_sort_hosts(struct identity *identity) {
    uint32_t count = identity->host_count;
    uint32_t *moved = memory_new(count + 1, sizeof *moved);
    for (uint32_t i = 0; i < count; i++)
        identity->hosts[i].alias_count = i; // where it was, for a moment
    qsort(identity->hosts, count, sizeof *identity->hosts, host_compare);
    for (uint32_t i = 0; i < count; i++) {
        moved[identity->hosts[i].alias_count] = i;
        identity->hosts[i].alias_count = 0;
    }
    for (uint32_t i = 0; i < identity->names.count; i++)
        if (identity->host_of[i] != FLEET_NO_HOST)
            identity->host_of[i] = moved[identity->host_of[i]];
    memory_free(moved);
}

static int alias_compare(const void *left, const void *right) {
    const struct fleet_alias *a = left;
    const struct fleet_alias *b = right;
    int order = slice_compare(a->text, b->text);
    if (order)
        return order;
    return a->first_ns < b->first_ns ? -1 : a->first_ns > b->first_ns;
}

// All names and spans of each host, sorted.
static void identity_list_aliases(struct identity *identity) {
    const struct address_book *book = &identity->addresses;
    size_t count = 0;
    for (uint32_t i = 0; i < identity->names.count; i++)
        if (identity->host_of[i] != FLEET_NO_HOST) {
            identity->hosts[identity->host_of[i]].alias_count++;
            count++;
        }
    size_t span_count = book->count + book->lease_count;
    for (size_t i = 0; i < span_count; i++)
        if (book->by_host[i].host != FLEET_NO_HOST) {
            identity->hosts[book->by_host[i].host].alias_count++;
            count++;
        }
    identity->aliases = memory_new(count + 1, sizeof *identity->aliases);
    struct fleet_alias **ends = memory_new(identity->host_count + 1, sizeof *ends);
    struct fleet_alias *next = identity->aliases;
    for (uint32_t i = 0; i < identity->host_count; i++) {
        identity->hosts[i].aliases = ends[i] = next;
        next += identity->hosts[i].alias_count;
    }
    for (uint32_t i = 0; i < identity->names.count; i++)
        if (identity->host_of[i] != FLEET_NO_HOST)
            *ends[identity->host_of[i]]++ =
                (struct fleet_alias){intern_text(&identity->names, i), CLOCK_MIN, CLOCK_MAX};
    for (size_t i = 0; i < span_count; i++)
        if (book->by_host[i].host != FLEET_NO_HOST)
            *ends[book->by_host[i].host]++ =
                (struct fleet_alias){intern_text(&book->addresses, book->by_host[i].address),
                                     book->by_host[i].first_ns, book->by_host[i].last_ns};
    next = identity->aliases;
    for (uint32_t i = 0; i < identity->host_count; i++) {
        qsort(next, identity->hosts[i].alias_count, sizeof *next, alias_compare);
        next += identity->hosts[i].alias_count;
    }
    memory_free(ends);
}

// Windows cuts NetBIOS names: a cut one is another name of the only host it can stand for.
static void identity_add_cut_names(struct identity *identity) {
    uint32_t count = identity->names.count;
    for (uint32_t i = 0; i < count; i++) {
        struct slice text = intern_text(&identity->names, i);
        if (identity->host_of[i] == FLEET_NO_HOST || name_short(text) <= IDENTITY_NETBIOS_BYTES)
            continue;
        uint32_t cut = intern_find(&identity->names, slice_part(text, 0, IDENTITY_NETBIOS_BYTES));
        if (cut == INTERN_FULL || identity_is_own(identity, cut))
            continue;
        uint32_t *host = &identity->host_of[cut];
        *host = *host == FLEET_NO_HOST || *host == identity->host_of[i] ? identity->host_of[i]
                                                                        : NAME_SEVERAL;
    }
    for (uint32_t i = 0; i < count; i++)
        if (identity->host_of[i] == NAME_SEVERAL)
            identity->host_of[i] = FLEET_NO_HOST;
}

uint32_t identity_find(const struct identity *identity, struct slice name, int64_t time_ns) {
    uint8_t folded[IDENTITY_NAME_BYTES];
    if (name.size == 0 || name.size > IDENTITY_NAME_BYTES)
        return FLEET_NO_HOST;
    text_fold_ascii(name.data, name.size, folded);
    struct slice text = slice_of(folded, name.size);
    uint32_t number = intern_find(&identity->names, text);
    if (number != INTERN_FULL && identity->host_of[number] != FLEET_NO_HOST)
        return identity->host_of[number];
    if (address_is_address(text))
        return address_book_find(&identity->addresses, text, time_ns);
    // A domain that was never seen with the host, when no other one was.
    size_t size = name_short(text);
    if (size == text.size)
        return FLEET_NO_HOST;
    number = intern_find(&identity->names, slice_part(text, 0, size));
    if (number == INTERN_FULL || identity->host_of[number] == FLEET_NO_HOST)
        return FLEET_NO_HOST;
    return identity->hosts[identity->host_of[number]].fqdn.size ? FLEET_NO_HOST
                                                                : identity->host_of[number];
}

// Hosts that have an address, and addresses that have a host, need no further claim.
struct identity_claimed {
    struct identity *identity;
    bool *hosts, *addresses;
};

static bool claimed_name(void *context, struct slice name) {
    const struct identity_claimed *claimed = context;
    uint32_t host = identity_find(claimed->identity, name, CLOCK_NONE);
    return host == FLEET_NO_HOST || claimed->hosts[host];
}

static bool claimed_address(void *context, struct slice address) {
    const struct identity_claimed *claimed = context;
    uint32_t number = intern_find(&claimed->identity->addresses.addresses, address);
    return number != INTERN_FULL && claimed->addresses[number];
}

static void claim_match(void *context, const struct wire_match *match) {
    const struct identity_claimed *claimed = context;
    struct address_claim claim = {.host = identity_add_name(claimed->identity, match->name),
                                  .first_ns = match->first_ns,
                                  .last_ns = match->last_ns};
    address_book_claim(&claimed->identity->addresses, match->address, &claim);
}

static void identity_match_wire(struct identity *identity) {
    const struct address_book *book = &identity->addresses;
    struct identity_claimed claimed = {
        .identity = identity,
        .hosts = memory_new((size_t)identity->host_count + 1, sizeof(bool)),
        .addresses = memory_new((size_t)book->addresses.count + 1, sizeof(bool))};
    for (size_t i = 0; i < book->count; i++) {
        uint32_t host = identity->host_of[book->claims[i].host];
        if (host == FLEET_NO_HOST)
            continue;
        claimed.hosts[host] = true;
        claimed.addresses[book->claims[i].address] = true;
    }
    struct wire_settling settling = {&claimed, claimed_name, claimed_address, claim_match};
    wire_names_settle(&identity->wire, &settling);
    memory_free(claimed.hosts);
    memory_free(claimed.addresses);
}

void identity_settle(struct identity *identity) {
    assert(!identity->host_of);
    identity_add_bare_names(identity);
    uint32_t count = identity->names.count;
    identity->host_of = memory_new(count + 1, sizeof *identity->host_of);
    memset(identity->host_of, 0xFF, (count + 1) * sizeof *identity->host_of);
    identity->hosts = memory_new(count + 1, sizeof *identity->hosts);
    identity_settle_names(identity);
    identity_add_cut_names(identity);
    identity_sort_hosts(identity);
    identity_match_wire(identity);
    address_book_settle(&identity->addresses, identity->host_of);
    identity_list_aliases(identity);
}

size_t identity_account(const struct identity *identity, struct slice account, uint8_t *to) {
    return account_book_settle(&identity->accounts, account, to, RELATION_PART_BYTES_MAX);
}

struct fleet_host *identity_hosts(struct identity *identity, uint32_t *ret_count) {
    *ret_count = identity->host_count;
    return identity->hosts;
}

uint64_t identity_conflict_count(const struct identity *identity) {
    return identity->addresses.conflicts;
}
