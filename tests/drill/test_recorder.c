// What befalls logs, and what the truth may cite then
// SPDX-License-Identifier: Apache-2.0
#include "drill/recorder.h"
#include "log_stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_clearing),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
