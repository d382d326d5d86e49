// The sessions of an attack on a mail server, in words
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "detect/exchange_book.h"

#include <assert.h>

enum {
    SETS_MAX = 64,
    PAGES_MAX = 8,
    SOURCES_MAX = 24
};

#define LINK(name) (1u << EXCHANGE_LINK_##name)
// What only an attack that worked leaves.
#define DONE (LINK(CMDLET) | LINK(PAGE) | LINK(RUN))

static const struct {
    const char *clause; // after "server: "
    const char *noun;   // for the figures
} WORDS[EXCHANGE_LINK_COUNT] = {
    [EXCHANGE_LINK_PROBE] = {"refused tries came first", "refused requests"},
    [EXCHANGE_LINK_REQUEST] = {"forged requests were let through", "forged requests"},
    [EXCHANGE_LINK_INSIDE] = {"its back end was asked in the server's own name",
                              "requests to the back end"},
    [EXCHANGE_LINK_PANEL] = {"settings were changed through the control panel",
                             "records of the control panel"},
    [EXCHANGE_LINK_GRANT] = {"the right to export mailboxes was granted", "grants"},
    [EXCHANGE_LINK_CMDLET] = {"cmdlets prepared a page or ran commands", "cmdlets"},
    [EXCHANGE_LINK_TIDY] = {"virtual directories were changed, removed or made anew",
                            "cmdlets on virtual directories"},
    [EXCHANGE_LINK_PAGE] = {"a page was written into its web folders", "records of files"},
    [EXCHANGE_LINK_RUN] = {"its web worker started programs", "program starts"},
};

static bool belongs(const struct exchange_session *session, const struct exchange_sign *sign) {
    int64_t after = sign->link == EXCHANGE_LINK_PAGE ? EXCHANGE_DAY_NS : EXCHANGE_HOUR_NS;
    return sign->server == session->server &&
           sign->first_ns >= session->first_ns - EXCHANGE_HOUR_NS &&
           sign->first_ns - after <= session->last_ns;
}

// Says each text of a session's signs of one kind once.
static uint32_t texts_say(struct exchange_book *book, const struct exchange_session *session,
                          enum exchange_link link, const char *name, uint32_t most) {
    struct slice said[SOURCES_MAX];
    uint32_t count = 0;
    bool clients = link == EXCHANGE_LINK_REQUEST;
    for (uint32_t i = 0; i < book->sign_count && count < most; i++) {
        const struct exchange_sign *sign = &book->signs[i];
        struct slice text = clients ? sign->from : sign->text;
        bool old = sign->link != link || text.size == 0 || !belongs(session, sign) ||
                   slice_ends(text, SLICE(".compiled"));
        for (uint32_t k = 0; !old && k < count; k++)
            old = slice_equal(said[k], text);
        if (old)
            continue;
        said[count++] = text;
        draft_say_text(&book->draft, name, text);
    }
    return count;
}

// Of each kind of evidence some records, so that all kinds are cited.
static void signs_cite(struct exchange_book *book, const struct exchange_session *session,
                       unsigned links) {
    struct exchange_cited sets[SETS_MAX];
    uint32_t count = 0;
    struct detection *detection = &book->draft.detection;
    for (uint32_t link = 0; link < EXCHANGE_LINK_COUNT; link++) {
        uint32_t of_link = 0;
        for (uint32_t i = 0; i < book->sign_count; i++) {
            const struct exchange_sign *sign = &book->signs[i];
            if (sign->link != link || !(1u << link & links) || !belongs(session, sign))
                continue;
            detection->count += sign->count;
            if (detection->first_ns == CLOCK_NONE || sign->first_ns < detection->first_ns)
                detection->first_ns = sign->first_ns;
            if (sign->last_ns > detection->last_ns)
                detection->last_ns = sign->last_ns;
            if (count < SETS_MAX && of_link++ < SETS_MAX / EXCHANGE_LINK_COUNT)
                sets[count++] = (struct exchange_cited){sign->references, sign->reference_count};
        }
    }
    exchange_cite(&book->draft, sets, count);
}

static void figures_say(struct exchange_book *book, const struct exchange_session *session) {
    struct buffer text;
    buffer_init(&text, 4096);
    for (uint32_t link = 0; link < EXCHANGE_LINK_COUNT; link++) {
        uint64_t records = 0;
        for (uint32_t i = 0; i < book->sign_count; i++)
            if (book->signs[i].link == link && belongs(session, &book->signs[i]))
                records += book->signs[i].count;
        if (records)
            buffer_append_format(&text, "%s%llu %s", text.size ? ", " : "",
                                 (unsigned long long)records, WORDS[link].noun);
    }
    struct slice known[16];
    uint32_t count = 0;
    for (uint32_t i = 0; i < book->sign_count && count < ARRAY_SIZE(known); i++) {
        const struct exchange_sign *sign = &book->signs[i];
        bool old = sign->known_as.size == 0 || !belongs(session, sign);
        for (uint32_t k = 0; !old && k < count; k++)
            old = slice_equal(known[k], sign->known_as);
        if (old)
            continue;
        buffer_append_text(&text, count ? ", " : "; such records are known from ");
        buffer_append_slice(&text, sign->known_as);
        known[count++] = sign->known_as;
    }
    draft_say_text(&book->draft, "why", buffer_slice(&text));
    buffer_done(&text);
}

static unsigned links_count(unsigned links) {
    unsigned count = 0;
    for (; links; links &= links - 1)
        count++;
    return count;
}

static enum status takeover_tell(struct exchange_book *book, const struct exchange_session *session,
                                 struct problem *problem) {
    bool done = (session->links & DONE) != 0;
    const struct exchange_server *server = &book->servers[session->server];
    draft_begin(&book->draft, done ? EXCHANGE_TAKEOVER : EXCHANGE_FORGED_REQUEST, server->name,
                SLICE(""));
    signs_cite(book, session, session->links);
    char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
    clock_format_second(book->draft.detection.first_ns, from);
    clock_format_second(book->draft.detection.last_ns, to);
    struct buffer text;
    buffer_init(&text, 4096);
    buffer_append_format(&text, "Between %s and %s %.*s was %s over its web pages: ", from, to,
                         SLICE_FORMAT(server->name), done ? "taken" : "attacked");
    bool first = true;
    for (uint32_t link = 0; link < EXCHANGE_LINK_COUNT; link++) {
        if (!(session->links & 1u << link))
            continue;
        buffer_append_format(&text, "%s%s", first ? "" : ", ", WORDS[link].clause);
        first = false;
    }
    buffer_append_byte(&text, '.');
    draft_say_text(&book->draft, "what", buffer_slice(&text));
    buffer_done(&text);
    figures_say(book, session);
    unsigned kinds = links_count(session->links);
    draft_say(&book->draft, "confidence", "%s: %u kind%s of evidence agree within the same hours",
              kinds > 2 ? "high" : "medium", kinds, kinds == 1 ? "" : "s");
    draft_say(&book->draft, "benign",
              "An authorised test leaves the same records; administrators and monitoring use "
              "neither these paths nor these targets.");
    texts_say(book, session, EXCHANGE_LINK_REQUEST, "source", SOURCES_MAX);
    texts_say(book, session, EXCHANGE_LINK_PAGE, "artefact", PAGES_MAX);
    texts_say(book, session, EXCHANGE_LINK_RUN, "tool", PAGES_MAX);
    return draft_tell(&book->draft, book->sink, problem);
}

static enum status page_tell(struct exchange_book *book, const struct exchange_session *session,
                             struct problem *problem) {
    const struct exchange_server *server = &book->servers[session->server];
    draft_begin(&book->draft, EXCHANGE_PAGE, server->name, SLICE(""));
    signs_cite(book, session, LINK(PAGE) | LINK(CMDLET));
    uint32_t pages = texts_say(book, session, EXCHANGE_LINK_PAGE, "artefact", PAGES_MAX);
    draft_say(&book->draft, "what",
              "After forged requests a page was left in the web folders of %.*s.",
              SLICE_FORMAT(server->name));
    draft_say(&book->draft, "why",
              "%u page%s came to be within a day of the requests, and not by Exchange's set-up",
              pages, pages == 1 ? "" : "s");
    draft_say(&book->draft, "benign",
              "An update writes many pages at once and by its set-up program.");
    return draft_tell(&book->draft, book->sink, problem);
}

enum status exchange_tell_sessions(struct exchange_book *book, struct problem *problem) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < book->session_count && status == STATUS_OK; i++) {
        const struct exchange_session *session = &book->sessions[i];
        status = takeover_tell(book, session, problem);
        if (status == STATUS_OK && session->links & LINK(PAGE))
            status = page_tell(book, session, problem);
    }
    return status;
}
