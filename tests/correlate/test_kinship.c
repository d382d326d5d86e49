// Hosts that no session shows, by what they share with a campaign's
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include "correlate/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// A campaign that executes on H-002 and H-003 by the account.
static void play_theft_by(struct play *play, size_t hosts, const char *account) {
    const struct rule *executes =
        rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement");
    play_init(play, hosts);
    play_campaign(play);
    play_find(play, executes, "H-002", "H-000", 300000);
    play->findings[play->count - 1].account = slice_of_string(account);
    play_find(play, executes, "H-003", "H-000", 301000);
    play->findings[play->count - 1].account = slice_of_string(account);
}

static void play_theft(struct play *play, size_t hosts) {
    play_theft_by(play, hosts, "corp\\adm");
}

// A session of a host that had never moved to others.
static void play_first_move(struct play *play, const char *to, const char *from,
                            const char *account, int64_t seconds) {
    play_find(play, rule_of("vedette-lateral-session", RULE_LEVEL_LOW, "attack.lateral-movement"),
              to, from, seconds);
    play_tell(play, "source_quiet_days", "60");
    play->findings[play->count - 1].account = slice_of_string(account);
}

static bool told(const struct reconstruction *made, const char *name) {
    assert_int_equal(made->campaign_count, 1);
    const struct campaign_host *host = host_named(&made->campaigns[0], name);
    return host && host->state == HOST_STATE_CONFIRMED;
}

// Who was never seen to be reached moves for the first time, as the intruders' account: he was
// reached before his first move of that week, and so was whom he moved to.
static void a_first_move_by_their_account_tells_its_source(void **state) {
    (void)state;
    static const char *const ACCOUNTS[] = {"adm", "ann"};
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_theft(&play, 200);
        play_first_move(&play, "H-052", "H-050", "", 390000);
        play_first_move(&play, "H-051", "H-050", ACCOUNTS[i], 400000);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-050"), i == 0);
        assert_int_equal(told(made, "H-051"), i == 0);
        assert_int_equal(told(made, "H-052"), i == 0);
        reconstruction_free(made);
        play_done(&play);
    }
}

// The wire shows a session of an address, and at that moment a controller checked the intruders'
// account for a host whose address nothing names.
static void a_check_at_that_moment_says_as_whom(void **state) {
    (void)state;
    static const int64_t APART[] = {1, 60};
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_theft(&play, 200);
        play_first_move(&play, "H-051", "10.0.0.77", "", 400000);
        struct relation *check = relation_table_add(play.table, RELATION_CREDENTIAL_USE, "H-050",
                                                    "H-199", 400000 + APART[i]);
        check->artefact = SLICE("ntlm");
        check->account = SLICE("corp\\adm");
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "10.0.0.77"), i == 0);
        assert_int_equal(told(made, "H-051"), i == 0);
        assert_true(told(made, "H-050"));
        reconstruction_free(made);
        play_done(&play);
    }
}

// Another host's owner came at that moment, too: whose session it was is open.
static void checks_of_two_accounts_say_nothing(void **state) {
    (void)state;
    static const char *const OTHERS[] = {"corp\\adm", "corp\\ann"};
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_theft(&play, 200);
        play_first_move(&play, "H-051", "10.0.0.77", "", 400000);
        for (int k = 0; k < 2; k++) {
            struct relation *check =
                relation_table_add(play.table, RELATION_CREDENTIAL_USE, k ? "H-055" : "H-050",
                                   "H-199", k ? 400000 : 399998);
            check->artefact = SLICE("ntlm");
            check->account = slice_of_string(k ? OTHERS[i] : "corp\\adm");
        }
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "10.0.0.77"), i == 0);
        assert_int_equal(told(made, "H-051"), i == 0);
        assert_true(told(made, "H-050"));
        reconstruction_free(made);
        play_done(&play);
    }
}

static void play_series(struct play *play, const char *host, int64_t seconds) {
    play_find(play, rule_of("vedette-program-series", RULE_LEVEL_HIGH, "attack.lateral-movement"),
              host, NULL, seconds);
    play_tell(play, "series", "\\windows\\up#.exe");
}

// A series leads back, too: who brought its later programs brought the first.
static void a_series_leads_to_its_first_host(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_theft(&play, 200);
        play_series(&play, "H-060", 299000);
        play_series(&play, "H-061", 299500);
        if (i == 0)
            play_series(&play, "H-002", 300010);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-060"), i == 0);
        assert_int_equal(told(made, "H-061"), i == 0);
        reconstruction_free(made);
        play_done(&play);
    }
}

// One log of the campaign's and one more are cleared by the intruders' account.
static void a_clearing_by_their_account_tells(void **state) {
    (void)state;
    static const char *const ACCOUNTS[] = {"adm", "ann"};
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_theft(&play, 200);
        const struct rule *cleared =
            rule_of("vedette-log-cleared", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
        for (int k = 0; k < 2; k++) {
            play_find(&play, cleared, k ? "H-002" : "H-070", NULL, 500000 + k);
            play.findings[play.count - 1].account = slice_of_string(ACCOUNTS[i]);
        }
        play_first_move(&play, "H-071", "H-070", "", 400000); // before: by then they were there
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-070"), i == 0);
        assert_int_equal(told(made, "H-071"), i == 0);
        reconstruction_free(made);
        play_done(&play);
    }
}

// By an account that every host has one log tells nothing, three do.
static void a_clearing_by_everybodys_account_tells_nothing(void **state) {
    (void)state;
    static const char *const ACCOUNTS[] = {"corp\\adm", "corp\\Administrator",
                                           "nt authority\\system", "corp\\Administrator"};
    static const char *const HOSTS[] = {"H-070", "H-002", "H-010", "H-011"};
    for (size_t i = 0; i < ARRAY_SIZE(ACCOUNTS); i++) {
        struct play play;
        play_theft_by(&play, 200, ACCOUNTS[i]);
        const struct rule *cleared =
            rule_of("vedette-log-cleared", RULE_LEVEL_MEDIUM, "vedette.stage.cover");
        for (int k = 0; k < (i == 3 ? 4 : 2); k++) {
            play_find(&play, cleared, HOSTS[k], NULL, 500000 + k);
            play.findings[play.count - 1].account = slice_of_string(ACCOUNTS[i]);
        }
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-070"), i == 0 || i == 3);
        reconstruction_free(made);
        play_done(&play);
    }
}

static void play_contact(struct play *play, const char *from, const char *to, int64_t seconds) {
    struct relation *contact = relation_table_add(play->table, RELATION_CONTACT, from, to, seconds);
    contact->artefact = SLICE("connect");
    contact->detail[0] = SLICE("445");
    contact->detail[1] = SLICE("C:\\Windows\\System32\\cmd.exe");
}

// A connection from a host that was reached, by a program that nobody else connects with, leads on:
// not when others do, when it was that host's habit, or in a sweep.
static void a_connection_by_a_rare_program_tells(void **state) {
    (void)state;
    enum {
        ALONE,
        BY_OTHERS,
        BY_HABIT,
        SWEPT,
        CASES
    };
    for (int i = 0; i < CASES; i++) {
        struct play play;
        play_theft(&play, 200);
        play_contact(&play, "H-002", "H-080", 400000);
        play_contact(&play, "H-002", "10.0.0.99", 404000); // nothing else names it
        for (size_t k = 0; i == BY_OTHERS && k < 3; k++)
            play_contact(&play, play.names[100 + k], "H-120", 350000);
        if (i == BY_HABIT)
            play_contact(&play, "H-002", "H-120", 1000);
        for (size_t k = 0; i == SWEPT && k < 10; k++)
            play_contact(&play, "H-002", play.names[140 + k], 401000 + (int64_t)k * 60);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-080"), i == ALONE);
        assert_int_equal(told(made, "10.0.0.99"), i == ALONE);
        assert_false(told(made, "H-141"));
        reconstruction_free(made);
        play_done(&play);
    }
}

// A logon over SSH, told or not.
static void play_root(struct play *play, const char *to, const char *from, int64_t seconds,
                      bool is_told) {
    struct relation *logon = relation_table_add(play->table, RELATION_LOGON, from, to, seconds);
    logon->artefact = SLICE("ssh");
    logon->account = SLICE("root");
    if (!is_told)
        return;
    play_find(play,
              rule_of("vedette-lateral-account", RULE_LEVEL_MEDIUM, "attack.lateral-movement"), to,
              from, seconds);
    play_tell(play, "source_quiet_days", "60");
    play->findings[play->count - 1].account = SLICE("root");
}

// Nobody but the intruders' hosts logs on to others as root: who else does so is theirs. Not where
// others do so, too, or did before they came.
static void root_over_ssh_tells_where_nobody_uses_it(void **state) {
    (void)state;
    enum {
        ALONE,
        BY_OTHERS,
        BEFORE,
        UNKNOWN,
        CASES
    };
    for (int i = 0; i < CASES; i++) {
        struct play play;
        play_theft(&play, 200);
        if (i != UNKNOWN)
            play_root(&play, "H-080", "H-002", 400000, true);
        play_root(&play, "H-082", "H-081", 420000, true);
        if (i == BY_OTHERS)
            play_root(&play, "H-091", "H-090", 600000, false);
        if (i == BEFORE)
            play_root(&play, "H-091", "H-090", 10, true);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-080"), i != UNKNOWN);
        assert_int_equal(told(made, "H-081"), i == ALONE);
        assert_int_equal(told(made, "H-082"), i == ALONE);
        reconstruction_free(made);
        play_done(&play);
    }
}

static const struct campaign *unit_of(const struct reconstruction *made, const char *name) {
    for (uint32_t i = 0; i < made->campaign_count; i++)
        if (host_named(&made->campaigns[i], name))
            return &made->campaigns[i];
    for (uint32_t i = 0; i < made->incident_count; i++)
        if (host_named(&made->incidents[i], name))
            return &made->incidents[i];
    return NULL;
}

// Another intruder, whose entry's tree gives out a wave, may log on as root just as well.
static void root_joins_no_wave_of_others(void **state) {
    (void)state;
    for (uint32_t waves = 0; waves < 2; waves++) {
        struct play play;
        play_theft(&play, 200);
        play_root(&play, "H-080", "H-002", 400000, true);
        play_find(&play, rule_of("b-login", RULE_LEVEL_MEDIUM, "vedette.stage.foothold"), "H-081",
                  NULL, 410000);
        play_root(&play, "H-082", "H-081", 420000, true);
        for (uint32_t i = 0; i < 4 * waves; i++)
            play_find(&play, rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread"),
                      play.names[120 + i], "H-082", 430000 + (int64_t)i * 600);
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign *first = unit_of(made, "H-002"), *other = unit_of(made, "H-081");
        assert_non_null(first);
        assert_non_null(other);
        assert_int_equal(first == other, !waves);
        reconstruction_free(made);
        play_done(&play);
    }
}

// Within a day of a campaign's moves a host opens its first session, and nothing says as whom: it
// is theirs where hardly anybody does so. Not where others do, on another day, or as somebody.
static void a_bare_session_among_their_moves_tells(void **state) {
    (void)state;
    enum {
        AMONG,
        BY_OTHERS,
        LATER,
        AS_SOMEBODY,
        CASES
    };
    for (int i = 0; i < CASES; i++) {
        struct play play;
        play_theft(&play, 200);
        play_first_move(&play, "10.0.0.82", "10.0.0.81", i == AS_SOMEBODY ? "ann" : "",
                        i == LATER ? 500000 : 310000);
        for (size_t k = 0; i == BY_OTHERS && k < 3; k++)
            play_first_move(&play, play.names[110 + k], play.names[100 + k], "",
                            900000 + 90000 * (int64_t)k);
        // The evidence goes on.
        relation_table_add(play.table, RELATION_LOGON, "H-150", "H-151", 60 * 86400);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "10.0.0.81"), i == AMONG);
        assert_int_equal(told(made, "10.0.0.82"), i == AMONG);
        assert_false(told(made, "H-100"));
        reconstruction_free(made);
        play_done(&play);
    }
}

// Who takes the loot of another campaign's hosts, or leads to them, is not of this one.
static void a_bare_session_of_another_tree_joins_none(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_theft(&play, 200);
        play_first_move(&play, "H-082", "H-081", "", 310000);
        if (i == 1) {
            static const char *const IDS[] = {"vedette-document-filter-bypass",
                                              "vedette-document-break-in-answered"};
            for (size_t k = 0; k < 2; k++)
                play_find(&play, rule_of(IDS[k], RULE_LEVEL_CRITICAL, "vedette.stage.entry"),
                          "H-082", NULL, 309000);
        }
        relation_table_add(play.table, RELATION_LOGON, "H-150", "H-151", 60 * 86400);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-081"), i == 0);
        reconstruction_free(made);
        play_done(&play);
    }
}

// Several such sessions would make an entry that nothing shows of their source: among a campaign's
// moves it is a step of that one, alone it is not.
static void an_entry_that_only_bare_sessions_show_is_a_step(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        static const char *const TARGETS[] = {"H-083", "H-084", "H-085", "H-086"};
        static const char *const RULES[] = {"d-plants", "e-plants", "f-plants", "g-plants"};
        struct play play;
        play_theft(&play, 200);
        for (int k = 0; k < 4; k++) {
            int64_t seconds = (i ? 2000000 : 310000) + k * 600;
            play_first_move(&play, TARGETS[k], "H-081", "", seconds);
            play_find(&play, rule_of(RULES[k], RULE_LEVEL_CRITICAL, "attack.persistence"),
                      TARGETS[k], NULL, seconds + 300);
        }
        relation_table_add(play.table, RELATION_LOGON, "H-150", "H-151", 60 * 86400);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-081"), i == 0);
        assert_int_equal(told(made, "H-086"), i == 0);
        assert_non_null(host_told(made, "H-086"));
        reconstruction_free(made);
        play_done(&play);
    }
}

static void play_flow(struct play *play, const char *from, const char *to, uint64_t bytes,
                      int64_t seconds) {
    struct relation *flow = relation_table_add(play->table, RELATION_FLOW, from, to, seconds);
    flow->artefact = SLICE("tcp/443");
    flow->bytes_out = bytes;
}

// Who sends much to an address that the intruders came from is theirs. Not when somebody knew it
// before they came, when many do, when it sends little, or passes on what others send.
static void a_place_that_they_use_tells(void **state) {
    (void)state;
    enum {
        ALONE,
        BEFORE,
        BY_MANY,
        LITTLE,
        RELAYED,
        CASES
    };
    static const char *const PLACES[] = {"203.0.113.1", "203.0.113.2", "203.0.113.3",
                                         "203.0.113.4", "203.0.113.5", "203.0.113.6",
                                         "203.0.113.7", "203.0.113.8"};
    for (int i = 0; i < CASES; i++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        play_find(&play,
                  rule_of("vedette-webshell-session", RULE_LEVEL_HIGH, "vedette.stage.control"),
                  "H-000", "198.51.100.9", 3000);
        play_flow(&play, "H-080", "198.51.100.9", i == LITTLE ? 1000 : 4000000, 400000);
        play_flow(&play, "10.0.0.99", "198.51.100.9", i == LITTLE ? 1000 : 4000000, 400100);
        for (int64_t k = 0; k < 6; k++) // once more each is nobody else
            play_contact(&play, k % 2 ? "H-080" : "H-010", "198.51.100.9", 400300 + k);
        if (i == BEFORE)
            play_flow(&play, "H-120", "198.51.100.9", 100, 10);
        for (size_t k = 0; i == BY_MANY && k < 4; k++)
            play_flow(&play, play.names[120 + k], "198.51.100.9", 100, 400200);
        for (size_t k = 0; i == RELAYED && k < ARRAY_SIZE(PLACES); k++)
            play_flow(&play, "H-080", PLACES[k], 4000000, 300000 + (int64_t)k);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-080"), i == ALONE);
        assert_int_equal(told(made, "10.0.0.99"), i == ALONE || i == RELAYED);
        assert_false(told(made, "H-120"));
        reconstruction_free(made);
        play_done(&play);
    }
}

// A place that one of theirs sends much to is theirs, too.
static void a_place_that_one_of_theirs_sends_to_tells(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        play_flow(&play, i == 0 ? "H-020" : "H-120", "198.51.100.9", 4000000, 390000);
        play_flow(&play, "H-080", "198.51.100.9", 4000000, 400000);
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(told(made, "H-080"), i == 0);
        reconstruction_free(made);
        play_done(&play);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_move_by_their_account_tells_its_source),
        cmocka_unit_test(a_check_at_that_moment_says_as_whom),
        cmocka_unit_test(checks_of_two_accounts_say_nothing),
        cmocka_unit_test(a_series_leads_to_its_first_host),
        cmocka_unit_test(a_clearing_by_their_account_tells),
        cmocka_unit_test(a_clearing_by_everybodys_account_tells_nothing),
        cmocka_unit_test(a_connection_by_a_rare_program_tells),
        cmocka_unit_test(root_over_ssh_tells_where_nobody_uses_it),
        cmocka_unit_test(root_joins_no_wave_of_others),
        cmocka_unit_test(a_bare_session_among_their_moves_tells),
        cmocka_unit_test(a_bare_session_of_another_tree_joins_none),
        cmocka_unit_test(an_entry_that_only_bare_sessions_show_is_a_step),
        cmocka_unit_test(a_place_that_they_use_tells),
        cmocka_unit_test(a_place_that_one_of_theirs_sends_to_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
