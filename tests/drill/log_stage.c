// A stage on which one log writer plays alone
// SPDX-License-Identifier: Apache-2.0
#include "log_stage.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_host(struct log_stage *stage, enum host_role role) {
    struct host *host = &stage->hosts[role];
    *host = (struct host){
        .number = role,
        .role = role,
        .system = SYSTEM_WINDOWS,
        .central = role != HOST_WORKSTATION,
        .address = address_of(0x0A140000u + 10 + role),
        .zone_seconds = 8 * 3600,
        .user = role == HOST_WORKSTATION ? 0 : DEED_NO_ACCOUNT,
        .account = DEED_NO_ACCOUNT,
        .logging = {true, true, true, true, true, true, true, false},
        .seed = 1000 + role,
    };
    snprintf(host->name, sizeof host->name, "%.10s", host_role_word(role));
    snprintf(host->fqdn, sizeof host->fqdn, "%s.corp.example.com", host->name);
}

static void make_account(struct account *account, const char *name, enum account_kind kind,
                         const char *sid) {
    snprintf(account->name, sizeof account->name, "%s", name);
    account->kind = (uint8_t)kind;
    account->sid_size = (uint8_t)evtx_sid_parse(sid, account->sid);
    account->host = HOST_WORKSTATION;
}

void log_stage_init(struct log_stage *stage) {
    struct problem problem;
    *stage = (struct log_stage){.choices = {.evtx = true}};
    snprintf(stage->directory, sizeof stage->directory, "/tmp/vedette-log-XXXXXX");
    assert_non_null(mkdtemp(stage->directory));
    snprintf(stage->company.name, sizeof stage->company.name, "Example");
    snprintf(stage->company.domain, sizeof stage->company.domain, "corp.example.com");
    snprintf(stage->company.netbios, sizeof stage->company.netbios, "CORP");
    snprintf(stage->company.sid, sizeof stage->company.sid, "S-1-5-21-1-2-3");
    stage->company.controller = HOST_DOMAIN_CONTROLLER;
    stage->site.zone_seconds = 8 * 3600;
    assert_true(network_parse(SLICE("10.20.0.0/17"), &stage->site.workstations));
    assert_true(network_parse(SLICE("10.20.250.0/24"), &stage->site.servers));
    for (unsigned role = 0; role < HOST_ROLE_COUNT; role++)
        make_host(stage, role);
    make_account(&stage->accounts[0], "erika.muster", PERSON, "S-1-5-21-1-2-3-1101");
    make_account(&stage->accounts[1], "adm.01", PERSON_ADMINISTRATOR, "S-1-5-21-1-2-3-1102");
    stage->organisation = (struct organisation){
        .seed = 1,
        .start_ns = STAGE_START,
        .end_ns = STAGE_START + 7 * 86400 * STAGE_SECOND,
        .companies = &stage->company,
        .company_count = 1,
        .sites = &stage->site,
        .site_count = 1,
        .hosts = stage->hosts,
        .host_count = HOST_ROLE_COUNT,
        .central_count = HOST_ROLE_COUNT - 1,
        .accounts = stage->accounts,
        .account_count = 2,
    };
    assert_int_equal(evidence_new(stage->directory, &stage->evidence, &problem), STATUS_OK);
}

void log_stage_open(struct log_stage *stage, const struct log_writer *writer, enum host_role role) {
    struct problem problem;
    const struct host *host = &stage->hosts[role];
    assert_true(writer->roles >> role & 1);
    snprintf(stage->log_directory, sizeof stage->log_directory, "%s/%s",
             host->central ? "servers" : "hosts", host->name);
    stage->writer = writer;
    stage->log_site = (struct log_site){
        .organisation = &stage->organisation,
        .host = host,
        .evidence = stage->evidence,
        .choices = &stage->choices,
        .kit = writer->kit_new ? writer->kit_new(&stage->organisation, &stage->choices) : NULL,
        .directory = stage->log_directory,
    };
    dice_init(&stage->log_site.dice, 1, 2);
    assert_true(!writer->keeps || writer->keeps(&stage->log_site));
    assert_int_equal(writer->open(&stage->log_site, &stage->log, &problem), STATUS_OK);
}

struct deed log_stage_deed(struct log_stage *stage, enum deed_kind kind, enum host_role from,
                           enum host_role to, bool attack) {
    uint64_t serial = ++stage->serial;
    return (struct deed){
        .time_ns = STAGE_START + (int64_t)serial * 60 * STAGE_SECOND + 123456789,
        .kind = kind,
        .step = attack ? 0 : DEED_NO_STEP,
        .serial = serial,
        .from = {.host = from, .address = stage->hosts[from].address},
        .to = {.host = to, .address = stage->hosts[to].address},
        .account = 0,
    };
}

static struct log_entry make_entry(const struct log_stage *stage, const struct deed *deed,
                                   enum log_place place) {
    const struct host *host = stage->log_site.host;
    int64_t time_ns = deed->time_ns + host->skew_ns;
    return (struct log_entry){
        deed,
        place,
        time_ns,
        {deed->serial, deed->step, host->number, time_ns, deed->from.host, deed->to.host, 0, 0}};
}

void log_stage_tell(struct log_stage *stage, const struct deed *deed, enum log_place place) {
    struct problem problem = {0};
    assert_true(stage->writer->kinds >> deed->kind & 1);
    assert_true(stage->writer->places & place);
    struct log_entry entry = make_entry(stage, deed, place);
    enum status status = stage->writer->write(stage->log, &entry, &problem);
    assert_string_equal(status == STATUS_OK ? "" : problem.text, "");
}

void log_stage_clear(struct log_stage *stage, unsigned what) {
    struct problem problem;
    enum host_role role = stage->log_site.host->role;
    struct deed deed = log_stage_deed(stage, DEED_LOG_CLEAR, role, role, true);
    deed.clear.what = what;
    struct log_entry entry = make_entry(stage, &deed, PLACE_TO);
    assert_non_null(stage->writer->clear);
    assert_int_equal(stage->writer->clear(stage->log, &entry, &problem), STATUS_OK);
}

void log_stage_close(struct log_stage *stage) {
    struct problem problem;
    assert_int_equal(stage->writer->close(stage->log, &problem), STATUS_OK);
    stage->log = NULL;
}

char *log_stage_read(struct log_stage *stage, const char *path) {
    size_t count = evidence_file_count(stage->evidence);
    struct evidence_file file = {0};
    for (uint32_t i = 0; i < count && !file.path; i++) {
        struct evidence_file this = evidence_file_at(stage->evidence, i);
        if (strcmp(this.path, path) == 0)
            file = this;
    }
    if (!file.path)
        fail_msg("no such file in the evidence: %s", path);
    FILE *stream = fopen(file.disk_path, "rbe");
    assert_non_null(stream);
    char *text = memory_new(file.bytes + 1, 1);
    assert_int_equal(fread(text, 1, file.bytes + 1, stream), file.bytes);
    fclose(stream);
    return text;
}

bool log_stage_line(const char *text, size_t line, char *ret_line, size_t size) {
    for (; line > 1; line--) {
        text = strchr(text, '\n');
        if (!text)
            return false;
        text++;
    }
    size_t length = strcspn(text, "\r\n");
    if (*text == 0)
        return false;
    snprintf(ret_line, size, "%.*s", (int)length, text);
    return true;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

void log_stage_done(struct log_stage *stage) {
    if (stage->log)
        log_stage_close(stage);
    if (stage->log_site.kit)
        stage->writer->kit_free((struct log_kit *)(uintptr_t)stage->log_site.kit);
    evidence_free(stage->evidence);
    nftw(stage->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
