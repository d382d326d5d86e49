// vedette drill play, describe and check
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_DRILL_SCENARIO_H
#define APP_DRILL_SCENARIO_H

#include "app/command.h"

// `line` is that of vedette drill; its second operand is a scenario's name or file.
enum exit_code drill_scenario_play(const struct command_line *line);
enum exit_code drill_scenario_describe(const struct command_line *line);

// DIR and REPORT are its second and third.
enum exit_code drill_scenario_check(const struct command_line *line);

#endif
