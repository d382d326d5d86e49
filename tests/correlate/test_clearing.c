// Whose clearing and whose accounts are a campaign's
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void play_clear(struct play *play, const struct rule *rule, const char *host,
                       const char *account, int64_t seconds) {
    play_find(play, rule, host, NULL, seconds);
    play->findings[play->count - 1].account = slice_of_string(account);
}

// What an administrator clears out of habit begins no stage, whichever rules hold for the records,
// and widens none; nor does what another clears now and then.
static void clearing_by_habit_begins_nothing(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *habit =
        rule_of("vedette-log-cleared-by-habit", RULE_LEVEL_LOW, "vedette.stage.cover");
    const struct rule *wipes = rule_of("l-clears", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    const struct rule *clears =
        rule_of("vedette-log-cleared", RULE_LEVEL_MEDIUM, "attack.t1070.001");
    const struct rule *lost =
        rule_of("vedette-log-records-missing", RULE_LEVEL_LOW, "vedette.stage.cover");
    for (size_t i = 0; i < play.count; i++)
        if (slice_equal_string(play.findings[i].rule->id, "vedette-lateral-execution"))
            play.findings[i].account = SLICE("corp\\adm");
    for (int i = 10; i < 30; i++) {
        play_clear(&play, habit, play.names[i], "corp\\eva", 120000 + i);
        struct finding *finding = &play.findings[play.count - 1];
        play_clear(&play, wipes, play.names[i], "corp\\eva", 120000 + i);
        finding[1].references[0] = finding[0].references[0];
    }
    // One of them tells of the intruder's, too.
    struct finding *both = &play.findings[play.count - 1];
    both->count = both->reference_count = 2;
    both->last_ns = START_NS + 400000ll * 1000000000;
    both->references[1] = both->references[0];
    both->references[1].sha256[2] = 9;
    both->references[1].time_ns = both->last_ns;
    play_clear(&play, clears, "H-029", "corp\\adm", 400000);
    play_clear(&play, clears, "H-035", "corp\\ivo", 900000);
    play_find(&play, lost, "H-036", NULL, 400000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_stage *cover = stage_of(&made->campaigns[0], STAGE_COVER);
    assert_int_equal((cover->first_ns - START_NS) / 1000000000, 400000);
    assert_int_equal((cover->last_ns - START_NS) / 1000000000, 400000);
    assert_int_equal(cover->host_count, 1);
    reconstruction_free(made);
    play_done(&play);
}

// An administrator cleared the log of one host of a campaign, another one, days later, those of
// four; nothing else tells of either's account.
static void who_went_from_host_to_host_cleared(void **state) {
    (void)state;
    for (int hosts = 3; hosts <= 4; hosts++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        const struct rule *clears =
            rule_of("vedette-logs-cleared-on-several-hosts", RULE_LEVEL_HIGH, "attack.t1070.001");
        play_clear(&play, clears, "H-020", "corp\\ivo", 250000);
        for (int i = 0; i < hosts; i++)
            play_clear(&play, clears, play.names[12 + i], "corp\\adm", 400000 + i);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        const struct campaign_stage *cover = stage_of(&made->campaigns[0], STAGE_COVER);
        assert_int_equal((cover->first_ns - START_NS) / 1000000000, hosts == 4 ? 400000 : 250000);
        reconstruction_free(made);
        play_done(&play);
    }
}

static const struct sentence *remedy_saying(const struct campaign *campaign, const char *words) {
    for (uint32_t i = 0; i < campaign->remediation_count; i++) {
        const struct slice *text = &campaign->remediation[i].text;
        if (memmem(text->data, text->size, words, strlen(words)))
            return &campaign->remediation[i];
    }
    return NULL;
}

static void play_as(struct play *play, const char *rule, const char *tag, const char *host,
                    const char *account) {
    play_clear(play, rule_of(rule, RULE_LEVEL_HIGH, tag), host, account, 150000);
}

// What hosts were reached with, or a high finding names: each once, where it is everybody's with
// its host, and none that nobody can reset; whoever clears a log may be at his own work.
static void accounts_to_reset_are_the_campaigns(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    for (size_t i = 0; i < play.count; i++)
        if (slice_equal_string(play.findings[i].rule->id, "vedette-lateral-execution"))
            play.findings[i].account = SLICE("adm");
    struct relation *logon = relation_table_add(play.table, RELATION_LOGON, "H-000", "H-001", 8999);
    logon->account = SLICE("corp\\ADM");
    play_find(&play, rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, ""), "H-002", "H-000",
              9500);
    play.findings[play.count - 1].account = SLICE("root");
    play_as(&play, "g-exports", "vedette.stage.collection", "H-000", "adm@corp.example");
    play_as(&play, "g-exports", "vedette.stage.collection", "H-000", "CORP\\adm");
    play_as(&play, "g-exports", "vedette.stage.collection", "H-000", "IIS APPPOOL\\DefaultAppPool");
    play_as(&play, "g-exports", "vedette.stage.collection", "H-000",
            "NT AUTHORITY\\ANONYMOUS LOGON");
    play_as(&play, "m-clears", "vedette.stage.cover", "H-001", "CORP\\eva");
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign *campaign = &made->campaigns[0];
    const struct sentence *reset = remedy_saying(campaign, "Reset");
    assert_non_null(reset);
    assert_true(slice_equal_string(reset->text,
                                   "Reset the accounts that were used: CORP\\adm, root on "
                                   "H-002. What the intruder did was done as these."));
    bool cites_logon = false;
    for (uint32_t i = 0; i < reset->reference_count; i++)
        cites_logon |= reset->references[i].time_ns == logon->first_ns;
    assert_true(cites_logon);
    assert_int_equal(host_named(campaign, "H-002")->account_count, 1);
    assert_int_equal(host_named(campaign, "H-001")->account_count, 1);
    reconstruction_free(made);
    play_done(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clearing_by_habit_begins_nothing),
        cmocka_unit_test(who_went_from_host_to_host_cleared),
        cmocka_unit_test(accounts_to_reset_are_the_campaigns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
