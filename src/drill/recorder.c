// Between deeds and logs: who sees what, and what is lost
// SPDX-License-Identifier: Apache-2.0
#include "drill/recorder.h"

#include "base/memory.h"
#include "drill/evidence_damage.h"
#include "drill/evidence_pack.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Invariants: logs are of open hosts only; logs of one host lie together; `first` of a host that
// is not open is 0 and its count too.
enum {
    DIRECTORY_SIZE = 32
};

#define MILLION 1000000u

struct open_log {
    const struct log_writer *writer;
    struct log *log;
    struct log_site site;
    char directory[DIRECTORY_SIZE];
};

struct host_logs {
    uint32_t first, count;
};

struct recorder {
    struct recorder_options options;
    const struct log_writer *const *writers;
    size_t writer_count;
    struct log_kit **kits;
    struct open_log **logs; // each of its own: writers keep pointers to the site
    size_t log_count, log_capacity;
    struct host_logs *hosts; // by host number
    size_t file_first;       // of the evidence, when the logs were opened
    const struct host *host; // whose logs are open; NULL: the central ones'
};

struct recorder *recorder_new(const struct recorder_options *options) {
    struct recorder *recorder = memory_new(1, sizeof *recorder);
    recorder->options = *options;
    recorder->writers = log_writer_list(&recorder->writer_count);
    recorder->kits = memory_new(recorder->writer_count, sizeof(struct log_kit *));
    for (size_t i = 0; i < recorder->writer_count; i++)
        if (recorder->writers[i]->kit_new)
            recorder->kits[i] =
                recorder->writers[i]->kit_new(options->organisation, &recorder->options.choices);
    recorder->hosts = memory_new(options->organisation->host_count, sizeof *recorder->hosts);
    return recorder;
}

void recorder_free(struct recorder *recorder) {
    if (!recorder)
        return;
    assert(recorder->log_count == 0);
    for (size_t i = 0; i < recorder->writer_count; i++)
        if (recorder->kits[i])
            recorder->writers[i]->kit_free(recorder->kits[i]);
    memory_free(recorder->kits);
    memory_free(recorder->logs);
    memory_free(recorder->hosts);
    memory_free(recorder);
}

// FNV-1a: what befalls a log hangs on its name, so that a new writer changes no other log.
static uint64_t hash_name(const char *name) {
    uint64_t hash = 0xCBF29CE484222325ull;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 0x100000001B3ull;
    return hash;
}

static bool is_kept(const struct recorder *recorder, const struct open_log *log) {
    const struct host *host = log->site.host;
    struct dice dice;
    if (!(log->writer->roles >> host->role & 1) || !host->logging.keeps_logs)
        return false;
    if (log->writer->keeps && !log->writer->keeps(&log->site))
        return false;
    host_dice_init(&dice, host, hash_name(log->writer->name) ^ 1);
    return dice_below(&dice, MILLION) >= recorder->options.loss_millionths;
}

static void name_directory(const struct host *host, char ret_directory[DIRECTORY_SIZE]) {
    snprintf(ret_directory, DIRECTORY_SIZE, "%s/%s", host->central ? "servers" : "hosts",
             host->name);
}

static enum status open_log(struct recorder *recorder, const struct host *host, size_t number,
                            struct problem *problem) {
    const struct log_writer *writer = recorder->writers[number];
    struct open_log *log = memory_new(1, sizeof *log);
    log->writer = writer;
    name_directory(host, log->directory);
    log->site = (struct log_site){
        .organisation = recorder->options.organisation,
        .host = host,
        .evidence = recorder->options.evidence,
        .choices = &recorder->options.choices,
        .kit = recorder->kits[number],
        .directory = log->directory,
    };
    host_dice_init(&log->site.dice, host, hash_name(writer->name));
    enum status status = STATUS_OK;
    if (!is_kept(recorder, log)) {
        memory_free(log);
        return STATUS_OK;
    }
    status = writer->open(&log->site, &log->log, problem);
    if (status != STATUS_OK) {
        memory_free(log);
        return status;
    }
    if (recorder->log_count == recorder->log_capacity) {
        recorder->log_capacity = recorder->log_capacity ? 2 * recorder->log_capacity : 64;
        recorder->logs =
            memory_resize(recorder->logs, recorder->log_capacity, sizeof *recorder->logs);
    }
    recorder->logs[recorder->log_count++] = log;
    return STATUS_OK;
}

static enum status open_host(struct recorder *recorder, const struct host *host,
                             struct problem *problem) {
    struct host_logs *logs = &recorder->hosts[host->number];
    enum status status = STATUS_OK;
    logs->first = (uint32_t)recorder->log_count;
    for (size_t i = 0; i < recorder->writer_count && status == STATUS_OK; i++)
        status = open_log(recorder, host, i, problem);
    logs->count = (uint32_t)recorder->log_count - logs->first;
    return status;
}

enum status recorder_begin(struct recorder *recorder, const struct host *host,
                           struct problem *problem) {
    const struct organisation *organisation = recorder->options.organisation;
    assert(recorder->log_count == 0);
    recorder->file_first = evidence_file_count(recorder->options.evidence);
    recorder->host = host;
    if (host)
        return open_host(recorder, host, problem);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < organisation->central_count && status == STATUS_OK; i++)
        status = open_host(recorder, &organisation->hosts[i], problem);
    return status;
}

static enum status tell_log(struct open_log *log, const struct log_entry *entry,
                            struct problem *problem) {
    const struct log_writer *writer = log->writer;
    if (entry->deed->kind == DEED_LOG_CLEAR)
        return writer->clear ? writer->clear(log->log, entry, problem) : STATUS_OK;
    if (!(writer->kinds >> entry->deed->kind & 1) || !(writer->places & entry->place))
        return STATUS_OK;
    return writer->write(log->log, entry, problem);
}

static enum status tell_host(struct recorder *recorder, const struct deed *deed, uint32_t number,
                             enum log_place place, struct problem *problem) {
    if (number == DEED_NO_HOST)
        return STATUS_OK;
    const struct host *host = &recorder->options.organisation->hosts[number];
    const struct host_logs *logs = &recorder->hosts[number];
    int64_t time_ns = deed->time_ns + host->skew_ns + host->zone_error_seconds * 1000000000ll;
    struct log_entry entry = {
        deed,
        place,
        time_ns,
        {deed->serial, deed->step, number, time_ns, deed->from.host, deed->to.host, 0, 0}};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < logs->count && status == STATUS_OK; i++)
        status = tell_log(recorder->logs[logs->first + i], &entry, problem);
    return status;
}

static enum status tell_roles(struct recorder *recorder, const struct deed *deed, uint32_t roles,
                              enum log_place place, struct problem *problem) {
    const struct organisation *organisation = recorder->options.organisation;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < organisation->central_count && status == STATUS_OK; i++)
        if (roles >> organisation->hosts[i].role & 1)
            status = tell_host(recorder, deed, i, place, problem);
    return status;
}

// What crosses a network. A logon does where it comes from another host.
static bool is_on_wire(const struct deed *deed) {
    const uint64_t kinds = DEED_MASK(LEASE) | DEED_MASK(NAME_QUERY) | DEED_MASK(FLOW) |
                           DEED_MASK(WEB_REQUEST) | DEED_MASK(MAIL) | DEED_MASK(MAILBOX_ACCESS) |
                           DEED_MASK(LOGON) | DEED_MASK(SSH_LOGIN) | DEED_MASK(SHARE_ACCESS);
    bool apart = deed->from.host != deed->to.host || deed->from.host == DEED_NO_HOST;
    return (kinds >> deed->kind & 1) && apart && deed->from.address.size && deed->to.address.size;
}

static uint32_t find_directory(const struct recorder *recorder, const struct deed *deed) {
    const struct organisation *organisation = recorder->options.organisation;
    bool checked = deed->kind == DEED_LOGON || deed->kind == DEED_ACCOUNT_CHANGE;
    if (!checked || deed->account == DEED_NO_ACCOUNT)
        return DEED_NO_HOST;
    return organisation->companies[organisation->accounts[deed->account].company].controller;
}

enum status recorder_tell(struct recorder *recorder, const struct deed *deed,
                          struct problem *problem) {
    const struct organisation *organisation = recorder->options.organisation;
    if (deed->time_ns < organisation->start_ns || deed->time_ns >= organisation->end_ns)
        return STATUS_OK;
    enum status status = tell_host(recorder, deed, deed->to.host, PLACE_TO, problem);
    if (status == STATUS_OK && deed->from.host != deed->to.host)
        status = tell_host(recorder, deed, deed->from.host, PLACE_FROM, problem);
    uint32_t directory = find_directory(recorder, deed);
    if (status == STATUS_OK)
        status = tell_host(recorder, deed, directory, PLACE_DIRECTORY, problem);
    if (status == STATUS_OK && is_on_wire(deed))
        status =
            tell_roles(recorder, deed, HOST_MASK(SENSOR) | HOST_MASK(ROUTER), PLACE_WIRE, problem);
    if (status == STATUS_OK && deed->kind == DEED_WEB_REQUEST && deed->web.proxied)
        status = tell_roles(recorder, deed, HOST_MASK(PROXY), PLACE_MIDDLE, problem);
    return status;
}

static enum status pack_host(const struct recorder *recorder, const struct host *host,
                             struct problem *problem) {
    char directory[DIRECTORY_SIZE];
    name_directory(host, directory);
    return evidence_pack_host(recorder->options.evidence, host, directory,
                              (uint32_t)recorder->file_first,
                              recorder->options.organisation->end_ns, problem);
}

static enum status pack_hosts(const struct recorder *recorder, struct problem *problem) {
    const struct organisation *organisation = recorder->options.organisation;
    enum status status = STATUS_OK;
    if (!recorder->options.packed)
        return STATUS_OK;
    if (recorder->host)
        return pack_host(recorder, recorder->host, problem);
    for (size_t i = 0; i < organisation->central_count && status == STATUS_OK; i++)
        status = pack_host(recorder, &organisation->hosts[i], problem);
    return status;
}

enum status recorder_end(struct recorder *recorder, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < recorder->log_count; i++) {
        struct open_log *log = recorder->logs[i];
        recorder->hosts[log->site.host->number] = (struct host_logs){0};
        enum status closed = log->writer->close(log->log, status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? closed : status;
        memory_free(log);
    }
    recorder->log_count = 0;
    size_t count = evidence_file_count(recorder->options.evidence);
    for (size_t i = recorder->file_first; i < count && status == STATUS_OK; i++)
        status = evidence_damage(recorder->options.evidence, (uint32_t)i,
                                 recorder->options.organisation->seed,
                                 recorder->options.damage_millionths, problem);
    return status == STATUS_OK ? pack_hosts(recorder, problem) : status;
}
