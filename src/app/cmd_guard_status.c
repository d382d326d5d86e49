// vedette guard status
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"

static const struct option_row options[] = {{0}};

static enum exit_code status_run(const struct command_line *line) {
    struct repository repository;
    struct refusal refusal;
    bool fine = true;
    enum status status = repository_open(line->operands[0], false, &repository, &refusal);
    if (status == STATUS_OK) {
        status = guard_tell(&repository, true, &fine, &refusal);
        repository_close(&repository);
    }
    if (status != STATUS_OK)
        return guard_fail("status", &refusal);
    return fine ? EXIT_DONE : EXIT_FINDINGS;
}

const struct command command_guard_status = {
    .name = "guard status",
    .summary = "how a repository stands, and what to do next",
    .operands = "REPOSITORY",
    .operands_min = 1,
    .text = "Files, owners, versions, what expires when, what waits for whose signature. Exit "
            "status 1\nwhen something has expired, or a listed file is changed or missing.",
    .options = options,
    .run = status_run,
    .exits = GUARD_EXITS,
};
