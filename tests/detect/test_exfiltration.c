// Data that left, and what only looks like it
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

extern const struct detector detector_exfiltration;

enum {
    FIRST_DAY = 20458, // 2026-01-05
    ROWS = 2048,
    DAY = 86400
};

static struct relation_day days[ROWS];
static int64_t times[ROWS];
static char names[64][16];
static char texts[ROWS][48];

static struct relation_table *table_new(void) {
    struct relation_table *table = relation_table_new();
    for (uint32_t i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "WS-%02u", i);
        relation_table_host(table, names[i], 0);
    }
    relation_table_host(table, "DOC-01", FLEET_ROLE_DOCUMENT);
    relation_table_host(table, "BACKUP-01", FLEET_ROLE_SERVER);
    relation_table_host(table, "SENSOR-01", 0);
    return table;
}

// One day's bytes of a pair, as a sensor told them.
static struct relation *send(struct relation_table *table, const char *from, const char *to,
                             int32_t day, uint64_t bytes_out) {
    size_t at = table->relation_count;
    struct relation *row =
        relation_table_add(table, RELATION_FLOW, from, to, (int64_t)day * DAY + 36000);
    bool large = bytes_out >= 1 << 18;
    days[at] = (struct relation_day){FIRST_DAY + day, 1, bytes_out, 900};
    times[at] = row->first_ns;
    row->artefact = SLICE("tcp/443");
    row->detail[2] = large ? SLICE("256K") : SLICE("");
    row->bytes_out = bytes_out;
    row->bytes_in = 900;
    row->days = &days[at];
    row->day_count = 1;
    row->times = &times[at];
    row->time_count = 1;
    row->recorder = SLICE("sensor-01");
    return row;
}

// Twenty days on which all hosts talk to the document server and to places outside.
static void live(struct relation_table *table, uint32_t hosts) {
    for (uint32_t i = 0; i < hosts; i++)
        for (int32_t day = 0; day < 20; day++) {
            send(table, names[i], "doc-01", day, 2000 + 37 * i + 91 * (uint32_t)day);
            send(table, names[i], "198.51.100.200", day, 3000 + 53 * i + 17 * (uint32_t)day);
        }
}

static void much_to_a_rare_place_is_found(void **state) {
    (void)state;
    struct relation_table *table = table_new();
    live(table, 10);
    send(table, "WS-03", "203.0.113.5", 15, 343000000);
    struct relation *router = send(table, "WS-03", "203.0.113.5", 15, 353000000);
    router->recorder = SLICE("doc-01"); // another sensor that saw the same
    relation_table_judge(table, &detector_exfiltration);
    const struct table_detection *found =
        relation_table_find(table, "vedette-exfiltration-outside", "WS-03");
    assert_non_null(found);
    assert_string_equal(table_detection_field(found, "volume"), "353000000");
    assert_string_equal(table_detection_field(found, "volume_is"), "measured");
    assert_string_equal(table_detection_field(found, "destination"), "203.0.113.5");
    assert_int_equal(table->detection_count, 1);
    relation_table_free(table);
}

static void little_counts_after_an_archive(void **state) {
    (void)state;
    struct relation_table *table = table_new();
    live(table, 10);
    send(table, "WS-03", "203.0.113.5", 15, 4000000);
    send(table, "WS-04", "203.0.113.6", 15, 4000000);
    struct relation *file = relation_table_add(table, RELATION_FILE, "", "WS-03", 15 * DAY + 35900);
    file->artefact = SLICE("c:\\programdata\\things0.7z");
    file->detail[2] = SLICE("created");
    relation_table_judge(table, &detector_exfiltration);
    const struct table_detection *found =
        relation_table_find(table, "vedette-exfiltration-outside-unusual", "WS-03");
    assert_non_null(found);
    assert_int_equal(found->reference_count, 2);
    assert_string_equal(table_detection_field(found, "artefact"), "c:\\programdata\\things0.7z");
    assert_int_equal(table->detection_count, 1);
    relation_table_free(table);
}

// A recorder eight hours ahead writes the next day; the sentence says the day in UTC, and the time
// is that of the sending, not of the archive before it.
static void days_are_told_in_universal_time(void **state) {
    (void)state;
    struct relation_table *table = table_new();
    live(table, 10);
    struct relation *sent = send(table, "WS-03", "203.0.113.5", 15, 343000000);
    sent->first_ns = sent->last_ns += 8 * 3600 * 1000000000ll; // 18:00
    size_t at = table->relation_count - 1;
    int64_t sent_ns = times[at] = sent->first_ns;
    days[at].day = FIRST_DAY + 16;
    table->references[at].time_ns = sent->first_ns + 8 * 3600 * 1000000000ll;
    struct relation *file = relation_table_add(table, RELATION_FILE, "", "WS-03", 15 * DAY + 35900);
    file->artefact = SLICE("c:\\programdata\\things0.7z");
    file->detail[2] = SLICE("created");
    relation_table_judge(table, &detector_exfiltration);
    const struct table_detection *found =
        relation_table_find(table, "vedette-exfiltration-outside", "WS-03");
    assert_non_null(found);
    assert_string_equal(table_detection_field(found, "what"),
                        "WS-03 sent 343.0 MB to 203.0.113.5 on 2026-01-20.");
    assert_non_null(strstr(table_detection_field(found, "why"), "first on 2026-01-20;"));
    assert_int_equal(found->reference_count, 2);
    assert_int_equal(found->first_ns, sent_ns);
    relation_table_free(table);
}

static void backups_and_calls_are_none(void **state) {
    (void)state;
    struct relation_table *table = table_new();
    live(table, 10);
    for (uint32_t i = 0; i < 10; i++)
        for (int32_t day = 0; day < 20; day++)
            send(table, names[i], "backup-01", day, 900000000 + i * 1000000);
    for (int32_t day = 0; day < 20; day++)
        send(table, "WS-05", "203.0.113.77", day, 700000000); // a backup in a cloud
    struct relation *call = send(table, "WS-06", "203.0.113.9", 12, 800000000);
    days[table->relation_count - 1].bytes_in = 900000000;
    call->bytes_in = 900000000;
    struct relation *share = send(table, "WS-07", "doc-01", 9, 300000000);
    share->artefact = SLICE("tcp/445");
    relation_table_judge(table, &detector_exfiltration);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static struct relation *post(struct relation_table *table, const char *from, const char *path,
                             int32_t day) {
    size_t at = table->relation_count;
    struct relation *row =
        relation_table_add(table, RELATION_WEB_REQUEST, from, "doc-01", (int64_t)day * DAY + 36001);
    times[at] = row->first_ns;
    row->artefact = slice_of_string(path);
    row->detail[0] = SLICE("POST");
    row->times = &times[at];
    row->time_count = 1;
    row->recorder = SLICE("doc-01");
    return row;
}

static void hosts_that_load_a_server_are_found(void **state) {
    (void)state;
    struct relation_table *table = table_new();
    live(table, 10);
    for (uint32_t i = 0; i < 10; i++)
        for (int32_t day = 0; day < 20; day += 2)
            post(table, names[i], "/client/report", day);
    for (uint32_t i = 2; i < 6; i++) {
        if (i < 5) // the flow of the last one is lost
            send(table, names[i], "doc-01", 17, 90000000 + i);
        post(table, names[i], "/common/x1", 17);
    }
    relation_table_judge(table, &detector_exfiltration);
    assert_int_equal(relation_table_count(table, "vedette-exfiltration-internal"), 4);
    const struct table_detection *found =
        relation_table_find(table, "vedette-exfiltration-internal", "WS-02");
    assert_string_equal(table_detection_field(found, "source"), "DOC-01");
    assert_string_equal(table_detection_field(found, "path"), "/common/x1");
    assert_int_equal(found->reference_count, 2);
    found = relation_table_find(table, "vedette-exfiltration-internal", "WS-05");
    assert_non_null(found);
    assert_string_equal(table_detection_field(found, "volume"), "");
    assert_int_equal(table->detection_count, 4);
    relation_table_free(table);
}

static void read_mail(struct relation_table *table, const char *client, const char *account,
                      const char *mailbox, int32_t day, uint64_t bytes) {
    size_t at = table->relation_count;
    struct relation *row = relation_table_add(table, RELATION_MAIL_READ, client, "mail-01",
                                              (int64_t)day * DAY + 36000);
    days[at] = (struct relation_day){FIRST_DAY + day, 10, 0, bytes};
    row->account = slice_of_string(account);
    row->artefact = slice_of_string(mailbox);
    row->detail[0] = SLICE("GetItem");
    row->detail[1] = SLICE("ExampleClient/1.0");
    row->detail[2] = SLICE("impersonated");
    row->bytes_in = bytes;
    row->days = &days[at];
    row->day_count = 1;
}

static void mailboxes_read_in_bulk_are_found(void **state) {
    (void)state;
    static const char *const MAILBOXES[] = {"a@corp.test", "b@corp.test", "c@corp.test",
                                            "d@corp.test", "e@corp.test", "f@corp.test"};
    struct relation_table *table = table_new();
    for (int32_t day = 0; day < 20; day++)
        for (uint32_t i = 0; i < 6; i++)
            read_mail(table, "backup-01", "corp\\svc.archive", MAILBOXES[i], day, 30000000);
    for (uint32_t i = 0; i < 6; i++)
        read_mail(table, "203.0.113.4", "corp\\adm", MAILBOXES[i], 12, 5000000);
    relation_table_judge(table, &detector_exfiltration);
    assert_int_equal(table->detection_count, 1);
    const struct table_detection *found =
        relation_table_find(table, "vedette-exfiltration-mail-read", NULL);
    assert_non_null(found);
    assert_string_equal(found->account, "corp\\adm");
    assert_string_equal(table_detection_field(found, "volume"), "30000000");
    relation_table_free(table);
}

static void mail(struct relation_table *table, const char *what, const char *sender,
                 const char *recipient, int64_t seconds, uint64_t bytes) {
    size_t at = table->relation_count;
    struct relation *row =
        relation_table_add(table, RELATION_MAIL, sender, strchr(recipient, '@') + 1, seconds);
    snprintf(texts[at], sizeof texts[at], "subject %u", (unsigned)(seconds / 3600 % 7));
    days[at] = (struct relation_day){(int32_t)(FIRST_DAY + seconds / DAY), 1, bytes, 0};
    row->account = slice_of_string(sender);
    row->artefact = slice_of_string(what);
    row->detail[0] = slice_of_string(recipient);
    row->detail[1] = slice_of_string(texts[at]);
    row->bytes_out = bytes;
    row->days = &days[at];
    row->day_count = 1;
    row->recorder = SLICE("mail-01");
}

static void forwarded_mail_is_found(void **state) {
    (void)state;
    static const char *const PEOPLE[] = {"a@corp.test", "b@corp.test", "c@corp.test"};
    struct relation_table *table = table_new();
    for (uint32_t i = 0; i < 30; i++) {
        int64_t at = i * 7200;
        mail(table, "delivered", "x@partner.test", PEOPLE[i % 3], at, 20000 + i * 9000);
        if (i % 3 < 2)
            mail(table, "sent", "x@partner.test", "box@elsewhere.test", at + 20, 20700 + i * 9000);
        mail(table, "sent", PEOPLE[i % 3], "x@partner.test", at + 60, 9000 + i * 500);
    }
    // On copy once, among mail of his own.
    mail(table, "delivered", PEOPLE[0], PEOPLE[1], 500000, 5000);
    mail(table, "sent", PEOPLE[0], "x@partner.test", 500001, 5000);
    relation_table_judge(table, &detector_exfiltration);
    assert_int_equal(table->detection_count, 1);
    const struct table_detection *found =
        relation_table_find(table, "vedette-exfiltration-forwarding", NULL);
    assert_non_null(found);
    assert_string_equal(table_detection_field(found, "destination"), "box@elsewhere.test");
    assert_string_equal(table_detection_field(found, "what"),
                        "Mail of 2 people goes on to box@elsewhere.test.");
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(much_to_a_rare_place_is_found),
        cmocka_unit_test(little_counts_after_an_archive),
        cmocka_unit_test(days_are_told_in_universal_time),
        cmocka_unit_test(backups_and_calls_are_none),
        cmocka_unit_test(hosts_that_load_a_server_are_found),
        cmocka_unit_test(mailboxes_read_in_bulk_are_found),
        cmocka_unit_test(forwarded_mail_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
