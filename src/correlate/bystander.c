// Hosts that an intrusion could have reached
// SPDX-License-Identifier: Apache-2.0
//
// 1. A way's source was compromised when it was used, or gave out a wave then.
// 2. No host of any campaign or incident is a bystander, of another one either.
// 3. Which way stays does not depend on the order of relations: the earliest, then the least.
#include "correlate/bystander.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

// A time in which a server gave out what was never released: a wave, or one of several.
struct outbreak {
    uint32_t unit, source;
    uint32_t server; // of the fleet
    int64_t from_ns, until_ns;
};

// A host of a campaign, by (host, unit).
struct insider {
    uint32_t host, unit, place;
    int64_t from_ns;
};

struct scope {
    struct bystander_search *search;
    struct outbreak *outbreaks;
    uint32_t outbreak_count;
    struct insider *insiders;
    uint32_t insider_count;
    struct interner accounts; // "unit|user", lower case
    struct table ways;        // (unit, host) -> place in search->ways
};

enum {
    ACCOUNT_TEXTS_MAX = 1 << 16,
    ACCOUNT_TEXT_BYTES = 8 << 20,
    ACCOUNT_TEXT_MAX = 256,
    ADDRESSES_MAX = 1 << 16,
    ADDRESS_BYTES = 8 << 20
};

static uint32_t unit_count(const struct bystander_search *search) {
    return search->made->campaign_count + search->made->incident_count;
}

struct campaign *bystander_unit(const struct bystander_search *search, uint32_t number) {
    uint32_t campaigns = search->made->campaign_count;
    return number < campaigns ? &search->made->campaigns[number]
                              : &search->made->incidents[number - campaigns];
}

static int time_compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

// Victims without a quiet day between them are one outbreak.
static void outbreaks_of_wave(struct scope *scope, uint32_t unit,
                              const struct campaign_wave *wave) {
    const struct campaign *campaign = bystander_unit(scope->search, unit);
    int64_t *times = memory_new((size_t)wave->host_count + 1, sizeof *times);
    for (uint32_t i = 0; i < wave->host_count; i++)
        times[i] = campaign->hosts[wave->hosts[i]].first_ns;
    qsort(times, wave->host_count, sizeof *times, time_compare);
    const int64_t slack_ns = WEIGHT_ARRIVAL_SECONDS * SECOND_NS;
    for (uint32_t from = 0, to; from < wave->host_count; from = to) {
        for (to = from + 1; to < wave->host_count &&
                            times[to] - times[to - 1] < WEIGHT_WAVE_QUIET_SECONDS * SECOND_NS;)
            to++;
        scope->outbreaks[scope->outbreak_count++] =
            (struct outbreak){.unit = unit,
                              .source = wave->source,
                              .server = campaign->hosts[wave->source].host,
                              .from_ns = times[from] - slack_ns,
                              .until_ns = times[to - 1] + slack_ns};
    }
    memory_free(times);
}

static int insider_compare(const void *left, const void *right) {
    const struct insider *a = left, *b = right;
    if (a->host != b->host)
        return a->host < b->host ? -1 : 1;
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

// Accounts that every host has say nothing about who used them.
static bool user_is_somebodys(struct slice user) {
    static const char *const COMMON[] = {"root",  "administrator", "system",
                                         "guest", "localsystem",   "anonymous logon"};
    for (size_t i = 0; i < ARRAY_SIZE(COMMON); i++)
        if (text_equal_fold_ascii(user, slice_of_string(COMMON[i])))
            return false;
    return user.size && user.data[user.size - 1] != '$';
}

// "3|adm.07" of corp\adm.07 and adm.07@corp.example; empty for what is nobody's.
static struct slice account_key(uint32_t unit, struct slice account, char key[ACCOUNT_TEXT_MAX]) {
    size_t from = account.size;
    while (from > 0 && account.data[from - 1] != '\\')
        from--;
    struct slice user = slice_part(account, from, SIZE_MAX);
    const uint8_t *at = user.size ? memchr(user.data, '@', user.size) : NULL;
    if (at)
        user = slice_part(user, 0, (size_t)(at - user.data));
    if (!user_is_somebodys(user) || user.size + 12 > ACCOUNT_TEXT_MAX)
        return SLICE("");
    size_t size = 0;
    for (uint32_t rest = unit; rest || size == 0; rest /= 10)
        key[size++] = (char)('0' + rest % 10);
    key[size++] = '|';
    for (size_t i = 0; i < user.size; i++) {
        uint8_t byte = user.data[i];
        key[size++] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    }
    return slice_of(key, size);
}

// Strangers have a number of the cast alone, by the name that they are told under.
static uint32_t insider_host(const struct scope *scope, const struct campaign_host *host) {
    return host->host != RELATION_NO_HOST
               ? host->host
               : cast_find(&scope->search->book->cast, host->name, host->first_ns);
}

static void scope_take_unit(struct scope *scope, uint32_t unit) {
    const struct campaign *campaign = bystander_unit(scope->search, unit);
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        uint32_t number = insider_host(scope, host);
        if (number != RELATION_NO_HOST)
            scope->insiders[scope->insider_count++] =
                (struct insider){number, unit, i, host->first_ns};
        for (uint32_t k = 0; k < host->account_count && unit < BYSTANDER_UNITS_MAX; k++) {
            char text[ACCOUNT_TEXT_MAX];
            struct slice key = account_key(unit, host->accounts[k], text);
            if (key.size)
                intern_add(&scope->accounts, key);
        }
    }
    for (uint32_t i = 0; i < campaign->wave_count && unit < BYSTANDER_UNITS_MAX; i++)
        outbreaks_of_wave(scope, unit, &campaign->waves[i]);
}

static void scope_init(struct scope *scope, struct bystander_search *search) {
    size_t hosts = 0;
    for (uint32_t i = 0; i < unit_count(search); i++)
        hosts += bystander_unit(search, i)->host_count;
    *scope = (struct scope){.search = search,
                            .insiders = memory_new(hosts + 1, sizeof *scope->insiders),
                            .outbreaks = memory_new(hosts + 1, sizeof *scope->outbreaks)};
    table_init(&scope->ways);
    intern_init(&scope->accounts, ACCOUNT_TEXTS_MAX, ACCOUNT_TEXT_BYTES);
    for (uint32_t i = 0; i < unit_count(search); i++)
        scope_take_unit(scope, i);
    qsort(scope->insiders, scope->insider_count, sizeof *scope->insiders, insider_compare);
}

static void scope_done(struct scope *scope) {
    table_done(&scope->ways);
    intern_done(&scope->accounts);
    memory_free(scope->insiders);
    memory_free(scope->outbreaks);
}

// The first row of a host's, or where it would be.
static uint32_t insiders_of(const struct scope *scope, uint32_t host) {
    uint32_t low = 0, high = scope->insider_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (scope->insiders[middle].host < host)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_insider(const struct scope *scope, uint32_t host) {
    uint32_t at = insiders_of(scope, host);
    return at < scope->insider_count && scope->insiders[at].host == host;
}

// An address that was somebody's at another time moves between hosts: it is none.
static uint32_t host_of(const struct scope *scope, uint32_t known, struct slice name,
                        int64_t time_ns) {
    const struct cast *cast = &scope->search->book->cast;
    uint32_t host = known != RELATION_NO_HOST ? known : cast_find(cast, name, time_ns);
    if (host != RELATION_NO_HOST || !address_is_address(name) || address_is_outside(name) ||
        intern_find(&cast->named, name) != INTERN_FULL)
        return host;
    uint32_t number = intern_add(&scope->search->addresses, name);
    return number == INTERN_FULL ? RELATION_NO_HOST : cast->fleet.count + number;
}

static bool way_is_before(const struct bystander_way *a, const struct bystander_way *b) {
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    if (a->source != b->source)
        return a->source < b->source;
    int order = slice_compare(a->what, b->what);
    return order ? order < 0 : reference_compare(&a->references[0], &b->references[0]) < 0;
}

static bool way_equal(const void *context, uint32_t number, const void *key) {
    const struct bystander_search *search = context;
    const struct bystander_way *other = key, *way = &search->ways[number];
    return way->unit == other->unit && way->host == other->host;
}

// Cite the records of the time that counts; of a relation so often repeated that none of those is
// kept, the last that are.
static void way_cite(struct bystander_way *way, const struct relation *relation) {
    const int64_t slack_ns = WEIGHT_ARRIVAL_SECONDS * SECOND_NS;
    for (uint32_t i = 0; i < relation->reference_count; i++)
        if (relation->references[i].time_ns >= way->time_ns - slack_ns &&
            way->reference_count < ARRAY_SIZE(way->references))
            way->references[way->reference_count++] = relation->references[i];
    if (way->reference_count == 0)
        way->references[way->reference_count++] =
            relation->references[relation->reference_count - 1];
}

static void way_take(struct scope *scope, struct bystander_way *way,
                     const struct relation *relation) {
    struct bystander_search *search = scope->search;
    if (way->host == RELATION_NO_HOST || is_insider(scope, way->host))
        return;
    way_cite(way, relation);
    uint64_t hash = digest_mix64(way->unit, way->host);
    uint32_t at = table_find(&scope->ways, hash, way_equal, search, way);
    if (at != TABLE_NONE && !way_is_before(way, &search->ways[at]))
        return;
    if (at == TABLE_NONE && search->count == BYSTANDER_WAYS_MAX)
        return;
    if (search->count == search->capacity) {
        search->capacity = search->capacity ? 2 * search->capacity : 256;
        search->ways = memory_resize(search->ways, search->capacity, sizeof *search->ways);
    }
    if (at == TABLE_NONE) {
        at = search->count++;
        table_add(&scope->ways, hash, at);
    }
    way->what = arena_keep(search->arena, way->what);
    search->ways[at] = *way;
}

// The first time of a relation in [from_ns, until_ns); CLOCK_NONE.
static int64_t time_within(const struct relation *relation, int64_t from_ns, int64_t until_ns) {
    for (uint32_t i = 0; i < relation->time_count; i++)
        if (relation->times[i] >= from_ns)
            return relation->times[i] < until_ns ? relation->times[i] : CLOCK_NONE;
    if (relation->first_ns >= from_ns)
        return relation->first_ns < until_ns ? relation->first_ns : CLOCK_NONE;
    return relation->last_ns >= from_ns && relation->last_ns < until_ns ? relation->last_ns
                                                                        : CLOCK_NONE;
}

static void fetch_take(struct scope *scope, const struct relation *relation) {
    for (uint32_t i = 0; i < scope->outbreak_count; i++) {
        const struct outbreak *outbreak = &scope->outbreaks[i];
        int64_t time_ns = outbreak->server == relation->to_host
                              ? time_within(relation, outbreak->from_ns, outbreak->until_ns)
                              : CLOCK_NONE;
        if (time_ns == CLOCK_NONE)
            continue;
        struct bystander_way way = {
            .kind = relation->kind == RELATION_UPDATE_FETCH ? BYSTANDER_FETCHED : BYSTANDER_ASKED,
            .unit = outbreak->unit,
            .host = host_of(scope, relation->from_host, relation->from, time_ns),
            .source = outbreak->source,
            .time_ns = time_ns,
            .what = relation->artefact};
        way_take(scope, &way, relation);
    }
}

// Tickets and explicit credentials name the host that they are for; what a domain controller checks
// for others leads nowhere.
static bool is_session(const struct relation *relation) {
    if (slice_equal(relation->detail[1], SLICE("failed")))
        return false;
    return relation->kind != RELATION_CREDENTIAL_USE ||
           slice_equal(relation->artefact, SLICE("ticket")) ||
           slice_equal(relation->artefact, SLICE("explicit"));
}

static void session_take(struct scope *scope, const struct relation *relation) {
    uint32_t from = host_of(scope, relation->from_host, relation->from, relation->first_ns);
    if (!is_session(relation) || from == RELATION_NO_HOST)
        return;
    for (uint32_t i = insiders_of(scope, from);
         i < scope->insider_count && scope->insiders[i].host == from; i++) {
        const struct insider *insider = &scope->insiders[i];
        char text[ACCOUNT_TEXT_MAX];
        struct slice key = account_key(insider->unit, relation->account, text);
        int64_t time_ns =
            time_within(relation, insider->from_ns - WEIGHT_SKEW_SECONDS * SECOND_NS, CLOCK_MAX);
        if (key.size == 0 || time_ns == CLOCK_NONE ||
            intern_find(&scope->accounts, key) == INTERN_FULL)
            continue;
        struct bystander_way way = {
            .kind =
                relation->kind == RELATION_REMOTE_EXECUTION ? BYSTANDER_EXECUTION : BYSTANDER_LOGON,
            .unit = insider->unit,
            .host = host_of(scope, relation->to_host, relation->to, time_ns),
            .source = insider->place,
            .time_ns = time_ns,
            .what = relation->account};
        if (way.host != from)
            way_take(scope, &way, relation);
    }
}

static enum status relation_judge(void *context, struct relation *relation,
                                  struct problem *problem) {
    struct scope *scope = context;
    (void)problem;
    if (relation->first_ns == CLOCK_NONE || relation->reference_count == 0)
        return STATUS_OK;
    if (relation->kind == RELATION_UPDATE_FETCH || relation->kind == RELATION_WEB_REQUEST)
        fetch_take(scope, relation);
    else
        session_take(scope, relation);
    return STATUS_OK;
}

static enum status relations_read(struct scope *scope, struct problem *problem) {
    uint64_t kinds =
        RELATION_MASK(LOGON) | RELATION_MASK(REMOTE_EXECUTION) | RELATION_MASK(CREDENTIAL_USE);
    if (scope->outbreak_count)
        kinds |= RELATION_MASK(UPDATE_FETCH) | RELATION_MASK(WEB_REQUEST);
    return relation_source_each(scope->search->input->relations, kinds, RELATION_ORDER_PAIR,
                                relation_judge, scope, problem);
}

static int way_compare(const void *left, const void *right) {
    const struct bystander_way *a = left, *b = right;
    if (a->unit != b->unit)
        return a->unit < b->unit ? -1 : 1;
    return a->host < b->host ? -1 : a->host > b->host;
}

enum status bystander_search_init(struct bystander_search *search, struct problem *problem) {
    struct scope scope;
    intern_init(&search->addresses, ADDRESSES_MAX, ADDRESS_BYTES);
    scope_init(&scope, search);
    enum status status = scope.insider_count ? relations_read(&scope, problem) : STATUS_OK;
    if (search->count)
        qsort(search->ways, search->count, sizeof *search->ways, way_compare);
    scope_done(&scope);
    return status;
}

void bystander_search_done(struct bystander_search *search) {
    intern_done(&search->addresses);
    memory_free(search->ways);
    search->ways = NULL;
}
