// What attacks do: apart from each other, adding up, and by the seed
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/attack.h"
#include "drill/life_stream.h"
#include "drill/player.h"
#include "drill/truth_record.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum {
    HOSTS = 80
};

#define DAY_NS (86400 * 1000000000ll)

struct stage {
    struct scenario *scenario;
    struct organisation *organisation;
    struct truth *truth;
    struct attack_script script;
};

static void stage_init(struct stage *stage, const char *name, uint64_t seed) {
    char path[512];
    struct problem problem = {0};
    *stage = (struct stage){0};
    snprintf(path, sizeof path, SCENARIO_DIRECTORY "/%s.yml", name);
    assert_int_equal(scenario_read_file(path, &stage->scenario, &problem), STATUS_OK);
    struct organisation_options founding = {.hosts = HOSTS,
                                            .seed = seed,
                                            .start_ns = stage->scenario->start_ns,
                                            .end_ns = stage->scenario->start_ns + 100 * DAY_NS};
    assert_int_equal(organisation_new(stage->scenario, &founding, &stage->organisation, &problem),
                     STATUS_OK);
    stage->truth = truth_new(stage->scenario, stage->organisation);
    struct attack_options options = {
        .scenario = stage->scenario, .organisation = stage->organisation, .truth = stage->truth};
    assert_int_equal(attack_make(&options, &stage->script, &problem), STATUS_OK);
}

static void stage_done(struct stage *stage) {
    attack_script_done(&stage->script);
    truth_free(stage->truth);
    organisation_free(stage->organisation);
    scenario_free(stage->scenario);
}

static uint32_t campaign_of(const struct stage *stage, const struct deed *deed) {
    assert_true(deed->step < stage->truth->step_count);
    return stage->truth->steps[deed->step].campaign;
}

// Whom each campaign has met: campaign + 1, by host and by account.
static void look_at_ends(const struct stage *stage, uint8_t *hosts, uint8_t *accounts) {
    for (size_t i = 0; i < stage->script.count; i++) {
        const struct deed *deed = &stage->script.deeds[i];
        uint8_t mark = (uint8_t)(campaign_of(stage, deed) + 1);
        const uint32_t ends[] = {deed->from.host, deed->to.host};
        for (size_t j = 0; j < 2; j++) {
            if (ends[j] == DEED_NO_HOST)
                continue;
            assert_true(hosts[ends[j]] == 0 || hosts[ends[j]] == mark);
            hosts[ends[j]] = mark;
        }
        if (deed->account == DEED_NO_ACCOUNT)
            continue;
        assert_true(accounts[deed->account] == 0 || accounts[deed->account] == mark);
        accounts[deed->account] = mark;
    }
}

static void test_campaigns_apart(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct stage stage;
        stage_init(&stage, "both", seed);
        uint8_t *hosts = memory_new(stage.organisation->host_count, 1);
        uint8_t *accounts = memory_new(stage.organisation->account_count, 1);
        look_at_ends(&stage, hosts, accounts);
        size_t met[3] = {0};
        for (size_t i = 0; i < stage.organisation->host_count; i++)
            met[hosts[i]]++;
        assert_true(met[1] >= 4 && met[2] >= 30);
        for (size_t i = 0; i < stage.organisation->host_count; i++)
            for (uint32_t j = 0; j < 2; j++)
                if (stage.truth->campaigns[j].states[i] != TRUTH_UNTOUCHED)
                    assert_int_equal(hosts[i], j + 1);
        memory_free(hosts);
        memory_free(accounts);
        stage_done(&stage);
    }
}

static void test_clean(void **state) {
    (void)state;
    struct stage stage;
    stage_init(&stage, "clean", 1);
    assert_int_equal(stage.script.count, 0);
    stage_done(&stage);
}

// What a deed moves, as logs count it.
static uint64_t volume_of(const struct deed *deed) {
    switch (deed->kind) {
    case DEED_FLOW:
        return deed->flow.sent_bytes;
    case DEED_MAILBOX_ACCESS:
        return deed->mailbox.response_bytes;
    case DEED_WEB_REQUEST: // sent home, or fetched
        return slice_equal_string(deed->web.method, "POST") ? deed->web.request_bytes
                                                            : deed->web.response_bytes;
    default:
        return 0;
    }
}

static uint64_t sum_of(const struct stage *stage, const char *id, uint64_t *ret_planned) {
    uint64_t sum = 0;
    *ret_planned = 0;
    for (size_t i = 0; i < stage->truth->step_count; i++) {
        const struct truth_step *step = &stage->truth->steps[i];
        const struct scenario_step *from =
            &stage->scenario->campaigns[step->campaign].steps[step->step];
        if (strcmp(from->id, id) != 0)
            continue;
        *ret_planned += step->volume_bytes;
        for (size_t j = 0; j < stage->script.count; j++)
            if (stage->script.deeds[j].step == i)
                sum += volume_of(&stage->script.deeds[j]);
    }
    return sum;
}

static void test_volumes(void **state) {
    (void)state;
    static const struct {
        const char *scenario, *step;
        uint64_t bytes;
    } rows[] = {{"small-wave", "send", 40000000},
                {"mail-server", "mailboxes", 3100000000},
                {"mail-server", "bulk", 900000000},
                {"mail-server", "code", 1030000000}};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct stage stage;
        uint64_t planned;
        stage_init(&stage, rows[i].scenario, 3);
        uint64_t sum = sum_of(&stage, rows[i].step, &planned);
        assert_int_equal(planned, rows[i].bytes);
        assert_int_equal(sum, rows[i].bytes);
        stage_done(&stage);
    }
}

static bool has_thing(const struct stage *stage, enum truth_thing thing, struct slice text) {
    const struct truth_campaign *campaign = &stage->truth->campaigns[0];
    for (size_t i = 0; i < campaign->thing_count; i++)
        if (campaign->things[i].thing == thing &&
            slice_equal(intern_text(&stage->truth->texts, campaign->things[i].text), text))
            return true;
    return false;
}

static void test_seeds_differ(void **state) {
    (void)state;
    struct stage first, second;
    size_t same = 0, variants = 0;
    stage_init(&first, "mail-server", 1);
    stage_init(&second, "mail-server", 2);
    assert_int_not_equal(first.script.deeds[0].time_ns, second.script.deeds[0].time_ns);
    const struct truth_campaign *one = &first.truth->campaigns[0],
                                *two = &second.truth->campaigns[0];
    for (size_t i = 0; i < one->thing_count; i++) {
        enum truth_thing thing = one->things[i].thing;
        if (thing == TRUTH_PATH || thing == TRUTH_DIGEST || thing == TRUTH_NAME)
            same +=
                has_thing(&second, thing, intern_text(&first.truth->texts, one->things[i].text));
    }
    for (size_t i = 0; i < one->variant_count; i++)
        variants += !slice_equal(intern_text(&first.truth->texts, one->variants[i]),
                                 intern_text(&second.truth->texts, two->variants[i]));
    assert_true(same < 4);
    assert_true(variants > 0);
    stage_done(&first);
    stage_done(&second);
}

// HttpProxy keeps what the front end was asked, IIS and ECP what it asked the back end.
static void test_forged_requests(void **state) {
    (void)state;
    size_t found = 0;
    for (uint64_t seed = 1; seed < 9 && !found; seed++) {
        struct stage stage;
        stage_init(&stage, "mail-server", seed);
        for (size_t i = 0; i < stage.script.count; i++) {
            const struct deed *front = &stage.script.deeds[i];
            if (front->kind != DEED_WEB_REQUEST || front->web.site != WEB_EXCHANGE_FRONT ||
                !front->web.exchange ||
                !slice_starts(front->web.exchange->anchor_mailbox, SLICE("ServerInfo~")))
                continue;
            const struct deed *back = &stage.script.deeds[i + 1];
            assert_int_equal(back->web.site, WEB_EXCHANGE_BACK);
            assert_int_equal(back->to.port, 444);
            assert_true(slice_ends(back->web.user, SLICE("$")));
            assert_int_equal(back->from.host, front->to.host);
            found++;
        }
        stage_done(&stage);
    }
    assert_true(found >= 5);
}

static void test_organisation(void **state) {
    (void)state;
    struct stage stage;
    stage_init(&stage, "both", 5);
    const struct organisation *organisation = stage.organisation;
    for (int day = 0; day < 40; day += 13)
        for (size_t i = 0; i < organisation->host_count; i++)
            for (size_t j = 0; j < i; j++) {
                const struct host *a = &organisation->hosts[i], *b = &organisation->hosts[j];
                int64_t at = organisation->start_ns + day * DAY_NS;
                struct address one = organisation_address(organisation, a, at);
                struct address two = organisation_address(organisation, b, at);
                assert_string_not_equal(a->name, b->name);
                assert_false(address_equal(&one, &two));
            }
    stage_done(&stage);
}

// Every release is listed in the catalogue before the first client fetches it.
static void test_releases_are_listed(void **state) {
    (void)state;
    struct stage stage;
    stage_init(&stage, "clean", 4);
    struct organisation *organisation = stage.organisation;
    organisation->end_ns = organisation->start_ns + 21 * DAY_NS;
    struct life_plan *plan = life_plan_new(stage.scenario, organisation, 4);
    uint8_t listed[8][DEED_DIGEST_SIZE];
    int64_t since[8];
    size_t count = 0, fetched = 0;
    struct deed deed;
    for (size_t i = 0; i < organisation->host_count; i++) {
        const struct host *host =
            &organisation->hosts[(organisation_host(organisation, HOST_UPGRADE, 0)->number + i) %
                                 organisation->host_count];
        struct life_stream *stream = life_stream_new(plan, host, LIFE_WHOLE);
        for (int64_t due_ns; (due_ns = life_stream_peek(stream)) != INT64_MAX;) {
            if (!life_stream_take(stream, &deed))
                continue;
            assert_int_equal(deed.time_ns, due_ns); // or streams cannot be merged in order
            if (deed.kind == DEED_PACKAGE_CHANGE) {
                assert_true(deed.package.listed && count < 8);
                memcpy(listed[count], deed.package.content->sha256, DEED_DIGEST_SIZE);
                since[count++] = deed.time_ns;
            }
            if (deed.kind != DEED_WEB_REQUEST || !deed.web.content)
                continue;
            size_t release = 0;
            while (release < count &&
                   memcmp(listed[release], deed.web.content->sha256, DEED_DIGEST_SIZE) != 0)
                release++;
            assert_true(release < count && since[release] < deed.time_ns);
            fetched++;
        }
        life_stream_free(stream);
    }
    assert_true(count >= 2 && fetched > 40);
    life_plan_free(plan);
    stage_done(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_campaigns_apart),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_seeds_differ),
        cmocka_unit_test(test_forged_requests),
        cmocka_unit_test(test_organisation),
        cmocka_unit_test(test_releases_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
