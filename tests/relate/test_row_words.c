// Tests of the tables of rows
// SPDX-License-Identifier: Apache-2.0
#include "relate/row_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct relation_family *const FAMILIES[] = {
#define FAMILY(name) &relation_family_##name,
#include "relate/relation_families.def"
#undef FAMILY
};

static void test_all_rows(void **state) {
    (void)state;
    for (size_t f = 0; f < ARRAY_SIZE(FAMILIES); f++)
        for (size_t i = 0; i < FAMILIES[f]->count; i++) {
            const struct relation_row *row = &FAMILIES[f]->rows[i];
            if (!relation_row_is_well_formed(row))
                fail_msg("family %zu, row %zu: %s | %s", f, i, row->parts,
                         row->when ? row->when : "");
            assert_true(row->format || row->service || row->category);
        }
}

static void test_items(void **state) {
    (void)state;
    struct slice rest = SLICE("from=A:host|B; to=@host!; detail0='run key'; in=sc-bytes");
    struct row_item item;
    struct row_term term;
    assert_true(row_next_item(&rest, &item));
    assert_int_equal(item.part, PART_FROM);
    assert_true(row_next_term(&item.words, &term));
    assert_int_equal(term.form, TEXT_FORM_HOST);
    assert_true(slice_equal_string(term.name, "A"));
    assert_true(row_next_term(&item.words, &term));
    assert_true(slice_equal_string(term.name, "B"));
    assert_false(row_next_term(&item.words, &term));
    assert_true(row_next_item(&rest, &item));
    assert_true(row_part_is_required(&item.words));
    assert_true(row_next_term(&item.words, &term));
    assert_int_equal(term.origin, TERM_HOST);
    assert_true(row_next_item(&rest, &item));
    assert_true(row_next_term(&item.words, &term));
    assert_int_equal(term.origin, TERM_LITERAL);
    assert_true(slice_equal_string(term.name, "run key"));
    assert_true(row_next_item(&rest, &item));
    assert_int_equal(item.number, ROW_NUMBER_IN);
    assert_false(row_next_item(&rest, &item));
}

static void test_terms(void **state) {
    (void)state;
    struct slice rest = SLICE("Data[12]:lower|Domain+User|cs(User-Agent)");
    struct row_term term;
    assert_true(row_next_term(&rest, &term));
    assert_int_equal(term.origin, TERM_ELEMENT);
    assert_int_equal(term.index, 12);
    assert_true(row_next_term(&rest, &term));
    assert_int_equal(term.origin, TERM_ACCOUNT);
    assert_true(slice_equal_string(term.name2, "User"));
    assert_true(row_next_term(&rest, &term));
    assert_true(slice_equal_string(term.name, "cs(User-Agent)"));
}

static void test_malformed(void **state) {
    (void)state;
    static const char *const PARTS[] = {"from",       "form=A",         "from=",   "from=A:shout",
                                        "from=@hots", "from=a|b|c|d|e", "from='x", "from=D[x]"};
    for (size_t i = 0; i < ARRAY_SIZE(PARTS); i++) {
        struct relation_row row = {.parts = PARTS[i]};
        assert_false(relation_row_is_well_formed(&row));
    }
    struct relation_row row = {.parts = "from=A", .when = "Nothing"};
    assert_false(relation_row_is_well_formed(&row));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_rows),
                                       cmocka_unit_test(test_items), cmocka_unit_test(test_terms),
                                       cmocka_unit_test(test_malformed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
