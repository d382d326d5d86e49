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

const struct command *command_find_verb(const struct command *family, const char *verb) {
    size_t size = strlen(family->name);
    for (const struct command *const *at = family->verbs; *at; at++)
        if (strcmp((*at)->name + size + 1, verb) == 0)
            return *at;
    return NULL;
}

// The command that the words name, and how many words that takes. NULL: `vedette guard --help`
// and calls that are wrong; *ret_code is what is left to return.
static const struct command *main_choose(int count, char **words, int *ret_skip, int *ret_code) {
    const char *name = count > 1 ? words[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    const struct command *command = command_find(name);
    *ret_skip = count > 2 ? 2 : count;
    if (!command) {
        fprintf(stderr, "vedette: there is no command '%s'; vedette help lists them\n", name);
        *ret_code = EXIT_USAGE;
        return NULL;
    }
    if (!command->verbs)
        return command;
    const char *verb = count > 2 ? words[2] : "";
    const struct command *found = command_find_verb(command, verb);
    *ret_skip = 3;
    if (found)
        return found;
    bool asked = strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0;
    if (asked)
        help_command(command);
    else
        fprintf(stderr, "vedette %s: %s%s%s; vedette %s --help lists what it does\n", name,
                *verb ? "there is no '" : "say what", verb, *verb ? "'" : "", name);
    *ret_code = asked ? EXIT_DONE : EXIT_USAGE;
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
    if (count > 1 && (strcmp(words[1], "--version") == 0 || strcmp(words[1], "-V") == 0)) {
        printf("vedette %s\n", VEDETTE_VERSION);
        return main_close(EXIT_DONE);
    }
    int skip, code = EXIT_DONE;
    const struct command *command = main_choose(count, words, &skip, &code);
    if (!command)
        return main_close(code);
    struct command_line line;
    struct problem problem;
    if (command_line_init(&line, command, count - skip, words + skip, &problem) != STATUS_OK) {
        fprintf(stderr, "vedette %s: %s; vedette %s --help tells more\n", command->name,
                problem.text, command->name);
        return EXIT_USAGE;
    }
    if (line.help)
        help_command(command);
    else
        code = command->run(&line);
    command_line_done(&line);
    return main_close(code);
}
