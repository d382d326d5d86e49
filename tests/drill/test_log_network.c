// Logs of the network: header, fields, order, citations
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "log_stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct log_writer log_writer_squid, log_writer_proxy_csv, log_writer_sshd,
    log_writer_dhcp, log_writer_netflow, log_writer_zeek;

enum {
    LINE_SIZE = 2048
};

static struct deed make_fetch(struct log_stage *stage, const char *scheme, bool attack) {
    struct deed deed =
        log_stage_deed(stage, DEED_WEB_REQUEST, HOST_WORKSTATION, HOST_SERVER, attack);
    deed.to = (struct deed_end){.host = DEED_NO_HOST, .address = address_of(0xCB007105)};
    deed.web.site = WEB_OUTSIDE;
    deed.web.method = SLICE("GET");
    deed.web.scheme = slice_of_string(scheme);
    deed.web.host = SLICE("www.example.net");
    deed.web.stem = SLICE("/a b.html");
    deed.web.query = SLICE("q=1");
    deed.web.agent = SLICE("Mozilla/5.0 (X11, \"x\")");
    deed.web.user = SLICE("erika.muster");
    deed.web.content_type = SLICE("text/html; charset=utf-8");
    deed.web.status = 200;
    deed.web.response_bytes = 5000;
    deed.web.taken_ms = 145;
    deed.web.proxied = true;
    return deed;
}

// Cell `column` of a line; its end is a tab or comma.
static void get_cell(const char *line, size_t column, char separator, char *ret, size_t size) {
    for (; column > 0; column--) {
        line = strchr(line, separator);
        assert_non_null(line);
        line++;
    }
    const char *end = strchr(line, separator);
    snprintf(ret, size, "%.*s", end ? (int)(end - line) : (int)strlen(line), line);
}

static void assert_cell(const char *header, const char *line, char separator, const char *name,
                        const char *value) {
    char cell[LINE_SIZE];
    size_t columns = 1;
    for (const char *c = header; *c; c++)
        columns += *c == separator;
    for (size_t i = 0; i < columns; i++) {
        get_cell(header, i, separator, cell, sizeof cell);
        if (strcmp(cell, name) != 0)
            continue;
        get_cell(line, i, separator, cell, sizeof cell);
        assert_string_equal(cell, value);
        return;
    }
    fail_msg("no column %s", name);
}

static void assert_cited(struct log_stage *stage, size_t count, uint64_t record) {
    size_t found;
    const struct evidence_citation *citations = evidence_citations(stage->evidence, &found);
    assert_int_equal(found, count);
    if (count > 0)
        assert_int_equal(citations[0].record, record);
}

static void test_squid(void **state) {
    (void)state;
    struct log_stage stage;
    char line[LINE_SIZE];
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_squid, HOST_PROXY);
    struct deed plain = make_fetch(&stage, "http", false),
                secret = make_fetch(&stage, "https", true);
    log_stage_tell(&stage, &plain, PLACE_MIDDLE);
    log_stage_tell(&stage, &secret, PLACE_MIDDLE);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, "servers/proxy/var/log/squid/access.log-20260302");
    assert_true(log_stage_line(text, 1, line, sizeof line));
    assert_string_equal(line, "1772380860.123    145 10.20.0.10 TCP_MISS/200 5290 GET "
                              "http://www.example.net/a+b.html?q=1 erika.muster "
                              "HIER_DIRECT/203.0.113.5 text/html;+charset=utf-8");
    assert_true(log_stage_line(text, 2, line, sizeof line));
    assert_string_equal(line, "1772380920.123    145 10.20.0.10 TCP_TUNNEL/200 9090 CONNECT "
                              "www.example.net:443 erika.muster HIER_DIRECT/203.0.113.5 -");
    memory_free(text);
    assert_cited(&stage, 1, 2);
    log_stage_done(&stage);
}

static void test_proxy_csv(void **state) {
    (void)state;
    struct log_stage stage;
    char header[LINE_SIZE], line[LINE_SIZE];
    log_stage_init(&stage);
    stage.choices.gateway_decrypts = true;
    log_stage_open(&stage, &log_writer_proxy_csv, HOST_PROXY);
    struct deed deed = make_fetch(&stage, "https", true);
    log_stage_tell(&stage, &deed, PLACE_MIDDLE);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, "servers/proxy/export/webgateway-20260301.csv");
    assert_true(log_stage_line(text, 1, header, sizeof header));
    assert_true(log_stage_line(text, 2, line, sizeof line));
    assert_cell(header, line, ',', "timestamp", "2026-03-01T16:01:00.123Z");
    assert_cell(header, line, ',', "client_ip", "10.20.0.10");
    assert_cell(header, line, ',', "url", "https://www.example.net/a b.html?q=1");
    assert_cell(header, line, ',', "status", "200");
    assert_non_null(strstr(line, ",\"Mozilla/5.0 (X11, \"\"x\"\")\","));
    memory_free(text);
    assert_cited(&stage, 1, 2);
    log_stage_done(&stage);
}

static void test_proxy_csv_tunnels(void **state) {
    (void)state;
    struct log_stage stage;
    char header[LINE_SIZE], line[LINE_SIZE];
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_proxy_csv, HOST_PROXY);
    struct deed secret = make_fetch(&stage, "https", true);
    struct deed open = make_fetch(&stage, "http", true);
    log_stage_tell(&stage, &secret, PLACE_MIDDLE);
    log_stage_tell(&stage, &open, PLACE_MIDDLE);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, "servers/proxy/export/webgateway-20260301.csv");
    assert_true(log_stage_line(text, 1, header, sizeof header));
    assert_true(log_stage_line(text, 2, line, sizeof line));
    assert_cell(header, line, ',', "method", "CONNECT");
    assert_cell(header, line, ',', "url", "www.example.net:443");
    assert_null(strstr(line, "html"));
    assert_true(log_stage_line(text, 3, line, sizeof line));
    assert_cell(header, line, ',', "method", "GET");
    assert_cell(header, line, ',', "url", "http://www.example.net/a b.html?q=1");
    memory_free(text);
    log_stage_done(&stage);
}

static void test_sshd(void **state) {
    (void)state;
    struct log_stage stage;
    char line[LINE_SIZE];
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_sshd, HOST_CODE);
    struct deed good = log_stage_deed(&stage, DEED_SSH_LOGIN, HOST_WORKSTATION, HOST_CODE, true);
    good.from.port = 50000;
    good.ssh.method = SLICE("publickey");
    good.ssh.key = SLICE("SHA256:abc");
    struct deed bad = log_stage_deed(&stage, DEED_SSH_LOGIN, HOST_SCANNER, HOST_CODE, false);
    bad.account = DEED_NO_ACCOUNT;
    bad.user = SLICE("oracle");
    bad.ssh.failed = true;
    log_stage_tell(&stage, &good, PLACE_TO);
    log_stage_tell(&stage, &bad, PLACE_TO);
    assert_cited(&stage, 2, 1);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, "servers/code-serve/var/log/auth.log");
    assert_true(log_stage_line(text, 1, line, sizeof line));
    assert_string_equal(line, "Mar  2 00:01:00 code-serve sshd[1207]: Accepted publickey for "
                              "erika.muster from 10.20.0.10 port 50000 ssh2: ED25519 SHA256:abc");
    assert_true(log_stage_line(text, 4, line, sizeof line));
    assert_non_null(strstr(line, "sshd[1214]: Failed password for invalid user oracle from "));
    memory_free(text);
    log_stage_done(&stage);
}

static void test_dhcp(void **state) {
    (void)state;
    struct log_stage stage;
    char line[LINE_SIZE];
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_dhcp, HOST_RESOLVER);
    struct deed deed = log_stage_deed(&stage, DEED_LEASE, HOST_WORKSTATION, HOST_RESOLVER, true);
    deed.lease.until_ns = deed.time_ns + 86400 * STAGE_SECOND;
    log_stage_tell(&stage, &deed, PLACE_TO);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, "servers/dhcp-serve/var/lib/dhcp/dhcpd.leases");
    assert_true(log_stage_line(text, 6, line, sizeof line));
    assert_string_equal(line, "lease 10.20.0.10 {");
    assert_true(log_stage_line(text, 7, line, sizeof line));
    assert_string_equal(line, "  starts 0 2026/03/01 16:01:00;");
    assert_non_null(strstr(text, "  client-hostname \"workstatio\";\n}\n"));
    memory_free(text);
    text = log_stage_read(&stage, "servers/dhcp-serve/var/log/dhcpd.log-20260302");
    assert_true(log_stage_line(text, 2, line, sizeof line));
    assert_string_equal(line, "Mar  2 00:01:00 dhcp-serve dhcpd[911]: DHCPACK on 10.20.0.10 to "
                              "02:00:5e:00:00:00 (workstatio) via eth0");
    memory_free(text);
    assert_cited(&stage, 3, 6);
    log_stage_done(&stage);
}

static void test_netflow(void **state) {
    (void)state;
    struct log_stage stage;
    char header[LINE_SIZE], line[LINE_SIZE];
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_netflow, HOST_ROUTER);
    struct deed deed = log_stage_deed(&stage, DEED_FLOW, HOST_WORKSTATION, HOST_FILES, true);
    deed.flow.protocol = SLICE("tcp");
    deed.flow.service = SLICE("smb");
    deed.flow.sent_bytes = 1000;
    deed.flow.received_bytes = 2000;
    deed.flow.taken_ms = 2500;
    deed.from.address = address_of(0xCB007105);
    struct deed closed = deed, within = deed;
    closed.flow.refused = true;
    within.from.address = stage.hosts[HOST_WORKSTATION].address;
    log_stage_tell(&stage, &within, PLACE_WIRE); // stays in its network
    log_stage_tell(&stage, &deed, PLACE_WIRE);
    log_stage_tell(&stage, &closed, PLACE_WIRE);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, "servers/router/netflow/nfcapd.20260302.csv");
    assert_true(log_stage_line(text, 1, header, sizeof header));
    assert_true(log_stage_line(text, 2, line, sizeof line));
    size_t commas[2] = {0};
    for (const char *c = header; *c; c++)
        commas[0] += *c == ',';
    for (const char *c = line; *c; c++)
        commas[1] += *c == ',';
    assert_int_equal(commas[0], 47);
    assert_int_equal(commas[1], 47);
    assert_cell(header, line, ',', "ts", "2026-03-02 00:01:00");
    assert_cell(header, line, ',', "te", "2026-03-02 00:01:02");
    assert_cell(header, line, ',', "td", "2.500");
    assert_cell(header, line, ',', "sa", "203.0.113.5");
    assert_cell(header, line, ',', "dp", "445");
    assert_cell(header, line, ',', "pr", "TCP");
    assert_cell(header, line, ',', "ipkt", "5");
    assert_cell(header, line, ',', "ibyt", "1200");
    assert_cell(header, line, ',', "ra", "10.20.0.27");
    assert_cell(header, line, ',', "tr", "2026-03-02 00:01:02.623");
    assert_true(log_stage_line(text, 3, line, sizeof line));
    assert_cell(header, line, ',', "sp", "445");
    assert_true(log_stage_line(text, 4, line, sizeof line));
    assert_cell(header, line, ',', "flg", "......S.");
    assert_false(log_stage_line(text, 5, line, sizeof line));
    memory_free(text);
    assert_cited(&stage, 3, 2);
    log_stage_done(&stage);
}

static void tell_zeek(struct log_stage *stage, bool json) {
    static const struct deed_content content = {.sha256 = {0xAB, 0xCD}, .size_bytes = 5000};
    log_stage_init(stage);
    stage->choices.zeek_json = json;
    log_stage_open(stage, &log_writer_zeek, HOST_SENSOR);
    struct deed name =
        log_stage_deed(stage, DEED_NAME_QUERY, HOST_WORKSTATION, HOST_RESOLVER, false);
    name.name_query.name = SLICE("www.example.net");
    name.name_query.answer = SLICE("203.0.113.5;203.0.113.6");
    struct deed plain = make_fetch(stage, "http", true), secret = make_fetch(stage, "https", false);
    plain.web.proxied = false;
    plain.web.artefact = SLICE("setup.exe");
    plain.web.content = &content;
    log_stage_tell(stage, &name, PLACE_WIRE);
    log_stage_tell(stage, &plain, PLACE_WIRE);
    log_stage_tell(stage, &secret, PLACE_WIRE);
    log_stage_close(stage);
}

// The record `row` (from 0) of a Zeek file by column name; header lines as Zeek has them.
static void assert_zeek(struct log_stage *stage, const char *name, size_t row, const char *column,
                        const char *value) {
    char path[128], header[LINE_SIZE], line[LINE_SIZE];
    snprintf(path, sizeof path, "servers/network-se/opt/zeek/logs/2026-03-02/%s.log", name);
    char *text = log_stage_read(stage, path);
    assert_true(log_stage_line(text, 1, line, sizeof line));
    assert_string_equal(line, "#separator \\x09");
    assert_true(log_stage_line(text, 5, line, sizeof line));
    assert_string_equal(line + 6, name);
    assert_true(log_stage_line(text, 7, header, sizeof header));
    assert_memory_equal(header, "#fields\tts\t", 11);
    assert_true(log_stage_line(text, 9 + row, line, sizeof line));
    assert_cell(header + 8, line, '\t', column, value);
    memory_free(text);
}

static void test_zeek_tabs(void **state) {
    (void)state;
    struct log_stage stage;
    char line[LINE_SIZE];
    tell_zeek(&stage, false);
    assert_zeek(&stage, "conn", 0, "ts", "1772380860.123456");
    assert_zeek(&stage, "conn", 0, "service", "dns");
    assert_zeek(&stage, "conn", 1, "id.resp_p", "80");
    assert_zeek(&stage, "conn", 1, "conn_state", "SF");
    assert_zeek(&stage, "conn", 1, "local_resp", "F");
    assert_zeek(&stage, "conn", 2, "id.resp_p", "3128");
    assert_zeek(&stage, "conn", 3, "id.orig_h", "10.20.0.24");
    assert_zeek(&stage, "dns", 0, "query", "www.example.net");
    assert_zeek(&stage, "dns", 0, "answers", "203.0.113.5,203.0.113.6");
    assert_zeek(&stage, "dns", 0, "rejected", "F");
    assert_zeek(&stage, "http", 0, "uri", "/a b.html?q=1");
    assert_zeek(&stage, "http", 0, "status_msg", "OK");
    assert_zeek(&stage, "http", 0, "resp_filenames", "setup.exe");
    assert_zeek(&stage, "http", 1, "method", "CONNECT");
    assert_zeek(&stage, "ssl", 1, "server_name", "www.example.net");
    assert_zeek(&stage, "ssl", 1, "version", "TLSv13");
    assert_zeek(&stage, "files", 0, "filename", "setup.exe");
    assert_zeek(&stage, "files", 0, "sha256",
                "abcd000000000000000000000000000000000000000000000000000000000000");
    char *text = log_stage_read(&stage, "servers/network-se/opt/zeek/logs/2026-03-02/files.log");
    assert_true(log_stage_line(text, 8, line, sizeof line));
    assert_memory_equal(line, "#types\ttime\tstring\tstring\taddr\tport", 35);
    assert_true(log_stage_line(text, 10, line, sizeof line));
    assert_string_equal(line, "#close\t2026-03-02-00-02-00");
    memory_free(text);
    size_t count;
    const struct evidence_citation *citations = evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 3); // conn, http, files
    assert_int_equal(citations[0].record, 10);
    log_stage_done(&stage);
}

static void test_zeek_json(void **state) {
    (void)state;
    struct log_stage stage;
    char line[LINE_SIZE];
    tell_zeek(&stage, true);
    char *text = log_stage_read(&stage, "servers/network-se/opt/zeek/logs/2026-03-02/dns.log");
    assert_true(log_stage_line(text, 1, line, sizeof line));
    assert_memory_equal(line, "{\"ts\":1772380860.123456,\"uid\":\"C", 32);
    assert_non_null(strstr(line, "\"id.resp_p\":53,\"proto\":\"udp\""));
    assert_non_null(strstr(line, "\"answers\":[\"203.0.113.5\",\"203.0.113.6\"],\"TTLs\":["));
    assert_non_null(strstr(line, "\"rejected\":false}"));
    assert_false(log_stage_line(text, 2, line, sizeof line));
    memory_free(text);
    text = log_stage_read(&stage, "servers/network-se/opt/zeek/logs/2026-03-02/http.log");
    assert_true(log_stage_line(text, 1, line, sizeof line));
    assert_non_null(strstr(line, "\"user_agent\":\"Mozilla/5.0 (X11, \\\"x\\\")\""));
    assert_non_null(strstr(line, "\"tags\":[]"));
    assert_null(strstr(line, "\"origin\""));
    memory_free(text);
    log_stage_done(&stage);
}

static void test_same_bytes(void **state) {
    (void)state;
    static const char path[] = "servers/network-se/opt/zeek/logs/2026-03-02/conn.log";
    struct log_stage stages[2];
    char *texts[2];
    for (size_t i = 0; i < 2; i++) {
        tell_zeek(&stages[i], false);
        texts[i] = log_stage_read(&stages[i], path);
    }
    assert_string_equal(texts[0], texts[1]);
    for (size_t i = 0; i < 2; i++) {
        memory_free(texts[i]);
        log_stage_done(&stages[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_squid),
                                       cmocka_unit_test(test_proxy_csv),
                                       cmocka_unit_test(test_proxy_csv_tunnels),
                                       cmocka_unit_test(test_sshd),
                                       cmocka_unit_test(test_dhcp),
                                       cmocka_unit_test(test_netflow),
                                       cmocka_unit_test(test_zeek_tabs),
                                       cmocka_unit_test(test_zeek_json),
                                       cmocka_unit_test(test_same_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
