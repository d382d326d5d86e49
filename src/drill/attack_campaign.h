// A campaign being played
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ATTACK_CAMPAIGN_H
#define DRILL_ATTACK_CAMPAIGN_H

#include "drill/attack.h"

enum {
    ATTACK_PATHS_MAX = 4,
    ATTACK_TEXT_MAX = 512
};

#define ATTACK_SECOND 1000000000ll
#define ATTACK_MINUTE (60 * ATTACK_SECOND)

// One campaign: what the intruder has by now. Steps are played in order of time; each verb is
// one function that adds deeds.
struct attack {
    const struct attack_options *options;
    const struct organisation *organisation;
    const struct scenario_campaign *campaign;
    uint32_t number; // of the campaign
    struct scenario_words drawn;
    struct attack_script *script;
    struct dice dice;
    uint64_t serial;
    const struct scenario_step *step;
    uint32_t step_number;
    int64_t now_ns;      // when the step begins
    int64_t last_ns;     // its last deed
    int64_t free_ns;     // when the next step may begin
    int64_t *reached_ns; // by host; 0: not yet
    uint32_t *parents;
    uint32_t *victims; // workstations in the order they are served
    uint32_t victim_count, victims_served;
    struct deed_content trojans[3];
    struct deed_content dropped;
    uint32_t trojan_count;
    struct slice paths[ATTACK_PATHS_MAX]; // planted virtual paths
    size_t path_count;
    uint32_t planted_on;
    uint32_t stolen_account;
    const char *mail_chain; // how the mail server was taken, or NULL
    uint32_t next_program;
    uint32_t *takers; // by host: number + 1 of the campaign that has met it; all campaigns'
    bool full;
};

typedef void attack_verb(struct attack *attack);

// A truth step of this scenario step on a host; its number goes into deeds.
uint32_t attack_open_step(struct attack *attack, uint32_t host, uint32_t from, int64_t time_ns);

// A deed on `host` (both ends), of the truth step. Never NULL; past the ceiling it goes nowhere.
struct deed *attack_add(struct attack *attack, enum deed_kind kind, uint32_t step, uint32_t host,
                        int64_t time_ns);
void attack_from_outside(struct attack *attack, struct deed *deed);
void attack_from_host(struct attack *attack, struct deed *deed, uint32_t host);
void attack_to_outside(struct attack *attack, struct deed *deed);

struct slice attack_text(struct attack *attack, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const struct deed_content *attack_content(struct attack *attack,
                                          const struct deed_content *content);
void attack_put_program(struct attack *attack, struct deed *deed, struct slice image);

// A program of the host starts another; both are of the system.
struct deed *attack_start(struct attack *attack, uint32_t step, uint32_t host, int64_t time_ns,
                          const char *parent, struct slice image, struct slice command);

void attack_reach(struct attack *attack, uint32_t host, uint32_t parent, int64_t time_ns);
bool attack_has(const struct attack *attack, const char *variant);

// `of` repeated things over the step's spread: when number `i` happens.
int64_t attack_moment(struct attack *attack, uint32_t i, uint32_t of);

// Campaigns have nothing to do with each other: false where another one has been or will go, or
// whose administrator's account another one steals.
bool attack_is_free(const struct attack *attack, uint32_t host);

// Scanned, tried: the host is touched, and this campaign's.
void attack_touch(struct attack *attack, uint32_t host, uint32_t parent);

// The first host of the step's `to` (or of `fallback`); DEED_NO_HOST when there is none.
uint32_t attack_target(const struct attack *attack, enum host_role fallback);
uint32_t attack_source(const struct attack *attack, enum host_role fallback);
// The part of a sum that falls to number `i` of so many: together they are the sum.
uint64_t attack_share(uint64_t total, uint32_t i, uint32_t of);
uint32_t attack_count(const struct attack *attack, uint32_t fallback);

// One exchange over the web, with the fields every web log needs.
struct deed *attack_ask(struct attack *attack, uint32_t step, uint32_t host, int64_t time_ns,
                        struct slice stem);

#define ATTACK_VERB(name) void attack_##name(struct attack *attack);
ATTACK_VERB(scan_web)
ATTACK_VERB(exploit_web)
ATTACK_VERB(log_in_web)
ATTACK_VERB(plant_handler)
ATTACK_VERB(use_handler)
ATTACK_VERB(drop_file)
ATTACK_VERB(replace_package)
ATTACK_VERB(deliver)
ATTACK_VERB(collect)
ATTACK_VERB(call_home)
ATTACK_VERB(remove_self)
ATTACK_VERB(exploit_mail)
ATTACK_VERB(steal_credentials)
ATTACK_VERB(scan_inside)
ATTACK_VERB(move)
ATTACK_VERB(tunnel)
ATTACK_VERB(export_mailboxes)
ATTACK_VERB(read_mail)
ATTACK_VERB(forward_mail)
ATTACK_VERB(take_files)
ATTACK_VERB(clear_logs)
#undef ATTACK_VERB

#endif
