// Ways that only a connection shows
// SPDX-License-Identifier: Apache-2.0
//
// Cost: one pass over contacts; a sort of those from hosts that were reached, CONTACTS_MAX at most.
#include "correlate/contact_way.h"

#include "base/clock.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define DAY_NS (86400 * SECOND_NS)
#define SKEW_NS (WEIGHT_SKEW_SECONDS * SECOND_NS)

enum {
    CONTACTS_MAX = 1 << 18,
    CONTACT_TIMES_MAX = 16, // of one relation
    PROGRAMS_MAX = 1 << 14,
    PROGRAM_BYTES = 4 << 20
};

// One connection from a host that was reached by then.
struct contact {
    int64_t time_ns;
    uint32_t from, to, program;
    bool is_swept; // one of many at a time
    const struct reference *references;
    uint32_t reference_count;
};

struct contacts {
    const struct clue_book *book;
    const struct forest *forest;
    struct arena *arena; // the edges'
    struct contact *rows;
    uint32_t count;
    struct interner programs;
    uint32_t *others;    // by program: pairs that hosts connected by it which nobody had reached
    struct table habits; // (host, program): it did so before it was reached
    int64_t first_ns, last_ns;
};

static uint32_t program_number(struct contacts *contacts, struct slice image) {
    char folded[RELATION_PART_BYTES_MAX];
    size_t size = image.size < sizeof folded ? image.size : sizeof folded;
    text_fold_ascii(image.data, size, (uint8_t *)folded);
    return intern_add(&contacts->programs, slice_of(folded, size));
}

static uint64_t habit_key(uint32_t host, uint32_t program) {
    return digest_mix64((uint64_t)host << 32 | program, 1);
}

static void contact_add(struct contacts *contacts, const struct relation *relation,
                        uint32_t program, const struct reference *references) {
    int64_t reached_ns = contacts->forest->hosts[relation->from_host].reached_ns;
    uint32_t count =
        relation->time_count < CONTACT_TIMES_MAX ? relation->time_count : CONTACT_TIMES_MAX;
    const int64_t *times = count ? relation->times : &relation->first_ns;
    for (uint32_t i = 0; i < (count ? count : 1); i++)
        if (times[i] >= reached_ns - SKEW_NS && contacts->count < CONTACTS_MAX)
            contacts->rows[contacts->count++] =
                (struct contact){.time_ns = times[i],
                                 .from = relation->from_host,
                                 .to = relation->to_host,
                                 .program = program,
                                 .references = references,
                                 .reference_count = relation->reference_count};
}

static enum status contact_take(void *context, struct relation *relation, struct problem *problem) {
    struct contacts *contacts = context;
    (void)problem;
    if (!relation_is_contact(relation))
        return STATUS_OK;
    cast_find_ends(&contacts->book->cast, relation);
    uint32_t program = program_number(contacts, relation->detail[1]);
    if (relation->from_host == RELATION_NO_HOST || relation->to_host == RELATION_NO_HOST ||
        relation->from_host == relation->to_host || program == INTERN_FULL)
        return STATUS_OK;
    if (relation->first_ns < contacts->first_ns)
        contacts->first_ns = relation->first_ns;
    if (relation->last_ns > contacts->last_ns)
        contacts->last_ns = relation->last_ns;
    const struct forest_host *from = &contacts->forest->hosts[relation->from_host];
    bool before = from->reached_ns == CLOCK_NONE || relation->first_ns < from->reached_ns - SKEW_NS;
    if (before) {
        contacts->others[program]++;
        uint64_t key = habit_key(relation->from_host, program);
        if (table_find(&contacts->habits, key, NULL, NULL, NULL) == TABLE_NONE)
            table_add(&contacts->habits, key, 0);
        return STATUS_OK;
    }
    const struct reference *references =
        references_keep(contacts->arena, relation->references, relation->reference_count);
    if (references)
        contact_add(contacts, relation, program, references);
    return STATUS_OK;
}

static int contact_compare(const void *left, const void *right) {
    const struct contact *a = left, *b = right;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    if (a->program != b->program)
        return a->program < b->program ? -1 : 1;
    return reference_compare(&a->references[0], &b->references[0]);
}

// Hosts that rows [from, until) go to.
static uint32_t targets_count(const struct contact *rows, uint32_t from, uint32_t until) {
    uint32_t count = 0;
    for (uint32_t i = from; i < until && count < WEIGHT_SWEEP_HOSTS; i++) {
        bool again = false;
        for (uint32_t k = from; k < i && !again; k++)
            again = rows[k].to == rows[i].to;
        count += !again;
    }
    return count;
}

static void sweep_mark(struct contacts *contacts, uint32_t from, uint32_t until) {
    const struct contact *first = &contacts->rows[from], *last = &contacts->rows[until - 1];
    const int64_t margin_ns = WEIGHT_SWEEP_MARGIN_SECONDS * SECOND_NS;
    uint32_t low = from, high = until;
    while (low > 0 && contacts->rows[low - 1].from == first->from &&
           contacts->rows[low - 1].time_ns >= first->time_ns - margin_ns)
        low--;
    while (high < contacts->count && contacts->rows[high].from == first->from &&
           contacts->rows[high].time_ns <= last->time_ns + margin_ns)
        high++;
    for (uint32_t i = low; i < high; i++)
        contacts->rows[i].is_swept = true;
}

// Connections of one host that follow each other without a pause.
static void sweeps_mark(struct contacts *contacts) {
    for (uint32_t from = 0, until; from < contacts->count; from = until) {
        for (until = from + 1; until < contacts->count &&
                               contacts->rows[until].from == contacts->rows[from].from &&
                               contacts->rows[until].time_ns - contacts->rows[until - 1].time_ns <=
                                   WEIGHT_SWEEP_PAUSE_SECONDS * SECOND_NS;)
            until++;
        if (targets_count(contacts->rows, from, until) == WEIGHT_SWEEP_HOSTS)
            sweep_mark(contacts, from, until);
    }
}

// What it tells of the host it leads to; 0: nothing.
static int32_t contact_bits(const struct contacts *contacts, const struct contact *contact) {
    uint64_t hosts = contacts->book->cast.input->fleet->count;
    uint64_t others = contacts->others[contact->program];
    uint64_t days = 1 + (uint64_t)((contacts->last_ns - contacts->first_ns) / DAY_NS);
    int64_t since_ns = contact->time_ns - contacts->forest->hosts[contact->from].reached_ns;
    uint64_t apart = since_ns <= 0 ? 1 : 1 + (uint64_t)(since_ns / DAY_NS);
    uint64_t key = habit_key(contact->from, contact->program);
    if (contact->is_swept || others * 1000 > hosts * WEIGHT_SHARED_PERMILLE ||
        table_find(&contacts->habits, key, NULL, NULL, NULL) != TABLE_NONE)
        return 0;
    int32_t bits = millibits_of_ratio(hosts * days, 1 + others) - millibits_of(apart);
    return bits < WEIGHT_LEVEL_CRITICAL ? bits : WEIGHT_LEVEL_CRITICAL;
}

static bool contacts_lead(const struct contacts *contacts, struct edge_list *list,
                          uint32_t *ret_found) {
    bool room = true;
    for (uint32_t i = 0; room && i < contacts->count; i++) {
        const struct contact *contact = &contacts->rows[i];
        int32_t bits = contact_bits(contacts, contact);
        if (contacts->forest->hosts[contact->to].reached_ns != CLOCK_NONE ||
            bits <= WEIGHT_EDGE_CONTACT)
            continue;
        struct edge edge = {.time_ns = contact->time_ns,
                            .from = contact->from,
                            .to = contact->to,
                            .cost = WEIGHT_EDGE_CONTACT,
                            .is_by_account = true,
                            .evidence = bits,
                            .reason = "connection by a program that nobody else connects with",
                            .references = contact->references,
                            .reference_count = contact->reference_count};
        room = edge_list_add(list, &edge);
        (*ret_found)++;
    }
    return room;
}

enum status contact_edges_add(struct edge_list *list, const struct forest *forest,
                              const struct clue_book *book, uint32_t *ret_found,
                              struct problem *problem) {
    struct contacts contacts = {.book = book,
                                .forest = forest,
                                .arena = &list->arena,
                                .rows = memory_new(CONTACTS_MAX, sizeof *contacts.rows),
                                .others = memory_new(PROGRAMS_MAX + 1, sizeof *contacts.others),
                                .first_ns = INT64_MAX,
                                .last_ns = INT64_MIN};
    intern_init(&contacts.programs, PROGRAMS_MAX, PROGRAM_BYTES);
    table_init(&contacts.habits);
    *ret_found = 0;
    enum status status =
        relation_source_each(book->cast.input->relations, RELATION_MASK(CONTACT),
                             RELATION_ORDER_PAIR, contact_take, &contacts, problem);
    if (status == STATUS_OK && contacts.count) {
        qsort(contacts.rows, contacts.count, sizeof *contacts.rows, contact_compare);
        sweeps_mark(&contacts);
        if (!contacts_lead(&contacts, list, ret_found))
            status =
                problem_set(problem, STATUS_LIMIT, "more than %d edges to correlate", EDGES_MAX);
    }
    if (*ret_found)
        edge_list_sort(list);
    table_done(&contacts.habits);
    intern_done(&contacts.programs);
    memory_free(contacts.others);
    memory_free(contacts.rows);
    return status;
}
