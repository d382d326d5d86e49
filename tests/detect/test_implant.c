// Programs that search, pack, tunnel and remove themselves
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_credential_files, detector_implant;

#define AGENT "c:\\programdata\\vendor\\agent.exe"

static struct relation *spawn(struct relation_table *table, const char *host, struct slice image,
                              struct slice parent, struct slice command) {
    struct relation *row = relation_table_add(table, RELATION_SPAWN, "", host, 60);
    row->artefact = image;
    row->detail[0] = parent;
    row->detail[1] = command;
    return row;
}

static struct relation *file(struct relation_table *table, const char *host, struct slice path,
                             struct slice writer, struct slice how) {
    struct relation *row = relation_table_add(table, RELATION_FILE, "", host, 90);
    row->artefact = path;
    row->detail[1] = writer;
    row->detail[2] = how;
    return row;
}

static struct relation_table *fleet_new(void) {
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "MAIL-01", FLEET_ROLE_MAIL);
    relation_table_host(table, "WS-01", 0);
    relation_table_host(table, "WS-02", 0);
    return table;
}

// What the program did on a second host is told although nobody saw it remove itself there.
static void removal_shows_collection_elsewhere(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    struct slice shell = SLICE("c:\\windows\\system32\\cmd.exe");
    spawn(
        table, "ws-01", shell, SLICE(AGENT),
        SLICE("cmd.exe /c ping -n 5 127.0.0.1 > nul & del \"C:\\ProgramData\\Vendor\\Agent.exe\""));
    spawn(table, "ws-02", shell, SLICE(AGENT), SLICE("cmd.exe /c dir /s /b C:\\Users\\*plan*"));
    file(table, "ws-02", SLICE("c:\\programdata\\vendor\\a1.tmp"), SLICE(AGENT), SLICE("created"));
    file(table, "ws-02", SLICE("\\programdata\\vendor\\a2.tmp"), SLICE(""), SLICE("listed"));
    file(table, "ws-02", SLICE("c:\\programdata\\other\\a3.tmp"), SLICE(""), SLICE("listed"));
    relation_table_judge(table, &detector_implant);
    assert_non_null(relation_table_find(table, "vedette-implant-removes-itself", "WS-01"));
    const struct table_detection *collected =
        relation_table_find(table, "vedette-implant-collects", "WS-02");
    assert_non_null(collected);
    assert_int_equal(collected->reference_count, 3);
    assert_string_equal(
        table_detection_field(collected, "series"),
        table_detection_field(relation_table_find(table, "vedette-implant-removes-itself", "WS-01"),
                              "series"));
    assert_int_not_equal(*table_detection_field(collected, "series"), '\0');
    assert_int_equal(table->detection_count, 2);
    relation_table_free(table);
}

// Where no command lines are logged, what the same program's shells did elsewhere that day speaks.
static void starts_without_command_lines(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    struct slice shell = SLICE("c:\\windows\\system32\\cmd.exe");
    spawn(table, "ws-01", shell, SLICE(AGENT), SLICE("cmd.exe /c dir /s /b C:\\Users\\*plan*"));
    spawn(
        table, "ws-01", shell, SLICE(AGENT),
        SLICE("cmd.exe /c ping -n 5 127.0.0.1 > nul & del \"C:\\ProgramData\\Vendor\\Agent.exe\""))
        ->first_ns += 3600 * 1000000000ll;
    spawn(table, "ws-02", shell, SLICE(AGENT), SLICE(""));
    spawn(table, "ws-02", shell, SLICE("c:\\programdata\\vendor\\other.exe"), SLICE(""));
    relation_table_judge(table, &detector_implant);
    const struct table_detection *removed =
        relation_table_find(table, "vedette-implant-removes-itself", "WS-02");
    assert_non_null(removed);
    assert_int_equal(removed->reference_count, 1);
    assert_int_not_equal(table_detection_field(removed, "confidence")[0], 0);
    assert_null(relation_table_find(table, "vedette-implant-collects", "WS-02"));
    assert_non_null(relation_table_find(table, "vedette-implant-collects", "WS-01"));
    relation_table_free(table);
}

static void lone_program_is_weighed(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    struct slice tool = SLICE("c:\\programdata\\chat0.exe");
    spawn(table, "mail-01", tool, SLICE("c:\\windows\\system32\\cmd.exe"), SLICE("chat0.exe"));
    struct relation *row = relation_table_add(table, RELATION_PIPE, "", "mail-01", 61);
    row->artefact = SLICE("\\abcd");
    row->detail[0] = tool;
    row->detail[1] = SLICE("created");
    row = relation_table_add(table, RELATION_CONTACT, "mail-01", "192.0.2.7", 62);
    row->artefact = SLICE("connect");
    row->detail[1] = tool;
    file(table, "ws-01", SLICE("c:\\windows\\temp\\setup7.exe"), SLICE(""), SLICE("listed"));
    file(table, "mail-01", SLICE("c:\\programdata\\vendor\\tool.exe"), SLICE(""), SLICE("listed"));
    relation_table_judge(table, &detector_implant);
    const struct table_detection *tunnel =
        relation_table_find(table, "vedette-implant-tunnel", "MAIL-01");
    assert_non_null(tunnel);
    assert_int_equal(tunnel->reference_count, 3);
    assert_string_equal(table_detection_field(tunnel, "destination"), "192.0.2.7");
    assert_int_equal(table->detection_count, 1);
    relation_table_free(table);
}

static const char *const SENDERS[] = {"WS-01", "WS-02", "WS-03", "WS-04"};

static void connects(struct relation_table *table, const char *from, const char *to,
                     struct slice port, struct slice program) {
    struct relation *row = relation_table_add(table, RELATION_CONTACT, from, to, 3600);
    row->artefact = SLICE("connect");
    row->detail[0] = port;
    row->detail[1] = program;
}

// Four hosts have the program; what it does is known of one of them.
static struct relation_table *senders_new(struct slice first, struct slice second) {
    struct relation_table *table = fleet_new();
    struct slice shell = SLICE("c:\\windows\\system32\\cmd.exe");
    relation_table_host(table, "WS-03", 0);
    relation_table_host(table, "WS-04", 0);
    spawn(table, "ws-01", shell, SLICE(AGENT), first);
    spawn(table, "ws-01", shell, SLICE(AGENT), second);
    return table;
}

#define SEARCHES SLICE("cmd.exe /c dir /s /b C:\\Users\\*plan*")
#define REMOVES SLICE("cmd.exe /c del C:\\ProgramData\\Vendor\\Agent.exe")

// Where programs that collect meet is told by address, to whom it serves for something else, too.
static void collectors_meet_inside(void **state) {
    (void)state;
    struct relation_table *table = senders_new(SEARCHES, REMOVES);
    for (size_t i = 0; i < 3; i++)
        connects(table, SENDERS[i], "10.1.9.3", SLICE("8443"), SLICE(AGENT));
    connects(table, "WS-04", "10.1.9.3", SLICE("8443"), SLICE("c:\\program files\\b\\browser.exe"));
    relation_table_judge(table, &detector_implant);
    assert_int_equal(relation_table_count(table, "vedette-implant-gathers"), 3);
    const struct table_detection *sent =
        relation_table_find(table, "vedette-implant-gathers", "WS-02");
    assert_non_null(sent);
    assert_string_equal(table_detection_field(sent, "source"), "10.1.9.3");
    assert_int_equal(sent->reference_count, 1);
    relation_table_free(table);
}

// Two hosts; a directory; a place outside; who gives packages out; a relay of all programs; one of
// many that were tried; a product that searches and stays, or removes itself and never searched.
static void near_misses_gather_nothing(void **state) {
    (void)state;
    static const char *const PROGRAMS[] = {"a.exe", "b.exe", "c.exe", "d.exe", "e.exe",
                                           "f.exe", "g.exe", "h.exe", "i.exe", "j.exe",
                                           "k.exe", "l.exe", "m.exe"};
    static const char *const TRIED[] = {"10.1.8.1", "10.1.8.2", "10.1.8.3", "10.1.8.4"};
    struct relation_table *table = senders_new(SEARCHES, REMOVES);
    relation_table_host(table, "PROXY-01", FLEET_ROLE_PROXY);
    for (size_t i = 0; i < 3; i++) {
        if (i < 2)
            connects(table, SENDERS[i], "10.1.9.3", SLICE("8443"), SLICE(AGENT));
        connects(table, SENDERS[i], "10.1.9.4", SLICE("389"), SLICE(AGENT));
        connects(table, SENDERS[i], "192.0.2.9", SLICE("443"), SLICE(AGENT));
        connects(table, SENDERS[i], "10.1.9.5", SLICE("443"), SLICE(AGENT));
        connects(table, SENDERS[i], "proxy-01", SLICE("8000"), SLICE(AGENT));
    }
    relation_table_add(table, RELATION_UPDATE_FETCH, "WS-04", "10.1.9.5", 60)->artefact =
        SLICE("/setup.exe");
    relation_table_judge(table, &detector_implant);
    assert_int_equal(relation_table_count(table, "vedette-implant-gathers"), 0);
    relation_table_free(table);

    table = senders_new(SEARCHES, REMOVES);
    for (size_t i = 0; i < 3; i++)
        connects(table, SENDERS[i], "10.1.9.6", SLICE("8080"), SLICE(AGENT));
    for (size_t i = 0; i < ARRAY_SIZE(PROGRAMS); i++)
        connects(table, "WS-04", "10.1.9.6", SLICE("8080"), slice_of_string(PROGRAMS[i]));
    relation_table_judge(table, &detector_implant);
    assert_int_equal(relation_table_count(table, "vedette-implant-gathers"), 0);
    relation_table_free(table);

    table = senders_new(SEARCHES, REMOVES);
    for (size_t i = 0; i < 12; i++)
        connects(table, SENDERS[i % 3], TRIED[i / 3], SLICE("8443"), SLICE(AGENT));
    relation_table_judge(table, &detector_implant);
    assert_int_equal(relation_table_count(table, "vedette-implant-gathers"), 0);
    relation_table_free(table);

    const struct slice lone[] = {SEARCHES, REMOVES};
    for (size_t k = 0; k < 2; k++) {
        table = senders_new(lone[k], lone[k]);
        for (size_t i = 0; i < 3; i++)
            connects(table, SENDERS[i], "10.1.9.3", SLICE("8443"), SLICE(AGENT));
        relation_table_judge(table, &detector_implant);
        assert_int_equal(relation_table_count(table, "vedette-implant-gathers"), 0);
        relation_table_free(table);
    }
}

static void passwords_in_files(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    static const char *const paths[] = {
        "c:\\windows\\temp\\lsass.dmp", "\\windows\\temp\\lsass.dmp", "c:\\windows\\ntds\\ntds.dit",
        "c:\\users\\a\\appdata\\local\\crashdumps\\lsass.exe.1.dmp"};
    for (size_t i = 0; i < 4; i++)
        file(table, "mail-01", slice_of_string(paths[i]), SLICE(""), SLICE("listed"));
    file(table, "ws-01", SLICE("c:\\temp\\ntds.dit"), SLICE(""), SLICE("listed"));
    relation_table_judge(table, &detector_credential_files);
    assert_int_equal(table->detection_count, 2);
    assert_int_equal(
        relation_table_find(table, "vedette-credential-file", "MAIL-01")->reference_count, 2);
    assert_non_null(relation_table_find(table, "vedette-credential-file", "WS-01"));
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removal_shows_collection_elsewhere),
        cmocka_unit_test(starts_without_command_lines),
        cmocka_unit_test(lone_program_is_weighed),
        cmocka_unit_test(collectors_meet_inside),
        cmocka_unit_test(near_misses_gather_nothing),
        cmocka_unit_test(passwords_in_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
