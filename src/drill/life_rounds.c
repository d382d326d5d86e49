// Normal life: what comes round
// SPDX-License-Identifier: Apache-2.0
#include "drill/life_stream.h"
#include "drill/upgrade_service.h"

#include <stdio.h>

#define MANAGEMENT_AGENT "C:\\Program Files\\Corp Tools\\Agent\\agent.exe"
#define JOB "C:\\ProgramData\\Corp Tools\\jobs\\job.exe"
#define BROWSER_UPDATER "C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe"
#define BROWSER_SETUP "C:\\Program Files\\Google\\Chrome\\Application\\Installer\\setup.exe"
#define SCANNER_AGENT "Example-Vulnerability-Scanner/3.2"

uint32_t life_find_account(const struct life_stream *stream, enum account_kind kind,
                           uint32_t pick) {
    const struct organisation *organisation = stream->plan->organisation;
    uint32_t first = kind < ACCOUNT_SERVICE ? 0 : stream->plan->person_count;
    uint32_t count = 0, found = DEED_NO_ACCOUNT;
    for (uint32_t i = first; i < organisation->account_count && count <= pick; i++)
        if (organisation->accounts[i].kind == kind &&
            organisation->accounts[i].company == stream->host->company) {
            found = i;
            count++;
        }
    return found;
}

void life_start_program(struct life_stream *stream, uint32_t later_ms, const char *parent,
                        const char *image, struct slice command) {
    struct deed *deed = life_add(stream, DEED_PROCESS_START, later_ms);
    life_put_program(stream, deed, image);
    deed->parent = deed->program;
    deed->parent.key = 1;
    deed->parent.id = 640;
    deed->parent.image = deed->parent.command = slice_of_string(parent);
    deed->program.command = command;
    deed->account = DEED_NO_ACCOUNT;
    deed->process.elevated = true;
}

// The file that is written and run next, the same on all hosts: unlisted, but everybody's.
static const struct deed_content *make_content(struct life_stream *stream, const char *name,
                                               uint32_t occurrence, uint64_t size_bytes) {
    struct deed_content *content = &stream->lanes[stream->at]->content;
    char text[48];
    int size = snprintf(text, sizeof text, "%s %u", name, (unsigned)occurrence);
    *content =
        made_content(stream->plan->organisation->seed, slice_of(text, (size_t)size), size_bytes);
    return content;
}

static void log_on_from(struct life_stream *stream, struct dice *dice, uint32_t from,
                        uint32_t account, enum deed_logon_type type) {
    if (from == DEED_NO_HOST || from == stream->host->number)
        return;
    if (stream->host->system == SYSTEM_LINUX) {
        struct deed *login = life_add_from(stream, DEED_SSH_LOGIN, 10, from);
        login->to.port = 22;
        login->account = account;
        login->ssh.method = SLICE("publickey");
        return;
    }
    if (stream->host->system != SYSTEM_WINDOWS)
        return;
    struct deed *deed = life_add_from(stream, DEED_LOGON, 10, from);
    deed->account = account;
    deed->logon.type = type;
    deed->logon.package = SLICE("Kerberos");
    deed->logon.session = 0x300000 + dice_below(dice, 0xFFFFFF);
    deed->logon.elevated = true;
}

static void log_off(struct life_stream *stream, uint32_t later_ms) {
    const struct life_lane *lane = stream->lanes[stream->at];
    for (size_t i = 0; i < lane->queue_count; i++) {
        if (lane->queue[i].kind != DEED_LOGON)
            continue;
        struct deed on = lane->queue[i];
        struct deed *off = life_add_from(stream, DEED_LOGOFF, later_ms, on.from.host);
        off->account = on.account;
        off->logon = on.logon;
        return;
    }
}

// The vendor's release comes into the catalogue and onto the list before anybody fetches it.
static void publish(struct life_stream *stream, uint32_t occurrence) {
    struct deed_content *content = &stream->lanes[stream->at]->content;
    *content = upgrade_release(stream->plan->organisation->seed, occurrence + 1);
    struct deed *deed = life_add(stream, DEED_PACKAGE_CHANGE, 0);
    deed->user = SLICE("release");
    deed->package.stem = SLICE(UPGRADE_PACKAGE_STEM);
    deed->package.name = SLICE(UPGRADE_PACKAGE_NAME);
    deed->package.version = content->version;
    deed->package.content = content;
    deed->package.listed = true;
}

// A listed release: fetched, written, run, as the tampered ones will be.
static void release(struct life_stream *stream, struct dice *dice, uint32_t occurrence) {
    const struct life_plan *plan = stream->plan;
    if (stream->host->number == plan->upgrade)
        publish(stream, occurrence);
    if (stream->host->role != HOST_WORKSTATION || plan->upgrade == DEED_NO_HOST)
        return;
    struct deed_content *content = &stream->lanes[stream->at]->content;
    *content = upgrade_release(plan->organisation->seed, occurrence + 1);
    struct deed *fetch = life_add_to(stream, DEED_WEB_REQUEST, 0, plan->upgrade);
    life_put_program(stream, fetch, UPGRADE_UPDATER);
    fetch->to.port = 443;
    fetch->web = (struct deed_web){.site = WEB_UPGRADE,
                                   .method = SLICE("GET"),
                                   .scheme = SLICE("https"),
                                   .stem = SLICE(UPGRADE_PACKAGE_STEM),
                                   .agent = SLICE(UPGRADE_AGENT),
                                   .status = 200,
                                   .request_bytes = 310,
                                   .response_bytes = content->size_bytes,
                                   .taken_ms = 900 + dice_below(dice, 9000),
                                   .artefact = SLICE(UPGRADE_PACKAGE_NAME),
                                   .content = content};
    struct deed *write = life_add(stream, DEED_FILE_WRITE, 1500);
    life_put_program(stream, write, UPGRADE_UPDATER);
    write->file.path = SLICE(UPGRADE_CACHE UPGRADE_PACKAGE_NAME);
    write->file.content = content;
    life_start_program(stream, 2500, UPGRADE_UPDATER, UPGRADE_CACHE UPGRADE_PACKAGE_NAME,
                       SLICE("\"" UPGRADE_CACHE UPGRADE_PACKAGE_NAME "\" /quiet /norestart"));
    write[1].process.content = content;
    struct deed *software = life_add(stream, DEED_SOFTWARE_INSTALL, 9000);
    software->software.name = SLICE("Example DocSafe Client");
    software->software.version = content->version;
    software->software.publisher = SLICE("Example DocSafe Ltd");
}

static void write_and_run(struct life_stream *stream, const char *writer, const char *image,
                          struct slice command, const struct deed_content *content) {
    struct deed *write = life_add(stream, DEED_FILE_WRITE, 700);
    life_put_program(stream, write, writer);
    write->account = DEED_NO_ACCOUNT;
    write->file.path = slice_of_string(image);
    write->file.content = content;
    life_start_program(stream, 900, writer, image, command);
    write[1].process.content = content;
}

static void manage(struct life_stream *stream, struct dice *dice, uint32_t occurrence) {
    uint32_t server = stream->plan->management;
    if (stream->host->role != HOST_WORKSTATION || server == DEED_NO_HOST)
        return;
    struct slice command = life_text(stream, "\"" JOB "\" /s /job %u", (unsigned)occurrence + 100);
    log_on_from(stream, dice, server, life_find_account(stream, ACCOUNT_SERVICE, 1), LOGON_NETWORK);
    write_and_run(stream, MANAGEMENT_AGENT, JOB, command,
                  make_content(stream, "job", occurrence, 2100000 + 4096 * occurrence));
    log_off(stream, 60000);
}

static void update_browser(struct life_stream *stream, uint32_t occurrence) {
    if (stream->host->system != SYSTEM_WINDOWS)
        return;
    life_start_program(stream, 0, "C:\\Windows\\System32\\svchost.exe", BROWSER_UPDATER,
                       SLICE("\"" BROWSER_UPDATER "\" /ua /installsource scheduler"));
    struct deed_content *content = &stream->lanes[stream->at]->content;
    make_content(stream, "browser", occurrence, 98000000 + 65536 * occurrence);
    content->signer = SLICE("Google LLC");
    content->description = SLICE("Google Chrome Installer");
    content->version = SLICE("133.0.6943.99");
    write_and_run(stream, BROWSER_UPDATER, BROWSER_SETUP,
                  SLICE("\"" BROWSER_SETUP "\" --install-archive --channel=stable"), content);
}

static void restart(struct life_stream *stream, struct dice *dice, const char *reason) {
    struct deed *down = life_add(stream, DEED_RESTART, 600000 + dice_below(dice, 1800000));
    down->account = DEED_NO_ACCOUNT;
    down->restart.reason = slice_of_string(reason);
    down->restart.up_seconds = 86400 * (2 + dice_below(dice, 26)) + dice_below(dice, 86400);
    struct deed *up = life_add(stream, DEED_RESTART, 40000 + dice_below(dice, 140000));
    up->account = DEED_NO_ACCOUNT;
    up->restart.started = true;
}

static void patch(struct life_stream *stream, struct dice *dice) {
    if (stream->host->system == SYSTEM_WINDOWS)
        life_start_program(stream, 0, "C:\\Windows\\System32\\services.exe",
                           "C:\\Windows\\servicing\\TrustedInstaller.exe",
                           SLICE("C:\\Windows\\servicing\\TrustedInstaller.exe"));
    if (stream->host->system != SYSTEM_DEVICE)
        restart(stream, dice, "Operating System: Service pack (Planned)");
}

static void administrate(struct life_stream *stream, struct dice *dice) {
    log_on_from(stream, dice, stream->plan->jump,
                life_find_account(stream, PERSON_ADMINISTRATOR, dice_below(dice, 4)), LOGON_REMOTE);
    log_off(stream, 300000 + dice_below(dice, 900000));
}

static void help(struct life_stream *stream, struct dice *dice) {
    if (stream->host->system != SYSTEM_WINDOWS)
        return;
    log_on_from(stream, dice, stream->plan->management,
                life_find_account(stream, PERSON_HELP_DESK, dice_below(dice, 4)), LOGON_REMOTE);
    life_start_program(stream, 20000, "C:\\Windows\\explorer.exe", "C:\\Windows\\System32\\cmd.exe",
                       SLICE("\"C:\\Windows\\System32\\cmd.exe\""));
    log_off(stream, 200000 + dice_below(dice, 600000));
}

// Known flaws' paths, none of which is there.
static void scan_web(struct life_stream *stream, struct dice *dice) {
    static const char *const stems[][2] = {
        {"/manager/html", ""},
        {"/solr/admin/", ""},
        {"/.git/config", ""},
        {"/owa/auth/x.js", ""},
        {"/console/login/LoginForm.jsp", ""},
        {"/phpmyadmin/index.php", ""},
        {"/ecp/program.js", ""},
        {"/aspnet_client/discover.aspx", ""},
        {"/autodiscover/autodiscover.json", "@scan.example.org/mapi/nspi/?&Email=scan"},
        {"/ClientAjax", "command=downclientpak&InstallationPack=../web.xml"},
        {"/upload/uploadFile.jsp", "name=..%2f..%2fx.jsp"},
        {"/defaultroot/upload/fileUpload.controller", ""},
        {"/seeyon/htmlofficeservlet", ""},
        {"/weaver/bsh.servlet.BshServlet", ""},
        {"/search", "q=1%27%20AND%20SLEEP(5)--"},
        {"/cgi-bin/test.cgi", "x=%2Fetc%2Fpasswd"}};
    enum host_role role = stream->host->role;
    for (int i = 0; i < LIFE_QUEUE_MAX - 1; i++) {
        struct deed *deed = life_add_from(stream, DEED_WEB_REQUEST, 40 + dice_below(dice, 500),
                                          stream->plan->scanner);
        const char *const *stem = stems[dice_below(dice, ARRAY_SIZE(stems))];
        deed->to.port = role == HOST_DOCUMENT ? 8443 : 443;
        deed->account = DEED_NO_ACCOUNT;
        deed->web = (struct deed_web){.site = role == HOST_MAIL       ? WEB_EXCHANGE_FRONT
                                              : role == HOST_DOCUMENT ? WEB_DOCUMENT
                                                                      : WEB_UPGRADE,
                                      .method = dice_one_in(dice, 4) ? SLICE("POST") : SLICE("GET"),
                                      .scheme = SLICE("https"),
                                      .stem = slice_of_string(stem[0]),
                                      .query = slice_of_string(stem[1]),
                                      .agent = SLICE(SCANNER_AGENT),
                                      .status = 404,
                                      .request_bytes = 260,
                                      .response_bytes = 1245,
                                      .taken_ms = 2};
    }
}

// The scanner tries ports of every host, and known flaws of web servers.
static void scan(struct life_stream *stream, struct dice *dice) {
    static const uint16_t ports[] = {22, 80, 135, 443, 445, 3389, 5985, 8443};
    enum host_role role = stream->host->role;
    if (stream->plan->scanner == DEED_NO_HOST || stream->host->number == stream->plan->scanner)
        return;
    if (role == HOST_MAIL || role == HOST_DOCUMENT || role == HOST_UPGRADE) {
        scan_web(stream, dice);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        struct deed *deed =
            life_add_from(stream, DEED_FLOW, 20 + dice_below(dice, 300), stream->plan->scanner);
        deed->account = DEED_NO_ACCOUNT;
        deed->to.port = ports[i];
        deed->flow.protocol = SLICE("tcp");
        deed->flow.sent_bytes = 120;
        deed->flow.received_bytes = 80;
        deed->flow.taken_ms = 3;
        deed->flow.refused = dice_below(dice, 100) < 60;
    }
}

static void back_up(struct life_stream *stream, struct dice *dice) {
    uint32_t server = stream->plan->backup;
    if (server == DEED_NO_HOST || server == stream->host->number)
        return;
    log_on_from(stream, dice, server, life_find_account(stream, ACCOUNT_SERVICE, 0), LOGON_NETWORK);
    struct deed *flow = life_add_to(stream, DEED_FLOW, 900, server);
    life_put_program(stream, flow, "C:\\Program Files\\Corp Tools\\Backup\\agent.exe");
    flow->to.port = 10090;
    flow->flow.protocol = SLICE("tcp");
    flow->flow.sent_bytes =
        (stream->host->central ? 900000000u : 20000000u) + dice_below(dice, 300000000);
    flow->flow.received_bytes = 400000 + dice_below(dice, 90000);
    flow->flow.taken_ms = 300000 + dice_below(dice, 900000);
    log_off(stream, 1000);
}

// The detection product looks round by script.
static void respond(struct life_stream *stream, struct dice *dice) {
    struct deed *deed;
    if (stream->host->system != SYSTEM_WINDOWS)
        return;
    life_start_program(stream, 0, "C:\\Program Files\\Example Sentinel\\sentinel.exe",
                       "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
                       life_text(stream,
                                 "powershell.exe -NoProfile -ExecutionPolicy Bypass -File "
                                 "\"C:\\ProgramData\\Example Sentinel\\collect-%u.ps1\"",
                                 (unsigned)dice_below(dice, 30)));
    deed = life_add(stream, DEED_SCRIPT, 400);
    deed->account = DEED_NO_ACCOUNT;
    deed->program = deed[-1].program;
    deed->script.text = SLICE("Get-Process | Select-Object Name, Path, Id | ConvertTo-Json");
    deed->script.path = SLICE("C:\\ProgramData\\Example Sentinel\\collect.ps1");
}

void life_happen_round(struct life_stream *stream, struct dice *dice,
                       const struct scenario_round *round, uint32_t occurrence) {
    switch (round->kind) {
    case ROUND_RELEASE:
        release(stream, dice, occurrence);
        break;
    case ROUND_MANAGEMENT:
        manage(stream, dice, occurrence);
        break;
    case ROUND_PATCH:
        patch(stream, dice);
        break;
    case ROUND_JUMP:
        administrate(stream, dice);
        break;
    case ROUND_HELP:
        help(stream, dice);
        break;
    case ROUND_SCAN:
        scan(stream, dice);
        break;
    case ROUND_BACKUP:
        back_up(stream, dice);
        break;
    case ROUND_BROWSER:
        update_browser(stream, occurrence);
        break;
    case ROUND_RESPONSE:
        respond(stream, dice);
        break;
    case ROUND_ODDITY:
        life_be_odd(stream, dice);
        break;
    case ROUND_COUNT:
        break;
    }
}
