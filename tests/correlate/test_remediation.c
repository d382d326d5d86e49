// What to do, on which records, and how sure it is
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// The number of the first step that starts so; -1: there is none.
static int step_of(const struct campaign *campaign, const char *start) {
    for (uint32_t i = 0; i < campaign->remediation_count; i++)
        if (slice_starts(campaign->remediation[i].text, slice_of_string(start)))
            return (int)i;
    return -1;
}

static bool step_has(const struct campaign *campaign, const char *start, const char *part) {
    int step = step_of(campaign, start);
    if (step < 0)
        return false;
    struct slice text = campaign->remediation[step].text;
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static const struct campaign *the_campaign(const struct reconstruction *made) {
    assert_int_equal(made->campaign_count, 1);
    return &made->campaigns[0];
}

static void deliveries_stop_first_and_evidence_is_kept_before_the_rest(void **state) {
    (void)state;
    static const char *const ORDER[] = {"Stop deliveries from H-001",
                                        "Keep the evidence of H-000, H-001",
                                        "Isolate H-001",
                                        "Isolate H-000",
                                        "Isolate the 30 other",
                                        "Cut the ways out: block 198.51.100.77",
                                        "Withdraw /packages/a.exe",
                                        "Rebuild H-001",
                                        "Rebuild H-000",
                                        "Then clean or rebuild the 30 other",
                                        "Watch for"};
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_tell(&play, "destination", "198.51.100.77");
    for (size_t i = 0; i < play.count; i++)
        if (slice_equal_string(play.findings[i].rule->id, "vedette-wave-package-replaced"))
            play.findings[i].fields[play.findings[i].field_count++] =
                (struct finding_field){.name = SLICE("artefact"), .text = SLICE("/packages/a.exe")};
    struct reconstruction *made = play_reconstruct(&play);
    const struct campaign *campaign = the_campaign(made);
    for (size_t i = 0; i < ARRAY_SIZE(ORDER); i++) {
        assert_true(step_of(campaign, ORDER[i]) >= 0);
        assert_true(i == 0 || step_of(campaign, ORDER[i]) > step_of(campaign, ORDER[i - 1]));
    }
    for (uint32_t i = 0; i < campaign->remediation_count; i++)
        assert_true(campaign->remediation[i].reference_count > 0);
    assert_int_equal(step_of(campaign, "Reset krbtgt"), -1);
    assert_int_equal(step_of(campaign, "Remove the web shells"), -1);
    reconstruction_free(made);
    play_done(&play);
}

static void what_was_taken_and_planted_has_its_steps(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_find(&play, rule_of("g-dump", RULE_LEVEL_HIGH, "attack.credential-access"), "H-000", NULL,
              3000);
    play_tell(&play, "technique", "T1003.001");
    play_find(&play, rule_of("h-page", RULE_LEVEL_HIGH, "attack.persistence"), "H-000", NULL, 3100);
    play_tell(&play, "technique", "T1505.003");
    play_tell(&play, "path", "/owa/auth/x.aspx");
    play_find(&play, rule_of("i-rule", RULE_LEVEL_HIGH, "attack.exfiltration"), "H-000", NULL,
              3200);
    play_tell(&play, "technique", "T1114.003");
    play_tell(&play, "destination", "box@example.net");
    play_find(&play, rule_of("j-grant", RULE_LEVEL_HIGH, "attack.persistence"), "H-000", NULL,
              3300);
    play_tell(&play, "technique", "T1098.002");
    play_find(&play, rule_of("k-task", RULE_LEVEL_HIGH, "attack.persistence"), "H-000", NULL, 3400);
    play_tell(&play, "technique", "T1053.005");
    struct reconstruction *made = play_reconstruct(&play);
    const struct campaign *campaign = the_campaign(made);
    assert_true(step_has(campaign, "Reset krbtgt twice", "H-000"));
    assert_true(step_has(campaign, "Remove the web shells on H-000", "/owa/auth/x.aspx"));
    assert_true(step_has(campaign, "Remove the rules and settings on H-000", "box@example.net"));
    assert_true(step_of(campaign, "Take back the rights over mailboxes") >= 0);
    assert_true(step_of(campaign, "Remove what starts the intruder's programs") >= 0);
    assert_int_equal(step_of(campaign, "Change the passwords of local accounts"), -1);
    int step = step_of(campaign, "Reset krbtgt twice");
    assert_int_equal(campaign->remediation[step].reference_count, 1);
    assert_int_equal(campaign->remediation[step].references[0].time_ns,
                     START_NS + 3000ll * 1000000000);
    reconstruction_free(made);
    play_done(&play);
}

static const struct campaign_technique *technique_of(const struct campaign *campaign,
                                                     const char *id) {
    for (uint32_t i = 0; i < campaign->technique_count; i++)
        if (slice_equal_string(campaign->techniques[i].id, id))
            return &campaign->techniques[i];
    return NULL;
}

// Two findings of one stage and one rule: each technique has the records of its own.
static void a_technique_stands_on_its_own_records(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *starts = rule_of("m-starts", RULE_LEVEL_HIGH, "attack.persistence");
    play_find(&play, starts, "H-000", NULL, 3000);
    play_tell(&play, "technique", "T1543.003");
    play_find(&play, starts, "H-000", NULL, 4000);
    play_tell(&play, "technique", "T1053.005");
    struct reconstruction *made = play_reconstruct(&play);
    const struct campaign *campaign = the_campaign(made);
    const struct campaign_technique *service = technique_of(campaign, "T1543.003");
    const struct campaign_technique *task = technique_of(campaign, "T1053.005");
    assert_non_null(service);
    assert_non_null(task);
    assert_int_equal(service->reference_count, 1);
    assert_int_equal(service->references[0].time_ns, START_NS + 3000ll * 1000000000);
    assert_int_equal(task->reference_count, 1);
    assert_int_equal(task->references[0].time_ns, START_NS + 4000ll * 1000000000);
    reconstruction_free(made);
    play_done(&play);
}

static void file_lies(struct play *play, const char *path, const char *digest) {
    struct relation *row =
        relation_table_add(play->table, RELATION_FILE, "", "h-000", (START_NS / 1000000000));
    row->artefact = slice_of_string(path);
    row->detail[0] = slice_of_string(digest);
    row->detail[2] = SLICE("listed");
}

// Of what findings name, with the path that the record has; of Windows' own and others' nothing.
static void digests_of_what_findings_name_are_told(void **state) {
    (void)state;
    static const char *const DIGEST =
        "aecdb7ddb1aad12ebcf8e2becf2238fe3c518e4e2fd53e0e22dafdd87f2ae101";
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_find(&play, rule_of("s-service", RULE_LEVEL_HIGH, "attack.persistence"), "H-000", NULL,
              3000);
    play_tell(&play, "artefact", "\\windows\\upd1.exe");
    play_tell(&play, "artefact", "\\windows\\system32\\cmd.exe");
    file_lies(&play, "c:\\windows\\upd1.exe", DIGEST);
    file_lies(&play, "c:\\windows\\upd2.exe", DIGEST);
    file_lies(&play, "c:\\windows\\system32\\cmd.exe", DIGEST);
    struct reconstruction *made = play_reconstruct(&play);
    const struct campaign *campaign = the_campaign(made);
    assert_int_equal(campaign->digest_count, 1);
    assert_true(slice_equal_string(campaign->digests[0].sha256, DIGEST));
    assert_true(slice_equal_string(campaign->digests[0].path, "c:\\windows\\upd1.exe"));
    assert_true(campaign->digests[0].reference_count > 0);
    assert_true(slice_equal_string(campaign->hosts[0].artefacts[0], "c:\\windows\\upd1.exe"));
    reconstruction_free(made);
    play_done(&play);
}

// What a client asked for is no file of the client.
static void a_url_is_no_artefact_of_who_asked(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    for (size_t i = 0; i < play.count; i++)
        if (slice_equal_string(play.findings[i].rule->id, "vedette-wave-host"))
            play.findings[i].fields[play.findings[i].field_count++] =
                (struct finding_field){.name = SLICE("artefact"), .text = SLICE("/packages/a.exe")};
    struct reconstruction *made = play_reconstruct(&play);
    const struct campaign *campaign = the_campaign(made);
    for (uint32_t i = 2; i < campaign->host_count; i++)
        assert_int_equal(campaign->hosts[i].artefact_count, 0);
    assert_true(slice_equal_string(campaign->waves[0].artefact, "/packages/a.exe"));
    reconstruction_free(made);
    play_done(&play);
}

static void no_way_in_is_told_where_none_shows(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_find(&play, rule_of("n-consumer", RULE_LEVEL_HIGH, "attack.persistence"), "H-000", NULL,
              1000);
    play_tell(&play, "technique", "T1546.003");
    play_find(&play, rule_of("o-dump", RULE_LEVEL_HIGH, "attack.credential-access"), "H-000", NULL,
              2000);
    play_tell(&play, "technique", "T1003.001");
    play_find(&play, rule_of("p-sends", RULE_LEVEL_HIGH, "attack.exfiltration"), "H-000", NULL,
              3000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->incident_count, 1);
    const struct campaign_host *host = &made->incidents[0].hosts[0];
    assert_true(slice_equal_string(host->best.reason, "how it was reached is not known"));
    assert_false(host->best.is_outside);
    assert_true(slice_starts(made->incidents[0].confidence, SLICE("low: ")));
    reconstruction_free(made);
    play.findings[0].fields[play.findings[0].field_count++] =
        (struct finding_field){.name = SLICE("source"), .text = SLICE("203.0.113.9")};
    made = play_reconstruct(&play);
    host = &made->incidents[0].hosts[0];
    assert_true(slice_equal_string(host->best.reason, "broken into from outside"));
    assert_true(host->best.is_outside);
    reconstruction_free(made);
    play_done(&play);
}

static void a_break_in_that_worked_is_sure_on_one_host(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_find(&play, rule_of("a-exploit", RULE_LEVEL_CRITICAL, "attack.initial-access"), "H-000",
              NULL, 1000);
    play_find(&play, rule_of("b-shell", RULE_LEVEL_HIGH, "attack.persistence"), "H-000", NULL,
              2000);
    play_find(&play, rule_of("r-clears", RULE_LEVEL_HIGH, "attack.t1070.001"), "H-000", NULL, 3000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->incident_count, 1);
    struct slice text = made->incidents[0].confidence;
    assert_true(slice_starts(text, SLICE("high: a way in that worked")));
    static const char STAGES[] = "2 of 7 stages and the covering of tracks, 1 host";
    assert_non_null(memmem(text.data, text.size, STAGES, sizeof STAGES - 1));
    reconstruction_free(made);
    play_done(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_stop_first_and_evidence_is_kept_before_the_rest),
        cmocka_unit_test(what_was_taken_and_planted_has_its_steps),
        cmocka_unit_test(a_technique_stands_on_its_own_records),
        cmocka_unit_test(digests_of_what_findings_name_are_told),
        cmocka_unit_test(a_url_is_no_artefact_of_who_asked),
        cmocka_unit_test(no_way_in_is_told_where_none_shows),
        cmocka_unit_test(a_break_in_that_worked_is_sure_on_one_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
