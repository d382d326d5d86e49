// vedette guard withdraw
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"

#include <stdio.h>

static const struct option_row options[] = {{0}};

static enum exit_code withdraw_run(const struct command_line *line) {
    struct repository repository;
    struct refusal refusal;
    enum status status = repository_open(line->operands[0], true, &repository, &refusal);
    if (status == STATUS_OK) {
        struct guard_names names;
        guard_names_init(&names, repository.content, line);
        status = repository_withdraw(&repository, names.names, names.count, &refusal);
        guard_names_done(&names);
        if (status == STATUS_OK) {
            size_t count = line->operand_count - 1;
            printf("%zu file%s will no longer be given out once this is signed and published\n",
                   count, count == 1 ? "" : "s");
            status = guard_tell(&repository, false, NULL, &refusal);
        }
        repository_close(&repository);
    }
    return status == STATUS_OK ? EXIT_DONE : guard_fail("withdraw", &refusal);
}

const struct command command_guard_withdraw = {
    .name = "guard withdraw",
    .summary = "take files off the list",
    .operands = "REPOSITORY FILE...",
    .operands_min = 2,
    .text = "Stages a list without these files (names in the guarded directory, or paths from "
            "here).\nOnce it is signed and published no client takes "
            "them,\nand the ledger says that they were withdrawn.",
    .options = options,
    .run = withdraw_run,
    .exits = GUARD_EXITS,
};
