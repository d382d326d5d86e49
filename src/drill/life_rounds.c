// Normal life: what comes round
// SPDX-License-Identifier: Apache-2.0
#include "drill/life_stream.h"
#include "drill/upgrade_service.h"

#define MANAGEMENT_AGENT "C:\\Program Files\\Corp Tools\\Agent\\agent.exe"

static uint32_t number_of(const struct life_stream *stream, enum host_role role) {
    const struct host *host = organisation_host(stream->plan->organisation, role, 0);
    return host ? host->number : DEED_NO_HOST;
}

static uint32_t find_account(const struct life_stream *stream, enum account_kind kind,
                             uint32_t pick) {
    const struct organisation *organisation = stream->plan->organisation;
    uint32_t count = 0, found = DEED_NO_ACCOUNT;
    for (uint32_t i = 0; i < organisation->account_count; i++)
        if (organisation->accounts[i].kind == kind &&
            organisation->accounts[i].company == stream->host->company && count++ <= pick)
            found = i;
    return found;
}

static void start_program(struct life_stream *stream, const char *parent, const char *image,
                          struct slice command, uint32_t later_ms) {
    struct deed *deed = life_add(stream, DEED_PROCESS_START, later_ms);
    life_put_program(stream, deed, image);
    deed->parent = deed->program;
    deed->parent.key = 1;
    deed->parent.image = deed->parent.command = slice_of_string(parent);
    deed->program.command = command;
    deed->account = DEED_NO_ACCOUNT;
    deed->process.elevated = true;
}

static void log_on_from(struct life_stream *stream, struct dice *dice, uint32_t from,
                        uint32_t account, enum deed_logon_type type) {
    if (from == DEED_NO_HOST || from == stream->host->number ||
        stream->host->system != SYSTEM_WINDOWS)
        return;
    struct deed *deed = life_add_from(stream, DEED_LOGON, 10, from);
    deed->account = account;
    deed->logon.type = type;
    deed->logon.package = SLICE("Kerberos");
    deed->logon.session = 0x300000 + dice_below(dice, 0xFFFFFF);
    deed->logon.elevated = true;
}

// A listed release: fetched, written, run, as the tampered ones will be.
static void release(struct life_stream *stream, struct dice *dice, uint32_t occurrence) {
    const struct life_plan *plan = stream->plan;
    if (stream->host->role != HOST_WORKSTATION || plan->upgrade == DEED_NO_HOST)
        return;
    struct deed_content content = upgrade_release(plan->organisation->seed, occurrence + 1);
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
                                   .response_bytes = content.size_bytes,
                                   .taken_ms = 900 + dice_below(dice, 9000),
                                   .artefact = SLICE(UPGRADE_PACKAGE_NAME)};
    struct deed *write = life_add(stream, DEED_FILE_WRITE, 1500);
    life_put_program(stream, write, UPGRADE_UPDATER);
    write->file.path = SLICE(UPGRADE_CACHE UPGRADE_PACKAGE_NAME);
    start_program(stream, UPGRADE_UPDATER, UPGRADE_CACHE UPGRADE_PACKAGE_NAME,
                  SLICE("\"" UPGRADE_CACHE UPGRADE_PACKAGE_NAME "\" /quiet /norestart"), 2500);
    struct deed *software = life_add(stream, DEED_SOFTWARE_INSTALL, 9000);
    software->software.name = SLICE("Example DocSafe Client");
    software->software.version = life_text(stream, "6.4.%u", (unsigned)occurrence + 1);
    software->software.publisher = SLICE("Example DocSafe Ltd");
}

static void manage(struct life_stream *stream, struct dice *dice, uint32_t occurrence) {
    uint32_t server = number_of(stream, HOST_MANAGEMENT);
    if (stream->host->role != HOST_WORKSTATION || server == DEED_NO_HOST)
        return;
    struct slice command = life_text(stream, "\"C:\\ProgramData\\Corp Tools\\jobs\\job%u.exe\" /s",
                                     (unsigned)occurrence + 100);
    log_on_from(stream, dice, server, find_account(stream, ACCOUNT_SERVICE, 1), LOGON_NETWORK);
    start_program(stream, MANAGEMENT_AGENT, "C:\\ProgramData\\Corp Tools\\jobs\\job.exe", command,
                  800);
}

static void patch(struct life_stream *stream) {
    if (stream->host->system == SYSTEM_WINDOWS)
        start_program(stream, "C:\\Windows\\System32\\services.exe",
                      "C:\\Windows\\servicing\\TrustedInstaller.exe",
                      SLICE("C:\\Windows\\servicing\\TrustedInstaller.exe"), 0);
}

static void administrate(struct life_stream *stream, struct dice *dice) {
    uint32_t jump = number_of(stream, HOST_JUMP);
    log_on_from(stream, dice, jump, find_account(stream, PERSON_ADMINISTRATOR, 0), LOGON_REMOTE);
}

static void scan(struct life_stream *stream, struct dice *dice) {
    static const char *const stems[] = {"/manager/html",
                                        "/solr/admin/",
                                        "/.git/config",
                                        "/owa/auth/x.js",
                                        "/console/login/LoginForm.jsp",
                                        "/phpmyadmin/index.php"};
    uint32_t scanner = number_of(stream, HOST_SCANNER);
    enum host_role role = stream->host->role;
    if (scanner == DEED_NO_HOST ||
        (role != HOST_MAIL && role != HOST_DOCUMENT && role != HOST_UPGRADE))
        return;
    for (int i = 0; i < LIFE_QUEUE_MAX - 1; i++) {
        struct deed *deed =
            life_add_from(stream, DEED_WEB_REQUEST, 40 + dice_below(dice, 500), scanner);
        deed->to.port = 443;
        deed->web =
            (struct deed_web){.site = role == HOST_MAIL       ? WEB_EXCHANGE_FRONT
                                      : role == HOST_DOCUMENT ? WEB_DOCUMENT
                                                              : WEB_UPGRADE,
                              .method = SLICE("GET"),
                              .scheme = SLICE("https"),
                              .stem = slice_of_string(stems[dice_below(dice, ARRAY_SIZE(stems))]),
                              .agent = SLICE("Example-Vulnerability-Scanner/3.2"),
                              .status = 404,
                              .request_bytes = 260,
                              .response_bytes = 1245,
                              .taken_ms = 2};
    }
}

// The detection product looks round by script.
static void respond(struct life_stream *stream, struct dice *dice) {
    struct deed *deed;
    if (stream->host->system != SYSTEM_WINDOWS)
        return;
    start_program(stream, "C:\\Program Files\\Example Sentinel\\sentinel.exe",
                  "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
                  life_text(stream,
                            "powershell.exe -NoProfile -ExecutionPolicy Bypass -File "
                            "\"C:\\ProgramData\\Example Sentinel\\collect-%u.ps1\"",
                            (unsigned)dice_below(dice, 30)),
                  0);
    deed = life_add(stream, DEED_SCRIPT, 400);
    deed->script.text = SLICE("Get-Process | Select-Object Name, Path, Id | ConvertTo-Json");
    deed->script.path = SLICE("C:\\ProgramData\\Example Sentinel\\collect.ps1");
}

// Each oddity has a rate of its own, log-uniform from daily on one host in ten to hardly ever.
static void be_odd(struct life_stream *stream, struct dice *dice) {
    static const struct {
        const char *image, *command;
    } oddities[] = {
        {"C:\\Windows\\System32\\whoami.exe", "whoami /all"},
        {"C:\\Windows\\System32\\net.exe", "net  group \"Domain Admins\" /domain"},
        {"C:\\Windows\\System32\\nltest.exe", "nltest /dclist:corp.example.com"},
        {"C:\\Windows\\System32\\systeminfo.exe", "systeminfo"},
        {"C:\\Windows\\System32\\schtasks.exe", "schtasks /query /fo csv /v"},
        {"C:\\Windows\\System32\\certutil.exe", "certutil -hashfile C:\\Temp\\setup.exe SHA256"},
        {"C:\\Windows\\System32\\reg.exe", "reg save HKLM\\SOFTWARE C:\\Backup\\software.hiv"},
        {"C:\\Windows\\System32\\wbem\\WMIC.exe", "wmic process list brief"},
        {"C:\\Windows\\System32\\vssadmin.exe", "vssadmin list shadows"},
        {"C:\\Windows\\System32\\bitsadmin.exe", "bitsadmin /list /allusers"},
        {"C:\\Windows\\System32\\wevtutil.exe", "wevtutil epl Application C:\\Temp\\app.evtx"},
        {"C:\\Windows\\System32\\netsh.exe", "netsh advfirewall show allprofiles"},
    };
    uint32_t per_million = 100000;
    if (stream->host->system != SYSTEM_WINDOWS)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(oddities); i++, per_million = per_million * 2 / 3) {
        if (dice_below(dice, 1000000) >= per_million ||
            stream->lanes[stream->at]->queue_count == LIFE_QUEUE_MAX)
            continue;
        start_program(stream, "C:\\Windows\\System32\\cmd.exe", oddities[i].image,
                      slice_of_string(oddities[i].command), 2000 + dice_below(dice, 60000));
    }
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
        patch(stream);
        break;
    case ROUND_JUMP:
        administrate(stream, dice);
        break;
    case ROUND_HELP:
        log_on_from(stream, dice, number_of(stream, HOST_MANAGEMENT),
                    find_account(stream, PERSON_HELP_DESK, dice_below(dice, 4)), LOGON_REMOTE);
        break;
    case ROUND_SCAN:
        scan(stream, dice);
        break;
    case ROUND_BACKUP:
        log_on_from(stream, dice, number_of(stream, HOST_BACKUP),
                    find_account(stream, ACCOUNT_SERVICE, 0), LOGON_NETWORK);
        break;
    case ROUND_BROWSER:
        start_program(stream, "C:\\Windows\\System32\\svchost.exe",
                      "C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe",
                      SLICE("\"C:\\Program Files (x86)\\Google\\Update\\GoogleUpdate.exe\" /ua"),
                      0);
        break;
    case ROUND_RESPONSE:
        respond(stream, dice);
        break;
    case ROUND_ODDITY:
        be_odd(stream, dice);
        break;
    case ROUND_COUNT:
        break;
    }
}
