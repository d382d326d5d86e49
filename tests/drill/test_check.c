// Reports held against a truth, by hand
// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "base/memory.h"
#include "base/slice.h"
#include "drill/drill.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_SIZE = 16384
};

#define HOST(name, parent, provable)                                                               \
    "{\"name\":\"" name "\",\"fqdn\":\"" name ".corp.example.com\",\"addresses\":[\"10.0.0.9\"],"  \
    "\"state\":\"compromised\",\"provable\":" provable ",\"parent\":" parent "}"
#define STEP(stage, host, day)                                                                     \
    "{\"stage\":\"" stage "\",\"host\":\"" host "\",\"first\":\"2026-03-" day                      \
    "T10:00:00Z\",\"volume\":70,\"provable\":true}"

// clang-format off
static const char truth[] =
    "{\"schema\":\"vedette.truth/1\",\"scenario\":\"two\",\"seed\":7,"
    "\"campaigns\":[{\"id\":\"one\",\"entry\":\"WEB-1\",\"server\":\"UPD-1\",\"hosts\":["
    HOST("WEB-1", "null", "true")
    ","
    HOST("UPD-1", "\"WEB-1\"", "true")
    ","
    HOST("PC-1", "\"UPD-1\"", "true")
    ","
    HOST("PC-2", "\"UPD-1\"", "true")
    ","
    HOST("PC-3", "\"UPD-1\"", "true")
    ","
    HOST("PC-4", "\"UPD-1\"", "false")
    "],\"steps\":["
    STEP("entry", "WEB-1", "02")
    ","
    STEP("escalation", "UPD-1", "03")
    ","
    STEP("delivery", "PC-1", "04")
    "]},{\"id\":\"two\",\"entry\":\"MX-1\",\"server\":\"MX-1\","
    "\"accounts\":[\"CORP\\\\adm.02\",\"root\"],\"hosts\":["
    HOST("MX-1", "null", "true")
    ","
    HOST("DB-1", "\"MX-1\"", "true")
    "],\"steps\":["
    STEP("entry", "MX-1", "05")
    ","
    STEP("theft", "DB-1", "06")
    "]}]}";
// clang-format on

#define TOLD(name, aliases, parent)                                                                \
    "{\"name\":\"" name "\",\"aliases\":[" aliases "],\"state\":\"confirmed\",\"parent\":" parent  \
    ",\"evidence\":[\"E1\"]}"
#define STAGE(stage, day)                                                                          \
    "{\"stage\":\"" stage "\",\"first\":\"2026-03-" day "T10:20:00Z\",\"evidence\":[\"E2\"]}"

// clang-format off
// %s: the digest of the first line.
static const char report[] =
    "{\"schema\":\"vedette.report/1\",\"campaigns\":[{\"id\":\"C1\","
    "\"entry\":{\"host\":\"web-1\",\"evidence\":[\"E1\"]},"
    "\"servers\":[{\"host\":\"UPD-1.corp.example.com\",\"evidence\":[]}],\"stages\":["
    STAGE("entry", "02")
    ","
    STAGE("credentials", "03")
    ","
    STAGE("spread", "04")
    "],\"hosts\":["
    TOLD("web-1", "", "null")
    ","
    TOLD("UPD-1", "", "\"WEB-1\"")
    ","
    TOLD("10.0.0.77", "\"Pc-1\"", "\"upd-1\"")
    ","
    TOLD("PC-2", "", "\"UPD-1\"")
    ","
    TOLD("PC-3", "", "\"UPD-1\"")
    "]},{\"id\":\"C2\",\"entry\":{\"host\":\"MX-1\",\"evidence\":[]},"
    "\"servers\":[{\"host\":\"mx-1\",\"evidence\":[]}],\"stages\":["
    STAGE("entry", "05")
    ","
    STAGE("theft", "06")
    "],\"hosts\":["
    TOLD("MX-1", "", "null")
    ","
    TOLD("DB-1", "", "\"MX-1\"")
    "]}],\"incidents\":[],\"evidence\":{\"E1\":{\"file\":\"a.log\",\"sha256\":\"%s\","
    "\"record\":null,\"line\":1,\"offset\":0},\"E2\":{\"file\":\"a.log\","
    "\"sha256\":\"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4\","
    "\"record\":null,\"line\":3,\"offset\":14}}}";
// clang-format on

static const char evidence[] = "first line\r\n\nthi";

static char directory[64];

static void write_bytes(const char *name, struct slice bytes) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *stream = fopen(path, "wbe");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, stream), bytes.size);
    fclose(stream);
}

static void write_text(const char *name, const char *text) {
    write_bytes(name, slice_of_string(text));
}

static int setup(void **state) {
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/vedette-check-XXXXXX");
    if (!mkdtemp(directory))
        return 1;
    write_text("a.log", evidence);
    write_text("truth.json", truth);
    return 0;
}

static int teardown(void **state) {
    static const char *const names[] = {"a.log", "truth.json", "report.json", "torn.evtx"};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    return rmdir(directory);
}

// The report with every `from` in it replaced, and the first line's digest filled in.
static void make_report(const char *from, const char *to) {
    char hexadecimal[DIGEST_SHA256_HEX_SIZE], whole[TEXT_SIZE], text[TEXT_SIZE], *end = text;
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(SLICE("first line"), digest);
    digest_hex(digest, hexadecimal);
    snprintf(whole, sizeof whole, report, hexadecimal);
    const char *at = whole;
    for (const char *hit; *from && (hit = strstr(at, from)); at = hit + strlen(from))
        end += snprintf(end, (size_t)(text + sizeof text - end), "%.*s%s", (int)(hit - at), at, to);
    snprintf(end, (size_t)(text + sizeof text - end), "%s", at);
    write_text("report.json", text);
}

static enum status check(bool json, char **ret_text, bool *ret_right, struct problem *problem) {
    char path[256];
    snprintf(path, sizeof path, "%s/report.json", directory);
    struct drill_check_options options = {directory, path, json};
    return drill_check(&options, ret_text, ret_right, problem);
}

static void expect(const char *from, const char *to, bool right, const char *word) {
    char *text;
    bool is_right;
    struct problem problem = {0};
    make_report(from, to);
    enum status status = check(true, &text, &is_right, &problem);
    assert_string_equal(status == STATUS_OK ? "" : problem.text, "");
    if (!strstr(text, word))
        fail_msg("%s -> %s: no %s in %s", from, to, word, text);
    assert_int_equal(is_right, right);
    memory_free(text);
}

static void test_right(void **state) {
    (void)state;
    expect("", "", true, "\"right\":true,\"campaigns\"");
    expect("", "", true, "\"pairs\":{\"f1\":1.000000}");
    expect("PC-2", "pc-2.elsewhere.example.com", true, "\"wrong\":0,");
    // Not provable, and yet right.
    expect("\"PC-3\",\"aliases\":[],\"state\":\"confirmed\",\"parent\":\"UPD-1\",",
           "\"PC-4\",\"aliases\":[],\"state\":\"confirmed\",\"parent\":null,", false,
           "\"missed\":[\"PC-3\"],\"wrong\":[]");
    // Shown, never asked for.
    expect("\"id\":\"C2\"", "\"id\":\"C2\",\"exfiltration\":[{\"bytes\":40},{\"bytes\":2}]", true,
           "\"volume\":{\"true\":70,\"told\":42}");
    expect("\"name\":\"DB-1\"",
           "\"name\":\"DB-1\",\"accounts\":[\"Adm.02@corp.example.com\",\"corp\\\\adm.02\",\"x\"]",
           true, "\"accounts\":{\"true\":2,\"named\":1,\"others\":1}");
    // A small one may be an incident.
    expect("]},{\"id\":\"C2\"", "]}],\"incidents\":[{\"id\":\"I1\"", true,
           "\"told_as\":\"incident\",\"may_be_incident\":true");
}

static void test_wrong(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *word;
    } cases[] = {
        {"\"PC-2\",\"aliases\":[],\"state\":\"confirmed\"",
         "\"PC-2\",\"aliases\":[],\"state\":\"probable\"", "\"missed\":[\"PC-2\"]"},
        {"\"DB-1\"", "\"DB-7\"", "\"missed\":[\"DB-1\"],\"wrong\":[\"DB-7\"]"},
        {"\"parent\":\"MX-1\"", "\"parent\":\"UPD-1\"", "\"parents\":{\"asked\":2,\"right\":1}"},
        {"\"host\":\"web-1\"", "\"host\":\"PC-1\"", "\"entry\":false"},
        {"\"host\":\"mx-1\"", "\"host\":\"DB-1\"", "\"server\":false"},
        {"credentials", "collection", "\"wrong\":[\"collection\"]"},
        {"2026-03-02", "2026-03-24", "\"order\":{\"pairs\":3,\"right\":1}"},
        {"\"line\":3", "\"line\":4", "\"tag\":\"E2\",\"why\":\"no such record there\""},
        {"\"offset\":14", "\"offset\":15", "\"tag\":\"E2\",\"why\":\"other bytes\""},
        {"\"offset\":14", "\"offset\":99", "\"why\":\"no such record there\""},
        {"a.log", "../a.log", "\"why\":\"no such file\""},
        {"a.log", "a.log!b", "\"why\":\"no such file\""},
        {"\"evidence\":[\"E1\"]", "\"evidence\":[\"E9\"]", "\"unlisted\":8"},
        {"]},{\"id\":\"C2\",\"entry\":{\"host\":\"MX-1\",\"evidence\":[]},"
         "\"servers\":[{\"host\":\"mx-1\",\"evidence\":[]}],\"stages\":[" STAGE(
             "entry", "05") "," STAGE("theft", "06") "],\"hosts\":[",
         ",", "\"report\":null,\"told_as\":null"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        expect(cases[i].from, cases[i].to, false, cases[i].word);
    // Two campaigns in one: pairs across them are wrong.
    expect(cases[13].from, cases[13].to, false, "\"f1\":0.687500");
}

// The size at a record's end was never written: what is there of it may be cited.
static void test_torn(void **state) {
    uint8_t record[64] = {'*', '*', 0, 0, sizeof record, 0, 0, 0, 7}, digest[DIGEST_SHA256_SIZE];
    char hexadecimal[DIGEST_SHA256_HEX_SIZE], to[256];
    const char *from = "\"a.log\",\"sha256\":\"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88"
                       "b59b2dc327aa4\",\"record\":null,\"line\":3,\"offset\":14";
    (void)state;
    write_bytes("torn.evtx", slice_of(record, sizeof record));
    digest_sha256(slice_of(record, sizeof record), digest);
    digest_hex(digest, hexadecimal);
    for (unsigned number = 7; number <= 8; number++) {
        snprintf(to, sizeof to,
                 "\"torn.evtx\",\"sha256\":\"%s\",\"record\":%u,\"line\":null,\"offset\":0",
                 hexadecimal, number);
        expect(from, to, number == 7, number == 7 ? "\"faults\":[]" : "no such record there");
    }
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *reason;
    } cases[] = {
        {"report/1", "report/2", "report.json: schema: should be vedette.report/1"},
        {"\"incidents\"", "\"accidents\"", "report.json: incidents: is missing"},
        {"\"confirmed\",\"parent\":\"MX-1\"", "\"sure\",\"parent\":\"MX-1\"",
         "report.json: campaigns[1].hosts[1].state: should be confirmed, probable"},
        {"\"confirmed\",\"parent\":\"MX-1\"", "7,\"parent\":\"MX-1\"",
         "report.json: campaigns[1].hosts[1].state: should be a text"},
        {"\"offset\":14", "\"offset\":-1", "evidence.E2.offset: should be a whole number"},
        {"\"line\":3", "\"line\":null", "evidence.E2: should have a record or a line"},
        {"\"E2\":{", "\"E1\":{", "evidence.E1: is there twice"},
        {"\"stage\":\"theft\"", "\"stage\":\"fun\"", "campaigns[1].stages[1].stage: should be"},
        {"2026-03-06", "tomorrow", "campaigns[1].stages[1].first: should be a time"},
        {"\"incidents\":[]", "\"incidents\":{}", "report.json: incidents: should be an array"},
        {"\"incidents\":[]", "\"incidents\":[", "report.json: no JSON document: "},
        {"{\"schema\"", "[{\"schema\"", "report.json: no JSON document: "},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = NULL;
        bool right;
        struct problem problem = {0};
        make_report(cases[i].from, cases[i].to);
        assert_int_equal(check(true, &text, &right, &problem), STATUS_FORMAT);
        if (!strstr(problem.text, cases[i].reason))
            fail_msg("%s\nand not: %s", problem.text, cases[i].reason);
    }
}

// Every beginning of a report, and deep ones: an answer or a refusal, no crash.
static void test_hostile(void **state) {
    (void)state;
    char *text = NULL, *whole = memory_keep_text(report, sizeof report - 1), deep[2048];
    bool right;
    struct problem problem;
    for (size_t size = 0; size < sizeof report - 1; size += 7) {
        char kept = whole[size];
        whole[size] = 0;
        write_text("report.json", whole);
        assert_int_equal(check(false, &text, &right, &problem), STATUS_FORMAT);
        whole[size] = kept;
    }
    memory_free(whole);
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    write_text("report.json", deep);
    assert_int_equal(check(false, &text, &right, &problem), STATUS_FORMAT);
    // What a name holds does not reach the terminal.
    make_report("DB-1", "\\u001b[2Jx\\u202e");
    assert_int_equal(check(false, &text, &right, &problem), STATUS_OK);
    assert_null(strchr(text, 0x1b));
    assert_non_null(strstr(text, "DB-1"));
    memory_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),   cmocka_unit_test(test_wrong),   cmocka_unit_test(test_torn),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
