// Probing before, handlers after a mail server was taken
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "detect/exchange_book.h"
#include "detect/reading.h"
#include "model/web_path.h"

// Cost: one pass over web requests by path; of each path on a server with a session a few numbers
// are kept while its requests go by.
//
//   probing   requests without success from the networks that forged requests afterwards, or from
//             one network for many paths on the eve of a session
//   mail      web services for mail, asked from the networks that forged requests
//   handler   a script's path that nobody had asked for before the session, that answers a POST,
//             and that no record of a file explains: memory, or a file that no log shows

enum {
    PROBE_PATHS_MIN = 5,
    STRANGER_PATHS_MIN = 20,
    HANDLERS_MAX = 256,
    PROBE_GROUPS_MAX = 1024,
    SOURCES_MAX = 16,
};

#define PROBE_BEFORE_NS (7 * EXCHANGE_DAY_NS)
#define HANDLER_AFTER_NS EXCHANGE_DAY_NS

// Requests without success of one network to a server before one session.
struct probe_group {
    uint32_t session;
    struct slice network;
    bool known; // the session's requests came from there, too
    uint64_t count;
    uint32_t paths;
    int64_t first_ns, last_ns;
    struct slice path; // the last one taken
    struct slice sources[SOURCES_MAX];
    uint32_t source_count;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

struct handler {
    uint32_t session;
    struct slice path;
    uint64_t count;
    int64_t first_ns, last_ns;
    struct slice sources[8];
    uint32_t source_count;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

// Requests for mail by those who attacked, of one session.
struct mail_group {
    uint64_t count, bytes;
    int64_t first_ns, last_ns;
    struct slice account;
    struct slice sources[SOURCES_MAX];
    uint32_t source_count;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

// The path whose requests go by.
struct stem {
    struct slice path;
    uint32_t server;
    struct handler seen; // of the requests so far
    bool posted, refuted;
};

struct requests {
    struct exchange_book *book;
    struct probe_group *groups;
    uint32_t group_count;
    struct handler *handlers;
    uint32_t handler_count;
    struct mail_group *mails; // one for each session
    struct stem stem;
};

static struct slice network_of(struct slice client) {
    size_t dots = 0;
    for (size_t i = 0; i < client.size; i++)
        if (client.data[i] == '.' && ++dots == 3)
            return slice_part(client, 0, i + 1);
    return client;
}

static void references_take(struct reference *references, uint32_t *count,
                            const struct relation *relation) {
    for (uint32_t i = 0; i < relation->reference_count; i++)
        reference_insert(references, count, &relation->references[i]);
}

static void sources_take(struct exchange_book *book, struct slice *sources, uint32_t *count,
                         uint32_t most, struct slice client) {
    for (uint32_t i = 0; i < *count; i++)
        if (slice_equal(sources[i], client))
            return;
    if (*count < most)
        sources[(*count)++] = arena_keep(&book->arena, client);
}

static struct probe_group *group_of(struct requests *requests, uint32_t session,
                                    struct slice network) {
    for (uint32_t i = 0; i < requests->group_count; i++)
        if (requests->groups[i].session == session &&
            slice_equal(requests->groups[i].network, network))
            return &requests->groups[i];
    if (requests->group_count == PROBE_GROUPS_MAX)
        return NULL;
    struct probe_group *group = &requests->groups[requests->group_count];
    group->network = arena_keep(&requests->book->arena, network);
    if (group->network.size == 0)
        return NULL;
    group->session = session;
    group->first_ns = group->last_ns = CLOCK_NONE;
    requests->group_count++;
    return group;
}

static void span_take(int64_t *first_ns, int64_t *last_ns, const struct relation *relation) {
    if (*first_ns == CLOCK_NONE || relation->first_ns < *first_ns)
        *first_ns = relation->first_ns;
    if (relation->last_ns > *last_ns)
        *last_ns = relation->last_ns;
}

static void probe_take(struct requests *requests, uint32_t server,
                       const struct relation *relation) {
    struct exchange_book *book = requests->book;
    const struct exchange_session *session =
        exchange_session_at(book, server, relation->first_ns, PROBE_BEFORE_NS, 0);
    if (!session || !address_is_outside(relation->from))
        return;
    struct probe_group *group =
        group_of(requests, (uint32_t)(session - book->sessions), network_of(relation->from));
    if (!group)
        return;
    group->known = exchange_session_knows(session, relation->from);
    group->count += relation->count;
    span_take(&group->first_ns, &group->last_ns, relation);
    if (!slice_equal(group->path, relation->artefact)) {
        group->paths++;
        group->path = arena_keep(&book->arena, relation->artefact);
    }
    sources_take(book, group->sources, &group->source_count, ARRAY_SIZE(group->sources),
                 relation->from);
    references_take(group->references, &group->reference_count, relation);
}

static bool status_is(const struct relation *relation, uint8_t first) {
    return relation->detail[1].size == 3 && relation->detail[1].data[0] == first;
}

static void stem_end(struct requests *requests) {
    struct stem *stem = &requests->stem;
    if (stem->posted && !stem->refuted && requests->handler_count < HANDLERS_MAX)
        requests->handlers[requests->handler_count++] = stem->seen;
    stem->path = (struct slice){NULL, 0};
}

// Whether a page of that name was seen as a file during the session.
static bool page_is_file(const struct exchange_book *book, uint32_t server, struct slice path) {
    struct slice name = slice_behind_last(path, "/");
    for (uint32_t i = 0; i < book->sign_count; i++) {
        const struct exchange_sign *sign = &book->signs[i];
        if (sign->link == EXCHANGE_LINK_PAGE && sign->server == server && name.size &&
            sign->text.size > name.size && slice_ends(sign->text, name) &&
            sign->text.data[sign->text.size - name.size - 1] == '\\')
            return true;
    }
    return false;
}

// A path that somebody asked for before, or with a name of their own, or from inside, is a page of
// the product.
static void stem_take(struct requests *requests, uint32_t server, const struct relation *relation) {
    struct exchange_book *book = requests->book;
    struct stem *stem = &requests->stem;
    if (stem->server != server || !slice_equal(stem->path, relation->artefact)) {
        stem_end(requests);
        *stem =
            (struct stem){.server = server, .path = arena_keep(&book->arena, relation->artefact)};
        stem->refuted = stem->path.size == 0 || page_is_file(book, server, relation->artefact);
        stem->seen.path = stem->path;
        stem->seen.first_ns = stem->seen.last_ns = CLOCK_NONE;
        stem->seen.session = UINT32_MAX;
    }
    const struct exchange_session *session =
        exchange_session_at(book, server, relation->first_ns, 0, INT64_MAX / 4);
    if (!session || relation->account.size || !address_is_outside(relation->from))
        stem->refuted = true;
    if (stem->refuted)
        return;
    if (slice_equal(relation->detail[0], SLICE("POST")) && status_is(relation, '2'))
        stem->posted = true;
    uint32_t number = (uint32_t)(session - book->sessions);
    if (number < stem->seen.session)
        stem->seen.session = number;
    stem->seen.count += relation->count;
    span_take(&stem->seen.first_ns, &stem->seen.last_ns, relation);
    sources_take(book, stem->seen.sources, &stem->seen.source_count, ARRAY_SIZE(stem->seen.sources),
                 relation->from);
    references_take(stem->seen.references, &stem->seen.reference_count, relation);
}

static void mail_take(struct requests *requests, uint32_t server, const struct relation *relation) {
    struct exchange_book *book = requests->book;
    const struct exchange_session *session =
        exchange_session_at(book, server, relation->first_ns, 0, INT64_MAX / 4);
    if (!session || !address_is_outside(relation->from) ||
        !exchange_session_knows(session, relation->from))
        return;
    struct mail_group *group = &requests->mails[session - book->sessions];
    if (group->count == 0)
        group->first_ns = group->last_ns = CLOCK_NONE;
    group->count += relation->count;
    group->bytes += relation->bytes_in;
    span_take(&group->first_ns, &group->last_ns, relation);
    if (group->account.size == 0)
        group->account = arena_keep(&book->arena, relation->account);
    sources_take(book, group->sources, &group->source_count, SOURCES_MAX, relation->from);
    references_take(group->references, &group->reference_count, relation);
}

static void request_take(struct requests *requests, const struct relation *relation) {
    uint32_t server = exchange_server_of(requests->book, relation, false);
    if (server == UINT32_MAX || relation->first_ns == CLOCK_NONE || relation->from.size == 0)
        return;
    if (status_is(relation, '4') || status_is(relation, '5'))
        probe_take(requests, server, relation);
    else if (slice_starts(relation->artefact, SLICE("/ews/")))
        mail_take(requests, server, relation);
    else if (web_path_is_script(relation->artefact))
        stem_take(requests, server, relation);
}

static enum status probe_tell(struct exchange_book *book, const struct probe_group *group,
                              struct problem *problem) {
    if (group->paths < (group->known ? PROBE_PATHS_MIN : STRANGER_PATHS_MIN))
        return STATUS_OK;
    const struct exchange_session *session = &book->sessions[group->session];
    struct slice server = book->servers[session->server].name;
    draft_begin(&book->draft, EXCHANGE_PROBE, server, SLICE(""));
    exchange_cite(&book->draft, &(struct exchange_cited){group->references, group->reference_count},
                  1);
    book->draft.detection.first_ns = group->first_ns;
    book->draft.detection.last_ns = group->last_ns;
    book->draft.detection.count = group->count;
    char time[CLOCK_TEXT_SIZE];
    clock_format_second(session->first_ns, time);
    draft_say(&book->draft, "what",
              "%.*s was searched for paths from %u address%s of the network %.*s%s before it was "
              "attacked at %s.",
              SLICE_FORMAT(server), group->source_count, group->source_count == 1 ? "" : "es",
              SLICE_FORMAT(group->network), slice_ends(group->network, SLICE(".")) ? "0/24" : "",
              time);
    draft_say(&book->draft, "why", "%llu requests without success for %u paths%s",
              (unsigned long long)group->count, group->paths,
              group->known ? "; the forged requests came from the same network" : "");
    draft_say(&book->draft, "benign",
              "Scanners of the Internet search every server; this search was followed by an "
              "attack%s.",
              group->known ? " from its own network" : " within a week");
    for (uint32_t i = 0; i < group->source_count; i++)
        draft_say_text(&book->draft, "source", group->sources[i]);
    return draft_tell(&book->draft, book->sink, problem);
}

static enum status mail_tell(struct exchange_book *book, uint32_t number,
                             const struct mail_group *group, struct problem *problem) {
    if (group->count == 0)
        return STATUS_OK;
    struct draft *draft = &book->draft;
    struct slice server = book->servers[book->sessions[number].server].name;
    draft_begin(draft, EXCHANGE_MAIL_AFTER, server, group->account);
    exchange_cite(draft, &(struct exchange_cited){group->references, group->reference_count}, 1);
    draft->detection.first_ns = group->first_ns;
    draft->detection.last_ns = group->last_ns;
    draft->detection.count = group->count;
    draft_say(draft, "what",
              "The mail services of %.*s were used from the networks that had attacked it.",
              SLICE_FORMAT(server));
    draft_say(draft, "why", "%llu requests from %u address%s since the attack%s%.*s",
              (unsigned long long)group->count, group->source_count,
              group->source_count == 1 ? "" : "es", group->account.size ? ", as " : "",
              SLICE_FORMAT(group->account));
    draft_say(draft, "benign",
              "Users who happen to share a provider's network with the attackers look the same.");
    for (uint32_t i = 0; i < group->source_count; i++)
        draft_say_text(draft, "source", group->sources[i]);
    if (group->bytes) {
        draft_say(draft, "volume", "%llu", (unsigned long long)group->bytes);
        draft_say(draft, "volume_is", "at least");
    }
    return draft_tell(draft, book->sink, problem);
}

// All handlers of one session in one finding.
static enum status handlers_tell(const struct requests *requests, uint32_t number,
                                 struct problem *problem) {
    struct exchange_book *book = requests->book;
    const struct exchange_session *session = &book->sessions[number];
    struct exchange_cited sets[HANDLERS_MAX];
    struct draft *draft = &book->draft;
    struct slice server = book->servers[session->server].name;
    uint32_t count = 0;
    draft_begin(draft, EXCHANGE_HANDLER, server, SLICE(""));
    struct detection *detection = &draft->detection;
    for (uint32_t i = 0; i < requests->handler_count; i++) {
        const struct handler *handler = &requests->handlers[i];
        if (handler->session != number || handler->first_ns - HANDLER_AFTER_NS > session->last_ns)
            continue;
        sets[count++] = (struct exchange_cited){handler->references, handler->reference_count};
        detection->count += handler->count;
        if (detection->first_ns == CLOCK_NONE || handler->first_ns < detection->first_ns)
            detection->first_ns = handler->first_ns;
        if (handler->last_ns > detection->last_ns)
            detection->last_ns = handler->last_ns;
        if (count <= 16)
            draft_say_text(draft, "path", handler->path);
        if (count <= 4)
            for (uint32_t k = 0; k < handler->source_count; k++)
                draft_say_text(draft, "source", handler->sources[k]);
    }
    if (count == 0)
        return STATUS_OK;
    exchange_cite(draft, sets, count);
    draft_say(draft, "what", "Within a day of the attack %u new path%s began to answer on %.*s.",
              count, count == 1 ? "" : "s", SLICE_FORMAT(server));
    draft_say(draft, "why",
              "Nobody had asked for them before, no record shows a file of that name, they answer "
              "a POST without a login, and only outside addresses ask: %llu requests",
              (unsigned long long)detection->count);
    draft_say(
        draft, "confidence",
        "medium: a file that no log or inventory shows looks the same as a handler in memory");
    draft_say(draft, "benign",
              "A new version brings pages that users and machines inside ask for.");
    return draft_tell(draft, book->sink, problem);
}

static enum status requests_read(struct requests *requests, struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, requests->book->context, RELATION_MASK(WEB_REQUEST),
                                      RELATION_ORDER_ARTEFACT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        request_take(requests, &reading.relation);
    reading_close(&reading);
    stem_end(requests);
    return status;
}

enum status exchange_tell_requests(struct exchange_book *book, struct problem *problem) {
    if (book->session_count == 0)
        return STATUS_OK;
    struct requests requests = {
        .book = book,
        .groups = arena_new(&book->arena, PROBE_GROUPS_MAX, sizeof(struct probe_group)),
        .handlers = arena_new(&book->arena, HANDLERS_MAX, sizeof(struct handler)),
        .mails = arena_new(&book->arena, book->session_count, sizeof(struct mail_group))};
    if (!requests.groups || !requests.handlers || !requests.mails)
        return STATUS_OK;
    enum status status = requests_read(&requests, problem);
    for (uint32_t i = 0; i < requests.group_count && status == STATUS_OK; i++)
        status = probe_tell(book, &requests.groups[i], problem);
    for (uint32_t i = 0; i < book->session_count && status == STATUS_OK; i++)
        status = handlers_tell(&requests, i, problem);
    for (uint32_t i = 0; i < book->session_count && status == STATUS_OK; i++)
        status = mail_tell(book, i, &requests.mails[i], problem);
    return status;
}
