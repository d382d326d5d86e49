// Rules that send mail on to the outside
// SPDX-License-Identifier: Apache-2.0
#include "detect/exchange_takes.h"

#include <string.h>

// Several mailboxes to one outside address by one account within hours; or any after an attack on
// the server. Who else sends mail on to that address, and since when, is said with it: where rules
// led before any server was attacked is the organisation's own, whoever adds one.
//
// Cost: one pass over the rules kept for each session told.

enum {
    SETTERS_MAX = 4
};

// All rules that lead to one address, on any server.
struct forward_history {
    int64_t first_ns;
    struct slice setters[SETTERS_MAX]; // other accounts
    uint32_t setter_count;
};

static struct forward_history history_of(const struct takes *takes, const struct take *rule) {
    struct forward_history history = {.first_ns = rule->time_ns};
    for (uint32_t i = 0; i < takes->count; i++) {
        const struct take *other = &takes->rows[i];
        if (other->kind != TAKE_FORWARD || !slice_equal(other->target, rule->target))
            continue;
        if (other->time_ns < history.first_ns)
            history.first_ns = other->time_ns;
        if (other->person.size && !slice_equal(other->person, rule->person))
            take_list_add(&takes->book->arena, history.setters, &history.setter_count, SETTERS_MAX,
                          other->person);
    }
    return history;
}

bool take_attack_before(const struct exchange_book *book, int64_t time_ns, int64_t *ret_time_ns) {
    bool found = false;
    for (uint32_t i = 0; i < book->session_count; i++) {
        const struct exchange_session *session = &book->sessions[i];
        if (session->first_ns > time_ns || session->last_ns < time_ns - TAKE_AFTER_ATTACK_NS ||
            (found && session->first_ns >= *ret_time_ns))
            continue;
        *ret_time_ns = session->first_ns;
        found = true;
    }
    return found;
}

static enum exchange_rule forward_rule(const struct takes *takes, const struct take *rows,
                                       uint32_t mailboxes, const struct forward_history *history) {
    int64_t attack_ns = 0;
    if (take_attack_before(takes->book, rows->time_ns, &attack_ns) && history->first_ns < attack_ns)
        return EXCHANGE_FORWARD_USUAL;
    return mailboxes < 2 ? EXCHANGE_FORWARD_AFTER : EXCHANGE_FORWARD;
}

static void forward_weigh(struct draft *draft, enum exchange_rule rule, uint32_t mailboxes,
                          bool after) {
    const char *attacked = after ? "; the server had been attacked before" : "";
    bool usual = rule == EXCHANGE_FORWARD_USUAL;
    draft_say(draft, "why", "%u mailbox%s to one address outside the organisation within hours%s%s",
              mailboxes, mailboxes == 1 ? "" : "es", attacked,
              usual ? "; mail was sent on to that address before any attack, too" : "");
    draft_say(draft, "confidence", "%s",
              usual                    ? "low"
              : mailboxes > 1 && after ? "high"
                                       : "medium");
    draft_say(draft, "benign", "%s",
              usual ? "An address that the organisation uses itself: ask whose it is."
                    : "People who leave ask for it, one at a time and each to an address of their "
                      "own.");
}

enum status take_judge_forward(const struct takes *takes, const struct take *rows, uint32_t count,
                               struct problem *problem) {
    uint32_t mailboxes = take_mailboxes(rows, count);
    bool after = take_is_after_attack(takes, rows);
    if (mailboxes < 2 && !after)
        return STATUS_OK;
    struct exchange_book *book = takes->book;
    struct draft *draft = &book->draft;
    struct slice server = book->servers[rows->server].name;
    struct forward_history history = history_of(takes, rows);
    enum exchange_rule rule = forward_rule(takes, rows, mailboxes, &history);
    draft_begin(draft, rule, server, rows->person);
    take_rows_cite(draft, rows, count);
    draft_say(draft, "what", "Mail of %u %s on %.*s is sent on to %.*s, set by %.*s.", mailboxes,
              mailboxes == 1 ? "person" : "people", SLICE_FORMAT(server),
              SLICE_FORMAT(rows->target),
              SLICE_FORMAT(rows->person.size ? rows->person : SLICE("an account not logged")));
    forward_weigh(draft, rule, mailboxes, after);
    draft_say_time(draft, "destination_since", history.first_ns);
    for (uint32_t i = 0; i < history.setter_count; i++)
        draft_say_text(draft, "also_set_by", history.setters[i]);
    take_rows_say(draft, rows, count);
    return draft_tell(draft, book->sink, problem);
}
