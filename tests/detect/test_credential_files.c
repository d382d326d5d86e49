// Files that hold passwords, and what they show
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct detector detector_credential_files;

static void lies(struct relation_table *table, const char *host, const char *path) {
    struct relation *row = relation_table_add(table, RELATION_FILE, "", host, 3600);
    row->artefact = slice_of_string(path);
}

// A dump of LSASS is no copy of NTDS.dit, and Windows' own files are none.
static void a_finding_names_the_technique_of_its_file(void **state) {
    (void)state;
    static const char *const FILES[][3] = {
        {"mail-01", "c:\\windows\\temp\\lsass.dmp", "T1003.001"},
        {"file-02", "c:\\temp\\sam.save", "T1003.002"},
        {"dc-01", "c:\\temp\\ntds.dit", "T1003.003"},
        {"pc-01", "c:\\temp\\security.hiv", "T1003.004"},
    };
    struct relation_table *table = relation_table_new();
    for (size_t i = 0; i < ARRAY_SIZE(FILES); i++) {
        relation_table_host(table, FILES[i][0], 0);
        lies(table, FILES[i][0], FILES[i][1]);
    }
    relation_table_host(table, "dc-02", 0);
    lies(table, "dc-02", "c:\\windows\\ntds\\ntds.dit");
    relation_table_judge(table, &detector_credential_files);
    assert_int_equal(relation_table_count(table, "vedette-credential-file"), 4);
    for (size_t i = 0; i < ARRAY_SIZE(FILES); i++) {
        const struct table_detection *told =
            relation_table_find(table, "vedette-credential-file", FILES[i][0]);
        assert_non_null(told);
        assert_string_equal(table_detection_field(told, "technique"), FILES[i][2]);
    }
    relation_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_names_the_technique_of_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
