// Scenario files: read, or refused with their line
// SPDX-License-Identifier: Apache-2.0
#include "drill/scenario.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
    "scenario: x\ntitle: y\nstart: 2026-03-02\ndays: 5\nhosts: 20\norganisation:\n"                \
    "  companies:\n    - {name: A, domain: corp.example.com, netbios: CORP}\n"                     \
    "  sites:\n    - {name: m, workstations: 10.20.0.0/17, servers: 10.20.250.0/24, zone: "        \
    "\"+08:00\"}\n  servers:\n    - {role: mail-server}\nlife:\n  hours: 08:30-18:00\n"            \
    "  working-days: [mon]\n"
#define CAMPAIGN                                                                                   \
    "campaigns:\n  - id: a\n    title: b\n    zone: \"-05:00\"\n    hours: 09:00-19:00\n"          \
    "    working-days: [mon]\n    addresses: 203.0.113.0/24\n    variants: [[one, two]]\n"         \
    "    steps:\n"
#define STEP "      - {id: s, do: scan-web, stage: entry, attack: [T1595.002], day: 0}\n"

static void expect(const char *text, const char *reason) {
    struct scenario *scenario = NULL;
    struct problem problem = {0};
    enum status status = scenario_read(slice_of_string(text), "x.yml", &scenario, &problem);
    if (!reason) {
        assert_string_equal(status == STATUS_OK ? "" : problem.text, "");
        scenario_free(scenario);
        return;
    }
    assert_int_equal(status, STATUS_FORMAT);
    if (strncmp(problem.text, reason, strlen(reason)) != 0)
        fail_msg("expected \"%s\", got \"%s\"", reason, problem.text);
}

static void test_refused(void **state) {
    (void)state;
    expect(HEAD CAMPAIGN STEP, NULL);
    expect(HEAD "campaigns: []\n", NULL);
    expect(HEAD, "x.yml:1: campaigns is missing");
    expect(HEAD "colour: red\n" CAMPAIGN STEP, "x.yml:16: unknown key: colour");
    expect(HEAD CAMPAIGN STEP STEP, "x.yml:26: s: there is a step of that id");
    expect(HEAD CAMPAIGN "      - {id: s, do: dance, stage: entry, attack: [T1190], day: 0}\n",
           "x.yml:25: no such thing to do: dance");
    expect(HEAD CAMPAIGN "      - {id: s, do: scan-web, stage: tea, attack: [T1190], day: 0}\n",
           "x.yml:25: no such stage: tea");
    expect(HEAD CAMPAIGN "      - {id: s, do: scan-web, stage: entry, attack: [X1], day: 0}\n",
           "x.yml:25: no ATT&CK technique: X1");
    expect(HEAD CAMPAIGN
           "      - {id: s, do: scan-web, stage: entry, attack: [T1190], day: 0, ports: [\"1\"]}\n",
           "x.yml:25: scan-web takes no ports");
    expect(HEAD CAMPAIGN
           "      - {id: s, do: scan-web, stage: entry, attack: [T1190], day: 0, when: [three]}\n",
           "x.yml:25: no variant is called three");
    expect(HEAD CAMPAIGN
           "      - {id: s, do: scan-web, stage: entry, attack: [T1190], day: 0, to: moon}\n",
           "x.yml:25: no such role: moon");
}

static void test_ranges(void **state) {
    (void)state;
    char text[4096];
    static const struct {
        const char *from, *to, *reason;
    } cases[] = {
        {"10.20.0.0/17", "8.8.0.0/16", "x.yml:10: workstations: a private or documentation"},
        {"corp.example.com", "corp.acme.com", "x.yml:8: corp.acme.com is not reserved"},
        {"+08:00", "+99:00", "x.yml:10: zone: a distance from UTC"},
        {"08:30-18:00", "08:30", "x.yml:14: hours: a span like"},
        {"days: 5", "days: 999", "x.yml:4: days: a number up to 366"},
        {"203.0.113.0/24", "198.18.0.0/24", "x.yml:22: addresses: a private or"},
        {"mail-server", "castle", "x.yml:12: no such role: castle"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *whole = HEAD CAMPAIGN STEP, *at = strstr(whole, cases[i].from);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, cases[i].to,
                 at + strlen(cases[i].from));
        expect(text, cases[i].reason);
    }
}

static void test_shipped(void **state) {
    (void)state;
    static const char *const names[] = {"upgrade-server", "mail-server", "both", "clean",
                                        "small-wave"};
    static const size_t campaigns[] = {1, 1, 2, 0, 1};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[512];
        struct scenario *scenario = NULL;
        struct problem problem = {0};
        snprintf(path, sizeof path, SCENARIO_DIRECTORY "/%s.yml", names[i]);
        enum status status = scenario_read_file(path, &scenario, &problem);
        assert_string_equal(status == STATUS_OK ? "" : problem.text, "");
        assert_string_equal(scenario->name, names[i]);
        assert_int_equal(scenario->campaign_count, campaigns[i]);
        scenario_free(scenario);
    }
}

static void test_draw(void **state) {
    (void)state;
    struct scenario *scenario = NULL;
    struct problem problem;
    struct scenario_words drawn, again, wanted = {.items = {"two"}, .count = 1};
    bool seen[2] = {false, false};
    assert_int_equal(scenario_read(SLICE(HEAD CAMPAIGN STEP), "x.yml", &scenario, &problem),
                     STATUS_OK);
    for (uint64_t seed = 0; seed < 20; seed++) {
        scenario_draw(&scenario->campaigns[0], seed, NULL, &drawn);
        scenario_draw(&scenario->campaigns[0], seed, NULL, &again);
        assert_int_equal(drawn.count, 1);
        assert_string_equal(drawn.items[0], again.items[0]);
        seen[strcmp(drawn.items[0], "two") == 0] = true;
        scenario_draw(&scenario->campaigns[0], seed, &wanted, &drawn);
        assert_string_equal(drawn.items[0], "two");
    }
    assert_true(seen[0] && seen[1]);
    scenario_free(scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
