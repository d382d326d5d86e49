// Tomcat, nginx and the catalogue: lines, days, citations
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/document_system.h"
#include "log_stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

extern const struct log_writer log_writer_tomcat, log_writer_nginx, log_writer_catalogue;

#define NGINX "servers/upgrade-se/var/log/nginx/access.log"
#define UPGRADE "servers/upgrade-se/srv/upgrade/"

static char *read_tomcat(struct log_stage *stage) {
    char home[DOCUMENT_HOME_SIZE], path[200];
    document_system_home(document_system_find(NULL, stage->organisation.seed),
                         stage->organisation.seed, home);
    snprintf(path, sizeof path, "servers/document-s/C/%s/logs/localhost_access_log.2026-03-02.txt",
             home);
    return log_stage_read(stage, path);
}

static struct deed make_request(struct log_stage *stage, enum host_role to, bool attack) {
    struct deed deed = log_stage_deed(stage, DEED_WEB_REQUEST, HOST_WORKSTATION, to, attack);
    deed.web.site = to == HOST_UPGRADE ? WEB_UPGRADE : WEB_DOCUMENT;
    deed.web.method = SLICE("GET");
    deed.web.stem = SLICE("/docsafe/login.jsp");
    deed.web.query = SLICE("id=1 2");
    deed.web.agent = SLICE("Mozilla/5.0 \"x\"");
    deed.web.status = 200;
    deed.web.response_bytes = 512;
    deed.web.taken_ms = 15;
    return deed;
}

static void expect_line(const char *text, size_t number, const char *expected) {
    char line[512];
    assert_true(log_stage_line(text, number, line, sizeof line));
    assert_string_equal(line, expected);
}

static char *play_tomcat(struct log_stage *stage, uint8_t format) {
    log_stage_init(stage);
    stage->choices.tomcat_format = format;
    log_stage_open(stage, &log_writer_tomcat, HOST_DOCUMENT);
    struct deed normal = make_request(stage, HOST_DOCUMENT, false);
    struct deed attack = make_request(stage, HOST_DOCUMENT, true);
    struct deed other = make_request(stage, HOST_DOCUMENT, true);
    attack.web.response_bytes = 0;
    other.web.site = WEB_INTRANET;
    log_stage_tell(stage, &normal, PLACE_TO);
    log_stage_tell(stage, &attack, PLACE_TO);
    log_stage_tell(stage, &other, PLACE_TO);
    log_stage_close(stage);
    return read_tomcat(stage);
}

#define REQUEST "\"GET /docsafe/login.jsp?id=1%202 HTTP/1.1\" 200 "

static void test_tomcat_formats(void **state) {
    (void)state;
    static const char *const ends[] = {"", " \"-\" \"Mozilla/5.0 \\\"x\\\"\"",
                                       " \"-\" \"Mozilla/5.0 \\\"x\\\"\" 15"};
    for (uint8_t format = 0; format < 3; format++) {
        struct log_stage stage;
        char expected[256];
        size_t count;
        char *text = play_tomcat(&stage, format);
        snprintf(expected, sizeof expected, "10.20.0.10 - - [02/Mar/2026:00:01:00 +0800] %s512%s",
                 REQUEST, ends[format]);
        expect_line(text, 1, expected);
        snprintf(expected, sizeof expected, "10.20.0.10 - - [02/Mar/2026:00:02:00 +0800] %s-%s",
                 REQUEST, ends[format]);
        expect_line(text, 2, expected);
        assert_false(log_stage_line(text, 3, expected, sizeof expected));
        memory_free(text);
        const struct evidence_citation *citations = evidence_citations(stage.evidence, &count);
        assert_int_equal(count, 1);
        assert_int_equal(citations[0].record, 2);
        log_stage_done(&stage);
    }
}

static char *play_many(struct log_stage *stage) {
    log_stage_init(stage);
    log_stage_open(stage, &log_writer_tomcat, HOST_DOCUMENT);
    for (int i = 0; i < 600; i++) {
        struct deed deed = make_request(stage, HOST_DOCUMENT, i % 2);
        deed.web.query = SLICE("");
        log_stage_tell(stage, &deed, PLACE_TO);
    }
    log_stage_close(stage);
    return read_tomcat(stage);
}

// GBK comes now and then, never in what an attack asked; the same deeds give the same bytes.
static void test_tomcat_gbk(void **state) {
    (void)state;
    struct log_stage first, second;
    char line[512];
    size_t encoded = 0;
    char *text = play_many(&first), *again = play_many(&second);
    for (size_t i = 1; log_stage_line(text, i, line, sizeof line); i++) {
        bool has = strstr(line, "?fileName=%");
        assert_false(has && i % 2 == 0);
        encoded += has;
    }
    assert_in_range(encoded, 1, 20);
    assert_string_equal(text, again);
    memory_free(text);
    memory_free(again);
    log_stage_done(&first);
    log_stage_done(&second);
}

static void test_nginx_days(void **state) {
    (void)state;
    struct log_stage stage;
    size_t count;
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_nginx, HOST_UPGRADE);
    for (int i = 0; i < 8; i++) {
        struct deed deed = make_request(&stage, HOST_UPGRADE, i == 6);
        deed.time_ns += i * 86400 * STAGE_SECOND;
        deed.web.response_bytes = 0;
        log_stage_tell(&stage, &deed, PLACE_TO);
    }
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, NGINX "-20260303");
    expect_line(text, 1,
                "10.20.0.10 - - [02/Mar/2026:00:01:00 +0800] " REQUEST
                "0 \"-\" \"Mozilla/5.0 \\x22x\\x22\"");
    memory_free(text);
    text = log_stage_read(&stage, NGINX);
    memory_free(text);
    assert_int_equal(evidence_file_count(stage.evidence), 7);
    const struct evidence_citation *citations = evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 1);
    assert_int_equal(citations[0].record, 1);
    log_stage_done(&stage);
}

static void test_nginx_clearing(void **state) {
    (void)state;
    struct log_stage stage;
    size_t count;
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_nginx, HOST_UPGRADE);
    struct deed deed = make_request(&stage, HOST_UPGRADE, true);
    log_stage_tell(&stage, &deed, PLACE_TO);
    log_stage_clear(&stage, CLEAR_SHELL);
    evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 1);
    log_stage_clear(&stage, CLEAR_WEB);
    evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 0);
    log_stage_done(&stage);
}

static void test_catalogue(void **state) {
    (void)state;
    struct log_stage stage;
    struct deed_content content = {.sha256 = {0xAB, 1}, .size_bytes = 77, .signer = SLICE("A, B")};
    size_t count;
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_catalogue, HOST_UPGRADE);
    for (int i = 0; i < 2; i++) {
        struct deed deed =
            log_stage_deed(&stage, DEED_PACKAGE_CHANGE, HOST_UPGRADE, HOST_UPGRADE, i == 1);
        deed.package.stem = SLICE("/packages/setup.exe");
        deed.package.name = SLICE("setup.exe");
        deed.package.version = SLICE("6.4.1");
        deed.package.listed = i == 0;
        deed.package.content = &content;
        log_stage_tell(&stage, &deed, PLACE_TO);
        content.sha256[0]++;
        content.signer = SLICE("");
    }
    log_stage_close(&stage);
#define ZEROS "000000000000000000000000000000000000000000000000000000000000"
    char *text = log_stage_read(&stage, UPGRADE "catalogue.csv");
    expect_line(text, 1, "time,path,name,version,size,sha256,signer");
    expect_line(text, 3,
                "2026-03-01T16:01:00Z,/packages/setup.exe,setup.exe,6.4.1,77,ab01" ZEROS
                ",\"A, B\"");
    expect_line(text, 4,
                "2026-03-01T16:02:00Z,/packages/setup.exe,setup.exe,6.4.1,77,ac01" ZEROS ",");
    memory_free(text);
    text = log_stage_read(&stage, UPGRADE "releases.csv");
    expect_line(text, 3, "2026-03-01T16:01:00Z,setup.exe,6.4.1,77,ab01" ZEROS ",\"A, B\"");
    assert_non_null(strstr(text, "2026-03-01T16:00:00Z,ExampleDocSafeSetup.exe,6.4.0.0,"));
    assert_null(strstr(text, "ac01"));
    memory_free(text);
    const struct evidence_citation *citations = evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 1);
    assert_int_equal(citations[0].record, 4);
    log_stage_done(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tomcat_formats), cmocka_unit_test(test_tomcat_gbk),
        cmocka_unit_test(test_nginx_days), cmocka_unit_test(test_nginx_clearing),
        cmocka_unit_test(test_catalogue)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
