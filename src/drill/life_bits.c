// What an ordinary host logs: background transfers
// SPDX-License-Identifier: Apache-2.0
#include "drill/life.h"

enum {
    BITS_PROCESS = 5120
};

static const struct job {
    const char *title, *url, *process;
    enum fleet_account_kind account;
} jobs[] = {
    {"Edge Component Updater",
     "http://edge.updates.example.com/filestreamingservice/files/$g?P1=177$n$n&P2=404&P3=2",
     "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe", ACCOUNT_USER},
    {"Chrome Component Updater",
     "http://components.updates.example.com/release2/chrome_component/$t_$v/$t.crx3",
     "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", ACCOUNT_USER},
    {"WU Client Download",
     "http://au.updates.example.com/c/msdownload/update/software/defu/2026/03/$g_$x.exe",
     "C:\\Windows\\System32\\svchost.exe", ACCOUNT_SYSTEM},
    {"Font Download", "https://fonts.cdn.example.com/fonts/$g.zip",
     "C:\\Windows\\System32\\svchost.exe", ACCOUNT_LOCAL},
    {"Push Notification Platform Job: 1", "https://img.cdn.example.com/tenant/amp/entityid/$x",
     "C:\\Windows\\System32\\svchost.exe", ACCOUNT_USER},
};

static const struct job *pick_job(struct fleet_host *host) {
    scribe_reset(host->scribe);
    return &jobs[dice_below(&host->dice, ARRAY_SIZE(jobs))];
}

static void put_pattern(struct fleet_host *host, const char *pattern) {
    struct scribe_words words = fleet_host_words(host, ACCOUNT_USER);
    scribe_bytes(host->scribe, EVTX_TEXT,
                 scribe_compose(host->scribe, pattern, &words, &host->dice));
}

void life_create_transfer(struct fleet_host *host) {
    const struct job *job = pick_job(host);
    scribe_text(host->scribe, job->title);
    scribe_guid(host->scribe, &host->dice);
    scribe_text(host->scribe, host->accounts[job->account].label);
    scribe_text(host->scribe, job->process);
    scribe_number(host->scribe, EVTX_UINT32, 1000 + 4 * dice_below(&host->dice, 3000));
    scribe_number(host->scribe, EVTX_UINT64, 844424930131968u + dice_below(&host->dice, 9000));
    fleet_host_emit(host, DRILL_BITS_CREATED, BITS_PROCESS, ACCOUNT_SYSTEM);
}

void life_complete_transfer(struct fleet_host *host) {
    const struct job *job = pick_job(host);
    scribe_text(host->scribe, host->accounts[job->account].label);
    scribe_text(host->scribe, job->title);
    scribe_guid(host->scribe, &host->dice);
    scribe_text(host->scribe, host->accounts[job->account].label);
    scribe_number(host->scribe, EVTX_UINT64, 1);
    scribe_number(host->scribe, EVTX_UINT64, dice_below(&host->dice, 90000000));
    scribe_number(host->scribe, EVTX_UINT64, 0);
    fleet_host_emit(host, DRILL_BITS_COMPLETE, BITS_PROCESS, ACCOUNT_SYSTEM);
}

void life_cancel_transfer(struct fleet_host *host) {
    const struct job *job = pick_job(host);
    scribe_text(host->scribe, host->accounts[job->account].label);
    scribe_text(host->scribe, job->title);
    scribe_guid(host->scribe, &host->dice);
    scribe_text(host->scribe, host->accounts[job->account].label);
    scribe_number(host->scribe, EVTX_UINT64, 1);
    fleet_host_emit(host, DRILL_BITS_CANCELLED, BITS_PROCESS, ACCOUNT_SYSTEM);
}

static uint64_t put_transfer(struct fleet_host *host) {
    const struct job *job = pick_job(host);
    scribe_guid(host->scribe, &host->dice);
    scribe_text(host->scribe, job->title);
    scribe_guid(host->scribe, &host->dice);
    put_pattern(host, job->url);
    scribe_text(host->scribe, "");
    return dice_below(&host->dice, 90000000);
}

void life_start_transfer(struct fleet_host *host) {
    uint64_t bytes = put_transfer(host);
    scribe_number(host->scribe, EVTX_FILETIME, host->now - dice_below(&host->dice, 1000000000));
    scribe_number(host->scribe, EVTX_UINT64, bytes);
    scribe_number(host->scribe, EVTX_UINT64, bytes);
    scribe_number(host->scribe, EVTX_UINT64, 0);
    scribe_number(host->scribe, EVTX_UINT64, 0);
    fleet_host_emit(host, DRILL_BITS_STARTED, BITS_PROCESS, ACCOUNT_SYSTEM);
}

static void stop(struct fleet_host *host, enum drill_event event, uint32_t error) {
    uint64_t bytes = put_transfer(host);
    scribe_number(host->scribe, EVTX_UINT32, error);
    scribe_number(host->scribe, EVTX_FILETIME, host->now - dice_below(&host->dice, 1000000000));
    scribe_number(host->scribe, EVTX_UINT64, bytes);
    scribe_number(host->scribe, EVTX_UINT64, bytes);
    scribe_number(host->scribe, EVTX_UINT64, error ? 0 : bytes);
    scribe_text(host->scribe, "");
    scribe_number(host->scribe, EVTX_UINT64, 0);
    scribe_number(host->scribe, EVTX_UINT64, 0);
    scribe_number(host->scribe, EVTX_UINT32, 0);
    scribe_number(host->scribe, EVTX_UINT32, 0);
    scribe_number(host->scribe, EVTX_UINT64, UINT64_MAX);
    scribe_number(host->scribe, EVTX_BOOL, 0);
    fleet_host_emit(host, event, BITS_PROCESS, ACCOUNT_SYSTEM);
}

void life_stop_transfer(struct fleet_host *host) {
    stop(host, DRILL_BITS_STOPPED, 0);
}

void life_fail_transfer(struct fleet_host *host) {
    stop(host, DRILL_BITS_FAILED, 0x80200011);
}
