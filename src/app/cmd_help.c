// vedette help
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/build_config.h"

#include <stdio.h>

static const struct option_row options[] = {
    {"man", 0, OPTION_FLAG, NULL, NULL, NULL,
     "the options of all commands as mdoc, for the man page"},
    {"completion", 0, OPTION_FLAG, NULL, NULL, NULL, "a completion script for bash"},
    {"version", 'V', OPTION_FLAG, NULL, NULL, NULL, "the version"},
    {0},
};

static enum exit_code help_run(const struct command_line *line) {
    if (command_line_flag(line, "man")) {
        help_man();
    } else if (command_line_flag(line, "completion")) {
        help_completion();
    } else if (command_line_flag(line, "version")) {
        printf("vedette %s\n", VEDETTE_VERSION);
    } else if (line->operand_count == 0) {
        help_program();
    } else {
        const struct command *command = command_find(line->operands[0]);
        if (!command) {
            fprintf(stderr, "vedette help: there is no command '%s'\n", line->operands[0]);
            return EXIT_USAGE;
        }
        if (command->verbs && line->operand_count > 1) {
            const struct command *verb = command_find_verb(command, line->operands[1]);
            command = verb ? verb : command;
        }
        help_command(command);
    }
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .summary = "tell what a command does",
    .operands = "[COMMAND [VERB]]",
    .operands_min = 0,
    .text = "Without a command, lists them all.",
    .options = options,
    .run = help_run,
};
