// Who could have been reached, exposed or cleared by his logs
// SPDX-License-Identifier: Apache-2.0
#include "../detect/relation_table.h"

#include "base/memory.h"
#include "correlate/bystander.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define START_NS (1767571200ll * 1000000000)
#define HOUR_NS (3600ll * 1000000000)
#define DAY (86400)

enum {
    FIRST_DAY = 20458, // 2026-01-05
    DAYS = 20,
    UPD = 0, // numbers of the fleet, in order of relation_table_host
    VICTIM,
    CLEAN,
    CLEARED_LOG,
    LATE,
    SILENT,
    SIGNS,
    APART,
    HOSTS
};

// A wave from UPD reaches VICTIM on day 5; the campaign's last sign is on day 15.
struct fleet_play {
    struct relation_table *table;
    struct campaign_host hosts[2];
    struct campaign_wave wave;
    struct campaign_stage stage;
    struct campaign campaign;
    struct reconstruction made;
    struct relation_day days[HOSTS][DAYS];
    struct correlate_input input;
    struct relation_source source;
    struct clue_book book;
    struct clue clue;
    struct rule rule;
    struct arena arena;
    uint32_t wave_hosts[1];
    struct slice account;
};

static void log_add(struct fleet_play *play, int host, const char *name, const char *log, int first,
                    int hole) {
    struct relation *row =
        relation_table_add(play->table, RELATION_COVERAGE, "", name, (int64_t)first * DAY);
    row->artefact = slice_of_string(log);
    row->detail[0] = SLICE("evtx");
    for (int i = first; i < DAYS; i++)
        if (i < hole || i > hole + 6)
            play->days[host][row->day_count++] = (struct relation_day){FIRST_DAY + i, 10, 0, 0};
    row->days = play->days[host];
    row->count = 10ull * row->day_count;
    row->last_ns = START_NS + DAYS * 24 * HOUR_NS;
}

static void asks(struct fleet_play *play, const char *from, int64_t seconds) {
    struct relation *row =
        relation_table_add(play->table, RELATION_WEB_REQUEST, from, "upd", seconds);
    row->artefact = SLICE("/client/check");
}

static void play_init(struct fleet_play *play) {
    static const char *const NAMES[] = {"UPD",  "VICTIM", "CLEAN", "CLEARED-LOG",
                                        "LATE", "SILENT", "SIGNS", "APART"};
    const int64_t reached_ns = START_NS + 5 * 24 * HOUR_NS;
    *play = (struct fleet_play){.table = relation_table_new(), .account = SLICE("CORP\\adm.07")};
    for (int i = 0; i < HOSTS; i++)
        relation_table_host(play->table, NAMES[i], 0);
    play->hosts[0] = (struct campaign_host){.host = UPD,
                                            .name = SLICE("UPD"),
                                            .first_ns = START_NS + 4 * 24 * HOUR_NS,
                                            .accounts = &play->account,
                                            .account_count = 1,
                                            .state = HOST_STATE_CONFIRMED};
    play->hosts[1] =
        (struct campaign_host){.host = VICTIM, .name = SLICE("VICTIM"), .first_ns = reached_ns};
    play->wave_hosts[0] = 1;
    play->wave = (struct campaign_wave){
        .first_ns = reached_ns, .last_ns = reached_ns, .hosts = play->wave_hosts, .host_count = 1};
    play->stage =
        (struct campaign_stage){.first_ns = reached_ns, .last_ns = START_NS + 15 * 24 * HOUR_NS};
    play->campaign = (struct campaign){.hosts = play->hosts,
                                       .host_count = 2,
                                       .waves = &play->wave,
                                       .wave_count = 1,
                                       .stages = &play->stage,
                                       .stage_count = 1};
    play->made = (struct reconstruction){.campaigns = &play->campaign, .campaign_count = 1};
}

// One clue of a rule on the host SIGNS, a day after the wave.
static void play_judge(struct fleet_play *play) {
    struct problem problem;
    relation_table_source(play->table, &play->source);
    play->input =
        (struct correlate_input){.fleet = &play->table->fleet, .relations = &play->source};
    play->rule = (struct rule){.id = SLICE("x"), .title = SLICE("Something odd")};
    play->clue = (struct clue){.rule = &play->rule,
                               .host = SIGNS,
                               .level = RULE_LEVEL_MEDIUM,
                               .first_ns = START_NS + 6 * 24 * HOUR_NS,
                               .last_ns = START_NS + 6 * 24 * HOUR_NS,
                               .bits = 10};
    cast_init(&play->book.cast, &play->input);
    cast_meet(&play->book.cast, SLICE("10.9.9.9"), START_NS); // a stranger behind the fleet
    cast_settle(&play->book.cast);
    play->book.clues = &play->clue;
    play->book.count = 1;
    play->book.starts = memory_new(HOSTS + 2, sizeof *play->book.starts);
    for (int i = SIGNS + 1; i <= HOSTS + 1; i++)
        play->book.starts[i] = 1;
    arena_init(&play->arena, 1 << 20);
    struct evidence_coverage *coverage;
    assert_int_equal(evidence_coverage_new(&play->input, &play->made, &coverage, &problem),
                     STATUS_OK);
    struct bystander_search search = {
        .input = &play->input, .book = &play->book, .made = &play->made, .arena = &play->arena};
    assert_int_equal(bystander_search_init(&search, &problem), STATUS_OK);
    assert_int_equal(bystanders_tell(&search, coverage, &problem), STATUS_OK);
    bystander_search_done(&search);
    evidence_coverage_free(coverage);
}

static void play_done(struct fleet_play *play) {
    cast_done(&play->book.cast);
    memory_free(play->book.starts);
    arena_done(&play->arena);
    relation_table_free(play->table);
}

static const struct bystander *told(const struct fleet_play *play, const char *name) {
    for (uint32_t i = 0; i < play->campaign.bystander_count; i++)
        if (slice_equal_string(play->campaign.bystanders[i].name, name))
            return &play->campaign.bystanders[i];
    return NULL;
}

static void expect(const struct fleet_play *play, const char *name, enum host_state state,
                   const char *part) {
    const struct bystander *one = told(play, name);
    if (!one)
        fail_msg("%s is not told", name);
    assert_int_equal(one->state, state);
    assert_true(one->reference_count > 0);
    if (!memmem(one->reason.data, one->reason.size, part, strlen(part)))
        fail_msg("%s: %.*s", name, (int)one->reason.size, (const char *)one->reason.data);
}

static void logs_decide(void **state) {
    (void)state;
    struct fleet_play play;
    play_init(&play);
    const int64_t wave = 5 * DAY;
    asks(&play, "victim", wave);
    asks(&play, "clean", wave + 600);
    asks(&play, "cleared-log", wave + 700);
    asks(&play, "late", wave - 700);
    asks(&play, "silent", wave + 60);
    asks(&play, "signs", wave + 60);
    asks(&play, "apart", wave + 3 * DAY); // no wave then
    asks(&play, "10.9.8.7", wave + 90);   // nobody's address
    asks(&play, "198.51.100.7", wave + 90);
    log_add(&play, CLEAN, "clean", "sysmon", 0, 99);
    log_add(&play, CLEARED_LOG, "cleared-log", "sysmon", 0, 99);
    log_add(&play, LATE, "late", "sysmon", 9, 99);
    log_add(&play, SIGNS, "signs", "sysmon", 0, 99);
    log_add(&play, APART, "apart", "sysmon", 0, 99);
    struct relation *cleared =
        relation_table_add(play.table, RELATION_LOG_CLEARED, "", "cleared-log", 7 * DAY);
    cleared->artefact = SLICE("sysmon");
    play_judge(&play);
    expect(&play, "CLEAN", HOST_STATE_CLEARED, "covers the time");
    expect(&play, "CLEARED-LOG", HOST_STATE_EXPOSED, "was cleared on 2026-01-12");
    expect(&play, "LATE", HOST_STATE_EXPOSED, "begins later, on 2026-01-14");
    expect(&play, "SILENT", HOST_STATE_EXPOSED, "no log of its own");
    expect(&play, "SIGNS", HOST_STATE_EXPOSED, "Something odd");
    expect(&play, "10.9.8.7", HOST_STATE_EXPOSED, "no log of its own");
    assert_null(told(&play, "VICTIM"));
    assert_null(told(&play, "APART"));
    assert_null(told(&play, "198.51.100.7"));
    assert_int_equal(play.campaign.exposed_count, 5);
    assert_int_equal(play.campaign.cleared_count, 1);
    assert_int_equal(play.campaign.bystanders[5].state, HOST_STATE_CLEARED);
    assert_int_equal(play.campaign.host_count, 2);
    assert_int_equal(play.campaign.unknown_count, 1);
    assert_true(play.campaign.unknowns[0].reference_count > 0);
    play_done(&play);
}

// A hole in the time that counts, and a Security log without program starts, clear nobody.
static void half_a_log_clears_nobody(void **state) {
    (void)state;
    struct fleet_play play;
    play_init(&play);
    asks(&play, "clean", 5 * DAY + 600);
    asks(&play, "late", 5 * DAY + 600);
    asks(&play, "signs", 5 * DAY + 600);
    log_add(&play, CLEAN, "clean", "sysmon", 0, 7);
    log_add(&play, LATE, "late", "security", 0, 99);
    log_add(&play, SIGNS, "apart", "security", 0, 99);
    relation_table_add(play.table, RELATION_SPAWN, "", "apart", DAY);
    asks(&play, "apart", 5 * DAY + 600);
    play_judge(&play);
    expect(&play, "CLEAN", HOST_STATE_EXPOSED, "only until 2026-01-11");
    expect(&play, "LATE", HOST_STATE_EXPOSED, "none of its logs tells");
    expect(&play, "APART", HOST_STATE_CLEARED, "security log covers");
    play_done(&play);
}

// Sessions by an account that the intruders used, from a host that they had by then.
static void sessions_expose(void **state) {
    (void)state;
    struct fleet_play play;
    play_init(&play);
    static const struct {
        const char *from, *to, *account, *failed;
        int day;
    } LOGONS[] = {
        {"upd", "clean", "adm.07@corp.example", "", 6},
        {"upd", "late", "CORP\\other", "", 6}, // an account that nobody stole
        {"upd", "silent", "corp\\ADM.07", "failed", 6},
        {"upd", "signs", "corp\\adm.07", "", 1},         // before it was reached
        {"apart", "cleared-log", "corp\\adm.07", "", 6}, // not from a host of the campaign
    };
    for (size_t i = 0; i < ARRAY_SIZE(LOGONS); i++) {
        struct relation *row = relation_table_add(play.table, RELATION_LOGON, LOGONS[i].from,
                                                  LOGONS[i].to, LOGONS[i].day * DAY);
        row->account = slice_of_string(LOGONS[i].account);
        row->detail[1] = slice_of_string(LOGONS[i].failed);
    }
    play_judge(&play);
    expect(&play, "CLEAN", HOST_STATE_EXPOSED, "Logged on to by adm.07@corp.example from UPD");
    assert_int_equal(play.campaign.bystander_count, 1);
    play_done(&play);
}

// An address that no evidence names may be a host of the campaign, too.
static void a_campaigns_stranger_is_no_bystander(void **state) {
    (void)state;
    struct fleet_play play;
    play_init(&play);
    play.hosts[1].host = RELATION_NO_HOST;
    play.hosts[1].name = SLICE("10.9.9.9");
    asks(&play, "10.9.9.9", 5 * DAY + 60);
    asks(&play, "10.9.8.7", 5 * DAY + 60);
    play_judge(&play);
    assert_null(told(&play, "10.9.9.9"));
    expect(&play, "10.9.8.7", HOST_STATE_EXPOSED, "no log of its own");
    play_done(&play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_decide),
        cmocka_unit_test(half_a_log_clears_nobody),
        cmocka_unit_test(sessions_expose),
        cmocka_unit_test(a_campaigns_stranger_is_no_bystander),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
