// Attacks: web servers from outside
// SPDX-License-Identifier: Apache-2.0
#include "drill/attack_exchange.h"
#include "drill/document_system.h"
#include "drill/upgrade_service.h"

#include <string.h>

static const struct document_system *documents(const struct attack *attack) {
    return document_system_find(attack->options->scenario->document_system,
                                attack->organisation->seed);
}

void attack_scan_web(struct attack *attack) {
    static const char *const words[] = {"admin",     "manager",   "backup",     "console",
                                        "api/v1",    "test",      "solr/admin", "actuator/env",
                                        "login.jsp", "web.config"};
    uint32_t host = attack_target(attack, HOST_DOCUMENT), count = attack_count(attack, 100);
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    attack_touch(attack, host, DEED_NO_HOST);
    for (uint32_t i = 0; i < count; i++) {
        struct slice stem =
            attack_text(attack, "/%s%u", words[dice_below(&attack->dice, ARRAY_SIZE(words))],
                        (unsigned)dice_below(&attack->dice, 30));
        struct deed *deed = attack_ask(attack, step, host, attack_moment(attack, i, count), stem);
        deed->web.status = dice_one_in(&attack->dice, 30) ? 403 : 404;
        deed->web.response_bytes = 1245;
        deed->web.taken_ms = 1 + dice_below(&attack->dice, 9);
    }
}

void attack_exploit_web(struct attack *attack) {
    const struct document_system *system = documents(attack);
    uint32_t host = attack_target(attack, HOST_DOCUMENT), count = attack_count(attack, 10);
    uint32_t kinds = 0, success = attack->step->items ? attack->step->items : 1;
    if (host == DEED_NO_HOST)
        return;
    while (kinds < DOCUMENT_STEMS_MAX && system->attacks[kinds].stem)
        kinds++;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    for (uint32_t i = 0; i < count; i++) {
        const struct document_attack *try = &system->attacks[dice_below(&attack->dice, kinds)];
        bool works = i + success >= count;
        struct deed *deed = attack_ask(attack, step, host, attack_moment(attack, i, count),
                                       slice_of_string(try->stem));
        deed->web.method = slice_of_string(try->method);
        deed->web.query = slice_of_string(try->query);
        deed->web.status = works ? try->status : 403;
        if (works && try->slow)
            deed->web.taken_ms =
                5000 * (1 + dice_below(&attack->dice, 2)) + dice_below(&attack->dice, 60);
    }
    attack_reach(attack, host, DEED_NO_HOST, attack->now_ns);
}

void attack_log_in_web(struct attack *attack) {
    const struct document_system *system = documents(attack);
    uint32_t host = attack_target(attack, HOST_DOCUMENT), count = attack_count(attack, 6),
             pages = 0;
    const struct organisation *organisation = attack->organisation;
    if (host == DEED_NO_HOST || attack->stolen_account == DEED_NO_ACCOUNT)
        return;
    while (pages < DOCUMENT_STEMS_MAX && system->admin_pages[pages])
        pages++;
    const struct account *account = &organisation->accounts[attack->stolen_account];
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    struct address address = {0};
    for (uint32_t i = 0; i < count; i++) {
        const char *stem =
            i ? system->admin_pages[dice_below(&attack->dice, pages)] : system->admin_login;
        struct deed *deed =
            attack_ask(attack, step, host, attack_moment(attack, i, count), slice_of_string(stem));
        deed->web.method = i ? SLICE("GET") : SLICE("POST");
        deed->web.status = i ? 200 : 302;
        deed->web.user = slice_of_string(account->name);
        if (i)
            deed->from.address = address;
        address = deed->from.address;
    }
    truth_add_thing(attack->options->truth, attack->number, TRUTH_ACCOUNT,
                    attack_text(attack, "%s\\%s", organisation->companies[account->company].netbios,
                                account->name));
    attack_reach(attack, host, DEED_NO_HOST, attack->now_ns);
}

// In memory: a request that asks for nothing special, and from then on a path that answers. No
// file is written, so no log says so.
void attack_plant_handler(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_DOCUMENT), count = attack_count(attack, 1);
    if (host == DEED_NO_HOST)
        return;
    bool mail = attack->organisation->hosts[host].role == HOST_MAIL;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    attack->path_count = 0;
    for (uint32_t i = 0; i < count && i < ATTACK_PATHS_MAX; i++) {
        struct slice stem =
            mail ? attack_text(attack, "/owa/auth/%c%x/%c%c.aspx",
                               'a' + (char)dice_below(&attack->dice, 26),
                               (unsigned)dice_below(&attack->dice, 4096),
                               'a' + (char)dice_below(&attack->dice, 26),
                               'a' + (char)dice_below(&attack->dice, 26))
                 : attack_text(attack, "%s%c%x", documents(attack)->virtual_directory,
                               'a' + (char)dice_below(&attack->dice, 26),
                               (unsigned)dice_below(&attack->dice, 65536));
        if (attack->step->path && attack->step->path[0] == '/')
            stem = slice_of_string(attack->step->path);
        attack->paths[attack->path_count++] = stem;
        struct deed *deed = attack_ask(attack, step, host, attack_moment(attack, i, count), stem);
        deed->web.method = SLICE("POST");
        truth_add_thing(attack->options->truth, attack->number, TRUTH_PATH, stem);
    }
    attack->planted_on = host;
    attack_reach(attack, host, DEED_NO_HOST, attack->now_ns);
}

void attack_use_handler(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_DOCUMENT), count = attack_count(attack, 20);
    if (host == DEED_NO_HOST || attack->path_count == 0)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    for (uint32_t i = 0; i < count; i++) {
        struct slice stem = attack->paths[dice_below(&attack->dice, (uint32_t)attack->path_count)];
        int64_t moment = attack_moment(attack, i, count);
        uint64_t bytes = attack_share(attack->step->bytes, i, count);
        struct deed *deed = attack_ask(attack, step, host, moment, stem);
        deed->web.method = SLICE("POST");
        deed->web.response_bytes += bytes;
        truth_extend_step(attack->options->truth, step, moment, bytes);
        if (!dice_one_in(&attack->dice, 6))
            continue;
        bool windows = attack->organisation->hosts[host].system == SYSTEM_WINDOWS;
        if (windows)
            attack_start(attack, step, host, moment + ATTACK_SECOND,
                         attack->organisation->hosts[host].role == HOST_MAIL
                             ? "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
                             : "C:\\DocumentServer\\jre\\bin\\java.exe",
                         SLICE("C:\\Windows\\System32\\cmd.exe"),
                         dice_one_in(&attack->dice, 2) ? SLICE("cmd.exe /c whoami /all")
                                                       : SLICE("cmd.exe /c ipconfig /all"));
    }
}

// An inert marker: what is told of it is a path, a digest, a size.
void attack_drop_file(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL);
    if (host == DEED_NO_HOST)
        return;
    bool web = attack->step->path && strcmp(attack->step->path, "web-root") == 0;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    struct slice name = attack_text(attack, "e%x.aspx", (unsigned)dice_below(&attack->dice, 65536));
    struct slice path =
        web ? attack_text(attack,
                          "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\"
                          "HttpProxy\\owa\\auth\\%.*s",
                          (int)name.size, (const char *)name.data)
            : attack_text(attack, "C:\\ProgramData\\%s",
                          attack->step->name ? attack->step->name : "update.dat");
    struct deed_content content =
        made_content(attack->organisation->seed + attack->number, path, 2100);
    struct deed *deed = attack_add(attack, DEED_FILE_WRITE, step, host, attack->now_ns);
    attack_put_program(attack, deed, SLICE("System"));
    deed->file.path = path;
    deed->file.content = attack_content(attack, &content);
    if (web)
        attack_write_page(attack, deed);
    truth_add_thing(attack->options->truth, attack->number, TRUTH_PATH, path);
    if (web) {
        attack->paths[0] =
            attack_text(attack, "/owa/auth/%.*s", (int)name.size, (const char *)name.data);
        attack->path_count = 1;
        attack->planted_on = host;
        struct deed *first =
            attack_ask(attack, step, host, attack->now_ns + 90 * ATTACK_SECOND, attack->paths[0]);
        first->web.method = SLICE("GET");
        attack_compile_page(attack, step, host, attack->now_ns + 91 * ATTACK_SECOND, name);
    }
    attack_reach(attack, host, DEED_NO_HOST, attack->now_ns);
}
