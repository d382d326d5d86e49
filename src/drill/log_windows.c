// Event logs of a Windows host
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/life.h"
#include "drill/record_names.h"
#include "drill/text_log.h"
#include "drill/windows_record.h"
#include "drill/winlogbeat_line.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Records are made by windows_record.c through a fleet_host, which knows accounts, processes and
// the host's ordinary noise; they come back through `sink` and go to one file a channel.
enum {
    CHANNELS_MAX = 64,
    EVTX_CHUNK_BYTES = 65536,
    PATH_MAX_HERE = 256
};

struct log_kit {
    struct fleet fleet;
    struct drill_logs_options options;
    const char *channels[CHANNELS_MAX];
    uint8_t channel_of_type[DRILL_EVENT_COUNT];
    size_t channel_count;
};

struct channel_file {
    struct evtx_writer *writer;
    uint32_t file;
    uint64_t records;
    const char *path;
};

struct log {
    struct fleet_sink sink; // first: the sink's address is the log's
    const struct log_site *site;
    const struct evidence_mark *mark; // of the entry being written
    struct windows_host host;
    struct problem *problem;
    struct channel_file files[CHANNELS_MAX];
    struct text_log shipped;
    bool ships;
};

static uint8_t find_channel(struct log_kit *kit, const char *channel) {
    for (size_t i = 0; i < kit->channel_count; i++)
        if (strcmp(kit->channels[i], channel) == 0)
            return (uint8_t)i;
    assert(kit->channel_count < CHANNELS_MAX);
    kit->channels[kit->channel_count] = channel;
    return (uint8_t)kit->channel_count++;
}

// Noise that other hosts would have to know of comes as deeds of its own.
static void leave_out_deeds(struct fleet *fleet) {
    static void (*const rows[])(struct fleet_host *) = {
        life_log_on,      life_fail_log_on,  life_access_share,        life_check_credential,
        life_give_ticket, life_administrate, life_give_service_ticket, life_open_session};
    uint32_t weights[DICE_PICKS];
    for (size_t kind = 0; kind < ARRAY_SIZE(fleet->life); kind++) {
        for (size_t i = 0; i < life_row_count; i++) {
            weights[i] = life_rows[i].weights[kind];
            for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
                if (life_rows[i].happen == rows[j])
                    weights[i] = 0;
        }
        dice_table_init(&fleet->life[kind], weights, life_row_count);
    }
}

static struct log_kit *windows_kit_new(const struct organisation *organisation,
                                       const struct log_choices *choices) {
    struct log_kit *kit = memory_new(1, sizeof *kit);
    struct fleet *fleet = &kit->fleet;
    (void)choices;
    kit->options.hosts = (uint32_t)organisation->host_count;
    kit->options.seed = organisation->seed;
    kit->options.records = 1;
    fleet->options = &kit->options;
    fleet->organisation = organisation;
    fleet->start = windows_time(organisation->start_ns);
    fleet->scribe = memory_new(1, sizeof *fleet->scribe);
    fleet->types = event_types_new();
    fleet->catalogue = evtx_catalogue_new(event_types_table(fleet->types), DRILL_EVENT_COUNT);
    fleet_make_tables(fleet);
    leave_out_deeds(fleet);
    for (size_t i = 0; i < DRILL_EVENT_COUNT; i++)
        kit->channel_of_type[i] =
            find_channel(kit, evtx_catalogue_type(fleet->catalogue, i)->channel);
    return kit;
}

static void windows_kit_free(struct log_kit *kit) {
    evtx_catalogue_free(kit->fleet.catalogue);
    event_types_free(kit->fleet.types);
    memory_free(kit->fleet.told);
    memory_free(kit->fleet.scribe);
    memory_free(kit);
}

// "Microsoft-Windows-Sysmon/Operational" is kept in Microsoft-Windows-Sysmon%4Operational.evtx;
// what came before a clearing is another file that is gone.
static enum status open_file(struct log *log, size_t channel, struct problem *problem) {
    struct channel_file *file = &log->files[channel];
    char path[PATH_MAX_HERE];
    int size =
        snprintf(path, sizeof path, "%s/C/Windows/System32/winevt/Logs/", log->site->directory);
    size_t at = (size_t)size;
    for (const char *c = log->site->kit->channels[channel]; *c && at < sizeof path - 8; c++) {
        if (*c == '/') {
            path[at++] = '%';
            path[at++] = '4';
        } else
            path[at++] = *c;
    }
    memcpy(path + at, ".evtx", 6);
    enum status status = STATUS_OK;
    if (file->file == EVIDENCE_NO_FILE)
        status = evidence_add_file(log->site->evidence, path, &file->file, &file->path, problem);
    if (status == STATUS_OK)
        status = evtx_writer_open(log->site->kit->fleet.catalogue, file->path, 1, &file->writer,
                                  problem);
    return status;
}

// What Winlogbeat has shipped stays, whatever is cleared on the host.
static enum status ship(struct log *log, const struct evtx_record *record, uint64_t number,
                        struct problem *problem) {
    struct text_log *shipped = &log->shipped;
    enum status status = STATUS_OK;
    if (text_log_due(shipped, 0))
        status = text_log_begin(shipped, 0, "winlogbeat/winlogbeat.ndjson", problem);
    if (status != STATUS_OK)
        return status;
    winlogbeat_append(&shipped->line, record, number);
    return text_log_put(shipped, log->mark, problem);
}

static void cite_record(struct log *log, const struct channel_file *file,
                        const struct evtx_record *record) {
    const struct log_site *site = log->site;
    const struct evtx_event_type *type =
        evtx_catalogue_type(site->kit->fleet.catalogue, record->type);
    struct evidence_mark shown = *log->mark;
    record_names_values(site->organisation, record->values, type->field_count, &shown);
    record_ties(site->evidence, &shown);
    evidence_cite(site->evidence, &shown, file->file, evtx_writer_records(file->writer),
                  evtx_writer_bytes(file->writer) - EVTX_CHUNK_BYTES);
}

static enum status append(struct fleet_sink *sink, struct evtx_record *record,
                          struct problem *problem) {
    struct log *log = (struct log *)sink;
    size_t channel = log->site->kit->channel_of_type[record->type];
    struct channel_file *file = &log->files[channel];
    enum status status = STATUS_OK;
    file->records++;
    if (log->ships)
        status = ship(log, record, file->records, problem);
    if (status != STATUS_OK || !log->site->choices->evtx)
        return status;
    if (!file->writer)
        status = open_file(log, channel, problem);
    if (status == STATUS_OK)
        status = evtx_writer_append(file->writer, record, problem);
    if (status == STATUS_OK && log->mark &&
        record_is_asked(log->site->organisation, log->site->evidence, log->mark))
        cite_record(log, file, record);
    return status;
}

static void set_account(struct fleet_account *to, const struct organisation *organisation,
                        const struct account *from) {
    const struct company *company = &organisation->companies[from->company];
    snprintf(to->name, sizeof to->name, "%s", from->name);
    snprintf(to->domain, sizeof to->domain, "%s", company->netbios);
    snprintf(to->label, sizeof to->label, "%.23s\\%.31s", to->domain, to->name);
    memcpy(to->sid, from->sid, from->sid_size);
    to->sid_size = from->sid_size;
}

// The host's own people in place of the fleet's.
static void set_people(struct fleet_host *fleet, const struct log_site *site) {
    const struct organisation *organisation = site->organisation;
    const struct host *host = site->host;
    const struct account *administrator = NULL;
    for (size_t i = 0; i < organisation->account_count && !administrator; i++)
        if (organisation->accounts[i].kind == PERSON_ADMINISTRATOR &&
            organisation->accounts[i].company == host->company)
            administrator = &organisation->accounts[i];
    const struct account *user =
        host->user == DEED_NO_ACCOUNT ? administrator : &organisation->accounts[host->user];
    for (unsigned i = ACCOUNT_USER; i < ACCOUNT_ADMIN && user; i++)
        set_account(&fleet->accounts[i], organisation, user);
    if (administrator)
        set_account(&fleet->accounts[ACCOUNT_ADMIN], organisation, administrator);
    if (host->account != DEED_NO_ACCOUNT) {
        struct fleet_account *machine = &fleet->accounts[ACCOUNT_MACHINE];
        snprintf(machine->domain, sizeof machine->domain, "%s",
                 organisation->companies[host->company].netbios);
        snprintf(machine->label, sizeof machine->label, "%.23s\\%.31s", machine->domain,
                 machine->name);
    }
}

static enum status windows_open(const struct log_site *site, struct log **ret_log,
                                struct problem *problem) {
    struct log *log = memory_new(1, sizeof *log);
    const struct host *host = site->host;
    char address[ADDRESS_TEXT_SIZE];
    address_format(&host->address, address);
    log->sink.append = append;
    log->site = site;
    log->ships = site->choices->winlogbeat && (host->logging.winlogbeat || !site->choices->evtx);
    text_log_init(&log->shipped, site);
    for (size_t i = 0; i < CHANNELS_MAX; i++)
        log->files[i].file = EVIDENCE_NO_FILE;
    struct fleet_identity identity = {
        .number = host->number,
        .seed = host->seed,
        .role = !host->central            ? ROLE_W
                : host->role == HOST_MAIL ? ROLE_S | ROLE_X
                                          : ROLE_S,
        .kind = !host->central || host->role == HOST_ADMINISTRATOR ? 0
                : host->role == HOST_DOMAIN_CONTROLLER             ? 2
                : host->role == HOST_MAIL                          ? 3
                                                                   : 1,
        .name = host->name,
        .computer = host->fqdn,
        .address = address,
    };
    log->host.fleet_host = fleet_host_make(&site->kit->fleet, &identity, problem);
    log->host.fleet_host->sink = &log->sink;
    log->host.site = site;
    set_people(log->host.fleet_host, site);
    *ret_log = log;
    return STATUS_OK;
}

static enum status windows_write(struct log *log, const struct log_entry *entry,
                                 struct problem *problem) {
    log->mark = &entry->mark;
    log->host.fleet_host->problem = problem;
    windows_record(&log->host, entry);
    log->mark = NULL;
    return log->host.fleet_host->status;
}

static bool is_cleared(const char *channel, unsigned what) {
    if (strcmp(channel, "Security") == 0)
        return what & CLEAR_SECURITY;
    if (strcmp(channel, "System") == 0)
        return what & CLEAR_SYSTEM;
    if (strcmp(channel, "Application") == 0 && what & CLEAR_APPLICATION)
        return true;
    return what & CLEAR_WINDOWS;
}

static enum status windows_clear(struct log *log, const struct log_entry *entry,
                                 struct problem *problem) {
    enum status status = STATUS_OK;
    unsigned what = entry->deed->clear.what;
    if (!(what & (CLEAR_SECURITY | CLEAR_SYSTEM | CLEAR_WINDOWS | CLEAR_APPLICATION)))
        return STATUS_OK;
    for (size_t i = 0; i < log->site->kit->channel_count && status == STATUS_OK; i++) {
        struct channel_file *file = &log->files[i];
        if (!is_cleared(log->site->kit->channels[i], what))
            continue;
        file->records = 0;
        if (!file->writer)
            continue;
        struct evtx_writer *writer = file->writer;
        file->writer = NULL;
        status = evtx_writer_close(writer, problem);
        evidence_withdraw(log->site->evidence, file->file, 0, UINT64_MAX, 1);
        if (status == STATUS_OK)
            status = open_file(log, i, problem);
    }
    log->mark = &entry->mark;
    log->host.fleet_host->problem = problem;
    if (status == STATUS_OK)
        windows_record_clear(&log->host, entry);
    log->mark = NULL;
    return status == STATUS_OK ? log->host.fleet_host->status : status;
}

static enum status windows_close(struct log *log, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        struct channel_file *file = &log->files[i];
        if (!file->writer)
            continue;
        uint64_t records = evtx_writer_records(file->writer);
        uint64_t bytes = evtx_writer_bytes(file->writer);
        enum status closed = evtx_writer_close(file->writer, status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? closed : status;
        evidence_close_file(log->site->evidence, file->file, records, bytes);
    }
    enum status done = text_log_done(&log->shipped, status == STATUS_OK ? problem : NULL);
    status = status == STATUS_OK ? done : status;
    fleet_host_free(log->host.fleet_host);
    memory_free(log);
    return status;
}

static bool windows_keeps(const struct log_site *site) {
    return site->host->system == SYSTEM_WINDOWS &&
           (site->choices->evtx || site->choices->winlogbeat);
}

const struct log_writer log_writer_windows = {
    .name = "windows",
    .summary = "event logs of Windows hosts: Security, System, Application, Sysmon and others",
    .kinds = DEED_MASK(ROUTINE) | DEED_MASK(NAME_QUERY) | DEED_MASK(FLOW) | DEED_MASK(WEB_REQUEST) |
             DEED_MASK(CMDLET) | DEED_MASK(LOGON) | DEED_MASK(SHARE_ACCESS) |
             DEED_MASK(PROCESS_START) | DEED_MASK(PROCESS_END) | DEED_MASK(PROCESS_ACCESS) |
             DEED_MASK(PIPE) | DEED_MASK(SCRIPT) | DEED_MASK(FILE_WRITE) | DEED_MASK(FILE_DELETE) |
             DEED_MASK(REGISTRY_SET) | DEED_MASK(SERVICE_INSTALL) | DEED_MASK(TASK_CREATE) |
             DEED_MASK(SOFTWARE_INSTALL) | DEED_MASK(LOGOFF) | DEED_MASK(ACCOUNT_CHANGE) |
             DEED_MASK(RESTART),
    .places = PLACE_FROM | PLACE_TO | PLACE_DIRECTORY,
    .roles = UINT32_MAX,
    .kit_new = windows_kit_new,
    .kit_free = windows_kit_free,
    .keeps = windows_keeps,
    .open = windows_open,
    .write = windows_write,
    .clear = windows_clear,
    .close = windows_close,
};
