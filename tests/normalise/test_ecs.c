// Tests of the canonical form
// SPDX-License-Identifier: Apache-2.0
#include "made_event.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    TEXT_CEILING = 1 << 20
};

static void expect_ecs(struct made_event *made, const char *expected) {
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made->event);
    struct buffer text;
    buffer_init(&text, TEXT_CEILING);
    normalise_append_ecs(&made->event, &text);
    buffer_append_byte(&text, '\0');
    assert_string_equal((const char *)text.data, expected);
    buffer_done(&text);
    normaliser_free(normaliser);
}

static void a_process_reads_as_winlogbeat_would_write_it(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", "1");
    made_event_add(&made, "Event.System.Computer", FIELD_ROLE_COMPUTER, made_text("srv01"));
    made_event_add(&made, "Event.System.EventRecordID", FIELD_ROLE_RECORD_ID, made_text("77"));
    made_event_data(&made, "Image", "C:\\Windows\\a.exe");
    made_event_data(&made, "ProcessId", "42");
    made_event_data(&made, "CommandLine", "a \"b\"");
    made_event_data(&made, "User", "EXAMPLE\\bob");
    made_event_data(&made, "Hashes", "MD5=11,IMPHASH=33");
    made_event_data(&made, "ParentImage", "-");
    made_event_data(&made, "Company", NULL);
    made.event.time_ns = 1500000000;
    expect_ecs(&made,
               "{\"@timestamp\":\"1970-01-01T00:00:01.500000Z\","
               "\"event\":{\"category\":[\"process\"],\"code\":\"1\",\"kind\":\"event\","
               "\"provider\":\"Microsoft-Windows-Sysmon\",\"type\":[\"start\"]},"
               "\"host\":{\"name\":\"srv01\"},"
               "\"process\":{\"command_line\":\"a \\\"b\\\"\",\"executable\":\"C:\\\\Windows\\\\a."
               "exe\",\"hash\":{\"md5\":\"11\"},\"name\":\"a.exe\",\"pe\":{\"imphash\":\"33\"},"
               "\"pid\":42},"
               "\"user\":{\"domain\":\"EXAMPLE\",\"name\":\"bob\"},"
               "\"winlog\":{\"channel\":\"Microsoft-Windows-Sysmon/Operational\","
               "\"computer_name\":\"srv01\",\"event_data\":{\"Image\":\"C:\\\\Windows\\\\a.exe\","
               "\"ProcessId\":\"42\",\"CommandLine\":\"a \\\"b\\\"\",\"User\":\"EXAMPLE\\\\bob\","
               "\"Hashes\":\"MD5=11,IMPHASH=33\",\"ParentImage\":\"-\"},\"event_id\":\"1\","
               "\"provider_name\":\"Microsoft-Windows-Sysmon\",\"record_id\":77}}");
}

static void a_name_that_comes_twice_gives_an_array(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "P", "C", "9");
    made_event_data(&made, "Data", "b");
    made_event_data(&made, "x", "1");
    made_event_data(&made, "Data", "a");
    made_event_data(&made, "Data", NULL);
    made_event_add(&made, "Event.UserData.Cleared.By", FIELD_ROLE_NONE, made_text("bob"));
    made_event_add(&made, "agent.version", FIELD_ROLE_NONE, made_text("8"));
    expect_ecs(&made, "{\"event\":{\"code\":\"9\",\"kind\":\"event\",\"provider\":\"P\"},"
                      "\"unmapped\":{\"version\":\"8\"},"
                      "\"winlog\":{\"channel\":\"C\",\"event_data\":{\"Data\":[\"b\",\"a\"],"
                      "\"x\":\"1\"},\"event_id\":\"9\",\"provider_name\":\"P\","
                      "\"user_data\":{\"By\":\"bob\"}}}");
}

static void what_is_not_windows_is_unmapped(void **state) {
    (void)state;
    struct made_event made;
    made_event_init(&made);
    made.shape.format = NULL;
    made_event_add(&made, "a\"b", FIELD_ROLE_NONE, made_text("\xff\n"));
    expect_ecs(&made, "{\"event\":{\"kind\":\"event\"},\"unmapped\":{\"a\\\"b\":\"\xEF\xBF\xBD\\n"
                      "\"}}");
    made_event_init(&made);
    expect_ecs(&made, "{\"event\":{\"kind\":\"event\"}}");
}

static void second_sources_fill_the_same_names(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Security-Auditing", "Security", "4688");
    made_event_add(&made, "Event.System.Keywords", FIELD_ROLE_NONE,
                   made_text("0x8020000000000000"));
    made_event_data(&made, "NewProcessName", "C:\\a.exe");
    made_event_data(&made, "NewProcessId", "0x10");
    made_event_data(&made, "SubjectUserName", "bob");
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    struct buffer text;
    buffer_init(&text, TEXT_CEILING);
    normalise_append_ecs(&made.event, &text);
    buffer_append_byte(&text, '\0');
    const char *json = (const char *)text.data;
    assert_non_null(strstr(json, "\"process\":{\"executable\":\"C:\\\\a.exe\",\"name\":\"a.exe\","
                                 "\"pid\":16}"));
    assert_non_null(strstr(json, "\"outcome\":\"success\""));
    assert_non_null(strstr(json, "\"user\":{\"name\":\"bob\"}"));
    const struct event_class *event_class = made.event.event_class;
    assert_string_equal(normalise_ecs_name(event_class, SLICE("Image")), "process.executable");
    assert_string_equal(normalise_ecs_name(event_class, SLICE("NewProcessName")),
                        "process.executable");
    assert_string_equal(normalise_ecs_name(event_class, SLICE("EventID")), "event.code");
    assert_null(normalise_ecs_name(event_class, SLICE("TokenElevationType")));
    assert_null(normalise_ecs_name(event_class, SLICE("TargetObject")));
    buffer_done(&text);
    normaliser_free(normaliser);
}

static void names_depend_on_the_class(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Sysmon", NULL, "13");
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    const struct event_class *event_class = made.event.event_class;
    assert_string_equal(normalise_ecs_name(event_class, SLICE("TargetObject")), "registry.path");
    assert_string_equal(normalise_ecs_name(event_class, SLICE("Details")), "registry.data.strings");
    assert_string_equal(normalise_ecs_name(event_class, SLICE("User")), "user.name");
    assert_string_equal(normalise_ecs_name(event_class, SLICE("image")), "process.executable");
    normaliser_free(normaliser);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_reads_as_winlogbeat_would_write_it),
        cmocka_unit_test(a_name_that_comes_twice_gives_an_array),
        cmocka_unit_test(what_is_not_windows_is_unmapped),
        cmocka_unit_test(second_sources_fill_the_same_names),
        cmocka_unit_test(names_depend_on_the_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
