// The table of subcommands
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/build_config.h"

#include "base/slice.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

// One cmd_*.c each, one line in commands.def each.
#define COMMAND(name) extern const struct command command_##name;
#include "app/commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "app/commands.def"
#undef COMMAND
};

const struct command *const *command_list(size_t *ret_count) {
    *ret_count = ARRAY_SIZE(commands);
    return commands;
}

const struct command *command_find(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

// Output that could not be written is a failure, whatever else went well.
static int main_close(int code) {
    bool failed = ferror(stdout);
    if (fflush(stdout) == 0 && !failed)
        return code;
    if (code != EXIT_TROUBLE) // a command that saw it has said so
        perror("vedette: standard output");
    return EXIT_TROUBLE;
}

int main(int count, char **words) {
    signal(SIGPIPE, SIG_IGN); // a closed pipe is a write error that we report
    const char *name = count > 1 ? words[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("vedette %s\n", VEDETTE_VERSION);
        return main_close(EXIT_DONE);
    }
    const struct command *command = command_find(name);
    if (!command) {
        fprintf(stderr, "vedette: there is no command '%s'; vedette help lists them\n", name);
        return EXIT_USAGE;
    }
    struct command_line line;
    struct problem problem;
    int skip = count > 2 ? 2 : count;
    if (command_line_init(&line, command, count - skip, words + skip, &problem) != STATUS_OK) {
        fprintf(stderr, "vedette %s: %s; vedette %s --help tells more\n", name, problem.text, name);
        return EXIT_USAGE;
    }
    int code = EXIT_DONE;
    if (line.help)
        help_command(command);
    else
        code = command->run(&line);
    command_line_done(&line);
    return main_close(code);
}
