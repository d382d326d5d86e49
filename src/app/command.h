// What a subcommand is, and the words it was given
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "base/option.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One contract of exit codes for the whole program.
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FINDINGS = 1, // only with --fail-on
    EXIT_USAGE = 2,
    EXIT_PARTIAL = 3, // some evidence was damaged; the rest was read and told
    EXIT_TROUBLE = 4, // the machine or a limit said no
    EXIT_INTERRUPTED = 130,
};

struct command_line;

// One subcommand: one cmd_*.c, one line in commands.def.
struct command {
    const char *name;
    const char *summary;  // one line
    const char *operands; // "PATH...", or "" for none
    size_t operands_min;
    const char *text; // a paragraph or two for --help and the man page
    const struct option_row *options;
    enum exit_code (*run)(const struct command_line *line);
    // A family: "vedette guard audit". NULL-terminated; each has its own words, its name is of
    // both words, and the family's own options and run are not used. NULL: a command by itself.
    const struct command *const *verbs;
    const char *exits; // what the exit codes mean, for --help; NULL: as for all
};

const struct command *const *command_list(size_t *ret_count);
const struct command *command_find(const char *name);
// A family's verb; NULL when there is none of the name.
const struct command *command_find_verb(const struct command *family, const char *verb);

// The words of one call, checked against the command's table.
struct command_line {
    const struct command *command;
    struct command_given *given; // one place a row of the table
    const char **operands;
    size_t operand_count;
    char *const *words; // all of them as given; not owned
    size_t word_count;
    bool help;
};

// Parse argv (without program and command name). On failure problem says what is off, and the
// line needs no done.
enum status command_line_init(struct command_line *line, const struct command *command, int count,
                              char **words, struct problem *problem);
void command_line_done(struct command_line *line);

// What was given for a row, by its long name; the row's fallback, or NULL, when not given.
const char *command_line_text(const struct command_line *line, const char *name);
bool command_line_flag(const struct command_line *line, const char *name);
const char *const *command_line_list(const struct command_line *line, const char *name,
                                     size_t *ret_count);
uint64_t command_line_count(const struct command_line *line, const char *name, uint64_t fallback);
int64_t command_line_time(const struct command_line *line, const char *name); // or CLOCK_NONE
// --collected, or now: what decode_options.latest_ns is.
int64_t command_line_collected(const struct command_line *line);

// Print help for a command, the list of commands, a man page's options, a bash completion.
void help_command(const struct command *command);
void help_program(void);
void help_man(void);
void help_completion(void);

#endif
