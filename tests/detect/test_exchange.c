// How mail servers were taken, and what left
// SPDX-License-Identifier: Apache-2.0
#include "detect/exchange_cmdlet.h"
#include "model/account.h"
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

extern const struct detector detector_exchange;

#define HOUR 3600ll
#define DAY (24 * HOUR)
#define FORGED "f04d3bae-5d31-5f67-ba27-a5c828a35fb2"
#define SCRIPT "b120a366-f0bb-49cf-82f2-dc05873f9bd0"

static struct relation_table *mail_server(void) {
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL-01", FLEET_ROLE_MAIL);
    return table;
}

static struct relation *hit(struct relation_table *table, const char *from, int64_t seconds,
                            const char *rule) {
    struct relation *row = relation_table_add(table, RELATION_RULE_HIT, from, "mail-01", seconds);
    row->artefact = slice_of_string(rule);
    return row;
}

static void request(struct relation_table *table, const char *from, int64_t seconds,
                    const char *path, const char *status) {
    struct relation *row =
        relation_table_add(table, RELATION_WEB_REQUEST, from, "mail-01", seconds);
    row->artefact = slice_of_string(path);
    row->detail[0] = SLICE("POST");
    row->detail[1] = slice_of_string(status);
}

static void cmdlet(struct relation_table *table, int64_t seconds, const char *account,
                   const char *name, const char *parameters) {
    struct relation *row = relation_table_add(table, RELATION_CMDLET, "", "mail-01", seconds);
    row->account = slice_of_string(account);
    row->artefact = slice_of_string(name);
    row->detail[0] = slice_of_string(parameters);
}

static void attack(struct relation_table *table) {
    hit(table, "203.0.113.9", 10 * HOUR, FORGED);
    hit(table, "203.0.113.77", 10 * HOUR + 60, FORGED);
    hit(table, "", 10 * HOUR + 90, SCRIPT);
}

static void links_of_one_attack_are_joined(void **state) {
    (void)state;
    struct relation_table *table = mail_server();
    attack(table);
    cmdlet(table, 10 * HOUR + 95, "corp\\a", "remove-oabvirtualdirectory", "-Force \"True\"");
    cmdlet(table, 30 * HOUR, "corp\\b", "remove-oabvirtualdirectory", "-Force \"True\"");
    struct relation *file =
        relation_table_add(table, RELATION_FILE, "", "mail-01", 10 * HOUR + 100);
    file->artefact = SLICE("c:\\v15\\frontend\\httpproxy\\owa\\auth\\x.aspx");
    file->detail[1] = SLICE("system");
    file->detail[2] = SLICE("created");
    struct relation *run =
        relation_table_add(table, RELATION_SPAWN, "", "mail-01", 10 * HOUR + 200);
    run->artefact = SLICE("c:\\windows\\system32\\cmd.exe");
    run->detail[0] = SLICE("C:\\Windows\\System32\\inetsrv\\w3wp.exe");
    run->detail[1] = SLICE("cmd /c whoami");
    relation_table_judge(table, &detector_exchange);
    const struct table_detection *one =
        relation_table_find(table, "vedette-exchange-takeover", "MAIL-01");
    assert_non_null(one);
    assert_int_equal(one->reference_count, 6); // all but the cmdlet of the next day
    assert_string_equal(table_detection_field(one, "source"), "203.0.113.9");
    assert_string_equal(table_detection_field(one, "tool"), "cmd /c whoami");
    assert_string_equal(table_detection_field(one, "artefact"),
                        "c:\\v15\\frontend\\httpproxy\\owa\\auth\\x.aspx");
    assert_non_null(relation_table_find(table, "vedette-exchange-page", "MAIL-01"));
    assert_int_equal(relation_table_count(table, "vedette-exchange-takeover"), 1);
    relation_table_free(table);
}

static void requests_alone_are_no_takeover(void **state) {
    (void)state;
    struct relation_table *table = mail_server();
    hit(table, "203.0.113.9", 10 * HOUR, FORGED);
    hit(table, "203.0.113.9", 5 * DAY, FORGED);
    relation_table_judge(table, &detector_exchange);
    assert_int_equal(relation_table_count(table, "vedette-exchange-takeover"), 0);
    assert_int_equal(relation_table_count(table, "vedette-exchange-forged-request"), 2);
    relation_table_free(table);
}

static void probing_and_handlers_belong_to_an_attack(void **state) {
    (void)state;
    static char paths[8][16];
    for (int turn = 0; turn < 2; turn++) {
        struct relation_table *table = mail_server();
        for (int i = 0; i < 8; i++) {
            snprintf(paths[i], sizeof paths[i], "/admin%d", i);
            request(table, "203.0.113.5", 9 * HOUR + i, paths[i], "404");
        }
        request(table, "203.0.113.5", 11 * HOUR, "/owa/auth/q/x.aspx", "200");
        request(table, "192.0.2.1", 11 * HOUR, "/owa/old.aspx", "200");
        request(table, "192.0.2.1", 2 * HOUR, "/owa/old.aspx", "200");
        request(table, "10.1.1.1", 12 * HOUR, "/owa/inside.aspx", "200");
        request(table, "203.0.113.200", 2 * DAY, "/ews/exchange.asmx", "200");
        if (turn)
            attack(table);
        relation_table_judge(table, &detector_exchange);
        assert_int_equal(relation_table_count(table, "vedette-exchange-probe"), turn);
        assert_int_equal(relation_table_count(table, "vedette-exchange-handler"), turn);
        assert_int_equal(
            relation_table_count(table, "vedette-exchange-mail-from-attacking-network"), turn);
        const struct table_detection *one =
            relation_table_find(table, "vedette-exchange-handler", NULL);
        if (one)
            assert_string_equal(table_detection_field(one, "path"), "/owa/auth/q/x.aspx");
        relation_table_free(table);
    }
}

static void flow(struct relation_table *table, const char *from, int64_t seconds,
                 const char *port) {
    relation_table_add(table, RELATION_FLOW, from, "mail-01", seconds)->artefact =
        slice_of_string(port);
}

static void flows_of_attackers_are_told(void **state) {
    (void)state;
    struct relation_table *table = mail_server();
    attack(table);
    flow(table, "203.0.113.9", 9 * HOUR, "tcp/443");
    flow(table, "203.0.113.9", 10 * HOUR + 5, "tcp/443");
    flow(table, "203.0.113.77", 2 * DAY, "tcp/443");
    flow(table, "203.0.113.77", 2 * DAY, "tcp/25");
    flow(table, "203.0.113.10", 2 * DAY, "tcp/443");
    relation_table_judge(table, &detector_exchange);
    const struct table_detection *one =
        relation_table_find(table, "vedette-exchange-contact-before-attack", "MAIL-01");
    assert_non_null(one);
    assert_int_equal(one->reference_count, 1);
    one = relation_table_find(table, "vedette-exchange-contact-after-attack", "MAIL-01");
    assert_non_null(one);
    assert_int_equal(one->reference_count, 1);
    relation_table_free(table);
}

static void exports_are_judged_by_session(void **state) {
    (void)state;
    struct relation_table *table = mail_server();
    // An administrator's: one mailbox to a file server, removed afterwards.
    cmdlet(table, HOUR, "corp\\a", "new-mailboxexportrequest",
           "-Mailbox \"x@corp.example\" -FilePath \"\\\\files-01\\legal\\case.pst\"");
    cmdlet(table, HOUR + 60, "corp\\a", "remove-mailboxexportrequest", "-Confirm:$false");
    // Three with dates.
    static char parameters[3][160];
    for (int i = 0; i < 3; i++) {
        snprintf(parameters[i], sizeof parameters[i],
                 "-Mailbox \"m%d@corp.example\" -ContentFilter \"(Received -ge '1/1/2026')\" "
                 "-FilePath \"\\\\files-01\\x\\m%d.pst\"",
                 i, i);
        cmdlet(table, (10 + i) * HOUR, "b@corp.example", "new-mailboxexportrequest", parameters[i]);
    }
    // One into a web folder, fetched, told by two logs.
    const char *own = "-Mailbox \"y@corp.example\" -FilePath "
                      "\"\\\\127.0.0.1\\C$\\inetpub\\wwwroot\\aspnet_client\\y.pst\"";
    cmdlet(table, 20 * HOUR, "corp.example/Users/CORP\\c", "new-mailboxexportrequest", own);
    cmdlet(table, 20 * HOUR + 1, "c@corp.example", "new-mailboxexportrequest", own);
    request(table, "203.0.113.9", 21 * HOUR, "/aspnet_client/y.pst", "200");
    relation_table_judge(table, &detector_exchange);
    assert_int_equal(relation_table_count(table, "vedette-exchange-export-unusual"), 1);
    assert_int_equal(relation_table_count(table, "vedette-exchange-export"), 1);
    const struct table_detection *dated =
        relation_table_find(table, "vedette-exchange-export-unusual", NULL);
    assert_string_equal(dated->account, "b");
    assert_string_equal(table_detection_field(dated, "range"), "(Received -ge '1/1/2026')");
    const struct table_detection *web = relation_table_find(table, "vedette-exchange-export", NULL);
    assert_string_equal(web->account, "c");
    assert_string_equal(table_detection_field(web, "mailbox"), "y@corp.example");
    assert_string_equal(table_detection_field(web, "what"),
                        "1 mailbox of MAIL-01 was exported by c.");
    assert_int_equal(web->reference_count, 2); // the export and its fetching
    relation_table_free(table);
}

static void read(struct relation_table *table, int64_t seconds, const char *mailbox) {
    struct relation *row =
        relation_table_add(table, RELATION_MAIL_READ, "203.0.113.9", "mail-01", seconds);
    row->account = SLICE("a@corp.example");
    row->artefact = slice_of_string(mailbox);
    row->detail[2] = SLICE("impersonated");
    row->bytes_in = 1000;
}

static struct relation_day days[8];

// What the server sent back to a client on a day of the sensor's.
static void flow_back(struct relation_table *table, const char *recorder, int64_t seconds,
                      int64_t ahead, uint64_t bytes) {
    size_t at = table->relation_count % ARRAY_SIZE(days);
    struct relation *flow =
        relation_table_add(table, RELATION_FLOW, "203.0.113.9", "mail-01", seconds);
    table->references[table->relation_count - 1].time_ns += ahead * 1000000000;
    days[at] = (struct relation_day){
        .day = 20458 + (int32_t)((seconds + ahead) / DAY), .count = 1, .bytes_in = bytes};
    flow->artefact = SLICE("tcp/443");
    flow->recorder = slice_of_string(recorder);
    flow->bytes_in = bytes;
    flow->days = &days[at];
    flow->day_count = 1;
}

// Two sensors saw the fetch, one of them eight hours ahead; other days and mail that the client
// read on that day are not of it. A web log that says the size needs no flow.
static void fetched_exports_are_measured(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct relation_table *table = mail_server();
        cmdlet(table, 18 * HOUR, "corp\\c", "new-mailboxexportrequest",
               "-Mailbox \"y@corp.example\" -FilePath "
               "\"\\\\127.0.0.1\\C$\\inetpub\\wwwroot\\aspnet_client\\y.pst\"");
        request(table, "203.0.113.9", 19 * HOUR, "/aspnet_client/y.pst", "200");
        table->relations[table->relation_count - 1].bytes_in = turn ? 500000000 : 0;
        flow_back(table, "sensor-01", 19 * HOUR, 0, 516000000);
        flow_back(table, "router-01", 19 * HOUR, 8 * HOUR, 531000000);
        flow_back(table, "sensor-01", 45 * HOUR, 0, 70000000);
        flow_back(table, "router-01", HOUR, 8 * HOUR, 80000000);
        read(table, 3 * HOUR, "x@corp.example");
        struct relation *mail = &table->relations[table->relation_count - 1];
        days[7] = (struct relation_day){.day = 20458, .count = 1, .bytes_in = 1000};
        mail->days = &days[7];
        mail->day_count = 1;
        relation_table_judge(table, &detector_exchange);
        const struct table_detection *web =
            relation_table_find(table, "vedette-exchange-export", NULL);
        assert_non_null(web);
        assert_string_equal(table_detection_field(web, "volume"), turn ? "500000000" : "515999000");
        assert_string_equal(table_detection_field(web, "volume_is"), "at least");
        assert_string_equal(table_detection_field(web, "destination"), "203.0.113.9");
        assert_int_equal(web->reference_count, turn ? 2 : 4);
        relation_table_free(table);
    }
}

// Where the cmdlets' log is gone an archive that an attacked server gave away is measured as well.
static void fetched_archives_are_measured(void **state) {
    (void)state;
    for (int turn = 0; turn < 4; turn++) {
        struct relation_table *table = mail_server();
        if (turn != 1) // nobody attacked it
            attack(table);
        request(table, turn == 2 ? "10.0.0.7" : "203.0.113.9", 2 * DAY, "/aspnet_client/y.pst",
                turn == 3 ? "404" : "200");
        table->relations[table->relation_count - 1].detail[0] = SLICE("GET");
        if (turn == 0) {
            request(table, "203.0.113.10", 2 * DAY + HOUR, "/owa/z.zip", "206");
            table->relations[table->relation_count - 1].detail[0] = SLICE("GET");
        }
        flow_back(table, "sensor-01", 2 * DAY, 0, 516000000);
        relation_table_judge(table, &detector_exchange);
        const struct table_detection *one =
            relation_table_find(table, "vedette-exchange-archive-fetched", "MAIL-01");
        assert_true((one != NULL) == (turn == 0));
        if (one) {
            assert_string_equal(table_detection_field(one, "volume"), "516000000");
            assert_string_equal(table_detection_field(one, "destination"), "203.0.113.9");
            assert_int_equal(one->reference_count, 3);
        }
        relation_table_free(table);
    }
}

// One mailbox, by an administrator, after an attack.
static void exports_to_an_old_folder_are_usual(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct relation_table *table = mail_server();
        attack(table);
        cmdlet(table, HOUR, "corp\\a", "new-mailboxexportrequest",
               turn ? "-Mailbox \"w@corp.example\" -FilePath \"\\\\FILES-01\\legal\\w.pst\""
                    : "-Mailbox \"w@corp.example\" -FilePath \"\\\\files-01\\other\\w.pst\"");
        cmdlet(table, 2 * DAY, "corp\\b", "new-mailboxexportrequest",
               "-Mailbox \"x@corp.example\" -FilePath \"\\\\files-01\\legal\\x.pst\"");
        relation_table_judge(table, &detector_exchange);
        assert_int_equal(relation_table_count(table, "vedette-exchange-export-usual"), turn);
        assert_int_equal(relation_table_count(table, "vedette-exchange-export-unusual"), !turn);
        relation_table_free(table);
    }
}

static void forwards_of_several_people_are_told(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct relation_table *table = mail_server();
        struct relation *mail =
            relation_table_add(table, RELATION_MAIL, "x@y.example", "corp.example", 5);
        mail->artefact = SLICE("delivered");
        cmdlet(table, HOUR, "corp\\a", "set-mailbox",
               "-Identity \"x@corp.example\" -ForwardingSmtpAddress \"smtp:k@example.net\"");
        cmdlet(table, HOUR + 60, "corp\\a", "new-inboxrule",
               turn ? "-Mailbox \"y@corp.example\" -ForwardTo \"K <k@example.net>\""
                    : "-Mailbox \"y@corp.example\" -ForwardTo \"k@corp.example\"");
        relation_table_judge(table, &detector_exchange);
        assert_int_equal(relation_table_count(table, "vedette-exchange-forwarding"), turn);
        relation_table_free(table);
    }
}

static void forward(struct relation_table *table, int64_t seconds, const char *account,
                    const char *parameters) {
    cmdlet(table, seconds, account, "set-mailbox", parameters);
}

// After an attack every rule is told; one to an address that was in use before it says little.
static void forwards_to_an_old_address_are_usual(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct relation_table *table = mail_server();
        attack(table);
        if (turn)
            forward(table, HOUR, "corp\\a",
                    "-Identity \"w@corp.example\" -ForwardingSmtpAddress \"smtp:K@example.net\"");
        forward(table, DAY, "corp\\b",
                "-Identity \"x@corp.example\" -ForwardingSmtpAddress \"smtp:k@example.net\"");
        forward(table, 2 * DAY, "corp\\c",
                "-Identity \"y@corp.example\" -ForwardingSmtpAddress \"smtp:k@example.net\"");
        forward(table, 2 * DAY + 60, "corp\\c",
                "-Identity \"z@corp.example\" -ForwardingSmtpAddress \"smtp:k@example.net\"");
        relation_table_judge(table, &detector_exchange);
        assert_int_equal(relation_table_count(table, "vedette-exchange-forwarding-usual"),
                         turn ? 2 : 0);
        assert_int_equal(relation_table_count(table, "vedette-exchange-forwarding"), !turn);
        assert_int_equal(relation_table_count(table, "vedette-exchange-forwarding-after-attack"),
                         !turn);
        const struct table_detection *one = relation_table_find(
            table,
            turn ? "vedette-exchange-forwarding-usual" : "vedette-exchange-forwarding-after-attack",
            NULL);
        assert_string_equal(table_detection_field(one, "also_set_by"), turn ? "a" : "c");
        relation_table_free(table);
    }
}

static void reading_after_a_grant_is_told(void **state) {
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        struct relation_table *table = mail_server();
        cmdlet(table, 5 * HOUR, "corp\\z", "new-managementroleassignment",
               "-Role \"ApplicationImpersonation\" -User \"A\"");
        read(table, 6 * HOUR, "x@corp.example");
        if (!turn) // a service that is given its right again
            read(table, HOUR, "x@corp.example");
        relation_table_judge(table, &detector_exchange);
        assert_int_equal(relation_table_count(table, "vedette-exchange-impersonation"), turn);
        relation_table_free(table);
    }
}

static void builds_are_held_against_releases(void **state) {
    (void)state;
    struct relation_table *table = mail_server();
    relation_table_add(table, RELATION_BUILD, "", "mail-01", HOUR)->artefact = SLICE("15.1.2176.2");
    relation_table_judge(table, &detector_exchange);
    const struct table_detection *one =
        relation_table_find(table, "vedette-exchange-patch-level-exploited", "MAIL-01");
    assert_non_null(one);
    assert_non_null(strstr(table_detection_field(one, "what"), "Exchange2016 CU19"));
    assert_non_null(strstr(table_detection_field(one, "why"), "CVE-2021-33766"));
    assert_non_null(strstr(table_detection_field(one, "confidence"), "ExSetup.exe"));
    relation_table_free(table);
}

static void parameters_are_read_as_logs_write_them(void **state) {
    (void)state;
    static const struct {
        const char *text, *name, *value;
    } rows[] = {
        {"-Mailbox \"a b\" -FilePath \"\\\\h\\c$\\x.pst\"", "FilePath", "\\\\h\\c$\\x.pst"},
        {"-mailbox:bob -Confirm:$false", "Mailbox", "bob"},
        {"-ContentFilter \"(Sent -ge \"1/1\")\" -Mailbox x", "Mailbox", "x"},
        {"Set-Mailbox.Identity='x'.ForwardingSmtpAddress='smtp:y@z'", "ForwardingSmtpAddress",
         "smtp:y@z"},
        {"-MailboxFolder \"x\"", "Mailbox", ""},
        {"-Mailbox", "Mailbox", ""},
        {"", "Mailbox", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct slice value = cmdlet_parameter(slice_of_string(rows[i].text), rows[i].name);
        if (!slice_equal_string(value, rows[i].value))
            fail_msg("%s: %.*s", rows[i].text, (int)value.size, (const char *)value.data);
    }
    assert_true(slice_equal(account_person(SLICE("c.example/Users/C\\bob")), SLICE("bob")));
    assert_true(slice_equal(account_person(SLICE("bob@c.example")), SLICE("bob")));
    assert_true(slice_equal(mail_address_of(SLICE("K <k@e.net>, l@e.net")), SLICE("k@e.net")));
    assert_int_equal(mail_address_of(SLICE("Newsletters")).size, 0);
    assert_true(export_path_is_own(SLICE("\\\\localhost\\c$\\a.pst")));
    assert_false(export_path_is_own(SLICE("\\\\files-01\\legal\\a.pst")));
}

// Each rule that the detector relies on is shipped.
static void signs_are_shipped_rules(void **state) {
    (void)state;
    static const char *const ids[] = {
#define SIGN(id, link, known_as) id,
#include "detect/exchange_signs.def"
#undef SIGN
    };
    bool found[ARRAY_SIZE(ids)] = {false};
    glob_t files;
    assert_int_equal(glob(SOURCE_ROOT "/rules/sigma/*.yml", 0, NULL, &files), 0);
    for (size_t k = 0; k < files.gl_pathc; k++) {
        static char text[1 << 16];
        FILE *file = fopen(files.gl_pathv[k], "rb");
        assert_non_null(file);
        size_t size = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[size] = '\0';
        for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
            found[i] |= strstr(text, ids[i]) != NULL;
    }
    globfree(&files);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
        if (!found[i])
            fail_msg("no rule has the id %s", ids[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_of_one_attack_are_joined),
        cmocka_unit_test(requests_alone_are_no_takeover),
        cmocka_unit_test(probing_and_handlers_belong_to_an_attack),
        cmocka_unit_test(flows_of_attackers_are_told),
        cmocka_unit_test(exports_are_judged_by_session),
        cmocka_unit_test(fetched_exports_are_measured),
        cmocka_unit_test(fetched_archives_are_measured),
        cmocka_unit_test(exports_to_an_old_folder_are_usual),
        cmocka_unit_test(forwards_of_several_people_are_told),
        cmocka_unit_test(forwards_to_an_old_address_are_usual),
        cmocka_unit_test(reading_after_a_grant_is_told),
        cmocka_unit_test(builds_are_held_against_releases),
        cmocka_unit_test(parameters_are_read_as_logs_write_them),
        cmocka_unit_test(signs_are_shipped_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
