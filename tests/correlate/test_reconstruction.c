// From findings and relations to campaigns
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include "correlate/weights.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// Every host has a finding of some noise now and then.
static void play_noise(struct play *play, size_t hosts) {
    const struct rule *noise[] = {rule_of("n-one", RULE_LEVEL_MEDIUM, "attack.persistence"),
                                  rule_of("o-two", RULE_LEVEL_MEDIUM, "attack.collection"),
                                  rule_of("p-three", RULE_LEVEL_LOW, "attack.lateral-movement"),
                                  rule_of("q-four", RULE_LEVEL_HIGH, "attack.initial-access")};
    for (size_t i = 0; i < hosts; i++)
        for (size_t k = 0; k < 4; k++)
            if ((i * 7 + k * 13) % (3 + 9 * k) == 0)
                play_find(play, noise[k], play->names[i], NULL, (int64_t)(i * 977 + k * 5555));
}

static void a_campaign_is_found_whole(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_noise(&play, 200);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign *campaign = &made->campaigns[0];
    assert_int_equal(campaign->host_count, 32);
    assert_true(slice_equal_string(campaign->hosts[0].name, "H-000"));
    assert_int_equal(campaign->hosts[0].best.parent, -1);
    assert_int_equal(campaign->wave_count, 1);
    assert_int_equal(campaign->waves[0].host_count, 30);
    assert_true(slice_equal_string(campaign->hosts[campaign->waves[0].source].name, "H-001"));
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        assert_int_equal(campaign->hosts[i].state, HOST_STATE_CONFIRMED);
        assert_true(campaign->hosts[i].best.parent < (int32_t)i);
        assert_true(campaign->hosts[i].reference_count > 0);
    }
    assert_true(campaign->stage_count >= 3);
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        for (uint32_t k = 0; k < campaign->stages[i].sentence_count; k++)
            assert_true(campaign->stages[i].sentences[k].reference_count > 0);
    assert_true(campaign->remediation_count > 0);
    reconstruction_free(made);
    play_done(&play);
}

// The last finding is of a rule that sends mail on to a place, as it has been since `since`.
static void play_mail_rule(struct play *play, const char *id, const char *account,
                           const char *place, int64_t seconds, const char *since) {
    enum rule_level level =
        strcmp(id, "vedette-exchange-forwarding") ? RULE_LEVEL_MEDIUM : RULE_LEVEL_HIGH;
    play_find(play, rule_of(id, level, "vedette.stage.theft"), "H-000", NULL, seconds);
    struct finding *finding = &play->findings[play->count - 1];
    finding->account = slice_of_string(account);
    play_send_last(play, place);
    finding->fields[finding->field_count++] =
        (struct finding_field){.name = SLICE("destination_since"), .text = slice_of_string(since)};
}

static bool campaign_takes(const struct campaign *campaign, const char *place, uint32_t times) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->theft_count; i++)
        count += slice_equal_string(campaign->thefts[i].destination, place);
    return count == times;
}

// Of all rules that send mail on only those are theft that something ties to the intruder.
static void mail_rules_are_tied_to_the_intruder(void **state) {
    (void)state;
    static const char *const SEVERAL = "vedette-exchange-forwarding";
    static const char *const ONE = "vedette-exchange-forwarding-after-attack";
    static const char *const BEFORE = "2026-01-04T23:00:00Z", *const SINCE = "2026-01-06T00:00:00Z";
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_find(&play, rule_of("h-exports", RULE_LEVEL_HIGH, "vedette.stage.collection"), "H-000",
              NULL, 300000);
    play.findings[play.count - 1].account = SLICE("CORP\\eva");
    play_mail_rule(&play, SEVERAL, "ann", "several@example.net", 310000, SINCE);
    play_mail_rule(&play, ONE, "bob", "several@example.net", 330000, SINCE); // as the other
    play_mail_rule(&play, ONE, "eva", "own@example.net", 320000, SINCE);
    play_mail_rule(&play, ONE, "cid", "arriving@example.net", 3000, SINCE);
    play_mail_rule(&play, ONE, "cid", "nothing@example.net", 320000, SINCE);
    play_mail_rule(&play, SEVERAL, "eva", "before@example.net", 320000, BEFORE);
    play_mail_rule(&play, SEVERAL, "dan", "others@example.net", 320000, SINCE);
    struct finding *finding = &play.findings[play.count - 1];
    finding->fields[finding->field_count++] =
        (struct finding_field){.name = SLICE("also_set_by"), .text = SLICE("fay")};
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign *campaign = &made->campaigns[0];
    assert_true(campaign_takes(campaign, "several@example.net", 2));
    assert_true(campaign_takes(campaign, "own@example.net", 1));
    assert_true(campaign_takes(campaign, "arriving@example.net", 1));
    assert_true(campaign_takes(campaign, "nothing@example.net", 0));
    assert_true(campaign_takes(campaign, "before@example.net", 0));
    assert_true(campaign_takes(campaign, "others@example.net", 0));
    assert_int_equal(made->lead_count, 2); // what is high and not the intruder's stays a lead
    reconstruction_free(made);
    play_done(&play);
}

// Whose an account is is one question, for rules that send mail on and for stages: what it did on
// two of their hosts, not on this server, tells it.
static void an_account_of_two_stages_is_theirs(void **state) {
    (void)state;
    static const char *const IDS[] = {"h-exports", "r-dumps"};
    static const char *const TAGS[] = {"vedette.stage.collection", "attack.credential-access"};
    for (int stages = 1; stages <= 2; stages++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        for (int i = 0; i < stages; i++) {
            play_find(&play, rule_of(IDS[i], RULE_LEVEL_HIGH, TAGS[i]), "H-001", NULL, 300000 + i);
            play.findings[play.count - 1].account = SLICE("corp.example/Users/kai");
        }
        play_mail_rule(&play, "vedette-exchange-forwarding-after-attack", "kai@corp.example",
                       "kept@example.net", 320000, "2026-01-06T00:00:00Z");
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        assert_true(campaign_takes(&made->campaigns[0], "kept@example.net", stages == 2));
        reconstruction_free(made);
        play_done(&play);
    }
}

// A logon leads to a mail server where mail is sent on: what nothing ties to the intruder is no
// evidence that he came there.
static void an_untied_mail_rule_convicts_nobody(void **state) {
    (void)state;
    static const char *const ONE = "vedette-exchange-forwarding-after-attack";
    static const int64_t SET[] = {310600, 500000}; // within an hour of his coming, days later
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        play_find(&play,
                  rule_of("vedette-lateral-logon", RULE_LEVEL_MEDIUM, "attack.lateral-movement"),
                  "H-050", "H-000", 310000);
        play_mail_rule(&play, ONE, "cid", "nothing@example.net", SET[i], "2026-01-06T00:00:00Z");
        play.findings[play.count - 1].host = SLICE("H-050");
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        assert_int_equal(host_named(&made->campaigns[0], "H-050") != NULL, i == 0);
        assert_int_equal(made->campaigns[0].host_count, i == 0 ? 33 : 32);
        reconstruction_free(made);
        play_done(&play);
    }
}

static void play_visit(struct play *play, const char *from, const char *account, int64_t day,
                       int64_t days) {
    struct relation *logon =
        relation_table_add(play->table, RELATION_LOGON, from, "h-001", 86400 * day);
    logon->account = slice_of_string(account);
    logon->count = (uint64_t)days;
    logon->last_ns = logon->first_ns + (days - 1) * 86400ll * 1000000000;
}

// H-001 gave out what was never released, and nothing tells how somebody came to it.
static struct reconstruction *play_visits(struct play *play, bool another, bool elsewhere) {
    play_init(play, 200);
    const struct rule *replaced =
        rule_of("vedette-wave-package-replaced", RULE_LEVEL_HIGH, "vedette.stage.spread");
    const struct rule *wave = rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread");
    play_find(play, replaced, "H-001", NULL, 86400 * 5);
    play_find(play, rule_of("vedette-wave-hosts", RULE_LEVEL_HIGH, "vedette.stage.spread"), "H-001",
              NULL, 86400 * 6);
    for (int i = 10; i < 13; i++)
        play_find(play, wave, play->names[i], "H-001", 86400 * 6 + i);
    play_visit(play, "h-100", "svc.backup", 0, 20);
    play_visit(play, "h-101", "adm", 1, 9);
    play_visit(play, "h-102", "adm", 3, 1);
    play_visit(play, "h-050", "root", 4, 1);
    if (another)
        play_visit(play, "h-051", "guest", 12, 1);
    if (another && elsewhere)
        relation_table_add(play->table, RELATION_LOGON, "h-051", "h-060", 86400)->account =
            SLICE("guest");
    struct reconstruction *made = play_reconstruct(play);
    assert_int_equal(made->incident_count, 1);
    return made;
}

// Of all sessions one is unlike the others: where it came from is where somebody came in.
static void an_odd_visit_is_the_way_in(void **state) {
    (void)state;
    struct play play;
    struct reconstruction *made = play_visits(&play, false, false);
    const struct campaign *incident = &made->incidents[0];
    assert_int_equal(incident->host_count, 5);
    assert_true(slice_equal_string(incident->hosts[0].name, "H-050"));
    assert_int_equal(incident->hosts[0].state, HOST_STATE_PROBABLE);
    assert_true(slice_equal_string(incident->hosts[1].name, "H-001"));
    assert_int_equal(incident->hosts[1].best.parent, 0);
    reconstruction_free(made);
    play_done(&play);
    made = play_visits(&play, true, false); // two are none
    assert_int_equal(made->incidents[0].host_count, 4);
    assert_true(slice_equal_string(made->incidents[0].hosts[0].name, "H-001"));
    reconstruction_free(made);
    play_done(&play);
    made = play_visits(&play, true, true); // but for one that logs on to others, too
    assert_true(slice_equal_string(made->incidents[0].hosts[0].name, "H-050"));
    reconstruction_free(made);
    play_done(&play);
}

// Who cleared the logs of hosts of a campaign cleared those of H-090, too.
static void a_log_cleared_with_the_others_tells(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *cleared =
        rule_of("vedette-log-cleared", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
    const char *const hosts[] = {"H-010", "H-011", "H-012", "H-090", "H-091"};
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        play_find(&play, cleared, hosts[i], NULL, 400000 + (int64_t)i * 60);
        play.findings[play.count - 1].account = i < 4 ? SLICE("corp\\adm") : SLICE("corp\\eva");
    }
    relation_table_add(play.table, RELATION_LOGON, "h-001", "h-090", 300000);
    relation_table_add(play.table, RELATION_LOGON, "h-001", "h-091", 300000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign *campaign = &made->campaigns[0];
    assert_int_equal(campaign->host_count, 33);
    const struct campaign_host *last = &campaign->hosts[32];
    assert_true(slice_equal_string(last->name, "H-090"));
    assert_int_equal(last->state, HOST_STATE_CONFIRMED);
    assert_true(slice_equal_string(campaign->hosts[last->best.parent].name, "H-001"));
    reconstruction_free(made);
    play_done(&play);
}

static void noise_is_no_campaign(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_noise(&play, 200);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 0);
    reconstruction_free(made);
    play_done(&play);
}

// A path from one host to another never convicts: H-050 was only logged on to.
static void reachable_is_not_compromised(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    struct relation *logon =
        relation_table_add(play.table, RELATION_LOGON, "h-001", "h-050", 86400 * 10);
    logon->account = SLICE("corp\\adm");
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    assert_int_equal(made->campaigns[0].host_count, 32);
    reconstruction_free(made);
    play_done(&play);
}

// An inside address that no evidence names is a host of its own; one of the outside never is.
static void an_address_is_a_host(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    const struct rule *wave = rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread");
    play_find(&play, wave, "10.9.8.7", "H-001", 103000);
    play_find(&play, wave, "198.51.100.7", "H-001", 103060);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    assert_int_equal(made->campaigns[0].host_count, 33);
    const struct campaign_host *stranger = &made->campaigns[0].hosts[32];
    assert_true(slice_equal_string(stranger->name, "10.9.8.7"));
    assert_int_equal(stranger->host, RELATION_NO_HOST);
    assert_int_equal(stranger->state, HOST_STATE_CONFIRMED);
    const struct sentence *whose = NULL;
    for (uint32_t i = 0; i < made->campaigns[0].unknown_count; i++)
        if (slice_starts(made->campaigns[0].unknowns[i].text,
                         SLICE("Whose addresses these were is not known: 10.9.8.7. DHCP leases")))
            whose = &made->campaigns[0].unknowns[i];
    assert_non_null(whose);
    assert_int_equal(whose->reference_count, stranger->reference_count);
    reconstruction_free(made);
    play_done(&play);
}

// Amid addresses that are lent, one that nobody names is lent, too, and no host; beside a host that
// keeps its own it is one.
static void a_lent_address_is_no_host(void **state) {
    (void)state;
    static const struct fleet_alias OF_ONE[] = {
        {{(const uint8_t *)"10.9.8.5", sizeof("10.9.8.5") - 1}, START_NS, START_NS + 9},
        {{(const uint8_t *)"10.9.8.9", sizeof("10.9.8.9") - 1}, START_NS + 99, START_NS + 100}};
    static const struct fleet_alias OF_OTHER[] = {
        {{(const uint8_t *)"10.9.8.9", sizeof("10.9.8.9") - 1}, START_NS, START_NS + 9}};
    static const struct fleet_alias KEPT[] = {
        {{(const uint8_t *)"10.9.8.12", sizeof("10.9.8.12") - 1}, START_NS, START_NS + 100}};
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play.table->hosts[150].aliases = OF_ONE;
    play.table->hosts[150].alias_count = ARRAY_SIZE(OF_ONE);
    play.table->hosts[151].aliases = OF_OTHER;
    play.table->hosts[151].alias_count = ARRAY_SIZE(OF_OTHER);
    play.table->hosts[152].aliases = KEPT;
    play.table->hosts[152].alias_count = ARRAY_SIZE(KEPT);
    const struct rule *wave = rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread");
    play_find(&play, wave, "10.9.8.7", "H-001", 103000);
    play_find(&play, wave, "10.9.8.10", "H-001", 103060);
    play_find(&play, wave, "10.9.8.40", "H-001", 103120);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    assert_int_equal(made->campaigns[0].host_count, 34);
    assert_null(host_named(&made->campaigns[0], "10.9.8.7"));
    assert_non_null(host_named(&made->campaigns[0], "10.9.8.10"));
    assert_non_null(host_named(&made->campaigns[0], "10.9.8.40"));
    assert_int_equal(made->lead_count, 1);
    reconstruction_free(made);
    play_done(&play);
}

// H-060 ran something on H-061, but nothing tells how H-060 was reached.
static void play_stone(struct play *play, const char *account) {
    const struct rule *lateral =
        rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement");
    play_campaign(play);
    play_find(play, lateral, "H-002", "H-001", 20000);
    play->findings[play->count - 1].account = SLICE("corp\\adm.07");
    play_find(play, lateral, "H-061", "H-060", 30000);
    play->findings[play->count - 1].account = slice_of_string(account);
    play_find(play, rule_of("d-dump", RULE_LEVEL_CRITICAL, "attack.credential-access"), "H-061",
              NULL, 31000);
}

static void stepping_stones_are_found(void **state) {
    (void)state;
    for (int by_account = 0; by_account < 2; by_account++) {
        struct play play;
        play_init(&play, 200);
        play_stone(&play, by_account ? "CORP\\adm.07" : "corp\\other");
        if (!by_account) {
            struct relation *flow =
                relation_table_add(play.table, RELATION_FLOW, "h-001", "h-060", 28000);
            flow->artefact = SLICE("tcp/445");
        }
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        const struct campaign_host *stone = host_named(&made->campaigns[0], "H-060");
        const struct campaign_host *last = host_named(&made->campaigns[0], "H-061");
        assert_non_null(stone);
        assert_non_null(last);
        assert_int_equal(stone->state, HOST_STATE_CONFIRMED);
        assert_true(stone->reference_count > 0);
        assert_true(slice_equal_string(made->campaigns[0].hosts[stone->best.parent].name, "H-001"));
        assert_true(slice_equal_string(made->campaigns[0].hosts[last->best.parent].name, "H-060"));
        reconstruction_free(made);
        play_done(&play);
    }
}

static void nothing_joins_strangers(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_stone(&play, "corp\\other");
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    assert_null(host_named(&made->campaigns[0], "H-060"));
    assert_null(host_named(&made->campaigns[0], "H-061"));
    reconstruction_free(made);
    play_done(&play);
}

// An upgrade server in somebody's hands says nothing of how he came; a login at the server from
// which it was reached does, though it is below every gate by itself.
static void an_entry_is_named_before_a_wave(void **state) {
    (void)state;
    for (int shown = 0; shown < 2; shown++) {
        struct play play;
        play_init(&play, 200);
        if (shown)
            play_find(&play, rule_of("b-login", RULE_LEVEL_MEDIUM, "vedette.stage.foothold"),
                      "H-001", NULL, 1000);
        play_find(&play,
                  rule_of("vedette-lateral-account", RULE_LEVEL_MEDIUM, "attack.lateral-movement"),
                  "H-002", "H-001", 50900);
        play_find(&play,
                  rule_of("vedette-wave-package-replaced", RULE_LEVEL_HIGH, "vedette.stage.spread"),
                  "H-002", NULL, 51000);
        for (size_t i = 0; i < 2; i++)
            play_find(&play, rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread"),
                      play.names[20 + i], "H-002", 60000 + (int64_t)i * 600);
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign_host *entry = host_told(made, "H-001");
        assert_non_null(host_told(made, "H-002"));
        assert_int_equal(entry != NULL, shown);
        if (entry) {
            assert_int_equal(entry->best.parent, -1);
            assert_int_equal(entry->state, HOST_STATE_PROBABLE);
        }
        reconstruction_free(made);
        play_done(&play);
    }
}

// A bare session by the host before, which had been quiet for `days` ("0": it moves anyway).
static void play_session(struct play *play, const char *from, const char *to, int64_t day,
                         const char *days) {
    play_find(play, rule_of("vedette-lateral-session", RULE_LEVEL_LOW, "vedette.stage.spread"), to,
              from, day * 86400);
    struct finding *finding = &play->findings[play->count - 1];
    finding->fields[finding->field_count++] =
        (struct finding_field){.name = SLICE("source_quiet_days"), .text = slice_of_string(days)};
}

// From the campaign's hosts first moves lead on, in a chain; from others and from those who move
// anyway they lead nowhere.
static void first_moves_are_believed_in_chains(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_session(&play, "H-001", "H-100", 1, "60");
    play_session(&play, "H-100", "H-101", 3, "60");
    play_session(&play, "H-120", "H-121", 3, "60");
    play_session(&play, "H-101", "H-130", 4, "0");
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign *campaign = &made->campaigns[0];
    uint32_t found = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        bool chained =
            slice_equal(host->name, SLICE("H-100")) || slice_equal(host->name, SLICE("H-101"));
        assert_false(slice_equal(host->name, SLICE("H-121")));
        assert_false(slice_equal(host->name, SLICE("H-130")));
        found += chained && host->state == HOST_STATE_CONFIRMED;
    }
    assert_int_equal(found, 2);
    reconstruction_free(made);
    play_done(&play);
}

static void one_host_is_an_incident(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_find(&play, rule_of("a-exploit", RULE_LEVEL_CRITICAL, "attack.initial-access"), "H-000",
              NULL, 1000);
    play_find(&play, rule_of("b-shell", RULE_LEVEL_HIGH, "attack.persistence"), "H-000", NULL,
              2000);
    play_find(&play, rule_of("c-sends", RULE_LEVEL_HIGH, "attack.exfiltration"), "H-000", NULL,
              3000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 0);
    assert_int_equal(made->incident_count, 1);
    assert_int_equal(made->incidents[0].stage_count, 3);
    reconstruction_free(made);
    play_done(&play);
}

// Findings speak of three stages, the story tells of two: one of them is part of the break-in.
static void stages_that_are_not_told_make_no_campaign(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_takeover(&play);
    play_find(&play, rule_of("i-grants", RULE_LEVEL_HIGH, "attack.credential-access"), "H-000",
              NULL, 1500);
    play_find(&play,
              rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement"),
              "H-001", "H-000", 9000);
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 0);
    assert_int_equal(made->incident_count, 1);
    assert_int_equal(made->incidents[0].host_count, 2);
    assert_int_equal(made->incidents[0].stage_count, 2);
    assert_true(slice_starts(made->incidents[0].confidence, SLICE("low: 2 of 7 stages")));
    reconstruction_free(made);
    play_done(&play);
}

static bool says(const struct campaign *campaign, const char *text) {
    for (uint32_t i = 0; i < campaign->remediation_count; i++)
        if (slice_equal_string(campaign->remediation[i].text, text))
            return true;
    return false;
}

static void places_outside_are_told(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    const struct rule *sends = rule_of("c-sends", RULE_LEVEL_HIGH, "attack.exfiltration");
    play_find(&play, rule_of("a-exploit", RULE_LEVEL_CRITICAL, "attack.initial-access"), "H-000",
              "203.0.113.9", 1000);
    play_find(&play, rule_of("b-shell", RULE_LEVEL_HIGH, "attack.persistence"), "H-000",
              "203.0.113.7", 2000);
    play.findings[play.count - 1].account = SLICE("CORP\\ann");
    play_find(&play, rule_of("d-calls", RULE_LEVEL_HIGH, "attack.command-and-control"), "H-000",
              NULL, 2500);
    play_tell(&play, "destination", "files.example.net");
    play.findings[play.count - 1].account = SLICE("ann");
    play_find(&play, sends, "H-000", NULL, 3000);
    play_tell(&play, "destination", "203.0.113.7");
    play_find(&play, sends, "H-000", NULL, 3100);
    play_tell(&play, "destination", "H-001"); // a host of the fleet
    play_find(&play, sends, "H-000", "10.1.2.3", 3200);
    play_tell(&play, "destination", "\\\\files\\legal\\case.pst");
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->incident_count, 1);
    const struct campaign *incident = &made->incidents[0];
    assert_int_equal(incident->outsider_count, 3);
    assert_true(slice_equal_string(incident->outsiders[0].place, "203.0.113.7"));
    assert_int_equal(incident->outsiders[0].ways, 1u << OUTSIDER_CAME_IN | 1u << OUTSIDER_TOOK);
    assert_int_equal(incident->outsiders[0].reference_count, 2);
    assert_true(slice_equal_string(incident->outsiders[1].place, "files.example.net"));
    assert_int_equal(incident->outsiders[1].ways, 1u << OUTSIDER_CALLED);
    assert_true(slice_equal_string(incident->outsiders[2].place, "203.0.113.9"));
    assert_true(says(incident,
                     "Cut the ways out: block 203.0.113.7, files.example.net. Hosts called these "
                     "places or sent data there."));
    assert_true(says(incident,
                     "Cut the ways in: refuse 203.0.113.9. The intruder's requests and logons "
                     "came from there."));
    assert_true(says(incident,
                     "Reset the accounts that were used: CORP\\ann. What the intruder did was "
                     "done as these."));
    reconstruction_free(made);
    play_done(&play);
}

// A fragment of an intrusion: two hosts, whose only link to the campaign is where they send.
static void play_fragment(struct play *play, const char *place) {
    const struct rule *plants = rule_of("e-plants", RULE_LEVEL_MEDIUM, "attack.persistence");
    const struct rule *sends = rule_of("d-sends", RULE_LEVEL_HIGH, "attack.exfiltration");
    play_campaign(play);
    play_find(play, rule_of("c-sends", RULE_LEVEL_HIGH, "attack.exfiltration"), "H-001", NULL,
              150000);
    play_send_last(play, "198.51.100.77");
    play_find(play, plants, "H-100", NULL, 160000);
    play_find(play, rule_of("f-dumps", RULE_LEVEL_CRITICAL, "attack.credential-access"), "H-100",
              NULL, 161000);
    play_find(play, sends, "H-100", NULL, 162000);
    play_send_last(play, place);
}

static void a_rare_place_joins_a_fragment(void **state) {
    (void)state;
    static const char *const PLACES[] = {"198.51.100.77", "198.51.100.78"};
    for (int i = 0; i < 3; i++) {
        struct play play;
        play_init(&play, 200);
        play_fragment(&play, PLACES[i == 1]);
        // The third time everybody knows the place.
        for (int k = 0; k < 20; k++) {
            relation_table_add(play.table, RELATION_CONTACT, i == 2 ? play.names[60 + k] : "H-001",
                               "198.51.100.77", k);
        }
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        const struct campaign_host *host = host_named(&made->campaigns[0], "H-100");
        if (i == 0) {
            assert_non_null(host);
            assert_true(
                slice_equal_string(made->campaigns[0].hosts[host->best.parent].name, "H-001"));
            assert_int_equal(host->best.cost_millibits, WEIGHT_EDGE_SHARED);
            assert_true(slice_starts(host->best.reason, SLICE("sends to a rare place")));
            assert_true(host->best.reference_count > 0);
            assert_int_equal(made->incident_count, 0);
        } else {
            assert_null(host);
            assert_int_equal(made->incident_count, 1);
        }
        reconstruction_free(made);
        play_done(&play);
    }
}

// A second intrusion with an entry, a way and a theft of its own stays one, though both use a
// place, and though a host of one logged on to a host of the other; not where it ran something.
static void two_intrusions_stay_two(void **state) {
    (void)state;
    static const char *const MEETINGS[] = {NULL, "vedette-lateral-logon",
                                           "vedette-lateral-execution"};
    for (size_t i = 0; i < ARRAY_SIZE(MEETINGS); i++) {
        struct play play;
        play_init(&play, 200);
        play_fragment(&play, "198.51.100.77");
        play_find(&play, rule_of("a-exploit", RULE_LEVEL_CRITICAL, "attack.initial-access"),
                  "H-100", NULL, 159000);
        play_find(&play,
                  rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement"),
                  "H-101", "H-100", 163000);
        if (MEETINGS[i])
            play_find(&play, rule_of(MEETINGS[i], RULE_LEVEL_HIGH, "attack.lateral-movement"),
                      "H-101", "H-001", 170000);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, i < 2 ? 2 : 1);
        for (uint32_t k = 0; i < 2 && k < 2; k++)
            assert_true(!host_named(&made->campaigns[k], "H-000") ||
                        !host_named(&made->campaigns[k], "H-100"));
        reconstruction_free(made);
        play_done(&play);
    }
}

// The hours at which intruders work are of what is not known, with what the estimate stands on;
// they are no evidence.
static void working_hours_are_no_evidence(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    play_find(&play,
              rule_of("vedette-working-hours", RULE_LEVEL_INFORMATIONAL, "vedette.stage.control"),
              "H-000", NULL, 5000);
    struct finding *finding = &play.findings[play.count - 1];
    finding->fields[0] =
        (struct finding_field){.name = SLICE("what"), .text = SLICE("Some zones.")};
    finding->fields[1] = (struct finding_field){.name = SLICE("why"), .text = SLICE("12 hours")};
    finding->fields[2] = (struct finding_field){.name = SLICE("confidence"),
                                                .text = SLICE("low: this is not attribution")};
    finding->field_count = 3;
    struct reconstruction *made = play_reconstruct(&play);
    assert_int_equal(made->campaign_count, 1);
    const struct campaign *campaign = &made->campaigns[0];
    const struct sentence *told = NULL;
    for (uint32_t i = 0; i < campaign->unknown_count; i++)
        if (memmem(campaign->unknowns[i].text.data, campaign->unknowns[i].text.size,
                   "Some zones. 12 hours. "
                   "Confidence low: this is not attribution.",
                   62))
            told = &campaign->unknowns[i];
    assert_non_null(told);
    assert_int_equal(told->reference_count, 1);
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        assert_int_not_equal(campaign->stages[i].stage, STAGE_CONTROL);
    reconstruction_free(made);
    play_done(&play);
}

static void logarithms_are_right(void **state) {
    (void)state;
    for (uint64_t number = 1; number < 5000; number++) {
        double real = 1000 * log2((double)number);
        assert_true(fabs(real - millibits_of(number)) < 1.1);
    }
    assert_int_equal(millibits_of(1), 0);
    assert_int_equal(millibits_of((uint64_t)1 << 63), 63000);
    assert_int_equal(millibits_of_ratio(3, 9), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_campaign_is_found_whole),
        cmocka_unit_test(mail_rules_are_tied_to_the_intruder),
        cmocka_unit_test(an_account_of_two_stages_is_theirs),
        cmocka_unit_test(an_untied_mail_rule_convicts_nobody),
        cmocka_unit_test(an_odd_visit_is_the_way_in),
        cmocka_unit_test(a_log_cleared_with_the_others_tells),
        cmocka_unit_test(noise_is_no_campaign),
        cmocka_unit_test(reachable_is_not_compromised),
        cmocka_unit_test(first_moves_are_believed_in_chains),
        cmocka_unit_test(one_host_is_an_incident),
        cmocka_unit_test(stages_that_are_not_told_make_no_campaign),
        cmocka_unit_test(stepping_stones_are_found),
        cmocka_unit_test(nothing_joins_strangers),
        cmocka_unit_test(an_address_is_a_host),
        cmocka_unit_test(a_lent_address_is_no_host),
        cmocka_unit_test(working_hours_are_no_evidence),
        cmocka_unit_test(a_rare_place_joins_a_fragment),
        cmocka_unit_test(two_intrusions_stay_two),
        cmocka_unit_test(logarithms_are_right),
        cmocka_unit_test(places_outside_are_told),
        cmocka_unit_test(an_entry_is_named_before_a_wave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
