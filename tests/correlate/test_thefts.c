// What was taken, and what sentences cite first
// SPDX-License-Identifier: Apache-2.0
#include "play.h"

#include "report/report_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// A theft of H-000's; `to`, `from`: NULL or a place.
static void play_loss(struct play *play, const char *id, const char *from, const char *to,
                      const char *volume, int64_t seconds) {
    play_find(play, rule_of(id, RULE_LEVEL_HIGH, "vedette.stage.theft"), "H-000", from, seconds);
    if (to)
        play_send_last(play, to);
    play_tell(play, "volume", volume);
    play_tell(play, "volume_is", "measured");
}

static const struct sentence *unknown_with(const struct campaign *campaign, const char *text) {
    for (uint32_t i = 0; i < campaign->unknown_count; i++)
        if (memmem(campaign->unknowns[i].text.data, campaign->unknowns[i].text.size, text,
                   strlen(text)))
            return &campaign->unknowns[i];
    return NULL;
}

static void rows_are_added_up(void **state) {
    (void)state;
    struct play play;
    struct campaign_loss left, gathered;
    play_init(&play, 200);
    play_campaign(&play);
    play_loss(&play, "g-sends", NULL, "198.51.100.5", "353000000", 300000);
    play_loss(&play, "g-sends", NULL, "198.51.100.13", "706000000", 302000);
    play_loss(&play, "g-sends", NULL, "198.51.100.13", "1000000", 900000);
    play_tell(&play, "volume_is", "at least");
    struct reconstruction *made = play_reconstruct(&play);
    const struct campaign *campaign = &made->campaigns[0];
    campaign_losses(campaign, &left, &gathered);
    assert_int_equal(left.bytes, 1060000000);
    assert_int_equal(left.most->bytes, 706000000);
    assert_null(gathered.most);
    // One figure everywhere.
    assert_non_null(unknown_with(campaign, "At least 1060.0 MB left from H-000;"));
    reconstruction_free(made);
    play_done(&play);
}

// Three logs of one reading, and a mail server's own record of a part of it; a fetch at that time
// by an address is another transfer.
static void what_several_logs_show_counts_once(void **state) {
    (void)state;
    struct play play;
    struct campaign_loss left, gathered;
    play_init(&play, 200);
    play_campaign(&play);
    play_loss(&play, "h-reads", "198.51.100.5", NULL, "900000000", 300000);
    play_loss(&play, "i-reads", "198.51.100.5", NULL, "900000001", 300010);
    play_loss(&play, "j-reads", NULL, NULL, "400000000", 300020);
    play_loss(&play, "g-sends", NULL, "198.51.100.5", "50000000", 300020);
    play_loss(&play, "k-sends", NULL, "files.example.org", "49000000", 300030); // its name
    play_loss(&play, "j-reads", NULL, NULL, "30000000", 990000);                // later
    struct reconstruction *made = play_reconstruct(&play);
    campaign_losses(&made->campaigns[0], &left, &gathered);
    assert_int_equal(left.bytes, 900000001 + 50000000 + 30000000);
    assert_int_equal(left.most->bytes, 900000001);
    assert_null(unknown_with(&made->campaigns[0], " left from "));
    reconstruction_free(made);
    play_done(&play);
}

// What a proxy was sent is what it sent on; where only that is seen it counts.
static void a_proxy_is_on_the_way_out(void **state) {
    (void)state;
    struct play play;
    struct campaign_loss left, gathered;
    play_init(&play, 200);
    relation_table_host(play.table, "PROXY", FLEET_ROLE_PROXY);
    play_campaign(&play);
    play_loss(&play, "g-sends", NULL, "PROXY", "55000000", 300000);
    play_loss(&play, "k-sends", NULL, "files.example.org", "50000000", 300010);
    play_loss(&play, "g-sends", NULL, "PROXY", "7000000", 990000);
    struct reconstruction *made = play_reconstruct(&play);
    campaign_losses(&made->campaigns[0], &left, &gathered);
    assert_int_equal(left.bytes, 57000000);
    assert_null(gathered.most);
    reconstruction_free(made);
    play_done(&play);
}

static void what_went_inside_did_not_leave(void **state) {
    (void)state;
    for (int onward = 0; onward < 2; onward++) {
        struct play play;
        struct campaign_loss left, gathered;
        play_init(&play, 200);
        play_campaign(&play);
        play_loss(&play, "g-sends", NULL, "H-001", "40000000", 300000);
        play_loss(&play, "h-reads", "H-001", NULL, "2000000", 301000);
        if (onward) {
            play_find(&play, rule_of("g-sends", RULE_LEVEL_HIGH, "vedette.stage.theft"), "H-001",
                      NULL, 310000);
            play_send_last(&play, "198.51.100.5");
            play_tell(&play, "volume", "41000000");
        }
        struct reconstruction *made = play_reconstruct(&play);
        const struct campaign *campaign = &made->campaigns[0];
        campaign_losses(campaign, &left, &gathered);
        assert_int_equal(gathered.bytes, 42000000);
        assert_true(slice_equal_string(gathered.place, "H-001"));
        assert_false(gathered.is_elsewhere_too);
        assert_int_equal(left.bytes, onward ? 41000000 : 0);
        const struct sentence *told =
            unknown_with(campaign, "Whether what was gathered on H-001, at least 42.0 MB, went on");
        assert_true((told != NULL) == !onward);
        reconstruction_free(made);
        play_done(&play);
    }
}

static void cite(struct play *play, const char *host, int64_t seconds, int64_t days_before) {
    play_find(play, rule_of("l-cover", RULE_LEVEL_HIGH, "vedette.stage.cover"), host, NULL,
              seconds);
    struct finding *finding = &play->findings[play->count - 1];
    finding->reference_count = 2;
    finding->references[1] = finding->references[0];
    finding->references[0].time_ns -= days_before * 86400 * 1000000000;
    finding->references[0].sha256[2] = 1;
    finding->references[0].position.offset = 1;
}

// Of hosts of which one says a thing the first one's record is cited first, not what another's
// finding cites of days before.
static void sentences_cite_first_what_shows_them(void **state) {
    (void)state;
    struct play play;
    play_init(&play, 200);
    play_campaign(&play);
    cite(&play, "H-012", 400000, 1);
    size_t first = play.count - 1;
    for (int i = 0; i < 25; i++)
        cite(&play, play.names[13 + i], 410000 + i, 2);
    struct reconstruction *made = play_reconstruct(&play);
    const struct campaign *campaign = &made->campaigns[0];
    const struct campaign_stage *cover = &campaign->stages[campaign->stage_count - 1];
    assert_int_equal(cover->stage, STAGE_COVER);
    const struct reference *shown = &play.findings[first].references[1];
    assert_memory_equal(cover->references[0].sha256, shown->sha256, DIGEST_SHA256_SIZE);
    assert_memory_equal(cover->sentences[0].references[0].sha256, shown->sha256,
                        DIGEST_SHA256_SIZE);
    assert_int_equal(cover->sentences[0].reference_count, FINDING_REFERENCES_MAX);
    for (uint32_t i = 1; i < FINDING_REFERENCES_MAX; i++)
        assert_memory_not_equal(cover->references[i].sha256, shown->sha256, DIGEST_SHA256_SIZE);
    reconstruction_free(made);
    play_done(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_added_up),
        cmocka_unit_test(what_several_logs_show_counts_once),
        cmocka_unit_test(a_proxy_is_on_the_way_out),
        cmocka_unit_test(what_went_inside_did_not_leave),
        cmocka_unit_test(sentences_cite_first_what_shows_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
