// What cmdlets take from mailboxes
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "detect/exchange_cmdlet.h"
#include "detect/exchange_takes.h"
#include "detect/path_name.h"
#include "detect/reading.h"
#include "model/account.h"

#include <stdlib.h>

// Cost: one pass over mail for its domains, one over cmdlets, one over web requests when there are
// exports or sessions, one over flows and mail reads when something was fetched, one over mail
// reads when there are grants; what is kept of them is bounded.
//
//   export    sessions of one account on one server: own disk or web folder, fetched over the web,
//             three mailboxes within a day, bounded by dates, removed within the hour
//   fetch     exchange_fetches.c
//   forward   exchange_forward.c
//   grant     the right to impersonate, and then mailboxes read by who had not done so before

enum {
    MAILBOXES_MIN = 3
};

#define EXPORT_GAP_NS EXCHANGE_DAY_NS
#define FORWARD_GAP_NS (4 * EXCHANGE_HOUR_NS)

static struct slice keep_lower(struct arena *arena, struct slice text) {
    uint8_t *lower = text.size ? arena_new(arena, text.size, 1) : NULL;
    if (!lower)
        return (struct slice){NULL, 0};
    text_fold_ascii(text.data, text.size, lower);
    return slice_of(lower, text.size);
}

static struct slice first_parameter(struct slice text, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct slice value = cmdlet_parameter(text, names[i]);
        if (value.size)
            return value;
    }
    return (struct slice){NULL, 0};
}

static struct slice mailbox_of(struct slice parameters) {
    static const char *const NAMES[] = {"Mailbox", "Identity"};
    return first_parameter(parameters, NAMES, ARRAY_SIZE(NAMES));
}

// Where a cmdlet sends mail on to; empty when it does not.
static struct slice forward_target(const struct relation *cmdlet) {
    static const char *const MAILBOX[] = {"ForwardingSmtpAddress", "ForwardingAddress"};
    static const char *const RULE[] = {"ForwardTo", "RedirectTo", "ForwardAsAttachmentTo"};
    static const char *const TRANSPORT[] = {"BlindCopyTo", "RedirectMessageTo", "CopyTo",
                                            "AddToRecipients"};
    static const char *const JOURNAL[] = {"JournalEmailAddress"};
    static const struct {
        struct slice cmdlet;
        const char *const *names;
        size_t count;
    } CMDLETS[] = {{SLICE("set-mailbox"), MAILBOX, ARRAY_SIZE(MAILBOX)},
                   {SLICE("set-remotemailbox"), MAILBOX, ARRAY_SIZE(MAILBOX)},
                   {SLICE("set-mailuser"), MAILBOX, ARRAY_SIZE(MAILBOX)},
                   {SLICE("new-inboxrule"), RULE, ARRAY_SIZE(RULE)},
                   {SLICE("set-inboxrule"), RULE, ARRAY_SIZE(RULE)},
                   {SLICE("new-transportrule"), TRANSPORT, ARRAY_SIZE(TRANSPORT)},
                   {SLICE("set-transportrule"), TRANSPORT, ARRAY_SIZE(TRANSPORT)},
                   {SLICE("new-journalrule"), JOURNAL, ARRAY_SIZE(JOURNAL)}};
    for (size_t i = 0; i < ARRAY_SIZE(CMDLETS); i++)
        if (slice_equal(cmdlet->artefact, CMDLETS[i].cmdlet))
            return mail_address_of(
                first_parameter(cmdlet->detail[0], CMDLETS[i].names, CMDLETS[i].count));
    return (struct slice){NULL, 0};
}

static bool domain_within(struct slice domain, struct slice of) {
    if (of.size == 0 || domain.size < of.size)
        return false;
    struct slice end = slice_part(domain, domain.size - of.size, SIZE_MAX);
    return text_equal_fold_ascii(end, of) &&
           (domain.size == of.size || domain.data[domain.size - of.size - 1] == '.');
}

// Behind the first dot.
static struct slice parent_domain(struct slice name) {
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '.')
            return slice_part(name, i + 1, SIZE_MAX);
    return (struct slice){NULL, 0};
}

// The organisation's own domains: those that mail is delivered in; where no log says which, those
// of its hosts, above and below; and that of the mailbox itself.
static bool target_is_outside(const struct takes *takes, struct slice target,
                              struct slice mailbox) {
    struct slice domain = mail_domain(target);
    if (domain.size == 0 || domain_within(domain, mail_domain(mailbox)))
        return false;
    for (uint32_t i = 0; i < takes->domain_count; i++)
        if (domain_within(domain, takes->domains[i]))
            return false;
    const struct fleet *fleet = takes->book->context->fleet;
    for (uint32_t i = 0; takes->domain_count == 0 && i < fleet->count; i++) {
        struct slice own = parent_domain(fleet->hosts[i].fqdn);
        if (domain_within(domain, own) || domain_within(own, domain))
            return false;
    }
    return true;
}

static bool take_is_kind(const struct takes *takes, const struct relation *cmdlet,
                         struct take *take) {
    struct slice name = cmdlet->artefact, parameters = cmdlet->detail[0];
    take->mailbox = mailbox_of(parameters);
    if (slice_equal(name, SLICE("new-mailboxexportrequest"))) {
        take->kind = TAKE_EXPORT;
        take->target = cmdlet_parameter(parameters, "FilePath");
        take->range = cmdlet_parameter(parameters, "ContentFilter");
        return take->mailbox.size > 0;
    }
    if (slice_equal(name, SLICE("remove-mailboxexportrequest"))) {
        take->kind = TAKE_REMOVE;
        return true;
    }
    if (slice_equal(name, SLICE("new-managementroleassignment"))) {
        take->kind = TAKE_GRANT;
        take->mailbox = account_person(cmdlet_parameter(parameters, "User"));
        return take->mailbox.size > 0 && text_equal_fold_ascii(cmdlet_parameter(parameters, "Role"),
                                                               SLICE("ApplicationImpersonation"));
    }
    take->kind = TAKE_FORWARD;
    take->target = forward_target(cmdlet);
    return target_is_outside(takes, take->target, take->mailbox);
}

static void cmdlet_take(struct takes *takes, const struct relation *cmdlet) {
    struct exchange_book *book = takes->book;
    struct arena *arena = &book->arena;
    struct take take = {.count = cmdlet->count, .time_ns = cmdlet->first_ns};
    if (takes->count == TAKES_MAX || cmdlet->first_ns == CLOCK_NONE ||
        cmdlet->reference_count == 0 || slice_equal(cmdlet->detail[1], SLICE("failed")) ||
        !take_is_kind(takes, cmdlet, &take))
        return;
    take.server = exchange_server_of(book, cmdlet, true);
    take.references = references_keep(arena, cmdlet->references, cmdlet->reference_count);
    if (take.server == UINT32_MAX || !take.references)
        return;
    take.reference_count = cmdlet->reference_count;
    take.person = keep_lower(arena, account_person(cmdlet->account));
    take.mailbox = keep_lower(arena, take.mailbox);
    take.target =
        take.kind == TAKE_FORWARD ? keep_lower(arena, take.target) : arena_keep(arena, take.target);
    take.range = arena_keep(arena, take.range);
    takes->rows[takes->count++] = take;
}

static int take_compare(const void *a, const void *b) {
    const struct take *one = a, *two = b;
    if (one->kind != two->kind)
        return one->kind < two->kind ? -1 : 1;
    if (one->server != two->server)
        return one->server < two->server ? -1 : 1;
    int order = slice_compare(one->person, two->person);
    if (!order && one->kind == TAKE_FORWARD)
        order = slice_compare(one->target, two->target);
    if (order)
        return order;
    if (one->time_ns != two->time_ns)
        return one->time_ns < two->time_ns ? -1 : 1;
    order = slice_compare(one->mailbox, two->mailbox);
    return order ? order : reference_compare(one->references, two->references);
}

// How many rows from `from` on are of one session.
static uint32_t session_size(const struct takes *takes, uint32_t from, int64_t gap_ns) {
    const struct take *first = &takes->rows[from];
    uint32_t at = from + 1;
    for (; at < takes->count; at++) {
        const struct take *row = &takes->rows[at];
        if (row->kind != first->kind || row->server != first->server ||
            !slice_equal(row->person, first->person) ||
            (row->kind == TAKE_FORWARD && !slice_equal(row->target, first->target)) ||
            row->time_ns - takes->rows[at - 1].time_ns > gap_ns)
            break;
    }
    return at - from;
}

static bool row_is_new(const struct take *rows, uint32_t i) {
    for (uint32_t k = 0; k < i; k++)
        if (slice_equal(rows[k].mailbox, rows[i].mailbox) &&
            text_equal_fold_ascii(rows[k].target, rows[i].target))
            return false;
    return true;
}

uint32_t take_mailboxes(const struct take *rows, uint32_t count) {
    uint32_t mailboxes = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool old = false;
        for (uint32_t k = 0; k < i && !old; k++)
            old = slice_equal(rows[k].mailbox, rows[i].mailbox);
        mailboxes += !old;
    }
    return mailboxes;
}

void take_rows_cite(struct draft *draft, const struct take *rows, uint32_t count) {
    struct exchange_cited sets[3 * FINDING_REFERENCES_MAX];
    uint32_t set_count = 0;
    struct detection *detection = &draft->detection;
    for (uint32_t i = 0; i < count; i++) {
        detection->count += rows[i].count;
        if (set_count + 2 > ARRAY_SIZE(sets) || !row_is_new(rows, i))
            continue;
        sets[set_count++] = (struct exchange_cited){rows[i].references, rows[i].reference_count};
        if (rows[i].fetch_count)
            sets[set_count++] = (struct exchange_cited){rows[i].fetches, rows[i].fetch_count};
    }
    exchange_cite(draft, sets, set_count);
    detection->first_ns = rows[0].time_ns;
    detection->last_ns = rows[count - 1].time_ns;
}

void take_rows_say(struct draft *draft, const struct take *rows, uint32_t count) {
    uint32_t listed = 0;
    for (uint32_t i = 0; i < count && listed < TAKE_LISTED_MAX; i++) {
        if (!row_is_new(rows, i))
            continue;
        listed++;
        draft_say_text(draft, "mailbox", rows[i].mailbox);
        draft_say_text(draft, "destination", rows[i].target);
        if (rows[i].range.size)
            draft_say_text(draft, "range", rows[i].range);
    }
}

bool take_is_after_attack(const struct takes *takes, const struct take *take) {
    return exchange_session_at(takes->book, take->server, take->time_ns, 0, TAKE_AFTER_ATTACK_NS) !=
           NULL;
}

// What speaks against an administrator's everyday export.
struct export_signs {
    uint32_t mailboxes, dated, own, fetched, removed;
    uint64_t bytes;
    int64_t since_ns; // first export to the same folder, by anybody
    bool after_attack, before_attack;
};

static bool is_removed(const struct takes *takes, const struct take *export) {
    for (uint32_t i = 0; i < takes->count; i++) {
        const struct take *row = &takes->rows[i];
        if (row->kind == TAKE_REMOVE && row->server == export->server &&
            slice_equal(row->person, export->person) && row->time_ns >= export->time_ns &&
            row->time_ns - export->time_ns <= EXCHANGE_HOUR_NS)
            return true;
    }
    return false;
}

static struct slice folder_of(const struct take *export) {
    return slice_part(export->target, 0, export->target.size - path_base(export->target).size);
}

// Since when exports go to the folder, by anybody on any server.
static int64_t folder_since(const struct takes *takes, const struct take *export) {
    int64_t since_ns = export->time_ns;
    for (uint32_t i = 0; i < takes->count; i++) {
        const struct take *other = &takes->rows[i];
        if (other->kind == TAKE_EXPORT && other->time_ns < since_ns && folder_of(other).size &&
            text_equal_fold_ascii(folder_of(other), folder_of(export)))
            since_ns = other->time_ns;
    }
    return since_ns;
}

static struct export_signs export_weigh(const struct takes *takes, const struct take *rows,
                                        uint32_t count) {
    int64_t attack_ns;
    struct export_signs signs = {.mailboxes = take_mailboxes(rows, count),
                                 .since_ns = INT64_MIN,
                                 .after_attack = take_is_after_attack(takes, rows)};
    for (uint32_t i = 0; i < count; i++) {
        if (!row_is_new(rows, i))
            continue;
        signs.dated += rows[i].range.size > 0;
        signs.own += export_path_is_own(rows[i].target);
        signs.fetched += rows[i].fetch_count > 0;
        signs.removed += is_removed(takes, &rows[i]);
        signs.bytes += rows[i].fetched_bytes;
        int64_t since_ns = folder_since(takes, &rows[i]);
        signs.since_ns = since_ns > signs.since_ns ? since_ns : signs.since_ns;
    }
    signs.before_attack =
        take_attack_before(takes->book, rows->time_ns, &attack_ns) && signs.since_ns < attack_ns;
    return signs;
}

// Where nothing but an attack speaks against an export, one to where exports went before it is an
// administrator's.
static enum exchange_rule export_rule(const struct export_signs *signs, bool grave,
                                      unsigned points) {
    if (grave)
        return EXCHANGE_EXPORT;
    return points < 2 && signs->before_attack ? EXCHANGE_EXPORT_USUAL : EXCHANGE_EXPORT_UNUSUAL;
}

static enum status export_tell(const struct takes *takes, const struct take *rows, uint32_t count,
                               struct problem *problem) {
    struct export_signs signs = export_weigh(takes, rows, count);
    bool grave = signs.own || signs.fetched;
    unsigned points = (signs.mailboxes >= MAILBOXES_MIN ? 1u : 0) + (signs.dated ? 1u : 0) +
                      (signs.removed ? 1u : 0);
    if (!grave && points < 2 && !signs.after_attack)
        return STATUS_OK;
    struct exchange_book *book = takes->book;
    struct draft *draft = &book->draft;
    struct slice server = book->servers[rows->server].name;
    enum exchange_rule rule = export_rule(&signs, grave, points);
    draft_begin(draft, rule, server, rows->person);
    take_rows_cite(draft, rows, count);
    draft_say(draft, "what", "%u mailbox%s of %.*s %s exported by %.*s.", signs.mailboxes,
              signs.mailboxes == 1 ? "" : "es", SLICE_FORMAT(server),
              signs.mailboxes == 1 ? "was" : "were",
              SLICE_FORMAT(rows->person.size ? rows->person : SLICE("an account not logged")));
    draft_say(draft, "why",
              "%u to the server's own disk or a web folder, %u bounded by dates, %u removed from "
              "the list within the hour, %u fetched over the web%s",
              signs.own, signs.dated, signs.removed, signs.fetched,
              signs.after_attack ? "; the server had been attacked before" : "");
    draft_say(draft, "confidence", "%s",
              grave && signs.after_attack ? "high" : (grave ? "medium" : "low to medium"));
    draft_say_time(draft, "destination_since", signs.since_ns);
    draft_say(draft, "benign",
              "Exports that a court or the personnel department orders go to a file server and "
              "have a ticket.");
    // Who has it comes before where it lay.
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].fetched_by.size && row_is_new(rows, i))
            draft_say_text(draft, "destination", rows[i].fetched_by);
    take_rows_say(draft, rows, count);
    if (signs.bytes) {
        draft_say(draft, "volume", "%llu", (unsigned long long)signs.bytes);
        draft_say(draft, "volume_is", "at least");
    }
    return draft_tell(draft, book->sink, problem);
}

// An export's file asked for over the web, on the day after at most a week.
static void fetch_take(struct takes *takes, const struct relation *request) {
    struct slice name = path_base(request->artefact), status = request->detail[1];
    bool answered = status.size == 3 && status.data[0] == '2', exported = false;
    for (uint32_t i = 0; name.size && answered && i < takes->count; i++) {
        struct take *row = &takes->rows[i];
        if (row->kind != TAKE_EXPORT || !text_equal_fold_ascii(path_base(row->target), name) ||
            request->last_ns < row->time_ns ||
            request->first_ns > row->time_ns + 7 * EXCHANGE_DAY_NS ||
            exchange_server_of(takes->book, request, false) != row->server)
            continue;
        exported = true;
        if (row->fetch_count)
            continue;
        row->fetches =
            references_keep(&takes->book->arena, request->references, request->reference_count);
        row->fetch_count = row->fetches ? request->reference_count : 0;
        row->fetched_by = arena_keep(&takes->book->arena, request->from);
        row->fetched_bytes = request->bytes_in;
        row->fetched_ns = request->first_ns;
    }
    if (answered && !exported)
        take_fetch_add(takes, request);
}

void take_list_add(struct arena *arena, struct slice *list, uint32_t *count, uint32_t most,
                   struct slice text) {
    for (uint32_t i = 0; i < *count; i++)
        if (slice_equal(list[i], text))
            return;
    if (*count < most)
        list[(*count)++] = arena_keep(arena, text);
}

static enum status domains_read(struct takes *takes, struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, takes->book->context, RELATION_MASK(MAIL),
                                      RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        if (slice_equal(reading.relation.artefact, SLICE("delivered")) && reading.relation.to.size)
            take_list_add(&takes->book->arena, takes->domains, &takes->domain_count,
                          TAKE_DOMAINS_MAX, reading.relation.to);
    reading_close(&reading);
    return status;
}

static enum status takes_read(struct takes *takes, struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, takes->book->context, RELATION_MASK(CMDLET),
                                      RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        cmdlet_take(takes, &reading.relation);
    reading_close(&reading);
    qsort(takes->rows, takes->count, sizeof *takes->rows, take_compare);
    bool exports = takes->count && takes->rows[0].kind == TAKE_EXPORT;
    if (status != STATUS_OK || (!exports && takes->book->session_count == 0))
        return status;
    status = reading_open(&reading, takes->book->context, RELATION_MASK(WEB_REQUEST),
                          RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        fetch_take(takes, &reading.relation);
    reading_close(&reading);
    qsort(takes->rows, takes->count, sizeof *takes->rows, take_compare); // fetches came last
    return status == STATUS_OK ? takes_measure_fetches(takes, problem) : status;
}

enum status exchange_tell_mailboxes(struct exchange_book *book, struct problem *problem) {
    enum {
        GRANTS_MAX = 32
    };
    struct takes takes = {.book = book,
                          .rows = arena_new(&book->arena, TAKES_MAX, sizeof(struct take))};
    if (!takes.rows)
        return STATUS_OK;
    enum status status = domains_read(&takes, problem);
    if (status == STATUS_OK)
        status = takes_read(&takes, problem);
    uint32_t grants = 0;
    for (uint32_t i = 0, size; i < takes.count && status == STATUS_OK; i += size) {
        const struct take *rows = &takes.rows[i];
        size = session_size(&takes, i, rows->kind == TAKE_FORWARD ? FORWARD_GAP_NS : EXPORT_GAP_NS);
        if (rows->kind == TAKE_EXPORT)
            status = export_tell(&takes, rows, size, problem);
        else if (rows->kind == TAKE_FETCH)
            status = take_judge_fetches(&takes, rows, size, problem);
        else if (rows->kind == TAKE_FORWARD)
            status = take_judge_forward(&takes, rows, size, problem);
        else if (rows->kind == TAKE_GRANT && grants++ < GRANTS_MAX)
            status = take_judge_grant(&takes, rows, problem);
    }
    return status;
}
