// A campaign being played
// SPDX-License-Identifier: Apache-2.0
#include "drill/attack_campaign.h"

#include "base/clock.h"
#include "base/memory.h"
#include "drill/upgrade_service.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXTS_MAX = 128 << 20,
    VICTIMS_DEFAULT = 276,
    SELECTIVE_ONE_IN = 20,
    SELECTIVE_LEAST = 4 // so that something comes after the pilots
};

#define DAY_NS (86400 * ATTACK_SECOND)
#define SERIAL_FIRST (1ull << 62) // above all serials of normal life

static attack_verb *const verbs[STEP_VERB_COUNT] = {
    [STEP_SCAN_WEB] = attack_scan_web,
    [STEP_EXPLOIT_WEB] = attack_exploit_web,
    [STEP_LOG_IN_WEB] = attack_log_in_web,
    [STEP_PLANT_HANDLER] = attack_plant_handler,
    [STEP_USE_HANDLER] = attack_use_handler,
    [STEP_DROP_FILE] = attack_drop_file,
    [STEP_REPLACE_PACKAGE] = attack_replace_package,
    [STEP_DELIVER] = attack_deliver,
    [STEP_COLLECT] = attack_collect,
    [STEP_CALL_HOME] = attack_call_home,
    [STEP_REMOVE_SELF] = attack_remove_self,
    [STEP_EXPLOIT_MAIL] = attack_exploit_mail,
    [STEP_STEAL_CREDENTIALS] = attack_steal_credentials,
    [STEP_SCAN_INSIDE] = attack_scan_inside,
    [STEP_MOVE] = attack_move,
    [STEP_TUNNEL] = attack_tunnel,
    [STEP_EXPORT_MAILBOXES] = attack_export_mailboxes,
    [STEP_READ_MAIL] = attack_read_mail,
    [STEP_FORWARD_MAIL] = attack_forward_mail,
    [STEP_TAKE_FILES] = attack_take_files,
    [STEP_CLEAR_LOGS] = attack_clear_logs,
};

uint32_t attack_open_step(struct attack *attack, uint32_t host, uint32_t from, int64_t time_ns) {
    return truth_add_step(attack->options->truth, &(struct truth_step){.campaign = attack->number,
                                                                       .step = attack->step_number,
                                                                       .host = host,
                                                                       .from = from,
                                                                       .first_ns = time_ns,
                                                                       .last_ns = time_ns});
}

struct deed *attack_add(struct attack *attack, enum deed_kind kind, uint32_t step, uint32_t host,
                        int64_t time_ns) {
    struct attack_script *script = attack->script;
    if (script->count == script->capacity && script->count < ATTACK_DEEDS_MAX) {
        script->capacity = script->capacity ? 2 * script->capacity : 1024;
        if (script->capacity > ATTACK_DEEDS_MAX)
            script->capacity = ATTACK_DEEDS_MAX;
        script->deeds = memory_resize(script->deeds, script->capacity, sizeof *script->deeds);
    }
    attack->full = attack->full || script->count == ATTACK_DEEDS_MAX;
    struct deed *deed = &script->deeds[attack->full ? script->count - 1 : script->count++];
    *deed = (struct deed){
        .time_ns = time_ns,
        .kind = kind,
        .step = step,
        .serial = SERIAL_FIRST + attack->serial++,
        .account = DEED_NO_ACCOUNT,
    };
    deed->from.host = deed->to.host = host;
    deed->to.address =
        organisation_address(attack->organisation, &attack->organisation->hosts[host], time_ns);
    deed->from.address = deed->to.address;
    truth_extend_step(attack->options->truth, step, time_ns, 0);
    if (time_ns > attack->last_ns)
        attack->last_ns = time_ns;
    return deed;
}

static struct address pick_outside(struct attack *attack) {
    uint32_t pick = 2 + dice_below(&attack->dice, attack->campaign->address_count);
    return network_address(&attack->campaign->addresses, pick);
}

static void tell_address(struct attack *attack, const struct address *address) {
    char text[ADDRESS_TEXT_SIZE];
    size_t size = address_format(address, text);
    truth_add_thing(attack->options->truth, attack->number, TRUTH_ADDRESS, slice_of(text, size));
}

void attack_from_outside(struct attack *attack, struct deed *deed) {
    deed->from = (struct deed_end){.host = DEED_NO_HOST, .address = pick_outside(attack)};
    tell_address(attack, &deed->from.address);
}

void attack_to_outside(struct attack *attack, struct deed *deed) {
    deed->to =
        (struct deed_end){.host = DEED_NO_HOST, .address = pick_outside(attack), .port = 443};
    tell_address(attack, &deed->to.address);
}

void attack_from_host(struct attack *attack, struct deed *deed, uint32_t host) {
    deed->from.host = host;
    deed->from.address = organisation_address(attack->organisation,
                                              &attack->organisation->hosts[host], deed->time_ns);
}

struct slice attack_text(struct attack *attack, const char *format, ...) {
    char text[ATTACK_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t kept = size < 0 ? 0 : (size_t)size < sizeof text ? (size_t)size : sizeof text - 1;
    struct slice slice = arena_keep(&attack->script->arena, slice_of(text, kept));
    attack->full = attack->full || (kept && !slice.data);
    return slice;
}

const struct deed_content *attack_content(struct attack *attack,
                                          const struct deed_content *content) {
    char hex[2 * DEED_DIGEST_SIZE + 1];
    struct deed_content *kept = arena_new(&attack->script->arena, 1, sizeof *kept);
    for (size_t i = 0; i < DEED_DIGEST_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", content->sha256[i]);
    truth_add_thing(attack->options->truth, attack->number, TRUTH_DIGEST, slice_of(hex, 64));
    if (kept)
        *kept = *content;
    return kept;
}

void attack_put_program(struct attack *attack, struct deed *deed, struct slice image) {
    deed->program.key = (++attack->next_program * 8 + attack->number) * 4 + 3;
    deed->program.id = 2000 + 4 * (deed->program.key * 2654435761u >> 19);
    deed->program.image = deed->program.command = image;
}

struct deed *attack_start(struct attack *attack, uint32_t step, uint32_t host, int64_t time_ns,
                          const char *parent, struct slice image, struct slice command) {
    struct deed *deed = attack_add(attack, DEED_PROCESS_START, step, host, time_ns);
    attack_put_program(attack, deed, slice_of_string(parent));
    deed->parent = deed->program;
    attack_put_program(attack, deed, image);
    deed->program.command = command;
    deed->process.elevated = true;
    return deed;
}

void attack_reach(struct attack *attack, uint32_t host, uint32_t parent, int64_t time_ns) {
    if (attack->reached_ns[host] == 0) {
        attack->reached_ns[host] = time_ns;
        attack->parents[host] = parent;
    }
    attack->takers[host] = attack->number + 1;
    truth_mark_host(attack->options->truth, attack->number, host, TRUTH_COMPROMISED, parent);
}

void attack_touch(struct attack *attack, uint32_t host, uint32_t parent) {
    attack->takers[host] = attack->number + 1;
    truth_mark_host(attack->options->truth, attack->number, host, TRUTH_TOUCHED, parent);
}

// Each campaign steals another administrator's account, as long as there are enough.
static uint32_t pick_administrator(const struct organisation *organisation, uint32_t campaign) {
    uint32_t found = DEED_NO_ACCOUNT, left = campaign;
    for (uint32_t i = 0; i < organisation->account_count; i++) {
        if (organisation->accounts[i].kind != PERSON_ADMINISTRATOR)
            continue;
        found = i;
        if (left-- == 0)
            break;
    }
    return found;
}

// The server by which another campaign comes in, or that it turns.
static bool is_wanted_by_other(const struct attack *attack, enum host_role role) {
    const struct scenario *scenario = attack->options->scenario;
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        const struct scenario_campaign *campaign = &scenario->campaigns[i];
        for (uint32_t j = 0; j < campaign->step_count && i != attack->number; j++)
            if (campaign->steps[j].to == role || campaign->steps[j].from == role)
                return true;
    }
    return false;
}

static bool is_wanted_here(const struct attack *attack, enum host_role role) {
    for (uint32_t j = 0; j < attack->campaign->step_count; j++)
        if (attack->campaign->steps[j].to == role || attack->campaign->steps[j].from == role)
            return true;
    return false;
}

bool attack_is_free(const struct attack *attack, uint32_t number) {
    const struct organisation *organisation = attack->organisation;
    const struct host *host = &organisation->hosts[number];
    uint32_t taker = attack->takers[number];
    if (taker && taker != attack->number + 1)
        return false;
    if (host->role == HOST_WORKSTATION || attack->options->scenario->campaign_count < 2)
        return true;
    if (host->role == HOST_ADMINISTRATOR)
        for (uint32_t i = 0; i < attack->options->scenario->campaign_count; i++) {
            uint32_t stolen = pick_administrator(organisation, i);
            if (i != attack->number && stolen != attack->stolen_account && stolen == host->user)
                return false;
        }
    return is_wanted_here(attack, host->role) || !is_wanted_by_other(attack, host->role);
}

bool attack_has(const struct attack *attack, const char *variant) {
    for (size_t i = 0; i < attack->drawn.count; i++)
        if (strcmp(attack->drawn.items[i], variant) == 0)
            return true;
    return false;
}

int64_t attack_moment(struct attack *attack, uint32_t i, uint32_t of) {
    int64_t spread =
        (attack->step->spread_minutes ? attack->step->spread_minutes : 20) * ATTACK_MINUTE;
    int64_t slot = spread / (of ? of : 1);
    return attack->now_ns + slot * i + (int64_t)(dice_roll(&attack->dice) % (uint64_t)(slot + 1));
}

static bool fits(const struct attack *attack, const struct host *host, enum host_role role) {
    bool company = attack->step->company == UINT32_MAX || attack->step->company == host->company;
    return host->role == role && company && attack_is_free(attack, host->number);
}

// The first host that is held already, else the first of the role.
static uint32_t find_host(const struct attack *attack, enum host_role role, bool reached) {
    const struct host *hosts = attack->organisation->hosts;
    uint32_t first = DEED_NO_HOST;
    for (uint32_t i = 0; i < attack->organisation->host_count; i++) {
        bool held = attack->reached_ns[i] != 0;
        bool company =
            attack->step->company == UINT32_MAX || attack->step->company == hosts[i].company;
        bool fit = reached ? held && company : fits(attack, &hosts[i], role);
        if (fit && (reached || held))
            return i;
        if (fit && first == DEED_NO_HOST)
            first = i;
    }
    return first;
}

uint64_t attack_share(uint64_t total, uint32_t i, uint32_t of) {
    return total * (i + 1) / of - total * i / of;
}

uint32_t attack_target(const struct attack *attack, enum host_role fallback) {
    enum host_role role = attack->step->to == HOST_ROLE_COUNT ? fallback : attack->step->to;
    return find_host(attack, role, attack->step->to_reached);
}

uint32_t attack_source(const struct attack *attack, enum host_role fallback) {
    enum host_role role = attack->step->from == HOST_ROLE_COUNT ? fallback : attack->step->from;
    return find_host(attack, role, attack->step->from_reached);
}

uint32_t attack_count(const struct attack *attack, uint32_t fallback) {
    return attack->step->count ? attack->step->count : fallback;
}

struct deed *attack_ask(struct attack *attack, uint32_t step, uint32_t host, int64_t time_ns,
                        struct slice stem) {
    struct deed *deed = attack_add(attack, DEED_WEB_REQUEST, step, host, time_ns);
    enum host_role role = attack->organisation->hosts[host].role;
    attack_from_outside(attack, deed);
    deed->to.port = role == HOST_DOCUMENT ? 8443 : 443;
    deed->web.site = role == HOST_MAIL       ? WEB_EXCHANGE_FRONT
                     : role == HOST_DOCUMENT ? WEB_DOCUMENT
                     : role == HOST_UPGRADE  ? WEB_UPGRADE
                                             : WEB_INTRANET;
    deed->web.method = SLICE("GET");
    deed->web.scheme = SLICE("https");
    deed->web.stem = stem;
    deed->web.agent = SLICE("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
                            "like Gecko) Chrome/124.0.0.0 Safari/537.36");
    deed->web.status = 200;
    deed->web.request_bytes = 300 + dice_below(&attack->dice, 1500);
    deed->web.response_bytes = 200 + dice_below(&attack->dice, 9000);
    deed->web.taken_ms = 5 + dice_below(&attack->dice, 900);
    return deed;
}

static bool is_free_day(const struct scenario_campaign *campaign, int64_t time_ns) {
    struct clock_date date;
    char text[8];
    clock_to_date(time_ns + campaign->zone_seconds * ATTACK_SECOND, &date);
    if (!(campaign->working_days >> (date.weekday + 6) % 7 & 1))
        return true;
    snprintf(text, sizeof text, "%02d-%02d", date.month, date.day % 100);
    for (size_t i = 0; i < campaign->holidays.count; i++)
        if (strcmp(campaign->holidays.items[i], text) == 0)
            return true;
    return false;
}

// The step's beginning in the intruder's day; free days are waited out, order is kept.
static int64_t step_time(struct attack *attack) {
    const struct scenario_campaign *campaign = attack->campaign;
    const struct scenario_step *step = attack->step;
    int64_t midnight = attack->organisation->start_ns + (campaign->first_day + step->day) * DAY_NS;
    uint32_t length = (campaign->hours.to + 1440u - campaign->hours.from) % 1440u;
    uint32_t used = length > step->spread_minutes + 10 ? length - step->spread_minutes : 10;
    uint32_t minute =
        step->has_time ? step->minute : campaign->hours.from + dice_below(&attack->dice, used);
    int64_t there = (midnight / ATTACK_MINUTE + campaign->zone_seconds / 60) % 1440;
    int64_t time_ns = midnight + (minute + 1440 - there) % 1440 * ATTACK_MINUTE +
                      dice_below(&attack->dice, 60) * ATTACK_SECOND +
                      dice_below(&attack->dice, 1000000000);
    for (int i = 0; i < 7 && is_free_day(campaign, time_ns); i++)
        time_ns += DAY_NS;
    int64_t least = attack->free_ns + 7 * ATTACK_MINUTE;
    return time_ns > least ? time_ns : least;
}

// Workstations in an order of their own; only so many will be served.
static void choose_victims(struct attack *attack) {
    const struct organisation *organisation = attack->organisation;
    uint32_t all = (uint32_t)(organisation->host_count - organisation->central_count), count = 0;
    attack->victims = memory_new(all, sizeof *attack->victims);
    for (uint32_t i = 0; i < all; i++)
        if (attack_is_free(attack, (uint32_t)organisation->central_count + i))
            attack->victims[count++] = (uint32_t)organisation->central_count + i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = dice_below(&attack->dice, i), kept = attack->victims[i - 1];
        attack->victims[i - 1] = attack->victims[other];
        attack->victims[other] = kept;
    }
    uint32_t half = (uint32_t)organisation->host_count / 2;
    uint32_t victims = attack->options->victims;
    if (!victims)
        victims = attack_has(attack, "selective") ? count / SELECTIVE_ONE_IN + SELECTIVE_LEAST
                  : half < VICTIMS_DEFAULT        ? half
                                                  : VICTIMS_DEFAULT;
    if (!attack->options->victims && attack->options->scenario->campaign_count > 1 &&
        victims > count - count / 3)
        victims = count - count / 3; // some are left for the others
    attack->victim_count = victims < count ? victims : count;
}

static void make_trojans(struct attack *attack) {
    const struct organisation *organisation = attack->organisation;
    struct deed_content listed = upgrade_release(organisation->seed, 1);
    attack->trojan_count = attack_has(attack, "repacked") ? 3 : 1;
    for (uint32_t i = 0; i < 3; i++) {
        char name[32];
        int size = snprintf(name, sizeof name, "marker %u %u", attack->number, i);
        uint64_t bytes = attack_has(attack, "same-size")
                             ? listed.size_bytes
                             : listed.size_bytes + 90000 + dice_below(&attack->dice, 400000);
        attack->trojans[i] = made_content(organisation->seed, slice_of(name, (size_t)size), bytes);
        attack->trojans[i].description = listed.description;
        attack->trojans[i].version = listed.version;
        if (attack_has(attack, "signed-dropper"))
            attack->trojans[i].signer = SLICE("Example Hardware Publisher");
    }
    attack->dropped = made_content(organisation->seed ^ attack->number, SLICE("second marker"),
                                   310000 + dice_below(&attack->dice, 200000));
}

static void play_campaign(struct attack *attack) {
    size_t hosts = attack->organisation->host_count;
    attack->reached_ns = memory_new(hosts, sizeof *attack->reached_ns);
    attack->parents = memory_new(hosts, sizeof *attack->parents);
    attack->planted_on = DEED_NO_HOST;
    attack->stolen_account = pick_administrator(attack->organisation, attack->number);
    choose_victims(attack);
    make_trojans(attack);
    for (uint32_t i = 0; i < attack->campaign->step_count; i++) {
        attack->step = &attack->campaign->steps[i];
        attack->step_number = i;
        if (!scenario_step_plays(attack->step, &attack->drawn))
            continue;
        attack->now_ns = step_time(attack);
        attack->last_ns = attack->now_ns;
        verbs[attack->step->verb](attack);
        attack->free_ns = attack->last_ns;
    }
    memory_free(attack->reached_ns);
    memory_free(attack->parents);
    memory_free(attack->victims);
}

static int compare_deeds(const void *a, const void *b) {
    const struct deed *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

// Which deeds concern which host, so that a host's pass sees only its own.
static void index_hosts(struct attack_script *script, size_t host_count) {
    script->first = memory_new(host_count + 2, sizeof *script->first);
    script->of_host = memory_new(2 * script->count + 1, sizeof *script->of_host);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < script->count; i++) {
            uint32_t ends[2] = {script->deeds[i].from.host, script->deeds[i].to.host};
            for (size_t j = ends[0] == ends[1]; j < 2; j++) {
                if (ends[j] == DEED_NO_HOST)
                    continue;
                if (pass == 0)
                    script->first[ends[j] + 2]++;
                else
                    script->of_host[script->first[ends[j] + 1]++] = i;
            }
        }
        for (size_t i = 1; i <= host_count && pass == 0; i++)
            script->first[i + 1] += script->first[i];
    }
}

enum status attack_make(const struct attack_options *options, struct attack_script *ret_script,
                        struct problem *problem) {
    const struct scenario *scenario = options->scenario;
    struct attack_script script = {0};
    bool full = false;
    arena_init(&script.arena, TEXTS_MAX);
    uint64_t serial = 0;
    uint32_t *takers = memory_new(options->organisation->host_count, sizeof *takers);
    for (uint32_t i = 0; i < scenario->campaign_count; i++) {
        struct attack attack = {.options = options,
                                .organisation = options->organisation,
                                .campaign = &scenario->campaigns[i],
                                .number = i,
                                .script = &script,
                                .serial = serial,
                                .takers = takers};
        dice_init(&attack.dice, options->organisation->seed, 0xA77ACC00ull + i);
        scenario_draw(attack.campaign, options->organisation->seed, options->wanted, &attack.drawn);
        for (size_t j = 0; j < attack.drawn.count; j++)
            truth_add_variant(options->truth, i, slice_of_string(attack.drawn.items[j]));
        play_campaign(&attack);
        serial = attack.serial;
        full = full || attack.full;
    }
    memory_free(takers);
    if (script.count)
        qsort(script.deeds, script.count, sizeof *script.deeds, compare_deeds);
    index_hosts(&script, options->organisation->host_count);
    *ret_script = script;
    return full ? problem_set(problem, STATUS_LIMIT, "the attack has more than %d deeds",
                              ATTACK_DEEDS_MAX)
                : STATUS_OK;
}

void attack_script_done(struct attack_script *script) {
    memory_free(script->deeds);
    memory_free(script->of_host);
    memory_free(script->first);
    arena_done(&script->arena);
    *script = (struct attack_script){0};
}
