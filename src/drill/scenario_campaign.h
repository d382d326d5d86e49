// The campaigns of a scenario file
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_SCENARIO_CAMPAIGN_H
#define DRILL_SCENARIO_CAMPAIGN_H

#include "drill/scenario_keys.h"

// Reads one item of `campaigns` that is no `use`.
enum status scenario_read_campaign(const struct scenario_reader *reader,
                                   const struct scenario *scenario, const struct yaml_node *node,
                                   struct scenario_campaign *ret_campaign);

#endif
