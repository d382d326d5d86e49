// When a stage of a campaign begins, and what is told in it
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t stage_begins(const struct reconstruction *made, enum stage stage) {
    assert_int_equal(made->campaign_count, 1);
    return (stage_of(&made->campaigns[0], stage)->first_ns - START_NS) / 1000000000;
}

// What every third host of the fleet shows begins no stage, and is not told beside what does.
static void a_habit_of_the_fleet_begins_no_stage(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *habit = rule_of("d-habit", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    const struct rule *wipes = rule_of("e-wipes", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    for (size_t i = 0; i < 200; i += 3) {
        play_find(&play, habit, play.names[i], NULL, 150000 + (int64_t)i);
        play_find(&play, habit, play.names[i], NULL, 600000 + (int64_t)i);
    }
    for (size_t i = 10; i < 30; i++)
        play_find(&play, wipes, play.names[i], NULL, 300000 + (int64_t)i);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_stage *cover = stage_of(&made->campaigns[0], STAGE_COVER);
    assert_int_equal((cover->first_ns - START_NS) / 1000000000, 300010);
    assert_int_equal(cover->sentence_count, 1);
    assert_int_equal(cover->host_count, 20); // not those of the habit
    reconstruction_free(made);
    play_done(&play);
}

// What an account did before the intruder had it, and within his break-in, is not yet collection.
static void a_takeover_begins_no_collection(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *exports = rule_of("g-exports", RULE_LEVEL_HIGH, "vedette.stage.collection");
    play_takeover(&play);
    play_find(&play, exports, "H-000", NULL, 1600);
    struct finding *finding = &play.findings[play.count - 1];
    finding->first_ns -= 86400ll * 1000000000;
    play_find(&play, exports, "H-000", NULL, 150000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_stage *collection = stage_of(&made->campaigns[0], STAGE_COLLECTION);
    assert_int_equal((collection->first_ns - START_NS) / 1000000000, 150000);
    reconstruction_free(made);
    play_done(&play);
}

// Hours after the first tries: an account's own exports, and the one that planted a page, in one
// finding. Where nobody is named they may all be the intruder's.
static void what_ends_with_a_takeover_is_no_collection(void **state) {
    (void)state;
    for (int named = 0; named < 2; named++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        const struct rule *exports =
            rule_of("g-exports", RULE_LEVEL_HIGH, "vedette.stage.collection");
        play_takeover(&play);
        struct finding *takeover = &play.findings[play.count - 1];
        takeover->first_ns += 59000ll * 1000000000;
        takeover->last_ns += 59000ll * 1000000000;
        play_find(&play, exports, "H-000", NULL, 20000);
        struct finding *finding = &play.findings[play.count - 1];
        finding->last_ns = START_NS + 60100ll * 1000000000;
        finding->account = named ? SLICE("corp\\ann") : SLICE("");
        play_find(&play, exports, "H-000", NULL, 150000);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        const struct campaign_stage *collection = stage_of(&made->campaigns[0], STAGE_COLLECTION);
        assert_int_equal((collection->first_ns - START_NS) / 1000000000, named ? 150000 : 20000);
        reconstruction_free(made);
        play_done(&play);
    }
}

static bool stage_is_told(const struct campaign *campaign, enum stage stage) {
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        if (campaign->stages[i].stage == stage)
            return true;
    return false;
}

static bool stage_tells(const struct campaign *campaign, enum stage stage, const char *words) {
    const struct campaign_stage *told = stage_of(campaign, stage);
    for (uint32_t i = 0; i < told->sentence_count; i++)
        if (memmem(told->sentences[i].text.data, told->sentences[i].text.size, words,
                   strlen(words)))
            return true;
    return false;
}

// A right granted within a break-in, and nothing else of its stage, is told with the break-in; so
// is its last deed in a log that writes a moment later, and not what was done a minute after.
static void a_right_within_a_takeover_is_the_takeover(void **state) {
    (void)state;
    static const int64_t MILLISECONDS[] = {1500000, 1900003, 1960000};
    for (size_t i = 0; i < ARRAY_SIZE(MILLISECONDS); i++) {
        bool within = i < 2;
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        play_takeover(&play);
        play_find(&play, rule_of("i-grants", RULE_LEVEL_HIGH, "attack.credential-access"), "H-000",
                  NULL, MILLISECONDS[i] / 1000);
        struct finding *grant = &play.findings[play.count - 1];
        grant->first_ns += MILLISECONDS[i] % 1000 * 1000000;
        grant->last_ns = grant->first_ns;
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        const struct campaign *campaign = &made->campaigns[0];
        assert_int_equal(stage_is_told(campaign, STAGE_CREDENTIALS), !within);
        assert_int_equal(stage_tells(campaign, STAGE_ENTRY, "i-grants"), within);
        assert_int_equal(campaign->hosts[0].stages >> STAGE_CREDENTIALS & 1, !within);
        reconstruction_free(made);
        play_done(&play);
    }
}

// What a finding over more records cites is told with it, and so is the same deed in another log;
// not what was done a minute later.
static void another_log_of_what_is_explained_is_explained(void **state) {
    (void)state;
    for (int later = 0; later < 2; later++) {
        const struct rule *grants =
            rule_of("i-grants", RULE_LEVEL_HIGH, "attack.credential-access");
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        play_find(&play, grants, "H-000", NULL, 1500);
        struct reference cited = play.findings[play.count - 1].references[0];
        play_find(&play, rule_of("f-takeover", RULE_LEVEL_HIGH, "attack.initial-access"), "H-000",
                  NULL, 1000);
        struct finding *takeover = &play.findings[play.count - 1];
        takeover->last_ns += 500ll * 1000000000;
        takeover->references[1] = cited;
        takeover->reference_count = 2;
        play_find(&play, grants, "H-000", NULL, later ? 1560 : 1500);
        struct finding *again = &play.findings[play.count - 1];
        again->first_ns += 3000000;
        again->last_ns = again->first_ns;
        play_find(&play, rule_of("j-dumps", RULE_LEVEL_HIGH, "attack.credential-access"), "H-000",
                  NULL, 90000);
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign_stage *told = stage_of(&made->campaigns[0], STAGE_CREDENTIALS);
        assert_non_null(told);
        assert_int_equal((told->first_ns - START_NS) / 1000000000, later ? 1560 : 90000);
        reconstruction_free(made);
        play_done(&play);
    }
}

// What began within a break-in and goes on with its account's own work begins no stage either.
static void what_began_within_a_takeover_begins_nothing(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_takeover(&play);
    const struct rule *exports = rule_of("g-exports", RULE_LEVEL_HIGH, "vedette.stage.collection");
    play_find(&play, exports, "H-000", NULL, 1500);
    struct finding *finding = &play.findings[play.count - 1];
    finding->last_ns += 40000ll * 1000000000;
    finding->reference_count = 2;
    finding->references[1] = finding->references[0];
    finding->references[1].sha256[2] = 3;
    finding->references[1].time_ns = finding->last_ns;
    play_find(&play, exports, "H-000", NULL, 350000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_stage *told = stage_of(&made->campaigns[0], STAGE_COLLECTION);
    assert_int_equal((told->first_ns - START_NS) / 1000000000, 350000);
    reconstruction_free(made);
    play_done(&play);
}

// What an administrator did days before a stage began is not told in it.
static void no_sentence_is_earlier_than_its_stage(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *packs = rule_of("j-packs", RULE_LEVEL_MEDIUM, "vedette.stage.collection");
    const struct rule *exports = rule_of("g-exports", RULE_LEVEL_HIGH, "vedette.stage.collection");
    play_find(&play, packs, "H-000", NULL, 50000);
    play_find(&play, exports, "H-000", NULL, 350000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_stage *told = stage_of(&made->campaigns[0], STAGE_COLLECTION);
    assert_int_equal((told->first_ns - START_NS) / 1000000000, 350000);
    assert_int_equal(told->sentence_count, 1);
    reconstruction_free(made);
    play_done(&play);
}

static bool unknowns_say(const struct campaign *campaign, const char *words) {
    for (uint32_t i = 0; i < campaign->unknown_count; i++)
        if (memmem(campaign->unknowns[i].text.data, campaign->unknowns[i].text.size, words,
                   strlen(words)))
            return true;
    return false;
}

// One of those that show a stage on one day did the like weeks before: nothing shows it for sure.
static void the_many_begin_a_stage(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *wipes = rule_of("e-wipes", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    const struct rule *again = rule_of("k-wipes", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    play_find(&play, wipes, "H-012", NULL, 120000);
    for (size_t i = 10; i < 40; i++) {
        play_find(&play, wipes, play.names[i], NULL, 900000 + (int64_t)i);
        play_find(&play, again, play.names[i], NULL, 900000 + (int64_t)i);
    }
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_stage *cover = stage_of(&made->campaigns[0], STAGE_COVER);
    assert_int_equal((cover->first_ns - START_NS) / 1000000000, 900010);
    assert_int_equal(cover->sentence_count, 2);
    reconstruction_free(made);
    play_done(&play);
}

// Each of them did the like on a day of its own before, and two of them on a day on which twelve
// hosts of nobody did it.
static void one_by_one_begin_nothing(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *wipes = rule_of("e-wipes", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    const struct rule *rare = rule_of("k-wipes", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    for (size_t i = 10; i < 40; i++) {
        play_find(&play, wipes, play.names[i], NULL, 300000 + 90000 * (int64_t)i);
        play_find(&play, wipes, play.names[i], NULL, 4500000 + (int64_t)i);
    }
    for (size_t i = 38; i < 52; i++)
        play_find(&play, rare, play.names[i], NULL, 250000 + (int64_t)i);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(stage_begins(made, STAGE_COVER), 4500010);
    reconstruction_free(made);
    play_done(&play);
}

// On the server where the intruder exports mail with an account that he moved with, others do, too.
static void anothers_work_begins_no_stage(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *exports = rule_of("g-exports", RULE_LEVEL_HIGH, "vedette.stage.collection");
    const struct rule *packs = rule_of("j-packs", RULE_LEVEL_MEDIUM, "vedette.stage.collection");
    for (size_t i = 0; i < play.count; i++)
        if (slice_equal_string(play.findings[i].rule->id, "vedette-lateral-execution"))
            play.findings[i].account = SLICE("corp\\adm");
    play_find(&play, exports, "H-000", NULL, 150000);
    play.findings[play.count - 1].account = SLICE("corp\\eva");
    play_find(&play, exports, "H-000", NULL, 350000);
    play.findings[play.count - 1].account = SLICE("ADM");
    play_find(&play, packs, "H-000", NULL, 360000);
    play.findings[play.count - 1].account = SLICE("corp\\eva");
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_stage *told = stage_of(&made->campaigns[0], STAGE_COLLECTION);
    assert_int_equal((told->first_ns - START_NS) / 1000000000, 350000);
    assert_int_equal(told->sentence_count, 1);
    assert_true(unknowns_say(&made->campaigns[0], "Whether this belongs here"));
    reconstruction_free(made);
    play_done(&play);
}

// The last finding goes on until then, with a record of its own.
static void play_again(struct play *play, int64_t seconds) {
    struct finding *finding = &play->findings[play->count - 1];
    finding->last_ns = START_NS + seconds * 1000000000;
    finding->count = finding->reference_count = 2;
    finding->references[1] = finding->references[0];
    finding->references[1].time_ns = finding->last_ns;
    finding->references[1].sha256[2] = 1;
}

// Two hours pass before the page is planted; the export that planted it goes on, in one finding,
// with what is taken days later. A page that was read after a write within the break-in stands
// since it was read.
static void a_slow_takeover_is_one(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    const struct rule *exports = rule_of("g-exports", RULE_LEVEL_HIGH, "vedette.stage.collection");
    const struct rule *read =
        rule_of("vedette-document-write-then-read", RULE_LEVEL_HIGH, "vedette.stage.foothold");
    play_takeover(&play);
    play.findings[play.count - 1].last_ns += 7200ll * 1000000000;
    play_find(&play, rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, ""), "H-001", "H-000",
              90000);
    play_find(&play, read, "H-000", NULL, 1100);
    play_again(&play, 7100);
    play_find(&play, exports, "H-000", NULL, 6900);
    play_again(&play, 150000);
    play_find(&play, exports, "H-001", NULL, 160000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(stage_begins(made, STAGE_ENTRY), 1000);
    assert_int_equal(stage_begins(made, STAGE_FOOTHOLD), 7100);
    assert_int_equal(stage_begins(made, STAGE_COLLECTION), 160000);
    reconstruction_free(made);
    play_done(&play);
}

// The connection that carried the new page's first request is none of the work through it.
static void a_first_request_is_no_control(void **state) {
    (void)state;
    const struct rule *contact = rule_of("vedette-exchange-contact-after-attack", RULE_LEVEL_MEDIUM,
                                         "vedette.stage.control");
    for (int64_t first = 1990; first <= 1999; first += 9) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        play_find(&play, contact, "H-000", NULL, first);
        play_again(&play, 50000);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(stage_begins(made, STAGE_CONTROL), first == 1999 ? 50000 : first);
        reconstruction_free(made);
        play_done(&play);
    }
}

// A record's time is as its host's clock wrote it, a detector's is true; a syslog line may have
// another clock.
static void records_have_their_hosts_clock(void **state) {
    (void)state;
    static const struct {
        const char *provider;
        uint32_t source; // play_format
        int64_t begin;
    } CASES[] = {{"Microsoft-Windows-Sysmon", 1, 150000}, {"vedette", 1, 143000}, {"", 2, 143000}};
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        play.table->hosts[10].skew_ns = -7000ll * 1000000000;
        play_find(&play, rule_of("g-copies", RULE_LEVEL_HIGH, "vedette.stage.collection"), "H-010",
                  NULL, 143000);
        play.findings[play.count - 1].provider = slice_of_string(CASES[i].provider);
        play.findings[play.count - 1].references[0].position.source = CASES[i].source;
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(stage_begins(made, STAGE_COLLECTION), CASES[i].begin);
        reconstruction_free(made);
        play_done(&play);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_habit_of_the_fleet_begins_no_stage),
        cmocka_unit_test(a_takeover_begins_no_collection),
        cmocka_unit_test(what_ends_with_a_takeover_is_no_collection),
        cmocka_unit_test(a_right_within_a_takeover_is_the_takeover),
        cmocka_unit_test(another_log_of_what_is_explained_is_explained),
        cmocka_unit_test(what_began_within_a_takeover_begins_nothing),
        cmocka_unit_test(no_sentence_is_earlier_than_its_stage),
        cmocka_unit_test(anothers_work_begins_no_stage),
        cmocka_unit_test(the_many_begin_a_stage),
        cmocka_unit_test(one_by_one_begin_nothing),
        cmocka_unit_test(a_slow_takeover_is_one),
        cmocka_unit_test(a_first_request_is_no_control),
        cmocka_unit_test(records_have_their_hosts_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
