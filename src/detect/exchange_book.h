// What the detector knows of attacks on mail servers
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_EXCHANGE_BOOK_H
#define DETECT_EXCHANGE_BOOK_H

#include "base/arena.h"
#include "detect/detection.h"
#include "detect/detector.h"

#include <stdbool.h>
#include <stdint.h>

// The judgements, in the order of the detector's table.
enum exchange_rule {
    EXCHANGE_TAKEOVER,
    EXCHANGE_FORGED_REQUEST,
    EXCHANGE_PROBE,
    EXCHANGE_PAGE,
    EXCHANGE_HANDLER,
    EXCHANGE_EXPORT,
    EXCHANGE_EXPORT_UNUSUAL,
    EXCHANGE_EXPORT_USUAL,
    EXCHANGE_FETCH,
    EXCHANGE_FORWARD,
    EXCHANGE_FORWARD_AFTER,
    EXCHANGE_FORWARD_USUAL,
    EXCHANGE_IMPERSONATION,
    EXCHANGE_MAIL_AFTER,
    EXCHANGE_CONTACT_BEFORE,
    EXCHANGE_CONTACT_AFTER,
    EXCHANGE_PATCH_LEVEL,
    EXCHANGE_PATCH_LEVEL_KEV,
};

// Kinds of evidence that an attack on a mail server leaves, in the order of its steps.
enum exchange_link {
    EXCHANGE_LINK_PROBE,   // asked for what is not there, or was refused
    EXCHANGE_LINK_REQUEST, // a forged request that was let through
    EXCHANGE_LINK_INSIDE,  // the back end was asked in the server's own name, or failed at it
    EXCHANGE_LINK_PANEL,   // a change through the control panel
    EXCHANGE_LINK_GRANT,   // the right to export mailboxes
    EXCHANGE_LINK_CMDLET,  // a cmdlet that makes a page or runs commands
    EXCHANGE_LINK_TIDY,    // the virtual directory removed and made anew
    EXCHANGE_LINK_PAGE,    // the page's file
    EXCHANGE_LINK_RUN,     // a program started by the web worker
    EXCHANGE_LINK_COUNT
};

// One relation that is a link, its parts and references kept.
struct exchange_sign {
    enum exchange_link link;
    uint32_t server;
    int64_t first_ns, last_ns;
    uint64_t count;
    struct slice from, text; // client; what it shows: page, program, cmdlet, path
    struct slice known_as;   // CVE or empty
    const struct reference *references;
    uint32_t reference_count;
};

// Links on one server with less than EXCHANGE_GAP_NS between them.
struct exchange_session {
    uint32_t server;
    int64_t first_ns, last_ns;
    unsigned links;         // 1 << enum exchange_link
    struct slice *networks; // "203.0.113." of the clients that forged requests
    uint32_t network_count;
};

struct exchange_server {
    uint32_t host; // of the fleet, or RELATION_NO_HOST
    struct slice name;
};

enum {
    EXCHANGE_SERVERS_MAX = 1024,
    EXCHANGE_SIGNS_MAX = 20000,
    EXCHANGE_SESSIONS_MAX = 512,
    EXCHANGE_NETWORKS_MAX = 32
};
#define EXCHANGE_SECOND_NS 1000000000ll
#define EXCHANGE_HOUR_NS (3600 * EXCHANGE_SECOND_NS)
#define EXCHANGE_DAY_NS (24 * EXCHANGE_HOUR_NS)
#define EXCHANGE_GAP_NS (6 * EXCHANGE_HOUR_NS)

struct exchange_book {
    const struct detect_context *context;
    const struct detection_sink *sink;
    struct draft draft;
    struct arena arena;
    struct exchange_server *servers;
    uint32_t server_count;
    struct exchange_sign *signs; // by (server, first, link) once sessions are made
    uint32_t sign_count;
    struct exchange_session *sessions; // by (server, first)
    uint32_t session_count;
};

// The number of the server that a relation leads to, made when `add`; UINT32_MAX: none, or no
// room.
uint32_t exchange_server_of(struct exchange_book *book, const struct relation *relation, bool add);

// Keep a relation as a sign; beyond the ceilings it is left out.
void exchange_sign_add(struct exchange_book *book, const struct relation *relation,
                       enum exchange_link link, struct slice text, struct slice known_as);

// Whether a client belongs to one of the networks a session's requests came from.
bool exchange_session_knows(const struct exchange_session *session, struct slice client);

// The session during which, or at most `after_ns` after which, or `before_ns` before which, a time
// lies; NULL when there is none.
const struct exchange_session *exchange_session_at(const struct exchange_book *book,
                                                   uint32_t server, int64_t time_ns,
                                                   int64_t before_ns, int64_t after_ns);

// Find the sessions, and what belongs to them.
enum status exchange_find_sessions(struct exchange_book *book, struct problem *problem);
// Tell them.
enum status exchange_tell_sessions(struct exchange_book *book, struct problem *problem);
// Find and tell web requests that belong to sessions: probing before, handlers after.
enum status exchange_tell_requests(struct exchange_book *book, struct problem *problem);
// Find and tell flows of those who attacked, before and after.
enum status exchange_tell_contacts(struct exchange_book *book, struct problem *problem);
// Find and tell what cmdlets take from mailboxes; after the sessions are known.
enum status exchange_tell_mailboxes(struct exchange_book *book, struct problem *problem);
// Tell what each server's build lacks.
enum status exchange_tell_patch_levels(struct exchange_book *book, struct problem *problem);

// Cites up to FINDING_REFERENCES_MAX records, of each kind of row some: rows are `count` sets of
// references, taken in turn, each set's earliest first.
struct exchange_cited {
    const struct reference *references;
    uint32_t count;
};
void exchange_cite(struct draft *draft, const struct exchange_cited *sets, uint32_t count);

#endif
