// Exchange's logs: headers, fields by name, citations
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "log_stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

extern const struct log_writer log_writer_http_proxy, log_writer_ecp, log_writer_ews,
    log_writer_rps, log_writer_tracking, log_writer_oab;

#define ROOT "servers/mail-serve/C/Program Files/Microsoft/Exchange Server/V15/"
#define HOUR "2026030116-1.LOG"
#define FIRST_LINE 6 // after the header

enum {
    LINE_SIZE = 8192
};

// One cell of a CSV line, without its quotes; returns where the next begins, NULL at the end.
static const char *read_cell(const char *at, char *ret_cell, size_t size) {
    size_t used = 0;
    bool quoted = false;
    for (; *at && (quoted || *at != ','); at++) {
        if (*at == '"' && !(quoted && at[1] == '"'))
            quoted = !quoted;
        else if (used + 1 < size)
            ret_cell[used++] = *at == '"' ? *at++ : *at;
    }
    ret_cell[used] = 0;
    return *at ? at + 1 : NULL;
}

// The value of a field by the header's name, as readers find it.
static void expect_field(const char *text, size_t number, const char *name, const char *expected) {
    char fields[LINE_SIZE], line[LINE_SIZE], value[LINE_SIZE], field[128];
    assert_true(log_stage_line(text, 5, fields, sizeof fields));
    assert_true(log_stage_line(text, number, line, sizeof line));
    assert_memory_equal(fields, "#Fields: ", 9);
    const char *header = fields + 9, *cells = line;
    bool found = false;
    while (header) {
        assert_non_null(cells);
        header = read_cell(header, field, sizeof field);
        cells = read_cell(cells, value, sizeof value);
        if (strcmp(field, name) != 0)
            continue;
        assert_string_equal(value, expected);
        found = true;
    }
    assert_null(cells);
    assert_true(found);
}

static void expect_header(const char *text, const char *type) {
    char line[LINE_SIZE], expected[128];
    assert_true(log_stage_line(text, 1, line, sizeof line));
    assert_string_equal(line, "\xEF\xBB\xBF#Software: Microsoft Exchange Server");
    assert_true(log_stage_line(text, 2, line, sizeof line));
    assert_memory_equal(line, "#Version: 15.0", 14);
    assert_true(log_stage_line(text, 3, line, sizeof line));
    snprintf(expected, sizeof expected, "#Log-type: %s", type);
    assert_string_equal(line, expected);
    assert_true(log_stage_line(text, 4, line, sizeof line));
    assert_memory_equal(line, "#Date: 2026-03-0", 16);
}

static void expect_citation(struct log_stage *stage, size_t of, size_t at, uint64_t record) {
    size_t count;
    const struct evidence_citation *citations = evidence_citations(stage->evidence, &count);
    assert_int_equal(count, of);
    assert_int_equal(citations[at].record, record);
}

static const struct deed_web_exchange forged = {
    .protocol = SLICE("Ecp"),
    .anchor_mailbox = SLICE("ServerInfo~mail/ecp/x?a,b#"),
    .action = SLICE("Set-OabVirtualDirectory"),
    .target = SLICE("mail.corp.example.com"),
    .client_info = SLICE("Unknown"),
    .back_status = 200,
};

static struct deed make_request(struct log_stage *stage, enum deed_web_site site, const char *stem,
                                bool attack) {
    struct deed deed = log_stage_deed(stage, DEED_WEB_REQUEST, HOST_WORKSTATION, HOST_MAIL, attack);
    deed.web.site = site;
    deed.web.method = SLICE("POST");
    deed.web.stem = slice_of_string(stem);
    deed.web.query = SLICE("schema=a,b");
    deed.web.agent = SLICE("Mozilla/5.0 (KHTML, like Gecko)");
    deed.web.status = 200;
    deed.web.request_bytes = 700;
    deed.web.response_bytes = 900;
    deed.web.taken_ms = 16;
    return deed;
}

static struct deed make_mailbox(struct log_stage *stage, bool attack) {
    struct deed deed =
        log_stage_deed(stage, DEED_MAILBOX_ACCESS, HOST_WORKSTATION, HOST_MAIL, attack);
    deed.mailbox.action = SLICE("GetItem");
    deed.mailbox.mailbox = deed.mailbox.impersonated = SLICE("boss@corp.example.com");
    deed.mailbox.agent = SLICE("ExchangeServicesClient/15.00");
    deed.mailbox.status = 200;
    deed.mailbox.request_bytes = 1900;
    deed.mailbox.response_bytes = 123456;
    deed.mailbox.item_count = 7;
    deed.mailbox.taken_ms = 80;
    return deed;
}

static struct deed make_cmdlet(struct log_stage *stage, const char *name, const char *parameters) {
    struct deed deed = log_stage_deed(stage, DEED_CMDLET, HOST_WORKSTATION, HOST_MAIL, true);
    deed.account = 1;
    deed.cmdlet.name = slice_of_string(name);
    deed.cmdlet.parameters = slice_of_string(parameters);
    deed.cmdlet.client = SLICE("EMC");
    deed.cmdlet.taken_ms = 300;
    return deed;
}

static void open_log(struct log_stage *stage, const struct log_writer *writer) {
    log_stage_init(stage);
    log_stage_open(stage, writer, HOST_MAIL);
}

static char *play_http_proxy(struct log_stage *stage) {
    open_log(stage, &log_writer_http_proxy);
    struct deed front = make_request(stage, WEB_EXCHANGE_FRONT, "/ecp/y.js", true);
    struct deed plain = make_request(stage, WEB_EXCHANGE_FRONT, "/owa/auth/logon.aspx", false);
    struct deed back = make_request(stage, WEB_EXCHANGE_BACK, "/ecp/y.js", true);
    struct deed page = make_request(stage, WEB_EXCHANGE_FRONT, "/aspnet_client/x.aspx", true);
    struct deed mailbox = make_mailbox(stage, true);
    front.web.exchange = &forged;
    log_stage_tell(stage, &front, PLACE_TO);
    log_stage_tell(stage, &plain, PLACE_TO);
    log_stage_tell(stage, &back, PLACE_TO);
    log_stage_tell(stage, &page, PLACE_TO);
    log_stage_tell(stage, &mailbox, PLACE_TO);
    log_stage_close(stage);
    return log_stage_read(stage, ROOT "Logging/HttpProxy/Ecp/HttpProxy_" HOUR);
}

static void test_http_proxy(void **state) {
    (void)state;
    struct log_stage stage, second;
    char *text = play_http_proxy(&stage), *again = play_http_proxy(&second);
    assert_string_equal(text, again);
    memory_free(again);
    expect_header(text, "HttpProxy Logs");
    expect_field(text, FIRST_LINE, "DateTime", "2026-03-01T16:01:00.123Z");
    expect_field(text, FIRST_LINE, "Protocol", "Ecp");
    expect_field(text, FIRST_LINE, "UrlStem", "/ecp/y.js");
    expect_field(text, FIRST_LINE, "IsAuthenticated", "false");
    expect_field(text, FIRST_LINE, "AnchorMailbox", "ServerInfo~mail/ecp/x?a,b#");
    expect_field(text, FIRST_LINE, "UserAgent", "Mozilla/5.0 (KHTML  like Gecko)");
    expect_field(text, FIRST_LINE, "HttpStatus", "200");
    expect_field(text, FIRST_LINE, "BackEndStatus", "200");
    expect_field(text, FIRST_LINE, "TargetServer", "mail.corp.example.com");
    expect_field(text, FIRST_LINE, "RequestBytes", "700");
    expect_field(text, FIRST_LINE, "ResponseBytes", "900");
    expect_field(text, FIRST_LINE, "TotalRequestTime", "16");
    expect_field(text, FIRST_LINE, "UrlQuery", "?schema=a,b");
    expect_field(text, FIRST_LINE, "RoutingStatus", "CafeV1");
    memory_free(text);
    text = log_stage_read(&stage, ROOT "Logging/HttpProxy/Owa/HttpProxy_" HOUR);
    expect_field(text, FIRST_LINE, "BackEndStatus", "");
    memory_free(text);
    text = log_stage_read(&stage, ROOT "Logging/HttpProxy/Ews/HttpProxy_" HOUR);
    expect_field(text, FIRST_LINE, "AuthenticatedUser", "CORP\\erika.muster");
    expect_field(text, FIRST_LINE, "AnchorMailbox", "Smtp~boss@corp.example.com");
    memory_free(text);
    assert_int_equal(evidence_file_count(stage.evidence), 3);
    expect_citation(&stage, 2, 0, FIRST_LINE);
    log_stage_done(&stage);
    log_stage_done(&second);
}

static void test_ecp(void **state) {
    (void)state;
    struct log_stage stage;
    open_log(&stage, &log_writer_ecp);
    struct deed web = make_request(&stage, WEB_EXCHANGE_BACK, "/ecp/DDI/x", true);
    struct deed front = make_request(&stage, WEB_EXCHANGE_FRONT, "/ecp/DDI/x", true);
    struct deed set = make_cmdlet(&stage, "Set-OabVirtualDirectory",
                                  "-ExternalUrl \"http://f/#a b\" -Identity \"OAB\"");
    struct deed other = make_cmdlet(&stage, "Get-Mailbox", "");
    web.web.exchange = &forged;
    log_stage_tell(&stage, &web, PLACE_TO);
    log_stage_tell(&stage, &front, PLACE_TO);
    log_stage_tell(&stage, &set, PLACE_TO);
    log_stage_tell(&stage, &other, PLACE_TO);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, ROOT "Logging/ECP/Server/ECPServer20260301-1.LOG");
    expect_header(text, "ECP Server Log");
    expect_field(text, FIRST_LINE, "ServerName", "mail-serve");
    assert_non_null(strstr(text, ";S:CMD=Set-OabVirtualDirectory;S:REQID="));
    assert_non_null(strstr(text, "S:URL=https://mail-serve.corp.example.com:444/ecp/DDI/x?"));
    assert_non_null(strstr(text, "'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://f/#a b''"
                                 ".Identity=''OAB''';"));
    memory_free(text);
    expect_citation(&stage, 2, 1, FIRST_LINE + 1);
    log_stage_done(&stage);
}

static void test_ews(void **state) {
    (void)state;
    struct log_stage stage;
    open_log(&stage, &log_writer_ews);
    for (int i = 0; i < 3; i++) {
        struct deed deed = make_mailbox(&stage, i == 2);
        deed.time_ns += i / 2 * 3600 * STAGE_SECOND;
        log_stage_tell(&stage, &deed, PLACE_TO);
    }
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, ROOT "Logging/Ews/Ews_" HOUR);
    expect_header(text, "EWS Logs");
    expect_field(text, FIRST_LINE + 1, "AuthenticatedUser", "erika.muster@corp.example.com");
    expect_field(text, FIRST_LINE + 1, "SoapAction", "GetItem");
    expect_field(text, FIRST_LINE + 1, "ResponseSize", "123456");
    expect_field(text, FIRST_LINE + 1, "ImpersonatedUser", "boss@corp.example.com");
    expect_field(text, FIRST_LINE + 1, "LocalIdCount", "7");
    memory_free(text);
    text = log_stage_read(&stage, ROOT "Logging/Ews/Ews_2026030117-1.LOG");
    expect_field(text, FIRST_LINE, "ClientIpAddress", "10.20.0.10");
    memory_free(text);
    expect_citation(&stage, 1, 0, FIRST_LINE);
    log_stage_done(&stage);
}

static void test_rps(void **state) {
    (void)state;
    struct log_stage stage;
    open_log(&stage, &log_writer_rps);
    struct deed web = make_request(&stage, WEB_EXCHANGE_BACK, "/powershell", true);
    struct deed set = make_cmdlet(&stage, "Set-Mailbox", "-Identity \"a, b\"");
    struct deed local = make_cmdlet(&stage, "Get-Mailbox", "");
    local.cmdlet.local = true;
    local.cmdlet.failure = SLICE("not found");
    log_stage_tell(&stage, &web, PLACE_TO);
    log_stage_tell(&stage, &set, PLACE_TO);
    log_stage_tell(&stage, &local, PLACE_TO);
    log_stage_close(&stage);
#define CMDLETS ROOT "Logging/CmdletInfra/"
    char *text = log_stage_read(&stage, CMDLETS "Powershell-Proxy/Http/Rps_Http_" HOUR);
    expect_header(text, "Rps Http Logs");
    expect_field(text, FIRST_LINE, "UrlStem", "/powershell");
    expect_field(text, FIRST_LINE, "RequestBytes", "700");
    expect_field(text, FIRST_LINE + 1, "CommandName", "Set-Mailbox");
    expect_field(text, FIRST_LINE + 1, "ClientInfo", "Microsoft WinRM Client");
    memory_free(text);
    text = log_stage_read(&stage, CMDLETS "Powershell-Proxy/Cmdlet/Rps_Cmdlet_" HOUR);
    expect_header(text, "Rps Cmdlet Logs");
    expect_field(text, FIRST_LINE, "Parameters", "-Identity \"a, b\"");
    expect_field(text, FIRST_LINE, "ExecutingUserSid", "S-1-5-21-1-2-3-1102");
    expect_field(text, FIRST_LINE, "ExecutionResult", "Success");
    memory_free(text);
    text = log_stage_read(&stage, CMDLETS "LocalPowerShell/Cmdlet/Rps_Cmdlet_" HOUR);
    expect_field(text, FIRST_LINE, "ExecutionResult", "Error");
    memory_free(text);
    expect_citation(&stage, 4, 0, FIRST_LINE);
    log_stage_done(&stage);
}

static void test_tracking(void **state) {
    (void)state;
    static const enum deed_kind kind = DEED_MAIL;
    struct log_stage stage;
    open_log(&stage, &log_writer_tracking);
    for (int event = MAIL_RECEIVED; event <= MAIL_SENT; event++) {
        struct deed deed = log_stage_deed(&stage, kind, HOST_WORKSTATION, HOST_MAIL, true);
        deed.mail.event = (enum deed_mail_event)event;
        deed.mail.sender = SLICE("a@corp.example.com");
        deed.mail.recipients = SLICE("b@example.net;c@example.net");
        deed.mail.subject = SLICE("Offer, \"new\"");
        deed.mail.message_id = SLICE("<1@corp.example.com>");
        deed.mail.size_bytes = 4000;
        deed.mail.recipient_count = 2;
        log_stage_tell(&stage, &deed, PLACE_TO);
    }
    log_stage_close(&stage);
#define TRACKING ROOT "TransportRoles/Logs/MessageTracking/"
    char *text = log_stage_read(&stage, TRACKING "MSGTRK" HOUR);
    expect_header(text, "Message Tracking Log");
    static const char *const events[] = {"HAREDIRECT", "RECEIVE", "AGENTINFO",   "RECEIVE",
                                         "AGENTINFO",  "SEND",    "SENDEXTERNAL"};
    for (size_t i = 0; i < ARRAY_SIZE(events); i++)
        expect_field(text, FIRST_LINE + i, "event-id", events[i]);
    expect_field(text, FIRST_LINE + 1, "source", "SMTP");
    expect_field(text, FIRST_LINE + 1, "recipient-address", "b@example.net;c@example.net");
    expect_field(text, FIRST_LINE + 1, "message-subject", "Offer, \"new\"");
    expect_field(text, FIRST_LINE + 2, "source", "AGENT");
    expect_field(text, FIRST_LINE + 6, "server-hostname", "mx.example.net");
    memory_free(text);
    text = log_stage_read(&stage, TRACKING "MSGTRKMS" HOUR);
    expect_field(text, FIRST_LINE, "event-id", "NOTIFYMAPI");
    expect_field(text, FIRST_LINE, "message-id", "");
    expect_field(text, FIRST_LINE + 1, "event-id", "SUBMIT");
    memory_free(text);
    text = log_stage_read(&stage, TRACKING "MSGTRKMD" HOUR);
    expect_field(text, FIRST_LINE, "event-id", "DELIVER");
    expect_field(text, FIRST_LINE, "total-bytes", "4000");
    memory_free(text);
    expect_citation(&stage, 9, 0, FIRST_LINE); // the notice names no message
    log_stage_done(&stage);
}

static void test_oab_and_clearing(void **state) {
    (void)state;
    struct log_stage stage;
    open_log(&stage, &log_writer_oab);
    for (int i = 0; i < 5; i++) {
        struct deed deed = log_stage_deed(&stage, DEED_ROUTINE, HOST_MAIL, HOST_MAIL, false);
        log_stage_tell(&stage, &deed, PLACE_TO);
    }
    struct deed deed = log_stage_deed(&stage, DEED_FILE_WRITE, HOST_MAIL, HOST_MAIL, true);
    deed.file.path = SLICE("C:\\inetpub\\wwwroot\\aspnet_client\\x.aspx");
    log_stage_tell(&stage, &deed, PLACE_TO);
    deed.program.image = SLICE("C:\\Program Files\\bin\\UMWorkerProcess.exe");
    log_stage_tell(&stage, &deed, PLACE_TO);
    expect_citation(&stage, 1, 0, FIRST_LINE + 3);
    log_stage_clear(&stage, CLEAR_MAIL);
    log_stage_tell(&stage, &deed, PLACE_TO);
    log_stage_close(&stage);
    char *text =
        log_stage_read(&stage, ROOT "Logging/OABGeneratorLog/OABGeneratorLog_20260301-1.LOG");
    expect_field(text, FIRST_LINE, "Message",
                 "Download failed and temporary file 'C:\\inetpub\\wwwroot\\aspnet_client\\x.aspx' "
                 "needs to be removed");
    memory_free(text);
    expect_citation(&stage, 1, 0, FIRST_LINE);
    log_stage_done(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_proxy), cmocka_unit_test(test_ecp),
        cmocka_unit_test(test_ews),        cmocka_unit_test(test_rps),
        cmocka_unit_test(test_tracking),   cmocka_unit_test(test_oab_and_clearing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
