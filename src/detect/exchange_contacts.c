// Flows of those who attacked a mail server, before and after
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "detect/exchange_book.h"
#include "detect/reading.h"

// Cost: one pass over flows when there are sessions; each from an outside address is held against
// the sessions' clients. Where the server's own logs are gone, the sensor's still tell when those
// who attacked were there: addresses must be the same, networks are not enough for flows.

#define BEFORE_NS (7 * EXCHANGE_DAY_NS)
#define SLACK_NS (300 * EXCHANGE_SECOND_NS)

struct contacts {
    uint64_t count;
    int64_t first_ns, last_ns;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

static bool session_has_client(const struct exchange_book *book,
                               const struct exchange_session *session, struct slice client) {
    for (uint32_t i = 0; i < book->sign_count; i++) {
        const struct exchange_sign *sign = &book->signs[i];
        if (sign->link == EXCHANGE_LINK_REQUEST && sign->server == session->server &&
            sign->first_ns >= session->first_ns && sign->first_ns <= session->last_ns &&
            slice_equal(sign->from, client))
            return true;
    }
    return false;
}

static void contact_take(struct contacts *contacts, const struct reference *reference,
                         int64_t time_ns) {
    if (contacts->count++ == 0)
        contacts->first_ns = contacts->last_ns = time_ns;
    if (time_ns < contacts->first_ns)
        contacts->first_ns = time_ns;
    if (time_ns > contacts->last_ns)
        contacts->last_ns = time_ns;
    reference_insert(contacts->references, &contacts->reference_count, reference);
}

static void flow_take(struct exchange_book *book, const struct relation *flow,
                      struct contacts *contacts) {
    if (!slice_starts(flow->artefact, SLICE("tcp/")) ||
        slice_equal(flow->artefact, SLICE("tcp/25")) || !address_is_outside(flow->from))
        return;
    uint32_t server = exchange_server_of(book, flow, false);
    for (uint32_t i = 0; server != UINT32_MAX && i < book->session_count; i++) {
        const struct exchange_session *session = &book->sessions[i];
        if (session->server != server || !session_has_client(book, session, flow->from))
            continue;
        for (uint32_t k = 0; k < flow->reference_count; k++) {
            int64_t time_ns = reading_time(book->context, flow, &flow->references[k]);
            bool before = time_ns < session->first_ns - SLACK_NS;
            if (!before && time_ns <= session->last_ns + EXCHANGE_HOUR_NS)
                continue;
            if (time_ns >= session->first_ns - BEFORE_NS)
                contact_take(&contacts[2 * i + (before ? 0 : 1)], &flow->references[k], time_ns);
        }
    }
}

static enum status contacts_tell(struct exchange_book *book, uint32_t number, bool before,
                                 const struct contacts *contacts, struct problem *problem) {
    if (contacts->count == 0)
        return STATUS_OK;
    struct draft *draft = &book->draft;
    struct slice server = book->servers[book->sessions[number].server].name;
    char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    clock_format_second(contacts->first_ns, from);
    clock_format_second(contacts->last_ns, to);
    draft_begin(draft, before ? EXCHANGE_CONTACT_BEFORE : EXCHANGE_CONTACT_AFTER, server,
                SLICE(""));
    exchange_cite(draft, &(struct exchange_cited){contacts->references, contacts->reference_count},
                  1);
    draft->detection.first_ns = contacts->first_ns;
    draft->detection.last_ns = contacts->last_ns;
    draft->detection.count = contacts->count;
    draft_say(draft, "what", "Addresses that attacked %.*s were connected to it %s the attack.",
              SLICE_FORMAT(server), before ? "before" : "again after");
    draft_say(draft, "why", "%llu connections or more between %s and %s",
              (unsigned long long)contacts->count, from, to);
    draft_say(draft, "benign", "An address may have had another holder on another day.");
    return draft_tell(draft, book->sink, problem);
}

enum status exchange_tell_contacts(struct exchange_book *book, struct problem *problem) {
    if (book->session_count == 0)
        return STATUS_OK;
    struct contacts *contacts =
        arena_new(&book->arena, 2 * (size_t)book->session_count, sizeof *contacts);
    if (!contacts)
        return STATUS_OK;
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(FLOW), RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        flow_take(book, &reading.relation, contacts);
    reading_close(&reading);
    for (uint32_t i = 0; i < 2 * book->session_count && status == STATUS_OK; i++)
        status = contacts_tell(book, i / 2, i % 2 == 0, &contacts[i], problem);
    return status;
}
