// Pages whose text is unlike the others'
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

extern const struct detector detector_script_rank;

enum {
    PAGES = 40,
    TEXT_SIZE = 64
};

// Ordinary pages, a little different from each other.
static struct relation_table *root_new(char texts[PAGES][2][TEXT_SIZE], const char *ending) {
    struct relation_table *table = relation_table_new();
    relation_table_host(table, "WEB-01", FLEET_ROLE_WEB);
    for (int i = 0; i < PAGES; i++) {
        snprintf(texts[i][0], TEXT_SIZE, "c:\\inetpub\\wwwroot\\p%02d%s", i, ending);
        snprintf(texts[i][1], TEXT_SIZE, "4.9%03d.0.05%02d.%d.0.31%02d", i * 20, i, 50 + i, i);
        struct relation *row = relation_table_add(table, RELATION_FILE, "", "web-01", 60);
        row->artefact = slice_of_string(texts[i][0]);
        row->detail[2] = SLICE("listed");
        row->detail[3] = slice_of_string(texts[i][1]);
        row->bytes_in_max = 9000;
    }
    return table;
}

static void encoded_page_is_told(void **state) {
    (void)state;
    char texts[PAGES][2][TEXT_SIZE];
    struct relation_table *table = root_new(texts, ".aspx");
    snprintf(texts[7][1], TEXT_SIZE, "6.0210.0.0166.40044.0.7611");
    table->relations[7].detail[3] = slice_of_string(texts[7][1]);
    // Short pages compress badly, all of them; one measure alone says nothing.
    snprintf(texts[9][1], TEXT_SIZE, "4.9100.0.0510.12.1.0400");
    table->relations[9].detail[3] = slice_of_string(texts[9][1]);
    table->relations[9].bytes_in_max = 80;
    snprintf(texts[11][1], TEXT_SIZE, "4.9100.0.0510.9000.0.3100");
    table->relations[11].detail[3] = slice_of_string(texts[11][1]);
    relation_table_judge(table, &detector_script_rank);
    assert_int_equal(table->detection_count, 1);
    const struct table_detection *told =
        relation_table_find(table, "vedette-webshell-script-unlike-others", "WEB-01");
    assert_non_null(told);
    assert_int_equal(told->lines[0], 8);
    assert_non_null(strstr(table_detection_field(told, "why"), "place 1 of 40"));
    relation_table_free(table);
}

// Other languages, measures that are none, and too few pages are not compared.
static void nothing_to_compare(void **state) {
    (void)state;
    char texts[PAGES][2][TEXT_SIZE];
    struct relation_table *table = root_new(texts, ".txt");
    table->relations[7].detail[3] = SLICE("6.0210.0.0166.40044.0.7611");
    table->relations[8].detail[3] = SLICE("6.0.x");
    table->relations[8].artefact = SLICE("c:\\a.aspx");
    table->relations[9].detail[3] = SLICE("6.0210.0.0166.40044.0.7611");
    table->relations[9].artefact = SLICE("c:\\b.aspx");
    relation_table_judge(table, &detector_script_rank);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoded_page_is_told),
        cmocka_unit_test(nothing_to_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
