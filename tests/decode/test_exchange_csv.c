// Exchange's logs: kinds, headers, quotes, damage
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

// What the decoder gave: format|time|line|name=value;... and for a gap !bytes reason
struct seen {
    struct buffer text;
    const char *only; // names to print, each between blanks
    const struct unit *unit;
};

static void seen_value(struct seen *seen, const struct value *value) {
    if (value_is_null(value))
        buffer_append_text(&seen->text, "<null>");
    value_append_text(value, &seen->text);
}

static void seen_event(void *context, struct event *event) {
    struct seen *seen = context;
    char time[CLOCK_TEXT_SIZE], wanted[128];
    clock_format(event->time_ns, time);
    struct slice there = slice_part(
        seen->unit->bytes, (size_t)(event->position.offset - seen->unit->offset), event->raw.size);
    assert_true(slice_equal(there, event->raw));
    buffer_append_format(&seen->text, "%s|%s|%" PRIu64 "|", event->shape->format, time,
                         event->position.line);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        struct slice name = event->shape->fields[i].name;
        snprintf(wanted, sizeof wanted, " %.*s ", (int)name.size, (const char *)name.data);
        if (!strstr(seen->only, wanted))
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
    buffer_append_format(&seen->text, "!%" PRIu64 " %s\n", gap->bytes, gap->reason);
}

extern const struct decoder decoder_exchange_csv;

static void check_unit(const struct unit *unit, const char *only, const char *expected) {
    struct seen seen = {.only = only, .unit = unit};
    buffer_init(&seen.text, 1 << 20);
    void *state = decoder_exchange_csv.new_state(&(struct decode_options){0});
    struct event_sink sink = {&seen, seen_event, seen_gap};
    struct problem problem;
    assert_int_equal(decoder_exchange_csv.decode(state, unit, &sink, &problem), STATUS_OK);
    decoder_exchange_csv.free_state(state);
    buffer_append_byte(&seen.text, 0);
    assert_string_equal(seen.text.data, expected);
    buffer_done(&seen.text);
}

static void check(const char *text, const char *only, const char *expected) {
    struct unit unit = {
        .fd = -1, .bytes = slice_of_string(text), .size = strlen(text), .first_line = 1};
    check_unit(&unit, only, expected);
}

static int sure(const char *text, const char *path) {
    const struct decoder *found = decode_recognise(slice_of_string(text), slice_of_string(path));
    return found == &decoder_exchange_csv
               ? decoder_exchange_csv.recognise(slice_of_string(text), slice_of_string(path))
               : 0;
}

#define SOFTWARE "#Software: Microsoft Exchange Server\r\n#Version: 15.01.2375.007\r\n"
#define DATE "#Date: 2026-03-02T08:00:00.000Z\r\n"
#define PROXY                                                                                      \
    "DateTime,RequestId,MajorVersion,Protocol,UrlStem,AnchorMailbox,UserAgent,ServerHostName,"     \
    "HttpStatus,ProxyAction\r\n"

static void test_header_first(void **state) {
    (void)state;
    check(
        "\xEF\xBB\xBF" PROXY SOFTWARE "#Log-type: HttpProxy Logs\r\n" DATE "#Fields: " PROXY
        "2026-03-02T08:00:00.130Z,r1,15,Ecp,/ecp/y.js,ServerInfo~a]@b:444/x?#,,EX01,200,Proxy\r\n",
        " UrlStem AnchorMailbox UserAgent ServerHostName ",
        "exchange_http_proxy|2026-03-02T08:00:00.130000Z|7|UrlStem=/ecp/y.js;AnchorMailbox="
        "ServerInfo~a]@b:444/x?#;UserAgent=;ServerHostName=EX01;\n");
}

// A restarted worker writes the header again, an updated one other columns in another order.
static void test_header_again(void **state) {
    (void)state;
    check("#Software: Microsoft Exchange Server\n#Log-type: EWS Logs\n"
          "#Fields: DateTime,RequestId,SoapAction,ImpersonatedUser\n"
          "2026-03-02T08:00:00Z,r1,GetItem,a@x\n"
          "\xEF\xBB\xBF#Software: Microsoft Exchange Server\n#Log-Type: ews logs\n"
          "#Fields: DateTime,RequestId,Ring,ImpersonatedUser,SoapAction\n"
          "2026-03-02T08:00:01Z,r2,Unknown,b@x,FindItem\n",
          " SoapAction ImpersonatedUser ",
          "exchange_ews|2026-03-02T08:00:00.000000Z|4|SoapAction=GetItem;ImpersonatedUser=a@x;"
          "\nexchange_ews|2026-03-02T08:00:01.000000Z|8|ImpersonatedUser=b@x;SoapAction="
          "FindItem;\n");
}

static void test_header_of_unit(void **state) {
    (void)state;
    const char *line = "2026-03-02T08:00:01Z,r2,Get-Mailbox,-X\n";
    struct unit unit = {
        .fd = -1,
        .bytes = slice_of_string(line),
        .offset = 1 << 20,
        .size = strlen(line),
        .first_line = 900,
        .header = SLICE("#Software: Microsoft Exchange Server\n#Log-type: Rps Cmdlet Logs\n"
                        "#Fields: DateTime,RequestId,Cmdlet,Parameters\n"),
    };
    check_unit(&unit, " Cmdlet ",
               "exchange_rps_cmdlet|2026-03-02T08:00:01.000000Z|900|Cmdlet=Get-Mailbox;\n");
}

static void test_quotes(void **state) {
    (void)state;
    check("#Fields: DateTime,Cmdlet,Parameters,ServerHostName\n"
          "2026-03-02T08:00:01Z,Set-X,\"-Identity \"\"a, b\"\" -Url \"\"http://f/\"\"\",EX01\n"
          "2026-03-02T08:00:02Z,New-X,\"-FileData \"\"one\r\ntwo,\n\n#three\"\"\",EX01\n"
          "2026-03-02T08:00:03Z,Get-X,,EX01\n",
          " Cmdlet Parameters ServerHostName ",
          "exchange_rps_cmdlet|2026-03-02T08:00:01.000000Z|2|Cmdlet=Set-X;Parameters="
          "-Identity \"a, b\" -Url \"http://f/\";ServerHostName=EX01;\n"
          "exchange_rps_cmdlet|2026-03-02T08:00:02.000000Z|3|Cmdlet=New-X;Parameters="
          "-FileData \"one\r\ntwo,\n\n#three\";ServerHostName=EX01;\n"
          "exchange_rps_cmdlet|2026-03-02T08:00:03.000000Z|7|Cmdlet=Get-X;Parameters=;"
          "ServerHostName=EX01;\n");
}

#define ECP "#Fields: TimeStamp,ServerName,EventId,EventData\n"

static void test_pairs(void **state) {
    (void)state;
    check("#Software: Microsoft Exchange Server\n#Log-type: ECP Server Log\n" ECP
          "2026-03-02T08:00:00Z,EX01,ECP.Request,S:TIME=13;S:SID=;'S:CMD=Set-OabVirtualDirectory."
          "ExternalUrl=''http://f/;x''';S:EX=a=b;S:BLD=15.1.2375.7\n"
          "2026-03-02T08:00:01Z,EX01,ECP.Request,\"S:CMD=Get-X, y;I32:ADS.C[DC01]=4;Dbl:WLM.TS=16"
          ";'S:URL=open\"\n",
          " ServerName EventData.TIME EventData.CMD EventData.EX EventData.BLD EventData.WLM.TS "
          "EventData.ADS.C[DC01] EventData.URL EventData.SID ",
          "exchange_ecp_server|2026-03-02T08:00:00.000000Z|4|ServerName=EX01;EventData.TIME=13;"
          "EventData.SID=;EventData.CMD=Set-OabVirtualDirectory.ExternalUrl='http://f/;x';"
          "EventData.EX=a=b;EventData.BLD=15.1.2375.7;\n"
          "exchange_ecp_server|2026-03-02T08:00:01.000000Z|5|ServerName=EX01;EventData.CMD="
          "Get-X, y;EventData.WLM.TS=16;EventData.URL=open;\n");
    check("#Log-type: ECP Activity Context Log\n" ECP
          "2026-03-02T08:00:00Z,EX01,Request,S:URL=https://localhost:444/ecp/x?a=1;S:ActID=7\n",
          " EventId EventData.URL EventData.ActID ",
          "exchange_ecp_activity|2026-03-02T08:00:00.000000Z|3|EventId=Request;EventData.URL="
          "https://localhost:444/ecp/x?a=1;EventData.ActID=7;\n");
}

#define AUDIT                                                                                      \
    "#Software: Microsoft Exchange\n#Log-type: audit\n"                                            \
    "#Fields: Timestamp,Server,TenantId,RecordType,Data,UserKey,Operation,Workload\n"

static void test_audit(void **state) {
    (void)state;
    check(AUDIT
          "2026-03-02T08:00:00.1Z,EX01,0,ExchangeAdmin,\"{\"\"Operation\"\":\"\"Set-Mailbox\"\","
          "\"\"RecordType\"\":1,\"\"UserKey\"\":\"\"CORP\\\\erika\"\",\"\"ExternalAccess\"\":false,"
          "\"\"Parameters\"\":[{\"\"Name\"\":\"\"Identity\"\",\"\"Value\"\":\"\"a\\/b\"\"},"
          "{\"\"Name\"\":\"\"ForwardingSmtpAddress\"\",\"\"Value\"\":\"\"smtp:x@y\"\"}]}\",u,"
          "Set-Mailbox,Exchange\n",
          " Server Operation Data.RecordType Data.UserKey Data.ExternalAccess "
          "Data.Parameters.Identity Data.Parameters.ForwardingSmtpAddress ",
          "exchange_audit|2026-03-02T08:00:00.100000Z|4|Server=EX01;Operation=Set-Mailbox;"
          "Data.RecordType=1;Data.UserKey=CORP\\erika;Data.ExternalAccess=false;"
          "Data.Parameters.Identity=a/b;Data.Parameters.ForwardingSmtpAddress=smtp:x@y;\n");
    check(AUDIT "2026-03-02T08:00:00Z,EX01,0,ExchangeAdmin,{broken,u,Set-Mailbox,Exchange\n",
          " Data Operation ",
          "!0 Exchange: the data column of a line is no JSON object\n"
          "exchange_audit|2026-03-02T08:00:00.000000Z|4|Data={broken;Operation=Set-Mailbox;\n");
}

static void test_kinds(void **state) {
    (void)state;
    const struct {
        const char *head, *format;
    } kinds[] = {
        {"#Log-type: Message Tracking Log\n#Fields: date-time,client-ip", "exchange_tracking"},
        {"#Fields: date-time,internal-message-id,message-subject", "exchange_tracking"},
        {"#Log-type: SMTP Receive Protocol Log\n#Fields: date-time,data", "exchange_smtp_receive"},
        {"#Log-type: SMTP Send Protocol Log\n#Fields: date-time,data", "exchange_smtp_send"},
        {"#Fields: date-time,sequence-number,remote-endpoint", "exchange_smtp"},
        {"#Log-type: Rps Http Logs\n#Fields: DateTime,ShellId", "exchange_rps_http"},
        {"#Log-type: OABGenerator Log\n#Fields: DateTime,Message", "exchange_oab"},
        {"#Log-type: Agent Log\n#Fields: Timestamp,SessionId", "exchange_agent"},
        {"#Log-type: IMAP4 Log\n#Fields: dateTime,sessionId", "exchange_log"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        char text[512], expected[128];
        int size = snprintf(text, sizeof text, "%s\n", kinds[i].head);
        unsigned line = strchr(kinds[i].head, '\n') ? 3 : 2;
        snprintf(text + size, sizeof text - (size_t)size, "2026-03-02T08:00:00Z,a,b\n");
        snprintf(expected, sizeof expected, "%s|2026-03-02T08:00:00.000000Z|%u|\n", kinds[i].format,
                 line);
        // Two columns of some: the third value is one too many, and said.
        char gapped[256];
        snprintf(gapped, sizeof gapped, "!1 Exchange: a line has more values than columns\n%s",
                 expected);
        unsigned commas = 0;
        for (const char *at = kinds[i].head; *at; at++)
            commas += *at == ',';
        check(text, " ", commas == 1 ? gapped : expected);
    }
}

static void test_damage(void **state) {
    (void)state;
    // Torn in the middle of a quoted value: the next record is not swallowed.
    check("#Fields: DateTime,Cmdlet,Parameters,Z\n"
          "2026-03-02T08:00:00Z,A,\"-Ident\n"
          "2026-03-02T08:00:01Z,B,\"-X\",z\n"
          "garbage\n"
          "2026-03-02T08:00:02Z,C\n"
          "notime,D,p,z\n"
          "2026-03-02T08:00:03Z,E,p,z,more,values\n",
          " Cmdlet Z ",
          "!30 Exchange: a quoted value of a line does not end\n"
          "exchange_rps_cmdlet|2026-03-02T08:00:01.000000Z|3|Cmdlet=B;Z=z;\n"
          "!7 Exchange: a line has neither a time nor its columns\n"
          "!0 Exchange: a line has fewer values than columns\n"
          "exchange_rps_cmdlet|2026-03-02T08:00:02.000000Z|5|Cmdlet=C;Z=<null>;\n"
          "!0 Exchange: the time of a line cannot be read\n"
          "exchange_rps_cmdlet||6|Cmdlet=D;Z=z;\n"
          "!10 Exchange: a line has more values than columns\n"
          "exchange_rps_cmdlet|2026-03-02T08:00:03.000000Z|7|Cmdlet=E;Z=z;\n");
    const char zeros[] = "#Fields: DateTime,Cmdlet,Parameters\n2026-03-02T08:00:00Z,A,\n\0\0\0\0";
    struct unit unit = {.fd = -1,
                        .bytes = slice_of(zeros, sizeof zeros - 1),
                        .size = sizeof zeros - 1,
                        .first_line = 1};
    check_unit(&unit, " Cmdlet ",
               "exchange_rps_cmdlet|2026-03-02T08:00:00.000000Z|2|Cmdlet=A;\n"
               "!4 Exchange: zeros instead of a line\n");
}

// Above the first header a line is its text.
static void test_without_header(void **state) {
    (void)state;
    check("2026-03-02T08:00:00Z,Download failed and temporary file 'C:\\x.aspx' needs\n"
          "something else\n"
          "#Log-type: EWS Logs\n#Fields: DateTime,SoapAction,ImpersonatedUser\n"
          "2026-03-02T08:00:01Z,GetItem,\n",
          " Message SoapAction ",
          "exchange_text|2026-03-02T08:00:00.000000Z|1|Message=2026-03-02T08:00:00Z,Download "
          "failed and temporary file 'C:\\x.aspx' needs;\n"
          "exchange_text||2|Message=something else;\n"
          "exchange_ews|2026-03-02T08:00:01.000000Z|5|SoapAction=GetItem;\n");
}

static void test_recognise(void **state) {
    (void)state;
    assert_int_equal(sure(SOFTWARE "#Log-type: HttpProxy Logs\n", "x.LOG"), 95);
    assert_int_equal(sure(PROXY SOFTWARE, "x.LOG"), 95);
    assert_int_equal(sure("\xEF\xBB\xBF" PROXY "2026-03-02T08:00:00Z,1\n", "a.csv"), 88);
    assert_int_equal(sure("2026-03-02T08:00:00Z,text\n", "C/V15/Logging/OABGeneratorLog/a.log"),
                     55);
    assert_int_equal(sure("2026-03-02T08:00:00Z,text\n", "a.log"), 0);
    assert_int_equal(sure("#Software: Microsoft Internet Information Services 10.0\n"
                          "#Fields: date time cs-method\n",
                          "u_ex260302.log"),
                     0);
    assert_int_equal(sure("DateTime,Value,Other\n2026-03-02T08:00:00Z,1,2\n", "a.csv"), 0);
    assert_int_equal(sure("", "x.LOG"), 0);
}

// A mailbox named in a key would make a shape of its own for each.
static void test_shapes_do_not_grow(void **state) {
    (void)state;
    struct buffer text;
    buffer_init(&text, 1 << 20);
    buffer_append_text(&text, "#Log-type: ECP Activity Context Log\n" ECP);
    for (int i = 0; i < 1000; i++)
        buffer_append_format(&text, "2026-03-02T08:00:00Z,EX01,Request,S:A=1;I32:MB.C[%d]=4\n", i);
    struct unit unit = {.fd = -1, .bytes = buffer_slice(&text), .size = text.size, .first_line = 1};
    struct seen seen = {.only = " ", .unit = &unit};
    buffer_init(&seen.text, 1 << 20);
    void *decoder = decoder_exchange_csv.new_state(&(struct decode_options){0});
    struct event_sink sink = {&seen, seen_event, seen_gap};
    struct problem problem;
    assert_int_equal(decoder_exchange_csv.decode(decoder, &unit, &sink, &problem), STATUS_OK);
    decoder_exchange_csv.free_state(decoder);
    unsigned lines = 0;
    for (size_t i = 0; i < seen.text.size; i++)
        lines += seen.text.data[i] == '\n';
    assert_int_equal(lines, 1000);
    buffer_done(&seen.text);
    buffer_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_first),
        cmocka_unit_test(test_header_again),
        cmocka_unit_test(test_header_of_unit),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_audit),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_without_header),
        cmocka_unit_test(test_recognise),
        cmocka_unit_test(test_shapes_do_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
