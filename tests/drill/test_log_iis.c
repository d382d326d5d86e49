// IIS logs: fields, days, clearing, citations
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "log_stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

extern const struct log_writer log_writer_iis;

static struct deed make_request(struct log_stage *stage, enum deed_web_site site, bool attack) {
    struct deed deed = log_stage_deed(stage, DEED_WEB_REQUEST, HOST_WORKSTATION, HOST_MAIL, attack);
    deed.web.site = site;
    deed.web.method = SLICE("GET");
    deed.web.stem = SLICE("/owa/");
    deed.web.user = SLICE("CORP\\erika.muster");
    deed.web.agent = SLICE("Mozilla/5.0 (Windows NT 10.0)");
    deed.web.status = 200;
    deed.web.taken_ms = 15;
    return deed;
}

static void test_fields(void **state) {
    (void)state;
    struct log_stage stage;
    char line[512];
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_iis, HOST_MAIL);
    struct deed front = make_request(&stage, WEB_EXCHANGE_FRONT, false);
    struct deed back = make_request(&stage, WEB_EXCHANGE_BACK, true);
    log_stage_tell(&stage, &front, PLACE_TO);
    log_stage_tell(&stage, &back, PLACE_TO);
    log_stage_close(&stage);
    char *text =
        log_stage_read(&stage, "servers/mail-serve/C/inetpub/logs/LogFiles/W3SVC1/u_ex260301.log");
    assert_true(log_stage_line(text, 4, line, sizeof line));
    assert_string_equal(line, "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port "
                              "cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus "
                              "sc-win32-status time-taken");
    assert_true(log_stage_line(text, 5, line, sizeof line));
    assert_string_equal(line, "2026-03-01 16:01:00 10.20.0.13 GET /owa/ - 443 CORP\\erika.muster "
                              "10.20.0.10 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 15");
    assert_false(log_stage_line(text, 6, line, sizeof line));
    memory_free(text);
    size_t count;
    const struct evidence_citation *citations = evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 1);
    assert_int_equal(citations[0].record, 5);
    assert_int_equal(citations[0].mark.serial, back.serial);
    log_stage_done(&stage);
}

static void test_days_and_clearing(void **state) {
    (void)state;
    struct log_stage stage;
    size_t count;
    log_stage_init(&stage);
    log_stage_open(&stage, &log_writer_iis, HOST_MAIL);
    for (int i = 0; i < 3; i++) {
        struct deed deed = make_request(&stage, WEB_EXCHANGE_FRONT, true);
        deed.time_ns += i * 86400 * STAGE_SECOND;
        log_stage_tell(&stage, &deed, PLACE_TO);
    }
    assert_int_equal(evidence_file_count(stage.evidence), 3);
    evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 3);
    log_stage_clear(&stage, CLEAR_SECURITY);
    evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 3);
    log_stage_clear(&stage, CLEAR_WEB);
    evidence_citations(stage.evidence, &count);
    assert_int_equal(count, 2);
    log_stage_close(&stage);
    log_stage_done(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fields),
                                       cmocka_unit_test(test_days_and_clearing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
