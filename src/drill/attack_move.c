// Attacks: from host to host
// SPDX-License-Identifier: Apache-2.0
#include "drill/attack_campaign.h"
#include "drill/upgrade_service.h"

#include <stdlib.h>
#include <string.h>

#define SHELL "C:\\Windows\\System32\\cmd.exe"

static void tell_account(struct attack *attack) {
    const struct organisation *organisation = attack->organisation;
    const struct account *account = &organisation->accounts[attack->stolen_account];
    truth_add_thing(attack->options->truth, attack->number, TRUTH_ACCOUNT,
                    attack_text(attack, "%s\\%s", organisation->companies[account->company].netbios,
                                account->name));
}

void attack_steal_credentials(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL);
    if (host == DEED_NO_HOST || attack->stolen_account == DEED_NO_ACCOUNT)
        return;
    uint32_t step = attack_open_step(attack, host, host, attack->now_ns);
    struct deed *deed = attack_add(attack, DEED_PROCESS_ACCESS, step, host, attack->now_ns);
    attack_put_program(attack, deed, SLICE("C:\\Windows\\System32\\rundll32.exe"));
    deed->access.target = (struct deed_program){1, 700, SLICE("C:\\Windows\\System32\\lsass.exe"),
                                                SLICE("lsass.exe")};
    deed->access.granted = 0x1FFFFF;
    struct deed *dump =
        attack_add(attack, DEED_FILE_WRITE, step, host, attack->now_ns + 3 * ATTACK_SECOND);
    attack_put_program(attack, dump, SLICE("C:\\Windows\\System32\\rundll32.exe"));
    dump->file.path = SLICE("C:\\Windows\\Temp\\lsass.dmp");
    tell_account(attack);
}

static void try_port(struct attack *attack, uint32_t step, uint32_t from, uint32_t to, int64_t at,
                     uint16_t port) {
    struct deed *deed = attack_add(attack, DEED_FLOW, step, to, at);
    attack_from_host(attack, deed, from);
    attack_put_program(attack, deed, SLICE(SHELL));
    deed->to.port = port;
    deed->flow.protocol = SLICE("tcp");
    deed->flow.sent_bytes = 60;
    deed->flow.received_bytes = 40;
    deed->flow.taken_ms = 2;
    deed->flow.refused = dice_below(&attack->dice, 100) < 70;
}

void attack_scan_inside(struct attack *attack) {
    uint32_t from = attack_source(attack, HOST_MAIL), count = attack_count(attack, 50);
    uint32_t hosts = (uint32_t)attack->organisation->host_count;
    if (from == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, from, from, attack->now_ns);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t to = dice_below(&attack->dice, hosts);
        int64_t at = attack_moment(attack, i, count);
        const struct scenario_words *ports = &attack->step->ports;
        const char *port =
            ports->count ? ports->items[dice_below(&attack->dice, (uint32_t)ports->count)] : "445";
        if (to == from || !attack_is_free(attack, to))
            continue;
        attack_touch(attack, to, from);
        try_port(attack, step, from, to, at, (uint16_t)strtoul(port, NULL, 10));
    }
}

static void log_on(struct attack *attack, uint32_t step, uint32_t from, uint32_t to, int64_t at) {
    struct deed *deed = attack_add(attack, DEED_LOGON, step, to, at);
    attack_from_host(attack, deed, from);
    deed->account = attack->stolen_account;
    attack_put_program(attack, deed, SLICE(SHELL));
    deed->logon.type = LOGON_NETWORK;
    deed->logon.package = dice_one_in(&attack->dice, 3) ? SLICE("Kerberos") : SLICE("NTLM");
    deed->logon.session = 0x500000 + dice_below(&attack->dice, 0xFFFFFF);
    deed->logon.elevated = true;
    deed->logon.explicit_credential = true;
    struct deed on = *deed; // the row may move
    struct deed *off = attack_add(attack, DEED_LOGOFF, step, to,
                                  at + (60 + dice_below(&attack->dice, 900)) * ATTACK_SECOND);
    off->account = on.account;
    off->logon = on.logon;
}

static void move_by_service(struct attack *attack, uint32_t step, uint32_t from, uint32_t to,
                            int64_t at) {
    struct slice name = attack_text(attack, "upd%04x", (unsigned)dice_below(&attack->dice, 65536));
    struct slice path =
        attack_text(attack, "C:\\Windows\\%.*s.exe", (int)name.size, (const char *)name.data);
    struct deed_content made = made_content(attack->organisation->seed, name, 190000);
    const struct deed_content *content = attack_content(attack, &made);
    struct deed *share = attack_add(attack, DEED_SHARE_ACCESS, step, to, at);
    attack_from_host(attack, share, from);
    share->account = attack->stolen_account;
    share->share.share = SLICE("ADMIN$");
    share->share.path = slice_part(path, 11, SIZE_MAX);
    share->share.written = true;
    struct deed *file = attack_add(attack, DEED_FILE_WRITE, step, to, at + ATTACK_SECOND / 2);
    attack_put_program(attack, file, SLICE("System"));
    file->file.path = path;
    file->file.content = content;
    struct deed *service = attack_add(attack, DEED_SERVICE_INSTALL, step, to, at + ATTACK_SECOND);
    service->account = attack->stolen_account;
    service->service.name = name;
    service->service.command = path;
    service->service.on_demand = true;
    attack_start(attack, step, to, at + 2 * ATTACK_SECOND, "C:\\Windows\\System32\\services.exe",
                 path, path)
        ->process.content = content;
    truth_add_thing(attack->options->truth, attack->number, TRUTH_NAME, name);
}

static void move_by_ssh(struct attack *attack, uint32_t step, uint32_t from, uint32_t to,
                        int64_t at) {
    struct deed *deed = attack_add(attack, DEED_SSH_LOGIN, step, to, at);
    attack_from_host(attack, deed, from);
    deed->to.port = 22;
    deed->user = SLICE("root");
    deed->ssh.method = SLICE("password");
}

static void move_once(struct attack *attack, uint32_t from, uint32_t to, const char *method,
                      int64_t at) {
    bool windows = attack->organisation->hosts[to].system == SYSTEM_WINDOWS;
    uint32_t step = attack_open_step(attack, to, from, at);
    uint16_t port = !windows || strcmp(method, "ssh") == 0 ? 22
                    : strcmp(method, "winrm") == 0         ? 5985
                    : strcmp(method, "wmi") == 0           ? 135
                                                           : 445;
    try_port(attack, step, from, to, at, port);
    attack->script->deeds[attack->script->count - 1].flow.refused = false;
    at += ATTACK_SECOND;
    if (port == 22) {
        move_by_ssh(attack, step, from, to, at);
    } else {
        log_on(attack, step, from, to, at);
        at += 2 * ATTACK_SECOND;
        if (port == 445)
            move_by_service(attack, step, from, to, at);
        else
            attack_start(attack, step, to, at,
                         port == 135 ? "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe"
                                     : "C:\\Windows\\System32\\wsmprovhost.exe",
                         SLICE(SHELL), SLICE("cmd.exe /Q /c hostname"));
    }
    attack_reach(attack, to, from, at);
}

static bool is_wanted(const struct attack *attack, const struct host *host) {
    enum host_role role = attack->step->to == HOST_ROLE_COUNT ? HOST_SERVER : attack->step->to;
    bool company = attack->step->company == UINT32_MAX || attack->step->company == host->company;
    return host->role == role && company && attack->reached_ns[host->number] == 0 &&
           attack_is_free(attack, host->number);
}

// The way in that is reached longest, or now and then another one.
static uint32_t pick_source(struct attack *attack) {
    uint32_t found = attack_source(attack, HOST_MAIL);
    if (!attack->step->from_reached)
        return found;
    for (uint32_t i = 0; i < attack->organisation->host_count; i++) {
        int64_t reached = attack->reached_ns[i];
        if (reached == 0 || reached >= attack->now_ns)
            continue;
        if (found == DEED_NO_HOST || reached < attack->reached_ns[found] ||
            dice_one_in(&attack->dice, 12))
            found = i;
    }
    return found;
}

void attack_move(struct attack *attack) {
    static const char *const any[] = {"service"};
    const struct scenario_words *methods = &attack->step->methods;
    uint32_t count = attack_count(attack, 1), done = 0;
    uint32_t hosts = (uint32_t)attack->organisation->host_count;
    uint32_t start = attack->step->to == HOST_WORKSTATION ? dice_below(&attack->dice, hosts) : 0;
    if (attack->stolen_account == DEED_NO_ACCOUNT)
        return;
    for (uint32_t i = 0; i < hosts && done < count; i++) {
        const struct host *host = &attack->organisation->hosts[(start + i) % hosts];
        uint32_t from = pick_source(attack);
        if (!is_wanted(attack, host) || from == DEED_NO_HOST || from == host->number)
            continue;
        const char *method =
            methods->count ? methods->items[dice_below(&attack->dice, (uint32_t)methods->count)]
                           : any[0];
        move_once(attack, from, host->number, method, attack_moment(attack, done++, count));
    }
    tell_account(attack);
}

void attack_tunnel(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL);
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, host, attack->now_ns);
    struct slice image = attack_text(attack, "C:\\ProgramData\\ChatClient%04x.exe",
                                     (unsigned)dice_below(&attack->dice, 65536));
    struct deed_content made = made_content(attack->organisation->seed, image, 5100000);
    const struct deed_content *content = attack_content(attack, &made);
    struct deed *file = attack_add(attack, DEED_FILE_WRITE, step, host, attack->now_ns);
    attack_put_program(attack, file, SLICE(SHELL));
    file->file.path = image;
    file->file.content = content;
    attack_start(attack, step, host, attack->now_ns + 30 * ATTACK_SECOND, SHELL, image, image)
        ->process.content = content;
    struct deed *pipe =
        attack_add(attack, DEED_PIPE, step, host, attack->now_ns + 31 * ATTACK_SECOND);
    attack_put_program(attack, pipe, image);
    pipe->pipe.name = attack_text(attack, "\\cc%08x", (unsigned)dice_roll(&attack->dice));
    struct deed *flow =
        attack_add(attack, DEED_FLOW, step, host, attack->now_ns + 33 * ATTACK_SECOND);
    attack_put_program(attack, flow, image);
    attack_to_outside(attack, flow);
    flow->flow.protocol = SLICE("tcp");
    flow->flow.service = SLICE("ssl");
    flow->flow.name = SLICE("chat.example.net");
    flow->flow.sent_bytes = attack->step->bytes;
    flow->flow.received_bytes = attack->step->bytes / 9;
    flow->flow.taken_ms = 3 * 3600 * 1000;
    truth_extend_step(attack->options->truth, step, attack->now_ns, attack->step->bytes);
    truth_add_thing(attack->options->truth, attack->number, TRUTH_NAME, image);
}

void attack_take_files(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_CODE), count = attack_count(attack, 3);
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, host, attack->now_ns);
    bool windows = attack->organisation->hosts[host].system == SYSTEM_WINDOWS;
    for (uint32_t i = 0; i < count; i++) {
        int64_t at = attack_moment(attack, i, count);
        struct slice path =
            attack_text(attack, windows ? "C:\\ProgramData\\%s%u.7z" : "/tmp/%s%u.tgz",
                        attack->step->name ? attack->step->name : "files", (unsigned)i);
        struct deed *pack = attack_add(attack, DEED_FILE_WRITE, step, host, at);
        attack_put_program(attack, pack, windows ? SLICE(SHELL) : SLICE("/usr/bin/tar"));
        pack->file.path = path;
        struct deed *flow = attack_add(attack, DEED_FLOW, step, host, at + 2 * ATTACK_MINUTE);
        attack_put_program(attack, flow, windows ? SLICE(SHELL) : SLICE("/usr/bin/curl"));
        attack_to_outside(attack, flow);
        flow->flow.protocol = SLICE("tcp");
        flow->flow.service = SLICE("ssl");
        flow->flow.sent_bytes = attack_share(attack->step->bytes, i, count);
        flow->flow.received_bytes = 90000;
        flow->flow.taken_ms = 200000;
        truth_extend_step(attack->options->truth, step, at, flow->flow.sent_bytes);
        struct deed *gone =
            attack_add(attack, DEED_FILE_DELETE, step, host, at + 9 * ATTACK_MINUTE);
        attack_put_program(attack, gone, windows ? SLICE(SHELL) : SLICE("/usr/bin/rm"));
        gone->file.path = path;
    }
}

static unsigned clear_mask(const struct scenario_words *what) {
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {{"security", CLEAR_SECURITY}, {"system", CLEAR_SYSTEM}, {"windows", CLEAR_WINDOWS},
                 {"web", CLEAR_WEB},           {"shell", CLEAR_SHELL},   {"mail", CLEAR_MAIL}};
    unsigned mask = 0;
    for (size_t i = 0; i < what->count; i++)
        for (size_t j = 0; j < ARRAY_SIZE(words); j++)
            if (strcmp(what->items[i], words[j].word) == 0)
                mask |= words[j].bit;
    return mask ? mask : CLEAR_SECURITY;
}

// On hosts that the campaign controls, by role.
void attack_clear_logs(struct attack *attack) {
    uint32_t hosts = (uint32_t)attack->organisation->host_count;
    uint32_t percent = attack->step->percent ? attack->step->percent : 100;
    for (uint32_t i = 0; i < hosts; i++) {
        const struct host *host = &attack->organisation->hosts[i];
        bool role = attack->step->to == HOST_ROLE_COUNT || host->role == attack->step->to;
        if (attack->reached_ns[i] == 0 || !role || dice_below(&attack->dice, 100) >= percent)
            continue;
        int64_t at = attack->now_ns + dice_below(&attack->dice, 3600) * ATTACK_SECOND;
        uint32_t step = attack_open_step(attack, i, i, at);
        struct deed *deed = attack_add(attack, DEED_LOG_CLEAR, step, i, at);
        deed->account = attack->stolen_account;
        deed->clear.what = clear_mask(&attack->step->what);
    }
}
