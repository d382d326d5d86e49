// Attacks: the upgrade service and what it delivers
// SPDX-License-Identifier: Apache-2.0
#include "drill/attack_campaign.h"
#include "drill/upgrade_service.h"

#include <string.h>

#define IMPLANT "C:\\ProgramData\\Example DocSafe\\dscsvc.exe"

void attack_replace_package(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_UPGRADE);
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, host, attack->now_ns);
    for (uint32_t i = 0; i < attack->trojan_count; i++) {
        const struct deed_content *content = attack_content(attack, &attack->trojans[i]);
        struct deed *deed = attack_add(attack, DEED_PACKAGE_CHANGE, step, host,
                                       attack->now_ns + i * 3 * ATTACK_MINUTE);
        deed->package.stem = SLICE(UPGRADE_PACKAGE_STEM);
        deed->package.name = SLICE(UPGRADE_PACKAGE_NAME);
        deed->package.version = attack->trojans[i].version;
        deed->package.content = content;
        deed->user = SLICE("root");
    }
    attack_reach(attack, host, attack->parents[host], attack->now_ns);
}

static bool is_working_day(const struct attack *attack, int64_t time_ns) {
    const struct organisation *organisation = attack->organisation;
    int64_t local = time_ns / ATTACK_SECOND + organisation->sites[0].zone_seconds;
    return attack->options->scenario->life.working_days >> (local / 86400 + 3) % 7 & 1;
}

// A moment of the clients' own next working day, not before the package lies there.
static int64_t client_moment(struct attack *attack, uint32_t i, uint32_t of) {
    const struct organisation *organisation = attack->organisation;
    const struct scenario_hours *hours = &attack->options->scenario->life.hours;
    int64_t day = 86400 * ATTACK_SECOND;
    int64_t midnight = attack->now_ns - (attack->now_ns - organisation->start_ns) % day;
    int64_t from = midnight + hours->from * ATTACK_MINUTE;
    for (int j = 0; j < 8 && (from < attack->now_ns || !is_working_day(attack, from)); j++)
        from += day;
    uint32_t minutes = attack->step->spread_minutes ? attack->step->spread_minutes : 240;
    int64_t slot = minutes * ATTACK_MINUTE / (of + 1);
    return from + slot * i + (int64_t)(dice_roll(&attack->dice) % (uint64_t)(slot + 1));
}

static void fetch(struct attack *attack, uint32_t step, uint32_t victim, uint32_t server,
                  int64_t time_ns, const struct deed_content *content) {
    struct deed *deed = attack_ask(attack, step, server, time_ns, SLICE(UPGRADE_PACKAGE_STEM));
    attack_from_host(attack, deed, victim);
    attack_put_program(attack, deed, SLICE(UPGRADE_UPDATER));
    deed->web.agent = SLICE(UPGRADE_AGENT);
    deed->web.request_bytes = 310;
    deed->web.response_bytes = content->size_bytes;
    deed->web.artefact = SLICE(UPGRADE_PACKAGE_NAME);
    deed->web.content = content;
}

static void serve(struct attack *attack, uint32_t victim, uint32_t server, int64_t time_ns) {
    uint32_t pick = dice_below(&attack->dice, attack->trojan_count);
    const struct deed_content *content = attack_content(attack, &attack->trojans[pick]);
    const struct deed_content *second = attack_content(attack, &attack->dropped);
    uint32_t step = attack_open_step(attack, victim, server, time_ns);
    fetch(attack, step, victim, server, time_ns, content);
    int64_t at = time_ns + (2 + dice_below(&attack->dice, 20)) * ATTACK_SECOND;
    struct deed *write = attack_add(attack, DEED_FILE_WRITE, step, victim, at);
    attack_put_program(attack, write, SLICE(UPGRADE_UPDATER));
    write->file.path = SLICE(UPGRADE_CACHE UPGRADE_PACKAGE_NAME);
    write->file.content = content;
    at += 2 * ATTACK_SECOND;
    attack_start(attack, step, victim, at, UPGRADE_UPDATER,
                 SLICE(UPGRADE_CACHE UPGRADE_PACKAGE_NAME),
                 SLICE("\"" UPGRADE_CACHE UPGRADE_PACKAGE_NAME "\" /quiet /norestart"))
        ->process.content = content;
    at += 4 * ATTACK_SECOND;
    struct deed *drop = attack_add(attack, DEED_FILE_WRITE, step, victim, at);
    attack_put_program(attack, drop, SLICE(UPGRADE_CACHE UPGRADE_PACKAGE_NAME));
    drop->file.path = SLICE(IMPLANT);
    drop->file.content = second;
    at += ATTACK_SECOND;
    attack_start(attack, step, victim, at, UPGRADE_CACHE UPGRADE_PACKAGE_NAME, SLICE(IMPLANT),
                 SLICE("\"" IMPLANT "\" -k netsvcs"))
        ->process.content = second;
    attack_reach(attack, victim, server, at);
}

void attack_deliver(struct attack *attack) {
    uint32_t server = DEED_NO_HOST, left = attack->victim_count - attack->victims_served;
    const struct host *upgrade = organisation_host(attack->organisation, HOST_UPGRADE, 0);
    if (upgrade)
        server = upgrade->number;
    uint32_t count = attack->step->victims   ? attack->step->victims
                     : attack->step->percent ? (left * attack->step->percent + 99) / 100
                                             : left;
    if (server == DEED_NO_HOST)
        return;
    for (uint32_t i = 0; i < count && attack->victims_served < attack->victim_count; i++)
        serve(attack, attack->victims[attack->victims_served++], server,
              client_moment(attack, i, count));
    truth_add_thing(attack->options->truth, attack->number, TRUTH_NAME,
                    SLICE(UPGRADE_PACKAGE_NAME));
}

static uint32_t victims_so_far(const struct attack *attack) {
    return attack->victims_served;
}

void attack_collect(struct attack *attack) {
    static const char *const folders[] = {"Desktop", "Documents", "Downloads"};
    uint32_t count = victims_so_far(attack);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t host = attack->victims[i];
        int64_t at = attack_moment(attack, i, count);
        uint32_t step = attack_open_step(attack, host, host, at);
        const char *word =
            attack->step->words.count
                ? attack->step->words
                      .items[dice_below(&attack->dice, (uint32_t)attack->step->words.count)]
                : "plan";
        attack_start(attack, step, host, at, IMPLANT, SLICE("C:\\Windows\\System32\\cmd.exe"),
                     attack_text(attack, "cmd.exe /c dir /s /b C:\\Users\\*%s*", word));
        struct deed *pack =
            attack_add(attack, DEED_FILE_WRITE, step, host, at + 200 * ATTACK_SECOND);
        attack_put_program(attack, pack, SLICE(IMPLANT));
        pack->file.path = attack_text(attack, "C:\\ProgramData\\Example DocSafe\\%s%u.tmp",
                                      folders[dice_below(&attack->dice, 3)],
                                      (unsigned)dice_below(&attack->dice, 100));
    }
}

static void send(struct attack *attack, uint32_t step, uint32_t host, int64_t at, uint64_t bytes) {
    bool outside = attack->planted_on == DEED_NO_HOST || attack->path_count == 0 ||
                   (attack->step->through && strcmp(attack->step->through, "outside") == 0);
    uint32_t server = outside ? host : attack->planted_on;
    struct deed *deed =
        attack_ask(attack, step, server, at, outside ? SLICE("/api/sync") : attack->paths[0]);
    attack_from_host(attack, deed, host);
    if (outside) {
        attack_to_outside(attack, deed);
        deed->web.site = WEB_OUTSIDE;
        deed->web.host = SLICE("sync.example.net");
        deed->web.proxied = organisation_count(attack->organisation, HOST_PROXY) > 0;
    }
    attack_put_program(attack, deed, SLICE(IMPLANT));
    deed->web.method = SLICE("POST");
    deed->web.agent = SLICE("ExampleDocSafe-Client/6.4");
    deed->web.query = outside ? SLICE("") : SLICE("flag=");
    deed->web.request_bytes = bytes;
    deed->web.response_bytes = 64;
    truth_extend_step(attack->options->truth, step, at, bytes);
}

void attack_call_home(struct attack *attack) {
    uint32_t hosts = victims_so_far(attack), count = attack_count(attack, 4);
    uint64_t left = attack->step->bytes, sends = (uint64_t)hosts * count;
    for (uint32_t i = 0; i < hosts; i++) {
        uint32_t host = attack->victims[i];
        uint32_t step = attack_open_step(attack, host, host, attack_moment(attack, 0, count));
        for (uint32_t j = 0; j < count; j++, sends--) {
            uint64_t fair = left / sends; // the last one takes what is left
            uint64_t bytes = sends > 1 && fair ? fair / 2 + dice_roll(&attack->dice) % fair : left;
            send(attack, step, host, attack_moment(attack, j, count), bytes);
            left -= bytes;
        }
    }
}

void attack_remove_self(struct attack *attack) {
    static const char *const files[] = {IMPLANT, UPGRADE_CACHE UPGRADE_PACKAGE_NAME};
    uint32_t hosts = victims_so_far(attack);
    for (uint32_t i = 0; i < hosts; i++) {
        uint32_t host = attack->victims[i];
        int64_t at = attack_moment(attack, i, hosts);
        uint32_t step = attack_open_step(attack, host, host, at);
        attack_start(attack, step, host, at, IMPLANT, SLICE("C:\\Windows\\System32\\cmd.exe"),
                     SLICE("cmd.exe /c ping -n 5 127.0.0.1 > nul & del \"" IMPLANT "\""));
        for (size_t j = 0; j < ARRAY_SIZE(files); j++) {
            struct deed *deed = attack_add(attack, DEED_FILE_DELETE, step, host,
                                           at + (6 + (int64_t)j) * ATTACK_SECOND);
            attack_put_program(attack, deed, SLICE("C:\\Windows\\System32\\cmd.exe"));
            deed->file.path = slice_of_string(files[j]);
        }
    }
}
