// Series of programs and stolen accounts lead between hosts
// SPDX-License-Identifier: Apache-2.0
#include "../detect/relation_table.h"

#include "base/memory.h"
#include "correlate/kin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define START_NS (1767571200ll * 1000000000)
#define DAY_SECONDS 86400ll

enum {
    HOSTS = 100,
    FINDINGS_MAX = 32
};

static const struct slice SPREAD = SLICE("attack.lateral-movement");
static const struct rule RULE_SERIES = {.id = SLICE("vedette-program-series"),
                                        .level = RULE_LEVEL_MEDIUM,
                                        .tags = &SPREAD,
                                        .tag_count = 1};
static const struct rule RULE_EXECUTION = {.id = SLICE("vedette-lateral-execution"),
                                           .level = RULE_LEVEL_HIGH,
                                           .tags = &SPREAD,
                                           .tag_count = 1};
static const struct rule RULE_WAVE = {
    .id = SLICE("vedette-wave-host"), .level = RULE_LEVEL_HIGH, .tags = &SPREAD, .tag_count = 1};
static const struct rule RULE_REMOVES = {.id = SLICE("vedette-implant-removes-itself"),
                                         .level = RULE_LEVEL_MEDIUM,
                                         .tags = &SPREAD,
                                         .tag_count = 1};

// A fleet H-000 ... H-099 with findings and uses of credentials, and the edges that come of it.
struct kinship {
    struct relation_table *table;
    struct relation_source table_source, source;
    struct correlate_input input;
    struct finding findings[FINDINGS_MAX];
    uint32_t finding_count, at;
    char names[HOSTS][16];
    struct clue_book book;
    struct edge_list edges;
    uint32_t told_count; // edges before any was added
    uint32_t reached;    // a host that intruders had from the start; 0: none
    bool by_wave;        // it was reached by the first of the edges told
    uint32_t crowd;      // how often each reader gives the last relation before all others
};

// A reader of the crowd, then of the table.
struct crowd_reader {
    struct kinship *kinship;
    void *table_reader;
    uint32_t left;
};

static enum status finding_next(void *context, struct finding *ret_finding, bool *ret_more,
                                struct problem *problem) {
    struct kinship *kinship = context;
    (void)problem;
    *ret_more = kinship->at < kinship->finding_count;
    if (*ret_more)
        *ret_finding = kinship->findings[kinship->at++];
    return STATUS_OK;
}

static const char *source_format(void *context, uint32_t source) {
    (void)context;
    (void)source;
    return "evtx";
}

static enum status crowd_open(void *context, uint64_t kinds, enum relation_order order,
                              void **ret_reader, struct problem *problem) {
    struct kinship *kinship = context;
    struct crowd_reader *reader = memory_new(1, sizeof *reader);
    *reader = (struct crowd_reader){.kinship = kinship, .left = kinship->crowd};
    *ret_reader = reader;
    return kinship->table_source.open(kinship->table_source.context, kinds, order,
                                      &reader->table_reader, problem);
}

static enum status crowd_next(void *context, struct relation *ret_relation, bool *ret_more,
                              struct problem *problem) {
    struct crowd_reader *reader = context;
    const struct relation_table *table = reader->kinship->table;
    if (!reader->left)
        return reader->kinship->table_source.next(reader->table_reader, ret_relation, ret_more,
                                                  problem);
    reader->left--;
    *ret_relation = table->relations[table->relation_count - 1];
    *ret_more = true;
    return STATUS_OK;
}

static void crowd_close(void *context) {
    struct crowd_reader *reader = context;
    if (reader)
        reader->kinship->table_source.close(reader->table_reader);
    memory_free(reader);
}

static uint32_t crowd_find_host(void *context, struct slice name, int64_t time_ns) {
    struct kinship *kinship = context;
    return kinship->table_source.find_host(kinship->table_source.context, name, time_ns);
}

static struct kinship *kinship_new(void) {
    struct kinship *kinship = memory_new(1, sizeof *kinship);
    kinship->table = relation_table_new();
    for (int i = 0; i < HOSTS; i++) {
        snprintf(kinship->names[i], sizeof kinship->names[i], "H-%03d", i);
        relation_table_host(kinship->table, kinship->names[i], 0);
    }
    return kinship;
}

static void kinship_free(struct kinship *kinship) {
    edge_list_done(&kinship->edges);
    clue_book_done(&kinship->book);
    relation_table_free(kinship->table);
    memory_free(kinship);
}

static struct finding *kinship_find(struct kinship *kinship, const struct rule *rule, uint32_t host,
                                    int64_t seconds) {
    assert_true(kinship->finding_count < FINDINGS_MAX);
    struct finding *finding = &kinship->findings[kinship->finding_count++];
    int64_t time_ns = START_NS + seconds * 1000000000;
    *finding = (struct finding){.rule = rule,
                                .host = slice_of_string(kinship->names[host]),
                                .first_ns = time_ns,
                                .last_ns = time_ns,
                                .count = 1,
                                .reference_count = 1};
    finding->references[0] = (struct reference){.position = {.line = kinship->finding_count},
                                                .time_ns = time_ns,
                                                .sha256 = {(uint8_t)kinship->finding_count}};
    return finding;
}

static void kinship_find_series(struct kinship *kinship, const char *series, uint32_t host,
                                int64_t seconds) {
    struct finding *finding = kinship_find(kinship, &RULE_SERIES, host, seconds);
    finding->fields[0] =
        (struct finding_field){.name = SLICE("series"), .text = slice_of_string(series)};
    finding->field_count = 1;
}

static void kinship_find_execution(struct kinship *kinship, const char *account, uint32_t from,
                                   uint32_t to, int64_t seconds) {
    struct finding *finding = kinship_find(kinship, &RULE_EXECUTION, to, seconds);
    finding->account = slice_of_string(account);
    finding->fields[0] = (struct finding_field){.name = SLICE("source"),
                                                .text = slice_of_string(kinship->names[from])};
    finding->field_count = 1;
}

// A controller checks the account for a host.
static struct relation *kinship_ask(struct kinship *kinship, const char *account, uint32_t host,
                                    int64_t seconds) {
    struct relation *use = relation_table_add(kinship->table, RELATION_CREDENTIAL_USE,
                                              kinship->names[host], "H-000", seconds);
    use->artefact = SLICE("ntlm");
    use->account = slice_of_string(account);
    return use;
}

static void kinship_add(struct kinship *kinship) {
    struct problem problem;
    relation_table_source(kinship->table, &kinship->table_source);
    kinship->source =
        (struct relation_source){kinship, crowd_open, crowd_next, crowd_close, crowd_find_host};
    kinship->input = (struct correlate_input){.fleet = &kinship->table->fleet,
                                              .relations = &kinship->source,
                                              .context = kinship,
                                              .next = finding_next,
                                              .source_format = source_format,
                                              .first_ns = START_NS,
                                              .last_ns = START_NS + 60 * DAY_SECONDS * 1000000000};
    assert_int_equal(clue_book_init(&kinship->book, &kinship->input, &problem), STATUS_OK);
    assert_int_equal(edge_list_init(&kinship->edges, &kinship->book, &problem), STATUS_OK);
    kinship->told_count = kinship->edges.count;
    struct forest forest; // of which nothing else was reached
    forest_init(&forest, &kinship->book, &kinship->edges, 64000, NULL);
    if (kinship->reached)
        forest.hosts[kinship->reached].reached_ns = START_NS;
    if (kinship->by_wave)
        forest.hosts[kinship->reached].edge = 0;
    assert_int_equal(kin_edges_add(&kinship->edges, &forest, &kinship->book, &problem), STATUS_OK);
    forest_done(&forest);
}

static uint32_t kinship_added(const struct kinship *kinship) {
    return kinship->edges.count - kinship->told_count;
}

// The edge that kin added between two hosts, or NULL.
static const struct edge *kinship_edge(const struct kinship *kinship, uint32_t from, uint32_t to) {
    for (uint32_t i = 0; i < kinship->edges.count; i++) {
        const struct edge *edge = &kinship->edges.edges[i];
        if (edge->from == from && edge->to == to && strcmp(edge->reason, "remote execution") != 0)
            return edge;
    }
    return NULL;
}

static void a_series_leads_from_each_host_before(void **state) {
    (void)state;
    struct kinship *kinship = kinship_new();
    kinship_find_series(kinship, "upd?.exe", 1, 10);
    kinship_find_series(kinship, "upd?.exe", 2, 20);
    kinship_find_series(kinship, "svc?.dll", 4, 20); // another
    kinship_find_series(kinship, "upd?.exe", 3, 30);
    kinship_find_series(kinship, "upd?.exe", 5, 30); // at the same time: neither from the other
    kinship_add(kinship);
    assert_int_equal(kinship_added(kinship), 5);
    assert_non_null(kinship_edge(kinship, 1, 2));
    assert_non_null(kinship_edge(kinship, 1, 3));
    assert_non_null(kinship_edge(kinship, 2, 3));
    assert_non_null(kinship_edge(kinship, 1, 5));
    const struct edge *edge = kinship_edge(kinship, 2, 5);
    assert_non_null(edge);
    assert_true(edge->is_told);
    assert_int_equal(edge->time_ns, START_NS + 30ll * 1000000000);
    assert_int_equal(edge->reference_count, 1);
    assert_int_equal(edge->references[0].position.line, 5); // what lies on the later host
    assert_int_equal(kinship->book.clues[edge->clue].host, 5);
    kinship_free(kinship);
}

// What removes itself as on a host of a wave came from the wave's server; a program of a series, as
// any, from the host before.
static void what_a_wave_brought_is_of_its_server(void **state) {
    (void)state;
    for (int removes = 0; removes < 2; removes++) {
        struct kinship *kinship = kinship_new();
        struct finding *wave = kinship_find(kinship, &RULE_WAVE, 1, 5);
        wave->fields[0] = (struct finding_field){.name = SLICE("source"),
                                                 .text = slice_of_string(kinship->names[50])};
        wave->field_count = 1;
        for (uint32_t host = 1; host < 3; host++) {
            kinship_find_series(kinship, "\\corp\\svc.exe", host, 10 * host);
            if (removes)
                kinship->findings[kinship->finding_count - 1].rule = &RULE_REMOVES;
        }
        kinship->reached = 1;
        kinship->by_wave = true;
        kinship_add(kinship);
        assert_int_equal(kinship->told_count, 1);
        assert_int_equal(kinship_added(kinship), 1);
        assert_non_null(kinship_edge(kinship, removes ? 50 : 1, 2));
        kinship_free(kinship);
    }
}

// Findings of one host count once, those of the host itself not at all.
static void a_series_leads_from_the_latest(void **state) {
    (void)state;
    struct kinship *kinship = kinship_new();
    for (uint32_t i = 1; i <= 12; i++)
        kinship_find_series(kinship, "upd?.exe", i, 10 * i);
    kinship_find_series(kinship, "upd?.exe", 20, 200);
    kinship_find_series(kinship, "upd?.exe", 12, 120);
    kinship_find_series(kinship, "upd?.exe", 20, 300);
    kinship_add(kinship);
    uint32_t first = 0, second = 0;
    for (uint32_t i = 0; i < kinship->edges.count; i++) {
        const struct edge *edge = &kinship->edges.edges[i];
        assert_int_not_equal(edge->from, edge->to);
        if (edge->to != 20)
            continue;
        assert_in_range(edge->from, 5, 12);
        first += edge->time_ns == START_NS + 200ll * 1000000000;
        second += edge->time_ns == START_NS + 300ll * 1000000000;
    }
    assert_non_null(kinship_edge(kinship, 5, 20)); // the eighth before
    assert_int_equal(first, 8);
    assert_int_equal(second, 8);
    kinship_free(kinship);
}

// However many findings one host has, the others before it are sources, too; and it is one.
static void a_busy_host_leaves_others_room(void **state) {
    (void)state;
    struct kinship *kinship = kinship_new();
    kinship_find_series(kinship, "upd?.exe", 1, 10);
    kinship_find_series(kinship, "upd?.exe", 3, 15);
    for (int i = 0; i < 5; i++) {
        kinship_find_series(kinship, "upd?.exe", 2, 20 + 10 * i);
        kinship_find_series(kinship, "upd?.exe", 3, 25 + 10 * i);
    }
    kinship_find_series(kinship, "upd?.exe", 20, 200);
    kinship_add(kinship);
    uint32_t from[4] = {0};
    for (uint32_t i = 0; i < kinship->edges.count; i++)
        if (kinship->edges.edges[i].to == 20) {
            assert_in_range(kinship->edges.edges[i].from, 1, 3);
            from[kinship->edges.edges[i].from]++;
        }
    for (uint32_t host = 1; host <= 3; host++)
        assert_int_equal(from[host], 1);
    kinship_free(kinship);
}

// Who brought the next program of a series is a source, and one only where he had it before, too.
static void who_brought_the_next_is_one_source(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct kinship *kinship = kinship_new();
        kinship->reached = 1;
        if (i == 1)
            kinship_find_series(kinship, "upd?.exe", 1, 10);
        kinship_find_series(kinship, "upd?.exe", 2, 20);
        kinship_find_series(kinship, "upd?.exe", 1, 30);
        kinship_add(kinship);
        assert_int_equal(kinship_added(kinship), 2);
        assert_non_null(kinship_edge(kinship, 2, 1));
        const struct edge *edge = kinship_edge(kinship, 1, 2);
        assert_non_null(edge);
        assert_string_equal(
            edge->reason, i == 0 ? "program of a series that was brought to other hosts from there"
                                 : "program of the same series as on a host before");
        kinship_free(kinship);
    }
}

static void a_stolen_account_leads_to_its_next_user(void **state) {
    (void)state;
    struct kinship *kinship = kinship_new();
    kinship_find_execution(kinship, "CORP\\svc.deploy", 1, 2, 10 * DAY_SECONDS);
    kinship_find_execution(kinship, "CORP\\svc.deploy", 3, 2, 11 * DAY_SECONDS);
    kinship_ask(kinship, "eva", 50, 0); // habits of the fleet
    kinship_ask(kinship, "eva", 50, 30 * DAY_SECONDS);
    kinship_ask(kinship, "corp\\SVC.deploy", 40, 11 * DAY_SECONDS + 600);
    kinship_add(kinship);
    assert_int_equal(kinship_added(kinship), 1);
    const struct edge *edge = kinship_edge(kinship, 3, 40); // from where it executed last
    assert_non_null(edge);
    assert_true(edge->is_by_account);
    assert_false(edge->is_told);
    assert_true(edge->evidence > edge->cost);
    assert_true(slice_equal_string(edge->account, "SVC.deploy"));
    assert_int_equal(edge->references[0].position.line, 3); // the third use that was noted
    kinship_free(kinship);
}

static void other_uses_lead_nowhere(void **state) {
    (void)state;
    struct kinship *kinship = kinship_new();
    kinship_find_execution(kinship, "CORP\\svc.deploy", 1, 2, 10 * DAY_SECONDS);
    kinship_find_execution(kinship, "CORP\\Administrator", 1, 3, 10 * DAY_SECONDS);
    kinship_ask(kinship, "svc.deploy", 40, 9 * DAY_SECONDS); // before; what follows is no first use
    kinship_ask(kinship, "svc.deploy", 40, 11 * DAY_SECONDS);
    kinship_ask(kinship, "svc.deploy", 41, 11 * DAY_SECONDS)->detail[1] = SLICE("failed");
    kinship_ask(kinship, "svc.deploy", 42, 11 * DAY_SECONDS)->artefact = SLICE("ticket");
    kinship_ask(kinship, "svc.deploy", 1, 11 * DAY_SECONDS);     // where it executed from
    kinship_ask(kinship, "administrator", 43, 11 * DAY_SECONDS); // everybody's
    kinship_ask(kinship, "svc.backup", 44, 11 * DAY_SECONDS);    // another's
    kinship_add(kinship);
    assert_int_equal(kinship_added(kinship), 0);
    kinship_free(kinship);
}

// Where accounts move between hosts all the time, a first use says nothing.
static void first_uses_of_every_day_say_nothing(void **state) {
    (void)state;
    struct kinship *kinship = kinship_new();
    kinship_find_execution(kinship, "CORP\\svc.deploy", 1, 2, 10 * DAY_SECONDS);
    kinship_ask(kinship, "eva", 50, 0);
    for (uint32_t i = 10; i < HOSTS; i++)
        for (int64_t day = 8; day < 12; day++)
            kinship_ask(kinship, (const char *[]){"ada", "bob", "eva", "ian"}[day - 8], i,
                        day * DAY_SECONDS);
    kinship_ask(kinship, "svc.deploy", 40, 11 * DAY_SECONDS);
    kinship_add(kinship);
    assert_int_equal(kinship_added(kinship), 0);
    kinship_free(kinship);
}

// However many uses come before it.
static void a_use_among_many_is_not_lost(void **state) {
    (void)state;
    struct kinship *kinship = kinship_new();
    kinship_find_execution(kinship, "CORP\\svc.deploy", 1, 2, 10 * DAY_SECONDS);
    kinship_ask(kinship, "svc.deploy", 40, 11 * DAY_SECONDS);
    kinship_ask(kinship, "eva", 50, 0);
    kinship->crowd = 100000;
    kinship_add(kinship);
    assert_int_equal(kinship_added(kinship), 1);
    assert_non_null(kinship_edge(kinship, 1, 40));
    kinship_free(kinship);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_series_leads_from_each_host_before),
        cmocka_unit_test(a_series_leads_from_the_latest),
        cmocka_unit_test(what_a_wave_brought_is_of_its_server),
        cmocka_unit_test(a_busy_host_leaves_others_room),
        cmocka_unit_test(who_brought_the_next_is_one_source),
        cmocka_unit_test(a_stolen_account_leads_to_its_next_user),
        cmocka_unit_test(other_uses_lead_nowhere),
        cmocka_unit_test(first_uses_of_every_day_say_nothing),
        cmocka_unit_test(a_use_among_many_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
