// Tests of model/log_source.h
// SPDX-License-Identifier: Apache-2.0
#include "model/log_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_row_is_found_by_its_text(void **state) {
    (void)state;
    for (uint32_t i = 0; i < LOG_PRODUCT_COUNT; i++)
        assert_int_equal(log_product_find(slice_of_string(log_product_text(i))), i);
    for (uint32_t i = 0; i < LOG_CATEGORY_COUNT; i++)
        assert_int_equal(log_category_find(slice_of_string(log_category_text(i))), i);
    for (uint32_t i = 0; i < LOG_SERVICE_COUNT; i++)
        assert_int_equal(log_service_find(slice_of_string(log_service_text(i))), i);
}

static void names_are_found_without_case_and_strangers_not(void **state) {
    (void)state;
    assert_int_equal(log_product_find(SLICE("Windows")), LOG_PRODUCT_WINDOWS);
    assert_int_equal(log_service_find(SLICE("BITS-Client")), LOG_SERVICE_BITS_CLIENT);
    assert_int_equal(log_category_find(SLICE("zzz")), LOG_UNKNOWN);
    assert_int_equal(log_category_find(SLICE("")), LOG_CATEGORY_NONE);
    assert_string_equal(log_service_text(LOG_UNKNOWN), "");
}

static void a_rule_fits_when_each_part_it_asks_for_is_there(void **state) {
    (void)state;
    struct log_source source = {.product = LOG_PRODUCT_WINDOWS};
    log_source_add_category(&source, LOG_CATEGORY_PROCESS_CREATION);
    log_source_add_service(&source, LOG_SERVICE_SECURITY);
    struct log_source_wanted wanted = {0};
    assert_true(log_source_fits(&source, &wanted));
    wanted = (struct log_source_wanted){.product = LOG_PRODUCT_WINDOWS,
                                        .category = LOG_CATEGORY_PROCESS_CREATION,
                                        .service = LOG_SERVICE_SECURITY};
    assert_true(log_source_fits(&source, &wanted));
    wanted.service = LOG_SERVICE_SYSMON;
    assert_false(log_source_fits(&source, &wanted));
    wanted = (struct log_source_wanted){.category = LOG_CATEGORY_FILE_EVENT};
    assert_false(log_source_fits(&source, &wanted));
    wanted = (struct log_source_wanted){.product = LOG_PRODUCT_LINUX};
    assert_false(log_source_fits(&source, &wanted));
    wanted = (struct log_source_wanted){.category = LOG_UNKNOWN};
    assert_false(log_source_fits(&source, &wanted));
    wanted = (struct log_source_wanted){.product = LOG_UNKNOWN};
    assert_false(log_source_fits(&source, &wanted));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_found_by_its_text),
        cmocka_unit_test(names_are_found_without_case_and_strangers_not),
        cmocka_unit_test(a_rule_fits_when_each_part_it_asks_for_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
