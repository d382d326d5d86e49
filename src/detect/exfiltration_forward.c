// Mail that goes on to the outside
// SPDX-License-Identifier: Apache-2.0
//
// A message that goes on: delivered inside, and sent to the outside with the same subject, about
// the same size, within minutes. One recipient outside that gets such messages of several mailboxes
// is a forwarding address; a partner who is now and then on copy is not.
#include "detect/exfiltration_forward.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "detect/exfiltration.h"
#include "detect/reading.h"

#include <stdlib.h>
#include <string.h>

enum {
    DELIVERED_MAX = 1 << 21,
    RECIPIENTS_MAX = 1 << 20,
    DOMAINS_MAX = 1 << 16,
    MATCHED_MIN = 5,
    MAILBOXES_MIN = 2,
    MAILBOXES_KEPT = 32,
    MAILBOXES_SAID = 8,
    EACH_MIN = 3,      // messages of a mailbox: chance matches scatter
    SIZE_SLACK = 2048, // headers grow on the way
    DAYS_MAX = 4096,   // of one sender
    OWN_DAYS_MIN = 5,
    VOLUME_Z_TENTHS = 50,
    DOMAIN_SENDERS_MAX = 2
};
#define MINUTES_NS (3 * 60 * 1000000000ll)
#define VOLUME_MIN 50000000ull

struct delivered {
    uint64_t subject;
    int64_t time_ns;
    uint64_t bytes;
    uint32_t mailbox; // of the recipients
};

struct recipient {
    struct slice name;
    uint32_t sent, matched;
    uint64_t bytes;
    struct matched_mailbox {
        uint32_t number, messages;
    } mailboxes[MAILBOXES_KEPT];
    uint32_t mailbox_count;
};

struct domain {
    struct slice name;
    bool is_inside;
    uint32_t senders;
};

struct forwarding {
    const struct detect_context *context;
    struct arena arena;
    struct delivered *delivered; // by (subject, time)
    uint32_t delivered_count, delivered_capacity;
    struct recipient *recipients;
    uint32_t recipient_count, recipient_capacity;
    struct table by_recipient;
    struct domain *domains;
    uint32_t domain_count;
    struct table by_domain;
};

static bool recipient_equal(const void *context, uint32_t number, const void *key) {
    const struct forwarding *forwarding = context;
    return slice_equal(forwarding->recipients[number].name, *(const struct slice *)key);
}

static uint32_t recipient_of(struct forwarding *forwarding, struct slice name) {
    uint64_t hash = digest_hash64(name);
    uint32_t number =
        table_find(&forwarding->by_recipient, hash, recipient_equal, forwarding, &name);
    if (number != TABLE_NONE || forwarding->recipient_count == RECIPIENTS_MAX)
        return number;
    struct slice kept = arena_keep(&forwarding->arena, name);
    if (kept.size == 0)
        return TABLE_NONE;
    if (forwarding->recipient_count == forwarding->recipient_capacity) {
        forwarding->recipient_capacity =
            forwarding->recipient_capacity ? 2 * forwarding->recipient_capacity : 1024;
        forwarding->recipients = memory_resize(
            forwarding->recipients, forwarding->recipient_capacity, sizeof *forwarding->recipients);
    }
    forwarding->recipients[forwarding->recipient_count] = (struct recipient){.name = kept};
    table_add(&forwarding->by_recipient, hash, forwarding->recipient_count);
    return forwarding->recipient_count++;
}

static bool domain_equal(const void *context, uint32_t number, const void *key) {
    const struct forwarding *forwarding = context;
    return slice_equal(forwarding->domains[number].name, *(const struct slice *)key);
}

static struct domain *domain_of(struct forwarding *forwarding, struct slice name) {
    uint64_t hash = digest_hash64(name);
    uint32_t number = table_find(&forwarding->by_domain, hash, domain_equal, forwarding, &name);
    if (number != TABLE_NONE)
        return &forwarding->domains[number];
    struct slice kept = arena_keep(&forwarding->arena, name);
    if (forwarding->domain_count == DOMAINS_MAX || kept.size == 0)
        return NULL;
    forwarding->domains[forwarding->domain_count] = (struct domain){.name = kept};
    table_add(&forwarding->by_domain, hash, forwarding->domain_count);
    return &forwarding->domains[forwarding->domain_count++];
}

static bool is_sent(const struct relation *relation) {
    return slice_equal(relation->artefact, SLICE("sent"));
}

static void delivered_keep(struct forwarding *forwarding, const struct relation *relation) {
    uint32_t mailbox = recipient_of(forwarding, relation->detail[0]);
    if (mailbox == TABLE_NONE || forwarding->delivered_count == DELIVERED_MAX)
        return;
    if (forwarding->delivered_count == forwarding->delivered_capacity) {
        forwarding->delivered_capacity =
            forwarding->delivered_capacity ? 2 * forwarding->delivered_capacity : 4096;
        forwarding->delivered = memory_resize(forwarding->delivered, forwarding->delivered_capacity,
                                              sizeof *forwarding->delivered);
    }
    forwarding->delivered[forwarding->delivered_count++] =
        (struct delivered){digest_hash64(relation->detail[1]), relation->first_ns,
                           relation->bytes_out / relation->count, mailbox};
}

static int delivered_compare(const void *left, const void *right) {
    const struct delivered *a = left, *b = right;
    if (a->subject != b->subject)
        return a->subject < b->subject ? -1 : 1;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return a->mailbox < b->mailbox ? -1 : a->mailbox > b->mailbox;
}

static void mailbox_add(struct recipient *recipient, uint32_t mailbox) {
    for (uint32_t i = 0; i < recipient->mailbox_count; i++)
        if (recipient->mailboxes[i].number == mailbox) {
            recipient->mailboxes[i].messages++;
            return;
        }
    if (recipient->mailbox_count < MAILBOXES_KEPT)
        recipient->mailboxes[recipient->mailbox_count++] = (struct matched_mailbox){mailbox, 1};
}

// The message delivered inside that this one, sent to the outside, is most like; UINT32_MAX.
static uint32_t delivered_find(const struct forwarding *forwarding,
                               const struct relation *relation) {
    uint64_t subject = digest_hash64(relation->detail[1]);
    uint64_t bytes = relation->bytes_out / relation->count;
    uint32_t low = 0, high = forwarding->delivered_count, found = UINT32_MAX;
    uint64_t nearest = UINT64_MAX;
    struct delivered wanted = {.subject = subject, .time_ns = relation->first_ns - MINUTES_NS};
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (delivered_compare(&forwarding->delivered[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t i = low; i < forwarding->delivered_count; i++) {
        const struct delivered *one = &forwarding->delivered[i];
        if (one->subject != subject || one->time_ns > relation->first_ns + MINUTES_NS)
            break;
        uint64_t apart = one->bytes > bytes ? one->bytes - bytes : bytes - one->bytes;
        if (apart <= SIZE_SLACK + bytes / 100 && apart < nearest) {
            nearest = apart;
            found = i;
        }
    }
    return found;
}

static void sent_take(struct forwarding *forwarding, const struct relation *relation) {
    const struct domain *domain = domain_of(forwarding, relation->to);
    if (!domain || domain->is_inside)
        return;
    uint32_t number = recipient_of(forwarding, relation->detail[0]);
    if (number == TABLE_NONE)
        return;
    struct recipient *recipient = &forwarding->recipients[number];
    uint32_t match = delivered_find(forwarding, relation);
    recipient->sent++;
    recipient->bytes += relation->bytes_out;
    if (match == UINT32_MAX)
        return;
    recipient->matched++;
    mailbox_add(recipient, forwarding->delivered[match].mailbox);
}

// How many people's mail goes there again and again.
static uint32_t recipient_people(const struct recipient *recipient) {
    uint32_t people = 0;
    for (uint32_t i = 0; i < recipient->mailbox_count; i++)
        people += recipient->mailboxes[i].messages >= EACH_MIN;
    return people;
}

static bool recipient_speaks(const struct recipient *recipient) {
    return recipient->matched >= MATCHED_MIN && recipient_people(recipient) >= MAILBOXES_MIN &&
           recipient->matched * 5 >= recipient->sent * 4;
}

typedef void mail_step(struct forwarding *forwarding, const struct relation *relation);

static enum status mail_pass(struct forwarding *forwarding, enum relation_order order,
                             mail_step *step, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, forwarding->context, RELATION_MASK(MAIL), order, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        if (reading.relation.count && reading.relation.first_ns != CLOCK_NONE)
            step(forwarding, &reading.relation);
    reading_close(&reading);
    return status;
}

static void step_inside(struct forwarding *forwarding, const struct relation *relation) {
    struct domain *domain = slice_equal(relation->artefact, SLICE("delivered"))
                                ? domain_of(forwarding, relation->to)
                                : NULL;
    if (!domain)
        return;
    domain->is_inside = true;
    delivered_keep(forwarding, relation);
}

static void step_sent(struct forwarding *forwarding, const struct relation *relation) {
    if (is_sent(relation))
        sent_take(forwarding, relation);
}

static enum status recipient_tell(struct forwarding *forwarding, const struct recipient *recipient,
                                  struct draft *draft, const struct detection_sink *sink,
                                  struct problem *problem) {
    struct reading reading;
    bool begun = false;
    enum status status = reading_open(&reading, forwarding->context, RELATION_MASK(MAIL),
                                      RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (!is_sent(&reading.relation) ||
            !slice_equal(reading.relation.detail[0], recipient->name))
            continue;
        if (!begun)
            draft_begin(draft, EXFILTRATION_FORWARDING, reading.relation.recorder, SLICE(""));
        begun = true;
        draft_cite(draft, &reading.relation);
    }
    reading_close(&reading);
    if (status != STATUS_OK || !begun || draft->detection.reference_count == 0)
        return status;
    draft_say(draft, "what", "Mail of %u people goes on to %.*s.", recipient_people(recipient),
              SLICE_FORMAT(recipient->name));
    draft_say(draft, "why",
              "%u of %u messages that it got had been delivered inside within minutes, with the "
              "same subject and size",
              recipient->matched, recipient->sent);
    draft_say(draft, "confidence", "high: copies of several people's mail");
    draft_say(draft, "benign",
              "A partner on copy was weighed: he gets mail of his own as well. A shared archive "
              "outside may be meant: ask who set it up.");
    draft_say_text(draft, "destination", recipient->name);
    draft_say_time(draft, "destination_since", draft->detection.first_ns);
    for (uint32_t i = 0, said = 0; i < recipient->mailbox_count && said < MAILBOXES_SAID; i++) {
        if (recipient->mailboxes[i].messages < EACH_MIN)
            continue;
        said++;
        draft_say_text(draft, "mailbox",
                       forwarding->recipients[recipient->mailboxes[i].number].name);
    }
    draft_say(draft, "volume", "%llu", (unsigned long long)recipient->bytes);
    draft_say(draft, "volume_is", "measured");
    return draft_tell(draft, sink, problem);
}

// One sender's mail to the outside, by day; and to one domain.
struct sender {
    struct buffer account, domain;
    struct volume_history *history;
    struct relation_day *days;
    uint32_t day_count;
    struct relation_day heavy; // the day and domain with most bytes
    struct buffer heavy_domain;
    struct relation_day domain_day;
};

static void sender_day_add(struct sender *sender, const struct relation_day *day) {
    for (uint32_t i = 0; i < sender->day_count; i++)
        if (sender->days[i].day == day->day) {
            sender->days[i].bytes_out += day->bytes_out;
            return;
        }
    if (sender->day_count < DAYS_MAX)
        sender->days[sender->day_count++] = *day;
}

static void sender_take(struct sender *sender, const struct relation *relation) {
    for (uint32_t i = 0; i < relation->day_count; i++) {
        const struct relation_day *day = &relation->days[i];
        sender_day_add(sender, day);
        if (sender->domain_day.day != day->day)
            sender->domain_day = (struct relation_day){.day = day->day};
        sender->domain_day.bytes_out += day->bytes_out;
        if (sender->domain_day.bytes_out <= sender->heavy.bytes_out)
            continue;
        sender->heavy = sender->domain_day;
        buffer_reset(&sender->heavy_domain);
        buffer_append_slice(&sender->heavy_domain, relation->to);
    }
}

static enum status heavy_tell(struct forwarding *forwarding, const struct sender *sender, int32_t z,
                              struct draft *draft, const struct detection_sink *sink,
                              struct problem *problem) {
    struct slice domain = buffer_slice(&sender->heavy_domain);
    struct reading reading;
    bool begun = false;
    enum status status = reading_open(&reading, forwarding->context, RELATION_MASK(MAIL),
                                      RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        if (!is_sent(relation) || !slice_equal(relation->to, domain) ||
            !slice_equal(relation->account, buffer_slice(&sender->account)))
            continue;
        if (!begun)
            draft_begin(draft, EXFILTRATION_MAIL_VOLUME, relation->recorder, relation->account);
        begun = true;
        volume_cite(draft, relation, sender->heavy.day, sender->heavy.day);
    }
    reading_close(&reading);
    if (status != STATUS_OK || !begun || draft->detection.reference_count == 0)
        return status;
    draft_say(draft, "what", "%.*s mailed %llu MB to %.*s on one day.",
              SLICE_FORMAT(buffer_slice(&sender->account)),
              (unsigned long long)(sender->heavy.bytes_out / 1000000), SLICE_FORMAT(domain));
    draft_say(draft, "why", "robust z of the sender's day %d.%d; hardly anybody else writes there",
              z / 10, z % 10);
    draft_say(draft, "benign", "Large drawings sent to a new partner look the same: ask.");
    draft_say_text(draft, "destination", domain);
    draft_say(draft, "volume", "%llu", (unsigned long long)sender->heavy.bytes_out);
    draft_say(draft, "volume_is", "measured");
    return draft_tell(draft, sink, problem);
}

static enum status sender_end(struct forwarding *forwarding, struct sender *sender,
                              struct draft *draft, const struct detection_sink *sink,
                              struct problem *problem) {
    memset(sender->history, 0, sizeof *sender->history);
    for (uint32_t i = 0; i < sender->day_count; i++)
        volume_history_add(sender->history, sender->days[i].bytes_out);
    int32_t z = volume_history_z(sender->history, sender->heavy.bytes_out);
    const struct domain *domain = sender->heavy_domain.size
                                      ? domain_of(forwarding, buffer_slice(&sender->heavy_domain))
                                      : NULL;
    bool speaks = sender->account.size && sender->heavy.bytes_out >= VOLUME_MIN &&
                  sender->history->days >= OWN_DAYS_MIN && z >= VOLUME_Z_TENTHS && domain &&
                  domain->senders <= DOMAIN_SENDERS_MAX;
    return speaks ? heavy_tell(forwarding, sender, z, draft, sink, problem) : STATUS_OK;
}

// In the order of (account, domain), twice: who writes to each domain, then the senders' days.
static enum status senders_pass(struct forwarding *forwarding, struct sender *sender, bool is_count,
                                struct draft *draft, const struct detection_sink *sink,
                                struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, forwarding->context, RELATION_MASK(MAIL),
                                      RELATION_ORDER_ACCOUNT, problem);
    buffer_reset(&sender->account);
    buffer_reset(&sender->domain);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        struct domain *domain = domain_of(forwarding, relation->to);
        if (!is_sent(relation) || !domain || domain->is_inside)
            continue;
        bool same = slice_equal(relation->account, buffer_slice(&sender->account));
        if (!same && !is_count)
            status = sender_end(forwarding, sender, draft, sink, problem);
        if (!same || !slice_equal(relation->to, buffer_slice(&sender->domain))) {
            domain->senders += is_count;
            sender->domain_day.day = INT32_MIN;
            buffer_reset(&sender->domain);
            buffer_append_slice(&sender->domain, relation->to);
        }
        if (!same) {
            buffer_reset(&sender->account);
            buffer_append_slice(&sender->account, relation->account);
            sender->day_count = 0;
            sender->heavy = (struct relation_day){.day = INT32_MIN};
            buffer_reset(&sender->heavy_domain);
        }
        sender_take(sender, relation);
    }
    reading_close(&reading);
    if (status == STATUS_OK && !is_count)
        status = sender_end(forwarding, sender, draft, sink, problem);
    return status;
}

static enum status senders_judge(struct forwarding *forwarding, struct draft *draft,
                                 const struct detection_sink *sink, struct problem *problem) {
    struct sender sender = {.history = memory_new(1, sizeof *sender.history),
                            .days = memory_new(DAYS_MAX, sizeof *sender.days)};
    buffer_init(&sender.account, RELATION_PART_BYTES_MAX);
    buffer_init(&sender.domain, RELATION_PART_BYTES_MAX);
    buffer_init(&sender.heavy_domain, RELATION_PART_BYTES_MAX);
    enum status status = senders_pass(forwarding, &sender, true, draft, sink, problem);
    if (status == STATUS_OK)
        status = senders_pass(forwarding, &sender, false, draft, sink, problem);
    buffer_done(&sender.account);
    buffer_done(&sender.domain);
    buffer_done(&sender.heavy_domain);
    memory_free(sender.history);
    memory_free(sender.days);
    return status;
}

enum status exfiltration_forward_judge(const struct detect_context *context, struct draft *draft,
                                       const struct detection_sink *sink, struct problem *problem) {
    struct forwarding forwarding = {.context = context};
    arena_init(&forwarding.arena, (size_t)256 << 20);
    table_init(&forwarding.by_recipient);
    table_init(&forwarding.by_domain);
    forwarding.domains = memory_new(DOMAINS_MAX, sizeof *forwarding.domains);
    enum status status = mail_pass(&forwarding, RELATION_ORDER_TIME, step_inside, problem);
    if (forwarding.delivered_count)
        qsort(forwarding.delivered, forwarding.delivered_count, sizeof *forwarding.delivered,
              delivered_compare);
    if (status == STATUS_OK)
        status = mail_pass(&forwarding, RELATION_ORDER_TIME, step_sent, problem);
    for (uint32_t i = 0; i < forwarding.recipient_count && status == STATUS_OK; i++)
        if (recipient_speaks(&forwarding.recipients[i]))
            status = recipient_tell(&forwarding, &forwarding.recipients[i], draft, sink, problem);
    if (status == STATUS_OK)
        status = senders_judge(&forwarding, draft, sink, problem);
    arena_done(&forwarding.arena);
    table_done(&forwarding.by_recipient);
    table_done(&forwarding.by_domain);
    memory_free(forwarding.delivered);
    memory_free(forwarding.recipients);
    memory_free(forwarding.domains);
    return status;
}
