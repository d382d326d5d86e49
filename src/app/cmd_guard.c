// vedette guard: the family of its verbs
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

// One cmd_guard_*.c each, one line in guard_verbs.def each.
#define VERB(name) extern const struct command command_guard_##name;
#include "app/guard_verbs.def"
#undef VERB

static const struct command *const verbs[] = {
#define VERB(name) &command_guard_##name,
#include "app/guard_verbs.def"
#undef VERB
    NULL,
};

const struct command command_guard = {
    .name = "guard",
    .summary = "let nothing unsigned leave an upgrade server",
    .operands = "",
    .text = "Begin with what needs no keys: vedette guard audit DIR --against BACKUP.",
    .verbs = verbs,
};
