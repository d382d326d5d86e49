// vedette guard rotate
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"

static const struct option_row options[] = {
    {"add", 0, OPTION_PATHS, "FILE.pub", NULL, NULL, "a new owner; repeat"},
    {"remove", 0, OPTION_LIST, "OWNER", NULL, NULL,
     "an owner who leaves, or whose key is lost: name, or first digits of the key; repeat"},
    {"threshold", 0, OPTION_COUNT, "N", NULL, NULL, "so many owners must sign (default: as it is)"},
    {"online", 0, OPTION_FLAG, NULL, NULL, NULL, "also a new key for snapshot and timestamp"},
    {0},
};

static enum exit_code rotate_run(const struct command_line *line) {
    struct repository repository;
    struct refusal refusal;
    struct rotation rotation = {
        .threshold = (uint32_t)command_line_count(line, "threshold", 0),
        .online = command_line_flag(line, "online"),
    };
    rotation.add = command_line_list(line, "add", &rotation.add_count);
    rotation.remove = command_line_list(line, "remove", &rotation.remove_count);
    enum status status = repository_open(line->operands[0], true, &repository, &refusal);
    if (status == STATUS_OK) {
        status = repository_rotate(&repository, &rotation, &refusal);
        if (status == STATUS_OK)
            status = guard_tell(&repository, false, NULL, &refusal);
        repository_close(&repository);
    }
    return status == STATUS_OK ? EXIT_DONE : guard_fail("rotate", &refusal);
}

const struct command command_guard_rotate = {
    .name = "guard rotate",
    .summary = "change the owners, their number, or the online key",
    .operands = "REPOSITORY",
    .operands_min = 1,
    .text = "Stages the next root. It counts once enough of the owners until now and enough of the "
            "new\nowners have signed it; clients follow by themselves. A lost key is removed by "
            "those who are\nleft; nobody starts over. Without options everything stays and is "
            "signed anew, before it\nexpires.",
    .options = options,
    .run = rotate_run,
    .exits = GUARD_EXITS,
};
