// A small Windows fleet's event logs
// SPDX-License-Identifier: Apache-2.0
#include "drill/drill.h"

#include "base/memory.h"
#include "drill/life.h"
#include "drill/story.h"

#include <stdio.h>
#include <string.h>

enum {
    BATCH_MIN = 16, // records a host delivers at once to a single log
    BATCH_MAX = 80,
    KINDS = 4
};

// 2 March 2026 00:00 UTC, a Monday.
#define FLEET_START 134168832000000000ull

static const unsigned kind_roles[KINDS] = {ROLE_W, ROLE_S, ROLE_S, ROLE_S | ROLE_X};

static void make_picks(struct fleet *fleet) {
    uint32_t weights[DICE_PICKS];
    for (size_t kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < life_row_count; i++)
            weights[i] = life_rows[i].weights[kind];
        dice_table_init(&fleet->life[kind], weights, life_row_count);
        for (size_t i = 0; i < PROGRAM_COUNT; i++)
            weights[i] = fleet_programs[i].roles & kind_roles[kind] ? fleet_programs[i].weight : 0;
        dice_table_init(&fleet->programs[kind], weights, PROGRAM_COUNT);
    }
}

void fleet_make_tables(struct fleet *fleet) {
    make_picks(fleet);
    fleet->told = memory_new(FLEET_TOLD_MAX, sizeof *fleet->told);
}

// How busy each hour is, added up: people work from eight to six on five days, machines always.
static void make_curves(struct fleet *fleet) {
    static const uint8_t day[24] = {4,  4,  4,  4,  4,  5,  8,  25, 60, 90, 100, 95,
                                    70, 80, 95, 95, 80, 55, 30, 15, 10, 8,  6,   5};
    fleet->hour_count = 24 * (size_t)fleet->options->days;
    for (size_t i = 0; i < 2; i++)
        fleet->curve[i] = memory_new(fleet->hour_count, sizeof **fleet->curve);
    uint64_t people = 0, machines = 0;
    for (size_t hour = 0; hour < fleet->hour_count; hour++) {
        bool weekend = hour / 24 % 7 >= 5;
        uint64_t busy = weekend ? 4 : day[hour % 24];
        fleet->curve[0][hour] = people += busy * 1000;
        fleet->curve[1][hour] = machines += 30000 + busy * 500;
    }
}

static void fleet_done(struct fleet *fleet) {
    evtx_catalogue_free(fleet->catalogue);
    event_types_free(fleet->types);
    memory_free(fleet->told);
    memory_free(fleet->scribe);
    memory_free(fleet->curve[0]);
    memory_free(fleet->curve[1]);
}

// At most `count` more records of the host.
static void live(struct fleet_host *host, uint64_t count) {
    uint64_t until = host->written + count < host->planned ? host->written + count : host->planned;
    while (host->written < until && host->status == STATUS_OK) {
        fleet_host_tick(host);
        story_tell(host);
        life_rows[dice_pick(&host->dice, &host->fleet->life[host->kind])].happen(host);
        host->told = host->now;
    }
}

static enum status write_host(const struct fleet *fleet, uint32_t number, struct problem *problem) {
    struct fleet_host *host = fleet_host_new(fleet, number, problem);
    enum status status = log_set_begin_host(fleet->logs, host->name, problem);
    if (status == STATUS_OK) {
        live(host, host->planned);
        status = host->status;
    }
    if (status == STATUS_OK)
        status = log_set_end_host(fleet->logs, problem);
    fleet_host_free(host);
    return status;
}

// A collector's log: hosts deliver in batches, whoever is next.
static enum status write_together(const struct fleet *fleet, struct problem *problem) {
    uint32_t left = fleet->options->hosts;
    struct fleet_host **hosts = memory_new(left, sizeof *hosts);
    enum status status = STATUS_OK;
    struct dice dice;
    dice_init(&dice, fleet->options->seed, 0);
    for (uint32_t i = 0; i < left && status == STATUS_OK; i++) {
        hosts[i] = fleet_host_new(fleet, i, problem);
        status = log_set_begin_host(fleet->logs, hosts[i]->name, problem);
    }
    while (left > 0 && status == STATUS_OK) {
        struct fleet_host **host = &hosts[dice_below(&dice, left)];
        live(*host, BATCH_MIN + dice_below(&dice, BATCH_MAX - BATCH_MIN));
        status = (*host)->status;
        if ((*host)->written >= (*host)->planned) {
            fleet_host_free(*host);
            *host = hosts[--left];
            hosts[left] = NULL;
        }
    }
    for (uint32_t i = 0; i < fleet->options->hosts; i++)
        fleet_host_free(hosts[i]);
    memory_free(hosts);
    return status;
}

static enum status check(const struct drill_logs_options *options, struct problem *problem) {
    if (options->hosts < 1 || options->hosts > DRILL_HOSTS_MAX)
        return problem_set(problem, STATUS_USAGE, "hosts: 1 to %d", DRILL_HOSTS_MAX);
    if (options->days < 1 || options->days > DRILL_DAYS_MAX)
        return problem_set(problem, STATUS_USAGE, "days: 1 to %d", DRILL_DAYS_MAX);
    if (options->records < 1 || options->records > UINT32_MAX)
        return problem_set(problem, STATUS_USAGE, "records: 1 to %u", UINT32_MAX);
    if (!options->directory == !options->single)
        return problem_set(problem, STATUS_USAGE, "either a directory or a single file");
    return STATUS_OK;
}

enum status drill_write_logs(const struct drill_logs_options *options,
                             struct drill_logs_result *ret_result, struct problem *problem) {
    enum status status = check(options, problem);
    if (status != STATUS_OK)
        return status;
    struct fleet *fleet = memory_new(1, sizeof *fleet);
    fleet->options = options;
    fleet->start = FLEET_START;
    fleet->scribe = memory_new(1, sizeof *fleet->scribe);
    fleet->types = event_types_new();
    fleet->catalogue = evtx_catalogue_new(event_types_table(fleet->types), DRILL_EVENT_COUNT);
    fleet_make_tables(fleet);
    make_curves(fleet);
    status = log_set_new(options, fleet->catalogue, DRILL_EVENT_COUNT, &fleet->logs, problem);
    if (status == STATUS_OK && options->single)
        status = write_together(fleet, problem);
    for (uint32_t i = 0; i < options->hosts && status == STATUS_OK && !options->single; i++)
        status = write_host(fleet, i, problem);
    struct drill_logs_result result = {0};
    enum status closed = log_set_close(fleet->logs, &result, status == STATUS_OK ? problem : NULL);
    status = status == STATUS_OK ? closed : status;
    if (status == STATUS_OK && ret_result)
        *ret_result = result;
    fleet_done(fleet);
    memory_free(fleet);
    return status;
}
