// vedette drill
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"
#include "app/drill_scenario.h"
#include "app/interrupt.h"

#include "base/slice.h"
#include "drill/drill.h"

#include <stdio.h>
#include <string.h>

static const struct option_row options[] = {
    {"output", 'o', OPTION_PATH, "DIR", NULL, NULL,
     "write <HOST>/C/Windows/System32/winevt/Logs/*.evtx below DIR"},
    {"single", 0, OPTION_PATH, "FILE", NULL, NULL,
     "or everything into one event log, as a collector has it"},
    {"hosts", 0, OPTION_COUNT, "N", NULL, NULL, "computers (logs: 12; play: as the scenario says)"},
    {"records", 0, OPTION_COUNT, "N", NULL, "2500", "records a host, about"},
    {"megabytes", 0, OPTION_COUNT, "N", NULL, NULL, "instead of --records: all logs together"},
    {"days", 0, OPTION_COUNT, "N", NULL, NULL,
     "days the logs cover (logs: 1; play: as the scenario says)"},
    {"seed", 0, OPTION_COUNT, "N", NULL, "1", "same seed and options, same bytes"},
    {"quiet-fleet", 0, OPTION_FLAG, NULL, NULL, NULL, "normal life only, no attack"},
    {"truth", 0, OPTION_PATH, "FILE", NULL, NULL, "say in JSON lines what was written"},
    {"victims", 0, OPTION_COUNT, "N", NULL, NULL, "play: hosts that waves reach, pilots included"},
    {"noise", 0, OPTION_CHOICE, "LEVEL", "low|normal|high", "normal",
     "play: some 20, 200 or 2,000 records a host and day"},
    {"variant", 0, OPTION_LIST, "WORD", NULL, NULL,
     "play: this variant instead of the one the seed draws; repeat for more"},
    {"loss", 0, OPTION_TEXT, "F", NULL, "0", "play: share of the logs that are missing, 0 to 1"},
    {"windows", 0, OPTION_CHOICE, "FORM", "evtx|winlogbeat|both", "evtx",
     "play: event logs, JSON lines of Winlogbeat, or both"},
    {"format", 'f', OPTION_CHOICE, "FORM", "table|json", "table",
     "check: for people, or vedette.score/1"},
    {0},
};

enum {
    RECORD_BYTES = 1030 // what a record of a dense log takes
};

static enum exit_code drill_exit(enum status status) {
    return status == STATUS_USAGE ? EXIT_USAGE : EXIT_TROUBLE;
}

static enum exit_code drill_write(const struct command_line *line) {
    uint64_t hosts = command_line_count(line, "hosts", 12);
    uint64_t days = command_line_count(line, "days", 1);
    uint64_t megabytes = command_line_count(line, "megabytes", 0);
    struct drill_logs_options wanted = {
        .directory = command_line_text(line, "output"),
        .single = command_line_text(line, "single"),
        .truth = command_line_text(line, "truth"),
        .hosts = hosts > DRILL_HOSTS_MAX ? 0 : (uint32_t)hosts,
        .records = command_line_count(line, "records", 0),
        .days = days > DRILL_DAYS_MAX ? 0 : (uint32_t)days,
        .seed = command_line_count(line, "seed", 0),
        .quiet = command_line_flag(line, "quiet-fleet"),
    };
    if (megabytes && hosts)
        wanted.records = megabytes * 1000000 / RECORD_BYTES / hosts + 1;
    struct drill_logs_result result;
    struct problem problem;
    interrupt_abandon();
    enum status status = drill_write_logs(&wanted, &result, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "vedette drill: %s\n", problem.text);
        return drill_exit(status);
    }
    printf("%llu hosts, %llu records in %llu event logs, %.1f MB\n",
           (unsigned long long)result.hosts, (unsigned long long)result.records,
           (unsigned long long)result.files, (double)result.bytes / 1e6);
    return EXIT_DONE;
}

static enum exit_code drill_run(const struct command_line *line) {
    const char *verb = line->operands[0];
    if (strcmp(verb, "play") == 0)
        return drill_scenario_play(line);
    if (strcmp(verb, "describe") == 0)
        return drill_scenario_describe(line);
    if (strcmp(verb, "check") == 0)
        return drill_scenario_check(line);
    if (strcmp(verb, "logs") == 0 && line->operand_count == 1)
        return drill_write(line);
    fprintf(stderr,
            "vedette drill: takes play SCENARIO, describe SCENARIO, check DIR REPORT or logs\n");
    return EXIT_USAGE;
}

const struct command command_drill = {
    .name = "drill",
    .summary = "write evidence for an exercise",
    .operands = "play SCENARIO | describe SCENARIO | check DIR REPORT | logs",
    .operands_min = 1,
    .text =
        "play writes all logs of an organisation, normal life and attacks, and DIR/truth.json, "
        "which\n"
        "says what happened. Scenarios: upgrade-server, mail-server, both, clean, small-wave, or\n"
        "a file; describe tells what one does.\n"
        "check scores a report (vedette.report/1, made by whatever program) against "
        "DIR/truth.json:\n"
        "campaigns, hosts, parents, stages, and every cited record. Exit status 1: not all is "
        "right.\n"
        "logs writes the Windows event logs of a small fleet: normal life, a little odd\n"
        "administration, and a compact attack by way of a mail server and an update server.\n"
        "It is evidence only: text in logs, nothing that runs.",
    .options = options,
    .run = drill_run,
};
