// Programs with another name on each host
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

extern const struct detector detector_program_series;

#define DAY 86400

enum {
    HOSTS = 24
};

static const int NUMBERS[] = {0x81f2, 0x3ac4, 0x9d01, 0xc77e, 0x52fb, 0xe609};
static char names[HOSTS][8], paths[HOSTS][40];

static struct relation_table *fleet_new(void) {
    struct relation_table *table = relation_table_new();
    for (int i = 0; i < HOSTS; i++) {
        snprintf(names[i], sizeof names[i], "pc-%02d", i);
        relation_table_host(table, names[i], 0);
    }
    return table;
}

static void put(struct relation_table *table, int host, const char *folder, int number) {
    snprintf(paths[host], sizeof paths[host], "c:\\%s\\mon%04x.exe", folder, number);
    struct relation *row = relation_table_add(table, RELATION_FILE, "", names[host], host * DAY);
    row->artefact = slice_of_string(paths[host]);
    row->detail[2] = SLICE("listed");
}

static void another_name_on_each_host(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (int i = 0; i < 5; i++)
        put(table, i, "windows", NUMBERS[i]);
    relation_table_judge(table, &detector_program_series);
    assert_int_equal(table->detection_count, 5);
    relation_table_free(table);
}

// A host whose files are not listed shows its program when it starts, or as a service's.
static void other_records_show_the_program_too(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (int i = 0; i < 2; i++)
        put(table, i, "windows", NUMBERS[i]);
    struct relation *spawn = relation_table_add(table, RELATION_SPAWN, "", names[2], 2 * DAY);
    spawn->artefact = SLICE("c:\\windows\\mon9d01.exe");
    struct relation *service =
        relation_table_add(table, RELATION_PERSISTENCE, "", names[3], 3 * DAY);
    service->artefact = SLICE("service");
    service->detail[1] = SLICE("\"C:\\Windows\\monc77e.exe\" -k");
    relation_table_judge(table, &detector_program_series);
    assert_int_equal(table->detection_count, 4);
    relation_table_free(table);
}

// Three are too few; one name on all is a roll-out; setups unpack where setups do.
static void others_are_not_told(void **state) {
    (void)state;
    for (int form = 0; form < 3; form++) {
        struct relation_table *table = fleet_new();
        for (int i = 0; i < (form ? 6 : 3); i++)
            put(table, i, form == 2 ? "program files\\a" : "windows", NUMBERS[form == 1 ? 0 : i]);
        relation_table_judge(table, &detector_program_series);
        assert_int_equal(table->detection_count, 0);
        relation_table_free(table);
    }
}

// Setups unpack themselves for a start, under names that they make up.
static void starts_in_temporary_folders_are_setups(void **state) {
    (void)state;
    struct relation_table *table = fleet_new();
    for (int i = 0; i < 6; i++) {
        snprintf(paths[i], sizeof paths[i], "c:\\windows\\temp\\mon%04x.exe", NUMBERS[i]);
        relation_table_add(table, RELATION_SPAWN, "", names[i], i * DAY)->artefact =
            slice_of_string(paths[i]);
    }
    relation_table_judge(table, &detector_program_series);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_name_on_each_host),
        cmocka_unit_test(other_records_show_the_program_too),
        cmocka_unit_test(others_are_not_told),
        cmocka_unit_test(starts_in_temporary_folders_are_setups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
