// The options by which rules are chosen
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_RULE_OPTIONS_H
#define APP_RULE_OPTIONS_H

#include "app/command.h"
#include "match/match.h"

// Rows that scan and rules share.
#define RULE_OPTIONS                                                                               \
    {"rules",                                                                                      \
     'r',                                                                                          \
     OPTION_PATHS,                                                                                 \
     "PATH",                                                                                       \
     NULL,                                                                                         \
     NULL,                                                                                         \
     "Sigma rules: file, directory or archive; again for more; the shipped ones without"},         \
        {"placeholders",                                                                           \
         0,                                                                                        \
         OPTION_PATHS,                                                                             \
         "FILE",                                                                                   \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "YAML of values for |expand: name to list"},                                              \
        {"min-level",                                                                              \
         0,                                                                                        \
         OPTION_CHOICE,                                                                            \
         "LEVEL",                                                                                  \
         "informational|low|medium|high|critical",                                                 \
         NULL,                                                                                     \
         "leave out rules below LEVEL"},                                                           \
        {"tag", 0, OPTION_LIST, "TAG", NULL, NULL, "only rules with this tag (attack.t1059)"},     \
        {"status", 0, OPTION_LIST, "STATUS", NULL, NULL, "only rules of this status (stable)"},    \
        {"exclude-rule", 0, OPTION_LIST, "ID", NULL, NULL, "leave out this rule, by id or title"}, \
        {"cache",                                                                                  \
         0,                                                                                        \
         OPTION_PATH,                                                                              \
         "DIR",                                                                                    \
         NULL,                                                                                     \
         NULL,                                                                                     \
         "where compiled rules are kept; $XDG_CACHE_HOME/vedette"},                                \
    {                                                                                              \
        "no-cache", 0, OPTION_FLAG, NULL, NULL, NULL, "neither read nor write compiled rules"      \
    }

struct rule_choice {
    struct ruleset_options options;
    char *cache_directory; // owned
    char *shipped;         // owned
    const char *shipped_path[1];
};

enum status rule_choice_init(struct rule_choice *choice, const struct command_line *line,
                             struct problem *problem);
void rule_choice_done(struct rule_choice *choice);

#endif
