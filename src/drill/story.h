// The demonstration's attack
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_STORY_H
#define DRILL_STORY_H

#include "drill/fleet_host.h"

// Writes the steps of the story that are due on this host before `host->now` (which goes back
// to them meanwhile). Does nothing in a quiet or very small fleet. Text only: nothing here runs
// or could.
void story_tell(struct fleet_host *host);

#endif
