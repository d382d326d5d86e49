// Mailboxes read with a right granted just before
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "detect/exchange_cmdlet.h"
#include "detect/exchange_takes.h"
#include "detect/reading.h"
#include "model/account.h"

// Cost: one pass over mail reads for each of at most 32 grants.

enum {
    READ_MAILBOXES_MIN = 5
};

// The readings of one who was given the right to impersonate.
struct reader {
    struct slice mailboxes[64];
    uint32_t mailbox_count;
    struct slice sources[8];
    uint32_t source_count;
    bool before, outside;
    uint64_t bytes, count;
    int64_t last_ns;
    struct reference references[FINDING_REFERENCES_MAX];
    uint32_t reference_count;
};

static void read_take(struct arena *arena, const struct take *grant, const struct relation *read,
                      struct reader *reader) {
    if (!slice_equal(read->detail[2], SLICE("impersonated")) ||
        !text_equal_fold_ascii(account_person(read->account), grant->mailbox))
        return;
    if (read->first_ns < grant->time_ns - TAKE_SAME_NS) {
        reader->before = true;
        return;
    }
    take_list_add(arena, reader->mailboxes, &reader->mailbox_count, ARRAY_SIZE(reader->mailboxes),
                  read->artefact);
    take_list_add(arena, reader->sources, &reader->source_count, ARRAY_SIZE(reader->sources),
                  read->from);
    reader->outside |= address_is_outside(read->from);
    reader->bytes += read->bytes_in;
    reader->count += read->count;
    if (read->last_ns > reader->last_ns)
        reader->last_ns = read->last_ns;
    for (uint32_t i = 0; i < read->reference_count; i++)
        reference_insert(reader->references, &reader->reference_count, &read->references[i]);
}

static enum status impersonation_tell(const struct takes *takes, const struct take *grant,
                                      const struct reader *reader, struct problem *problem) {
    if (reader->before || reader->reference_count == 0 ||
        (reader->mailbox_count < READ_MAILBOXES_MIN && !reader->outside))
        return STATUS_OK;
    struct exchange_book *book = takes->book;
    struct draft *draft = &book->draft;
    struct slice server = book->servers[grant->server].name;
    draft_begin(draft, EXCHANGE_IMPERSONATION, server, grant->mailbox);
    struct exchange_cited sets[] = {{grant->references, grant->reference_count},
                                    {reader->references, reader->reference_count}};
    exchange_cite(draft, sets, ARRAY_SIZE(sets));
    draft->detection.first_ns = grant->time_ns;
    draft->detection.last_ns = reader->last_ns;
    draft->detection.count = grant->count + reader->count;
    char time[CLOCK_TEXT_SIZE];
    clock_format_second(grant->time_ns, time);
    draft_say(draft, "what",
              "%.*s was given the right to impersonate all users at %s and then read %u mailbox%s.",
              SLICE_FORMAT(grant->mailbox), time, reader->mailbox_count,
              reader->mailbox_count == 1 ? "" : "es");
    draft_say(draft, "why", "%llu calls, %llu bytes, none before the right was granted%s",
              (unsigned long long)reader->count, (unsigned long long)reader->bytes,
              reader->outside ? ", from outside addresses" : "");
    draft_say(draft, "confidence", "%s",
              reader->outside || take_is_after_attack(takes, grant) ? "high" : "medium");
    draft_say(draft, "benign",
              "A backup or booking product that is being installed reads from inside and goes on "
              "reading every day.");
    for (uint32_t i = 0; i < reader->source_count; i++)
        draft_say_text(draft, "source", reader->sources[i]);
    for (uint32_t i = 0; i < reader->mailbox_count && i < TAKE_LISTED_MAX; i++)
        draft_say_text(draft, "mailbox", reader->mailboxes[i]);
    draft_say(draft, "volume", "%llu", (unsigned long long)reader->bytes);
    draft_say(draft, "volume_is", "measured");
    draft_say(draft, "technique", "T1098.002");
    draft_say(draft, "technique", "T1114.002");
    return draft_tell(draft, book->sink, problem);
}

enum status take_judge_grant(const struct takes *takes, const struct take *grant,
                             struct problem *problem) {
    struct reader *reader = arena_new(&takes->book->arena, 1, sizeof *reader);
    if (!reader)
        return STATUS_OK;
    struct reading reading;
    enum status status = reading_open(&reading, takes->book->context, RELATION_MASK(MAIL_READ),
                                      RELATION_ORDER_ACCOUNT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        read_take(&takes->book->arena, grant, &reading.relation, reader);
    reading_close(&reading);
    return status == STATUS_OK ? impersonation_tell(takes, grant, reader, problem) : status;
}
