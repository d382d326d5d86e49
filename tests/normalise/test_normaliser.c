// Tests of classification
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "made_event.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void expect_source(const char *provider, const char *channel, const char *code,
                          struct log_source_wanted wanted, bool fits) {
    struct made_event made;
    made_event_head(&made, provider, channel, code);
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    assert_int_equal(log_source_fits(&made.event.event_class->log_source, &wanted), fits);
    normaliser_free(normaliser);
}

static void expect_category(const char *provider, const char *channel, const char *code,
                            enum log_category category) {
    expect_source(provider, channel, code,
                  (struct log_source_wanted){LOG_PRODUCT_WINDOWS, category, LOG_SERVICE_NONE},
                  true);
}

static void expect_service(const char *provider, const char *channel, const char *code,
                           enum log_service service) {
    expect_source(provider, channel, code,
                  (struct log_source_wanted){LOG_PRODUCT_WINDOWS, LOG_CATEGORY_NONE, service},
                  true);
}

static void events_have_the_categories_of_the_taxonomy(void **state) {
    (void)state;
    static const char SYSMON[] = "Microsoft-Windows-Sysmon";
    static const char CHANNEL[] = "Microsoft-Windows-Sysmon/Operational";
    expect_category(SYSMON, CHANNEL, "1", LOG_CATEGORY_PROCESS_CREATION);
    expect_category(SYSMON, CHANNEL, "12", LOG_CATEGORY_REGISTRY_EVENT);
    expect_category(SYSMON, CHANNEL, "12", LOG_CATEGORY_REGISTRY_DELETE);
    expect_category(SYSMON, CHANNEL, "18", LOG_CATEGORY_PIPE_CREATED);
    expect_category(SYSMON, CHANNEL, "255", LOG_CATEGORY_SYSMON_ERROR);
    expect_category(SYSMON, NULL, "11", LOG_CATEGORY_FILE_EVENT);
    expect_category(SYSMON, "ForwardedEvents", "11", LOG_CATEGORY_FILE_EVENT);
    expect_category("MICROSOFT-WINDOWS-SYSMON", "", "11", LOG_CATEGORY_FILE_EVENT);
    expect_category("Microsoft-Windows-Security-Auditing", "Security", "4688",
                    LOG_CATEGORY_PROCESS_CREATION);
    expect_category("Microsoft-Windows-Security-Auditing", "security", "5156",
                    LOG_CATEGORY_NETWORK_CONNECTION);
    expect_category("Microsoft-Windows-PowerShell", "Microsoft-Windows-PowerShell/Operational",
                    "4104", LOG_CATEGORY_PS_SCRIPT);
    expect_category("PowerShellCore", "PowerShellCore/Operational", "4103", LOG_CATEGORY_PS_MODULE);
    expect_category("PowerShell", "Windows PowerShell", "400", LOG_CATEGORY_PS_CLASSIC_START);
    expect_source("Microsoft-Windows-Sysmon", CHANNEL, "1",
                  (struct log_source_wanted){.category = LOG_CATEGORY_FILE_EVENT}, false);
}

static void ids_of_other_sources_in_security_are_their_own(void **state) {
    (void)state;
    struct log_source_wanted wanted = {.category = LOG_CATEGORY_PROCESS_CREATION};
    expect_source("AD FS Auditing", "Security", "4688", wanted, false);
    expect_service("AD FS Auditing", "Security", "4688", LOG_SERVICE_SECURITY);
    expect_source("Microsoft-Windows-Security-Auditing", "Security", "4689", wanted, false);
    expect_source("Some Program", "Application", "4688", wanted, false);
}

static void services_follow_the_channel_and_else_the_provider(void **state) {
    (void)state;
    expect_service("Service Control Manager", "System", "7045", LOG_SERVICE_SYSTEM);
    expect_service("Service Control Manager", NULL, "7045", LOG_SERVICE_SYSTEM);
    expect_service("Microsoft-Windows-Eventlog", NULL, "1102", LOG_SERVICE_SECURITY);
    expect_service("Microsoft-Windows-Eventlog", NULL, "104", LOG_SERVICE_SYSTEM);
    expect_service("MSExchange CmdletLogs", NULL, "1", LOG_SERVICE_MSEXCHANGE_MANAGEMENT);
    expect_service("x", "Microsoft-Windows-AppLocker/EXE and DLL", "8004", LOG_SERVICE_APPLOCKER);
    expect_service("x", "Microsoft-Windows-LDAP-Client/Debug", "30", LOG_SERVICE_LDAP_DEBUG);
    // A provider that writes to several channels goes with the channel.
    struct log_source_wanted wanted = {.service = LOG_SERVICE_DNS_CLIENT};
    expect_source("Microsoft-Windows-DNS-Client", "System", "1014", wanted, false);
    // A record of a Windows log that nobody has a service for is still Windows.
    expect_source("Nobody", "Nobody/Operational", "1",
                  (struct log_source_wanted){.product = LOG_PRODUCT_WINDOWS}, true);
    expect_source("Linux-Sysmon", "Linux-Sysmon/Operational", "1",
                  (struct log_source_wanted){LOG_PRODUCT_LINUX, LOG_CATEGORY_PROCESS_CREATION,
                                             LOG_SERVICE_NONE},
                  true);
}

static void a_record_of_no_known_shape_has_no_source(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Sysmon", NULL, "1");
    made.shape.format = NULL;
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    assert_int_equal(made.event.event_class->log_source.product, LOG_PRODUCT_NONE);
    normaliser_free(normaliser);
}

static void equal_heads_are_one_class_and_others_are_not(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Service Control Manager", "System", "7045");
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    const struct event_class *first = made.event.event_class;
    assert_int_equal(first->id, 0);
    assert_int_equal(first->code, 7045);
    // The same bytes elsewhere: the same class.
    char provider[] = "Service Control Manager";
    made.values[0] = made_text(provider);
    normaliser_classify(normaliser, &made.event);
    assert_ptr_equal(made.event.event_class, first);
    // Other bytes at the same place, as in the next batch: another class.
    provider[0] = 'X';
    normaliser_classify(normaliser, &made.event);
    assert_ptr_not_equal(made.event.event_class, first);
    assert_true(slice_equal(made.event.event_class->provider, SLICE("Xervice Control Manager")));
    provider[0] = 'S';
    made.values[2] = made_text("7036");
    normaliser_classify(normaliser, &made.event);
    assert_ptr_not_equal(made.event.event_class, first);
    // An id in another spelling is the same id.
    static const uint8_t ID[] = {0x85, 0x1b};
    made.values[2] = (struct value){.data = ID, .size = 2, .kind = VALUE_UINT16};
    normaliser_classify(normaliser, &made.event);
    assert_ptr_equal(made.event.event_class, first);
    made.values[2] = made_text("000000007045");
    normaliser_classify(normaliser, &made.event);
    assert_ptr_equal(made.event.event_class, first);
    made.values[2] = EVENT_VALUE_ABSENT;
    normaliser_classify(normaliser, &made.event);
    assert_int_equal(made.event.event_class->code, -1);
    normaliser_free(normaliser);
}

static void classes_are_capped(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Service Control Manager", "System", "1");
    struct normaliser *normaliser = normaliser_new();
    char text[16];
    uint32_t kept = 0;
    for (unsigned i = 0; i < 70000; i++) {
        snprintf(text, sizeof text, "%u", i);
        made.values[2] = made_text(text);
        normaliser_classify(normaliser, &made.event);
        const struct event_class *event_class = made.event.event_class;
        assert_int_equal(event_class->code, i);
        assert_int_equal(event_class->log_source.product, LOG_PRODUCT_WINDOWS);
        if (event_class->id != UINT32_MAX)
            assert_int_equal(event_class->id, kept++);
    }
    assert_in_range(kept, 10000, 65536);
    // Those that were kept are still themselves.
    made.values[2] = made_text("17");
    normaliser_classify(normaliser, &made.event);
    assert_int_equal(made.event.event_class->id, 17);
    normaliser_free(normaliser);
}

static void long_names_are_not_kept(void **state) {
    (void)state;
    static char name[4096];
    memset(name, 'a', sizeof name - 1);
    struct made_event made;
    made_event_head(&made, name, "Security", "4688");
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    assert_int_equal(made.event.event_class->id, UINT32_MAX);
    assert_int_equal(made.event.event_class->provider.size, sizeof name - 1);
    normaliser_free(normaliser);
}

// No limit here, only a figure: machines differ.
static void the_hit_path_is_short(void **state) {
    (void)state;
    enum {
        ROUNDS = 200000
    };
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Security-Auditing", "Security", "4688");
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    int64_t start = clock_now_monotonic();
    for (int i = 0; i < ROUNDS; i++)
        normaliser_classify(normaliser, &made.event);
    print_message("%.1f ns a hit\n", (double)(clock_now_monotonic() - start) / ROUNDS);
    normaliser_free(normaliser);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_have_the_categories_of_the_taxonomy),
        cmocka_unit_test(ids_of_other_sources_in_security_are_their_own),
        cmocka_unit_test(services_follow_the_channel_and_else_the_provider),
        cmocka_unit_test(a_record_of_no_known_shape_has_no_source),
        cmocka_unit_test(equal_heads_are_one_class_and_others_are_not),
        cmocka_unit_test(classes_are_capped),
        cmocka_unit_test(long_names_are_not_kept),
        cmocka_unit_test(the_hit_path_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
