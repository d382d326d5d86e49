// JSON lines: shippers, times, damage
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "decode/decode.h"
#include "model/value_json.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// What a decoder gave, one line a record: format|time|id|offset|line|name=value,...
struct seen {
    struct buffer text;
    unsigned events;
    unsigned gaps;
    struct gap last_gap;
    const char *only; // names to print, each between blanks; NULL: none
};

static void seen_value(struct seen *seen, const struct value *value) {
    if (value_is_json(value))
        value_json_append_text(value, &seen->text);
    else
        buffer_append_text(&seen->text, "<null>");
}

static void seen_event(void *context, struct event *event) {
    struct seen *seen = context;
    seen->events++;
    char time[CLOCK_TEXT_SIZE];
    clock_format(event->time_ns, time);
    const char *format = event->shape->format ? event->shape->format : "-";
    buffer_append_format(&seen->text, "%s|%s|%" PRIu64 "|%" PRIu64 "|%" PRIu64 "|", format, time,
                         event->position.record_id, event->position.offset, event->position.line);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        struct slice name = event->shape->fields[i].name;
        char wanted[128];
        snprintf(wanted, sizeof wanted, " %.*s ", (int)name.size, (const char *)name.data);
        if (!seen->only || !strstr(seen->only, wanted))
            continue;
        buffer_append_slice(&seen->text, name);
        buffer_append_byte(&seen->text, '=');
        seen_value(seen, event_value(event, i));
        buffer_append_byte(&seen->text, ';');
    }
    buffer_append_byte(&seen->text, '\n');
}

static void seen_gap(void *context, const struct gap *gap) {
    struct seen *seen = context;
    seen->gaps++;
    seen->last_gap = *gap;
}

extern const struct decoder decoder_json_lines;

static void read_text(struct seen *seen, const char *text, const char *only) {
    *seen = (struct seen){.only = only};
    buffer_init(&seen->text, 1 << 20);
    void *state = decoder_json_lines.new_state(&(struct decode_options){0});
    struct event_sink sink = {seen, seen_event, seen_gap};
    struct unit unit = {.fd = -1, .bytes = slice_of_string(text), .first_line = 1};
    struct problem problem;
    assert_int_equal(decoder_json_lines.decode(state, &unit, &sink, &problem), STATUS_OK);
    decoder_json_lines.free_state(state);
    buffer_append_byte(&seen->text, 0);
}

#define HEAD                                                                                       \
    " Provider_Name Provider_Guid EventID EventID_Qualifiers Channel Computer EventRecordID "      \
    "Execution_ProcessID Execution_ThreadID Security_UserID Version Level Task Opcode "            \
    "Keywords Correlation_ActivityID TimeCreated_SystemTime "

static void check(const char *line, const char *only, const char *expected) {
    struct seen seen;
    read_text(&seen, line, only);
    assert_string_equal(seen.text.data, expected);
    assert_int_equal(seen.gaps, 0);
    buffer_done(&seen.text);
}

static void test_evtx_dump(void **state) {
    (void)state;
    check("{\"Event\":{\"#attributes\":{\"xmlns\":\"http://x\"},\"System\":{\"Provider\":"
          "{\"#attributes\":{\"Name\":\"Microsoft-Windows-Sysmon\",\"Guid\":\"5770385F\"}},"
          "\"EventID\":1,\"Version\":5,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":"
          "\"2026-11-22T13:29:17.123456Z\"}},\"EventRecordID\":77,\"Correlation\":null,"
          "\"Execution\":{\"#attributes\":{\"ProcessID\":4,\"ThreadID\":8}},\"Channel\":"
          "\"Microsoft-Windows-Sysmon/Operational\",\"Computer\":\"A.corp\",\"Security\":"
          "{\"#attributes\":{\"UserID\":\"S-1-5-18\"}}},\"EventData\":{\"Image\":"
          "\"C:\\\\a.exe\",\"CommandLine\":\"\\u0041 \\\"b\\\"\"}}}",
          HEAD "Image CommandLine Event_xmlns ",
          "evtx_dump|2026-11-22T13:29:17.123456Z|77|0|1|Event_xmlns=http://"
          "x;Provider_Name=Microsoft-Windows-Sysmon;"
          "Provider_Guid=5770385F;EventID=1;Version=5;"
          "TimeCreated_SystemTime=2026-11-22T13:29:17.123456Z;EventRecordID=77;"
          "Execution_ProcessID=4;Execution_ThreadID=8;Channel=Microsoft-Windows-Sysmon/"
          "Operational;Computer=A.corp;Security_UserID=S-1-5-18;Image=C:\\a.exe;"
          "CommandLine=A \"b\";\n");
    // Qualifiers beside the id, unnamed Data, user data by its last name.
    check("{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"MSI\"}},\"EventID\":"
          "{\"#attributes\":{\"Qualifiers\":16384},\"#text\":1040},\"Channel\":\"Application\"},"
          "\"EventData\":{\"Data\":{\"#text\":[\"a\",\"b\"]},\"Binary\":null},"
          "\"UserData\":{\"X\":{\"Param\":\"p\"}}}}",
          HEAD "Data Param Binary ",
          "evtx_dump||0|0|1|Provider_Name=MSI;EventID_Qualifiers=16384;EventID=1040;"
          "Channel=Application;Data=a, b;Binary=<null>;Param=p;\n");
    // --separate-json-attributes
    check("{\"Event\":{\"System\":{\"Provider_attributes\":{\"Name\":\"P\"},\"EventID\":7,"
          "\"TimeCreated_attributes\":{\"SystemTime\":\"2026-11-22T13:29:17Z\"}}}}",
          HEAD,
          "evtx_dump|2026-11-22T13:29:17.000000Z|0|0|1|Provider_Name=P;EventID=7;"
          "TimeCreated_SystemTime=2026-11-22T13:29:17Z;\n");
}

static void test_velociraptor(void **state) {
    (void)state;
    check("{\"System\":{\"Provider\":{\"Name\":\"Sec\",\"Guid\":\"{G}\"},\"EventID\":{\"Value\":"
          "4624},\"TimeCreated\":{\"SystemTime\":1573229613.25},\"EventRecordID\":9,"
          "\"Correlation\":{},\"Execution\":{\"ProcessID\":4,\"ThreadID\":5},\"Channel\":"
          "\"Security\",\"Computer\":\"B\",\"Security\":{\"UserID\":\"S-1\"}},\"EventData\":"
          "{\"LogonType\":3},\"Message\":\"m\"}",
          HEAD "LogonType ",
          "velociraptor|2019-11-08T16:13:33.250000Z|9|0|1|Provider_Name=Sec;Provider_Guid={G};"
          "EventID=4624;TimeCreated_SystemTime=1573229613.25;EventRecordID=9;"
          "Execution_ProcessID=4;Execution_ThreadID=5;Channel=Security;Computer=B;"
          "Security_UserID=S-1;LogonType=3;\n");
    check("{\"EventTime\":\"2026-11-22T13:29:17Z\",\"Computer\":\"B\",\"Channel\":\"Security\","
          "\"Provider\":\"Sec\",\"EventID\":4688,\"EventRecordID\":3,\"EventData\":"
          "{\"NewProcessName\":\"x\"}}",
          HEAD "NewProcessName ",
          "velociraptor|2026-11-22T13:29:17.000000Z|3|0|1|TimeCreated_SystemTime="
          "2026-11-22T13:29:17Z;Computer=B;Channel=Security;Provider_Name=Sec;EventID=4688;"
          "EventRecordID=3;NewProcessName=x;\n");
}

static void test_winlogbeat(void **state) {
    (void)state;
    const char *expected =
        "winlogbeat|2026-11-22T13:29:17.123000Z|5|0|1|TimeCreated_SystemTime="
        "2026-11-22T13:29:17.123Z;EventID=1;Channel=C;Computer=A;Provider_Name=P;"
        "EventRecordID=5;Image=i;Execution_ProcessID=4;Execution_ThreadID=8;\n";
    check("{\"@timestamp\":\"2026-11-22T13:29:17.123Z\",\"winlog\":{\"event_id\":1,\"channel\":"
          "\"C\",\"computer_name\":\"A\",\"provider_name\":\"P\",\"record_id\":5,\"event_data\":"
          "{\"Image\":\"i\"},\"process\":{\"pid\":4,\"thread\":{\"id\":8}}},\"event\":{\"code\":"
          "\"1\"}}",
          HEAD "Image ", expected);
    // An Elasticsearch export, and keys that hold their dots.
    check("{\"_index\":\"w\",\"_source\":{\"@timestamp\":\"2026-11-22T13:29:17.123Z\","
          "\"winlog.event_id\":1,\"winlog.channel\":\"C\",\"winlog\":{\"computer_name\":\"A\","
          "\"provider_name\":\"P\",\"record_id\":5,\"event_data\":{\"Image\":\"i\"},\"process\":"
          "{\"pid\":4,\"thread\":{\"id\":8}}}}}",
          HEAD "Image ", expected);
    check("{\"@timestamp\":\"2026-11-22T13:29:17.000Z\",\"event_id\":1,\"log_name\":\"C\","
          "\"source_name\":\"P\",\"computer_name\":\"A\",\"record_number\":\"12\",\"event_data\":"
          "{\"Image\":\"i\"}}",
          HEAD "Image ",
          "winlogbeat6|2026-11-22T13:29:17.000000Z|12|0|1|TimeCreated_SystemTime="
          "2026-11-22T13:29:17.000Z;EventID=1;Channel=C;Provider_Name=P;Computer=A;"
          "EventRecordID=12;Image=i;\n");
}

static void test_nxlog(void **state) {
    (void)state;
    // Local time of a zone that the received times tell: four hours behind.
    check("{\"EventTime\":\"2026-11-22 09:29:17\",\"Hostname\":\"A\",\"Channel\":\"Security\","
          "\"SourceName\":\"P\",\"EventID\":4688,\"RecordNumber\":8,\"EventReceivedTime\":"
          "\"2026-11-22 09:29:19\",\"@timestamp\":\"2026-11-22T13:29:19.5Z\",\"OpcodeValue\":0,"
          "\"ExecutionProcessID\":4,\"ThreadID\":9,\"NewProcessName\":\"x\",\"Keywords\":"
          "-9214364837600034816}",
          HEAD "NewProcessName ",
          "nxlog|2026-11-22T13:29:17.000000Z|8|0|1|TimeCreated_SystemTime=2026-11-22 09:29:17;"
          "Computer=A;Channel=Security;Provider_Name=P;EventID=4688;EventRecordID=8;Opcode=0;"
          "Execution_ProcessID=4;Execution_ThreadID=9;NewProcessName=x;"
          "Keywords=-9214364837600034816;\n");
    check("{\"EventTime\":1795354157123456,\"Hostname\":\"A\",\"SourceName\":\"P\",\"EventID\":1}",
          NULL, "nxlog|2026-11-22T13:29:17.123456Z|0|0|1|\n");
    check("{\"EventTime\":1795354157123,\"Hostname\":\"A\",\"SourceName\":\"P\",\"EventID\":1}",
          NULL, "nxlog|2026-11-22T13:29:17.123000Z|0|0|1|\n");
    // The public data sets' newer form: TimeCreated counts, whatever comes first.
    check("{\"@timestamp\":\"2026-11-22T13:29:20Z\",\"SourceName\":\"P\",\"Channel\":\"C\","
          "\"Hostname\":\"A\",\"TimeCreated\":\"2026-11-22T13:29:17.160Z\",\"EventID\":10}",
          NULL, "nxlog|2026-11-22T13:29:17.160000Z|0|0|1|\n");
}

static void test_wazuh(void **state) {
    (void)state;
    check("{\"timestamp\":\"2026-11-22T13:30:00.000+0000\",\"agent\":{\"name\":\"a\"},\"data\":"
          "{\"win\":{\"system\":{\"providerName\":\"P\",\"eventID\":\"1\",\"systemTime\":"
          "\"2026-11-22T13:29:17.1234567Z\",\"eventRecordID\":\"6\",\"channel\":\"C\","
          "\"computer\":\"A\"},\"eventdata\":{\"image\":\"i\",\"parentCommandLine\":\"p\"}}}}",
          HEAD "Image ParentCommandLine ",
          "wazuh|2026-11-22T13:29:17.123456700Z|6|0|1|Provider_Name=P;EventID=1;"
          "TimeCreated_SystemTime=2026-11-22T13:29:17.1234567Z;EventRecordID=6;Channel=C;"
          "Computer=A;Image=i;ParentCommandLine=p;\n");
}

static void test_others(void **state) {
    (void)state;
    check("{\"ProviderName\":\"P\",\"EventID\":1,\"Channel\":\"C\",\"Computer\":\"A\","
          "\"TimeCreated\":\"2026-11-22 13:29:17 +0000\",\"StringInserts\":[\"a\",\"b\"]}",
          HEAD "Data ",
          "fluent-bit|2026-11-22T13:29:17.000000Z|0|0|1|Provider_Name=P;EventID=1;Channel=C;"
          "Computer=A;TimeCreated_SystemTime=2026-11-22 13:29:17 +0000;Data=a, b;\n");
    check("{\"TimeGenerated\":\"2026-11-22T13:29:17Z\",\"Computer\":\"A\",\"EventSourceName\":"
          "\"P\",\"Channel\":\"C\",\"EventID\":4688,\"CommandLine\":\"x\"}",
          "  CommandLine ", "sentinel|2026-11-22T13:29:17.000000Z|0|0|1|CommandLine=x;\n");
    check("{\"Id\":4688,\"ProviderName\":\"P\",\"LogName\":\"C\",\"MachineName\":\"A\","
          "\"TimeCreated\":\"\\/Date(1795354157123)\\/\",\"RecordId\":4}",
          HEAD,
          "powershell|2026-11-22T13:29:17.123000Z|4|0|1|EventID=4688;Provider_Name=P;Channel=C;"
          "Computer=A;TimeCreated_SystemTime=/Date(1795354157123)/;EventRecordID=4;\n");
    check("{\"a\":1,\"b\":{\"c\":[1,{\"d\":2}]},\"e\":{}}", " a b.c e ",
          "-||0|0|1|a=1;b.c=1, {\"d\":2};e={};\n");
    check("{}", NULL, "-||0|0|1|\n");
}

static void test_lines(void **state) {
    (void)state;
    struct seen seen;
    // Byte order mark, CRLF, empty lines, an array with an object a line, several in a line.
    read_text(
        &seen,
        "\xEF\xBB\xBF[\r\n{\"a\":1},\r\n\r\n  {\"a\":2}\n,{\"a\":3}\n[{\"a\":4},{\"a\":5}]\n]",
        " a ");
    assert_string_equal(seen.text.data, "-||0|6|2|a=1;\n-||0|20|4|a=2;\n-||0|29|5|a=3;\n"
                                        "-||0|38|6|a=4;\n-||0|46|6|a=5;\n");
    assert_int_equal(seen.gaps, 0);
    buffer_done(&seen.text);
    // After a long key a short one, at the very end.
    read_text(&seen, "{\"0123456789012345678901234567890123456789\":1}\n{\"a\":2}", " a ");
    assert_string_equal(seen.text.data, "-||0|0|1|\n-||0|47|2|a=2;\n");
    buffer_done(&seen.text);
    // Equal keys are all kept; numbers keep their text; the same key may be leaf and object.
    read_text(&seen, "{\"a\":1,\"a\":18446744073709551616,\"a\":{\"b\":-0.5e+9}}", " a a.b ");
    assert_string_equal(seen.text.data, "-||0|0|1|a=1;a=18446744073709551616;a.b=-0.5e+9;\n");
    buffer_done(&seen.text);
}

static void test_gaps(void **state) {
    (void)state;
    static const char *const bad[] = {
        "nonsense",
        "{\"a\":1",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":tru}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":\"x}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":1} x",
        "{a:1}",
        "{\"a\":\"b\"c}",
        "{,}",
        "{\"a\":1}{}",
        "{\"a\":{\"b\":1}",
        "{\"a\":1}}",
        "{\"a\":[{]}",
        "\"a\"",
        "{\"a\":\x1a\"\"}",
        "{\"a\"\x0c:1}",
        "{\"a\":[\"b\":1]}",
        "{\"a\":.5}",
        "{\"a\":1.}",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"a\":1}\n%s\n{\"a\":2}\n", bad[i]);
        struct seen seen;
        read_text(&seen, text, NULL);
        if (seen.events != 2 || seen.gaps != 1)
            fail_msg("%s: %u events, %u gaps", bad[i], seen.events, seen.gaps);
        assert_int_equal(seen.last_gap.offset, 8);
        assert_int_equal(seen.last_gap.bytes, strlen(bad[i]));
        assert_true(seen.last_gap.reason[0] != 0);
        buffer_done(&seen.text);
    }
}

static void test_limits(void **state) {
    (void)state;
    struct buffer text;
    struct seen seen;
    for (unsigned depth = 63; depth <= 65; depth++) { // objects, then arrays
        for (int array = 0; array < 2; array++) {
            buffer_init(&text, 1 << 20);
            for (unsigned i = 0; i < depth; i++)
                buffer_append_text(&text, array && i ? "[" : "{\"a\":");
            buffer_append_text(&text, "1");
            for (unsigned i = depth; i-- > 0;)
                buffer_append_byte(&text, array && i ? ']' : '}');
            buffer_append_byte(&text, 0);
            read_text(&seen, (const char *)text.data, NULL);
            assert_int_equal(seen.gaps, depth - (unsigned)array > 64);
            assert_int_equal(seen.events + seen.gaps, 1);
            buffer_done(&seen.text);
            buffer_done(&text);
        }
    }
    for (unsigned fields = SHAPE_FIELDS_MAX; fields <= SHAPE_FIELDS_MAX + 1; fields++) {
        buffer_init(&text, 1 << 20);
        for (unsigned i = 0; i < fields; i++)
            buffer_append_format(&text, "%s\"%u\":1", i ? "," : "{", i);
        buffer_append_text(&text, "}");
        buffer_append_byte(&text, 0);
        read_text(&seen, (const char *)text.data, NULL);
        assert_int_equal(seen.events, fields == SHAPE_FIELDS_MAX);
        assert_int_equal(seen.events + seen.gaps, 1);
        buffer_done(&seen.text);
        buffer_done(&text);
    }
}

// More key sequences than a state remembers: the rest is read all the same.
static void test_many_shapes(void **state) {
    (void)state;
    enum {
        LINES = 60000
    };
    struct buffer text;
    buffer_init(&text, 64 << 20);
    for (unsigned i = 0; i < LINES; i++)
        buffer_append_format(&text,
                             "{\"EventID\":1,\"Channel\":\"C\",\"Hostname\":\"A\","
                             "\"RecordNumber\":%u,\"x%u\":\"y\"}\n",
                             i + 1, i);
    struct seen seen = {0};
    buffer_init(&seen.text, 64 << 20);
    void *decoder = decoder_json_lines.new_state(&(struct decode_options){0});
    struct event_sink sink = {&seen, seen_event, seen_gap};
    struct unit unit = {.fd = -1, .bytes = buffer_slice(&text), .first_line = 1};
    struct problem problem;
    assert_int_equal(decoder_json_lines.decode(decoder, &unit, &sink, &problem), STATUS_OK);
    decoder_json_lines.free_state(decoder);
    assert_int_equal(seen.events, LINES);
    assert_int_equal(seen.gaps, 0);
    buffer_append_byte(&seen.text, 0);
    const char *at = (const char *)seen.text.data;
    for (unsigned i = 0; i < LINES; i++) {
        char start[64];
        snprintf(start, sizeof start, "nxlog||%u|", i + 1);
        assert_memory_equal(at, start, strlen(start));
        at = strchr(at, '\n') + 1;
    }
    buffer_done(&seen.text);
    buffer_done(&text);
}

static int recognise(const char *text, const char *path) {
    return decoder_json_lines.recognise(slice_of_string(text), slice_of_string(path));
}

static void test_recognise(void **state) {
    (void)state;
    const char *nxlog = "{\"EventID\":1,\"Channel\":\"C\",\"Hostname\":\"A\"}\n";
    assert_int_equal(recognise(nxlog, "x"), 95);
    assert_int_equal(recognise("[{\"EventID\":1,\"Channel\":\"C\",\"Hostname\":\"A\"}]", "x"), 95);
    assert_int_equal(recognise("{\"a\":1}\n", "x"), 50);
    assert_int_equal(recognise("{\n  \"a\": 1\n}\n", "x.json"), 0);
    assert_int_equal(recognise("{\"schema\":\"vedette.truth/1\",\n", "play/truth.json"), 0);
    assert_int_equal(recognise("rubbish\n", "x.jsonl"), 5);
    assert_int_equal(recognise("rubbish\n{\"a\":1}\n", "x.ndjson"), 30);
    assert_int_equal(recognise("rubbish\n", "x.log"), 0);
    assert_int_equal(recognise("ElfFile", "x.evtx"), 0);
    assert_int_equal(recognise("", "x.jsonl"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evtx_dump),  cmocka_unit_test(test_velociraptor),
        cmocka_unit_test(test_winlogbeat), cmocka_unit_test(test_nxlog),
        cmocka_unit_test(test_wazuh),      cmocka_unit_test(test_others),
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_many_shapes),
        cmocka_unit_test(test_recognise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
