// Process creations: Security 4688, Sysmon 1
// SPDX-License-Identifier: Apache-2.0
#include "drill/fleet_host.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static struct slice label_sid(enum fleet_account_kind account) {
    static const uint8_t labels[3][12] = {
        {1, 1, 0, 0, 0, 0, 0, 16, 0x00, 0x20, 0, 0}, // medium
        {1, 1, 0, 0, 0, 0, 0, 16, 0x00, 0x30, 0, 0}, // high
        {1, 1, 0, 0, 0, 0, 0, 16, 0x00, 0x40, 0, 0}, // system
    };
    size_t level = account >= ACCOUNT_ADMIN ? 1 : account >= ACCOUNT_USER ? 0 : 2;
    return slice_of(labels[level], sizeof labels[level]);
}

static void write_security(struct fleet_host *host, const struct fleet_launch *launch,
                           const struct fleet_process *process) {
    static const uint8_t nobody[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct scribe *scribe = host->scribe;
    bool person = launch->account >= ACCOUNT_USER;
    scribe_reset(scribe);
    fleet_put_account(host, person ? launch->account : ACCOUNT_MACHINE);
    scribe_number(scribe, EVTX_SIZE, process->id);
    scribe_text(scribe, process->image);
    scribe_text(scribe, launch->account == ACCOUNT_USER ? "%%1938" : "%%1936");
    scribe_number(scribe, EVTX_SIZE, launch->parent->id);
    scribe_text(scribe, process->command);
    scribe_bytes(scribe, EVTX_SID, slice_of(nobody, sizeof nobody));
    scribe_text(scribe, "-");
    scribe_text(scribe, "-");
    scribe_number(scribe, EVTX_HEX64, 0);
    scribe_text(scribe, launch->parent->image);
    scribe_bytes(scribe, EVTX_SID, label_sid(launch->account));
    fleet_host_emit(host, DRILL_PROCESS_START, 4, ACCOUNT_SYSTEM);
}

const struct fleet_image *fleet_image(const struct fleet_host *host, struct slice path) {
    unsigned build = content_build(path, host->seed);
    uint64_t key = 0xCBF29CE484222325ull ^ build;
    for (size_t i = 0; i < path.size; i++)
        key = (key ^ path.data[i]) * 0x100000001B3ull;
    struct fleet_image *image = &host->fleet->told[key % FLEET_TOLD_MAX];
    if (image->key == key)
        return image;
    image->key = key;
    content_make_installed(path, build, &image->content);
    snprintf(image->version, sizeof image->version, "%.*s", (int)image->content.version.size,
             (const char *)image->content.version.data);
    content_format_hashes(&image->content, image->hashes);
    return image;
}

static void write_sysmon(struct fleet_host *host, const struct fleet_launch *launch,
                         const struct fleet_process *process) {
    struct scribe *scribe = host->scribe;
    const struct fleet_account *account = &host->accounts[launch->account];
    const struct fleet_process *parent = launch->parent;
    const struct fleet_image *image = fleet_image(host, slice_of_string(process->image));
    static const char *const levels[] = {"System", "Medium", "High"};
    size_t level = launch->account >= ACCOUNT_ADMIN ? 2 : launch->account >= ACCOUNT_USER ? 1 : 0;
    scribe_reset(scribe);
    scribe_text(scribe, "-");
    scribe_bytes(scribe, EVTX_TEXT, scribe_time(scribe, host->now));
    scribe_bytes(scribe, EVTX_GUID, slice_of(process->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, process->id);
    scribe_text(scribe, process->image);
    scribe_text(scribe, image->version);
    scribe_text(scribe, launch->description);
    scribe_text(scribe, strcmp(launch->company, "Microsoft Corporation") == 0
                            ? "Microsoft\xC2\xAE Windows\xC2\xAE Operating System"
                            : launch->description);
    scribe_text(scribe, launch->company);
    scribe_text(scribe, launch->original);
    scribe_text(scribe, process->command);
    scribe_text(scribe, level == 1 ? "C:\\Users\\Public\\" : "C:\\Windows\\system32\\");
    scribe_text(scribe, account->label);
    scribe_bytes(scribe, EVTX_GUID, slice_of(account->logon_guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_HEX64, account->logon);
    scribe_number(scribe, EVTX_UINT32, level ? 1 : 0);
    scribe_text(scribe, levels[level]);
    scribe_text(scribe, image->hashes);
    scribe_bytes(scribe, EVTX_GUID, slice_of(parent->guid, EVTX_GUID_SIZE));
    scribe_number(scribe, EVTX_UINT32, parent->id);
    scribe_text(scribe, parent->image);
    scribe_text(scribe, parent->command);
    scribe_text(scribe, host->accounts[parent->account].label);
    fleet_host_emit(host, DRILL_SYSMON_PROCESS, 2840, ACCOUNT_SYSTEM);
}

struct fleet_process *fleet_launch(struct fleet_host *host, const struct fleet_launch *launch) {
    size_t slot = PROGRAM_COUNT + host->next_short++ % PROCESSES_SHORT;
    struct fleet_process *process = &host->processes[slot];
    if (process == launch->parent) // never its own parent
        process = &host->processes[PROGRAM_COUNT + host->next_short++ % PROCESSES_SHORT];
    process->image = launch->image;
    process->program = launch->program;
    process->account = launch->account;
    process->id = 1000 + 4 * dice_below(&host->dice, 4000);
    fleet_identify_process(host, process);
    struct scribe_words words = fleet_host_words(host, launch->account);
    scribe_reset(host->scribe);
    struct slice command = scribe_compose(host->scribe, launch->command, &words, &host->dice);
    process->command = memory_resize(process->command, command.size + 1, 1);
    memcpy(process->command, command.data, command.size + 1);
    write_security(host, launch, process);
    if (launch->sysmon) {
        host->now += 10 + dice_below(&host->dice, 20000);
        write_sysmon(host, launch, process);
    }
    return process;
}
