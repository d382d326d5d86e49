// Mail servers: how they were taken, what left, what they lack
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "detect/exchange_book.h"
#include "detect/judgement.h"

// What one record shows is a rule's (rules/sigma/exchange_*); this detector joins such hits with
// cmdlets, files, programs and requests of the same server and hours (exchange_chain.c,
// exchange_requests.c), judges what cmdlets take from mailboxes (exchange_mailboxes.c), and holds
// the server's build against what was released (exchange_patch_level.c).

#define ENTRY                                                                                      \
    JUDGEMENT_TEXT("attack.initial-access"), JUDGEMENT_TEXT("attack.t1190"),                       \
        JUDGEMENT_TEXT("vedette.stage.entry")

static const struct slice ENTRY_TAGS[] = {ENTRY};
static const struct slice PROBE_TAGS[] = {JUDGEMENT_TEXT("attack.reconnaissance"),
                                          JUDGEMENT_TEXT("attack.t1595.002"),
                                          JUDGEMENT_TEXT("vedette.stage.entry")};
static const struct slice PAGE_TAGS[] = {JUDGEMENT_TEXT("attack.persistence"),
                                         JUDGEMENT_TEXT("attack.t1505.003"),
                                         JUDGEMENT_TEXT("vedette.stage.foothold")};
static const struct slice HANDLER_TAGS[] = {JUDGEMENT_TEXT("attack.persistence"),
                                            JUDGEMENT_TEXT("attack.t1505.003"),
                                            JUDGEMENT_TEXT("vedette.stage.foothold")};
static const struct slice EXPORT_TAGS[] = {JUDGEMENT_TEXT("attack.collection"),
                                           JUDGEMENT_TEXT("attack.t1114.002"),
                                           JUDGEMENT_TEXT("vedette.stage.collection")};
static const struct slice FORWARD_TAGS[] = {
    JUDGEMENT_TEXT("attack.collection"), JUDGEMENT_TEXT("attack.exfiltration"),
    JUDGEMENT_TEXT("attack.t1114.003"), JUDGEMENT_TEXT("vedette.stage.theft")};
static const struct slice CONTROL_TAGS[] = {JUDGEMENT_TEXT("attack.command-and-control"),
                                            JUDGEMENT_TEXT("attack.t1071.001"),
                                            JUDGEMENT_TEXT("vedette.stage.control")};
static const struct slice BUILD_TAGS[] = {JUDGEMENT_TEXT("attack.t1190"),
                                          JUDGEMENT_TEXT("vedette.stage.entry")};

static const struct rule RULES[] = {
    [EXCHANGE_TAKEOVER] = JUDGEMENT("vedette-exchange-takeover",
                                    "Mail server taken over its web pages", CRITICAL, ENTRY_TAGS),
    [EXCHANGE_FORGED_REQUEST] =
        JUDGEMENT("vedette-exchange-forged-request",
                  "Forged requests to the mail server's back end", HIGH, ENTRY_TAGS),
    [EXCHANGE_PROBE] = JUDGEMENT("vedette-exchange-probe",
                                 "Mail server searched before it was attacked", MEDIUM, PROBE_TAGS),
    [EXCHANGE_PAGE] = JUDGEMENT("vedette-exchange-page",
                                "Page left on the mail server by an attack", HIGH, PAGE_TAGS),
    [EXCHANGE_HANDLER] = JUDGEMENT("vedette-exchange-handler",
                                   "Paths without a file that answer on an attacked mail server",
                                   HIGH, HANDLER_TAGS),
    [EXCHANGE_EXPORT] = JUDGEMENT("vedette-exchange-export",
                                  "Mailboxes exported as no administrator does", HIGH, EXPORT_TAGS),
    [EXCHANGE_EXPORT_UNUSUAL] =
        JUDGEMENT("vedette-exchange-export-unusual",
                  "Mailboxes exported in bulk, or after an attack", MEDIUM, EXPORT_TAGS),
    [EXCHANGE_EXPORT_USUAL] = JUDGEMENT(
        "vedette-exchange-export-usual",
        "Mailboxes exported after an attack to where exports went before it", LOW, EXPORT_TAGS),
    [EXCHANGE_FETCH] =
        JUDGEMENT("vedette-exchange-archive-fetched",
                  "Archives fetched from a mail server after it was attacked", MEDIUM, EXPORT_TAGS),
    [EXCHANGE_FORWARD] =
        JUDGEMENT("vedette-exchange-forwarding",
                  "Mail of several people forwarded to one outside address", HIGH, FORWARD_TAGS),
    [EXCHANGE_FORWARD_AFTER] = JUDGEMENT(
        "vedette-exchange-forwarding-after-attack",
        "Mail forwarded outside on a mail server after it was attacked", MEDIUM, FORWARD_TAGS),
    [EXCHANGE_FORWARD_USUAL] = JUDGEMENT("vedette-exchange-forwarding-usual",
                                         "Mail forwarded to an outside address that was in use "
                                         "before the attack",
                                         LOW, FORWARD_TAGS),
    [EXCHANGE_IMPERSONATION] =
        JUDGEMENT("vedette-exchange-impersonation",
                  "Mailboxes read in bulk with a right granted just before", HIGH, EXPORT_TAGS),
    [EXCHANGE_MAIL_AFTER] =
        JUDGEMENT("vedette-exchange-mail-from-attacking-network",
                  "Mail services used from networks that attacked the server", MEDIUM, EXPORT_TAGS),
    [EXCHANGE_CONTACT_BEFORE] =
        JUDGEMENT("vedette-exchange-contact-before-attack",
                  "Attacking addresses connected to the mail server before", MEDIUM, PROBE_TAGS),
    [EXCHANGE_CONTACT_AFTER] =
        JUDGEMENT("vedette-exchange-contact-after-attack",
                  "Attacking addresses connected to the mail server again", MEDIUM, CONTROL_TAGS),
    [EXCHANGE_PATCH_LEVEL] = JUDGEMENT("vedette-exchange-patch-level", "Mail server lacks updates",
                                       INFORMATIONAL, BUILD_TAGS),
    [EXCHANGE_PATCH_LEVEL_KEV] =
        JUDGEMENT("vedette-exchange-patch-level-exploited",
                  "Mail server lacks updates against exploited flaws", LOW, BUILD_TAGS),
};

enum {
    BOOK_BYTES_MAX = 64 << 20
};

static enum status exchange_judge(const struct detect_context *context,
                                  const struct detection_sink *sink, struct problem *problem) {
    struct exchange_book book = {.context = context, .sink = sink};
    draft_init(&book.draft);
    arena_init(&book.arena, BOOK_BYTES_MAX);
    book.servers = memory_new(EXCHANGE_SERVERS_MAX, sizeof *book.servers);
    book.signs = memory_new(EXCHANGE_SIGNS_MAX, sizeof *book.signs);
    book.sessions = memory_new(EXCHANGE_SESSIONS_MAX, sizeof *book.sessions);
    enum status status = exchange_find_sessions(&book, problem);
    if (status == STATUS_OK)
        status = exchange_tell_sessions(&book, problem);
    if (status == STATUS_OK)
        status = exchange_tell_requests(&book, problem);
    if (status == STATUS_OK)
        status = exchange_tell_contacts(&book, problem);
    if (status == STATUS_OK)
        status = exchange_tell_mailboxes(&book, problem);
    if (status == STATUS_OK)
        status = exchange_tell_patch_levels(&book, problem);
    memory_free(book.sessions);
    memory_free(book.signs);
    memory_free(book.servers);
    arena_done(&book.arena);
    draft_done(&book.draft);
    return status;
}

const struct detector detector_exchange = {
    .name = "exchange",
    .summary = "mail servers: how they were taken, what left, what they lack",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = exchange_judge,
};
