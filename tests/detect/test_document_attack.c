// How strangers behave on web servers' paths
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

extern const struct detector detector_document_attack;
extern const struct detector detector_webshell;

enum {
    DAY = 86400
};

struct web {
    struct relation_table *table;
    int64_t times[TABLE_RELATIONS_MAX];
    char texts[TABLE_RELATIONS_MAX][48];
    size_t text_count;
};

static struct web web;

static void web_new(void) {
    web.table = relation_table_new();
    web.text_count = 0;
    relation_table_host(web.table, "VAULT-1", FLEET_ROLE_DOCUMENT);
}

static const char *text_of(const char *start, int number) {
    char *text = web.texts[web.text_count++];
    snprintf(text, sizeof web.texts[0], "%s%d", start, number);
    return text;
}

// "POST 200 N" asked by `from` for `path` at `seconds`.
static struct relation *ask(const char *from, const char *path, const char *method,
                            const char *status, int64_t seconds) {
    struct relation *row =
        relation_table_add(web.table, RELATION_WEB_REQUEST, from, "VAULT-1", seconds);
    row->artefact = slice_of_string(path);
    row->detail[0] = slice_of_string(method);
    row->detail[1] = slice_of_string(status);
    row->detail[2] = SLICE("N");
    row->recorder = SLICE("VAULT-1");
    row->times = &web.times[web.table->relation_count - 1];
    web.times[web.table->relation_count - 1] = row->first_ns;
    row->time_count = 1;
    return row;
}

// Two weeks of 12 clients that ask for three pages.
static void ordinary_life(void) {
    for (int day = 0; day < 14; day++)
        for (int i = 0; i < 12; i++) {
            const char *from = text_of("10.1.0.", 10 + i);
            int64_t at = day * DAY + 9 * 3600 + i * 60;
            ask(from, "/vaultworks/shelf/index.act", "GET", "200", at);
            ask(from, "/vaultworks/agent/ping.act", "POST", "200", at + 5);
            ask(from, "/vaultworks/style/main.css", "GET", "200", at + 6);
        }
}

static void scanning(int64_t at, const char *start) {
    for (int i = 0; i < 20; i++)
        ask(text_of(start, 1 + i % 4), text_of("/try/", i), "GET", "404", at + i * 20);
}

static void breaking_in(int64_t at) {
    for (int i = 0; i < 6; i++)
        ask(text_of("192.0.2.", 1 + i % 4), "/vaultworks/shelf/merge.act", "POST", "403",
            at + i * 60);
    ask("192.0.2.3", "/vaultworks/shelf/merge.act", "POST", "200", at + 600);
}

static void life_and_inside_scanners_are_nothing(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    scanning(3 * DAY, "10.9.0.");
    ask("10.1.0.10", "/vaultworks/new/report.act", "POST", "200", 10 * DAY);
    relation_table_judge(web.table, &detector_document_attack);
    relation_table_judge(web.table, &detector_webshell);
    assert_int_equal(web.table->detection_count, 0);
    relation_table_free(web.table);
}

static void a_scan_alone_is_low(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    scanning(3 * DAY, "192.0.2.");
    relation_table_judge(web.table, &detector_document_attack);
    assert_int_equal(relation_table_count(web.table, "vedette-document-scan"), 0);
    assert_int_equal(relation_table_count(web.table, "vedette-document-scan-only"), 1);
    relation_table_free(web.table);
}

static void a_break_in_is_told_step_by_step(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    scanning(3 * DAY, "192.0.2.");
    breaking_in(4 * DAY);
    struct relation *row =
        ask("192.0.2.9", "/vaultworks/backend/enter.act", "POST", "302", 6 * DAY);
    row->account = SLICE("keeper");
    row = ask("192.0.2.9", "/vaultworks/backend/people.act", "GET", "200", 6 * DAY + 60);
    row->account = SLICE("keeper");
    row = ask("192.0.2.9", "/vaultworks/backend/merge.act", "POST", "200", 4 * DAY + 900);
    row->detail[2] = SLICE("RN");
    relation_table_judge(web.table, &detector_document_attack);
    const struct table_detection *scan =
        relation_table_find(web.table, "vedette-document-scan", "VAULT-1");
    assert_non_null(scan);
    assert_int_equal(scan->count, 20);
    assert_non_null(relation_table_find(web.table, "vedette-document-break-in-attempts", NULL));
    const struct table_detection *answered =
        relation_table_find(web.table, "vedette-document-break-in-answered", NULL);
    assert_non_null(answered);
    assert_string_equal(table_detection_field(answered, "source"), "192.0.2.3");
    const struct table_detection *login =
        relation_table_find(web.table, "vedette-document-stolen-login", NULL);
    assert_non_null(login);
    assert_string_equal(table_detection_field(login, "account"), "keeper");
    assert_int_equal(login->count, 2);
    assert_int_equal(relation_table_count(web.table, "vedette-document-filter-bypass"), 1);
    relation_table_free(web.table);
}

static void written_then_read(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    ask("192.0.2.7", "/vaultworks/shelf/put.act", "POST", "200", 5 * DAY);
    ask("198.51.100.7", "/vaultworks/style/k1.jsp", "GET", "200", 5 * DAY + 40);
    relation_table_judge(web.table, &detector_document_attack);
    const struct table_detection *read =
        relation_table_find(web.table, "vedette-document-write-then-read", NULL);
    assert_non_null(read);
    assert_int_equal(read->reference_count, 2);
    relation_table_free(web.table);
}

// Strangers use it first; that many hosts are made to call it later makes it no ordinary path.
static void a_virtual_path_is_told(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    scanning(3 * DAY, "192.0.2.");
    breaking_in(4 * DAY);
    for (int i = 0; i < 6; i++)
        ask(text_of("192.0.2.", 1 + i % 3), "/vaultworks/agent/q7", "POST", "200",
            6 * DAY + i * 200);
    for (int i = 0; i < 12; i++)
        ask(text_of("10.1.0.", 10 + i), "/vaultworks/agent/q7", "POST", "200", 12 * DAY + i);
    struct relation *child =
        relation_table_add(web.table, RELATION_SPAWN, "", "VAULT-1", 6 * DAY + 10);
    child->artefact = SLICE("c:\\windows\\system32\\cmd.exe");
    child->detail[0] = SLICE("c:\\vault\\bin\\java.exe");
    relation_table_judge(web.table, &detector_webshell);
    const struct table_detection *path =
        relation_table_find(web.table, "vedette-webshell-virtual-path", "VAULT-1");
    assert_non_null(path);
    assert_string_equal(table_detection_field(path, "path"), "/vaultworks/agent/q7");
    assert_int_equal(path->count, 6);
    assert_int_equal(relation_table_count(web.table, "vedette-webshell-virtual-path"), 1);
    assert_int_equal(relation_table_count(web.table, "vedette-webshell-session"), 3);
    assert_int_equal(relation_table_count(web.table, "vedette-webshell-commands"), 1);
    // Who of ours sends to it has what was made to.
    assert_int_equal(relation_table_count(web.table, "vedette-webshell-inside"), 12);
    const struct table_detection *caller =
        relation_table_find(web.table, "vedette-webshell-inside", "10.1.0.10");
    assert_non_null(caller);
    assert_string_equal(table_detection_field(caller, "source"), "VAULT-1");
    relation_table_free(web.table);
}

// Sessions and what the server started are told when they were, whatever its clock wrote.
static void sessions_have_true_times(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    scanning(3 * DAY, "192.0.2.");
    struct relation *use = NULL;
    for (int i = 0; i < 6; i++) {
        use = ask("192.0.2.1", "/vaultworks/agent/q7", "POST", "200", 6 * DAY + i * 200);
        relation_table_skew_last(web.table, -264);
    }
    struct relation *child =
        relation_table_add(web.table, RELATION_SPAWN, "", "VAULT-1", 6 * DAY + 1005);
    child->artefact = SLICE("c:\\windows\\system32\\cmd.exe");
    child->detail[0] = SLICE("c:\\vault\\bin\\java.exe");
    relation_table_skew_last(web.table, -264);
    const int64_t second_ns = 1000000000, end_ns = use->last_ns;
    relation_table_judge(web.table, &detector_webshell);
    const struct table_detection *session =
        relation_table_find(web.table, "vedette-webshell-session", "VAULT-1");
    const struct table_detection *commands =
        relation_table_find(web.table, "vedette-webshell-commands", "VAULT-1");
    assert_non_null(session);
    assert_non_null(commands);
    assert_int_equal(session->first_ns, end_ns - 1000 * second_ns);
    assert_int_equal(session->last_ns, end_ns);
    assert_int_equal(commands->first_ns, end_ns + 5 * second_ns);
    relation_table_free(web.table);
}

// 6 bits: strangers, bodies, networks that tried other paths. Two callers may be anybody.
static void callers_together_speak_of_a_less_certain_path(void **state) {
    (void)state;
    for (int callers = 2; callers <= 3; callers++) {
        web_new();
        ordinary_life();
        scanning(3 * DAY, "192.0.2.");
        for (int i = 0; i < 6; i++)
            ask(text_of("192.0.2.", 1 + i % 3), "/vaultworks/agent/q7", "POST", "200",
                6 * DAY + i * 200);
        for (int i = 0; i < callers; i++)
            ask(text_of("10.1.0.", 10 + i), "/vaultworks/agent/q7", "POST", "200", 12 * DAY + i);
        relation_table_judge(web.table, &detector_webshell);
        assert_int_equal(relation_table_count(web.table, "vedette-webshell-virtual-path"), 1);
        assert_int_equal(relation_table_count(web.table, "vedette-webshell-inside"),
                         callers < 3 ? 0 : callers);
        relation_table_free(web.table);
    }
}

static void a_partner_is_no_intruder(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    for (int i = 0; i < 30; i++)
        ask("192.0.2.200", "/vaultworks/partner/orders", "POST", "200", i % 14 * DAY + i * 30);
    relation_table_judge(web.table, &detector_webshell);
    relation_table_judge(web.table, &detector_document_attack);
    assert_int_equal(web.table->detection_count, 0);
    relation_table_free(web.table);
}

static void a_new_page_file_is_told(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    struct relation *file = relation_table_add(web.table, RELATION_FILE, "", "VAULT-1", 6 * DAY);
    file->artefact = SLICE("d:\\vault\\style\\z9.jsp");
    file->detail[1] = SLICE("d:\\vault\\bin\\java.exe");
    file->detail[2] = SLICE("created");
    ask("192.0.2.7", "/vaultworks/style/z9.jsp", "GET", "200", 6 * DAY + 60);
    ask("192.0.2.7", "/vaultworks/style/z9.jsp", "POST", "200", 6 * DAY + 90);
    ask("192.0.2.7", "/vaultworks/style/main.css", "POST", "200", 6 * DAY + 95);
    relation_table_judge(web.table, &detector_webshell);
    const struct table_detection *page =
        relation_table_find(web.table, "vedette-webshell-page", "VAULT-1");
    assert_non_null(page);
    assert_string_equal(table_detection_field(page, "artefact"), "d:\\vault\\style\\z9.jsp");
    assert_int_equal(page->reference_count, 3);
    assert_non_null(relation_table_find(web.table, "vedette-document-static-post", NULL));
    relation_table_free(web.table);
}

// The server's log is gone; a listing of its pages is left.
static void a_page_newer_than_all_others_is_told(void **state) {
    (void)state;
    web_new();
    static const char *const pages[] = {"d:\\vault\\web\\a.jsp", "d:\\vault\\web\\b.jsp",
                                        "d:\\vault\\web\\c.jsp", "d:\\vault\\web\\k4.jsp"};
    struct relation *row = relation_table_add(web.table, RELATION_SPAWN, "", "VAULT-1", -10 * DAY);
    row->detail[0] = SLICE("c:\\windows\\explorer.exe");
    for (int i = 0; i < 4; i++) {
        row = relation_table_add(web.table, RELATION_FILE, "", "VAULT-1",
                                 i == 3 ? 2 * DAY : -300 * DAY + i * DAY);
        row->artefact = slice_of_string(pages[i]);
        row->detail[2] = SLICE("listed");
    }
    relation_table_judge(web.table, &detector_webshell);
    const struct table_detection *page =
        relation_table_find(web.table, "vedette-webshell-new-page", "VAULT-1");
    assert_non_null(page);
    assert_string_equal(table_detection_field(page, "artefact"), pages[3]);
    assert_int_equal(web.table->detection_count, 1);
    relation_table_free(web.table);
}

// What worked at once leaves no refusal.
static void answers_after_a_scan_are_told(void **state) {
    (void)state;
    web_new();
    ordinary_life();
    for (int i = 0; i < 20; i++)
        ask("192.0.2.4", text_of("/try/", i), "GET", "404", 3 * DAY + i);
    ask("192.0.2.5", "/vaultworks/shelf/merge.act", "POST", "200", 3 * DAY + 4000);
    relation_table_judge(web.table, &detector_document_attack);
    assert_non_null(relation_table_find(web.table, "vedette-document-answered-after-scan", NULL));
    relation_table_free(web.table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(life_and_inside_scanners_are_nothing),
        cmocka_unit_test(a_scan_alone_is_low),
        cmocka_unit_test(a_break_in_is_told_step_by_step),
        cmocka_unit_test(written_then_read),
        cmocka_unit_test(a_virtual_path_is_told),
        cmocka_unit_test(sessions_have_true_times),
        cmocka_unit_test(callers_together_speak_of_a_less_certain_path),
        cmocka_unit_test(a_partner_is_no_intruder),
        cmocka_unit_test(a_new_page_file_is_told),
        cmocka_unit_test(a_page_newer_than_all_others_is_told),
        cmocka_unit_test(answers_after_a_scan_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
