// What befalls logs, and what the truth may cite then
// SPDX-License-Identifier: Apache-2.0
#include "drill/record_names.h"
#include "drill/recorder.h"
#include "log_stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    REQUESTS = 400
};

static struct recorder *start(struct log_stage *stage, uint32_t loss, uint32_t damage) {
    log_stage_init(stage);
    stage->writer = NULL;
    struct recorder *recorder =
        recorder_new(&(struct recorder_options){.organisation = &stage->organisation,
                                                .evidence = stage->evidence,
                                                .choices = stage->choices,
                                                .loss_millionths = loss,
                                                .damage_millionths = damage});
    assert_int_equal(recorder_begin(recorder, NULL, NULL), STATUS_OK);
    return recorder;
}

// Requests of an attack, one a minute.
static void tell_requests(struct log_stage *stage, struct recorder *recorder) {
    for (int i = 0; i < REQUESTS; i++) {
        struct deed deed =
            log_stage_deed(stage, DEED_WEB_REQUEST, HOST_WORKSTATION, HOST_MAIL, true);
        deed.time_ns = STAGE_START + (i + 1) * 60 * STAGE_SECOND;
        deed.web.site = WEB_EXCHANGE_FRONT;
        deed.web.method = SLICE("GET");
        deed.web.stem = SLICE("/owa/");
        deed.web.user = SLICE("CORP\\erika.muster");
        deed.web.agent = SLICE("Mozilla/5.0 (Windows NT 10.0)");
        deed.web.status = 200;
        assert_int_equal(recorder_tell(recorder, &deed, NULL), STATUS_OK);
    }
}

// Citations of the mail server's web logs that stand.
static size_t count_cited(struct log_stage *stage) {
    size_t count, cited = 0;
    const struct evidence_citation *citations = evidence_citations(stage->evidence, &count);
    for (size_t i = 0; i < count; i++)
        cited +=
            strstr(evidence_file_at(stage->evidence, citations[i].file).path, "/W3SVC1/") != NULL;
    return cited;
}

static void end(struct log_stage *stage, struct recorder *recorder) {
    recorder_free(recorder);
    log_stage_done(stage);
}

static void test_whole(void **state) {
    (void)state;
    struct log_stage stage;
    struct recorder *recorder = start(&stage, 0, 0);
    tell_requests(&stage, recorder);
    assert_int_equal(recorder_end(recorder, NULL), STATUS_OK);
    assert_int_equal(count_cited(&stage), REQUESTS);
    end(&stage, recorder);
}

static void test_loss(void **state) {
    (void)state;
    struct log_stage stage;
    struct recorder *recorder = start(&stage, 1000000, 0);
    tell_requests(&stage, recorder);
    assert_int_equal(recorder_end(recorder, NULL), STATUS_OK);
    assert_int_equal(evidence_file_count(stage.evidence), 0);
    assert_int_equal(count_cited(&stage), 0);
    end(&stage, recorder);
}

static void test_clearing(void **state) {
    (void)state;
    struct log_stage stage;
    struct recorder *recorder = start(&stage, 0, 0);
    tell_requests(&stage, recorder);
    assert_int_equal(count_cited(&stage), REQUESTS);
    struct deed clear = log_stage_deed(&stage, DEED_LOG_CLEAR, HOST_MAIL, HOST_MAIL, true);
    clear.time_ns = STAGE_START + 8 * 3600 * STAGE_SECOND;
    clear.clear.what = CLEAR_WEB;
    assert_int_equal(recorder_tell(recorder, &clear, NULL), STATUS_OK);
    assert_int_equal(count_cited(&stage), 0);
    assert_int_equal(recorder_end(recorder, NULL), STATUS_OK);
    assert_int_equal(count_cited(&stage), 0);
    end(&stage, recorder);
}

// Every file of some size is damaged: the second half loses citations, none points past the end.
static void test_damage(void **state) {
    (void)state;
    struct log_stage stage;
    struct recorder *recorder = start(&stage, 0, 1000000);
    tell_requests(&stage, recorder);
    assert_int_equal(recorder_end(recorder, NULL), STATUS_OK);
    size_t count, damaged = 0;
    const struct evidence_citation *citations = evidence_citations(stage.evidence, &count);
    for (size_t i = 0; i < count; i++) {
        struct evidence_file file = evidence_file_at(stage.evidence, citations[i].file);
        struct stat about;
        assert_int_equal(stat(file.disk_path, &about), 0);
        assert_int_equal(about.st_size, file.bytes);
        assert_true(citations[i].offset < file.bytes);
        damaged += file.damaged;
    }
    assert_true(damaged > 0);
    assert_true(count_cited(&stage) > 0 && count_cited(&stage) < REQUESTS);
    end(&stage, recorder);
}

// Tells a network logon, closes all, and says whether a record in that host's logs shows `host`.
static bool logon_shows(struct log_stage *stage, enum host_role log, uint32_t host) {
    struct recorder *recorder = start(stage, 0, 0);
    struct deed deed = log_stage_deed(stage, DEED_LOGON, HOST_ADMINISTRATOR, HOST_MAIL, true);
    deed.account = 1;
    deed.logon.type = LOGON_NETWORK;
    deed.logon.package = SLICE("NTLM");
    deed.logon.session = 77;
    assert_int_equal(recorder_tell(recorder, &deed, NULL), STATUS_OK);
    assert_int_equal(recorder_end(recorder, NULL), STATUS_OK);
    size_t count, of_log = 0;
    bool shows = false;
    const struct evidence_citation *citations = evidence_citations(stage->evidence, &count);
    for (size_t i = 0; i < count; i++) {
        of_log += citations[i].mark.host == log;
        shows = shows || (citations[i].mark.host == log &&
                          evidence_shows(stage->evidence, &citations[i].mark, host));
    }
    assert_true(of_log > 0);
    end(stage, recorder);
    return shows;
}

// A controller's 4776 names who asked, never where the account went; the record of the host itself
// and a flow with its address do.
static void test_shown(void **state) {
    (void)state;
    struct log_stage stage;
    assert_true(logon_shows(&stage, HOST_DOMAIN_CONTROLLER, HOST_ADMINISTRATOR));
    assert_false(logon_shows(&stage, HOST_DOMAIN_CONTROLLER, HOST_MAIL));
    assert_true(logon_shows(&stage, HOST_MAIL, HOST_MAIL));
    assert_true(logon_shows(&stage, HOST_MAIL, HOST_ADMINISTRATOR));
    assert_true(logon_shows(&stage, HOST_SENSOR, HOST_MAIL));
    assert_false(logon_shows(&stage, HOST_SENSOR, HOST_DOCUMENT));
}

static unsigned names_of(const struct log_stage *stage, const char *text) {
    struct evidence_mark mark = {.host = HOST_SENSOR, .from = DEED_NO_HOST, .to = HOST_MAIL};
    record_names(&stage->organisation, slice_of_string(text), &mark);
    return mark.names;
}

// A name or an address counts where it stands alone.
static void test_names(void **state) {
    (void)state;
    struct log_stage stage;
    struct recorder *recorder = start(&stage, 0, 0);
    const char *name = stage.hosts[HOST_MAIL].name;
    char address[ADDRESS_TEXT_SIZE], text[128];
    address_format(&stage.hosts[HOST_MAIL].address, address);
    static const struct {
        const char *format;
        bool names, of_address;
    } CASES[] = {
        {"%s", true, false},
        {"CORP\\%s$", true, false},
        {"a %s.corp.example.com", true, false},
        {"x%s", false, false},
        {"%s1", false, false},
        {"%s-2", false, false},
        {"%s", true, true},
        {"::ffff:%s", true, true},
        {"%s:443", true, true},
        {"from %s.", true, true},
        {"1%s", false, true},
        {"%s0", false, true},
        {"%s.7", false, true},
        {"3.%s", false, true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        const char *at = strchr(CASES[i].format, '%');
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - CASES[i].format), CASES[i].format,
                 CASES[i].of_address ? address : name, at + 2);
        assert_int_equal(names_of(&stage, text), CASES[i].names ? EVIDENCE_NAMES_TO : 0);
    }
    assert_int_equal(recorder_end(recorder, NULL), STATUS_OK);
    end(&stage, recorder);
}

// The address of a host that roams shows it once some record has said whose the address was then.
static void test_ties(void **state) {
    (void)state;
    struct log_stage stage;
    struct recorder *recorder = start(&stage, 0, 0);
    struct host *host = &stage.hosts[HOST_MAIL];
    struct evidence_mark address = {.host = HOST_SENSOR, .from = HOST_MAIL, .to = DEED_NO_HOST};
    char shown[ADDRESS_TEXT_SIZE], text[128];
    host->leases = true;
    stage.organisation.roaming_count[host->site] = 1;
    address.time_ns = STAGE_START;
    evidence_watch(stage.evidence, HOST_MAIL);
    address.step = DEED_NO_STEP;
    struct evidence_mark both = address, later = address;
    later.time_ns += 2 * ORGANISATION_LEASE_NS;
    address_format(&host->address, shown);
    record_names(&stage.organisation, slice_of_string(shown), &address);
    record_names(&stage.organisation, slice_of_string(shown), &later);
    assert_int_equal(address.names, EVIDENCE_LEASED_FROM);
    record_ties(stage.evidence, &address);
    assert_false(evidence_shows(stage.evidence, &address, HOST_MAIL));
    snprintf(text, sizeof text, "DHCPACK on %s to 02:00:5e:00:00:07 (%s)", shown, host->name);
    assert_true(record_is_asked(&stage.organisation, stage.evidence, &both));
    record_names(&stage.organisation, slice_of_string(text), &both);
    record_ties(stage.evidence, &both);
    assert_false(record_is_asked(&stage.organisation, stage.evidence, &both));
    assert_true(evidence_shows(stage.evidence, &address, HOST_MAIL));
    assert_false(evidence_shows(stage.evidence, &later, HOST_MAIL));
    assert_int_equal(recorder_end(recorder, NULL), STATUS_OK);
    end(&stage, recorder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),    cmocka_unit_test(test_loss),
        cmocka_unit_test(test_clearing), cmocka_unit_test(test_damage),
        cmocka_unit_test(test_shown),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
