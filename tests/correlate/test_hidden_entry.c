// Servers that only what came from them shows
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// A server without any logs from which programs were run on several others is where it began; from
// which one was run is not.
static void hidden_entries_are_found(void **state) {
    (void)state;
    for (size_t count = 1; count <= 5; count += 4) {
        struct play play;
        play_init(&play, 200);
        for (size_t i = 0; i < count; i++)
            play_find(
                &play,
                rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement"),
                play.names[10 + i], "H-007", 5000 + (int64_t)i * 600);
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign_host *entry = host_told(made, "H-007");
        assert_int_equal(entry != NULL, count > 1);
        if (entry) {
            assert_int_equal(entry->state, HOST_STATE_CONFIRMED);
            assert_int_equal(entry->best.parent, -1);
            assert_true(entry->reference_count > 0);
            assert_false(slice_equal_string(entry->best.reason, "broken into from outside"));
            assert_non_null(host_told(made, "H-014"));
        }
        reconstruction_free(made);
        play_done(&play);
    }
}

// So is a server that a wave of several hosts came from, and nothing else is left of.
static void a_wave_shows_its_server(void **state) {
    (void)state;
    for (size_t count = 1; count <= 5; count += 4) {
        struct play play;
        play_init(&play, 200);
        for (size_t i = 0; i < count; i++)
            play_find(&play, rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread"),
                      play.names[10 + i], "H-007", 5000 + (int64_t)i * 600);
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign_host *server = host_told(made, "H-007");
        assert_int_equal(server != NULL, count > 1);
        if (server) {
            assert_int_equal(server->state, HOST_STATE_CONFIRMED);
            assert_non_null(host_told(made, "H-014"));
        }
        reconstruction_free(made);
        play_done(&play);
    }
}

// Also where its hosts are shown to be reached from elsewhere weeks later; by one host it is not.
static void a_wave_is_no_later_way(void **state) {
    (void)state;
    for (size_t count = 1; count <= 3; count += 2) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        for (size_t i = 0; i < count; i++) {
            const char *name = play.names[100 + i];
            play_find(&play, rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread"),
                      name, "H-090", 500 + (int64_t)i * 600);
            play_find(&play,
                      rule_of("vedette-webshell-inside", RULE_LEVEL_HIGH, "vedette.stage.control"),
                      name, "H-000", 2000000 + (int64_t)i * 600);
        }
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign_host *server = host_told(made, "H-090");
        const struct campaign_host *victim = host_told(made, "H-100");
        assert_non_null(victim);
        assert_int_equal(server != NULL, count > 1);
        assert_int_equal((victim->first_ns - START_NS) / 1000000000, server ? 500 : 2000000);
        reconstruction_free(made);
        play_done(&play);
    }
}

// Who sends where hosts of a wave send took what they took; where hosts that were reached from
// elsewhere send, too, that is not known.
static void who_sends_with_a_wave_is_of_it(void **state) {
    (void)state;
    for (int others = 0; others < 2; others++) {
        struct play play;
        play_init(&play, 200);
        play_campaign(&play);
        const struct rule *sends =
            rule_of("vedette-exfiltration-internal", RULE_LEVEL_HIGH, "attack.exfiltration");
        for (int i = 0; i < 3; i++)
            play_find(&play, sends, play.names[10 + i], "H-000", 300000 + i * 60);
        play_find(&play, sends, "H-120", "H-000", 300500);
        if (others) {
            play_find(
                &play,
                rule_of("vedette-lateral-execution", RULE_LEVEL_HIGH, "attack.lateral-movement"),
                "H-121", "H-000", 250000);
            play_find(&play, sends, "H-121", "H-000", 300600);
        }
        struct reconstruction *made = play_reconstruct(&play);
        assert_int_equal(made->campaign_count, 1);
        const struct campaign_host *host = host_named(&made->campaigns[0], "H-120");
        assert_non_null(host);
        assert_true(slice_equal_string(made->campaigns[0].hosts[host->best.parent].name,
                                       others ? "H-000" : "H-001"));
        reconstruction_free(made);
        play_done(&play);
    }
}

// A server that the hosts of a small wave send to is where it was collected, though nothing else is
// left of it; what a few send is not enough.
static void what_a_small_wave_sends_shows_who_takes_it(void **state) {
    (void)state;
    for (int count = 4; count <= 12; count += 8) {
        struct play play;
        play_init(&play, 200);
        for (int i = 0; i < 12; i++)
            play_find(&play, rule_of("vedette-wave-host", RULE_LEVEL_HIGH, "vedette.stage.spread"),
                      play.names[10 + i], "H-007", 5000 + i * 600);
        for (int i = 0; i < count; i++)
            play_find(&play,
                      rule_of("vedette-implant-gathers", RULE_LEVEL_HIGH, "attack.exfiltration"),
                      play.names[10 + i], "H-090", 300000 + i * 60);
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign_host *taker = host_told(made, "H-090");
        assert_int_equal(taker != NULL, count > 4);
        assert_true(!taker || taker->state == HOST_STATE_CONFIRMED);
        reconstruction_free(made);
        play_done(&play);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_entries_are_found),
        cmocka_unit_test(a_wave_shows_its_server),
        cmocka_unit_test(a_wave_is_no_later_way),
        cmocka_unit_test(who_sends_with_a_wave_is_of_it),
        cmocka_unit_test(what_a_small_wave_sends_shows_who_takes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
