// Tests of names, transforms and messages
// SPDX-License-Identifier: Apache-2.0
#include "made_event.h"
#include "model/event_class.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum {
    TEXT_CEILING = 65536,
    SOURCES_MAX = 8
};

// Classify, resolve `name` and compare the first text; NULL expects none.
static void expect_field(struct made_event *made, const char *name, bool by_category,
                         const char *expected) {
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made->event);
    struct field_source sources[SOURCES_MAX];
    size_t count = event_class_resolve(made->event.event_class, slice_of_string(name), by_category,
                                       sources, SOURCES_MAX);
    struct buffer text;
    buffer_init(&text, TEXT_CEILING);
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = field_source_append_text(&made->event, &sources[i], &text);
    assert_int_equal(found, expected != NULL);
    if (found) {
        buffer_append_byte(&text, '\0');
        assert_string_equal((const char *)text.data, expected);
    }
    buffer_done(&text);
    normaliser_free(normaliser);
}

static void a_process_of_security_speaks_like_sysmon(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Security-Auditing", "Security", "4688");
    made_event_data(&made, "SubjectUserName", "bob");
    made_event_data(&made, "SubjectDomainName", "EXAMPLE");
    made_event_data(&made, "SubjectLogonId", "0x3e7");
    made_event_data(&made, "NewProcessId", "0x1fc");
    made_event_data(&made, "NewProcessName", "C:\\a.exe");
    made_event_data(&made, "ProcessId", "0x278");
    made_event_data(&made, "CommandLine", "a -b");
    made_event_data(&made, "TargetUserName", "-");
    made_event_data(&made, "TargetDomainName", "-");
    made_event_data(&made, "ParentProcessName", "C:\\b.exe");
    made_event_data(&made, "MandatoryLabel", "S-1-16-16384");
    expect_field(&made, "Image", true, "C:\\a.exe");
    expect_field(&made, "ParentImage", true, "C:\\b.exe");
    expect_field(&made, "CommandLine", true, "a -b");
    expect_field(&made, "User", true, "EXAMPLE\\bob");
    expect_field(&made, "LogonId", true, "0x3e7");
    expect_field(&made, "ProcessId", true, "508");
    expect_field(&made, "ParentProcessId", true, "632");
    expect_field(&made, "IntegrityLevel", true, "System");
    // A rule of service security sees the evidence's own names.
    expect_field(&made, "ProcessId", false, "0x278");
    expect_field(&made, "NewProcessName", false, "C:\\a.exe");
    expect_field(&made, "NewProcessName", true, "C:\\a.exe");
    expect_field(&made, "Image", false, NULL);
    expect_field(&made, "OriginalFileName", true, NULL);
}

static void a_target_account_comes_first(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Security-Auditing", "Security", "4688");
    made_event_data(&made, "SubjectUserName", "SRV01$");
    made_event_data(&made, "SubjectDomainName", "EXAMPLE");
    made_event_data(&made, "TargetUserName", "alice");
    made_event_data(&made, "TargetDomainName", "EXAMPLE");
    expect_field(&made, "User", true, "EXAMPLE\\alice");
}

static void a_registry_value_of_security_speaks_like_sysmon(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Security-Auditing", "Security", "4657");
    made_event_data(&made, "ObjectName",
                    "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Control\\Lsa");
    made_event_data(&made, "ObjectValueName", "RunAsPPL");
    made_event_data(&made, "OperationType", "%%1905");
    made_event_data(&made, "NewValueType", "%%1876");
    made_event_data(&made, "NewValue", "1");
    made_event_data(&made, "ProcessName", "C:\\Windows\\regedit.exe");
    expect_field(&made, "TargetObject", true,
                 "HKLM\\System\\CurrentControlSet\\Control\\Lsa\\RunAsPPL");
    expect_field(&made, "Details", true, "DWORD (0x00000001)");
    expect_field(&made, "EventType", true, "SetValue");
    expect_field(&made, "Image", true, "C:\\Windows\\regedit.exe");
    made.values[3] = made_text("\\REGISTRY\\USER\\S-1-5-18\\Run");
    made.values[5] = made_text("%%1906");
    made.values[6] = made_text("%%1873");
    made.values[7] = made_text("calc.exe");
    expect_field(&made, "TargetObject", true, "HKU\\S-1-5-18\\Run\\RunAsPPL");
    expect_field(&made, "EventType", true, "DeleteValue");
    expect_field(&made, "Details", true, "calc.exe");
}

static void a_connection_of_security_speaks_like_sysmon(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Security-Auditing", "Security", "5156");
    made_event_data(&made, "Application", "\\device\\harddiskvolume12\\windows\\system32\\a.exe");
    made_event_data(&made, "Direction", "%%14593");
    made_event_data(&made, "SourceAddress", "10.0.0.1");
    made_event_data(&made, "SourcePort", "5000");
    made_event_data(&made, "DestAddress", "10.0.0.2");
    made_event_data(&made, "DestPort", "445");
    made_event_data(&made, "Protocol", "6");
    expect_field(&made, "Image", true, "C:\\windows\\system32\\a.exe");
    expect_field(&made, "Initiated", true, "true");
    expect_field(&made, "SourceIp", true, "10.0.0.1");
    expect_field(&made, "SourcePort", true, "5000");
    expect_field(&made, "DestinationIp", true, "10.0.0.2");
    expect_field(&made, "DestinationPort", true, "445");
    expect_field(&made, "Protocol", true, "tcp");
    expect_field(&made, "Protocol", false, "6");
    made.values[3] = made_text("\\device\\harddiskvolume3\\data\\a.exe");
    expect_field(&made, "Image", true, "\\device\\harddiskvolume3\\data\\a.exe");
}

static void hashes_are_picked_by_name(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", "1");
    made_event_data(&made, "Hashes", "MD5=11,SHA256=22,IMPHASH=33");
    expect_field(&made, "md5", true, "11");
    expect_field(&made, "sha256", true, "22");
    expect_field(&made, "Imphash", true, "33");
    expect_field(&made, "sha1", true, NULL);
}

static void names_fold_case_blanks_and_underscores_at_last(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Windows Defender",
                    "Microsoft-Windows-Windows Defender/Operational", "1116");
    made_event_data(&made, "Threat Name", "EICAR");
    made_event_data(&made, "path", "lower");
    made_event_data(&made, "Path", "exact");
    expect_field(&made, "ThreatName", false, "EICAR");
    expect_field(&made, "Threat_Name", false, "EICAR");
    expect_field(&made, "Path", false, "exact");
    expect_field(&made, "PATH", false, "lower");
    expect_field(&made, "Signature", true, "EICAR");
    expect_field(&made, "Filename", true, "exact");
    expect_field(&made, "Signature", false, NULL);
}

// 1108 tells of an event that could not be written; its id is no second id of this one.
static void a_data_field_is_no_head(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "Microsoft-Windows-Eventlog", "Security", "1108");
    made_event_data(&made, "EventID", "4634");
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    struct field_source sources[SOURCES_MAX];
    assert_int_equal(
        event_class_resolve(made.event.event_class, SLICE("EventID"), false, sources, SOURCES_MAX),
        1);
    assert_int_equal(sources[0].field, made.shape.role_fields[FIELD_ROLE_EVENT_ID]);
    normaliser_free(normaliser);
}

static void unnamed_data_gives_several_sources(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "PowerShell", "Windows PowerShell", "400");
    made_event_data(&made, "Data", "a");
    made_event_data(&made, "Data", "b");
    made_event_data(&made, "Data", "c");
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made.event);
    struct field_source sources[2];
    assert_int_equal(event_class_resolve(made.event.event_class, SLICE("Data"), true, sources, 2),
                     3);
    assert_int_equal(sources[1].field, 4);
    normaliser_free(normaliser);
}

static void expect_message(struct made_event *made, const char *expected) {
    struct normaliser *normaliser = normaliser_new();
    normaliser_classify(normaliser, &made->event);
    struct buffer text;
    buffer_init(&text, TEXT_CEILING);
    event_append_message(&made->event, &text);
    buffer_append_byte(&text, '\0');
    assert_string_equal((const char *)text.data, expected);
    buffer_done(&text);
    normaliser_free(normaliser);
}

static void exchange_cmdlets_read_as_exchange_shows_them(void **state) {
    (void)state;
    struct made_event made;
    made_event_head(&made, "MSExchange CmdletLogs", "MSExchange Management", "1");
    made_event_data(&made, "Data", "Set-Mailbox");
    made_event_data(&made, "Data", "-Identity \"a\"");
    made_event_data(&made, "Data", "example.org/Users/a");
    expect_message(&made, "Cmdlet suceeded. Cmdlet Set-Mailbox, parameters -Identity \"a\".");
    made.values[2] = made_text("6");
    expect_message(&made, "Cmdlet failed. Cmdlet Set-Mailbox, parameters -Identity \"a\".");
    made.values[2] = made_text("8");
    expect_message(&made, "");
    // One field that holds the whole array, as EVTX has it.
    static const uint8_t ARRAY[] = {'G', 0, 'e', 0, 't', 0, 0, 0, '-', 0, 'x', 0, 0, 0};
    made_event_head(&made, "MSExchange CmdletLogs", NULL, "1");
    made_event_add(
        &made, "Event.EventData.Data", FIELD_ROLE_NONE,
        (struct value){.data = ARRAY, .size = sizeof ARRAY, .kind = VALUE_ARRAY | VALUE_UTF16});
    expect_message(&made, "Cmdlet suceeded. Cmdlet Get, parameters -x.");
    // The same out of JSON.
    static const char JSON[] = "[\"Get\", \"-x \\\"y\\\"\", null]";
    made.values[2] = (struct value){
        .data = (const uint8_t *)JSON, .size = sizeof JSON - 1, .kind = VALUE_JSON_RAW};
    expect_message(&made, "Cmdlet suceeded. Cmdlet Get, parameters -x \"y\".");
    made_event_head(&made, "MSExchange CmdletLogs", "MSExchange Management", "1");
    expect_message(&made, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_of_security_speaks_like_sysmon),
        cmocka_unit_test(a_target_account_comes_first),
        cmocka_unit_test(a_registry_value_of_security_speaks_like_sysmon),
        cmocka_unit_test(a_connection_of_security_speaks_like_sysmon),
        cmocka_unit_test(hashes_are_picked_by_name),
        cmocka_unit_test(names_fold_case_blanks_and_underscores_at_last),
        cmocka_unit_test(a_data_field_is_no_head),
        cmocka_unit_test(unnamed_data_gives_several_sources),
        cmocka_unit_test(exchange_cmdlets_read_as_exchange_shows_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
